//! A trace made up by a test, and the model that follows it.

use gpnpu_golden::simt::instruction::{AluOp, Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::{Accessed, Issue, Issued, Machine};
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::mismatch::Mismatch;
use gpnpu_golden::simt::program::Program;

use crate::kit::{memory, program, shape};

/// A machine whose warp 0 of core 0 runs a program; the trace is made up by the test.
pub struct Trace {
    pub machine: Machine,
    pub tag: u32,
}

impl Trace {
    pub fn new(launch: Launch, build: impl FnOnce(&mut Program)) -> Trace {
        let mut machine = Machine::new(shape(), memory(&program(build)));
        machine.launch(launch).expect("a launch that can be");
        machine.cta(0, 0, [0, 0, 0]).expect("the first CTA");
        Trace { machine, tag: 0 }
    }

    /// What warp `warp` would issue by itself, with the next tag.
    pub fn next(&mut self, warp: usize) -> Issue {
        let state = self.machine.warp(0, warp).expect("the warp runs");
        let path = state.paths.next().expect("a path is ready");
        self.tag += 1;
        Issue {
            core: 0,
            warp,
            pc: path.pc,
            code: self.machine.memory().code(path.pc),
            mask: path.mask,
            tag: self.tag,
        }
    }

    pub fn issue(&mut self, warp: usize) -> Issued {
        let issue = self.next(warp);
        self.machine
            .issue(&issue)
            .expect("the warp's next instruction")
    }

    /// Issues what is next `count` times.
    pub fn issues(&mut self, warp: usize, count: usize) {
        for _ in 0..count {
            self.issue(warp);
        }
    }

    pub fn access(&mut self, warp: usize, tag: u32, mask: u16) -> Result<Accessed, Mismatch> {
        self.machine.access(0, warp, tag, LaneMask(mask))
    }
}

pub fn load(rd: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Load {
        op: LoadOp::Ld,
        rd,
        rs1,
        offset,
    }
}

pub fn store(rs2: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Store {
        op: StoreOp::Sd,
        rs1,
        rs2,
        offset,
    }
}

/// Appends: `x8 = DATA + 8 * lane`, `x9 = 8 * lane`.
pub fn addresses(p: &mut Program) {
    p.csrr(8, 0xcd0);
    p.csrr(9, 0xccc);
    p.op_imm(AluOp::Sll, 9, 9, 3);
    p.op(AluOp::Add, 8, 8, 9);
}

/// Its instructions.
pub const ADDRESSES: usize = 4;
