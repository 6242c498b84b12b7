//! The one rounding at the end of an operation.

use super::exact::Exact;
use super::{Flagged, INFINITY, NX, OF, SIGN, UF};

/// Rounding modes by their encoding in `rm` and `frm` (20.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// RNE: to nearest, ties to even.
    NearestEven,
    /// RTZ: towards zero.
    TowardZero,
    /// RDN: towards minus infinity.
    Down,
    /// RUP: towards plus infinity.
    Up,
    /// RMM: to nearest, ties away from zero.
    NearestMaxMagnitude,
}

impl Rounding {
    /// All modes; each one's index is its encoding.
    pub const ALL: [Rounding; 5] = [
        Rounding::NearestEven,
        Rounding::TowardZero,
        Rounding::Down,
        Rounding::Up,
        Rounding::NearestMaxMagnitude,
    ];

    /// The mode of an encoding; 5 to 7 are none.
    pub fn from_code(code: u8) -> Option<Rounding> {
        Rounding::ALL.get(usize::from(code)).copied()
    }

    /// The encoding.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Whether the magnitude moves up from an integer of which this parity is known, when `rest`
    /// compares to one half as given.
    fn away(self, negative: bool, odd: bool, rest: Rest) -> bool {
        match self {
            Rounding::NearestEven => rest == Rest::More || (rest == Rest::Half && odd),
            Rounding::TowardZero => false,
            Rounding::Down => negative && rest != Rest::None,
            Rounding::Up => !negative && rest != Rest::None,
            Rounding::NearestMaxMagnitude => rest >= Rest::Half,
        }
    }

    /// Whether an overflow gives the infinity, and not the largest finite number (IEEE 754, 7.4).
    fn overflows_to_infinity(self, negative: bool) -> bool {
        match self {
            Rounding::NearestEven | Rounding::NearestMaxMagnitude => true,
            Rounding::TowardZero => false,
            Rounding::Down => negative,
            Rounding::Up => !negative,
        }
    }
}

/// What lies between a value and the integer below it, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    None,
    Less,
    Half,
    More,
}

/// The magnitude of `value` in units of 2^`unit`, rounded to an integer, and whether it was inexact.
///
/// The integer has to fit: the callers choose the unit so, or have refused the value.
pub(super) fn to_units(value: Exact, unit: i32, rm: Rounding) -> (u128, bool) {
    let right = unit - value.exponent;
    let (whole, rest) = match right {
        ..=0 => (value.magnitude << -right, Rest::None),
        1..=127 => {
            let whole = value.magnitude >> right;
            let half = 1 << (right - 1);
            let rest = match value.magnitude - (whole << right) {
                0 => Rest::None,
                rest if rest < half => Rest::Less,
                rest if rest == half => Rest::Half,
                _ => Rest::More,
            };
            (whole, rest)
        }
        // Magnitudes are below 2^127, so this is below one half.
        _ if value.magnitude == 0 => (0, Rest::None),
        _ => (0, Rest::Less),
    };
    let up = rm.away(value.negative, whole & 1 == 1, rest);
    (whole + u128::from(up), rest != Rest::None)
}

/// Exponent of the smallest normal number, and of the unit of subnormal ones.
const MIN_EXPONENT: i32 = -126;
const MIN_UNIT: i32 = -149;
/// Digits of a significand.
const PRECISION: i32 = 24;

/// Rounds to binary32. A zero keeps its sign.
pub(super) fn to_binary32(value: Exact, rm: Rounding) -> Flagged {
    let sign = if value.negative { SIGN } else { 0 };
    if value.magnitude == 0 {
        return (sign, 0);
    }
    let digits = 128 - value.magnitude.leading_zeros() as i32;
    let unbounded_unit = value.exponent + digits - PRECISION;
    let unit = unbounded_unit.max(MIN_UNIT);
    let (units, inexact) = to_units(value, unit, rm);

    // 2^128 is 2^24 units of the largest binade, 2^104; a significand that a carry made 2^24 counts.
    let overflow = unit > 104 || (unit == 104 && units == 1 << PRECISION);
    if overflow {
        let to_infinity = rm.overflows_to_infinity(value.negative);
        let pattern = if to_infinity { INFINITY } else { INFINITY - 1 };
        return (sign | pattern, OF | NX);
    }
    // After rounding as though the exponent range were unbounded (IEEE 754, 7.5 a).
    let (unbounded, _) = to_units(value, unbounded_unit, rm);
    let carried = i32::from(unbounded == 1 << PRECISION);
    let tiny = unbounded_unit + PRECISION - 1 + carried < MIN_EXPONENT;

    // Normal significands carry their leading one into the exponent field, subnormal ones have none.
    let pattern = ((unit - MIN_UNIT) as u32) << (PRECISION - 1);
    let pattern = pattern + units as u32;
    let flags = match (inexact, tiny) {
        (false, _) => 0,
        (true, false) => NX,
        (true, true) => UF | NX,
    };
    (sign | pattern, flags)
}
