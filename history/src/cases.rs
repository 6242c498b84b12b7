//! Results of cases.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::coverage::{Coverage, Spaces};
use crate::error::HistoryError;
use crate::runs::RunId;
use crate::store::{History, now};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Identity {
    /// `npu_dot::random`.
    pub test: String,
    /// Configuration of its block.
    pub config: String,
    /// `fast`, `trace` or `cover`.
    pub flavour: String,
    /// Seed.
    pub seed: u64,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Verdict {
    /// It passed.
    Passed,
    /// It failed.
    Failed {
        /// Label of the failure's kind: `mismatch rsp_o.d`.
        kind: String,
        /// The failure in one sentence.
        sentence: String,
        /// The failure, JSON; the history does not look into it.
        #[serde(skip)]
        failure: String,
    },
    /// It did not run.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl Verdict {
    /// As it is stored and shown.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// One number of a table that a case reported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Title of the table.
    pub title: String,
    /// Row, from 0.
    pub line: u32,
    /// The row's texts, joined by commas.
    pub label: String,
    /// The column's name, with its unit.
    pub quantity: String,
    /// The number.
    pub value: f64,
}

/// A case as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRow {
    /// Which.
    pub identity: Identity,
    /// Its block.
    pub block: String,
    /// Digest of its model, the command and the limits: what its outcome follows from beside the seed.
    pub inputs: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Digest of all sampled ports of all cycles, in hexadecimal.
    pub digest: String,
    /// Cycles run.
    pub cycles: u64,
    /// Transactions of its stimulus.
    pub transactions: u64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Functional and code coverage.
    pub coverage: Vec<Coverage>,
    /// What it measured.
    pub measurements: Vec<Measured>,
}

/// A case as it is read, without its coverage and measurements.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseSummary {
    /// Number of the case within the database.
    #[serde(skip)]
    pub id: i64,
    /// Which.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its block.
    pub block: String,
    /// Digest of what its outcome follows from beside the seed.
    pub inputs: String,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Digest of all sampled ports of all cycles.
    pub digest: String,
    /// Cycles run.
    pub cycles: u64,
    /// Transactions of its stimulus.
    pub transactions: u64,
    /// Wall-clock time.
    pub seconds: f64,
}

/// Writes a case, unless the run has it already: a result that came twice counts once.
pub(crate) fn insert(
    connection: &Connection,
    spaces: &mut Spaces,
    run: RunId,
    case: &CaseRow,
) -> rusqlite::Result<()> {
    let (kind, sentence, failure) = match &case.verdict {
        Verdict::Passed => (None, None, None),
        Verdict::Failed {
            kind,
            sentence,
            failure,
        } => (Some(kind), Some(sentence), Some(failure)),
        Verdict::Skipped { reason } => (Some(reason), None, None),
    };
    let sql = "INSERT OR IGNORE INTO cases (run, block, test, config, flavour, seed, inputs, outcome, kind, sentence, failure, \
               digest, cycles, transactions, seconds, ended) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    let Identity {
        test,
        config,
        flavour,
        seed,
    } = &case.identity;
    let fresh = connection.prepare_cached(sql)?.execute(params![
        run.0,
        case.block,
        test,
        config,
        flavour,
        seed.cast_signed(),
        case.inputs,
        case.verdict.name(),
        kind,
        sentence,
        failure,
        case.digest,
        case.cycles.cast_signed(),
        case.transactions.cast_signed(),
        case.seconds,
        now(),
    ])?;
    if fresh == 0 {
        return Ok(());
    }
    let id = connection.last_insert_rowid();
    let sql = "INSERT INTO coverage (run, space, case_id, counts) VALUES (?1, ?2, ?3, ?4)";
    for coverage in &case.coverage {
        let space = spaces.id(connection, &coverage.space)?;
        connection.prepare_cached(sql)?.execute(params![
            run.0,
            space,
            id,
            coverage.counts.bytes()
        ])?;
    }
    let sql = "INSERT INTO measurements (case_id, title, line, label, quantity, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for measured in &case.measurements {
        connection.prepare_cached(sql)?.execute(params![
            id,
            measured.title,
            measured.line,
            measured.label,
            measured.quantity,
            measured.value
        ])?;
    }
    Ok(())
}

pub(crate) const SELECT: &str = "SELECT id, test, config, flavour, seed, block, inputs, outcome, kind, sentence, failure, \
    digest, cycles, transactions, seconds FROM cases";

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<CaseSummary> {
    let unsigned = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    let text = |index| {
        row.get::<_, Option<String>>(index)
            .map(Option::unwrap_or_default)
    };
    let verdict = match row.get::<_, String>(7)?.as_str() {
        "passed" => Verdict::Passed,
        "failed" => Verdict::Failed {
            kind: text(8)?,
            sentence: text(9)?,
            failure: text(10)?,
        },
        _ => Verdict::Skipped { reason: text(8)? },
    };
    Ok(CaseSummary {
        id: row.get(0)?,
        identity: Identity {
            test: row.get(1)?,
            config: row.get(2)?,
            flavour: row.get(3)?,
            seed: unsigned(4)?,
        },
        block: row.get(5)?,
        inputs: row.get(6)?,
        verdict,
        digest: row.get(11)?,
        cycles: unsigned(12)?,
        transactions: unsigned(13)?,
        seconds: row.get(14)?,
    })
}

impl History {
    /// All cases of a run that have ended, by test, configuration, flavour and seed.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`].
    pub fn cases(&self, run: RunId) -> Result<Vec<CaseSummary>, HistoryError> {
        let sql = format!("{SELECT} WHERE run = ?1 ORDER BY test, config, flavour, seed");
        self.list(&sql, [run.0], read)
    }

    /// What a case measured; its number is that of its [`CaseSummary`].
    ///
    /// # Errors
    ///
    /// As [`History::cases`].
    pub fn measurements(&self, case: i64) -> Result<Vec<Measured>, HistoryError> {
        let sql = "SELECT title, line, label, quantity, value FROM measurements WHERE case_id = ?1 ORDER BY rowid";
        let read = |row: &Row<'_>| {
            Ok(Measured {
                title: row.get(0)?,
                line: row.get(1)?,
                label: row.get(2)?,
                quantity: row.get(3)?,
                value: row.get(4)?,
            })
        };
        self.list(sql, [case], read)
    }
}
