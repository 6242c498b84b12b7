//! Rounding a number to an element format.

use super::element::{Element, FloatLayout};

/// What becomes of numbers above the largest finite one, after rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// Infinity where the format has one, else NaN where it has one, else the largest finite number.
    Special,
    /// The largest finite number, for infinity too.
    Saturate,
}

impl Element {
    /// The pattern nearest to `value`; ties go to the even pattern.
    ///
    /// NaN becomes the positive all-ones pattern where the format has NaN, else the largest positive
    /// number. Formats without a sign take numbers below zero as zero. Integers always saturate.
    pub fn encode(self, value: impl Into<f64>, overflow: Overflow) -> u32 {
        let value = value.into();
        match self.layout() {
            Some(layout) => encode_float(layout, value, overflow),
            None => encode_integer(self.bits(), value),
        }
    }
}

fn encode_integer(bits: u32, value: f64) -> u32 {
    let limit = 1_i64 << (bits - 1);
    let rounded = if value.is_nan() {
        limit
    } else {
        value.round_ties_even() as i64
    };
    let mask = (1_u32 << bits) - 1;
    rounded.clamp(-limit, limit - 1) as u32 & mask
}

fn encode_float(layout: FloatLayout, value: f64, overflow: Overflow) -> u32 {
    if value.is_nan() {
        return layout.nan().unwrap_or(layout.max_finite());
    }
    if !layout.signed && value < 0.0 {
        return 0;
    }
    let sign = u32::from(layout.signed && value.is_sign_negative()) << layout.magnitude_bits();
    let rounded = if value.is_infinite() {
        u64::MAX
    } else {
        round(layout, value.abs())
    };
    let magnitude = match u32::try_from(rounded) {
        Ok(magnitude) if magnitude <= layout.max_finite() => magnitude,
        _ => match overflow {
            Overflow::Special => layout
                .infinity()
                .or(layout.nan())
                .unwrap_or(layout.max_finite()),
            Overflow::Saturate => layout.max_finite(),
        },
    };
    sign | magnitude
}

/// The pattern nearest to a finite magnitude, as if the exponent had no upper limit.
fn round(layout: FloatLayout, magnitude: f64) -> u64 {
    let double = Double::of(magnitude);
    if double.significand == 0 {
        return 0;
    }
    let leading = double.exponent + double.significand.ilog2() as i32;
    let exponent = leading.max(layout.emin());
    // The value in units of the last place there, and what is below.
    let shift = exponent - layout.mantissa_bits as i32 - double.exponent;
    // A double has at least 53 - 24 bits more than any target; beyond 55 they are all below half.
    let shift = shift.min(55);
    let units = double.significand >> shift;
    let below = double.significand & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    // Patterns count up through all exponents: the implicit one is a step of the exponent field.
    // Without mantissa bits there is no subnormal step, and field 0 is the smallest number.
    let first_normal = u64::from(layout.mantissa_bits == 0);
    let steps = ((exponent - layout.emin()) as u64) << layout.mantissa_bits;
    let Some(pattern) = (steps + units).checked_sub(first_normal) else {
        return 0;
    };
    pattern + u64::from(below > half || (below == half && pattern & 1 == 1))
}

/// A finite, positive double: `significand * 2^exponent`, 53 significant bits unless zero.
struct Double {
    significand: u64,
    exponent: i32,
}

impl Double {
    fn of(magnitude: f64) -> Double {
        let bits = magnitude.to_bits();
        let field = (bits >> 52) as i32;
        if field == 0 {
            // Doubles below 2^-1022 are far below half of any format's smallest number.
            return Double {
                significand: 0,
                exponent: 0,
            };
        }
        let significand = (1 << 52) | (bits & ((1 << 52) - 1));
        Double {
            significand,
            exponent: field - 1023 - 52,
        }
    }
}
