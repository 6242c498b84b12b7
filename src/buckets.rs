//! Failures of one kind of one test: the smallest case stands for all.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use gpnpu_bridge::builder::{Builder, BuiltModel, ModelKey};
use gpnpu_testbenches::kit::{AnyTest, Failure, stop_requested};
use gpnpu_testbenches::runner::{Bundle, Case};

use crate::exit::CommandError;
use crate::project::Project;
use crate::triage;

/// A case that failed.
#[derive(Clone, Debug)]
pub struct FailedCase {
    /// The case.
    pub case: Case,
    /// How.
    pub failure: Failure,
    /// Transactions of its stimulus.
    pub transactions: usize,
}

/// Failures of one kind of one test.
#[derive(Debug)]
pub struct Bucket {
    /// The case with the fewest transactions, the earliest failure among those.
    pub smallest: FailedCase,
    /// Cases that failed so.
    pub hits: usize,
    /// Its bundle, once it was shrunk.
    pub bundle: Option<(PathBuf, Bundle)>,
}

impl Bucket {
    /// Label of the kind: `mismatch rsp_o.d`.
    pub fn kind(&self) -> String {
        self.smallest.failure.kind.label()
    }

    /// The failure to show: of the shrunk case, where there is one.
    pub fn failure(&self) -> &Failure {
        let shrunk = self.bundle.as_ref().map(|(_, bundle)| &bundle.failure);
        shrunk.unwrap_or(&self.smallest.failure)
    }
}

/// Buckets by test and kind; does not depend on the order of the cases.
pub fn collect(failed: impl IntoIterator<Item = FailedCase>) -> Vec<Bucket> {
    let mut buckets: BTreeMap<(String, String), Bucket> = BTreeMap::new();
    let size = |failed: &FailedCase| {
        let case = &failed.case;
        let order = (failed.transactions, failed.failure.cycle);
        (order, case.model.config.clone(), case.seed)
    };
    for failed in failed {
        let key = (failed.case.id.clone(), failed.failure.kind.label());
        match buckets.get_mut(&key) {
            Some(bucket) => {
                bucket.hits += 1;
                if size(&failed) < size(&bucket.smallest) {
                    bucket.smallest = failed;
                }
            }
            None => {
                let bucket = Bucket {
                    smallest: failed,
                    hits: 1,
                    bundle: None,
                };
                buckets.insert(key, bucket);
            }
        }
    }
    buckets.into_values().collect()
}

/// What shrinking needs.
pub struct Shrinking<'a> {
    /// The project.
    pub project: &'a Project,
    /// Builds models with waves.
    pub builder: &'a Builder,
    /// All tests.
    pub tests: &'a [Box<dyn AnyTest>],
    /// The models that cases ran on.
    pub models: &'a HashMap<ModelKey, BuiltModel>,
    /// Time for each bucket.
    pub time: Duration,
}

impl Shrinking<'_> {
    /// Shrinks the smallest case of each of the first so many buckets where that is possible, runs it again with waves and
    /// bundles it.
    pub fn bundle(&self, buckets: &mut [Bucket], limit: usize) -> Result<(), CommandError> {
        let possible = buckets
            .iter_mut()
            .filter(|bucket| bucket.smallest.failure.kind.can_be_shrunk());
        for bucket in possible.take(limit) {
            let case = &bucket.smallest.case;
            let Some(model) = self.models.get(&case.model) else {
                continue;
            };
            if stop_requested() {
                break;
            }
            eprintln!(
                "{:>12} {} ({}, {} cases)",
                "shrinking",
                case.id,
                bucket.kind(),
                bucket.hits
            );
            let failed = triage::Failed {
                test: &*self.tests[case.test],
                case,
                failure: &bucket.smallest.failure,
                model,
                given: None,
                shrink: self.time,
                folder: failure_folder(self.project, case),
            };
            bucket.bundle = triage::triage(self.project, self.builder, failed)?;
        }
        Ok(())
    }
}

fn failure_folder(project: &Project, case: &Case) -> PathBuf {
    let name = format!(
        "{}-{}-{:#x}",
        case.id.replace("::", "-"),
        case.model.config,
        case.seed
    );
    project.output().join("failures").join(name)
}

#[cfg(test)]
mod tests {
    use gpnpu_bridge::builder::Flavour;
    use gpnpu_bridge::model::Cycle;
    use gpnpu_testbenches::kit::FailureKind;

    use super::*;

    fn failed(test: &str, seed: u64, kind: FailureKind, transactions: usize) -> FailedCase {
        FailedCase {
            case: Case {
                test: 0,
                id: test.to_owned(),
                model: ModelKey {
                    block: "b".to_owned(),
                    config: "c".to_owned(),
                    flavour: Flavour::Fast,
                },
                seed,
            },
            failure: Failure::new(kind, Cycle(1), "words"),
            transactions,
        }
    }

    #[test]
    fn a_bucket_has_the_smallest_case_whatever_the_order() {
        let mut cases = vec![
            failed("b::x", 1, FailureKind::Stop, 30),
            failed("b::x", 2, FailureKind::Stop, 10),
            failed("b::x", 3, FailureKind::Stop, 10),
            failed("b::x", 4, FailureKind::Fatal, 5),
            failed("b::y", 5, FailureKind::Stop, 50),
        ];
        for _ in 0..2 {
            let buckets = collect(cases.clone());
            let shown: Vec<_> = buckets
                .iter()
                .map(|bucket| (bucket.kind(), bucket.hits, bucket.smallest.case.seed))
                .collect();
            assert_eq!(
                shown,
                [
                    ("fatal".to_owned(), 1, 4),
                    ("stop".to_owned(), 3, 2),
                    ("stop".to_owned(), 1, 5)
                ]
            );
            cases.reverse();
        }
    }
}
