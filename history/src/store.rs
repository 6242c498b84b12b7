//! The open database.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, Params, Row};

use crate::error::HistoryError;
use crate::schema;

/// How long a writer waits for another one.
const BUSY: Duration = Duration::from_secs(60);

/// An open history.
#[derive(Debug)]
pub struct History {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

impl History {
    /// Opens the database at `path`, or makes it; an older one is brought up to date.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Newer`], [`HistoryError::Corrupted`] and [`HistoryError::Foreign`], none of which changed the file;
    /// [`HistoryError::Full`] and [`HistoryError::Sqlite`].
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| HistoryError::Sqlite {
                path: path.to_owned(),
                reason: e.to_string(),
            })?;
        }
        Self::with(path, OpenFlags::default())
    }

    /// Opens the database at `path`, which must be there: none, if it is not.
    ///
    /// # Errors
    ///
    /// As [`History::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Self>, HistoryError> {
        if !path.exists() {
            return Ok(None);
        }
        Self::with(path, OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE).map(Some)
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self, HistoryError> {
        let failed = |error: rusqlite::Error| HistoryError::sqlite(path, &error);
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(HistoryError::Newer {
                path: path.to_owned(),
                found,
                known: schema::VERSION,
            });
        }
        let one = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, u32>(0));
        let tables = one("SELECT count(*) FROM sqlite_schema").map_err(failed)?;
        if tables > 0 && one("PRAGMA application_id").map_err(failed)? != schema::APPLICATION_ID {
            return Err(HistoryError::Foreign {
                path: path.to_owned(),
            });
        }
        let set = |connection: &Connection| {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Every commit is on the disk when it returns.
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(())
        };
        set(&connection).map_err(failed)?;
        schema::migrate(&mut connection).map_err(failed)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for tables of one's own.
    #[must_use]
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Reads the whole file and says what is damaged.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Corrupted`].
    pub fn check(&self) -> Result<(), HistoryError> {
        let said = self
            .connection
            .query_row("PRAGMA quick_check(1)", (), |row| row.get::<_, String>(0))
            .map_err(self.failed())?;
        if said == "ok" {
            return Ok(());
        }
        Err(HistoryError::Corrupted {
            path: self.path.clone(),
            reason: said.replace('\n', " "),
        })
    }

    /// All rows of a query.
    pub(crate) fn list<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, HistoryError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(self.failed())?;
        let rows = statement.query_map(values, read).map_err(self.failed())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.failed())
    }

    /// Names the database in an error of SQLite.
    pub(crate) fn failed(&self) -> impl Fn(rusqlite::Error) -> HistoryError + '_ {
        |error| HistoryError::sqlite(&self.path, &error)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
