//! Control and status registers, by the table of `docs/simt.md`.

use super::launch::Launch;
use super::mask::LaneMask;
use super::shape::Shape;
use super::warp::Warp;

/// One of the three coordinates.
pub type Axis = usize;

/// A register that belongs to the warp; a write takes the value of the lowest lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarpCsr {
    /// 0x305.
    Mtvec,
    /// 0x340.
    Mscratch,
    /// 0x341.
    Mepc,
    /// 0x342.
    Mcause,
}

/// A register that belongs to the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LaneCsr {
    /// 0x001.
    Fflags,
    /// 0x002.
    Frm,
    /// 0x003: `frm` above `fflags`.
    Fcsr,
}

/// The CSRs that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Csr {
    /// Of the lane.
    Lane(LaneCsr),
    /// Of the warp.
    Warp(WarpCsr),
    /// Reads 0, ignores writes.
    Zero,
    /// Thread in the CTA.
    Tid(Axis),
    /// CTA in the grid.
    Ctaid(Axis),
    /// Threads of a CTA.
    Ntid(Axis),
    /// CTAs of the grid.
    Nctaid(Axis),
    /// Lane in the warp.
    LaneNumber,
    /// Warp in the CTA.
    WarpNumber,
    /// Lanes of a warp.
    Lanes,
    /// The core.
    Core,
    /// `args` of the launch.
    Args,
    /// End of the lane's stack.
    StackEnd,
    /// The lanes that execute the instruction.
    Mask,
    /// Cycles since the launch.
    Cycle,
    /// Instructions of the warp before this one.
    Instret,
}

impl Csr {
    /// The register of a number; none if an access is illegal.
    pub fn of(number: u16) -> Option<Csr> {
        Some(match number {
            0x001 => Csr::Lane(LaneCsr::Fflags),
            0x002 => Csr::Lane(LaneCsr::Frm),
            0x003 => Csr::Lane(LaneCsr::Fcsr),
            0x305 => Csr::Warp(WarpCsr::Mtvec),
            0x340 => Csr::Warp(WarpCsr::Mscratch),
            0x341 => Csr::Warp(WarpCsr::Mepc),
            0x342 => Csr::Warp(WarpCsr::Mcause),
            // stvec, satp; mstatus, misa, medeleg, mideleg, mie, mcounteren; mtval, mip; pmpcfg0,
            // pmpaddr0; mnstatus.
            0x105 | 0x180 | 0x300..=0x304 | 0x306 | 0x343 | 0x344 | 0x3a0 | 0x3b0 | 0x744 => {
                Csr::Zero
            }
            // mvendorid, marchid, mimpid, mhartid.
            0xf11..=0xf14 => Csr::Zero,
            0xcc0..=0xcc2 => Csr::Tid(usize::from(number - 0xcc0)),
            0xcc3..=0xcc5 => Csr::Ctaid(usize::from(number - 0xcc3)),
            0xcc6..=0xcc8 => Csr::Ntid(usize::from(number - 0xcc6)),
            0xcc9..=0xccb => Csr::Nctaid(usize::from(number - 0xcc9)),
            0xccc => Csr::LaneNumber,
            0xccd => Csr::WarpNumber,
            0xcce => Csr::Lanes,
            0xccf => Csr::Core,
            0xcd0 => Csr::Args,
            0xcd1 => Csr::StackEnd,
            0xcd2 => Csr::Mask,
            0xc00 | 0xc01 => Csr::Cycle,
            0xc02 => Csr::Instret,
            _ => return None,
        })
    }

    /// Whether a number is one of those that no write may name (privileged specification, 2.1).
    pub fn is_read_only(number: u16) -> bool {
        number >> 10 == 3
    }

    /// What it reads in a lane, when the lanes of `mask` execute. `Cycle` has no value here.
    pub fn read(
        self,
        shape: &Shape,
        launch: &Launch,
        warp: &Warp,
        mask: LaneMask,
        lane: usize,
    ) -> u64 {
        let state = &warp.lanes[lane];
        let place = &warp.place;
        match self {
            Csr::Lane(LaneCsr::Fflags) => state.fflags.into(),
            Csr::Lane(LaneCsr::Frm) => state.frm.into(),
            Csr::Lane(LaneCsr::Fcsr) => u64::from(state.frm) << 5 | u64::from(state.fflags),
            Csr::Warp(WarpCsr::Mtvec) => warp.mtvec,
            Csr::Warp(WarpCsr::Mscratch) => warp.mscratch,
            Csr::Warp(WarpCsr::Mepc) => warp.mepc,
            Csr::Warp(WarpCsr::Mcause) => warp.mcause,
            Csr::Zero | Csr::Cycle => 0,
            Csr::Tid(axis) => state.tid[axis].into(),
            Csr::Ctaid(axis) => launch.cta(place.cta)[axis].into(),
            Csr::Ntid(axis) => launch.block[axis].into(),
            Csr::Nctaid(axis) => launch.grid[axis].into(),
            Csr::LaneNumber => lane as u64,
            Csr::WarpNumber => place.warp_in_cta as u64,
            Csr::Lanes => shape.lanes as u64,
            Csr::Core => place.core as u64,
            Csr::Args => launch.args,
            Csr::StackEnd => {
                launch.stack(shape, place.core, place.warp, lane) + launch.stack_bytes()
            }
            Csr::Mask => mask.0.into(),
            Csr::Instret => warp.retired,
        }
    }
}

impl WarpCsr {
    /// Writes it. Addresses of instructions have two low bits of 0.
    pub fn write(self, warp: &mut Warp, value: u64) {
        match self {
            WarpCsr::Mtvec => warp.mtvec = value & !3,
            WarpCsr::Mscratch => warp.mscratch = value,
            WarpCsr::Mepc => warp.mepc = value & !3,
            WarpCsr::Mcause => warp.mcause = value,
        }
    }
}

impl LaneCsr {
    /// Writes it in a lane: `frm` has 3 bits, `fflags` 5.
    pub fn write(self, warp: &mut Warp, lane: usize, value: u64) {
        let state = &mut warp.lanes[lane];
        let (frm, fflags) = match self {
            LaneCsr::Fflags => (state.frm, value as u8),
            LaneCsr::Frm => (value as u8, state.fflags),
            LaneCsr::Fcsr => ((value >> 5) as u8, value as u8),
        };
        state.frm = frm & 7;
        state.fflags = fflags & 31;
    }
}
