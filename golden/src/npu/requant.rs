//! What becomes of accumulators: INT32 to INT8 as in the TFLite and gemmlowp reference kernels, FP32
//! to a narrower float format.

use crate::numerics::{Element, Overflow};

/// How one output channel is scaled: by `multiplier / 2^31 / 2^shift`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Channel {
    /// Q31 multiplier.
    pub multiplier: i32,
    /// Power of two to divide by, 0..=31.
    pub shift: u32,
}

/// What all channels of a layer share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Activation {
    /// Added after scaling.
    pub zero_point: i32,
    /// The smallest result.
    pub min: i8,
    /// The largest result, not below `min`.
    pub max: i8,
}

/// Scales a sum, adds the zero point and clamps to the activation range.
pub fn requantise(sum: i32, channel: Channel, activation: Activation) -> i8 {
    let scaled = saturating_rounding_doubling_high_mul(sum, channel.multiplier);
    let scaled = rounding_divide_by_pot(scaled, channel.shift);
    let shifted = i64::from(scaled) + i64::from(activation.zero_point);
    shifted.clamp(i64::from(activation.min), i64::from(activation.max)) as i8
}

/// `2 * a * b / 2^32`, rounded to nearest with ties toward positive infinity; the one product that
/// does not fit, of two minima, becomes the maximum.
pub fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    // `/` truncates toward zero, as the reference has it; a shift would not.
    ((product + nudge) / (1 << 31)) as i32
}

/// `value / 2^shift`, rounded to nearest with ties away from zero.
///
/// # Panics
///
/// If `shift` is above 31.
pub fn rounding_divide_by_pot(value: i32, shift: u32) -> i32 {
    assert!(
        shift <= 31,
        "shift is {shift}, the reference kernels define 0 to 31"
    );
    let mask = ((1_i64 << shift) - 1) as i32;
    let remainder = value & mask;
    // Below zero a tie has to stay at the lower quotient, which the arithmetic shift gave.
    let threshold = (mask >> 1) + i32::from(value < 0);
    (value >> shift) + i32::from(remainder > threshold)
}

/// Converts an FP32 pattern to an element format, rounding to nearest even; see
/// [`Element::encode`].
pub fn down_convert(value: u32, element: Element, overflow: Overflow) -> u32 {
    element.encode(f32::from_bits(value), overflow)
}
