//! All cores, as a checker needs them: told what happens in the order in which it happens, the
//! machine executes it too, says what it gives, and refuses what cannot be.
//!
//! [`Machine::cta`], [`Machine::issue`] and [`Machine::access`] take the events of a trace. Where the
//! contract leaves an order open, between warps and between accesses, the machine follows the events;
//! [`Machine::step`] lets it go alone.

mod accesses;
mod ctas;
mod issue;
mod pending;

use super::execute::{Effects, Executor};
use super::fault::{Cause, Fault};
use super::instruction::Instruction;
use super::launch::Launch;
use super::mask::LaneMask;
use super::memory::Memory;
use super::paths::Path;
use super::shape::Shape;
use super::warp::Warp;
use crate::axi::Store;
pub use accesses::Accessed;
use ctas::Cta;
pub use issue::{Issue, Issued};
use pending::Pending;

/// A place for a warp.
#[derive(Debug, Clone, Default)]
struct Slot {
    warp: Option<Warp>,
    pending: Vec<Pending>,
    /// Fences that its warps have executed.
    fences: u64,
}

/// A processor and its memory.
#[derive(Debug, Clone)]
pub struct Machine {
    shape: Shape,
    launch: Option<Launch>,
    memory: Memory,
    cores: Vec<Vec<Slot>>,
    ctas: Vec<Cta>,
    started: u64,
    barrier: Option<Fault>,
}

/// An instruction that is next, worked out.
struct Planned {
    path: Path,
    instruction: Instruction,
    effects: Effects,
}

impl Machine {
    /// A processor that has not been launched.
    pub fn new(shape: Shape, memory: Store) -> Machine {
        Machine {
            shape,
            launch: None,
            memory: Memory::new(memory),
            cores: Vec::new(),
            ctas: Vec::new(),
            started: 0,
            barrier: None,
        }
    }

    /// Begins a launch. What was left of the one before is forgotten, but for memory.
    ///
    /// # Errors
    ///
    /// The fault `launch`, with which one that cannot be is done at once.
    pub fn launch(&mut self, launch: Launch) -> Result<(), Fault> {
        self.memory.begin();
        self.cores = vec![vec![Slot::default(); self.shape.warps]; self.shape.cores];
        self.ctas.clear();
        self.started = 0;
        self.barrier = None;
        self.launch = None;
        if !launch.is_possible(&self.shape) {
            return Err(Fault {
                cause: Cause::Launch,
                core: 0,
                warp: 0,
                mask: LaneMask::NONE,
                pc: 0,
                address: 0,
            });
        }
        self.launch = Some(launch);
        Ok(())
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// All bytes that a program can reach.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The same, for the host.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// The memory, of a processor that is not needed any more.
    pub fn into_memory(self) -> Store {
        self.memory.into_main()
    }

    /// The warp that runs in a place.
    pub fn warp(&self, core: usize, warp: usize) -> Option<&Warp> {
        self.cores.get(core)?.get(warp)?.warp.as_ref()
    }

    /// Whether every CTA has started and ended, and every access is done.
    pub fn is_finished(&self) -> bool {
        let started = self
            .launch
            .is_none_or(|launch| self.started == launch.ctas());
        let mut slots = self.cores.iter().flatten();
        started && self.ctas.is_empty() && slots.all(|slot| slot.pending.is_empty())
    }

    /// The fault that the next instruction of a warp is, if it is one, or that of a barrier of its
    /// CTA that can never complete.
    pub fn fault_of(&self, core: usize, warp: usize) -> Option<Fault> {
        let of_barrier = self
            .barrier
            .filter(|fault| (fault.core, fault.warp) == (core, warp));
        let state = self.warp(core, warp)?;
        let faults = |path: Path| self.plan(state, path).err();
        of_barrier.or_else(|| state.paths.next().and_then(faults))
    }

    /// Works out what a path of a warp does next.
    fn plan(&self, warp: &Warp, path: Path) -> Result<Planned, Fault> {
        let Some(launch) = &self.launch else {
            unreachable!("a warp exists only in a launch")
        };
        let mut executor = Executor {
            shape: &self.shape,
            launch,
            warp,
            path,
            code: 0,
        };
        if !self.shape.in_memory(path.pc, 4) {
            return Err(executor.fetch_fault());
        }
        executor.code = self.memory.code(path.pc);
        let instruction =
            Instruction::decode(executor.code).ok_or_else(|| executor.illegal(path.mask))?;
        let effects = executor.effects(instruction)?;
        Ok(Planned {
            path,
            instruction,
            effects,
        })
    }
}
