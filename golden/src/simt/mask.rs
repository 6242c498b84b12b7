//! Sets of lanes.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not, Sub};

/// The most lanes of a warp.
pub const MAX_LANES: usize = 16;

/// One value for each lane; those beyond the warp's lanes are defaults.
pub type PerLane<T> = [T; MAX_LANES];

/// A set of lanes of a warp, lane 0 in bit 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneMask(pub u16);

impl LaneMask {
    /// No lane.
    pub const NONE: LaneMask = LaneMask(0);

    /// Lanes 0 to `count - 1`.
    pub fn first(count: u32) -> LaneMask {
        LaneMask(((1u32 << count.min(MAX_LANES as u32)) - 1) as u16)
    }

    /// One lane.
    pub fn lane(lane: usize) -> LaneMask {
        LaneMask(1 << lane)
    }

    /// Whether a lane is in it.
    pub fn has(self, lane: usize) -> bool {
        self.0 >> lane & 1 == 1
    }

    /// Whether no lane is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the two have a lane in common.
    pub fn meets(self, other: LaneMask) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of its lanes are in `other`.
    pub fn is_within(self, other: LaneMask) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many lanes are in it.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The lowest lane, if there is one.
    pub fn lowest(self) -> Option<usize> {
        self.lanes().next()
    }

    /// Its lanes, ascending.
    pub fn lanes(self) -> impl Iterator<Item = usize> + Clone {
        (0..MAX_LANES).filter(move |&lane| self.has(lane))
    }
}

impl BitAnd for LaneMask {
    type Output = LaneMask;
    fn bitand(self, other: LaneMask) -> LaneMask {
        LaneMask(self.0 & other.0)
    }
}

impl BitOr for LaneMask {
    type Output = LaneMask;
    fn bitor(self, other: LaneMask) -> LaneMask {
        LaneMask(self.0 | other.0)
    }
}

impl BitOrAssign for LaneMask {
    fn bitor_assign(&mut self, other: LaneMask) {
        self.0 |= other.0;
    }
}

impl Sub for LaneMask {
    type Output = LaneMask;
    /// The lanes that are not in `other`.
    fn sub(self, other: LaneMask) -> LaneMask {
        LaneMask(self.0 & !other.0)
    }
}

impl Not for LaneMask {
    type Output = LaneMask;
    fn not(self) -> LaneMask {
        LaneMask(!self.0)
    }
}

impl FromIterator<usize> for LaneMask {
    fn from_iter<I: IntoIterator<Item = usize>>(lanes: I) -> LaneMask {
        let add = |mask, lane| mask | LaneMask::lane(lane);
        lanes.into_iter().fold(LaneMask::NONE, add)
    }
}

impl fmt::Debug for LaneMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

impl fmt::Display for LaneMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}
