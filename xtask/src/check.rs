//! Runs the steps, prints a line for each, and sums up.

use std::time::Instant;

use crate::project::Project;
use crate::steps::{STEPS, Step};
use crate::ui::{Status, Ui};

/// Lines of a failure that are shown; the rest is in the step's log.
const SHOWN_LINES: usize = 60;

/// What a step found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Items (tests, configurations, files) that passed.
    pub(crate) passed: u32,
    /// Items that did not.
    pub(crate) failed: u32,
    /// What was looked at, for the step's line: `9 configurations`.
    pub(crate) looked_at: String,
    /// What is wrong, for people.
    pub(crate) details: Vec<String>,
}

impl Outcome {
    /// One item that is right if there is nothing to complain of.
    pub(crate) fn single(looked_at: impl Into<String>, details: Vec<String>) -> Self {
        let failed = u32::from(!details.is_empty());
        Self {
            passed: 1 - failed,
            failed,
            looked_at: looked_at.into(),
            details,
        }
    }

    /// One item that is wrong.
    pub(crate) fn failure(detail: impl Into<String>) -> Self {
        Self::single("", vec![detail.into()])
    }

    /// One item for each of `results`; a step that found nothing to look at fails.
    pub(crate) fn of(kind: &str, results: Vec<Result<(), String>>) -> Self {
        if results.is_empty() {
            return Self::failure(format!("there are no {kind}: nothing was checked"));
        }
        let looked_at = format!("{} {kind}", results.len());
        let total = results.len();
        let details: Vec<String> = results.into_iter().filter_map(Result::err).collect();
        let failed = u32::try_from(details.len()).unwrap_or(u32::MAX);
        let passed = u32::try_from(total)
            .unwrap_or(u32::MAX)
            .saturating_sub(failed);
        Self {
            passed,
            failed,
            looked_at,
            details,
        }
    }
}

/// Prints the steps' names and what each does.
pub(crate) fn list() {
    for step in STEPS {
        println!("{:<14} {}", step.name, step.about);
    }
}

/// The steps named by `only`; all of them if it is empty.
///
/// # Errors
///
/// A sentence that names an unknown step and the known ones.
pub(crate) fn select(only: &[String]) -> Result<Vec<&'static Step>, String> {
    for name in only {
        if !STEPS.iter().any(|step| step.name == name) {
            let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            return Err(format!(
                "step `{name}` not found (known: {})",
                known.join(", ")
            ));
        }
    }
    let chosen = |step: &&Step| only.is_empty() || only.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(chosen).collect())
}

/// Runs `steps` one after the other, whatever fails; true if nothing did.
///
/// Status goes to standard error, the last line, `N passed, N failed`, to standard output.
pub(crate) fn run(project: &Project, steps: &[&Step]) -> bool {
    let ui = Ui::new();
    let begin = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    let mut failures = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        ui.running(step.name);
        let start = Instant::now();
        let outcome = (step.run)(project);
        let ok = outcome.failed == 0 && outcome.passed > 0;
        let status = if ok { Status::Pass } else { Status::Fail };
        let mut line = step.name.to_owned();
        if !outcome.looked_at.is_empty() {
            line = format!("{line}: {}", outcome.looked_at);
        }
        ui.result(status, start.elapsed(), (index + 1, steps.len()), &line);
        passed += outcome.passed;
        failed += outcome.failed.max(u32::from(!ok));
        if !ok {
            ui.detail(&shorten(&outcome.details.join("\n")));
            ui.detail(&format!("repeat: cargo xtask check --only {}", step.name));
            if !step.fix.is_empty() {
                ui.detail(&format!("fix: {}", step.fix));
            }
            failures.push(step.name);
        }
    }
    eprintln!("------------");
    let good = steps.len() - failures.len();
    let mut summary = format!("{} steps: {good} passed", steps.len());
    if !failures.is_empty() {
        summary = format!(
            "{summary}, {} failed ({})",
            failures.len(),
            failures.join(", ")
        );
    }
    eprintln!(
        "     Summary [{:>8.3}s] {summary}",
        begin.elapsed().as_secs_f64()
    );
    println!("{passed} passed, {failed} failed");
    failures.is_empty()
}

/// The first lines of `text`, and how many follow.
fn shorten(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= SHOWN_LINES {
        return text.to_owned();
    }
    format!(
        "{}\n.. {} more lines",
        lines[..SHOWN_LINES].join("\n"),
        lines.len() - SHOWN_LINES
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_and_failures_kept() {
        let outcome = Outcome::of("files", vec![Ok(()), Err("x.sv: wrong".into()), Ok(())]);
        assert_eq!((outcome.passed, outcome.failed), (2, 1));
        assert_eq!(outcome.looked_at, "3 files");
        assert_eq!(outcome.details, ["x.sv: wrong"]);
    }

    #[test]
    fn a_step_without_anything_to_look_at_fails() {
        let outcome = Outcome::of("files", vec![]);
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
        assert_eq!(outcome.details, ["there are no files: nothing was checked"]);
    }

    #[test]
    fn an_unknown_step_lists_the_known_ones() {
        let message = select(&["rust".into()]).err().unwrap();
        assert!(
            message.starts_with("step `rust` not found (known: rust-format, "),
            "{message}"
        );
    }

    #[test]
    fn only_the_named_steps_run() {
        let steps = select(&["layout".into()]).unwrap();
        assert_eq!(
            steps.iter().map(|step| step.name).collect::<Vec<_>>(),
            ["layout"]
        );
        assert_eq!(select(&[]).unwrap().len(), STEPS.len());
    }

    #[test]
    fn long_failures_are_cut() {
        let text = "x\n".repeat(SHOWN_LINES + 5);
        assert!(shorten(&text).ends_with("\n.. 5 more lines"));
        assert_eq!(shorten("a\nb"), "a\nb");
    }
}
