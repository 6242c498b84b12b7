//! Testplans in OpenTitan's form: what has to be shown of a block, by which tests, covers and checks.
//!
//! [`Plan::parse`] reads one, [`check`] and [`unnamed`] compare it with what exists, [`Plan::progress`] says how far a run came.

mod check;
mod labels;
mod plan;
mod progress;
#[cfg(test)]
mod tests;

pub use check::{PlanError, PlanFault, check, unnamed};
pub use labels::labels;
pub use plan::{Covergroup, ParseError, Plan, Stage, Testpoint};
pub use progress::StageProgress;
