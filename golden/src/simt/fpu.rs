//! `simt_fpu`, the floating-point units of a core, as `docs/simt.md` has them: which unit executes an operation, and
//! when its result is there. What the result is says [`float`](super::float).

use super::float::FpuOp;

/// One of the units, which work side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Sums, products and fused ones; pipelined.
    Fma,
    /// Signs, comparisons, classes and conversions; pipelined.
    Misc,
    /// Quotients and square roots, one after the other.
    Divide,
}

impl Unit {
    /// The unit that executes an operation.
    pub fn of(op: FpuOp) -> Unit {
        match op {
            FpuOp::Add
            | FpuOp::Sub
            | FpuOp::Mul
            | FpuOp::Madd
            | FpuOp::Msub
            | FpuOp::Nmsub
            | FpuOp::Nmadd => Unit::Fma,
            FpuOp::Div | FpuOp::Sqrt => Unit::Divide,
            _ => Unit::Misc,
        }
    }

    /// Clock cycles from a request to its result: exactly so many of a pipelined unit, at most so many of the divider.
    pub fn latency(self) -> u64 {
        match self {
            Unit::Fma => 5,
            Unit::Misc => 3,
            Unit::Divide => 32,
        }
    }

    /// Whether a request waits while the unit works on another.
    pub fn is_exclusive(self) -> bool {
        self == Unit::Divide
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_unit_by_number() {
        for op in FpuOp::ALL {
            let unit = match op.code() {
                0..=6 => Unit::Fma,
                24.. => Unit::Divide,
                _ => Unit::Misc,
            };
            assert_eq!(Unit::of(op), unit, "{op:?}");
        }
    }

    #[test]
    fn only_the_divider_makes_requests_wait() {
        let units = [Unit::Fma, Unit::Misc, Unit::Divide];
        assert_eq!(units.map(Unit::is_exclusive), [false, false, true]);
    }
}
