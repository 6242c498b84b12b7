//! Which requests the tests of `simt_mem` make, and why these.

use std::ops::Range;

use gpnpu_coverage::simt::mem::{MemSample, Pattern, SpaceClass};
use proptest::collection::vec;
use proptest::prelude::*;

use super::mem_stimulus::{Access, Figure, LaneAccess, MemStimulus};
use crate::kit::axi::AxiPaces;
use crate::kit::{Pace, Parameters};

impl Access {
    /// For coverage.
    pub fn shape(&self) -> MemSample {
        let bytes = 1 << self.size;
        let all = |test: fn(&LaneAccess) -> bool| self.lanes.iter().all(test);
        let space = match (all(|lane| lane.shared), all(|lane| !lane.shared)) {
            (true, _) => SpaceClass::Shared,
            (_, true) => SpaceClass::Memory,
            _ => SpaceClass::Mixed,
        };
        let mut pairs = self.lanes.windows(2);
        let same_line = self
            .lanes
            .windows(2)
            .all(|pair| pair[0].at / 64 == pair[1].at / 64 && pair[0].shared == pair[1].shared);
        let pattern = if self.lanes.len() == 1 {
            Pattern::Single
        } else if space == SpaceClass::Mixed {
            Pattern::Scattered
        } else if pairs.clone().all(|pair| pair[0].at == pair[1].at) {
            Pattern::SameWord
        } else if pairs.all(|pair| pair[0].at + bytes == pair[1].at) {
            Pattern::UnitStride
        } else if same_line {
            Pattern::SameLine
        } else {
            Pattern::Scattered
        };
        MemSample {
            op: self.op,
            size: self.size,
            space,
            pattern,
            lanes: self.lanes.len() as u32,
        }
    }
}

/// What requests are drawn from.
#[derive(Clone, Copy)]
struct Mix {
    /// Weights of loads, stores, LR, SC and AMOs.
    ops: [u32; 5],
    /// Weights of memory, shared memory and both.
    spaces: [u32; 3],
    /// Lines of memory, and bytes of shared memory, that are used.
    lines: u32,
    shared_bytes: u32,
}

fn op(mix: Mix) -> BoxedStrategy<u8> {
    let [loads, stores, lr, sc, amos] = mix.ops;
    prop_oneof![
        loads => Just(0u8),
        stores => Just(1u8),
        lr => Just(2u8),
        sc => Just(3u8),
        amos => 4..13u8,
    ]
    .boxed()
}

/// How a lane's address follows from its number.
#[derive(Clone, Copy, Debug)]
enum Walk {
    Same,
    Unit,
    Line,
    Stride(u32),
    Random,
}

fn walk() -> BoxedStrategy<Walk> {
    prop_oneof![
        2 => Just(Walk::Same),
        4 => Just(Walk::Unit),
        2 => Just(Walk::Line),
        2 => prop_oneof![Just(2u32), Just(3), Just(8), Just(16), Just(17)].prop_map(Walk::Stride),
        2 => Just(Walk::Random),
    ]
    .boxed()
}

/// The lanes of a mask: all, any, or one.
fn mask(lanes: usize) -> BoxedStrategy<u16> {
    let all = ((1u32 << lanes) - 1) as u16;
    prop_oneof![
        3 => Just(all),
        3 => 1..=all,
        1 => (0..lanes).prop_map(|lane| 1u16 << lane),
    ]
    .boxed()
}

fn access(parameters: &Parameters, mix: Mix) -> BoxedStrategy<Access> {
    let lanes = parameters.get("Lanes");
    let (cores, warps) = (parameters.get("Cores"), parameters.get("Warps"));
    let [memory, shared, both] = mix.spaces;
    let space = prop_oneof![
        memory => Just(0u16),
        shared => Just(u16::MAX),
        both => any::<u16>(),
    ];
    let place = (0..cores as u8, 0..warps as u8);
    let what = (op(mix), 0..4u8, any::<bool>(), prop::bool::weighted(0.05));
    let lanes = (
        mask(lanes),
        space,
        walk(),
        any::<u32>(),
        vec((any::<u32>(), operand()), lanes),
    );
    (place, what, lanes)
        .prop_map(move |((core, warp), (op, size, sign, fence), lanes)| {
            let size = if op >= 2 { size | 2 } else { size };
            let (mask, space, walk, start, each) = lanes;
            let lane = |(lane, (random, data)): (usize, &(u32, u64))| {
                let shared = space >> lane & 1 != 0;
                let bytes = if shared {
                    mix.shared_bytes
                } else {
                    mix.lines * 64
                };
                let lane_number = lane as u32;
                let at = match walk {
                    Walk::Same => start,
                    Walk::Unit => (start & !63).wrapping_add(lane_number << size),
                    Walk::Line => (start & !63) | (random & 63),
                    Walk::Stride(step) => start.wrapping_add((lane_number * step) << size),
                    Walk::Random => *random,
                };
                (mask >> lane & 1 != 0).then_some(LaneAccess {
                    lane: lane as u8,
                    shared,
                    at: (at % bytes) & !((1 << size) - 1),
                    data: *data,
                })
            };
            Access {
                core,
                warp,
                op,
                size,
                sign,
                lanes: each.iter().enumerate().filter_map(lane).collect(),
                fence,
            }
        })
        .boxed()
}

/// Operands: any, and those at which orders and sums turn.
fn operand() -> BoxedStrategy<u64> {
    prop_oneof![
        3 => any::<u64>(),
        1 => Just(0u64),
        1 => Just(u64::MAX),
        1 => Just(1u64 << 31),
        1 => Just(1u64 << 63),
        1 => Just((1u64 << 31) - 1),
    ]
    .boxed()
}

/// Requests with the given mix, at any pace.
fn requests(parameters: &Parameters, mix: Mix, count: Range<usize>) -> BoxedStrategy<MemStimulus> {
    let latency = prop_oneof![Just(1..2u64), Just(1..40), Just(60..100)];
    let paces = [(); 3].map(|()| Pace::any());
    (
        vec(access(parameters, mix), count),
        paces,
        AxiPaces::any(),
        latency,
        any::<bool>(),
    )
        .prop_map(
            move |(accesses, paces, axi, latency, reorder)| MemStimulus {
                accesses,
                fetches: Vec::new(),
                paces,
                axi,
                latency,
                reorder,
                faults: Vec::new(),
                empties: Vec::new(),
                resets: Vec::new(),
                shared_bytes: if mix.spaces[0] == 1 && mix.spaces[1] == 0 {
                    0
                } else {
                    mix.shared_bytes
                },
                figure: Figure::None,
            },
        )
        .boxed()
}

fn shared_bytes(parameters: &Parameters) -> u32 {
    parameters.get("SharedBytes") as u32
}

/// Lines of a few sets more than the caches of the configurations have, so that lines are evicted.
const MANY: u32 = 96;

/// `loads_and_stores`.
pub fn loads_and_stores(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let mix = |lines| Mix {
        ops: [5, 3, 0, 0, 0],
        spaces: [1, 0, 0],
        lines,
        shared_bytes: 64,
    };
    prop_oneof![
        requests(parameters, mix(3), 300..500),
        requests(parameters, mix(MANY), 300..500)
    ]
    .boxed()
}

/// `shared`.
pub fn shared(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let mix = |bytes| Mix {
        ops: [4, 4, 1, 1, 4],
        spaces: [0, 1, 0],
        lines: 1,
        shared_bytes: bytes,
    };
    prop_oneof![
        requests(parameters, mix(512), 300..500),
        requests(parameters, mix(shared_bytes(parameters)), 300..500)
    ]
    .boxed()
}

/// `atomics`.
pub fn atomics(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let mix = |spaces| Mix {
        ops: [2, 1, 3, 3, 4],
        spaces,
        lines: 3,
        shared_bytes: 192,
    };
    prop_oneof![
        requests(parameters, mix([1, 0, 0]), 200..300),
        requests(parameters, mix([3, 2, 2]), 200..300)
    ]
    .boxed()
}

/// Everything.
fn everything(parameters: &Parameters, count: Range<usize>) -> BoxedStrategy<MemStimulus> {
    let mix = Mix {
        ops: [8, 5, 1, 1, 3],
        spaces: [4, 2, 2],
        lines: MANY,
        shared_bytes: 1024,
    };
    let fetches = vec(0..16u8, 0..40);
    (requests(parameters, mix, count), fetches)
        .prop_map(|(stimulus, fetches)| MemStimulus {
            fetches,
            ..stimulus
        })
        .boxed()
}

/// `random`.
pub fn random(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let empties = vec(1..300u64, 0..4);
    (everything(parameters, 300..400), empties)
        .prop_map(|(stimulus, mut empties)| {
            empties.sort_unstable();
            MemStimulus {
                empties,
                ..stimulus
            }
        })
        .boxed()
}

/// `errors`.
pub fn errors(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let lines = vec(0..MANY as u8, 1..8);
    let fetched = vec(224..240u8, 1..4);
    (everything(parameters, 200..300), lines, fetched)
        .prop_map(|(stimulus, mut faults, fetched)| {
            faults.extend(fetched);
            MemStimulus { faults, ..stimulus }
        })
        .boxed()
}

/// `reset_in_the_middle`: of memory alone, since what an AMO of shared memory leaves in a reset is not stated.
pub fn resets(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let mix = Mix {
        ops: [6, 4, 1, 1, 2],
        spaces: [1, 0, 0],
        lines: 8,
        shared_bytes: 64,
    };
    let resets = vec(1..400u64, 1..4);
    (requests(parameters, mix, 300..400), resets)
        .prop_map(|(stimulus, resets)| MemStimulus { resets, ..stimulus })
        .boxed()
}

/// `coherence`: swaps, stores and loads of whole words; each write's value is a number of its own.
pub fn coherence(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let mix = |lines| Mix {
        ops: [6, 3, 0, 0, 1],
        spaces: [1, 0, 0],
        lines,
        shared_bytes: 64,
    };
    prop_oneof![
        requests(parameters, mix(2), 300..400),
        requests(parameters, mix(24), 300..400)
    ]
    .prop_map(|mut stimulus| {
        let mut number = 0;
        for access in &mut stimulus.accesses {
            access.op = access.op.min(4);
            access.size = 3;
            for lane in &mut access.lanes {
                number += 1;
                lane.at &= !7;
                lane.data = number;
            }
        }
        stimulus
    })
    .boxed()
}

pub(super) fn unit(
    core: u8,
    warp: u8,
    op: u8,
    size: u8,
    shared: bool,
    lanes: usize,
    at: u32,
) -> Access {
    let lane = |lane: u32| LaneAccess {
        lane: lane as u8,
        shared,
        at: at + (lane << size),
        data: u64::from(at) + u64::from(lane),
    };
    Access {
        core,
        warp,
        op,
        size,
        sign: true,
        lanes: (0..lanes as u32).map(lane).collect(),
        fence: false,
    }
}

fn gapless(accesses: Vec<Access>, figure: Figure) -> MemStimulus {
    MemStimulus {
        accesses,
        fetches: Vec::new(),
        paces: [Pace::Always; 3],
        axi: AxiPaces::default(),
        latency: 10..11,
        reorder: false,
        faults: Vec::new(),
        empties: Vec::new(),
        resets: Vec::new(),
        shared_bytes: 1024,
        figure,
    }
}

/// `smoke`.
pub fn smoke(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let lanes = parameters.get("Lanes");
    let ops = [1, 0, 5, 0];
    let accesses = [false, true]
        .into_iter()
        .flat_map(|shared| ops.map(|op| unit(0, 0, op, 2, shared, lanes, 64)));
    Just(gapless(accesses.collect(), Figure::None)).boxed()
}

/// Successive words, each warp a row after the other.
fn stream(parameters: &Parameters, op: u8, figure: Figure) -> BoxedStrategy<MemStimulus> {
    let (lanes, warps) = (parameters.get("Lanes"), parameters.get("Warps") as u32);
    let row = 4 * lanes as u32;
    let lines = 200;
    let accesses =
        (0..lines * 64 / row).map(|at| unit(0, (at % warps) as u8, op, 2, false, lanes, at * row));
    Just(gapless(accesses.collect(), figure)).boxed()
}

/// `stream_reads`.
pub fn stream_reads(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    stream(parameters, 0, Figure::Reads)
}

/// `stream_writes`.
pub fn stream_writes(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    stream(parameters, 1, Figure::Writes)
}

/// `full_rate`: stores and loads of shared memory, and loads of a line of memory.
pub fn full_rate(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let (lanes, warps) = (parameters.get("Lanes"), parameters.get("Warps") as u32);
    let row = 4 * lanes as u32;
    let accesses = (0..1000u32).map(|at| {
        let op = u8::from(at % 3 == 0);
        let (shared, at) = (at % 3 != 2, at % 16 * row);
        unit(
            0,
            (at % warps) as u8,
            op,
            2,
            shared,
            lanes,
            if shared { at } else { 0 },
        )
    });
    Just(gapless(accesses.collect(), Figure::Issue)).boxed()
}

/// `hit_latency`.
pub fn hit_latency(parameters: &Parameters) -> BoxedStrategy<MemStimulus> {
    let lanes = parameters.get("Lanes");
    let accesses = (0..20u8).map(|at| {
        let shared = at % 3 == 2;
        unit(0, 0, 0, 2, shared, lanes, 0)
    });
    Just(gapless(accesses.collect(), Figure::Latency)).boxed()
}
