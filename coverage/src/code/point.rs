//! One coverage point of a Verilated model.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// What a point observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PointKind {
    /// A block of statements was run.
    Line,
    /// One way of an `if`, `case` or `?:` was taken.
    Branch,
    /// One row of a condition's truth table was seen.
    Expr,
    /// One bit went one way.
    Toggle,
    /// A state was entered or a state transition taken.
    Fsm,
    /// A `cover property` was met.
    User,
    /// A kind unknown to this version: kept and merged, not graded.
    Other,
}

impl PointKind {
    /// Every kind, in report order.
    pub const ALL: [Self; 7] = [
        Self::Line,
        Self::Branch,
        Self::Expr,
        Self::Toggle,
        Self::Fsm,
        Self::User,
        Self::Other,
    ];

    /// The kind's name in reports and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Branch => "branch",
            Self::Expr => "expr",
            Self::Toggle => "toggle",
            Self::Fsm => "fsm",
            Self::User => "user",
            Self::Other => "other",
        }
    }

    /// The kind of a point of Verilator's type `name`; `fsm_state` and `fsm_arc` are both FSM.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "line" => Self::Line,
            "branch" => Self::Branch,
            "expr" => Self::Expr,
            "toggle" => Self::Toggle,
            "user" => Self::User,
            _ if name.starts_with("fsm") => Self::Fsm,
            _ => Self::Other,
        }
    }
}

/// One point, with its count over all runs merged so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// What it observes.
    pub kind: PointKind,
    /// Source file, relative to the root given when reading where it lies below it.
    pub file: String,
    /// Source line, 1 or more.
    pub line: u32,
    /// Source column, 0 where unknown. Verilator puts an `else` one to the right of its `if`.
    pub column: u32,
    /// Which of the points here: the branch, the truth table's row, the signal's edge, the cover's label.
    pub comment: String,
    /// Scope in the design; `*` stands for instances that were counted together.
    pub hierarchy: String,
    /// Source lines that the point stands for.
    pub lines: Vec<RangeInclusive<u32>>,
    /// How often it was met.
    pub count: u64,
}
