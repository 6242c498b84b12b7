//! The dense matrix that activations, weights and logits are held in.

/// A row-major matrix of f32.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// The elements, row after row: `rows * cols` of them.
    pub data: Vec<f32>,
}

impl Matrix {
    /// Makes a matrix of its elements, row after row.
    ///
    /// # Panics
    ///
    /// If `data` does not have `rows * cols` elements.
    pub fn new(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        assert_eq!(
            data.len(),
            rows * cols,
            "elements of a {rows} x {cols} matrix"
        );
        Self { rows, cols, data }
    }

    /// Makes a matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self::new(rows, cols, vec![0.0; rows * cols])
    }

    /// Makes a matrix whose element in row `r` and column `c` is `element(r, c)`.
    pub fn from_fn(rows: usize, cols: usize, mut element: impl FnMut(usize, usize) -> f32) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            data.extend((0..cols).map(|col| element(row, col)));
        }
        Self::new(rows, cols, data)
    }

    /// Row `index`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.cols..][..self.cols]
    }

    /// Row `index`, to be written.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.data[index * self.cols..][..self.cols]
    }

    /// The element in row `row` and column `col`.
    ///
    /// # Panics
    ///
    /// If there is no such element.
    pub fn at(&self, row: usize, col: usize) -> f32 {
        self.row(row)[col]
    }

    /// Applies a linear layer: `y[t][o] = sum over i of self[t][i] * weight[o][i]`.
    ///
    /// | name     | shape         |
    /// |----------|---------------|
    /// | `self`   | `[rows][in]`  |
    /// | `weight` | `[out][in]`   |
    /// | result   | `[rows][out]` |
    ///
    /// Products are exact, sums are kept in f64 and rounded to f32 once.
    ///
    /// # Panics
    ///
    /// If `weight` does not have as many columns as `self`.
    pub fn linear(&self, weight: &Self) -> Self {
        assert_eq!(
            self.cols, weight.cols,
            "columns of a linear layer's input and of its weight"
        );
        Self::from_fn(self.rows, weight.rows, |row, out| {
            dot(self.row(row), weight.row(out))
        })
    }

    /// The largest difference between two elements in the same place, NaN if any of them is NaN.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    pub fn max_abs_diff(&self, other: &Self) -> f32 {
        assert_eq!(
            (self.rows, self.cols),
            (other.rows, other.cols),
            "shapes to be compared"
        );
        let differences = self
            .data
            .iter()
            .zip(&other.data)
            .map(|(a, b)| (a - b).abs());
        let mut worst = 0.0_f32;
        for difference in differences {
            if difference.is_nan() {
                return f32::NAN;
            }
            worst = worst.max(difference);
        }
        worst
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (to, from) in self.data.iter_mut().zip(&other.data) {
            *to += from;
        }
    }
}

/// `sum of a[i] * b[i]`, exact products, summed in f64.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum::<f64>() as f32
}
