//! What can go wrong.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::counts::CountsError;

/// A history that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Written by a newer version of the command; nothing was changed.
    #[error(
        "`{}` was written by a newer version: its schema is {found}, this command knows up to {known}; use that version, or \
         point GPNPU_HISTORY at another file", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this command knows.
        known: u32,
    },
    /// Not a database, or damaged; nothing was changed.
    #[error(
        "`{0}` is corrupted ({reason}); nothing was written to it. Keep it aside, `mv {0} {0}.corrupt`, and the next run begins a \
         new history; `sqlite3 {0}.corrupt .recover` saves what is readable", path.display()
    )]
    Corrupted {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A database, but not one of these.
    #[error(
        "`{}` is an SQLite database of another program; point GPNPU_HISTORY at another file", path.display()
    )]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// The disk is full, or a limit on the size of files was reached.
    #[error(
        "`{}` cannot be written: {reason}; free some space. What was confirmed is kept", path.display()
    )]
    Full {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Anything else that SQLite or the operating system says.
    #[error("history `{}`: {reason}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What it says.
        reason: String,
    },
    /// A stored value that no version writes.
    #[error("history `{}` holds a malformed {what}: {reason}", path.display())]
    Malformed {
        /// The database.
        path: PathBuf,
        /// Of what kind.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl HistoryError {
    /// What SQLite said about the database at `path`.
    #[must_use]
    pub fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupted { path, reason }
            }
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Self::Full { path, reason },
            _ => Self::Sqlite { path, reason },
        }
    }

    /// Coverage that no version wrote.
    pub(crate) fn counts(path: &Path, error: &CountsError) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            what: "coverage record",
            reason: error.to_string(),
        }
    }
}
