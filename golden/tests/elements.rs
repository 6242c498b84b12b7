//! Every element format against the crate `half`, and rounding against a search for the nearest.

use gpnpu_golden::numerics::{Class, Element, Overflow};
use half::{bf16, f16};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The float formats of at most 8 bits with a sign, as {exponent bits, mantissa bits, bias}.
const SMALL: [(Element, u32, u32, i32); 5] = [
    (Element::E4m3, 4, 3, 7),
    (Element::E5m2, 5, 2, 15),
    (Element::E3m2, 3, 2, 3),
    (Element::E2m3, 2, 3, 1),
    (Element::E2m1, 2, 1, 1),
];

/// A small pattern's value: its fields moved into those of binary16, the bias made up for.
fn through_binary16(pattern: u32, exponent: u32, mantissa: u32, bias: i32) -> f64 {
    let magnitude = (pattern & ((1 << (exponent + mantissa)) - 1)) << (10 - mantissa);
    let sign = (pattern >> (exponent + mantissa) & 1) << 15;
    f16::from_bits((sign | magnitude) as u16).to_f64() * 2f64.powi(15 - bias)
}

/// Equal, and of equal sign where zero; all NaNs count as equal.
#[track_caller]
fn same(found: f64, expected: f64, what: &str) {
    let equal = found == expected && found.is_sign_negative() == expected.is_sign_negative();
    assert!(
        equal || (found.is_nan() && expected.is_nan()),
        "{what}: {found}, not {expected}"
    );
}

#[test]
fn small_floats_decode_as_binary16_does() {
    for (element, exponent, mantissa, bias) in SMALL {
        assert_eq!(element.bits(), 1 + exponent + mantissa);
        // All byte patterns: bits above the element's are ignored.
        for pattern in 0..=0xff {
            let expected = match element {
                Element::E4m3 if pattern & 0x7f == 0x7f => f64::NAN,
                _ => through_binary16(pattern, exponent, mantissa, bias),
            };
            same(
                element.decode(pattern).value(),
                expected,
                &format!("{element:?} {pattern:#04x}"),
            );
        }
    }
}

/// The magnitudes listed in the OCP MX specification and in PTX for E2M1.
#[test]
fn fp4_has_its_published_values() {
    let values = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
    for (pattern, value) in (0_u32..).zip(values) {
        same(Element::E2m1.decode(pattern).value(), value, "positive");
        same(
            Element::E2m1.decode(pattern | 8).value(),
            -value,
            "negative",
        );
    }
}

#[test]
fn largest_and_smallest_are_as_published() {
    let cases = [
        (Element::Fp16, 0x7bff, 65504.0, 0x0001, 2f64.powi(-24)),
        (
            Element::Bf16,
            0x7f7f,
            2f64.powi(127) * 1.992_187_5,
            0x0001,
            2f64.powi(-133),
        ),
        (Element::E4m3, 0x7e, 448.0, 0x01, 2f64.powi(-9)),
        (Element::E5m2, 0x7b, 57344.0, 0x01, 2f64.powi(-16)),
        (Element::E3m2, 0x1f, 28.0, 0x01, 0.0625),
        (Element::E2m3, 0x1f, 7.5, 0x01, 0.125),
        (Element::E2m1, 0x7, 6.0, 0x1, 0.5),
        (Element::E8m0, 0xfe, 2f64.powi(127), 0x00, 2f64.powi(-127)),
        (Element::Ue4m3, 0x7e, 448.0, 0x01, 2f64.powi(-9)),
        (
            Element::Fp32,
            0x7f7f_ffff,
            f64::from(f32::MAX),
            0x0001,
            2f64.powi(-149),
        ),
    ];
    for (element, largest, value, smallest, least) in cases {
        same(element.decode(largest).value(), value, "largest");
        same(element.decode(smallest).value(), least, "smallest");
        let layout = element.layout().expect("a float");
        assert_eq!(layout.max_finite(), largest, "{element:?}");
    }
}

#[test]
fn scales_decode() {
    for byte in 0..=0xff_u32 {
        let power = match byte {
            0 => 2f64.powi(-127),
            0xff => f64::NAN,
            _ => f64::from(f32::from_bits(byte << 23)),
        };
        same(Element::E8m0.decode(byte).value(), power, "E8M0");
        // UE4M3 is E4M3 with its sign cleared.
        let unsigned = Element::E4m3.decode(byte & 0x7f).value();
        same(Element::Ue4m3.decode(byte).value(), unsigned, "UE4M3");
    }
}

#[test]
fn integers_decode() {
    for pattern in 0..=0xff_u32 {
        same(
            Element::Int8.decode(pattern).value(),
            f64::from(pattern as u8 as i8),
            "int8",
        );
        let nibble = ((pattern as u8) << 4) as i8 >> 4;
        let decoded = Element::Int4.decode(pattern);
        assert_eq!(decoded.value() as i8, nibble, "int4 {pattern:#04x}");
        assert_eq!(decoded.class == Class::Zero, nibble == 0);
    }
}

#[test]
fn halves_decode() {
    for pattern in 0..=0xffff_u16 {
        let bits = u32::from(pattern);
        same(
            Element::Fp16.decode(bits).value(),
            f16::from_bits(pattern).to_f64(),
            "fp16",
        );
        same(
            Element::Bf16.decode(bits).value(),
            bf16::from_bits(pattern).to_f64(),
            "bf16",
        );
    }
}

#[test]
fn classes_are_those_of_binary32() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let corners = [
        0,
        1,
        0x7f_ffff,
        0x80_0000,
        0x7f7f_ffff,
        0x7f80_0000,
        0x7f80_0001,
        0x7fff_ffff,
    ];
    let random = std::iter::repeat_with(|| rng.next_u32()).take(10_000);
    for pattern in corners.into_iter().chain(random) {
        for pattern in [pattern, pattern ^ 0x8000_0000] {
            let number = f32::from_bits(pattern);
            let decoded = Element::Fp32.decode(pattern);
            same(decoded.value(), f64::from(number), "fp32");
            let class = match decoded.class {
                Class::Zero => std::num::FpCategory::Zero,
                Class::Subnormal => std::num::FpCategory::Subnormal,
                Class::Normal => std::num::FpCategory::Normal,
                Class::Infinite => std::num::FpCategory::Infinite,
                Class::Nan => std::num::FpCategory::Nan,
            };
            assert_eq!(class, number.classify(), "{pattern:#010x}");
        }
    }
}

/// The nearest finite pattern by trying all of them; a tie goes to the even one.
fn nearest(element: Element, value: f64) -> u32 {
    let layout = element.layout().expect("a float");
    let sign = u32::from(layout.signed && value.is_sign_negative()) << layout.magnitude_bits();
    let distance = |pattern: u32| (element.decode(pattern).value() - value.abs()).abs();
    let nearer = |best, pattern| match distance(pattern).total_cmp(&distance(best)) {
        std::cmp::Ordering::Less => pattern,
        std::cmp::Ordering::Equal if pattern % 2 == 0 => pattern,
        _ => best,
    };
    sign | (0..=layout.max_finite()).fold(0, nearer)
}

/// Every finite pattern encodes to itself; between two neighbours the middle goes to the even one,
/// and the doubles just beside the middle to the nearer one.
#[test]
fn small_floats_round_to_nearest_even() {
    let unsigned = [(Element::E8m0, 8, 0, 127), (Element::Ue4m3, 4, 3, 7)];
    for (element, ..) in SMALL.into_iter().chain(unsigned) {
        let layout = element.layout().expect("a float");
        for pattern in 0..=layout.max_finite() {
            let value = element.decode(pattern).value();
            let next = element.decode(pattern + 1).value();
            assert_eq!(element.encode(value, Overflow::Special), pattern);
            if pattern == layout.max_finite() {
                continue;
            }
            let middle = value.midpoint(next);
            let even = pattern + pattern % 2;
            assert_eq!(
                element.encode(middle, Overflow::Special),
                even,
                "{element:?} {middle}"
            );
            assert_eq!(
                element.encode(middle.next_down(), Overflow::Saturate),
                pattern
            );
            assert_eq!(
                element.encode(middle.next_up(), Overflow::Saturate),
                pattern + 1
            );
            if layout.signed {
                let sign = 1 << layout.magnitude_bits();
                assert_eq!(element.encode(-middle, Overflow::Special), sign | even);
                assert_eq!(element.encode(-value, Overflow::Special), sign | pattern);
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let largest = element.decode(layout.max_finite()).value();
        for _ in 0..2_000 {
            // Exponents of the format and some beyond, and FP32 mantissas.
            let exponent = (rng.next_u32() % 40) as i32 - 25;
            let mantissa = f64::from(rng.next_u32() & 0xff_ffff) / f64::from(1 << 23);
            let value = (mantissa * 2f64.powi(exponent)).min(largest);
            let nearest = nearest(element, value);
            assert_eq!(
                element.encode(value, Overflow::Special),
                nearest,
                "{element:?} {value}"
            );
        }
    }
}

#[test]
fn what_does_not_fit_overflows_or_saturates() {
    // Element, a number, its pattern without and with saturation.
    let inf = f64::INFINITY;
    let cases = [
        // 464 is the middle of 448 and of 480, which is NaN's place.
        (Element::E4m3, 464.0, 0x7e, 0x7e),
        (Element::E4m3, 464.001, 0x7f, 0x7e),
        (Element::E4m3, -1e9, 0xff, 0xfe),
        (Element::E4m3, -inf, 0xff, 0xfe),
        (Element::E5m2, 61439.9, 0x7b, 0x7b),
        (Element::E5m2, 61440.0, 0x7c, 0x7b),
        (Element::E5m2, -inf, 0xfc, 0xfb),
        (Element::Fp16, 65519.9, 0x7bff, 0x7bff),
        (Element::Fp16, 65520.0, 0x7c00, 0x7bff),
        (Element::Bf16, f64::from(f32::MAX), 0x7f80, 0x7f7f),
        (Element::Bf16, -inf, 0xff80, 0xff7f),
        (Element::E3m2, 1e9, 0x1f, 0x1f),
        (Element::E3m2, -inf, 0x3f, 0x3f),
        (Element::E2m3, -8.0, 0x3f, 0x3f),
        (Element::E2m1, inf, 0x7, 0x7),
        (Element::E2m1, -7.0, 0xf, 0xf),
        (Element::Ue4m3, inf, 0x7f, 0x7e),
        (Element::Ue4m3, -1.0, 0x00, 0x00),
        (Element::E8m0, inf, 0xff, 0xfe),
        (Element::E8m0, 0.0, 0x00, 0x00),
        (Element::Int8, 1000.0, 0x7f, 0x7f),
        (Element::Int8, -inf, 0x80, 0x80),
        (Element::Int8, -2.5, 0xfe, 0xfe),
        (Element::Int4, 7.5, 0x7, 0x7),
        (Element::Int4, -100.0, 0x8, 0x8),
    ];
    for (element, value, special, saturated) in cases {
        let encode = |overflow| element.encode(value, overflow);
        assert_eq!(encode(Overflow::Special), special, "{element:?} {value}");
        assert_eq!(
            encode(Overflow::Saturate),
            saturated,
            "{element:?} {value}, saturating"
        );
    }
}

#[test]
fn nan_becomes_nan_or_the_largest() {
    let cases = [
        (Element::Fp16, 0x7fff),
        (Element::Bf16, 0x7fff),
        (Element::E4m3, 0x7f),
        (Element::E5m2, 0x7f),
        (Element::E8m0, 0xff),
        (Element::Ue4m3, 0x7f),
        (Element::Fp32, 0x7fff_ffff),
        (Element::E3m2, 0x1f),
        (Element::E2m3, 0x1f),
        (Element::E2m1, 0x7),
        (Element::Int8, 0x7f),
        (Element::Int4, 0x7),
    ];
    for (element, pattern) in cases {
        for overflow in [Overflow::Special, Overflow::Saturate] {
            assert_eq!(element.encode(f32::NAN, overflow), pattern, "{element:?}");
            assert_eq!(element.encode(-f32::NAN, overflow), pattern, "{element:?}");
        }
    }
}

#[track_caller]
fn check_halves(value: f32) {
    let (found, expected) = (
        Element::Fp16.encode(value, Overflow::Special),
        f16::from_f32(value),
    );
    let agree = found == u32::from(expected.to_bits()) || (value.is_nan() && expected.is_nan());
    assert!(
        agree,
        "fp16 of {value:e}: {found:#06x}, not {:#06x}",
        expected.to_bits()
    );
    let (found, expected) = (
        Element::Bf16.encode(value, Overflow::Special),
        bf16::from_f32(value),
    );
    let agree = found == u32::from(expected.to_bits()) || (value.is_nan() && expected.is_nan());
    assert!(
        agree,
        "bf16 of {value:e}: {found:#06x}, not {:#06x}",
        expected.to_bits()
    );
}

/// FP32 to FP16 and BF16 as `half` rounds: at every middle of two neighbours (the largest and what
/// would follow it included), just beside each middle, and on a sweep over all FP32 patterns.
#[test]
fn halves_round_as_the_crate_half_does() {
    for pattern in 0..=0xffff_u16 {
        let (up, down) = (pattern, pattern.wrapping_add(1));
        for (x, y) in [
            (f16::from_bits(up).to_f64(), f16::from_bits(down).to_f64()),
            (bf16::from_bits(up).to_f64(), bf16::from_bits(down).to_f64()),
        ] {
            // The middle of two halves has one bit more, and is exact in FP32.
            let middle = x.midpoint(y) as f32;
            for value in [x as f32, middle.next_down(), middle, middle.next_up()] {
                check_halves(value);
            }
        }
    }
    let largest = [
        f32::MAX,
        f32::from_bits(0x7f7f_7fff),
        f32::from_bits(0x7f7f_8000),
    ];
    for value in [65519.996, 65520.0, f32::INFINITY]
        .into_iter()
        .chain(largest)
    {
        check_halves(value);
        check_halves(-value);
    }
    for pattern in (0..=u32::MAX).step_by(1021) {
        check_halves(f32::from_bits(pattern));
    }
}

/// A double rounds once: through FP32 these would round twice, and wrong.
#[test]
fn doubles_round_once() {
    let above_tie = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
    assert_eq!(Element::Fp16.encode(above_tie, Overflow::Special), 0x3c01);
    assert_eq!(
        Element::Fp32.encode(f64::MIN_POSITIVE, Overflow::Special),
        0
    );
    assert_eq!(
        Element::Fp32.encode(-5e-324, Overflow::Special),
        0x8000_0000
    );
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..20_000 {
        let exponent = (rng.next_u32() % 320) as i32 - 180;
        let value = (1.0 + rng.next_u64() as f64 / 2f64.powi(64)) * 2f64.powi(exponent);
        let expected = (value as f32).to_bits();
        assert_eq!(
            Element::Fp32.encode(value, Overflow::Special),
            expected,
            "{value:e}"
        );
    }
}
