//! A process for each case: one that crashes or hangs takes nothing else with it.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gpnpu_bridge::model::Cycle;
use gpnpu_testbenches::kit::{Failure, FailureKind, Outcome, stop_requested};
use gpnpu_testbenches::runner::{Engine, GRACE, Job};

use super::batch::{self, Batch, BatchCase};
use crate::exit::CommandError;

/// Runs each job in a process of its own.
pub struct Isolated {
    folder: PathBuf,
    command: PathBuf,
}

/// How a process ended.
enum Ended {
    ByItself(ExitStatus),
    Late,
    Stopped,
}

impl Isolated {
    /// Jobs and results pass through files in `folder`.
    pub fn new(folder: &Path) -> Result<Self, CommandError> {
        Ok(Self {
            folder: folder.to_owned(),
            command: std::env::current_exe().map_err(CommandError::unforeseen)?,
        })
    }

    fn run(&self, job: &Job) -> std::io::Result<Outcome> {
        let scratch = tempfile::Builder::new()
            .prefix(".case-")
            .tempdir_in(&self.folder)?;
        let file = |name: &str| scratch.path().join(name);
        let batch = Batch {
            jobs: 1,
            isolate: false,
            leash: true,
            cases: vec![BatchCase::from(job)],
        };
        fs::write(file("batch.json"), serde_json::to_vec(&batch)?)?;
        let mut child = Command::new(&self.command)
            .arg("batch")
            .arg(file("batch.json"))
            .arg("--out")
            .arg(file("result"))
            // Its end is the end of the process, should this one be killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(file("stderr"))?)
            // Ctrl-C is this process's matter.
            .process_group(0)
            .spawn()?;
        let ended = wait(&mut child, job.limits.wall + 2 * GRACE)?;
        let fail = |kind, message: String| Outcome::failed(Failure::new(kind, Cycle(0), message));
        let outcome = match ended {
            Ended::Stopped => fail(FailureKind::Interrupted, "stopped by the user".to_owned()),
            Ended::Late => {
                let seconds = (job.limits.wall + 2 * GRACE).as_secs();
                let message = format!("the process of the case was killed after {seconds} s");
                fail(FailureKind::WallClock, message)
            }
            Ended::ByItself(status) => {
                let mut results = batch::results(&file("result"), std::slice::from_ref(job));
                match results.pop() {
                    Some(result) => result.outcome,
                    None => {
                        let how = how(status);
                        let message = format!("the process of the case ended with {how}");
                        let said = fs::read(file("stderr")).unwrap_or_default();
                        let details = String::from_utf8_lossy(&said).trim().to_owned();
                        let failure = Failure::new(FailureKind::Crash { how }, Cycle(0), message);
                        Outcome::failed(failure.with_details(details))
                    }
                }
            }
        };
        Ok(outcome)
    }
}

impl Engine for Isolated {
    fn execute(&self, job: &Job) -> Outcome {
        let begun = Instant::now();
        let mut outcome = self.run(job).unwrap_or_else(|error| {
            let message = format!("the process of the case cannot be started: {error}");
            Outcome::failed(Failure::new(FailureKind::Setup, Cycle(0), message))
        });
        if outcome.wall.is_zero() {
            outcome.wall = begun.elapsed();
        }
        outcome
    }

    /// The process is killed before this one's thread is given up.
    fn grace(&self) -> Duration {
        4 * GRACE
    }
}

/// Waits for a process, but not for ever.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Ended> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::ByItself(status));
        }
        let ended = match (begun.elapsed() > limit, stop_requested()) {
            (true, _) => Ended::Late,
            (_, true) => Ended::Stopped,
            _ => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(10));
                continue;
            }
        };
        child.kill()?;
        child.wait()?;
        return Ok(ended);
    }
}

/// `SIGSEGV`, or `exit status 1`.
fn how(status: ExitStatus) -> String {
    match status.signal() {
        Some(4) => "SIGILL".to_owned(),
        Some(6) => "SIGABRT".to_owned(),
        Some(7) => "SIGBUS".to_owned(),
        Some(8) => "SIGFPE".to_owned(),
        Some(9) => "SIGKILL".to_owned(),
        Some(11) => "SIGSEGV".to_owned(),
        Some(signal) => format!("signal {signal}"),
        None => format!("exit status {}", status.code().unwrap_or_default()),
    }
}
