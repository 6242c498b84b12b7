//! What instructions have asked for and not got.

use crate::simt::execute::Access;
use crate::simt::instruction::RegisterSet;
use crate::simt::mask::LaneMask;
use crate::simt::warp::{Place, Register};

/// The part of an instruction that is not done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub tag: u32,
    pub place: Place,
    /// What it waits for; if none, for the time.
    pub access: Option<Access>,
    /// The register that it will write, if one.
    pub register: Option<Register>,
    /// The lanes that have not done it.
    pub due: LaneMask,
    /// Fences of the warp before it.
    pub fences: u64,
    /// Barriers of the CTA before it.
    pub bars: u64,
}

impl Pending {
    /// The registers that nobody may use before it is done.
    pub fn writes(&self) -> RegisterSet {
        self.register
            .map_or(RegisterSet::default(), RegisterSet::of)
    }
}
