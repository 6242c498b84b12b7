//! Scores and holes.

use serde::Serialize;

use super::counters::Counters;
use super::model::{BinStatus, Item, ItemKind, Model};

/// A bin with too few hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hole {
    /// The bin's part of its id.
    pub bin: String,
    /// Hits it has.
    pub hits: u64,
    /// Hits it needs.
    pub at_least: u64,
}

/// An ignored or illegal bin that was hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unexpected {
    /// The bin's part of its id.
    pub bin: String,
    /// Hits it has.
    pub hits: u64,
    /// Why nobody expected it.
    pub reason: String,
    /// Whether it is forbidden, rather than ignored.
    pub illegal: bool,
}

/// One point, cross or transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointGrade {
    /// The item's part of its id.
    pub name: String,
    /// What it is.
    pub kind: ItemKind,
    /// Bins with enough hits.
    pub covered: usize,
    /// Bins that need hits: all but ignored and illegal ones.
    pub coverable: usize,
    /// Bins that need none.
    pub ignored: usize,
    /// Bins with too few hits, in the model's order.
    pub holes: Vec<Hole>,
    /// Ignored and illegal bins that were hit all the same.
    pub unexpected: Vec<Unexpected>,
}

impl PointGrade {
    /// Covered share of the coverable bins, 0 to 1.
    #[must_use]
    pub fn score(&self) -> f64 {
        share(self.covered, self.coverable)
    }
}

/// A group of points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupGrade {
    /// The group's part of its id.
    pub name: String,
    /// Its points, crosses and transitions.
    pub points: Vec<PointGrade>,
}

impl GroupGrade {
    /// Mean score of the points, 0 to 1: a cross of thousands of bins weighs as much as a point of two.
    #[must_use]
    pub fn score(&self) -> f64 {
        mean(self.points.iter())
    }
}

/// A block's functional coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockGrade {
    /// The stem.
    pub block: String,
    /// The groups, in the model's order.
    pub groups: Vec<GroupGrade>,
}

impl BlockGrade {
    pub(super) fn of(counters: &Counters) -> Self {
        let model = counters.model();
        let group = |(index, name): (usize, &String)| GroupGrade {
            name: name.clone(),
            points: model
                .items
                .iter()
                .filter(|item| item.group == index)
                .map(|item| grade(model, item, counters.of_item(item)))
                .collect(),
        };
        Self {
            block: model.block().to_owned(),
            groups: model.groups.iter().enumerate().map(group).collect(),
        }
    }

    /// All points of all groups.
    pub fn points(&self) -> impl Iterator<Item = &PointGrade> {
        self.groups.iter().flat_map(|group| &group.points)
    }

    /// Mean score of the block's points, 0 to 1.
    #[must_use]
    pub fn score(&self) -> f64 {
        mean(self.points())
    }

    /// Points whose bins are all covered.
    #[must_use]
    pub fn full_points(&self) -> usize {
        self.points()
            .filter(|point| point.covered == point.coverable)
            .count()
    }
}

fn grade(model: &Model, item: &Item, counts: &[u64]) -> PointGrade {
    let mut grade = PointGrade {
        name: item.name.clone(),
        kind: item.kind,
        covered: 0,
        coverable: 0,
        ignored: 0,
        holes: Vec::new(),
        unexpected: Vec::new(),
    };
    for (bin, (status, hits)) in item.statuses.iter().zip(counts).enumerate() {
        match *status {
            BinStatus::Coverable => {
                grade.coverable += 1;
                if *hits >= item.at_least {
                    grade.covered += 1;
                } else {
                    let bin = model.bin_name(item, bin);
                    grade.holes.push(Hole {
                        bin,
                        hits: *hits,
                        at_least: item.at_least,
                    });
                }
            }
            BinStatus::Ignored(reason) | BinStatus::Illegal(reason) => {
                let illegal = matches!(status, BinStatus::Illegal(_));
                grade.ignored += usize::from(!illegal);
                if *hits > 0 {
                    let reason = item
                        .reasons
                        .get(usize::from(reason))
                        .cloned()
                        .unwrap_or_default();
                    let bin = model.bin_name(item, bin);
                    grade.unexpected.push(Unexpected {
                        bin,
                        hits: *hits,
                        reason,
                        illegal,
                    });
                }
            }
        }
    }
    grade
}

/// `part / whole`, 0 where there is nothing: nothing measured is nothing shown.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn mean<'a>(points: impl Iterator<Item = &'a PointGrade>) -> f64 {
    let (sum, count) = points.fold((0.0, 0usize), |(sum, count), point| {
        (sum + point.score(), count + 1)
    });
    if count == 0 { 0.0 } else { sum / count as f64 }
}
