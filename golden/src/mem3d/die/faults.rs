//! What can be wrong with a die: lanes, transfers, rows.

use std::collections::{HashSet, VecDeque};

use super::super::lanes::{BEATS, Burst, PHYSICAL_LANES, get_beat, put_beat};

/// What a broken lane does to every bit that crosses it, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LaneFault {
    /// Carries 0.
    StuckLow,
    /// Carries 1.
    StuckHigh,
    /// Carries the opposite.
    Inverted,
}

/// Which way data moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the die.
    Read,
    /// To the die.
    Write,
}

/// The faults of a die.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    /// Bits of a beat: lanes that are stuck, what they are stuck at, and lanes that invert.
    stuck: u64,
    high: u64,
    inverted: u64,
    reads: VecDeque<Burst>,
    writes: VecDeque<Burst>,
    dead_rows: HashSet<(u8, u16)>,
}

impl Faults {
    pub(super) fn set_lane(&mut self, lane: u8, fault: Option<LaneFault>) {
        let bit = 1 << lane;
        let place = |set: bool| if set { bit } else { 0 };
        let stuck = matches!(fault, Some(LaneFault::StuckLow | LaneFault::StuckHigh));
        self.stuck = self.stuck & !bit | place(stuck);
        self.high = self.high & !bit | place(fault == Some(LaneFault::StuckHigh));
        self.inverted = self.inverted & !bit | place(fault == Some(LaneFault::Inverted));
    }

    pub(super) fn disturb(&mut self, direction: Direction, mask: Burst) {
        match direction {
            Direction::Read => self.reads.push_back(mask),
            Direction::Write => self.writes.push_back(mask),
        }
    }

    pub(super) fn set_dead(&mut self, bank: u8, row: u16, dead: bool) {
        if dead {
            self.dead_rows.insert((bank, row));
        } else {
            self.dead_rows.remove(&(bank, row));
        }
    }

    pub(super) fn is_dead(&self, bank: u8, row: u16) -> bool {
        !self.dead_rows.is_empty() && self.dead_rows.contains(&(bank, row))
    }

    /// What arrives of a burst.
    pub(super) fn cross(&mut self, direction: Direction, burst: Burst) -> Burst {
        let queue = match direction {
            Direction::Read => &mut self.reads,
            Direction::Write => &mut self.writes,
        };
        let mut arrives = burst;
        if let Some(mask) = queue.pop_front() {
            arrives
                .iter_mut()
                .zip(mask)
                .for_each(|(word, mask)| *word ^= mask);
        }
        if self.stuck | self.inverted == 0 {
            return arrives;
        }
        let mut crossed = [0; 10];
        for beat in 0..BEATS {
            let lanes = get_beat(&arrives, beat) & !self.stuck | self.high;
            put_beat(&mut crossed, beat, lanes ^ self.inverted);
        }
        crossed
    }
}

/// Panics where there is no such lane.
pub(super) fn check_lane(lane: u8) {
    assert!(
        u32::from(lane) < PHYSICAL_LANES,
        "lane {lane} of {PHYSICAL_LANES}"
    );
}
