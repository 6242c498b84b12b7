//! `gpnpu mutate`.

mod models;
mod report;
mod trials;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gpnpu_bridge::builder::{Builder, Flavour, ModelKey};
use gpnpu_bridge::manifest::{Block, Manifest};
use gpnpu_mutation::waivers::{self, WaiverList};
use gpnpu_mutation::{Design, Mutant, sample};
use gpnpu_testbenches::kit::AnyTest;
use gpnpu_testbenches::runner::{self, Selection};

use crate::cli::{Format, MutateArgs};
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::interrupt;
use crate::project::Project;
use crate::style::Style;
use report::{Report, Summary};

/// A block with its mutants.
struct Subject {
    block: Block,
    config: String,
    design: Design,
    waivers: WaiverList,
    /// Those to be tried.
    mutants: Vec<Mutant>,
}

/// Mutates each block in one model, runs the mutants against the block's tests, and reports.
pub fn mutate(args: &MutateArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let manifest = project.manifest()?;
    let blocks = match &args.block {
        Some(stem) => vec![manifest.block(stem)?.clone()],
        None => manifest.blocks().to_vec(),
    };
    let subjects = blocks
        .into_iter()
        .map(|block| subject(args, block, &manifest))
        .collect::<Result<Vec<_>, _>>()?;
    if subjects.iter().all(|subject| subject.mutants.is_empty()) {
        return Err(CommandError {
            exit: Exit::NothingSelected,
            message: "no mutant is selected (`--list` shows all of a block)".to_owned(),
        });
    }
    if args.list {
        list(args, &subjects);
        return Ok(Exit::Ok);
    }
    interrupt::stop_on_ctrl_c()?;
    let builder = project.builder_of(manifest)?;
    let tests = Arc::new(gpnpu_testbenches::tests());
    let mut met = true;
    let mut reports = Vec::new();
    for subject in subjects
        .iter()
        .filter(|subject| !subject.mutants.is_empty())
    {
        let summary = try_all(args, &project, &builder, &tests, subject)?;
        met &= summary.met;
        reports.push(summary.json);
    }
    if args.output.format == Format::Json {
        println!("{}", serde_json::Value::from(reports));
    }
    Ok(if met { Exit::Ok } else { Exit::GateNotMet })
}

/// Reads a block's sources and waivers and chooses its mutants.
fn subject(args: &MutateArgs, block: Block, manifest: &Manifest) -> Result<Subject, CommandError> {
    let root = &manifest.root;
    let others = manifest.blocks().iter().map(|other| other.folder());
    let others: Vec<PathBuf> = others.filter(|folder| *folder != block.folder()).collect();
    // Sources of a block within this one are mutated there, with that block's own tests.
    let own = |file: &str| {
        let folder = root.join(file);
        !others.iter().any(|other| folder.parent() == Some(other))
    };
    let design = Design::read(root, &block.sources, own).map_err(CommandError::usage)?;
    let path = block.folder().join("mutants.toml");
    let waivers = waivers::read(&path, design.mutants()).map_err(CommandError::usage)?;
    let config = args
        .config
        .as_ref()
        .or(waivers.config.as_ref())
        .unwrap_or(&block.configs[0].name)
        .clone();
    block.config(&config)?;
    let chosen = |mutant: &Mutant| {
        args.only.is_empty() || args.only.iter().any(|id| mutant.id.contains(id.as_str()))
    };
    let all: Vec<Mutant> = design
        .mutants()
        .iter()
        .filter(|m| chosen(m))
        .cloned()
        .collect();
    let mutants = match args.sample {
        Some(count) => sample(
            &all,
            usize::try_from(count).unwrap_or(usize::MAX),
            args.seed,
        ),
        None => all,
    };
    Ok(Subject {
        block,
        config,
        design,
        waivers,
        mutants,
    })
}

fn list(args: &MutateArgs, subjects: &[Subject]) {
    let mutants: Vec<&Mutant> = subjects.iter().flat_map(|s| &s.mutants).collect();
    if args.output.format == Format::Json {
        println!("{}", serde_json::json!(mutants));
        return;
    }
    for mutant in &mutants {
        eprintln!("{}", report::place(mutant));
        eprintln!("{}", report::indented(&mutant.diff()));
    }
    eprintln!("{} mutants", mutants.len());
}

/// Builds the models of a block, tries its mutants and writes what came of it.
fn try_all(
    args: &MutateArgs,
    project: &Project,
    builder: &Builder,
    tests: &Arc<Vec<Box<dyn AnyTest>>>,
    subject: &Subject,
) -> Result<Summary, CommandError> {
    let started = Instant::now();
    let stem = &subject.block.stem;
    let key = ModelKey {
        block: stem.clone(),
        config: subject.config.clone(),
        flavour: Flavour::Fast,
    };
    let selection = Selection {
        filters: vec![format!("{stem}::")],
        configs: vec![subject.config.clone()],
        iterations: None,
        seed: 1,
        flavour: Flavour::Fast,
    };
    let mut cases = runner::select(tests, builder.manifest(), &selection)?;
    // The first seed of each test before any second one.
    cases.sort_by_key(|case| case.seed);
    let style = Style::stderr();
    eprintln!(
        "{:>12} {stem} {}: {} of {} mutants, {} cases",
        style.green("mutating"),
        subject.config,
        subject.mutants.len(),
        subject.design.mutants().len(),
        cases.len()
    );
    let models = models::build(project, builder, &key, subject)?;
    let built = started.elapsed();
    let jobs = match args.jobs {
        Some(jobs) => jobs as usize,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let baseline = trials::baseline(tests, &cases, &models, jobs)?;
    let verdicts = trials::run(tests, &cases, &models, &baseline, &subject.mutants, jobs)?;
    let report = Report {
        subject,
        args,
        verdicts: &verdicts,
        model: &models.select.hash,
        built,
        took: started.elapsed(),
    };
    let summary = report.summary();
    report.tell(&summary);
    if args.only.is_empty() {
        let name = format!("mutation/{stem}-{}.json", subject.config);
        let path = project.output().join(name);
        let json = serde_json::to_vec_pretty(&summary.json).map_err(CommandError::unforeseen)?;
        files::write(&path, &json)?;
        eprintln!("{:>12} {}", "wrote", project.show(&path));
    }
    Ok(summary)
}
