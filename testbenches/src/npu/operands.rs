//! Operands worth sending: elements weighted toward the corners of their formats.

use gpnpu_golden::npu::dot::Vector;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::numerics::{Element, FloatLayout};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

/// How the elements of one operand are distributed. Uniform bits alone would end most products of an 8-bit float
/// format in a NaN and would hardly ever let two terms of like size meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Finite numbers of any exponent: long alignments, bits lost.
    Finite,
    /// Finite numbers of four neighbouring exponents: the sum keeps most bits.
    Near,
    /// Mostly zeros, one to three numbers: single terms, -133 exponents.
    Sparse,
    /// Pairs of products that cancel.
    Cancelling,
    /// Zeros of both signs, the smallest and largest subnormal and normal numbers, ones.
    Corners,
    /// Finite numbers with one to three infinities or NaNs.
    Special,
    /// The largest magnitudes, so that sums overflow.
    Huge,
    /// Subnormals and the smallest normal numbers.
    Tiny,
    /// Any bits.
    Bits,
}

impl Profile {
    /// Any profile; a third is `Finite` or `Near`, whose last bits depend on every stage of the datapath.
    pub fn any() -> BoxedStrategy<Self> {
        prop_oneof![
            3 => Just(Self::Finite),
            3 => Just(Self::Near),
            2 => Just(Self::Sparse),
            2 => Just(Self::Cancelling),
            2 => Just(Self::Corners),
            1 => Just(Self::Special),
            1 => Just(Self::Huge),
            2 => Just(Self::Tiny),
            1 => Just(Self::Bits),
        ]
        .boxed()
    }
}

/// A number below `bound`.
fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}

fn pick(rng: &mut ChaCha8Rng, from: &[u32]) -> u32 {
    from[below(rng, from.len() as u32) as usize]
}

/// Draws operands of one format.
pub struct Operands<'a> {
    format: Format,
    profile: Profile,
    /// Lowest exponent field of `Profile::Near`.
    near: u32,
    rng: &'a mut ChaCha8Rng,
}

impl<'a> Operands<'a> {
    /// A generator whose numbers come from `rng`.
    pub fn new(format: Format, profile: Profile, rng: &'a mut ChaCha8Rng) -> Self {
        let near = match format.element().layout() {
            Some(layout) => below(rng, ((1 << layout.exponent_bits) - 3).max(1)),
            None => 0,
        };
        Self {
            format,
            profile,
            near,
            rng,
        }
    }

    fn float(&mut self, layout: FloatLayout) -> u32 {
        let man = layout.mantissa_bits;
        let sign = (self.rng.next_u32() & 1) << layout.magnitude_bits();
        let max = layout.max_finite();
        let one = (layout.bias as u32) << man;
        let magnitude = match self.profile {
            Profile::Finite | Profile::Special | Profile::Sparse | Profile::Cancelling => {
                below(self.rng, max + 1)
            }
            Profile::Near => {
                let exponent = self.near + below(self.rng, 4);
                ((exponent << man) | below(self.rng, 1 << man)).min(max)
            }
            Profile::Corners => pick(
                self.rng,
                &[
                    0,
                    0,
                    1,
                    (1 << man) - 1,
                    1 << man,
                    (1 << man) + 1,
                    one,
                    one + 1,
                    max,
                    max - 1,
                ],
            ),
            Profile::Huge => max - below(self.rng, 1 << man),
            Profile::Tiny => below(self.rng, 3 << man),
            Profile::Bits => return self.rng.next_u32() & ((sign_mask(layout) << 1) - 1),
        };
        sign | magnitude
    }

    fn integer(&mut self, bits: u32) -> u32 {
        let mask = (1 << bits) - 1;
        let (min, max) = (1 << (bits - 1), (1 << (bits - 1)) - 1);
        match self.profile {
            Profile::Corners => pick(self.rng, &[0, 1, mask, min, max, min + 1, mask - 1]),
            Profile::Huge => pick(self.rng, &[min, max, min]),
            Profile::Tiny | Profile::Near => (below(self.rng, 5).wrapping_sub(2)) & mask,
            _ => self.rng.next_u32() & mask,
        }
    }

    fn element(&mut self) -> u32 {
        let element = self.format.element();
        match element.layout() {
            Some(layout) => self.float(layout),
            None => self.integer(element.bits()),
        }
    }

    /// One operand of the profile. Bits of a container above its element are random: they must not matter.
    pub fn vector(&mut self) -> Vector {
        let lanes = self.format.lanes();
        let mut elements: Vec<u32> = (0..lanes).map(|_| self.element()).collect();
        match self.profile {
            Profile::Sparse => {
                let keep = 1 + below(self.rng, 3);
                let kept: Vec<u32> = (0..keep).map(|_| below(self.rng, lanes as u32)).collect();
                for (lane, element) in elements.iter_mut().enumerate() {
                    if !kept.contains(&(lane as u32)) {
                        *element = 0;
                    }
                }
            }
            Profile::Special => {
                for _ in 0..=below(self.rng, 2) {
                    let lane = below(self.rng, lanes as u32) as usize;
                    elements[lane] = self.special();
                }
            }
            _ => {}
        }
        let padding = match self.format.element() {
            Element::E3m2 | Element::E2m3 => self.rng.next_u32() & 3,
            _ => 0,
        };
        pack(
            self.format,
            elements.iter().map(|element| element | padding << 6),
        )
    }

    fn special(&mut self) -> u32 {
        let Some(layout) = self.format.element().layout() else {
            return self.element();
        };
        let sign = (self.rng.next_u32() & 1) << layout.magnitude_bits();
        match (layout.infinity(), layout.nan()) {
            (Some(infinity), _) if below(self.rng, 3) > 0 => sign | infinity,
            (Some(infinity), Some(_)) => {
                sign | (infinity + 1 + below(self.rng, (1 << layout.mantissa_bits) - 1))
            }
            (_, Some(nan)) => sign | nan,
            _ => self.element(),
        }
    }

    /// A pair of operands. With [`Profile::Cancelling`] the products of neighbouring lanes cancel, all or most of them.
    pub fn pair(&mut self) -> (Vector, Vector) {
        let (a, b) = (self.vector(), self.vector());
        if self.profile != Profile::Cancelling {
            return (a, b);
        }
        let (mut a, mut b) = (unpack(self.format, &a), unpack(self.format, &b));
        let all = below(self.rng, 2) == 0;
        for lane in (0..a.len()).step_by(2) {
            if all || below(self.rng, 4) > 0 {
                b[lane + 1] = b[lane];
                a[lane + 1] = negative(self.format.element(), a[lane]);
            }
        }
        (
            pack(self.format, a.into_iter()),
            pack(self.format, b.into_iter()),
        )
    }

    /// Block scales. Powers of two near one keep most results finite; the ends of the range, zero and NaN are drawn
    /// on purpose. Unused bytes are random: they must not matter.
    pub fn scales(&mut self) -> u32 {
        let unused = self.rng.next_u32();
        let mut bytes = unused.to_le_bytes();
        let style = below(self.rng, 12);
        for byte in bytes.iter_mut().take(self.format.scale_bytes()) {
            *byte = match (self.format, style) {
                (Format::NvFp4, 0) => {
                    pick(self.rng, &[0, 1, 7, 8, 0x38, 0x7e, 0x7f, 0x80, 0xb8]) as u8
                }
                (Format::NvFp4, 1) => self.rng.next_u32() as u8,
                (Format::NvFp4, _) => (below(self.rng, 0x7f) | (self.rng.next_u32() & 0x80)) as u8,
                (_, 0) => pick(self.rng, &[0, 1, 126, 127, 128, 253, 254, 255]) as u8,
                (_, 1) => self.rng.next_u32() as u8,
                (_, 2) => (127 + below(self.rng, 128)).min(254) as u8,
                (_, 3) => below(self.rng, 128) as u8,
                (_, _) => (119 + below(self.rng, 17)) as u8,
            };
        }
        u32::from_le_bytes(bytes)
    }

    /// The addend. Half of the float ones lie within 40 exponents of 1, where they meet the products; the rest are
    /// corners and anything.
    pub fn addend(&mut self) -> u32 {
        let any = self.rng.next_u32();
        if self.format.is_integer() {
            return match below(self.rng, 6) {
                0 => 0,
                1 => pick(
                    self.rng,
                    &[
                        1,
                        u32::MAX,
                        0x7fff_ffff,
                        0x8000_0000,
                        0x8000_0001,
                        0x7fff_0000,
                    ],
                ),
                2 => 0x7fff_ffff - below(self.rng, 1 << 19),
                3 => 0x8000_0000 + below(self.rng, 1 << 19),
                4 => below(self.rng, 1 << 16),
                _ => any,
            };
        }
        let with_exponent = |exponent: u32| (any & 0x807f_ffff) | exponent << 23;
        match below(self.rng, 12) {
            0 => pick(self.rng, &[0, 0x8000_0000]),
            1 => pick(
                self.rng,
                &[
                    1,
                    0x8000_0001,
                    0x007f_ffff,
                    0x0080_0000,
                    0x3f80_0000,
                    0xbf80_0000,
                    0x7f7f_ffff,
                    0xff7f_ffff,
                    0x7f80_0000,
                    0xff80_0000,
                    0x7fc0_0000,
                    0x7f80_0001,
                ],
            ),
            2 => any & 0x807f_ffff,
            3 => with_exponent(below(self.rng, 255)),
            4 => with_exponent(1 + below(self.rng, 20)),
            5 => with_exponent(234 + below(self.rng, 21)),
            _ => with_exponent(87 + below(self.rng, 80)),
        }
    }
}

fn sign_mask(layout: FloatLayout) -> u32 {
    1 << layout.magnitude_bits()
}

/// The number of opposite sign, where the format has one.
fn negative(element: Element, bits: u32) -> u32 {
    match element.layout() {
        Some(layout) => bits ^ sign_mask(layout),
        None => bits.wrapping_neg() & ((1 << element.bits()) - 1),
    }
}

/// Elements to a vector, element 0 in the lowest bits.
pub fn pack(format: Format, elements: impl Iterator<Item = u32>) -> Vector {
    let bits = format.element_bits();
    let mut vector = [0; 8];
    for (lane, element) in elements.enumerate() {
        let at = lane * bits;
        vector[at / 32] |= element << (at % 32);
    }
    vector
}

/// A vector to its elements, with all bits of their containers.
pub fn unpack(format: Format, vector: &Vector) -> Vec<u32> {
    let bits = format.element_bits();
    let mask = (1u32 << bits) - 1;
    (0..format.lanes())
        .map(|lane| vector[lane * bits / 32] >> (lane * bits % 32) & mask)
        .collect()
}

/// Ranges of lanes to clear, boldest first: halves, quarters, down to single ones.
pub fn lane_ranges(lanes: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    std::iter::successors(Some(lanes), |size| (*size > 1).then(|| size / 2)).flat_map(move |size| {
        (0..lanes)
            .step_by(size)
            .map(move |start| start..start + size)
    })
}

/// The vector with some lanes zero.
pub fn cleared(format: Format, vector: &Vector, lanes: &std::ops::Range<usize>) -> Vector {
    let elements = unpack(format, vector);
    pack(
        format,
        elements
            .iter()
            .enumerate()
            .map(|(lane, element)| if lanes.contains(&lane) { 0 } else { *element }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Streams;

    #[test]
    fn packing_is_the_inverse_of_unpacking() {
        let mut rng = Streams::new(3, "t").rng("r");
        for format in Format::ALL {
            let vector = Operands::new(format, Profile::Bits, &mut rng).vector();
            let elements = unpack(format, &vector);
            assert_eq!(elements.len(), format.lanes());
            assert_eq!(pack(format, elements.into_iter()), vector);
        }
    }

    /// The reason for profiles: without them a NaN would decide most results.
    #[test]
    fn finite_profiles_have_no_specials() {
        let mut rng = Streams::new(4, "t").rng("r");
        for format in Format::ALL {
            for profile in [
                Profile::Finite,
                Profile::Near,
                Profile::Huge,
                Profile::Tiny,
                Profile::Corners,
                Profile::Cancelling,
            ] {
                for _ in 0..50 {
                    let (a, b) = Operands::new(format, profile, &mut rng).pair();
                    for element in unpack(format, &a).into_iter().chain(unpack(format, &b)) {
                        assert!(
                            format.element().decode(element).value().is_finite(),
                            "{format:?} {profile:?} {element:x}"
                        );
                    }
                }
            }
        }
    }
}
