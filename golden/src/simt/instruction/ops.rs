//! The operations that share a format, each with its assembler name and its function fields.

use super::FpuOp;

/// `funct3` of a 32-bit atomic, load or store.
pub const WIDTH_WORD: u32 = 2;
/// `funct3` of a 64-bit one.
pub const WIDTH_DOUBLE: u32 = 3;

/// Declares an enum of operations: for each its assembler name and the fields that select it.
macro_rules! operations {
    ($(#[$doc:meta])* $type:ident: $key:ty { $($op:ident $name:literal $fields:expr,)* }) => {
        $(#[$doc])*
        #[expect(missing_docs, reason = "each is named after its instruction, which defines it")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($op,)* }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$op,)*];

            /// The assembler's name.
            pub fn name(self) -> &'static str {
                match self { $($type::$op => $name,)* }
            }

            /// The function fields.
            pub(in crate::simt) fn fields(self) -> $key {
                match self { $($type::$op => $fields,)* }
            }

            /// The operation with these fields.
            pub(super) fn of(fields: $key) -> Option<$type> {
                $type::ALL.iter().copied().find(|op| op.fields() == fields)
            }
        }
    };
}

operations! {
    /// Conditions of branches, by `funct3`.
    BranchOp: u32 {
        Beq "beq" 0, Bne "bne" 1, Blt "blt" 4, Bge "bge" 5, Bltu "bltu" 6, Bgeu "bgeu" 7,
    }
}

operations! {
    /// Loads of integer registers, by `funct3`.
    LoadOp: u32 {
        Lb "lb" 0, Lh "lh" 1, Lw "lw" 2, Ld "ld" 3, Lbu "lbu" 4, Lhu "lhu" 5, Lwu "lwu" 6,
    }
}

impl LoadOp {
    /// Bytes that it reads.
    pub fn bytes(self) -> u64 {
        1 << (self.fields() & 3)
    }

    /// What a register gets of the bytes read.
    pub fn extend(self, value: u64) -> u64 {
        match self {
            LoadOp::Lb => i64::from(value as i8) as u64,
            LoadOp::Lh => i64::from(value as i16) as u64,
            LoadOp::Lw => i64::from(value as i32) as u64,
            LoadOp::Ld | LoadOp::Lbu | LoadOp::Lhu | LoadOp::Lwu => value,
        }
    }
}

operations! {
    /// Stores of integer registers, by `funct3`.
    StoreOp: u32 { Sb "sb" 0, Sh "sh" 1, Sw "sw" 2, Sd "sd" 3, }
}

impl StoreOp {
    /// Bytes that it writes.
    pub fn bytes(self) -> u64 {
        1 << self.fields()
    }
}

/// Whether an operation is one on 32 bits (its opcode has bit 3), `funct3`, `funct7`.
type AluFields = (bool, u32, u32);

operations! {
    /// Integer operations of I and M.
    AluOp: AluFields {
        Add "add" (false, 0, 0x00), Sub "sub" (false, 0, 0x20), Sll "sll" (false, 1, 0x00),
        Slt "slt" (false, 2, 0x00), Sltu "sltu" (false, 3, 0x00), Xor "xor" (false, 4, 0x00),
        Srl "srl" (false, 5, 0x00), Sra "sra" (false, 5, 0x20), Or "or" (false, 6, 0x00),
        And "and" (false, 7, 0x00),
        Addw "addw" (true, 0, 0x00), Subw "subw" (true, 0, 0x20), Sllw "sllw" (true, 1, 0x00),
        Srlw "srlw" (true, 5, 0x00), Sraw "sraw" (true, 5, 0x20),
        Mul "mul" (false, 0, 0x01), Mulh "mulh" (false, 1, 0x01), Mulhsu "mulhsu" (false, 2, 0x01),
        Mulhu "mulhu" (false, 3, 0x01), Div "div" (false, 4, 0x01), Divu "divu" (false, 5, 0x01),
        Rem "rem" (false, 6, 0x01), Remu "remu" (false, 7, 0x01),
        Mulw "mulw" (true, 0, 0x01), Divw "divw" (true, 4, 0x01), Divuw "divuw" (true, 5, 0x01),
        Remw "remw" (true, 6, 0x01), Remuw "remuw" (true, 7, 0x01),
    }
}

impl AluOp {
    /// Whether it shifts, so that its immediate is an amount.
    pub fn shifts(self) -> bool {
        let (_, funct3, funct7) = self.fields();
        funct7 != 1 && (funct3 == 1 || funct3 == 5)
    }

    /// Whether it is one on 32 bits.
    pub fn is_word(self) -> bool {
        self.fields().0
    }

    /// The name with an immediate, if there is such an instruction.
    pub fn immediate_name(self) -> Option<&'static str> {
        Some(match self {
            AluOp::Add => "addi",
            AluOp::Slt => "slti",
            AluOp::Sltu => "sltiu",
            AluOp::Xor => "xori",
            AluOp::Or => "ori",
            AluOp::And => "andi",
            AluOp::Sll => "slli",
            AluOp::Srl => "srli",
            AluOp::Sra => "srai",
            AluOp::Addw => "addiw",
            AluOp::Sllw => "slliw",
            AluOp::Srlw => "srliw",
            AluOp::Sraw => "sraiw",
            _ => return None,
        })
    }
}

operations! {
    /// Atomics, by `funct5`. LR has no `rs2`.
    AmoOp: u32 {
        Add "amoadd" 0x00, Swap "amoswap" 0x01, Lr "lr" 0x02, Sc "sc" 0x03, Xor "amoxor" 0x04,
        Or "amoor" 0x08, And "amoand" 0x0c, Min "amomin" 0x10, Max "amomax" 0x14,
        Minu "amominu" 0x18, Maxu "amomaxu" 0x1c,
    }
}

operations! {
    /// CSR instructions, by the low two bits of `funct3`.
    CsrOp: u32 { ReadWrite "csrrw" 1, ReadSet "csrrs" 2, ReadClear "csrrc" 3, }
}

operations! {
    /// Votes, by `funct7`.
    VoteOp: u32 { Any "vote.any" 0, All "vote.all" 1, Ballot "vote.ballot" 2, }
}

operations! {
    /// Shuffles, by `funct7`.
    ShflOp: u32 { Idx "shfl.idx" 0, Up "shfl.up" 1, Down "shfl.down" 2, Xor "shfl.xor" 3, }
}

/// `funct7`, `rs2` if it selects, `funct3` if it selects: of the instructions of opcode OP-FP.
pub(in crate::simt) type FloatFields = (u32, Option<u32>, Option<u32>);

/// The function fields of an operation that is not fused (20.6 to 20.9).
pub(in crate::simt) fn float_fields(op: FpuOp) -> Option<FloatFields> {
    Some(match op {
        FpuOp::Add => (0x00, None, None),
        FpuOp::Sub => (0x04, None, None),
        FpuOp::Mul => (0x08, None, None),
        FpuOp::Div => (0x0c, None, None),
        FpuOp::Sqrt => (0x2c, Some(0), None),
        FpuOp::Sgnj => (0x10, None, Some(0)),
        FpuOp::Sgnjn => (0x10, None, Some(1)),
        FpuOp::Sgnjx => (0x10, None, Some(2)),
        FpuOp::Min => (0x14, None, Some(0)),
        FpuOp::Max => (0x14, None, Some(1)),
        FpuOp::Le => (0x50, None, Some(0)),
        FpuOp::Lt => (0x50, None, Some(1)),
        FpuOp::Eq => (0x50, None, Some(2)),
        FpuOp::CvtWS => (0x60, Some(0), None),
        FpuOp::CvtWuS => (0x60, Some(1), None),
        FpuOp::CvtLS => (0x60, Some(2), None),
        FpuOp::CvtLuS => (0x60, Some(3), None),
        FpuOp::CvtSW => (0x68, Some(0), None),
        FpuOp::CvtSWu => (0x68, Some(1), None),
        FpuOp::CvtSL => (0x68, Some(2), None),
        FpuOp::CvtSLu => (0x68, Some(3), None),
        FpuOp::Class => (0x70, Some(0), Some(1)),
        FpuOp::Madd | FpuOp::Msub | FpuOp::Nmsub | FpuOp::Nmadd => return None,
    })
}

/// The assembler's name of an operation of the floating-point units.
pub(super) fn float_name(op: FpuOp) -> &'static str {
    match op {
        FpuOp::Add => "fadd.s",
        FpuOp::Sub => "fsub.s",
        FpuOp::Mul => "fmul.s",
        FpuOp::Madd => "fmadd.s",
        FpuOp::Msub => "fmsub.s",
        FpuOp::Nmsub => "fnmsub.s",
        FpuOp::Nmadd => "fnmadd.s",
        FpuOp::Sgnj => "fsgnj.s",
        FpuOp::Sgnjn => "fsgnjn.s",
        FpuOp::Sgnjx => "fsgnjx.s",
        FpuOp::Min => "fmin.s",
        FpuOp::Max => "fmax.s",
        FpuOp::Eq => "feq.s",
        FpuOp::Lt => "flt.s",
        FpuOp::Le => "fle.s",
        FpuOp::Class => "fclass.s",
        FpuOp::CvtWS => "fcvt.w.s",
        FpuOp::CvtWuS => "fcvt.wu.s",
        FpuOp::CvtLS => "fcvt.l.s",
        FpuOp::CvtLuS => "fcvt.lu.s",
        FpuOp::CvtSW => "fcvt.s.w",
        FpuOp::CvtSWu => "fcvt.s.wu",
        FpuOp::CvtSL => "fcvt.s.l",
        FpuOp::CvtSLu => "fcvt.s.lu",
        FpuOp::Div => "fdiv.s",
        FpuOp::Sqrt => "fsqrt.s",
    }
}
