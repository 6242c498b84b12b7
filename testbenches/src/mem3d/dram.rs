//! The golden die behind a vault's pins.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::die::{Column, Die, DieOptions, Pins, RowOp};
use gpnpu_golden::mem3d::lanes::{Burst, LaneMap};
use gpnpu_golden::mem3d::timing::TimingSet;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::start_up::StartUp;
use crate::kit::{Failure, FailureKind};
use crate::ports::mem3d_pkg::{DramCmd, LaneMap as LanePins};

/// Pins of one vault in one clock, as the RTL drives them.
#[derive(Clone, Copy, Debug)]
pub struct VaultPins<'a> {
    /// Commands.
    pub command: &'a DramCmd,
    /// Write data.
    pub dq: &'a Burst,
    /// Whether `dq` is driven.
    pub dq_oe: bool,
    /// Failed lanes.
    pub lanes: &'a LanePins,
    /// Temperature code of the die.
    pub temperature: u8,
}

/// A golden die that follows a vault's pins, clock by clock.
pub struct DramSide {
    /// The die itself: counters, back door, faults.
    pub die: Die,
    set: TimingSet,
    /// From a reset on, until the controller has started.
    start: Option<StartUp>,
    vault: usize,
    due: Option<Burst>,
    noise: ChaCha8Rng,
}

impl DramSide {
    /// A die of that set behind vault number `vault`; `noise` is what the data pins carry when nothing is due.
    pub fn new(set: &TimingSet, options: DieOptions, vault: usize, noise: ChaCha8Rng) -> Self {
        Self {
            die: Die::new(set, options),
            set: set.clone(),
            start: None,
            vault,
            due: None,
            noise,
        }
    }

    /// Lets the die stand unrefreshed for that many clocks before the controller wakes up: how much it is owed at a
    /// reset the controller cannot know.
    ///
    /// # Errors
    ///
    /// As [`DramSide::observe`], if it is too long.
    pub fn age(&mut self, clocks: u64) -> Result<(), Failure> {
        let idle = DramCmd::default();
        let pins = VaultPins {
            command: &idle,
            dq: &[0; 10],
            dq_oe: false,
            lanes: &LanePins::default(),
            temperature: 0,
        };
        (0..clocks).try_for_each(|_| self.observe(Cycle(0), &pins))
    }

    /// Before a clock: what `dq_i` carries in it.
    ///
    /// Noise is one random word repeated: it is there to be noticed, not to be uniform.
    #[inline]
    pub fn drive(&mut self) -> Burst {
        self.due.take().unwrap_or_else(|| {
            let mut burst = [self.noise.next_u32(); 10];
            burst[9] &= 0xffff;
            burst
        })
    }

    /// After a clock: the die takes the pins.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Protocol`] with the rule that a command broke, or with what had to come first after a reset.
    #[inline]
    pub fn observe(&mut self, now: Cycle, pins: &VaultPins<'_>) -> Result<(), Failure> {
        let command = pins.command;
        if self.start.is_some() {
            self.starts(now, command)?;
        }
        let row = RowOp::from_code(command.row_op);
        let taken = self.die.cycle(&Pins {
            row: row.map(|op| (op, command.row_bank)),
            act: command
                .act_valid
                .then_some((command.act_bank, command.act_row)),
            col: command.col_valid.then_some(Column {
                write: command.col_write,
                ap: command.col_ap,
                bank: command.col_bank,
                burst: command.col_burst,
            }),
            dq: pins.dq_oe.then_some(*pins.dq),
            lanes: lane_map(pins.lanes),
            temperature: pins.temperature,
        });
        match taken {
            Ok(due) => {
                self.due = due;
                Ok(())
            }
            Err(violation) => {
                let rule = format!("DRAM die: {}", violation.rule);
                let message = format!("die of vault {}: {}", self.vault, violation.message);
                Err(Failure::new(FailureKind::Protocol { rule }, now, message))
            }
        }
    }

    fn starts(&mut self, now: Cycle, command: &DramCmd) -> Result<(), Failure> {
        let seen = self.start.as_mut().map(|start| start.observe(command));
        match seen {
            Some(Ok(true)) => self.start = None,
            None | Some(Ok(false)) => {}
            Some(Err(message)) => {
                let rule = "start-up".to_owned();
                let message = format!("vault {}: {message}", self.vault);
                return Err(Failure::new(FailureKind::Protocol { rule }, now, message));
            }
        }
        Ok(())
    }

    /// The controller was reset: nothing that was under way between the two arrives.
    pub fn controller_reset(&mut self) {
        self.due = None;
        self.start = Some(StartUp::new(&self.set));
        self.die.controller_reset();
    }
}

fn lane_map(pins: &LanePins) -> LaneMap {
    LaneMap {
        fail_valid: [pins.fail_valid & 1 != 0, pins.fail_valid & 2 != 0],
        fail_lane: pins.fail_lane,
    }
}
