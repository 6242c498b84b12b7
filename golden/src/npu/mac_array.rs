//! One tile of the MAC array: chains of dot products through C.
//!
//! `D[i][j] = C[i][j]; for s in 0..steps: D[i][j] = dot(format, A[i][s], B[j][s], D[i][j])`, as in
//! `docs/npu.md`. Operands are decoded once for a tile, not once for a dot product.

use super::dot::{DecodedOperand, dot_decoded};
use super::format::Format;
use crate::Error;

pub use super::dot::Operand;

/// One output: a chain of dot products over `steps`, in order, starting from `c`.
pub fn chain(format: Format, satfinite: bool, steps: &[(Operand, Operand)], c: u32) -> u32 {
    steps.iter().fold(c, |sum, (a, b)| {
        let a = DecodedOperand::new(format, a);
        let b = DecodedOperand::new(format, b);
        dot_decoded(satfinite, &a, &b, sum)
    })
}

/// What a tile is computed from.
///
/// | name | shape    | element   |
/// |------|----------|-----------|
/// | `a`  | `[m][s]` | operand   |
/// | `b`  | `[n][s]` | operand   |
/// | `c`  | `[m][n]` | INT32 or FP32 by format; all zero where there is none |
#[derive(Debug, Clone, Copy)]
pub struct Tile<'a> {
    /// The format of all operands.
    pub format: Format,
    /// Clamp integer sums, at every step.
    pub satfinite: bool,
    /// Rows of outputs.
    pub m: usize,
    /// Columns of outputs.
    pub n: usize,
    /// Steps of 256 bits along K.
    pub steps: usize,
    /// One operand for each row and step, steps adjacent.
    pub a: &'a [Operand],
    /// One operand for each column and step, steps adjacent.
    pub b: &'a [Operand],
    /// One addend for each output, a row's adjacent.
    pub c: Option<&'a [u32]>,
}

impl Tile<'_> {
    /// Computes the tile: `[m][n]`, a row's outputs adjacent.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if the length of `a`, `b` or `c` does not fit `m`, `n` and `steps`.
    pub fn compute(&self) -> Result<Vec<u32>, Error> {
        check("a", self.a.len(), self.m * self.steps)?;
        check("b", self.b.len(), self.n * self.steps)?;
        let mut d = match self.c {
            Some(c) => {
                check("c", c.len(), self.m * self.n)?;
                c.to_vec()
            }
            None => vec![0; self.m * self.n],
        };
        let decode = |operands: &[Operand], step| -> Vec<DecodedOperand> {
            let of_step = operands.iter().skip(step).step_by(self.steps);
            of_step
                .map(|operand| DecodedOperand::new(self.format, operand))
                .collect()
        };
        // Step by step, so that what is decoded at a time stays small.
        for step in 0..self.steps {
            let (rows, columns) = (decode(self.a, step), decode(self.b, step));
            for (row, outputs) in rows.iter().zip(d.chunks_exact_mut(self.n.max(1))) {
                for (column, output) in columns.iter().zip(outputs) {
                    *output = dot_decoded(self.satfinite, row, column, *output);
                }
            }
        }
        Ok(d)
    }
}

fn check(what: &'static str, found: usize, needed: usize) -> Result<(), Error> {
    if found == needed {
        Ok(())
    } else {
        Err(Error::Shape {
            what,
            found,
            needed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operand(format: Format, seed: u32) -> Operand {
        let mut operand = Operand {
            scale: 0x3838_3838,
            ..Operand::default()
        };
        for lane in 0..format.lanes() {
            operand.set_element(format, lane, seed.wrapping_mul(0x9e37_79b9) >> (lane % 24));
        }
        operand
    }

    /// A tile's outputs are the chains of its rows and columns, each with its own C.
    #[test]
    fn a_tile_is_its_chains() {
        let (m, n, steps) = (3, 2, 4);
        for format in Format::ALL {
            let a: Vec<_> = (0..12).map(|i| operand(format, i + 1)).collect();
            let b: Vec<_> = (0..8).map(|i| operand(format, i + 77)).collect();
            let c: Vec<u32> = (0..6).map(|i| (i as f32).to_bits()).collect();
            let tile = Tile {
                format,
                satfinite: true,
                m,
                n,
                steps,
                a: &a,
                b: &b,
                c: Some(&c),
            };
            let with_c = tile.compute().expect("the shapes fit");
            let without_c = Tile { c: None, ..tile }.compute().expect("the shapes fit");
            for (row, column) in (0..m).flat_map(|row| (0..n).map(move |column| (row, column))) {
                let pairs: Vec<_> = (0..steps)
                    .map(|s| (a[row * steps + s], b[column * steps + s]))
                    .collect();
                let output = row * n + column;
                assert_eq!(
                    with_c[output],
                    chain(format, true, &pairs, c[output]),
                    "{format}"
                );
                assert_eq!(
                    without_c[output],
                    chain(format, true, &pairs, 0),
                    "{format}"
                );
            }
        }
    }

    /// Clamping happens at every step, so a chain that leaves the range and comes back differs.
    #[test]
    fn every_step_clamps() {
        let format = Format::Int8;
        let mut one = Operand::default();
        one.set_element(format, 0, 1);
        let mut minus_one = Operand::default();
        minus_one.set_element(format, 0, 0xff);
        let steps = [(one, one), (one, minus_one)];
        assert_eq!(
            chain(format, true, &steps, i32::MAX as u32),
            i32::MAX as u32 - 1
        );
        assert_eq!(
            chain(format, false, &steps, i32::MAX as u32),
            i32::MAX as u32
        );
    }

    #[test]
    fn a_wrong_shape_is_named() {
        let a = [Operand::default(); 2];
        let tile = Tile {
            format: Format::Fp16,
            satfinite: false,
            m: 2,
            n: 2,
            steps: 1,
            a: &a,
            b: &a[..1],
            c: None,
        };
        let error = tile.compute().expect_err("b is one short");
        assert_eq!(error.to_string(), "`b` has 1 entries, the shape needs 2");
    }
}
