//! How CTAs start, wait for each other's threads, and end.

use super::{Machine, Slot};
use crate::simt::fault::{Cause, Fault};
use crate::simt::mismatch::Mismatch;
use crate::simt::paths::State;
use crate::simt::warp::{Place, Warp};

/// A CTA that runs.
#[derive(Debug, Clone)]
pub(super) struct Cta {
    /// Its number in the launch.
    pub number: u64,
    pub core: usize,
    pub first_warp: usize,
    pub warps: usize,
    /// How often its threads have met at `bar`.
    pub bars: u64,
}

/// Whether all lanes that have not ended wait in a state that `is` names.
fn all_wait(slots: &[&mut Slot], is: fn(State) -> bool) -> bool {
    let mut warps = slots.iter().filter_map(|slot| slot.warp.as_ref());
    warps.all(|warp| warp.paths.lanes(is) == warp.paths.live())
}

/// The fault of a barrier that can never complete, of the first warp that waits.
fn barrier_fault(warp: &Warp) -> Fault {
    Fault {
        cause: Cause::Barrier,
        core: warp.place.core,
        warp: warp.place.warp,
        mask: warp.paths.live(),
        pc: warp.paths.first().map_or(0, |path| path.pc),
        address: 0,
    }
}

impl Slot {
    /// Lets go on whoever waits at a `warpsync` for lanes that all wait at one.
    fn meet(&mut self) {
        let Some(warp) = &mut self.warp else {
            return;
        };
        let live = warp.paths.live();
        let met = warp
            .paths
            .lanes(|state| matches!(state, State::Warpsync(_)));
        let released = warp.paths.release(|state| match state {
            State::Warpsync(mask) => (mask & live).is_within(met),
            _ => false,
        });
        // What comes after it is ordered after what came before.
        self.fences += u64::from(released);
    }
}

impl Machine {
    /// A CTA starts in warps from `first_warp` on.
    ///
    /// # Errors
    ///
    /// [`Mismatch::Cta`] if it is not the next one, or the core has no room there.
    pub fn cta(&mut self, core: usize, first_warp: usize, ctaid: [u32; 3]) -> Result<(), Mismatch> {
        let mismatch = |expected: String| Mismatch::Cta {
            core,
            warp: first_warp,
            ctaid,
            expected,
        };
        let launch = self.launch.filter(|launch| self.started < launch.ctas());
        let launch = launch.ok_or_else(|| mismatch("none is left".into()))?;
        let next = launch.cta(self.started);
        if next != ctaid {
            return Err(mismatch(format!("{next:?} is next")));
        }
        let warps = launch.warps(&self.shape);
        if !self.has_room(core, first_warp) {
            return Err(mismatch(format!(
                "its {warps} warps and {} bytes of shared memory are not free there",
                launch.shared_bytes
            )));
        }
        for warp_in_cta in 0..warps {
            let place = Place {
                core,
                warp: first_warp + warp_in_cta,
                warp_in_cta,
                cta: self.started,
            };
            self.cores[core][place.warp].warp = Some(Warp::new(&self.shape, &launch, place));
        }
        self.ctas.push(Cta {
            number: self.started,
            core,
            first_warp,
            warps,
            bars: 0,
        });
        self.started += 1;
        Ok(())
    }

    /// Whether the next CTA could start there.
    fn has_room(&self, core: usize, first_warp: usize) -> bool {
        let Some(launch) = self.launch else {
            return false;
        };
        let end = first_warp + launch.warps(&self.shape);
        let slots = self
            .cores
            .get(core)
            .and_then(|slots| slots.get(first_warp..end));
        let warps_free = slots.is_some_and(|slots| slots.iter().all(|slot| slot.warp.is_none()));
        let running = self.ctas.iter().filter(|cta| cta.core == core).count() as u64;
        warps_free && (running + 1) * launch.shared_bytes <= self.shape.shared_bytes
    }

    /// Starts the next CTA in the first place that has room for it. False if none is left, or none
    /// has.
    pub fn start_next_cta(&mut self) -> bool {
        let Some(launch) = self.launch.filter(|launch| self.started < launch.ctas()) else {
            return false;
        };
        let places = (0..self.shape.cores)
            .flat_map(|core| (0..self.shape.warps).map(move |warp| (core, warp)));
        let place = places
            .into_iter()
            .find(|&(core, warp)| self.has_room(core, warp));
        place.is_some_and(|(core, warp)| self.cta(core, warp, launch.cta(self.started)).is_ok())
    }

    /// After lanes of a CTA have ended or begun to wait: ends what is over, releases who has met, and
    /// notices when nobody ever will.
    pub(super) fn resolve(&mut self, number: u64) {
        let Some(index) = self.ctas.iter().position(|cta| cta.number == number) else {
            return;
        };
        let cta = self.ctas[index].clone();
        let places = cta.first_warp..cta.first_warp + cta.warps;
        let mut slots: Vec<&mut Slot> = self.cores[cta.core][places].iter_mut().collect();
        // A place is free for another CTA's warp when all lanes have ended.
        let of_cta = |warp: &Warp| warp.place.cta == number;
        for slot in &mut slots {
            let ended = |warp: &Warp| of_cta(warp) && warp.paths.live().is_empty();
            if slot.warp.as_ref().is_some_and(ended) {
                slot.warp = None;
            }
        }
        slots.retain(|slot| slot.warp.as_ref().is_some_and(of_cta));
        if slots.is_empty() {
            self.ctas.remove(index);
            self.forget_shared(number);
            return;
        }
        if all_wait(&slots, |state| state == State::Bar) {
            self.ctas[index].bars += 1;
            for warp in slots.iter_mut().filter_map(|slot| slot.warp.as_mut()) {
                warp.paths.release(|_| true);
            }
        }
        for slot in &mut slots {
            slot.meet();
        }
        if all_wait(&slots, |state| state != State::Ready) {
            let first = slots.first().and_then(|slot| slot.warp.as_ref());
            self.barrier = self.barrier.or(first.map(barrier_fault));
        }
    }

    /// Forgets the shared memory of a CTA that has ended, once its accesses are done.
    pub(super) fn forget_shared(&mut self, number: u64) {
        if self.ctas.iter().any(|cta| cta.number == number) {
            return;
        }
        let mut pending = self.cores.iter().flatten().flat_map(|slot| &slot.pending);
        if pending.all(|pending| pending.place.cta != number) {
            self.memory.forget(number);
        }
    }
}
