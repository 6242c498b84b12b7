//! Dot products worked out by hand, each also checked against exact arithmetic.

#[path = "common/exact.rs"]
mod exact;

use exact::{dot_float, dot_integer};
use gpnpu_golden::npu::dot::{
    DotClass, DotInput, ElementClass, Operand, ResultClass, SignMix, classify, dot, explain,
    ulp_distance,
};
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::numerics::{Element, Overflow};

const INF: u32 = 0x7f80_0000;
const NAN: u32 = 0x7fff_ffff;
const SIGN: u32 = 0x8000_0000;
const MAX: u32 = 0x7f7f_ffff;

/// A dot product from pairs of patterns, for lanes 0 and up; scales are one, C is the pattern `c`.
fn raw(format: Format, pairs: &[(u32, u32)], c: u32) -> DotInput {
    let (mut a, mut b) = (Operand::default(), Operand::default());
    for (lane, &(x, y)) in pairs.iter().enumerate() {
        a.set_element(format, lane, x);
        b.set_element(format, lane, y);
    }
    let scale = if format == Format::NvFp4 {
        0x3838_3838
    } else {
        0x7f7f_7f7f
    };
    DotInput {
        format,
        satfinite: false,
        a: a.data,
        b: b.data,
        c,
        scale_a: scale,
        scale_b: scale,
    }
}

/// The same from values, each of which has to be exact in the format.
fn of(format: Format, pairs: &[(f64, f64)], c: f32) -> DotInput {
    let encode = |value: f64| {
        let pattern = format.element().encode(value, Overflow::Special);
        assert_eq!(
            format.element().decode(pattern).value(),
            value,
            "{value} is not exact"
        );
        pattern
    };
    let patterns: Vec<_> = pairs.iter().map(|&(x, y)| (encode(x), encode(y))).collect();
    let c = if format.is_integer() {
        c as i32 as u32
    } else {
        c.to_bits()
    };
    raw(format, &patterns, c)
}

fn pow2(power: i32) -> f64 {
    2f64.powi(power)
}

#[track_caller]
fn check(input: &DotInput, expected: u32) -> DotClass {
    let exact = if input.format.is_integer() {
        dot_integer(input)
    } else {
        dot_float(input)
    };
    assert_eq!(
        exact, expected,
        "by hand {expected:#010x}, exactly {exact:#010x}"
    );
    let class = classify(input);
    let found = dot(input);
    assert_eq!(
        found,
        expected,
        "{found:#010x}, not {expected:#010x}: {}",
        explain(input)
    );
    assert_eq!((class.result, explain(input).result), (expected, expected));
    class
}

#[track_caller]
fn check_value(input: &DotInput, expected: f64) -> DotClass {
    assert_eq!(f64::from(expected as f32), expected, "not an FP32 number");
    check(input, (expected as f32).to_bits())
}

/// Formats with IEEE specials among the elements.
const IEEE: [Format; 4] = [
    Format::Fp16,
    Format::Bf16,
    Format::Fp8E5M2,
    Format::MxFp8E5M2,
];

fn floats() -> impl Iterator<Item = Format> {
    Format::ALL
        .into_iter()
        .filter(|format| !format.is_integer())
}

#[test]
fn nothing_is_plus_zero() {
    for format in Format::ALL {
        let class = check(&raw(format, &[], 0), 0);
        assert_eq!(class.signs, SignMix::None);
        assert!(!class.cancelled && !class.c_holds_emax && class.span == 0);
    }
    for format in floats() {
        let minus_zero = 1 << (format.element().bits() - 1);
        let class = check(&raw(format, &[(minus_zero, 1), (0, minus_zero)], SIGN), 0);
        assert_eq!((class.c, class.d), (ElementClass::Zero, ResultClass::Zero));
    }
}

#[test]
fn small_sums_are_exact() {
    for format in floats() {
        let class = check_value(
            &of(format, &[(1.5, -2.0), (3.0, 4.0), (0.5, 0.5)], -8.0),
            1.25,
        );
        assert_eq!(class.signs, SignMix::Mixed);
        assert!(!class.truncated);
        check_value(&of(format, &[], -8.0), -8.0);
        // Opposite terms leave +0, whichever comes first.
        for sign in [1.0, -1.0] {
            let input = of(
                format,
                &[(sign * 1.5, 2.0), (1.0, -sign)],
                -2.0 * sign as f32,
            );
            let class = check_value(&input, 0.0);
            assert!(class.cancelled, "{format}");
        }
    }
}

/// 25 fraction bits below the largest exponent remain, of products and of C, and are cut off
/// toward zero term by term.
#[test]
fn terms_are_truncated_at_25_bits() {
    // 1 - 2^-25 keeps its last bit in the sum; the result has 24 bits: 1 - 2^-24.
    let class = check_value(
        &of(Format::Fp16, &[(pow2(-12), -pow2(-13))], 1.0),
        1.0 - pow2(-24),
    );
    assert!(!class.truncated && class.c_holds_emax && class.span == 25);
    // 1 - 2^-26 loses the second term whole.
    let class = check_value(&of(Format::Fp16, &[(pow2(-13), -pow2(-13))], 1.0), 1.0);
    assert!(class.truncated && class.vanished && class.span == 26);
    // 2^-25 and 2^-26 in one term: only 2^-26 is lost.
    let class = check_value(
        &of(Format::Fp16, &[(pow2(-12), -1.5 * pow2(-13))], 1.0),
        1.0 - pow2(-24),
    );
    assert!(class.truncated && !class.vanished);
    // Sixteen times -2^-26 are nothing beside 1, though their sum would be -2^-22.
    check_value(&of(Format::Fp16, &[(pow2(-13), -pow2(-13)); 16], 1.0), 1.0);
    // C is cut like any product: 2^-25 of 1 + 2^-23 remains visible when 1 cancels, 2^-26 does not.
    let c = (pow2(-3) + pow2(-26)) as f32;
    check_value(&of(Format::Bf16, &[(1.0, 1.0), (-1.0, 1.0)], c), pow2(-3));
    let c = (pow2(-2) + pow2(-25)) as f32;
    check_value(
        &of(Format::Bf16, &[(1.0, 1.0), (-1.0, 1.0), (0.5, -0.5)], c),
        pow2(-25),
    );
}

/// A product's exponent is the sum of its operands', before normalising: 1.5 * 1.5 = 2.25 counts as
/// exponent 0, and so does a subnormal with leading zeros as its format's smallest.
#[test]
fn exponents_are_not_normalised() {
    let pairs = [(1.5, 1.5), (pow2(-12), pow2(-13)), (-1.5, 1.5)];
    let class = check_value(&of(Format::Fp16, &pairs, 0.0), pow2(-25));
    assert!(!class.truncated);
    // 2^-24 is subnormal with exponent -14: times 2^15 it counts as exponent 1, and is 2^-9.
    let pairs = [
        (pow2(-24), pow2(15)),
        (-pow2(-24), pow2(15)),
        (pow2(-12), 1.5 * pow2(-12)),
    ];
    let class = check_value(&of(Format::Fp16, &pairs, 0.0), pow2(-24));
    assert!(class.truncated && class.span == 25);
    assert!(class.a.contains(ElementClass::Subnormal));
}

#[test]
fn a_huge_term_hides_all_others() {
    let pairs = [
        (pow2(15), pow2(15)),
        (pow2(-14), -pow2(-16)),
        (pow2(-24), pow2(-14)),
    ];
    let class = check_value(&of(Format::Fp16, &pairs, 1.0), pow2(30));
    assert!(class.vanished && class.span == 58 && !class.c_holds_emax);
    let c = pow2(100) as f32;
    let class = check_value(&of(Format::MxFp8E4M3, &[(448.0, 448.0)], c), pow2(100));
    assert!(class.vanished && class.c_holds_emax);
    let class = check_value(&of(Format::NvFp4, &[(6.0, 6.0)], c), pow2(100));
    assert!(class.vanished && class.c_holds_emax);
}

#[test]
fn overflow_is_infinity_and_only_from_2_to_the_128_on() {
    let huge = pow2(127);
    let class = check(&of(Format::Bf16, &[(huge, huge)], 0.0), INF);
    assert_eq!((class.d, class.special), (ResultClass::Infinite, false));
    check(
        &of(Format::Bf16, &[(-huge, 1.0), (huge, -1.0)], 0.0),
        SIGN | INF,
    );
    // The largest FP32 number, and 2^104 more: exactly 2^128.
    let mut input = of(Format::Bf16, &[(pow2(100), pow2(4))], 0.0);
    input.c = MAX;
    check(&input, INF);
    // With 2^103 instead the sum is a half short of 2^128, and rounds toward zero.
    let mut input = of(Format::Bf16, &[(pow2(100), pow2(3))], 0.0);
    input.c = MAX;
    let class = check(&input, MAX);
    assert_eq!(class.c, ElementClass::MaxFinite);
    // An overflow in between does not stay.
    let pairs = [(huge, 1.0), (huge, 1.0), (-huge, 1.0)];
    check_value(&of(Format::Bf16, &pairs, 0.0), huge);
}

#[test]
fn small_results_are_subnormal_or_zero() {
    let cases = [
        (-149, 1),
        (-150, 0),
        (-126, 0x0080_0000),
        (-127, 0x0040_0000),
        (-140, 0x200),
    ];
    for (power, expected) in cases {
        let half = power / 2;
        let class = check(
            &of(Format::Bf16, &[(pow2(half), pow2(power - half))], 0.0),
            expected,
        );
        assert_eq!(
            class.d == ResultClass::Subnormal,
            (1..0x0080_0000).contains(&expected)
        );
        let negative = if expected == 0 { 0 } else { SIGN | expected };
        check(
            &of(Format::Bf16, &[(-pow2(half), pow2(power - half))], 0.0),
            negative,
        );
    }
    // Zero terms have exponent -133, so that 2^-158 is the last place there is: 2^-159 vanishes,
    // and 2^11 times 2^-160 do too, though they sum to 2^-149.
    assert!(check(&of(Format::Bf16, &[(pow2(-80), pow2(-79))], 0.0), 0).vanished);
    assert!(!check(&of(Format::Bf16, &[(pow2(-80), pow2(-78))], 0.0), 0).vanished);
    let class = check(&of(Format::Bf16, &[(pow2(-133), pow2(-133)); 16], 0.0), 0);
    assert!(class.vanished && class.a.contains(ElementClass::Subnormal));
    // A subnormal C passes through, as does the smallest normal less one place.
    for c in [1, 0x007f_ffff, SIGN | 0x0040_0001] {
        let mut input = of(Format::Fp16, &[], 0.0);
        input.c = c;
        assert_eq!(check(&input, c).c, ElementClass::Subnormal);
    }
}

#[test]
fn infinities_and_nans_decide() {
    for format in IEEE {
        let layout = format.element().layout().expect("a float");
        let inf = layout.infinity().expect("IEEE formats have it");
        let minus_inf = inf | 1 << layout.magnitude_bits();
        let one = format.element().encode(1.0, Overflow::Special);
        let nan = inf + 1;
        check(&raw(format, &[(one, one), (inf, one)], 0), INF);
        check(&raw(format, &[(minus_inf, one)], MAX), SIGN | INF);
        check(&raw(format, &[(minus_inf, minus_inf)], INF), INF);
        check(&raw(format, &[(minus_inf, one)], INF), NAN);
        check(&raw(format, &[(inf, one), (one, minus_inf)], 0), NAN);
        check(&raw(format, &[(inf, 0)], 0), NAN);
        check(
            &raw(format, &[(1 << layout.magnitude_bits(), minus_inf)], 0),
            NAN,
        );
        let class = check(&raw(format, &[(0, nan)], 0), NAN);
        assert!(class.special && class.b.contains(ElementClass::Nan));
        assert_eq!(class.d, ResultClass::Nan);
    }
    for format in floats() {
        check(&raw(format, &[], INF), INF);
        check(&raw(format, &[], SIGN | INF), SIGN | INF);
        check(&raw(format, &[], 0x7f80_0001), NAN);
        assert_eq!(
            check(&raw(format, &[], 0xffc0_0000), NAN).c,
            ElementClass::Nan
        );
    }
    for format in [Format::Fp8E4M3, Format::MxFp8E4M3] {
        check(&raw(format, &[(0, 0x7f)], 0), NAN);
        check(&raw(format, &[(0xff, 0x38)], INF), NAN);
        // 0x7e, E5M2's NaN, is 448 here.
        check_value(&raw(format, &[(0x7e, 0x38)], 0), 448.0);
    }
}

#[test]
fn mx_scales_shift_the_exponents() {
    for format in [
        Format::MxFp8E4M3,
        Format::MxFp8E5M2,
        Format::MxFp6E3M2,
        Format::MxFp6E2M3,
    ] {
        let mut input = of(format, &[(1.5, 2.0)], 0.0);
        // The bytes above the first are ignored.
        input.scale_a = 0xffff_ff00 | 130;
        input.scale_b = 0xffff_ff00 | 126;
        check_value(&input, 12.0);
        input.scale_b = 0xff;
        check(&input, NAN);
        assert!(classify(&raw(format, &[], 0)).result == 0);
        let mut zeros = raw(format, &[], 0);
        zeros.scale_a = 0xff;
        check(&zeros, NAN);
        input.scale_a = 254;
        input.scale_b = 254;
        check(&input, INF);
        input.scale_a = 0;
        input.scale_b = 0;
        check(&input, 0);
        // 2^-127 * 2^-22 is the smallest FP32 number times 3.
        input.scale_b = 127 - 22;
        check(&input, 3);
    }
}

#[test]
fn fp6_ignores_the_top_two_bits() {
    let plain = raw(Format::MxFp6E2M3, &[(0x3f, 0x1f)], 0);
    let marked = raw(Format::MxFp6E2M3, &[(0xff, 0x5f)], 0);
    check_value(&plain, -56.25);
    check_value(&marked, -56.25);
    assert_eq!(classify(&plain), classify(&marked));
}

#[test]
fn fp4_scales_belong_to_their_blocks() {
    let lanes = |format, lane: usize| {
        let mut pairs = vec![(0.0, 0.0); 64];
        pairs[lane] = (1.0, 1.0);
        of(format, &pairs, 0.0)
    };
    for lane in [0, 15, 16, 31, 32, 47, 48, 63] {
        let mut input = lanes(Format::MxFp4, lane);
        input.scale_a = u32::from_le_bytes([128, 130, 0xff, 0xff]);
        check_value(&input, if lane < 32 { 2.0 } else { 8.0 });
        let mut input = lanes(Format::NvFp4, lane);
        // 1, 2, 4 and 1.125 = 0x39; with bit 7 set, which is ignored.
        input.scale_b = u32::from_le_bytes([0xb8, 0xc0, 0x48, 0x39]);
        check_value(&input, [1.0, 2.0, 4.0, 1.125][lane / 16]);
    }
}

#[test]
fn ue4m3_scales_have_significands_subnormals_zero_and_nan() {
    let mut input = of(Format::NvFp4, &[(6.0, 6.0); 64], 0.0);
    // 448 * 448 * 36 * 16 in every group.
    input.scale_a = 0x7e7e_7e7e;
    input.scale_b = 0x7e7e_7e7e;
    check_value(&input, 448.0 * 448.0 * 36.0 * 64.0);
    // 2^-9 twice, and zero.
    input.scale_a = 0x0101_0000;
    input.scale_b = 0x0101_0101;
    check_value(&input, pow2(-18) * 36.0 * 32.0);
    input.scale_a = 0x8000_8000;
    check(&input, 0);
    for nan in [0x7f, 0xff] {
        let mut zeros = raw(Format::NvFp4, &[], 0);
        zeros.scale_b = nan << 16;
        check(&zeros, NAN);
        zeros.c = INF;
        check(&zeros, NAN);
    }
    let mut zeros = raw(Format::MxFp4, &[], 0);
    zeros.scale_a = 0xff00;
    check(&zeros, NAN);
}

/// A group whose products cancel keeps its exponent and pushes smaller terms out; a group of zeros,
/// or under a scale of zero, does not.
#[test]
fn a_cancelled_group_still_aligns() {
    let c = pow2(-20) as f32;
    let mut input = of(Format::NvFp4, &[(6.0, 1.0), (-6.0, 1.0)], c);
    input.scale_a = 0x3838_387e;
    input.scale_b = 0x3838_387e;
    let class = check_value(&input, 0.0);
    assert!(class.vanished && !class.c_holds_emax && class.span == 36);
    let text = explain(&input).to_string();
    assert!(text.contains("group 0         16  cancels to 0"), "{text}");
    // One exponent less, and C just stays.
    input.scale_b = 0x3838_3876;
    check_value(&input, pow2(-20));
    input.scale_b = 0x3838_3800;
    assert!(check_value(&input, pow2(-20)).c_holds_emax);
    let mut zeros = of(Format::NvFp4, &[(0.0, 1.0), (-6.0, 0.0)], c);
    zeros.scale_a = 0x7e7e_7e7e;
    zeros.scale_b = 0x7e7e_7e7e;
    check_value(&zeros, pow2(-20));
}

/// FP4 keeps 35 fraction bits, and zeros there have exponent -139.
#[test]
fn fp4_groups_are_truncated_at_35_bits() {
    let group = |power: i32| (127 + power) as u32;
    let mut pairs = vec![(0.0, 0.0); 64];
    pairs[0] = (1.0, 1.0);
    pairs[1] = (-1.0, 1.0);
    pairs[32] = (0.5, 0.5);
    let mut input = of(Format::MxFp4, &pairs, 0.0);
    for (power, expected) in [(-33, pow2(-35)), (-34, 0.0)] {
        input.scale_a = group(power) << 8 | 127;
        check_value(&input, expected);
    }
    // 2^-139 - 35 = 2^-174: far below FP32, so only the flags tell.
    let mut pairs = vec![(0.0, 0.0); 64];
    pairs[0] = (0.5, 0.5);
    let mut input = of(Format::MxFp4, &pairs, 0.0);
    input.scale_a = group(-127);
    for (power, vanished) in [(-45, false), (-46, true)] {
        input.scale_b = group(power);
        assert_eq!(check(&input, 0).vanished, vanished);
    }
}

#[test]
fn integers_wrap_or_clamp() {
    let top = i32::MAX as u32;
    for (format, least) in [(Format::Int8, -128.0), (Format::Int4, -8.0)] {
        let lanes = format.lanes();
        let sum = (least * least) as u32 * lanes as u32;
        let pairs = vec![(least, least); lanes];
        let class = check(&of(format, &pairs, 0.0), sum);
        assert_eq!(
            (class.d, class.signs),
            (ResultClass::Positive, SignMix::Positive)
        );
        assert!(class.a.contains(ElementClass::Min) && class.a.iter().count() == 1);
        let mut input = of(format, &pairs, 0.0);
        input.c = top - sum;
        check(&input, top);
        input.c += 1;
        assert_eq!(check(&input, SIGN).d, ResultClass::Wrapped);
        input.satfinite = true;
        assert_eq!(check(&input, top).d, ResultClass::ClampedHigh);
        let mut input = of(format, &[(1.0, -1.0)], 0.0);
        input.c = SIGN;
        assert_eq!(check(&input, top).d, ResultClass::Wrapped);
        input.satfinite = true;
        let class = check(&input, SIGN);
        assert_eq!(
            (class.d, class.c),
            (ResultClass::ClampedLow, ElementClass::Min)
        );
        assert!(class.a.contains(ElementClass::One) && class.b.contains(ElementClass::MinusOne));
        let class = check(&of(format, &[(1.0, -1.0)], 1.0), 0);
        assert!(class.cancelled && class.d == ResultClass::Zero);
    }
    // `satfinite` does nothing to floats.
    let mut input = of(Format::Bf16, &[(pow2(127), 2.0)], 0.0);
    input.satfinite = true;
    check(&input, INF);
}

#[test]
fn every_lane_counts() {
    for format in Format::ALL {
        for lane in 0..format.lanes() {
            let mut pairs = vec![(0.0, 0.0); format.lanes()];
            pairs[lane] = (2.0, 3.0);
            let six = if format.is_integer() {
                6
            } else {
                6_f32.to_bits()
            };
            check(&of(format, &pairs, 0.0), six);
        }
    }
}

#[test]
fn classes_are_seen() {
    let pairs = [(0.0, 1.0), (pow2(-24), 65504.0)];
    let class = classify(&of(Format::Fp16, &pairs, 1.0));
    // The other fourteen lanes hold zeros.
    let of_a: Vec<_> = class.a.iter().collect();
    assert_eq!(of_a, [ElementClass::Zero, ElementClass::Subnormal]);
    let of_b: Vec<_> = class.b.iter().collect();
    assert_eq!(
        of_b,
        [
            ElementClass::Zero,
            ElementClass::Normal,
            ElementClass::MaxFinite
        ]
    );
    assert_eq!(class.a.bits(), 0b11);
    assert_eq!(ElementClass::of(Element::Int4, 0x8), ElementClass::Min);
    assert_eq!(ElementClass::of(Element::Int4, 0x7), ElementClass::Max);
    assert_eq!(ElementClass::of(Element::Int8, 0x7f), ElementClass::Max);
    assert_eq!(ElementClass::of(Element::Int8, 0x7), ElementClass::Other);
    assert_eq!(
        ElementClass::of(Element::E4m3, 0xfe),
        ElementClass::MaxFinite
    );
    assert_eq!(
        ElementClass::of(Element::Fp32, 0xff80_0000),
        ElementClass::Infinite
    );
}

#[test]
fn ulps_count_fp32_numbers() {
    let one = 1_f32.to_bits();
    assert_eq!(ulp_distance(one, one), Some(0));
    assert_eq!(ulp_distance(one, one - 1), Some(1));
    assert_eq!(ulp_distance(0, SIGN), Some(0));
    assert_eq!(ulp_distance(1, SIGN | 1), Some(2));
    assert_eq!(ulp_distance(INF, MAX), Some(1));
    assert_eq!(ulp_distance(INF, SIGN | INF), Some(0xff00_0000));
    assert_eq!(ulp_distance(NAN, one), None);
    assert_eq!(ulp_distance(one, 0xff80_0001), None);
}

#[test]
fn an_explanation_is_a_table() {
    let input = of(
        Format::Fp16,
        &[(pow2(-13), -1.0), (1.0, 0.0), (0.75, 1.0)],
        4096.5,
    );
    let expected = "\
fp16, c = 4096.5 (0x45800400)
  lane                     a                     b         product
     0    1.220703e-4 0x0800             -1 0xbc00    -1.220703e-4
     2           0.75 0x3a00              1 0x3c00            0.75
  14 lanes more have product 0
  term      exponent     significand  shift         aligned
  lane 0         -13       -0x100000     25            -0x1
  lane 2          -1        0x180000     13          0x1800
  c               12        0x800400      0       0x2001000
emax 12, sum 0x20027ff / 2^25
d = 4097.2495 (0x458009ff)";
    assert_eq!(explain(&input).to_string(), expected);
}
