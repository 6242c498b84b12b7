//! Launches one after the other on one processor: good ones, those that cannot be, and those that fault.

use std::ops::Range;

use gpnpu_golden::axi::{Resp, Store};
use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::instruction::{AluOp, BranchOp, Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::shape::SHARED_BASE;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use super::core::{DATA, ENTRY, STACKS};
use super::core_trace::broken;
use super::top::{MemoryStimulus, memory};
use super::top_bench::{Ended, SimtBench, Until};
use crate::kit::axi::Fault;
use crate::kit::{Failure, Parameters, Run, Stimulus, Testbench};
use crate::ports::simt::Simt;

/// Bytes that each program has.
const ROOM: u64 = 0x400;
/// A line that AXI answers with an error, and one of instructions.
const FAILING: u64 = DATA + 0x1000;
const FAILING_CODE: u64 = ENTRY + 0x8000;
/// What the host writes before each launch: a word, and the first instruction of the good ones.
const HOST: u64 = DATA + 0x2000;
/// Shared memory of each launch.
const SHARED_BYTES: u64 = 256;

/// What a launch does, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Stores, a barrier, loads, and the end.
    Good,
    /// The same in some CTAs.
    Several,
    /// A grid with no CTAs in a direction, or more than there may be.
    Grid(u8),
    /// A CTA with no threads, or more than fit.
    Block(u8),
    /// An entry that is not aligned, or not in memory.
    Entry(u8),
    /// Stacks that are not aligned, too small, too large, or not in memory.
    Stacks(u8),
    /// More shared memory than there is.
    Shared,
    /// A code that is no instruction.
    Illegal,
    /// A load that is not aligned.
    Misaligned,
    /// A store outside of all ranges.
    Access,
    /// A store beyond the end of the stack.
    Stack,
    /// Lanes that wait for each other at different places.
    Barrier,
    /// A load of a line that cannot be read.
    Load,
    /// A store to a line that cannot be written.
    Store,
    /// An instruction that cannot be read.
    Fetch,
}

const ALL: [Kind; 25] = [
    Kind::Good,
    Kind::Several,
    Kind::Grid(0),
    Kind::Grid(1),
    Kind::Grid(2),
    Kind::Grid(3),
    Kind::Block(0),
    Kind::Block(1),
    Kind::Block(2),
    Kind::Block(3),
    Kind::Entry(0),
    Kind::Entry(1),
    Kind::Stacks(0),
    Kind::Stacks(1),
    Kind::Stacks(2),
    Kind::Stacks(3),
    Kind::Shared,
    Kind::Illegal,
    Kind::Misaligned,
    Kind::Access,
    Kind::Stack,
    Kind::Barrier,
    Kind::Load,
    Kind::Store,
    Kind::Fetch,
];

/// The instruction that the host writes before launch `number`.
fn of_the_host(number: usize) -> Instruction {
    Instruction::OpImm {
        op: AluOp::Add,
        rd: 8,
        rs1: 0,
        imm: number as i32,
    }
}

impl Kind {
    /// The cause with which the launch ends.
    fn cause(self) -> Option<Cause> {
        match self {
            Kind::Good | Kind::Several => None,
            Kind::Grid(_) | Kind::Block(_) | Kind::Entry(_) | Kind::Stacks(_) | Kind::Shared => {
                Some(Cause::Launch)
            }
            Kind::Illegal => Some(Cause::Illegal),
            Kind::Misaligned => Some(Cause::Misaligned),
            Kind::Access => Some(Cause::Access),
            Kind::Stack => Some(Cause::Stack),
            Kind::Barrier => Some(Cause::Barrier),
            Kind::Load | Kind::Store | Kind::Fetch => Some(Cause::Memory),
        }
    }

    /// Where its program is.
    fn entry(self) -> u64 {
        match self {
            Kind::Illegal => ENTRY + ROOM,
            Kind::Misaligned => ENTRY + 2 * ROOM,
            Kind::Access => ENTRY + 3 * ROOM,
            Kind::Stack => ENTRY + 4 * ROOM,
            Kind::Barrier => ENTRY + 5 * ROOM,
            Kind::Load => ENTRY + 6 * ROOM,
            Kind::Store => ENTRY + 7 * ROOM,
            Kind::Fetch => FAILING_CODE,
            _ => ENTRY,
        }
    }

    fn program(self) -> Program {
        let mut program = Program::new(self.entry());
        let (thread, address, value) = (5, 6, 7);
        program.push(of_the_host(0));
        // Each thread its own 8 bytes.
        program.csrr(thread, 0xcc0);
        program.csrr(address, 0xcd0);
        program.op_imm(AluOp::Sll, value, thread, 3);
        program.op(AluOp::Add, address, address, value);
        let store = |rs1, rs2, offset| Instruction::Store {
            op: StoreOp::Sd,
            rs1,
            rs2,
            offset,
        };
        let load = |rd, rs1, offset| Instruction::Load {
            op: LoadOp::Ld,
            rd,
            rs1,
            offset,
        };
        program.push(store(address, thread, 0));
        match self {
            Kind::Illegal => {}
            Kind::Misaligned => program.push(load(value, address, 4)),
            Kind::Access => program.push(store(0, thread, 0)),
            Kind::Stack => {
                program.csrr(value, 0xcd1);
                program.push(store(value, thread, -256));
            }
            Kind::Barrier => {
                program.li(value, -1);
                let other = program.label();
                program.branch(BranchOp::Beq, thread, 0, other);
                program.push(Instruction::Bar);
                program.place(other);
                program.push(Instruction::Warpsync { rs1: value });
            }
            Kind::Load => {
                program.li(value, FAILING as i64);
                program.push(load(value, value, 0));
            }
            Kind::Store => {
                program.li(value, FAILING as i64);
                program.push(store(value, value, 0));
                program.push(Instruction::Fence {
                    fm: 0,
                    pred: 15,
                    succ: 15,
                });
            }
            _ => {
                program.push(load(value, address, 0));
                program.li(value, HOST as i64);
                program.push(load(value, value, 0));
                program.li(address, SHARED_BASE as i64);
                program.push(store(address, thread, 0));
                program.push(Instruction::Bar);
                program.push(load(value, address, 0));
            }
        }
        program.push(Instruction::Exit);
        program
    }

    fn launch(self, threads: u32, most: u32, shared_bytes: u64) -> Launch {
        let mut launch = Launch {
            entry: self.entry(),
            args: DATA,
            grid: [1; 3],
            block: [threads, 1, 1],
            shared_bytes: SHARED_BYTES,
            stack_base: STACKS,
            stack_log2: 8,
        };
        match self {
            Kind::Several => launch.grid = [3, 2, 2],
            Kind::Grid(3) => launch.grid[2] = 65536,
            Kind::Grid(axis) => launch.grid[usize::from(axis)] = 0,
            Kind::Block(0) => launch.block[2] = 0,
            Kind::Block(1) => launch.block[1] = 1000,
            Kind::Block(2) => launch.block = [2, most, 1],
            Kind::Block(_) => launch.block = [2, 2, most / 4 + 1],
            Kind::Entry(0) => launch.entry += 2,
            Kind::Entry(_) => launch.entry = 0x1000,
            Kind::Stacks(0) => launch.stack_base += 256,
            Kind::Stacks(1) => launch.stack_log2 = 7,
            Kind::Stacks(2) => launch.stack_log2 = 21,
            Kind::Stacks(_) => launch.stack_base = 0x1000_0000,
            Kind::Shared => launch.shared_bytes = shared_bytes + 1,
            _ => {}
        }
        launch
    }
}

/// Launches one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaunchesStimulus {
    /// What each is, and its threads, as a share of what a core has.
    pub launches: Vec<(Kind, u8)>,
    /// The memory.
    pub memory: MemoryStimulus,
}

impl Stimulus for LaunchesStimulus {
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

/// Runs launches and expects each to end as it has to.
pub struct LaunchesTb;

impl Testbench for LaunchesTb {
    type Ports = Simt;
    type Stimulus = LaunchesStimulus;

    fn run(run: &mut Run<Simt>, stimulus: &LaunchesStimulus) -> Result<(), Failure> {
        let mut memory = Store::default();
        for kind in ALL {
            kind.program().load(&mut memory);
        }
        // The program that has no instruction there ends with a code of zeros.
        let illegal = Kind::Illegal.program();
        memory.write(illegal.end() - 4, &[0; 4]);
        let mut settings = stimulus.memory.settings();
        settings.faults = [FAILING, FAILING_CODE]
            .map(|line| Fault {
                addresses: line..line + 64,
                resp: Resp::SlvErr,
                poison: 0,
            })
            .to_vec();
        let mut bench = SimtBench::new(run, memory, settings);
        bench.reset(run)?;
        let most = run.parameters.get("Warps") * run.parameters.get("Lanes");
        let shared_bytes = run.parameters.get("SharedBytes") as u64;
        for (number, (kind, share)) in stimulus.launches.iter().enumerate() {
            bench.write(HOST, &(number as u64).to_le_bytes());
            bench.write(ENTRY, &encode(of_the_host(number)).to_le_bytes());
            let threads = (most * usize::from(*share)).div_ceil(255).max(2) as u32;
            let launch = kind.launch(threads, most as u32, shared_bytes);
            let ended = bench.launch(run, &launch, Until::default())?.ended;
            let cause = match ended {
                Ended::Fault(fault) => Some(fault.cause),
                _ => None,
            };
            if cause != kind.cause() {
                let text = format!("{kind:?} ends with {ended:?}, {:?} expected", kind.cause());
                return Err(broken(run.dut.now(), "end", text));
            }
        }
        run.covered(bench.covered());
        Ok(())
    }
}

/// Some launches of any kind.
pub fn launches(_: &Parameters) -> BoxedStrategy<LaunchesStimulus> {
    (vec((select(ALL.to_vec()), any::<u8>()), 16..60), memory())
        .prop_map(|(launches, memory)| LaunchesStimulus { launches, memory })
        .boxed()
}
