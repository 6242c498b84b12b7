//! Broken rules.

use std::fmt;

use super::super::timing::Picoseconds;
use super::command::Command;
use super::time::{Spacing, Time};

/// Declares the rules once: the variant, its name, and what it demands.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A rule of the die. Displays as the timing parameter's name, or as the rule's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name of the timing parameter, or of the rule.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

rules! {
    /// ACT to RD or WR, same bank.
    TRcd = "TRcd",
    /// Precharge to ACT, REF or RFM, same bank; precharge to SRE.
    TRp = "TRp",
    /// ACT to PRE, same bank.
    TRas = "TRas",
    /// ACT to ACT, REF or RFM, same bank.
    TRc = "TRc",
    /// ACT to ACT, REFpb or RFMpb in another bank group.
    TRrdS = "TRrdS",
    /// ACT to ACT, REFpb or RFMpb of another bank of the group.
    TRrdL = "TRrdL",
    /// Five ACTs.
    TFaw = "TFaw",
    /// RD to RD and WR to WR in another bank group.
    TCcdS = "TCcdS",
    /// RD to RD and WR to WR in the same bank group.
    TCcdL = "TCcdL",
    /// Idle data bus between directions.
    TTurn = "TTurn",
    /// End of write data to PRE, same bank.
    TWr = "TWr",
    /// End of write data to RD in another bank group.
    TWtrS = "TWtrS",
    /// End of write data to RD in the same bank group.
    TWtrL = "TWtrL",
    /// RD to PRE, same bank.
    TRtp = "TRtp",
    /// REFab to any command.
    TRfcAb = "TRfcAb",
    /// REFpb to ACT, REF or RFM of that bank.
    TRfcPb = "TRfcPb",
    /// REFpb or RFMpb to REFpb, RFMpb or ACT of another bank.
    TRrefd = "TRrefd",
    /// RFMpb to ACT, REF or RFM of that bank.
    TRfm = "TRfm",
    /// Refreshes of a bank postponed.
    TRefi = "TRefi",
    /// PDX to any command.
    TXp = "TXp",
    /// PDE to PDX.
    TPd = "TPd",
    /// SRX to any command.
    TXs = "TXs",
    /// SRE to SRX.
    TSr = "TSr",
    /// Activations of a bank since it was refreshed.
    RaaMmt = "RaaMmt",
    /// One burst at a time on the data bus.
    DataBus = "data bus",
    /// Write data in its cycle.
    WriteData = "write data",
    /// No write data in other cycles.
    NoWriteData = "no write data",
    /// ACT only to a precharged bank.
    ActPrecharged = "ACT precharged",
    /// RD and WR only to an open row.
    ColumnOpen = "column open",
    /// REF and RFM only of precharged banks.
    RefreshPrecharged = "refresh precharged",
    /// PDE and SRE only with all banks precharged.
    SleepPrecharged = "sleep precharged",
    /// PDE and SRE only with no data under way.
    SleepQuiet = "sleep quiet",
    /// Only PDX, and SRX without effect, in power-down.
    PowerDown = "power-down",
    /// Only SRX, and PDX without effect, in self-refresh.
    SelfRefresh = "self-refresh",
    /// Nothing is read from a row that was not refreshed in time.
    Retention = "retention",
    /// Banks, rows and bursts that exist.
    Range = "range",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A broken rule. What the die does afterwards has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{time}: {message}")]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// When the command came, or the time ran out, rounded down.
    pub time: Picoseconds,
    /// What happened and what the rule needs: `bank 3: ACT 15 ns after precharge, TRp needs 16.25 ns`.
    pub message: String,
}

impl Violation {
    #[cold]
    pub(super) fn new(rule: Rule, at: Time, message: String) -> Self {
        Self {
            rule,
            time: at.picoseconds(),
            message,
        }
    }
}

/// A command at its time, as the rules judge it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) command: Command,
    /// The bank that it is for, or that objects.
    pub(super) bank: Option<u8>,
    pub(super) at: Time,
}

impl Attempt {
    /// Fails if less than the spacing lies between `since` and the command.
    pub(super) fn after(&self, spacing: &Spacing, since: Time) -> Result<(), Violation> {
        if self.at - since >= spacing.span {
            return Ok(());
        }
        Err(self.too_early(spacing, since))
    }

    /// The violation of a rule, with a sentence that begins with bank and command.
    #[cold]
    pub(super) fn broken(&self, rule: Rule, sentence: &str) -> Violation {
        let message = format!("{}{} {sentence}", self.place(), self.command);
        Violation::new(rule, self.at, message)
    }

    #[cold]
    fn too_early(&self, spacing: &Spacing, since: Time) -> Violation {
        let gap = (self.at - since).nanoseconds();
        let order = if gap < 0.0 { "before" } else { "after" };
        self.broken(
            spacing.rule,
            &format!(
                "{} ns {order} {}, {} needs {} ns",
                gap.abs(),
                spacing.event,
                spacing.rule,
                spacing.span.nanoseconds()
            ),
        )
    }

    fn place(&self) -> String {
        self.bank
            .map_or(String::new(), |bank| format!("bank {bank}: "))
    }
}
