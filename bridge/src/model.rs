//! A loaded model.

use std::fmt;
use std::path::Path;

use crate::BridgeError;
use crate::builder::BuiltModel;
use crate::ffi::bridge as ffi;
use crate::ports::Layout;

/// Number of clock cycles since the model was made; cycle 0 is the first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Cycle(pub u64);

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Picoseconds of one clock cycle in waves: cycle `k` begins at `k * CYCLE_PS`, its rising edge is half-way.
pub const CYCLE_PS: u64 = 1000;

/// Kind of a report of the RTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// `$finish`.
    Finish,
    /// `$stop`, `$error` or a failed assertion.
    Stop,
    /// `$fatal` or an error of the simulation runtime; the model cannot go on.
    Fatal,
}

/// What the RTL reported besides its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Kind.
    pub kind: EventKind,
    /// Cycle in which it happened.
    pub cycle: Cycle,
    /// RTL file and line.
    pub place: String,
    /// Hierarchical name of the assertion; of a plain `$error` or `$fatal`, the scope that it stands in.
    pub assertion: Option<String>,
    /// Its message.
    pub message: String,
}

impl Event {
    fn new(record: &ffi::EventRecord) -> Self {
        let kind = match record.bits {
            1 => EventKind::Finish,
            4 => EventKind::Fatal,
            _ => EventKind::Stop,
        };
        // "[1500] %Error: fifo.sv:40: Assertion failed in TOP.fifo.Label_A: the message"
        let (assertion, message) = match record.message.split_once("Assertion failed in ") {
            Some((_, rest)) => match rest.split_once(": ") {
                Some((name, message)) => (Some(name.to_owned()), message),
                None => (Some(rest.trim_end_matches([':', '\n', ' ']).to_owned()), ""),
            },
            None => (None, record.message.as_str()),
        };
        let file = record
            .file
            .rsplit_once("/rtl/")
            .map_or(record.file.as_str(), |(_, file)| file);
        Self {
            kind,
            cycle: Cycle(record.cycle),
            place: format!("{file}:{}", record.line),
            assertion,
            message: message.trim().to_owned(),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cycle,
            place,
            message,
            ..
        } = self;
        match (self.kind, &self.assertion) {
            (EventKind::Finish, _) => write!(f, "cycle {cycle}: $finish at {place}"),
            (EventKind::Stop, Some(name)) => write!(
                f,
                "cycle {cycle}: assertion `{name}` failed at {place}: {message}"
            ),
            (EventKind::Stop, None) => {
                write!(f, "cycle {cycle}: $stop or $error at {place}: {message}")
            }
            (EventKind::Fatal, _) => write!(f, "cycle {cycle}: fatal at {place}: {message}"),
        }
    }
}

/// Hash over all sampled ports of all cycles; equal in every flavour for equal stimulus and seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One instance of a Verilated block. Lives and dies on the thread that made it.
pub struct Model {
    inner: cxx::UniquePtr<ffi::Model>,
    built: BuiltModel,
}

impl Model {
    /// Loads the shared object and makes an instance whose uninitialised state comes from `seed`.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Load`] if the object cannot be loaded.
    pub fn load(built: &BuiltModel, seed: u64) -> Result<Self, BridgeError> {
        // 31 bits, and never 0, which would mean "pick one" to the runtime.
        let seed = (((seed ^ (seed >> 32)) as u32) & 0x7fff_ffff).max(1);
        let path = built.object.to_string_lossy();
        let inner =
            ffi::load_model(&path, seed, &built.plusargs).map_err(|e| BridgeError::Load {
                model: built.key.to_string(),
                message: e.what().to_owned(),
            })?;
        Ok(Self {
            inner,
            built: built.clone(),
        })
    }

    /// Its ports.
    pub fn layout(&self) -> &Layout {
        &self.built.layout
    }

    /// What it was built from.
    pub fn built(&self) -> &BuiltModel {
        &self.built
    }

    /// Runs up to `count` cycles in one foreign call, stopping after a cycle in which the RTL reported something.
    /// `inputs` holds either one frame, held for all cycles, or `count` frames; `outputs` either one frame, which
    /// ends as the last cycle's, or `count` frames. Returns the number of cycles that ran and whether there is a new
    /// report.
    ///
    /// # Panics
    ///
    /// If a slice holds neither one frame nor `count`.
    pub fn run(&mut self, inputs: &[u32], outputs: &mut [u32], count: usize) -> (usize, bool) {
        let stride = |length: usize, frame: usize, what: &str| {
            if length == frame {
                0
            } else {
                assert!(
                    frame.checked_mul(count) == Some(length),
                    "{what}: {length} words given, {frame} or {count} times as many needed"
                );
                frame
            }
        };
        let in_stride = stride(inputs.len(), self.built.layout.input_words, "inputs");
        let out_stride = stride(outputs.len(), self.built.layout.output_words, "outputs");
        let result = ffi::run_cycles(
            self.inner.pin_mut(),
            inputs,
            in_stride,
            outputs,
            out_stride,
            count,
        );
        (result.done, result.events != 0)
    }

    /// Digest of the run so far.
    pub fn digest(&self) -> Digest {
        Digest(ffi::digest(&self.inner))
    }

    /// The cycle that runs next.
    pub fn cycle(&self) -> Cycle {
        Cycle(ffi::cycle_count(&self.inner))
    }

    /// All reports so far, oldest first; a bounded number is kept.
    pub fn events(&self) -> Vec<Event> {
        ffi::events(&self.inner).iter().map(Event::new).collect()
    }

    /// What the RTL printed; a bounded amount is kept.
    pub fn log(&self) -> String {
        ffi::log(&self.inner)
    }

    /// Numbers that the RTL marked so far through the DPI function `gpnpu_mark`, in ascending order.
    pub fn marks(&self) -> Vec<u32> {
        ffi::marks(&self.inner)
    }

    /// Starts dumping waves into memory; at least the last `window` cycles are kept, with 0 all.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Flavour`] unless the model's flavour is `trace`.
    pub fn start_waves(&mut self, window: u64) -> Result<(), BridgeError> {
        if ffi::start_waves(self.inner.pin_mut(), window) {
            Ok(())
        } else {
            Err(self.lacks("tracing", "trace"))
        }
    }

    /// Ends the dump and returns it as VCD text; empty if none was started.
    pub fn take_waves(&mut self) -> Vec<u8> {
        ffi::take_waves(self.inner.pin_mut())
    }

    /// Writes Verilator's `coverage.dat` for this run.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Flavour`] unless the model's flavour is `cover`, [`BridgeError::Io`] if the file cannot be written.
    pub fn write_coverage(&mut self, path: &Path) -> Result<(), BridgeError> {
        match ffi::write_coverage(self.inner.pin_mut(), &path.to_string_lossy()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.lacks("coverage", "cover")),
            Err(e) => Err(BridgeError::io(
                "write",
                path,
                std::io::Error::other(e.what()),
            )),
        }
    }

    fn lacks(&self, feature: &'static str, flavour: &'static str) -> BridgeError {
        BridgeError::Flavour {
            model: self.built.key.to_string(),
            feature,
            flavour,
        }
    }
}
