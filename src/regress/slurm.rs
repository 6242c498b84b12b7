//! Batches as job arrays. All that is said between the two sides lies in the folder of the run:
//!
//! | file | written by | holds |
//! |---|---|---|
//! | `array-3/batch-7.json` | this side | the cases of task 7 |
//! | `array-3/task.sh` | this side | what every task runs |
//! | `array-3/batch-7.results.part` | the task | results, a line each, as they land |
//! | `array-3/batch-7.results` | the task | the same, once all are there |
//! | `array-3/batch-7.log` | Slurm | what the task printed |
//!
//! Another queueing system runs the same files: `gpnpu batch array-3/batch-7.json --out array-3/batch-7.results`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use gpnpu_bridge::model::Cycle;
use gpnpu_history::{Expectations, Identity};
use gpnpu_testbenches::kit::{Failure, FailureKind, Outcome, stop_requested};
use gpnpu_testbenches::runner::{CaseResult, GRACE, Job};

use super::Queue;
use super::batch::{self, Batch, BatchCase};
use super::config::Slurm;
use super::session::Session;
use super::spec::identity;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;

/// Where batches go.
pub struct Place<'a> {
    /// The project.
    pub project: &'a Project,
    /// The folder of the run.
    pub folder: &'a Path,
    /// How work is given to Slurm.
    pub options: Slurm,
    /// Tasks at a time.
    pub jobs: Option<u64>,
    /// A process for each case.
    pub isolate: bool,
    /// How long cases take.
    pub expected: Expectations,
}

/// What a case takes that nobody has timed.
const UNKNOWN: f64 = 1.0;

/// A task of an array.
struct Task {
    jobs: Vec<Job>,
    out: PathBuf,
    /// Results that were taken.
    taken: HashSet<Identity>,
}

impl Task {
    fn missing(&self) -> Vec<Job> {
        let missing = |job: &&Job| !self.taken.contains(&identity(&job.case));
        self.jobs.iter().filter(missing).cloned().collect()
    }
}

/// An array that was submitted.
struct Array {
    number: usize,
    id: String,
    tasks: Vec<Task>,
}

/// Runs all jobs: an array of batches a round, what is lost in further arrays.
pub fn run(place: &Place<'_>, mut queue: Queue, session: &mut Session) -> Result<(), CommandError> {
    let mut number = 0;
    loop {
        let mut jobs = queue.round();
        if jobs.is_empty() {
            return Ok(());
        }
        let mut lost: HashMap<Identity, u32> = HashMap::new();
        while !jobs.is_empty() && !queue.stop.is_set() && !stop_requested() {
            number += 1;
            // What was lost once is tried in smaller batches, so that the case that takes others with it is alone in the end.
            let again = !lost.is_empty();
            let array = place.submit(number, &jobs, again)?;
            jobs = place.follow(array, session, &queue)?;
            if queue.stop.is_set() || stop_requested() {
                return Ok(());
            }
            jobs.retain(|job| {
                let times = lost.entry(identity(&job.case)).or_default();
                *times += 1;
                if *times <= place.options.requeue {
                    return true;
                }
                let message = format!("its Slurm task was lost or out of time {times} times");
                let how = "of its Slurm task".to_owned();
                let failure = Failure::new(FailureKind::Crash { how }, Cycle(0), message);
                session.finished(CaseResult {
                    case: job.case.clone(),
                    outcome: Outcome::failed(failure),
                });
                false
            });
        }
    }
}

impl Place<'_> {
    /// Splits jobs into batches of about the same work and submits them as an array.
    fn submit(&self, number: usize, jobs: &[Job], again: bool) -> Result<Array, CommandError> {
        let folder = self.folder.join(format!("array-{number}"));
        let mut tasks = Vec::new();
        let mut longest = Duration::ZERO;
        for (index, jobs) in self.split(jobs, again).into_iter().enumerate() {
            let limit: Duration = jobs.iter().map(|job| job.limits.wall + 4 * GRACE).sum();
            longest = longest.max(limit);
            let batch = Batch {
                jobs: 1,
                isolate: self.isolate,
                leash: false,
                cases: jobs.iter().map(BatchCase::from).collect(),
            };
            let json = serde_json::to_vec(&batch).map_err(CommandError::unforeseen)?;
            files::write(&folder.join(format!("batch-{index}.json")), &json)?;
            tasks.push(Task {
                jobs,
                out: folder.join(format!("batch-{index}.results")),
                taken: HashSet::new(),
            });
        }
        let command = std::env::current_exe().map_err(CommandError::unforeseen)?;
        let quoted =
            |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
        let script = format!(
            "#!/bin/sh\ncd {} || exit 1\nexport GPNPU_ROOT={}\nexec {} batch \"batch-$SLURM_ARRAY_TASK_ID.json\" --out \
             \"batch-$SLURM_ARRAY_TASK_ID.results\"\n",
            quoted(&folder),
            quoted(&self.project.root),
            quoted(&command)
        );
        let path = folder.join("task.sh");
        files::write(&path, script.as_bytes())?;
        let at_a_time = self.jobs.map_or(String::new(), |jobs| format!("%{jobs}"));
        let minutes = longest.as_secs().div_ceil(60);
        let mut sbatch = Command::new("sbatch");
        sbatch
            .args(["--parsable", "--job-name=gpnpu", "--no-requeue"])
            .arg(format!("--array=0-{}{at_a_time}", tasks.len() - 1))
            .arg(format!("--time={minutes}"))
            .arg(format!(
                "--output={}",
                folder.join("batch-%a.log").display()
            ))
            .args(&self.options.options)
            .arg(&path);
        let said = call(&mut sbatch)?;
        let id = said.trim().split(';').next().unwrap_or_default().to_owned();
        eprintln!(
            "{:>12} {} cases as job array {id} of {} tasks",
            "submitted",
            jobs.len(),
            tasks.len()
        );
        Ok(Array { number, id, tasks })
    }

    fn split(&self, jobs: &[Job], again: bool) -> Vec<Vec<Job>> {
        let seconds = |job: &Job| {
            let id = identity(&job.case);
            let known = self.expected.seconds.get(&(id.test, id.config, id.flavour));
            known.copied().unwrap_or(UNKNOWN)
        };
        let total: f64 = jobs.iter().map(seconds).sum();
        let wanted = (total / self.options.batch.as_secs_f64()).ceil() as usize;
        let wanted = if again { jobs.len() } else { wanted };
        let count = wanted.clamp(1, self.options.max_tasks.min(jobs.len()).max(1));
        // Dealt in turn: longest first, every batch gets its share of long ones.
        let mut batches = vec![Vec::new(); count];
        for (index, job) in jobs.iter().enumerate() {
            batches[index % count].push(job.clone());
        }
        batches
    }

    /// Takes results as they land until all tasks have ended; the jobs that have none, and which tasks lost them.
    fn follow(
        &self,
        mut array: Array,
        session: &mut Session,
        queue: &Queue,
    ) -> Result<Vec<Job>, CommandError> {
        let mut silent = 0;
        loop {
            // Asked first: what ended before the answer has written all that it will.
            let states = match self.states(&array.id) {
                Ok(states) => {
                    silent = 0;
                    Some(states)
                }
                // A controller that restarts is not the end of its jobs.
                Err(error) if silent >= PATIENCE => return Err(error),
                Err(_) => {
                    silent += 1;
                    None
                }
            };
            for task in &mut array.tasks {
                task.take(session);
            }
            session.idle();
            if stop_requested() || queue.stop.is_set() {
                call(Command::new("scancel").arg(&array.id))?;
                return Ok(Vec::new());
            }
            let complete = array.tasks.iter().all(|task| task.missing().is_empty());
            if complete || states.as_ref().is_some_and(HashMap::is_empty) {
                break;
            }
            sleep(self.options.poll);
        }
        // A shared file system may show a file late.
        sleep(self.options.poll);
        let mut lost = Vec::new();
        for (index, task) in array.tasks.iter_mut().enumerate() {
            task.take(session);
            let missing = task.missing();
            if !missing.is_empty() {
                eprintln!(
                    "{:>12} task {}_{index} ended without {} of its {} cases; see {}",
                    "lost",
                    array.id,
                    missing.len(),
                    task.jobs.len(),
                    self.project.show(
                        &self
                            .folder
                            .join(format!("array-{}/batch-{index}.log", array.number))
                    )
                );
                lost.extend(missing);
            }
        }
        Ok(lost)
    }

    /// The tasks of an array that wait or run, with their states.
    fn states(&self, id: &str) -> Result<HashMap<String, String>, CommandError> {
        let mut squeue = Command::new("squeue");
        squeue.args(["--noheader", "--array", "--format=%i %T", "--jobs", id]);
        let said = match call(&mut squeue) {
            Ok(said) => said,
            // A job that has left the queue long ago is no longer known.
            Err(error) if error.message.contains("Invalid job id") => String::new(),
            Err(error) => return Err(error),
        };
        let states = said.lines().filter_map(|line| line.trim().split_once(' '));
        let live = states.filter(|(_, state)| {
            matches!(
                *state,
                "PENDING"
                    | "RUNNING"
                    | "COMPLETING"
                    | "CONFIGURING"
                    | "SUSPENDED"
                    | "REQUEUED"
                    | "RESIZING"
                    | "SIGNALING"
                    | "STAGE_OUT"
                    | "STOPPED"
            )
        });
        Ok(live
            .map(|(id, state)| (id.to_owned(), state.to_owned()))
            .collect())
    }
}

/// Looks at the queue without an answer, before it is taken for down.
const PATIENCE: u32 = 30;

impl Task {
    /// Takes the results that are new.
    fn take(&mut self, session: &mut Session) {
        if self.taken.len() == self.jobs.len() {
            return;
        }
        let whole = batch::results(&self.out, &self.jobs);
        let results = if whole.is_empty() {
            batch::results(&batch::partial(&self.out), &self.jobs)
        } else {
            whole
        };
        for result in results {
            if self.taken.insert(identity(&result.case)) {
                session.finished(result);
            }
        }
    }
}

/// What one of Slurm's commands says.
fn call(command: &mut Command) -> Result<String, CommandError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            return Err(CommandError {
                exit: Exit::BuildFailed,
                message: format!(
                    "`{name}` cannot be run: {error}; the slurm backend needs Slurm's commands (Debian: slurm-client)"
                ),
            });
        }
    };
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    Err(CommandError::unforeseen(format!(
        "Slurm does not answer, or refuses: `{name}` says: {}",
        said.trim()
    )))
}
