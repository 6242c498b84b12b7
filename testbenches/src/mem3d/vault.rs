//! Tests of `mem3d_vault`.

use proptest::prelude::*;

use super::vault_bench::VaultBench;
use super::vault_stimulus::{Operation, Place, Settings, VaultStimulus};
use super::vault_strategies::{
    Organisation, all_rules, decays, ecc_off, hot_rows, idle_gaps, lanes, lanes_under_traffic,
    long_idle, merges_at_the_end, one_among_hits, power, power_edges, races, reads_among_writes,
    refresh_storm, resets, row_hammer, scrub_order, settings, soak, stream, traffic,
    urgent_among_hits, urgent_among_many, urgent_among_rows,
};
use crate::kit::{AnyTest, Failure, Pace, Run, Test, Testbench};
use crate::ports::mem3d_vault::Mem3dVault;

/// Drives `mem3d_vault` against the golden die and the golden memory.
pub struct VaultTb;

impl Testbench for VaultTb {
    type Ports = Mem3dVault;
    type Stimulus = VaultStimulus;

    fn run(run: &mut Run<Mem3dVault>, stimulus: &VaultStimulus) -> Result<(), Failure> {
        let mut bench = VaultBench::new(run, stimulus)?;
        bench.reset(run)?;
        for operation in stimulus.all() {
            bench.operate(run, operation)?;
        }
        bench.settle(run)?;
        run.covered(bench.coverage().counters().record());
        Ok(())
    }
}

/// Configurations that are quick to build and to run, one of each organisation.
const EACH_SET: &[&str] = &["hbm3", "hbm4", "hb3d", "small"];

/// The tests of `mem3d_vault`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = Test::<VaultTb>::boxed;
    vec![
        test(
            "smoke",
            "A line of every bank is written and read back, in two rows each.",
            &[],
            1,
            |parameters| Just(smoke(Organisation::of(parameters))).boxed(),
        ),
        test(
            "random",
            "Reads and writes all over a vault, with any settings and paces.\n\nPlaces come from a few rows of a few banks \
             as often as from anywhere: only rows that come again make hits, conflicts and hazards.",
            &[],
            8,
            |parameters| {
                let organisation = Organisation::of(parameters);
                (traffic(organisation, 300..900), settings(), any_paces())
                    .prop_map(|(operations, settings, paces)| with(operations, settings, paces))
                    .boxed()
            },
        ),
        test(
            "hot_rows",
            "Two to four rows of one bank in turn, with and without a cap on hits: conflicts at full rate, where tRC, tRAS, \
             tRTP and tWR are met at their limits.",
            EACH_SET,
            4,
            |parameters| {
                (hot_rows(Organisation::of(parameters)), settings())
                    .prop_map(|(operations, settings)| with(operations, settings, full_rate()))
                    .boxed()
            },
        ),
        test(
            "stream",
            "Sequential reads, writes and both at full rate, over many rows: column commands back to back, in bank groups in \
             turn, under all-bank and per-bank refresh.",
            EACH_SET,
            3,
            |parameters| {
                (stream(Organisation::of(parameters)), any::<bool>())
                    .prop_map(|(operations, refresh_per_bank)| {
                        let settings = Settings {
                            refresh_per_bank,
                            ..Settings::default()
                        };
                        with(operations, settings, full_rate())
                    })
                    .boxed()
            },
        ),
        test(
            "races",
            "Reads and writes of very few lines, whole and in part: forwarding, merging, waiting for one another and \
             read-modify-write in every order.",
            EACH_SET,
            8,
            |parameters| {
                (races(Organisation::of(parameters)), settings(), any_paces())
                    .prop_map(|(operations, settings, paces)| with(operations, settings, paces))
                    .boxed()
            },
        ),
        test(
            "back_pressure",
            "Responses are taken slowly or late, while reads and writes come at full rate: data under way must find a place.",
            EACH_SET,
            4,
            |parameters| {
                let slow = prop_oneof![
                    (1..30u8).prop_map(Pace::Percent),
                    (1..4u16, 20..200u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (500..3000u16).prop_map(Pace::After),
                ];
                (traffic(Organisation::of(parameters), 300..600), slow)
                    .prop_map(|(operations, responses)| VaultStimulus {
                        responses,
                        ..VaultStimulus::new(operations)
                    })
                    .boxed()
            },
        ),
        test(
            "refresh_storm",
            "Four times the refreshes, postponed not at all or as far as allowed, changing with the temperature under \
             traffic: no bank may ever lag by more than eight.",
            EACH_SET,
            8,
            |parameters| {
                (refresh_storm(Organisation::of(parameters)), settings())
                    .prop_map(|(operations, settings)| with(operations, settings, full_rate()))
                    .boxed()
            },
        ),
        test(
            "retention",
            "With few row groups to refresh, a row that is written, left alone and read much later depends on every single \
             refresh.",
            &["hb3d"],
            2,
            |parameters| {
                (
                    idle_gaps(Organisation::of(parameters), 3_000..20_000),
                    settings(),
                )
                    .prop_map(|(operations, settings)| VaultStimulus {
                        ref_groups: 16,
                        ..with(operations, settings, full_rate())
                    })
                    .boxed()
            },
        ),
        test(
            "power",
            "Gaps around the times after which the die goes to power-down and on to self-refresh; requests, refreshes and \
             the scrubber wake it.",
            EACH_SET,
            6,
            |parameters| power(Organisation::of(parameters)),
        ),
        test(
            "power_edges",
            "A request in each clock of the ways to power-down, to self-refresh and back.",
            &["hbm3", "small"],
            1,
            |parameters| power_edges(Organisation::of(parameters)),
        ),
        test(
            "long_idle",
            "Nothing for longer than idle clocks can be counted: the longest idle time that can be set is over all the same.",
            &["small"],
            1,
            |parameters| long_idle(Organisation::of(parameters)),
        ),
        test(
            "row_hammer",
            "One bank activated over and over, so that refresh management has to keep its count below the die's limit.",
            &["hbm3", "hb3d", "small", "tiny"],
            4,
            |parameters| row_hammer(Organisation::of(parameters)),
        ),
        test(
            "errors",
            "Single and double bit errors at rest and on the way, in every word, under demand reads, partial writes and the \
             scrubber; injected ones too.\n\nA corrected word reads as written, an uncorrectable one is poisoned until it is \
             overwritten as a whole; each is reported with its place and syndrome.",
            &["hbm3", "hb3d", "small"],
            12,
            |parameters| decays(Organisation::of(parameters)),
        ),
        test(
            "ecc_off",
            "Bits flip and are read as they are while ECC is off: not corrected, not poisoned and not reported; and are \
             found when it is on again.",
            &["hb3d", "small"],
            4,
            |parameters| ecc_off(Organisation::of(parameters)),
        ),
        test(
            "scrub_order",
            "The scrubber comes by at the ends of rows, banks and of the vault, and begins anew.",
            &["tiny"],
            2,
            |parameters| scrub_order(Organisation::of(parameters)),
        ),
        test(
            "lanes",
            "A lane sticks, is marked as failed and replaced by a spare, and then a second one: no wrong data at any time, no \
             poison after the repair.",
            &["hb3d", "small"],
            6,
            |parameters| lanes(Organisation::of(parameters)),
        ),
        test(
            "merge_at_the_end",
            "A write that came in the clock of its line's last burst was merged into an entry that left: it was lost.",
            &["hb3d", "small"],
            2,
            |parameters| merges_at_the_end(Organisation::of(parameters)),
        ),
        test(
            "age_limit",
            "A read of another row among thousands of hits of its bank has its turn by its age, in time.\n\nTwice as many \
             seeds as limits: with a low one the hits got over age too, and it waited for all of them.",
            &["hbm3", "small"],
            12,
            |parameters| one_among_hits(Organisation::of(parameters)),
        ),
        test(
            "age_against_a_drain",
            "A drain went on as long as new writes kept the queue full, and no read of any age had its turn.",
            &["hbm3", "small"],
            2,
            |parameters| reads_among_writes(Organisation::of(parameters)),
        ),
        test(
            "urgent",
            "Urgent reads among ordinary traffic that fills both queues, most of it for their bank, under refreshes, drains \
             and management: each is answered within the bound of its class.",
            EACH_SET,
            8,
            |parameters| urgent_among_many(Organisation::of(parameters)),
        ),
        test(
            "urgent_rows",
            "Urgent reads while rows open as fast as they may: the refresh of a bank that one waits for finds its distance \
             to ACTs.",
            EACH_SET,
            2,
            |parameters| urgent_among_rows(Organisation::of(parameters)),
        ),
        test(
            "urgent_refresh",
            "Urgent reads of closed and of other rows, while hits without an end leave refreshes to be forced: a read meets \
             no more refreshes than have to be done.",
            EACH_SET,
            6,
            |parameters| urgent_among_hits(Organisation::of(parameters)),
        ),
        test(
            "lanes_under_traffic",
            "The map of the lanes changed a clock too late for bursts on their way to the die.",
            &["hb3d", "small"],
            4,
            |parameters| lanes_under_traffic(Organisation::of(parameters)),
        ),
        test(
            "timing_limits",
            "Pairs of requests at every distance around the limits of all rules between them, so that each rule is met at \
             its limit.",
            EACH_SET,
            4,
            |parameters| all_rules(Organisation::of(parameters)),
        ),
        test(
            "soak",
            "Traffic of every kind, again and again without a reset: whatever adds up over time shows.\n\nThe nightly run of \
             it has 100 million cycles.",
            EACH_SET,
            1,
            |parameters| soak(Organisation::of(parameters)),
        ),
        test(
            "reset_in_the_middle",
            "Resets under traffic, in refresh, in power-down and in self-refresh: what was settled stays, and the die's rules \
             hold across the reset.",
            EACH_SET,
            6,
            |parameters| {
                (resets(Organisation::of(parameters)), settings())
                    .prop_map(|(operations, settings)| with(operations, settings, full_rate()))
                    .boxed()
            },
        ),
    ]
}

type Paces = (Pace, Pace, Pace, u16);

fn full_rate() -> Paces {
    (Pace::Always, Pace::Always, Pace::Always, 0)
}

/// A third at full rate. The limit on reads under way is there because a closed loop of few reads sees idle banks.
fn any_paces() -> BoxedStrategy<Paces> {
    let limit = prop_oneof![2 => Just(0u16), 1 => 1..5u16, 1 => 5..80u16];
    prop_oneof![
        1 => Just(full_rate()),
        2 => (Pace::any(), Pace::any(), Pace::any(), limit),
    ]
    .boxed()
}

fn with(
    operations: Vec<Operation>,
    settings: Settings,
    (reads, writes, responses, outstanding): Paces,
) -> VaultStimulus {
    VaultStimulus {
        settings,
        reads,
        writes,
        responses,
        outstanding,
        ..VaultStimulus::new(operations)
    }
}

fn smoke(organisation: Organisation) -> VaultStimulus {
    let places: Vec<Place> = (0..organisation.banks)
        .flat_map(|bank| {
            [0, 1].map(|row| Place {
                bank,
                row,
                line: bank % organisation.lines,
            })
        })
        .collect();
    let write = |(seed, at): (usize, &Place)| Operation::Write {
        at: *at,
        strobes: u64::MAX,
        seed: seed as u32,
    };
    let mut operations: Vec<Operation> = places.iter().enumerate().map(write).collect();
    let read = |at: &Place| Operation::Read {
        at: *at,
        urgent: false,
    };
    operations.extend(places.iter().map(read));
    operations.push(Operation::Settle);
    operations.extend(places.iter().rev().map(read));
    VaultStimulus::new(operations)
}
