//! `gpnpu replay`.

use gpnpu_bridge::builder::{Flavour, ModelKey};
use gpnpu_testbenches::kit::{Execution, Limits};
use gpnpu_testbenches::runner::{Bundle, Case, CaseResult};

use crate::build;
use crate::cli::{Format, ReplayArgs};
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;
use crate::report;
use crate::style::Style;

/// Runs a bundle's minimised stimulus on the RTL as it is now.
pub fn replay(args: &ReplayArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let bundle = Bundle::read(&args.bundle).map_err(CommandError::usage)?;
    let tests = gpnpu_testbenches::tests();
    let (index, test) = tests
        .iter()
        .enumerate()
        .find(|(_, test)| test.id() == bundle.test)
        .ok_or_else(|| {
            let known = tests
                .iter()
                .map(|test| test.id())
                .collect::<Vec<_>>()
                .join(", ");
            CommandError::usage(format!("test `{}` not found (known: {known})", bundle.test))
        })?;
    let flavour = if args.waves {
        Flavour::Trace
    } else {
        bundle.flavour.parse()?
    };
    let key = ModelKey {
        block: test.block().to_owned(),
        config: bundle.config.clone(),
        flavour,
    };
    let built = build::build(&project.builder()?, std::slice::from_ref(&key));
    if let Some((_, error)) = built.failed.into_iter().next() {
        return Err(error.into());
    }
    let execution = Execution {
        waves: args.waves.then_some(0),
        stimulus: Some(bundle.stimulus.clone()),
        limits: Limits::reaching(bundle.failure.cycle),
        ..Execution::seed(bundle.seed)
    };
    let mut outcome = test.execute(&built.models[&key], &execution);
    if let Some(vcd) = outcome.waves.take() {
        let folder = if args.bundle.is_dir() {
            args.bundle.as_path()
        } else {
            args.bundle.parent().unwrap_or(&args.bundle)
        };
        let path = folder.join("replay.vcd");
        files::write(&path, &vcd)?;
        eprintln!("{:>12} {}", "wrote", project.show(&path));
    }
    let case = Case {
        test: index,
        id: bundle.test.clone(),
        model: key,
        seed: bundle.seed,
    };
    let result = CaseResult { case, outcome };
    if args.output.format == Format::Json {
        println!("{}", report::case_json(&result));
    } else {
        eprintln!("{}", report::case_lines(Style::stderr(), &result, 1, 1));
        if let Err(failure) = &result.outcome.result
            && !failure.details.is_empty()
        {
            eprintln!("\n{}", failure.details.trim_end());
        }
    }
    Ok(if result.outcome.result.is_ok() {
        Exit::Ok
    } else {
        Exit::CaseFailed
    })
}
