//! `regress`: what a case of a regression costs beside its cycles.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::{BenchError, Context, Figure};

/// Cases in this process, and with a process each.
const CASES: [u32; 2] = [400, 60];

/// `regress`: cases a minute, in one process and with a process for each, and the share that writing takes.
pub fn regress(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    // Builds the model outside of what is measured.
    context.model("npu_dot", "full_rate")?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let run = |cases: u32, more: &[&str]| -> Result<Value, BenchError> {
        let command = std::env::current_exe().map_err(BenchError::new)?;
        let output = Command::new(command)
            .args(["regress", "npu_dot::back_pressure", "--config", "full_rate"])
            .args(["--format", "json", "--seeds", &cases.to_string()])
            .args(more)
            .env("GPNPU_HISTORY", context.folder.join("history.db"))
            .stderr(Stdio::null())
            .output()
            .map_err(BenchError::new)?;
        if !output.status.success() {
            return Err(BenchError::new(format!(
                "gpnpu regress ended with {}",
                output.status
            )));
        }
        serde_json::from_slice(&output.stdout).map_err(BenchError::new)
    };
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let rate = |value: &Value, cases: u32| f64::from(cases) * 60.0 / number(&value["seconds"]);
    let (inside, outside) = (run(CASES[0], &[])?, run(CASES[1], &["--isolate"])?);
    let (fast, slow) = (rate(&inside, CASES[0]), rate(&outside, CASES[1]));
    let processor = number(&inside["writing"]["processor_seconds"]);
    let written = 100.0 * processor / (cores * number(&inside["seconds"]));
    let what = "npu_dot::back_pressure full_rate";
    Ok(vec![
        Figure::at_least(
            "regress_rate",
            "a min",
            fast,
            2000.0,
            format!("{} cases of {what} on {cores} cores", CASES[0]),
        ),
        Figure::at_least(
            "regress_processes",
            "times",
            fast / slow,
            1.0,
            format!("that, against {slow:.0} cases a minute with a process for each"),
        ),
        Figure::at_most(
            "regress_writing",
            "%",
            written,
            3.0,
            format!(
                "time of the processor for writing {} results, of all",
                CASES[0]
            ),
        ),
    ])
}
