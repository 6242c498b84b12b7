//! The rules of AXI4 that can be seen on the wires.

use std::fmt;

use gpnpu_bridge::model::Cycle;

use super::Channel;
use crate::kit::{Failure, FailureKind};

/// A side of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Issues the requests.
    Manager,
    /// Answers them.
    Subordinate,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manager => "manager",
            Self::Subordinate => "subordinate",
        })
    }
}

/// A rule of the AMBA AXI specification (ARM IHI 0022E; the sections are its, of Part A).
///
/// That valid does not wait for ready is no rule that wires can show; a block that does it hangs before an agent
/// whose readies come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A3.1.2: while the reset is active, every valid is low. Fault of the sender of the channel.
    ValidInReset,
    /// A3.1.2: a manager raises no valid before a rising edge that sees the reset inactive. Fault of the manager.
    ValidAfterReset,
    /// A3.2.1: valid stays until ready. Fault of the sender of the channel.
    ValidDropped,
    /// A3.2.1: what is offered stays until ready. Fault of the sender of the channel.
    PayloadChanged,
    /// A3.4.1, burst type: `AxBURST` is not 3. Fault of the manager.
    ReservedBurst,
    /// A3.4.1, burst size: a beat is not wider than the bus. Fault of the manager.
    SizeOverBus,
    /// A3.4.1: a burst does not cross a multiple of 4096 bytes. Fault of the manager.
    CrossesBoundary,
    /// A3.4.1, burst length: a wrapping burst has 2, 4, 8 or 16 beats. Fault of the manager.
    WrapLength,
    /// A3.4.1, burst type: a wrapping burst starts at a multiple of its size. Fault of the manager.
    WrapAlignment,
    /// A3.4.1, burst length: a burst that is not incrementing has at most 16 beats. Fault of the manager.
    FixedLength,
    /// A7.2.4: an exclusive burst has at most 16 beats and moves a power of two of at most 128 bytes, at a multiple of
    /// that. Fault of the manager.
    ExclusiveShape,
    /// A3.4.3: strobes are set only in lanes that the beat may use. Fault of the manager.
    StrobeOutsideLanes,
    /// A3.4.1: a burst is not ended early: last comes with its last beat. Fault of the sender of the channel, W or R.
    LastEarly,
    /// A3.4.1: last comes with the last beat. Fault of the sender of the channel, W or R.
    LastMissing,
    /// A3.3.1: a write response comes after the address of its write was accepted. Fault of the subordinate.
    ResponseBeforeAddress,
    /// A3.3.1: a write response comes after the last data of its write was accepted. Fault of the subordinate.
    ResponseBeforeData,
    /// A5.3, A3.3.1: a response, B or R, has the ID of a request that waits for one. Fault of the subordinate.
    ///
    /// Within an ID, responses belong to the requests in order; a subordinate that answers them in another order shows
    /// by [`LastEarly`](Self::LastEarly), [`LastMissing`](Self::LastMissing), or data that is wrong.
    UnknownId,
    /// A7.2.5: EXOKAY answers exclusive accesses alone. Fault of the subordinate.
    ExOkayUnasked,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 18] = [
        Self::ValidInReset,
        Self::ValidAfterReset,
        Self::ValidDropped,
        Self::PayloadChanged,
        Self::ReservedBurst,
        Self::SizeOverBus,
        Self::CrossesBoundary,
        Self::WrapLength,
        Self::WrapAlignment,
        Self::FixedLength,
        Self::ExclusiveShape,
        Self::StrobeOutsideLanes,
        Self::LastEarly,
        Self::LastMissing,
        Self::ResponseBeforeAddress,
        Self::ResponseBeforeData,
        Self::UnknownId,
        Self::ExOkayUnasked,
    ];

    /// The section of the specification, and what was done in words.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ValidInReset => ("A3.1.2", "valid is high in reset"),
            Self::ValidAfterReset => ("A3.1.2", "valid is high right after reset"),
            Self::ValidDropped => ("A3.2.1", "valid fell while the beat was stalled"),
            Self::PayloadChanged => ("A3.2.1", "payload changed while the beat was stalled"),
            Self::ReservedBurst => ("A3.4.1", "the burst type is reserved"),
            Self::SizeOverBus => ("A3.4.1", "a beat is wider than the bus"),
            Self::CrossesBoundary => ("A3.4.1", "the burst crosses a 4 KiB boundary"),
            Self::WrapLength => ("A3.4.1", "a wrapping burst has not 2, 4, 8 or 16 beats"),
            Self::WrapAlignment => ("A3.4.1", "a wrapping burst is not aligned to its size"),
            Self::FixedLength => ("A3.4.1", "a fixed burst has more than 16 beats"),
            Self::ExclusiveShape => ("A7.2.4", "an exclusive access of this size or alignment"),
            Self::StrobeOutsideLanes => ("A3.4.3", "a strobe is set outside of the beat's lanes"),
            Self::LastEarly => ("A3.4.1", "last came before the last beat"),
            Self::LastMissing => ("A3.4.1", "last is missing in the last beat"),
            Self::ResponseBeforeAddress => ("A3.3.1", "a response before the address of its write"),
            Self::ResponseBeforeData => ("A3.3.1", "a response before the last data of its write"),
            Self::UnknownId => ("A5.3", "a response that no request of this ID waits for"),
            Self::ExOkayUnasked => ("A7.2.5", "EXOKAY for an access that is not exclusive"),
        }
    }
}

/// A rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The channel that shows it.
    pub channel: Channel,
}

impl Violation {
    /// Whose fault it is: that of the channel's sender.
    pub fn party(&self) -> Party {
        match self.channel {
            Channel::Aw | Channel::W | Channel::Ar => Party::Manager,
            Channel::B | Channel::R => Party::Subordinate,
        }
    }

    /// The failure of a run; `port` is the port's name, `seen` what is on the wires.
    #[cold]
    pub fn failure(&self, cycle: Cycle, port: &str, seen: &str) -> Failure {
        let (section, words) = self.rule.words();
        let signal = match port {
            "" => self.channel.name().to_owned(),
            port => format!("{port}.{}", self.channel.name()),
        };
        let party = self.party();
        let kind = FailureKind::Protocol {
            rule: format!("{signal}: {words}"),
        };
        let message = format!("{signal}: the {party} broke AXI {section}: {words} ({seen})");
        Failure::new(kind, cycle, message)
    }
}
