//! A processor that runs a checked-in program on the golden model.

use std::path::Path;

use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::run::{End, Ran, run};
use gpnpu_golden::simt::shape::Shape;
use gpnpu_testbenches::simt::arguments::{Argument, block};
use gpnpu_testbenches::simt::program::Program;

/// Where the host's data begins, beyond each of the programs.
const HEAP: u64 = 0x8010_0000;
/// Where the stacks begin.
const STACKS: u64 = 0xc000_0000;
/// Each stack has 4 KiB.
const STACK_LOG2: u32 = 12;
/// Far more warp instructions than any of the launches takes.
const LIMIT: u64 = 20_000_000;

/// The shapes that all kernels run on: a kernel must not assume a number of lanes.
pub fn shapes() -> [Shape; 3] {
    [
        Shape::new(1, 8, 4),
        Shape::new(1, 8, 8),
        Shape::new(2, 4, 16),
    ]
}

/// A memory with a program, and the host's data.
pub struct Device {
    pub shape: Shape,
    program: Program,
    memory: Store,
    next: u64,
}

/// Values that lie in memory in little-endian order.
pub trait Word: Copy {
    const BYTES: usize;
    fn to_bytes(self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! words {
    ($($ty:ty),*) => {$(
        impl Word for $ty {
            const BYTES: usize = size_of::<$ty>();
            fn to_bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn from_bytes(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as the type has"))
            }
        }
    )*};
}
words!(u8, i32, u32, u64, f32);

/// The ELF of a program that is checked in.
pub fn elf(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../simt/elf/{name}.elf"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Device {
    /// A processor with the program `name` in its memory.
    pub fn new(shape: Shape, name: &str) -> Self {
        let program =
            Program::read(&elf(name), &shape).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(program.end() <= HEAP);
        let mut memory = Store::default();
        program.load(&mut memory);
        Self {
            shape,
            program,
            memory,
            next: HEAP,
        }
    }

    /// Puts data into memory, at a multiple of 64.
    pub fn put<T: Word>(&mut self, data: &[T]) -> u64 {
        let address = self.next;
        let bytes: Vec<u8> = data.iter().flat_map(|word| word.to_bytes()).collect();
        self.memory.write(address, &bytes);
        self.next = (address + bytes.len() as u64).next_multiple_of(64);
        address
    }

    /// `count` words from an address on.
    pub fn get<T: Word>(&self, address: u64, count: usize) -> Vec<T> {
        let bytes = self.memory.read(address, count * T::BYTES);
        bytes.chunks(T::BYTES).map(T::from_bytes).collect()
    }

    /// Runs a kernel to its end; `dynamic` are bytes of shared memory beside those that the program has.
    pub fn launch(
        &mut self,
        kernel: &str,
        grid: [u32; 3],
        threads: [u32; 3],
        dynamic: u64,
        arguments: &[Argument],
    ) -> Ran {
        let entry = self.program.kernel(kernel).unwrap();
        let args = self.put(&block(arguments).unwrap());
        let ran = self.run(entry, args, grid, threads, dynamic);
        assert_eq!(ran.end, End::Done, "{kernel} on {:?}", self.shape);
        ran
    }

    /// Runs from the ELF's own entry; what is in `tohost` afterwards.
    pub fn test_program(&mut self, threads: u32) -> u64 {
        let ran = self.run(self.program.entry, 0, [1; 3], [threads, 1, 1], 0);
        assert_eq!(ran.end, End::Done, "on {:?}", self.shape);
        let tohost = self.program.tohost.expect("a test program has it");
        self.get::<u64>(tohost, 1)[0]
    }

    fn run(&mut self, entry: u64, args: u64, grid: [u32; 3], block: [u32; 3], dynamic: u64) -> Ran {
        let launch = Launch {
            entry,
            args,
            grid,
            block,
            shared_bytes: self.program.shared_bytes + dynamic,
            stack_base: STACKS,
            stack_log2: STACK_LOG2,
        };
        let ran = run(self.shape, launch, std::mem::take(&mut self.memory), LIMIT);
        self.memory = ran.memory.clone();
        ran
    }
}

/// Numbers that look random, the same in each run (a linear congruential generator with Knuth's MMIX constants).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next 32 bits.
    pub fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    /// `count` numbers from -1 to 1.
    pub fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| (f64::from(self.next()) / f64::from(1u32 << 31) - 1.0) as f32)
            .collect()
    }

    /// `count` numbers from -1000 to 1000.
    pub fn integers(&mut self, count: usize) -> Vec<i32> {
        (0..count).map(|_| self.below(2001) as i32 - 1000).collect()
    }
}

/// That each of `got` is within `tolerance`, relative to the larger of 1 and the number, of `want`.
pub fn assert_close(got: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (index, (&got, &want)) in got.iter().zip(want).enumerate() {
        let error = (f64::from(got) - want).abs() / want.abs().max(1.0);
        assert!(error <= tolerance, "[{index}] is {got}, {want} expected");
    }
}
