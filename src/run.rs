//! `gpnpu run`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{Builder, Flavour, ModelKey};
use gpnpu_coverage::code::CodeCoverage;
use gpnpu_coverage::functional::{Counters, PerTest};
use gpnpu_coverage::report::{BlockReport, Report, TableStyle};
use gpnpu_coverage::testplan::{Plan, StageProgress};
use gpnpu_testbenches::kit::{AnyTest, FailureKind, Limits, stop_requested};
use gpnpu_testbenches::runner::{self, Case, CaseResult, RunOptions, Selection};
use serde_json::{Value, json};

use crate::build::{self, Built};
use crate::cli::{Format, RunArgs};
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::interrupt;
use crate::project::Project;
use crate::report::{self, Counts, Reporter};
use crate::style::Style;
use crate::triage;

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

fn cores() -> usize {
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

    /// The first failure of each kind of each test is shrunk and bundled.
    fn bundles(&self, built: &Built) -> Result<Vec<Value>, CommandError> {
        let mut buckets: BTreeMap<(String, String), (&CaseResult, usize)> = BTreeMap::new();
        for result in &self.results {
            let Err(failure) = &result.outcome.result else {
                continue;
            };
            if matches!(
                failure.kind,
                FailureKind::Interrupted | FailureKind::Setup | FailureKind::WallClock
            ) {
                continue;
            }
            let key = (result.case.id.clone(), failure.kind.label());
            buckets
                .entry(key)
                .and_modify(|(_, hits)| *hits += 1)
                .or_insert((result, 1));
        }
        let mut written = Vec::new();
        for ((id, kind), (result, hits)) in buckets.into_iter().take(self.args.bundles) {
            if stop_requested() {
                break;
            }
            let case = &result.case;
            let Err(failure) = &result.outcome.result else {
                continue;
            };
            eprintln!("{:>12} {id} ({kind}, {hits} cases)", "shrinking");
            let failed = triage::Failed {
                test: &*self.tests[case.test],
                case,
                failure,
                model: &built.models[&case.model],
                given: None,
                shrink: Duration::from_secs(self.args.shrink),
                folder: self.failure_folder(case),
            };
            if let Some(folder) = triage::triage(self.project, self.builder, failed)? {
                written.push(json!({ "test": id, "kind": kind, "cases": hits, "folder": folder }));
            }
        }
        Ok(written)
    }

    fn failure_folder(&self, case: &Case) -> PathBuf {
        let name = format!(
            "{}-{}-{:#x}",
            case.id.replace("::", "-"),
            case.model.config,
            case.seed
        );
        self.project.output().join("failures").join(name)
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

    /// Merges the coverage of all cases; the merge is exact and does not depend on threads.
    fn coverage(&mut self) -> Result<Report, CommandError> {
        let mut blocks = Vec::new();
        for block in gpnpu_coverage::blocks() {
            let model = (block.model)();
            let mut counters = Counters::new(model);
            let mut per_test = PerTest::default();
            let mut code: Option<CodeCoverage> = None;
            let mut sampled = false;
            for result in self
                .results
                .iter()
                .filter(|result| result.case.model.block == block.stem)
            {
                if let Some(record) = &result.outcome.functional {
                    counters
                        .merge_record(record)
                        .map_err(CommandError::unforeseen)?;
                    per_test
                        .add(&result.case.id, record)
                        .map_err(CommandError::unforeseen)?;
                    sampled = true;
                }
                if let Some(one) = &result.outcome.code {
                    code.get_or_insert_with(CodeCoverage::default)
                        .merge(one)
                        .map_err(CommandError::unforeseen)?;
                }
            }
            if let Some(code) = &code {
                let stem = block.stem;
                self.write(&format!("coverage/{stem}.dat"), code.to_dat().as_bytes())?;
                self.write(&format!("coverage/{stem}.info"), code.to_lcov().as_bytes())?;
            }
            if sampled || code.is_some() {
                let json = serde_json::to_vec(&per_test).map_err(CommandError::unforeseen)?;
                self.write(&format!("coverage/{}.functional.json", block.stem), &json)?;
                blocks.push(BlockReport {
                    block: block.stem.to_owned(),
                    functional: sampled.then(|| counters.grade()),
                    code: code.map(|code| code.summary()),
                    plan: self.plan_progress(block.stem)?,
                });
            }
        }
        let report = Report::new(blocks, &[]);
        self.write(
            "coverage/coverage.json",
            report.to_json().to_string().as_bytes(),
        )?;
        Ok(report)
    }

    /// How far the block's testplan is met: a test counts as passed if it ran and none of its cases failed.
    fn plan_progress(&self, stem: &str) -> Result<Vec<StageProgress>, CommandError> {
        let path = self
            .builder
            .manifest()
            .block(stem)?
            .folder()
            .join("testplan.hjson");
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(Vec::new());
        };
        let plan = Plan::parse(&text, &self.project.show(&path)).map_err(CommandError::usage)?;
        Ok(plan.progress(|test| {
            let mut cases = self
                .results
                .iter()
                .filter(|result| result.case.id == test)
                .peekable();
            cases.peek().is_some() && cases.all(|result| result.outcome.result.is_ok())
        }))
    }

    /// Writes a file below the output folder, under a temporary name first.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let path = self.project.output().join("run").join(name);
        files::write(&path, bytes)?;
        self.written.push(self.project.show(&path));
        Ok(())
    }
}
