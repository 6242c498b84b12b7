//! F instructions, but loads, stores and moves.

use super::{Effects, Executor, Values, write};
use crate::simt::fault::Fault;
use crate::simt::float::{FpuOp, Rounding, execute};
use crate::simt::instruction::RoundingField;
use crate::simt::mask::LaneMask;
use crate::simt::warp::Register;

impl Executor<'_> {
    /// `sources` are `rs1`, `rs2`, `rs3`. Lanes whose `frm` is no mode are illegal, if it is asked.
    pub(super) fn float(
        &self,
        op: FpuOp,
        field: RoundingField,
        rd: u8,
        sources: [u8; 3],
    ) -> Result<Effects, Fault> {
        let mode = |lane: usize| match field {
            RoundingField::Static(rm) => Some(rm),
            RoundingField::Dynamic => Rounding::from_code(self.lane(lane).frm),
        };
        let lanes = self.path.mask.lanes();
        let bad: LaneMask = lanes.filter(|&lane| mode(lane).is_none()).collect();
        if !bad.is_empty() {
            return Err(self.illegal(bad));
        }
        let (mut values, mut flags) = ([0; 16], [0; 16]);
        for lane in self.path.mask.lanes() {
            let state = self.lane(lane);
            let [a, b, c] = sources.map(|source| state.f(source));
            let rm = mode(lane).unwrap_or(Rounding::NearestEven);
            (values[lane], flags[lane]) = execute(op, rm, a, b, c, state.x(sources[0]));
        }
        let register = Register {
            fp: !op.to_integer(),
            number: rd,
        };
        Ok(Effects {
            write: write(register, Values::Known(values)),
            flags: Some(flags),
            ..self.nothing()
        })
    }
}
