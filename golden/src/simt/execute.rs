//! What one instruction does in the lanes of a path: worked out first, done afterwards, so that of
//! one that faults nothing is done.

mod access;
mod alu;
mod control;
mod float;
mod lanes;
mod system;

use super::csr::{LaneCsr, WarpCsr};
use super::fault::{Cause, Fault};
use super::instruction::Instruction;
use super::launch::Launch;
use super::mask::{LaneMask, PerLane};
use super::paths::Path;
use super::shape::Shape;
use super::warp::{Lane, Register, Warp};

pub use access::{Access, AccessKind};
pub use alu::alu;

/// Where the values of a register write come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// They are these.
    Known(PerLane<u64>),
    /// The access gives them, when it is done.
    Access,
    /// The clock gives them: nothing here knows the time.
    Clock,
}

/// A register write of the lanes that execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// The register; never `x0`.
    pub register: Register,
    /// The values.
    pub values: Values,
}

/// A CSR write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsrWrite {
    /// Each lane's own.
    Lanes(LaneCsr, PerLane<u64>),
    /// The warp's.
    Warp(WarpCsr, u64),
}

/// What an instruction does.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The path's parts afterwards; lanes that ended are in none.
    pub parts: Vec<Path>,
    /// The register that it writes, if it does.
    pub write: Option<Write>,
    /// What an F instruction adds to `fflags`.
    pub flags: Option<PerLane<u8>>,
    /// The CSRs that it writes; a trap writes two.
    pub csrs: Vec<CsrWrite>,
    /// Its access to memory.
    pub access: Option<Access>,
}

/// An instruction and everything it depends on.
#[derive(Clone, Copy)]
pub struct Executor<'a> {
    /// The processor.
    pub shape: &'a Shape,
    /// The launch.
    pub launch: &'a Launch,
    /// The warp.
    pub warp: &'a Warp,
    /// The path that executes.
    pub path: Path,
    /// The code at its PC.
    pub code: u32,
}

impl Executor<'_> {
    /// What the instruction does.
    ///
    /// # Errors
    ///
    /// The fault that it is.
    pub fn effects(&self, instruction: Instruction) -> Result<Effects, Fault> {
        match instruction {
            Instruction::Lui { rd, imm } => Ok(self.each(rd, |_| i64::from(imm) as u64)),
            Instruction::Auipc { rd, imm } => {
                let value = self.path.pc.wrapping_add_signed(imm.into());
                Ok(self.each(rd, |_| value))
            }
            Instruction::OpImm { op, rd, rs1, imm } => {
                let imm = i64::from(imm) as u64;
                Ok(self.each(rd, |lane| alu(op, lane.x(rs1), imm)))
            }
            Instruction::Op { op, rd, rs1, rs2 } => {
                Ok(self.each(rd, |lane| alu(op, lane.x(rs1), lane.x(rs2))))
            }
            Instruction::FmvXW { rd, rs1 } => {
                Ok(self.each(rd, |lane| i64::from(lane.f(rs1) as i32) as u64))
            }
            Instruction::FmvWX { rd, rs1 } => {
                let register = Register {
                    fp: true,
                    number: rd,
                };
                let values = self.per_lane(|lane| u64::from(self.lane(lane).x(rs1) as u32));
                Ok(self.writes(register, Values::Known(values)))
            }
            Instruction::Float {
                op,
                rm,
                rd,
                rs1,
                rs2,
                rs3,
            } => self.float(op, rm, rd, [rs1, rs2, rs3]),
            Instruction::Jal { .. } | Instruction::Jalr { .. } | Instruction::Branch { .. } => {
                self.jump(instruction)
            }
            Instruction::Load { .. }
            | Instruction::Store { .. }
            | Instruction::Flw { .. }
            | Instruction::Fsw { .. }
            | Instruction::Amo { .. } => self.access(instruction),
            Instruction::Csr {
                op,
                rd,
                csr,
                source,
            } => self.csr(op, rd, csr, source),
            Instruction::Ecall => self.ecall(),
            Instruction::Mret => self.mret(),
            Instruction::Ebreak => Err(self.illegal(self.path.mask)),
            Instruction::Fence { .. } | Instruction::FenceI | Instruction::Wfi => {
                Ok(self.nothing())
            }
            Instruction::Bar => Ok(self.bar()),
            Instruction::Exit => Ok(self.exit()),
            Instruction::Warpsync { rs1 } => Ok(self.warpsync(rs1)),
            Instruction::Vote { op, rd, rs1 } => Ok(self.vote(op, rd, rs1)),
            Instruction::Shfl { op, rd, rs1, rs2 } => Ok(self.shfl(op, rd, rs1, rs2)),
        }
    }

    fn lane(&self, lane: usize) -> &Lane {
        &self.warp.lanes[lane]
    }

    /// A value for each lane that executes.
    fn per_lane<T: Default + Copy>(&self, value: impl Fn(usize) -> T) -> PerLane<T> {
        let mut values = PerLane::default();
        for lane in self.path.mask.lanes() {
            values[lane] = value(lane);
        }
        values
    }

    /// Goes on to the next instruction, and nothing else.
    fn nothing(&self) -> Effects {
        let next = Path {
            pc: self.path.pc.wrapping_add(4),
            ..self.path
        };
        self.moves(vec![next])
    }

    fn moves(&self, parts: Vec<Path>) -> Effects {
        Effects {
            parts,
            write: None,
            flags: None,
            csrs: Vec::new(),
            access: None,
        }
    }

    /// Writes a register and goes on.
    fn writes(&self, register: Register, values: Values) -> Effects {
        Effects {
            write: write(register, values),
            ..self.nothing()
        }
    }

    /// Writes `x` register `rd` with a function of each lane's state, and goes on.
    fn each(&self, rd: u8, value: impl Fn(&Lane) -> u64) -> Effects {
        let values = self.per_lane(|lane| value(self.lane(lane)));
        self.writes(x(rd), Values::Known(values))
    }

    fn fault(&self, cause: Cause, mask: LaneMask, address: u64) -> Fault {
        Fault {
            cause,
            core: self.warp.place.core,
            warp: self.warp.place.warp,
            mask,
            pc: self.path.pc,
            address,
        }
    }

    /// The fault of an instruction that is outside of memory.
    pub fn fetch_fault(&self) -> Fault {
        self.fault(Cause::Access, self.path.mask, self.path.pc)
    }

    /// The fault of an illegal instruction, in these lanes.
    pub fn illegal(&self, mask: LaneMask) -> Fault {
        self.fault(Cause::Illegal, mask, self.code.into())
    }
}

fn x(number: u8) -> Register {
    Register { fp: false, number }
}

/// The write of a register, unless it is `x0`.
fn write(register: Register, values: Values) -> Option<Write> {
    let zero = !register.fp && register.number == 0;
    (!zero).then_some(Write { register, values })
}
