//! Lanes do their access to memory.

use super::Machine;
use super::pending::{Pending, Source};
use crate::simt::execute::{Access, AccessKind};
use crate::simt::mask::{LaneMask, PerLane};
use crate::simt::mismatch::Mismatch;
use crate::simt::warp::Register;

/// What an access gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accessed {
    /// What was done.
    pub access: Access,
    /// The lanes that did it.
    pub mask: LaneMask,
    /// What their registers get; 0 of a store.
    pub values: PerLane<u64>,
}

impl Machine {
    /// Lanes of an earlier instruction do their load, store or atomic, in ascending order.
    ///
    /// # Errors
    ///
    /// [`Mismatch::NotDue`] if they have done it or never had to, [`Mismatch::Order`] if an access
    /// that has to be earlier is not done.
    pub fn access(
        &mut self,
        core: usize,
        warp: usize,
        tag: u32,
        mask: LaneMask,
    ) -> Result<Accessed, Mismatch> {
        let not_due = |due| Mismatch::NotDue {
            core,
            warp,
            tag,
            mask,
            due,
        };
        let slot = self.cores.get(core).and_then(|slots| slots.get(warp));
        let pending = slot.map_or(&[][..], |slot| &slot.pending);
        let index = pending.iter().position(|pending| pending.tag == tag);
        let found = index.and_then(|index| match pending[index].source {
            Source::Access(access) => Some((index, access)),
            Source::Clock(_) => None,
        });
        let (index, access) = found.ok_or_else(|| not_due(LaneMask::NONE))?;
        let this = pending[index];
        if mask.is_empty() || !mask.is_within(this.due) {
            return Err(not_due(this.due));
        }
        if let Some((earlier, why)) = self.overtaken(core, warp, index, &access, mask) {
            return Err(Mismatch::Order {
                core,
                warp,
                tag,
                mask,
                earlier,
                why,
            });
        }
        Ok(self.perform(core, warp, index, access, mask))
    }

    /// The clock has shown `cycle` to an instruction that read it.
    ///
    /// # Errors
    ///
    /// [`Mismatch::NotDue`] if the instruction read no clock.
    pub fn clock(&mut self, core: usize, warp: usize, tag: u32, cycle: u64) -> Result<(), Mismatch> {
        let slot = self.cores.get_mut(core).and_then(|slots| slots.get_mut(warp));
        let found = slot.and_then(|slot| {
            let is_it = |pending: &Pending| {
                pending.tag == tag && matches!(pending.source, Source::Clock(_))
            };
            let index = slot.pending.iter().position(is_it)?;
            Some((slot.pending.remove(index), slot))
        });
        let Some((pending, slot)) = found else {
            return Err(Mismatch::NotDue {
                core,
                warp,
                tag,
                mask: LaneMask::NONE,
                due: LaneMask::NONE,
            });
        };
        let warp = slot.warp.as_mut().filter(|warp| warp.place == pending.place);
        if let (Some(warp), Source::Clock(number)) = (warp, pending.source) {
            let register = Register { fp: false, number };
            for lane in pending.due.lanes() {
                warp.lanes[lane].write(register, cycle);
            }
        }
        Ok(())
    }

    /// Everything that a warp waits for comes.
    pub(super) fn complete(&mut self, core: usize, warp: usize, cycle: u64) {
        while let Some(pending) = self.cores[core][warp].pending.first().copied() {
            match pending.source {
                Source::Access(access) => {
                    self.perform(core, warp, 0, access, pending.due);
                }
                Source::Clock(_) => {
                    // It is the first one, so it is found.
                    let _ = self.clock(core, warp, pending.tag, cycle);
                }
            }
        }
    }

    fn perform(
        &mut self,
        core: usize,
        warp: usize,
        index: usize,
        access: Access,
        mask: LaneMask,
    ) -> Accessed {
        let slot = &mut self.cores[core][warp];
        let pending = &mut slot.pending[index];
        let place = pending.place;
        let mut values = PerLane::default();
        for lane in mask.lanes() {
            values[lane] = self.memory.perform(&access, &place, lane);
        }
        // The warp may have ended, and another be in its place.
        let state = slot.warp.as_mut().filter(|warp| warp.place == place);
        if let (Some(state), Some(register)) = (state, access.register) {
            for lane in mask.lanes() {
                state.lanes[lane].write(register, values[lane]);
            }
        }
        pending.due = pending.due - mask;
        if pending.due.is_empty() {
            slot.pending.remove(index);
            self.forget_shared(place.cta);
        }
        Accessed {
            access,
            mask,
            values,
        }
    }

    /// An access that these lanes' one would overtake though it may not, and why it may not.
    fn overtaken(
        &self,
        core: usize,
        warp: usize,
        index: usize,
        access: &Access,
        mask: LaneMask,
    ) -> Option<(u32, &'static str)> {
        let all = &self.cores[core][warp].pending;
        let this = all[index];
        for earlier in &all[..index] {
            let Source::Access(other) = earlier.source else {
                continue;
            };
            if earlier.fences < this.fences {
                return Some((earlier.tag, "a fence, or aq or rl, is between them"));
            }
            let meets = |lane| earlier.due.lanes().any(|before| access.conflicts(lane, &other, before));
            if mask.lanes().any(meets) {
                return Some((earlier.tag, "both are of the same byte"));
            }
        }
        let later = (this.due - mask).lanes();
        let lower = |lane| later.clone().any(|before| before < lane && access.conflicts(lane, access, before));
        if mask.lanes().any(lower) {
            return Some((this.tag, "a lower lane of it accesses the same byte"));
        }
        let slots = self.cores[core].iter().flat_map(|slot| &slot.pending);
        let is_access = |other: &&Pending| matches!(other.source, Source::Access(_));
        let mut of_cta = slots.filter(is_access).filter(|other| other.place.cta == this.place.cta);
        let before_bar = of_cta.find(|other| other.bars < this.bars);
        before_bar.map(|other| (other.tag, "a barrier of the CTA is between them"))
    }
}

impl Accessed {
    /// Whether it was a load, so that only the processor's register has changed.
    pub fn is_load(&self) -> bool {
        matches!(self.access.kind, AccessKind::Load(_))
    }
}
