//! The dot product once more, slowly and with big integers.
//!
//! Written from `docs/numerics.md` alone: decoding, alignment and rounding share nothing with the
//! crate under test. Rounding is a search for the largest FP32 number that is not too large.

use gpnpu_golden::npu::dot::DotInput;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Everything is counted in units of `2^-UNIT`, below the last bit of any value here.
const UNIT: i32 = 200;

/// A number, an infinity (with its sign) or NaN.
#[derive(Clone)]
enum Value {
    /// `significand * 2^exponent`, the significand in units of `2^-UNIT`.
    Finite {
        significand: BigInt,
        exponent: i32,
    },
    Infinity {
        negative: bool,
    },
    Nan,
}

fn units(power: i32) -> BigInt {
    assert!(power >= -UNIT, "2^{power} is below the unit");
    BigInt::from(1) << (UNIT + power) as usize
}

/// A float from its fields. `top` says what an all-ones exponent means.
fn float(bits: u32, exponent_bits: u32, mantissa_bits: u32, bias: i32, top: Top) -> Value {
    let negative = bits >> (exponent_bits + mantissa_bits) & 1 == 1;
    let field = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
    let mantissa = bits & ((1 << mantissa_bits) - 1);
    let all_ones = field == (1 << exponent_bits) - 1;
    match top {
        Top::Ieee if all_ones && mantissa == 0 => return Value::Infinity { negative },
        Top::Ieee if all_ones => return Value::Nan,
        Top::NanOnly if all_ones && mantissa == (1 << mantissa_bits) - 1 => return Value::Nan,
        _ => {}
    }
    let fraction = BigInt::from(mantissa) * units(-(mantissa_bits as i32));
    let (magnitude, exponent) = match field {
        0 => (fraction, 1 - bias),
        _ => (fraction + units(0), field as i32 - bias),
    };
    Value::Finite {
        significand: if negative { -magnitude } else { magnitude },
        exponent,
    }
}

#[derive(Clone, Copy)]
enum Top {
    Ieee,
    NanOnly,
    Number,
}

/// What a pattern means.
type Decode = fn(u32) -> Value;

/// How the elements of a vector format are laid out.
struct Layout {
    lanes: usize,
    element: Decode,
    /// Lanes under one scale, and its meaning.
    scale: Option<(usize, Decode)>,
}

fn e8m0(byte: u32) -> Value {
    match byte {
        0xff => Value::Nan,
        _ => Value::Finite {
            significand: units(0),
            exponent: byte as i32 - 127,
        },
    }
}

fn layout(name: &str) -> Layout {
    let e4m3: Decode = |bits| float(bits, 4, 3, 7, Top::NanOnly);
    let e5m2: Decode = |bits| float(bits, 5, 2, 15, Top::Ieee);
    let e3m2: Decode = |bits| float(bits & 0x3f, 3, 2, 3, Top::Number);
    let e2m3: Decode = |bits| float(bits & 0x3f, 2, 3, 1, Top::Number);
    let e2m1: Decode = |bits| float(bits, 2, 1, 1, Top::Number);
    let mx: Decode = e8m0;
    let (lanes, element, scale): (_, Decode, _) = match name {
        "fp16" => (16, |bits| float(bits, 5, 10, 15, Top::Ieee), None),
        "bf16" => (16, |bits| float(bits, 8, 7, 127, Top::Ieee), None),
        "fp8e4m3" => (32, e4m3, None),
        "fp8e5m2" => (32, e5m2, None),
        "mxfp8e4m3" => (32, e4m3, Some((32, mx))),
        "mxfp8e5m2" => (32, e5m2, Some((32, mx))),
        "mxfp6e3m2" => (32, e3m2, Some((32, mx))),
        "mxfp6e2m3" => (32, e2m3, Some((32, mx))),
        "mxfp4" => (64, e2m1, Some((32, mx))),
        "nvfp4" => (
            64,
            e2m1,
            Some((16, |byte| float(byte & 0x7f, 4, 3, 7, Top::NanOnly))),
        ),
        _ => panic!("`{name}` is not a float format of docs/numerics.md"),
    };
    Layout {
        lanes,
        element,
        scale,
    }
}

fn fp32(bits: u32) -> Value {
    float(bits, 8, 23, 127, Top::Ieee)
}

/// Bits `width * index` and up of a little-endian word sequence, one at a time.
fn extract(words: &[u32], width: usize, index: usize) -> u32 {
    (0..width).fold(0, |value, i| {
        let bit = width * index + i;
        value | (words[bit / 32] >> (bit % 32) & 1) << i
    })
}

/// A product as a value. Infinity times zero is NaN.
fn multiply(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (
            Value::Finite {
                significand: a,
                exponent: ea,
            },
            Value::Finite {
                significand: b,
                exponent: eb,
            },
        ) => Value::Finite {
            significand: (a * b) >> UNIT as usize,
            exponent: ea + eb,
        },
        (Value::Nan, _) | (_, Value::Nan) => Value::Nan,
        (Value::Infinity { negative: a }, Value::Infinity { negative: b }) => {
            Value::Infinity { negative: a != b }
        }
        (Value::Infinity { negative }, Value::Finite { significand, .. })
        | (Value::Finite { significand, .. }, Value::Infinity { negative }) => {
            if significand.is_zero() {
                Value::Nan
            } else {
                Value::Infinity {
                    negative: *negative != significand.is_negative(),
                }
            }
        }
    }
}

/// The dot product of a float format.
pub fn dot_float(input: &DotInput) -> u32 {
    let Layout {
        lanes,
        element,
        scale,
    } = layout(input.format.name());
    let width = 256 / lanes;
    let product = |lane| {
        let a = element(extract(&input.a, width, lane));
        let b = element(extract(&input.b, width, lane));
        multiply(&a, &b)
    };
    let scales = |lane| match scale {
        None => Value::Finite {
            significand: units(0),
            exponent: 0,
        },
        Some((block, decode)) => {
            let a = decode(extract(&[input.scale_a], 8, lane / block));
            let b = decode(extract(&[input.scale_b], 8, lane / block));
            multiply(&a, &b)
        }
    };
    let grouped = lanes == 64;
    let (fraction, zero_exponent) = if grouped { (35, -139) } else { (25, -133) };
    let mut terms = Vec::new();
    if grouped {
        for first in (0..lanes).step_by(16) {
            let products: Vec<BigInt> = (first..first + 16)
                .map(|lane| match product(lane) {
                    Value::Finite {
                        significand,
                        exponent,
                    } => significand << exponent as usize,
                    _ => panic!("FP4 products are finite"),
                })
                .collect();
            let any = products.iter().any(|product| !product.is_zero());
            terms.push(match scales(first) {
                Value::Finite {
                    significand,
                    exponent,
                } => {
                    let zero = !any || significand.is_zero();
                    let sum: BigInt = products.iter().sum();
                    Value::Finite {
                        significand: (sum * significand) >> UNIT as usize,
                        exponent: if zero { zero_exponent } else { exponent },
                    }
                }
                other => other,
            });
        }
    } else {
        terms.extend((0..lanes).map(|lane| zero_at(multiply(&product(lane), &scales(lane)), -133)));
    }
    terms.push(zero_at(fp32(input.c), zero_exponent));
    sum(&terms, fraction)
}

fn zero_at(value: Value, zero_exponent: i32) -> Value {
    match value {
        Value::Finite { significand, .. } if significand.is_zero() => Value::Finite {
            significand,
            exponent: zero_exponent,
        },
        other => other,
    }
}

fn sum(terms: &[Value], fraction: i32) -> u32 {
    let infinity = |sign| {
        terms
            .iter()
            .any(|t| matches!(t, Value::Infinity { negative } if *negative == sign))
    };
    if terms.iter().any(|term| matches!(term, Value::Nan)) || (infinity(false) && infinity(true)) {
        return 0x7fff_ffff;
    } else if infinity(false) {
        return 0x7f80_0000;
    } else if infinity(true) {
        return 0xff80_0000;
    }
    let finite: Vec<(&BigInt, i32)> = terms
        .iter()
        .map(|term| match term {
            Value::Finite {
                significand,
                exponent,
            } => (significand, *exponent),
            _ => panic!("specials have been dealt with"),
        })
        .collect();
    let emax = finite
        .iter()
        .map(|&(_, exponent)| exponent)
        .max()
        .expect("C is always there");
    // Division of big integers truncates toward zero.
    let aligned = finite.iter().map(|&(significand, exponent)| {
        let divisor = BigInt::from(1) << (UNIT - fraction + emax - exponent) as usize;
        significand / divisor
    });
    let sum: BigInt = aligned.sum();
    let value = sum * units(emax - fraction);
    if value.is_negative() {
        match largest_not_above(&-value) {
            0 => 0,
            magnitude => 0x8000_0000 | magnitude,
        }
    } else {
        largest_not_above(&value)
    }
}

/// The largest FP32 pattern whose value is at most `value`; infinity from 2^128 on.
fn largest_not_above(value: &BigInt) -> u32 {
    if *value >= units(128) {
        return 0x7f80_0000;
    }
    let not_above = |pattern| match fp32(pattern) {
        Value::Finite {
            significand,
            exponent,
        } if exponent < 0 => significand <= value << -exponent as usize,
        Value::Finite {
            significand,
            exponent,
        } => significand << exponent as usize <= *value,
        _ => false,
    };
    // Positive patterns are ordered as their values are.
    let (mut low, mut high) = (0, 0x7f80_0000);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if not_above(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The dot product of an integer format.
pub fn dot_integer(input: &DotInput) -> u32 {
    let lanes = input.format.lanes();
    let width = 256 / lanes;
    let signed = |pattern: u32| match pattern >> (width - 1) {
        0 => BigInt::from(pattern),
        _ => BigInt::from(pattern) - (BigInt::from(1) << width),
    };
    let products = (0..lanes).map(|lane| {
        signed(extract(&input.a, width, lane)) * signed(extract(&input.b, width, lane))
    });
    let sum = products.sum::<BigInt>() + BigInt::from(input.c as i32);
    let (min, max) = (BigInt::from(i32::MIN), BigInt::from(i32::MAX));
    let sum = if input.satfinite {
        sum.clamp(min, max)
    } else {
        sum
    };
    let modulus = BigInt::from(1_u64 << 32);
    let wrapped = ((sum % &modulus) + &modulus) % &modulus;
    u32::try_from(&wrapped).expect("below 2^32")
}
