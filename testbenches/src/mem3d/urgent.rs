//! Urgent reads against the bound on their latency.

use std::collections::HashMap;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::limits::Urgent;
use gpnpu_golden::mem3d::timing::TimingSet;

use crate::kit::{Failure, FailureKind};

/// What is set of refreshes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshMode {
    /// REFpb instead of REFab.
    pub per_bank: bool,
    /// Owed refreshes at which one is forced.
    pub postpone: u8,
    /// Banks get RFMs.
    pub managed: bool,
}

/// An urgent read without a response.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    accepted: u64,
    meets: Urgent,
    /// Clocks that it may take outside of the vault.
    outside: u64,
    /// The bound holds for it.
    bounded: bool,
}

/// Holds the latency of a vault's urgent reads against golden's bound where it holds.
pub struct UrgentWatch {
    set: TimingSet,
    mode: RefreshMode,
    waiting: HashMap<u16, Waiting>,
    /// Responses may wait for their taker.
    backlog: bool,
    /// From then on nothing of an earlier mode is under way.
    settled: u64,
}

impl UrgentWatch {
    /// Of a vault with that die.
    pub fn new(set: &TimingSet) -> Self {
        Self {
            set: set.clone(),
            mode: RefreshMode::default(),
            waiting: HashMap::new(),
            backlog: false,
            settled: 0,
        }
    }

    /// The reads are forgotten.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.backlog = false;
    }

    /// What is set now; `changing` if that may be wrong for a while.
    pub fn configure(&mut self, now: Cycle, mode: RefreshMode, changing: bool) {
        if changing || mode != self.mode {
            self.mode = mode;
            // Refreshes of either kind, and those postponed for the other.
            self.settled = now.0 + self.set.cycles(self.set.t_refi);
        }
    }

    /// Valid and ready where responses are taken; what follows one that was not taken may be late.
    pub fn responses(&mut self, valid: bool, ready: bool) {
        self.backlog = valid && (self.backlog || !ready);
    }

    /// One clock: what it means for the reads that wait; `disturbed` if no bound holds for them.
    pub fn clock(&mut self, now: Cycle, temperature: u8, asleep: bool, disturbed: bool) {
        let disturbed = disturbed || self.backlog || now.0 < self.settled;
        for read in self.waiting.values_mut() {
            read.meets.asleep |= asleep;
            read.meets.temperature = read.meets.temperature.max(temperature);
            read.bounded &= !disturbed;
        }
    }

    /// An urgent read was accepted that may take `outside` more clocks than in the vault; `clean` if no write to its line
    /// is pending.
    pub fn accepted(&mut self, now: Cycle, key: u16, clean: bool, outside: u64) {
        for read in self.waiting.values_mut() {
            read.meets.others += 1;
        }
        let meets = Urgent {
            refresh_per_bank: self.mode.per_bank,
            managed: self.mode.managed,
            others: self.waiting.len() as u64,
            ..Urgent::default()
        };
        let read = Waiting {
            accepted: now.0,
            meets,
            outside,
            bounded: clean,
        };
        self.waiting.insert(key, read);
    }

    /// A read was answered, urgent or not.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Protocol`] if it was urgent and late.
    pub fn answered(&mut self, now: Cycle, key: u16) -> Result<(), Failure> {
        let Some(read) = self.waiting.remove(&key).filter(|read| read.bounded) else {
            return Ok(());
        };
        let took = now.0 - read.accepted;
        match read.meets.bound(&self.set) {
            Some(bound) if took > bound + read.outside => Err(Failure::new(
                FailureKind::Protocol {
                    rule: "an urgent read is late".to_owned(),
                },
                now,
                format!(
                    "an urgent read, accepted in cycle {}, took {took} cycles; at most {} with {:?}",
                    read.accepted,
                    bound + read.outside,
                    read.meets
                ),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A read at clock 10000 that is answered after `took`, with something that happens before.
    fn answered(took: u64, meanwhile: impl FnOnce(&mut UrgentWatch)) -> Result<(), Failure> {
        let set = TimingSet::named("hbm3").expect("a set of the project works");
        let mut watch = UrgentWatch::new(&set);
        let (start, end) = (Cycle(10_000), Cycle(10_000 + took));
        watch.accepted(start, 7, true, 0);
        meanwhile(&mut watch);
        watch.clock(end, 0, false, false);
        watch.answered(end, 7)
    }

    #[test]
    fn a_read_is_late_a_clock_after_its_bound() {
        let set = TimingSet::named("hbm3").expect("a set of the project works");
        let bound = Urgent::default().bound(&set).expect("a bound");
        assert!(answered(bound, |_| ()).is_ok());
        let failure = answered(bound + 1, |_| ()).expect_err("a clock too late");
        assert_eq!(failure.kind.label(), "protocol an urgent read is late");
        // Another one in the queue, a colder or a sleeping die give it time.
        assert!(answered(bound + 1, |watch| watch.accepted(Cycle(10_001), 8, true, 0)).is_ok());
        assert!(
            answered(bound + 1, |watch| watch.clock(
                Cycle(10_001),
                2,
                false,
                false
            ))
            .is_ok()
        );
        assert!(
            answered(bound + 1, |watch| watch.clock(
                Cycle(10_001),
                0,
                true,
                false
            ))
            .is_ok()
        );
    }

    #[test]
    fn where_no_bound_holds_no_read_is_late() {
        let mode = RefreshMode {
            per_bank: true,
            ..RefreshMode::default()
        };
        let late = 1 << 20;
        assert!(answered(late, |_| ()).is_err());
        assert!(answered(late, |watch| watch.responses(true, false)).is_ok());
        assert!(
            answered(late, |watch| {
                watch.responses(true, false);
                watch.responses(false, true);
            })
            .is_err()
        );
        assert!(answered(late, |watch| watch.clock(Cycle(10_001), 0, false, true)).is_ok());
        assert!(
            answered(late, |watch| {
                watch.configure(Cycle(10_001), mode, false);
                watch.clock(Cycle(10_001), 0, false, false);
            })
            .is_ok()
        );
    }
}
