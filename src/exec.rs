//! `gpnpu exec`.

pub mod options;

mod counters;
mod fault;
mod report;
mod setup;

use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey};
use gpnpu_bridge::dut::Ports;
use gpnpu_golden::axi::{LINE, Store};
use gpnpu_testbenches::kit::{Execution, Failure, FailureKind, Limits, Parameters, Run};
use gpnpu_testbenches::ports::simt::Simt;
use gpnpu_testbenches::runner::{Case, Given};
use gpnpu_testbenches::simt::top::run_image;
use gpnpu_testbenches::simt::top_bench::{Launched, SimtBench, shape};

use crate::build;
use crate::cli::{ExecArgs, Format};
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::interrupt;
use crate::project::Project;
use crate::triage::{self, Failed};
use counters::Counters;
use options::Dump;
use report::{Ending, Report};
use setup::Prepared;

/// The test whose stimulus is an image.
const TEST: &str = "simt::kernels";
/// Time for shrinking at least.
const SHRINK: Duration = Duration::from_secs(20);

/// Runs a program on the RTL in lockstep with golden.
pub fn exec(args: &ExecArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let builder = project.builder()?;
    let key = ModelKey {
        block: Simt::BLOCK.to_owned(),
        config: args.config.clone(),
        flavour: Flavour::Fast,
    };
    let parameters = Parameters::of(&builder.layout(&key)?);
    let prepared = setup::prepare(args, &shape(&parameters))?;
    let mut built = build::build(&builder, std::slice::from_ref(&key));
    if let Some((_, error)) = built.failed.pop() {
        return Err(error.into());
    }
    interrupt::stop_on_ctrl_c()?;
    let model = &built.models[&key];
    let started = Instant::now();
    let result = run(args, &prepared, model);
    let seconds = started.elapsed().as_secs_f64();
    let (ending, counters) = match result {
        Ok((bench, launched)) => {
            for dump in &args.dumps {
                write_dump(dump, bench.content())?;
            }
            let ending = Ending::of(&launched, &prepared, args.kernel.is_some(), bench.content());
            let counters = Counters::new(&launched, &parameters);
            (ending, Some(counters))
        }
        Err(failure) if failure.kind == FailureKind::Interrupted => {
            return Err(CommandError {
                exit: Exit::Interrupted,
                message: failure.to_string(),
            });
        }
        Err(failure) if failure.kind == FailureKind::Setup => {
            return Err(CommandError {
                exit: Exit::BuildFailed,
                message: failure.to_string(),
            });
        }
        Err(failure) => (
            Ending::Mismatch {
                failure,
                bundle: None,
            },
            None,
        ),
    };
    let mut report = Report::new(args, &prepared, seconds, ending, counters);
    let human = args.output.format == Format::Human;
    if human {
        eprint!("{}", report::text(&report));
    }
    if let Ending::Mismatch { failure, bundle } = &mut report.ending {
        *bundle = bundled(&project, &builder, args, &prepared, model, failure, seconds)?;
    }
    if !human {
        let json = serde_json::to_string(&report).map_err(CommandError::unforeseen)?;
        println!("{json}");
    }
    Ok(report.ending.exit())
}

/// One launch from reset to its end.
fn run(
    args: &ExecArgs,
    prepared: &Prepared,
    model: &BuiltModel,
) -> Result<(SimtBench, Launched), Failure> {
    let execution = Execution {
        limits: Limits {
            cycles: u64::MAX,
            wall: Duration::MAX,
        },
        ..Execution::seed(args.seed)
    };
    let mut run = Run::<Simt>::load(model, TEST, &execution)?;
    let memory = prepared.image.memory.clone();
    run.guarded(|run| {
        let (bench, mut launched) = run_image(run, memory, &prepared.stimulus)?;
        let last = launched.pop().ok_or_else(|| {
            let text = "nothing was launched";
            Failure::new(FailureKind::Setup, run.dut.now(), text)
        })?;
        Ok((bench, last))
    })
}

fn write_dump(dump: &Dump, memory: &Store) -> Result<(), CommandError> {
    let cannot = |error: io::Error| {
        CommandError::unforeseen(format!("cannot write `{}`: {error}", dump.file.display()))
    };
    let mut scratch = BufWriter::new(files::scratch(&dump.file)?);
    let (mut at, end) = (dump.address, dump.address + dump.bytes);
    while at < end {
        let line = at / LINE as u64;
        let first = (at % LINE as u64) as usize;
        let count = (LINE - first).min((end - at) as usize);
        let bytes = &memory.line(line)[first..first + count];
        scratch.write_all(bytes).map_err(cannot)?;
        at += count as u64;
    }
    let scratch = scratch
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    files::persist(scratch, &dump.file)
}

/// Shrinks what differed and writes its bundle; the bundle's folder, if there is one.
fn bundled(
    project: &Project,
    builder: &Builder,
    args: &ExecArgs,
    prepared: &Prepared,
    model: &BuiltModel,
    failure: &Failure,
    seconds: f64,
) -> Result<Option<String>, CommandError> {
    let tests = gpnpu_testbenches::tests();
    let found = tests.iter().position(|test| test.id() == TEST);
    let index =
        found.ok_or_else(|| CommandError::unforeseen(format!("there is no test `{TEST}`")))?;
    let case = Case {
        test: index,
        id: TEST.to_owned(),
        model: model.key.clone(),
        seed: args.seed,
    };
    let stimulus =
        serde_json::to_value(prepared.whole_stimulus()).map_err(CommandError::unforeseen)?;
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("exec-{stem}-{}-{:#x}", args.config, args.seed);
    let failed = Failed {
        test: &*tests[index],
        case: &case,
        failure,
        model,
        given: Some(Given {
            stimulus,
            repeat: repeat(std::env::args().skip(1)),
        }),
        // Waves slow a model down.
        shrink: SHRINK.max(Duration::from_secs_f64(20.0 * seconds)),
        folder: project.output().join("failures").join(name),
    };
    let folder = triage::triage(project, builder, failed)?.map(|(folder, _)| folder);
    Ok(folder.map(|folder| folder.display().to_string()))
}

/// The command line of these arguments, for a shell.
fn repeat(arguments: impl Iterator<Item = String>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:@=+".contains(c);
    let quoted = |argument: String| {
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let words = arguments.map(quoted);
    std::iter::once("./gpnpu".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_quoted_where_a_shell_needs_it() {
        let arguments = [
            "exec", "a b.elf", "--kernel", "f(int*)", "--arg", "i32:-5", "", "it's",
        ];
        assert_eq!(
            repeat(arguments.into_iter().map(str::to_owned)),
            r"./gpnpu exec 'a b.elf' --kernel 'f(int*)' --arg i32:-5 '' 'it'\''s'"
        );
    }

    #[test]
    fn a_dump_has_the_bytes_of_all_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/dump.bin");
        let mut memory = Store::default();
        let bytes: Vec<u8> = (0..200).collect();
        memory.write(60, &bytes);
        let dump = Dump {
            address: 58,
            bytes: 204,
            file: file.clone(),
        };
        write_dump(&dump, &memory).unwrap();
        assert_eq!(
            std::fs::read(file).unwrap(),
            [&[0, 0][..], &bytes, &[0, 0]].concat()
        );
    }
}
