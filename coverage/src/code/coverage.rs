//! The points of one or many runs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use thiserror::Error;

use super::point::Point;

/// The sum of two counts exceeds 64 bits; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("count of `{comment}` at {file}:{line} exceeds 64 bits")]
pub struct CountOverflow {
    /// Source file of the point.
    pub file: String,
    /// Source line of the point.
    pub line: u32,
    /// Which point there.
    pub comment: String,
}

/// Code coverage of one or many runs, by byte-exact key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeCoverage {
    points: BTreeMap<String, Point>,
}

impl CodeCoverage {
    /// The points, ordered by key.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.points.values()
    }

    /// Keys of the points, as in `coverage.dat`, with their counts, ordered.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        let points = self.points.iter();
        points.map(|(key, point)| (key.as_str(), point.count))
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Adds the other's counts, exactly; points of one side alone are kept, the order of merges makes no difference.
    ///
    /// # Errors
    ///
    /// [`CountOverflow`] beyond 64 bits.
    pub fn merge(&mut self, other: &Self) -> Result<(), CountOverflow> {
        for (key, point) in &other.points {
            if let Some(mine) = self.points.get(key) {
                sum(mine, point)?;
            }
        }
        for (key, point) in &other.points {
            self.add(key.clone(), point.clone())?;
        }
        Ok(())
    }

    /// The points that `keep` picks, such as those of one block's files.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Point) -> bool) -> Self {
        let points = self.points.iter().filter(|(_, point)| keep(point));
        Self {
            points: points
                .map(|(key, point)| (key.clone(), point.clone()))
                .collect(),
        }
    }

    /// The text of a `coverage.dat` that Verilator's tools read.
    #[must_use]
    pub fn to_dat(&self) -> String {
        let mut text = String::from("# SystemC::Coverage-3\n");
        for (key, point) in &self.points {
            let _ = writeln!(text, "C '{key}' {}", point.count);
        }
        text
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.points.contains_key(key)
    }

    pub(super) fn add(&mut self, key: String, point: Point) -> Result<(), CountOverflow> {
        match self.points.entry(key) {
            Entry::Vacant(place) => {
                place.insert(point);
            }
            Entry::Occupied(mut place) => {
                place.get_mut().count = sum(place.get(), &point)?;
            }
        }
        Ok(())
    }
}

fn sum(into: &Point, from: &Point) -> Result<u64, CountOverflow> {
    into.count
        .checked_add(from.count)
        .ok_or_else(|| CountOverflow {
            file: into.file.clone(),
            line: into.line,
            comment: into.comment.clone(),
        })
}
