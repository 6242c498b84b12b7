//! Failures of one kind of one test.

use rusqlite::{Row, params};
use serde::Serialize;

use crate::error::HistoryError;
use crate::runs::RunId;
use crate::store::History;

/// Failures of one kind of one test, with the smallest case of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// `npu_dot::random`.
    pub test: String,
    /// Label of the kind: `mismatch rsp_o.d`.
    pub kind: String,
    /// Cases that failed so.
    pub hits: u64,
    /// Configuration of the smallest case.
    pub config: String,
    /// Seed of the smallest case.
    pub seed: u64,
    /// Its failure, after shrinking where that was done.
    pub sentence: String,
    /// The command that runs the smallest case again.
    pub repeat: String,
    /// Folder of its bundle.
    pub bundle: Option<String>,
    /// Transactions of the case as it failed.
    pub before: Option<u64>,
    /// Transactions after shrinking.
    pub after: Option<u64>,
}

impl History {
    /// Replaces the buckets of a run, all or none.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Full`], [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`].
    pub fn set_buckets(&mut self, run: RunId, buckets: &[Bucket]) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let mut write = || {
            let transaction = self.connection.transaction()?;
            transaction.execute("DELETE FROM buckets WHERE run = ?1", [run.0])?;
            let sql = "INSERT INTO buckets (run, test, kind, hits, config, seed, sentence, repeat, bundle, before, after) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
            for bucket in buckets {
                transaction.prepare_cached(sql)?.execute(params![
                    run.0,
                    bucket.test,
                    bucket.kind,
                    bucket.hits.cast_signed(),
                    bucket.config,
                    bucket.seed.cast_signed(),
                    bucket.sentence,
                    bucket.repeat,
                    bucket.bundle,
                    bucket.before.map(u64::cast_signed),
                    bucket.after.map(u64::cast_signed),
                ])?;
            }
            transaction.commit()
        };
        write().map_err(|error| HistoryError::sqlite(&path, &error))
    }

    /// The buckets of a run, most hits first.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`].
    pub fn buckets(&self, run: RunId) -> Result<Vec<Bucket>, HistoryError> {
        let sql = "SELECT test, kind, hits, config, seed, sentence, repeat, bundle, before, after FROM buckets \
                   WHERE run = ?1 ORDER BY hits DESC, test, kind";
        let read = |row: &Row<'_>| {
            let optional = |index| {
                row.get::<_, Option<i64>>(index)
                    .map(|value| value.map(i64::cast_unsigned))
            };
            Ok(Bucket {
                test: row.get(0)?,
                kind: row.get(1)?,
                hits: row.get::<_, i64>(2)?.cast_unsigned(),
                config: row.get(3)?,
                seed: row.get::<_, i64>(4)?.cast_unsigned(),
                sentence: row.get(5)?,
                repeat: row.get(6)?,
                bundle: row.get(7)?,
                before: optional(8)?,
                after: optional(9)?,
            })
        };
        self.list(sql, [run.0], read)
    }
}
