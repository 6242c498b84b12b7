//! IEEE 754 binary32 as the RISC-V extension F defines it (unprivileged specification, version
//! 20240411, chapter 20): bit patterns in, a bit pattern and flags out.
//!
//! Every operation is computed exactly in integers and rounded once at its end.
//! NaNs that come out are the canonical one; tininess is detected after rounding.

mod arith;
mod compare;
mod convert;
mod exact;
mod round;

pub use arith::{add, div, fused, mul, sqrt, sub};
pub use compare::{class, eq, le, lt, max, min, sgnj, sgnjn, sgnjx};
pub use convert::{Integer, from_integer, to_integer};
pub use round::Rounding;

/// Inexact: the result was rounded.
pub const NX: u8 = 1;
/// Underflow: the result is tiny after rounding, and inexact.
pub const UF: u8 = 2;
/// Overflow: with an unbounded exponent the result would be 2^128 or larger.
pub const OF: u8 = 4;
/// Divide by zero: an exact infinity of finite operands.
pub const DZ: u8 = 8;
/// Invalid: no useful result exists, or an operand is a signalling NaN.
pub const NV: u8 = 16;

/// The NaN that arithmetic gives (20.3).
pub const CANONICAL_NAN: u32 = 0x7fc0_0000;

const SIGN: u32 = 0x8000_0000;
const INFINITY: u32 = 0x7f80_0000;
const QUIET: u32 = 0x0040_0000;

/// A bit pattern and the flags (`NV` to `NX`) that go with it.
pub type Flagged = (u32, u8);

fn is_nan(pattern: u32) -> bool {
    pattern & !SIGN > INFINITY
}

fn is_signalling(pattern: u32) -> bool {
    is_nan(pattern) && pattern & QUIET == 0
}

fn is_infinite(pattern: u32) -> bool {
    pattern & !SIGN == INFINITY
}

fn is_zero(pattern: u32) -> bool {
    pattern & !SIGN == 0
}

fn is_negative(pattern: u32) -> bool {
    pattern & SIGN != 0
}

/// The canonical NaN for operands of which one is a NaN: invalid if one of them signals.
fn propagate(operands: &[u32]) -> Flagged {
    let signals = operands.iter().any(|&pattern| is_signalling(pattern));
    (CANONICAL_NAN, if signals { NV } else { 0 })
}

/// Operations of the floating-point units, numbered as in `docs/simt.md`, section `simt_fpu`.
#[expect(
    missing_docs,
    reason = "each is named after its instruction, which defines it"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FpuOp {
    Add,
    Sub,
    Mul,
    Madd,
    Msub,
    Nmsub,
    Nmadd,
    Sgnj,
    Sgnjn,
    Sgnjx,
    Min,
    Max,
    Eq,
    Lt,
    Le,
    Class,
    CvtWS,
    CvtWuS,
    CvtLS,
    CvtLuS,
    CvtSW,
    CvtSWu,
    CvtSL,
    CvtSLu,
    Div,
    Sqrt,
}

impl FpuOp {
    /// All operations; each one's index is its number.
    pub const ALL: [FpuOp; 26] = [
        FpuOp::Add,
        FpuOp::Sub,
        FpuOp::Mul,
        FpuOp::Madd,
        FpuOp::Msub,
        FpuOp::Nmsub,
        FpuOp::Nmadd,
        FpuOp::Sgnj,
        FpuOp::Sgnjn,
        FpuOp::Sgnjx,
        FpuOp::Min,
        FpuOp::Max,
        FpuOp::Eq,
        FpuOp::Lt,
        FpuOp::Le,
        FpuOp::Class,
        FpuOp::CvtWS,
        FpuOp::CvtWuS,
        FpuOp::CvtLS,
        FpuOp::CvtLuS,
        FpuOp::CvtSW,
        FpuOp::CvtSWu,
        FpuOp::CvtSL,
        FpuOp::CvtSLu,
        FpuOp::Div,
        FpuOp::Sqrt,
    ];

    /// The number of the operation on the port.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The operation of that number, if there is one.
    pub fn from_code(code: u8) -> Option<FpuOp> {
        FpuOp::ALL.get(usize::from(code)).copied()
    }
}

/// What `simt_fpu` answers in one lane: the 64-bit `result` and the `flags`.
///
/// `a`, `b` and `c` are binary32 patterns, `x` an integer register; operands that `op` does not have
/// are ignored. A binary32 result is in the low 32 bits under zeros, an integer as a register gets
/// it: results of W and WU are sign-extended from bit 31.
pub fn execute(op: FpuOp, rm: Rounding, a: u32, b: u32, c: u32, x: u64) -> (u64, u8) {
    let float = |(pattern, flags): Flagged| (u64::from(pattern), flags);
    let truth = |(holds, flags): (bool, u8)| (u64::from(holds), flags);
    match op {
        FpuOp::Add => float(add(a, b, rm)),
        FpuOp::Sub => float(sub(a, b, rm)),
        FpuOp::Mul => float(mul(a, b, rm)),
        FpuOp::Madd => float(fused(a, b, c, rm)),
        FpuOp::Msub => float(fused(a, b, c ^ SIGN, rm)),
        FpuOp::Nmsub => float(fused(a ^ SIGN, b, c, rm)),
        FpuOp::Nmadd => float(fused(a ^ SIGN, b, c ^ SIGN, rm)),
        FpuOp::Sgnj => (sgnj(a, b).into(), 0),
        FpuOp::Sgnjn => (sgnjn(a, b).into(), 0),
        FpuOp::Sgnjx => (sgnjx(a, b).into(), 0),
        FpuOp::Min => float(min(a, b)),
        FpuOp::Max => float(max(a, b)),
        FpuOp::Eq => truth(eq(a, b)),
        FpuOp::Lt => truth(lt(a, b)),
        FpuOp::Le => truth(le(a, b)),
        FpuOp::Class => (class(a).into(), 0),
        FpuOp::CvtWS => to_integer(a, Integer::I32, rm),
        FpuOp::CvtWuS => to_integer(a, Integer::U32, rm),
        FpuOp::CvtLS => to_integer(a, Integer::I64, rm),
        FpuOp::CvtLuS => to_integer(a, Integer::U64, rm),
        FpuOp::CvtSW => float(from_integer(x, Integer::I32, rm)),
        FpuOp::CvtSWu => float(from_integer(x, Integer::U32, rm)),
        FpuOp::CvtSL => float(from_integer(x, Integer::I64, rm)),
        FpuOp::CvtSLu => float(from_integer(x, Integer::U64, rm)),
        FpuOp::Div => float(div(a, b, rm)),
        FpuOp::Sqrt => float(sqrt(a, rm)),
    }
}
