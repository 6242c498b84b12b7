//! The memory side of the SIMT processor: what loads, stores and atomics do, in the order of the trace of accesses.
//!
//! [`SimtMem`] is the memory of one core and its lanes' reservations, byte by byte: exact where one core has all of the
//! memory. [`Coherence`] judges what several cores may see of each other's writes.

mod coherence;
#[cfg(test)]
mod tests;

pub use coherence::{Coherence, Incoherent, WriteId};

use crate::axi::{LINE, Store};

/// Most lanes of a warp.
pub const LANES: usize = 16;

/// What a request does (`mem_op_e`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Load.
    Load,
    /// Store.
    Store,
    /// Load that reserves the line.
    Lr,
    /// Store if the reservation holds.
    Sc,
    /// AMO that leaves the operand.
    Swap,
    /// AMO that leaves the sum, modulo the size.
    Add,
    /// AMO that leaves the exclusive or.
    Xor,
    /// AMO that leaves the and.
    And,
    /// AMO that leaves the or.
    Or,
    /// AMO that leaves the lower of two signed numbers.
    Min,
    /// AMO that leaves the higher of two signed numbers.
    Max,
    /// AMO that leaves the lower of two unsigned numbers.
    MinU,
    /// AMO that leaves the higher of two unsigned numbers.
    MaxU,
}

impl Op {
    /// All, in the order of their codes.
    pub const ALL: [Self; 13] = [
        Self::Load,
        Self::Store,
        Self::Lr,
        Self::Sc,
        Self::Swap,
        Self::Add,
        Self::Xor,
        Self::And,
        Self::Or,
        Self::Min,
        Self::Max,
        Self::MinU,
        Self::MaxU,
    ];

    /// Its code, 0 to 12.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Whether it gives the lanes results.
    pub fn has_result(self) -> bool {
        self != Self::Store
    }

    /// Whether it reads and writes at once: neither a plain load nor a store.
    pub fn is_atomic(self) -> bool {
        !matches!(self, Self::Load | Self::Store)
    }

    /// Whether it is an AMO.
    pub fn is_amo(self) -> bool {
        self.is_atomic() && !matches!(self, Self::Lr | Self::Sc)
    }
}

/// A number of `bytes` bytes, extended to 64 bits.
///
/// # Panics
///
/// If `bytes` is not 1 to 8.
pub fn extend(value: u64, bytes: usize, sign: bool) -> u64 {
    assert!((1..=8).contains(&bytes), "a number of {bytes} bytes");
    let unused = 64 - 8 * bytes as u32;
    if sign {
        ((value << unused) as i64 >> unused) as u64
    } else {
        value << unused >> unused
    }
}

/// What an AMO leaves in memory (RISC-V, chapter "A", 13.4): `old` and `operand` of `bytes` bytes, 4 or 8.
///
/// # Panics
///
/// If `op` is no AMO.
pub fn amo(op: Op, old: u64, operand: u64, bytes: usize) -> u64 {
    let unsigned = |value| extend(value, bytes, false);
    let signed = |value| extend(value, bytes, true) as i64;
    let (lower, lower_unsigned) = (
        signed(operand) < signed(old),
        unsigned(operand) < unsigned(old),
    );
    let result = match op {
        Op::Swap => operand,
        Op::Add => old.wrapping_add(operand),
        Op::Xor => old ^ operand,
        Op::And => old & operand,
        Op::Or => old | operand,
        Op::Min if lower => operand,
        Op::Max if !lower => operand,
        Op::MinU if lower_unsigned => operand,
        Op::MaxU if !lower_unsigned => operand,
        Op::Min | Op::Max | Op::MinU | Op::MaxU => old,
        Op::Load | Op::Store | Op::Lr | Op::Sc => panic!("`{op:?}` is no AMO"),
    };
    unsigned(result)
}

/// What one lane asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// `addr` is an offset in shared memory.
    pub shared: bool,
    /// Address, or offset, aligned to the size.
    pub addr: u64,
    /// Operand; bits above the size mean nothing.
    pub data: u64,
}

impl Lane {
    /// Shared memory or not, and the line of 64 bytes.
    pub fn line(&self) -> (bool, u64) {
        (self.shared, self.addr / LINE as u64)
    }
}

/// One warp instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The warp.
    pub warp: usize,
    /// What to do.
    pub op: Op,
    /// Bytes of each lane's access: 1, 2, 4 or 8.
    pub bytes: usize,
    /// Results are signed.
    pub sign: bool,
    /// The lanes; `None` where the mask has none.
    pub lanes: [Option<Lane>; LANES],
}

impl Request {
    /// The mask of its lanes.
    pub fn mask(&self) -> u16 {
        let lanes = self.lanes.iter().enumerate();
        lanes.fold(0, |mask, (at, lane)| mask | u16::from(lane.is_some()) << at)
    }

    /// The lanes of memory whose bytes lie in the same line as those of `lane`: one access.
    pub fn same_line(&self, lane: usize) -> u16 {
        let line = self.lanes[lane].map(|lane| lane.line());
        (0..LANES).fold(0, |mask, at| {
            let same = line.is_some() && self.lanes[at].map(|lane| lane.line()) == line;
            mask | u16::from(same) << at
        })
    }
}

/// Memory, shared memory and reservations of one core.
#[derive(Clone, Debug)]
pub struct SimtMem {
    /// Memory.
    pub memory: Store,
    shared: Vec<u8>,
    /// Of each lane of each warp: shared memory or not, and the line.
    reservations: Vec<[Option<(bool, u64)>; LANES]>,
}

impl SimtMem {
    /// Zeros and no reservations.
    pub fn new(warps: usize, shared_bytes: usize) -> Self {
        Self {
            memory: Store::default(),
            shared: vec![0; shared_bytes],
            reservations: vec![[None; LANES]; warps],
        }
    }

    fn read(&self, lane: &Lane, bytes: usize) -> u64 {
        (0..bytes as u64).rev().fold(0, |value, at| {
            let byte = if lane.shared {
                self.shared[(lane.addr + at) as usize]
            } else {
                self.memory.byte(lane.addr + at)
            };
            value << 8 | u64::from(byte)
        })
    }

    fn write(&mut self, lane: &Lane, bytes: usize, value: u64) {
        let new = &value.to_le_bytes()[..bytes];
        if lane.shared {
            self.shared[lane.addr as usize..][..bytes].copy_from_slice(new);
        } else {
            self.memory.write(lane.addr, new);
        }
        let line = lane.line();
        for reservation in self.reservations.iter_mut().flatten() {
            if *reservation == Some(line) {
                *reservation = None;
            }
        }
    }

    /// The lanes in `mask` do their access, in ascending order; their results, zero for all others.
    ///
    /// # Panics
    ///
    /// If a lane of the mask is not in the request, or an offset not in shared memory.
    pub fn access(&mut self, request: &Request, mask: u16) -> [u64; LANES] {
        let mut results = [0; LANES];
        for at in (0..LANES).filter(|at| mask >> at & 1 != 0) {
            let lane = request.lanes[at].expect("lanes of the mask are in the request");
            results[at] = self.one(request, at, &lane);
        }
        results
    }

    fn one(&mut self, request: &Request, at: usize, lane: &Lane) -> u64 {
        let bytes = request.bytes;
        if request.op == Op::Store {
            self.write(lane, bytes, lane.data);
            return 0;
        }
        let own = &mut self.reservations[request.warp][at];
        if request.op == Op::Sc {
            if own.take() != Some(lane.line()) {
                return 1;
            }
            self.write(lane, bytes, lane.data);
            return 0;
        }
        if request.op == Op::Lr {
            *own = Some(lane.line());
        }
        let old = self.read(lane, bytes);
        if request.op.is_amo() {
            self.write(lane, bytes, amo(request.op, old, lane.data, bytes));
        }
        extend(old, bytes, request.sign)
    }

    /// All reservations end.
    pub fn empty(&mut self) {
        self.reservations.fill([None; LANES]);
    }
}
