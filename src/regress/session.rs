//! Results on their way into the history and, once they are safe there, onto the screen.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gpnpu_history::{HistoryError, Identity, RunId, Writer, WriterReport};
use gpnpu_testbenches::kit::FailureKind;
use gpnpu_testbenches::runner::{Case, CaseResult};

use super::Models;
use super::record::Recorder;
use super::spec::Spec;
use crate::exit::CommandError;
use crate::project::Project;
use crate::report::Reporter;

/// Set once, when nothing more is to begin.
#[derive(Clone, Default)]
pub struct Flag(Arc<AtomicBool>);

impl Flag {
    /// Whether it was set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Cases selected so far; grows with each round that is drawn.
#[derive(Clone, Default)]
pub struct Total(Arc<AtomicUsize>);

impl Total {
    /// So many more.
    pub fn add(&self, cases: usize) {
        self.0.fetch_add(cases, Ordering::Relaxed);
    }

    /// So many fewer.
    pub fn remove(&self, cases: usize) {
        self.0.fetch_sub(cases, Ordering::Relaxed);
    }

    /// All of them.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What came of writing.
pub struct Written {
    /// Cases selected.
    pub selected: usize,
    /// What writing took, or why it stopped.
    pub writing: Result<WriterReport, HistoryError>,
}

/// One run, as it goes.
pub struct Session {
    recorder: Recorder,
    /// None once all is written.
    writer: Option<Writer>,
    reporter: Reporter,
    /// Sent to the writer, and not confirmed.
    pending: VecDeque<CaseResult>,
    done: usize,
    failed: u64,
    fail_fast: Option<u64>,
    stop: Flag,
    total: Total,
    shown: usize,
    /// Kinds of failures that were told.
    told: HashSet<(String, String)>,
}

impl Session {
    /// Begins with what is done already.
    pub fn start(
        project: &Project,
        run: RunId,
        spec: &Spec,
        own: String,
        models: &Models,
        done: &HashSet<Identity>,
    ) -> Result<Self, CommandError> {
        let total = Total::default();
        let tests = gpnpu_testbenches::tests();
        total.add(spec.round(0, &tests)?.len());
        Ok(Self {
            recorder: Recorder::new(own, models, spec),
            writer: Some(Writer::start(&project.history(), run)?),
            reporter: Reporter::new(total.get(), false),
            pending: VecDeque::new(),
            done: done.len(),
            failed: 0,
            fail_fast: spec.fail_fast,
            stop: Flag::default(),
            shown: total.get(),
            total,
            told: HashSet::new(),
        })
    }

    /// Set when nothing more is to begin.
    pub fn stop(&self) -> Flag {
        self.stop.clone()
    }

    /// Cases selected so far.
    pub fn total(&self) -> Total {
        self.total.clone()
    }

    /// A case began.
    pub fn started(&mut self, case: &Case) {
        self.reporter.started(case);
        self.idle();
    }

    /// A case ended. One that the user stopped did not, and is left to be resumed.
    pub fn finished(&mut self, mut result: CaseResult) {
        self.reporter.ended(&result.case);
        let outcome = &mut result.outcome;
        if matches!(&outcome.result, Err(failure) if failure.kind == FailureKind::Interrupted) {
            return;
        }
        self.failed += u64::from(outcome.result.is_err());
        if self.fail_fast.is_some_and(|limit| self.failed >= limit) {
            self.stop.set();
        }
        let row = self.recorder.row(&result);
        if !self.writer.as_ref().is_some_and(|writer| writer.send(row)) {
            self.stop.set();
        }
        result.outcome.functional = None;
        result.outcome.code = None;
        result.outcome.tables.clear();
        self.pending.push_back(result);
        self.idle();
    }

    /// Tells what the history has confirmed.
    pub fn idle(&mut self) {
        let total = self.total.get();
        if total > self.shown {
            self.reporter.more(total - self.shown);
            self.shown = total;
        }
        let confirmed = self.writer.as_ref().map_or(0, Writer::confirmed);
        self.tell(confirmed);
    }

    fn tell(&mut self, confirmed: usize) {
        for result in self.pending.drain(..confirmed.min(self.pending.len())) {
            self.done += 1;
            let first = match &result.outcome.result {
                Ok(()) => false,
                Err(failure) => self
                    .told
                    .insert((result.case.id.clone(), failure.kind.label())),
            };
            self.reporter.finished(&result, self.done, first);
        }
    }

    /// Nothing more comes: waits until all is written, and tells it.
    pub fn finish(mut self) -> Written {
        let selected = self.total.get();
        let writing = self
            .writer
            .take()
            .map_or(Ok(WriterReport::default()), Writer::finish);
        if writing.is_ok() {
            self.tell(self.pending.len());
        }
        self.reporter.finish();
        Written { selected, writing }
    }
}
