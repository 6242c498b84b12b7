//! One run of a testbench on a device.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::BuiltModel;
use gpnpu_bridge::dut::{Dut, Ports};
use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::functional::Record;

use super::wave::Tracks;
use super::{Execution, Failure, FailureKind, Parameters, Streams, Table};

static STOP: AtomicBool = AtomicBool::new(false);

/// Asks all runs to end, as Ctrl-C does; safe in a signal handler.
pub fn request_stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether [`request_stop`] was called.
pub fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// When a run that does not end by itself is ended.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clock cycles.
    pub cycles: u64,
    /// Wall-clock time.
    pub wall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cycles: 2_000_000,
            wall: Duration::from_secs(120),
        }
    }
}

impl Limits {
    /// The default limits, or more where a failure in this cycle would be beyond them.
    pub fn reaching(cycle: Cycle) -> Self {
        let default = Self::default();
        let times = u32::try_from(cycle.0 / default.cycles).unwrap_or(u32::MAX - 1) + 1;
        Self {
            cycles: default.cycles.saturating_mul(times.into()),
            wall: default.wall.saturating_mul(times),
        }
    }
}

/// A device with what a testbench needs around it.
pub struct Run<P: Ports> {
    /// The device under test.
    pub dut: Dut<P>,
    /// Random streams of the case.
    pub streams: Streams,
    /// Parameters of the configuration.
    pub parameters: Parameters,
    /// Golden's values and transactions for the waves; none unless waves are dumped.
    pub tracks: Option<Tracks>,
    pub(crate) functional: Option<Record>,
    pub(crate) tables: Vec<Table>,
    limits: Limits,
    started: Instant,
}

impl<P: Ports> Run<P> {
    /// A run on `dut` that has not begun; with `waves`, golden's tracks are kept.
    pub fn new(dut: Dut<P>, streams: Streams, limits: Limits, waves: bool) -> Self {
        let parameters = Parameters::of(dut.layout());
        Self {
            dut,
            streams,
            parameters,
            tracks: waves.then(Tracks::default),
            functional: None,
            tables: Vec::new(),
            limits,
            started: Instant::now(),
        }
    }

    /// A run of a case of the test `id` on a model that it loads.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`].
    pub fn load(model: &BuiltModel, id: &str, execution: &Execution) -> Result<Self, Failure> {
        let setup = |error: gpnpu_bridge::BridgeError| {
            Failure::new(FailureKind::Setup, Cycle(0), error.to_string())
        };
        let streams = Streams::new(execution.seed, id);
        let mut dut = Dut::load(model, streams.number("initial state")).map_err(setup)?;
        if let Some(window) = execution.waves {
            dut.model().start_waves(window).map_err(setup)?;
        }
        Ok(Self::new(
            dut,
            streams,
            execution.limits,
            execution.waves.is_some(),
        ))
    }

    /// Does something with the run; a panic of it is a failure.
    ///
    /// # Errors
    ///
    /// Those of `what`, and [`FailureKind::Panic`].
    pub fn guarded<R>(
        &mut self,
        what: impl FnOnce(&mut Self) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        catch_unwind(AssertUnwindSafe(|| what(self))).unwrap_or_else(|panic| {
            Err(Failure::new(
                FailureKind::Panic,
                self.dut.now(),
                format!("the testbench panicked: {}", words(&*panic)),
            ))
        })
    }

    /// Runs one clock cycle with the inputs in `dut.i` and returns its number; its outputs are in `dut.o`.
    ///
    /// # Errors
    ///
    /// What the RTL reported, a limit that was reached, or the user's stop.
    #[inline]
    pub fn cycle(&mut self) -> Result<Cycle, Failure> {
        let now = self.dut.now();
        if now.0.is_multiple_of(1024) || now.0 >= self.limits.cycles {
            self.check_limits(now)?;
        }
        self.dut.cycle()?;
        Ok(now)
    }

    /// Holds the inputs for `count` cycles.
    ///
    /// # Errors
    ///
    /// As [`Run::cycle`].
    pub fn cycles(&mut self, count: usize) -> Result<(), Failure> {
        self.check_limits(self.dut.now())?;
        Ok(self.dut.cycles(count)?)
    }

    /// Resets the block for two cycles and returns the number of the last; its outputs in reset are in `dut.o` then.
    ///
    /// `quiet` drops every valid and names the reset, which is active low: `|i| { i.in_valid_i = false; &mut i.rst_ni }`.
    ///
    /// # Errors
    ///
    /// As [`Run::cycle`].
    pub fn reset(
        &mut self,
        mut quiet: impl FnMut(&mut P::Inputs) -> &mut bool,
    ) -> Result<Cycle, Failure> {
        *quiet(&mut self.dut.i) = false;
        self.cycles(1)?;
        let last = self.cycle()?;
        *quiet(&mut self.dut.i) = true;
        Ok(last)
    }

    /// Shows golden's value of a signal in the waves from this cycle on.
    #[inline]
    pub fn golden(&mut self, cycle: Cycle, signal: impl fmt::Display, width: usize, words: &[u32]) {
        if let Some(tracks) = &mut self.tracks {
            tracks.value(cycle, &signal.to_string(), width, words);
        }
    }

    /// Shows a transaction in the waves from this cycle on.
    #[inline]
    pub fn note(&mut self, cycle: Cycle, track: &str, text: impl FnOnce() -> String) {
        if let Some(tracks) = &mut self.tracks {
            tracks.text(cycle, track, text());
        }
    }

    /// Hands over the functional coverage of the run, sampled from checked transactions alone; it counts only if the
    /// run passes.
    pub fn covered(&mut self, record: Record) {
        self.functional = Some(record);
    }

    /// Reports what was measured.
    pub fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    #[cold]
    fn check_limits(&self, now: Cycle) -> Result<(), Failure> {
        if now.0 >= self.limits.cycles {
            let message = format!("not finished after {} cycles", self.limits.cycles);
            return Err(Failure::new(FailureKind::CycleLimit, now, message));
        }
        if self.started.elapsed() >= self.limits.wall {
            let message = format!("not finished after {} s", self.limits.wall.as_secs_f64());
            return Err(Failure::new(FailureKind::WallClock, now, message));
        }
        if stop_requested() {
            return Err(Failure::new(
                FailureKind::Interrupted,
                now,
                "stopped by the user",
            ));
        }
        Ok(())
    }
}

/// What a panic says.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

impl From<gpnpu_coverage::functional::SampleError> for Failure {
    fn from(error: gpnpu_coverage::functional::SampleError) -> Self {
        Self::new(FailureKind::IllegalBin, Cycle(0), error.to_string())
    }
}
