//! What was seen: one count per bin.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::grade::BlockGrade;
use super::model::{BinStatus, CrossId, Item, ItemKind, Model, PointId, TransitionId};

/// What was wrong with a sample. The test that took it has to fail.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SampleError {
    /// A bin that must never be seen was; the hit is counted all the same.
    #[error("illegal bin `{bin}` was hit: {reason}")]
    Illegal {
        /// Id of the bin.
        bin: String,
        /// Why it is illegal.
        reason: String,
    },
    /// The sampler's index lies outside of the item, or has another number of axes.
    #[error("sample {index:?} lies outside of `{item}` with {bins:?} bins")]
    OutOfRange {
        /// Id of the item.
        item: String,
        /// The index on each axis.
        index: Vec<usize>,
        /// The number of bins on each axis.
        bins: Vec<usize>,
    },
    /// The handle belongs to another model.
    #[error("handle {handle} is not a {kind:?} of block `{block}`")]
    Foreign {
        /// The handle's number.
        handle: u32,
        /// What it was used as.
        kind: ItemKind,
        /// The block of the counters.
        block: String,
    },
}

/// Why counters were not merged or restored. The target is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// The two count different things.
    #[error(
        "coverage of block `{block}` (model {hash:.12}) cannot join block `{into}` (model {into_hash:.12})"
    )]
    OtherModel {
        /// Block of what was to be added.
        block: String,
        /// Its model's hash.
        hash: String,
        /// Block of the target.
        into: String,
        /// The target's model's hash.
        into_hash: String,
    },
    /// The record's length contradicts its model.
    #[error("coverage record of block `{block}` has {found} counts, its model has {expected} bins")]
    BadLength {
        /// The block.
        block: String,
        /// Counts in the record.
        found: usize,
        /// Bins of the model.
        expected: usize,
    },
    /// A count would exceed 64 bits.
    #[error("count {bin} of block `{block}` exceeds 64 bits")]
    Overflow {
        /// The block.
        block: String,
        /// Index of the counter.
        bin: usize,
    },
}

/// Counts of one block, without the model: what is written to files and merged across runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    block: String,
    model: String,
    counts: Vec<u64>,
}

impl Record {
    /// The block's stem.
    #[must_use]
    pub fn block(&self) -> &str {
        &self.block
    }

    /// Hash of the model that the counts belong to.
    #[must_use]
    pub fn model_hash(&self) -> &str {
        &self.model
    }

    /// A record of these hits, one for each bin of the model, in its order.
    ///
    /// # Errors
    ///
    /// [`MergeError::BadLength`] where there are more or fewer of them.
    pub fn of(model: &Model, counts: Vec<u64>) -> Result<Self, MergeError> {
        if counts.len() != model.counters {
            return Err(MergeError::BadLength {
                block: model.block.clone(),
                found: counts.len(),
                expected: model.counters,
            });
        }
        Ok(Self {
            block: model.block.clone(),
            model: model.hash.clone(),
            counts,
        })
    }

    /// Hits of all bins, in the model's order.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Adds the other's counts, exactly; the order of merges makes no difference.
    ///
    /// # Errors
    ///
    /// [`MergeError::OtherModel`] and [`MergeError::BadLength`] where the two do not count the same bins,
    /// [`MergeError::Overflow`] beyond 64 bits.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if (&self.block, &self.model) != (&other.block, &other.model) {
            return Err(MergeError::OtherModel {
                block: other.block.clone(),
                hash: other.model.clone(),
                into: self.block.clone(),
                into_hash: self.model.clone(),
            });
        }
        self.counts = sum(&self.block, &self.counts, &other.counts)?;
        Ok(())
    }
}

/// Live counters of one run; sampling is an index computation and an addition.
#[derive(Debug, Clone)]
pub struct Counters {
    model: Arc<Model>,
    counts: Vec<u64>,
}

impl Counters {
    /// All zero.
    #[must_use]
    pub fn new(model: &Arc<Model>) -> Self {
        Self {
            model: Arc::clone(model),
            counts: vec![0; model.counters],
        }
    }

    /// Counters with the counts of a record.
    ///
    /// # Errors
    ///
    /// [`MergeError::OtherModel`] where the record was made by another version of the model or another block,
    /// [`MergeError::BadLength`] where it was damaged.
    pub fn restore(model: &Arc<Model>, record: &Record) -> Result<Self, MergeError> {
        let mut counters = Self::new(model);
        counters.merge_record(record)?;
        Ok(counters)
    }

    /// The description of the counts.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Counts a hit of a point's bin.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for an illegal bin; [`SampleError::OutOfRange`] and [`SampleError::Foreign`] for a
    /// mistaken sampler.
    #[inline]
    pub fn hit(&mut self, point: PointId, bin: usize) -> Result<(), SampleError> {
        self.count(ItemKind::Point, point.0, &[bin])
    }

    /// Counts a hit of a cross, given the bin on each axis.
    ///
    /// # Errors
    ///
    /// As [`hit`](Self::hit).
    #[inline]
    pub fn hit_cross<const AXES: usize>(
        &mut self,
        cross: CrossId,
        at: &[usize; AXES],
    ) -> Result<(), SampleError> {
        self.count(ItemKind::Cross, cross.0, at)
    }

    /// Counts a step from one bin to the next.
    ///
    /// # Errors
    ///
    /// As [`hit`](Self::hit).
    #[inline]
    pub fn transition(
        &mut self,
        transition: TransitionId,
        from: usize,
        to: usize,
    ) -> Result<(), SampleError> {
        self.count(ItemKind::Transition, transition.0, &[from, to])
    }

    /// Hits of a point's bin so far; 0 for what is not there.
    #[must_use]
    pub fn hits(&self, point: PointId, bin: usize) -> u64 {
        let item = self
            .model
            .items
            .get(point.0 as usize)
            .filter(|item| bin < item.statuses.len());
        item.map_or(0, |item| self.counts[item.offset + bin])
    }

    /// Adds the other's counts, exactly; the order of merges makes no difference.
    ///
    /// # Errors
    ///
    /// [`MergeError::OtherModel`] where the models differ, [`MergeError::Overflow`] beyond 64 bits.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        self.same_model(&other.model.block, &other.model.hash)?;
        self.counts = sum(&self.model.block, &self.counts, &other.counts)?;
        Ok(())
    }

    /// As [`merge`](Self::merge), from a record.
    ///
    /// # Errors
    ///
    /// As [`merge`](Self::merge), and [`MergeError::BadLength`] for a damaged record.
    pub fn merge_record(&mut self, record: &Record) -> Result<(), MergeError> {
        self.same_model(&record.block, &record.model)?;
        self.counts = sum(&self.model.block, &self.counts, &record.counts)?;
        Ok(())
    }

    /// The counts without the model, for a file.
    #[must_use]
    pub fn record(&self) -> Record {
        Record {
            block: self.model.block.clone(),
            model: self.model.hash.clone(),
            counts: self.counts.clone(),
        }
    }

    /// What is covered and what is missing.
    #[must_use]
    pub fn grade(&self) -> BlockGrade {
        BlockGrade::of(self)
    }

    /// Indices of the coverable bins that were hit.
    pub(super) fn covered_bins(&self) -> Vec<usize> {
        let statuses = self.model.items.iter().flat_map(|item| &item.statuses);
        let bins = statuses.zip(&self.counts).enumerate();
        let hit = |(_, (status, hits)): &(usize, (&BinStatus, &u64))| {
            **status == BinStatus::Coverable && **hits > 0
        };
        bins.filter(hit).map(|(bin, _)| bin).collect()
    }

    pub(super) fn of_item(&self, item: &Item) -> &[u64] {
        &self.counts[item.offset..item.offset + item.statuses.len()]
    }

    #[inline]
    fn count<const AXES: usize>(
        &mut self,
        kind: ItemKind,
        handle: u32,
        at: &[usize; AXES],
    ) -> Result<(), SampleError> {
        let Some(item) = self
            .model
            .items
            .get(handle as usize)
            .filter(|item| item.kind == kind)
        else {
            return Err(SampleError::Foreign {
                handle,
                kind,
                block: self.model.block.clone(),
            });
        };
        let mut bin = 0usize;
        let mut inside = item.dims.len() == AXES;
        for (at, dim) in at.iter().zip(&item.dims) {
            inside &= at < dim;
            // Wraps only for an index outside, which is refused below.
            bin = bin.wrapping_mul(*dim).wrapping_add(*at);
        }
        if !inside {
            return Err(out_of_range(&self.model, item, at));
        }
        let count = &mut self.counts[item.offset + bin];
        *count = count.saturating_add(1);
        match item.statuses[bin] {
            BinStatus::Illegal(reason) => Err(illegal(&self.model, item, bin, reason)),
            _ => Ok(()),
        }
    }

    fn same_model(&self, block: &str, hash: &str) -> Result<(), MergeError> {
        if self.model.block == block && self.model.hash == hash {
            return Ok(());
        }
        Err(MergeError::OtherModel {
            block: block.to_owned(),
            hash: hash.to_owned(),
            into: self.model.block.clone(),
            into_hash: self.model.hash.clone(),
        })
    }
}

#[cold]
fn out_of_range(model: &Model, item: &Item, at: &[usize]) -> SampleError {
    SampleError::OutOfRange {
        item: model.item_id(item),
        index: at.to_vec(),
        bins: item.dims.clone(),
    }
}

#[cold]
fn illegal(model: &Model, item: &Item, bin: usize, reason: u16) -> SampleError {
    let reason = item
        .reasons
        .get(usize::from(reason))
        .cloned()
        .unwrap_or_default();
    SampleError::Illegal {
        bin: model.bin_id(item, bin),
        reason,
    }
}

fn sum(block: &str, into: &[u64], from: &[u64]) -> Result<Vec<u64>, MergeError> {
    if into.len() != from.len() {
        return Err(MergeError::BadLength {
            block: block.to_owned(),
            found: from.len(),
            expected: into.len(),
        });
    }
    let pairs = into.iter().zip(from).enumerate();
    let add = |(bin, (a, b)): (usize, (&u64, &u64))| {
        a.checked_add(*b).ok_or_else(|| MergeError::Overflow {
            block: block.to_owned(),
            bin,
        })
    };
    pairs.map(add).collect()
}
