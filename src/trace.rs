//! `gpnpu trace`.

mod commands;
mod parse;
mod report;
mod source;
mod timing;

use gpnpu_bridge::builder::{Flavour, ModelKey};
use gpnpu_bridge::dut::Ports;
use gpnpu_golden::mem3d::limits::Refresh;
use gpnpu_testbenches::kit::Parameters;
use gpnpu_testbenches::mem3d::analysis::{Analysis, Summary};
use gpnpu_testbenches::mem3d::bound::TrafficLimit;
use gpnpu_testbenches::mem3d::traffic::{CommandRecord, Done, Observer};
use gpnpu_testbenches::mem3d::traffic_run::{Memory, RunError, RunOptions, run};
use gpnpu_testbenches::ports::mem3d::Mem3d;
use indicatif::{ProgressBar, ProgressStyle};

use crate::build;
use crate::cli::{Format, TraceArgs};
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::project::Project;
use crate::style::Style;
use commands::CommandsFile;
use report::Report;
use source::Trace;

/// How often the bar moves, in responses.
const TICK: u64 = 1024;

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        let exit = match error {
            RunError::Model(error) => return (*error).into(),
            RunError::Parameters(_) => Exit::Usage,
            RunError::Interrupted => Exit::Interrupted,
            RunError::Event { .. }
            | RunError::Die(_)
            | RunError::Wrong { .. }
            | RunError::Register { .. }
            | RunError::Silent { .. } => Exit::CaseFailed,
        };
        Self {
            exit,
            message: error.to_string(),
        }
    }
}

/// Runs the requests of a file on the RTL, with golden's dies on its pins.
pub fn trace(args: &TraceArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let mut manifest = project.manifest()?;
    let block = manifest.block(&args.block)?;
    if block.stem != Mem3d::BLOCK {
        return Err(CommandError::usage(format!(
            "block `{}` runs no traces (known: {})",
            block.stem,
            Mem3d::BLOCK
        )));
    }
    let choice = timing::choose(
        &project,
        block,
        args.config.as_deref(),
        args.timing.as_deref(),
    )?;
    manifest.add_config(Mem3d::BLOCK, choice.config.clone())?;
    let key = ModelKey {
        block: Mem3d::BLOCK.to_owned(),
        config: choice.config.name,
        flavour: Flavour::Fast,
    };
    let builder = project.builder_of(manifest)?;
    let memory = Memory::new(&Parameters::of(&builder.layout(&key)?))?;
    let trace = Trace::read(&args.file, memory.map.capacity())?;
    if trace.requests == 0 {
        eprintln!("nothing to run");
        return Ok(Exit::NothingSelected);
    }
    let commands = args.commands.as_deref().map(CommandsFile::create);
    let mut observed = Observed {
        analysis: Analysis::default(),
        commands: commands.transpose()?,
        bar: bar(trace.requests),
    };
    let mut built = build::build(&builder, std::slice::from_ref(&key));
    if let Some((_, error)) = built.failed.pop() {
        return Err(error.into());
    }
    interrupt::stop_on_ctrl_c()?;
    let options = RunOptions {
        outstanding: args.outstanding as usize,
        ..RunOptions::default()
    };
    let name = trace.name.clone();
    let mut limit = TrafficLimit::new(&memory, Refresh::PerBank);
    let requests = trace.into_requests().inspect(|request| limit.add(request));
    let result = run(&built.models[&key], &options, requests, &mut observed);
    observed.bar.finish_and_clear();
    let result = result?;
    if let Some(commands) = observed.commands {
        commands.finish()?;
    }
    let report = Report {
        trace: name,
        config: choice.base,
        timing: choice.timing,
        summary: Summary::new(
            &result,
            &observed.analysis,
            memory.vaults as u64,
            limit.limit(),
        ),
    };
    if args.output.format == Format::Json {
        let json = serde_json::to_string(&report).map_err(CommandError::unforeseen)?;
        println!("{json}");
    } else {
        eprint!("{}", report::table(&report));
    }
    Ok(Exit::Ok)
}

/// What is kept of a run.
struct Observed {
    analysis: Analysis,
    commands: Option<CommandsFile>,
    bar: ProgressBar,
}

impl Observer for Observed {
    fn begin(&mut self, _clock: u64) {}

    fn done(&mut self, done: &Done) {
        self.analysis.done(done);
        let count = self.analysis.reads().count() + self.analysis.writes().count();
        if count.is_multiple_of(TICK) {
            self.bar.set_position(count);
        }
    }

    fn command(&mut self, record: &CommandRecord) {
        if let Some(commands) = &mut self.commands {
            commands.command(record);
        }
    }
}

/// How far a run is, on a terminal.
fn bar(requests: u64) -> ProgressBar {
    if !Style::stderr().terminal {
        return ProgressBar::hidden();
    }
    let template = "{prefix:>12} [{elapsed_precise}] {bar:24} {pos}/{len} requests, {eta} left";
    let style = ProgressStyle::with_template(template).expect("a fixed template");
    let bar = ProgressBar::new(requests).with_style(style);
    bar.with_prefix("running")
}
