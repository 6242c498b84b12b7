//! Where a binary32 pattern or an integer lies: the bins of `simt_fpu`'s operands.

/// Classes of a binary32 number: those of FCLASS, the NaNs of both signs together.
pub(super) const CLASSES: [&str; 10] = [
    "neg_infinite",
    "neg_normal",
    "neg_subnormal",
    "neg_zero",
    "pos_zero",
    "pos_subnormal",
    "pos_normal",
    "pos_infinite",
    "signalling_nan",
    "quiet_nan",
];

const INFINITY: u32 = 0x7f80_0000;

/// The class of a pattern in [`CLASSES`].
pub(super) fn class(pattern: u32) -> usize {
    let magnitude = pattern & 0x7fff_ffff;
    let positive = match magnitude {
        0 => 4,
        0x0000_0001..=0x007f_ffff => 5,
        0x0080_0000..=0x7f7f_ffff => 6,
        INFINITY => 7,
        0x7f80_0001..=0x7fbf_ffff => return 8,
        _ => return 9,
    };
    if is_negative(pattern) {
        7 - positive
    } else {
        positive
    }
}

/// Whether the sign bit is set.
pub(super) fn is_negative(pattern: u32) -> bool {
    pattern >> 31 == 1
}

/// The exponent of the leading one of a finite number that is not zero.
pub(super) fn exponent(pattern: u32) -> Option<i64> {
    let magnitude = pattern & 0x7fff_ffff;
    match magnitude {
        0 | INFINITY.. => None,
        1..=0x007f_ffff => Some(i64::from(magnitude.ilog2()) - 149),
        _ => Some(i64::from(magnitude >> 23) - 127),
    }
}

/// Places of a number that becomes an integer, from the lowest to the highest. `bottom` and `top` are the outermost
/// numbers of the type, `under` and `over` their neighbours outside of it.
pub(super) const PLACES: [&str; 15] = [
    "neg_infinite",
    "far_under",
    "under",
    "bottom",
    "neg_inside",
    "neg_fraction",
    "neg_zero",
    "pos_zero",
    "pos_fraction",
    "pos_inside",
    "top",
    "over",
    "far_over",
    "pos_infinite",
    "nan",
];

/// Negative places that an unsigned type does not have.
pub(super) const SIGNED_PLACES: [usize; 2] = [3, 4];

/// An integer type's limits as binary32 magnitudes: the largest number in it, and the smallest for a signed one.
struct Limits {
    top: u32,
    bottom: Option<u32>,
}

/// Limits of W, WU, L and LU.
const LIMITS: [Limits; 4] = [
    Limits {
        top: 0x4eff_ffff,
        bottom: Some(0x4f00_0000),
    },
    Limits {
        top: 0x4f7f_ffff,
        bottom: None,
    },
    Limits {
        top: 0x5eff_ffff,
        bottom: Some(0x5f00_0000),
    },
    Limits {
        top: 0x5f7f_ffff,
        bottom: None,
    },
];

const ONE: u32 = 0x3f80_0000;

/// The place in [`PLACES`] of a pattern on its way to type `integer` (W, WU, L, LU).
pub(super) fn place(pattern: u32, integer: usize) -> usize {
    let limits = &LIMITS[integer];
    let magnitude = pattern & 0x7fff_ffff;
    if magnitude > INFINITY {
        return 14;
    }
    if is_negative(pattern) {
        return match (magnitude, limits.bottom) {
            (0, _) => 6,
            (INFINITY, _) => 0,
            (1..ONE, _) => 5,
            // Of an unsigned type, -1 is the first below.
            (ONE, None) => 2,
            (_, None) => 1,
            (_, Some(bottom)) if magnitude < bottom => 4,
            (_, Some(bottom)) if magnitude == bottom => 3,
            (_, Some(bottom)) if magnitude == bottom + 1 => 2,
            _ => 1,
        };
    }
    match magnitude {
        0 => 7,
        INFINITY => 13,
        1..ONE => 8,
        _ if magnitude < limits.top => 9,
        _ if magnitude == limits.top => 10,
        _ if magnitude == limits.top + 1 => 11,
        _ => 12,
    }
}

/// What a number has behind the point.
pub(super) const FRACTIONS: [&str; 4] = ["none", "below_half", "half", "above_half"];

/// The fraction of a finite number in [`FRACTIONS`].
pub(super) fn fraction(pattern: u32) -> Option<usize> {
    let magnitude = f32::from_bits(pattern & 0x7fff_ffff);
    if !magnitude.is_finite() {
        return None;
    }
    let part = magnitude.fract();
    Some(match part.partial_cmp(&0.5)? {
        std::cmp::Ordering::Less if part == 0.0 => 0,
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => 2,
        std::cmp::Ordering::Greater => 3,
    })
}

/// Kinds of an integer that becomes a number; `tie` and `inexact` have more than 24 significant bits.
pub(super) const INTEGERS: [&str; 8] = [
    "zero", "one", "all_ones", "largest", "smallest", "exact", "tie", "inexact",
];

/// The kind in [`INTEGERS`] of a register on its way from type `integer` (W, WU, L, LU).
pub(super) fn integer_kind(x: u64, integer: usize) -> usize {
    let (bits, signed) = [(32, true), (32, false), (64, true), (64, false)][integer];
    let mask = u64::MAX >> (64 - bits);
    let value = x & mask;
    let top = 1 << (bits - 1);
    let magnitude = if signed && value & top != 0 {
        value.wrapping_neg() & mask
    } else {
        value
    };
    if value == 0 {
        return 0;
    }
    if value == mask {
        return 2;
    }
    if value == 1 {
        return 1;
    }
    // Of an unsigned type these are the numbers on both sides of its middle.
    if value == top - 1 {
        return 3;
    }
    if value == top {
        return 4;
    }
    let significant = magnitude.ilog2() + 1 - magnitude.trailing_zeros();
    match significant {
        0..=24 => 5,
        25 => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_both_signs() {
        let positive = [0, 1, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, INFINITY];
        assert_eq!(positive.map(class), [4, 5, 5, 6, 6, 7]);
        assert_eq!(
            positive.map(|p| class(p | 1 << 31)),
            [3, 2, 2, 1, 1, 0],
            "mirrored"
        );
        assert_eq!([0x7f80_0001, 0xffbf_ffff].map(class), [8, 8]);
        assert_eq!([0x7fc0_0000, 0xffff_ffff].map(class), [9, 9]);
    }

    #[test]
    fn exponents_are_those_of_the_leading_one() {
        assert_eq!(exponent(1), Some(-149));
        assert_eq!(exponent(0x007f_ffff), Some(-127));
        assert_eq!(exponent(0x8080_0000), Some(-126));
        assert_eq!(exponent(0x7f7f_ffff), Some(127));
        assert_eq!(
            [0, 0x8000_0000, INFINITY, 0x7fc0_0000].map(exponent),
            [None; 4]
        );
    }

    #[test]
    fn places_step_at_the_limits_of_the_type() {
        let of = |value: f32, integer| PLACES[place(value.to_bits(), integer)];
        assert_eq!(of(2_147_483_520.0, 0), "top");
        assert_eq!(of(2_147_483_648.0, 0), "over");
        assert_eq!(of(-2_147_483_648.0, 0), "bottom");
        assert_eq!(of(-2_147_483_904.0, 0), "under");
        assert_eq!(of(4_294_967_040.0, 1), "top");
        assert_eq!(of(-1.0, 1), "under");
        assert_eq!(of(-0.75, 1), "neg_fraction");
        assert_eq!(of(9.223_371_5e18, 2), "top");
        assert_eq!(of(-9.223_372e18, 2), "bottom");
        assert_eq!(of(1.844_674_4e19, 3), "over");
        assert_eq!(of(f32::NAN, 3), "nan");
        assert_eq!(of(f32::NEG_INFINITY, 3), "neg_infinite");
    }

    #[test]
    fn fractions_tell_a_half_from_its_neighbours() {
        let half = 2.5_f32.to_bits();
        let of = |pattern| fraction(pattern).map(|at| FRACTIONS[at]);
        assert_eq!(of(half), Some("half"));
        assert_eq!(of(half - 1), Some("below_half"));
        assert_eq!(of(half + 1), Some("above_half"));
        assert_eq!(of(7.0_f32.to_bits()), Some("none"));
        assert_eq!(of(INFINITY), None);
    }

    #[test]
    fn integers_tell_ties_from_other_inexact_ones() {
        let of = |x, integer| INTEGERS[integer_kind(x, integer)];
        assert_eq!(of(0xffff_ffff_0000_0000, 0), "zero");
        assert_eq!(of(0x0100_0001, 0), "tie");
        assert_eq!(of(0x0300_0001, 1), "inexact");
        assert_eq!(of((-0x0200_0002_i64).cast_unsigned(), 2), "tie");
        assert_eq!(of(1 << 63, 2), "smallest");
        assert_eq!(of(u64::MAX, 3), "all_ones");
        assert_eq!(of(0x00ff_ffff, 1), "exact");
    }
}
