//! Testbench of `npu_mac_array`.

use std::collections::VecDeque;
use std::ops::Range;

use gpnpu_golden::npu::format::Format;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use super::array_bench::{Bench, Paces, into_reset};
use super::operands::Profile;
use super::tile::{Beat, Shape, TileJob};
use crate::kit::{AnyTest, Failure, Pace, PaceSet, Run, Stimulus, Test, Testbench};
use crate::ports::npu_mac_array::NpuMacArray;

/// Tiles through `npu_mac_array`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArrayStimulus {
    /// Tiles in order.
    pub tiles: Vec<TileJob>,
    /// When the channels move.
    #[serde(default)]
    pub paces: Paces,
    /// Cycles of resets, counted from the one before; the tiles in flight are lost, the next one starts afresh.
    #[serde(default)]
    pub resets: Vec<u64>,
}

impl Stimulus for ArrayStimulus {
    fn len(&self) -> usize {
        self.tiles.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.tiles.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.resets.is_empty() {
            all.push(Self {
                resets: Vec::new(),
                ..self.clone()
            });
        }
        all.extend(self.paces.simpler().into_iter().map(|paces| Self {
            paces,
            ..self.clone()
        }));
        for (index, tile) in self.tiles.iter().enumerate() {
            all.extend(tile.simpler().into_iter().map(|tile| {
                let mut candidate = self.clone();
                candidate.tiles[index] = tile;
                candidate
            }));
        }
        all
    }
}

/// Drives `npu_mac_array` and holds every output against golden, bit for bit.
pub struct ArrayTb;

impl Testbench for ArrayTb {
    type Ports = NpuMacArray;
    type Stimulus = ArrayStimulus;

    fn run(run: &mut Run<NpuMacArray>, stimulus: &ArrayStimulus) -> Result<(), Failure> {
        let shape = Shape::of(&run.parameters);
        let mut bench = Bench::new(run, shape, stimulus.paces);
        let mut tiles: VecDeque<&TileJob> = stimulus.tiles.iter().collect();
        let queue_all = |bench: &mut Bench, tiles: &VecDeque<&TileJob>| {
            tiles
                .iter()
                .try_for_each(|tile| bench.queue((*tile).clone()))
        };
        run.reset(into_reset)?;
        for cycles in &stimulus.resets {
            queue_all(&mut bench, &tiles)?;
            let end = run.dut.now().0 + cycles;
            while run.dut.now().0 < end && !bench.idle() {
                bench.cycle(run)?;
            }
            // Tiles whose command had been taken are lost; those after them start afresh.
            let lost = bench.reset(run)?;
            tiles.drain(..lost);
        }
        queue_all(&mut bench, &tiles)?;
        bench.finish(run)
    }
}

/// Steps weighted toward one and two, where a tile ends as soon as it begins, and around the chain pass.
fn steps() -> BoxedStrategy<usize> {
    prop_oneof![3 => Just(1usize), 2 => Just(2), 3 => 3..6usize, 3 => 6..12usize, 1 => 12..24usize]
        .boxed()
}

fn format() -> BoxedStrategy<Format> {
    select(Format::ALL.to_vec()).boxed()
}

fn tile(
    shape: Shape,
    format: BoxedStrategy<Format>,
    steps: BoxedStrategy<usize>,
) -> BoxedStrategy<TileJob> {
    (format, Profile::any(), steps, any::<bool>(), any::<u64>())
        .prop_map(move |(format, profile, steps, preload, seed)| {
            TileJob::draw(shape, format, profile, steps, preload, seed)
        })
        .boxed()
}

fn any_paces() -> BoxedStrategy<Paces> {
    let mixed = (
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
    )
        .prop_map(|(cmd, a, b, c, d)| Paces { cmd, a, b, c, d });
    // Full rate everywhere is where the array overlaps most.
    prop_oneof![1 => Just(Paces::default()), 4 => mixed].boxed()
}

fn tiles(shape: Shape, count: Range<usize>) -> BoxedStrategy<ArrayStimulus> {
    (vec(tile(shape, format(), steps()), count), any_paces())
        .prop_map(|(tiles, paces)| ArrayStimulus {
            tiles,
            paces,
            resets: Vec::new(),
        })
        .boxed()
}

/// Configurations small enough for many seeds.
const SMALL: &[&str] = &["2x2", "1x3_t8x2"];

/// The tests of `npu_mac_array`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, configs, iterations, strategy| {
        Test::<ArrayTb>::boxed(name, doc, configs, iterations, strategy)
    };
    vec![
        test(
            "smoke",
            "One small tile of each format, in all configurations.",
            &[],
            1,
            |parameters| {
                let shape = Shape::of(parameters);
                let each = |(seed, format)| {
                    TileJob::draw(shape, format, Profile::Near, 2, seed % 2 == 0, seed as u64)
                };
                let tiles = Format::ALL.into_iter().enumerate().map(each).collect();
                Just(ArrayStimulus {
                    tiles,
                    paces: Paces::default(),
                    resets: Vec::new(),
                })
                .boxed()
            },
        ),
        test(
            "directed",
            "Where each element, scale and word of C goes: one operand at a time is not zero and names its place.",
            SMALL,
            1,
            |parameters| Just(directed(Shape::of(parameters))).boxed(),
        ),
        test(
            "random",
            "Random tiles of all formats at random paces on every stream.\n\nSteps are few, since what can go wrong does \
             so at the ends of a tile; `accumulate_chain` has the long ones.",
            &["2x2", "4x4", "1x3_t8x2"],
            16,
            |parameters| tiles(Shape::of(parameters), 20..30),
        ),
        test(
            "back_pressure",
            "D is taken slowly or late while everything else is ready: the accumulators stay full and the units wait.",
            SMALL,
            8,
            |parameters| {
                let slow = prop_oneof![
                    (2..25u8).prop_map(Pace::Percent),
                    (1..6u16, 10..60u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (100..400u16).prop_map(Pace::After),
                ];
                (tiles(Shape::of(parameters), 12..20), slow, any::<bool>())
                    .prop_map(|(stimulus, d, rest)| {
                        let paces = if rest {
                            Paces::default()
                        } else {
                            stimulus.paces
                        };
                        ArrayStimulus {
                            paces: Paces { d, ..paces },
                            ..stimulus
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets while idle, loading, computing and draining; the next tile must not see what was before.\n\nA reset \
             loses the tiles whose commands are taken, so that there are many.",
            SMALL,
            16,
            |parameters| {
                let shape = Shape::of(parameters);
                let any = any_paces().prop_flat_map(|paces| {
                    let cycles = prop_oneof![0..6u64, 6..60u64, 60..400u64];
                    (Just(paces), vec(cycles, 2..6))
                });
                // Rare commands and slow results: only so is the array found draining with nothing left to compute.
                let draining =
                    (1..3u8, 5..20u8, vec(50..600u64, 3..7)).prop_map(|(cmd, d, resets)| {
                        let paces = Paces {
                            cmd: Pace::Percent(cmd),
                            d: Pace::Percent(d),
                            ..Paces::default()
                        };
                        (paces, resets)
                    });
                (tiles(shape, 40..60), prop_oneof![2 => any, 1 => draining])
                    .prop_map(|(stimulus, (paces, resets))| ArrayStimulus {
                        paces,
                        resets,
                        ..stimulus
                    })
                    .boxed()
            },
        ),
        test(
            "format_switch",
            "One-step tiles of another format each, back to back: the formats of neighbouring tiles are in the array at \
             the same time.",
            SMALL,
            4,
            |parameters| {
                let shape = Shape::of(parameters);
                (
                    any::<u64>(),
                    vec((format(), Profile::any(), any::<bool>()), 40..50),
                )
                    .prop_map(move |(seed, tiles)| {
                        let each = |(index, (format, profile, preload)): (
                            usize,
                            (Format, Profile, bool),
                        )| {
                            TileJob::draw(
                                shape,
                                format,
                                profile,
                                1,
                                preload,
                                seed.wrapping_add(index as u64),
                            )
                        };
                        let tiles = tiles.into_iter().enumerate().map(each).collect();
                        ArrayStimulus {
                            tiles,
                            paces: Paces::default(),
                            resets: Vec::new(),
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "accumulate_chain",
            "Long chains through the accumulators, up to 100 steps, and tiles that continue one another through C.",
            SMALL,
            6,
            |parameters| {
                let shape = Shape::of(parameters);
                let long = prop_oneof![Just(16usize), 17..40usize, 65..100usize].boxed();
                // Each format once, in any order.
                let of_each = |format| tile(shape, Just(format).boxed(), long.clone());
                let tiles: Vec<_> = Format::ALL.into_iter().map(of_each).collect();
                (tiles.prop_shuffle(), any::<bool>())
                    .prop_map(move |(mut tiles, continued)| {
                        if continued {
                            for index in 1..tiles.len() {
                                let before = tiles[index - 1].clone();
                                tiles[index].c = before.golden(shape).ok();
                            }
                        }
                        ArrayStimulus {
                            tiles,
                            paces: Paces::default(),
                            resets: Vec::new(),
                        }
                    })
                    .boxed()
            },
        ),
    ]
}

fn directed(shape: Shape) -> ArrayStimulus {
    let zero = |count: usize, scale| {
        vec![
            Beat {
                data: [0; 8],
                scale
            };
            count
        ]
    };
    let mut tiles = Vec::new();
    // INT8: row i of A is i + 1 in lane i, column j of B is j + 1 in all lanes; D[i][j] = (i + 1)(j + 1).
    for steps in [1, 3] {
        let mut a = zero(shape.m() * steps, 0);
        let mut b = zero(shape.n() * steps, 0);
        for i in 0..shape.m() {
            a[i * steps].data[i % 8] = (i as u32 + 1) << (8 * (i / 8 % 4));
        }
        for (j, beats) in b.chunks_mut(steps).enumerate() {
            beats[0].data = [(j as u32 + 1) * 0x0101_0101; 8];
        }
        tiles.push(TileJob {
            format: Format::Int8,
            satfinite: false,
            steps,
            a,
            b,
            c: None,
        });
    }
    // C alone: every word comes back at its place.
    for format in [Format::Int8, Format::Fp16] {
        let c = (0..shape.m() * shape.n())
            .map(|word| 0x3f80_0000 + word as u32)
            .collect();
        let (a, b) = (zero(shape.m(), 0), zero(shape.n(), 0));
        tiles.push(TileJob {
            format,
            satfinite: false,
            steps: 1,
            a,
            b,
            c: Some(c),
        });
    }
    // MXFP8: one scale at a time doubles its row or column.
    for operand in 0..shape.m() + shape.n() {
        let ones = |count: usize| {
            vec![
                Beat {
                    data: [0x3838_3838; 8],
                    scale: 0x7f
                };
                count
            ]
        };
        let (mut a, mut b) = (ones(shape.m()), ones(shape.n()));
        match operand.checked_sub(shape.m()) {
            None => a[operand].scale = 0x80,
            Some(column) => b[column].scale = 0x80,
        }
        tiles.push(TileJob {
            format: Format::MxFp8E4M3,
            satfinite: false,
            steps: 1,
            a,
            b,
            c: None,
        });
    }
    // Saturation sticks within a tile, and does not outlive it.
    for satfinite in [true, false] {
        let max = |count: usize| {
            vec![
                Beat {
                    data: [0x7f7f_7f7f; 8],
                    scale: 0
                };
                count
            ]
        };
        let c = Some(vec![0x7fff_ff00; shape.m() * shape.n()]);
        tiles.push(TileJob {
            format: Format::Int8,
            satfinite,
            steps: 2,
            a: max(2 * shape.m()),
            b: max(2 * shape.n()),
            c,
        });
    }
    ArrayStimulus {
        tiles,
        paces: Paces::default(),
        resets: Vec::new(),
    }
}
