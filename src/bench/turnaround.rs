//! `two_jobs` and `edit_to_result`: how long a person waits.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use gpnpu_bridge::builder::{Builder, Flavour, Silent};
use gpnpu_testbenches::kit::{Execution, Limits};
use gpnpu_testbenches::runner::faults::{self, Fault};
use gpnpu_testbenches::runner::{self, RunOptions, Selection};

use super::{BenchError, Context, Figure};

/// Repetitions of each side, in turn; the best of each counts.
const REPETITIONS: usize = 15;

/// `two_jobs`: the same cases on two threads and on one.
pub fn two_jobs(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let tests = Arc::new(gpnpu_testbenches::tests());
    let selection = Selection {
        filters: vec!["npu_dot::random".to_owned()],
        configs: vec!["full_rate".to_owned()],
        iterations: Some(32),
        seed: 1,
        flavour: Flavour::Fast,
    };
    let cases =
        runner::select(&tests, context.builder.manifest(), &selection).map_err(BenchError::new)?;
    let model = context.model("npu_dot", "full_rate")?;
    let seconds = |jobs| {
        let options = RunOptions {
            jobs,
            limits: Limits::default(),
            waves: None,
        };
        let models = HashMap::from([(model.key.clone(), model.clone())]);
        let started = Instant::now();
        let results = runner::run_cases(&tests, &cases, models, options, |_| {});
        let seconds = started.elapsed().as_secs_f64();
        match results
            .into_iter()
            .find_map(|result| result.outcome.result.err())
        {
            Some(failure) => Err(BenchError::new(failure)),
            None => Ok(seconds),
        }
    };
    let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..REPETITIONS {
        one = one.min(seconds(1)?);
        two = two.min(seconds(2)?);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let compared = format!(
        "{} cases of npu_dot::random: {one:.3} s with -j1, {two:.3} s with -j2, best of {REPETITIONS} in turn, on {cores} \
         cores",
        cases.len()
    );
    Ok(vec![Figure::at_least(
        "two_jobs",
        "of -j1",
        one / two,
        1.8,
        compared,
    )])
}

/// `edit_to_result`: from a changed RTL file to the smoke test's result.
pub fn edit_to_result(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    // The runtime and everything else that does not depend on the RTL is there, as after any run.
    let model = context.model("npu_dot", "full_rate")?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(BenchError::new)?;
    let file = "npu/dot/npu_dot_pipe.sv";
    let edit = Fault {
        name: "edit".to_owned(),
        file: file.to_owned(),
        find: "endmodule".to_owned(),
        replace: format!("endmodule\n// edited at {} ns", now.as_nanos()),
        why: "a source that no cache knows".to_owned(),
        config: None,
        survives: None,
    };
    let folder = context.folder.join("edited");
    let tests = gpnpu_testbenches::tests();
    let test = tests
        .iter()
        .find(|test| test.id() == "npu_dot::smoke")
        .ok_or_else(|| BenchError::new("there is no test npu_dot::smoke"))?;
    let started = Instant::now();
    let manifest =
        faults::plant(context.builder.manifest(), &edit, &folder).map_err(BenchError::new)?;
    let builder = Builder::new(
        context.builder.toolchain().clone(),
        manifest,
        context.cache.clone(),
    );
    let built = builder.build(&model.key, &Silent)?;
    let build = started.elapsed().as_secs_f64();
    let outcome = test.execute(&built, &Execution::seed(1));
    let seconds = started.elapsed().as_secs_f64();
    // Nobody will ask for this model again.
    if let Some(entry) = built.object.parent() {
        let _ = fs::remove_dir_all(entry);
        let _ = fs::remove_file(entry.with_extension("lock"));
    }
    outcome.result.map_err(BenchError::new)?;
    if built.cached {
        return Err(BenchError::new("the edited model was in the cache already"));
    }
    let compared = format!(
        "a comment added to {file}, npu_dot full_rate built in {build:.1} s, npu_dot::smoke passed; once"
    );
    Ok(vec![Figure::at_most(
        "edit_to_result",
        "s",
        seconds,
        30.0,
        compared,
    )])
}
