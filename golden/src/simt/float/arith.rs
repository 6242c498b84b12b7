//! Arithmetic: the cases of IEEE 754 clause 7 first, then what is exact, rounded.

use super::exact::Exact;
use super::round::{Rounding, to_binary32};
use super::{
    CANONICAL_NAN, DZ, Flagged, INFINITY, NV, SIGN, is_infinite, is_nan, is_negative, is_zero,
    propagate,
};

/// FADD.S: `a + b`.
pub fn add(a: u32, b: u32, rm: Rounding) -> Flagged {
    if is_nan(a) || is_nan(b) {
        return propagate(&[a, b]);
    }
    match (is_infinite(a), is_infinite(b)) {
        (true, true) if a != b => (CANONICAL_NAN, NV),
        (true, _) => (a, 0),
        (false, true) => (b, 0),
        (false, false) => {
            let sum = Exact::of(a).plus(Exact::of(b), rm == Rounding::Down);
            to_binary32(sum, rm)
        }
    }
}

/// FSUB.S: `a - b`.
pub fn sub(a: u32, b: u32, rm: Rounding) -> Flagged {
    add(a, b ^ SIGN, rm)
}

/// FMUL.S: `a * b`.
pub fn mul(a: u32, b: u32, rm: Rounding) -> Flagged {
    if is_nan(a) || is_nan(b) {
        return propagate(&[a, b]);
    }
    if is_infinite(a) || is_infinite(b) {
        return infinite_product(a, b);
    }
    to_binary32(Exact::of(a).times(Exact::of(b)), rm)
}

/// FMADD.S: `a * b + c`, rounded once. The other three change the signs of `a` and `c`.
///
/// Infinity times zero is invalid even if `c` is a quiet NaN (20.6).
pub fn fused(a: u32, b: u32, c: u32, rm: Rounding) -> Flagged {
    let no_product = (is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b));
    if no_product {
        return (CANONICAL_NAN, NV);
    }
    if is_nan(a) || is_nan(b) || is_nan(c) {
        return propagate(&[a, b, c]);
    }
    if is_infinite(a) || is_infinite(b) {
        let (product, _) = infinite_product(a, b);
        return add(product, c, rm);
    }
    if is_infinite(c) {
        return (c, 0);
    }
    let product = Exact::of(a).times(Exact::of(b));
    to_binary32(product.plus(Exact::of(c), rm == Rounding::Down), rm)
}

/// FDIV.S: `a / b`.
pub fn div(a: u32, b: u32, rm: Rounding) -> Flagged {
    let sign = (a ^ b) & SIGN;
    if is_nan(a) || is_nan(b) {
        return propagate(&[a, b]);
    }
    match (is_infinite(a), is_infinite(b)) {
        (true, true) => (CANONICAL_NAN, NV),
        (true, false) => (sign | INFINITY, 0),
        (false, true) => (sign, 0),
        (false, false) if is_zero(b) && is_zero(a) => (CANONICAL_NAN, NV),
        (false, false) if is_zero(b) => (sign | INFINITY, DZ),
        (false, false) => to_binary32(Exact::of(a).over(Exact::of(b)), rm),
    }
}

/// FSQRT.S: the square root of `a`; that of -0 is -0.
pub fn sqrt(a: u32, rm: Rounding) -> Flagged {
    if is_nan(a) {
        propagate(&[a])
    } else if is_negative(a) && !is_zero(a) {
        (CANONICAL_NAN, NV)
    } else if is_infinite(a) {
        (a, 0)
    } else {
        to_binary32(Exact::of(a).root(), rm)
    }
}

/// A product of which one factor is infinite and neither a NaN.
fn infinite_product(a: u32, b: u32) -> Flagged {
    if is_zero(a) || is_zero(b) {
        (CANONICAL_NAN, NV)
    } else {
        ((a ^ b) & SIGN | INFINITY, 0)
    }
}
