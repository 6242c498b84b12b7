//! Block quantisation, from its definition and by example.

use gpnpu_golden::numerics::{Element, MxElement, mx_quantise, nvfp4_quantise};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const MX: [MxElement; 5] = [
    MxElement::E4m3,
    MxElement::E5m2,
    MxElement::E3m2,
    MxElement::E2m3,
    MxElement::E2m1,
];

#[test]
fn emax_is_the_exponent_of_the_largest_number() {
    for format in MX {
        let largest = format.element().layout().expect("a float").max_finite();
        let value = format.element().decode(largest).value();
        assert_eq!(f64::from(format.emax()), value.log2().floor(), "{format:?}");
    }
}

#[test]
fn an_mx_block_by_hand() {
    // amax 3: exponent 1 - 2 = -1, scale 0.5; 1.3 / 0.5 = 2.6 is nearer to 3 than to 2.
    let block = mx_quantise(MxElement::E2m1, &[3.0, -1.3, 0.1, -0.0]);
    assert_eq!(block.scale, 126);
    assert_eq!(block.elements, [0x7, 0xd, 0x0, 0x8]);
    // 3.9 / 0.5 = 7.8 is above 6 and saturates.
    assert_eq!(mx_quantise(MxElement::E2m1, &[3.9]).elements, [0x7]);
    // amax 480 for E4M3: exponent 8 - 8, so 480 itself saturates to 448.
    let block = mx_quantise(MxElement::E4m3, &[480.0, -1.0]);
    assert_eq!((block.scale, block.elements), (127, vec![0x7e, 0xb8]));
}

#[test]
fn mx_corners() {
    for format in MX {
        let zeros = mx_quantise(format, &[0.0; 32]);
        assert_eq!(
            (zeros.scale, zeros.elements),
            (0, vec![0; 32]),
            "{format:?}"
        );
        assert_eq!(
            mx_quantise(format, &[f32::from_bits(1)]).scale,
            0,
            "{format:?}"
        );
        // Infinity takes the largest exponent and saturates; the rest of the block vanishes.
        let infinite = mx_quantise(format, &[f32::INFINITY, 1.0]);
        let largest = format.element().layout().expect("a float").max_finite();
        assert_eq!(
            (infinite.scale, infinite.elements),
            (254, vec![largest, 0]),
            "{format:?}"
        );
    }
    assert_eq!(
        mx_quantise(MxElement::E4m3, &[f32::NAN, 448.0]).elements,
        [0x7f, 0x7e]
    );
    assert_eq!(
        mx_quantise(MxElement::E2m1, &[f32::NAN, 4.0]).elements,
        [0x7, 0x6]
    );
}

/// Random blocks: the scale from `log2` in `f64`, every element no farther from its value than
/// half the distance to its neighbours, unless it saturated.
#[test]
fn random_mx_blocks() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for round in 0..4_000 {
        let format = MX[round % MX.len()];
        let center = (rng.next_u32() % 180) << 23;
        let values: Vec<f32> = (0..32)
            .map(|_| f32::from_bits((rng.next_u32() & 0x87ff_ffff).wrapping_add(center)))
            .collect();
        let amax = values
            .iter()
            .fold(0.0_f64, |amax, &value| amax.max(f64::from(value).abs()));
        let exponent = (amax.log2().floor() as i32 - format.emax()).clamp(-127, 127);
        let block = mx_quantise(format, &values);
        assert_eq!(block.scale as i32 - 127, exponent, "{format:?} {values:?}");
        let element = format.element();
        let largest = element.layout().expect("a float").max_finite();
        for (&value, &pattern) in values.iter().zip(&block.elements) {
            let scaled = f64::from(value) / 2f64.powi(exponent);
            let rounded = element.decode(pattern).value();
            let sign = 1 << element.layout().expect("a float").magnitude_bits();
            let magnitude = pattern & (sign - 1);
            let next = element.decode(magnitude.min(largest - 1) + 1).value();
            let before = element.decode(magnitude.max(1) - 1).value();
            let error = scaled.abs() - rounded.abs();
            assert!(
                error >= (before - rounded.abs()) / 2.0,
                "{format:?} {value:e} {pattern:#x}"
            );
            let saturated = magnitude == largest;
            assert!(
                saturated || error <= (next - rounded.abs()) / 2.0,
                "{format:?} {value:e}"
            );
            assert_eq!(pattern & sign != 0, value.is_sign_negative());
        }
    }
}

#[test]
fn an_nvfp4_block_by_hand() {
    // amax 12: scale 2 = 0x40; 5 / 2 = 2.5 is a tie between 2 (0x4) and 3 (0x5).
    let block = nvfp4_quantise(&[12.0, 5.0, -0.4, 7.0]);
    assert_eq!(
        (block.scale, block.elements),
        (0x40, vec![0x7, 0x4, 0x8, 0x6])
    );
    // 6.3 / 6 = 1.05 rounds to 1 = 0x38 (the next is 1.125), and 6.3 saturates to 6.
    assert_eq!(nvfp4_quantise(&[6.3]).scale, 0x38);
    assert_eq!(nvfp4_quantise(&[6.3]).elements, [0x7]);
    // 1.0625 is the tie of 1 and 1.125: even is 0x38.
    assert_eq!(nvfp4_quantise(&[6.375]).scale, 0x38);
    assert_eq!(nvfp4_quantise(&[6.375_f32.next_up()]).scale, 0x39);
}

#[test]
fn nvfp4_corners() {
    // A scale of zero makes zeros, with their signs.
    let tiny = nvfp4_quantise(&[1e-10, -1e-10]);
    assert_eq!((tiny.scale, tiny.elements), (0, vec![0, 0]));
    let huge = nvfp4_quantise(&[-1e10, 448.0, f32::NAN, f32::INFINITY]);
    assert_eq!(
        (huge.scale, huge.elements),
        (0x7e, vec![0xf, 0x2, 0x7, 0x7])
    );
    assert_eq!(Element::Ue4m3.decode(0x7e).value(), 448.0);
}
