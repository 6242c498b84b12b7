//! Operands: 256 bits with their scales, and the same decoded for repeated use.

use crate::npu::format::Format;
use crate::numerics::{Class, Element, FloatLayout, Specials};

/// 256 bits: element 0 in the low bits of word 0.
pub type Vector = [u32; 8];

/// One operand of a dot product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Operand {
    /// The elements.
    pub data: Vector,
    /// The block scales, block 0 in the lowest byte; bytes the format has no use for are ignored.
    pub scale: u32,
}

impl Operand {
    /// The pattern of element `lane`, its container's ignored bits included.
    pub const fn element(&self, format: Format, lane: usize) -> u32 {
        let width = format.element_bits();
        let bit = lane * width;
        (self.data[bit / 32] >> (bit % 32)) & ((1 << width) - 1)
    }

    /// Sets element `lane` to the low bits of `pattern`.
    pub const fn set_element(&mut self, format: Format, lane: usize, pattern: u32) {
        let width = format.element_bits();
        let bit = lane * width;
        let mask = ((1 << width) - 1) << (bit % 32);
        let word = &mut self.data[bit / 32];
        *word = (*word & !mask) | ((pattern << (bit % 32)) & mask);
    }

    /// The byte of block scale `block`.
    pub const fn scale_byte(&self, block: usize) -> u32 {
        (self.scale >> (8 * block)) & 0xff
    }
}

/// Exponent of a zero element: so low that a product with it never decides `emax`.
///
/// The definition gives zero terms -133 (-139), which is below every term that is not zero. They
/// decide `emax` only where C is zero too, and C brings that exponent along.
const ZERO_EXPONENT: i16 = -8192;

/// Lanes of one scaled group.
pub(super) const GROUP: usize = 16;

/// An operand whose elements are unpacked, to be used in many dot products.
#[derive(Debug, Clone)]
pub struct DecodedOperand {
    pub(super) format: Format,
    /// What it was made from.
    pub(super) packed: Operand,
    /// Signed significands, as integers with the element's mantissa width below the point. FP4
    /// elements have their exponents, 0 to 2, multiplied in.
    pub(super) significands: [i16; 64],
    /// Exponents of the elements, MX scale included; unused for integers and FP4.
    pub(super) exponents: [i16; 32],
    /// Significand and exponent of the scale of each group of 16 lanes; FP4 only.
    pub(super) group_scales: [(i16, i16); 4],
    /// Whether an element or a scale is infinite or NaN.
    pub(super) special: bool,
}

impl DecodedOperand {
    /// Unpacks `operand`.
    pub fn new(format: Format, operand: &Operand) -> DecodedOperand {
        let mut decoded = DecodedOperand {
            format,
            packed: *operand,
            significands: [0; 64],
            exponents: [0; 32],
            group_scales: [(1, 0); 4],
            special: false,
        };
        match format.element() {
            Element::Fp16 => decoded.unpack_halves(const { layout_of(Element::Fp16) }),
            Element::Bf16 => decoded.unpack_halves(const { layout_of(Element::Bf16) }),
            Element::E4m3 => decoded.unpack_bytes(&E4M3),
            Element::E5m2 => decoded.unpack_bytes(&E5M2),
            Element::E3m2 => decoded.unpack_bytes(&E3M2),
            Element::E2m3 => decoded.unpack_bytes(&E2M3),
            Element::E2m1 => decoded.unpack_nibbles(&E2M1),
            Element::Int4 => decoded.unpack_nibbles(&INT4),
            _ => decoded.unpack_bytes(&INT8),
        }
        decoded.apply_scales();
        decoded
    }

    fn unpack_halves(&mut self, layout: FloatLayout) {
        let exponent_mask = (1 << layout.exponent_bits) - 1;
        for lane in 0..16 {
            let pattern = self.packed.data[lane / 2] >> (16 * (lane % 2));
            let field = (pattern >> layout.mantissa_bits) & exponent_mask;
            let mantissa = pattern & ((1 << layout.mantissa_bits) - 1);
            let magnitude = (u32::from(field != 0) << layout.mantissa_bits) | mantissa;
            let negative = pattern >> 15 & 1 == 1;
            let exponent = field.max(1) as i32 - layout.bias;
            self.significands[lane] = if negative {
                -(magnitude as i16)
            } else {
                magnitude as i16
            };
            self.exponents[lane] = if magnitude == 0 {
                ZERO_EXPONENT
            } else {
                exponent as i16
            };
            self.special |= field == exponent_mask;
        }
    }

    fn unpack_bytes(&mut self, table: &Table<256>) {
        for (word, quad) in self.packed.data.iter().enumerate() {
            for (byte, pattern) in quad.to_le_bytes().into_iter().enumerate() {
                let entry = table.0[usize::from(pattern)];
                self.significands[4 * word + byte] = entry.significand;
                self.exponents[4 * word + byte] = entry.exponent;
                self.special |= entry.special;
            }
        }
    }

    fn unpack_nibbles(&mut self, table: &Table<16>) {
        for (word, eight) in self.packed.data.iter().enumerate() {
            for nibble in 0..8 {
                let pattern = (eight >> (4 * nibble)) & 0xf;
                self.significands[8 * word + nibble] = table.0[pattern as usize].significand;
            }
        }
    }

    fn apply_scales(&mut self) {
        let Some(element) = self.format.scale_element() else {
            return;
        };
        if self.format.is_grouped() {
            let lanes_per_byte = self.format.lanes() / self.format.scale_bytes();
            for (group, slot) in self.group_scales.iter_mut().enumerate() {
                let byte = self.packed.scale_byte(group * GROUP / lanes_per_byte);
                let scale = element.decode(byte);
                self.special |= scale.is_special();
                *slot = (scale.signed_significand() as i16, scale.exponent as i16);
            }
        } else {
            let scale = element.decode(self.packed.scale_byte(0));
            self.special |= scale.is_special();
            for exponent in &mut self.exponents {
                *exponent += scale.exponent as i16;
            }
        }
    }
}

/// The decoding of every pattern of an element format of at most 8 bits.
struct Table<const PATTERNS: usize>([Entry; PATTERNS]);

#[derive(Clone, Copy)]
struct Entry {
    significand: i16,
    exponent: i16,
    special: bool,
}

static E4M3: Table<256> = Table::new(Element::E4m3);
static E5M2: Table<256> = Table::new(Element::E5m2);
static E3M2: Table<256> = Table::new(Element::E3m2);
static E2M3: Table<256> = Table::new(Element::E2m3);
static INT8: Table<256> = Table::new(Element::Int8);
static E2M1: Table<16> = Table::new(Element::E2m1);
static INT4: Table<16> = Table::new(Element::Int4);

impl<const PATTERNS: usize> Table<PATTERNS> {
    const fn new(element: Element) -> Table<PATTERNS> {
        let mut entries = [Entry {
            significand: 0,
            exponent: 0,
            special: false,
        }; PATTERNS];
        let mut pattern = 0;
        while pattern < PATTERNS {
            let decoded = element.decode(pattern as u32);
            let zero = matches!(decoded.class, Class::Zero);
            let fixed_point = if matches!(element, Element::E2m1) {
                decoded.exponent
            } else {
                0
            };
            entries[pattern] = Entry {
                significand: (decoded.signed_significand() << fixed_point) as i16,
                exponent: if zero {
                    ZERO_EXPONENT
                } else {
                    decoded.exponent as i16
                },
                special: decoded.is_special(),
            };
            pattern += 1;
        }
        Table(entries)
    }
}

/// The layout of a float format whose special patterns are IEEE 754's.
const fn layout_of(element: Element) -> FloatLayout {
    match element.layout() {
        Some(layout) if matches!(layout.specials, Specials::Ieee) => layout,
        _ => panic!("an IEEE 754 format is needed here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 16-bit pattern decodes in an operand as it does alone.
    #[test]
    fn halves_decode_as_single_elements() {
        for format in [Format::Fp16, Format::Bf16] {
            for pattern in 0..=0xffff_u32 {
                let mut operand = Operand::default();
                operand.set_element(format, 7, pattern);
                assert_eq!(operand.element(format, 7), pattern);
                let lanes = DecodedOperand::new(format, &operand);
                let alone = format.element().decode(pattern);
                assert_eq!(lanes.special, alone.is_special(), "{format} {pattern:#06x}");
                if !alone.is_special() {
                    assert_eq!(i64::from(lanes.significands[7]), alone.signed_significand());
                    let zero = alone.class == Class::Zero;
                    let exponent = if zero {
                        i32::from(ZERO_EXPONENT)
                    } else {
                        alone.exponent
                    };
                    assert_eq!(
                        i32::from(lanes.exponents[7]),
                        exponent,
                        "{format} {pattern:#06x}"
                    );
                }
            }
        }
    }
}
