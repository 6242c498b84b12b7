//! Testbenches of `simt`: random programs, and images of compiled ones, in lockstep with golden.

use std::ops::Range;

use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::instruction::{Instruction, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use proptest::prelude::*;
use proptest::sample::select;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use super::core::{self, DATA, ENTRY, EVEN, Mix, SHARED_BYTES, STACKS};
use super::core_program::{COMMON, OWN, Piece, assemble};
use super::core_trace::broken;
use super::image::{ImageLine, StoredLaunch, content};
use super::kernels;
use super::top_bench::{Ended, Launched, MemorySettings, SimtBench, Until, shape};
use super::top_launches::{LaunchesTb, launches};
use crate::kit::axi::AxiPaces;
use crate::kit::{AnyTest, Failure, PaceSet, Parameters, Run, Stimulus, Test, Testbench};
use crate::ports::simt::Simt;

/// The memory behind the AXI4 port, as a stimulus stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryStimulus {
    /// Cycles from a request to its answer: least, and beyond the most.
    pub latency: Range<u64>,
    /// Answers of different IDs pass each other.
    pub reorder: bool,
    /// When its channels move.
    pub paces: AxiPaces,
}

impl MemoryStimulus {
    pub(super) fn settings(&self) -> MemorySettings {
        MemorySettings {
            latency: self.latency.clone(),
            reorder: self.reorder,
            paces: self.paces,
            faults: Vec::new(),
        }
    }

    /// What holds this memory, with each simpler one in its place.
    pub(super) fn variants<T>(&self, with: impl Fn(Self) -> T) -> Vec<T> {
        self.simpler().into_iter().map(with).collect()
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        if self.latency != (1..2) {
            all.push(Self {
                latency: 1..2,
                ..self.clone()
            });
        }
        if self.reorder {
            all.push(Self {
                reorder: false,
                ..self.clone()
            });
        }
        all.extend(self.paces.simpler().into_iter().map(|paces| Self {
            paces,
            ..self.clone()
        }));
        all
    }
}

pub(super) fn memory() -> BoxedStrategy<MemoryStimulus> {
    let latency = prop_oneof![Just(1..2u64), Just(1..40), Just(30..31), Just(80..120)];
    (latency, any::<bool>(), AxiPaces::any())
        .prop_map(|(latency, reorder, paces)| MemoryStimulus {
            latency,
            reorder,
            paces,
        })
        .boxed()
}

/// A random program, how it is launched, and the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProgramStimulus {
    /// The program.
    pub pieces: Vec<Piece>,
    /// CTAs in x.
    pub grid: u32,
    /// Threads of a CTA in x; cut to what a core has.
    pub block: u32,
    /// The memory.
    pub memory: MemoryStimulus,
    /// Random data.
    pub seed: u64,
}

impl Stimulus for ProgramStimulus {
    fn len(&self) -> usize {
        self.pieces.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.pieces.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let programs = core::smaller(&self.pieces, self.grid, self.block).into_iter();
        let mut all: Vec<Self> = programs
            .map(|(pieces, grid, block)| Self {
                pieces,
                grid,
                block,
                ..self.clone()
            })
            .collect();
        all.extend(self.memory.variants(|memory| Self {
            memory,
            ..self.clone()
        }));
        all
    }
}

/// Runs a random program.
pub struct ProgramTb;

/// Code that clears the shared memory of a CTA, which holds anything at first, before the program.
fn code(pieces: &[Piece]) -> Vec<u32> {
    let base = 28;
    let mut all = vec![Instruction::Lui {
        rd: base,
        imm: 0x4000_0000,
    }];
    all.extend(
        (0..SHARED_BYTES as i32)
            .step_by(8)
            .map(|offset| Instruction::Store {
                op: StoreOp::Sd,
                rs1: base,
                rs2: 0,
                offset,
            }),
    );
    all.push(Instruction::Bar);
    all.into_iter()
        .map(encode)
        .chain(assemble(pieces))
        .collect()
}

impl Testbench for ProgramTb {
    type Ports = Simt;
    type Stimulus = ProgramStimulus;

    fn run(run: &mut Run<Simt>, stimulus: &ProgramStimulus) -> Result<(), Failure> {
        let threads = run.parameters.get("Warps") * run.parameters.get("Lanes");
        let mut memory = Store::default();
        for (index, code) in code(&stimulus.pieces).into_iter().enumerate() {
            memory.write(ENTRY + 4 * index as u64, &code.to_le_bytes());
        }
        let mut rng = run.streams.rng("data");
        for offset in (0..COMMON + OWN * threads as u64).step_by(8) {
            let value = core::corner(rng.next_u64() ^ stimulus.seed);
            memory.write(DATA + offset, &value.to_le_bytes());
        }
        let mut bench = SimtBench::new(run, memory, stimulus.memory.settings());
        bench.reset(run)?;
        let launch = Launch {
            entry: ENTRY,
            args: DATA,
            grid: [stimulus.grid, 1, 1],
            block: [stimulus.block.clamp(1, threads as u32), 1, 1],
            shared_bytes: SHARED_BYTES,
            stack_base: STACKS,
            stack_log2: 8,
        };
        let launched = bench.launch(run, &launch, Until::default())?;
        run.covered(bench.covered());
        expect_done(run, launched.ended)
    }
}

fn expect_done(run: &Run<Simt>, ended: Ended) -> Result<(), Failure> {
    match ended {
        Ended::Done => Ok(()),
        other => {
            let text = format!("the launch ends with {other:?}");
            Err(broken(run.dut.now(), "fault", text))
        }
    }
}

/// Compiled programs with their data, and the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageStimulus {
    /// Memory before the first launch; zeros elsewhere.
    pub lines: Vec<ImageLine>,
    /// What is launched, one after the other.
    pub launches: Vec<StoredLaunch>,
    /// Where a test program says how it ended.
    pub tohost: Option<u64>,
    /// Clocks of each launch, at most.
    pub cycles: Option<u64>,
    /// The memory.
    pub memory: MemoryStimulus,
}

impl Stimulus for ImageStimulus {
    fn len(&self) -> usize {
        self.launches.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.launches.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        self.memory.variants(|memory| Self {
            memory,
            ..self.clone()
        })
    }
}

/// Runs the launches of an image before this memory, which is that of its lines: the bench with what they left, and what
/// each did.
///
/// # Errors
///
/// The first difference from golden.
pub fn run_image(
    run: &mut Run<Simt>,
    memory: Store,
    stimulus: &ImageStimulus,
) -> Result<(SimtBench, Vec<Launched>), Failure> {
    let mut bench = SimtBench::new(run, memory, stimulus.memory.settings());
    bench.reset(run)?;
    let until = Until {
        cycles: stimulus.cycles,
        tohost: stimulus.tohost,
    };
    let launches = stimulus.launches.iter();
    let launched: Result<_, Failure> = launches
        .map(|launch| bench.launch(run, &launch.into(), until))
        .collect();
    Ok((bench, launched?))
}

/// Runs images.
pub struct ImageTb;

impl Testbench for ImageTb {
    type Ports = Simt;
    type Stimulus = ImageStimulus;

    fn run(run: &mut Run<Simt>, stimulus: &ImageStimulus) -> Result<(), Failure> {
        let memory =
            content(&stimulus.lines).map_err(|text| broken(run.dut.now(), "image", text))?;
        run_image(run, memory, stimulus).map(|_| ())
    }
}

fn programs(pieces: BoxedStrategy<Vec<Piece>>) -> BoxedStrategy<ProgramStimulus> {
    let block = prop_oneof![2 => Just(256u32), 1 => 1..256u32, 1 => Just(1u32)];
    (pieces, 1..5u32, block, memory(), any::<u64>())
        .prop_map(|(pieces, grid, block, memory, seed)| ProgramStimulus {
            pieces,
            grid,
            block,
            memory,
            seed,
        })
        .boxed()
}

fn images(parameters: &Parameters) -> BoxedStrategy<ImageStimulus> {
    let shape = shape(parameters);
    let mut names = kernels::NARROW.to_vec();
    if shape.core_threads() >= 64 {
        names.extend(kernels::WIDE);
    }
    if shape.cores > 1 {
        // Golden knows the order of atomics within a core; here the registers depend on that of several.
        names.retain(|name| !kernels::RETRYING.contains(name));
    }
    (select(names), any::<u64>(), memory())
        .prop_map(move |(name, seed, memory)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let image = kernels::image(name, &shape, &mut rng)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            ImageStimulus {
                lines: image.lines(),
                launches: image.launches,
                tohost: None,
                cycles: None,
                memory,
            }
        })
        .boxed()
}

/// The tests of `simt`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<ProgramTb>::boxed(name, doc, &["w2t4", "w8t8"], iterations, strategy)
    };
    vec![
        test(
            "smoke",
            "Each thread gets its registers, does a few instructions and ends.",
            2,
            |_| {
                let mix = Mix {
                    branches: 0,
                    ..EVEN
                };
                programs(core::pieces(mix, 1..8))
            },
        ),
        test(
            "random",
            "Programs of everything, before a memory with any latency: caches miss, answers pass each other, and all \
             threads race for a few lines.",
            8,
            |_| programs(core::pieces(EVEN, 40..120)),
        ),
        test(
            "divergence",
            "Branches within branches and loops that lanes leave one by one, in which lanes seldom agree.",
            4,
            |_| {
                let mix = Mix {
                    float: 1,
                    branches: 30,
                    ..EVEN
                };
                programs(core::pieces(mix, 10..40))
            },
        ),
        Test::<LaunchesTb>::boxed(
            "launches",
            "Launches one after the other, good ones and those that end with each of the faults: each is reported as it \
             is, and the next one finds nothing of it.",
            &[],
            8,
            launches,
        ),
        Test::<ImageTb>::boxed(
            "kernels",
            "Kernels as the compiler leaves them, with random data and sizes.",
            &["w8t8", "w8t16", "c2w4t8"],
            12,
            images,
        ),
    ]
}
