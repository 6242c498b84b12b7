//! The state of a warp, as its program sees it.

use super::launch::Launch;
use super::mask::{LaneMask, PerLane};
use super::paths::Paths;
use super::shape::Shape;

/// A register of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Register {
    /// Whether it is an `f` register.
    pub fp: bool,
    /// Its number.
    pub number: u8,
}

/// A lane.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lane {
    x: [u64; 32],
    f: [u32; 32],
    /// Rounding mode, as it was written: 5 to 7 are possible.
    pub frm: u8,
    /// Accrued flags.
    pub fflags: u8,
    /// Place of the thread in the CTA.
    pub tid: [u32; 3],
}

impl Lane {
    /// Integer register `number`.
    pub fn x(&self, number: u8) -> u64 {
        self.x[usize::from(number)]
    }

    /// Floating-point register `number`.
    pub fn f(&self, number: u8) -> u32 {
        self.f[usize::from(number)]
    }

    /// Writes a register, of an `f` register its 32 bits; `x0` stays 0.
    pub fn write(&mut self, register: Register, value: u64) {
        let number = usize::from(register.number);
        if register.fp {
            self.f[number] = value as u32;
        } else if number != 0 {
            self.x[number] = value;
        }
    }
}

/// Where a warp is, and in which CTA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The core.
    pub core: usize,
    /// The warp of the core.
    pub warp: usize,
    /// Its number in the CTA.
    pub warp_in_cta: usize,
    /// The number of the CTA in the launch.
    pub cta: u64,
}

/// A warp of a CTA that runs.
#[derive(Debug, Clone)]
pub struct Warp {
    /// Where it is.
    pub place: Place,
    /// Its lanes; beyond those that exist they mean nothing.
    pub lanes: PerLane<Lane>,
    /// Its paths.
    pub paths: Paths,
    /// Trap vector; its low two bits are 0.
    pub mtvec: u64,
    /// Return address of MRET; its low two bits are 0.
    pub mepc: u64,
    /// Cause of the last trap.
    pub mcause: u64,
    /// Scratch.
    pub mscratch: u64,
    /// Instructions executed.
    pub retired: u64,
}

impl Warp {
    /// A warp at its start: all registers and CSRs are 0.
    pub fn new(shape: &Shape, launch: &Launch, place: Place) -> Warp {
        let first = (place.warp_in_cta * shape.lanes) as u64;
        let threads = (launch.threads() - first).min(shape.lanes as u64);
        let mut lanes: PerLane<Lane> = Default::default();
        for (number, lane) in (first..).zip(&mut lanes[..threads as usize]) {
            lane.tid = launch.thread(number);
        }
        Warp {
            place,
            lanes,
            paths: Paths::new(LaneMask::first(threads as u32), launch.entry),
            mtvec: 0,
            mepc: 0,
            mcause: 0,
            mscratch: 0,
            retired: 0,
        }
    }
}
