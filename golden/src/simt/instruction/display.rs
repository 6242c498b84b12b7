//! Instructions as an assembler reads them.

use std::fmt;

use super::ops::float_name;
use super::{AluOp, AmoOp, CsrSource, Instruction, RoundingField};
use crate::simt::float::{FpuOp, Rounding};

/// `rne` and so on: the names of 20.2.
fn rounding_name(rm: RoundingField) -> &'static str {
    match rm {
        RoundingField::Static(Rounding::NearestEven) => "rne",
        RoundingField::Static(Rounding::TowardZero) => "rtz",
        RoundingField::Static(Rounding::Down) => "rdn",
        RoundingField::Static(Rounding::Up) => "rup",
        RoundingField::Static(Rounding::NearestMaxMagnitude) => "rmm",
        RoundingField::Dynamic => "dyn",
    }
}

/// The letters of a fence's set, in the order of its bits.
fn fence_set(bits: u8) -> String {
    let letters = [(8, 'i'), (4, 'o'), (2, 'r'), (1, 'w')];
    let set = letters.iter().filter(|(bit, _)| bits & bit != 0);
    let set: String = set.map(|&(_, letter)| letter).collect();
    if set.is_empty() { "0".into() } else { set }
}

/// Branch and jump targets are printed from the instruction's own address, `.`.
struct Target(i32);

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, ".{sign}{}", self.0.unsigned_abs())
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Instruction::Lui { rd, imm } => write!(f, "lui x{rd}, {:#x}", imm as u32 >> 12),
            Instruction::Auipc { rd, imm } => write!(f, "auipc x{rd}, {:#x}", imm as u32 >> 12),
            Instruction::Jal { rd, offset } => write!(f, "jal x{rd}, {}", Target(offset)),
            Instruction::Jalr { rd, rs1, offset } => write!(f, "jalr x{rd}, {offset}(x{rs1})"),
            Instruction::Branch {
                op,
                rs1,
                rs2,
                offset,
            } => write!(f, "{} x{rs1}, x{rs2}, {}", op.name(), Target(offset)),
            Instruction::Load {
                op,
                rd,
                rs1,
                offset,
            } => write!(f, "{} x{rd}, {offset}(x{rs1})", op.name()),
            Instruction::Store {
                op,
                rs1,
                rs2,
                offset,
            } => write!(f, "{} x{rs2}, {offset}(x{rs1})", op.name()),
            Instruction::OpImm { op, rd, rs1, imm } => write_op_imm(f, op, rd, rs1, imm),
            Instruction::Op { op, rd, rs1, rs2 } => {
                write!(f, "{} x{rd}, x{rs1}, x{rs2}", op.name())
            }
            Instruction::Amo {
                op,
                double,
                aq,
                rl,
                rd,
                rs1,
                rs2,
            } => {
                let width = if double { "d" } else { "w" };
                let order = match (aq, rl) {
                    (false, false) => "",
                    (true, false) => ".aq",
                    (false, true) => ".rl",
                    (true, true) => ".aqrl",
                };
                let name = format!("{}.{width}{order}", op.name());
                let operand = (op != AmoOp::Lr).then_some(rs2);
                write_amo(f, &name, rd, operand, rs1)
            }
            Instruction::Flw { rd, rs1, offset } => write!(f, "flw f{rd}, {offset}(x{rs1})"),
            Instruction::Fsw { rs1, rs2, offset } => write!(f, "fsw f{rs2}, {offset}(x{rs1})"),
            Instruction::Float {
                op,
                rm,
                rd,
                rs1,
                rs2,
                rs3,
            } => write_float(f, op, rm, [rd, rs1, rs2, rs3]),
            Instruction::FmvXW { rd, rs1 } => write!(f, "fmv.x.w x{rd}, f{rs1}"),
            Instruction::FmvWX { rd, rs1 } => write!(f, "fmv.w.x f{rd}, x{rs1}"),
            Instruction::Csr {
                op,
                rd,
                csr,
                source,
            } => match source {
                CsrSource::Register(rs1) => write!(f, "{} x{rd}, {csr:#x}, x{rs1}", op.name()),
                CsrSource::Immediate(value) => {
                    write!(f, "{}i x{rd}, {csr:#x}, {value}", op.name())
                }
            },
            Instruction::Fence {
                fm: 8,
                pred: 3,
                succ: 3,
            } => f.write_str("fence.tso"),
            Instruction::Fence { pred, succ, .. } => {
                write!(f, "fence {}, {}", fence_set(pred), fence_set(succ))
            }
            Instruction::FenceI => f.write_str("fence.i"),
            Instruction::Ecall => f.write_str("ecall"),
            Instruction::Ebreak => f.write_str("ebreak"),
            Instruction::Mret => f.write_str("mret"),
            Instruction::Wfi => f.write_str("wfi"),
            Instruction::Bar => f.write_str("bar"),
            Instruction::Exit => f.write_str("exit"),
            Instruction::Warpsync { rs1 } => write!(f, "warpsync x{rs1}"),
            Instruction::Vote { op, rd, rs1 } => write!(f, "{} x{rd}, x{rs1}", op.name()),
            Instruction::Shfl { op, rd, rs1, rs2 } => {
                write!(f, "{} x{rd}, x{rs1}, x{rs2}", op.name())
            }
        }
    }
}

/// An operation that has no immediate form is printed by its own name, so that a mistake shows.
fn write_op_imm(f: &mut fmt::Formatter<'_>, op: AluOp, rd: u8, rs1: u8, imm: i32) -> fmt::Result {
    let name = op.immediate_name().unwrap_or(op.name());
    write!(f, "{name} x{rd}, x{rs1}, {imm}")
}

fn write_amo(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    rd: u8,
    operand: Option<u8>,
    rs1: u8,
) -> fmt::Result {
    write!(f, "{name} x{rd}, ")?;
    if let Some(rs2) = operand {
        write!(f, "x{rs2}, ")?;
    }
    write!(f, "(x{rs1})")
}

/// `registers` are `rd`, `rs1`, `rs2`, `rs3`; only those that the operation has are printed.
fn write_float(
    f: &mut fmt::Formatter<'_>,
    op: FpuOp,
    rm: RoundingField,
    registers: [u8; 4],
) -> fmt::Result {
    let [rd, rs1, rs2, rs3] = registers;
    let to = if op.to_integer() { 'x' } else { 'f' };
    let from = if op.from_integer() { 'x' } else { 'f' };
    write!(f, "{} {to}{rd}, {from}{rs1}", float_name(op))?;
    if op.operands() >= 2 {
        write!(f, ", f{rs2}")?;
    }
    if op.operands() == 3 {
        write!(f, ", f{rs3}")?;
    }
    if op.rounds() {
        write!(f, ", {}", rounding_name(rm))?;
    }
    Ok(())
}
