//! `gpnpu regress`: many seeds of many tests, into the history.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | profiles: the embedded ones, and the project's `gpnpu.toml` over them |
//! | [`spec`] | what a run's cases follow from; stored with the run, so that it can be resumed |
//! | [`session`] | results on their way into the history and onto the screen |
//! | [`record`] | a result as a row, rows as merged coverage |
//! | [`batch`] | cases for another process, as a file, and the verb that runs them |
//! | [`isolate`] | a process for each case |
//! | [`slurm`] | batches as job arrays |
//! | [`summary`] | what is said at the end |

pub mod batch;
pub mod config;
mod isolate;
mod record;
mod session;
mod slurm;
mod spec;
mod summary;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{Builder, BuiltModel, ModelKey};
use gpnpu_history::{Expectations, History, Identity, RunId, RunInfo, Status};
use gpnpu_testbenches::kit::AnyTest;
use gpnpu_testbenches::runner::{Engine, InProcess, Job, JobEvent, run_jobs};

use crate::build::{self, Built};
use crate::cli::{Backend, RegressArgs};
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::project::Project;
use crate::run::{cores, models_of};

use config::{Config, Known};
use session::Session;
use spec::{Planned, Spec, identity};
pub use summary::bucket_lines;

type Tests = Arc<Vec<Box<dyn AnyTest>>>;

/// Runs a regression and reports.
pub fn regress(args: &RegressArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let builder = project.builder()?;
    let tests: Tests = Arc::new(gpnpu_testbenches::tests());
    let known = Known {
        tests: tests.iter().map(|test| test.id()).collect(),
        blocks: builder
            .manifest()
            .blocks()
            .iter()
            .map(|block| block.stem.clone())
            .collect(),
    };
    let config = Config::read(&project.root, &known)?;
    let mut history = History::open(&project.history())?;
    let Some(start) = begin(args, &project, &config, &tests, &builder, &history)? else {
        return Ok(Exit::NothingSelected);
    };
    let Start {
        spec,
        resumed,
        done,
    } = start;
    let mut first = spec.round(0, &tests)?;
    if first.is_empty() {
        eprintln!("nothing to run");
        return Ok(Exit::NothingSelected);
    }
    interrupt::stop_on_ctrl_c()?;
    let started = Instant::now();
    let cases: Vec<_> = first
        .iter()
        .map(|planned| planned.job.case.clone())
        .collect();
    let built = build::build(&builder, &models_of(&cases));
    order(&mut first, &history.expectations()?);
    let own = record::own_digest()?;
    let inputs = record::run_inputs(&own, built.models.values());
    let run = match resumed {
        None => {
            let info = information(args, &project, &builder, &spec, inputs, cases.len());
            let run = history.begin(&info)?;
            let folder = folder(&project, run);
            let lock = lock(&folder)?.ok_or_else(|| {
                CommandError::unforeseen(format!("`{}` is locked by another run", folder.display()))
            })?;
            Opened { run, lock, folder }
        }
        Some(resumed) => {
            let stored = history.run(resumed.run)?;
            if stored.is_none_or(|stored| stored.info.inputs != inputs) {
                return Err(CommandError::usage(format!(
                    "run {} was made with other RTL, another command or other tools, so that its results do not go together with \
                     new ones; begin a new run, without --resume",
                    resumed.run
                )));
            }
            history.reopen(resumed.run)?;
            resumed
        }
    };
    let elsewhere = args.backend == Backend::Slurm;
    let mut session = Session::start(&project, run.run, &spec, own, &built.models, &done)?;
    let queue = Queue {
        jobs: first.into_iter().map(|planned| planned.job).collect(),
        round: 0,
        until: spec
            .time
            .map(|seconds| started + Duration::from_secs(seconds)),
        spec: spec.clone(),
        tests: Arc::clone(&tests),
        done,
        models: built.models.keys().cloned().collect(),
        stop: session.stop(),
        total: session.total(),
    };
    eprintln!(
        "{:>12} {} of profile {}, root seed {:#x}",
        "run", run.run, spec.profile, spec.root_seed
    );
    if elsewhere {
        let place = slurm::Place {
            project: &project,
            folder: &run.folder,
            options: config.slurm(),
            jobs: args.jobs,
            isolate: spec.isolate,
            expected: history.expectations()?,
        };
        slurm::run(&place, queue, &mut session)?;
    } else {
        local(args, &run, &tests, &spec, &built, queue, &mut session)?;
    }
    let written = session.finish();
    let total = summary::Total {
        project: &project,
        builder: &builder,
        tests: &tests,
        built: &built,
        spec: &spec,
        run: run.run,
        folder: &run.folder,
        format: args.output.format,
        started,
    };
    let result = total.report(&mut history, written);
    drop(run.lock);
    result
}

/// A run of the history that this process works on, as long as it holds the lock.
struct Opened {
    run: RunId,
    lock: File,
    folder: PathBuf,
}

/// What is to be run.
struct Start {
    spec: Spec,
    resumed: Option<Opened>,
    done: HashSet<Identity>,
}

/// A new run, or one that goes on; none, and said, if there is nothing of the kind.
fn begin(
    args: &RegressArgs,
    project: &Project,
    config: &Config,
    tests: &Tests,
    builder: &Builder,
    history: &History,
) -> Result<Option<Start>, CommandError> {
    if args.resume {
        return resume(args, project, history);
    }
    let mut spec = Spec::new(args, config, tests, builder.manifest())?;
    if args.rerun_failed {
        let last = history
            .runs(1000)?
            .into_iter()
            .find(|run| run.passed + run.failed > 0);
        let failed = match last {
            Some(run) => history
                .cases(run.id)?
                .into_iter()
                .filter(|case| case.verdict.name() == "failed")
                .map(|case| case.identity)
                .collect(),
            None => Vec::new(),
        };
        if failed.is_empty() {
            eprintln!("nothing to run: no case failed in the last run");
            return Ok(None);
        }
        spec.only(&failed);
    }
    Ok(Some(Start {
        spec,
        resumed: None,
        done: HashSet::new(),
    }))
}

/// The last run that ended before its cases had, and that no process works on.
fn resume(
    args: &RegressArgs,
    project: &Project,
    history: &History,
) -> Result<Option<Start>, CommandError> {
    let open = |status| matches!(status, Status::Running | Status::Interrupted);
    for run in history.runs(1000)? {
        if !open(run.status) {
            continue;
        }
        let folder = folder(project, run.id);
        let Some(lock) = lock(&folder)? else {
            continue;
        };
        let mut spec: Spec = serde_json::from_str(&run.info.spec).map_err(|e| {
            CommandError::usage(format!(
                "run {} cannot be resumed by this version: {e}",
                run.id
            ))
        })?;
        spec.isolate |= args.isolate;
        let cases = history.cases(run.id)?;
        return Ok(Some(Start {
            spec,
            resumed: Some(Opened {
                run: run.id,
                lock,
                folder,
            }),
            done: cases.into_iter().map(|case| case.identity).collect(),
        }));
    }
    eprintln!("nothing to resume: no run was stopped or killed, or another process works on it");
    Ok(None)
}

fn folder(project: &Project, run: RunId) -> PathBuf {
    project.runs().join(format!("run-{run}"))
}

/// The lock of a run; none if another process has it. It goes with the process, however that ends.
fn lock(folder: &Path) -> Result<Option<File>, CommandError> {
    let path = folder.join("lock");
    let open = || {
        std::fs::create_dir_all(folder)?;
        File::create(&path)
    };
    let file = open()
        .map_err(|e| CommandError::unforeseen(format!("cannot write `{}`: {e}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(CommandError::unforeseen(format!(
            "cannot lock `{}`: {error}",
            path.display()
        ))),
    }
}

/// Failed last time first, then given seeds, then what takes longest; what nobody has timed counts as long.
fn order(jobs: &mut [Planned], expected: &Expectations) {
    let failing_tests: HashSet<(&str, &str)> = expected
        .failing
        .iter()
        .map(|case| (case.test.as_str(), case.config.as_str()))
        .collect();
    jobs.sort_by_cached_key(|planned| {
        let case = &planned.job.case;
        let key = identity(case);
        let failed = expected.failing.contains(&key);
        let test_failed = failing_tests.contains(&(key.test.as_str(), key.config.as_str()));
        let seconds = expected.seconds.get(&(key.test, key.config, key.flavour));
        let longest_first = seconds.map_or(0, |seconds| u64::MAX - (seconds * 1e6) as u64);
        (!failed, !test_failed, !planned.given, longest_first)
    });
}

fn information(
    args: &RegressArgs,
    project: &Project,
    builder: &Builder,
    spec: &Spec,
    inputs: String,
    selected: usize,
) -> RunInfo {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let output = command
            .arg("-C")
            .arg(&project.root)
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let command: Vec<String> = std::env::args().skip(1).collect();
    RunInfo {
        profile: spec.profile.clone(),
        command: format!("gpnpu {}", command.join(" ")),
        git: git(&["rev-parse", "HEAD"]),
        dirty: git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty()),
        inputs,
        tools: crate::triage::tools(builder),
        host: host.trim().to_owned(),
        jobs: args.jobs.unwrap_or(cores() as u64),
        backend: match args.backend {
            Backend::Local => "local".to_owned(),
            Backend::Slurm => "slurm".to_owned(),
        },
        root_seed: spec.root_seed,
        spec: serde_json::to_string(spec).unwrap_or_default(),
        selected: selected as u64,
    }
}

/// Where jobs come from: the first round in its order, then, while there is time, the next ones.
struct Queue {
    jobs: VecDeque<Job>,
    round: u64,
    until: Option<Instant>,
    spec: Spec,
    tests: Tests,
    done: HashSet<Identity>,
    models: HashSet<ModelKey>,
    stop: session::Flag,
    total: session::Total,
}

impl Queue {
    /// All that is left of a round, or, after it, the next one; none if nothing more is to begin.
    fn round(&mut self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.next().into_iter().collect();
        let rest = std::mem::take(&mut self.jobs);
        jobs.extend(rest.into_iter().filter(|job| self.is_wanted(job)));
        jobs
    }

    /// Whether a job's model is there and it has not been run.
    fn is_wanted(&self, job: &Job) -> bool {
        self.models.contains(&job.case.model) && !self.done.contains(&identity(&job.case))
    }

    /// The next job whose model is there and that has not been run.
    fn next(&mut self) -> Option<Job> {
        loop {
            if self.stop.is_set() {
                return None;
            }
            if self.round > 0 && self.is_over() {
                // What was drawn and has not begun is not missed.
                let left = self.jobs.iter().filter(|job| self.is_wanted(job));
                self.total.remove(left.count());
                self.jobs.clear();
                return None;
            }
            if let Some(job) = self.jobs.pop_front() {
                if self.is_wanted(&job) {
                    return Some(job);
                }
                continue;
            }
            if self.is_over() {
                return None;
            }
            self.round += 1;
            // A round may draw nothing where all weights are small.
            let next = self.spec.round(self.round, &self.tests).unwrap_or_default();
            self.total.add(next.len());
            self.jobs = next.into_iter().map(|planned| planned.job).collect();
        }
    }

    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until) || self.models.is_empty()
    }
}

/// Runs jobs on this machine.
fn local(
    args: &RegressArgs,
    run: &Opened,
    tests: &Tests,
    spec: &Spec,
    built: &Built,
    mut queue: Queue,
    session: &mut Session,
) -> Result<(), CommandError> {
    let engine: Arc<dyn Engine> = if spec.isolate {
        Arc::new(isolate::Isolated::new(&run.folder)?)
    } else {
        Arc::new(InProcess {
            tests: Arc::clone(tests),
            models: built.models.clone(),
            waves: None,
        })
    };
    let jobs = args.jobs.map_or_else(cores, |jobs| jobs as usize);
    run_jobs(
        engine,
        move || queue.next(),
        jobs,
        |event| match event {
            JobEvent::Started(job) => session.started(&job.case),
            JobEvent::Finished(_, result) => session.finished(*result),
            JobEvent::Idle => session.idle(),
        },
    );
    Ok(())
}

/// Models by key.
type Models = HashMap<ModelKey, BuiltModel>;
