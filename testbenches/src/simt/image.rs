//! A memory before a launch: a program, the host's data, and what is to be launched.

use gpnpu_golden::axi::{LINE, Store};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::shape::Shape;
use serde::{Deserialize, Serialize};

use super::arguments::{Argument, ArgumentError, block};
use super::program::{Program, ProgramError};

/// Each lane's stack has 4 KiB.
pub const STACK_LOG2: u32 = 12;

/// A line of memory that is not all zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLine {
    /// First address.
    pub address: u64,
    /// Its bytes, two hexadecimal digits each, from the first address on.
    pub bytes: String,
}

/// A launch as a stimulus stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLaunch {
    /// First PC.
    pub entry: u64,
    /// CSR `args`.
    pub args: u64,
    /// CTAs.
    pub grid: [u32; 3],
    /// Threads of a CTA.
    pub block: [u32; 3],
    /// Shared memory, in bytes.
    pub shared_bytes: u64,
    /// Where the stacks begin.
    pub stack_base: u64,
    /// Bytes of a stack, as a power of two.
    pub stack_log2: u32,
}

impl From<&StoredLaunch> for Launch {
    fn from(launch: &StoredLaunch) -> Self {
        Self {
            entry: launch.entry,
            args: launch.args,
            grid: launch.grid,
            block: launch.block,
            shared_bytes: launch.shared_bytes,
            stack_base: launch.stack_base,
            stack_log2: launch.stack_log2,
        }
    }
}

/// Values that lie in memory in little-endian order.
pub trait Word: Copy {
    /// Appends the bytes of a value.
    fn put(self, bytes: &mut Vec<u8>);
}

macro_rules! words {
    ($($ty:ty),*) => {$(
        impl Word for $ty {
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        }
    )*};
}
words!(u8, i32, u32, u64, f32);

/// A memory with a program.
pub struct Image {
    /// What the program was read for.
    pub shape: Shape,
    /// The program.
    pub program: Program,
    /// Memory so far.
    pub memory: Store,
    /// Launches so far, in their order.
    pub launches: Vec<StoredLaunch>,
    next: u64,
}

impl Image {
    /// A memory with the program of an ELF.
    ///
    /// # Errors
    ///
    /// A [`ProgramError`] that says what is wrong with it.
    pub fn new(elf: &[u8], shape: &Shape) -> Result<Self, ProgramError> {
        let program = Program::read(elf, shape)?;
        let mut memory = Store::default();
        program.load(&mut memory);
        let next = program.end().next_multiple_of(4096);
        Ok(Self {
            shape: *shape,
            program,
            memory,
            launches: Vec::new(),
            next,
        })
    }

    /// The first of all stacks: the highest place in memory where they fit.
    pub fn stack_base(&self, stack_log2: u32) -> u64 {
        let threads = self.shape.cores as u64 * self.shape.core_threads();
        let all = (threads << stack_log2.min(20)).next_power_of_two();
        self.shape.mem_base + self.shape.mem_bytes - all
    }

    /// Room for `bytes` bytes, behind everything that has a place, at a multiple of 64.
    pub fn reserve(&mut self, bytes: u64) -> u64 {
        let address = self.next;
        self.next = (address + bytes).next_multiple_of(LINE as u64);
        address
    }

    /// Data behind everything that has a place, at a multiple of 64.
    pub fn put<T: Word>(&mut self, data: &[T]) -> u64 {
        let mut bytes = Vec::new();
        data.iter().for_each(|word| word.put(&mut bytes));
        let address = self.reserve(bytes.len() as u64);
        self.memory.write(address, &bytes);
        address
    }

    /// One more launch, of a kernel with arguments; `dynamic` are bytes of shared memory beside the program's own.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Kernel`], or too many arguments.
    pub fn launch(
        &mut self,
        kernel: &str,
        grid: [u32; 3],
        threads: [u32; 3],
        dynamic: u64,
        arguments: &[Argument],
    ) -> Result<(), ImageError> {
        let entry = self.program.kernel(kernel)?;
        let args = self.put(&block(arguments)?);
        self.launches.push(StoredLaunch {
            entry,
            args,
            grid,
            block: threads,
            shared_bytes: self.program.shared_bytes + dynamic,
            stack_base: self.stack_base(STACK_LOG2),
            stack_log2: STACK_LOG2,
        });
        Ok(())
    }

    /// The memory as a stimulus stores it.
    pub fn lines(&self) -> Vec<ImageLine> {
        let mut numbers: Vec<u64> = self.memory.lines().collect();
        numbers.sort_unstable();
        let full = numbers.into_iter().filter_map(|number| {
            let line = self.memory.line(number);
            let bytes = line.iter().map(|byte| format!("{byte:02x}")).collect();
            line.iter().any(|byte| *byte != 0).then_some(ImageLine {
                address: number * LINE as u64,
                bytes,
            })
        });
        full.collect()
    }
}

/// What cannot be launched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The program's fault.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The arguments'.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

/// The memory that stored lines make up.
///
/// # Errors
///
/// The first line that is not one.
pub fn content(lines: &[ImageLine]) -> Result<Store, String> {
    let mut memory = Store::default();
    for line in lines {
        let digits = line.bytes.as_bytes();
        let byte = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        };
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        let bytes = bytes
            .filter(|_| digits.len().is_multiple_of(2))
            .ok_or_else(|| {
                format!(
                    "line {:#x} is not pairs of hexadecimal digits",
                    line.address
                )
            })?;
        memory.write(line.address, &bytes);
    }
    Ok(memory)
}
