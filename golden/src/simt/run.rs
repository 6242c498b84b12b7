//! A launch executed alone, to its end.

use super::fault::Fault;
use super::launch::Launch;
use super::machine::Machine;
use super::paths::Path;
use super::shape::Shape;
use super::warp::Place;
use crate::axi::Store;

/// Why a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All threads have ended.
    Done,
    /// A fault.
    Fault(Fault),
    /// The limit was reached.
    Limit,
}

/// What a launch did.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Why it ended.
    pub end: End,
    /// The memory afterwards.
    pub memory: Store,
    /// Instructions of warps.
    pub instructions: u64,
    /// Instructions of lanes: those of warps, each counted once for each lane that executed it.
    pub lane_instructions: u64,
}

/// Executes a launch: round robin over the warps, one instruction each, every access at once; the
/// clock shows the instructions executed so far. CTAs start in the first core that has room.
///
/// `limit` is the most instructions of warps.
///
/// # Panics
///
/// If the model forgets to make a path ready, which no program can bring about.
pub fn run(shape: Shape, launch: Launch, memory: Store, limit: u64) -> Ran {
    run_watched(shape, launch, memory, limit, |_, _| {})
}

/// The same, with the path of a warp whose instruction is executed shown before each.
///
/// # Panics
///
/// As [`run`].
pub fn run_watched(
    shape: Shape,
    launch: Launch,
    memory: Store,
    limit: u64,
    mut watch: impl FnMut(&Place, &Path),
) -> Ran {
    let mut machine = Machine::new(shape, memory);
    let (mut instructions, mut lane_instructions) = (0, 0);
    let started = machine.launch(launch);
    let end = started.map_or_else(End::Fault, |()| {
        loop {
            machine.start_ctas();
            if machine.is_finished() {
                break End::Done;
            }
            if instructions >= limit {
                break End::Limit;
            }
            match machine.round(limit - instructions, instructions, &mut watch) {
                Ok(executed) => {
                    // Of a CTA that runs some path is ready, or its barrier would be a fault.
                    assert!(executed.0 > 0, "no warp can execute, and none is at fault");
                    instructions += executed.0;
                    lane_instructions += executed.1;
                }
                Err(fault) => break End::Fault(fault),
            }
        }
    });
    Ran {
        end,
        memory: machine.into_memory(),
        instructions,
        lane_instructions,
    }
}

impl Machine {
    /// Starts CTAs as long as there is room.
    pub fn start_ctas(&mut self) {
        while self.start_next_cta() {}
    }

    /// Each warp that can executes one instruction, `most` of them at most; the clock shows `cycle`
    /// and one more after each. Gives the instructions of warps and of lanes.
    fn round(
        &mut self,
        most: u64,
        cycle: u64,
        watch: &mut impl FnMut(&Place, &Path),
    ) -> Result<(u64, u64), Fault> {
        let (mut instructions, mut lane_instructions) = (0, 0);
        let Shape { cores, warps, .. } = *self.shape();
        for core in 0..cores {
            for warp in 0..warps {
                if instructions == most {
                    return Ok((instructions, lane_instructions));
                }
                let next = self
                    .warp(core, warp)
                    .and_then(|state| Some((state.place, state.paths.next()?)));
                if let Some(issued) = self.step(core, warp, cycle + instructions)? {
                    if let Some((place, path)) = next {
                        watch(&place, &path);
                    }
                    instructions += 1;
                    lane_instructions += u64::from(issued.mask.count());
                }
            }
        }
        Ok((instructions, lane_instructions))
    }
}
