//! Code coverage as Verilator writes it: `coverage.dat` read, merged and written, lcov `.info` written.
//!
//! Counts merge by exact addition under byte-exact keys, so files of many runs, and files that Verilator's own tools
//! have merged before, can be mixed in any order.

mod coverage;
mod lcov;
mod point;
mod read;
mod summary;
#[cfg(test)]
mod tests;

pub use coverage::{CodeCoverage, CountOverflow};
pub use point::{Point, PointKind};
pub use read::{MAX_LINE_BYTES, MAX_POINTS, MAX_SOURCE_LINE, ReadError};
pub use summary::{CodeSummary, FileSummary, Tally, UserCover};
