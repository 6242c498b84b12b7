//! What a failed case says.

use std::fmt;

use gpnpu_bridge::model::{Cycle, Event, EventKind};
use serde::{Deserialize, Serialize};

/// What went wrong, coarse enough that a smaller stimulus can fail in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// An output differs from golden's.
    Mismatch {
        /// Port or field.
        signal: String,
    },
    /// The RTL gave something that golden did not expect at all.
    Unexpected {
        /// Channel.
        channel: String,
    },
    /// A handshake rule was broken.
    Protocol {
        /// Channel and rule.
        rule: String,
    },
    /// An assertion of the RTL failed, or it called `$error`.
    Assertion {
        /// Its label; of a plain `$error`, the name of the scope that it stands in.
        label: String,
    },
    /// `$stop`.
    Stop,
    /// `$fatal` or an error of the simulation runtime.
    Fatal,
    /// `$finish` before the test was over.
    Finish,
    /// The cycle limit was reached.
    CycleLimit,
    /// The wall-clock limit was reached.
    WallClock,
    /// A value was sampled that the coverage model calls illegal.
    IllegalBin,
    /// The flavours of the model behave differently.
    BuildDependent,
    /// The testbench itself panicked.
    Panic,
    /// The model could not be loaded, or does not fit the testbench.
    Setup,
    /// The user stopped the run.
    Interrupted,
    /// The process that ran the case died, or the machine that ran it was lost.
    Crash {
        /// Signal, exit status or state.
        how: String,
    },
}

impl FailureKind {
    /// Whether the case can be run again in this process and made smaller: not if it hung, crashed, or did not run at all.
    pub fn can_be_shrunk(&self) -> bool {
        !matches!(
            self,
            Self::Interrupted | Self::Setup | Self::WallClock | Self::Crash { .. }
        )
    }

    /// Short name for reports: `mismatch rsp_o.d`.
    pub fn label(&self) -> String {
        match self {
            Self::Mismatch { signal } => format!("mismatch {signal}"),
            Self::Unexpected { channel } => format!("unexpected {channel}"),
            Self::Protocol { rule } => format!("protocol {rule}"),
            Self::Assertion { label } => format!("assertion {label}"),
            Self::Stop => "stop".to_owned(),
            Self::Fatal => "fatal".to_owned(),
            Self::Finish => "finish".to_owned(),
            Self::CycleLimit => "cycle limit".to_owned(),
            Self::WallClock => "wall clock".to_owned(),
            Self::IllegalBin => "illegal bin".to_owned(),
            Self::BuildDependent => "build-dependent behaviour".to_owned(),
            Self::Panic => "panic".to_owned(),
            Self::Setup => "setup".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
            Self::Crash { how } => format!("crash {how}"),
        }
    }
}

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// In which cycle.
    pub cycle: Cycle,
    /// One sentence: `rsp_o.d is 0x7ffffffe, golden says 0x7fffffff`.
    pub message: String,
    /// More for whoever looks into it, for example golden's table of products.
    pub details: String,
}

impl Failure {
    /// A failure without details.
    pub fn new(kind: FailureKind, cycle: Cycle, message: impl Into<String>) -> Self {
        Self {
            kind,
            cycle,
            message: message.into(),
            details: String::new(),
        }
    }

    /// An output that differs from golden's, in the one sentence used everywhere.
    pub fn mismatch(cycle: Cycle, signal: &str, rtl: &str, golden: &str) -> Self {
        let kind = FailureKind::Mismatch {
            signal: signal.to_owned(),
        };
        Self::new(
            kind,
            cycle,
            format!("{signal} is {rtl}, golden says {golden}"),
        )
    }

    /// The same with details.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }
}

impl From<Event> for Failure {
    fn from(event: Event) -> Self {
        let kind = match (event.kind, &event.assertion) {
            (EventKind::Finish, _) => FailureKind::Finish,
            (EventKind::Fatal, _) => FailureKind::Fatal,
            (EventKind::Stop, Some(name)) => {
                let label = name.rsplit('.').next().unwrap_or(name);
                FailureKind::Assertion {
                    label: label.to_owned(),
                }
            }
            (EventKind::Stop, None) => FailureKind::Stop,
        };
        let text = event.to_string();
        let message = text
            .split_once(": ")
            .map_or(text.as_str(), |(_, rest)| rest);
        Self::new(kind, event.cycle, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cycle {}: {}", self.cycle, self.message)
    }
}
