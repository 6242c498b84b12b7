//! Branches and jumps, the end of lanes, and where they wait.

use super::{Effects, Executor, Values, write, x};
use crate::simt::fault::{Cause, Fault};
use crate::simt::instruction::{BranchOp, Instruction};
use crate::simt::mask::{LaneMask, MAX_LANES, PerLane};
use crate::simt::paths::{Path, State};

/// How a jump changes the call depth (2.5.1).
fn depth_after(depth: u16, rd: u8, rs1: Option<u8>) -> u16 {
    let is_link = |register: u8| register == 1 || register == 5;
    let source = rs1.filter(|&rs1| is_link(rs1));
    match (is_link(rd), source) {
        (true, None) => depth.saturating_add(1),
        (true, Some(rs1)) if rs1 == rd => depth.saturating_add(1),
        (true, Some(_)) | (false, None) => depth,
        (false, Some(_)) => depth.saturating_sub(1),
    }
}

fn taken(op: BranchOp, a: u64, b: u64) -> bool {
    match op {
        BranchOp::Beq => a == b,
        BranchOp::Bne => a != b,
        BranchOp::Blt => (a as i64) < b as i64,
        BranchOp::Bge => a as i64 >= b as i64,
        BranchOp::Bltu => a < b,
        BranchOp::Bgeu => a >= b,
    }
}

impl Executor<'_> {
    pub(super) fn jump(&self, instruction: Instruction) -> Result<Effects, Fault> {
        let pc = self.path.pc;
        let next = pc.wrapping_add(4);
        let away = |offset: i32| pc.wrapping_add_signed(offset.into());
        // Lanes whose branch is not taken.
        let stays = |lane| match instruction {
            Instruction::Branch { op, rs1, rs2, .. } => {
                let state = self.lane(lane);
                !taken(op, state.x(rs1), state.x(rs2))
            }
            _ => false,
        };
        let (targets, link, depth) = match instruction {
            Instruction::Jal { rd, offset } => {
                let depth = depth_after(self.path.depth, rd, None);
                (self.per_lane(|_| away(offset)), rd, depth)
            }
            Instruction::Jalr { rd, rs1, offset } => {
                let depth = depth_after(self.path.depth, rd, Some(rs1));
                let target = |lane| self.lane(lane).x(rs1).wrapping_add_signed(offset.into()) & !1;
                (self.per_lane(target), rd, depth)
            }
            Instruction::Branch { offset, .. } => {
                let target = |lane| if stays(lane) { next } else { away(offset) };
                (self.per_lane(target), 0, self.path.depth)
            }
            _ => (self.per_lane(|_| next), 0, self.path.depth),
        };
        self.may_go(&targets, |lane| !stays(lane))?;
        Ok(Effects {
            write: write(x(link), Values::Known(self.per_lane(|_| next))),
            ..self.moves(self.split(targets, depth))
        })
    }

    /// The fault of lanes that jump to what is no place for an instruction: misaligned before outside of memory.
    fn may_go(&self, targets: &PerLane<u64>, jumps: impl Fn(usize) -> bool) -> Result<(), Fault> {
        let lanes = || self.path.mask.lanes().filter(|&lane| jumps(lane));
        let misaligned: LaneMask = lanes()
            .filter(|&lane| !targets[lane].is_multiple_of(4))
            .collect();
        let outside: LaneMask = lanes()
            .filter(|&lane| !self.shape.in_memory(targets[lane], 4))
            .collect();
        for (cause, bad) in [(Cause::Misaligned, misaligned), (Cause::Access, outside)] {
            if let Some(lowest) = bad.lowest() {
                return Err(self.fault(cause, bad, targets[lowest]));
            }
        }
        Ok(())
    }

    /// One path for each PC.
    fn split(&self, targets: PerLane<u64>, depth: u16) -> Vec<Path> {
        let mut parts: Vec<Path> = Vec::new();
        for lane in self.path.mask.lanes() {
            let pc = targets[lane];
            let mask = LaneMask::lane(lane);
            match parts.iter_mut().find(|part| part.pc == pc) {
                Some(part) => part.mask |= mask,
                None => parts.push(Path {
                    pc,
                    depth,
                    mask,
                    state: State::Ready,
                }),
            }
        }
        parts
    }

    /// All lanes go to `pc`, at the same depth.
    pub(super) fn goes_to(&self, pc: u64) -> Result<Effects, Fault> {
        self.may_go(&[pc; MAX_LANES], |_| true)?;
        Ok(self.moves(vec![Path { pc, ..self.path }]))
    }

    pub(super) fn exit(&self) -> Effects {
        self.moves(Vec::new())
    }

    pub(super) fn bar(&self) -> Effects {
        self.waits(State::Bar)
    }

    pub(super) fn warpsync(&self, rs1: u8) -> Effects {
        let lowest = self.path.mask.lowest().unwrap_or(0);
        let mask = LaneMask(self.lane(lowest).x(rs1) as u16) & self.shape.all_lanes();
        self.waits(State::Warpsync(mask))
    }

    fn waits(&self, state: State) -> Effects {
        self.moves(vec![Path { state, ..self.path }])
    }
}
