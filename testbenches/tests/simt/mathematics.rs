//! The functions of `simt/include/gpnpu/math.h` against those of this machine in double precision.

use crate::device::{Device, Numbers, shapes};
use gpnpu_testbenches::simt::arguments::Argument;

/// A function of the kernel `math`: its largest error in units in the last place as the header states it.
struct Function {
    name: &'static str,
    largest: f64,
    of: fn(f64, f64) -> f64,
}

const FUNCTIONS: [Function; 16] = [
    function("expf", 0.9, |x, _| x.exp()),
    function("exp2f", 0.9, |x, _| x.exp2()),
    function("exp10f", 1.0, |x, _| 10f64.powf(x)),
    function("logf", 0.9, |x, _| x.ln()),
    function("log2f", 1.2, |x, _| x.log2()),
    function("log10f", 1.1, |x, _| x.log10()),
    function("sinf", 1.5, |x, _| x.sin()),
    function("cosf", 1.5, |x, _| x.cos()),
    function("tanf", 3.2, |x, _| x.tan()),
    function("tanhf", 1.6, |x, _| x.tanh()),
    function("rsqrtf", 1.5, |x, _| 1.0 / x.sqrt()),
    function("sqrtf", 0.5, |x, _| x.sqrt()),
    function("floorf", 0.0, |x, _| x.floor()),
    function("roundf", 0.0, |x, _| x.round()),
    function("powf", 1.3, f64::powf),
    function("fmodf", 0.0, |x, y| x % y),
];

const fn function(name: &'static str, largest: f64, of: fn(f64, f64) -> f64) -> Function {
    Function { name, largest, of }
}

/// The distance of a binary32 from what it should be, in units in the last place of that.
fn ulps(got: f32, want: f64) -> f64 {
    let rounded = want as f32;
    if rounded.is_nan() || got.is_nan() {
        return if rounded.is_nan() && got.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if got == rounded && got.is_infinite() {
        return 0.0;
    }
    // Half a unit beyond the largest number is what rounds to infinity: infinity stands for 2^128 there.
    let value = if got.is_infinite() {
        2f64.powi(128).copysign(f64::from(got))
    } else {
        f64::from(got)
    };
    let exponent = want.abs().log2().floor().clamp(-126.0, 127.0);
    (value - want).abs() / 2f64.powf(exponent - 23.0)
}

/// Corners of both arguments, numbers of the sizes in which the functions differ from 0 and infinity, and any bits at all.
fn arguments(count: usize) -> (Vec<f32>, Vec<f32>) {
    let corners = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        -f32::from_bits(1),
        0.5,
        -2.0,
        3.0,
        128.0,
        -149.0,
        f32::from_bits(0x3f7f_ffff),
    ];
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for a in corners {
        for b in corners {
            x.push(a);
            y.push(b);
        }
    }
    let mut numbers = Numbers(7);
    for index in 0..count {
        let (bits, other) = (numbers.next(), numbers.next());
        let (a, b) = match index % 4 {
            0 => (f32::from_bits(bits), f32::from_bits(other)),
            1 => (
                bits as i32 as f32 / (1u32 << 24) as f32,
                other as i32 as f32 / (1u32 << 27) as f32,
            ),
            2 => (
                bits as f32 / (1u32 << 31) as f32,
                other as i32 as f32 / (1u32 << 24) as f32,
            ),
            _ => (bits as i32 as f32, (other % 61) as f32 - 30.0),
        };
        x.push(a);
        y.push(b);
    }
    (x, y)
}

#[test]
fn functions_are_as_exact_as_the_header_says() {
    check(4000);
}

/// Enough of them to come near the bounds.
#[test]
#[ignore = "half a minute"]
fn functions_are_as_exact_as_the_header_says_for_many_arguments() {
    check(150_000);
}

fn check(count: usize) {
    let shape = shapes()[2];
    let mut device = Device::new(shape, "math");
    let (x, y) = arguments(count);
    let n = x.len();
    let pointers = [
        device.put(&x),
        device.put(&y),
        device.put(&vec![0.0f32; FUNCTIONS.len() * n]),
    ];
    let [xs, ys, out] = pointers.map(Argument::Ptr);
    let grid = [(n as u32).div_ceil(64), 1, 1];
    device.launch(
        "math",
        grid,
        [64, 1, 1],
        0,
        &[xs, ys, out, Argument::I32(n as i32)],
    );
    let results = device.get::<f32>(pointers[2], FUNCTIONS.len() * n);
    for (function, results) in FUNCTIONS.iter().zip(results.chunks(n)) {
        for ((&a, &b), &got) in x.iter().zip(&y).zip(results) {
            let want = (function.of)(f64::from(a), f64::from(b));
            let error = ulps(got, want);
            assert!(
                error <= function.largest,
                "{}({a:e}, {b:e}) is {got:e}, {want:e} expected: {error:.2} units in the last place",
                function.name
            );
            if want == 0.0 && function.name != "powf" {
                assert_eq!(
                    got.is_sign_negative(),
                    want.is_sign_negative(),
                    "{}({a:e})",
                    function.name
                );
            }
        }
    }
}
