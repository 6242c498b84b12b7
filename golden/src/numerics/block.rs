//! Quantisation of a block of values to elements under one scale.

use super::element::{Class, Element};
use super::encode::Overflow;

/// Values of one MX block.
pub const MX_BLOCK: usize = 32;

/// Values of one NVFP4 block.
pub const NVFP4_BLOCK: usize = 16;

/// The element formats of MX blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MxElement {
    /// FP8 E4M3.
    E4m3,
    /// FP8 E5M2.
    E5m2,
    /// FP6 E3M2.
    E3m2,
    /// FP6 E2M3.
    E2m3,
    /// FP4 E2M1.
    E2m1,
}

impl MxElement {
    /// The element format.
    pub const fn element(self) -> Element {
        match self {
            MxElement::E4m3 => Element::E4m3,
            MxElement::E5m2 => Element::E5m2,
            MxElement::E3m2 => Element::E3m2,
            MxElement::E2m3 => Element::E2m3,
            MxElement::E2m1 => Element::E2m1,
        }
    }

    /// Exponent of the largest finite number.
    pub const fn emax(self) -> i32 {
        match self {
            MxElement::E4m3 => 8,
            MxElement::E5m2 => 15,
            MxElement::E3m2 => 4,
            MxElement::E2m3 | MxElement::E2m1 => 2,
        }
    }
}

/// A quantised block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantisedBlock {
    /// The byte of the scale: E8M0 or UE4M3.
    pub scale: u32,
    /// The patterns of the elements.
    pub elements: Vec<u32>,
}

/// Quantises one MX block: the shared exponent is `floor(log2 amax) - emax`, limited to E8M0's
/// range; elements are divided by the scale, rounded to nearest even and saturated.
///
/// `amax` is the largest magnitude, NaNs aside; for a block of zeros the exponent is the smallest.
/// NaN stays NaN in formats that have it.
///
/// # Panics
///
/// If `values` is longer than [`MX_BLOCK`]. Shorter blocks (the end of a row) are allowed.
pub fn mx_quantise(format: MxElement, values: &[f32]) -> QuantisedBlock {
    assert!(
        values.len() <= MX_BLOCK,
        "an mx block has at most {MX_BLOCK} values"
    );
    let exponent = match floor_log2(amax(values)) {
        Some(exponent) => (exponent - format.emax()).clamp(-127, 127),
        None => -127,
    };
    let scale = 2f64.powi(exponent);
    let element = format.element();
    let encode = |&value: &f32| element.encode(f64::from(value) / scale, Overflow::Saturate);
    QuantisedBlock {
        scale: (exponent + 127) as u32,
        elements: values.iter().map(encode).collect(),
    }
}

/// Quantises one NVFP4 block: the scale is `amax / 6` rounded to nearest even in UE4M3, saturating;
/// elements are divided by the rounded scale, rounded to nearest even in E2M1 and saturated. Where
/// the scale rounds to zero all elements are zeros.
///
/// `amax` is the largest magnitude, NaNs aside; E2M1 has no NaN and takes it as 6. A scale for the
/// whole tensor, where one is used, has to be divided out before.
///
/// # Panics
///
/// If `values` is longer than [`NVFP4_BLOCK`]. Shorter blocks (the end of a row) are allowed.
pub fn nvfp4_quantise(values: &[f32]) -> QuantisedBlock {
    assert!(
        values.len() <= NVFP4_BLOCK,
        "an nvfp4 block has at most {NVFP4_BLOCK} values"
    );
    // Exact enough: a tie is a multiple of 1/16 of the result, and six times that is exact in f32.
    let scale = Element::Ue4m3.encode(f64::from(amax(values)) / 6.0, Overflow::Saturate);
    let divisor = Element::Ue4m3.decode(scale).value();
    let encode = |&value: &f32| {
        let quotient = if divisor == 0.0 {
            0.0
        } else {
            f64::from(value) / divisor
        };
        Element::E2m1.encode(quotient, Overflow::Saturate)
    };
    QuantisedBlock {
        scale,
        elements: values.iter().map(encode).collect(),
    }
}

/// The largest magnitude, NaNs aside; 0 for no values.
fn amax(values: &[f32]) -> f32 {
    // `f32::max` returns the other argument for a NaN.
    values.iter().fold(0.0, |amax, value| amax.max(value.abs()))
}

/// `floor(log2 value)`; none for zero. Infinity has an exponent above every other.
fn floor_log2(value: f32) -> Option<i32> {
    let decoded = Element::Fp32.decode(value.to_bits());
    match decoded.class {
        Class::Zero => None,
        Class::Infinite => Some(i32::MAX / 2),
        _ => {
            let leading = decoded.significand.ilog2() as i32;
            Some(decoded.exponent - decoded.fraction_bits as i32 + leading)
        }
    }
}
