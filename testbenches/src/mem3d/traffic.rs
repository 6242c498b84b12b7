//! Requests to the memory, and what a run of them tells.

use std::fmt;

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

/// A command of the die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// Activate a row.
    Act,
    /// Precharge a bank.
    Pre,
    /// Precharge all banks.
    PreAll,
    /// Read a burst.
    Rd,
    /// Read a burst, precharge then.
    RdAp,
    /// Write a burst.
    Wr,
    /// Write a burst, precharge then.
    WrAp,
    /// Refresh all banks.
    RefAb,
    /// Refresh a bank.
    RefPb,
    /// Refresh management of a bank.
    RfmPb,
    /// Enter power-down.
    Pde,
    /// Leave power-down.
    Pdx,
    /// Enter self-refresh.
    Sre,
    /// Leave self-refresh.
    Srx,
}

impl Command {
    /// All commands.
    pub const ALL: [Self; 14] = [
        Self::Act,
        Self::Pre,
        Self::PreAll,
        Self::Rd,
        Self::RdAp,
        Self::Wr,
        Self::WrAp,
        Self::RefAb,
        Self::RefPb,
        Self::RfmPb,
        Self::Pde,
        Self::Pdx,
        Self::Sre,
        Self::Srx,
    ];

    /// Its name in data sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Act => "ACT",
            Self::Pre => "PRE",
            Self::PreAll => "PREA",
            Self::Rd => "RD",
            Self::RdAp => "RDA",
            Self::Wr => "WR",
            Self::WrAp => "WRA",
            Self::RefAb => "REFab",
            Self::RefPb => "REFpb",
            Self::RfmPb => "RFMpb",
            Self::Pde => "PDE",
            Self::Pdx => "PDX",
            Self::Sre => "SRE",
            Self::Srx => "SRX",
        }
    }

    /// Moves data.
    pub fn is_column(self) -> bool {
        matches!(self, Self::Rd | Self::RdAp | Self::Wr | Self::WrAp)
    }

    /// Moves data into the die.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Wr | Self::WrAp)
    }

    /// Closes the row of its bank when it is done.
    pub fn is_auto_precharge(self) -> bool {
        matches!(self, Self::RdAp | Self::WrAp)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One command on the pins of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// Clock of the die, `TCk` each, in which it begins; an ACT begins in the middle of it. From the begin of the
    /// traffic.
    pub clock: u64,
    /// The command.
    pub command: Command,
    /// The vault.
    pub pseudo_channel: u32,
    /// Bank group, and bank in it; `None` for a command of all banks.
    pub bank: Option<(u32, u32)>,
    /// Row of an ACT, and the open row that a RD or WR goes to.
    pub row: Option<u32>,
    /// Burst of the row that a RD or WR moves.
    pub column: Option<u32>,
}

/// Told of everything in a run, in the order of time.
pub trait Observer {
    /// A request has its response.
    fn done(&mut self, done: &Done);
    /// A command was issued; of one controller clock the column command comes before the ACT, whose time is later.
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

/// Counts of a run.
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
        self.of(Command::Rd) + self.of(Command::RdAp)
    }

    /// WR and WRA.
    pub fn writes(&self) -> u64 {
        self.of(Command::Wr) + self.of(Command::WrAp)
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
    last: Option<(u32, bool)>,
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
        self.counters.commands[record.command as usize] += 1;
        let Some((group, bank)) = record.bank else {
            return;
        };
        let bank = group as usize * self.banks_per_group + bank as usize;
        let state = &mut self.banks[record.pseudo_channel as usize][bank];
        match (record.command, record.column) {
            (Command::Act, _) => state.last = None,
            (command, Some(column)) if command.is_column() => {
                let visit = (column / 2, command.is_write());
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

    fn record(command: Command, bank: u32, column: Option<u32>) -> CommandRecord {
        CommandRecord {
            clock: 0,
            command,
            pseudo_channel: 0,
            bank: Some((bank / 4, bank % 4)),
            row: None,
            column,
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
            (Command::RdAp, 5, Some(11)),
            (Command::Act, 5, None),
            (Command::Rd, 5, Some(10)),
            (Command::Wr, 5, Some(10)),
        ] {
            counter.command(&record(command, bank, column));
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
        let all = CommandRecord {
            bank: None,
            ..record(Command::RefAb, 0, None)
        };
        counter.command(&all);
        assert_eq!(counter.counters().of(Command::RefAb), 1);
        assert_eq!(counter.counters().hit_rate(), None);
    }

    #[test]
    fn names_are_those_of_the_list_in_its_order() {
        for (index, command) in Command::ALL.into_iter().enumerate() {
            assert_eq!(command as usize, index);
            let same = Command::ALL.iter().filter(|c| c.name() == command.name());
            assert_eq!(same.count(), 1);
        }
    }
}
