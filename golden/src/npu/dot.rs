//! The dot product `D = C + sum over k of a[k] * b[k]` on 256-bit operands.
//!
//! | item | for |
//! |---|---|
//! | [`dot`] | the result alone, fast |
//! | [`DecodedOperand`], [`dot_decoded`] | the same where operands are used more than once |
//! | [`classify`] | functional coverage: what kind of case this was |
//! | [`explain`] | failure reports: every term, aligned |
//!
//! `docs/numerics.md` is the definition.

mod classify;
mod explain;
mod operand;
mod special;
mod terms;

pub use classify::{ClassSet, DotClass, ElementClass, ResultClass, SignMix, classify};
pub use explain::{DotExplanation, LaneRow, TermRow, explain, ulp_distance};
pub use operand::{DecodedOperand, Operand, Vector};

use crate::npu::format::Format;
use crate::numerics::{Class, Decoded, Element};
use operand::GROUP;

/// Everything a dot product takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DotInput {
    /// The format of both operands.
    pub format: Format,
    /// Clamp an integer sum instead of wrapping it; no effect on float formats.
    pub satfinite: bool,
    /// Elements of the first operand.
    pub a: Vector,
    /// Elements of the second operand.
    pub b: Vector,
    /// The addend: INT32 or FP32 by format.
    pub c: u32,
    /// Block scales of `a`.
    pub scale_a: u32,
    /// Block scales of `b`.
    pub scale_b: u32,
}

impl DotInput {
    /// The first operand.
    pub const fn operand_a(&self) -> Operand {
        Operand {
            data: self.a,
            scale: self.scale_a,
        }
    }

    /// The second operand.
    pub const fn operand_b(&self) -> Operand {
        Operand {
            data: self.b,
            scale: self.scale_b,
        }
    }
}

/// The NaN that dot products produce.
pub const NAN: u32 = 0x7fff_ffff;

/// Fraction bits kept when terms are aligned.
pub(crate) const fn alignment_bits(format: Format) -> u32 {
    if format.is_grouped() { 35 } else { 25 }
}

/// The exponent of a term that is zero.
pub(crate) const fn zero_exponent(format: Format) -> i32 {
    if format.is_grouped() { -139 } else { -133 }
}

/// The dot product.
pub fn dot(input: &DotInput) -> u32 {
    let a = DecodedOperand::new(input.format, &input.operand_a());
    let b = DecodedOperand::new(input.format, &input.operand_b());
    dot_decoded(input.satfinite, &a, &b, input.c)
}

/// The dot product of operands decoded before. Both must have been decoded for the same format.
pub fn dot_decoded(satfinite: bool, a: &DecodedOperand, b: &DecodedOperand, c: u32) -> u32 {
    debug_assert_eq!(
        a.format, b.format,
        "operands of one dot product have one format"
    );
    let format = a.format;
    if format.is_integer() {
        return accumulate_integer(products_exact(a, b), c, satfinite);
    }
    let addend = Element::Fp32.decode(c);
    if let Some(result) = special::result(a, b, addend) {
        return result;
    }
    match format {
        Format::Fp16 => fused_sum::<16, 10>(a, b, addend),
        Format::Bf16 => fused_sum::<16, 7>(a, b, addend),
        Format::Fp8E4M3 | Format::MxFp8E4M3 | Format::MxFp6E2M3 => fused_sum::<32, 3>(a, b, addend),
        Format::Fp8E5M2 | Format::MxFp8E5M2 | Format::MxFp6E3M2 => fused_sum::<32, 2>(a, b, addend),
        _ => fused_group_sum(a, b, addend),
    }
}

/// The sum of all products of integer operands.
fn products_exact(a: &DecodedOperand, b: &DecodedOperand) -> i64 {
    // At most 64 * 8^2 or 32 * 128^2 = 2^19; unused lanes are zero.
    let sum: i32 = a
        .significands
        .iter()
        .zip(&b.significands)
        .map(|(&a, &b)| mul(a, b))
        .sum();
    i64::from(sum)
}

fn mul(a: i16, b: i16) -> i32 {
    i32::from(a) * i32::from(b)
}

fn accumulate_integer(products: i64, c: u32, satfinite: bool) -> u32 {
    let sum = products + i64::from(c as i32);
    if satfinite {
        sum.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as u32
    } else {
        sum as u32
    }
}

/// The fused sum of finite products and a finite C, with F = 25.
///
/// `MANTISSA` is the width of the elements' mantissas: products have twice as many fraction bits.
fn fused_sum<const LANES: usize, const MANTISSA: u32>(
    a: &DecodedOperand,
    b: &DecodedOperand,
    c: Decoded,
) -> u32 {
    let format = a.format;
    let mut products = [0_i32; LANES];
    let mut exponents = [0_i16; LANES];
    let c_exponent = addend_exponent(format, c);
    let mut emax = c_exponent as i16;
    for lane in 0..LANES {
        products[lane] = mul(a.significands[lane], b.significands[lane]);
        exponents[lane] = a.exponents[lane] + b.exponents[lane];
        emax = emax.max(exponents[lane]);
    }
    let widen = const { 25 - 2 * MANTISSA };
    let mut sum = align(
        c.signed_significand() << (25 - 23),
        i32::from(emax) - c_exponent,
    );
    for lane in 0..LANES {
        // Magnitudes are below 2^27, so that a shift by 31 leaves nothing.
        let shift = (i32::from(emax) - i32::from(exponents[lane])).min(31);
        let magnitude = (products[lane].unsigned_abs() << widen) >> shift;
        let sign = i64::from(products[lane] >> 31);
        sum += (i64::from(magnitude) ^ sign) - sign;
    }
    fp32_toward_zero(sum, i32::from(emax) - 25)
}

/// The fused sum of four scaled groups and a finite C, with F = 35.
fn fused_group_sum(a: &DecodedOperand, b: &DecodedOperand, c: Decoded) -> u32 {
    let format = a.format;
    // Products of two E2M1 have 2 fraction bits, and UE4M3 scales add 3 each.
    let widen = if format == Format::NvFp4 {
        35 - 2 - 6
    } else {
        35 - 2
    };
    let mut terms = [(0_i64, 0_i32); 5];
    for (group, term) in terms[..4].iter_mut().enumerate() {
        let lanes = GROUP * group..GROUP * (group + 1);
        let (mut sum, mut any) = (0, 0);
        for (&a, &b) in a.significands[lanes.clone()]
            .iter()
            .zip(&b.significands[lanes])
        {
            sum += mul(a, b);
            any |= mul(a, b);
        }
        let (scale_a, exponent_a) = a.group_scales[group];
        let (scale_b, exponent_b) = b.group_scales[group];
        let scale = mul(scale_a, scale_b);
        let zero = any == 0 || scale == 0;
        let exponent = i32::from(exponent_a) + i32::from(exponent_b);
        *term = (
            i64::from(sum * scale) << widen,
            if zero {
                zero_exponent(format)
            } else {
                exponent
            },
        );
    }
    terms[4] = (
        c.signed_significand() << (35 - 23),
        addend_exponent(format, c),
    );
    let emax = terms
        .iter()
        .map(|&(_, exponent)| exponent)
        .fold(i32::MIN, i32::max);
    let sum = terms
        .iter()
        .map(|&(significand, exponent)| align(significand, emax - exponent))
        .sum();
    fp32_toward_zero(sum, emax - 35)
}

fn addend_exponent(format: Format, c: Decoded) -> i32 {
    if c.class == Class::Zero {
        zero_exponent(format)
    } else {
        c.exponent
    }
}

/// `significand / 2^shift`, truncated toward zero.
pub(crate) const fn align(significand: i64, shift: i32) -> i64 {
    let shift = if shift > 63 { 63 } else { shift };
    let magnitude = (significand.unsigned_abs() >> shift) as i64;
    if significand < 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// `sum * 2^exponent` as FP32, rounded toward zero: subnormals kept, overflow to infinity, and +0
/// for whatever rounds to zero.
pub(crate) const fn fp32_toward_zero(sum: i64, exponent: i32) -> u32 {
    let magnitude = sum.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let sign = if sum < 0 { 1 << 31 } else { 0 };
    let leading = exponent + magnitude.ilog2() as i32;
    if leading > 127 {
        return sign | 0x7f80_0000;
    }
    // The weight of the result's last bit: 24 significant bits, but nothing below 2^-149.
    let last = if leading - 23 < -149 {
        -149
    } else {
        leading - 23
    };
    let shift = last - exponent;
    let kept = if shift > 63 {
        0
    } else if shift >= 0 {
        magnitude >> shift
    } else {
        magnitude << -shift
    };
    if kept == 0 {
        return 0;
    }
    // The implicit one, where there is one, carries into the exponent field.
    sign | ((((last + 149) as u32) << 23) + kept as u32)
}
