//! When the channels of a port move.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kit::{Pace, PaceSet, Pacer, Streams};

/// When an agent is willing on each channel: to offer where it sends, to take where it receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AxiPaces {
    /// Write addresses.
    pub aw: Pace,
    /// Write data.
    pub w: Pace,
    /// Write responses.
    pub b: Pace,
    /// Read addresses.
    pub ar: Pace,
    /// Read data.
    pub r: Pace,
}

impl AxiPaces {
    /// Any paces. A quarter is gapless on all channels, where a block overlaps most.
    pub fn any() -> BoxedStrategy<Self> {
        let mixed = [(); 5]
            .map(|()| Pace::any())
            .prop_map(|[aw, w, b, ar, r]| Self { aw, w, b, ar, r });
        prop_oneof![1 => Just(Self::default()), 3 => mixed].boxed()
    }

    pub(super) fn start(self, streams: &Streams, port: &str) -> Pacers {
        let pacer =
            |pace: Pace, channel: &str| pace.start(streams.rng(&format!("{port} {channel}")));
        Pacers {
            aw: pacer(self.aw, "aw"),
            w: pacer(self.w, "w"),
            b: pacer(self.b, "b"),
            ar: pacer(self.ar, "ar"),
            r: pacer(self.r, "r"),
        }
    }
}

impl PaceSet for AxiPaces {
    fn paces(&mut self) -> Vec<&mut Pace> {
        vec![
            &mut self.aw,
            &mut self.w,
            &mut self.b,
            &mut self.ar,
            &mut self.r,
        ]
    }
}

/// [`AxiPaces`] as they go.
#[derive(Clone, Debug)]
pub(super) struct Pacers {
    pub aw: Pacer,
    pub w: Pacer,
    pub b: Pacer,
    pub ar: Pacer,
    pub r: Pacer,
}
