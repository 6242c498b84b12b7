//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gpnpu_bridge::builder::Flavour;
use gpnpu_testbenches::simt::arguments::Argument;

use crate::exec::options::{Dimensions, Dump, Preload};
use crate::regress::config::Time;

/// Golden-model verification of the GPNPU's RTL.
#[derive(Debug, Parser)]
#[command(name = "gpnpu", version, max_term_width = 100, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const AFTER: &str = "Exit status: 0 ok, 2 usage, 4 nothing selected, 100 a case failed, 101 a build failed, 102 a gate \
not met, 130 stopped by Ctrl-C, 1 anything unforeseen; of exec also 3 device fault, 5 the program's own test failed, 6 not \
ended within --max-cycles.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Lists tests, or blocks with their configurations
    #[command(
        after_help = "Examples:\n  gpnpu list\n  gpnpu list npu_dot --format json\n  gpnpu list --blocks"
    )]
    List(ListArgs),
    /// Runs tests on the RTL against golden
    #[command(
        after_help = "Examples:\n  gpnpu run                              the default suite\n  \
        gpnpu run npu_dot                      one block\n  \
        gpnpu run npu_dot::random -i 100       a hundred seeds\n  \
        gpnpu run npu_dot::random --seed 0x12 --waves   one seed, with a VCD\n  \
        gpnpu run --cov                        with code coverage\n  \
        gpnpu run workload                     a language model's layers through the array"
    )]
    Run(RunArgs),
    /// Runs a profile's tests with many seeds, into the history
    #[command(after_help = REGRESS)]
    Regress(RegressArgs),
    /// Asks the history of regressions
    #[command(after_help = HISTORY)]
    History(HistoryArgs),
    /// Runs the cases of a file, for `regress` in another process
    #[command(hide = true)]
    Batch(BatchArgs),
    /// Runs the minimised stimulus of a failure bundle again
    #[command(
        after_help = "Examples:\n  gpnpu replay .gpnpu/failures/npu_dot-random-full_rate-0x12\n  \
        gpnpu replay bundle.json --waves"
    )]
    Replay(ReplayArgs),
    /// Runs your own vectors through a block
    #[command(after_help = VECTORS)]
    Vectors(VectorsArgs),
    /// Runs your own memory trace through the memory's RTL
    #[command(after_help = TRACE)]
    Trace(TraceArgs),
    /// Runs a program of your own on the SIMT processor
    #[command(after_help = EXEC)]
    Exec(ExecArgs),
    /// Measures speed and utilisation, each as a ratio within one run
    #[command(
        after_help = "Examples:\n  gpnpu bench\n  gpnpu bench utilisation --format json\n  \
        gpnpu bench mem3d --out plots           with the loaded-latency curve as JSON and SVG"
    )]
    Bench(BenchArgs),
    /// Plants faults into the RTL and shows which check catches each
    #[command(
        after_help = "Examples:\n  gpnpu faults npu_dot\n  gpnpu faults npu_mac_array --only drain_order_swapped\n  \
                      gpnpu faults mem3d_vault --config hb3d"
    )]
    Faults(FaultsArgs),
    /// Mutates a block's RTL and shows how many mutants its tests kill
    #[command(
        after_help = "Examples:\n  gpnpu mutate npu_dot --sample 200       two hundred mutants of a block, one model\n  \
                      gpnpu mutate npu_dot --list             all its mutants, with diffs\n  \
                      gpnpu mutate npu_dot --only npu_dot_pipe:logic   some of them"
    )]
    Mutate(MutateArgs),
    /// Generates the typed Rust ports of all blocks
    #[command(
        after_help = "Examples:\n  gpnpu ports\n  gpnpu ports --check     fails if they are not up to date"
    )]
    Ports(PortsArgs),
    /// Generates what describes the memory's registers from rtl/mem3d/regs.toml
    #[command(
        after_help = "Examples:\n  gpnpu regs\n  gpnpu regs --check      fails if something is not up to date"
    )]
    Regs(RegsArgs),
    /// Compiles CUDA C++ to an ELF for the SIMT processor; also called gpnpu-cc
    #[command(after_help = CC)]
    Cc(CcArgs),
    /// Compiles the kernels and programs of simt/ that the tests run
    #[command(
        after_help = "Examples:\n  gpnpu kernels\n  gpnpu kernels --check   fails if something is not up to date"
    )]
    Kernels(KernelsArgs),
    /// Says what is installed, where, and what is missing
    #[command(after_help = "Examples:\n  gpnpu doctor\n  gpnpu doctor --format json")]
    Doctor(FormatArg),
}

const REGRESS: &str = "Profiles are smoke, ci, nightly and signoff, and those of gpnpu.toml at the root of the project \
(docs/regression.md). Every result goes into .gpnpu/history.db as it lands, or into the file of GPNPU_HISTORY.\n\n\
Examples:\n  gpnpu regress                          the profile ci\n  \
gpnpu regress --profile nightly --time 2h\n  \
gpnpu regress npu_dot::random --seeds 1000\n  \
gpnpu regress --resume                 what a killed or stopped run left\n  \
gpnpu regress --rerun-failed --isolate what failed last time, a process for each case\n  \
gpnpu regress --profile nightly --backend slurm -j 500";

const HISTORY: &str = "Examples:\n  gpnpu history runs\n  gpnpu history trends npu_dot\n  gpnpu history flaky --format json\n  \
gpnpu history first-bad npu_dot::random";

const VECTORS: &str = "One case per line (NDJSON):\n  \
    {\"format\":\"fp16\",\"a\":\"64 hex digits\",\"b\":\"64 hex digits\",\"c\":\"8 hex digits\"}\n\
    Block-scaled formats also take \"scale_a\" and \"scale_b\": 1 byte for mxfp8 and mxfp6, 2 for mxfp4, 4 for nvfp4. An \
    optional \"d\" is an expected result, an optional \"satfinite\":true clamps integer sums. Hex is the number, most \
    significant digit first, element and block 0 in the lowest bits. Formats: int8 int4 fp16 bf16 fp8e4m3 fp8e5m2 \
    mxfp8e4m3 mxfp8e5m2 mxfp6e3m2 mxfp6e2m3 mxfp4 nvfp4.\n\n\
    Prints one JSON line per case with the RTL's and golden's result; exit 100 if any differ.\n\n\
    Examples:\n  gpnpu vectors npu_dot cases.ndjson\n  some-generator | gpnpu vectors npu_dot -";

const TRACE: &str = "One request per line, in one of these forms; the first line decides which:\n  \
    CYCLE|- R|W HEXADDR [BYTES]      bytes: 1 to 4096, 64 without; - is as soon as possible\n  \
    0xADDR READ|WRITE|R|W [CYCLE]    as DRAMsim3 and Ramulator have it\n  \
    LD|ST 0xADDR                     as Ramulator has it\n\
    Cycles are those of the controller's clock (2 tCK) and do not go back. # begins a comment. The file may be \
    compressed with gzip.\n\n\
    Prints bandwidth, shares of the peak and of the derived limit, latencies, row hits and commands.\n\n\
    Examples:\n  gpnpu trace mem3d requests.trace\n  gpnpu trace mem3d requests.trace.gz --timing hbm4 \
    --commands commands.csv\n  some-generator | gpnpu trace mem3d - --format json";

const EXEC: &str = "A kernel's arguments are given in their order, as i32:-5, u32:, i64:, u64:, f32:1.5 or ptr:0x80010000. Memory is 2 GiB \
from 0x80000000 on: a program from there, stacks at the end, and what is between is yours.\n\n\
Exit status: 0 the program ended well (with tohost: wrote 1), 2 usage, 3 device fault, 5 it wrote to tohost that a test \
failed, or nothing, 6 not ended within --max-cycles, 100 RTL and golden differ: there is a bundle, 101 the model could not \
be built, 130 stopped by Ctrl-C.\n\n\
Examples:\n  gpnpu exec saxpy.elf --kernel saxpy --grid 4 --arg i32:128 --arg f32:2 \\\n    \
--arg ptr:0x80010000 --arg ptr:0x80020000 --mem x.bin@0x80010000 \\\n    \
--mem y.bin@0x80020000 --dump 0x80020000,512,result.bin\n  gpnpu exec rv64ui-p-add";

const CC: &str = "Options:\n  \
    -o FILE            the ELF [default: named as the first input]\n  \
    --kernel NAME      link this kernel alone, with the shared memory that it uses\n  \
    all others         clang's front end: -O0 to -O3 [default: -O2], -I, -D, -W.., -std=.., -g and others\n\
    Inputs are CUDA C++ (.cu), assembly (.S) and object files (.o). Needs clang-19 and lld-19.\n\n\
    Examples:\n  gpnpu-cc kernel.cu -o kernel.elf\n  gpnpu-cc -O3 -I include several.cu --kernel saxpy";

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text, on standard error.
    #[value(alias = "text")]
    Human,
    /// One JSON value on standard output.
    Json,
}

/// `--format`.
#[derive(Debug, Args)]
pub struct FormatArg {
    /// For people (standard error) or one JSON value (standard output)
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only tests whose id contains one of these
    pub filters: Vec<String>,
    /// List blocks and configurations instead
    #[arg(long)]
    pub blocks: bool,
    #[command(flatten)]
    pub output: FormatArg,
}

/// A number, decimal or `0x` hexadecimal.
pub fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is not a number; decimal or 0x hexadecimal expected"))
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Only tests whose id contains one of these
    pub filters: Vec<String>,
    /// Only this configuration; may be repeated
    #[arg(long = "config", value_name = "NAME")]
    pub configs: Vec<String>,
    /// Seeds of each test [default: each test's own number, or 1 with --seed]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub iterations: Option<u64>,
    /// First seed [default: 1]
    #[arg(long, value_name = "S", value_parser = number)]
    pub seed: Option<u64>,
    /// Threads [default: one per core]
    #[arg(short, long, value_name = "J", value_parser = clap::value_parser!(u64).range(1..=512))]
    pub jobs: Option<u64>,
    /// How models are built: fast, trace or cover
    #[arg(long, default_value = "fast", value_name = "F")]
    pub flavour: String,
    /// Dump a VCD of every case (flavour trace)
    #[arg(long, conflicts_with_all = ["cov", "flavour"])]
    pub waves: bool,
    /// Keep only this many cycles of waves [default: all]
    #[arg(long, value_name = "CYCLES", requires = "waves")]
    pub window: Option<u64>,
    /// Collect code coverage (flavour cover)
    #[arg(long, conflicts_with = "flavour")]
    pub cov: bool,
    /// Clock cycles after which a case has failed
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub max_cycles: u64,
    /// Seconds after which a case has failed
    #[arg(long, value_name = "S", default_value_t = 120)]
    pub timeout: u64,
    /// Seconds spent on shrinking each failure
    #[arg(long, value_name = "S", default_value_t = 20)]
    pub shrink: u64,
    /// Failures that are shrunk and bundled; the rest are only reported
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub bundles: usize,
    #[command(flatten)]
    pub output: FormatArg,
}

/// What runs the cases of a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// This machine.
    Local,
    /// Slurm's job arrays.
    Slurm,
}

/// `regress`.
#[derive(Debug, Args)]
pub struct RegressArgs {
    /// Only tests whose id contains one of these [default: the profile's]
    pub filters: Vec<String>,
    /// Profile: smoke, ci, nightly, signoff, or one of gpnpu.toml
    #[arg(long, value_name = "NAME", default_value = "ci")]
    pub profile: String,
    /// Only these blocks, separated by commas [default: the profile's]
    #[arg(long, value_name = "BLOCK,..", value_delimiter = ',')]
    pub blocks: Vec<String>,
    /// Only this configuration; may be repeated
    #[arg(long = "config", value_name = "NAME")]
    pub configs: Vec<String>,
    /// Seeds of each test [default: the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "time")]
    pub seeds: Option<u64>,
    /// Draw seeds until this is over: 90s, 30m, 2h
    #[arg(long, value_name = "T")]
    pub time: Option<Time>,
    /// What drawn seeds follow from [default: the profile's]
    #[arg(long = "root-seed", value_name = "S", value_parser = number)]
    pub seed: Option<u64>,
    /// Cases at a time [default: one per core; with slurm, the tasks that the profile allows]
    #[arg(short, long, value_name = "J", value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub jobs: Option<u64>,
    /// What runs the cases
    #[arg(long, value_enum, default_value = "local")]
    pub backend: Backend,
    /// Finish the last run that was stopped or killed
    #[arg(long, conflicts_with_all = ["rerun_failed", "filters", "blocks", "configs", "seeds", "time", "seed", "flavour"])]
    pub resume: bool,
    /// Only the cases that failed in the last run
    #[arg(long)]
    pub rerun_failed: bool,
    /// Begin nothing more after so many failures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub fail_fast: Option<u64>,
    /// A process for each case: one that crashes or hangs fails alone
    #[arg(long)]
    pub isolate: bool,
    /// How models are built: fast, trace or cover [default: the profile's]
    #[arg(long, value_name = "F")]
    pub flavour: Option<Flavour>,
    /// Clock cycles after which a case has failed [default: the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_cycles: Option<u64>,
    /// Seconds after which a case has failed [default: the profile's]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Seconds spent on shrinking each kind of failure [default: the profile's]
    #[arg(long, value_name = "S")]
    pub shrink: Option<u64>,
    /// Kinds of failures that are shrunk and bundled [default: the profile's]
    #[arg(long, value_name = "N")]
    pub bundles: Option<u64>,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `batch`.
#[derive(Debug, Args)]
pub struct BatchArgs {
    /// The cases, JSON
    pub file: PathBuf,
    /// Where the results go, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// What is asked
    #[command(subcommand)]
    pub query: HistoryQuery,
}

/// Questions to the history.
#[derive(Debug, Subcommand)]
pub enum HistoryQuery {
    /// The last runs
    Runs {
        /// Of them, the last so many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        output: FormatArg,
    },
    /// What failed in a run: each kind of failure once
    Failures {
        /// Number of the run [default: the last]
        run: Option<i64>,
        #[command(flatten)]
        output: FormatArg,
    },
    /// Pass rate, time and coverage of a block or a test, run by run
    Trends {
        /// A block or a test [default: everything]
        of: Option<String>,
        /// The last so many runs
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        output: FormatArg,
    },
    /// Cases with two outcomes or two digests from the same seed and inputs; exit 100 if there are any
    Flaky(FormatArg),
    /// The tests that take longest in the last 20 runs
    Slowest {
        /// The first so many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        output: FormatArg,
    },
    /// The run and commit since which a test fails
    FirstBad {
        /// The test's id
        test: String,
        #[command(flatten)]
        output: FormatArg,
    },
    /// Reads the whole database and says what is damaged
    Check(FormatArg),
}

/// `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A failure bundle's folder, or its bundle.json
    pub bundle: PathBuf,
    /// Dump a VCD beside the bundle
    #[arg(long)]
    pub waves: bool,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `vectors`.
#[derive(Debug, Args)]
pub struct VectorsArgs {
    /// The block: npu_dot
    pub block: String,
    /// NDJSON file; - for standard input
    pub file: PathBuf,
    /// Configuration [default: the block's first]
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
}

/// `trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The block: mem3d
    pub block: String,
    /// The trace; - for standard input
    pub file: PathBuf,
    /// Timing set: hbm3, hbm4, hb3d, or a TOML file [default: that of the configuration]
    #[arg(long, value_name = "SET")]
    pub timing: Option<String>,
    /// Configuration [default: the block's first]
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    /// Writes every command of the DRAM as CSV
    #[arg(long, value_name = "FILE")]
    pub commands: Option<PathBuf>,
    /// Requests that may be under way at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub outstanding: u64,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `exec`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// A statically linked RV64 ELF
    #[arg(value_name = "KERNEL.elf")]
    pub file: PathBuf,
    /// Begins at this kernel [default: at the entry of the ELF]
    #[arg(long, value_name = "NAME")]
    pub kernel: Option<String>,
    /// Configuration of block simt
    #[arg(long, value_name = "NAME", default_value = "w8t8")]
    pub config: String,
    /// Blocks of threads; 4 is 4,1,1
    #[arg(long, value_name = "X,Y,Z", default_value = "1")]
    pub grid: Dimensions,
    /// Threads of a block [default: those of one warp]
    #[arg(long, value_name = "X,Y,Z")]
    pub block: Option<Dimensions>,
    /// An argument of the kernel; may be repeated
    #[arg(long = "arg", value_name = "T:V")]
    pub arguments: Vec<Argument>,
    /// Puts the bytes of a file into memory; may be repeated
    #[arg(long = "mem", value_name = "FILE@ADDR")]
    pub preloads: Vec<Preload>,
    /// Writes so many bytes of memory to a file after the run; may be repeated
    #[arg(long = "dump", value_name = "ADDR,LEN,FILE")]
    pub dumps: Vec<Dump>,
    /// Shared memory of a block beside what the program declares
    #[arg(long, value_name = "BYTES", default_value = "0", value_parser = number)]
    pub shared: u64,
    /// Bytes of each thread's stack, as a power of two
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(8..=20))]
    pub stack_log2: u32,
    /// Clock cycles from a request at the AXI4 port to its answer
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=5000))]
    pub latency: u64,
    /// Clock cycles after which the program is given up
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub max_cycles: u64,
    /// Seed of what the registers of the RTL hold before its reset
    #[arg(long, value_name = "S", default_value = "1", value_parser = number)]
    pub seed: u64,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Only benchmarks whose name contains one of these
    pub filters: Vec<String>,
    /// Where curves and plots go [default: .gpnpu/bench]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `faults`.
#[derive(Debug, Args)]
pub struct FaultsArgs {
    /// The block
    pub block: String,
    /// Only faults whose name contains one of these; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Configuration of all faults [default: for each the `config` of its entry in faults.toml, else that at the head of
    /// the file, else the block's first]
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `mutate`.
#[derive(Debug, Args)]
pub struct MutateArgs {
    /// The block [default: all blocks]
    pub block: Option<String>,
    /// Only so many mutants, drawn at random [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: Option<u64>,
    /// Seed of the draw
    #[arg(long, value_name = "S", default_value = "1", value_parser = number)]
    pub seed: u64,
    /// Configuration [default: that at the head of mutants.toml, else the block's first]
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    /// Only mutants whose id contains one of these; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Show the mutants, run none
    #[arg(long)]
    pub list: bool,
    /// Threads [default: one per core]
    #[arg(short, long, value_name = "J", value_parser = clap::value_parser!(u64).range(1..=512))]
    pub jobs: Option<u64>,
    /// Percent of the mutants that have to be killed
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0)]
    pub floor: f64,
    #[command(flatten)]
    pub output: FormatArg,
}

/// `ports`.
#[derive(Debug, Args)]
pub struct PortsArgs {
    /// Write nothing; fail if a generated file is not up to date
    #[arg(long)]
    pub check: bool,
}

/// `regs`.
#[derive(Debug, Args)]
pub struct RegsArgs {
    /// Write nothing; fail if a generated file is not up to date
    #[arg(long)]
    pub check: bool,
}

/// `cc`.
#[derive(Debug, Args)]
pub struct CcArgs {
    /// Inputs and options
    #[arg(
        value_name = "ARGUMENTS",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub arguments: Vec<String>,
}

/// `kernels`.
#[derive(Debug, Args)]
pub struct KernelsArgs {
    /// Write nothing; fail if an ELF is not up to date
    #[arg(long)]
    pub check: bool,
}
