//! What no memory could have answered.

use super::{Answers, Resp};

/// A response that the content and the order of the requests forbid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// A write response that nothing waits for: no write of this ID has been accepted with all of its data.
    #[error("b.id is {id:#x}, golden waits for no write of this ID")]
    NoWrite {
        /// The ID.
        id: u32,
    },
    /// Read data that nothing waits for.
    #[error("r.id is {id:#x}, golden waits for no read of this ID")]
    NoRead {
        /// The ID.
        id: u32,
    },
    /// A wrong response to a write.
    #[error("b.resp is {resp:?} for the write of {addr:#x}, golden says {allowed}")]
    WriteResponse {
        /// The response.
        resp: Resp,
        /// Address of the write.
        addr: u64,
        /// What it may be.
        allowed: Answers,
    },
    /// A wrong response to a beat of a read.
    #[error("r.resp is {resp:?} for {addr:#x}, golden says {allowed}")]
    ReadResponse {
        /// The response.
        resp: Resp,
        /// Address of the beat.
        addr: u64,
        /// What it may be.
        allowed: Answers,
    },
    /// A word is marked as wrong, and no error was put there.
    #[error("r.poison marks the word at {addr:#x}, golden knows of no error there")]
    Poisoned {
        /// Address of the word.
        addr: u64,
    },
    /// A word with an error came without a mark.
    #[error("r.poison does not mark the word at {addr:#x}, golden knows of an error there")]
    NotPoisoned {
        /// Address of the word.
        addr: u64,
    },
    /// A byte has a value that it cannot have had while the read was under way.
    #[error("r.data is {got:#04x} at {addr:#x}, golden says {}", choice(.allowed))]
    Data {
        /// Address of the byte.
        addr: u64,
        /// What came.
        got: u8,
        /// Values that it may have, the committed one first.
        allowed: Vec<u8>,
    },
}

impl Illegal {
    /// Field that is wrong, as `r.data`.
    pub fn signal(&self) -> &'static str {
        match self {
            Self::NoWrite { .. } => "b.id",
            Self::NoRead { .. } => "r.id",
            Self::WriteResponse { .. } => "b.resp",
            Self::ReadResponse { .. } => "r.resp",
            Self::Poisoned { .. } | Self::NotPoisoned { .. } => "r.poison",
            Self::Data { .. } => "r.data",
        }
    }
}

fn choice(values: &[u8]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:#04x}")).collect();
    values.join(" or ")
}
