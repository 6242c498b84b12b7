//! Why a run of traffic ended early.

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::model::{Cycle, Event};

use crate::kit::Failure;

/// Why a run of traffic ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The parameters do not make a memory.
    #[error("{0}")]
    Parameters(String),
    /// The model could not be loaded.
    #[error(transparent)]
    Model(#[from] Box<BridgeError>),
    /// The RTL reported something.
    #[error("cycle {}: the RTL reported {event}", .cycle.0)]
    Event {
        /// When.
        cycle: Cycle,
        /// What.
        event: Event,
    },
    /// A die does not accept what its pins carry.
    #[error("{0}")]
    Die(Failure),
    /// A response is not what was asked for, or data not what was written.
    #[error("cycle {}: {message}", .cycle.0)]
    Wrong {
        /// When.
        cycle: Cycle,
        /// What came, and what golden says.
        message: String,
    },
    /// A register cannot be written or read.
    #[error("the access of register {addr:#x} is answered with response {resp}, 0 (OKAY) expected")]
    Register {
        /// Its address.
        addr: u16,
        /// The response.
        resp: u8,
    },
    /// Nothing happens any more.
    #[error("cycle {}: {what}", .cycle.0)]
    Silent {
        /// When it was given up.
        cycle: Cycle,
        /// What does not come.
        what: String,
    },
    /// The user wants it to end.
    #[error("interrupted")]
    Interrupted,
}
