//! What a test measured, as a table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One field of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A whole number.
    Count(u64),
    /// A measured number, shown with three decimals.
    Number(f64),
    /// A name.
    Text(String),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Number(number) => write!(f, "{number:.3}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What a test measured: one row for each thing, one column for each quantity, with its unit. Displayed, it is aligned
/// text for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What was measured, and under what conditions.
    pub title: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self {
            title: title.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If it does not have a cell for every column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let row: Vec<Cell> = cells.into_iter().collect();
        assert_eq!(
            row.len(),
            self.columns.len(),
            "cells of a row of `{}`",
            self.title
        );
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    /// The title and a line for each row; numbers are aligned to the right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |row: &Vec<Cell>| row.iter().map(Cell::to_string).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = self.rows.iter().map(texts).collect();
        let width = |(index, name): (usize, &String)| {
            let cells = rows.iter().map(|row| row[index].chars().count());
            cells.fold(name.chars().count(), usize::max)
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        let is_text = |index: usize| {
            let mut column = self.rows.iter().map(|row| &row[index]);
            column.any(|cell| matches!(cell, Cell::Text(text) if !text.is_empty()))
        };
        write!(f, "{}", self.title)?;
        for row in std::iter::once(&self.columns).chain(&rows) {
            let mut line = String::new();
            for (index, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                line += &match is_text(index) {
                    true => format!("  {cell:<width$}"),
                    false => format!("  {cell:>width$}"),
                };
            }
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_aligned_to_the_left_and_numbers_to_the_right() {
        let mut table = Table::new("speeds", &["what", "cycles", "share %"]);
        table.row(["a".into(), 1234567_u64.into(), 9.5.into()]);
        table.row(["longer".into(), 8_usize.into(), 100.0.into()]);
        let shown = "speeds\n  what     cycles  share %\n  a       1234567    9.500\n  \
                     longer        8  100.000";
        assert_eq!(table.to_string(), shown);
    }

    #[test]
    fn json_has_plain_numbers() {
        let mut table = Table::new("t", &["a", "b", "c"]);
        table.row(["x".into(), 3_u64.into(), 0.25.into()]);
        let json = serde_json::to_value(&table).expect("plain data");
        assert_eq!(json["rows"], serde_json::json!([["x", 3, 0.25]]));
        assert_eq!(
            serde_json::from_value::<Table>(json).expect("what was written"),
            table
        );
    }
}
