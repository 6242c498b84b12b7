//! Testbench of `common_fifo`: the smallest complete one, and the one to copy for a block of your own.

use std::ops::Range;

use gpnpu_coverage::common::fifo::{FifoCoverage, FifoSample};
use gpnpu_golden::common::fifo::Fifo;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kit::{AnyTest, Failure, Pace, PaceSet, Run, Sink, Source, Stimulus, Test, Testbench};
use crate::ports::common_fifo::{CommonFifo, In};

/// Entries pushed through the queue, at a pace on each side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FifoStimulus {
    /// Entries in order; bits above the queue's width are cut off.
    pub entries: Vec<u64>,
    /// When an entry is offered.
    pub push: Pace,
    /// When an entry is taken.
    pub pop: Pace,
    /// Entries after which the queue is reset; what it holds then is lost.
    #[serde(default)]
    pub resets: Vec<u64>,
}

impl Stimulus for FifoStimulus {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.entries.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.resets.is_empty() {
            all.push(Self {
                resets: Vec::new(),
                ..self.clone()
            });
        }
        let paces = [self.push, self.pop];
        all.extend(paces.simpler().into_iter().map(|[push, pop]| Self {
            push,
            pop,
            ..self.clone()
        }));
        let numbered: Vec<u64> = (1..=self.entries.len() as u64).collect();
        if numbered != self.entries {
            all.push(Self {
                entries: numbered,
                ..self.clone()
            });
        }
        all
    }
}

/// Drives `common_fifo` and holds it against golden, cycle by cycle.
pub struct FifoTb;

impl Testbench for FifoTb {
    type Ports = CommonFifo;
    type Stimulus = FifoStimulus;

    fn run(run: &mut Run<CommonFifo>, stimulus: &FifoStimulus) -> Result<(), Failure> {
        let depth = run.parameters.get("Depth");
        let mask = u64::MAX >> (64 - run.parameters.get("Width"));
        let mut source = Source::new(stimulus.push.start(run.streams.rng("push")));
        let mut sink = Sink::new("out", stimulus.pop.start(run.streams.rng("pop")));
        let mut golden = Fifo::new(depth);
        let mut coverage = FifoCoverage::new(depth as u32)?;
        let mut resets = stimulus.resets.iter().copied().peekable();
        for entry in &stimulus.entries {
            source.push(entry & mask);
        }
        run.reset(into_reset)?;
        // A few cycles more than needed, so that an entry too many would be seen.
        let mut quiet = 0;
        while quiet < 4 {
            if resets.next_if(|after| *after <= source.sent()).is_some() {
                golden.clear();
                sink.clear();
                run.reset(into_reset)?;
            }
            let offered = source.offer().copied();
            run.dut.i.in_valid_i = offered.is_some();
            run.dut.i.in_i = offered.unwrap_or(run.dut.i.in_i);
            run.dut.i.out_ready_i = sink.ready();
            let now = run.cycle()?;
            let o = run.dut.o.clone();
            let sample = FifoSample {
                occupancy: golden.occupancy() as u32,
                in_valid: offered.is_some(),
                in_ready: o.in_ready_o,
                out_valid: o.out_valid_o,
                out_ready: run.dut.i.out_ready_i,
            };
            let front = golden.front().copied();
            run.golden(
                now,
                "out_o",
                64,
                &[front.unwrap_or(0) as u32, (front.unwrap_or(0) >> 32) as u32],
            );
            let check = |signal: &str, rtl: u64, golden: u64| {
                if rtl == golden {
                    return Ok(());
                }
                Err(Failure::mismatch(
                    now,
                    signal,
                    &format!("{rtl:#x}"),
                    &format!("{golden:#x}"),
                ))
            };
            check(
                "in_ready_o",
                u64::from(o.in_ready_o),
                u64::from(golden.has_place()),
            )?;
            check(
                "out_valid_o",
                u64::from(o.out_valid_o),
                u64::from(front.is_some()),
            )?;
            check("out_o", o.out_o, front.unwrap_or(0))?;
            check(
                "occupancy_o",
                u64::from(o.occupancy_o),
                golden.occupancy() as u64,
            )?;
            if let Some((entry, _)) = source.accepted(o.in_ready_o) {
                run.note(now, "push", || format!("{entry:#x}"));
            }
            sink.observe(now, o.out_valid_o.then_some(o.out_o))?;
            golden.cycle(offered, sample.out_ready);
            coverage.sample(&sample)?;
            let idle = source.pending() == 0 && golden.occupancy() == 0;
            quiet = if idle { quiet + 1 } else { 0 };
        }
        run.covered(coverage.counters().record());
        Ok(())
    }
}

fn into_reset(i: &mut In) -> &mut bool {
    i.in_valid_i = false;
    &mut i.rst_ni
}

fn stimulus(length: Range<usize>) -> BoxedStrategy<FifoStimulus> {
    (vec(any::<u64>(), length), Pace::any(), Pace::any())
        .prop_map(|(entries, push, pop)| FifoStimulus {
            entries,
            push,
            pop,
            resets: Vec::new(),
        })
        .boxed()
}

/// The tests of `common_fifo`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<FifoTb>::boxed(name, doc, &[], iterations, strategy)
    };
    vec![
        test(
            "smoke",
            "Twenty entries at full rate come out in order.",
            1,
            |_| {
                let entries = (1..=20).collect();
                Just(FifoStimulus {
                    entries,
                    push: Pace::Always,
                    pop: Pace::Always,
                    resets: Vec::new(),
                })
                .boxed()
            },
        ),
        test(
            "random",
            "Random entries at random paces; the paces alone decide which occupancies are seen, so every pair of them \
             has to come up within a few seeds.",
            8,
            |_| stimulus(200..400),
        ),
        test(
            "back_pressure",
            "A slow reader behind a fast writer fills the queue again and again, a fast reader behind a slow writer \
             empties it.",
            4,
            |_| {
                let slow = prop_oneof![
                    (1..30u8).prop_map(Pace::Percent),
                    (1..4u16, 5..40u16).prop_map(|(on, off)| Pace::Bursts { on, off })
                ];
                (vec(any::<u64>(), 150..250), slow, any::<bool>())
                    .prop_map(|(entries, slow, reader)| {
                        let (push, pop) = if reader {
                            (Pace::Always, slow)
                        } else {
                            (slow, Pace::Always)
                        };
                        FifoStimulus {
                            entries,
                            push,
                            pop,
                            resets: Vec::new(),
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets at any occupancy lose what the queue holds and nothing else.",
            4,
            |_| {
                (stimulus(100..200), vec(1..100u64, 1..5))
                    .prop_map(|(stimulus, mut resets)| {
                        resets.sort_unstable();
                        FifoStimulus { resets, ..stimulus }
                    })
                    .boxed()
            },
        ),
    ]
}
