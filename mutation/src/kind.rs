//! Kinds of mutants.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another arithmetic operator, or none: `a + b` is `a - b`.
    Arithmetic,
    /// Another logical or bitwise operator, or none: `a && b` is `a || b`.
    Logic,
    /// Another comparison: `a < b` is `a <= b`.
    Relational,
    /// A shift the other way.
    Shift,
    /// Another constant: one more, one less, zero, all ones.
    Constant,
    /// The condition of an `if` is negated, always or never true.
    Condition,
    /// A one-bit value is always 0 or 1.
    Stuck,
    /// An assignment that does not happen.
    Assignment,
    /// A flop that keeps its value in reset.
    Reset,
    /// An index that is one too high or too low.
    Index,
    /// A slice that begins a bit too early or too late.
    Slice,
    /// A value that is a bit too narrow.
    Width,
    /// The arms of a ternary swapped, or one of them always taken.
    Ternary,
    /// Two neighbouring arms of a case swapped.
    Case,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Arithmetic,
        Self::Logic,
        Self::Relational,
        Self::Shift,
        Self::Constant,
        Self::Condition,
        Self::Stuck,
        Self::Assignment,
        Self::Reset,
        Self::Index,
        Self::Slice,
        Self::Width,
        Self::Ternary,
        Self::Case,
    ];

    /// Name in reports and waivers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arithmetic => "arithmetic",
            Self::Logic => "logic",
            Self::Relational => "relational",
            Self::Shift => "shift",
            Self::Constant => "constant",
            Self::Condition => "condition",
            Self::Stuck => "stuck",
            Self::Assignment => "assignment",
            Self::Reset => "reset",
            Self::Index => "index",
            Self::Slice => "slice",
            Self::Width => "width",
            Self::Ternary => "ternary",
            Self::Case => "case",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
