//! Which registers an instruction reads and writes.

use super::{AmoOp, CsrSource, Instruction};
use crate::simt::warp::Register;

/// Registers by bit: `x` of the first, `f` of the second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterSet {
    /// `x1` to `x31`; bit 0 is never set.
    pub x: u32,
    /// `f0` to `f31`.
    pub f: u32,
}

impl RegisterSet {
    /// One register.
    pub fn of(register: Register) -> RegisterSet {
        if register.fp {
            RegisterSet::f(&[register.number])
        } else {
            RegisterSet::x(&[register.number])
        }
    }

    fn x(registers: &[u8]) -> RegisterSet {
        RegisterSet {
            x: bits(registers) & !1,
            f: 0,
        }
    }

    fn f(registers: &[u8]) -> RegisterSet {
        RegisterSet {
            x: 0,
            f: bits(registers),
        }
    }

    fn and(self, other: RegisterSet) -> RegisterSet {
        RegisterSet {
            x: self.x | other.x,
            f: self.f | other.f,
        }
    }

    /// Whether the two have a register in common.
    pub fn meets(self, other: RegisterSet) -> bool {
        self.x & other.x != 0 || self.f & other.f != 0
    }
}

fn bits(registers: &[u8]) -> u32 {
    registers
        .iter()
        .fold(0, |bits, register| bits | 1 << register)
}

impl Instruction {
    /// The registers that it reads.
    pub fn reads(self) -> RegisterSet {
        let none = RegisterSet::default();
        match self {
            Instruction::Jalr { rs1, .. }
            | Instruction::Load { rs1, .. }
            | Instruction::OpImm { rs1, .. }
            | Instruction::Flw { rs1, .. }
            | Instruction::FmvWX { rs1, .. }
            | Instruction::Warpsync { rs1 }
            | Instruction::Vote { rs1, .. }
            | Instruction::Csr {
                source: CsrSource::Register(rs1),
                ..
            } => RegisterSet::x(&[rs1]),
            Instruction::Amo {
                op: AmoOp::Lr, rs1, ..
            } => RegisterSet::x(&[rs1]),
            Instruction::Branch { rs1, rs2, .. }
            | Instruction::Store { rs1, rs2, .. }
            | Instruction::Op { rs1, rs2, .. }
            | Instruction::Amo { rs1, rs2, .. }
            | Instruction::Shfl { rs1, rs2, .. } => RegisterSet::x(&[rs1, rs2]),
            Instruction::Fsw { rs1, rs2, .. } => RegisterSet::x(&[rs1]).and(RegisterSet::f(&[rs2])),
            Instruction::FmvXW { rs1, .. } => RegisterSet::f(&[rs1]),
            Instruction::Float { op, rs1, .. } if op.from_integer() => RegisterSet::x(&[rs1]),
            Instruction::Float {
                op, rs1, rs2, rs3, ..
            } => RegisterSet::f(&[rs1, rs2, rs3][..op.operands()]),
            Instruction::Lui { .. }
            | Instruction::Auipc { .. }
            | Instruction::Jal { .. }
            | Instruction::Csr { .. }
            | Instruction::Fence { .. }
            | Instruction::FenceI
            | Instruction::Ecall
            | Instruction::Ebreak
            | Instruction::Mret
            | Instruction::Wfi
            | Instruction::Bar
            | Instruction::Exit => none,
        }
    }

    /// The register that it writes, if it does.
    pub fn writes(self) -> RegisterSet {
        match self {
            Instruction::Lui { rd, .. }
            | Instruction::Auipc { rd, .. }
            | Instruction::Jal { rd, .. }
            | Instruction::Jalr { rd, .. }
            | Instruction::Load { rd, .. }
            | Instruction::OpImm { rd, .. }
            | Instruction::Op { rd, .. }
            | Instruction::Amo { rd, .. }
            | Instruction::FmvXW { rd, .. }
            | Instruction::Csr { rd, .. }
            | Instruction::Vote { rd, .. }
            | Instruction::Shfl { rd, .. } => RegisterSet::x(&[rd]),
            Instruction::Float { op, rd, .. } if op.to_integer() => RegisterSet::x(&[rd]),
            Instruction::Flw { rd, .. }
            | Instruction::FmvWX { rd, .. }
            | Instruction::Float { rd, .. } => RegisterSet::f(&[rd]),
            Instruction::Branch { .. }
            | Instruction::Store { .. }
            | Instruction::Fsw { .. }
            | Instruction::Fence { .. }
            | Instruction::FenceI
            | Instruction::Ecall
            | Instruction::Ebreak
            | Instruction::Mret
            | Instruction::Wfi
            | Instruction::Bar
            | Instruction::Exit
            | Instruction::Warpsync { .. } => RegisterSet::default(),
        }
    }
}
