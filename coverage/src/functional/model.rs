//! The description of a block's coverage: what there is to see, and nothing of what was seen.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Handle of a coverage point; valid for models built from the same description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointId(pub(super) u32);

/// Handle of a cross; valid for models built from the same description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossId(pub(super) u32);

/// Handle of a transition; valid for models built from the same description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionId(pub(super) u32);

/// What kind of item a name stands for. All three are graded alike, as one point of their group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// One value, told apart by bins.
    Point,
    /// The combinations of several points' bins.
    Cross,
    /// Two successive bins of one point.
    Transition,
}

/// Whether a bin has to be hit, need not be, or must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinStatus {
    Coverable,
    /// Index of the reason in [`Item::reasons`].
    Ignored(u16),
    /// Index of the reason in [`Item::reasons`].
    Illegal(u16),
}

/// A point, cross or transition.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    pub(super) group: usize,
    pub(super) name: String,
    /// Items that the axes are taken from; the item itself for a point.
    pub(super) axes: Vec<usize>,
    /// Bins per axis; their product is the number of bins.
    pub(super) dims: Vec<usize>,
    /// Bins of a point; empty for crosses and transitions.
    pub(super) bins: Vec<String>,
    /// First counter.
    pub(super) offset: usize,
    pub(super) at_least: u64,
    pub(super) statuses: Vec<BinStatus>,
    pub(super) reasons: Vec<String>,
}

/// Immutable description of one block's functional coverage.
///
/// Shared by all [`Counters`](super::Counters) of the block; made by [`ModelBuilder`](super::ModelBuilder).
#[derive(Debug)]
pub struct Model {
    pub(super) block: String,
    pub(super) groups: Vec<String>,
    pub(super) items: Vec<Item>,
    pub(super) counters: usize,
    pub(super) hash: String,
}

impl Model {
    /// The block's stem, the first part of every id.
    #[must_use]
    pub fn block(&self) -> &str {
        &self.block
    }

    /// SHA-256 of the description in hex; counters of different descriptions do not merge.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Number of bins, ignored and illegal ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counters
    }

    /// Whether there is no bin; a builder refuses such a model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counters == 0
    }

    /// Ids that a testplan may name: the block, its groups, and their points, crosses and transitions.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let mut ids = vec![self.block.clone()];
        for (index, group) in self.groups.iter().enumerate() {
            ids.push(format!("{}.{group}", self.block));
            let items = self.items.iter().filter(|item| item.group == index);
            ids.extend(items.map(|item| self.item_id(item)));
        }
        ids
    }

    /// Ids of all bins, ignored and illegal ones included, in the order of the counts: `block.group.point.bin`.
    #[must_use]
    pub fn bin_ids(&self) -> Vec<String> {
        let mut ids = Vec::with_capacity(self.counters);
        for item in &self.items {
            ids.extend((0..item.statuses.len()).map(|bin| self.bin_id(item, bin)));
        }
        ids
    }

    /// The names of a point's bins, by index.
    #[must_use]
    pub fn bins(&self, point: PointId) -> &[String] {
        self.items
            .get(point.0 as usize)
            .map_or(&[], |item| &item.bins)
    }

    /// `block.group.point`.
    pub(super) fn item_id(&self, item: &Item) -> String {
        format!("{}.{}.{}", self.block, self.groups[item.group], item.name)
    }

    /// `block.group.point.bin`.
    pub(super) fn bin_id(&self, item: &Item, bin: usize) -> String {
        format!("{}.{}", self.item_id(item), self.bin_name(item, bin))
    }

    /// The bin's own part of its id: `bin`, `bin.bin` in a cross, `from=>to` in a transition.
    pub(super) fn bin_name(&self, item: &Item, bin: usize) -> String {
        let at = split(&item.dims, bin);
        let names = item
            .axes
            .iter()
            .zip(at)
            .map(|(axis, at)| self.items[*axis].bins[at].as_str());
        let separator = if item.kind == ItemKind::Transition {
            "=>"
        } else {
            "."
        };
        names.collect::<Vec<_>>().join(separator)
    }
}

/// Position on each axis of bin `index`; the last axis varies fastest.
pub(super) fn split(dims: &[usize], index: usize) -> Vec<usize> {
    let mut rest = index;
    let mut at = vec![0; dims.len()];
    for (at, dim) in at.iter_mut().zip(dims).rev() {
        *at = rest % dim;
        rest /= dim;
    }
    at
}

/// A block's name and how to get its model, as listed in [`blocks`](crate::blocks).
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// The stem that names the block everywhere.
    pub stem: &'static str,
    /// The block's model, built at the first call.
    pub model: fn() -> &'static Arc<Model>,
}
