//! Cases on several threads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{BuiltModel, ModelKey};
use gpnpu_bridge::model::{Cycle, Digest};

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

/// A case that is still running so long after its limit hangs inside the model, where it cannot be asked to stop.
const GRACE: Duration = Duration::from_secs(5);

enum Message {
    Started {
        worker: usize,
        case: usize,
    },
    Finished {
        worker: usize,
        case: usize,
        outcome: Box<Outcome>,
    },
}

struct Shared {
    tests: Arc<Vec<Box<dyn AnyTest>>>,
    cases: Vec<Case>,
    models: HashMap<ModelKey, BuiltModel>,
    next: AtomicUsize,
    options: RunOptions,
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
    let shared = Arc::new(Shared {
        tests: Arc::clone(tests),
        cases: cases.clone(),
        models,
        next: AtomicUsize::new(0),
        options,
    });
    let (sender, receiver) = mpsc::channel();
    let mut workers = 0;
    let start = |workers: &mut usize| {
        let (worker, shared, sender) = (*workers, Arc::clone(&shared), sender.clone());
        *workers += 1;
        std::thread::spawn(move || work(worker, &shared, &sender));
    };
    for _ in 0..options.jobs.clamp(1, cases.len().max(1)) {
        start(&mut workers);
    }
    let mut results: BTreeMap<usize, CaseResult> = BTreeMap::new();
    let mut running: HashMap<usize, (usize, Instant)> = HashMap::new();
    let mut live = workers;
    let mut given_up: HashSet<usize> = HashSet::new();
    while results.len() < cases.len() && live > 0 {
        let finished = match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(Message::Started { worker, case }) => {
                // It came back after all, and works on beside its replacement.
                live += usize::from(given_up.remove(&worker));
                if case < cases.len() {
                    running.insert(worker, (case, Instant::now()));
                    on_event(Event::Started(&cases[case]));
                } else {
                    live -= 1;
                }
                None
            }
            Ok(Message::Finished {
                worker,
                case,
                outcome,
            }) => running.remove(&worker).map(|_| (case, *outcome)),
            Err(_) => {
                let late = |(_, (_, begun)): &(&usize, &(usize, Instant))| {
                    begun.elapsed() > options.limits.wall + GRACE
                };
                let hung = running
                    .iter()
                    .find(late)
                    .map(|(worker, (case, _))| (*worker, *case));
                hung.map(|(worker, case)| {
                    running.remove(&worker);
                    given_up.insert(worker);
                    start(&mut workers);
                    (case, hang(options.limits))
                })
            }
        };
        if let Some((index, outcome)) = finished {
            let result = CaseResult {
                case: cases[index].clone(),
                outcome,
            };
            on_event(Event::Finished {
                result: &result,
                done: results.len() + 1,
            });
            results.insert(index, result);
        }
    }
    results.into_values().collect()
}

/// Takes cases until there are none; the last message names no case.
fn work(worker: usize, shared: &Shared, sender: &mpsc::Sender<Message>) {
    loop {
        let case = if stop_requested() {
            usize::MAX
        } else {
            shared.next.fetch_add(1, Ordering::Relaxed)
        };
        let case = case.min(shared.cases.len());
        if sender.send(Message::Started { worker, case }).is_err() || case == shared.cases.len() {
            return;
        }
        let Case {
            test, model, seed, ..
        } = &shared.cases[case];
        let execution = Execution {
            seed: *seed,
            limits: shared.options.limits,
            waves: shared.options.waves,
            stimulus: None,
        };
        let outcome = shared.tests[*test].execute(&shared.models[model], &execution);
        if sender
            .send(Message::Finished {
                worker,
                case,
                outcome: Box::new(outcome),
            })
            .is_err()
        {
            return;
        }
    }
}

fn hang(limits: Limits) -> Outcome {
    let message = format!(
        "the model did not return from a clock cycle for {} s",
        (limits.wall + GRACE).as_secs()
    );
    Outcome {
        result: Err(Failure::new(FailureKind::WallClock, Cycle(0), message)),
        digest: Digest(0),
        cycles: Cycle(0),
        transactions: 0,
        wall: limits.wall + GRACE,
        functional: None,
        code: None,
        waves: None,
        tables: Vec::new(),
        log: String::new(),
        marks: Vec::new(),
    }
}
