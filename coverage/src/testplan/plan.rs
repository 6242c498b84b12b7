//! The plan and its file.

use std::fmt;

use serde::Deserialize;
use thiserror::Error;

/// How far a block has come; each stage includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Stage {
    /// The block does what it is for.
    V1,
    /// All of its features and corners.
    V2,
    /// Nothing known is left open.
    V3,
}

impl Stage {
    /// Every stage, first to last.
    pub const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The stage written `V1`, `V2` or `V3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.to_string() == text)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::V3 => "V3",
        })
    }
}

/// One thing to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testpoint {
    /// Its name, unique in the plan.
    pub name: String,
    /// What is to be shown, and how, in prose.
    #[serde(default)]
    pub desc: String,
    /// The stage it belongs to, as written; [`Stage::parse`] knows the right ones.
    pub stage: String,
    /// Ids of the tests that show it, as `npu_dot::random`.
    #[serde(default)]
    pub tests: Vec<String>,
    /// Ids of the functional coverage that shows it happened: a block, a group, or a point.
    #[serde(default)]
    pub covers: Vec<String>,
    /// Labels of the RTL's assertions that guard it.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Free words; kept, not judged.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A group of the coverage model, in prose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covergroup {
    /// Its id, as `npu_dot.operand`.
    pub name: String,
    /// What it tells apart, and why.
    #[serde(default)]
    pub desc: String,
}

/// A block's testplan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The file it came from, for messages.
    #[serde(skip)]
    pub file: String,
    /// The block's stem.
    pub name: String,
    /// What is to be shown.
    pub testpoints: Vec<Testpoint>,
    /// The groups of the coverage model.
    #[serde(default)]
    pub covergroups: Vec<Covergroup>,
}

/// Why a file is not a testplan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The text is not Hjson.
    #[error("{file}:{line}:{column}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, 0 at the end of a line.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A field is missing, unknown, given twice or of another type.
    #[error("{file}: in `{place}`: {message}")]
    Field {
        /// The file.
        file: String,
        /// Path to the object or value, as `testpoints[2].stage`.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// More brackets are open at once than any plan needs.
    #[error("{file}:{line}: brackets nest deeper than {MAX_NESTING}, a testplan needs 4")]
    Nesting {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
    },
}

/// Brackets open at once; the Hjson reader is recursive.
const MAX_NESTING: usize = 64;

impl Plan {
    /// Reads a plan from Hjson; `file` stands for it in messages.
    ///
    /// # Errors
    ///
    /// [`ParseError::Syntax`] and [`ParseError::Nesting`] for text that is not Hjson, [`ParseError::Field`] for Hjson
    /// that is not a plan.
    pub fn parse(text: &str, file: &str) -> Result<Self, ParseError> {
        let mut nesting = 0usize;
        for (number, line) in text.lines().enumerate() {
            for byte in line.bytes() {
                match byte {
                    b'[' | b'{' => nesting += 1,
                    b']' | b'}' => nesting = nesting.saturating_sub(1),
                    _ => {}
                }
                if nesting > MAX_NESTING {
                    return Err(ParseError::Nesting {
                        file: file.to_owned(),
                        line: number + 1,
                    });
                }
            }
        }
        let mut hjson = serde_hjson::Deserializer::new(text.bytes());
        let plan: Result<Self, _> = serde_path_to_error::deserialize(&mut hjson);
        let mut plan = plan.map_err(|error| {
            let place = error.path().to_string();
            parse_error(file, &place, error.into_inner())
        })?;
        hjson.end().map_err(|error| parse_error(file, ".", error))?;
        plan.file = file.to_owned();
        Ok(plan)
    }
}

fn parse_error(file: &str, place: &str, error: serde_hjson::Error) -> ParseError {
    let file = file.to_owned();
    let place = if place == "." {
        String::from("the plan")
    } else {
        place.to_owned()
    };
    match error {
        serde_hjson::Error::Syntax(code, line, column) => {
            // The code's text is its debug form, quoted for some codes.
            let message = format!("{code:?}").trim_matches('"').to_owned();
            if line == 0 {
                ParseError::Field {
                    file,
                    place,
                    message,
                }
            } else {
                ParseError::Syntax {
                    file,
                    line,
                    column,
                    message,
                }
            }
        }
        other => ParseError::Field {
            file,
            place,
            message: other.to_string(),
        },
    }
}
