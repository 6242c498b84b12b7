//! From an instruction to its code.

use super::float::FpuOp;
use super::instruction::{
    AmoOp, CsrSource, EBREAK, ECALL, Instruction, MRET, RoundingField, StoreOp, WFI, WIDTH_DOUBLE,
    WIDTH_WORD, float_fields, opcode,
};

/// The code of an instruction whose fields are in their ranges; bits beyond those are dropped.
/// [`Instruction::decode`] gives it back.
pub fn encode(instruction: Instruction) -> u32 {
    match instruction {
        Instruction::Lui { rd, imm } => u(opcode::LUI, rd, imm),
        Instruction::Auipc { rd, imm } => u(opcode::AUIPC, rd, imm),
        Instruction::Jal { rd, offset } => j(rd, offset),
        Instruction::Jalr { rd, rs1, offset } => i(opcode::JALR, 0, rd, rs1, offset),
        Instruction::Branch {
            op,
            rs1,
            rs2,
            offset,
        } => b(op.fields(), rs1, rs2, offset),
        Instruction::Load {
            op,
            rd,
            rs1,
            offset,
        } => i(opcode::LOAD, op.fields(), rd, rs1, offset),
        Instruction::Store {
            op,
            rs1,
            rs2,
            offset,
        } => s(opcode::STORE, op.fields(), rs1, rs2, offset),
        Instruction::OpImm { op, rd, rs1, imm } => {
            let (word, funct3, funct7) = op.fields();
            let opcode = if word {
                opcode::OP_IMM_32
            } else {
                opcode::OP_IMM
            };
            let amount = if word { 0x1f } else { 0x3f };
            let imm = if op.shifts() {
                imm & amount | (funct7 << 5) as i32
            } else {
                imm
            };
            i(opcode, funct3, rd, rs1, imm)
        }
        Instruction::Op { op, rd, rs1, rs2 } => {
            let (word, funct3, funct7) = op.fields();
            let opcode = if word { opcode::OP_32 } else { opcode::OP };
            r(opcode, funct3, funct7, rd, rs1, rs2)
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
            let width = if double { WIDTH_DOUBLE } else { WIDTH_WORD };
            let funct7 = op.fields() << 2 | u32::from(aq) << 1 | u32::from(rl);
            let rs2 = if op == AmoOp::Lr { 0 } else { rs2 };
            r(opcode::AMO, width, funct7, rd, rs1, rs2)
        }
        Instruction::Flw { rd, rs1, offset } => i(opcode::LOAD_FP, WIDTH_WORD, rd, rs1, offset),
        Instruction::Fsw { rs1, rs2, offset } => {
            s(opcode::STORE_FP, StoreOp::Sw.fields(), rs1, rs2, offset)
        }
        Instruction::Float {
            op,
            rm,
            rd,
            rs1,
            rs2,
            rs3,
        } => float(op, rm, [rd, rs1, rs2, rs3]),
        Instruction::FmvXW { rd, rs1 } => r(opcode::OP_FP, 0, 0x70, rd, rs1, 0),
        Instruction::FmvWX { rd, rs1 } => r(opcode::OP_FP, 0, 0x78, rd, rs1, 0),
        Instruction::Csr {
            op,
            rd,
            csr,
            source,
        } => {
            let (immediate, source) = match source {
                CsrSource::Register(rs1) => (0, rs1),
                CsrSource::Immediate(value) => (4, value),
            };
            let funct3 = op.fields() | immediate;
            i(opcode::SYSTEM, funct3, rd, source, i32::from(csr))
        }
        Instruction::Fence { fm, pred, succ } => {
            let fields = i32::from(fm) << 8 | i32::from(pred & 15) << 4 | i32::from(succ & 15);
            i(opcode::MISC_MEM, 0, 0, 0, fields)
        }
        Instruction::FenceI => i(opcode::MISC_MEM, 1, 0, 0, 0),
        Instruction::Ecall => ECALL,
        Instruction::Ebreak => EBREAK,
        Instruction::Mret => MRET,
        Instruction::Wfi => WFI,
        Instruction::Bar => r(opcode::CUSTOM_0, 0, 0, 0, 0, 0),
        Instruction::Exit => r(opcode::CUSTOM_0, 0, 1, 0, 0, 0),
        Instruction::Warpsync { rs1 } => r(opcode::CUSTOM_0, 0, 2, 0, rs1, 0),
        Instruction::Vote { op, rd, rs1 } => r(opcode::CUSTOM_0, 1, op.fields(), rd, rs1, 0),
        Instruction::Shfl { op, rd, rs1, rs2 } => r(opcode::CUSTOM_0, 2, op.fields(), rd, rs1, rs2),
    }
}

fn register(number: u8) -> u32 {
    u32::from(number & 31)
}

fn r(opcode: u32, funct3: u32, funct7: u32, rd: u8, rs1: u8, rs2: u8) -> u32 {
    opcode
        | register(rd) << 7
        | funct3 << 12
        | register(rs1) << 15
        | register(rs2) << 20
        | funct7 << 25
}

fn i(opcode: u32, funct3: u32, rd: u8, rs1: u8, imm: i32) -> u32 {
    opcode | register(rd) << 7 | funct3 << 12 | register(rs1) << 15 | (imm as u32) << 20
}

fn s(opcode: u32, funct3: u32, rs1: u8, rs2: u8, imm: i32) -> u32 {
    r(opcode, funct3, (imm >> 5) as u32, imm as u8, rs1, rs2)
}

fn b(funct3: u32, rs1: u8, rs2: u8, offset: i32) -> u32 {
    let bits = |high: u32, low: u32| (offset as u32 >> low) & ((1 << (high - low + 1)) - 1);
    let funct7 = bits(12, 12) << 6 | bits(10, 5);
    let rd = bits(4, 1) << 1 | bits(11, 11);
    r(opcode::BRANCH, funct3, funct7, rd as u8, rs1, rs2)
}

fn u(opcode: u32, rd: u8, imm: i32) -> u32 {
    opcode | register(rd) << 7 | imm as u32 & 0xffff_f000
}

fn j(rd: u8, offset: i32) -> u32 {
    let bits = |high: u32, low: u32| (offset as u32 >> low) & ((1 << (high - low + 1)) - 1);
    let imm = bits(20, 20) << 19 | bits(10, 1) << 9 | bits(11, 11) << 8 | bits(19, 12);
    opcode::JAL | register(rd) << 7 | imm << 12
}

fn float(op: FpuOp, rm: RoundingField, [rd, rs1, rs2, rs3]: [u8; 4]) -> u32 {
    let rm = match rm {
        RoundingField::Static(rm) => u32::from(rm.code()),
        RoundingField::Dynamic => 7,
    };
    let fused = match op {
        FpuOp::Madd => opcode::MADD,
        FpuOp::Msub => opcode::MSUB,
        FpuOp::Nmsub => opcode::NMSUB,
        _ => opcode::NMADD,
    };
    match float_fields(op) {
        None => r(fused, rm, register(rs3) << 2, rd, rs1, rs2),
        Some((funct7, selector, funct3)) => {
            let rs2 = selector.map_or(rs2, |selector| selector as u8);
            r(opcode::OP_FP, funct3.unwrap_or(rm), funct7, rd, rs1, rs2)
        }
    }
}
