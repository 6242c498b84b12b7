//! `gpnpu faults`.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, Silent};
use gpnpu_testbenches::kit::{AnyTest, Failure, Limits};
use gpnpu_testbenches::runner::faults::{self, Fault};
use gpnpu_testbenches::runner::{self, Case, RunOptions, Selection};
use serde_json::{Value, json};

use crate::cli::{FaultsArgs, Format};
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::style::Style;

/// A fault and the tests that are to catch it.
struct Trial<'a> {
    fault: &'a Fault,
    config: &'a str,
    /// The first seed of each test before any second one: most faults show soon in one of them.
    cases: Vec<Case>,
}

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
    if let Some(name) = &args.config {
        block.config(name)?;
    }
    let list = faults::read(builder.manifest(), &block).map_err(CommandError::usage)?;
    let tests = Arc::new(gpnpu_testbenches::tests());
    let trials = list
        .faults
        .iter()
        .filter(|fault| {
            args.only.is_empty() || args.only.iter().any(|name| fault.name.contains(name))
        })
        .map(|fault| {
            let config = match &args.config {
                Some(name) => name,
                None => list.config(&block, fault),
            };
            let selection = Selection {
                filters: vec![format!("{}::", args.block)],
                configs: vec![config.to_owned()],
                iterations: None,
                seed: 1,
                flavour: Flavour::Fast,
            };
            let mut cases = runner::select(&tests, builder.manifest(), &selection)?;
            cases.sort_by_key(|case| case.seed);
            Ok(Trial {
                fault,
                config,
                cases,
            })
        })
        .collect::<Result<Vec<_>, CommandError>>()?;
    if trials.is_empty() {
        let known = list
            .faults
            .iter()
            .map(|fault| fault.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(CommandError::usage(format!(
            "no fault of `{}` is selected (known: {known})",
            args.block
        )));
    }
    let mut report = Report::default();
    // The model of the next fault is built while the tests run on that of the present one.
    let (sender, models) = mpsc::sync_channel(0);
    std::thread::scope(|scope| {
        let (project, builder, trials) = (&project, &builder, &trials);
        scope.spawn(move || {
            for trial in trials {
                if sender.send(build(project, builder, trial)).is_err() {
                    return;
                }
            }
        });
        for (trial, model) in trials.iter().zip(models) {
            let verdict = match model? {
                Ok(model) => judge(&tests, builder, &trial.cases, &model)?,
                Err(error) => Verdict::NotBuilt(error.to_string()),
            };
            report.tell(trial, &verdict);
        }
        Ok::<(), CommandError>(())
    })?;
    if args.output.format == Format::Json {
        println!("{}", json!({ "block": args.block, "faults": report.rows }));
    }
    Ok(report.end())
}

/// What became of the faults so far.
#[derive(Default)]
struct Report {
    caught: usize,
    survived: usize,
    unexplained: usize,
    rows: Vec<Value>,
}

impl Report {
    fn tell(&mut self, trial: &Trial<'_>, verdict: &Verdict) {
        let style = Style::stderr();
        let Trial { fault, config, .. } = trial;
        let (word, text, value) = match verdict {
            Verdict::Caught { by, check, seed } => {
                self.caught += 1;
                (
                    style.green("CAUGHT"),
                    format!("by {by} config={config} seed={seed:#x}: {check}"),
                    json!({ "by": by, "check": check, "seed": seed }),
                )
            }
            Verdict::Survived => {
                self.survived += 1;
                self.unexplained += usize::from(fault.survives.is_none());
                let reason = fault.survives.as_deref().unwrap_or("no test fails");
                (
                    style.yellow("SURVIVED"),
                    format!("config={config}: {reason}"),
                    Value::Null,
                )
            }
            Verdict::NotBuilt(message) => {
                self.unexplained += 1;
                (style.red("NOT BUILT"), message.clone(), Value::Null)
            }
        };
        eprintln!(
            "{word:>12} {} ({})\n             {text}",
            fault.name, fault.why
        );
        self.rows.push(json!({
            "fault": fault.name,
            "why": fault.why,
            "file": fault.file,
            "config": config,
            "caught": value,
            "survives": fault.survives,
        }));
    }

    fn end(&self) -> Exit {
        eprintln!(
            "{} caught, {} survived, {} unexplained",
            self.caught, self.survived, self.unexplained
        );
        if self.unexplained == 0 {
            Exit::Ok
        } else {
            Exit::GateNotMet
        }
    }
}

/// Builds the model with the fault planted; what the tools have against that is the inner error.
fn build(
    project: &Project,
    builder: &Builder,
    trial: &Trial<'_>,
) -> Result<Result<BuiltModel, BridgeError>, CommandError> {
    let folder = tempfile::tempdir().map_err(CommandError::unforeseen)?;
    let manifest = faults::plant(builder.manifest(), trial.fault, folder.path())
        .map_err(CommandError::usage)?;
    let faulty = Builder::new(
        builder.toolchain().clone(),
        manifest,
        project.output().join("cache"),
    );
    Ok(faulty.build(&trial.cases[0].model, &Silent))
}

/// Runs the cases one by one until one fails, which must not fail on the RTL as it is.
fn judge(
    tests: &Arc<Vec<Box<dyn AnyTest>>>,
    builder: &Builder,
    cases: &[Case],
    model: &BuiltModel,
) -> Result<Verdict, CommandError> {
    for case in cases {
        let Some(caught) = failure(tests, case, model) else {
            continue;
        };
        let sound = builder.build(&case.model, &Silent)?;
        if let Some(failure) = failure(tests, case, &sound) {
            return Err(CommandError {
                exit: Exit::CaseFailed,
                message: format!(
                    "`{}` fails without a fault too, and so catches none: {failure}\nrepeat: {}",
                    case.id,
                    case.repeat()
                ),
            });
        }
        return Ok(Verdict::Caught {
            by: case.id.clone(),
            check: caught.kind.label(),
            seed: case.seed,
        });
    }
    Ok(Verdict::Survived)
}

/// How a case fails on a model, if it does.
fn failure(tests: &Arc<Vec<Box<dyn AnyTest>>>, case: &Case, model: &BuiltModel) -> Option<Failure> {
    let options = RunOptions {
        jobs: 1,
        limits: Limits {
            cycles: 400_000,
            ..Limits::default()
        },
        waves: None,
    };
    let models = HashMap::from([(case.model.clone(), model.clone())]);
    let results = runner::run_cases(tests, std::slice::from_ref(case), models, options, |_| {});
    results
        .into_iter()
        .find_map(|result| result.outcome.result.err())
}
