//! Directed tests of `simt_core`: each case is a program with the end that it has to have, and after it another program
//! runs on the same core.

use std::ops::Range;

use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::program::Program;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use super::core::{DATA, SHARED_BYTES, STACKS, paces};
use super::core_bench::{CoreBench, Ended, HANG, into_reset};
use super::core_cases::{Case, Site};
use super::core_memory::MemoryPaces;
use super::core_trace::broken;
use crate::kit::{AnyTest, Failure, FailureKind, Pace, PaceSet, Run, Stimulus, Test, Testbench};
use crate::ports::simt_core::SimtCore;

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// All threads end.
    Done,
    /// With a fault, whose report golden knows.
    Fault(Cause),
    /// It is told to stop after so many clocks, before it could end.
    Halted(u64),
    /// It hangs, which the testbench has to notice.
    Hang,
}

/// A case, worked out for a core.
pub struct Plan {
    /// The program.
    pub program: Program,
    /// Codes that replace some of it.
    pub codes: Vec<(u64, u32)>,
    /// Where it begins.
    pub entry: u64,
    /// CTAs.
    pub grid: [u32; 3],
    /// Threads.
    pub block: [u32; 3],
    /// Lines of instructions that cannot be read.
    pub failing: Vec<u64>,
    /// Its end.
    pub expected: Expected,
    /// Clocks from one instruction to another, at most, when nothing stalls.
    pub clocks: Vec<(Range<u64>, u64)>,
}

/// Cases, one after the other on one core.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectedStimulus {
    /// The cases.
    pub cases: Vec<Case>,
    /// When requests are taken, done, answered, lines of instructions asked for, and come.
    pub paces: [Pace; 5],
}

impl Stimulus for DirectedStimulus {
    fn len(&self) -> usize {
        self.cases.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.cases.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let with = |paces| Self {
            paces,
            ..self.clone()
        };
        self.paces.simpler().into_iter().map(with).collect()
    }
}

/// Runs directed cases on `simt_core`.
pub struct DirectedTb;

impl Testbench for DirectedTb {
    type Ports = SimtCore;
    type Stimulus = DirectedStimulus;

    fn run(run: &mut Run<SimtCore>, stimulus: &DirectedStimulus) -> Result<(), Failure> {
        let site = Site {
            warps: run.parameters.get("Warps") as u32,
            lanes: run.parameters.get("Lanes") as u32,
            cache: run.parameters.get("ICacheBytes") as u64,
        };
        let paces = MemoryPaces::new(run, &stimulus.paces);
        let mut bench = CoreBench::new(run, Store::default(), paces);
        let gapless = stimulus.paces == [Pace::Always; 5];
        run.reset(into_reset)?;
        for case in &stimulus.cases {
            let plan = case.plan(&site);
            let ended = launch(run, &mut bench, &plan);
            hold(run, &bench, &plan, ended, gapless)?;
            if plan.expected == Expected::Hang {
                bench.memory().deafen(false);
                run.reset(into_reset)?;
                bench.forget();
            }
            // The core works as before, whatever happened.
            let sound = Case::Sound.plan(&site);
            let ended = launch(run, &mut bench, &sound);
            hold(run, &bench, &sound, ended, gapless)?;
        }
        run.covered(bench.watch.coverage.counters().record());
        Ok(())
    }
}

fn launch(run: &mut Run<SimtCore>, bench: &mut CoreBench, plan: &Plan) -> Result<Ended, Failure> {
    plan.program.load(bench.store());
    for (at, code) in &plan.codes {
        bench.store().write(*at, &code.to_le_bytes());
    }
    bench.memory().fail(&plan.failing);
    bench.memory().deafen(plan.expected == Expected::Hang);
    let halt = match plan.expected {
        Expected::Halted(clocks) => Some(clocks),
        _ => None,
    };
    let launch = Launch {
        entry: plan.entry,
        args: DATA,
        grid: plan.grid,
        block: plan.block,
        shared_bytes: SHARED_BYTES,
        stack_base: STACKS,
        stack_log2: 9,
    };
    bench.launch(run, launch, halt)
}

/// Holds the end of a case against what it has to be.
fn hold(
    run: &Run<SimtCore>,
    bench: &CoreBench,
    plan: &Plan,
    ended: Result<Ended, Failure>,
    gapless: bool,
) -> Result<(), Failure> {
    let now = run.dut.now();
    let hangs =
        |failure: &Failure| matches!(&failure.kind, FailureKind::Protocol { rule } if rule == HANG);
    let ended = match ended {
        Err(failure) if plan.expected == Expected::Hang && hangs(&failure) => return Ok(()),
        other => other?,
    };
    let as_expected = match plan.expected {
        Expected::Done => ended == Ended::Done,
        Expected::Fault(cause) => matches!(&ended, Ended::Fault(fault) if fault.cause == cause),
        Expected::Halted(_) => ended == Ended::Halted,
        Expected::Hang => false,
    };
    if !as_expected {
        let text = format!("ends with {ended:?}, not {:?}", plan.expected);
        return Err(broken(now, "case", text));
    }
    for (from, most) in plan.clocks.iter().filter(|_| gapless) {
        let clocks = bench.clocks(from.start, from.end);
        if clocks.is_none_or(|clocks| clocks > *most) {
            let text = format!("{clocks:?} clocks for {from:#x?}, at most {most} expected");
            return Err(broken(now, "figure", text));
        }
    }
    Ok(())
}

fn all(cases: &'static [Case]) -> BoxedStrategy<DirectedStimulus> {
    (Just(cases.to_vec()), paces())
        .prop_map(|(cases, paces)| DirectedStimulus { cases, paces })
        .boxed()
}

/// The directed tests.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<DirectedTb>::boxed(name, doc, &[], iterations, strategy)
    };
    vec![
        test(
            "faults",
            "Every cause, in some lanes and in all; each report is golden's, nothing is executed afterwards, and the \
             next launch works.",
            3,
            |_| all(Case::FAULTS),
        ),
        test(
            "yields",
            "Lanes of a warp that wait for each other: locks, flags, and four that starve each other.",
            2,
            |_| {
                // Thousands of accesses each: no pace is slow.
                let slowest = Pace::Bursts { on: 5, off: 15 };
                let paces = select(vec![
                    [Pace::Always; 5],
                    [Pace::Percent(50); 5],
                    [slowest; 5],
                ]);
                (Just(Case::YIELDS.to_vec()), paces)
                    .prop_map(|(cases, paces)| DirectedStimulus { cases, paces })
                    .boxed()
            },
        ),
        test(
            "control",
            "Recursion to depths that differ, jumps to many targets, coroutines, traps, barriers of parts of warps.",
            3,
            |_| all(Case::CONTROL),
        ),
        test(
            "instructions",
            "Every operation in every rounding mode, registers met at every distance, CSRs of a block with three \
             dimensions.",
            3,
            |_| all(Case::INSTRUCTIONS),
        ),
        test(
            "cache",
            "Programs that do not fit in the instruction cache, lines that take each other's place, code that is \
             written, lines that cannot be read.",
            3,
            |_| all(Case::CACHE),
        ),
        test(
            "figures",
            "Clocks from an instruction to the next of its warp, as the contract has them.",
            1,
            |_| {
                Just(DirectedStimulus {
                    cases: Case::FIGURES.to_vec(),
                    paces: [Pace::Always; 5],
                })
                .boxed()
            },
        ),
        test(
            "hang",
            "A memory side that never answers is noticed by the testbench's patience.",
            1,
            |_| all(&[Case::Deaf]),
        ),
        test(
            "mixed",
            "Launches of all sorts on one core, in any order.",
            3,
            |_| {
                let cases: Vec<Case> = [Case::FAULTS, Case::CONTROL, Case::CACHE].concat();
                (vec(select(cases), 5..20), paces())
                    .prop_map(|(cases, paces)| DirectedStimulus { cases, paces })
                    .boxed()
            },
        ),
    ]
}
