//! What a core says it does, held against golden: instructions in the order in which they are executed, and every
//! register that they write.

use std::collections::HashMap;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::simt::execute::Values;
use gpnpu_golden::simt::machine::{Issue, Issued, Machine};
use gpnpu_golden::simt::mask::{LaneMask, PerLane};
use gpnpu_golden::simt::top::Counts;
use gpnpu_golden::simt::warp::Register;

use super::core_memory::Done;
use crate::kit::{Failure, FailureKind};
use crate::ports::simt_pkg::{Trace, TraceFlags, TraceIssue, TraceWrite};

/// What golden does not allow.
pub fn broken(now: Cycle, rule: &str, message: String) -> Failure {
    let kind = FailureKind::Protocol {
        rule: rule.to_owned(),
    };
    Failure::new(kind, now, message)
}

/// A register write that the core has not shown in all lanes.
struct Owed {
    instruction: String,
    register: Register,
    /// Lanes still to be written.
    left: LaneMask,
    /// Lanes of which golden knows the value.
    known: LaneMask,
    /// Lanes of which nobody knows it.
    lost: LaneMask,
    values: PerLane<u64>,
    clock: bool,
}

/// Flags that the core has not shown.
struct OwedFlags {
    mask: LaneMask,
    flags: PerLane<u8>,
}

/// The trace of a core against golden.
pub struct TraceCheck {
    core: usize,
    writes: HashMap<(u8, u8), Owed>,
    flags: HashMap<(u8, u8), OwedFlags>,
    /// What happened.
    pub counts: Counts,
}

impl TraceCheck {
    /// That of a core, in which nothing is under way.
    pub fn new(core: usize) -> Self {
        Self {
            core,
            writes: HashMap::new(),
            flags: HashMap::new(),
            counts: Counts::default(),
        }
    }

    /// Whether everything that golden owes was shown.
    ///
    /// # Errors
    ///
    /// A register or flags that were not.
    pub fn finished(&self, now: Cycle) -> Result<(), Failure> {
        if let Some(((warp, tag), owed)) = self.writes.iter().next() {
            let text = format!(
                "warp {warp} tag {tag}: `{}` has not written lanes {} of {:?}",
                owed.instruction, owed.left, owed.register
            );
            return Err(broken(now, "write missing", text));
        }
        if let Some(((warp, tag), _)) = self.flags.iter().next() {
            let text = format!("warp {warp} tag {tag}: flags were not shown");
            return Err(broken(now, "flags missing", text));
        }
        Ok(())
    }

    /// A clock of the core; `cycle` is what its clock showed to what was executed.
    ///
    /// # Errors
    ///
    /// The first event that golden does not allow.
    pub fn observe(
        &mut self,
        now: Cycle,
        trace: &Trace,
        machine: &mut Machine,
        cycle: u64,
    ) -> Result<Option<Issued>, Failure> {
        let mut issued = None;
        if trace.issue.valid {
            issued = Some(self.issue(now, &trace.issue, machine, cycle)?);
        }
        for (fp, write) in [(false, &trace.x), (true, &trace.f)] {
            if write.valid {
                self.write(now, fp, write)?;
            }
        }
        for flags in &trace.flags {
            if flags.valid {
                self.flags(now, flags)?;
            }
        }
        Ok(issued)
    }

    /// Golden has done an access.
    pub fn accessed(&mut self, done: &Done) {
        self.counts.accessed(&done.accessed);
        if let Some(owed) = self.writes.get_mut(&(done.warp as u8, done.tag)) {
            for lane in done.accessed.mask.lanes() {
                owed.values[lane] = done.accessed.values[lane];
            }
            owed.known |= done.accessed.mask;
            owed.lost |= done.lost;
        }
    }

    fn issue(
        &mut self,
        now: Cycle,
        issue: &TraceIssue,
        machine: &mut Machine,
        cycle: u64,
    ) -> Result<Issued, Failure> {
        let key = (issue.warp, issue.tag);
        let mask = LaneMask(issue.mask);
        let issued = machine
            .issue(&Issue {
                core: self.core,
                warp: issue.warp.into(),
                pc: issue.pc,
                code: issue.code,
                mask,
                tag: issue.tag.into(),
            })
            .map_err(|mismatch| broken(now, "issue", mismatch.to_string()))?;
        self.counts.issued(&issued);
        if let Some(write) = &issued.write {
            let (known, values, clock) = match write.values {
                Values::Known(values) => (mask, values, false),
                Values::Access => (LaneMask::NONE, [0; 16], false),
                Values::Clock => (mask, [cycle; 16], true),
            };
            if clock {
                machine
                    .clock(self.core, issue.warp.into(), issue.tag.into(), cycle)
                    .map_err(|mismatch| broken(now, "clock", mismatch.to_string()))?;
            }
            let owed = Owed {
                instruction: issued.instruction.to_string(),
                register: write.register,
                left: mask,
                known,
                lost: LaneMask::NONE,
                values,
                clock,
            };
            self.writes.insert(key, owed);
        }
        if let Some(flags) = issued.flags {
            self.flags.insert(key, OwedFlags { mask, flags });
        }
        Ok(issued)
    }

    fn write(&mut self, now: Cycle, fp: bool, write: &TraceWrite) -> Result<(), Failure> {
        let file = if fp { "f" } else { "x" };
        let key = (write.warp, write.tag);
        let mask = LaneMask(write.mask);
        let what = format!("warp {} tag {}", write.warp, write.tag);
        let Some(owed) = self.writes.get_mut(&key) else {
            let text = format!("{what} writes {file}{}, golden owes it nothing", write.rd);
            return Err(broken(now, "write not owed", text));
        };
        if (owed.register.fp, owed.register.number) != (fp, write.rd) || !mask.is_within(owed.left)
        {
            let text = format!(
                "{what} writes {file}{} in lanes {mask}, golden says `{}` has {:?} in lanes {} to write",
                write.rd, owed.instruction, owed.register, owed.left
            );
            return Err(broken(now, "write", text));
        }
        if !mask.is_within(owed.known) {
            let text = format!("{what} writes {file}{} before the access is done", write.rd);
            return Err(broken(now, "write too early", text));
        }
        for lane in mask.lanes() {
            let (rtl, golden) = (write.data[lane], owed.values[lane]);
            if rtl != golden && !owed.lost.has(lane) {
                let signal = format!("trace_o.{file}.data[{lane}]");
                let failure = Failure::mismatch(
                    now,
                    &signal,
                    &format!("{rtl:#018x}"),
                    &format!("{golden:#018x}"),
                );
                let clock = if owed.clock {
                    ", which reads the clock"
                } else {
                    ""
                };
                return Err(failure.with_details(format!(
                    "{what}, `{}`{clock}, lane {lane}",
                    owed.instruction
                )));
            }
        }
        owed.left = owed.left - mask;
        if owed.left.is_empty() {
            self.writes.remove(&key);
        }
        Ok(())
    }

    fn flags(&mut self, now: Cycle, flags: &TraceFlags) -> Result<(), Failure> {
        let Some(owed) = self.flags.remove(&(flags.warp, flags.tag)) else {
            let text = format!("warp {} tag {} shows flags", flags.warp, flags.tag);
            return Err(broken(now, "flags not owed", text));
        };
        for lane in owed.mask.lanes() {
            let (rtl, golden) = (flags.flags[lane], owed.flags[lane]);
            if rtl != golden || flags.mask != owed.mask.0 {
                let signal = format!("trace_o.flags[{lane}]");
                return Err(Failure::mismatch(
                    now,
                    &signal,
                    &format!("{rtl:#07b}"),
                    &format!("{golden:#07b}"),
                ));
            }
        }
        Ok(())
    }
}
