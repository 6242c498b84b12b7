//! What a processor did that the model does not allow.

use super::fault::Fault;
use super::mask::LaneMask;

/// An event that cannot be. Each message names the warp, what was seen, and what would have been
/// right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// No warp runs there.
    #[error("core {core} warp {warp}: `{event}`, but no warp of a CTA runs there")]
    NoWarp {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// What was seen.
        event: &'static str,
    },
    /// Not the path whose turn it is.
    #[error("core {core} warp {warp}: issues pc `{pc:#x}` lanes `{mask}`, golden says {expected}")]
    Path {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The PC that was issued.
        pc: u64,
        /// The lanes that were.
        mask: LaneMask,
        /// The paths that may execute.
        expected: String,
    },
    /// Not the code in memory.
    #[error(
        "core {core} warp {warp}: issues code `{code:#010x}` at pc {pc:#x}, memory holds {expected:#010x}"
    )]
    Code {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The PC.
        pc: u64,
        /// The code that was issued.
        code: u32,
        /// The code in memory.
        expected: u32,
    },
    /// The instruction is a fault, and was executed.
    #[error("code `{code:#010x}` is executed, golden says it faults: {fault}")]
    Faults {
        /// The code.
        code: u32,
        /// The fault.
        fault: Fault,
    },
    /// A register of which an earlier instruction has not given the value yet.
    #[error(
        "core {core} warp {warp}: `{instruction}` at pc {pc:#x} needs what tag {tag} has not loaded yet in lanes {lanes}"
    )]
    Hazard {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The instruction.
        instruction: String,
        /// Its PC.
        pc: u64,
        /// The tag of the earlier one.
        tag: u32,
        /// The lanes that wait for it.
        lanes: LaneMask,
    },
    /// A CTA starts that is not next, or where there is no room.
    #[error("core {core} warp {warp}: CTA `{ctaid:?}` starts, golden says {expected}")]
    Cta {
        /// The core.
        core: usize,
        /// The first warp.
        warp: usize,
        /// The CTA that started.
        ctaid: [u32; 3],
        /// What would have been right.
        expected: String,
    },
    /// An access that was not asked for, or is done already.
    #[error("core {core} warp {warp}: tag `{tag}` does lanes `{mask}`, of it are due {due}")]
    NotDue {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The tag.
        tag: u32,
        /// The lanes that were named.
        mask: LaneMask,
        /// The lanes that it has still to do.
        due: LaneMask,
    },
    /// An access that overtakes one that it may not.
    #[error("core {core} warp {warp}: tag `{tag}` lanes `{mask}` overtake tag {earlier}: {why}")]
    Order {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The tag.
        tag: u32,
        /// Its lanes.
        mask: LaneMask,
        /// The tag of the access that has to be first.
        earlier: u32,
        /// The rule.
        why: &'static str,
    },
    /// A tag that an unfinished access of the warp has.
    #[error("core {core} warp {warp}: tag `{tag}` is given again before its access is done")]
    TagInUse {
        /// The core.
        core: usize,
        /// The warp.
        warp: usize,
        /// The tag.
        tag: u32,
    },
}
