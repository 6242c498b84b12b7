//! `simt_*`: what the SIMT processor does in a cycle, in lockstep with golden.

use gpnpu_bridge::builder::BuiltModel;
use gpnpu_bridge::dut::Dut;
use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::float::{FpuOp, Rounding};
use gpnpu_golden::simt::instruction::{AluOp, BranchOp, Instruction, RoundingField};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::program::Program;
use gpnpu_testbenches::kit::axi::AxiPaces;
use gpnpu_testbenches::kit::{Limits, Parameters, Run, Streams};
use gpnpu_testbenches::ports::simt::Simt;
use gpnpu_testbenches::simt::arguments::Argument::{F32, I32, Ptr};
use gpnpu_testbenches::simt::elfs::elf;
use gpnpu_testbenches::simt::image::Image;
use gpnpu_testbenches::simt::kernels::{self, NARROW, RETRYING, WIDE};
use gpnpu_testbenches::simt::top_bench::{
    Ended, Launched, MemorySettings, SimtBench, Until, shape,
};

use super::{BenchError, Context, Figure, own_time};

/// Cycles from a request of the processor to its answer.
const LATENCY: u64 = 100;
const ENTRY: u64 = 0x8000_0000;
const STACKS: u64 = 0x9000_0000;

/// A fresh processor, before a memory of this content.
fn processor(model: &BuiltModel, memory: Store) -> Result<(Run<Simt>, SimtBench), BenchError> {
    let device = Dut::<Simt>::load(model, 1)?;
    let limits = Limits {
        cycles: u64::MAX,
        wall: std::time::Duration::from_secs(600),
    };
    let mut run = Run::new(device, Streams::new(1, "bench simt"), limits, false);
    let settings = MemorySettings {
        latency: LATENCY..LATENCY + 1,
        reorder: false,
        paces: AxiPaces::default(),
        faults: Vec::new(),
    };
    let mut bench = SimtBench::new(&run, memory, settings);
    bench.reset(&mut run).map_err(BenchError::new)?;
    Ok((run, bench))
}

/// Runs a launch that has to end well.
fn launch(
    run: &mut Run<Simt>,
    bench: &mut SimtBench,
    launch: &Launch,
) -> Result<Launched, BenchError> {
    let launched = bench
        .launch(run, launch, Until::default())
        .map_err(BenchError::new)?;
    match launched.ended {
        Ended::Done => Ok(launched),
        other => Err(BenchError::new(format!("a launch ends with {other:?}"))),
    }
}

/// Runs launches one after the other on a fresh processor; what the last one did.
fn run(model: &BuiltModel, memory: Store, launches: &[Launch]) -> Result<Launched, BenchError> {
    let (mut run, mut bench) = processor(model, memory)?;
    let mut last = None;
    for one in launches {
        last = Some(launch(&mut run, &mut bench, one)?);
    }
    last.ok_or_else(|| BenchError::new("nothing was launched"))
}

/// Warp instructions of the first core.
fn issued(launched: &Launched) -> u64 {
    launched.counters.iter().map(|core| core.issued).sum()
}

/// A loop of `rounds` rounds with this body, ended by a counter in `x5`.
fn repeat(rounds: i64, body: &[Instruction]) -> Program {
    let mut program = Program::new(ENTRY);
    program.li(6, rounds);
    let start = program.here();
    for instruction in body {
        program.push(*instruction);
    }
    program.op_imm(AluOp::Add, 6, 6, -1);
    program.branch(BranchOp::Bne, 6, 0, start);
    program.push(Instruction::Exit);
    program
}

/// Launches a program of `warps` warps.
fn alone(model: &BuiltModel, program: &Program, warps: usize) -> Result<Launched, BenchError> {
    let shape = shape(&Parameters::of(&model.layout));
    let mut memory = Store::default();
    program.load(&mut memory);
    let launch = Launch {
        entry: ENTRY,
        args: 0,
        grid: [1; 3],
        block: [(warps * shape.lanes) as u32, 1, 1],
        shared_bytes: 0,
        stack_base: STACKS,
        stack_log2: 8,
    };
    run(model, memory, &[launch])
}

/// Instructions per cycle of a loop, of the rounds that a longer run has more: what is before and behind the loop is not
/// in them.
fn rate(
    model: &BuiltModel,
    body: &[Instruction],
    warps: usize,
) -> Result<(f64, String), BenchError> {
    let (few, many) = (20, 60);
    let short = alone(model, &repeat(few, body), warps)?;
    let long = alone(model, &repeat(many, body), warps)?;
    let (instructions, cycles) = (issued(&long) - issued(&short), long.cycles - short.cycles);
    let compared = format!(
        "{warps} warps, {} rounds of {} instructions: {instructions} in {cycles} cycles",
        many - few,
        body.len() + 2
    );
    Ok((instructions as f64 / cycles as f64, compared))
}

/// Full rate of integer and of FMA instructions.
pub fn rates(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let model = context.model("simt", "w8t8")?;
    // Of every register the next result is needed 16 instructions later.
    let alu: Vec<Instruction> = (0..64u8)
        .map(|index| Instruction::Op {
            op: [AluOp::Add, AluOp::Xor, AluOp::Sub, AluOp::Or][usize::from(index % 4)],
            rd: 8 + index % 16,
            rs1: 8 + index % 16,
            rs2: 6,
        })
        .collect();
    let fma: Vec<Instruction> = (0..64u8)
        .map(|index| Instruction::Float {
            op: FpuOp::Madd,
            rm: RoundingField::Static(Rounding::ALL[0]),
            rd: 8 + index % 16,
            rs1: 8 + index % 16,
            rs2: 1,
            rs3: 2,
        })
        .collect();
    let mut figures = Vec::new();
    for warps in [4, 8] {
        let (value, compared) = rate(&model, &alu, warps)?;
        let name = format!("ALU, {warps} warps");
        figures.push(Figure::at_least(&name, "IPC", value, 0.98, compared));
    }
    let (value, compared) = rate(&model, &fma, 8)?;
    figures.push(Figure::at_least(
        "FMA, 8 warps",
        "IPC",
        value,
        0.98,
        compared,
    ));
    Ok(figures)
}

/// Which sides of a branch the lanes of a warp take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    /// All the first.
    First,
    /// All the second.
    Second,
    /// Half of them each.
    Both,
    /// All jump over both.
    Neither,
}

/// Instructions of each side.
const SIDE: u8 = 24;
/// Rounds of the loop around the branch.
const ROUNDS: i64 = 40;

/// A loop around a branch with two sides: if the low bits of the lane say so, the second.
fn two_sided(sides: Sides) -> Program {
    // Registers of each side in turn, so that nothing waits.
    let add = |index: u8| Instruction::OpImm {
        op: AluOp::Add,
        rd: 8 + index % 16,
        rs1: 8 + index % 16,
        imm: 1,
    };
    let mut program = Program::new(ENTRY);
    program.csrr(5, 0xcc0);
    program.op_imm(AluOp::And, 5, 5, i32::from(sides == Sides::Both));
    if sides == Sides::Second {
        program.li(5, 1);
    }
    program.li(6, ROUNDS);
    let start = program.here();
    let (other, join) = (program.label(), program.label());
    match sides {
        Sides::Neither => program.branch(BranchOp::Beq, 5, 0, join),
        _ => program.branch(BranchOp::Bne, 5, 0, other),
    }
    (0..SIDE).for_each(|index| program.push(add(index)));
    program.jal(0, join);
    program.place(other);
    (0..SIDE).for_each(|index| program.push(add(index)));
    program.place(join);
    program.op_imm(AluOp::Add, 6, 6, -1);
    program.branch(BranchOp::Bne, 6, 0, start);
    program.push(Instruction::Exit);
    program
}

/// What a branch costs beside its two sides, in a warp alone: the cycles of a round in which lanes part, less those of
/// each side when all lanes take it. The loop around the sides counts once.
pub fn divergence(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let model = context.model("simt", "w8t8")?;
    let cycles = |sides| -> Result<f64, BenchError> {
        Ok(alone(&model, &two_sided(sides), 1)?.cycles as f64 / ROUNDS as f64)
    };
    let (both, around) = (cycles(Sides::Both)?, cycles(Sides::Neither)?);
    let (first, second) = (cycles(Sides::First)?, cycles(Sides::Second)?);
    let value = both - (first + second - around);
    let compared = format!(
        "one warp, two sides of {SIDE}: {both:.1} cycles a round where lanes part; {first:.1} and {second:.1} where all \
         take one of them, {around:.1} of each without a side"
    );
    Ok(vec![Figure::at_most(
        "two-sided branch",
        "cycles",
        value,
        4.0,
        compared,
    )])
}

/// An image with a kernel that is checked in.
fn image(model: &BuiltModel, name: &str) -> Result<Image, BenchError> {
    let bytes = elf(name).ok_or_else(|| BenchError::new(format!("no kernel `{name}`")))?;
    Image::new(bytes, &shape(&Parameters::of(&model.layout))).map_err(BenchError::new)
}

fn launches(image: &Image) -> Vec<Launch> {
    image.launches.iter().map(Launch::from).collect()
}

/// Numbers between -1 and 1.
fn floats(count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|index| (index.wrapping_mul(0x9e37_79b9) >> 8) as f32 / (1u32 << 23) as f32 - 1.0)
        .collect()
}

/// Multiplies two matrices of `n` x `n`, by tiles.
fn product(model: &BuiltModel, n: usize) -> Result<Launched, BenchError> {
    let mut image = image(model, "sgemm_blocked")?;
    let [a, b, c] = [(); 3].map(|()| image.put(&floats(n * n)));
    let size = I32(n as i32);
    let grid = [(n / 32) as u32, (n / 32) as u32, 1];
    let arguments = [size, size, Ptr(a), Ptr(b), Ptr(c)];
    image
        .launch("sgemm_blocked", grid, [8, 8, 1], 0, &arguments)
        .map_err(BenchError::new)?;
    run(model, image.memory.clone(), &launches(&image))
}

/// Tiled matrix multiplication.
pub fn sgemm(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let n = 128;
    let done = product(&context.model("simt", "w8t16")?, n)?;
    let core = &done.counters[0];
    let compared = format!(
        "fp32, n = {n}, 8 warps x 16 lanes, memory {LATENCY} cycles away: {} instructions in {} cycles; none issued for \
         data {:.1} %, units {:.1} %, fetch {:.1} %, barriers {:.1} %",
        core.issued,
        done.cycles,
        percent(core.stall_data, done.cycles),
        percent(core.stall_unit, done.cycles),
        percent(core.stall_fetch, done.cycles),
        percent(core.stall_barrier, done.cycles),
    );
    let value = core.issued as f64 / done.cycles as f64;
    Ok(vec![Figure::at_least(
        "sgemm 8x16",
        "IPC",
        value,
        0.8,
        compared,
    )])
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// Streaming through memory.
pub fn saxpy(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    for config in ["w8t8", "w8t16"] {
        let model = context.model("simt", config)?;
        let bytes = Parameters::of(&model.layout).get("AxiBytes");
        let n = 32768;
        let mut image = image(&model, "saxpy")?;
        let (x, y) = (image.put(&floats(n)), image.put(&floats(n)));
        let threads = image.shape.core_threads() as u32;
        let arguments = [I32(n as i32), F32(1.5), Ptr(x), Ptr(y)];
        image
            .launch("saxpy_far", [1, 1, 1], [threads, 1, 1], 0, &arguments)
            .map_err(BenchError::new)?;
        let done = run(&model, image.memory.clone(), &launches(&image))?;
        let core = &done.counters[0];
        let value = done.beats[0] as f64 / done.cycles as f64;
        let compared = format!(
            "beats of read data a cycle, {bytes} bytes each, n = {n}: {} read and {} written in {} cycles, IPC {:.2}; none \
             issued for data {:.1} %, units {:.1} %, fetch {:.1} %",
            done.beats[0],
            done.beats[1],
            done.cycles,
            core.issued as f64 / done.cycles as f64,
            percent(core.stall_data, done.cycles),
            percent(core.stall_unit, done.cycles),
            percent(core.stall_fetch, done.cycles),
        );
        let name = format!("saxpy {config}");
        figures.push(Figure::at_least(&name, "of AXI", value, 0.9, compared));
    }
    Ok(figures)
}

/// Lanes used by each kernel, of those that reconvergence with ideal knowledge of the program would use.
pub fn reconvergence(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let model = context.model("simt", "w8t16")?;
    let shape = shape(&Parameters::of(&model.layout));
    let mut figures = Vec::new();
    let names = [NARROW, WIDE].concat().into_iter();
    for name in names.filter(|name| !RETRYING.contains(name)) {
        let data = &mut Streams::new(1, name).rng("data");
        let image = kernels::image(name, &shape, data).map_err(BenchError::new)?;
        let code = image.program.code();
        let (mut run, mut bench) = processor(&model, image.memory.clone())?;
        bench.record();
        let (mut taken, mut needed, mut lanes) = (0, 0, 0);
        for one in launches(&image) {
            let launched = launch(&mut run, &mut bench, &one)?;
            let executed = bench
                .executed()
                .ok_or_else(|| BenchError::new("the launch was not recorded"))?;
            needed += executed.ideal(&code).map_err(BenchError::new)?;
            taken += issued(&launched);
            lanes += launched.counters.iter().map(|core| core.lanes).sum::<u64>();
        }
        let used = |instructions| percent(lanes, instructions * shape.lanes as u64);
        let compared = format!(
            "{:.1} % of the lanes used by {taken} instructions, {:.1} % by the {needed} of a SIMT stack",
            used(taken),
            used(needed),
        );
        let value = needed as f64 / taken as f64;
        figures.push(Figure::at_least(name, "of ideal", value, 0.98, compared));
    }
    Ok(figures)
}

/// Cycles simulated in a second of the processor's time, in lockstep with golden.
pub fn speed(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let model = context.model("simt", "w8t8")?;
    let n = 64;
    let mut best: f64 = 0.0;
    let mut ipc = 0.0;
    for _ in 0..3 {
        let started = own_time()?;
        let done = product(&model, n)?;
        best = best.max(done.cycles as f64 / (own_time()? - started) / 1000.0);
        ipc = issued(&done) as f64 / done.cycles as f64;
    }
    let compared =
        format!("sgemm, n = {n}, 8 x 8, IPC {ipc:.2}, per second of processor time; best of 3");
    Ok(vec![Figure::at_least(
        "lockstep 8x8",
        "kcyc/s",
        best,
        40.0,
        compared,
    )])
}
