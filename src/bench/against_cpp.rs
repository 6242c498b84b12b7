//! Rust against a C++ loop written by hand: the same model, the same stimulus, the same checksum.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use gpnpu_bridge::builder::{BuiltModel, ModelKey};
use gpnpu_bridge::dut::{Dut, Ports};
use gpnpu_golden::npu::format::Format;
use gpnpu_testbenches::kit::{
    AnyTest, Execution, Limits, Pace, Parameters, Run, Streams, Testbench,
};
use gpnpu_testbenches::npu::mac_array::ArrayTb;
use gpnpu_testbenches::ports::common_fifo::{self, CommonFifo};
use gpnpu_testbenches::ports::npu_mac_array::{self, NpuMacArray};

use super::gemm::{self, Job, Shape};
use super::{BenchError, Context, Figure};

/// Repetitions of each side, in turn; the best of each counts, since other programs can only take time away. They are
/// short and many, so that some of each side are not disturbed.
const REPETITIONS: usize = 40;
/// Fixes what the RTL does not reset, on both sides alike.
const SEED: u64 = 1;

/// One repetition of one side.
#[derive(Clone, Copy, Debug)]
struct Sample {
    cycles: u64,
    seconds: f64,
    checksum: u64,
}

impl Sample {
    fn rate(&self) -> f64 {
        self.cycles as f64 / self.seconds
    }
}

/// A checksum over all outputs of all cycles, as in the C++ loops.
#[derive(Clone, Copy, Default)]
struct Checksum(u64);

impl Checksum {
    #[inline(always)]
    fn add(&mut self, word: u32) {
        self.0 = self.0.rotate_left(5) ^ u64::from(word);
    }

    #[inline(always)]
    fn array(&mut self, o: &npu_mac_array::Out) {
        self.add(u32::from(o.cmd_ready_o));
        self.add(u32::from(o.a_ready_o));
        self.add(u32::from(o.b_ready_o));
        self.add(u32::from(o.c_ready_o));
        self.add(u32::from(o.d_valid_o));
        for word in &o.d_o {
            self.add(*word);
        }
    }

    #[inline(always)]
    fn fifo(&mut self, o: &common_fifo::Out) {
        self.add(u32::from(o.in_ready_o));
        self.add(u32::from(o.out_valid_o));
        self.add(o.out_o as u32);
        self.add(u32::from(o.occupancy_o));
    }
}

/// Best rates of both sides, measured in turn.
struct Rates {
    rust: f64,
    cpp: f64,
}

/// Runs both sides in turn. Both have to have run the same cycles with the same outputs.
fn in_turn(
    mut rust: impl FnMut() -> Result<Sample, BenchError>,
    mut cpp: impl FnMut() -> Result<Sample, BenchError>,
) -> Result<Rates, BenchError> {
    let mut best = Rates {
        rust: 0.0,
        cpp: 0.0,
    };
    for _ in 0..REPETITIONS {
        let (theirs, ours) = (cpp()?, rust()?);
        if (theirs.cycles, theirs.checksum) != (ours.cycles, ours.checksum) {
            return Err(BenchError::new(format!(
                "the sides did different things: C++ ran {} cycles with checksum {:016x}, Rust {} with {:016x}",
                theirs.cycles, theirs.checksum, ours.cycles, ours.checksum
            )));
        }
        best.rust = best.rust.max(ours.rate());
        best.cpp = best.cpp.max(theirs.rate());
    }
    Ok(best)
}

impl Rates {
    fn figure(&self, name: &str, goal: f64, compared: &str, checksum: u64) -> Figure {
        let compared = format!(
            "{compared}: {:.1} against {:.1} kcycles/s, best of {REPETITIONS} in turn, checksum {checksum:016x}",
            self.rust / 1e3,
            self.cpp / 1e3
        );
        Figure::at_least(name, "of C++", self.rust / self.cpp, goal, compared)
    }
}

/// Runs a C++ loop once on the stimulus in `file`.
fn cpp_loop(program: &Path, file: &Path) -> Result<Sample, BenchError> {
    let output = Command::new(program)
        .arg(file)
        .arg(SEED.to_string())
        .output()
        .map_err(|e| BenchError::new(format!("cannot run `{}`: {e}", program.display())))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let fields: Vec<&str> = text.split_whitespace().collect();
    let sample = match fields[..] {
        [cycles, seconds, checksum] if output.status.success() => cycles
            .parse()
            .ok()
            .zip(seconds.parse().ok())
            .zip(u64::from_str_radix(checksum, 16).ok()),
        _ => None,
    };
    let Some(((cycles, seconds), checksum)) = sample else {
        return Err(BenchError::new(format!(
            "`{}` ended with {} and wrote `{}`, not cycles, seconds and a checksum",
            program.display(),
            output.status,
            text.trim()
        )));
    };
    Ok(Sample {
        cycles,
        seconds,
        checksum,
    })
}

fn write_frames(path: &Path, frames: &[u32]) -> Result<(), BenchError> {
    let bytes: Vec<u8> = frames.iter().flat_map(|word| word.to_le_bytes()).collect();
    fs::write(path, bytes)
        .map_err(|e| BenchError::new(format!("cannot write `{}`: {e}", path.display())))
}

fn array_loop(context: &Context<'_>, key: &ModelKey) -> Result<std::path::PathBuf, BenchError> {
    Ok(context
        .builder
        .build_program(key, include_str!("array_loop.cc"))?)
}

/// `drive_array`: typed ports of the 4 x 4 array, set and read in every cycle.
pub fn drive_array(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let model = context.model(NpuMacArray::BLOCK, "4x4")?;
    let program = array_loop(context, &model.key)?;
    let shape = Shape::of(&Parameters::of(&model.layout));
    let jobs = (0..64)
        .map(|index| {
            let format = [Format::Int8, Format::Fp16][index % 2];
            Job::draw(shape, format, 8, index as u64)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut stimulus = Vec::new();
    let mut frames = Vec::new();
    let mut device = Dut::<NpuMacArray>::load(&model, SEED)?;
    gemm::run(&mut device, shape, &jobs, |device| {
        stimulus.push(device.i.clone());
        device.push_frame(&mut frames);
    })?;
    let file = context.folder.join("drive_array.frames");
    write_frames(&file, &frames)?;
    let mut checksum = 0;
    let rates = in_turn(
        || {
            let sample = drive_typed(&model, &stimulus)?;
            checksum = sample.checksum;
            Ok(sample)
        },
        || cpp_loop(&program, &file),
    )?;
    let compared = "Rust setting and reading typed ports of npu_mac_array 4x4 in every cycle, int8 and fp16 GEMM tiles \
                    at full rate, against a C++ loop";
    Ok(vec![rates.figure("drive_array", 0.95, compared, checksum)])
}

fn drive_typed(model: &BuiltModel, stimulus: &[npu_mac_array::In]) -> Result<Sample, BenchError> {
    let mut device = Dut::<NpuMacArray>::load(model, SEED)?;
    let mut sum = Checksum::default();
    let started = Instant::now();
    for inputs in stimulus {
        let i = &mut device.i;
        i.rst_ni = inputs.rst_ni;
        i.cmd_valid_i = inputs.cmd_valid_i;
        i.cmd_i = inputs.cmd_i;
        i.a_valid_i = inputs.a_valid_i;
        i.a_i.clone_from_slice(&inputs.a_i);
        i.b_valid_i = inputs.b_valid_i;
        i.b_i.clone_from_slice(&inputs.b_i);
        i.c_valid_i = inputs.c_valid_i;
        i.c_i.copy_from_slice(&inputs.c_i);
        i.d_ready_i = inputs.d_ready_i;
        device.cycle()?;
        sum.array(&device.o);
    }
    Ok(Sample {
        cycles: device.now().0,
        seconds: started.elapsed().as_secs_f64(),
        checksum: sum.0,
    })
}

/// `drive_tiny`: the smallest block, where nothing hides what the bridge costs; many cycles in one foreign call.
pub fn drive_tiny(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    const CYCLES: usize = 1_000_000;
    const BATCH: usize = 512;
    let model = context.model(CommonFifo::BLOCK, "w32d4")?;
    let program = context
        .builder
        .build_program(&model.key, include_str!("fifo_loop.cc"))?;
    let streams = Streams::new(SEED, "bench");
    let mut push = Pace::Percent(75).start(streams.rng("push"));
    let mut pop = Pace::Percent(75).start(streams.rng("pop"));
    let mut frames = Vec::new();
    let mut device = Dut::<CommonFifo>::load(&model, SEED)?;
    let mut stalled = false;
    for cycle in 0..CYCLES as u64 {
        let i = &mut device.i;
        i.rst_ni = cycle >= 2;
        if !stalled {
            i.in_valid_i = push.step() && i.rst_ni;
            i.in_i = cycle.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
        }
        i.out_ready_i = pop.step();
        device.push_frame(&mut frames);
        device.cycle()?;
        stalled = device.i.in_valid_i && !device.o.in_ready_o;
    }
    let file = context.folder.join("drive_tiny.frames");
    write_frames(&file, &frames)?;
    let words = model.layout.input_words;
    let mut checksum = 0;
    let rates = in_turn(
        || {
            let mut device = Dut::<CommonFifo>::load(&model, SEED)?;
            let mut sum = Checksum::default();
            let started = Instant::now();
            for batch in frames.chunks(BATCH * words) {
                device.run_batch(batch, |_, o| sum.fifo(o))?;
            }
            checksum = sum.0;
            Ok(Sample {
                cycles: device.now().0,
                seconds: started.elapsed().as_secs_f64(),
                checksum,
            })
        },
        || cpp_loop(&program, &file),
    )?;
    let compared = "Rust playing frames through common_fifo w32d4, 512 cycles in a call, and reading typed ports of \
                    every cycle, against a C++ loop";
    Ok(vec![rates.figure("drive_tiny", 0.85, compared, checksum)])
}

/// `random_test`: a whole test, against a C++ loop that plays the very inputs which the test drove.
pub fn random_test(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    const SEEDS: std::ops::RangeInclusive<u64> = 1..=6;
    let model = context.model(NpuMacArray::BLOCK, "4x4")?;
    let program = array_loop(context, &model.key)?;
    let tests = gpnpu_testbenches::tests();
    let test = tests
        .iter()
        .find(|test| test.id() == "npu_mac_array::random")
        .ok_or_else(|| BenchError::new("there is no test npu_mac_array::random"))?;
    let mut files = Vec::new();
    for seed in SEEDS {
        let frames = recorded(&**test, &model, seed)?;
        let file = context.folder.join(format!("random-{seed}.frames"));
        write_frames(&file, &frames)?;
        files.push((file, replay_checksum(&model, &frames)?));
    }
    let mut checksum = 0;
    let rates = in_turn(
        || {
            let mut sum = Sample {
                cycles: 0,
                seconds: 0.0,
                checksum: 0,
            };
            for (seed, (_, replayed)) in SEEDS.zip(&files) {
                let started = Instant::now();
                let outcome = test.execute(&model, &Execution::seed(seed));
                sum.seconds += started.elapsed().as_secs_f64();
                sum.cycles += outcome.cycles.0;
                sum.checksum ^= replayed.rotate_left(seed as u32);
                outcome.result.map_err(BenchError::new)?;
            }
            checksum = sum.checksum;
            Ok(sum)
        },
        || {
            let mut sum = Sample {
                cycles: 0,
                seconds: 0.0,
                checksum: 0,
            };
            for (seed, (file, _)) in SEEDS.zip(&files) {
                let sample = cpp_loop(&program, file)?;
                sum.seconds += sample.seconds;
                sum.cycles += sample.cycles;
                sum.checksum ^= sample.checksum.rotate_left(seed as u32);
            }
            Ok(sum)
        },
    )?;
    let compared = "npu_mac_array::random on 4x4, 6 seeds, with strategy, agents, golden and coverage, against a C++ \
                    loop that plays the same inputs of the same cycles";
    Ok(vec![rates.figure("random_test", 0.5, compared, checksum)])
}

/// The input frames of a case, from a run of it that is not timed. The timed runs have the same digest.
fn recorded(test: &dyn AnyTest, model: &BuiltModel, seed: u64) -> Result<Vec<u32>, BenchError> {
    let stimulus = test.stimulus(&Parameters::of(&model.layout), seed);
    let stimulus = serde_json::from_value(stimulus).map_err(BenchError::new)?;
    let streams = Streams::new(seed, &test.id());
    let mut device = Dut::load(model, streams.number("initial state"))?;
    device.record();
    let mut run = Run::new(device, streams, Limits::default(), false);
    ArrayTb::run(&mut run, &stimulus).map_err(BenchError::new)?;
    let timed = test.execute(model, &Execution::seed(seed));
    if timed.digest == run.dut.digest() {
        Ok(run.dut.take_recorded())
    } else {
        Err(BenchError::new(format!(
            "npu_mac_array::random with seed {seed} did something else when it was recorded"
        )))
    }
}

/// Checksum of the outputs when the frames are played in Rust.
fn replay_checksum(model: &BuiltModel, frames: &[u32]) -> Result<u64, BenchError> {
    let mut device = Dut::<NpuMacArray>::load(model, SEED)?;
    let mut sum = Checksum::default();
    device.run_batch(frames, |_, o| sum.array(o))?;
    Ok(sum.0)
}
