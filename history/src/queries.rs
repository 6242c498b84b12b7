//! What is asked of many runs: expectations, flaky cases, slow tests, the first bad commit.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Row, params};
use serde::Serialize;

use crate::cases::{self, CaseSummary, Identity};
use crate::error::HistoryError;
use crate::runs::{Run, RunId};
use crate::store::History;

/// Runs that say what is to be expected of the next one.
const RECENT: i64 = 20;

/// What earlier runs say of the cases of the next one.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Mean seconds by test, configuration and flavour.
    pub seconds: HashMap<(String, String, String), f64>,
    /// Cases whose last result was a failure.
    pub failing: HashSet<Identity>,
}

/// One result of a case that had several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sighting {
    /// The run.
    pub run: RunId,
    /// `passed` or `failed`.
    pub outcome: String,
    /// The failure in one sentence.
    pub sentence: Option<String>,
    /// Digest of all ports and cycles.
    pub digest: String,
}

/// A case that came out differently although nothing had changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flaky {
    /// Which.
    #[serde(flatten)]
    pub identity: Identity,
    /// Digest of its inputs.
    pub inputs: String,
    /// Its results that differ, one of each.
    pub seen: Vec<Sighting>,
}

/// How long a test takes in a configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slow {
    /// The test.
    pub test: String,
    /// Configuration.
    pub config: String,
    /// Flavour.
    pub flavour: String,
    /// Cases in the recent runs.
    pub cases: u64,
    /// Mean seconds of a case.
    pub mean: f64,
    /// Longest, in seconds.
    pub longest: f64,
    /// Seconds of all of them.
    pub total: f64,
}

/// Since when a test fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstBad {
    /// The run in which it first failed, of those since which it fails in every run.
    pub bad: Run,
    /// The last run before, in which it passed; none if it never did.
    pub good: Option<Run>,
    /// A case that failed in the bad run.
    pub case: CaseSummary,
    /// Whether this very case passed in the good run: if not, the fault may be older, and an earlier seed may not have shown it.
    pub same_case_passed: bool,
}

impl History {
    /// What recent runs say of the next.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`], as all that follow.
    pub fn expectations(&self) -> Result<Expectations, HistoryError> {
        let read = || {
            let since = self.recent()?;
            let mut expected = Expectations::default();
            let sql = "SELECT test, config, flavour, avg(seconds) FROM cases WHERE run > ?1 AND outcome <> 'skipped' \
                       GROUP BY test, config, flavour";
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([since])?;
            while let Some(row) = rows.next()? {
                let key = (row.get(0)?, row.get(1)?, row.get(2)?);
                expected.seconds.insert(key, row.get(3)?);
            }
            let sql = "SELECT test, config, flavour, seed FROM cases AS c WHERE outcome = 'failed' AND run > ?1 AND run = \
                       (SELECT max(run) FROM cases AS d WHERE d.test = c.test AND d.config = c.config \
                       AND d.flavour = c.flavour AND d.seed = c.seed AND d.outcome <> 'skipped')";
            let mut statement = self.connection.prepare(sql)?;
            let failing = statement.query_map([since], identity)?;
            expected.failing = failing.collect::<rusqlite::Result<_>>()?;
            Ok(expected)
        };
        read().map_err(self.failed())
    }

    /// The run before the recent ones.
    fn recent(&self) -> rusqlite::Result<i64> {
        let sql = "SELECT coalesce(max(id), 0) FROM runs";
        let last: i64 = self.connection.query_row(sql, (), |row| row.get(0))?;
        Ok(last - RECENT)
    }

    /// Cases that with one seed and the same inputs passed and failed, or ran differently. A limit of wall-clock time that was
    /// reached says nothing of the case, and is left out.
    ///
    /// # Errors
    ///
    /// As [`History::expectations`].
    pub fn flaky(&self) -> Result<Vec<Flaky>, HistoryError> {
        let counted = "outcome <> 'skipped' AND coalesce(kind, '') <> 'wall clock'";
        let read = || {
            let sql = format!(
                "SELECT test, config, flavour, seed, inputs FROM cases WHERE {counted} \
                 GROUP BY test, config, flavour, seed, inputs HAVING count(DISTINCT outcome || digest) > 1"
            );
            let mut statement = self.connection.prepare(&sql)?;
            let groups = statement.query_map((), |row| Ok((identity(row)?, row.get(4)?)))?;
            let groups = groups.collect::<rusqlite::Result<Vec<(Identity, String)>>>()?;
            let sql = format!(
                "SELECT min(run), outcome, sentence, digest FROM cases WHERE {counted} AND test = ?1 AND config = ?2 \
                 AND flavour = ?3 AND seed = ?4 AND inputs = ?5 GROUP BY outcome, digest ORDER BY 1"
            );
            let mut statement = self.connection.prepare(&sql)?;
            let mut flaky = Vec::new();
            for (identity, inputs) in groups {
                let Identity {
                    test,
                    config,
                    flavour,
                    seed,
                } = &identity;
                let values = params![test, config, flavour, seed.cast_signed(), inputs];
                let seen = statement.query_map(values, |row| {
                    Ok(Sighting {
                        run: RunId(row.get(0)?),
                        outcome: row.get(1)?,
                        sentence: row.get(2)?,
                        digest: row.get(3)?,
                    })
                })?;
                let seen = seen.collect::<rusqlite::Result<_>>()?;
                flaky.push(Flaky {
                    identity,
                    inputs,
                    seen,
                });
            }
            Ok(flaky)
        };
        read().map_err(self.failed())
    }

    /// The tests that take longest in the recent runs, by the time of all their cases.
    ///
    /// # Errors
    ///
    /// As [`History::expectations`].
    pub fn slowest(&self, limit: usize) -> Result<Vec<Slow>, HistoryError> {
        let sql = "SELECT test, config, flavour, count(*), avg(seconds), max(seconds), sum(seconds) FROM cases \
                   WHERE run > ?1 AND outcome <> 'skipped' GROUP BY 1, 2, 3 ORDER BY 7 DESC LIMIT ?2";
        let since = self.recent().map_err(self.failed())?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = |row: &Row<'_>| {
            Ok(Slow {
                test: row.get(0)?,
                config: row.get(1)?,
                flavour: row.get(2)?,
                cases: row.get::<_, i64>(3)?.cast_unsigned(),
                mean: row.get(4)?,
                longest: row.get(5)?,
                total: row.get(6)?,
            })
        };
        self.list(sql, [since, limit], read)
    }

    /// The run since which a test fails in every run that has it; none if it passed in the last one.
    ///
    /// # Errors
    ///
    /// As [`History::expectations`].
    pub fn first_bad(&self, test: &str) -> Result<Option<FirstBad>, HistoryError> {
        let sql = "SELECT run, sum(outcome = 'failed') FROM cases WHERE test = ?1 AND outcome <> 'skipped' GROUP BY run";
        let runs = self.list(sql, [test], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let runs: BTreeMap<i64, i64> = runs.into_iter().collect();
        let latest_first = || runs.iter().rev();
        let Some((&bad, _)) = latest_first().take_while(|(_, failed)| **failed > 0).last() else {
            return Ok(None);
        };
        let good = latest_first().find(|(_, failed)| **failed == 0);
        let good = good.map(|(run, _)| RunId(*run));
        let of = |run: RunId| {
            let cases = self.cases(run)?;
            Ok(cases.into_iter().filter(|case| case.identity.test == test))
        };
        let passed: HashSet<Identity> = match good {
            Some(run) => of(run)?
                .filter(|case| case.verdict.name() == "passed")
                .map(|case| case.identity)
                .collect(),
            None => HashSet::new(),
        };
        let mut failed: Vec<CaseSummary> = of(RunId(bad))?
            .filter(|case| case.verdict.name() == "failed")
            .collect();
        // A case that is known to have passed says most.
        failed.sort_by_key(|case| (!passed.contains(&case.identity), case.transactions));
        let (Some(case), Some(bad)) = (failed.into_iter().next(), self.run(RunId(bad))?) else {
            return Ok(None);
        };
        let same_case_passed = passed.contains(&case.identity);
        let good = good.map(|run| self.run(run)).transpose()?.flatten();
        Ok(Some(FirstBad {
            bad,
            good,
            case,
            same_case_passed,
        }))
    }

    /// Results that a run got, of one case; none if it has not ended there.
    ///
    /// # Errors
    ///
    /// As [`History::expectations`].
    pub fn case(
        &self,
        run: RunId,
        identity: &Identity,
    ) -> Result<Option<CaseSummary>, HistoryError> {
        let sql = format!(
            "{} WHERE run = ?1 AND test = ?2 AND config = ?3 AND flavour = ?4 AND seed = ?5",
            cases::SELECT
        );
        let Identity {
            test,
            config,
            flavour,
            seed,
        } = identity;
        let values = params![run.0, test, config, flavour, seed.cast_signed()];
        let read_one = || {
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement.query_map(values, cases::read)?.next().transpose()
        };
        read_one().map_err(self.failed())
    }
}

fn identity(row: &Row<'_>) -> rusqlite::Result<Identity> {
    Ok(Identity {
        test: row.get(0)?,
        config: row.get(1)?,
        flavour: row.get(2)?,
        seed: row.get::<_, i64>(3)?.cast_unsigned(),
    })
}
