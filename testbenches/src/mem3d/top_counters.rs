//! The vaults' counters, held against the bursts and the commands that the dies saw.

use gpnpu_coverage::mem3d::top::Event;
use gpnpu_golden::mem3d::die::Die;

use super::register::Register;
use super::registers::vault;
use super::top_bench::MemoryBench;
use super::top_checks::same;
use crate::kit::{Failure, Run};
use crate::ports::mem3d::Mem3d;

/// Counters of lines and of what is done with them: they stand while nothing is under way.
const OF_LINES: [&Register; 9] = [
    &vault::READS,
    &vault::WRITES,
    &vault::FORWARDED,
    &vault::MERGED,
    &vault::ROW_HITS,
    &vault::RMWS,
    &vault::SCRUBBED,
    &vault::DRAINING,
    &vault::AGE_FORCED,
];
/// Counters of commands, as in [`commands`].
const OF_COMMANDS: [&Register; 3] = [&vault::ACTIVATES, &vault::REFRESHES, &vault::RFMS];

/// Commands of a die: ACT, refreshes, RFM.
type Commands = [u64; 3];

/// What a vault's counters have to count since they were cleared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Lines read.
    pub reads: u32,
    /// Lines written.
    pub writes: u32,
    /// Commands of its die by the time that the clearing was asked for, and that it was answered: those between are
    /// counted or not.
    before: (Commands, Commands),
}

impl Tally {
    /// From now on.
    pub(super) fn from_now(die: &Die) -> Self {
        Self {
            before: (commands(die), commands(die)),
            ..Self::default()
        }
    }
}

fn commands(die: &Die) -> Commands {
    let counters = die.counters();
    [
        counters.act,
        counters.ref_ab + counters.ref_pb,
        counters.rfm_pb,
    ]
}

impl MemoryBench {
    fn commands(&self) -> Vec<Commands> {
        self.dies.iter().map(|die| commands(&die.die)).collect()
    }

    /// Checks all counters of lines and commands and clears them, one byte of each: then they are 0.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub(super) fn clear_counters(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        self.still(run)?;
        let registers = || OF_LINES.into_iter().chain(OF_COMMANDS);
        let numbers = 0..self.dies.len() as u16;
        for number in numbers.clone() {
            for register in registers() {
                self.queue_write(run, register.address(number), u32::MAX, 0)?;
            }
        }
        // What writes no byte clears nothing.
        self.check_counters(run)?;
        let counted = |tally: &Tally| tally.reads + tally.writes > 0;
        if self.tallies.iter().flatten().any(counted) {
            self.coverage.event(Event::CountersCleared)?;
        }
        let asked = self.commands();
        for number in numbers.clone() {
            for (byte, register) in registers().enumerate() {
                self.queue_write(run, register.address(number), u32::MAX, 1 << (byte % 4))?;
            }
        }
        self.settle(run)?;
        let tally = |before| Tally {
            before,
            ..Tally::default()
        };
        let answered = self.commands();
        self.tallies = Some(asked.into_iter().zip(answered).map(tally).collect());
        for number in numbers {
            for register in OF_LINES {
                let is = self.read(run, register.address(number))?;
                same(run.dut.now(), register.name, is, 0)?;
            }
        }
        self.check_counters(run)
    }

    /// Holds the vaults' counters of reads and writes against the lines of all bursts, and those of commands against what
    /// the dies saw, where they can be told.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn check_counters(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        let Some(tallies) = self.tallies.clone() else {
            return Ok(());
        };
        for (number, tally) in (0..).zip(tallies) {
            for (register, says) in [(&vault::READS, tally.reads), (&vault::WRITES, tally.writes)] {
                let is = self.read(run, register.address(number))?;
                same(run.dut.now(), register.name, is, says)?;
            }
            for (kind, register) in OF_COMMANDS.into_iter().enumerate() {
                let seen = |bench: &Self| commands(&bench.dies[usize::from(number)].die)[kind];
                let least = seen(self).saturating_sub(tally.before.1[kind]);
                let is = self.read(run, register.address(number))?;
                let most = seen(self) - tally.before.0[kind];
                if !(least..=most).contains(&is.into()) {
                    let says = format!("{least} to {most}");
                    return Err(Failure::mismatch(
                        run.dut.now(),
                        register.name,
                        &is.to_string(),
                        &says,
                    ));
                }
            }
        }
        Ok(())
    }
}
