//! What a test of `simt_mem` does.

use std::ops::Range;

use gpnpu_golden::simt::mem::{LANES, Lane, Op, Request};
use serde::{Deserialize, Serialize};

use crate::kit::axi::AxiPaces;
use crate::kit::{Pace, PaceSet, Stimulus};

/// The first address of memory that tests use.
pub const BASE: u64 = 0x80_8000_0000;
/// Lines from [`BASE`] on that have a content at first.
pub const LINES: u64 = 256;
/// The first of the lines that are fetched, which nobody writes.
pub const FETCHED: u64 = 224;

/// One lane of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneAccess {
    /// Its number.
    pub lane: u8,
    /// In shared memory.
    pub shared: bool,
    /// Bytes from [`BASE`] on, or from the start of shared memory.
    pub at: u32,
    /// Operand.
    pub data: u64,
}

/// One warp instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Core.
    pub core: u8,
    /// Warp.
    pub warp: u8,
    /// Code of the operation.
    pub op: u8,
    /// Logarithm of the bytes.
    pub size: u8,
    /// Signed results.
    pub sign: bool,
    /// Lanes, each at most once, in ascending order.
    pub lanes: Vec<LaneAccess>,
    /// It waits until its warp is not busy, as after a FENCE.
    #[serde(default)]
    pub fence: bool,
}

impl Access {
    /// As golden takes it.
    pub fn request(&self) -> Request {
        let mut lanes = [None; LANES];
        for lane in &self.lanes {
            let addr = u64::from(lane.at) + if lane.shared { 0 } else { BASE };
            lanes[usize::from(lane.lane)] = Some(Lane {
                shared: lane.shared,
                addr,
                data: lane.data,
            });
        }
        Request {
            warp: self.warp.into(),
            op: Op::ALL[usize::from(self.op)],
            bytes: 1 << self.size,
            sign: self.sign,
            lanes,
        }
    }
}

/// Which of the block's figures a run has to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// None.
    #[default]
    None,
    /// 90 % of the beats of R, from the first to the last.
    Reads,
    /// 90 % of the beats of W.
    Writes,
    /// A load that hits is answered after 4 cycles, one of shared memory too, each alone.
    Latency,
    /// A request a cycle.
    Issue,
}

/// Requests of all warps and what is around them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemStimulus {
    /// Requests; each warp's in its order.
    pub accesses: Vec<Access>,
    /// Lines from [`FETCHED`] on that the first core fetches.
    pub fetches: Vec<u8>,
    /// When requests are offered, responses taken, fetches offered.
    pub paces: [Pace; 3],
    /// When AXI moves.
    pub axi: AxiPaces,
    /// Cycles of AXI to an answer.
    pub latency: Range<u64>,
    /// AXI answers in any order and mixes beats.
    pub reorder: bool,
    /// Lines that AXI answers with an error.
    #[serde(default)]
    pub faults: Vec<u8>,
    /// Numbers of requests before which all becomes idle and is emptied.
    #[serde(default)]
    pub empties: Vec<u64>,
    /// Cycles, counted from the reset before, after which there is one.
    #[serde(default)]
    pub resets: Vec<u64>,
    /// Bytes of shared memory that are written before all else, since nobody else does.
    #[serde(default)]
    pub shared_bytes: u32,
    /// What has to be reached.
    #[serde(default)]
    pub figure: Figure,
}

/// Single requests are simplified once only so many are left.
const FEW: usize = 8;

impl Stimulus for MemStimulus {
    fn len(&self) -> usize {
        self.accesses.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.accesses.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut one = self.clone();
            change(&mut one);
            all.push(one);
        };
        if !self.resets.is_empty() {
            with(&|one| one.resets.clear());
        }
        if !self.empties.is_empty() {
            with(&|one| one.empties.clear());
        }
        if !self.fetches.is_empty() {
            with(&|one| one.fetches.clear());
        }
        if self.reorder {
            with(&|one| one.reorder = false);
        }
        for paces in self.paces.simpler() {
            with(&|one| one.paces = paces);
        }
        for axi in self.axi.simpler() {
            with(&|one| one.axi = axi);
        }
        if self.accesses.len() <= FEW {
            for (at, access) in self.accesses.iter().enumerate() {
                if access.lanes.len() > 1 {
                    for lane in 0..access.lanes.len() {
                        with(&|one| {
                            one.accesses[at].lanes.remove(lane);
                        });
                    }
                }
            }
        }
        all
    }
}
