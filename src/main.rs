//! The `gpnpu` command: runs the testbenches, reports, bundles failures, measures.
#![forbid(unsafe_code)]

mod bench;
mod buckets;
mod build;
mod cc;
mod cli;
mod coverage;
mod doctor;
mod exec;
mod exit;
mod faults;
mod files;
mod history;
mod interrupt;
mod kernels;
mod list;
mod malformed;
mod mutate;
mod ports;
mod project;
mod regress;
mod regs;
mod replay;
mod report;
mod run;
mod style;
mod trace;
mod triage;
mod vectors;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Verb};
use exit::{CommandError, Exit};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let shown = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            // Nothing is left to do if the terminal is gone.
            let _ = error.print();
            return if shown { Exit::Ok } else { Exit::Usage }.into();
        }
    };
    let result = match &cli.verb {
        Verb::List(args) => list::list(args),
        Verb::Run(args) => run::run(args),
        Verb::Regress(args) => regress::regress(args),
        Verb::History(args) => history::history(args),
        Verb::Batch(args) => regress::batch::batch(args),
        Verb::Replay(args) => replay::replay(args),
        Verb::Vectors(args) => vectors::vectors(args),
        Verb::Trace(args) => trace::trace(args),
        Verb::Exec(args) => exec::exec(args),
        Verb::Bench(args) => bench::bench(args),
        Verb::Faults(args) => faults::faults(args),
        Verb::Mutate(args) => mutate::mutate(args),
        Verb::Ports(args) => ports::ports(args),
        Verb::Regs(args) => regs::regs(args),
        Verb::Cc(args) => cc::cc(args),
        Verb::Kernels(args) => kernels::kernels(args),
        Verb::Doctor(args) => doctor::doctor(args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(CommandError { exit, message }) => {
            eprintln!("{} {message}", style::Style::stderr().red("error:"));
            exit.into()
        }
    }
}
