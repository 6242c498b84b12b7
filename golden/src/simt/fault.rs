//! What ends a launch.

use std::fmt;

use super::mask::LaneMask;

/// Causes, numbered as in `docs/simt.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// An illegal instruction, EBREAK, or ECALL without `mtvec`.
    Illegal,
    /// A load, store, atomic or jump target that is not aligned.
    Misaligned,
    /// Outside of all ranges.
    Access,
    /// Another lane's stack, or the lowest 64 bytes of one's own.
    Stack,
    /// A barrier that can never complete.
    Barrier,
    /// A launch that cannot be.
    Launch,
    /// An error response of the AXI4 port: no golden model foresees it.
    Memory,
}

impl Cause {
    /// All causes; each one's index is its number.
    pub const ALL: [Cause; 7] = [
        Cause::Illegal,
        Cause::Misaligned,
        Cause::Access,
        Cause::Stack,
        Cause::Barrier,
        Cause::Launch,
        Cause::Memory,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The cause of that number, if there is one.
    pub fn from_code(code: u8) -> Option<Cause> {
        Cause::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Illegal => "illegal instruction",
            Cause::Misaligned => "misaligned address",
            Cause::Access => "access fault",
            Cause::Stack => "stack overflow",
            Cause::Barrier => "barrier that cannot complete",
            Cause::Launch => "launch that cannot be",
            Cause::Memory => "memory error",
        })
    }
}

/// A fault of a launch. Fields that a cause does not have are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What happened.
    pub cause: Cause,
    /// The core.
    pub core: usize,
    /// The warp of the core.
    pub warp: usize,
    /// The lanes that it concerns.
    pub mask: LaneMask,
    /// Address of the instruction.
    pub pc: u64,
    /// The lowest such lane's address; of an illegal instruction, its code.
    pub address: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            cause,
            core,
            warp,
            mask,
            pc,
            address,
        } = self;
        write!(
            f,
            "{cause}: core {core}, warp {warp}, lanes {mask}, pc {pc:#x}, address {address:#x}"
        )
    }
}
