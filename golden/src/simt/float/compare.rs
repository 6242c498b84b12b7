//! Signs, comparisons, minimum and maximum, classes.

use super::{
    CANONICAL_NAN, Flagged, INFINITY, NV, QUIET, SIGN, is_infinite, is_nan, is_negative,
    is_signalling, is_zero,
};

/// FSGNJ.S: `a` with the sign of `b`.
pub fn sgnj(a: u32, b: u32) -> u32 {
    a & !SIGN | b & SIGN
}

/// FSGNJN.S: `a` with the sign that `b` has not.
pub fn sgnjn(a: u32, b: u32) -> u32 {
    sgnj(a, !b)
}

/// FSGNJX.S: `a` with the product of the signs.
pub fn sgnjx(a: u32, b: u32) -> u32 {
    a ^ b & SIGN
}

/// A number that orders as the patterns do, with -0 below +0. Not for NaNs.
fn order(pattern: u32) -> i64 {
    let magnitude = i64::from(pattern & !SIGN);
    if is_negative(pattern) {
        -1 - magnitude
    } else {
        magnitude
    }
}

fn less(a: u32, b: u32) -> bool {
    !(is_zero(a) && is_zero(b)) && order(a) < order(b)
}

/// FEQ.S: quiet, so only signalling NaNs are invalid.
pub fn eq(a: u32, b: u32) -> (bool, u8) {
    let invalid = is_signalling(a) || is_signalling(b);
    let unordered = is_nan(a) || is_nan(b);
    let equal = a == b || (is_zero(a) && is_zero(b));
    (!unordered && equal, if invalid { NV } else { 0 })
}

/// FLT.S: signalling, so every NaN is invalid.
pub fn lt(a: u32, b: u32) -> (bool, u8) {
    if is_nan(a) || is_nan(b) {
        (false, NV)
    } else {
        (less(a, b), 0)
    }
}

/// FLE.S: signalling, so every NaN is invalid.
pub fn le(a: u32, b: u32) -> (bool, u8) {
    if is_nan(a) || is_nan(b) {
        (false, NV)
    } else {
        (!less(b, a), 0)
    }
}

/// FMIN.S: the minimumNumber of IEEE 754-2019, 9.6: a number wins over a NaN, -0 is below +0.
pub fn min(a: u32, b: u32) -> Flagged {
    number(a, b, order(a) <= order(b))
}

/// FMAX.S: the maximumNumber.
pub fn max(a: u32, b: u32) -> Flagged {
    number(a, b, order(a) >= order(b))
}

/// `a` if it is preferred, or `b`; the one that is a number if the other is not.
fn number(a: u32, b: u32, prefer_a: bool) -> Flagged {
    let invalid = is_signalling(a) || is_signalling(b);
    let result = match (is_nan(a), is_nan(b)) {
        (true, true) => CANONICAL_NAN,
        (true, false) => b,
        (false, true) => a,
        (false, false) if prefer_a => a,
        (false, false) => b,
    };
    (result, if invalid { NV } else { 0 })
}

/// FCLASS.S: one bit of ten (20.9).
pub fn class(a: u32) -> u32 {
    let subnormal = a & INFINITY == 0;
    let bit = match is_negative(a) {
        _ if is_nan(a) => 8 + u32::from(a & QUIET != 0),
        true if is_infinite(a) => 0,
        true if is_zero(a) => 3,
        true => 1 + u32::from(subnormal),
        false if is_infinite(a) => 7,
        false if is_zero(a) => 4,
        false => 6 - u32::from(subnormal),
    };
    1 << bit
}
