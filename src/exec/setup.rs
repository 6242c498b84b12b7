//! From the command line to a memory and a launch, or to what is wrong.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use gpnpu_golden::simt::launch::MAX_GRID;
use gpnpu_golden::simt::shape::Shape;
use gpnpu_testbenches::kit::axi::AxiPaces;
use gpnpu_testbenches::simt::arguments::block;
use gpnpu_testbenches::simt::image::{Image, StoredLaunch};
use gpnpu_testbenches::simt::top::{ImageStimulus, MemoryStimulus};

use super::options::{Dimensions, Preload};
use crate::cli::ExecArgs;
use crate::exit::CommandError;

/// Room for the arguments, below the stacks.
const ARGUMENT_BYTES: u64 = 4096;
/// The largest ELF that is read, in bytes.
const MAX_ELF: u64 = 1 << 30;

/// What can be run.
pub struct Prepared {
    /// The program and its memory.
    pub image: Image,
    /// Its launch and how the memory behaves; the lines of memory are still to be taken from the image.
    pub stimulus: ImageStimulus,
}

impl Prepared {
    /// The one launch.
    pub fn launch(&self) -> &StoredLaunch {
        &self.stimulus.launches[0]
    }

    /// The stimulus with its memory, as a bundle has it.
    pub fn whole_stimulus(&self) -> ImageStimulus {
        ImageStimulus {
            lines: self.image.lines(),
            ..self.stimulus.clone()
        }
    }
}

/// Reads all files and holds everything against the processor.
pub fn prepare(args: &ExecArgs, shape: &Shape) -> Result<Prepared, CommandError> {
    let name = args.file.display();
    let elf = contents(&args.file, MAX_ELF)?;
    let wrong = |error: &dyn std::error::Error| CommandError::usage(format!("`{name}`: {error}"));
    let mut image = Image::new(&elf, shape).map_err(|error| wrong(&error))?;
    let entry = match &args.kernel {
        Some(kernel) => image
            .program
            .kernel(kernel)
            .map_err(|error| wrong(&error))?,
        None => image.program.entry,
    };
    let block_of_threads = args.block.unwrap_or(Dimensions([shape.lanes as u32, 1, 1]));
    check_grid(args.grid)?;
    check_block(block_of_threads, shape)?;
    let shared_bytes = shared(image.program.shared_bytes, args.shared, shape)?;
    let mut taken = Taken::new(&image, args.stack_log2)?;
    let argument_block = block(&args.arguments).map_err(CommandError::usage)?;
    image.memory.write(taken.arguments, &argument_block);
    for preload in &args.preloads {
        let bytes = taken.preload(preload, shape)?;
        image.memory.write(preload.address, &bytes);
    }
    for dump in &args.dumps {
        check_in_memory("--dump", dump.address, dump.bytes, shape)?;
        if dump.file.is_dir() {
            let file = dump.file.display();
            let text = format!("--dump: `{file}` is a folder; a file expected");
            return Err(CommandError::usage(text));
        }
    }
    let stimulus = ImageStimulus {
        lines: Vec::new(),
        launches: vec![StoredLaunch {
            entry,
            args: taken.arguments,
            grid: args.grid.0,
            block: block_of_threads.0,
            shared_bytes,
            stack_base: image.stack_base(args.stack_log2),
            stack_log2: args.stack_log2,
        }],
        tohost: image.program.tohost,
        cycles: Some(args.max_cycles),
        memory: MemoryStimulus {
            latency: args.latency..args.latency + 1,
            reorder: false,
            paces: AxiPaces::default(),
        },
    };
    Ok(Prepared { image, stimulus })
}

/// What a file holds, if that is not more than `limit` bytes.
fn contents(path: &Path, limit: u64) -> Result<Vec<u8>, CommandError> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| CommandError::usage(format!("cannot read `{name}`: {error}")))?;
    if bytes.len() as u64 > limit {
        let text = format!("`{name}` is too large; at most {limit} bytes expected");
        return Err(CommandError::usage(text));
    }
    Ok(bytes)
}

fn check_grid(grid: Dimensions) -> Result<(), CommandError> {
    for ((axis, count), max) in ["x", "y", "z"].iter().zip(grid.0).zip(MAX_GRID) {
        if !(1..=max).contains(&count) {
            return Err(CommandError::usage(format!(
                "--grid `{grid}`: {count} in {axis}; 1 to {max} expected"
            )));
        }
    }
    Ok(())
}

fn check_block(block: Dimensions, shape: &Shape) -> Result<(), CommandError> {
    let threads: u128 = block.0.iter().map(|&count| u128::from(count)).product();
    let most = shape.core_threads();
    if (1..=u128::from(most)).contains(&threads) {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "--block `{block}`: {threads} threads; 1 to {most} expected ({} warps of {} lanes)",
        shape.warps, shape.lanes
    )))
}

/// Bytes of shared memory in all.
fn shared(program: u64, more: u64, shape: &Shape) -> Result<u64, CommandError> {
    let all = program.checked_add(more);
    all.filter(|all| *all <= shape.shared_bytes).ok_or_else(|| {
        CommandError::usage(format!(
            "--shared `{more}`: {} bytes of shared memory with the program's own {program}; at most {} expected",
            u128::from(program) + u128::from(more),
            shape.shared_bytes
        ))
    })
}

fn check_in_memory(
    what: &str,
    address: u64,
    bytes: u64,
    shape: &Shape,
) -> Result<(), CommandError> {
    if shape.in_memory(address, bytes) {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{what}: {bytes} bytes from {address:#x} on are not in memory, {:#x}..{:#x}",
        shape.mem_base,
        shape.mem_base + shape.mem_bytes
    )))
}

/// What is where in memory.
struct Taken {
    /// Where the argument block is.
    arguments: u64,
    ranges: Vec<(String, Range<u64>)>,
}

impl Taken {
    /// A program, and at the end of memory its stacks and arguments.
    fn new(image: &Image, stack_log2: u32) -> Result<Self, CommandError> {
        let Shape {
            mem_base,
            mem_bytes,
            ..
        } = image.shape;
        let stacks = image.stack_base(stack_log2);
        let arguments = stacks - ARGUMENT_BYTES;
        let mut taken = Self {
            arguments,
            ranges: vec![
                ("the stacks".to_owned(), stacks..mem_base + mem_bytes),
                ("the arguments".to_owned(), arguments..stacks),
            ],
        };
        for segment in &image.program.segments {
            let range = segment.address..segment.end();
            taken.take("the program".to_owned(), range)?;
        }
        Ok(taken)
    }

    /// The content of a file for memory.
    fn preload(&mut self, preload: &Preload, shape: &Shape) -> Result<Vec<u8>, CommandError> {
        let Preload { file, address } = preload;
        let bytes = contents(file, shape.mem_bytes)?;
        let name = format!("--mem `{}`", file.display());
        let count = bytes.len() as u64;
        check_in_memory(&name, *address, count, shape)?;
        self.take(name, *address..address + count)?;
        Ok(bytes)
    }

    fn take(&mut self, what: String, range: Range<u64>) -> Result<(), CommandError> {
        let meets = |other: &Range<u64>| range.start < other.end && other.start < range.end;
        let other = self.ranges.iter().find(|(_, other)| meets(other));
        if let Some((name, other)) = other.filter(|_| !range.is_empty()) {
            return Err(CommandError::usage(format!(
                "{what}, {:#x}..{:#x}, overlaps {name}, {:#x}..{:#x}; places apart expected",
                range.start, range.end, other.start, other.end
            )));
        }
        self.ranges.push((what, range));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
