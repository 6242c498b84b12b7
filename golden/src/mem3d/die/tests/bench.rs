//! A die with hands: commands one by one, as early as it accepts them.

use std::collections::HashMap;

use super::super::super::timing::TimingSet;
use super::super::{Burst, Column, Die, DieOptions, LaneMap, Pins, RowOp, Violation};

/// The sets of the project, with few rows so that dies are cheap to make and to copy.
pub(super) fn sets() -> Vec<TimingSet> {
    TimingSet::names().map(set).collect()
}

pub(super) fn set(name: &str) -> TimingSet {
    let mut set = TimingSet::named(name).expect("a set of the project works");
    set.rows = 64;
    set
}

/// What a script does. Banks 0 and 1 share a group in all sets, bank 8 is in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Row(RowOp, u8),
    Act(u8, u16),
    Rd(u8),
    Wr(u8),
    Rda(u8),
    Wra(u8),
    Wait(u64),
}

impl Op {
    fn column(self) -> Option<Column> {
        let (write, ap, bank) = match self {
            Self::Rd(bank) => (false, false, bank),
            Self::Wr(bank) => (true, false, bank),
            Self::Rda(bank) => (false, true, bank),
            Self::Wra(bank) => (true, true, bank),
            _ => return None,
        };
        Some(Column {
            write,
            ap,
            bank,
            burst: 0,
        })
    }

    pub(super) fn is_write(self) -> bool {
        matches!(self, Self::Wr(_) | Self::Wra(_))
    }

    fn pins(self) -> Pins {
        let mut pins = Pins::default();
        match self {
            Self::Row(op, bank) => pins.row = Some((op, bank)),
            Self::Act(bank, row) => pins.act = Some((bank, row)),
            _ => pins.col = self.column(),
        }
        pins
    }
}

/// A die and the write data that it is owed.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) die: Die,
    pub(super) set: TimingSet,
    pub(super) cycle: u64,
    pub(super) lanes: LaneMap,
    pub(super) temperature: u8,
    data: HashMap<u64, Burst>,
    /// Bursts that the die gave, by the cycle in which they are on the pins.
    pub(super) read: Vec<(u64, Burst)>,
}

impl Bench {
    pub(super) fn new(set: &TimingSet) -> Self {
        let options = DieOptions {
            ref_groups: 64,
            ..DieOptions::default()
        };
        Self::with_options(set, options)
    }

    pub(super) fn with_options(set: &TimingSet, options: DieOptions) -> Self {
        Self {
            die: Die::new(set, options),
            set: set.clone(),
            cycle: 0,
            lanes: LaneMap::default(),
            temperature: 0,
            data: HashMap::new(),
            read: Vec::new(),
        }
    }

    /// One cycle with these pins; write data, lanes and temperature are added.
    pub(super) fn cycle(&mut self, mut pins: Pins) -> Result<(), Violation> {
        pins.dq = pins.dq.or(self.data.remove(&self.cycle));
        pins.lanes = self.lanes;
        pins.temperature = self.temperature;
        let write = pins.col.is_some_and(|column| column.write);
        let burst = self.die.cycle(&pins)?;
        if write {
            let due = self.cycle + self.set.write_latency_cycles();
            self.data.entry(due).or_insert([0; 10]);
        }
        self.cycle += 1;
        self.read.extend(burst.map(|burst| (self.cycle, burst)));
        Ok(())
    }

    /// The operation in this very cycle.
    pub(super) fn now(&mut self, op: Op) -> Result<(), Violation> {
        match op {
            Op::Wait(cycles) => (0..cycles).try_for_each(|_| self.cycle(Pins::default())),
            _ => self.cycle(op.pins()),
        }
    }

    /// A WR in this very cycle, with its data.
    pub(super) fn write(&mut self, bank: u8, burst: u8, data: Burst) -> Result<(), Violation> {
        let due = self.cycle + self.set.write_latency_cycles();
        self.data.insert(due, data);
        self.column(true, bank, burst)
    }

    pub(super) fn read(&mut self, bank: u8, burst: u8) -> Result<(), Violation> {
        self.column(false, bank, burst)
    }

    fn column(&mut self, write: bool, bank: u8, burst: u8) -> Result<(), Violation> {
        let column = Column {
            write,
            ap: false,
            bank,
            burst,
        };
        self.cycle(Pins {
            col: Some(column),
            ..Pins::default()
        })
    }

    /// The operation as soon as the die accepts it: the cycle, and what was said in the one before.
    pub(super) fn earliest(&mut self, op: Op) -> (u64, Option<Violation>) {
        let mut rejected = None;
        for _ in 0..2000 {
            let mut attempt = self.clone();
            match attempt.now(op) {
                Ok(()) => {
                    let cycle = self.cycle;
                    *self = attempt;
                    return (cycle, rejected);
                }
                Err(violation) => rejected = Some(violation),
            }
            self.now(Op::Wait(1)).expect("waiting is legal");
        }
        panic!("{op:?} was never accepted, at last: {rejected:?}");
    }

    /// All of a script, each operation as soon as the die accepts it; the cycle of each.
    pub(super) fn run(&mut self, script: &[Op]) -> Vec<u64> {
        script.iter().map(|op| self.earliest(*op).0).collect()
    }

    /// When a command of that cycle happens, in half picoseconds.
    pub(super) fn time(&self, op: Op, cycle: u64) -> i64 {
        let half_clocks = 4 * cycle + u64::from(matches!(op, Op::Act(..)));
        (half_clocks * self.set.t_ck.0) as i64
    }
}
