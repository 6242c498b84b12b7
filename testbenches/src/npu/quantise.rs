//! From f32 matrices to the operands of the array, and back.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::llama::Matrix;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::numerics::{
    Element, MxElement, Overflow, int8_per_channel, mx_quantise, nvfp4_quantise,
};

use super::gemm::{PackedRows, block_length};
use crate::kit::{Failure, FailureKind};

/// A matrix in a format: `value = scales[row] * element`, or with the block's scale in between.
///
/// | format | elements | scale of a row |
/// |---|---|---|
/// | INT8, INT4 | `value / scale`, nearest even, symmetric: -127..=127, -7..=7 | largest magnitude / 127, / 7 |
/// | FP8 | `value / scale`, nearest even, saturating | largest magnitude / largest number of the format |
/// | FP16, BF16 | `value`, nearest even; infinity above the largest number | 1 |
/// | MX | OCP MX's own scale for each 32 elements | 1 |
/// | NVFP4 | a UE4M3 scale for each 16 elements of `value / scale` | largest magnitude / (6 * 448) |
///
/// With activations as rows this is one scale for each token, chosen from that token alone, so that a token's result
/// does not depend on those after it; with weights as rows it is one for each output channel.
#[derive(Clone, Debug)]
pub struct Quantised {
    /// The elements.
    pub packed: PackedRows,
    /// One factor for each row.
    pub scales: Vec<f32>,
}

impl Quantised {
    /// Quantises each row of a matrix.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] for infinities and NaNs.
    pub fn new(format: Format, matrix: &Matrix) -> Result<Self, Failure> {
        let setup = |message: String| Failure::new(FailureKind::Setup, Cycle(0), message);
        if let Some(index) = matrix.data.iter().position(|value| !value.is_finite()) {
            let (row, col, value) = (index / matrix.cols, index % matrix.cols, matrix.data[index]);
            return Err(setup(format!(
                "row {row}, column {col} is `{value}`, quantisation needs finite values"
            )));
        }
        let Matrix { rows, cols, .. } = *matrix;
        let (mut elements, mut bytes) = (Vec::with_capacity(rows * cols), Vec::new());
        let scales = if format == Format::Int8 {
            let quantised =
                int8_per_channel(&matrix.data, cols).map_err(|e| setup(e.to_string()))?;
            elements.extend(
                quantised
                    .elements
                    .iter()
                    .map(|&element| u32::from(element as u8)),
            );
            quantised.scales
        } else {
            let scales = (0..rows).map(|row| {
                let values = matrix.row(row);
                let scale = row_scale(format, values);
                quantise_row(format, values, scale, &mut elements, &mut bytes);
                scale
            });
            scales.collect()
        };
        let packed = PackedRows::new(format, rows, cols, &elements, &bytes)?;
        Ok(Self { packed, scales })
    }
}

/// The factor that `values` are divided by before they are rounded.
fn row_scale(format: Format, values: &[f32]) -> f32 {
    let largest = match format {
        Format::Int4 => 7.0,
        Format::Fp8E4M3 => 448.0,
        Format::Fp8E5M2 => 57344.0,
        Format::NvFp4 => 6.0 * 448.0,
        _ => return 1.0,
    };
    let magnitude = values
        .iter()
        .fold(0.0_f32, |max, value| max.max(value.abs()));
    let scale = magnitude / largest;
    if scale > 0.0 { scale } else { 1.0 }
}

fn quantise_row(
    format: Format,
    values: &[f32],
    scale: f32,
    elements: &mut Vec<u32>,
    bytes: &mut Vec<u8>,
) {
    let scaled: Vec<f32> = values.iter().map(|value| value / scale).collect();
    let Some(length) = block_length(format) else {
        let overflow = match format {
            Format::Fp16 | Format::Bf16 => Overflow::Special,
            _ => Overflow::Saturate,
        };
        elements.extend(
            scaled
                .iter()
                .map(|&value| format.element().encode(value, overflow)),
        );
        return;
    };
    for block in scaled.chunks(length) {
        let quantised = match mx_element(format) {
            Some(element) => mx_quantise(element, block),
            None => nvfp4_quantise(block),
        };
        elements.extend(&quantised.elements);
        bytes.push(quantised.scale as u8);
    }
}

/// The element format of OCP MX blocks; none for NVFP4.
fn mx_element(format: Format) -> Option<MxElement> {
    Some(match format.element() {
        Element::E4m3 => MxElement::E4m3,
        Element::E5m2 => MxElement::E5m2,
        Element::E3m2 => MxElement::E3m2,
        Element::E2m3 => MxElement::E2m3,
        Element::E2m1 if format != Format::NvFp4 => MxElement::E2m1,
        _ => return None,
    })
}

/// The results `[rows][outputs]` of a product of quantised matrices, as numbers.
pub fn dequantise(format: Format, results: &[u32], x: &[f32], w: &[f32]) -> Matrix {
    let number = |word: u32| match format.is_integer() {
        true => f64::from(word as i32),
        false => f64::from(f32::from_bits(word)),
    };
    Matrix::from_fn(x.len(), w.len(), |row, out| {
        (number(results[row * w.len() + out]) * f64::from(x[row]) * f64::from(w[out])) as f32
    })
}

/// Power of `reference` over that of what `matrix` differs from it by, in dB; infinite where nothing differs.
///
/// # Panics
///
/// If the matrices do not have as many elements.
pub fn signal_to_error(matrix: &Matrix, reference: &Matrix) -> f64 {
    assert_eq!(
        matrix.data.len(),
        reference.data.len(),
        "elements to be compared"
    );
    let pairs = matrix.data.iter().zip(&reference.data);
    let (mut signal, mut error) = (0.0, 0.0);
    for (&found, &wanted) in pairs {
        signal += f64::from(wanted).powi(2);
        error += (f64::from(found) - f64::from(wanted)).powi(2);
    }
    10.0 * (signal / error).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npu::gemm::Gemm;
    use crate::npu::tile::Shape;

    const SHAPE: Shape = Shape {
        rows: 1,
        cols: 1,
        tile_rows: 2,
        tile_cols: 2,
    };

    /// Values of both signs and some orders of magnitude.
    fn matrix(rows: usize, cols: usize, seed: usize) -> Matrix {
        Matrix::from_fn(rows, cols, |row, col| {
            let phase = (seed + row * 17 + col * 29) as f32;
            phase.sin() * (0.3 * (phase * 0.7).cos()).exp() * (1.0 + row as f32)
        })
    }

    /// Ratios of this product, as measured once. That they make sense: each mantissa bit is worth 6 dB, 18 between FP16
    /// and BF16, 23 between BF16 and scaled FP8 E4M3. A wrong scale, or rounding toward zero, costs more than 2 dB.
    #[test]
    fn products_come_as_close_to_f32_as_the_elements_allow() {
        let (x, w) = (matrix(5, 77, 1), matrix(6, 77, 1000));
        let reference = x.linear(&w);
        for (format, expected) in [
            (Format::Fp16, 86.3),
            (Format::Bf16, 68.6),
            (Format::Int8, 59.7),
            (Format::Fp8E4M3, 45.5),
            (Format::MxFp6E2M3, 42.4),
            (Format::MxFp8E4M3, 34.3),
            (Format::Fp8E5M2, 33.9),
            (Format::Int4, 30.3),
            (Format::MxFp8E5M2, 27.9),
            (Format::MxFp6E3M2, 27.9),
            (Format::NvFp4, 23.7),
            (Format::MxFp4, 22.2),
        ] {
            let quantise = |matrix| Quantised::new(format, matrix).expect("finite");
            let (qx, qw) = (quantise(&x), quantise(&w));
            let gemm = Gemm::new("g", SHAPE, qx.packed, qw.packed).expect("fits");
            let golden = gemm.golden().expect("fits");
            let y = dequantise(format, &golden, &qx.scales, &qw.scales);
            let ratio = signal_to_error(&y, &reference);
            assert!((ratio - expected).abs() < 2.0, "{format}: {ratio} dB");
        }
    }

    /// A token's scale comes from that token alone: dropping the ones after it changes nothing.
    #[test]
    fn rows_are_quantised_independently() {
        for format in Format::ALL {
            let all = matrix(3, 40, 7);
            let first = Matrix::new(1, 40, all.row(0).to_vec());
            let (all, first) = (Quantised::new(format, &all), Quantised::new(format, &first));
            let (all, first) = (all.expect("finite"), first.expect("finite"));
            assert_eq!(all.scales[..1], first.scales);
            let job = |q: &Quantised| {
                Gemm::new("g", SHAPE, q.packed.clone(), q.packed.clone())
                    .expect("fits")
                    .job(0)
            };
            let steps = first.packed.steps();
            assert_eq!(job(&all).a[..steps], job(&first).a[..steps], "{format}");
        }
    }

    #[test]
    fn zeros_and_what_is_not_finite() {
        let zeros = Matrix::zeros(2, 3);
        for format in Format::ALL {
            let quantised = Quantised::new(format, &zeros).expect("finite");
            assert_eq!(quantised.scales, [1.0, 1.0], "{format}");
        }
        let error =
            Quantised::new(Format::Int8, &Matrix::new(1, 2, vec![0.0, f32::NAN])).expect_err("NaN");
        assert_eq!(
            error.message,
            "row 0, column 1 is `NaN`, quantisation needs finite values"
        );
    }
}
