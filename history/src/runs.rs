//! Runs.

use std::fmt;

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use crate::error::HistoryError;
use crate::store::{History, now};

/// Number of a run, from 1, ascending with its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It runs, or was killed.
    Running,
    /// All of its cases passed.
    Passed,
    /// A case failed, or a model could not be built.
    Failed,
    /// It ended before all of its cases had.
    Interrupted,
}

impl Status {
    /// As it is stored and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "interrupted" => Self::Interrupted,
            _ => Self::Running,
        }
    }
}

/// What is known of a run as it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunInfo {
    /// Profile.
    pub profile: String,
    /// The command as it was typed.
    pub command: String,
    /// Commit of the project; none outside of git.
    pub git: Option<String>,
    /// Whether the work tree had changes.
    pub dirty: bool,
    /// Digest of the command and of all models.
    pub inputs: String,
    /// Versions of tools.
    pub tools: Vec<String>,
    /// Machine.
    pub host: String,
    /// Jobs at a time.
    pub jobs: u64,
    /// `local` or `slurm`.
    pub backend: String,
    /// What drawn seeds come from.
    pub root_seed: u64,
    /// What the run's cases follow from, JSON; the history does not look into it.
    #[serde(skip)]
    pub spec: String,
    /// Cases that it set out to run.
    pub selected: u64,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What was known as it began.
    #[serde(flatten)]
    pub info: RunInfo,
    /// Start, in milliseconds since 1970.
    pub started_ms: i64,
    /// End; none while it runs, or if it was killed.
    pub finished_ms: Option<i64>,
    /// What came of it.
    pub status: Status,
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed.
    pub failed: u64,
}

impl History {
    /// A new run, which begins now.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Full`], [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`], as all that follow.
    pub fn begin(&mut self, info: &RunInfo) -> Result<RunId, HistoryError> {
        let sql = "INSERT INTO runs (started, profile, command, git, dirty, inputs, tools, host, jobs, backend, root_seed, \
                   spec, selected, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'running')";
        let values = params![
            now(),
            info.profile,
            info.command,
            info.git,
            info.dirty,
            info.inputs,
            info.tools.join("\n"),
            info.host,
            info.jobs.cast_signed(),
            info.backend,
            info.root_seed.cast_signed(),
            info.spec,
            info.selected.cast_signed(),
        ];
        self.connection
            .execute(sql, values)
            .map_err(self.failed())?;
        Ok(RunId(self.connection.last_insert_rowid()))
    }

    /// Writes what came of a run, which ends now.
    ///
    /// # Errors
    ///
    /// As [`History::begin`].
    pub fn finish(&self, run: RunId, status: Status, selected: u64) -> Result<(), HistoryError> {
        let sql = "UPDATE runs SET finished = ?2, status = ?3, selected = ?4 WHERE id = ?1";
        let values = params![run.0, now(), status.name(), selected.cast_signed()];
        self.connection
            .execute(sql, values)
            .map_err(self.failed())?;
        Ok(())
    }

    /// A run that goes on.
    ///
    /// # Errors
    ///
    /// As [`History::begin`].
    pub fn reopen(&self, run: RunId) -> Result<(), HistoryError> {
        let sql = "UPDATE runs SET finished = NULL, status = 'running' WHERE id = ?1";
        self.connection
            .execute(sql, [run.0])
            .map_err(self.failed())?;
        Ok(())
    }

    /// The run of this number.
    ///
    /// # Errors
    ///
    /// As [`History::begin`].
    pub fn run(&self, run: RunId) -> Result<Option<Run>, HistoryError> {
        self.connection
            .query_row(&format!("{SELECT} WHERE id = ?1"), [run.0], read)
            .optional()
            .map_err(self.failed())
    }

    /// The last runs, latest first.
    ///
    /// # Errors
    ///
    /// As [`History::begin`].
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, HistoryError> {
        let sql = format!("{SELECT} ORDER BY id DESC LIMIT ?1");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.list(&sql, [limit], read)
    }
}

const SELECT: &str = "SELECT id, started, finished, profile, command, git, dirty, inputs, tools, host, jobs, backend, \
    root_seed, spec, selected, status, \
    (SELECT count(*) FROM cases WHERE run = runs.id AND outcome = 'passed'), \
    (SELECT count(*) FROM cases WHERE run = runs.id AND outcome = 'failed') FROM runs";

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let unsigned = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let tools: String = row.get(8)?;
    Ok(Run {
        id: RunId(row.get(0)?),
        started_ms: row.get(1)?,
        finished_ms: row.get(2)?,
        info: RunInfo {
            profile: row.get(3)?,
            command: row.get(4)?,
            git: row.get(5)?,
            dirty: row.get(6)?,
            inputs: row.get(7)?,
            tools: tools.lines().map(str::to_owned).collect(),
            host: row.get(9)?,
            jobs: unsigned(10)?,
            backend: row.get(11)?,
            root_seed: unsigned(12)?,
            spec: row.get(13)?,
            selected: unsigned(14)?,
        },
        status: Status::of(&row.get::<_, String>(15)?),
        passed: unsigned(16)?,
        failed: unsigned(17)?,
    })
}
