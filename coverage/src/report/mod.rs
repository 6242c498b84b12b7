//! Coverage reports for people and machines, and the gates that judge them.
//!
//! Percentages are cut off, not rounded, to one decimal: what shows as 100.0 % is complete, and what misses a floor
//! never shows as the floor.

mod gate;
mod json;
mod table;
#[cfg(test)]
mod tests;

pub use gate::{Gate, GateOutcome, Measure, gates};
pub use table::{TABLE_WIDTH, TableStyle, percent};

use crate::code::CodeSummary;
use crate::functional::BlockGrade;
use crate::testplan::StageProgress;

/// All that was measured of one block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockReport {
    /// The stem.
    pub block: String,
    /// Functional coverage, none where the block has no model or no run sampled it.
    pub functional: Option<BlockGrade>,
    /// Code coverage, none where no run was made with the coverage flavour.
    pub code: Option<CodeSummary>,
    /// The testplan's stages, empty where there is no plan.
    pub plan: Vec<StageProgress>,
}

/// A coverage report over blocks and gates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The blocks, in report order.
    pub blocks: Vec<BlockReport>,
    /// The gates' results, in report order.
    pub gates: Vec<Gate>,
}

impl Report {
    /// A report with every floor judged over all blocks.
    #[must_use]
    pub fn new(blocks: Vec<BlockReport>, floors: &[(Measure, f64)]) -> Self {
        let gates = gates(&blocks, floors);
        Self { blocks, gates }
    }

    /// Whether every gate is met; true where there is none.
    #[must_use]
    pub fn gates_met(&self) -> bool {
        self.gates
            .iter()
            .all(|gate| gate.outcome == GateOutcome::Met)
    }
}
