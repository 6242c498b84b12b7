//! Tests of `mem3d`.

use proptest::prelude::*;

use super::top_bench::MemoryBench;
use super::top_stimulus::Mem3dStimulus;
use super::top_strategies::{
    Shape, at_any_pace, back_pressure, burst_shapes, counters, errors, id_reordering,
    illegal_addresses, lanes, map_corners, outside_axi, power, races, refresh_and_temperature,
    registers_under_load, resets, scrubber, smoke, traffic, urgent,
};
use crate::kit::{AnyTest, Failure, Run, Test, Testbench};
use crate::ports::mem3d::Mem3d;

/// Drives `mem3d` against golden dies, the golden memory and golden registers.
pub struct Mem3dTb;

impl Testbench for Mem3dTb {
    type Ports = Mem3d;
    type Stimulus = Mem3dStimulus;

    fn run(run: &mut Run<Mem3d>, stimulus: &Mem3dStimulus) -> Result<(), Failure> {
        let mut bench = MemoryBench::new(run, stimulus)?;
        bench.power_up(run)?;
        for operation in &stimulus.operations {
            bench.operate(run, *operation)?;
        }
        bench.settle(run)?;
        bench.check_counters(run)?;
        run.covered(bench.coverage().counters().record());
        Ok(())
    }
}

/// Two ports, two vaults and short queues, which fill.
const SMALL: &[&str] = &["hb3d_v2p2"];
/// And one port with one vault of a real part.
const BOTH: &[&str] = &["hb3d_v2p2", "hbm3"];

/// The tests of `mem3d`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = Test::<Mem3dTb>::boxed;
    vec![
        test(
            "smoke",
            "All registers have their reset values; a line in each bank of each vault and a burst of each kind are written and \
             read back, and the vaults have counted their lines.\n\nThe large configurations take minutes to build; \
             the benchmarks run them.",
            &["hbm3", "hbm4", "hb3d", "hb3d_v2p2"],
            1,
            |parameters| Just(smoke(&Shape::of(parameters))).boxed(),
        ),
        test(
            "random",
            "Bursts of all shapes at any paces, half of them in a few hot lines, while settings, temperatures and registers \
             change.",
            BOTH,
            8,
            |parameters| {
                let shape = Shape::of(parameters);
                at_any_pace(&shape, traffic(&shape, 100..250))
            },
        ),
        test(
            "burst_shapes",
            "Each kind, size, alignment and length of burst, written with strobes of all kinds and read back from another \
             port.\n\nAll combinations in random order, a part of them in each run.",
            SMALL,
            8,
            |parameters| burst_shapes(&Shape::of(parameters)),
        ),
        test(
            "id_reordering",
            "Reads of few and of many IDs to busy and idle banks, 64 under way at a port: those of an ID stay in order, others \
             overtake.",
            BOTH,
            4,
            |parameters| id_reordering(&Shape::of(parameters)),
        ),
        test(
            "back_pressure",
            "On each channel in turn the manager is slow or late and everything else is at full rate: what is under way must \
             find a place.",
            BOTH,
            4,
            |parameters| back_pressure(&Shape::of(parameters)),
        ),
        test(
            "map_corners",
            "One bank, two of its rows in turn, one vault, all vaults in turn: where the address map sends everything to one \
             place, and where to all.",
            BOTH,
            6,
            |parameters| map_corners(&Shape::of(parameters)),
        ),
        test(
            "races",
            "All ports read and write one to four lines, whole and in part: no byte is older than what was seen or answered.",
            SMALL,
            8,
            |parameters| races(&Shape::of(parameters)),
        ),
        test(
            "refresh_and_temperature",
            "Traffic over several refresh intervals while the dies' temperatures change, each for itself, under any \
             settings.",
            BOTH,
            3,
            |parameters| refresh_and_temperature(&Shape::of(parameters)),
        ),
        test(
            "errors",
            "One or two bits of a word flip at rest or by injection: corrected or SLVERR with poison at the reader, and \
             logged with place, word, syndrome and count; the interrupt comes as it is enabled.\n\nWhole and partial accesses \
             to the same few lines come between, so that words are lost, stay lost and are good again.",
            SMALL,
            8,
            |parameters| errors(&Shape::of(parameters)),
        ),
        test(
            "scrubber",
            "Bits flip in the first lines of each vault; the scrubber comes by under traffic to these lines, then alone, and \
             what one bit can tell is right at rest again.",
            SMALL,
            6,
            |parameters| scrubber(&Shape::of(parameters)),
        ),
        test(
            "lanes",
            "A lane sticks: poison at most, no wrong data; a spare replaces it by register: neither. Then another one.",
            SMALL,
            6,
            |parameters| lanes(&Shape::of(parameters)),
        ),
        test(
            "registers_under_load",
            "Every register is read after reset, and while bursts go on all are read and written, whole and byte by byte; \
             addresses without a register give SLVERR.",
            SMALL,
            6,
            |parameters| registers_under_load(&Shape::of(parameters)),
        ),
        test(
            "counters",
            "The vaults' counters of lines and commands follow the bursts and what the dies see, and a write of any byte \
             clears them.\n\nWithout clearing in the middle, counters that cannot be cleared passed all tests.",
            SMALL,
            4,
            |parameters| counters(&Shape::of(parameters)),
        ),
        test(
            "illegal_addresses",
            "Bursts at the end of the capacity, across it and far above, and FIXED ones anywhere: DECERR or SLVERR beat by \
             beat, and nothing is touched.",
            BOTH,
            4,
            |parameters| illegal_addresses(&Shape::of(parameters)),
        ),
        test(
            "outside_axi",
            "Bursts that AXI forbids and the memory answers: the reserved type and beats wider than the bus with SLVERR, \
             touching nothing; across 4 KiB as any other.\n\nThe managers' own profile draws none of them: a beat of 128 \
             bytes was once seen by no test.",
            BOTH,
            4,
            |parameters| outside_axi(&Shape::of(parameters)),
        ),
        test(
            "urgent",
            "Urgent reads among as many others as find room in a vault, most of them for the same bank, under drains and \
             refreshes: each is answered within the bound of its class.",
            BOTH,
            6,
            |parameters| urgent(&Shape::of(parameters)),
        ),
        test(
            "power",
            "Gaps around the times after which a die goes to power-down and on to self-refresh; requests of any port, \
             refreshes and the scrubber wake it.",
            SMALL,
            4,
            |parameters| power(&Shape::of(parameters)),
        ),
        test(
            "reset_in_the_middle",
            "Resets with bursts under way, in refresh, and at rest: what was settled stays, of the rest each byte is as it \
             was at some time, and nothing comes of it afterwards.",
            SMALL,
            8,
            |parameters| resets(&Shape::of(parameters)),
        ),
    ]
}
