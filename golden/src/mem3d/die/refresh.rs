//! Whether refreshes happen: bank time, the lag of each bank, and which rows still hold their data.

use std::collections::HashSet;

use super::super::timing::TimingSet;
use super::time::Time;
use super::violation::{Rule, Violation};

/// The hottest temperature code.
const HOTTEST: u8 = 2;
/// Refreshes of a bank that may be pulled in, and that a die postpones unless its options say otherwise.
pub(super) const BUDGET: u32 = 8;

/// A point of bank time: `TRefi` parts of it are one unit, and at temperature code `t` it runs `2^t`
/// times as fast as the clock. Zero when the die is made, with every row just restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct BankTime(i64);

/// Refreshes of all banks.
#[derive(Debug, Clone)]
pub(super) struct Refresh {
    /// One unit of bank time.
    unit: i64,
    groups: usize,
    rows: usize,
    /// Refreshes that a bank may owe.
    postponed_max: i64,
    temperature: u8,
    running: bool,
    /// Bank time was `base` at `base_at`.
    base: BankTime,
    base_at: Time,
    /// Refreshes of each bank.
    counts: Vec<i64>,
    /// When a bank owes too many.
    deadline: Time,
    /// Bank time of the last refresh of each row group, bank by bank. Plain integers, as memory of zeros costs nothing
    /// until it is touched.
    restored_groups: Vec<i64>,
    /// Bank time of the last ACT of each row, bank by bank.
    restored_rows: Vec<i64>,
    /// Rows whose data is gone, by their place in `restored_rows`.
    lost: HashSet<usize>,
}

impl Refresh {
    pub(super) fn new(set: &TimingSet, groups: u32, postponed_max: u32) -> Self {
        let banks = set.banks() as usize;
        let groups = groups as usize;
        let rows = set.rows as usize;
        let mut refresh = Self {
            unit: Time::of(set.t_refi).0,
            groups,
            rows,
            postponed_max: postponed_max.into(),
            temperature: 0,
            running: true,
            base: BankTime(0),
            base_at: Time(0),
            counts: vec![0; banks],
            deadline: Time::END,
            restored_groups: vec![0; banks * groups],
            restored_rows: vec![0; banks * rows],
            lost: HashSet::new(),
        };
        refresh.update_deadline();
        refresh
    }

    /// The temperature code that holds.
    pub(super) fn temperature(&self) -> u8 {
        self.temperature
    }

    /// The first moment at which a bank owes too many refreshes.
    pub(super) fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn set_temperature(&mut self, code: u8, at: Time) {
        self.rebase(at);
        self.temperature = code.min(HOTTEST);
        self.update_deadline();
    }

    /// Stops bank time for self-refresh, or lets it run again.
    pub(super) fn set_running(&mut self, running: bool, at: Time) {
        self.rebase(at);
        self.running = running;
        self.update_deadline();
    }

    /// Units passed less refreshes of the bank.
    pub(super) fn lag(&self, bank: usize, at: Time) -> i64 {
        self.now(at).0 / self.unit - self.counts[bank]
    }

    /// The violation of the deadline.
    #[cold]
    pub(super) fn overdue(&self, at: Time) -> Violation {
        let (bank, lag) = (0..self.counts.len())
            .map(|bank| (bank, self.lag(bank, at)))
            .max_by_key(|(bank, lag)| (*lag, std::cmp::Reverse(*bank)))
            .unwrap_or_default();
        let message = format!(
            "bank {bank}: {lag} refreshes postponed, TRefi needs at most {}",
            self.postponed_max
        );
        Violation::new(Rule::TRefi, at, message)
    }

    /// A refresh of the bank. False if it did nothing, because too many were pulled in.
    pub(super) fn refresh(&mut self, bank: usize, at: Time) -> bool {
        if self.lag(bank, at) <= -i64::from(BUDGET) {
            return false;
        }
        let group = (self.counts[bank] as u64 % self.groups as u64) as usize;
        let now = self.now(at);
        let place = bank * self.groups + group;
        if self.has_lapsed(BankTime(self.restored_groups[place]), now) {
            self.lose_group(bank, group, now);
        }
        self.restored_groups[place] = now.0;
        self.counts[bank] += 1;
        self.update_deadline();
        true
    }

    /// An ACT: restores the row if it still holds its data.
    pub(super) fn activate(&mut self, bank: usize, row: u16, at: Time) {
        let now = self.now(at);
        let place = bank * self.rows + usize::from(row);
        if self.has_lapsed(self.restored(bank, row.into()), now) {
            self.lost.insert(place);
        }
        self.restored_rows[place] = now.0;
    }

    /// Whether the open row holds its data.
    pub(super) fn holds(&self, bank: usize, row: u16, at: Time) -> bool {
        let place = bank * self.rows + usize::from(row);
        let restored = self.restored(bank, row.into());
        (self.lost.is_empty() || !self.lost.contains(&place))
            && !self.has_lapsed(restored, self.now(at))
    }

    /// Units for which a row holds its data: a bank's turn around all groups, 7 units early at its
    /// beginning and 9 late at its end.
    pub(super) fn retention_units(&self) -> u64 {
        self.groups as u64 + 2 * u64::from(BUDGET)
    }

    fn restored(&self, bank: usize, row: usize) -> BankTime {
        let group = self.restored_groups[bank * self.groups + row % self.groups];
        BankTime(group.max(self.restored_rows[bank * self.rows + row]))
    }

    fn has_lapsed(&self, restored: BankTime, now: BankTime) -> bool {
        now.0 - restored.0 >= self.retention_units() as i64 * self.unit
    }

    /// Marks the rows of a group that were not restored in time: refreshing restores what is left.
    fn lose_group(&mut self, bank: usize, group: usize, now: BankTime) {
        for row in (group..self.rows).step_by(self.groups) {
            if self.has_lapsed(self.restored(bank, row), now) {
                self.lost.insert(bank * self.rows + row);
            }
        }
    }

    fn now(&self, at: Time) -> BankTime {
        if self.running {
            BankTime(self.base.0 + ((at - self.base_at).0 << self.temperature))
        } else {
            self.base
        }
    }

    fn rebase(&mut self, at: Time) {
        self.base = self.now(at);
        self.base_at = at;
    }

    fn update_deadline(&mut self) {
        let fewest = self.counts.iter().copied().min().unwrap_or(0);
        let allowed = (fewest + self.postponed_max + 1) * self.unit;
        self.deadline = if self.running {
            let left = (allowed - self.base.0).max(0) as u64;
            self.base_at + Time(left.div_ceil(1 << self.temperature) as i64)
        } else {
            Time::END
        };
    }
}
