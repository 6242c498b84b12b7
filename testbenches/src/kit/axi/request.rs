//! What a manager is asked to do.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{AddressBeat, ReadBeat, Resp, WriteBeat};

/// One read or write for a [`Manager`](super::Manager).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request.
    pub address: AddressBeat,
    /// Its data; none for a read.
    pub data: Option<Vec<WriteBeat>>,
    /// It is not offered before so many cycles of the manager.
    pub earliest: u64,
    /// It, and all that follow, wait until all before it are answered.
    pub fence: bool,
}

impl Request {
    /// A read, as early as possible.
    pub fn read(address: AddressBeat) -> Self {
        Self {
            address,
            data: None,
            earliest: 0,
            fence: false,
        }
    }

    /// A write, as early as possible. Its data should have [`AddressBeat::beats`] beats.
    pub fn write(address: AddressBeat, data: Vec<WriteBeat>) -> Self {
        Self {
            data: Some(data),
            ..Self::read(address)
        }
    }

    /// Whether it is a write.
    pub fn is_write(&self) -> bool {
        self.data.is_some()
    }
}

/// A request that was answered, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Its number, in the order of [`Manager::push`](super::Manager::push).
    pub index: u64,
    /// The request.
    pub address: AddressBeat,
    /// Whether it was a write.
    pub write: bool,
    /// Its address was offered for the first time.
    pub issued: Cycle,
    /// Its address was accepted.
    pub accepted: Cycle,
    /// Its first beat of data moved.
    pub first_data: Cycle,
    /// Its last beat of data moved.
    pub last_data: Cycle,
    /// The response moved; for a read, its last beat of data.
    pub responded: Cycle,
    /// The response; for a read, the first that is not OKAY.
    pub resp: Resp,
    /// Data of a read, if the manager keeps it.
    pub data: Vec<ReadBeat>,
}

impl Completed {
    /// Cycles from the offer of the address to the first beat of data.
    pub fn to_first_data(&self) -> u64 {
        self.first_data.0.saturating_sub(self.issued.0)
    }

    /// Cycles from the offer of the address to the response.
    pub fn latency(&self) -> u64 {
        self.responded.0.saturating_sub(self.issued.0)
    }
}
