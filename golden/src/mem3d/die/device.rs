//! The die: its state, its clock, its data, and what may be done to it from outside.

use std::collections::VecDeque;

use super::super::secded::{Codeword, encode};
use super::super::timing::{Picoseconds, TimingSet};
use super::bank::Bank;
use super::bus::Bus;
use super::command::LogEntry;
use super::counters::Counters;
use super::faults::{Direction, Faults, LaneFault, check_lane};
use super::pins::Pins;
use super::power::{Power, State};
use super::refresh::{BUDGET, Refresh};
use super::spacing::RowSpacing;
use super::storage::{Cells, Storage};
use super::time::{Spans, Time};
use super::violation::{Rule, Violation};
use super::{Burst, Command};

/// What every cell of a dead row reads as: uncorrectable.
const DEAD: Codeword = Codeword {
    data: u64::MAX,
    check: u8::MAX,
};

/// What a die is like, besides its timing set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DieOptions {
    /// Row groups of a bank, at least 1: refresh k restores the rows whose number is k modulo this. Few of them make a
    /// lapse of retention quick to reach.
    pub ref_groups: u32,
    /// Refreshes that a bank may owe. A die that forgives more than 8 shows what becomes of its rows.
    pub postponed_max: u32,
    /// Whether accepted commands are kept for [`Die::drain_log`].
    pub log: bool,
}

impl Default for DieOptions {
    fn default() -> Self {
        Self {
            ref_groups: 8192,
            postponed_max: BUDGET,
            log: false,
        }
    }
}

/// A burst of write data that is still to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingWrite {
    pub(super) cycle: u64,
    pub(super) bank: u8,
    pub(super) row: u16,
    pub(super) burst: u8,
}

/// The DRAM die of one vault.
#[derive(Debug, Clone)]
pub struct Die {
    pub(super) spans: Spans,
    pub(super) banks_per_group: u8,
    pub(super) rows: u32,
    pub(super) bursts: u8,
    pub(super) raa_imt: u32,
    pub(super) raa_mmt: u32,
    pub(super) read_latency: u64,
    pub(super) write_latency: u64,
    pub(super) cycle: u64,
    pub(super) now: Time,
    pub(super) banks: Vec<Bank>,
    pub(super) spacing: RowSpacing,
    pub(super) bus: Bus,
    pub(super) power: Power,
    pub(super) refresh: Refresh,
    pub(super) storage: Storage,
    pub(super) faults: Faults,
    pub(super) writes: VecDeque<PendingWrite>,
    /// Read data by the cycle in which it is on the pins.
    pub(super) reads: VecDeque<(u64, Cells)>,
    pub(super) counters: Counters,
    pub(super) log: Option<Vec<LogEntry>>,
}

impl Die {
    /// A die that is powered, trained, precharged, just refreshed and holds zeros, at time 0.
    pub fn new(set: &TimingSet, options: DieOptions) -> Self {
        let group_of = |bank: u32| (bank / set.banks_per_group) as u8;
        Self {
            spans: Spans::new(set),
            banks_per_group: set.banks_per_group as u8,
            rows: set.rows,
            bursts: set.bursts_per_row() as u8,
            raa_imt: set.raa_imt,
            raa_mmt: set.raa_mmt,
            read_latency: set.read_latency_cycles(),
            write_latency: set.write_latency_cycles(),
            cycle: 0,
            now: Time(0),
            banks: (0..set.banks())
                .map(|bank| Bank::new(group_of(bank)))
                .collect(),
            spacing: RowSpacing::new(set.bank_groups),
            bus: Bus::new(set.bank_groups),
            power: Power::new(),
            refresh: Refresh::new(set, options.ref_groups, options.postponed_max),
            storage: Storage::new(set),
            faults: Faults::default(),
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            counters: Counters::default(),
            log: options.log.then(Vec::new),
        }
    }

    /// One controller clock with these pins. Returns what `dq_i` has to carry in the next one; with
    /// `None` nothing is due and it carries noise.
    ///
    /// `lanes` maps the write data of this clock and the read data of the next.
    ///
    /// # Errors
    ///
    /// The first rule that a command, the data pins or the passing of time broke.
    pub fn cycle(&mut self, pins: &Pins) -> Result<Option<Burst>, Violation> {
        let at = self.now;
        if pins.temperature != self.refresh.temperature() {
            self.refresh.set_temperature(pins.temperature, at);
        }
        if at >= self.refresh.deadline() {
            return Err(self.refresh.overdue(at));
        }
        self.take_write_data(pins)?;
        if let Some((op, bank)) = pins.row {
            self.row_command(op, bank, at)?;
        }
        if let Some(column) = pins.col {
            self.column(column, at)?;
        }
        if let Some((bank, row)) = pins.act {
            self.activate(bank, row, at + self.spans.half_clock)?;
        }
        match self.power.state {
            State::Awake => {}
            State::Down => self.counters.power_down_cycles += 1,
            State::SelfRefresh => self.counters.self_refresh_cycles += 1,
        }
        self.cycle += 1;
        self.now = at + self.spans.period;
        Ok(self.give_read_data(pins))
    }

    fn take_write_data(&mut self, pins: &Pins) -> Result<(), Violation> {
        let due = self
            .writes
            .front()
            .filter(|write| write.cycle == self.cycle)
            .copied();
        match (due, pins.dq) {
            (None, None) => Ok(()),
            (Some(write), Some(burst)) => {
                self.writes.pop_front();
                let burst = self.faults.cross(Direction::Write, burst);
                let cells = pins.lanes.codewords(&burst);
                self.storage
                    .write(write.bank, write.row, write.burst, &cells);
                Ok(())
            }
            (Some(write), None) => Err(Violation::new(
                Rule::WriteData,
                self.now,
                format!(
                    "bank {}: no data on dq for the WR of {} cycles ago, needs dq_oe",
                    write.bank, self.write_latency
                ),
            )),
            (None, Some(_)) => Err(Violation::new(
                Rule::NoWriteData,
                self.now,
                format!(
                    "data on dq without a WR {} cycles ago, needs dq_oe low",
                    self.write_latency
                ),
            )),
        }
    }

    fn give_read_data(&mut self, pins: &Pins) -> Option<Burst> {
        let (cycle, cells) = self.reads.front()?;
        if *cycle != self.cycle {
            return None;
        }
        let burst = pins.lanes.burst(cells);
        self.reads.pop_front();
        Some(self.faults.cross(Direction::Read, burst))
    }

    /// The stored burst, or what a dead row gives.
    pub(super) fn cells(&self, bank: u8, row: u16, burst: u8) -> Cells {
        if self.faults.is_dead(bank, row) {
            [DEAD; 4]
        } else {
            self.storage.read(bank, row, burst)
        }
    }

    /// The controller was reset: write data that is under way never comes, and its bursts keep what they held. Rules
    /// and contents stay.
    pub fn controller_reset(&mut self) {
        self.writes.clear();
    }

    /// The time at which the next cycle begins.
    pub fn time(&self) -> Picoseconds {
        self.now.picoseconds()
    }

    /// What was counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The commands accepted since the last call; empty unless [`DieOptions::log`] is set.
    pub fn drain_log(&mut self) -> Vec<LogEntry> {
        self.log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Units passed less refreshes of the bank: positive if some are postponed, negative if pulled in.
    pub fn lag(&self, bank: u8) -> i64 {
        self.refresh.lag(bank.into(), self.now)
    }

    /// The bank's count of activations.
    pub fn raa(&self, bank: u8) -> u32 {
        self.banks[usize::from(bank)].raa
    }

    /// The bank's open row.
    pub fn open_row(&self, bank: u8) -> Option<u16> {
        self.banks[usize::from(bank)].row
    }

    /// The eight words of a line, as they are stored.
    pub fn line(&self, bank: u8, row: u16, line: u8) -> [u64; 8] {
        self.line_codewords(bank, row, line).map(|word| word.data)
    }

    /// The eight codewords of a line, as a read would find them.
    pub fn line_codewords(&self, bank: u8, row: u16, line: u8) -> [Codeword; 8] {
        let low = self.cells(bank, row, 2 * line);
        let high = self.cells(bank, row, 2 * line + 1);
        std::array::from_fn(|word| if word < 4 { low[word] } else { high[word - 4] })
    }

    /// Stores eight words with valid check bits, behind the pins' back.
    pub fn set_line(&mut self, bank: u8, row: u16, line: u8, words: &[u64; 8]) {
        let codewords = words.map(encode);
        for half in 0..2u8 {
            let cells = std::array::from_fn(|word| codewords[4 * usize::from(half) + word]);
            self.storage.write(bank, row, 2 * line + half, &cells);
        }
    }

    /// Inverts a stored bit, 0 to 287: `72 * codeword + bit`.
    ///
    /// # Panics
    ///
    /// If there is no such bit.
    pub fn flip(&mut self, bank: u8, row: u16, burst: u8, bit: u32) {
        assert!(bit < 288, "bit {bit} of a burst of 288");
        let mut cells = self.storage.read(bank, row, burst);
        let cell = &mut cells[bit as usize / 72];
        *cell = cell.flipped(bit % 72);
        self.storage.write(bank, row, burst, &cells);
    }

    /// Inverts the bits of `mask` in the next transfer of that direction that has none of these yet: calls queue.
    pub fn disturb_next(&mut self, direction: Direction, mask: Burst) {
        self.faults.disturb(direction, mask);
    }

    /// Breaks a physical lane, or mends it.
    ///
    /// # Panics
    ///
    /// If there is no such lane.
    pub fn set_lane_fault(&mut self, lane: u8, fault: Option<LaneFault>) {
        check_lane(lane);
        self.faults.set_lane(lane, fault);
    }

    /// Makes a row dead, or mends it: all that is read from it is uncorrectable.
    pub fn set_dead_row(&mut self, bank: u8, row: u16, dead: bool) {
        self.faults.set_dead(bank, row, dead);
    }

    pub(super) fn note(
        &mut self,
        command: Command,
        at: Time,
        bank: Option<u8>,
        row: Option<u16>,
        burst: Option<u8>,
    ) {
        let clock = (at.0 / self.spans.half_clock.0 / 2) as u64;
        if let Some(log) = &mut self.log {
            log.push(LogEntry {
                clock,
                command,
                group: bank.map(|bank| bank / self.banks_per_group),
                bank: bank.map(|bank| bank % self.banks_per_group),
                row,
                burst,
            });
        }
    }
}
