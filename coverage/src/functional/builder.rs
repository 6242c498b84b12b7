//! Building and validating a model.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::bins::Bins;
use super::model::{BinStatus, CrossId, Item, ItemKind, Model, PointId, TransitionId, split};

/// Largest number of bins of one cross: beyond it nobody reads the holes.
pub const MAX_CROSS_BINS: usize = 1 << 16;

/// Why a description is not a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// A name is empty or has other characters than those of an id's part.
    #[error("name `{name}` in `{parent}` is not made of `a-z`, `0-9` and `_`")]
    BadName {
        /// The name.
        name: String,
        /// What it was to be a part of.
        parent: String,
    },
    /// Two groups, two points of a group or two bins of a point have the same name.
    #[error("name `{name}` is used twice in `{parent}`")]
    Duplicate {
        /// The name.
        name: String,
        /// What it was to be a part of.
        parent: String,
    },
    /// A block without points, a group without points, or a point none of whose bins can be covered.
    #[error("`{id}` has nothing that can be covered")]
    Empty {
        /// Block, group or point.
        id: String,
    },
    /// An item was described before any group.
    #[error("`{id}` belongs to no group, needs a call of `group` before it")]
    NoGroup {
        /// The item.
        id: String,
    },
    /// Ranges overlap, descend or hold no value.
    #[error(
        "range `{second}` of `{id}` has to begin after `{first}` ends, and hold at least one value"
    )]
    BadRanges {
        /// The point.
        id: String,
        /// The range before.
        first: String,
        /// The range that does not fit.
        second: String,
    },
    /// A cross or transition names a handle of another model or of an item that is no point.
    #[error("`{id}` is built on a handle that is not a point of this model")]
    ForeignPoint {
        /// The cross or transition.
        id: String,
    },
    /// A cross has fewer than two axes or more bins than [`MAX_CROSS_BINS`].
    #[error(
        "`{id}` has {axes} axes and {bins} bins, needs 2 axes or more and at most {MAX_CROSS_BINS} bins"
    )]
    BadCross {
        /// The cross.
        id: String,
        /// Its axes.
        axes: usize,
        /// Its bins, saturated.
        bins: usize,
    },
    /// `at_least` is 0, which everything would meet.
    #[error("`{id}` asks for at least 0 hits, needs 1 or more")]
    ZeroAtLeast {
        /// The item.
        id: String,
    },
    /// A bin was declared both ignored and illegal.
    #[error("bin `{id}` is both ignored and illegal")]
    Contradiction {
        /// The bin.
        id: String,
    },
}

/// Describes a block's coverage step by step; [`build`](Self::build) validates the whole.
///
/// ```
/// use gpnpu_coverage::functional::{Bins, ModelBuilder};
///
/// let mut block = ModelBuilder::new("npu_dot");
/// block.group("operand");
/// let format = block.point("format", &["int8", "fp16"]).id();
/// let class = block.point("class", &["zero", "subnormal", "normal"]).id();
/// let both = block
///     .cross("format_class", &[format, class])
///     .ignore("integers have no subnormals", |at| at == [0, 1])
///     .id();
/// let model = block.build()?;
/// # Ok::<(), gpnpu_coverage::functional::ModelError>(())
/// ```
#[derive(Debug)]
pub struct ModelBuilder {
    model: Model,
    error: Option<ModelError>,
}

impl ModelBuilder {
    /// Begins the description of the block with this stem.
    #[must_use]
    pub fn new(block: &str) -> Self {
        let model = Model {
            block: block.to_owned(),
            groups: Vec::new(),
            items: Vec::new(),
            counters: 0,
            hash: String::new(),
        };
        let mut builder = Self { model, error: None };
        builder.check_name(block, "the list of blocks");
        builder
    }

    /// Begins a group: all items up to the next call belong to it.
    pub fn group(&mut self, name: &str) -> &mut Self {
        let parent = self.model.block.clone();
        self.check_name(name, &parent);
        if self.model.groups.iter().any(|other| other == name) {
            self.fail(ModelError::Duplicate {
                name: name.to_owned(),
                parent,
            });
        }
        self.model.groups.push(name.to_owned());
        self
    }

    /// Adds a point to the group.
    pub fn point(&mut self, name: &str, bins: impl Into<Bins>) -> ItemBuilder<'_, PointId> {
        let bins = bins.into();
        let id = self.declare(name);
        for (at, bin) in bins.names.iter().enumerate() {
            self.check_name(bin, &id);
            if bins.names[..at].contains(bin) {
                self.fail(ModelError::Duplicate {
                    name: bin.clone(),
                    parent: id.clone(),
                });
            }
        }
        if let Some((first, second)) = bins.misordered() {
            self.fail(ModelError::BadRanges { id, first, second });
        }
        let at = self.model.items.len();
        let dims = vec![bins.names.len()];
        let item = self.push(ItemKind::Point, name, vec![at], dims, bins.names);
        ItemBuilder {
            builder: self,
            item,
            id: PointId(index_of(item)),
        }
    }

    /// Adds the cross of two or more points, of this group or earlier ones.
    pub fn cross(&mut self, name: &str, points: &[PointId]) -> ItemBuilder<'_, CrossId> {
        let id = self.declare(name);
        let (axes, mut dims) = self.axes(&id, points);
        let bins = dims
            .iter()
            .fold(1usize, |product, dim| product.saturating_mul(*dim));
        if points.len() < 2 || bins > MAX_CROSS_BINS {
            self.fail(ModelError::BadCross {
                id,
                axes: points.len(),
                bins,
            });
            dims = vec![0; axes.len()];
        }
        let item = self.push(ItemKind::Cross, name, axes, dims, Vec::new());
        ItemBuilder {
            builder: self,
            item,
            id: CrossId(index_of(item)),
        }
    }

    /// Adds the transitions between any two bins of a point, a bin to itself included.
    pub fn transition(&mut self, name: &str, point: PointId) -> ItemBuilder<'_, TransitionId> {
        let id = self.declare(name);
        let (axes, dims) = self.axes(&id, &[point, point]);
        let item = self.push(ItemKind::Transition, name, axes, dims, Vec::new());
        ItemBuilder {
            builder: self,
            item,
            id: TransitionId(index_of(item)),
        }
    }

    /// Finishes the description.
    ///
    /// # Errors
    ///
    /// The first fault met: see [`ModelError`]'s variants.
    pub fn build(mut self) -> Result<Model, ModelError> {
        let block = self.model.block.clone();
        if self.model.items.is_empty() {
            self.fail(ModelError::Empty { id: block.clone() });
        }
        for index in 0..self.model.groups.len() {
            if !self.model.items.iter().any(|item| item.group == index) {
                self.fail(ModelError::Empty {
                    id: format!("{block}.{}", self.model.groups[index]),
                });
            }
        }
        for index in 0..self.model.items.len() {
            let item = &self.model.items[index];
            if !item.statuses.contains(&BinStatus::Coverable) {
                let id = self.model.item_id(item);
                self.fail(ModelError::Empty { id });
            }
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        self.model.hash = hash(&self.model);
        Ok(self.model)
    }

    /// Checks an item's name and returns the item's id.
    fn declare(&mut self, name: &str) -> String {
        if self.model.groups.is_empty() {
            self.fail(ModelError::NoGroup {
                id: format!("{}.{name}", self.model.block),
            });
            // A place to put it, so that the description can go on to its end.
            self.model.groups.push(String::from("none"));
        }
        let group = self.model.groups.len() - 1;
        let parent = format!("{}.{}", self.model.block, self.model.groups[group]);
        self.check_name(name, &parent);
        if self
            .model
            .items
            .iter()
            .any(|item| item.group == group && item.name == name)
        {
            self.fail(ModelError::Duplicate {
                name: name.to_owned(),
                parent: parent.clone(),
            });
        }
        format!("{parent}.{name}")
    }

    /// Items and bins per axis of the points; empty after a fault.
    fn axes(&mut self, id: &str, points: &[PointId]) -> (Vec<usize>, Vec<usize>) {
        let items: Vec<usize> = points.iter().map(|point| point.0 as usize).collect();
        let known = |at: &usize| {
            self.model
                .items
                .get(*at)
                .is_some_and(|item| item.kind == ItemKind::Point)
        };
        if !items.iter().all(known) {
            self.fail(ModelError::ForeignPoint { id: id.to_owned() });
            return (Vec::new(), vec![0]);
        }
        let dims = items
            .iter()
            .map(|at| self.model.items[*at].bins.len())
            .collect();
        (items, dims)
    }

    fn push(
        &mut self,
        kind: ItemKind,
        name: &str,
        axes: Vec<usize>,
        dims: Vec<usize>,
        bins: Vec<String>,
    ) -> usize {
        let len = dims.iter().product();
        self.model.items.push(Item {
            kind,
            group: self.model.groups.len() - 1,
            name: name.to_owned(),
            axes,
            dims,
            bins,
            offset: self.model.counters,
            at_least: 1,
            statuses: vec![BinStatus::Coverable; len],
            reasons: Vec::new(),
        });
        self.model.counters += len;
        self.model.items.len() - 1
    }

    fn check_name(&mut self, name: &str, parent: &str) {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(good) {
            self.fail(ModelError::BadName {
                name: name.to_owned(),
                parent: parent.to_owned(),
            });
        }
    }

    /// Keeps the first fault: later ones are often its consequence.
    fn fail(&mut self, error: ModelError) {
        self.error.get_or_insert(error);
    }
}

/// Settings of the item just added; [`id`](Self::id) ends them.
#[derive(Debug)]
#[must_use = "an item without its handle can never be hit"]
pub struct ItemBuilder<'a, Id> {
    builder: &'a mut ModelBuilder,
    item: usize,
    id: Id,
}

impl<Id> ItemBuilder<'_, Id> {
    /// How many hits make a bin covered; 1 unless set.
    pub fn at_least(self, hits: u64) -> Self {
        let item = &mut self.builder.model.items[self.item];
        item.at_least = hits;
        if hits == 0 {
            let id = self
                .builder
                .model
                .item_id(&self.builder.model.items[self.item]);
            self.builder.fail(ModelError::ZeroAtLeast { id });
        }
        self
    }

    /// Takes the bins that `which` picks out of the grade, because of `reason`.
    ///
    /// `which` gets the bin's index on each axis (one for a point, two for a transition). Hits are still counted and
    /// reported as unexpected.
    pub fn ignore(self, reason: &str, which: impl FnMut(&[usize]) -> bool) -> Self {
        self.mark(reason, BinStatus::Ignored, which)
    }

    /// Forbids the bins that `which` picks, because of `reason`: hitting one is an error of the sampler.
    pub fn illegal(self, reason: &str, which: impl FnMut(&[usize]) -> bool) -> Self {
        self.mark(reason, BinStatus::Illegal, which)
    }

    /// The handle to sample with.
    pub fn id(self) -> Id {
        self.id
    }

    fn mark(
        self,
        reason: &str,
        status: fn(u16) -> BinStatus,
        mut which: impl FnMut(&[usize]) -> bool,
    ) -> Self {
        let item = &mut self.builder.model.items[self.item];
        let status = status(u16::try_from(item.reasons.len()).unwrap_or(u16::MAX));
        item.reasons.push(reason.to_owned());
        let mut contradiction = None;
        for bin in 0..item.statuses.len() {
            if !which(&split(&item.dims, bin)) {
                continue;
            }
            let before = item.statuses[bin];
            match (before, status) {
                (BinStatus::Coverable, _) => item.statuses[bin] = status,
                (BinStatus::Ignored(_), BinStatus::Illegal(_))
                | (BinStatus::Illegal(_), BinStatus::Ignored(_)) => contradiction = Some(bin),
                // The first reason stands.
                _ => {}
            }
        }
        if let Some(bin) = contradiction {
            let model = &self.builder.model;
            let id = model.bin_id(&model.items[self.item], bin);
            self.builder.fail(ModelError::Contradiction { id });
        }
        self
    }
}

fn index_of(item: usize) -> u32 {
    u32::try_from(item).unwrap_or(u32::MAX)
}

/// Hash over everything that gives a counter its meaning; reasons are prose and stay out.
fn hash(model: &Model) -> String {
    let mut text = format!("block {}\n", model.block);
    for item in &model.items {
        let group = &model.groups[item.group];
        let _ = write!(
            text,
            "{:?} {group}.{} {:?} {:?}",
            item.kind, item.name, item.axes, item.bins
        );
        let _ = write!(text, " {} ", item.at_least);
        text.extend(item.statuses.iter().map(|status| match status {
            BinStatus::Coverable => 'c',
            BinStatus::Ignored(_) => 'i',
            BinStatus::Illegal(_) => 'x',
        }));
        text.push('\n');
    }
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}
