//! Conversions from and to integers.

use super::exact::Exact;
use super::round::{Rounding, to_binary32, to_units};
use super::{Flagged, NV, NX, is_infinite, is_nan};

/// The integer formats of FCVT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Integer {
    /// W: signed, of 32 bits.
    I32,
    /// WU: unsigned, of 32 bits.
    U32,
    /// L: signed, of 64 bits.
    I64,
    /// LU: unsigned, of 64 bits.
    U64,
}

impl Integer {
    fn range(self) -> (i128, i128) {
        match self {
            Integer::I32 => (i32::MIN.into(), i32::MAX.into()),
            Integer::U32 => (0, u32::MAX.into()),
            Integer::I64 => (i64::MIN.into(), i64::MAX.into()),
            Integer::U64 => (0, u64::MAX.into()),
        }
    }

    /// What register `x` holds in this format; W and WU take its lower half.
    fn of_register(self, x: u64) -> i128 {
        match self {
            Integer::I32 => i128::from(x as i32),
            Integer::U32 => i128::from(x as u32),
            Integer::I64 => i128::from(x as i64),
            Integer::U64 => i128::from(x),
        }
    }

    /// The register that holds `value`, which is in range: 32 bits are sign-extended, WU's too.
    fn to_register(self, value: i128) -> u64 {
        match self {
            Integer::I32 | Integer::U32 => i64::from(value as i32) as u64,
            Integer::I64 | Integer::U64 => value as u64,
        }
    }
}

/// FCVT from binary32: the rounded value, or, if that is out of range, the nearest end of it, which
/// is invalid and not inexact. NaNs are like plus infinity (20.7).
pub fn to_integer(a: u32, format: Integer, rm: Rounding) -> (u64, u8) {
    let (low, high) = format.range();
    if is_nan(a) {
        return (format.to_register(high), NV);
    }
    let value = Exact::of(a);
    let limit = if value.negative { low } else { high };
    if is_infinite(a) {
        return (format.to_register(limit), NV);
    }
    // Below 2^128, so it fits; a signed 128-bit number would not hold all of them.
    let (magnitude, inexact) = to_units(value, 0, rm);
    if magnitude > limit.unsigned_abs() {
        return (format.to_register(limit), NV);
    }
    let rounded = magnitude as i128;
    let rounded = if value.negative { -rounded } else { rounded };
    (format.to_register(rounded), if inexact { NX } else { 0 })
}

/// FCVT to binary32, from register `x`.
pub fn from_integer(x: u64, format: Integer, rm: Rounding) -> Flagged {
    let value = format.of_register(x);
    let exact = Exact {
        negative: value < 0,
        magnitude: value.unsigned_abs(),
        exponent: 0,
    };
    to_binary32(exact, rm)
}
