//! Votes and shuffles: what lanes tell each other.

use super::{Effects, Executor, Values, x};
use crate::simt::instruction::{ShflOp, VoteOp};
use crate::simt::mask::LaneMask;

/// The lane that a shuffle reads, if its operand `rs2` names one in the lane's group.
fn source(op: ShflOp, lane: usize, operand: u64, lanes: usize) -> Option<usize> {
    let n = (operand & 0xff) as usize;
    let width = (operand >> 8 & 0xff) as usize;
    let width = if width.is_power_of_two() && width <= lanes {
        width
    } else {
        lanes
    };
    let base = lane - lane % width;
    let source = match op {
        ShflOp::Idx => Some(base + n % width),
        ShflOp::Up => lane.checked_sub(n),
        ShflOp::Down => Some(lane + n),
        ShflOp::Xor => Some(lane ^ n),
    };
    source.filter(|source| (base..base + width).contains(source))
}

impl Executor<'_> {
    pub(super) fn vote(&self, op: VoteOp, rd: u8, rs1: u8) -> Effects {
        let lanes = self.path.mask.lanes();
        let yes: LaneMask = lanes.filter(|&lane| self.lane(lane).x(rs1) != 0).collect();
        let result = match op {
            VoteOp::Any => u64::from(!yes.is_empty()),
            VoteOp::All => u64::from(yes == self.path.mask),
            VoteOp::Ballot => yes.0.into(),
        };
        self.each(rd, |_| result)
    }

    pub(super) fn shfl(&self, op: ShflOp, rd: u8, rs1: u8, rs2: u8) -> Effects {
        let values = self.per_lane(|lane| {
            let from = source(op, lane, self.lane(lane).x(rs2), self.shape.lanes)
                .filter(|&from| self.path.mask.has(from))
                .unwrap_or(lane);
            self.lane(from).x(rs1)
        });
        self.writes(x(rd), Values::Known(values))
    }
}
