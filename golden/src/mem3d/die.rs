//! The DRAM die of a vault: bank-accurate, on the controller's pins.
//!
//! [`Die::cycle`] takes the pins of one controller clock, checks every command in them against every
//! rule of `docs/mem3d.md` ("What the die demands"), stores and gives data, and says what `dq_i` has
//! to carry in the next clock. A broken rule is a [`Violation`]: the [`Rule`], the time, and a
//! sentence. Time is the die's own: cycle n begins at n controller periods.
//!
//! Faults of a die are put in by its methods: wrong bits at rest and in flight, lanes, dead rows. Its
//! temperature is one of the pins.

mod bank;
mod bus;
mod command;
mod commands;
mod counters;
mod device;
mod faults;
mod pins;
mod power;
mod refresh;
mod spacing;
mod storage;
#[cfg(test)]
mod tests;
mod time;
mod violation;

pub use super::lanes::{Burst, LaneMap};
pub use command::{Command, LogEntry};
pub use counters::Counters;
pub use device::{Die, DieOptions};
pub use faults::{Direction, LaneFault};
pub use pins::{Column, Pins, RowOp};
pub use violation::{Rule, Violation};
