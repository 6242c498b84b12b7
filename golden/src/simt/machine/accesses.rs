//! Lanes do their access to memory.

use super::Machine;
use super::pending::Pending;
use crate::simt::execute::{Access, AccessKind};
use crate::simt::mask::{LaneMask, MAX_LANES, PerLane};
use crate::simt::mismatch::Mismatch;
use crate::simt::warp::Register;

/// What an access gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accessed {
    /// What was done.
    pub access: Access,
    /// The register that gets what it gave; none of a store, and of `x0`.
    pub register: Option<Register>,
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
        let found = index.and_then(|index| Some((index, pending[index].access?)));
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
    pub fn clock(
        &mut self,
        core: usize,
        warp: usize,
        tag: u32,
        cycle: u64,
    ) -> Result<(), Mismatch> {
        let slot = self.cores.get(core).and_then(|slots| slots.get(warp));
        let found = slot.and_then(|slot| {
            let is_it = |pending: &Pending| pending.tag == tag && pending.access.is_none();
            let index = slot.pending.iter().position(is_it)?;
            Some((index, slot.pending[index].due))
        });
        let (index, due) = found.ok_or(Mismatch::NotDue {
            core,
            warp,
            tag,
            mask: LaneMask::NONE,
            due: LaneMask::NONE,
        })?;
        self.give(core, warp, index, due, &[cycle; MAX_LANES]);
        Ok(())
    }

    /// Everything that a warp waits for comes.
    pub(super) fn complete(&mut self, core: usize, warp: usize, cycle: u64) {
        while let Some(&Pending { access, due, .. }) = self.cores[core][warp].pending.first() {
            match access {
                Some(access) => {
                    self.perform(core, warp, 0, access, due);
                }
                None => self.give(core, warp, 0, due, &[cycle; MAX_LANES]),
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
        let Pending {
            place, register, ..
        } = self.cores[core][warp].pending[index];
        let mut values = PerLane::default();
        for lane in mask.lanes() {
            values[lane] = self.memory.perform(&access, &place, lane);
        }
        self.give(core, warp, index, mask, &values);
        Accessed {
            access,
            register,
            mask,
            values,
        }
    }

    /// Lanes get what they have waited for.
    fn give(
        &mut self,
        core: usize,
        warp: usize,
        index: usize,
        mask: LaneMask,
        values: &PerLane<u64>,
    ) {
        let slot = &mut self.cores[core][warp];
        let pending = &mut slot.pending[index];
        let place = pending.place;
        // The warp may have ended, and another be in its place.
        let state = slot.warp.as_mut().filter(|warp| warp.place == place);
        if let (Some(state), Some(register)) = (state, pending.register) {
            for lane in mask.lanes() {
                state.lanes[lane].write(register, values[lane]);
            }
        }
        pending.due = pending.due - mask;
        if pending.due.is_empty() {
            slot.pending.remove(index);
            self.forget_shared(place.cta);
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
            let Some(other) = earlier.access else {
                continue;
            };
            if earlier.fences < this.fences {
                return Some((earlier.tag, "a fence, or aq or rl, is between them"));
            }
            let meets = |lane| {
                earlier
                    .due
                    .lanes()
                    .any(|before| access.conflicts(lane, &other, before))
            };
            if mask.lanes().any(meets) {
                return Some((earlier.tag, "both are of the same byte"));
            }
        }
        let later = (this.due - mask).lanes();
        let lower = |lane| {
            later
                .clone()
                .any(|before| before < lane && access.conflicts(lane, access, before))
        };
        if mask.lanes().any(lower) {
            return Some((this.tag, "a lower lane of it accesses the same byte"));
        }
        let slots = self.cores[core].iter().flat_map(|slot| &slot.pending);
        let is_access = |other: &&Pending| other.access.is_some();
        let mut of_cta = slots
            .filter(is_access)
            .filter(|other| other.place.cta == this.place.cta);
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
