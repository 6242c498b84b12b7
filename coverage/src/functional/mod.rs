//! Functional coverage: groups of points, crosses and transitions over what a checked run has done.
//!
//! A [`Model`] describes one block and is built once; [`Counters`] hold one number per bin and are cheap to make, clone
//! and merge; a [`Record`] is their form in files, [`PerTest`]
//! many records with the tests they came from. Ids read `block.group.point.bin`.
//!
//! Grading is per point: a point's score is its covered share of the bins that can be covered, a group's and a block's
//! the mean of their points.

mod bins;
mod builder;
mod counters;
mod grade;
mod model;
mod per_test;
#[cfg(test)]
mod tests;

pub use bins::Bins;
pub use builder::{ItemBuilder, MAX_CROSS_BINS, ModelBuilder, ModelError};
pub use counters::{Counters, MergeError, Record, SampleError};
pub(crate) use grade::share;
pub use grade::{BlockGrade, GroupGrade, Hole, PointGrade, Unexpected};
pub use model::{Block, CrossId, ItemKind, Model, PointId, TransitionId};
pub use per_test::{Contribution, PerTest};
