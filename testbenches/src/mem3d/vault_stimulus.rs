//! What is done to a vault: requests, waits, faults, changes of the configuration.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::kit::{Pace, Stimulus};

/// Place of a line in a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Bank, `group * banks_per_group + bank_in_group`.
    pub bank: u8,
    /// Row.
    pub row: u16,
    /// Line of the row.
    pub line: u8,
}

/// What can be set of a vault; fields are those of `vault_cfg_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// 0 open, 1 closed, 2 adaptive.
    pub page_policy: u8,
    /// REFpb instead of REFab.
    pub refresh_per_bank: bool,
    /// Owed refreshes at which one is forced, 0 to 8.
    pub postpone: u8,
    /// Writes queued at which a drain begins.
    pub wq_high: u16,
    /// Writes queued at which it ends.
    pub wq_low: u16,
    /// Clocks without a read after which writes drain.
    pub drain_idle: u8,
    /// Column visits of a row while another row of the bank waits; 0 for no cap.
    pub hit_cap: u8,
    /// Age that goes first, in 16 clocks; 0 for none.
    pub age_limit: u8,
    /// Idle clocks before power-down; 0 for never.
    pub pd_idle: u16,
    /// Further idle clocks before self-refresh; 0 for never.
    pub sr_idle: u16,
    /// Activations of a bank that ask for an RFM; 0 for never.
    pub rfm_threshold: u16,
    /// Clocks between two lines of the scrubber, in 16; 0 for never.
    pub scrub_interval: u16,
    /// Failed physical lanes, ascending.
    pub failed_lanes: [Option<u8>; 2],
    /// Check bits are looked at; changes only after settling.
    pub ecc_enable: bool,
}

impl Default for Settings {
    /// What the registers hold after reset.
    fn default() -> Self {
        Self {
            page_policy: 2,
            refresh_per_bank: true,
            postpone: 7,
            wq_high: 48,
            wq_low: 8,
            drain_idle: 32,
            hit_cap: 32,
            age_limit: 64,
            pd_idle: 0,
            sr_idle: 0,
            rfm_threshold: 0,
            scrub_interval: 0,
            failed_lanes: [None; 2],
            ecc_enable: true,
        }
    }
}

impl Settings {
    /// The same with watermarks that a write queue of `entries` can reach.
    #[must_use]
    pub fn within(mut self, entries: usize) -> Self {
        let entries = u16::try_from(entries).expect("a queue of at most 256 entries");
        self.wq_high = self.wq_high.clamp(1, entries);
        self.wq_low = self.wq_low.min(self.wq_high - 1);
        self
    }
}

/// One thing that is done to a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Reads a line.
    Read {
        /// Where.
        at: Place,
        /// Of the urgent class.
        urgent: bool,
    },
    /// Writes bytes of a line; the data are pseudo-random of the seed.
    Write {
        /// Where.
        at: Place,
        /// A bit per byte.
        strobes: u64,
        /// Of the data.
        seed: u32,
    },
    /// Lets so many clocks pass, with everything queued before sent or not.
    Wait(u32),
    /// Waits until every request has been answered and every write has left the queue.
    Settle,
    /// Changes the settings.
    Configure(Settings),
    /// Changes the temperature code of the die, 0 to 3.
    Temperature(u8),
    /// Flips bits of a codeword at rest, after settling; one bit is correctable, two are not.
    Decay {
        /// Line.
        at: Place,
        /// Word of the line, 0 to 7.
        word: u8,
        /// Bits of the codeword, 0 to 71; one or two different ones.
        bits: (u8, Option<u8>),
    },
    /// Reads a line, after settling, with bits of a codeword flipped on the way.
    ReadDisturbed {
        /// Line.
        at: Place,
        /// Word of the line, 0 to 7.
        word: u8,
        /// Bits of the codeword; one or two different ones.
        bits: (u8, Option<u8>),
    },
    /// Writes a whole line, after settling, with errors injected by the controller.
    WriteInjected {
        /// Line.
        at: Place,
        /// Of the data.
        seed: u32,
        /// Word of the line, 0 to 7.
        word: u8,
        /// Bits of the codeword; one or two different ones.
        bits: (u8, Option<u8>),
    },
    /// Holds against golden that the word's flipped bit was found since it flipped.
    Found {
        /// Line.
        at: Place,
        /// Word of the line, 0 to 7.
        word: u8,
    },
    /// Holds against golden that the die sleeps.
    Asleep,
    /// A physical lane is stuck from now on, after settling; what is read meanwhile may be poisoned, not wrong.
    StickLane {
        /// Physical lane, 0 to 37.
        lane: u8,
        /// Level.
        high: bool,
    },
    /// Resets the controller; what is queued is lost, and lines written since the last settling are of unknown content.
    Reset,
}

/// A run of a vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VaultStimulus {
    /// Settings at the beginning.
    #[serde(default)]
    pub settings: Settings,
    /// What is done, in order.
    pub operations: Vec<Operation>,
    /// How often it is done, without a reset between; each time with other data, and in other rows.
    #[serde(default = "once")]
    pub rounds: u32,
    /// When reads are offered.
    #[serde(default)]
    pub reads: Pace,
    /// When writes are offered.
    #[serde(default)]
    pub writes: Pace,
    /// When responses are taken.
    #[serde(default)]
    pub responses: Pace,
    /// Most reads without a response; 0 for no limit.
    #[serde(default)]
    pub outstanding: u16,
    /// Row groups that refreshes restore in turn, see `RefGroups` in docs/mem3d.md.
    #[serde(default = "usual_groups")]
    pub ref_groups: u32,
    /// Clocks in which every read has to be answered.
    #[serde(default = "usual_patience")]
    pub patience: u64,
}

/// Ten all-bank refreshes of any set, and a drain.
fn usual_patience() -> u64 {
    30_000
}

fn once() -> u32 {
    1
}

fn usual_groups() -> u32 {
    8192
}

impl VaultStimulus {
    /// Operations at full rate with usual settings.
    pub fn new(operations: Vec<Operation>) -> Self {
        Self {
            settings: Settings::default(),
            operations,
            rounds: once(),
            reads: Pace::Always,
            writes: Pace::Always,
            responses: Pace::Always,
            outstanding: 0,
            ref_groups: usual_groups(),
            patience: usual_patience(),
        }
    }

    /// The operations of all rounds.
    pub fn all(&self) -> impl Iterator<Item = Operation> {
        (0..self.rounds).flat_map(|round| {
            self.operations
                .iter()
                .map(move |operation| operation.in_round(round))
        })
    }
}

/// Rounds after which the rows come again.
const ROW_ROUNDS: u16 = 8;

impl Operation {
    /// The same with other data and in other rows; which requests meet in a row stays as it is.
    fn in_round(self, round: u32) -> Self {
        let moved = |at: Place| Place {
            row: at.row ^ (round % u32::from(ROW_ROUNDS)) as u16,
            ..at
        };
        // Odd, so that no two rounds have the same data.
        let other = |seed: u32| seed.wrapping_add(round.wrapping_mul(0x9e37_79b1));
        match self {
            Self::Read { at, urgent } => Self::Read {
                at: moved(at),
                urgent,
            },
            Self::Write { at, strobes, seed } => Self::Write {
                at: moved(at),
                strobes,
                seed: other(seed),
            },
            Self::Decay { at, word, bits } => Self::Decay {
                at: moved(at),
                word,
                bits,
            },
            Self::Found { at, word } => Self::Found {
                at: moved(at),
                word,
            },
            Self::ReadDisturbed { at, word, bits } => Self::ReadDisturbed {
                at: moved(at),
                word,
                bits,
            },
            Self::WriteInjected {
                at,
                seed,
                word,
                bits,
            } => Self::WriteInjected {
                at: moved(at),
                seed: other(seed),
                word,
                bits,
            },
            Self::Wait(_)
            | Self::Settle
            | Self::Asleep
            | Self::Configure(_)
            | Self::Temperature(_)
            | Self::StickLane { .. }
            | Self::Reset => self,
        }
    }
}

impl Stimulus for VaultStimulus {
    fn len(&self) -> usize {
        self.operations.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.operations.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut push = |candidate: Self, differs: bool| {
            if differs {
                all.push(candidate);
            }
        };
        push(
            Self {
                rounds: self.rounds / 2,
                ..self.clone()
            },
            self.rounds > 1,
        );
        let usual = Settings::default();
        push(
            Self {
                settings: usual,
                ..self.clone()
            },
            self.settings != usual,
        );
        let gapless = Self {
            reads: Pace::Always,
            writes: Pace::Always,
            responses: Pace::Always,
            outstanding: 0,
            ..self.clone()
        };
        let paces = |s: &Self| (s.reads, s.writes, s.responses, s.outstanding);
        push(gapless.clone(), paces(&gapless) != paces(self));
        let quiet = Settings {
            pd_idle: 0,
            scrub_interval: 0,
            rfm_threshold: 0,
            ..self.settings
        };
        push(
            Self {
                settings: quiet,
                ..self.clone()
            },
            self.settings != quiet,
        );
        for (index, operation) in self.operations.iter().enumerate() {
            if let Some(simple) = simpler_operation(*operation) {
                let mut candidate = self.clone();
                candidate.operations[index] = simple;
                push(candidate, true);
            }
        }
        all
    }
}

/// The same kind of operation, with less to look at; `None` if there is nothing to leave out.
fn simpler_operation(operation: Operation) -> Option<Operation> {
    let simple = match operation {
        Operation::Read { at, .. } => Operation::Read { at, urgent: false },
        Operation::Write { at, .. } => Operation::Write {
            at,
            strobes: u64::MAX,
            seed: 1,
        },
        Operation::Wait(clocks) => Operation::Wait(clocks / 2),
        other => other,
    };
    (simple != operation).then_some(simple)
}
