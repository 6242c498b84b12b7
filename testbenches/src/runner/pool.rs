//! Cases on several threads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{BuiltModel, ModelKey};
use gpnpu_bridge::model::Cycle;

use super::Case;
use crate::kit::{AnyTest, Execution, Failure, FailureKind, Limits, Outcome, stop_requested};

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// Threads.
    pub jobs: usize,
    /// Limits of each case.
    pub limits: Limits,
    /// Dump waves of every case, this window of cycles; 0 for all.
    pub waves: Option<u64>,
}

/// A case and when it is ended.
#[derive(Clone, Debug)]
pub struct Job {
    /// The case.
    pub case: Case,
    /// Its limits.
    pub limits: Limits,
}

/// A finished case.
#[derive(Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
}

/// What happens while cases run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A case began.
    Started(&'a Case),
    /// A case ended; so many of all are done.
    Finished {
        /// Its result.
        result: &'a CaseResult,
        /// Cases done, this one included.
        done: usize,
    },
}

/// What happens while jobs run.
#[derive(Debug)]
pub enum JobEvent<'a> {
    /// A job began.
    Started(&'a Job),
    /// The job of this number, counted from 0 in the order in which they were taken, ended.
    Finished(usize, Box<CaseResult>),
    /// Nothing, for a while.
    Idle,
}

/// What runs a job: in this process, or elsewhere.
pub trait Engine: Send + Sync + 'static {
    /// Runs it; never panics.
    fn execute(&self, job: &Job) -> Outcome;

    /// A job that is still running so long after its limit cannot be asked to stop, and is given up with its thread.
    fn grace(&self) -> Duration {
        GRACE
    }
}

/// A case that is still running so long after its limit hangs inside the model, where it cannot be asked to stop.
pub const GRACE: Duration = Duration::from_secs(5);

/// Runs jobs in this process.
pub struct InProcess {
    /// All tests; a case names its own by index.
    pub tests: Arc<Vec<Box<dyn AnyTest>>>,
    /// The models of all jobs.
    pub models: HashMap<ModelKey, BuiltModel>,
    /// Dump waves of every case, this window of cycles; 0 for all.
    pub waves: Option<u64>,
}

impl Engine for InProcess {
    fn execute(&self, job: &Job) -> Outcome {
        let Case {
            test, model, seed, ..
        } = &job.case;
        let execution = Execution {
            seed: *seed,
            limits: job.limits,
            waves: self.waves,
            stimulus: None,
        };
        match self.models.get(model) {
            Some(built) => self.tests[*test].execute(built, &execution),
            None => Outcome::failed(Failure::new(
                FailureKind::Setup,
                Cycle(0),
                format!("{model} was not built"),
            )),
        }
    }
}

/// Runs all cases whose model is among `models`; results come in the order of the cases, whatever the number of threads.
/// A case that hangs inside the model is given up with its thread. After [`crate::kit::request_stop`] what is not begun
/// is left out.
pub fn run_cases(
    tests: &Arc<Vec<Box<dyn AnyTest>>>,
    cases: &[Case],
    models: HashMap<ModelKey, BuiltModel>,
    options: RunOptions,
    mut on_event: impl FnMut(Event<'_>),
) -> Vec<CaseResult> {
    let cases: Vec<Case> = cases
        .iter()
        .filter(|case| models.contains_key(&case.model))
        .cloned()
        .collect();
    let jobs = options.jobs.clamp(1, cases.len().max(1));
    let limits = options.limits;
    let mut source = cases.into_iter().map(move |case| Job { case, limits });
    let engine = InProcess {
        tests: Arc::clone(tests),
        models,
        waves: options.waves,
    };
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    run_jobs(
        Arc::new(engine),
        move || source.next(),
        jobs,
        |event| match event {
            JobEvent::Started(job) => on_event(Event::Started(&job.case)),
            JobEvent::Finished(index, result) => {
                on_event(Event::Finished {
                    result: &result,
                    done: results.len() + 1,
                });
                results.insert(index, *result);
            }
            JobEvent::Idle => {}
        },
    );
    results.into_values().collect()
}

enum Message {
    Started {
        worker: usize,
        index: usize,
        job: Job,
    },
    Finished {
        worker: usize,
        outcome: Box<Outcome>,
    },
    Ended {
        worker: usize,
    },
}

/// Where jobs come from, with the number of the next one.
type Source = Mutex<(usize, Box<dyn FnMut() -> Option<Job> + Send>)>;

/// Runs jobs on so many threads until `source` gives none, or after [`crate::kit::request_stop`]; those that were begun are
/// finished.
pub fn run_jobs(
    engine: Arc<dyn Engine>,
    source: impl FnMut() -> Option<Job> + Send + 'static,
    jobs: usize,
    mut on_event: impl FnMut(JobEvent<'_>),
) {
    let source: Arc<Source> = Arc::new(Mutex::new((0, Box::new(source))));
    let (sender, receiver) = mpsc::channel();
    let mut workers = 0;
    let start = |workers: &mut usize| {
        let (worker, engine, source, sender) = (
            *workers,
            Arc::clone(&engine),
            Arc::clone(&source),
            sender.clone(),
        );
        *workers += 1;
        std::thread::spawn(move || work(worker, &*engine, &source, &sender));
    };
    for _ in 0..jobs.max(1) {
        start(&mut workers);
    }
    let mut running: HashMap<usize, (usize, Job, Instant)> = HashMap::new();
    let mut live = workers;
    let mut given_up: HashSet<usize> = HashSet::new();
    while live > 0 {
        match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(Message::Started { worker, index, job }) => {
                // It came back after all, and works on beside its replacement.
                live += usize::from(given_up.remove(&worker));
                on_event(JobEvent::Started(&job));
                running.insert(worker, (index, job, Instant::now()));
            }
            Ok(Message::Finished { worker, outcome }) => {
                if let Some((index, Job { case, .. }, _)) = running.remove(&worker) {
                    let outcome = *outcome;
                    let result = Box::new(CaseResult { case, outcome });
                    on_event(JobEvent::Finished(index, result));
                }
            }
            Ok(Message::Ended { worker }) => live -= usize::from(!given_up.remove(&worker)),
            Err(_) => {
                let late = |(_, (_, job, begun)): &(&usize, &(usize, Job, Instant))| {
                    begun.elapsed() > job.limits.wall + engine.grace()
                };
                let hung = running.iter().find(late).map(|(worker, _)| *worker);
                match hung.and_then(|worker| Some((worker, running.remove(&worker)?))) {
                    Some((worker, (index, Job { case, limits }, _))) => {
                        given_up.insert(worker);
                        start(&mut workers);
                        let outcome = hang(limits, engine.grace());
                        let result = Box::new(CaseResult { case, outcome });
                        on_event(JobEvent::Finished(index, result));
                    }
                    None => on_event(JobEvent::Idle),
                }
            }
        }
    }
}

/// Takes jobs until there are none.
fn work(worker: usize, engine: &dyn Engine, source: &Source, sender: &mpsc::Sender<Message>) {
    let next = || {
        if stop_requested() {
            return None;
        }
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        let job = (source.1)()?;
        source.0 += 1;
        Some((source.0 - 1, job))
    };
    while let Some((index, job)) = next() {
        let begun = Message::Started {
            worker,
            index,
            job: job.clone(),
        };
        if sender.send(begun).is_err() {
            return;
        }
        let outcome = Box::new(engine.execute(&job));
        if sender.send(Message::Finished { worker, outcome }).is_err() {
            return;
        }
    }
    // Whoever gave this thread up may be gone.
    let _ = sender.send(Message::Ended { worker });
}

fn hang(limits: Limits, grace: Duration) -> Outcome {
    let message = format!(
        "the model did not return from a clock cycle for {} s",
        (limits.wall + grace).as_secs()
    );
    Outcome {
        wall: limits.wall + grace,
        ..Outcome::failed(Failure::new(FailureKind::WallClock, Cycle(0), message))
    }
}
