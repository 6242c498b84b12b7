//! Which test has shown what.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::counters::{Counters, MergeError, Record};
use super::model::Model;

/// Records of many runs, kept apart by test and block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerTest {
    /// Records by block, by test id.
    tests: BTreeMap<String, BTreeMap<String, Record>>,
}

/// What one test brings to a block's coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contribution {
    /// The test's id.
    pub test: String,
    /// Bins that it hit.
    pub bins: usize,
    /// Bins that no other test hit.
    pub unique: usize,
}

impl PerTest {
    /// Adds a run's record to those of its test.
    ///
    /// # Errors
    ///
    /// As [`Record::merge`]; nothing is changed then.
    pub fn add(&mut self, test: &str, record: &Record) -> Result<(), MergeError> {
        let records = self.tests.entry(test.to_owned()).or_default();
        match records.get_mut(record.block()) {
            Some(mine) => mine.merge(record),
            None => {
                records.insert(record.block().to_owned(), record.clone());
                Ok(())
            }
        }
    }

    /// Adds all of the other's records; the order of merges makes no difference.
    ///
    /// # Errors
    ///
    /// As [`Record::merge`]; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        let mut merged = self.clone();
        for (test, records) in &other.tests {
            for record in records.values() {
                merged.add(test, record)?;
            }
        }
        *self = merged;
        Ok(())
    }

    /// The sum over all tests of the model's block.
    ///
    /// # Errors
    ///
    /// [`MergeError::OtherModel`] where a record was made by another version of the model.
    pub fn total(&self, model: &Arc<Model>) -> Result<Counters, MergeError> {
        let mut total = Counters::new(model);
        for (_, record) in self.of(model) {
            total.merge_record(record)?;
        }
        Ok(total)
    }

    /// What each test brings to the model's block, by test id; ignored and illegal bins count for nobody.
    ///
    /// # Errors
    ///
    /// As [`total`](Self::total).
    pub fn contributions(&self, model: &Arc<Model>) -> Result<Vec<Contribution>, MergeError> {
        let mut hit = Vec::new();
        for (test, record) in self.of(model) {
            hit.push((test, Counters::restore(model, record)?.covered_bins()));
        }
        let mut tests_of_bin = vec![0usize; model.len()];
        for bin in hit.iter().flat_map(|(_, bins)| bins) {
            tests_of_bin[*bin] += 1;
        }
        let contribution = |(test, bins): &(&str, Vec<usize>)| Contribution {
            test: (*test).to_owned(),
            bins: bins.len(),
            unique: bins.iter().filter(|bin| tests_of_bin[**bin] == 1).count(),
        };
        Ok(hit.iter().map(contribution).collect())
    }

    /// The tests that sampled the model's block.
    fn of(&self, model: &Model) -> impl Iterator<Item = (&str, &Record)> {
        let block = model.block().to_owned();
        self.tests
            .iter()
            .filter_map(move |(test, records)| Some((test.as_str(), records.get(&block)?)))
    }
}
