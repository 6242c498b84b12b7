//! Finite numbers before they are rounded.

use super::{INFINITY, SIGN};

/// The number `(-1)^negative * magnitude * 2^exponent`, with a magnitude below 2^127; zeros have a
/// sign too.
///
/// Where a result has digits without end, or too many, a magnitude of at least 27 digits with its
/// last one *jammed* (set if anything not zero is cut off) stands for it: that rounds to 24 digits or
/// fewer in every mode as the number itself does, because the jammed digit is never a half or all of
/// what is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    pub negative: bool,
    pub magnitude: u128,
    pub exponent: i32,
}

/// Digits of a magnitude that an addition has aligned: the sum has one more, and fits.
const ALIGNED: u32 = 126;

impl Exact {
    /// The value of a finite pattern.
    pub fn of(pattern: u32) -> Exact {
        let field = (pattern & INFINITY) >> 23;
        let fraction = u128::from(pattern & 0x007f_ffff);
        let (magnitude, exponent) = match field {
            0 => (fraction, -149),
            _ => (fraction | 1 << 23, field as i32 - 150),
        };
        Exact {
            negative: pattern & SIGN != 0,
            magnitude,
            exponent,
        }
    }

    /// The product. Both magnitudes are significands, so it fits.
    pub fn times(self, other: Exact) -> Exact {
        Exact {
            negative: self.negative != other.negative,
            magnitude: self.magnitude * other.magnitude,
            exponent: self.exponent + other.exponent,
        }
    }

    /// The quotient by a number that is not zero, of 40 digits or more. Both magnitudes are
    /// significands.
    pub fn over(self, other: Exact) -> Exact {
        let dividend = self.magnitude << 64;
        let rest = !dividend.is_multiple_of(other.magnitude);
        Exact {
            negative: self.negative != other.negative,
            magnitude: (dividend / other.magnitude) | u128::from(rest),
            exponent: self.exponent - 64 - other.exponent,
        }
    }

    /// The square root of a number that is not negative, of 40 digits or more (a zero keeps its
    /// sign). The magnitude is a significand.
    pub fn root(self) -> Exact {
        // The exponent has to be even to be halved.
        let left = 80 + self.exponent.rem_euclid(2);
        let radicand = self.magnitude << left;
        let root = radicand.isqrt();
        Exact {
            magnitude: root | u128::from(root * root != radicand),
            exponent: (self.exponent - left) / 2,
            ..self
        }
    }

    /// The sum. One that is zero has the sign of both if they agree, and else is negative if
    /// `zero_negative`.
    ///
    /// At most one of the two has a digit below the other's lowest after alignment to 126 digits, of
    /// which operands use 48; if digits are cut off there, the sum has 125 digits at least.
    pub fn plus(self, other: Exact, zero_negative: bool) -> Exact {
        if self.magnitude == 0 && other.magnitude == 0 {
            let negative = if self.negative == other.negative {
                self.negative
            } else {
                zero_negative
            };
            return Exact { negative, ..self };
        }
        if self.magnitude == 0 || other.magnitude == 0 {
            return if self.magnitude == 0 { other } else { self };
        }
        let (a, b) = (self.aligned(), other.aligned());
        let (large, small) = if a.exponent >= b.exponent {
            (a, b)
        } else {
            (b, a)
        };
        let small = small.jammed_right((large.exponent - small.exponent) as u32);
        let sum = large.signed() + small.signed();
        Exact {
            negative: if sum == 0 { zero_negative } else { sum < 0 },
            magnitude: sum.unsigned_abs(),
            exponent: large.exponent,
        }
    }

    fn signed(self) -> i128 {
        let magnitude = self.magnitude as i128;
        if self.negative { -magnitude } else { magnitude }
    }

    /// The same number with its highest digit at the top of an aligned magnitude.
    fn aligned(self) -> Exact {
        let left = self.magnitude.leading_zeros() - (128 - ALIGNED);
        Exact {
            magnitude: self.magnitude << left,
            exponent: self.exponent - left as i32,
            ..self
        }
    }

    /// The number in a unit that is 2^`count` times as large, jammed.
    fn jammed_right(self, count: u32) -> Exact {
        let whole = self.magnitude.checked_shr(count).unwrap_or(0);
        let cut = whole.checked_shl(count).unwrap_or(0) != self.magnitude;
        Exact {
            magnitude: whole | u128::from(cut),
            exponent: self.exponent + count as i32,
            ..self
        }
    }
}
