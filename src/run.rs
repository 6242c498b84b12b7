//! `gpnpu run`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{Builder, Flavour, ModelKey};
use gpnpu_coverage::report::{Report, TableStyle};
use gpnpu_testbenches::kit::{AnyTest, Limits, stop_requested};
use gpnpu_testbenches::runner::{self, Case, CaseResult, RunOptions, Selection};
use serde_json::{Value, json};

use crate::buckets::{self, FailedCase, Shrinking};
use crate::build::{self, Built};
use crate::cli::{Format, RunArgs};
use crate::coverage::Merged;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::interrupt;
use crate::project::Project;
use crate::report::{self, Counts, Reporter};
use crate::style::Style;

/// Passed cases get a line each up to this number of cases.
const FEW: usize = 60;

/// Runs the selected tests and reports.
pub fn run(args: &RunArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let flavour = match (args.waves, args.cov) {
        (true, _) => Flavour::Trace,
        (_, true) => Flavour::Cover,
        _ => args.flavour.parse()?,
    };
    let tests = Arc::new(gpnpu_testbenches::tests());
    let selection = Selection {
        filters: args.filters.clone(),
        configs: args.configs.clone(),
        iterations: args.iterations.or(args.seed.map(|_| 1)),
        seed: args.seed.unwrap_or(1),
        flavour,
    };
    let cases = runner::select(&tests, &project.manifest()?, &selection)?;
    if cases.is_empty() {
        eprintln!("nothing to run");
        return Ok(Exit::NothingSelected);
    }
    let builder = project.builder()?;
    interrupt::stop_on_ctrl_c()?;
    let started = Instant::now();
    let built = build::build(&builder, &models_of(&cases));
    let options = RunOptions {
        jobs: args.jobs.map_or_else(cores, |jobs| jobs as usize),
        limits: Limits {
            cycles: args.max_cycles,
            wall: Duration::from_secs(args.timeout),
        },
        waves: args.waves.then_some(args.window.unwrap_or(0)),
    };
    let mut reporter = Reporter::new(cases.len(), cases.len() <= FEW);
    let results = runner::run_cases(&tests, &cases, built.models.clone(), options, |event| {
        reporter.event(&event)
    });
    reporter.finish();
    let mut finished = Finished {
        project: &project,
        args,
        builder: &builder,
        tests: &tests,
        results,
        written: Vec::new(),
    };
    finished.report(cases.len(), &built, started)
}

/// Cores of this machine.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The models that cases need, each once.
pub fn models_of(cases: &[Case]) -> Vec<ModelKey> {
    let mut keys: Vec<ModelKey> = cases.iter().map(|case| case.model.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

struct Finished<'a> {
    project: &'a Project,
    args: &'a RunArgs,
    builder: &'a Builder,
    tests: &'a Arc<Vec<Box<dyn AnyTest>>>,
    results: Vec<CaseResult>,
    written: Vec<String>,
}

impl Finished<'_> {
    fn report(
        &mut self,
        selected: usize,
        built: &Built,
        started: Instant,
    ) -> Result<Exit, CommandError> {
        let style = Style::stderr();
        let human = self.args.output.format == Format::Human;
        for (key, error) in &built.failed {
            eprintln!("{:>12} {key}\n{error}", style.red("BUILD FAILED"));
        }
        let bundles = self.bundles(built)?;
        if self.args.waves {
            self.write_waves()?;
        }
        let coverage = self.coverage()?;
        let counts = Counts::of(&self.results, selected);
        let value = json!({
            "counts": { "passed": counts.passed, "failed": counts.failed, "skipped": counts.skipped },
            "cases": self.results.iter().map(report::case_json).collect::<Vec<_>>(),
            "build_failures": built.failed.iter().map(|(key, error)| json!({
                "model": key.to_string(), "message": error.to_string(),
            })).collect::<Vec<_>>(),
            "bundles": bundles,
            "coverage": coverage.to_json(),
            "seconds": started.elapsed().as_secs_f64(),
        });
        self.write("results.json", value.to_string().as_bytes())?;
        if human {
            // A whole suite's tables are in the results file.
            let tables = self
                .results
                .iter()
                .flat_map(|result| &result.outcome.tables);
            for table in tables.filter(|_| !self.args.filters.is_empty()) {
                eprintln!("\n{table}");
            }
            eprintln!("{}", report::summary(style, counts, started.elapsed()));
            if coverage
                .blocks
                .iter()
                .any(|block| block.functional.is_some() || block.code.is_some())
            {
                eprint!(
                    "{}",
                    coverage.to_table(TableStyle {
                        colour: style.colour,
                        holes_only: false
                    })
                );
            }
            for path in &self.written {
                eprintln!("{:>12} {path}", "wrote");
            }
            eprintln!("{}", counts.line());
        } else {
            println!("{value}");
        }
        Ok(if stop_requested() {
            Exit::Interrupted
        } else if let Some((_, error)) = built.failed.first() {
            error.into()
        } else if counts.failed > 0 {
            Exit::CaseFailed
        } else {
            Exit::Ok
        })
    }

    /// The smallest failure of each kind of each test is shrunk and bundled.
    fn bundles(&self, built: &Built) -> Result<Vec<Value>, CommandError> {
        let failed = self.results.iter().filter_map(|result| {
            Some(FailedCase {
                case: result.case.clone(),
                failure: result.outcome.result.as_ref().err()?.clone(),
                transactions: result.outcome.transactions,
            })
        });
        let mut buckets = buckets::collect(failed);
        let shrinking = Shrinking {
            project: self.project,
            builder: self.builder,
            tests: self.tests,
            models: &built.models,
            time: Duration::from_secs(self.args.shrink),
        };
        shrinking.bundle(&mut buckets, self.args.bundles)?;
        let written = buckets.iter().filter_map(|bucket| {
            let (folder, _) = bucket.bundle.as_ref()?;
            Some(json!({
                "test": bucket.smallest.case.id, "kind": bucket.kind(), "cases": bucket.hits, "folder": folder,
            }))
        });
        Ok(written.collect())
    }

    fn write_waves(&mut self) -> Result<(), CommandError> {
        let waves: Vec<(String, Vec<u8>)> = self
            .results
            .iter_mut()
            .filter_map(|result| {
                let Case {
                    id, model, seed, ..
                } = &result.case;
                let name = format!(
                    "waves/{}-{}-{seed:#x}.vcd",
                    id.replace("::", "-"),
                    model.config
                );
                Some((name, result.outcome.waves.take()?))
            })
            .collect();
        waves
            .iter()
            .try_for_each(|(name, bytes)| self.write(name, bytes))
    }

    /// Merges the coverage of all cases. A test counts as passed if it ran and none of its cases failed.
    fn coverage(&mut self) -> Result<Report, CommandError> {
        let mut merged = Merged::default();
        for CaseResult { case, outcome } in &self.results {
            if let Some(record) = &outcome.functional {
                merged.add_functional(&case.model.block, &case.id, record)?;
            }
            if let Some(code) = &outcome.code {
                merged.add_code(&case.model.block, code)?;
            }
        }
        let passed = |test: &str| {
            let of_test = |result: &&CaseResult| result.case.id == test;
            let mut cases = self.results.iter().filter(of_test).peekable();
            cases.peek().is_some() && cases.all(|result| result.outcome.result.is_ok())
        };
        let (manifest, folder) = (self.builder.manifest(), self.project.output().join("run"));
        merged.report(self.project, manifest, &folder, passed, &mut self.written)
    }

    /// Writes a file below the output folder, under a temporary name first.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let path = self.project.output().join("run").join(name);
        files::write(&path, bytes)?;
        self.written.push(self.project.show(&path));
        Ok(())
    }
}
