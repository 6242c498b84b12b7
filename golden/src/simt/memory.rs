//! What lies in memory and in the shared memories, and the reservations of LR.

use std::collections::HashMap;

use super::execute::{Access, AccessKind};
use super::instruction::AmoOp;
use super::warp::Place;
use crate::axi::{LINE, Store};

/// A lane of the whole processor: core, warp, lane.
type LaneId = (usize, usize, usize);

/// Memory, or the shared memory of a CTA by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Memory,
    Shared(u64),
}

/// What LR has asked to watch: a line.
#[derive(Debug, Clone, Copy)]
struct Reservation {
    lane: LaneId,
    space: Space,
    line: u64,
}

/// All bytes that a program can reach. What was never written reads as zero.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    main: Store,
    shared: HashMap<u64, Store>,
    reservations: Vec<Reservation>,
}

impl Memory {
    /// A memory of this content.
    pub fn new(main: Store) -> Memory {
        Memory {
            main,
            ..Memory::default()
        }
    }

    /// The memory itself.
    pub fn main(&self) -> &Store {
        &self.main
    }

    /// The memory itself, without the rest.
    pub fn into_main(self) -> Store {
        self.main
    }

    /// The memory itself, for the host between launches: no reservation notices.
    pub fn main_mut(&mut self) -> &mut Store {
        &mut self.main
    }

    /// The bytes of a CTA's shared memory, by their distance from its first; none if it was never
    /// written.
    pub fn shared(&self, cta: u64) -> Option<&Store> {
        self.shared.get(&cta)
    }

    /// Forgets the shared memory of a CTA that has ended.
    pub fn forget(&mut self, cta: u64) {
        self.shared.remove(&cta);
    }

    /// Forgets all reservations and shared memories: a launch begins.
    pub fn begin(&mut self) {
        self.reservations.clear();
        self.shared.clear();
    }

    /// The code at an address, a multiple of 4.
    pub fn code(&self, address: u64) -> u32 {
        load(&self.main, address, 4) as u32
    }

    /// One lane's part of an access: what its register gets, 0 for a store.
    pub fn perform(&mut self, access: &Access, place: &Place, lane: usize) -> u64 {
        let space = if access.shared.has(lane) {
            Space::Shared(place.cta)
        } else {
            Space::Memory
        };
        let id = (place.core, place.warp, lane);
        let (address, data) = (access.addresses[lane], access.data[lane]);
        match access.kind {
            AccessKind::Load(op) => op.extend(self.load(space, address, access.bytes)),
            AccessKind::Store => {
                self.store(space, address, access.bytes, data);
                0
            }
            AccessKind::Atomic(AmoOp::Sc) => {
                let line = address / LINE as u64;
                let held = self.reservations.iter().any(|reservation| {
                    reservation.lane == id && reservation.space == space && reservation.line == line
                });
                self.reservations
                    .retain(|reservation| reservation.lane != id);
                if held {
                    self.store(space, address, access.bytes, data);
                }
                u64::from(!held)
            }
            AccessKind::Atomic(op) => {
                let old = self.load(space, address, access.bytes);
                if op == AmoOp::Lr {
                    self.reserve(id, space, address);
                } else {
                    let new = combine(op, access.bytes, old, data);
                    self.store(space, address, access.bytes, new);
                }
                sign_extended(old, access.bytes)
            }
        }
    }

    fn load(&self, space: Space, address: u64, bytes: u64) -> u64 {
        match space {
            Space::Memory => load(&self.main, address, bytes),
            Space::Shared(cta) => match self.shared.get(&cta) {
                Some(store) => load(store, address, bytes),
                None => 0,
            },
        }
    }

    /// Writes, which ends every reservation of the line.
    fn store(&mut self, space: Space, address: u64, bytes: u64, value: u64) {
        let store = match space {
            Space::Memory => &mut self.main,
            Space::Shared(cta) => self.shared.entry(cta).or_default(),
        };
        let line = address / LINE as u64;
        let offset = (address % LINE as u64) as usize;
        let value = &value.to_le_bytes()[..bytes as usize];
        store.line_mut(line)[offset..offset + value.len()].copy_from_slice(value);
        self.reservations
            .retain(|reservation| reservation.space != space || reservation.line != line);
    }

    /// A lane has one reservation: the last.
    fn reserve(&mut self, lane: LaneId, space: Space, address: u64) {
        self.reservations
            .retain(|reservation| reservation.lane != lane);
        let line = address / LINE as u64;
        self.reservations.push(Reservation { lane, space, line });
    }
}

/// Up to 8 aligned bytes, little-endian.
fn load(store: &Store, address: u64, bytes: u64) -> u64 {
    let line = store.line(address / LINE as u64);
    let offset = (address % LINE as u64) as usize;
    let bytes = line[offset..offset + bytes as usize].iter().rev();
    bytes.fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn sign_extended(value: u64, bytes: u64) -> u64 {
    if bytes == 4 {
        i64::from(value as i32) as u64
    } else {
        value
    }
}

/// What an AMO writes (14.4). On 4 bytes, only the low half counts.
fn combine(op: AmoOp, bytes: u64, old: u64, operand: u64) -> u64 {
    let (a, b) = (sign_extended(old, bytes), sign_extended(operand, bytes));
    match op {
        AmoOp::Add => a.wrapping_add(b),
        AmoOp::Swap | AmoOp::Sc => b,
        AmoOp::Lr => a,
        AmoOp::Xor => a ^ b,
        AmoOp::Or => a | b,
        AmoOp::And => a & b,
        AmoOp::Min => (a as i64).min(b as i64) as u64,
        AmoOp::Max => (a as i64).max(b as i64) as u64,
        // Sign extension keeps the unsigned order of 32-bit numbers.
        AmoOp::Minu => a.min(b),
        AmoOp::Maxu => a.max(b),
    }
}
