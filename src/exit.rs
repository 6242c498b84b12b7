//! What the command's exit status means.

use std::process::ExitCode;

/// Exit statuses of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done, and all cases passed.
    Ok = 0,
    /// Something unforeseen.
    Unforeseen = 1,
    /// Wrong usage: an unknown test, block, configuration or format, a malformed file.
    Usage = 2,
    /// A program on the SIMT processor ended with a fault.
    DeviceFault = 3,
    /// Nothing was selected to run.
    NothingSelected = 4,
    /// A program wrote to `tohost` that a test of its own failed, or ended without a word there.
    TestFailed = 5,
    /// A program had not ended after the clock cycles that it was given.
    NotEnded = 6,
    /// A case failed.
    CaseFailed = 100,
    /// A model or a tool could not be built or found.
    BuildFailed = 101,
    /// A gate was not met.
    GateNotMet = 102,
    /// Stopped by Ctrl-C; what was finished has been reported.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends the command, with its exit status.
#[derive(Debug)]
pub struct CommandError {
    /// Exit status.
    pub exit: Exit,
    /// For people.
    pub message: String,
}

impl CommandError {
    /// Wrong usage.
    pub fn usage(message: impl ToString) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    /// Something unforeseen.
    pub fn unforeseen(message: impl ToString) -> Self {
        Self {
            exit: Exit::Unforeseen,
            message: message.to_string(),
        }
    }
}

impl From<&gpnpu_bridge::BridgeError> for Exit {
    fn from(error: &gpnpu_bridge::BridgeError) -> Self {
        use gpnpu_bridge::BridgeError as E;
        match error {
            E::UnknownBlock { .. }
            | E::UnknownConfig { .. }
            | E::UnknownFlavour { .. }
            | E::Manifest { .. } => Self::Usage,
            E::MissingTool { .. } | E::Build { .. } | E::Ports { .. } | E::Load { .. } => {
                Self::BuildFailed
            }
            E::Io { .. } | E::Flavour { .. } => Self::Unforeseen,
        }
    }
}

impl From<gpnpu_bridge::BridgeError> for CommandError {
    fn from(error: gpnpu_bridge::BridgeError) -> Self {
        Self {
            exit: (&error).into(),
            message: error.to_string(),
        }
    }
}

impl From<gpnpu_testbenches::runner::SelectError> for CommandError {
    fn from(error: gpnpu_testbenches::runner::SelectError) -> Self {
        match error {
            gpnpu_testbenches::runner::SelectError::Bridge(error) => error.into(),
            other => Self::usage(other),
        }
    }
}

impl From<gpnpu_history::HistoryError> for CommandError {
    fn from(error: gpnpu_history::HistoryError) -> Self {
        use gpnpu_history::HistoryError as E;
        match &error {
            E::Newer { .. } | E::Foreign { .. } | E::Corrupted { .. } => Self::usage(error),
            E::Full { .. } | E::Sqlite { .. } | E::Malformed { .. } => Self::unforeseen(error),
        }
    }
}
