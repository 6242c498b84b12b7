//! The project's own checks.
//!
//! * `cargo xtask check` runs all of them: what a person runs before a commit is what CI runs.
//! * `cargo xtask synth` synthesises the blocks and reports their size and depth.
#![forbid(unsafe_code)]

mod cargo_test;
mod check;
mod layout;
mod manifest;
mod pool;
mod project;
mod rtl_text;
mod steps;
mod synth;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// Exit status when a check failed, as for a failed case of the `gpnpu` command.
const EXIT_FAILED: u8 = 100;
/// Exit status of wrong usage.
const EXIT_USAGE: u8 = 2;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own checks")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check, one line a step; the last line is `N passed, N failed`.
    Check {
        /// Run only these steps.
        #[arg(long, value_delimiter = ',', value_name = "STEP,..")]
        only: Vec<String>,
        /// List the steps and what each does.
        #[arg(long)]
        list: bool,
    },
    /// Synthesise blocks; report gates, flops, memory bits and the longest path.
    Synth {
        /// Only this block of rtl/configs.toml.
        block: Option<String>,
        /// Only this configuration.
        #[arg(long)]
        config: Option<String>,
        /// Print one JSON value.
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Print a Markdown table.
        #[arg(long)]
        markdown: bool,
        /// Do not use earlier results.
        #[arg(long)]
        fresh: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let project = Project::here();
    match cli.command {
        Task::Check { list: true, .. } => {
            check::list();
            ExitCode::SUCCESS
        }
        Task::Check { only, .. } => match check::select(&only) {
            Ok(steps) if check::run(&project, &steps) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(EXIT_FAILED),
            Err(message) => usage(&message),
        },
        Task::Synth {
            block,
            config,
            json,
            markdown,
            fresh,
        } => {
            let format = match (json, markdown) {
                (true, _) => synth::Format::Json,
                (_, true) => synth::Format::Markdown,
                _ => synth::Format::Table,
            };
            match synth::command(&project, block.as_deref(), config.as_deref(), format, fresh) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::from(EXIT_FAILED),
                Err(error) => usage(&error.to_string()),
            }
        }
    }
}

fn usage(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(EXIT_USAGE)
}
