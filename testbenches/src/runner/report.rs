//! A result on its way from one process to another.

use std::time::Duration;

use gpnpu_bridge::model::{Cycle, Digest};
use gpnpu_coverage::code::{CodeCoverage, ReadError};
use gpnpu_coverage::functional::Record;
use serde::{Deserialize, Serialize};

use super::CaseResult;
use crate::kit::{Failure, Outcome, Table};

/// Everything of a [`CaseResult`] but waves, in a form that can be written as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseReport {
    /// `npu_dot::random`.
    pub test: String,
    /// Configuration.
    pub config: String,
    /// Flavour.
    pub flavour: String,
    /// Seed.
    pub seed: u64,
    failure: Option<Failure>,
    digest: String,
    cycles: u64,
    transactions: usize,
    seconds: f64,
    functional: Option<Record>,
    code: Option<String>,
    tables: Vec<Table>,
    log: String,
    marks: Vec<u32>,
}

/// A report that says what no case can.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not 64 bits in hexadecimal.
    #[error("`{0}` is not a digest; 16 hexadecimal digits expected")]
    Digest(String),
    /// Code coverage that cannot be read.
    #[error(transparent)]
    Code(#[from] ReadError),
    /// A time that is negative or none.
    #[error("{0} is not a time in seconds")]
    Seconds(f64),
}

impl From<&CaseResult> for CaseReport {
    fn from(result: &CaseResult) -> Self {
        let CaseResult { case, outcome } = result;
        Self {
            test: case.id.clone(),
            config: case.model.config.clone(),
            flavour: case.model.flavour.to_string(),
            seed: case.seed,
            failure: outcome.result.as_ref().err().cloned(),
            digest: outcome.digest.to_string(),
            cycles: outcome.cycles.0,
            transactions: outcome.transactions,
            seconds: outcome.wall.as_secs_f64(),
            functional: outcome.functional.clone(),
            code: outcome.code.as_ref().map(CodeCoverage::to_dat),
            tables: outcome.tables.clone(),
            log: outcome.log.clone(),
            marks: outcome.marks.clone(),
        }
    }
}

impl CaseReport {
    /// What came of the case.
    ///
    /// # Errors
    ///
    /// [`ReportError`] names what is malformed.
    pub fn outcome(self) -> Result<Outcome, ReportError> {
        let digest =
            u64::from_str_radix(&self.digest, 16).map_err(|_| ReportError::Digest(self.digest))?;
        let code = self
            .code
            .map(|text| CodeCoverage::read(text.as_bytes(), "code coverage", None));
        Ok(Outcome {
            result: self.failure.map_or(Ok(()), Err),
            digest: Digest(digest),
            cycles: Cycle(self.cycles),
            transactions: self.transactions,
            wall: Duration::try_from_secs_f64(self.seconds)
                .map_err(|_| ReportError::Seconds(self.seconds))?,
            functional: self.functional,
            code: code.transpose()?,
            waves: None,
            tables: self.tables,
            log: self.log,
            marks: self.marks,
        })
    }
}
