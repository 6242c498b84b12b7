//! How much of the source was run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::coverage::CodeCoverage;
use super::point::{Point, PointKind};
use crate::functional::share;

/// Covered and all points of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Points met at least once.
    pub covered: usize,
    /// All points.
    pub total: usize,
}

impl Tally {
    /// Covered share, 0 to 1; 0 where there is no point.
    #[must_use]
    pub fn share(self) -> f64 {
        share(self.covered, self.total)
    }

    /// Counts one more point.
    pub(crate) fn add(&mut self, covered: bool) {
        self.covered += usize::from(covered);
        self.total += 1;
    }

    /// Counts another tally's points.
    pub(crate) fn join(&mut self, other: Self) {
        self.covered += other.covered;
        self.total += other.total;
    }
}

/// One source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// The file.
    pub file: String,
    /// Tallies by kind, kinds without points left out. `Line` counts source lines, see [`CodeSummary`].
    pub kinds: BTreeMap<PointKind, Tally>,
    /// Count of each source line that has statements.
    pub lines: BTreeMap<u32, u64>,
}

/// One `cover property`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserCover {
    /// Its label.
    pub label: String,
    /// Its scope in the design, label included.
    pub hierarchy: String,
    /// Source file.
    pub file: String,
    /// Source line.
    pub line: u32,
    /// How often it was met.
    pub count: u64,
}

/// Tallies by kind and file.
///
/// A source line is covered when a block or branch that holds statements on it was run, whichever instance ran it; its
/// count is the largest of those. The other kinds tally Verilator's points as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CodeSummary {
    /// Tallies over all files, kinds without points left out.
    pub kinds: BTreeMap<PointKind, Tally>,
    /// The files, by name.
    pub files: Vec<FileSummary>,
    /// The user covers, in the order of file, line and scope.
    pub user_covers: Vec<UserCover>,
}

impl CodeSummary {
    /// The tally of a kind, `None` where nothing of it was measured.
    #[must_use]
    pub fn tally(&self, kind: PointKind) -> Option<Tally> {
        self.kinds.get(&kind).copied()
    }

    /// The file with the smallest covered share of a kind, and that tally.
    #[must_use]
    pub fn worst_file(&self, kind: PointKind) -> Option<(&str, Tally)> {
        let files = self.files.iter().filter_map(|file| {
            file.kinds
                .get(&kind)
                .map(|tally| (file.file.as_str(), *tally))
        });
        files.min_by(|(_, a), (_, b)| a.share().total_cmp(&b.share()))
    }
}

impl CodeCoverage {
    /// Tallies by kind and file.
    #[must_use]
    pub fn summary(&self) -> CodeSummary {
        let mut summary = CodeSummary::default();
        for (file, points) in self.by_file() {
            let mut kinds: BTreeMap<PointKind, Tally> = BTreeMap::new();
            let lines = line_counts(&points);
            for point in points.iter().filter(|point| point.kind != PointKind::Line) {
                kinds.entry(point.kind).or_default().add(point.count > 0);
            }
            for count in lines.values() {
                kinds.entry(PointKind::Line).or_default().add(*count > 0);
            }
            for (kind, tally) in &kinds {
                summary.kinds.entry(*kind).or_default().join(*tally);
            }
            let covers = points.iter().filter(|point| point.kind == PointKind::User);
            summary.user_covers.extend(covers.map(|point| UserCover {
                label: point.comment.clone(),
                hierarchy: point.hierarchy.clone(),
                file: point.file.clone(),
                line: point.line,
                count: point.count,
            }));
            summary.files.push(FileSummary {
                file: file.to_owned(),
                kinds,
                lines,
            });
        }
        summary
            .user_covers
            .sort_by(|a, b| (&a.file, a.line, &a.hierarchy).cmp(&(&b.file, b.line, &b.hierarchy)));
        summary
    }

    /// The points of each file.
    pub(super) fn by_file(&self) -> BTreeMap<&str, Vec<&Point>> {
        let mut files: BTreeMap<&str, Vec<&Point>> = BTreeMap::new();
        for point in self.points() {
            files.entry(&point.file).or_default().push(point);
        }
        files
    }
}

/// Counts of the source lines that blocks and branches stand for.
pub(super) fn line_counts(points: &[&Point]) -> BTreeMap<u32, u64> {
    let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
    let blocks = points
        .iter()
        .filter(|p| matches!(p.kind, PointKind::Line | PointKind::Branch));
    for point in blocks {
        for line in point.lines.iter().cloned().flatten() {
            let count = lines.entry(line).or_default();
            *count = (*count).max(point.count);
        }
    }
    lines
}
