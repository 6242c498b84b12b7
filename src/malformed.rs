//! What is wrong with a line of a user's file, and where.

use std::fmt;

use crate::exit::CommandError;

/// Malformed lines that are shown.
const SHOWN: usize = 20;

/// What is wrong with a line, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Line in the file, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is there and what was expected.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// The malformed lines of a file: the first ones as they are, of the others only how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MalformedLines {
    /// The first ones.
    pub first: Vec<Malformed>,
    /// All of them.
    pub count: usize,
}

impl MalformedLines {
    /// One more.
    pub fn push(&mut self, malformed: Malformed) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(malformed);
        }
    }

    /// Shows the first ones on standard error; what the command ends with.
    pub fn refuse(&self, name: &str) -> CommandError {
        for malformed in &self.first {
            eprintln!("{name}:{malformed}");
        }
        let more = self.count - self.first.len();
        if more > 0 {
            eprintln!("... and {more} more lines");
        }
        CommandError::usage(format!(
            "{} malformed lines in `{name}`; nothing was run",
            self.count
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_only_the_first_are_kept() {
        let mut lines = MalformedLines::default();
        for line in 1..=1000 {
            let message = "x".to_owned();
            lines.push(Malformed {
                line,
                column: 1,
                message,
            });
        }
        assert_eq!((lines.count, lines.first.len()), (1000, SHOWN));
        assert_eq!(lines.first[19].line, 20);
    }
}
