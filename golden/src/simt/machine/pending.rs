//! What instructions have asked for and not got.

use crate::simt::execute::Access;
use crate::simt::instruction::RegisterSet;
use crate::simt::mask::LaneMask;
use crate::simt::warp::Place;

/// Whom an instruction waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The memory.
    Access(Access),
    /// The clock, which a CSR reads into this register.
    Clock(u8),
}

/// The part of an instruction that is not done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub tag: u32,
    pub place: Place,
    pub source: Source,
    /// The register that it will write.
    pub writes: RegisterSet,
    /// The lanes that have not done it.
    pub due: LaneMask,
    /// Fences of the warp before it.
    pub fences: u64,
    /// Barriers of the CTA before it.
    pub bars: u64,
}
