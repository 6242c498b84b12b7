//! Directed requests for `npu_dot`: what random operands rarely hit.

use gpnpu_golden::npu::dot::Vector;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::numerics::{Element, Overflow};

use super::dot::DotRequest;
use super::operands::pack;

/// Builds requests of one format from numbers.
struct Of {
    format: Format,
    element: Element,
}

impl Of {
    fn bits(&self, value: f64) -> u32 {
        match self.element.layout() {
            Some(_) => self.element.encode(value, Overflow::Saturate),
            None => value as i32 as u32 & ((1 << self.element.bits()) - 1),
        }
    }

    fn sign(&self) -> u32 {
        1 << (self.element.bits() - 1)
    }

    /// The given elements in the lowest lanes, zeros above.
    fn lanes(&self, elements: &[u32]) -> Vector {
        pack(self.format, elements.iter().copied())
    }

    fn all(&self, element: u32) -> Vector {
        pack(
            self.format,
            std::iter::repeat_n(element, self.format.lanes()),
        )
    }

    fn request(&self, a: Vector, b: Vector, c: u32) -> DotRequest {
        let one = if self.format == Format::NvFp4 {
            0x3838_3838
        } else {
            0x7f7f_7f7f
        };
        DotRequest {
            format: self.format,
            satfinite: false,
            a,
            b,
            c,
            chain: false,
            scale_a: one,
            scale_b: one,
        }
    }
}

/// One list for all formats.
pub fn requests() -> Vec<DotRequest> {
    let mut all = Vec::new();
    for format in Format::ALL {
        let of = Of {
            format,
            element: format.element(),
        };
        if format.is_integer() {
            all.extend(integer(&of));
        } else {
            all.extend(float(&of));
        }
        if format.scale_bytes() > 0 {
            all.extend(scaled(&of));
        }
        all.extend(vanishing(&of));
    }
    all
}

fn integer(of: &Of) -> Vec<DotRequest> {
    let sign = of.sign();
    let (min, max, minus_one) = (sign, sign - 1, sign | (sign - 1));
    let mut all = Vec::new();
    for (a, b) in [
        (min, min),
        (min, max),
        (max, max),
        (minus_one, 1),
        (minus_one, minus_one),
        (0, min),
    ] {
        for c in [0, 1, u32::MAX, 0x7fff_ffff, 0x8000_0000] {
            for satfinite in [false, true] {
                all.push(DotRequest {
                    satfinite,
                    ..of.request(of.all(a), of.all(b), c)
                });
            }
        }
    }
    // Each lane alone, so that none is wired to a neighbour.
    for lane in 0..of.format.lanes() {
        let mut a = vec![0; lane + 1];
        a[lane] = min;
        all.push(of.request(of.lanes(&a), of.all(max), lane as u32));
    }
    all
}

fn float(of: &Of) -> Vec<DotRequest> {
    let layout = of.element.layout().expect("a float format");
    let (one, sign) = (of.bits(1.0), of.sign());
    let (max, smallest) = (layout.max_finite(), 1);
    let ones = |count: usize| of.lanes(&vec![one; count]);
    let float = |value: f32| value.to_bits();
    let mut all = Vec::new();
    let mut add = |a: &[u32], b: &[u32], c: u32| all.push(of.request(of.lanes(a), of.lanes(b), c));

    // Zeros of both signs, and results that are zero: always +0.
    for c in [
        0,
        sign << (32 - of.element.bits()),
        0x8000_0000,
        1,
        0x8000_0001,
    ] {
        add(&[0, sign], &[one, one], c);
        add(&[sign], &[sign], c);
    }
    // Cancellation to zero, among products and with C.
    add(&[one, one | sign], &[one, one], 0);
    add(&[one], &[one], float(-1.0));
    add(&[max, max | sign], &[max, max], 0x8000_0001);
    // Subnormal operands, alone and against normal ones.
    for other in [
        smallest,
        (1 << layout.mantissa_bits) - 1,
        1 << layout.mantissa_bits,
        one,
        max,
    ] {
        add(&[smallest], &[other], 0);
        add(&[smallest, one], &[other, one], 0);
    }
    // Truncation visible in the last bit: C at distances around 24 and 25 from a product of 1, of either sign.
    for exponent in 100..=127 {
        let c = exponent << 23;
        for c in [c, c | 0x007f_ffff, c | 0x8000_0000, c | 0x8000_0001] {
            add(&[one], &[one], c);
            add(&[one, one], &[one, one | sign], c);
        }
    }
    // One term far larger than the rest.
    add(&[one, one, one], &[one, one, one], float(2f32.powi(60)));
    add(&[max, smallest], &[max, smallest], float(-2f32.powi(60)));
    // Results around the smallest normal and subnormal FP32.
    for c in [
        0x0080_0000,
        0x007f_ffff,
        0x8080_0000,
        1,
        0x8000_0001,
        0x0100_0001,
    ] {
        add(&[], &[], c);
        add(&[smallest], &[smallest], c);
        add(&[smallest | sign], &[smallest], c);
    }
    // Overflow to infinity of either sign.
    for c in [0x7f7f_ffff, 0xff7f_ffff] {
        all.push(of.request(of.all(max), of.all(max), c));
        all.push(of.request(of.all(max | sign), of.all(max), c));
    }
    // Specials.
    for c in [0x7f80_0000, 0xff80_0000, 0x7f80_0001, 0xffc0_0000, 0] {
        all.push(of.request(ones(2), ones(2), c));
        for special in [layout.infinity(), layout.nan()].into_iter().flatten() {
            for other in [one, one | sign, 0, smallest, special, special | sign] {
                all.push(of.request(of.lanes(&[special]), of.lanes(&[other]), c));
                all.push(of.request(of.lanes(&[one, other]), of.lanes(&[one, special]), c));
            }
            all.push(of.request(
                of.lanes(&[special, special]),
                of.lanes(&[one, one | sign]),
                c,
            ));
        }
    }
    // Each lane alone, so that none is wired to a neighbour.
    for lane in 0..of.format.lanes() {
        let mut a = vec![0; lane + 1];
        a[lane] = one + (lane as u32 & 1);
        all.push(of.request(of.lanes(&a), of.all(one), float(lane as f32)));
    }
    all
}

/// Every kind of scale on either side, with the other at one, over zeros and over ones, each block alone.
fn scaled(of: &Of) -> Vec<DotRequest> {
    let corners: &[u8] = match of.format {
        Format::NvFp4 => &[
            0, 1, 7, 8, 0x37, 0x38, 0x39, 0x7e, 0x7f, 0x80, 0x81, 0xb8, 0xfe, 0xff,
        ],
        _ => &[0, 1, 64, 126, 127, 128, 200, 253, 254, 255],
    };
    let one = of.bits(1.0);
    let mut all = Vec::new();
    for block in 0..of.format.scale_bytes() {
        for corner in corners {
            let plain = of.request(of.all(one), of.all(one), 0x3f80_0000);
            let mut bytes = plain.scale_a.to_le_bytes();
            bytes[block] = *corner;
            let scale = u32::from_le_bytes(bytes);
            all.push(DotRequest {
                scale_a: scale,
                ..plain.clone()
            });
            all.push(DotRequest {
                scale_b: scale,
                ..plain.clone()
            });
            all.push(DotRequest {
                scale_a: scale,
                scale_b: scale,
                c: 0,
                ..plain.clone()
            });
            all.push(DotRequest {
                scale_a: scale,
                a: of.all(0),
                ..plain
            });
        }
    }
    all
}

/// Sums below the smallest FP32 subnormal, 2^-149: what is kept of them, that a negative one gives +0, and with which
/// exponent a zero takes part (-133, or -139 for FP4), which shows in whether a term around 2^-160 still counts.
fn vanishing(of: &Of) -> Vec<DotRequest> {
    let one = of.bits(1.0);
    let mut all = Vec::new();
    for exponent in -168..=-146i32 {
        // A product of `a` with 1 is 2^exponent, one with 2 is twice that, as far as the format gets there.
        let (a, scale_a, scale_b) = match of.format {
            Format::Bf16 => (of.bits(2f64.powi(exponent + 100)), 0, 0),
            Format::NvFp4 | Format::Fp16 | Format::Fp8E4M3 | Format::Fp8E5M2 => return all,
            format if format.scale_bytes() > 0 => {
                let scale = |exponent: i32| u32::from_le_bytes([(127 + exponent) as u8; 4]);
                (one, scale(-100), scale(exponent + 100))
            }
            _ => return all,
        };
        let (b, large) = match of.format {
            Format::Bf16 => (of.bits(2f64.powi(-100)), of.bits(2f64.powi(-89))),
            _ => (one, of.bits(4.0)),
        };
        let turned = |element: u32| element ^ of.sign();
        for (lanes_a, lanes_b) in [
            (vec![a], vec![b]),
            (vec![turned(a)], vec![b]),
            (vec![a, turned(a)], vec![large, b]),
            (vec![turned(a), a], vec![large, b]),
            (vec![a; of.format.lanes()], vec![b; of.format.lanes()]),
            (
                vec![turned(a); of.format.lanes()],
                vec![b; of.format.lanes()],
            ),
        ] {
            for c in [0, 0x8000_0000, 1, 0x8000_0001] {
                let request = of.request(of.lanes(&lanes_a), of.lanes(&lanes_b), c);
                all.push(DotRequest {
                    scale_a,
                    scale_b,
                    ..request
                });
            }
        }
    }
    all
}
