//! Requests to the memory, and what a run of them tells.

use gpnpu_golden::mem3d::die::{Command, LogEntry};
use serde::Serialize;

/// Bytes of a line: what one request of a vault asks for.
pub const LINE_BYTES: u64 = 64;
/// Most bytes of one request: an AXI burst does not cross a boundary of 4 KiB.
pub const MAX_BYTES: u32 = 4096;

/// One request of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Controller cycle before which it is not offered, from the begin of the traffic; `None`: as soon as the requests
    /// before it are accepted.
    pub at: Option<u64>,
    /// A write.
    pub write: bool,
    /// Byte address of the first byte.
    pub addr: u64,
    /// Bytes, 1 to [`MAX_BYTES`].
    pub bytes: u32,
}

/// A request that has its response. Cycles count from the begin of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// A write.
    pub write: bool,
    /// Bytes asked for.
    pub bytes: u32,
    /// Since when it waits: its `at`, or the cycle in which it was offered first.
    pub due: u64,
    /// The cycle that moved its (first) address beat.
    pub accepted: u64,
    /// The cycle that moved the first read data, or the write response.
    pub first: u64,
    /// The cycle that moved the last beat of its response.
    pub last: u64,
}

impl Done {
    /// Cycles from its being due to the first read data or the write response.
    pub fn latency(&self) -> u64 {
        self.first - self.due
    }
}

/// A command that the die of a vault accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The vault.
    pub pseudo_channel: u32,
    /// The command, its time and where it goes.
    pub entry: LogEntry,
}

/// Told of everything in a run, in the order of time.
pub trait Observer {
    /// The traffic begins at this clock of the dies; commands before it make the memory ready.
    fn begin(&mut self, clock: u64);
    /// A request has its response.
    fn done(&mut self, done: &Done);
    /// A command was accepted; those of a vault come in the order of their times.
    fn command(&mut self, record: &CommandRecord);
}

/// What a run adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunResult {
    /// Cycles from the begin of the traffic to its last response.
    pub cycles: u64,
    /// Controller clock period, picoseconds.
    pub period_ps: u64,
    /// What was counted.
    pub counters: Counters,
}

/// Counts of a run, from the begin of its traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    commands: [u64; Command::ALL.len()],
    /// Visits of a row for a line: consecutive bursts of one line of a bank are one.
    pub visits: u64,
    /// Visits of a row that was open for an earlier one already.
    pub row_hits: u64,
    /// Lines of reads that no RD fetched: answered from pending writes.
    pub forwarded: u64,
}

impl Counters {
    /// How often a command was issued.
    pub fn of(&self, command: Command) -> u64 {
        self.commands[command as usize]
    }

    /// RD and RDA.
    pub fn reads(&self) -> u64 {
        self.of(Command::Rd) + self.of(Command::Rda)
    }

    /// WR and WRA.
    pub fn writes(&self) -> u64 {
        self.of(Command::Wr) + self.of(Command::Wra)
    }

    /// Row hits per visit; `None` without visits.
    pub fn hit_rate(&self) -> Option<f64> {
        (self.visits > 0).then(|| self.row_hits as f64 / self.visits as f64)
    }
}

/// Counts commands, and visits of rows, from the commands on the pins alone.
#[derive(Clone, Debug)]
pub struct CommandCounter {
    counters: Counters,
    banks_per_group: usize,
    /// `[vault][bank]`.
    banks: Vec<Vec<BankState>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct BankState {
    /// The line and direction of the last burst since the ACT.
    last: Option<(u8, bool)>,
}

impl CommandCounter {
    /// Nothing counted yet.
    pub fn new(vaults: usize, bank_groups: usize, banks_per_group: usize) -> Self {
        Self {
            counters: Counters::default(),
            banks_per_group,
            banks: vec![vec![BankState::default(); bank_groups * banks_per_group]; vaults],
        }
    }

    /// Counts a command.
    pub fn command(&mut self, record: &CommandRecord) {
        let LogEntry {
            command,
            group,
            bank,
            burst,
            ..
        } = record.entry;
        self.counters.commands[command as usize] += 1;
        let (Some(group), Some(bank)) = (group, bank) else {
            return;
        };
        let bank = usize::from(group) * self.banks_per_group + usize::from(bank);
        let state = &mut self.banks[record.pseudo_channel as usize][bank];
        match (command, burst) {
            (Command::Act, _) => state.last = None,
            (Command::Rd | Command::Rda | Command::Wr | Command::Wra, Some(burst)) => {
                let write = matches!(command, Command::Wr | Command::Wra);
                let visit = (burst / 2, write);
                if state.last != Some(visit) {
                    self.counters.visits += 1;
                    self.counters.row_hits += u64::from(state.last.is_some());
                    state.last = Some(visit);
                }
            }
            _ => {}
        }
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// Names and counts of the commands that were issued, in the order of [`Command::ALL`].
impl Serialize for Counters {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            Command::ALL
                .into_iter()
                .map(|command| (command.name(), self.of(command))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(command: Command, bank: Option<u8>, burst: Option<u8>) -> CommandRecord {
        CommandRecord {
            pseudo_channel: 0,
            entry: LogEntry {
                clock: 0,
                command,
                group: bank.map(|bank| bank / 4),
                bank: bank.map(|bank| bank % 4),
                row: None,
                burst,
            },
        }
    }

    #[test]
    fn both_bursts_of_a_line_are_one_visit_and_the_first_line_after_an_act_is_no_hit() {
        let mut counter = CommandCounter::new(1, 2, 4);
        for (command, bank, column) in [
            (Command::Act, 5, None),
            (Command::Rd, 5, Some(8)),
            (Command::Act, 1, None),
            (Command::Rd, 5, Some(9)),
            (Command::Wr, 1, Some(3)),
            (Command::Rd, 5, Some(10)),
            (Command::Rda, 5, Some(11)),
            (Command::Act, 5, None),
            (Command::Rd, 5, Some(10)),
            (Command::Wr, 5, Some(10)),
        ] {
            counter.command(&record(command, Some(bank), column));
        }
        let counters = counter.counters();
        assert_eq!((counters.visits, counters.row_hits), (5, 2));
        assert_eq!((counters.reads(), counters.writes()), (5, 2));
        assert_eq!(counters.of(Command::Act), 3);
        assert_eq!(counters.hit_rate(), Some(0.4));
    }

    #[test]
    fn commands_of_all_banks_are_counted() {
        let mut counter = CommandCounter::new(1, 2, 4);
        counter.command(&record(Command::RefAb, None, None));
        assert_eq!(counter.counters().of(Command::RefAb), 1);
        assert_eq!(counter.counters().hit_rate(), None);
    }
}
