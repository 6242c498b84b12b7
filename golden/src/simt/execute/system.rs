//! CSR instructions and what is left of machine mode.

use super::{CsrWrite, Effects, Executor, Values, write, x};
use crate::simt::csr::{Csr, WarpCsr};
use crate::simt::fault::Fault;
use crate::simt::instruction::{CsrOp, CsrSource};

/// `mcause` of an ECALL from machine mode (privileged specification, 3.1.15).
const ECALL_FROM_M: u64 = 11;

impl Executor<'_> {
    pub(super) fn csr(
        &self,
        op: CsrOp,
        rd: u8,
        number: u16,
        source: CsrSource,
    ) -> Result<Effects, Fault> {
        let writes = op == CsrOp::ReadWrite || !source.is_zero();
        let allowed = !writes || !Csr::is_read_only(number);
        let csr = Csr::of(number).filter(|_| allowed);
        let csr = csr.ok_or_else(|| self.illegal(self.path.mask))?;
        let mask = self.path.mask;
        let old = self.per_lane(|lane| csr.read(self.shape, self.launch, self.warp, mask, lane));
        let new = self.per_lane(|lane| {
            let operand = match source {
                CsrSource::Register(rs1) => self.lane(lane).x(rs1),
                CsrSource::Immediate(value) => value.into(),
            };
            match op {
                CsrOp::ReadWrite => operand,
                CsrOp::ReadSet => old[lane] | operand,
                CsrOp::ReadClear => old[lane] & !operand,
            }
        });
        let csrs = match csr {
            Csr::Lane(csr) if writes => vec![CsrWrite::Lanes(csr, new)],
            Csr::Warp(csr) if writes => vec![CsrWrite::Warp(csr, new[mask.lowest().unwrap_or(0)])],
            _ => Vec::new(),
        };
        let values = if csr == Csr::Cycle {
            Values::Clock
        } else {
            Values::Known(old)
        };
        Ok(Effects {
            write: write(x(rd), values),
            csrs,
            ..self.nothing()
        })
    }

    pub(super) fn ecall(&self) -> Result<Effects, Fault> {
        if self.warp.mtvec == 0 {
            return Err(self.illegal(self.path.mask));
        }
        Ok(Effects {
            csrs: vec![
                CsrWrite::Warp(WarpCsr::Mepc, self.path.pc),
                CsrWrite::Warp(WarpCsr::Mcause, ECALL_FROM_M),
            ],
            ..self.goes_to(self.warp.mtvec)?
        })
    }

    pub(super) fn mret(&self) -> Result<Effects, Fault> {
        self.goes_to(self.warp.mepc)
    }
}
