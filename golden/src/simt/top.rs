//! How a launch may end, and what it counts: the golden counterpart of what `simt` says of one.

use std::ops::Range;

use super::execute::AccessKind;
use super::fault::{Cause, Fault};
use super::machine::{Accessed, Issued, Machine};
use crate::axi::LINE;

/// What the counters of a core have to show, of those that do not depend on time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions of warps.
    pub issued: u64,
    /// Lanes of them.
    pub lanes: u64,
    /// Instructions of warps that had several paths.
    pub divergent: u64,
    /// Paths that instructions added, before any of them met others.
    pub splits: u64,
    /// Accesses of lines of memory.
    pub lines: u64,
    /// Accesses of shared memory.
    pub shared: u64,
    /// Of both, those that are AMO, LR or SC.
    pub atomics: u64,
}

impl Counts {
    /// One more instruction.
    pub fn issued(&mut self, issued: &Issued) {
        self.issued += 1;
        self.lanes += u64::from(issued.mask.count());
        self.divergent += u64::from(issued.paths > 1);
        self.splits += issued.parts.saturating_sub(1) as u64;
    }

    /// One more access.
    pub fn accessed(&mut self, accessed: &Accessed) {
        let shared = accessed.mask.meets(accessed.access.shared);
        self.shared += u64::from(shared);
        self.lines += u64::from(!shared);
        self.atomics += u64::from(matches!(accessed.access.kind, AccessKind::Atomic(_)));
    }
}

/// The fault with which a launch ends, if it is one.
///
/// `refused` is what the machine said of the launch, `seen` what the processor reports, and `errors` the addresses that
/// AXI4 answers with errors: no model foresees which access meets them first, so that any line of them is right, if the
/// rest is: of an access it has no lanes and no PC, of a fetch those of a path that is about to execute there.
pub fn end(
    machine: &Machine,
    refused: Option<Fault>,
    seen: Option<Fault>,
    errors: &[Range<u64>],
) -> Option<Fault> {
    match seen {
        Some(fault) if fault.cause == Cause::Memory => {
            seen.filter(|fault| in_error(fault, errors) && is_whole(machine, fault))
        }
        Some(fault) => refused.or_else(|| machine.fault_of(fault.core, fault.warp)),
        None => refused,
    }
}

fn in_error(fault: &Fault, errors: &[Range<u64>]) -> bool {
    let first = fault.address & !(LINE as u64 - 1);
    errors
        .iter()
        .any(|range| range.start < first + LINE as u64 && first < range.end)
}

fn is_whole(machine: &Machine, fault: &Fault) -> bool {
    let shape = machine.shape();
    if fault.mask.is_empty() {
        let line = fault.address.is_multiple_of(LINE as u64);
        return line && fault.pc == 0 && fault.core < shape.cores && fault.warp < shape.warps;
    }
    let warp = machine.warp(fault.core, fault.warp);
    let path = warp.and_then(|warp| warp.paths.next());
    fault.address == fault.pc & !(LINE as u64 - 1)
        && path.is_some_and(|path| (path.pc, path.mask) == (fault.pc, fault.mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axi::Store;
    use crate::simt::mask::LaneMask;
    use crate::simt::shape::Shape;

    fn fault(cause: Cause, address: u64) -> Fault {
        Fault {
            cause,
            core: 0,
            warp: 0,
            mask: LaneMask::NONE,
            pc: 0,
            address,
        }
    }

    #[test]
    fn a_memory_error_is_right_where_axi_has_one() {
        let machine = Machine::new(Shape::new(1, 2, 4), Store::default());
        let line = 0x8000_0040..0x8000_0080;
        let errors = std::slice::from_ref(&line);
        for (address, right) in [
            (0x8000_0040, true),
            (0x8000_0078, false),
            (0x8000_0080, false),
        ] {
            let seen = Some(fault(Cause::Memory, address));
            assert_eq!(
                end(&machine, None, seen, errors) == seen,
                right,
                "{address:#x}"
            );
        }
    }

    #[test]
    fn a_memory_error_says_what_it_has_to_and_no_more() {
        let machine = Machine::new(Shape::new(1, 2, 4), Store::default());
        let line = 0x8000_0040..0x8000_0080;
        let errors = std::slice::from_ref(&line);
        let right = fault(Cause::Memory, 0x8000_0040);
        for wrong in [
            Fault { pc: 4, ..right },
            Fault { core: 1, ..right },
            Fault { warp: 2, ..right },
            Fault {
                mask: LaneMask(1),
                pc: 0x8000_0040,
                ..right
            },
        ] {
            assert_eq!(end(&machine, None, Some(wrong), errors), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_was_refused_ends_with_that() {
        let machine = Machine::new(Shape::new(1, 2, 4), Store::default());
        let refused = Some(fault(Cause::Launch, 0));
        assert_eq!(end(&machine, refused, None, &[]), refused);
        let other = Some(fault(Cause::Access, 8));
        assert_eq!(end(&machine, None, other, &[]), None);
    }
}
