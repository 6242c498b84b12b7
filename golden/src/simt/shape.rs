//! How large a processor is, and where its memory lies.

use super::mask::{LaneMask, MAX_LANES};

/// Where the shared memory of a CTA begins.
pub const SHARED_BASE: u64 = 0x4000_0000;

/// The parameters of `simt` that a program can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Cores, 1 to 4.
    pub cores: usize,
    /// Warps of a core, 2 to 16.
    pub warps: usize,
    /// Lanes of a warp, 4 to 16.
    pub lanes: usize,
    /// Shared memory of a core, in bytes.
    pub shared_bytes: u64,
    /// First address of the memory.
    pub mem_base: u64,
    /// Bytes of the memory.
    pub mem_bytes: u64,
}

impl Shape {
    /// A shape with the default memory, 2^31 bytes at 2^31, and 16 KiB of shared memory.
    ///
    /// # Panics
    ///
    /// If there are more lanes than a warp can have, or none.
    pub fn new(cores: usize, warps: usize, lanes: usize) -> Shape {
        assert!(
            (1..=MAX_LANES).contains(&lanes) && warps > 0 && cores > 0,
            "a processor has a core, a warp and 1 to {MAX_LANES} lanes, not {cores} x {warps} x {lanes}"
        );
        Shape {
            cores,
            warps,
            lanes,
            shared_bytes: 0x4000,
            mem_base: 1 << 31,
            mem_bytes: 1 << 31,
        }
    }

    /// All lanes of a warp.
    pub fn all_lanes(&self) -> LaneMask {
        LaneMask::first(self.lanes as u32)
    }

    /// Threads that a core can hold, the most of a CTA.
    pub fn core_threads(&self) -> u64 {
        (self.warps * self.lanes) as u64
    }

    /// Whether `bytes` bytes from `address` on are all in memory.
    pub fn in_memory(&self, address: u64, bytes: u64) -> bool {
        address >= self.mem_base
            && bytes <= self.mem_bytes
            && address - self.mem_base <= self.mem_bytes - bytes
    }
}
