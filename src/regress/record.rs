//! From a finished case to its row in the history, and from the history to merged coverage.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use gpnpu_bridge::builder::{BuiltModel, ModelKey};
use gpnpu_coverage::code::CodeCoverage;
use gpnpu_coverage::functional::Record;
use gpnpu_history::{
    CaseRow, Counts, Coverage, History, Measured, RunId, Space, SpaceKind, Verdict,
};
use gpnpu_testbenches::kit::{Cell, Table};
use gpnpu_testbenches::runner::CaseResult;
use sha2::{Digest, Sha256};

use super::Models;
use super::spec::{Spec, identity};
use crate::coverage::Merged;
use crate::exit::CommandError;

/// Digest of this command: golden models, testbenches and all.
pub fn own_digest() -> Result<String, CommandError> {
    let bytes = std::fs::read("/proc/self/exe").map_err(CommandError::unforeseen)?;
    Ok(hex(&Sha256::digest(&bytes)))
}

/// Digest of what all cases of a run follow from, beside their seeds: the command and the models.
pub fn run_inputs<'a>(own: &str, models: impl Iterator<Item = &'a BuiltModel>) -> String {
    let mut hashes: Vec<&str> = models.map(|model| model.hash.as_str()).collect();
    hashes.sort_unstable();
    hex(&Sha256::digest(format!("{own} {}", hashes.join(" "))))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Makes the rows of a run.
pub struct Recorder {
    own: String,
    models: HashMap<ModelKey, String>,
    /// Limits of clock cycles by test.
    limits: HashMap<String, u64>,
    functional: HashMap<String, Arc<Space>>,
    code: HashMap<ModelKey, Arc<Space>>,
}

impl Recorder {
    /// For cases on these models, run by the command of this digest.
    pub fn new(own: String, models: &Models, spec: &Spec) -> Self {
        let hashes = models
            .iter()
            .map(|(key, model)| (key.clone(), model.hash.clone()));
        Self {
            own,
            models: hashes.collect(),
            limits: spec.cycle_limits(),
            functional: HashMap::new(),
            code: HashMap::new(),
        }
    }

    /// The row of a result.
    pub fn row(&mut self, result: &CaseResult) -> CaseRow {
        let CaseResult { case, outcome } = result;
        let model = self.models.get(&case.model).map_or("", String::as_str);
        let limit = self.limits.get(&case.id).copied().unwrap_or_default();
        let inputs = format!("{} {model} {limit}", self.own);
        let verdict = match &outcome.result {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed {
                kind: failure.kind.label(),
                sentence: failure.to_string(),
                failure: serde_json::to_string(failure).unwrap_or_default(),
            },
        };
        let mut coverage = Vec::new();
        if let Some(record) = &outcome.functional
            && let Some(space) = self.functional_space(record)
        {
            let counts = Counts::pack(record.counts());
            coverage.push(Coverage { space, counts });
        }
        if let Some(code) = &outcome.code {
            let space = self.code_space(&case.model, code);
            let counts: Vec<u64> = code.counts().map(|(_, count)| count).collect();
            let counts = Counts::pack(&counts);
            coverage.push(Coverage { space, counts });
        }
        CaseRow {
            identity: identity(case),
            block: case.model.block.clone(),
            inputs: hex(&Sha256::digest(inputs)[..12]),
            verdict,
            digest: outcome.digest.to_string(),
            cycles: outcome.cycles.0,
            transactions: outcome.transactions as u64,
            seconds: outcome.wall.as_secs_f64(),
            coverage,
            measurements: outcome.tables.iter().flat_map(measured).collect(),
        }
    }

    fn functional_space(&mut self, record: &Record) -> Option<Arc<Space>> {
        let known = gpnpu_coverage::block(record.block())?;
        let space = self
            .functional
            .entry(record.block().to_owned())
            .or_insert_with(|| {
                let model = (known.model)();
                Arc::new(Space {
                    kind: SpaceKind::Functional,
                    block: model.block().to_owned(),
                    hash: model.hash().to_owned(),
                    names: model.bin_ids(),
                })
            });
        (space.hash == record.model_hash()).then(|| Arc::clone(space))
    }

    fn code_space(&mut self, model: &ModelKey, code: &CodeCoverage) -> Arc<Space> {
        let known = self.code.get(model);
        let same = |space: &&Arc<Space>| {
            code.counts()
                .map(|(key, _)| key)
                .eq(space.names.iter().map(String::as_str))
        };
        if let Some(space) = known.filter(same) {
            return Arc::clone(space);
        }
        let names: Vec<String> = code.counts().map(|(key, _)| key.to_owned()).collect();
        let space = Arc::new(Space {
            kind: SpaceKind::Code,
            block: model.block.clone(),
            hash: hex(&Sha256::digest(names.join("\n"))),
            names,
        });
        self.code.insert(model.clone(), Arc::clone(&space));
        space
    }
}

/// The numbers of a table; the texts of a row are its label.
fn measured(table: &Table) -> Vec<Measured> {
    let mut all = Vec::new();
    for (line, row) in (0..).zip(&table.rows) {
        let texts = row.iter().filter_map(|cell| match cell {
            Cell::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let label = texts.collect::<Vec<_>>().join(", ");
        for (quantity, cell) in table.columns.iter().zip(row) {
            let value = match cell {
                Cell::Count(count) => *count as f64,
                Cell::Number(number) => *number,
                Cell::Text(_) => continue,
            };
            all.push(Measured {
                title: table.title.clone(),
                line,
                label: label.clone(),
                quantity: quantity.clone(),
                value,
            });
        }
    }
    all
}

/// The coverage of all cases of a run.
pub fn merged(history: &History, run: RunId) -> Result<Merged, CommandError> {
    let mut merged = Merged::default();
    for block in gpnpu_coverage::blocks() {
        let model = (block.model)();
        for (test, space, sums) in history.merged_by_test(run, SpaceKind::Functional, block.stem)? {
            if space.hash == model.hash() {
                let record = Record::of(model, sums).map_err(CommandError::unforeseen)?;
                merged.add_functional(block.stem, &test, &record)?;
            }
        }
    }
    for (space, sums) in history.merged(&[run], SpaceKind::Code)? {
        let points = space
            .names
            .iter()
            .zip(sums)
            .map(|(key, count)| (key.as_str(), count));
        let code = CodeCoverage::of_counts(points).map_err(CommandError::unforeseen)?;
        merged.add_code(&space.block, &code)?;
    }
    Ok(merged)
}
