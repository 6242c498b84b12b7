//! The five channels of an AXI4 port, as they are in one clock cycle.

use gpnpu_golden::axi::{AddressBeat, ReadBeat, ResponseBeat, WriteBeat};

/// One channel in one cycle. Without valid, the beat means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire<T> {
    /// The sender offers the beat.
    pub valid: bool,
    /// The receiver takes one.
    pub ready: bool,
    /// What is offered.
    pub beat: T,
}

impl<T> Wire<T> {
    /// The beat, if it moves in this cycle.
    #[inline]
    pub fn moved(&self) -> Option<&T> {
        (self.valid && self.ready).then_some(&self.beat)
    }

    /// Offers a beat, or none; the beat of an idle channel stays as it was.
    #[inline]
    pub fn offer(&mut self, beat: Option<T>) {
        self.valid = beat.is_some();
        if let Some(beat) = beat {
            self.beat = beat;
        }
    }
}

/// A port: what its manager and its subordinate show each other in one cycle.
///
/// The agent of one side fills in that side before the cycle, the testbench copies the other side from the block's
/// ports after it.
#[derive(Clone, Debug, Default)]
pub struct Bus {
    /// Write addresses; valid from the manager.
    pub aw: Wire<AddressBeat>,
    /// Write data; valid from the manager.
    pub w: Wire<WriteBeat>,
    /// Write responses; valid from the subordinate.
    pub b: Wire<ResponseBeat>,
    /// Read addresses; valid from the manager.
    pub ar: Wire<AddressBeat>,
    /// Read data; valid from the subordinate.
    pub r: Wire<ReadBeat>,
}

/// Name of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Write addresses.
    Aw,
    /// Write data.
    W,
    /// Write responses.
    B,
    /// Read addresses.
    Ar,
    /// Read data.
    R,
}

impl Channel {
    /// As in signal names: `aw`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aw => "aw",
            Self::W => "w",
            Self::B => "b",
            Self::Ar => "ar",
            Self::R => "r",
        }
    }
}
