//! Small launches, and what they leave.

use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::fault::Fault;
use gpnpu_golden::simt::instruction::{Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::Machine;
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::run::{End, Ran, run};
use gpnpu_golden::simt::shape::Shape;
use gpnpu_golden::simt::warp::Warp;

/// Where programs begin.
pub const CODE: u64 = 0x8000_0000;
/// Where their data does.
pub const DATA: u64 = 0x8010_0000;
/// Where the stacks are.
pub const STACKS: u64 = 0x9000_0000;
/// Instructions after which a program has gone wrong.
pub const LIMIT: u64 = 1_000_000;

pub const TID_X: u16 = 0xcc0;
pub const CTAID_X: u16 = 0xcc3;
pub const NTID_X: u16 = 0xcc6;
pub const LANE: u16 = 0xccc;
pub const ARGS: u16 = 0xcd0;
pub const STACK_END: u16 = 0xcd1;
pub const MASK: u16 = 0xcd2;
pub const FCSR: u16 = 3;

/// One core of 4 warps of 8 lanes.
pub fn shape() -> Shape {
    Shape::new(1, 4, 8)
}

/// One CTA of `threads` threads with 256 bytes of shared memory and stacks of 1024 bytes.
pub fn launch(threads: u32) -> Launch {
    Launch {
        entry: CODE,
        args: DATA,
        grid: [1, 1, 1],
        block: [threads, 1, 1],
        shared_bytes: 256,
        stack_base: STACKS,
        stack_log2: 10,
    }
}

/// A program at `CODE`, built by a function.
pub fn program(build: impl FnOnce(&mut Program)) -> Program {
    let mut program = Program::new(CODE);
    build(&mut program);
    program
}

/// A memory with a program in it.
pub fn memory(program: &Program) -> Store {
    let mut memory = Store::default();
    program.load(&mut memory);
    memory
}

/// Runs a program in one CTA, to its end.
pub fn finish(threads: u32, build: impl FnOnce(&mut Program)) -> Ran {
    let ran = run(shape(), launch(threads), memory(&program(build)), LIMIT);
    assert_eq!(ran.end, End::Done);
    ran
}

/// Runs a program in one CTA, and gives the fault that it ends with.
pub fn faults(threads: u32, build: impl FnOnce(&mut Program)) -> Fault {
    let ran = run(shape(), launch(threads), memory(&program(build)), LIMIT);
    match ran.end {
        End::Fault(fault) => fault,
        end => panic!("a fault, not {end:?}"),
    }
}

/// The state of warp 0 when the first EBREAK or other fault is next.
pub fn stopped(threads: u32, build: impl FnOnce(&mut Program)) -> Warp {
    let mut machine = Machine::new(shape(), memory(&program(build)));
    machine
        .launch(launch(threads))
        .expect("a launch that can be");
    machine.start_ctas();
    for cycle in 0..LIMIT {
        for warp in 0..4 {
            if machine.step(0, warp, cycle).is_err() {
                return machine.warp(0, 0).expect("warp 0 has not ended").clone();
            }
        }
    }
    panic!("no fault within {LIMIT} rounds");
}

/// The 8 bytes at an address.
pub fn dword(memory: &Store, address: u64) -> u64 {
    let bytes = memory.read(address, 8);
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// What a lane of [`map`] starts with: `x10` to `x13` and `f10` to `f13`, of which the latter are the
/// low halves, and `fcsr`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input {
    pub registers: [u64; 4],
    pub fcsr: u8,
}

/// What is left in `x13`, `f13` and `fcsr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    pub x: u64,
    pub f: u32,
    pub fcsr: u8,
}

/// Executes instructions once for each input, in 8 lanes at a time. `x5` holds the address of the
/// thread's record: inputs at 0, 8, 16, 24, then free from 64 to 127.
pub fn map(body: &[Instruction], inputs: &[Input]) -> Vec<Output> {
    let load = |op, rd, offset| Instruction::Load {
        op,
        rd,
        rs1: 5,
        offset,
    };
    let program = program(|p| {
        use gpnpu_golden::simt::instruction::AluOp;
        p.csrr(5, TID_X);
        p.csrr(6, CTAID_X);
        p.csrr(7, NTID_X);
        p.op(AluOp::Mul, 6, 6, 7);
        p.op(AluOp::Add, 5, 5, 6);
        p.op_imm(AluOp::Sll, 5, 5, 7);
        p.csrr(6, ARGS);
        p.op(AluOp::Add, 5, 5, 6);
        p.push(load(LoadOp::Ld, 6, 32));
        p.csrw(FCSR, 6);
        for index in 0..4u8 {
            let offset = 8 * i32::from(index);
            p.push(load(LoadOp::Ld, 10 + index, offset));
            p.push(Instruction::Flw {
                rd: 10 + index,
                rs1: 5,
                offset,
            });
        }
        for &instruction in body {
            p.push(instruction);
        }
        p.push(store(13, 5, 40));
        p.push(Instruction::Fsw {
            rs1: 5,
            rs2: 13,
            offset: 48,
        });
        p.csrr(6, FCSR);
        p.push(store(6, 5, 56));
        p.push(Instruction::Exit);
    });
    let mut memory = memory(&program);
    for (index, input) in inputs.iter().enumerate() {
        let record = DATA + 128 * index as u64;
        for (register, offset) in input.registers.iter().zip([0, 8, 16, 24]) {
            memory.write(record + offset, &register.to_le_bytes());
        }
        memory.write(record + 32, &[input.fcsr]);
    }
    let launch = Launch {
        grid: [inputs.len().div_ceil(8) as u32, 1, 1],
        ..launch(8)
    };
    let ran = run(shape(), launch, memory, u64::MAX);
    assert_eq!(ran.end, End::Done, "after {}", encode(body[0]));
    let record = |index: usize| {
        let at = |offset| dword(&ran.memory, DATA + 128 * index as u64 + offset);
        Output {
            x: at(40),
            f: at(48) as u32,
            fcsr: at(56) as u8,
        }
    };
    (0..inputs.len()).map(record).collect()
}

/// `sd rs2, offset(rs1)`.
pub fn store(rs2: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Store {
        op: StoreOp::Sd,
        rs1,
        rs2,
        offset,
    }
}

/// Appends: `x8 = DATA + 8 * tid.x`, with the use of `x9`.
pub fn own_slot(p: &mut Program) {
    use gpnpu_golden::simt::instruction::AluOp;
    p.csrr(9, TID_X);
    p.op_imm(AluOp::Sll, 8, 9, 3);
    p.csrr(9, ARGS);
    p.op(AluOp::Add, 8, 8, 9);
}

/// What each thread left in its slot.
pub fn slots(ran: &Ran, threads: u64) -> Vec<u64> {
    (0..threads)
        .map(|thread| dword(&ran.memory, DATA + 8 * thread))
        .collect()
}

/// The fault of one instruction by the lanes whose `x10` is an address; 8 lanes, `x11` the lane.
pub fn at(address: impl FnOnce(&mut Program), instruction: Instruction) -> (Fault, u64) {
    let mut pc = 0;
    let fault = faults(8, |p| {
        p.csrr(11, LANE);
        address(p);
        pc = p.end();
        p.push(instruction);
        p.push(Instruction::Exit);
    });
    assert_eq!((fault.core, fault.warp), (0, 0));
    (fault, pc)
}
