//! Results, written as they land.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::TransactionBehavior;

use crate::cases::{self, CaseRow};
use crate::coverage::Spaces;
use crate::error::HistoryError;
use crate::runs::RunId;
use crate::store::History;

/// Results that land within this time of each other share a transaction.
pub const BATCH_TIME: Duration = Duration::from_millis(100);

/// Most results of one transaction.
const BATCH: usize = 512;

/// The thread that writes the results of one run. Dropped, it writes what it was given.
#[derive(Debug)]
pub struct Writer {
    sender: Sender<CaseRow>,
    confirmed: Receiver<usize>,
    thread: JoinHandle<Result<WriterReport, HistoryError>>,
}

/// What writing took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterReport {
    /// Results written.
    pub cases: usize,
    /// Transactions.
    pub transactions: usize,
    /// Time spent writing, waits for the disk included.
    pub busy: Duration,
    /// Time of the processor that it took.
    pub processor: Duration,
}

impl Writer {
    /// Begins to write results of a run of the database at `path`.
    ///
    /// # Errors
    ///
    /// As [`History::open`].
    pub fn start(path: &Path, run: RunId) -> Result<Self, HistoryError> {
        let history = History::open(path)?;
        let (sender, receiver) = mpsc::channel();
        let (confirm, confirmed) = mpsc::channel();
        let thread = std::thread::spawn(move || work(history, run, &receiver, &confirm));
        Ok(Self {
            sender,
            confirmed,
            thread,
        })
    }

    /// Hands a result over; whether the writer still takes any. If not, [`Writer::finish`] says why.
    pub fn send(&self, case: CaseRow) -> bool {
        self.sender.send(case).is_ok()
    }

    /// How many more results are on the disk now, in the order in which they were sent; does not wait.
    pub fn confirmed(&self) -> usize {
        self.confirmed.try_iter().sum()
    }

    /// Writes the rest. All that was sent is on the disk then.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Full`], [`HistoryError::Corrupted`] or [`HistoryError::Sqlite`]: results that were not confirmed are
    /// lost.
    pub fn finish(self) -> Result<WriterReport, HistoryError> {
        drop(self.sender);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn work(
    mut history: History,
    run: RunId,
    receiver: &Receiver<CaseRow>,
    confirm: &Sender<usize>,
) -> Result<WriterReport, HistoryError> {
    let mut report = WriterReport::default();
    let mut spaces = Spaces::default();
    while let Ok(first) = receiver.recv() {
        let until = Instant::now() + BATCH_TIME;
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(case) => batch.push(case),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        let begun = Instant::now();
        let path: PathBuf = history.path.clone();
        write(&mut history, run, &mut spaces, &batch)
            .map_err(|error| HistoryError::sqlite(&path, &error))?;
        report.busy += begun.elapsed();
        report.cases += batch.len();
        report.transactions += 1;
        // Whoever no longer listens does not need to know.
        let _ = confirm.send(batch.len());
    }
    report.processor = own_time();
    Ok(report)
}

fn write(
    history: &mut History,
    run: RunId,
    spaces: &mut Spaces,
    batch: &[CaseRow],
) -> rusqlite::Result<()> {
    let transaction = history
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = batch
        .iter()
        .try_for_each(|case| cases::insert(&transaction, spaces, run, case));
    let written = written.and_then(|()| transaction.commit());
    if written.is_err() {
        spaces.forget();
    }
    written
}

/// Time that this thread has had the processor, as far as the system tells it.
fn own_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next();
    Duration::from_nanos(nanoseconds.and_then(|n| n.parse().ok()).unwrap_or_default())
}
