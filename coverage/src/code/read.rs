//! Reading `coverage.dat`.
//!
//! A header line, then one line a point: `C '<SOH>key<STX>value...' count`, keys as in `verilated_cov_key.h`.

use std::io::{self, BufRead, Read as _};
use std::ops::RangeInclusive;
use std::path::Path;

use thiserror::Error;

use super::coverage::CodeCoverage;
use super::point::{Point, PointKind};

/// Longest line accepted, in bytes. Verilator's longest are a few hundred bytes: expressions and deep hierarchies.
pub const MAX_LINE_BYTES: usize = 1 << 16;

/// Most points accepted in one file; toggles of a large design are a tenth of it.
pub const MAX_POINTS: usize = 1 << 24;

/// Largest source line number accepted.
pub const MAX_SOURCE_LINE: u32 = 1_000_000;

const HEADER: &str = "# SystemC::Coverage-3";
const KEY: char = '\x01';
const VALUE: char = '\x02';

/// Why a coverage file was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file could not be read at all.
    #[error("cannot read `{file}`")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what Verilator writes.
    #[error("{file}:{line}:{column}: expected {expected}, found {found}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What would have been right.
        expected: String,
        /// What was there, shortened.
        found: String,
    },
}

/// A fault within one line.
#[derive(Debug)]
struct Fault {
    /// Byte offset.
    at: usize,
    expected: String,
    found: String,
}

impl Fault {
    fn new(at: usize, expected: impl Into<String>, found: &str) -> Self {
        const SHOWN: usize = 40;
        let found = match found.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("`{}...`", found[..end].escape_debug()),
            None if found.is_empty() => String::from("nothing"),
            None => format!("`{}`", found.escape_debug()),
        };
        Self {
            at,
            expected: expected.into(),
            found,
        }
    }

    /// A point lacks something that each has to have.
    fn missing(expected: impl Into<String>) -> Self {
        Self {
            at: KEY_START,
            expected: expected.into(),
            found: String::from("a point without"),
        }
    }
}

impl CodeCoverage {
    /// Reads what Verilator's runtime or `verilator_coverage --write` wrote; `name` stands for it in errors.
    ///
    /// Source files below `root` become relative to it, in the keys too; other paths stay as they are. Equal points
    /// are added up.
    ///
    /// # Errors
    ///
    /// [`ReadError::Io`] where `reader` fails, [`ReadError::Syntax`] at the first thing that is not of the format or
    /// beyond one of the limits of this module.
    pub fn read(
        mut reader: impl BufRead,
        name: &str,
        root: Option<&Path>,
    ) -> Result<Self, ReadError> {
        let mut coverage = Self::default();
        let mut buffer = Vec::new();
        let root = root.map(|root| root.to_string_lossy().into_owned());
        for number in 1.. {
            buffer.clear();
            let limit = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
            let length = reader
                .by_ref()
                .take(limit)
                .read_until(b'\n', &mut buffer)
                .map_err(|source| ReadError::Io {
                    file: name.to_owned(),
                    source,
                })?;
            let syntax = |fault: Fault| ReadError::Syntax {
                file: name.to_owned(),
                line: number,
                column: fault.at + 1,
                expected: fault.expected,
                found: fault.found,
            };
            if length == 0 && number > 1 {
                break;
            }
            let line = text(&buffer).map_err(syntax)?;
            if number == 1 {
                if line != HEADER {
                    return Err(syntax(Fault::new(0, format!("`{HEADER}`"), line)));
                }
                continue;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            coverage.add_line(line, root.as_deref()).map_err(syntax)?;
        }
        Ok(coverage)
    }

    /// Coverage of these keys, as [`CodeCoverage::counts`] gives them.
    ///
    /// # Errors
    ///
    /// [`ReadError::Syntax`] where one is not a key of `coverage.dat`.
    pub fn of_counts<'a>(
        counts: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Result<Self, ReadError> {
        let mut text = format!("{HEADER}\n");
        for (key, count) in counts {
            text += &format!("C '{key}' {count}\n");
        }
        Self::read(text.as_bytes(), "code coverage", None)
    }

    fn add_line(&mut self, line: &str, root: Option<&str>) -> Result<(), Fault> {
        let (key, count, count_at) = split_line(line)?;
        let fields = Fields::new(key)?;
        let mut point = fields.point()?;
        let mut key = key.to_owned();
        if let Some(relative) = root.and_then(|root| below(root, &point.file)) {
            let start = fields.at("f") - KEY_START;
            key.replace_range(start..start + point.file.len(), relative);
            point.file = relative.to_owned();
        }
        point.count = count;
        if self.len() >= MAX_POINTS && !self.contains(&key) {
            return Err(Fault::new(
                0,
                format!("at most {MAX_POINTS} points"),
                "one more",
            ));
        }
        self.add(key, point).map_err(|_| {
            Fault::new(
                count_at,
                "equal points to add up to 64 bits at most",
                &line[count_at..],
            )
        })
    }
}

/// The line without its end.
fn text(line: &[u8]) -> Result<&str, Fault> {
    let content = line.strip_suffix(b"\n").unwrap_or(line);
    if content.len() > MAX_LINE_BYTES {
        let expected = format!("a line of at most {MAX_LINE_BYTES} bytes");
        return Err(Fault::new(MAX_LINE_BYTES, expected, "more"));
    }
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    str::from_utf8(content).map_err(|error| {
        let at = error.valid_up_to();
        Fault::new(at, "UTF-8 text", &format!("byte 0x{:02x}", content[at]))
    })
}

/// Where the key begins in a line.
const KEY_START: usize = 3;

/// Key, count and the count's offset.
fn split_line(line: &str) -> Result<(&str, u64, usize), Fault> {
    let Some(rest) = line.strip_prefix("C '") else {
        return Err(Fault::new(0, "`C '`, a comment or an empty line", line));
    };
    // A key may hold `' ` itself, as in an expression over literals; the count never does.
    let Some(end) = rest.rfind("' ") else {
        return Err(Fault::new(
            line.len(),
            "`' ` and a count at the end of the line",
            "",
        ));
    };
    let count_at = KEY_START + end + 2;
    let digits = &line[count_at..];
    let count = Some(digits)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Fault::new(count_at, "a count of at most 64 bits", digits))?;
    Ok((&rest[..end], count, count_at))
}

/// The keys and values of one point, with the values' offsets in the line.
struct Fields<'a>(Vec<(&'a str, usize, &'a str)>);

impl<'a> Fields<'a> {
    fn new(key: &'a str) -> Result<Self, Fault> {
        let mut fields: Vec<(&str, usize, &str)> = Vec::new();
        let mut at = KEY_START;
        let Some(rest) = key.strip_prefix(KEY) else {
            return Err(Fault::new(at, "byte 0x01 before the first key", key));
        };
        for field in rest.split(KEY) {
            at += 1;
            let Some((name, value)) = field.split_once(VALUE) else {
                return Err(Fault::new(at, "a key, byte 0x02 and a value", field));
            };
            if fields.iter().any(|(other, ..)| *other == name) {
                return Err(Fault::new(at, "each key once", name));
            }
            fields.push((name, at + name.len() + 1, value));
            at += field.len();
        }
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> Option<(usize, &'a str)> {
        let field = self.0.iter().find(|(other, ..)| *other == name)?;
        Some((field.1, field.2))
    }

    /// Offset of a value, 0 where there is none.
    fn at(&self, name: &str) -> usize {
        self.get(name).map_or(0, |(at, _)| at)
    }

    fn need(&self, name: &str, meaning: &str) -> Result<(usize, &'a str), Fault> {
        self.get(name)
            .ok_or_else(|| Fault::missing(format!("a point with key `{name}` ({meaning})")))
    }

    /// The point, its count still 0.
    fn point(&self) -> Result<Point, Fault> {
        let (file_at, file) = self.need("f", "file")?;
        if file.is_empty() {
            return Err(Fault::new(file_at, "a file name", file));
        }
        let (line_at, line) = self.need("l", "line")?;
        let line = number(line_at, line, "a line number from 1")?;
        if line == 0 {
            return Err(Fault::new(line_at, "a line number from 1", "0"));
        }
        let column = match self.get("n") {
            Some((at, column)) => number(at, column, "a column number")?,
            None => 0,
        };
        let page = self
            .get("page")
            .and_then(|(_, page)| page.strip_prefix("v_")?.split('/').next());
        let kind = self.get("t").map(|(_, kind)| kind).or(page);
        let Some(kind) = kind else {
            return Err(Fault::missing("a point with key `t` (type) or `page`"));
        };
        let lines = match self.get("S") {
            Some((at, lines)) => line_ranges(at, lines)?,
            None => Vec::new(),
        };
        let text = |name| self.get(name).map_or("", |(_, value)| value).to_owned();
        Ok(Point {
            kind: PointKind::of(kind),
            file: file.to_owned(),
            line,
            column,
            comment: text("o"),
            hierarchy: text("h"),
            lines,
            count: 0,
        })
    }
}

fn number(at: usize, digits: &str, meaning: &str) -> Result<u32, Fault> {
    Some(digits)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|number| *number <= MAX_SOURCE_LINE)
        .ok_or_else(|| Fault::new(at, format!("{meaning} to {MAX_SOURCE_LINE}"), digits))
}

/// `14-15,18`: ascending, disjoint.
fn line_ranges(start: usize, text: &str) -> Result<Vec<RangeInclusive<u32>>, Fault> {
    const MEANING: &str = "source lines as `14-15,18`, ascending, from 1";
    let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
    let mut at = start;
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (number(at, first, MEANING)?, number(at, last, MEANING)?);
        if first > last || first <= ranges.last().map_or(0, |range| *range.end()) {
            return Err(Fault::new(at, MEANING, range));
        }
        ranges.push(first..=last);
        at += range.len() + 1;
    }
    Ok(ranges)
}

/// `file` relative to `root` where it lies below it.
fn below<'a>(root: &str, file: &'a str) -> Option<&'a str> {
    let root = root.trim_end_matches('/');
    file.strip_prefix(root)?
        .strip_prefix('/')
        .filter(|relative| !relative.is_empty())
}
