//! Commands by their names, and the log of them.

use std::fmt;

/// A command of the die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// Activate a row.
    Act,
    /// Precharge a bank.
    Pre,
    /// Precharge all banks.
    PreAll,
    /// Read a burst.
    Rd,
    /// Read a burst, then precharge.
    Rda,
    /// Write a burst.
    Wr,
    /// Write a burst, then precharge.
    Wra,
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
    /// All commands, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Act,
        Self::Pre,
        Self::PreAll,
        Self::Rd,
        Self::Rda,
        Self::Wr,
        Self::Wra,
        Self::RefAb,
        Self::RefPb,
        Self::RfmPb,
        Self::Pde,
        Self::Pdx,
        Self::Sre,
        Self::Srx,
    ];

    /// The name, as in `docs/mem3d.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Act => "ACT",
            Self::Pre => "PRE",
            Self::PreAll => "PREA",
            Self::Rd => "RD",
            Self::Rda => "RDA",
            Self::Wr => "WR",
            Self::Wra => "WRA",
            Self::RefAb => "REFab",
            Self::RefPb => "REFpb",
            Self::RfmPb => "RFMpb",
            Self::Pde => "PDE",
            Self::Pdx => "PDX",
            Self::Sre => "SRE",
            Self::Srx => "SRX",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A command that the die accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// Clock of the die in which it came, from 0: its time in `TCk`, rounded down.
    pub clock: u64,
    /// The command.
    pub command: Command,
    /// The bank group, of a command for one bank.
    pub group: Option<u8>,
    /// The bank in its group.
    pub bank: Option<u8>,
    /// The row that an ACT opens, or that a column command reads or writes.
    pub row: Option<u16>,
    /// The burst of a column command.
    pub burst: Option<u8>,
}
