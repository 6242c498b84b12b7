//! The instructions: RV64IMAF_Zicsr_Zifencei and the custom-0 ones of `docs/simt.md`.
//!
//! [`Instruction::decode`] and [`encode`](super::encode::encode) are inverses; `Display` prints what
//! an assembler takes, with the names of the unprivileged specification (version 20240411).

mod decode;
mod display;
mod ops;
mod registers;

use super::float::{FpuOp, Rounding};
pub(super) use ops::float_fields;
pub use ops::{
    AluOp, AmoOp, BranchOp, CsrOp, LoadOp, ShflOp, StoreOp, VoteOp, WIDTH_DOUBLE, WIDTH_WORD,
};
pub use registers::RegisterSet;

/// Code of `ecall`.
pub(super) const ECALL: u32 = 0x0000_0073;
/// Code of `ebreak`.
pub(super) const EBREAK: u32 = 0x0010_0073;
/// Code of `wfi`.
pub(super) const WFI: u32 = 0x1050_0073;
/// Code of `mret`.
pub(super) const MRET: u32 = 0x3020_0073;

/// Opcodes, bits 6 to 0 (RISC-V base opcode map).
pub(super) mod opcode {
    pub const LOAD: u32 = 0x03;
    pub const LOAD_FP: u32 = 0x07;
    pub const CUSTOM_0: u32 = 0x0b;
    pub const MISC_MEM: u32 = 0x0f;
    pub const OP_IMM: u32 = 0x13;
    pub const AUIPC: u32 = 0x17;
    pub const OP_IMM_32: u32 = 0x1b;
    pub const STORE: u32 = 0x23;
    pub const STORE_FP: u32 = 0x27;
    pub const AMO: u32 = 0x2f;
    pub const OP: u32 = 0x33;
    pub const LUI: u32 = 0x37;
    pub const OP_32: u32 = 0x3b;
    pub const MADD: u32 = 0x43;
    pub const MSUB: u32 = 0x47;
    pub const NMSUB: u32 = 0x4b;
    pub const NMADD: u32 = 0x4f;
    pub const OP_FP: u32 = 0x53;
    pub const BRANCH: u32 = 0x63;
    pub const JALR: u32 = 0x67;
    pub const JAL: u32 = 0x6f;
    pub const SYSTEM: u32 = 0x73;
}

/// Where an F instruction has its rounding mode from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoundingField {
    /// From the instruction.
    Static(Rounding),
    /// From the lane's `frm`, encoded as 7.
    Dynamic,
}

/// Where a CSR instruction has its operand from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CsrSource {
    /// Register `rs1`; with `x0`, CSRRS and CSRRC do not write.
    Register(u8),
    /// Five bits of the instruction; 0 is like `x0`.
    Immediate(u8),
}

impl CsrSource {
    /// Whether CSRRS and CSRRC write.
    pub fn is_zero(self) -> bool {
        matches!(self, CsrSource::Register(0) | CsrSource::Immediate(0))
    }
}

/// One instruction. Register numbers are 0 to 31; immediates and offsets are the values that are
/// added, of the ranges of their formats (2.3); fields that an operation does not have are 0.
#[expect(
    missing_docs,
    reason = "fields are the specification's, which defines them"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// `imm` is a multiple of 4096.
    Lui {
        rd: u8,
        imm: i32,
    },
    /// `imm` is a multiple of 4096.
    Auipc {
        rd: u8,
        imm: i32,
    },
    Jal {
        rd: u8,
        offset: i32,
    },
    Jalr {
        rd: u8,
        rs1: u8,
        offset: i32,
    },
    Branch {
        op: BranchOp,
        rs1: u8,
        rs2: u8,
        offset: i32,
    },
    Load {
        op: LoadOp,
        rd: u8,
        rs1: u8,
        offset: i32,
    },
    Store {
        op: StoreOp,
        rs1: u8,
        rs2: u8,
        offset: i32,
    },
    /// An operation with an immediate; of shifts it is the amount.
    OpImm {
        op: AluOp,
        rd: u8,
        rs1: u8,
        imm: i32,
    },
    /// An operation of two registers, M's too.
    Op {
        op: AluOp,
        rd: u8,
        rs1: u8,
        rs2: u8,
    },
    /// AMO, LR or SC, of 8 bytes if `double`, else of 4.
    Amo {
        op: AmoOp,
        double: bool,
        aq: bool,
        rl: bool,
        rd: u8,
        rs1: u8,
        rs2: u8,
    },
    Flw {
        rd: u8,
        rs1: u8,
        offset: i32,
    },
    Fsw {
        rs1: u8,
        rs2: u8,
        offset: i32,
    },
    /// What the floating-point units do. `rm` is static RNE where the instruction has none.
    Float {
        op: FpuOp,
        rm: RoundingField,
        rd: u8,
        rs1: u8,
        rs2: u8,
        rs3: u8,
    },
    FmvXW {
        rd: u8,
        rs1: u8,
    },
    FmvWX {
        rd: u8,
        rs1: u8,
    },
    Csr {
        op: CsrOp,
        rd: u8,
        csr: u16,
        source: CsrSource,
    },
    /// `fm`, `pred` and `succ` mean nothing here: each fence orders everything.
    Fence {
        fm: u8,
        pred: u8,
        succ: u8,
    },
    FenceI,
    Ecall,
    Ebreak,
    Mret,
    Wfi,
    Bar,
    Exit,
    Warpsync {
        rs1: u8,
    },
    Vote {
        op: VoteOp,
        rd: u8,
        rs1: u8,
    },
    Shfl {
        op: ShflOp,
        rd: u8,
        rs1: u8,
        rs2: u8,
    },
}

impl Instruction {
    /// Whether it is a control instruction as `docs/simt.md` lists them: after it, paths merge in a
    /// turn too.
    pub fn is_control(self) -> bool {
        matches!(
            self,
            Instruction::Branch { .. }
                | Instruction::Jal { .. }
                | Instruction::Jalr { .. }
                | Instruction::Ecall
                | Instruction::Mret
                | Instruction::FenceI
                | Instruction::Exit
                | Instruction::Bar
                | Instruction::Warpsync { .. }
        )
    }
}

/// Operands of an operation of the floating-point units.
impl FpuOp {
    /// Whether it rounds, so that the instruction has a rounding mode.
    pub fn rounds(self) -> bool {
        !matches!(
            self,
            FpuOp::Sgnj
                | FpuOp::Sgnjn
                | FpuOp::Sgnjx
                | FpuOp::Min
                | FpuOp::Max
                | FpuOp::Eq
                | FpuOp::Lt
                | FpuOp::Le
                | FpuOp::Class
        )
    }

    /// Whether `rs1` is an integer register.
    pub fn from_integer(self) -> bool {
        matches!(
            self,
            FpuOp::CvtSW | FpuOp::CvtSWu | FpuOp::CvtSL | FpuOp::CvtSLu
        )
    }

    /// Whether `rd` is an integer register.
    pub fn to_integer(self) -> bool {
        matches!(
            self,
            FpuOp::Eq
                | FpuOp::Lt
                | FpuOp::Le
                | FpuOp::Class
                | FpuOp::CvtWS
                | FpuOp::CvtWuS
                | FpuOp::CvtLS
                | FpuOp::CvtLuS
        )
    }

    /// Registers that it reads: 1 to 3.
    pub fn operands(self) -> usize {
        match self {
            FpuOp::Madd | FpuOp::Msub | FpuOp::Nmsub | FpuOp::Nmadd => 3,
            FpuOp::Class | FpuOp::Sqrt => 1,
            FpuOp::CvtWS | FpuOp::CvtWuS | FpuOp::CvtLS | FpuOp::CvtLuS => 1,
            FpuOp::CvtSW | FpuOp::CvtSWu | FpuOp::CvtSL | FpuOp::CvtSLu => 1,
            _ => 2,
        }
    }
}
