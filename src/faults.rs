//! `gpnpu faults`.

use std::collections::HashMap;
use std::sync::Arc;

use gpnpu_bridge::builder::{Builder, Flavour, Silent};
use gpnpu_testbenches::kit::Limits;
use gpnpu_testbenches::runner::faults::{self, Fault};
use gpnpu_testbenches::runner::{self, Case, RunOptions, Selection};
use serde_json::{Value, json};

use crate::cli::{FaultsArgs, Format};
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::style::Style;

/// What became of a fault.
enum Verdict {
    Caught {
        by: String,
        check: String,
        seed: u64,
    },
    NotBuilt(String),
    Survived,
}

/// Plants each fault in a copy of the RTL and runs the block's tests until one fails.
pub fn faults(args: &FaultsArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let builder = project.builder()?;
    let block = builder.manifest().block(&args.block)?.clone();
    let config = match &args.config {
        Some(name) => block.config(name)?.name.clone(),
        None => block.configs[0].name.clone(),
    };
    let all = faults::read(builder.manifest(), &block).map_err(CommandError::usage)?;
    let wanted = |fault: &&Fault| {
        args.only.is_empty() || args.only.iter().any(|name| fault.name.contains(name))
    };
    let selected: Vec<&Fault> = all.iter().filter(wanted).collect();
    if selected.is_empty() {
        let known = all
            .iter()
            .map(|fault| fault.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(CommandError::usage(format!(
            "no fault of `{}` is selected (known: {known})",
            args.block
        )));
    }
    let style = Style::stderr();
    let mut rows = Vec::new();
    let (mut caught, mut survived, mut unexplained) = (0, 0, 0);
    for fault in selected {
        let verdict = judge(&project, &builder, &args.block, &config, fault)?;
        let (word, text, value) = match &verdict {
            Verdict::Caught { by, check, seed } => {
                caught += 1;
                (
                    style.green("CAUGHT"),
                    format!("by {by} seed={seed:#x}: {check}"),
                    json!({ "by": by, "check": check, "seed": seed }),
                )
            }
            Verdict::Survived => {
                survived += 1;
                unexplained += usize::from(fault.survives.is_none());
                let reason = fault.survives.as_deref().unwrap_or("no test fails");
                (style.yellow("SURVIVED"), reason.to_owned(), Value::Null)
            }
            Verdict::NotBuilt(message) => {
                unexplained += 1;
                (style.red("NOT BUILT"), message.clone(), Value::Null)
            }
        };
        eprintln!(
            "{word:>12} {} ({})\n             {text}",
            fault.name, fault.why
        );
        rows.push(json!({ "fault": fault.name, "why": fault.why, "file": fault.file, "caught": value, "survives": fault.survives }));
    }
    if args.output.format == Format::Json {
        println!(
            "{}",
            json!({ "block": args.block, "config": config, "faults": rows })
        );
    }
    eprintln!("{caught} caught, {survived} survived, {unexplained} unexplained");
    Ok(if unexplained == 0 {
        Exit::Ok
    } else {
        Exit::GateNotMet
    })
}

fn judge(
    project: &Project,
    builder: &Builder,
    block: &str,
    config: &str,
    fault: &Fault,
) -> Result<Verdict, CommandError> {
    let folder = tempfile::tempdir().map_err(CommandError::unforeseen)?;
    let manifest =
        faults::plant(builder.manifest(), fault, folder.path()).map_err(CommandError::usage)?;
    let faulty = Builder::new(
        builder.toolchain().clone(),
        manifest,
        project.output().join("cache"),
    );
    let tests = Arc::new(gpnpu_testbenches::tests());
    let selection = Selection {
        filters: vec![format!("{block}::")],
        configs: Vec::new(),
        iterations: None,
        seed: 1,
        flavour: Flavour::Fast,
    };
    let cases = runner::select(&tests, faulty.manifest(), &selection)?;
    let cases: Vec<Case> = cases
        .into_iter()
        .filter(|case| case.model.config == config)
        .collect();
    let Some(first) = cases.first() else {
        return Err(CommandError::usage(format!(
            "`{block}` has no tests in configuration `{config}`"
        )));
    };
    let model = match faulty.build(&first.model, &Silent) {
        Ok(model) => model,
        Err(error) => return Ok(Verdict::NotBuilt(error.to_string())),
    };
    let options = RunOptions {
        jobs: 1,
        limits: Limits {
            cycles: 200_000,
            ..Limits::default()
        },
        waves: None,
    };
    for case in cases {
        let models = HashMap::from([(case.model.clone(), model.clone())]);
        let results =
            runner::run_cases(&tests, std::slice::from_ref(&case), models, options, |_| {});
        if let Some(Err(failure)) = results.first().map(|result| &result.outcome.result) {
            return Ok(Verdict::Caught {
                by: case.id.clone(),
                check: failure.kind.label(),
                seed: case.seed,
            });
        }
    }
    Ok(Verdict::Survived)
}
