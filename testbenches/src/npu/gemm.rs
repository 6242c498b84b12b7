//! Matrix products of any shape on the MAC array: `y[r][o] = sum over k of x[r][k] * w[o][k]`.
//!
//! The array computes tiles of `M = Rows * TileRows` by `N = Cols * TileCols` outputs over K steps of 256 bits. A
//! [`Gemm`] cuts a product into such tiles, the last ones of each row and column padded with zeros, as is the end of
//! K, and keeps a few of them queued, so that commands and operands are always ready.
//!
//! With that the array is busy in every cycle but those in which the first operands come in and the last results pass
//! the pipeline and leave along the row, which happens once per product: 20 cycles on 2 x 2 units of 4 x 4 outputs, 32
//! on 4 x 4 units. Between tiles there is no pause, since a tile is drained while the next one computes in the units'
//! other bank; only where K is so short that a bank's turn (`docs/npu.md`) is longer than two tiles do units wait for
//! the drain, which for arrays of up to 8 x 8 units means K of one or two steps. A product whose rows or outputs are
//! no multiple of M or N spends the padding's share of its cycles for nothing.

use std::sync::Arc;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::npu::dot::Operand;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::npu::mac_array::Tile;

use super::array_bench::{Bench, Origin};
use super::tile::{Beat, Shape, TileJob};
use crate::kit::{Failure, FailureKind, Run};
use crate::ports::npu_mac_array::NpuMacArray;

/// Steps of the longest command.
const MAX_STEPS: usize = 65_535;

/// Tiles queued ahead: two that compute or drain, two whose commands the units hold, the others so that what enters
/// at the edge never waits.
const AHEAD: usize = 6;

/// A matrix as operands: each row cut into vectors of 256 bits along K, the last one padded with zeros.
#[derive(Clone, Debug)]
pub struct PackedRows {
    format: Format,
    rows: usize,
    steps: usize,
    beats: Vec<Beat>,
}

impl PackedRows {
    /// Packs a matrix.
    ///
    /// | name       | shape           | element |
    /// |------------|-----------------|---------|
    /// | `elements` | `[rows][k]`     | pattern of the format's elements |
    /// | `scales`   | `[rows][blocks]`| byte of the format's block scales, one for each 32 or 16 elements (the last block of a row may be shorter); empty for formats without |
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] if `elements` or `scales` does not have that shape, or `k` is 0.
    pub fn new(
        format: Format,
        rows: usize,
        k: usize,
        elements: &[u32],
        scales: &[u8],
    ) -> Result<Self, Failure> {
        let (lanes, per_step) = (format.lanes(), format.scale_bytes());
        let steps = k.div_ceil(lanes);
        let blocks = match block_length(format) {
            Some(length) => k.div_ceil(length),
            None => 0,
        };
        for (what, found, needed) in [
            ("elements", elements.len(), rows * k),
            ("scales", scales.len(), rows * blocks),
        ] {
            if found != needed {
                return Err(setup(format!("{found} {what}, the shape needs {needed}")));
            }
        }
        if k == 0 {
            return Err(setup("a product over no elements".to_owned()));
        }
        let mut beats = Vec::with_capacity(rows * steps);
        for (row, elements) in elements.chunks_exact(k).enumerate() {
            for (step, elements) in elements.chunks(lanes).enumerate() {
                let mut operand = Operand::default();
                for (lane, &element) in elements.iter().enumerate() {
                    operand.set_element(format, lane, element);
                }
                let first = step * per_step;
                let of_step = first..(first + per_step).min(blocks);
                for (place, &byte) in scales[row * blocks..][of_step].iter().enumerate() {
                    operand.scale |= u32::from(byte) << (8 * place);
                }
                let Operand { data, scale } = operand;
                beats.push(Beat { data, scale });
            }
        }
        Ok(Self {
            format,
            rows,
            steps,
            beats,
        })
    }

    /// Rows of the matrix.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Operands of a row.
    pub fn steps(&self) -> usize {
        self.steps
    }

    fn operands(&self) -> Vec<Operand> {
        self.beats.iter().map(|&beat| beat.into()).collect()
    }

    /// `count` rows from `first` on, zeros where there are none.
    fn block(&self, first: usize, count: usize) -> Vec<Beat> {
        let rows = first.min(self.rows)..(first + count).min(self.rows);
        let mut beats = Vec::with_capacity(count * self.steps);
        beats.extend_from_slice(&self.beats[rows.start * self.steps..rows.end * self.steps]);
        beats.resize(count * self.steps, Beat::default());
        beats
    }
}

/// Elements under one scale; none for formats without.
pub fn block_length(format: Format) -> Option<usize> {
    (format.scale_bytes() > 0).then(|| format.lanes() / format.scale_bytes())
}

fn setup(message: String) -> Failure {
    Failure::new(FailureKind::Setup, Cycle(0), message)
}

/// A matrix product, cut into tiles of an array.
#[derive(Clone, Debug)]
pub struct Gemm {
    name: Arc<str>,
    shape: Shape,
    satfinite: bool,
    x: PackedRows,
    w: PackedRows,
}

/// What came of a product on the RTL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GemmRun {
    /// `[rows][outputs]`, INT32 or FP32 by format, as the RTL gave them.
    pub outputs: Vec<u32>,
    /// From the first command offered to the last result taken.
    pub cycles: u64,
}

impl Gemm {
    /// The product of `x` `[rows][k]` and the transpose of `w` `[outputs][k]` on an array of the given shape; `name`
    /// is its name in messages.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] if `x` and `w` differ in format or steps, or have more steps than one command may.
    pub fn new(name: &str, shape: Shape, x: PackedRows, w: PackedRows) -> Result<Self, Failure> {
        if (x.format, x.steps) != (w.format, w.steps) {
            let side = |rows: &PackedRows| format!("{} steps of {}", rows.steps, rows.format);
            let (x, w) = (side(&x), side(&w));
            return Err(setup(format!("the operands of `{name}` differ: {x}, {w}")));
        }
        if x.steps > MAX_STEPS {
            let steps = x.steps;
            return Err(setup(format!(
                "`{name}` has {steps} steps, at most {MAX_STEPS} are possible"
            )));
        }
        Ok(Self {
            name: name.into(),
            shape,
            satfinite: false,
            x,
            w,
        })
    }

    /// Clamps integer sums at every step instead of wrapping them.
    #[must_use]
    pub fn saturating(self) -> Self {
        Self {
            satfinite: true,
            ..self
        }
    }

    /// Tiles down and across.
    fn grid(&self) -> (usize, usize) {
        let Self { shape, x, w, .. } = self;
        (x.rows.div_ceil(shape.m()), w.rows.div_ceil(shape.n()))
    }

    /// Number of tiles.
    pub fn tiles(&self) -> usize {
        let (down, across) = self.grid();
        down * across
    }

    /// Dot products of 256 bits that the product needs, padding aside.
    pub fn dot_products(&self) -> u64 {
        (self.x.rows * self.w.rows * self.x.steps) as u64
    }

    /// Share of the dot products that the units could have computed in so many cycles, padding aside, in percent.
    pub fn utilisation(&self, cycles: u64) -> f64 {
        let units = (self.shape.rows * self.shape.cols) as f64;
        100.0 * self.dot_products() as f64 / (units * cycles as f64)
    }

    /// Row and column of the result that tile `index` begins with; tiles go row by row.
    fn corner(&self, index: usize) -> (usize, usize) {
        let (_, across) = self.grid();
        (
            index / across * self.shape.m(),
            index % across * self.shape.n(),
        )
    }

    /// The command and operands of tile `index`.
    pub fn job(&self, index: usize) -> TileJob {
        let (row, col) = self.corner(index);
        TileJob {
            format: self.x.format,
            satfinite: self.satfinite,
            steps: self.x.steps,
            a: self.x.block(row, self.shape.m()),
            b: self.w.block(col, self.shape.n()),
            c: None,
        }
    }

    /// The result `[rows][outputs]` as golden computes it.
    ///
    /// # Errors
    ///
    /// None for what [`Gemm::new`] has let through; golden's own, as [`FailureKind::Setup`].
    pub fn golden(&self) -> Result<Vec<u32>, Failure> {
        let tile = Tile {
            format: self.x.format,
            satfinite: self.satfinite,
            m: self.x.rows,
            n: self.w.rows,
            steps: self.x.steps,
            a: &self.x.operands(),
            b: &self.w.operands(),
            c: None,
        };
        tile.compute().map_err(|error| setup(error.to_string()))
    }

    /// Rows and columns of tile `index` that are no padding: place in the result, place in the tile, length of the run.
    fn pieces(&self, index: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let ((row, col), n, outputs) = (self.corner(index), self.shape.n(), self.w.rows);
        let (height, width) = (self.shape.m().min(self.x.rows - row), n.min(outputs - col));
        (0..height).map(move |r| ((row + r) * outputs + col, r * n, width))
    }

    /// Puts the outputs `[m][n]` of tile `index` at their place in the result `[rows][outputs]`.
    pub fn place(&self, index: usize, tile: &[u32], result: &mut [u32]) {
        for (to, from, width) in self.pieces(index) {
            result[to..to + width].copy_from_slice(&tile[from..from + width]);
        }
    }

    /// Runs the product on the RTL, each output held against `golden`, the result of [`Gemm::golden`]. Nothing else
    /// may be queued in `bench`.
    ///
    /// # Errors
    ///
    /// As [`Bench::cycle`]; a difference is named with the product, row and column.
    pub fn run(
        &self,
        run: &mut Run<NpuMacArray>,
        bench: &mut Bench,
        golden: &[u32],
    ) -> Result<GemmRun, Failure> {
        let started = run.dut.now();
        let mut outputs = vec![0; self.x.rows * self.w.rows];
        let (mut queued, mut done) = (0, 0);
        while done < self.tiles() {
            while queued < self.tiles() && bench.unfinished() < AHEAD {
                self.queue(bench, queued, golden)?;
                queued += 1;
            }
            bench.cycle(run)?;
            while let Some(tile) = bench.finished() {
                self.place(done, &tile, &mut outputs);
                done += 1;
            }
        }
        Ok(GemmRun {
            outputs,
            cycles: run.dut.now().0 - started.0,
        })
    }

    fn queue(&self, bench: &mut Bench, index: usize, golden: &[u32]) -> Result<(), Failure> {
        let job = self.job(index);
        let words = self.shape.m() * self.shape.n();
        let expected = if self.pieces(index).map(|(_, _, width)| width).sum::<usize>() == words {
            let mut expected = vec![0; words];
            for (from, to, width) in self.pieces(index) {
                expected[to..to + width].copy_from_slice(&golden[from..from + width]);
            }
            expected
        } else {
            // Padding times infinity or NaN is not zero, so that `golden` does not say what the padding gives.
            job.golden(self.shape)?
        };
        let (row, col) = self.corner(index);
        let origin = Origin {
            what: Arc::clone(&self.name),
            row,
            col,
        };
        bench.queue_expecting(job, expected, Some(origin));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        rows: 2,
        cols: 3,
        tile_rows: 4,
        tile_cols: 2,
    };

    /// Small integers, which every element format can represent and whose sums are exact in all of them.
    fn number(row: usize, k: usize) -> i32 {
        [0, 1, -2, 2, -1, 1, 0, 2, -2, -1, 1][(row * 31 + k * 7 + row * k) % 11]
    }

    fn packed(format: Format, rows: usize, k: usize, seed: usize) -> PackedRows {
        let elements: Vec<u32> = (0..rows * k)
            .map(|i| number(i / k + seed, i % k))
            .map(|value| {
                format
                    .element()
                    .encode(value, gpnpu_golden::numerics::Overflow::Saturate)
            })
            .collect();
        // Scales of 1.
        let byte = if format == Format::NvFp4 { 0x38 } else { 0x7f };
        let blocks = block_length(format).map_or(0, |length| k.div_ceil(length));
        PackedRows::new(format, rows, k, &elements, &vec![byte; rows * blocks])
            .expect("the shapes fit")
    }

    /// Tiles put together are the product, whatever its shape: one smaller than a tile, one that fits, others that
    /// are longer than a multiple by one or shorter by one.
    #[test]
    fn tiles_of_any_shape_make_the_product() {
        for format in Format::ALL {
            for (rows, k, outputs) in [
                (1, 1, 1),
                (8, 64, 6),
                (9, 65, 7),
                (7, 33, 13),
                (17, 129, 5),
                (3, 15, 11),
            ] {
                let (x, w) = (packed(format, rows, k, 0), packed(format, outputs, k, 100));
                let gemm = Gemm::new("g", SHAPE, x, w).expect("the operands fit");
                let mut by_tiles = vec![0xdead; rows * outputs];
                for index in 0..gemm.tiles() {
                    let tile = gemm
                        .job(index)
                        .golden(SHAPE)
                        .expect("a tile of the array's shape");
                    gemm.place(index, &tile, &mut by_tiles);
                }
                for (place, &word) in by_tiles.iter().enumerate() {
                    let (row, out) = (place / outputs, 100 + place % outputs);
                    let sum: i32 = (0..k).map(|k| number(row, k) * number(out, k)).sum();
                    let found = if format.is_integer() {
                        word as i32
                    } else {
                        f32::from_bits(word) as i32
                    };
                    assert_eq!(found, sum, "{format} {rows}x{k}x{outputs} at {place}");
                }
                assert_eq!(gemm.golden().expect("the shapes fit"), by_tiles, "{format}");
            }
        }
    }

    /// Each scale goes to the elements of its own block, also where a row ends within a vector.
    #[test]
    fn scales_belong_to_their_blocks() {
        for (format, k, length, byte) in
            [(Format::MxFp4, 96, 32, 0x80), (Format::NvFp4, 80, 16, 0x40)]
        {
            let one = format
                .element()
                .encode(1, gpnpu_golden::numerics::Overflow::Saturate);
            let plain = if format == Format::NvFp4 { 0x38 } else { 0x7f };
            let blocks = k / length;
            let w =
                PackedRows::new(format, 1, k, &vec![one; k], &vec![plain; blocks]).expect("fits");
            // Row r has the scale 2 in block r, and ones in block r alone.
            let mut scales = vec![plain; blocks * blocks];
            let mut elements = vec![0; blocks * k];
            for r in 0..blocks {
                scales[r * blocks + r] = byte;
                elements[r * k + r * length..][..length].fill(one);
            }
            let x = PackedRows::new(format, blocks, k, &elements, &scales).expect("fits");
            let gemm = Gemm::new("g", SHAPE, x, w).expect("the operands fit");
            let sums: Vec<f32> = gemm
                .golden()
                .expect("fits")
                .into_iter()
                .map(f32::from_bits)
                .collect();
            assert_eq!(sums, vec![2.0 * length as f32; blocks], "{format}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = PackedRows::new(Format::Fp16, 2, 3, &[0; 5], &[]).expect_err("one is missing");
        assert_eq!(error.message, "5 elements, the shape needs 6");
        let (x, w) = (
            packed(Format::Fp16, 1, 16, 0),
            packed(Format::Fp16, 1, 17, 0),
        );
        let error = Gemm::new("g", SHAPE, x, w).expect_err("one step and two");
        assert_eq!(
            error.message,
            "the operands of `g` differ: 1 steps of fp16, 2 steps of fp16"
        );
    }
}
