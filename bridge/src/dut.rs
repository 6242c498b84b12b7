//! A model behind its typed ports.

use crate::BridgeError;
use crate::builder::BuiltModel;
use crate::model::{Cycle, Digest, Event, Model};
use crate::ports::{Layout, Place, Port};

/// Typed ports of one block; implemented by generated code.
pub trait Ports: 'static {
    /// Stem of the block.
    const BLOCK: &'static str;
    /// Values of all inputs.
    type Inputs: Inputs;
    /// Values of all outputs.
    type Outputs: Outputs;
}

/// Values of a block's inputs.
pub trait Inputs: Sized {
    /// All zero, sized for `layout`.
    ///
    /// # Errors
    ///
    /// What differs between `layout` and the generated code.
    fn new(layout: &Layout) -> Result<Self, String>;
    /// Writes all values into an input frame.
    fn pack(&self, ports: &[Place], frame: &mut [u32]);
}

/// Values of a block's outputs.
pub trait Outputs: Sized {
    /// All zero, sized for `layout`.
    ///
    /// # Errors
    ///
    /// What differs between `layout` and the generated code.
    fn new(layout: &Layout) -> Result<Self, String>;
    /// Reads all values from an output frame.
    fn unpack(&mut self, ports: &[Place], frame: &[u32]);
}

/// Compares elaborated ports with the names and widths that generated code expects; `None` is any width.
///
/// # Errors
///
/// The first difference.
pub fn check_ports(ports: &[Port], expected: &[(&str, Option<usize>)]) -> Result<(), String> {
    for (port, (name, width)) in ports.iter().zip(expected) {
        if port.name != *name {
            return Err(format!(
                "the model has `{}` where `{name}` is expected",
                port.name
            ));
        }
        if width.is_some_and(|width| width != port.width) {
            return Err(format!(
                "`{name}` is {} bits wide, {} expected",
                port.width,
                width.unwrap_or_default()
            ));
        }
    }
    if ports.len() == expected.len() {
        Ok(())
    } else {
        Err(format!(
            "the model has {} ports, {} expected",
            ports.len(),
            expected.len()
        ))
    }
}

/// The device under test: set `i`, run a cycle, read `o`.
///
/// Outputs are those the rising edge of that cycle sees: a beat moves in a cycle in which `valid` and `ready` of its
/// channel, one in `i` and one in `o`, are both high.
pub struct Dut<P: Ports> {
    /// Inputs of the next cycle.
    pub i: P::Inputs,
    /// Outputs of the last cycle.
    pub o: P::Outputs,
    model: Model,
    layout: Layout,
    input_places: Vec<Place>,
    output_places: Vec<Place>,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    cycle: Cycle,
    recording: Option<Vec<u32>>,
}

impl<P: Ports> Dut<P> {
    /// Loads a model of the block; see [`Model::load`].
    ///
    /// # Errors
    ///
    /// [`BridgeError::Load`], or [`BridgeError::Ports`] if the generated code does not fit the model.
    pub fn load(built: &BuiltModel, seed: u64) -> Result<Self, BridgeError> {
        let layout = built.layout.clone();
        let stale = |message: String| BridgeError::Ports {
            block: layout.block.clone(),
            message: format!("{message}; run `gpnpu ports` to generate the Rust ports again"),
        };
        if layout.block != P::BLOCK {
            return Err(stale(format!(
                "the typed ports are those of `{}`",
                P::BLOCK
            )));
        }
        Ok(Self {
            i: P::Inputs::new(&layout).map_err(stale)?,
            o: P::Outputs::new(&layout).map_err(stale)?,
            model: Model::load(built, seed)?,
            inputs: vec![0; layout.input_words],
            outputs: vec![0; layout.output_words],
            input_places: Place::of(&layout.inputs),
            output_places: Place::of(&layout.outputs),
            layout,
            cycle: Cycle(0),
            recording: None,
        })
    }

    /// Drives `i`, runs one clock cycle, samples `o`.
    ///
    /// # Errors
    ///
    /// What the RTL reported in this cycle, if it did.
    #[inline]
    pub fn cycle(&mut self) -> Result<(), Event> {
        self.cycles(1)
    }

    /// Holds `i` for `count` cycles in one foreign call; `o` is that of the last.
    ///
    /// # Errors
    ///
    /// What the RTL reported, in the cycle where it did; the rest is not run.
    pub fn cycles(&mut self, count: usize) -> Result<(), Event> {
        self.i.pack(&self.input_places, &mut self.inputs);
        let (done, event) = self.model.run(&self.inputs, &mut self.outputs, count);
        self.o.unpack(&self.output_places, &self.outputs);
        self.cycle.0 += done as u64;
        if let Some(frames) = &mut self.recording {
            for _ in 0..done {
                frames.extend_from_slice(&self.inputs);
            }
        }
        if event {
            Err(self.last_event())
        } else {
            Ok(())
        }
    }

    /// Keeps the input frames of all cycles that [`Dut::cycle`] and [`Dut::cycles`] run from now on.
    pub fn record(&mut self) {
        self.recording = Some(Vec::new());
    }

    /// The frames kept since [`Dut::record`], for [`Dut::run_batch`]; ends the recording.
    pub fn take_recorded(&mut self) -> Vec<u32> {
        self.recording.take().unwrap_or_default()
    }

    /// Appends the frame of `i` to a batch for [`Dut::run_batch`].
    pub fn push_frame(&self, frames: &mut Vec<u32>) {
        let start = frames.len();
        frames.resize(start + self.layout.input_words, 0);
        self.i.pack(&self.input_places, &mut frames[start..]);
    }

    /// Runs a batch of input frames in one foreign call, for drivers that need no output in between, and calls `each`
    /// with the outputs of every cycle.
    ///
    /// # Errors
    ///
    /// As [`Dut::cycles`].
    pub fn run_batch(
        &mut self,
        frames: &[u32],
        mut each: impl FnMut(Cycle, &P::Outputs),
    ) -> Result<(), Event> {
        let count = frames.len() / self.layout.input_words;
        let words = self.layout.output_words;
        self.outputs.resize(count.max(1) * words, 0);
        let (done, event) = self
            .model
            .run(frames, &mut self.outputs[..count * words], count);
        for frame in self.outputs[..done * words].chunks_exact(words) {
            self.o.unpack(&self.output_places, frame);
            each(self.cycle, &self.o);
            self.cycle.0 += 1;
        }
        self.outputs.truncate(words);
        if event {
            Err(self.last_event())
        } else {
            Ok(())
        }
    }

    /// The cycle that runs next; equally, the number of cycles run.
    #[inline]
    pub fn now(&self) -> Cycle {
        self.cycle
    }

    /// The ports.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Digest of the run so far.
    pub fn digest(&self) -> Digest {
        self.model.digest()
    }

    /// The model itself: waves, coverage, log.
    pub fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    fn last_event(&self) -> Event {
        self.model.events().pop().unwrap_or_else(|| Event {
            kind: crate::model::EventKind::Fatal,
            cycle: self.cycle,
            place: String::new(),
            assertion: None,
            message: "the model was run on after a fatal error".to_owned(),
        })
    }
}
