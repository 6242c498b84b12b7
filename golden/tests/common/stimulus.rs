//! Random dot products, weighted toward what goes wrong.

use gpnpu_golden::npu::dot::{DotInput, Operand, dot};
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::numerics::Element;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Draws dot products of one format.
pub struct Stimulus {
    rng: ChaCha8Rng,
    format: Format,
}

impl Stimulus {
    /// The stream of `format` under `seed`.
    pub fn new(format: Format, seed: u64) -> Stimulus {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(format.code()));
        Stimulus { rng, format }
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.rng.next_u32()) * u64::from(limit)) >> 32) as u32
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }

    /// The next dot product.
    ///
    /// Uniform patterns alone would drown in NaNs (of E5M2 seven operands of eight hold one), never
    /// cancel, and leave C far from the products, so most cases are shaped: specials replaced,
    /// exponents in a narrow band, few lanes in use, pairs of products that cancel.
    pub fn next(&mut self) -> DotInput {
        let keep_specials = self.below(10) == 0;
        let shape = self.below(6);
        let (mut a, mut b) = (
            self.operand(shape, keep_specials),
            self.operand(shape, keep_specials),
        );
        if self.below(4) == 0 {
            self.cancel_pairs(&mut a, &mut b);
        }
        let mut input = DotInput {
            format: self.format,
            satfinite: self.below(2) == 1,
            a: a.data,
            b: b.data,
            c: self.addend(keep_specials),
            scale_a: self.scales(keep_specials),
            scale_b: self.scales(keep_specials),
        };
        if self.below(16) == 0 {
            // C takes back what the products give, but for what was cut off or a last place.
            let products = dot(&DotInput { c: 0, ..input });
            let negated = if self.format.is_integer() {
                products.wrapping_neg()
            } else {
                products ^ 0x8000_0000
            };
            input.c = negated ^ (self.below(4) / 3);
        }
        input
    }

    fn operand(&mut self, shape: u32, keep_specials: bool) -> Operand {
        let format = self.format;
        let band = self.rng.next_u32();
        let mut operand = Operand::default();
        for lane in 0..format.lanes() {
            let mut pattern = match shape {
                0 | 1 => self.rng.next_u32(),
                2 => self.corner(format.element()),
                3 if self.below(8) != 0 => 0,
                3 | 4 => self.in_band(band),
                _ if self.below(2) == 0 => self.corner(format.element()),
                _ => self.rng.next_u32(),
            };
            if !keep_specials && !format.element().decode(pattern).value().is_finite() {
                // Clearing the exponent's lowest bit makes every special pattern finite.
                let layout = format
                    .element()
                    .layout()
                    .expect("integers have no specials");
                pattern &= !(1 << layout.mantissa_bits);
            }
            operand.set_element(format, lane, pattern);
        }
        operand
    }

    /// An element whose exponent differs from `band` in its low bits only.
    fn in_band(&mut self, band: u32) -> u32 {
        let pattern = self.rng.next_u32();
        match self.format.element().layout() {
            Some(layout) => {
                let fixed = ((1 << layout.exponent_bits) - 1) & !3;
                let mask = fixed << layout.mantissa_bits;
                (pattern & !mask) | (band & mask)
            }
            None => pattern,
        }
    }

    /// Zeros, the ends of the subnormals and of the normals, one, specials.
    fn corner(&mut self, element: Element) -> u32 {
        let Some(layout) = element.layout() else {
            return self.pick(&[
                0,
                1,
                u32::MAX,
                1 << (element.bits() - 1),
                (1 << (element.bits() - 1)) - 1,
            ]);
        };
        let first_normal = 1 << layout.mantissa_bits;
        let magnitude = self.pick(&[
            0,
            1,
            first_normal - 1,
            first_normal,
            (layout.bias as u32) << layout.mantissa_bits,
            layout.max_finite(),
            layout.max_finite() + 1,
            (1 << layout.magnitude_bits()) - 1,
        ]);
        magnitude ^ (self.below(2) << layout.magnitude_bits())
    }

    /// Makes lanes into pairs with opposite products.
    fn cancel_pairs(&mut self, a: &mut Operand, b: &mut Operand) {
        let format = self.format;
        for lane in (0..format.lanes()).step_by(2) {
            let (x, y) = (a.element(format, lane), b.element(format, lane));
            let negated = match format.element().layout() {
                Some(layout) => x ^ (1 << layout.magnitude_bits()),
                None => x.wrapping_neg(),
            };
            a.set_element(format, lane + 1, negated);
            b.set_element(format, lane + 1, y);
        }
        let lane = self.below(format.lanes() as u32) as usize;
        a.set_element(format, lane, 0);
    }

    fn addend(&mut self, keep_specials: bool) -> u32 {
        if self.format.is_integer() {
            let random = self.rng.next_u32();
            let near_rail = 0x7fff_f000_u32.wrapping_add(random & 0x1fff);
            return self.pick(&[
                0,
                random,
                near_rail,
                random & 0xffff,
                0x7fff_ffff,
                0x8000_0000,
            ]);
        }
        let random = self.rng.next_u32();
        let moderate = (random & 0x807f_ffff) | ((97 + self.below(61)) << 23);
        let tiny = random & 0x83ff_ffff;
        let corner = self.corner(Element::Fp32);
        let pattern = self.pick(&[0, random, moderate, moderate, tiny, corner]);
        if keep_specials || Element::Fp32.decode(pattern).value().is_finite() {
            pattern
        } else {
            pattern & !(1 << 23)
        }
    }

    fn scales(&mut self, keep_specials: bool) -> u32 {
        let shape = self.below(4);
        let unscaled = if self.format == Format::NvFp4 {
            0x38
        } else {
            127
        };
        let bytes = [0; 4].map(|_| {
            let random = self.below(256) as u8;
            let byte = match shape {
                0 => random,
                1 => unscaled,
                2 => self.pick(&[0, 1, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff]),
                _ => unscaled.wrapping_add(random % 8),
            };
            let scale = self
                .format
                .scale_element()
                .map(|scale| scale.decode(u32::from(byte)));
            let nan = scale.is_some_and(|scale| scale.value().is_nan());
            if nan && !keep_specials {
                byte - 1
            } else {
                byte
            }
        });
        u32::from_le_bytes(bytes)
    }
}
