//! Timing sets: what a DRAM die demands, in picoseconds.

mod error;
mod set;
mod units;
mod validate;

pub use error::TimingError;
pub use set::TimingSet;
pub use units::Picoseconds;
