//! Writing lcov `.info`, the form that most coverage viewers read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::coverage::CodeCoverage;
use super::point::{Point, PointKind};
use super::summary::line_counts;

impl CodeCoverage {
    /// The text of a tracefile as described in geninfo(1): `DA` records for source lines, `BRDA` for branches.
    ///
    /// Branches of a line are numbered by column; those of several instances are added up.
    #[must_use]
    pub fn to_lcov(&self) -> String {
        let mut text = String::new();
        for (file, points) in self.by_file() {
            let lines = line_counts(&points);
            // A file with toggles or covers alone has no record of its own.
            if lines.is_empty() && points.iter().all(|point| point.kind != PointKind::Branch) {
                continue;
            }
            let _ = writeln!(text, "TN:\nSF:{file}");
            write_branches(&mut text, &points);
            for (line, count) in &lines {
                let _ = writeln!(text, "DA:{line},{count}");
            }
            let hit = lines.values().filter(|count| **count > 0).count();
            let _ = writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
        }
        text
    }
}

fn write_branches(text: &mut String, points: &[&Point]) {
    let mut lines: BTreeMap<u32, BTreeMap<(u32, &str), u64>> = BTreeMap::new();
    for point in points
        .iter()
        .filter(|point| point.kind == PointKind::Branch)
    {
        let branches = lines.entry(point.line).or_default();
        let count = branches.entry((point.column, &point.comment)).or_default();
        *count = count.saturating_add(point.count);
    }
    let (mut found, mut hit) = (0, 0);
    for (line, branches) in &lines {
        // `-`: the condition itself was never evaluated.
        let evaluated = branches.values().any(|count| *count > 0);
        for (number, count) in branches.values().enumerate() {
            found += 1;
            hit += usize::from(*count > 0);
            let taken = if evaluated {
                count.to_string()
            } else {
                String::from("-")
            };
            let _ = writeln!(text, "BRDA:{line},0,{number},{taken}");
        }
    }
    if found > 0 {
        let _ = writeln!(text, "BRF:{found}\nBRH:{hit}");
    }
}
