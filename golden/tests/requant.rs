//! Requantisation against exact rationals, and at the reference kernels' corners.

use gpnpu_golden::npu::requant::{
    Activation, Channel, down_convert, requantise, rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
};
use gpnpu_golden::numerics::{Element, Overflow};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const MIN: i32 = i32::MIN;
const MAX: i32 = i32::MAX;

fn ratio(numerator: i128, power: u32) -> BigRational {
    BigRational::new(BigInt::from(numerator), BigInt::from(1) << power)
}

fn half() -> BigRational {
    ratio(1, 1)
}

/// `a * b / 2^31` to nearest, ties upward, kept below 2^31.
fn exact_high_mul(a: i32, b: i32) -> i32 {
    let rounded = (ratio(i128::from(a) * i128::from(b), 31) + half())
        .floor()
        .to_integer();
    rounded
        .min(BigInt::from(MAX))
        .to_i32()
        .expect("within i32 but for the one case")
}

/// `value / 2^shift` to nearest, ties away from zero.
fn exact_divide(value: i32, shift: u32) -> i32 {
    let exact = ratio(i128::from(value), shift);
    let magnitude = (exact.abs() + half()).floor();
    let rounded = if exact.is_negative() {
        -magnitude
    } else {
        magnitude
    };
    rounded
        .to_integer()
        .to_i32()
        .expect("not larger than the value")
}

#[test]
fn the_reference_kernels_corners() {
    let mul = saturating_rounding_doubling_high_mul;
    assert_eq!(mul(MIN, MIN), MAX);
    assert_eq!(mul(MIN, MAX), -MAX);
    assert_eq!(mul(MAX, MAX), MAX - 1);
    assert_eq!(mul(MIN, 1 << 30), -(1 << 30));
    // Plus and minus one half: ties go up.
    assert_eq!(mul(1 << 30, 1), 1);
    assert_eq!(mul(1 << 30, -1), 0);
    assert_eq!(mul(3 << 29, -1), -1);
    let divide = rounding_divide_by_pot;
    assert_eq!(
        [divide(5, 1), divide(-5, 1), divide(6, 2), divide(-6, 2)],
        [3, -3, 2, -2]
    );
    assert_eq!([divide(MAX, 0), divide(MIN, 0)], [MAX, MIN]);
    assert_eq!([divide(MAX, 31), divide(MIN, 31)], [1, -1]);
    assert_eq!([divide(1 << 30, 31), divide(-(1 << 30), 31)], [1, -1]);
    assert_eq!(
        [divide((1 << 30) - 1, 31), divide(1 - (1 << 30), 31)],
        [0, 0]
    );
    assert_eq!([divide(MAX, 1), divide(MIN, 1)], [1 << 30, -(1 << 30)]);
}

#[test]
#[should_panic(expected = "shift is 32")]
fn a_shift_above_31_is_refused() {
    rounding_divide_by_pot(1, 32);
}

#[test]
fn both_steps_are_exact() {
    let corners = [
        MIN,
        MIN + 1,
        -(1 << 30),
        -1,
        0,
        1,
        1 << 30,
        (1 << 30) + 1,
        MAX - 1,
        MAX,
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut values = corners.to_vec();
    values.extend((0..60).map(|i| (rng.next_u32() as i32) >> (i % 32)));
    for &a in &values {
        for &b in &values {
            let found = saturating_rounding_doubling_high_mul(a, b);
            assert_eq!(found, exact_high_mul(a, b), "{a} * {b}");
        }
        for shift in 0..=31 {
            assert_eq!(
                rounding_divide_by_pot(a, shift),
                exact_divide(a, shift),
                "{a} >> {shift}"
            );
        }
    }
}

#[test]
fn whole_requantisations_are_exact() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for _ in 0..20_000 {
        let sum = (rng.next_u32() as i32) >> (rng.next_u32() % 24);
        let multiplier = (rng.next_u32() >> 1 | 1 << 30) as i32;
        let channel = Channel {
            multiplier,
            shift: rng.next_u32() % 20,
        };
        let low = rng.next_u32() as i8;
        let high = rng.next_u32() as i8;
        let (min, max) = (low.min(high), low.max(high));
        let activation = Activation {
            zero_point: i32::from(rng.next_u32() as i8),
            min,
            max,
        };
        let scaled = exact_divide(exact_high_mul(sum, channel.multiplier), channel.shift);
        let shifted = i64::from(scaled) + i64::from(activation.zero_point);
        let expected = shifted.max(i64::from(min)).min(i64::from(max)) as i8;
        let found = requantise(sum, channel, activation);
        assert_eq!(found, expected, "{sum} {channel:?} {activation:?}");
    }
}

#[test]
fn the_zero_point_never_wraps() {
    let channel = Channel {
        multiplier: MAX,
        shift: 0,
    };
    let all = |zero_point| Activation {
        zero_point,
        min: -128,
        max: 127,
    };
    assert_eq!(requantise(MAX, channel, all(127)), 127);
    assert_eq!(requantise(MIN, channel, all(-128)), -128);
    assert_eq!(requantise(0, channel, all(-3)), -3);
    let relu6 = Activation {
        zero_point: -128,
        min: -128,
        max: 100,
    };
    assert_eq!(requantise(-7, channel, relu6), -128);
    assert_eq!(requantise(300, channel, relu6), 100);
}

#[test]
fn fp32_patterns_convert_down() {
    let convert = |value: f32, element| down_convert(value.to_bits(), element, Overflow::Special);
    assert_eq!(convert(-1.5, Element::Fp16), 0xbe00);
    assert_eq!(convert(1e6, Element::E5m2), 0x7c);
    assert_eq!(
        down_convert(1e6_f32.to_bits(), Element::E5m2, Overflow::Saturate),
        0x7b
    );
    assert_eq!(
        down_convert(0xffff_ffff, Element::Bf16, Overflow::Saturate),
        0x7fff
    );
}
