//! From a code to an instruction.

use super::ops::{WIDTH_DOUBLE, WIDTH_WORD, float_fields};
use super::{
    AluOp, AmoOp, BranchOp, CsrOp, CsrSource, EBREAK, ECALL, Instruction, LoadOp, MRET,
    RoundingField, ShflOp, StoreOp, VoteOp, WFI, opcode,
};
use crate::simt::float::{FpuOp, Rounding};

/// The fields of the formats of 2.2.
#[derive(Clone, Copy)]
struct Code(u32);

impl Code {
    fn bits(self, high: u32, low: u32) -> u32 {
        (self.0 >> low) & ((1 << (high - low + 1)) - 1)
    }

    fn opcode(self) -> u32 {
        self.bits(6, 0)
    }

    fn rd(self) -> u8 {
        self.bits(11, 7) as u8
    }

    fn rs1(self) -> u8 {
        self.bits(19, 15) as u8
    }

    fn rs2(self) -> u8 {
        self.bits(24, 20) as u8
    }

    fn rs3(self) -> u8 {
        self.bits(31, 27) as u8
    }

    fn funct3(self) -> u32 {
        self.bits(14, 12)
    }

    fn funct7(self) -> u32 {
        self.bits(31, 25)
    }

    fn i_immediate(self) -> i32 {
        self.0 as i32 >> 20
    }

    fn s_immediate(self) -> i32 {
        (self.0 as i32 >> 25) << 5 | self.bits(11, 7) as i32
    }

    fn b_immediate(self) -> i32 {
        (self.0 as i32 >> 31) << 12
            | (self.bits(7, 7) << 11 | self.bits(30, 25) << 5 | self.bits(11, 8) << 1) as i32
    }

    fn u_immediate(self) -> i32 {
        (self.0 & 0xffff_f000) as i32
    }

    fn j_immediate(self) -> i32 {
        (self.0 as i32 >> 31) << 20
            | (self.bits(19, 12) << 12 | self.bits(20, 20) << 11 | self.bits(30, 21) << 1) as i32
    }

    /// None for the reserved encodings 5 and 6.
    fn rounding(self) -> Option<RoundingField> {
        match self.funct3() {
            7 => Some(RoundingField::Dynamic),
            code => Rounding::from_code(code as u8).map(RoundingField::Static),
        }
    }
}

impl Instruction {
    /// The instruction of a code; none if it is illegal whatever the state.
    pub fn decode(code: u32) -> Option<Instruction> {
        let code = Code(code);
        let (rd, rs1, rs2) = (code.rd(), code.rs1(), code.rs2());
        let offset = code.i_immediate();
        Some(match code.opcode() {
            opcode::LUI => Instruction::Lui {
                rd,
                imm: code.u_immediate(),
            },
            opcode::AUIPC => Instruction::Auipc {
                rd,
                imm: code.u_immediate(),
            },
            opcode::JAL => Instruction::Jal {
                rd,
                offset: code.j_immediate(),
            },
            opcode::JALR if code.funct3() == 0 => Instruction::Jalr { rd, rs1, offset },
            opcode::BRANCH => Instruction::Branch {
                op: BranchOp::of(code.funct3())?,
                rs1,
                rs2,
                offset: code.b_immediate(),
            },
            opcode::LOAD => Instruction::Load {
                op: LoadOp::of(code.funct3())?,
                rd,
                rs1,
                offset,
            },
            opcode::STORE => Instruction::Store {
                op: StoreOp::of(code.funct3())?,
                rs1,
                rs2,
                offset: code.s_immediate(),
            },
            opcode::OP_IMM | opcode::OP_IMM_32 => op_imm(code)?,
            opcode::OP | opcode::OP_32 => Instruction::Op {
                op: AluOp::of((code.opcode() == opcode::OP_32, code.funct3(), code.funct7()))?,
                rd,
                rs1,
                rs2,
            },
            opcode::AMO => amo(code)?,
            opcode::LOAD_FP if code.funct3() == WIDTH_WORD => Instruction::Flw { rd, rs1, offset },
            opcode::STORE_FP if code.funct3() == WIDTH_WORD => Instruction::Fsw {
                rs1,
                rs2,
                offset: code.s_immediate(),
            },
            opcode::MADD => fused(code, FpuOp::Madd)?,
            opcode::MSUB => fused(code, FpuOp::Msub)?,
            opcode::NMSUB => fused(code, FpuOp::Nmsub)?,
            opcode::NMADD => fused(code, FpuOp::Nmadd)?,
            opcode::OP_FP => op_fp(code)?,
            // The other fields are reserved for finer fences, and ignored (2.7, 6).
            opcode::MISC_MEM if code.funct3() == 0 => Instruction::Fence {
                fm: code.bits(31, 28) as u8,
                pred: code.bits(27, 24) as u8,
                succ: code.bits(23, 20) as u8,
            },
            opcode::MISC_MEM if code.funct3() == 1 => Instruction::FenceI,
            opcode::SYSTEM => system(code)?,
            opcode::CUSTOM_0 => custom(code)?,
            _ => return None,
        })
    }
}

/// Shift amounts have 6 bits, of operations on 32 bits 5; what is above them selects.
fn op_imm(code: Code) -> Option<Instruction> {
    let word = code.opcode() == opcode::OP_IMM_32;
    let funct3 = code.funct3();
    let shifts = funct3 == 1 || funct3 == 5;
    let (funct7, imm) = match (shifts, word) {
        (false, _) => (0, code.i_immediate()),
        (true, false) => (code.funct7() & !1, code.bits(25, 20) as i32),
        (true, true) => (code.funct7(), code.bits(24, 20) as i32),
    };
    let op = AluOp::of((word, funct3, funct7)).filter(|op| op.immediate_name().is_some())?;
    Some(Instruction::OpImm {
        op,
        rd: code.rd(),
        rs1: code.rs1(),
        imm,
    })
}

fn amo(code: Code) -> Option<Instruction> {
    let op = AmoOp::of(code.bits(31, 27))?;
    let double = match code.funct3() {
        WIDTH_WORD => false,
        WIDTH_DOUBLE => true,
        _ => return None,
    };
    if op == AmoOp::Lr && code.rs2() != 0 {
        return None;
    }
    Some(Instruction::Amo {
        op,
        double,
        aq: code.bits(26, 26) == 1,
        rl: code.bits(25, 25) == 1,
        rd: code.rd(),
        rs1: code.rs1(),
        rs2: code.rs2(),
    })
}

fn fused(code: Code, op: FpuOp) -> Option<Instruction> {
    let single = code.bits(26, 25) == 0;
    let rm = code.rounding()?;
    single.then_some(Instruction::Float {
        op,
        rm,
        rd: code.rd(),
        rs1: code.rs1(),
        rs2: code.rs2(),
        rs3: code.rs3(),
    })
}

fn op_fp(code: Code) -> Option<Instruction> {
    let (rd, rs1) = (code.rd(), code.rs1());
    match (code.funct7(), code.rs2(), code.funct3()) {
        (0x70, 0, 0) => return Some(Instruction::FmvXW { rd, rs1 }),
        (0x78, 0, 0) => return Some(Instruction::FmvWX { rd, rs1 }),
        _ => {}
    }
    let matches = |op: &FpuOp| {
        float_fields(*op).is_some_and(|(funct7, rs2, funct3)| {
            funct7 == code.funct7()
                && rs2.is_none_or(|rs2| rs2 == u32::from(code.rs2()))
                && funct3.is_none_or(|funct3| funct3 == code.funct3())
        })
    };
    let op = FpuOp::ALL.into_iter().find(matches)?;
    let rm = if op.rounds() {
        code.rounding()?
    } else {
        RoundingField::Static(Rounding::NearestEven)
    };
    let rs2 = if op.operands() == 2 { code.rs2() } else { 0 };
    Some(Instruction::Float {
        op,
        rm,
        rd,
        rs1,
        rs2,
        rs3: 0,
    })
}

fn system(code: Code) -> Option<Instruction> {
    if code.funct3() == 0 {
        return Some(match code.0 {
            ECALL => Instruction::Ecall,
            EBREAK => Instruction::Ebreak,
            WFI => Instruction::Wfi,
            MRET => Instruction::Mret,
            _ => return None,
        });
    }
    Some(Instruction::Csr {
        op: CsrOp::of(code.funct3() & 3)?,
        rd: code.rd(),
        csr: code.bits(31, 20) as u16,
        source: if code.funct3() & 4 == 0 {
            CsrSource::Register(code.rs1())
        } else {
            CsrSource::Immediate(code.rs1())
        },
    })
}

fn custom(code: Code) -> Option<Instruction> {
    let (rd, rs1, rs2) = (code.rd(), code.rs1(), code.rs2());
    Some(match (code.funct3(), code.funct7()) {
        (0, 0) if (rd, rs1, rs2) == (0, 0, 0) => Instruction::Bar,
        (0, 1) if (rd, rs1, rs2) == (0, 0, 0) => Instruction::Exit,
        (0, 2) if (rd, rs2) == (0, 0) => Instruction::Warpsync { rs1 },
        (1, funct7) if rs2 == 0 => Instruction::Vote {
            op: VoteOp::of(funct7)?,
            rd,
            rs1,
        },
        (2, funct7) => Instruction::Shfl {
            op: ShflOp::of(funct7)?,
            rd,
            rs1,
            rs2,
        },
        _ => return None,
    })
}
