//! The terms of a floating-point dot product one by one, for coverage and reports.

use super::operand::GROUP;
use super::{DecodedOperand, align, alignment_bits, fp32_toward_zero, mul, zero_exponent};
use crate::numerics::{Class, Decoded};

/// One term: `significand * 2^(exponent - fraction_bits)`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Term {
    pub(super) significand: i64,
    pub(super) fraction_bits: u32,
    /// As the definition has it: -133 or -139 for a term that counts as zero.
    pub(super) exponent: i32,
}

impl Term {
    /// The significand at `bits` fraction bits, truncated toward zero, at exponent `emax`.
    pub(super) fn aligned(&self, bits: u32, emax: i32) -> i64 {
        align(
            self.significand << (bits - self.fraction_bits),
            emax - self.exponent,
        )
    }

    /// Whether [`Term::aligned`] dropped bits that were not zero.
    pub(super) fn loses_bits(&self, bits: u32, emax: i32) -> bool {
        let widened = self.significand.unsigned_abs() << (bits - self.fraction_bits);
        widened.trailing_zeros() < (emax - self.exponent).min(63) as u32 && widened != 0
    }
}

/// All terms; C is the last one.
pub(super) struct Terms {
    list: [Term; 33],
    count: usize,
    /// F: fraction bits after alignment.
    pub(super) bits: u32,
    /// The largest exponent.
    pub(super) emax: i32,
}

impl Terms {
    /// The terms of finite operands and a finite C.
    pub(super) fn new(a: &DecodedOperand, b: &DecodedOperand, c: Decoded) -> Terms {
        let format = a.format;
        let mut terms = Terms {
            list: [Term::default(); 33],
            count: 0,
            bits: alignment_bits(format),
            emax: i32::MIN,
        };
        let mantissa = format
            .element()
            .layout()
            .map_or(0, |layout| layout.mantissa_bits);
        if format.is_grouped() {
            let scale_mantissa = format
                .scale_element()
                .and_then(|e| e.layout())
                .map_or(0, |l| l.mantissa_bits);
            for group in 0..4 {
                let lanes = GROUP * group..GROUP * (group + 1);
                let products = lanes.map(|lane| mul(a.significands[lane], b.significands[lane]));
                let (sum, any) =
                    products.fold((0, false), |(sum, any), p| (sum + p, any | (p != 0)));
                let (scale_a, exponent_a) = a.group_scales[group];
                let (scale_b, exponent_b) = b.group_scales[group];
                let scale = mul(scale_a, scale_b);
                let exponent = i32::from(exponent_a) + i32::from(exponent_b);
                terms.push(Term {
                    significand: i64::from(sum * scale),
                    fraction_bits: 2 * (mantissa + scale_mantissa),
                    exponent: if any && scale != 0 {
                        exponent
                    } else {
                        zero_exponent(format)
                    },
                });
            }
        } else {
            for lane in 0..format.lanes() {
                let product = mul(a.significands[lane], b.significands[lane]);
                let exponent = i32::from(a.exponents[lane]) + i32::from(b.exponents[lane]);
                terms.push(Term {
                    significand: i64::from(product),
                    fraction_bits: 2 * mantissa,
                    exponent: if product != 0 {
                        exponent
                    } else {
                        zero_exponent(format)
                    },
                });
            }
        }
        terms.push(Term {
            significand: c.signed_significand(),
            fraction_bits: c.fraction_bits,
            exponent: if c.class == Class::Zero {
                zero_exponent(format)
            } else {
                c.exponent
            },
        });
        terms
    }

    fn push(&mut self, term: Term) {
        self.list[self.count] = term;
        self.count += 1;
        self.emax = self.emax.max(term.exponent);
    }

    /// The terms, C last.
    pub(super) fn list(&self) -> &[Term] {
        &self.list[..self.count]
    }

    /// C.
    pub(super) fn addend(&self) -> Term {
        self.list[self.count - 1]
    }

    /// The sum of the aligned terms, with F fraction bits at exponent `emax`.
    pub(super) fn sum(&self) -> i64 {
        self.list()
            .iter()
            .map(|term| term.aligned(self.bits, self.emax))
            .sum()
    }

    /// The dot product.
    pub(super) fn result(&self) -> u32 {
        fp32_toward_zero(self.sum(), self.emax - self.bits as i32)
    }
}
