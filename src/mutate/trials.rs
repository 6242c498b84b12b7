//! Mutants against cases.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gpnpu_bridge::builder::BuiltModel;
use gpnpu_bridge::model::Digest;
use gpnpu_mutation::order::History;
use gpnpu_mutation::{Mutant, plusarg};
use gpnpu_testbenches::kit::{AnyTest, Execution, Failure, FailureKind, Limits, stop_requested};
use gpnpu_testbenches::runner::{self, Case, CaseResult, RunOptions};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::models::Models;
use crate::exit::{CommandError, Exit};
use crate::style::Style;

/// What became of a mutant.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// A case failed.
    Killed {
        /// Test.
        by: String,
        /// Seed.
        seed: u64,
        /// Kind of the failure.
        check: String,
        /// Cycle of the failure.
        cycle: u64,
        /// Cases run, the one that failed included.
        tried: usize,
    },
    /// No case failed.
    Survived {
        /// Cases that make a difference at its place, and so were run.
        tried: usize,
    },
    /// In no case does it make a difference at its place.
    NeverActivated,
    /// Verilator does not take it.
    Refused,
}

/// The cases without a mutant.
pub struct Baseline {
    /// Clock cycles of each case.
    cycles: Vec<u64>,
    /// For each mutant by its number, the cases in which it would make a difference.
    infected: HashMap<u32, Vec<usize>>,
}

/// Runs all cases on the RTL as it is and on both models without a mutant, which have to behave alike.
pub fn baseline(
    tests: &Arc<Vec<Box<dyn AnyTest>>>,
    cases: &[Case],
    models: &Models,
    jobs: usize,
) -> Result<Baseline, CommandError> {
    let original = all_on(tests, cases, &models.original, jobs)?;
    let mut baseline = Baseline {
        cycles: original
            .iter()
            .map(|result| result.outcome.cycles.0)
            .collect(),
        infected: HashMap::new(),
    };
    for (name, model) in [("selection", &models.select), ("probe", &models.probe)] {
        let results = all_on(tests, cases, model, jobs)?;
        for (index, (result, original)) in results.iter().zip(&original).enumerate() {
            let digest = |result: &CaseResult| -> Digest { result.outcome.digest };
            if digest(result) != digest(original) {
                return Err(CommandError::unforeseen(format!(
                    "the {name} model without a mutant behaves differently from the RTL: digest {} instead of {}; \
                     try fewer mutants (--sample, --only) to find which\nrepeat: {}",
                    digest(result),
                    digest(original),
                    result.case.repeat()
                )));
            }
            for number in &result.outcome.marks {
                baseline.infected.entry(*number).or_default().push(index);
            }
        }
    }
    Ok(baseline)
}

/// The results of all cases, which have to pass.
fn all_on(
    tests: &Arc<Vec<Box<dyn AnyTest>>>,
    cases: &[Case],
    model: &BuiltModel,
    jobs: usize,
) -> Result<Vec<CaseResult>, CommandError> {
    let options = RunOptions {
        jobs,
        limits: Limits::default(),
        waves: None,
    };
    let models = HashMap::from([(model.key.clone(), model.clone())]);
    let results = runner::run_cases(tests, cases, models, options, |_| {});
    if results.len() < cases.len() {
        return Err(interrupted());
    }
    for CaseResult { case, outcome } in &results {
        if let Err(failure) = &outcome.result {
            return Err(CommandError {
                exit: Exit::CaseFailed,
                message: format!(
                    "`{}` fails without a mutant too, and so kills none: {failure}\nrepeat: {}",
                    case.id,
                    case.repeat()
                ),
            });
        }
    }
    Ok(results)
}

fn interrupted() -> CommandError {
    CommandError {
        exit: Exit::Interrupted,
        message: "stopped by the user; nothing was written".to_owned(),
    }
}

/// What a mutant's order of cases may know: the verdicts of all but the last so many before it. So it does not depend on
/// the number of threads.
const LAG: usize = 24;

/// How many times the cycles without a mutant a case may take with one, and how many more.
const PATIENCE: (u64, u64) = (4, 2000);

struct State {
    next: usize,
    verdicts: Vec<Option<(Verdict, Option<usize>)>>,
    /// Verdicts that the history knows.
    known: usize,
    history: History,
    failed: Option<CommandError>,
}

/// The mutants of a block on their way through its cases.
struct Trials<'a> {
    tests: &'a [Box<dyn AnyTest>],
    cases: &'a [Case],
    models: &'a Models,
    baseline: &'a Baseline,
    mutants: &'a [Mutant],
    /// The order in which they are tried, mixed so that neighbours are apart.
    order: Vec<usize>,
    state: Mutex<State>,
    judged: Condvar,
    bar: ProgressBar,
}

/// Runs each mutant until a case fails; the verdicts come in the order of the mutants.
pub fn run(
    tests: &[Box<dyn AnyTest>],
    cases: &[Case],
    models: &Models,
    baseline: &Baseline,
    mutants: &[Mutant],
    jobs: usize,
) -> Result<Vec<Verdict>, CommandError> {
    let mut order: Vec<usize> = (0..mutants.len()).collect();
    order.sort_by_key(|index| mutants[*index].id.rsplit(':').next().map(str::to_owned));
    let trials = Trials {
        tests,
        cases,
        models,
        baseline,
        mutants,
        state: Mutex::new(State {
            next: 0,
            verdicts: vec![None; order.len()],
            known: 0,
            history: History::default(),
            failed: None,
        }),
        order,
        judged: Condvar::new(),
        bar: bar(mutants.len()),
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, mutants.len().max(1)) {
            scope.spawn(|| trials.work());
        }
    });
    trials.bar.finish_and_clear();
    let Trials { state, order, .. } = trials;
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.failed {
        return Err(error);
    }
    let mut verdicts: Vec<(usize, Verdict)> = order
        .into_iter()
        .zip(state.verdicts)
        .filter_map(|(index, verdict)| Some((index, verdict?.0)))
        .collect();
    if verdicts.len() < mutants.len() {
        return Err(interrupted());
    }
    verdicts.sort_by_key(|(index, _)| *index);
    Ok(verdicts.into_iter().map(|(_, verdict)| verdict).collect())
}

fn bar(length: usize) -> ProgressBar {
    if !Style::stderr().terminal {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{prefix:>12} [{elapsed_precise}] {bar:24} {pos}/{len} {wide_msg}",
    );
    let bar = ProgressBar::new(length as u64).with_prefix("trying");
    bar.set_style(style.expect("a fixed template"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Trials<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes mutants until there are none.
    fn work(&self) {
        while let Some((place, cases)) = self.take() {
            let number = self.order[place] as u32 + 1;
            let verdict = self.judge(number, &cases);
            let mut state = self.lock();
            match verdict {
                Ok(verdict) => state.verdicts[place] = Some(verdict),
                Err(error) => {
                    state.failed.get_or_insert(error);
                }
            }
            self.bar.inc(1);
            self.judged.notify_all();
        }
    }

    /// The next mutant's place in the order, and its cases in theirs.
    fn take(&self) -> Option<(usize, Vec<usize>)> {
        let mut state = self.lock();
        loop {
            if state.failed.is_some() || stop_requested() || state.next == self.order.len() {
                return None;
            }
            let wanted = state.next.saturating_sub(LAG);
            while state.known < wanted
                && let Some((_, killer)) = state.verdicts[state.known].clone()
            {
                if let Some(case) = killer {
                    let mutant = &self.mutants[self.order[state.known]];
                    state.history.killed(mutant, case);
                }
                state.known += 1;
            }
            if state.known == wanted {
                break;
            }
            // Woken by each verdict; by time, in case the user stops what is awaited.
            let waited = self.judged.wait_timeout(state, Duration::from_millis(500));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let place = state.next;
        state.next += 1;
        let index = self.order[place];
        let none = Vec::new();
        let infected = self
            .baseline
            .infected
            .get(&(index as u32 + 1))
            .unwrap_or(&none);
        let cases = state
            .history
            .order(&self.mutants[index], infected, &self.baseline.cycles);
        Some((place, cases))
    }

    /// Runs the cases one by one until one fails; the verdict, and which case failed.
    fn judge(
        &self,
        number: u32,
        cases: &[usize],
    ) -> Result<(Verdict, Option<usize>), CommandError> {
        if self.models.refused.contains(&number) {
            return Ok((Verdict::Refused, None));
        }
        if cases.is_empty() {
            return Ok((Verdict::NeverActivated, None));
        }
        let mut model = self.models.select.clone();
        model.plusargs.push(plusarg(number));
        for (tried, index) in (1..).zip(cases) {
            let case = &self.cases[*index];
            let Some(failure) = self.failure(case, &model, self.baseline.cycles[*index]) else {
                continue;
            };
            match failure.kind {
                FailureKind::Interrupted => return Err(interrupted()),
                FailureKind::Setup => return Err(CommandError::unforeseen(failure)),
                _ => {}
            }
            let verdict = Verdict::Killed {
                by: case.id.clone(),
                seed: case.seed,
                check: failure.kind.label(),
                cycle: failure.cycle.0,
                tried,
            };
            return Ok((verdict, Some(*index)));
        }
        Ok((Verdict::Survived { tried: cases.len() }, None))
    }

    fn failure(&self, case: &Case, model: &BuiltModel, cycles: u64) -> Option<Failure> {
        let execution = Execution {
            limits: Limits {
                cycles: cycles * PATIENCE.0 + PATIENCE.1,
                ..Limits::default()
            },
            ..Execution::seed(case.seed)
        };
        self.tests[case.test]
            .execute(model, &execution)
            .result
            .err()
    }
}
