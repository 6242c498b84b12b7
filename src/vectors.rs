//! `gpnpu vectors`.

mod parse;

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use gpnpu_bridge::builder::{Flavour, ModelKey};
use gpnpu_bridge::dut::Dut;
use gpnpu_bridge::model::Event;
use gpnpu_golden::npu::dot::{dot, explain};
use gpnpu_testbenches::ports::npu_dot::NpuDot;
use gpnpu_testbenches::ports::npu_pkg::DotReq;

use crate::build;
use crate::cli::VectorsArgs;
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::style::Style;
use parse::Case;

/// The blocks that take vectors.
const BLOCKS: [&str; 1] = [<NpuDot as gpnpu_bridge::dut::Ports>::BLOCK];
/// Differing cases that are explained.
const EXPLAINED: usize = 3;
/// More cycles than any configuration needs from a request to its result.
const PATIENCE: u64 = 1000;

/// Runs the cases of a file on the RTL and on golden.
pub fn vectors(args: &VectorsArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let manifest = project.manifest()?;
    let block = manifest.block(&args.block)?;
    if !BLOCKS.contains(&block.stem.as_str()) {
        return Err(CommandError::usage(format!(
            "block `{}` takes no vectors (known: {})",
            block.stem,
            BLOCKS.join(", ")
        )));
    }
    let config = match &args.config {
        Some(name) => block.config(name)?.name.clone(),
        None => block.configs[0].name.clone(),
    };
    let (name, text) = read(&args.file)?;
    let cases = parse::parse(&text).map_err(|errors| errors.refuse(&name))?;
    if cases.is_empty() {
        eprintln!("nothing to run");
        return Ok(Exit::NothingSelected);
    }
    let key = ModelKey {
        block: block.stem.clone(),
        config,
        flavour: Flavour::Fast,
    };
    let mut built = build::build(&project.builder()?, std::slice::from_ref(&key));
    if let Some((_, error)) = built.failed.pop() {
        return Err(error.into());
    }
    let mut device = Dut::<NpuDot>::load(&built.models[&key], 1)?;
    let results = run(&mut device, &cases).map_err(|stopped| CommandError {
        exit: Exit::CaseFailed,
        message: stopped.describe(&name, &cases),
    })?;
    report(&name, &cases, &results)
}

/// The file's name for people, and its bytes.
fn read(path: &Path) -> Result<(String, Vec<u8>), CommandError> {
    if path.as_os_str() == "-" {
        let mut text = Vec::new();
        return match io::stdin().lock().read_to_end(&mut text) {
            Ok(_) => Ok(("<stdin>".to_owned(), text)),
            Err(e) => Err(CommandError::usage(format!("cannot read <stdin>: {e}"))),
        };
    }
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(text) => Ok((name, text)),
        Err(e) => Err(CommandError::usage(format!("cannot read `{name}`: {e}"))),
    }
}

/// Why the RTL gave no results.
enum Stopped {
    Reported { event: Event, sent: usize },
    Silent { taken: usize },
    TooMany,
}

impl Stopped {
    fn describe(&self, name: &str, cases: &[Case]) -> String {
        let line = |index: usize| cases[index.min(cases.len() - 1)].line;
        match self {
            Self::Reported { event, sent } => {
                format!("{name}:{}: the RTL reported {event}", line(*sent))
            }
            Self::Silent { taken } => format!(
                "{name}:{}: the RTL gave no result within {PATIENCE} cycles",
                line(*taken)
            ),
            Self::TooMany => format!("the RTL gave more results than `{name}` has cases"),
        }
    }
}

/// Sends all cases at full rate and takes each result at once.
fn run(device: &mut Dut<NpuDot>, cases: &[Case]) -> Result<Vec<u32>, Stopped> {
    let mut results = Vec::with_capacity(cases.len());
    let mut sent = 0;
    let reported = |event, sent| Stopped::Reported { event, sent };
    device.i.rst_ni = false;
    device.cycles(2).map_err(|event| reported(event, sent))?;
    device.i.rst_ni = true;
    device.i.rsp_ready_i = true;
    let mut last = device.now().0;
    // Some cycles more than needed, so that a result too many would be seen.
    while results.len() < cases.len() || device.now().0 < last + 24 {
        let offered = cases.get(sent);
        device.i.req_valid_i = offered.is_some();
        if let Some(case) = offered {
            device.i.req_i = request(case);
        }
        device.cycle().map_err(|event| reported(event, sent))?;
        sent += usize::from(offered.is_some() && device.o.req_ready_o);
        if device.o.rsp_valid_o {
            results.push(device.o.rsp_o.d);
            last = device.now().0;
        }
        if results.len() > cases.len() {
            return Err(Stopped::TooMany);
        }
        if device.now().0 > last + PATIENCE {
            return Err(Stopped::Silent {
                taken: results.len(),
            });
        }
    }
    Ok(results)
}

fn request(case: &Case) -> DotReq {
    let input = &case.input;
    DotReq {
        format: input.format.code(),
        satfinite: input.satfinite,
        scale_b: input.scale_b,
        scale_a: input.scale_a,
        c: input.c,
        b: input.b,
        a: input.a,
    }
}

/// One line per case on standard output; the first differing cases are explained on standard error.
fn report(name: &str, cases: &[Case], results: &[u32]) -> Result<Exit, CommandError> {
    let style = Style::stderr();
    let mut output = Output(Some(BufWriter::new(io::stdout().lock())));
    let mut differing = 0;
    for (case, &rtl) in cases.iter().zip(results) {
        let golden = dot(&case.input);
        let format = case.input.format.name();
        let head = format!(
            "{{\"line\":{},\"format\":\"{format}\",\"rtl\":\"{rtl:08x}\",\"golden\":\"{golden:08x}\",\"match\":{}",
            case.line,
            rtl == golden
        );
        let as_expected = case.expected.is_none_or(|d| rtl == d && golden == d);
        let tail = case.expected.map_or(String::new(), |d| {
            format!(",\"d\":\"{d:08x}\",\"d_match\":{as_expected}")
        });
        output.line(&format!("{head}{tail}}}\n"))?;
        if rtl == golden && as_expected {
            continue;
        }
        differing += 1;
        if differing <= EXPLAINED {
            let expected = case
                .expected
                .map_or(String::new(), |d| format!(", the file says {d:#010x}"));
            eprintln!(
                "{} {name}:{}: {format}: d is {rtl:#010x}, golden says {golden:#010x}{expected}\n{}",
                style.red("DIFFERS"),
                case.line,
                explain(&case.input)
            );
        }
    }
    output.finish()?;
    eprintln!("{} cases, {differing} differ", cases.len());
    Ok(if differing == 0 {
        Exit::Ok
    } else {
        Exit::CaseFailed
    })
}

/// Standard output; once its reader is gone, nothing is written any more and the cases are still judged.
struct Output<W: Write>(Option<W>);

impl<W: Write> Output<W> {
    fn line(&mut self, text: &str) -> Result<(), CommandError> {
        self.step(|writer| writer.write_all(text.as_bytes()))
    }

    fn finish(mut self) -> Result<(), CommandError> {
        self.step(Write::flush)
    }

    fn step(&mut self, act: impl FnOnce(&mut W) -> io::Result<()>) -> Result<(), CommandError> {
        let Some(writer) = &mut self.0 else {
            return Ok(());
        };
        match act(writer) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                self.0 = None;
                Ok(())
            }
            Err(e) => Err(CommandError::unforeseen(format!(
                "cannot write to standard output: {e}"
            ))),
        }
    }
}
