//! Cases for another process, as a file, and the verb that runs them there.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gpnpu_bridge::builder::ModelKey;
use gpnpu_testbenches::kit::{AnyTest, Failure, FailureKind, Limits, Outcome};
use gpnpu_testbenches::runner::{
    Case, CaseReport, CaseResult, Engine, InProcess, Job, JobEvent, run_jobs,
};
use serde::{Deserialize, Serialize};

use super::isolate::Isolated;
use crate::build;
use crate::cli::BatchArgs;
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::run::models_of;

/// Cases that one process runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Cases at a time.
    pub jobs: usize,
    /// A process for each.
    pub isolate: bool,
    /// Ends when its standard input does: whoever wants the results is gone then.
    pub leash: bool,
    /// The cases.
    pub cases: Vec<BatchCase>,
}

/// A job without what only one process knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchCase {
    test: String,
    block: String,
    config: String,
    flavour: String,
    seed: u64,
    max_cycles: u64,
    timeout: f64,
}

impl From<&Job> for BatchCase {
    fn from(job: &Job) -> Self {
        let Case {
            id, model, seed, ..
        } = &job.case;
        Self {
            test: id.clone(),
            block: model.block.clone(),
            config: model.config.clone(),
            flavour: model.flavour.to_string(),
            seed: *seed,
            max_cycles: job.limits.cycles,
            timeout: job.limits.wall.as_secs_f64(),
        }
    }
}

impl BatchCase {
    fn job(&self, tests: &[Box<dyn AnyTest>]) -> Result<Job, CommandError> {
        let test = tests.iter().position(|test| test.id() == self.test);
        let test =
            test.ok_or_else(|| CommandError::usage(format!("test `{}` not found", self.test)))?;
        let wall = Duration::try_from_secs_f64(self.timeout).map_err(CommandError::usage)?;
        Ok(Job {
            case: Case {
                test,
                id: self.test.clone(),
                model: ModelKey {
                    block: self.block.clone(),
                    config: self.config.clone(),
                    flavour: self.flavour.parse()?,
                },
                seed: self.seed,
            },
            limits: Limits {
                cycles: self.max_cycles,
                wall,
            },
        })
    }
}

/// The name of results that are not complete.
pub fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Runs the cases of a file. Each result is a line of JSON as it lands; the file has its name once all are there.
pub fn batch(args: &BatchArgs) -> Result<Exit, CommandError> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        CommandError::unforeseen(format!("`{}`: {error}", path.display()))
    };
    let text = fs::read_to_string(&args.file).map_err(|e| failed(&args.file, &e))?;
    let batch: Batch = serde_json::from_str(&text).map_err(|e| failed(&args.file, &e))?;
    if batch.leash {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(i32::from(Exit::Interrupted as u8));
        });
    }
    let project = Project::find()?;
    let tests = Arc::new(gpnpu_testbenches::tests());
    let jobs: Vec<Job> = batch
        .cases
        .iter()
        .map(|case| case.job(&tests))
        .collect::<Result<_, _>>()?;
    let engine: Arc<dyn Engine> = if batch.isolate {
        let folder = args.out.parent().unwrap_or(Path::new("."));
        Arc::new(Isolated::new(folder)?)
    } else {
        let cases: Vec<Case> = jobs.iter().map(|job| job.case.clone()).collect();
        let built = build::build(&project.builder()?, &models_of(&cases));
        if let Some((_, error)) = built.failed.into_iter().next() {
            return Err(error.into());
        }
        Arc::new(InProcess {
            tests,
            models: built.models,
            waves: None,
        })
    };
    let part = partial(&args.out);
    let mut file = File::create(&part).map_err(|e| failed(&part, &e))?;
    let mut written = Ok(());
    let mut jobs = jobs.into_iter();
    run_jobs(
        engine,
        move || jobs.next(),
        batch.jobs,
        |event| {
            if let JobEvent::Finished(_, result) = event
                && written.is_ok()
            {
                written = serde_json::to_string(&CaseReport::from(&*result))
                    .map_err(std::io::Error::other)
                    .and_then(|line| writeln!(file, "{line}"));
            }
        },
    );
    written
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, &args.out))
        .map_err(|e| failed(&part, &e))?;
    Ok(Exit::Ok)
}

/// The results in a file, whole or partial, of the jobs that were asked for; a last line that was cut off is left out.
pub fn results(path: &Path, jobs: &[Job]) -> Vec<CaseResult> {
    let Ok(file) = File::open(path) else {
        return Vec::new();
    };
    let mut results = Vec::new();
    for line in BufReader::new(file).lines() {
        let report = line
            .ok()
            .and_then(|line| serde_json::from_str::<CaseReport>(&line).ok());
        let Some(report) = report else {
            break;
        };
        let same = |job: &&Job| {
            let Case {
                id, model, seed, ..
            } = &job.case;
            (id, &model.config, *seed) == (&report.test, &report.config, report.seed)
                && model.flavour.name() == report.flavour
        };
        let Some(job) = jobs.iter().find(same) else {
            continue;
        };
        let outcome = report.outcome().unwrap_or_else(|error| {
            let kind = FailureKind::Setup;
            Outcome::failed(Failure::new(kind, Default::default(), error.to_string()))
        });
        results.push(CaseResult {
            case: job.case.clone(),
            outcome,
        });
    }
    results
}
