//! What people and machines are told of a run.

use std::fmt::Write;
use std::time::Duration;

use gpnpu_testbenches::runner::{Case, CaseResult, Event};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::style::Style;

/// A case slower than this is counted as slow in the summary.
const SLOW: Duration = Duration::from_secs(10);

/// Follows a run on standard error.
pub struct Reporter {
    style: Style,
    bar: ProgressBar,
    total: usize,
    verbose: bool,
    running: Vec<String>,
    failed: usize,
}

impl Reporter {
    /// For `total` cases; passed ones get a line each if `verbose`.
    pub fn new(total: usize, verbose: bool) -> Self {
        let style = Style::stderr();
        let bar = if style.terminal {
            ProgressBar::new(total as u64)
        } else {
            ProgressBar::hidden()
        };
        let template = "{prefix:>12} [{elapsed_precise}] {bar:24} {pos}/{len} {wide_msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("a fixed template"));
        bar.set_prefix("running");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            style,
            bar,
            total,
            verbose,
            running: Vec::new(),
            failed: 0,
        }
    }

    /// One thing happened.
    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started(case) => self.started(case),
            Event::Finished { result, done } => {
                self.ended(&result.case);
                self.finished(result, *done, true);
            }
        }
    }

    /// So many more cases are to come.
    pub fn more(&mut self, cases: usize) {
        self.total += cases;
        self.bar.set_length(self.total as u64);
    }

    /// A case began.
    pub fn started(&mut self, case: &Case) {
        self.running.push(running(case));
        self.bar.set_message(self.running.join(", "));
    }

    /// A case no longer runs.
    pub fn ended(&mut self, case: &Case) {
        let name = running(case);
        self.running.retain(|running| *running != name);
        self.bar.set_message(self.running.join(", "));
    }

    /// A case is done, with so many others; a failure gets its lines where it is to be `told`.
    pub fn finished(&mut self, result: &CaseResult, done: usize, told: bool) {
        self.bar.set_position(done as u64);
        let failed = result.outcome.result.is_err();
        self.failed += usize::from(failed);
        if failed && told || self.verbose {
            let text = case_lines(self.style, result, done, self.total);
            self.bar.suspend(|| eprintln!("{text}"));
        } else if !self.style.terminal && (done.is_multiple_of(50) || done == self.total) {
            eprintln!(
                "{:>12} {done}/{} cases, {} failed",
                "running", self.total, self.failed
            );
        }
    }

    /// No more events come.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

fn running(case: &Case) -> String {
    format!("{} {} {:#x}", case.id, case.model.config, case.seed)
}

/// The lines of one case, as nextest prints them.
pub fn case_lines(style: Style, result: &CaseResult, done: usize, total: usize) -> String {
    let digits = total.to_string().len();
    let case = &result.case;
    let (word, failure) = match &result.outcome.result {
        Ok(()) => (style.green("PASS"), None),
        Err(failure) => (style.red("FAIL"), Some(failure)),
    };
    let pad = " ".repeat(8);
    let mut text = format!(
        "{pad}{word} [{:>8.3}s] ({done:>digits$}/{total}) {} {} seed={:#x}",
        result.outcome.wall.as_secs_f64(),
        case.id,
        case.model.config,
        case.seed
    );
    if let Some(failure) = failure {
        let _ = write!(
            text,
            "\n             {failure}\n             repeat: {}",
            case.repeat()
        );
    }
    text
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases that passed.
    pub passed: usize,
    /// Of them, the slow ones.
    pub slow: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that were not run: their model could not be built, or the run was stopped.
    pub skipped: usize,
}

impl Counts {
    /// Counts the results of `selected` cases.
    pub fn of(results: &[CaseResult], selected: usize) -> Self {
        let interrupted = |result: &&CaseResult| {
            use gpnpu_testbenches::kit::FailureKind;
            matches!(&result.outcome.result, Err(failure) if failure.kind == FailureKind::Interrupted)
        };
        let stopped = results.iter().filter(interrupted).count();
        let failed = results
            .iter()
            .filter(|result| result.outcome.result.is_err())
            .count()
            - stopped;
        let passed = results.len() - failed - stopped;
        let slow =
            |result: &&CaseResult| result.outcome.result.is_ok() && result.outcome.wall >= SLOW;
        Self {
            passed,
            slow: results.iter().filter(slow).count(),
            failed,
            skipped: selected - passed - failed,
        }
    }

    /// The closing line.
    pub fn line(self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// The summary line above the coverage table.
pub fn summary(style: Style, counts: Counts, wall: Duration) -> String {
    let word = if counts.failed > 0 {
        style.red("Summary")
    } else {
        style.green("Summary")
    };
    let slow = if counts.slow > 0 {
        format!(" ({} slow)", counts.slow)
    } else {
        String::new()
    };
    format!(
        "------------\n     {word} [{:>8.3}s] {} cases: {} passed{slow}, {} failed, {} skipped",
        wall.as_secs_f64(),
        counts.passed + counts.failed + counts.skipped,
        counts.passed,
        counts.failed,
        counts.skipped
    )
}

/// One case for machines.
pub fn case_json(result: &CaseResult) -> Value {
    let case = &result.case;
    let outcome = &result.outcome;
    json!({
        "test": case.id,
        "config": case.model.config,
        "flavour": case.model.flavour.name(),
        "seed": case.seed,
        "passed": outcome.result.is_ok(),
        "failure": outcome.result.as_ref().err(),
        "digest": outcome.digest.to_string(),
        "cycles": outcome.cycles,
        "transactions": outcome.transactions,
        "seconds": outcome.wall.as_secs_f64(),
        "tables": outcome.tables,
        "repeat": case.repeat(),
    })
}
