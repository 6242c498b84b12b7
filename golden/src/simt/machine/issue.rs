//! One instruction of a warp is executed.

use super::pending::Pending;
use super::{Machine, Planned};
use crate::simt::execute::{CsrWrite, Values, Write};
use crate::simt::fault::Fault;
use crate::simt::instruction::Instruction;
use crate::simt::mask::{LaneMask, PerLane};
use crate::simt::mismatch::Mismatch;
use crate::simt::paths::{ATOMIC_WEIGHT, Step};
use crate::simt::warp::{Place, Warp};

/// The event `issue` of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// The core.
    pub core: usize,
    /// The warp of the core.
    pub warp: usize,
    /// Its PC.
    pub pc: u64,
    /// The code that the processor found there.
    pub code: u32,
    /// The lanes that execute it.
    pub mask: LaneMask,
    /// Names the instruction in later events.
    pub tag: u32,
}

/// What an instruction owes to the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The instruction.
    pub instruction: Instruction,
    /// The lanes that executed it.
    pub mask: LaneMask,
    /// The register that each of them writes, if one.
    pub write: Option<Write>,
    /// What an F instruction adds to each one's `fflags`.
    pub flags: Option<PerLane<u8>>,
    /// Whether they access memory; [`Machine::access`] has to follow.
    pub accesses: bool,
    /// Paths that the warp had.
    pub paths: usize,
    /// Paths into which this one went, before any of them met others.
    pub parts: usize,
}

/// Whether a fence is right before an instruction's access, and right after it. `bar` and `warpsync`
/// order too, but when they are complete.
fn fences(instruction: Instruction) -> (bool, bool) {
    match instruction {
        Instruction::Amo { aq, rl, .. } => (rl, aq),
        Instruction::Fence { .. } | Instruction::FenceI => (false, true),
        _ => (false, false),
    }
}

impl Machine {
    /// The instruction that a trace names is executed, in all of its lanes at once; what it waits
    /// for, an access or the time, follows in events of its own.
    ///
    /// # Errors
    ///
    /// A [`Mismatch`] if the warp may not execute this now.
    pub fn issue(&mut self, issue: &Issue) -> Result<Issued, Mismatch> {
        let Issue {
            core,
            warp: number,
            pc,
            code,
            mask,
            tag,
        } = *issue;
        let warp = self.warp(core, number).ok_or(Mismatch::NoWarp {
            core,
            warp: number,
            event: "issue",
        })?;
        let path = warp
            .paths
            .next()
            .filter(|path| (path.pc, path.mask) == (pc, mask));
        let path = path.ok_or_else(|| Mismatch::Path {
            core,
            warp: number,
            pc,
            mask,
            expected: candidate(warp),
        })?;
        let planned = self
            .plan(warp, path)
            .map_err(|fault| Mismatch::Faults { code, fault })?;
        let expected = self.memory.code(pc);
        if code != expected {
            return Err(Mismatch::Code {
                core,
                warp: number,
                pc,
                code,
                expected,
            });
        }
        self.check_hazards(issue, planned.instruction)?;
        Ok(self.apply(warp.place, planned, tag))
    }

    /// The next instruction of a warp is executed, its access done and the clock, if it is read,
    /// showing `cycle`. None if the warp cannot execute.
    ///
    /// # Errors
    ///
    /// The fault that the instruction is.
    pub fn step(&mut self, core: usize, warp: usize, cycle: u64) -> Result<Option<Issued>, Fault> {
        let Some((state, path)) = self
            .warp(core, warp)
            .and_then(|state| Some((state, state.paths.next()?)))
        else {
            return Ok(None);
        };
        let planned = self.plan(state, path)?;
        let issued = self.apply(state.place, planned, 0);
        self.complete(core, warp, cycle);
        match self.barrier {
            Some(fault) => Err(fault),
            None => Ok(Some(issued)),
        }
    }

    /// Refuses an instruction that uses what an earlier one has not got yet.
    fn check_hazards(&self, issue: &Issue, instruction: Instruction) -> Result<(), Mismatch> {
        let slot = &self.cores[issue.core][issue.warp];
        let (reads, writes) = (instruction.reads(), instruction.writes());
        for pending in &slot.pending {
            let same_warp = slot
                .warp
                .as_ref()
                .is_some_and(|warp| warp.place == pending.place);
            let uses = reads.meets(pending.writes()) || writes.meets(pending.writes());
            let lanes = pending.due & issue.mask;
            if same_warp && uses && !lanes.is_empty() {
                return Err(Mismatch::Hazard {
                    core: issue.core,
                    warp: issue.warp,
                    instruction: instruction.to_string(),
                    pc: issue.pc,
                    tag: pending.tag,
                    lanes,
                });
            }
            if pending.tag == issue.tag {
                return Err(Mismatch::TagInUse {
                    core: issue.core,
                    warp: issue.warp,
                    tag: issue.tag,
                });
            }
        }
        Ok(())
    }

    /// Does what was worked out.
    fn apply(&mut self, place: Place, planned: Planned, tag: u32) -> Issued {
        let Planned {
            path,
            instruction,
            effects,
        } = planned;
        let bars = self
            .ctas
            .iter()
            .find(|cta| cta.number == place.cta)
            .map_or(0, |cta| cta.bars);
        let slot = &mut self.cores[place.core][place.warp];
        let Some(warp) = &mut slot.warp else {
            unreachable!("the warp has just been found")
        };
        if let Some(Write {
            register,
            values: Values::Known(values),
        }) = effects.write
        {
            for lane in path.mask.lanes() {
                warp.lanes[lane].write(register, values[lane]);
            }
        }
        if let Some(flags) = effects.flags {
            for lane in path.mask.lanes() {
                warp.lanes[lane].fflags |= flags[lane];
            }
        }
        for csr in effects.csrs {
            write_csr(warp, csr, path.mask);
        }
        let weight = if matches!(instruction, Instruction::Amo { .. }) {
            ATOMIC_WEIGHT
        } else {
            1
        };
        let step = Step {
            control: instruction.is_control(),
            weight,
        };
        let paths = warp.paths.all().len();
        warp.paths.executed(path.mask, &effects.parts, step);
        warp.retired += 1;

        let (before, after) = fences(instruction);
        slot.fences += u64::from(before);
        let register = effects
            .write
            .filter(|write| !matches!(write.values, Values::Known(_)));
        if effects.access.is_some() || register.is_some() {
            slot.pending.push(Pending {
                tag,
                place,
                access: effects.access,
                register: register.map(|write| write.register),
                due: path.mask,
                fences: slot.fences,
                bars,
            });
        }
        slot.fences += u64::from(after);
        if matches!(
            instruction,
            Instruction::Bar | Instruction::Exit | Instruction::Warpsync { .. }
        ) {
            self.resolve(place.cta);
        }
        Issued {
            instruction,
            mask: path.mask,
            write: effects.write,
            flags: effects.flags,
            accesses: effects.access.is_some(),
            paths,
            parts: effects.parts.len(),
        }
    }
}

fn write_csr(warp: &mut Warp, csr: CsrWrite, mask: LaneMask) {
    match csr {
        CsrWrite::Lanes(csr, values) => {
            for lane in mask.lanes() {
                csr.write(warp, lane, values[lane]);
            }
        }
        CsrWrite::Warp(csr, value) => csr.write(warp, value),
    }
}

/// The path that executes next, for a message.
fn candidate(warp: &Warp) -> String {
    let path = warp.paths.next();
    path.map_or("all its paths wait".into(), |path| {
        format!("pc {:#x} lanes {}", path.pc, path.mask)
    })
}
