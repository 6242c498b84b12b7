//! From a failed case to its bundle, for people.

use std::path::PathBuf;
use std::time::Duration;

use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey};
use gpnpu_testbenches::kit::shrink::Budget;
use gpnpu_testbenches::kit::{AnyTest, Failure};
use gpnpu_testbenches::runner::{self, Bundle, Case, Given};

use crate::build;
use crate::exit::CommandError;
use crate::project::Project;

/// A case that failed.
pub struct Failed<'a> {
    /// Its test.
    pub test: &'a dyn AnyTest,
    /// The case.
    pub case: &'a Case,
    /// How it failed.
    pub failure: &'a Failure,
    /// What it ran on.
    pub model: &'a BuiltModel,
    /// Its stimulus, where that does not come from its seed.
    pub given: Option<Given>,
    /// Time for shrinking.
    pub shrink: Duration,
    /// Where its bundle goes.
    pub folder: PathBuf,
}

/// Shrinks a case, writes its bundle and says so; its folder and content, unless the model with waves could not be built.
pub fn triage(
    project: &Project,
    builder: &Builder,
    failed: Failed<'_>,
) -> Result<Option<(PathBuf, Bundle)>, CommandError> {
    let trace = ModelKey {
        flavour: Flavour::Trace,
        ..failed.case.model.clone()
    };
    let built = build::build(builder, std::slice::from_ref(&trace));
    let Some(trace) = built.models.get(&trace) else {
        for (key, error) in &built.failed {
            eprintln!("{:>12} {key}\n{error}", "BUILD FAILED");
        }
        return Ok(None);
    };
    let budget = Budget {
        wall: failed.shrink,
        ..Budget::default()
    };
    let done = runner::triage(
        failed.test,
        failed.case,
        failed.failure,
        failed.given,
        (failed.model, trace),
        &tools(builder),
        budget,
        &failed.folder,
    )
    .map_err(CommandError::unforeseen)?;
    let bundle = &done.bundle;
    let shown = project.show(&done.folder);
    eprintln!(
        "{:>12} {} to {} transactions in {} runs: {}\n{:>12} ./gpnpu replay {shown}",
        "shrunk",
        bundle.transactions_before,
        bundle.transactions,
        bundle.shrink_runs,
        bundle.failure,
        "minimised"
    );
    Ok(Some((done.folder, done.bundle)))
}

/// Versions of what a bundle's failure depends on.
pub fn tools(builder: &Builder) -> Vec<String> {
    let tools = builder.toolchain();
    vec![
        format!("gpnpu {}", env!("CARGO_PKG_VERSION")),
        tools.verilator_version.clone(),
        tools.compiler_version.clone(),
    ]
}
