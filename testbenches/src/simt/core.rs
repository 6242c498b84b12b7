//! Testbench of `simt_core`: programs in lockstep with golden.

use std::ops::Range;

use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::float::FpuOp;
use gpnpu_golden::simt::float::Rounding;
use gpnpu_golden::simt::instruction::{
    AluOp, CsrOp, CsrSource, Instruction, RoundingField, ShflOp, VoteOp,
};
use gpnpu_golden::simt::launch::Launch;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rand_chacha::rand_core::RngCore;
use serde::{Deserialize, Serialize};

use super::core_bench::{CoreBench, Ended, into_reset};
use super::core_directed;
use super::core_memory::MemoryPaces;
use super::core_program::{COMMON, FREE, OWN, Piece, Where, assemble};
use super::core_trace::broken;
use crate::kit::{AnyTest, Failure, Pace, PaceSet, Run, Stimulus, Test, Testbench};
use crate::ports::simt_core::SimtCore;

/// Where programs and data lie.
pub(super) const ENTRY: u64 = 0x8000_0000;
pub(super) const DATA: u64 = 0x8010_0000;
pub(super) const STACKS: u64 = 0x9000_0000;
pub(super) const SHARED_BYTES: u64 = 512;

/// A program, how it is launched, and when the memory moves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CoreStimulus {
    /// The program.
    pub pieces: Vec<Piece>,
    /// CTAs in x.
    pub grid: u32,
    /// Threads of a CTA in x; cut to what the core has.
    pub block: u32,
    /// When requests are taken, done, answered, lines of instructions asked for, and come.
    pub paces: [Pace; 5],
    /// Random data.
    pub seed: u64,
}

impl Stimulus for CoreStimulus {
    fn len(&self) -> usize {
        self.pieces.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.pieces.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let programs = smaller(&self.pieces, self.grid, self.block).into_iter();
        let mut all: Vec<Self> = programs
            .map(|(pieces, grid, block)| Self {
                pieces,
                grid,
                block,
                ..self.clone()
            })
            .collect();
        all.extend(self.paces.simpler().into_iter().map(|paces| Self {
            paces,
            ..self.clone()
        }));
        all
    }
}

/// Programs that do less, and how they are launched: fewer threads, or the parts of a piece in its place.
pub(super) fn smaller(pieces: &[Piece], grid: u32, block: u32) -> Vec<(Vec<Piece>, u32, u32)> {
    let launches = [(1, block), (grid, 1), (grid, block / 2)].into_iter();
    let fewer = launches.filter(|&launch| launch != (grid, block) && launch.1 > 0);
    let mut all: Vec<_> = fewer
        .map(|(grid, block)| (pieces.to_vec(), grid, block))
        .collect();
    for (index, piece) in pieces.iter().enumerate() {
        all.extend(inside(piece).into_iter().map(|parts| {
            let mut rest = pieces.to_vec();
            rest.splice(index..=index, parts);
            (rest, grid, block)
        }));
    }
    all
}

/// What can stand for a piece that holds others.
fn inside(piece: &Piece) -> Vec<Vec<Piece>> {
    match piece {
        Piece::If {
            then, otherwise, ..
        } => vec![then.clone(), otherwise.clone()],
        Piece::Loop { body, .. } | Piece::Call(body) => vec![body.clone()],
        _ => Vec::new(),
    }
}

/// Drives `simt_core` and holds every instruction against golden.
pub struct CoreTb;

impl Testbench for CoreTb {
    type Ports = SimtCore;
    type Stimulus = CoreStimulus;

    fn run(run: &mut Run<SimtCore>, stimulus: &CoreStimulus) -> Result<(), Failure> {
        let threads = run.parameters.get("Warps") * run.parameters.get("Lanes");
        let block = stimulus.block.clamp(1, threads as u32);
        let mut memory = Store::default();
        for (index, code) in assemble(&stimulus.pieces).into_iter().enumerate() {
            memory.write(ENTRY + 4 * index as u64, &code.to_le_bytes());
        }
        let mut rng = run.streams.rng("data");
        let seed = stimulus.seed;
        for offset in (0..COMMON + OWN * threads as u64).step_by(8) {
            let value = corner(rng.next_u64() ^ seed);
            memory.write(DATA + offset, &value.to_le_bytes());
        }
        let mut bench = CoreBench::new(run, memory, MemoryPaces::new(run, &stimulus.paces));
        run.reset(into_reset)?;
        let launch = Launch {
            entry: ENTRY,
            args: DATA,
            grid: [stimulus.grid, 1, 1],
            block: [block, 1, 1],
            shared_bytes: SHARED_BYTES,
            stack_base: STACKS,
            stack_log2: 8,
        };
        let ended = bench.launch(run, launch, None)?;
        if ended != Ended::Done {
            let now = run.dut.now();
            return Err(broken(
                now,
                "fault",
                format!("the program faults: {ended:?}"),
            ));
        }
        run.covered(bench.watch.coverage.counters().record());
        Ok(())
    }
}

/// Random data, of which every second is a corner of integers or of binary32.
pub(super) fn corner(random: u64) -> u64 {
    const FLOATS: [u32; 12] = [
        0,
        0x8000_0000,
        0x3f80_0000,
        0xbf80_0000,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_0000,
        0x7f80_0001,
        0x0000_0001,
        0x807f_ffff,
        0x0080_0000,
        0x7f7f_ffff,
    ];
    const INTEGERS: [u64; 8] = [
        0,
        1,
        u64::MAX,
        1 << 63,
        i64::MAX as u64,
        0x8000_0000,
        0xffff_ffff,
        0xffff_ffff_8000_0000,
    ];
    let pick = (random >> 8) as usize;
    match random & 7 {
        0 | 1 => INTEGERS[pick % INTEGERS.len()],
        2 | 3 => {
            let low = FLOATS[pick % FLOATS.len()];
            u64::from(FLOATS[(pick >> 8) % FLOATS.len()]) << 32 | u64::from(low)
        }
        _ => random,
    }
}

fn register() -> BoxedStrategy<u8> {
    prop_oneof![12 => FREE, 1 => Just(0u8)].boxed()
}

/// A register to be written: few of them, so that instructions meet.
fn target() -> BoxedStrategy<u8> {
    prop_oneof![3 => 7..12u8, 2 => FREE, 1 => Just(0u8)].boxed()
}

fn float_register() -> BoxedStrategy<u8> {
    prop_oneof![3 => 0..5u8, 2 => 0..32u8].boxed()
}

fn integer() -> BoxedStrategy<Instruction> {
    let operation = (select(AluOp::ALL), target(), register(), register())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Op { op, rd, rs1, rs2 });
    let immediates: Vec<AluOp> = AluOp::ALL
        .iter()
        .copied()
        .filter(|op| op.immediate_name().is_some())
        .collect();
    let immediate = (select(immediates), target(), register(), -2048..2048i32).prop_map(
        |(op, rd, rs1, imm)| {
            let imm = match op.shifts() {
                true => imm & if op.is_word() { 31 } else { 63 },
                false => imm,
            };
            Instruction::OpImm { op, rd, rs1, imm }
        },
    );
    let upper = (any::<bool>(), target(), any::<i32>()).prop_map(|(lui, rd, imm)| {
        let imm = imm & !0xfff;
        if lui {
            Instruction::Lui { rd, imm }
        } else {
            Instruction::Auipc { rd, imm }
        }
    });
    prop_oneof![4 => operation, 4 => immediate, 1 => upper].boxed()
}

fn float() -> BoxedStrategy<Instruction> {
    let rm = prop_oneof![
        3 => Just(RoundingField::Dynamic),
        2 => select(Rounding::ALL.to_vec()).prop_map(RoundingField::Static),
    ];
    let numbers = (
        float_register(),
        float_register(),
        float_register(),
        float_register(),
    );
    let operation = (
        select(FpuOp::ALL.to_vec()),
        rm,
        numbers,
        target(),
        register(),
    )
        .prop_map(
            |(op, rm, (rd, rs1, rs2, rs3), x_rd, x_rs1)| Instruction::Float {
                op,
                rm: if op.rounds() {
                    rm
                } else {
                    RoundingField::Static(Rounding::ALL[0])
                },
                rd: if op.to_integer() { x_rd } else { rd },
                rs1: if op.from_integer() { x_rs1 } else { rs1 },
                rs2: if op.operands() > 1 { rs2 } else { 0 },
                rs3: if op.operands() > 2 { rs3 } else { 0 },
            },
        );
    let to = (target(), float_register()).prop_map(|(rd, rs1)| Instruction::FmvXW { rd, rs1 });
    let from = (float_register(), register()).prop_map(|(rd, rs1)| Instruction::FmvWX { rd, rs1 });
    prop_oneof![8 => operation, 1 => to, 1 => from].boxed()
}

/// CSRs that a program reads and writes, votes and shuffles, fences.
fn special() -> BoxedStrategy<Instruction> {
    let values: Vec<u16> = (0xcc0..0xcd3)
        .chain([0xc00, 0xc01, 0xc02, 0x340, 0xf14])
        .collect();
    let read = (select(values), target()).prop_map(|(csr, rd)| Instruction::Csr {
        op: CsrOp::ReadSet,
        rd,
        csr,
        source: CsrSource::Register(0),
    });
    let rounding = (target(), 0..5u8).prop_map(|(rd, mode)| Instruction::Csr {
        op: CsrOp::ReadWrite,
        rd,
        csr: 2,
        source: CsrSource::Immediate(mode),
    });
    let flags =
        (select(CsrOp::ALL), target(), 0..32u8).prop_map(|(op, rd, bits)| Instruction::Csr {
            op,
            rd,
            csr: 1,
            source: CsrSource::Immediate(bits),
        });
    let scratch =
        (select(CsrOp::ALL), target(), register()).prop_map(|(op, rd, rs1)| Instruction::Csr {
            op,
            rd,
            csr: 0x340,
            source: CsrSource::Register(rs1),
        });
    let vote = (select(VoteOp::ALL), target(), register())
        .prop_map(|(op, rd, rs1)| Instruction::Vote { op, rd, rs1 });
    let shuffle = (select(ShflOp::ALL), target(), register(), register())
        .prop_map(|(op, rd, rs1, rs2)| Instruction::Shfl { op, rd, rs1, rs2 });
    let fence = Just(Instruction::Fence {
        fm: 0,
        pred: 15,
        succ: 15,
    });
    prop_oneof![
        2 => read,
        2 => rounding,
        2 => flags,
        1 => scratch,
        3 => vote,
        3 => shuffle,
        1 => fence,
        1 => Just(Instruction::FenceI),
    ]
    .boxed()
}

fn place() -> BoxedStrategy<Where> {
    prop_oneof![
        2 => (0..OWN as u16).prop_map(Where::Mine),
        3 => FREE.prop_map(Where::All),
        3 => FREE.prop_map(Where::Shared),
        1 => (0..24u16).prop_map(Where::Stack),
    ]
    .boxed()
}

fn access() -> BoxedStrategy<Piece> {
    let load = (0..7u8, any::<bool>(), target(), float_register(), place()).prop_map(
        |(size, fp, x, f, at)| Piece::Load {
            size,
            fp,
            rd: if fp { f } else { x },
            at,
        },
    );
    let store = (0..4u8, any::<bool>(), register(), float_register(), place()).prop_map(
        |(size, fp, x, f, at)| Piece::Store {
            size,
            fp,
            rs: if fp { f } else { x },
            at,
        },
    );
    let amo = (
        0..11u8,
        any::<bool>(),
        any::<(bool, bool)>(),
        target(),
        register(),
        place(),
    )
        .prop_map(|(op, double, order, rd, rs, at)| Piece::Amo {
            op,
            double,
            order,
            rd,
            rs,
            at,
        });
    prop_oneof![4 => load, 3 => store, 1 => amo].boxed()
}

/// Shares of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    pub integer: u32,
    pub float: u32,
    pub special: u32,
    pub access: u32,
    pub branches: u32,
}

/// Some of everything.
pub(super) const EVEN: Mix = Mix {
    integer: 4,
    float: 4,
    special: 2,
    access: 4,
    branches: 5,
};

pub(super) fn pieces(mix: Mix, count: Range<usize>) -> BoxedStrategy<Vec<Piece>> {
    let plain = |instruction: BoxedStrategy<Instruction>| {
        instruction
            .prop_map(|instruction| Piece::Plain(encode(instruction)))
            .boxed()
    };
    let leaf = prop_oneof![
        mix.integer => plain(integer()),
        mix.float => plain(float()),
        mix.special => plain(special()),
        mix.access => access(),
    ]
    .boxed();
    let leaves = leaf.clone();
    let inner = leaf.prop_recursive(3, 40, 6, move |inner| {
        let body = vec(inner, 0..6);
        let branch = (0..6u8, register(), register(), body.clone(), body.clone()).prop_map(
            |(op, rs1, rs2, then, otherwise)| Piece::If {
                op,
                rs1,
                rs2,
                then,
                otherwise,
            },
        );
        let repeat = (FREE, select(vec![0u8, 1, 3]), body.clone())
            .prop_map(|(rounds, mask, body)| Piece::Loop { rounds, mask, body });
        let call = body.prop_map(Piece::Call);
        prop_oneof![3 => branch, 2 => repeat, 1 => call]
    });
    let together = prop_oneof![2 => Just(Piece::Bar), 2 => Just(Piece::Warpsync)];
    let leave = (FREE, select(vec![3u8, 7])).prop_map(|(rs, mask)| Piece::ExitIf { rs, mask });
    let piece = prop_oneof![
        20 => leaves,
        mix.branches.max(1) => inner,
        1 => together,
        1 => leave,
    ];
    vec(piece, count).boxed()
}

/// When the memory moves: always, or any way.
pub(super) fn paces() -> BoxedStrategy<[Pace; 5]> {
    let any = [
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
    ];
    prop_oneof![1 => Just([Pace::Always; 5]), 2 => any].boxed()
}

fn stimulus(pieces: BoxedStrategy<Vec<Piece>>) -> BoxedStrategy<CoreStimulus> {
    let paces = paces();
    let block = prop_oneof![2 => Just(256u32), 1 => 1..256u32, 1 => Just(1u32)];
    (pieces, 1..5u32, block, paces, any::<u64>())
        .prop_map(|(pieces, grid, block, paces, seed)| CoreStimulus {
            pieces,
            grid,
            block,
            paces,
            seed,
        })
        .boxed()
}

/// The tests of `simt_core`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<CoreTb>::boxed(name, doc, &[], iterations, strategy)
    };
    let mut tests = vec![
        test(
            "smoke",
            "Each thread gets its registers, does a few instructions and ends.",
            2,
            |_| {
                let mix = Mix {
                    branches: 0,
                    ..EVEN
                };
                stimulus(pieces(mix, 1..8))
            },
        ),
        test(
            "random",
            "Programs of everything: operands are corners of integers and of binary32 half of the time, few registers \
             are written, so that instructions wait for each other, and few lines are raced for.",
            8,
            |_| stimulus(pieces(EVEN, 40..120)),
        ),
        test(
            "divergence",
            "Branches within branches and loops that lanes leave one by one, in which lanes seldom agree.",
            8,
            |_| {
                let mix = Mix {
                    float: 1,
                    branches: 30,
                    ..EVEN
                };
                stimulus(pieces(mix, 10..40))
            },
        ),
    ];
    tests.extend(core_directed::tests());
    tests
}
