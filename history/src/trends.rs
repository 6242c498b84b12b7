//! How a block or a test does from run to run.

use rusqlite::params;
use serde::Serialize;

use crate::counts;
use crate::error::HistoryError;
use crate::runs::RunId;
use crate::store::History;

/// What a trend is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Everything.
    All,
    /// A block, by its stem.
    Block(&'a str),
    /// A test, by its id.
    Test(&'a str),
}

/// One run of a trend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrendPoint {
    /// The run.
    pub run: RunId,
    /// Its start, in milliseconds since 1970.
    pub started_ms: i64,
    /// Profile.
    pub profile: String,
    /// Commit.
    pub git: Option<String>,
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed.
    pub failed: u64,
    /// Seconds of all cases together.
    pub seconds: f64,
    /// Clock cycles of all cases together.
    pub cycles: u64,
    /// Functional bins that were hit.
    pub bins_hit: u64,
    /// Functional bins of the blocks that were sampled, ignored ones included.
    pub bins: u64,
}

impl History {
    /// The last runs that have a case of the scope, oldest first.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Malformed`] for damaged coverage, [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`].
    pub fn trend(&self, scope: Scope<'_>, limit: usize) -> Result<Vec<TrendPoint>, HistoryError> {
        let (condition, name) = match scope {
            Scope::All => ("?1 = ''", ""),
            Scope::Block(block) => ("c.block = ?1", block),
            Scope::Test(test) => ("c.test = ?1", test),
        };
        let sql = format!(
            "SELECT r.id, r.started, r.profile, r.git, sum(c.outcome = 'passed'), sum(c.outcome = 'failed'), sum(c.seconds), \
             sum(c.cycles) FROM runs AS r JOIN cases AS c ON c.run = r.id WHERE {condition} \
             GROUP BY r.id ORDER BY r.id DESC LIMIT ?2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut points = self.list(&sql, params![name, limit], |row| {
            Ok(TrendPoint {
                run: RunId(row.get(0)?),
                started_ms: row.get(1)?,
                profile: row.get(2)?,
                git: row.get(3)?,
                passed: row.get::<_, i64>(4)?.cast_unsigned(),
                failed: row.get::<_, i64>(5)?.cast_unsigned(),
                seconds: row.get(6)?,
                cycles: row.get::<_, i64>(7)?.cast_unsigned(),
                bins_hit: 0,
                bins: 0,
            })
        })?;
        points.reverse();
        for point in &mut points {
            (point.bins_hit, point.bins) = self.bins_hit(point.run, condition, name)?;
        }
        Ok(points)
    }

    fn bins_hit(
        &self,
        run: RunId,
        condition: &str,
        name: &str,
    ) -> Result<(u64, u64), HistoryError> {
        let sql = format!(
            "SELECT s.id, s.size, v.counts FROM coverage AS v JOIN spaces AS s ON s.id = v.space \
             JOIN cases AS c ON c.id = v.case_id WHERE {condition} AND v.run = ?2 AND s.kind = 'functional' ORDER BY s.id"
        );
        let failed = self.failed();
        let mut statement = self.connection.prepare_cached(&sql).map_err(&failed)?;
        let mut rows = statement.query(params![name, run.0]).map_err(&failed)?;
        let (mut hit, mut all) = (0, 0);
        let (mut space, mut sums): (Option<i64>, Vec<u64>) = (None, Vec::new());
        let count = |sums: &[u64]| sums.iter().filter(|hits| **hits > 0).count() as u64;
        while let Some(row) = rows.next().map_err(&failed)? {
            let id = row.get(0).map_err(&failed)?;
            if space != Some(id) {
                hit += count(&sums);
                let size: i64 = row.get(1).map_err(&failed)?;
                sums = vec![0; usize::try_from(size).unwrap_or(0)];
                all += sums.len() as u64;
                space = Some(id);
            }
            let bytes = row.get_ref(2).map_err(&failed)?;
            counts::add(bytes.as_blob().unwrap_or_default(), &mut sums)
                .map_err(|e| HistoryError::counts(&self.path, &e))?;
        }
        Ok((hit + count(&sums), all))
    }
}
