//! Matrix products of random shapes through `npu_mac_array`, and how fast they are.

use std::ops::Range;

use gpnpu_golden::npu::format::Format;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::array_bench::{Bench, Paces, into_reset};
use super::gemm::{Gemm, PackedRows, block_length};
use super::operands::{self, Operands, Profile};
use super::tile::Shape;
use crate::kit::{AnyTest, Failure, Run, Stimulus, Table, Test, Testbench};
use crate::ports::npu_mac_array::NpuMacArray;

/// One product of random matrices, `[rows][k]` times the transpose of `[outputs][k]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Format of both matrices.
    pub format: Format,
    /// Clamp integer sums.
    #[serde(default)]
    pub satfinite: bool,
    /// Rows of the result.
    pub rows: usize,
    /// Terms of a sum.
    pub k: usize,
    /// Columns of the result.
    pub outputs: usize,
    /// What the elements are drawn from: numbers of like size if even, any bits if odd.
    pub seed: u64,
}

impl Product {
    fn gemm(&self, shape: Shape) -> Result<Gemm, Failure> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let profile = [Profile::Near, Profile::Bits][(self.seed & 1) as usize];
        let mut operands = Operands::new(self.format, profile, &mut rng);
        let mut matrix = |rows: usize| {
            let (mut elements, mut scales) = (Vec::new(), Vec::new());
            let blocks = block_length(self.format).map_or(0, |length| self.k.div_ceil(length));
            for row in 1..=rows {
                while elements.len() < row * self.k {
                    elements.extend(operands::unpack(self.format, &operands.vector()));
                    scales.extend(&operands.scales().to_le_bytes()[..self.format.scale_bytes()]);
                }
                elements.truncate(row * self.k);
                scales.truncate(row * blocks);
            }
            PackedRows::new(self.format, rows, self.k, &elements, &scales)
        };
        let (x, w) = (matrix(self.rows)?, matrix(self.outputs)?);
        let Self {
            rows, k, outputs, ..
        } = self;
        let gemm = Gemm::new(&format!("{rows} x {k} x {outputs}"), shape, x, w)?;
        Ok(if self.satfinite {
            gemm.saturating()
        } else {
            gemm
        })
    }

    fn simpler(&self) -> Vec<Self> {
        let lanes = self.format.lanes();
        let candidates = [
            Self { rows: 1, ..*self },
            Self {
                outputs: 1,
                ..*self
            },
            Self { k: lanes, ..*self },
            Self { k: 1, ..*self },
            Self {
                rows: self.rows / 2,
                ..*self
            },
            Self {
                outputs: self.outputs / 2,
                ..*self
            },
            Self {
                k: self.k / 2,
                ..*self
            },
            Self {
                satfinite: false,
                ..*self
            },
        ];
        let smaller = |to: &Self| {
            let size = |p: &Self| (p.rows * p.k * p.outputs, p.satfinite);
            to.rows * to.k * to.outputs > 0 && size(to) < size(self)
        };
        candidates.into_iter().filter(smaller).collect()
    }
}

/// Products one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductStimulus {
    /// Products in order.
    pub products: Vec<Product>,
    /// Products of at least so many steps fail if they take longer than an array that is always busy.
    #[serde(default)]
    pub full_rate_from: Option<usize>,
}

impl Stimulus for ProductStimulus {
    fn len(&self) -> usize {
        self.products.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.products.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let all = self
            .products
            .iter()
            .enumerate()
            .flat_map(|(index, product)| {
                product.simpler().into_iter().map(move |simpler| {
                    let mut candidate = self.clone();
                    candidate.products[index] = simpler;
                    candidate
                })
            });
        all.collect()
    }
}

/// Cycles from the command to the first operands at work in the last unit, and from its last sum to the last result at
/// the edge, in all: a pipeline of up to 12 stages with its registers, a cycle for each unit passed, a row's results.
fn fill_and_drain(shape: Shape) -> u64 {
    (20 + shape.rows + shape.cols + shape.tile_rows * shape.cols) as u64
}

/// Runs products, holds every output against golden and measures the rate.
pub struct ProductTb;

impl Testbench for ProductTb {
    type Ports = NpuMacArray;
    type Stimulus = ProductStimulus;

    fn run(run: &mut Run<NpuMacArray>, stimulus: &ProductStimulus) -> Result<(), Failure> {
        let shape = Shape::of(&run.parameters);
        let mut bench = Bench::new(run, shape, Paces::default());
        let title = format!("matrix products on {} x {} units", shape.rows, shape.cols);
        let columns = [
            "format",
            "rows",
            "k",
            "outputs",
            "tiles",
            "cycles",
            "utilisation %",
        ];
        let mut table = Table::new(title, &columns);
        run.reset(into_reset)?;
        for product in &stimulus.products {
            let gemm = product.gemm(shape)?;
            let golden = gemm.golden()?;
            let done = gemm.run(run, &mut bench, &golden)?;
            let steps = product.k.div_ceil(product.format.lanes());
            let busy = (gemm.tiles() * steps * shape.tile_rows * shape.tile_cols) as u64;
            let limit = busy + fill_and_drain(shape);
            if stimulus
                .full_rate_from
                .is_some_and(|fewest| steps >= fewest)
                && done.cycles > limit
            {
                let (cycles, limit) = (done.cycles.to_string(), format!("at most {limit}"));
                let name = format!("number of cycles for {steps} steps");
                return Err(Failure::mismatch(run.dut.now(), &name, &cycles, &limit));
            }
            table.row([
                product.format.name().into(),
                product.rows.into(),
                product.k.into(),
                product.outputs.into(),
                gemm.tiles().into(),
                done.cycles.into(),
                gemm.utilisation(done.cycles).into(),
            ]);
        }
        bench.finish(run)?;
        run.table(table);
        Ok(())
    }
}

/// Tests of `npu_mac_array` with matrix products.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| -> Box<dyn AnyTest> {
        let configs = &["2x2", "4x4", "1x3_t8x2"];
        Test::<ProductTb>::boxed(name, doc, configs, iterations, strategy)
    };
    vec![
        test(
            "products",
            "Matrix products of random shapes, all but a few of which need padding in rows, columns and K.\n\nHalf of \
             them hold infinities and NaNs, which must not come out of the padding.",
            2,
            |parameters| {
                let shape = Shape::of(parameters);
                let format = select(Format::ALL.to_vec());
                let sizes = (1..=2 * shape.m() + 1, 1..200usize, 1..=2 * shape.n() + 1);
                let product = (format, any::<bool>(), sizes, any::<u64>()).prop_map(
                    |(format, satfinite, (rows, k, outputs), seed)| Product {
                        format,
                        satfinite,
                        rows,
                        k,
                        outputs,
                        seed,
                    },
                );
                vec(product, 8..12)
                    .prop_map(|products| ProductStimulus {
                        products,
                        full_rate_from: None,
                    })
                    .boxed()
            },
        ),
        test(
            "full_rate",
            "Products of 64 tiles and 1 to 16 steps. From as few steps on as hide a bank's turn, the array has to compute \
             a dot product per unit and cycle but at the start and at the end; a bubble in every tile is seen.",
            1,
            |parameters| {
                let shape = Shape::of(parameters);
                // A bank's turn, with a pipeline of up to 12 stages.
                let turn = 15 + (shape.cols - 1) * shape.tile_rows;
                let fewest = turn.div_ceil(shape.tile_rows * shape.tile_cols);
                let product = |steps: usize| Product {
                    format: Format::Int8,
                    satfinite: false,
                    rows: 8 * shape.m(),
                    k: 32 * steps,
                    outputs: 8 * shape.n(),
                    seed: 2,
                };
                let products = [1, 2, 3, 4, 8, 16].map(product).to_vec();
                let full_rate_from = Some(fewest);
                Just(ProductStimulus {
                    products,
                    full_rate_from,
                })
                .boxed()
            },
        ),
    ]
}
