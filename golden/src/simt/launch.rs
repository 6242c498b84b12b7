//! What the host asks for, and how it becomes threads.

use super::shape::Shape;

/// A launch: the payload of the channel `launch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launch {
    /// The first PC of every thread.
    pub entry: u64,
    /// What CSR `args` reads.
    pub args: u64,
    /// CTAs in x, y, z.
    pub grid: [u32; 3],
    /// Threads of a CTA in x, y, z.
    pub block: [u32; 3],
    /// Shared memory of a CTA, in bytes.
    pub shared_bytes: u64,
    /// Where the stacks begin.
    pub stack_base: u64,
    /// Each lane's stack has `2^stack_log2` bytes.
    pub stack_log2: u32,
}

/// The most CTAs in x, y, z (those of CUDA).
pub const MAX_GRID: [u32; 3] = [0x7fff_ffff, 65535, 65535];

impl Launch {
    /// Whether a processor of this shape can do it; if not, it ends at once with the fault `launch`.
    pub fn is_possible(&self, shape: &Shape) -> bool {
        let grid = self.grid.iter().zip(MAX_GRID);
        let grid = grid.clone().all(|(&count, max)| (1..=max).contains(&count));
        let threads = self.block.iter().try_fold(1u64, |product, &count| {
            product.checked_mul(u64::from(count))
        });
        let block = threads.is_some_and(|count| (1..=shape.core_threads()).contains(&count));
        let entry = self.entry.is_multiple_of(4) && shape.in_memory(self.entry, 4);
        grid && block
            && self.shared_bytes <= shape.shared_bytes
            && entry
            && (8..=20).contains(&self.stack_log2)
            && self.stacks_fit(shape)
    }

    fn stacks_fit(&self, shape: &Shape) -> bool {
        let bytes = self.all_stacks(shape);
        let alignment = bytes.next_power_of_two();
        self.stack_base.is_multiple_of(alignment) && shape.in_memory(self.stack_base, bytes)
    }

    /// Bytes of all stacks together.
    pub fn all_stacks(&self, shape: &Shape) -> u64 {
        (shape.cores as u64 * shape.core_threads()) << self.stack_log2
    }

    /// Address of the stack of a lane.
    pub fn stack(&self, shape: &Shape, core: usize, warp: usize, lane: usize) -> u64 {
        let index = (core * shape.warps + warp) * shape.lanes + lane;
        self.stack_base + ((index as u64) << self.stack_log2)
    }

    /// Where the byte at `offset` from `stack_base` lies in memory: those of a warp by 8 bytes of each lane.
    pub fn interleaved(&self, shape: &Shape, offset: u64) -> u64 {
        let lanes = shape.lanes as u64;
        let (number, within) = (offset >> self.stack_log2, offset % self.stack_bytes());
        let (warp, lane) = (number / lanes, number % lanes);
        let first = self.stack_base + warp * lanes * self.stack_bytes();
        first + within / 8 * 8 * lanes + 8 * lane + within % 8
    }

    /// Bytes of each stack.
    pub fn stack_bytes(&self) -> u64 {
        1 << self.stack_log2
    }

    /// Threads of a CTA.
    pub fn threads(&self) -> u64 {
        self.block.iter().map(|&count| u64::from(count)).product()
    }

    /// Warps of a CTA.
    pub fn warps(&self, shape: &Shape) -> usize {
        self.threads().div_ceil(shape.lanes as u64) as usize
    }

    /// CTAs of the launch.
    pub fn ctas(&self) -> u64 {
        self.grid.iter().map(|&count| u64::from(count)).product()
    }

    /// The place in the grid of the CTA that starts as number `index`: x runs fastest.
    pub fn cta(&self, index: u64) -> [u32; 3] {
        coordinates(index, self.grid)
    }

    /// The place in its CTA of a thread.
    pub fn thread(&self, number: u64) -> [u32; 3] {
        coordinates(number, self.block)
    }
}

/// The inverse of `x + counts.x*(y + counts.y*z)`.
fn coordinates(number: u64, counts: [u32; 3]) -> [u32; 3] {
    let [nx, ny, _] = counts.map(u64::from);
    [number % nx, number / nx % ny, number / nx / ny].map(|coordinate| coordinate as u32)
}
