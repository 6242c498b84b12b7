//! Loads, stores and atomics: which bytes, and whether the lanes may.

use super::{Effects, Executor, Values, write, x};
use crate::simt::fault::{Cause, Fault};
use crate::simt::instruction::{AmoOp, Instruction, LoadOp};
use crate::simt::mask::{LaneMask, PerLane};
use crate::simt::shape::SHARED_BASE;
use crate::simt::warp::Register;

/// Lowest bytes of a stack that its lane may not touch.
const GUARD: u64 = 64;

/// What is done with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// A load, and how its bytes become 64 bits.
    Load(LoadOp),
    /// A store.
    Store,
    /// An AMO, LR or SC.
    Atomic(AmoOp),
}

/// An access of the lanes of one instruction: all of the same size, aligned and permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// What is done.
    pub kind: AccessKind,
    /// Bytes of each lane: 1, 2, 4 or 8.
    pub bytes: u64,
    /// The lanes.
    pub mask: LaneMask,
    /// Those of them whose address is one of the CTA's shared memory.
    pub shared: LaneMask,
    /// Each lane's address; of its stack, where that lies in memory.
    pub addresses: PerLane<u64>,
    /// Each lane's operand.
    pub data: PerLane<u64>,
}

impl Access {
    /// Whether two accesses, in these lanes, may not change places: they have a byte in common and
    /// one of them writes.
    pub fn conflicts(&self, lane: usize, other: &Access, other_lane: usize) -> bool {
        let reads = |access: &Access| matches!(access.kind, AccessKind::Load(_));
        let (a, b) = (self.addresses[lane], other.addresses[other_lane]);
        let meet = a.abs_diff(b) < if a < b { self.bytes } else { other.bytes };
        meet && !(reads(self) && reads(other))
    }
}

impl Executor<'_> {
    pub(super) fn access(&self, instruction: Instruction) -> Result<Effects, Fault> {
        let fp = |number| Register { fp: true, number };
        // Kind, bytes, register, base, offset, register of the operand.
        let (kind, bytes, target, rs1, offset, rs2) = match instruction {
            Instruction::Load {
                op,
                rd,
                rs1,
                offset,
            } => (
                AccessKind::Load(op),
                op.bytes(),
                Some(x(rd)),
                rs1,
                offset,
                x(0),
            ),
            Instruction::Flw { rd, rs1, offset } => (
                AccessKind::Load(LoadOp::Lwu),
                4,
                Some(fp(rd)),
                rs1,
                offset,
                x(0),
            ),
            Instruction::Store {
                op,
                rs1,
                rs2,
                offset,
            } => (AccessKind::Store, op.bytes(), None, rs1, offset, x(rs2)),
            Instruction::Amo {
                op,
                double,
                rd,
                rs1,
                rs2,
                ..
            } => {
                let bytes = if double { 8 } else { 4 };
                (AccessKind::Atomic(op), bytes, Some(x(rd)), rs1, 0, x(rs2))
            }
            Instruction::Fsw { rs1, rs2, offset } => {
                (AccessKind::Store, 4, None, rs1, offset, fp(rs2))
            }
            _ => return Ok(self.nothing()),
        };
        let address = |lane| self.lane(lane).x(rs1).wrapping_add_signed(offset.into());
        let addresses = self.per_lane(address);
        self.check(&addresses, bytes)?;
        let data = self.per_lane(|lane| {
            let state = self.lane(lane);
            if rs2.fp {
                state.f(rs2.number).into()
            } else {
                state.x(rs2.number)
            }
        });
        let lanes = self.path.mask.lanes();
        let write = target.and_then(|register| write(register, Values::Access));
        let access = Access {
            kind,
            bytes,
            mask: self.path.mask,
            shared: lanes
                .filter(|&lane| self.in_shared(addresses[lane], bytes))
                .collect(),
            addresses: self.per_lane(|lane| self.place(addresses[lane])),
            data,
        };
        Ok(Effects {
            write,
            access: Some(access),
            ..self.nothing()
        })
    }

    /// The fault of the lowest cause among the lanes, in the lanes that have it.
    fn check(&self, addresses: &PerLane<u64>, bytes: u64) -> Result<(), Fault> {
        let causes: PerLane<Option<Cause>> =
            self.per_lane(|lane| self.cause(lane, addresses[lane], bytes));
        let Some(first) = causes.iter().flatten().min().copied() else {
            return Ok(());
        };
        let lanes = self.path.mask.lanes();
        let mask: LaneMask = lanes.filter(|&lane| causes[lane] == Some(first)).collect();
        let lowest = mask.lowest().unwrap_or(0);
        Err(self.fault(first, mask, addresses[lowest]))
    }

    fn in_shared(&self, address: u64, bytes: u64) -> bool {
        let offset = address.wrapping_sub(SHARED_BASE);
        offset < self.launch.shared_bytes && self.launch.shared_bytes - offset >= bytes
    }

    /// Where an address of a stack lies in memory; all others lie where they are.
    fn place(&self, address: u64) -> u64 {
        let stacks = self.launch.all_stacks(self.shape);
        match address.checked_sub(self.launch.stack_base) {
            Some(offset) if offset < stacks => self.launch.interleaved(self.shape, offset),
            _ => address,
        }
    }

    /// What a lane may not do.
    fn cause(&self, lane: usize, address: u64, bytes: u64) -> Option<Cause> {
        if !address.is_multiple_of(bytes) {
            return Some(Cause::Misaligned);
        }
        if self.in_shared(address, bytes) {
            return None;
        }
        if !self.shape.in_memory(address, bytes) {
            return Some(Cause::Access);
        }
        let stacks =
            self.launch.stack_base..self.launch.stack_base + self.launch.all_stacks(self.shape);
        let place = &self.warp.place;
        let own = self.launch.stack(self.shape, place.core, place.warp, lane);
        let usable = own + GUARD..own + self.launch.stack_bytes();
        (stacks.contains(&address) && !usable.contains(&address)).then_some(Cause::Stack)
    }
}
