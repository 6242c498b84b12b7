//! Symmetric quantisation of FP32 tensors to INT8.

use crate::Error;

/// A tensor in INT8: `value = scale * element`.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedInt8 {
    /// The elements, -127..=127: symmetric, so -128 is not used.
    pub elements: Vec<i8>,
    /// One scale, or one for each channel.
    pub scales: Vec<f32>,
}

/// Quantises a tensor with one scale, `amax / 127` in FP32: elements are `value / scale`, rounded to
/// nearest even. A tensor of zeros has scale 1; so has one whose `amax / 127` is zero.
///
/// # Errors
///
/// [`Error::NotFinite`] if a value is infinite or NaN.
pub fn int8_per_tensor(values: &[f32]) -> Result<QuantisedInt8, Error> {
    int8_per_channel(values, values.len().max(1))
}

/// Quantises a tensor with one scale for each `channel_length` adjacent values, as
/// [`int8_per_tensor`] does each.
///
/// # Errors
///
/// [`Error::NotFinite`] if a value is infinite or NaN, [`Error::Shape`] if `values` is not made of
/// whole channels.
pub fn int8_per_channel(values: &[f32], channel_length: usize) -> Result<QuantisedInt8, Error> {
    if channel_length == 0 || !values.len().is_multiple_of(channel_length) {
        let needed = values.len().div_ceil(channel_length.max(1)) * channel_length;
        return Err(Error::Shape {
            what: "values",
            found: values.len(),
            needed,
        });
    }
    if let Some((index, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(Error::NotFinite { index, value });
    }
    let mut quantised = QuantisedInt8 {
        elements: Vec::with_capacity(values.len()),
        scales: Vec::new(),
    };
    for channel in values.chunks(channel_length) {
        let amax = channel
            .iter()
            .fold(0.0_f32, |amax, value| amax.max(value.abs()));
        let scale = if amax / 127.0 > 0.0 {
            amax / 127.0
        } else {
            1.0
        };
        let quantise = |value: &f32| (value / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
        quantised.elements.extend(channel.iter().map(quantise));
        quantised.scales.push(scale);
    }
    Ok(quantised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_magnitude_becomes_127() {
        let quantised = int8_per_tensor(&[0.0, -2.54, 1.27, 0.01]).expect("all finite");
        assert_eq!(quantised.elements, [0, -127, 64, 0]);
        assert_eq!(quantised.scales, [2.54 / 127.0]);
    }

    /// A subnormal scale has few bits, so that quotients exceed 127 before the clamp.
    #[test]
    fn tiny_values_stay_in_range() {
        let tiny = f32::from_bits(190);
        let quantised = int8_per_tensor(&[tiny, -tiny]).expect("all finite");
        assert_eq!(quantised.scales, [f32::from_bits(1)]);
        assert_eq!(quantised.elements, [127, -127]);
        assert_eq!(int8_per_tensor(&[0.0]).expect("all finite").scales, [1.0]);
    }

    #[test]
    fn channels_have_their_own_scales() {
        let quantised = int8_per_channel(&[1.0, -0.5, 254.0, 3.0], 2).expect("all finite");
        assert_eq!(quantised.elements, [127, -64, 127, 2]);
        assert_eq!(quantised.scales, [1.0 / 127.0, 2.0]);
    }

    #[test]
    fn what_cannot_be_quantised_is_named() {
        let error = int8_per_tensor(&[1.0, f32::INFINITY]).expect_err("infinity");
        let text = "element 1 is `inf`, quantisation to integers needs finite values";
        assert_eq!(error.to_string(), text);
        let error = int8_per_channel(&[1.0; 3], 2).expect_err("half a channel is missing");
        assert_eq!(
            error.to_string(),
            "`values` has 3 entries, the shape needs 4"
        );
    }
}
