//! What is said at the end of a regression: everything comes from the history, however the cases were run.

use std::path::Path;
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::Builder;
use gpnpu_coverage::report::TableStyle;
use gpnpu_history::{self as history, CaseSummary, History, RunId, Status, Verdict};
use gpnpu_testbenches::kit::{AnyTest, Failure, stop_requested};
use gpnpu_testbenches::runner::Case;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::record;
use super::session::Written;
use super::spec::Spec;
use crate::buckets::{self, Bucket, FailedCase, Shrinking};
use crate::build::Built;
use crate::cli::Format;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;
use crate::report::{self, Counts};
use crate::style::Style;

/// A case slower than this is counted as slow in the summary.
const SLOW: f64 = 10.0;

/// A run after its last case.
pub struct Total<'a> {
    /// The project.
    pub project: &'a Project,
    /// Builds models with waves.
    pub builder: &'a Builder,
    /// All tests.
    pub tests: &'a [Box<dyn AnyTest>],
    /// The models.
    pub built: &'a Built,
    /// What the cases followed from.
    pub spec: &'a Spec,
    /// The run.
    pub run: RunId,
    /// Where its files are.
    pub folder: &'a Path,
    /// For people or machines.
    pub format: Format,
    /// When the command began.
    pub started: Instant,
}

impl Total<'_> {
    /// Buckets failures, shrinks them, merges coverage, and says all of it.
    pub fn report(&self, history: &mut History, written: Written) -> Result<Exit, CommandError> {
        let style = Style::stderr();
        for (key, error) in &self.built.failed {
            eprintln!("{:>12} {key}\n{error}", style.red("BUILD FAILED"));
        }
        let elapsed = self.started.elapsed();
        let writing = written.writing.map_err(|error| {
            let mut error = CommandError::from(error);
            error.message += "; then finish with: gpnpu regress --resume";
            error
        })?;
        let cases = history.cases(self.run)?;
        let counts = count(&cases, written.selected);
        let mut buckets = buckets::collect(cases.iter().filter_map(|case| self.failed(case)));
        let shrinking = Shrinking {
            project: self.project,
            builder: self.builder,
            tests: self.tests,
            models: &self.built.models,
            time: Duration::from_secs(self.spec.shrink),
        };
        let limit = usize::try_from(self.spec.bundles).unwrap_or(usize::MAX);
        shrinking.bundle(&mut buckets, limit)?;
        let rows: Vec<history::Bucket> = buckets.iter().map(|bucket| self.row(bucket)).collect();
        history.set_buckets(self.run, &rows)?;
        let mut files = Vec::new();
        let passed = |test: &str| {
            let of_test = |case: &&CaseSummary| case.identity.test == test;
            let mut cases = cases.iter().filter(of_test).peekable();
            cases.peek().is_some() && cases.all(|case| case.verdict == Verdict::Passed)
        };
        let merged = record::merged(history, self.run)?;
        let manifest = self.builder.manifest();
        let coverage = merged.report(self.project, manifest, self.folder, passed, &mut files)?;
        let (status, exit) = self.verdict(counts);
        let coverage_json = coverage.to_json();
        let value = json!({
            "run": self.run,
            "profile": self.spec.profile,
            "root_seed": self.spec.root_seed,
            "status": status.name(),
            "counts": { "passed": counts.passed, "failed": counts.failed, "skipped": counts.skipped },
            "digest": digest(&cases, &coverage_json),
            "buckets": rows,
            "build_failures": self.built.failed.iter().map(|(key, error)| json!({
                "model": key.to_string(), "message": error.to_string(),
            })).collect::<Vec<_>>(),
            "coverage": coverage_json,
            "cases": cases,
            "seconds": elapsed.as_secs_f64(),
            "writing": {
                "transactions": writing.transactions,
                "seconds": writing.busy.as_secs_f64(),
                "processor_seconds": writing.processor.as_secs_f64(),
            },
        });
        let path = self.folder.join("results.json");
        files::write(&path, value.to_string().as_bytes())?;
        history.finish(self.run, status, written.selected as u64)?;
        if self.format == Format::Json {
            println!("{value}");
            return Ok(exit);
        }
        eprintln!("{}", report::summary(style, counts, elapsed));
        eprint!("{}", bucket_lines(style, &rows));
        if !coverage.blocks.is_empty() {
            let table = TableStyle {
                colour: style.colour,
                holes_only: false,
            };
            eprint!("{}", coverage.to_table(table));
        }
        eprintln!("{:>12} {}", "wrote", self.project.show(&path));
        eprintln!(
            "{:>12} {}",
            "digest",
            value["digest"].as_str().unwrap_or_default()
        );
        if status == Status::Interrupted {
            eprintln!("{:>12} ./gpnpu regress --resume", "finish with");
        }
        eprintln!("{}", counts.line());
        Ok(exit)
    }

    fn verdict(&self, counts: Counts) -> (Status, Exit) {
        if stop_requested() {
            (Status::Interrupted, Exit::Interrupted)
        } else if let Some((_, error)) = self.built.failed.first() {
            (Status::Failed, error.into())
        } else if counts.failed > 0 {
            (Status::Failed, Exit::CaseFailed)
        } else if counts.skipped > 0 {
            (Status::Interrupted, Exit::Unforeseen)
        } else {
            (Status::Passed, Exit::Ok)
        }
    }

    /// A failed case with what this process knows of it.
    fn failed(&self, case: &CaseSummary) -> Option<FailedCase> {
        let Verdict::Failed { failure, .. } = &case.verdict else {
            return None;
        };
        let failure: Failure = serde_json::from_str(failure).ok()?;
        let id = &case.identity;
        let test = self.tests.iter().position(|test| test.id() == id.test)?;
        Some(FailedCase {
            case: Case {
                test,
                id: id.test.clone(),
                model: gpnpu_bridge::builder::ModelKey {
                    block: case.block.clone(),
                    config: id.config.clone(),
                    flavour: id.flavour.parse().ok()?,
                },
                seed: id.seed,
            },
            failure,
            transactions: usize::try_from(case.transactions).unwrap_or(usize::MAX),
        })
    }

    fn row(&self, bucket: &Bucket) -> history::Bucket {
        let case = &bucket.smallest.case;
        let bundle = bucket.bundle.as_ref();
        history::Bucket {
            test: case.id.clone(),
            kind: bucket.kind(),
            hits: bucket.hits as u64,
            config: case.model.config.clone(),
            seed: case.seed,
            sentence: bucket.failure().to_string(),
            repeat: case.repeat(),
            bundle: bundle.map(|(folder, _)| self.project.show(folder)),
            before: bundle.map(|(_, bundle)| bundle.transactions_before as u64),
            after: bundle.map(|(_, bundle)| bundle.transactions as u64),
        }
    }
}

/// Each kind of failure once.
pub fn bucket_lines(style: Style, buckets: &[history::Bucket]) -> String {
    let pad = " ".repeat(13);
    let mut text = String::new();
    for bucket in buckets {
        text += &format!(
            "{} {} ({}): {} seeds, the smallest {} seed={:#x}\n{pad}{}\n{pad}repeat: {}\n",
            style.red(&format!("{:>12}", "FAILED")),
            bucket.test,
            bucket.kind,
            bucket.hits,
            bucket.config,
            bucket.seed,
            bucket.sentence,
            bucket.repeat,
        );
        if let (Some(bundle), Some(before), Some(after)) =
            (&bucket.bundle, bucket.before, bucket.after)
        {
            text += &format!(
                "{pad}minimised, {before} to {after} transactions: ./gpnpu replay {bundle}\n"
            );
        }
    }
    text
}

fn count(cases: &[CaseSummary], selected: usize) -> Counts {
    let of = |name: &str| {
        let same = |case: &&CaseSummary| case.verdict.name() == name;
        cases.iter().filter(same).count()
    };
    let (passed, failed) = (of("passed"), of("failed"));
    let slow = |case: &&CaseSummary| case.verdict == Verdict::Passed && case.seconds >= SLOW;
    Counts {
        passed,
        slow: cases.iter().filter(slow).count(),
        failed,
        skipped: selected.saturating_sub(passed + failed),
    }
}

/// Digest of all that does not depend on time, place and order: outcomes, digests of the runs and coverage.
fn digest(cases: &[CaseSummary], coverage: &Value) -> String {
    let mut hash = Sha256::new();
    for case in cases {
        let (id, verdict) = (&case.identity, &case.verdict);
        let sentence = match verdict {
            Verdict::Failed { sentence, .. } => sentence,
            Verdict::Passed | Verdict::Skipped { .. } => "",
        };
        hash.update(format!(
            "{} {} {} {} {} {sentence} {} {}\n",
            id.test,
            id.config,
            id.flavour,
            id.seed,
            verdict.name(),
            case.digest,
            case.cycles
        ));
    }
    hash.update(coverage.to_string());
    let hash = hash.finalize();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
