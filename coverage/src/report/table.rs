//! The report for people.

use std::fmt::Write as _;

use super::{BlockReport, GateOutcome, Report};
use crate::code::{CodeSummary, PointKind, UserCover};
use crate::functional::{BlockGrade, PointGrade};

/// Columns that no line exceeds, but for names that are longer by themselves.
pub const TABLE_WIDTH: usize = 100;

/// Columns of the names.
const NAME: usize = 36;
/// Columns of `covered/total` and of a count.
const COUNT: usize = 11;
/// Columns of a percentage.
const PERCENT: usize = 7;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableStyle {
    /// Whether to mark shares with ANSI colours.
    pub colour: bool,
    /// Whether to leave out points, files' kinds and covers that are complete.
    pub holes_only: bool,
}

/// A share (0 to 1) in percent, cut off to one decimal: only what is complete is `100.0`.
#[must_use]
pub fn percent(share: f64) -> String {
    // The quotient of two integers may lie just below the decimal it stands for.
    format!("{:.1}", (share * 1000.0 + 1e-9).floor() / 10.0)
}

impl Report {
    /// The report as a table of at most [`TABLE_WIDTH`] columns, each line ended.
    #[must_use]
    pub fn to_table(&self, style: TableStyle) -> String {
        let mut table = Table {
            text: String::new(),
            style,
        };
        for block in &self.blocks {
            table.block(block);
        }
        for gate in &self.gates {
            let colour = if gate.outcome == GateOutcome::Met {
                GREEN
            } else {
                RED
            };
            let line = gate.to_string();
            table.line(&[(line.as_str(), Some(colour))]);
        }
        table.text
    }
}

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

fn colour_of(share: f64) -> &'static str {
    match share {
        1.0.. => GREEN,
        0.5.. => YELLOW,
        _ => RED,
    }
}

struct Table {
    text: String,
    style: TableStyle,
}

impl Table {
    /// One line of cells, without blanks at its end.
    fn line(&mut self, cells: &[(&str, Option<&str>)]) {
        let mut line = String::new();
        for (cell, colour) in cells {
            match colour {
                Some(colour) if self.style.colour && !cell.trim().is_empty() => {
                    let _ = write!(line, "{colour}{cell}{RESET}");
                }
                _ => line.push_str(cell),
            }
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A name, counts, a share and a remark that is cut where the line ends.
    fn row(&mut self, indent: usize, name: &str, count: &str, share: Option<f64>, remark: &str) {
        let name = format!("{:indent$}{name}", "");
        let count = format!("{count:>COUNT$}");
        let value = share.map(percent).unwrap_or_default();
        let value = format!("{value:>PERCENT$}");
        let used = name.chars().count().max(NAME) + COUNT + PERCENT + 2;
        let remark = cut(remark, TABLE_WIDTH.saturating_sub(used));
        self.line(&[
            (&format!("{name:<NAME$}"), None),
            (&count, None),
            (&value, share.map(colour_of)),
            (&format!("  {remark}"), None),
        ]);
    }

    fn block(&mut self, block: &BlockReport) {
        self.line(&[(&block.block, Some(BOLD))]);
        match &block.functional {
            Some(grade) => self.functional(grade),
            None => self.row(2, "functional", "", None, "nothing measured"),
        }
        match &block.code {
            Some(code) => self.code(code),
            None => self.row(2, "code", "", None, "nothing measured"),
        }
        for stage in &block.plan {
            let count = format!("{}/{}", stage.points.covered, stage.points.total);
            let name = format!("testplan {}", stage.stage);
            let open = stage.open.join(", ");
            let remark = if open.is_empty() {
                open
            } else {
                format!("open: {open}")
            };
            self.row(2, &name, &count, Some(stage.points.share()), &remark);
        }
        self.text.push('\n');
    }

    fn functional(&mut self, grade: &BlockGrade) {
        let points = format!("{}/{}", grade.full_points(), grade.points().count());
        let remark = "complete points; mean score of the points";
        self.row(2, "functional", &points, Some(grade.score()), remark);
        for group in &grade.groups {
            if self.style.holes_only && group.points.iter().all(complete) {
                continue;
            }
            self.row(4, &group.name, "", Some(group.score()), "");
            for point in &group.points {
                if self.style.holes_only && complete(point) {
                    continue;
                }
                let count = format!("{}/{}", point.covered, point.coverable);
                self.row(6, &point.name, &count, Some(point.score()), &holes(point));
                for unexpected in &point.unexpected {
                    let what = if unexpected.illegal {
                        "illegal"
                    } else {
                        "ignored"
                    };
                    let hits = unexpected.hits.to_string();
                    let remark = format!("{what} bin was hit: {}", unexpected.reason);
                    self.row(8, &unexpected.bin, &hits, None, &remark);
                }
            }
        }
    }

    fn code(&mut self, code: &CodeSummary) {
        self.row(2, "code", "", None, "");
        for kind in PointKind::ALL
            .into_iter()
            .filter(|kind| *kind != PointKind::Other)
        {
            let Some(tally) = code.tally(kind) else {
                continue;
            };
            let complete = tally.covered == tally.total;
            if self.style.holes_only && complete {
                continue;
            }
            let count = format!("{}/{}", tally.covered, tally.total);
            let worst = code.worst_file(kind).filter(|_| !complete);
            let remark = worst.map_or_else(String::new, |(file, tally)| {
                format!("worst: {file} {} %", percent(tally.share()))
            });
            self.row(4, kind.name(), &count, Some(tally.share()), &remark);
        }
        let mut covers: Vec<&UserCover> = code.user_covers.iter().collect();
        if self.style.holes_only {
            covers.retain(|cover| cover.count == 0);
        }
        if !covers.is_empty() {
            self.row(2, "user covers", "", None, "");
        }
        for cover in covers {
            let place = format!("{}:{}", cover.file, cover.line);
            let remark = if cover.count == 0 {
                format!("NOT HIT  {place}")
            } else {
                place
            };
            self.row(4, &cover.label, &cover.count.to_string(), None, &remark);
        }
    }
}

fn complete(point: &PointGrade) -> bool {
    point.covered == point.coverable && point.unexpected.is_empty()
}

/// The holes, those without any hit first, as many as a line takes.
fn holes(point: &PointGrade) -> String {
    const ROOM: usize = TABLE_WIDTH - NAME - COUNT - PERCENT - 2;
    let mut holes: Vec<_> = point.holes.iter().collect();
    holes.sort_by_key(|hole| hole.hits);
    let mut text = String::new();
    for (at, hole) in holes.iter().enumerate() {
        let name = match hole.hits {
            0 => hole.bin.clone(),
            hits => format!("{} ({hits} of {})", hole.bin, hole.at_least),
        };
        let rest = holes.len() - at;
        let separator = if at == 0 { "" } else { ", " };
        // Room for the number of those left out has to stay, unless this is the last.
        let tail = if rest == 1 {
            0
        } else {
            format!(", +{rest}").len()
        };
        if text.len() + separator.len() + name.len() + tail > ROOM {
            let _ = write!(text, "{separator}+{rest}");
            break;
        }
        text.push_str(separator);
        text.push_str(&name);
    }
    text
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(3)).collect();
    kept + "..."
}
