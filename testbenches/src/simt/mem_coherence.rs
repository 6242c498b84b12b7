//! Testbench of `simt_mem` with several cores: what they see of each other's writes.

use std::collections::VecDeque;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::simt::mem::{Coherence, Incoherent, LANES, Op, Request, WriteId};

use super::mem::{Bench, Moved, Watch, initial, unexpected};
use super::mem_stimulus::{Access, BASE, LINES, MemStimulus};
use crate::kit::axi::Subordinate;
use crate::kit::{Failure, Run, Testbench};
use crate::ports::simt_mem::SimtMem;
use crate::ports::simt_pkg::MemRsp;

struct Open {
    since: Cycle,
    tag: u8,
    request: Request,
    accessed: u16,
    answered: u16,
    /// Of each lane that wrote.
    writes: [Option<WriteId>; LANES],
    /// Place of each lane's load among all loads of the core.
    loads: [usize; LANES],
}

impl Open {
    fn done(&self) -> bool {
        let all = self.request.mask();
        self.accessed == all && (!self.request.op.has_result() || self.answered == all)
    }
}

/// What a core's lane saw or did, in the order of the trace; told once everything before it is known.
enum Seen {
    Waits,
    Load { addr: u64, value: u64, asked: u64 },
    Wrote { addr: u64, id: WriteId },
}

#[derive(Default)]
struct Core {
    open: Vec<VecDeque<Open>>,
    /// Writes of each warp that are not visible yet.
    hidden: Vec<Vec<(u64, WriteId, Cycle)>>,
    order: VecDeque<Seen>,
    /// Number of the first of `order`.
    first: usize,
}

/// Coherence of all cores.
pub(super) struct Cores {
    cores: Vec<Core>,
    coherence: Coherence,
    /// Addresses that were accessed.
    used: bool,
}

impl Cores {
    pub fn new(cores: usize, warps: usize) -> Self {
        let core = || Core {
            open: (0..warps).map(|_| VecDeque::new()).collect(),
            hidden: vec![Vec::new(); warps],
            ..Core::default()
        };
        let mut coherence = Coherence::default();
        for line in 0..LINES {
            for (word, bytes) in initial(line).chunks_exact(8).enumerate() {
                let value = word_of(bytes);
                coherence.initial(BASE + 64 * line + 8 * word as u64, value);
            }
        }
        Self {
            cores: (0..cores).map(|_| core()).collect(),
            coherence,
            used: false,
        }
    }

    /// What the core saw and did, in the order of the trace, up to the first load that is not answered.
    fn tell(&mut self, now: Cycle, core: usize) -> Result<(), Failure> {
        let state = &mut self.cores[core];
        loop {
            match state.order.front() {
                None | Some(Seen::Waits) => return Ok(()),
                Some(Seen::Wrote { addr, id }) => self.coherence.wrote(core, *addr, *id),
                Some(Seen::Load { addr, value, asked }) => self
                    .coherence
                    .load(core, *addr, *value, *asked)
                    .map_err(|why| incoherent(now, core, &why))?,
            }
            state.order.pop_front();
            state.first += 1;
        }
    }
}

fn word_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn incoherent(now: Cycle, core: usize, why: &Incoherent) -> Failure {
    unexpected("coherence", now, format!("core {core}: {why}"))
}

impl Watch for Cores {
    fn request(&mut self, now: Cycle, tag: u8, access: &Access) -> Result<(), Failure> {
        self.used = true;
        self.cores[usize::from(access.core)].open[usize::from(access.warp)].push_back(Open {
            since: now,
            tag,
            request: access.request(),
            accessed: 0,
            answered: 0,
            writes: [None; LANES],
            loads: [0; LANES],
        });
        Ok(())
    }

    fn access(&mut self, now: Cycle, core: usize, moved: &Moved) -> Result<(), Failure> {
        let state = &mut self.cores[core];
        let Some(open) = state.open[usize::from(moved.warp)]
            .iter_mut()
            .find(|open| open.accessed != open.request.mask())
            .filter(|open| open.tag == moved.tag)
        else {
            let text = format!("access_o of core {core} is {moved:x?}, which is not next");
            return Err(unexpected("access_o", now, text));
        };
        open.accessed |= moved.mask;
        for lane in (0..LANES).filter(|lane| moved.mask >> lane & 1 != 0) {
            let Some(what) = open.request.lanes[lane] else {
                continue;
            };
            if open.request.op == Op::Load {
                open.loads[lane] = state.first + state.order.len();
                state.order.push_back(Seen::Waits);
                continue;
            }
            let addr = what.addr;
            let id = self.coherence.write(addr, what.data, now.0);
            open.writes[lane] = Some(id);
            state.order.push_back(Seen::Wrote { addr, id });
            state.hidden[usize::from(moved.warp)].push((what.addr, id, now));
        }
        state.open[usize::from(moved.warp)].retain(|open| !open.done());
        self.tell(now, core)
    }

    fn response(&mut self, now: Cycle, core: usize, rsp: &MemRsp) -> Result<(), Failure> {
        let state = &mut self.cores[core];
        let queue = &mut state.open[usize::from(rsp.warp)];
        let Some(open) = queue
            .iter_mut()
            .find(|open| open.tag == rsp.tag && open.request.op.has_result())
        else {
            let text = format!("rsp_o answers what nobody asked: {rsp:x?}");
            return Err(unexpected("rsp_o", now, text));
        };
        open.answered |= rsp.mask;
        for lane in (0..LANES).filter(|lane| rsp.mask >> lane & 1 != 0) {
            let (Some(what), value) = (open.request.lanes[lane], rsp.data[lane]) else {
                continue;
            };
            let asked = open.since.0;
            match open.writes[lane] {
                Some(id) => self
                    .coherence
                    .found(what.addr, id, value, asked)
                    .map_err(|why| incoherent(now, core, &why))?,
                None => {
                    let at = open.loads[lane] - state.first;
                    state.order[at] = Seen::Load {
                        addr: what.addr,
                        value,
                        asked,
                    };
                }
            }
        }
        queue.retain(|open| !open.done());
        self.tell(now, core)
    }

    fn busy(
        &mut self,
        now: Cycle,
        core: usize,
        busy: u16,
        _memory: &Subordinate,
    ) -> Result<(), Failure> {
        let state = &mut self.cores[core];
        for (warp, hidden) in state.hidden.iter_mut().enumerate() {
            if busy >> warp & 1 != 0 {
                continue;
            }
            if state.open[warp].iter().any(|open| open.since.0 < now.0) {
                let text = format!("busy_o of core {core} is {busy:#x}, warp {warp} waits");
                return Err(unexpected("busy_o", now, text));
            }
            for (addr, id, since) in hidden.drain(..) {
                debug_assert!(since.0 <= now.0, "written before it is visible");
                self.coherence.visible(addr, id, now.0);
            }
        }
        Ok(())
    }

    fn error(&mut self, now: Cycle, core: usize, _warp: u8, addr: u64) -> Result<(), Failure> {
        let text = format!("error_o of core {core} names {addr:#x}, where there was none");
        Err(unexpected("error_o", now, text))
    }

    fn empty(&mut self) {}

    fn reset(&mut self, _memory: &Subordinate) {
        debug_assert!(!self.used, "golden of several cores begins with the reset");
    }

    fn finish(&mut self, now: Cycle, memory: &Subordinate) -> Result<(), Failure> {
        let content = |addr: u64| word_of(&memory.store.read(addr, 8));
        let end = self.coherence.finish(content);
        end.map_err(|why| incoherent(now, 0, &why))
    }

    fn open(&self) -> usize {
        let queues = self.cores.iter().flat_map(|core| &core.open);
        queues.map(VecDeque::len).sum()
    }
}

/// Drives `simt_mem` of several cores.
pub struct CoherenceTb;

impl Testbench for CoherenceTb {
    type Ports = SimtMem;
    type Stimulus = MemStimulus;

    fn run(run: &mut Run<SimtMem>, stimulus: &MemStimulus) -> Result<(), Failure> {
        let cores = Cores::new(run.parameters.get("Cores"), run.parameters.get("Warps"));
        let mut bench = Bench::new(run, stimulus, cores)?;
        bench.run(run, &[])?;
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}
