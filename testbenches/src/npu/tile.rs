//! Tiles of the MAC array: sizes, operands, what golden makes of them.

use std::ops::Range;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::npu::dot::Operand;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::npu::mac_array::Tile;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::operands::{self, Operands, Profile};
use crate::kit::{Failure, FailureKind, Parameters, hex};

/// One operand of a stored stimulus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Elements.
    #[serde(with = "hex::vector")]
    pub data: [u32; 8],
    /// Block scales.
    #[serde(with = "hex::word")]
    pub scale: u32,
}

impl From<Beat> for Operand {
    fn from(beat: Beat) -> Self {
        Self {
            data: beat.data,
            scale: beat.scale,
        }
    }
}

/// One command with its operands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileJob {
    /// Format.
    pub format: Format,
    /// Clamp integer sums.
    #[serde(default)]
    pub satfinite: bool,
    /// K steps.
    pub steps: usize,
    /// `[m][steps]`: one operand for each row of outputs and step.
    pub a: Vec<Beat>,
    /// `[n][steps]`: one operand for each column of outputs and step.
    pub b: Vec<Beat>,
    /// `[m][n]`, preloaded; without it C is zero and nothing is preloaded.
    #[serde(default)]
    pub c: Option<Vec<u32>>,
}

/// Sizes of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of units.
    pub rows: usize,
    /// Columns of units.
    pub cols: usize,
    /// Rows of outputs in a unit.
    pub tile_rows: usize,
    /// Columns of outputs in a unit.
    pub tile_cols: usize,
}

impl Shape {
    /// Those of a configuration.
    pub fn of(parameters: &Parameters) -> Self {
        Self {
            rows: parameters.get("Rows"),
            cols: parameters.get("Cols"),
            tile_rows: parameters.get("TileRows"),
            tile_cols: parameters.get("TileCols"),
        }
    }

    /// Rows of outputs.
    pub fn m(&self) -> usize {
        self.rows * self.tile_rows
    }

    /// Columns of outputs.
    pub fn n(&self) -> usize {
        self.cols * self.tile_cols
    }
}

impl TileJob {
    /// Draws a tile; its numbers come from `seed` alone.
    pub fn draw(
        shape: Shape,
        format: Format,
        profile: Profile,
        steps: usize,
        preload: bool,
        seed: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut operands = Operands::new(format, profile, &mut rng);
        let mut beats = |count: usize| -> Vec<Beat> {
            (0..count)
                .map(|_| Beat {
                    data: operands.vector(),
                    scale: operands.scales(),
                })
                .collect()
        };
        let (a, b) = (beats(shape.m() * steps), beats(shape.n() * steps));
        let c = preload.then(|| {
            (0..shape.m() * shape.n())
                .map(|_| operands.addend())
                .collect()
        });
        Self {
            format,
            satfinite: seed & 1 == 1,
            steps,
            a,
            b,
            c,
        }
    }

    /// Golden's outputs, `[m][n]`.
    ///
    /// # Errors
    ///
    /// If the operands do not fit the array.
    pub fn golden(&self, shape: Shape) -> Result<Vec<u32>, Failure> {
        let operands = |beats: &[Beat]| {
            beats
                .iter()
                .map(|beat| Operand::from(*beat))
                .collect::<Vec<_>>()
        };
        let tile = Tile {
            format: self.format,
            satfinite: self.satfinite,
            m: shape.m(),
            n: shape.n(),
            steps: self.steps,
            a: &operands(&self.a),
            b: &operands(&self.b),
            c: self.c.as_deref(),
        };
        tile.compute().map_err(|e| {
            let message = format!("the stimulus does not fit the configuration: {e}");
            Failure::new(FailureKind::Setup, Cycle(0), message)
        })
    }

    fn without_steps(&self, steps: &Range<usize>) -> Self {
        let keep = |beats: &[Beat]| -> Vec<Beat> {
            let kept = |(index, _): &(usize, &Beat)| !steps.contains(&(index % self.steps));
            beats
                .iter()
                .enumerate()
                .filter(kept)
                .map(|(_, beat)| *beat)
                .collect()
        };
        Self {
            steps: self.steps - steps.len(),
            a: keep(&self.a),
            b: keep(&self.b),
            ..self.clone()
        }
    }

    pub(super) fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if self.steps > 1 {
            for range in operands::lane_ranges(self.steps.next_power_of_two()) {
                let range = range.start..range.end.min(self.steps);
                if !range.is_empty() && range.len() < self.steps {
                    all.push(self.without_steps(&range));
                }
            }
        }
        if self.satfinite {
            all.push(Self {
                satfinite: false,
                ..self.clone()
            });
        }
        if let Some(c) = &self.c {
            all.push(Self {
                c: None,
                ..self.clone()
            });
            if c.iter().any(|word| *word != 0) {
                all.push(Self {
                    c: Some(vec![0; c.len()]),
                    ..self.clone()
                });
            }
        }
        let one = if self.format == Format::NvFp4 {
            0x3838_3838
        } else {
            0x7f7f_7f7f
        };
        for (side, beats) in [(true, &self.a), (false, &self.b)] {
            let with = |beats: Vec<Beat>| match side {
                true => Self {
                    a: beats,
                    ..self.clone()
                },
                false => Self {
                    b: beats,
                    ..self.clone()
                },
            };
            if beats.iter().any(|beat| beat.scale != one) {
                all.push(with(
                    beats
                        .iter()
                        .map(|beat| Beat {
                            scale: one,
                            ..*beat
                        })
                        .collect(),
                ));
            }
            for range in operands::lane_ranges(beats.len().next_power_of_two()) {
                let range = range.start.min(beats.len())..range.end.min(beats.len());
                if beats[range.clone()].iter().any(|beat| beat.data != [0; 8]) {
                    let mut beats = beats.clone();
                    beats[range].iter_mut().for_each(|beat| beat.data = [0; 8]);
                    all.push(with(beats));
                }
            }
            for lanes in operands::lane_ranges(self.format.lanes()) {
                let cleared: Vec<Beat> = beats
                    .iter()
                    .map(|beat| Beat {
                        data: operands::cleared(self.format, &beat.data, &lanes),
                        ..*beat
                    })
                    .collect();
                if cleared != *beats {
                    all.push(with(cleared));
                }
            }
        }
        all
    }
}
