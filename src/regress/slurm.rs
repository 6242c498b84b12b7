//! Batches as job arrays.

use std::path::Path;

use gpnpu_history::Expectations;

use super::session::Session;
use super::{Models, Queue, config};
use crate::exit::CommandError;
use crate::project::Project;

/// Where batches go.
pub struct Place<'a> {
    /// The project.
    pub project: &'a Project,
    /// The folder of the run.
    pub folder: &'a Path,
    /// How work is given to Slurm.
    pub options: config::Slurm,
    /// Cases at a time.
    pub jobs: Option<u64>,
    /// A process for each case.
    pub isolate: bool,
    /// How long cases take.
    pub expected: Expectations,
    /// The models.
    pub models: &'a Models,
}

/// Runs all jobs.
pub fn run(_: &Place<'_>, _: Queue, _: &mut Session) -> Result<(), CommandError> {
    Err(CommandError::usage("slurm"))
}
