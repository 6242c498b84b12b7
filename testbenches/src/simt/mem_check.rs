//! Holds one core's accesses against golden, byte by byte.

use std::collections::{BTreeSet, HashSet, VecDeque};

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{LINE, Store};
use gpnpu_golden::simt::mem::{LANES, Op, Request, SimtMem};

use super::mem::{Moved, Watch, initial, register, unexpected};
use super::mem_stimulus::{Access, BASE, LINES};
use crate::kit::Failure;
use crate::kit::axi::Subordinate;
use crate::ports::simt_pkg::MemRsp;

/// A request that was taken.
struct Open {
    since: Cycle,
    tag: u8,
    request: Request,
    /// Lanes whose access was done, and whose results came.
    accessed: u16,
    answered: u16,
    results: [u64; LANES],
    /// Accesses of shared memory.
    shared: usize,
}

impl Open {
    fn done(&self) -> bool {
        let all = self.request.mask();
        self.accessed == all && (!self.request.op.has_result() || self.answered == all)
    }
}

/// Golden, and what is under way.
pub(super) struct Check {
    golden: SimtMem,
    open: Vec<VecDeque<Open>>,
    lanes_of_bank: usize,
    faults: HashSet<u64>,
    /// Lines with an error that were accessed, and of which one was told.
    failed: BTreeSet<u64>,
    told: BTreeSet<u64>,
    /// Lines written since golden was last held against AXI's memory.
    dirty: BTreeSet<u64>,
    idle: bool,
}

fn line_of(addr: u64) -> u64 {
    addr / LINE as u64
}

impl Check {
    pub fn new(warps: usize, lanes: usize, shared_bytes: usize, faults: &[u8]) -> Self {
        let mut golden = SimtMem::new(warps, shared_bytes);
        for line in 0..LINES {
            golden.memory.write(BASE + 64 * line, &initial(line));
        }
        let faults = faults.iter().map(|line| line_of(BASE) + u64::from(*line));
        Self {
            golden,
            open: (0..warps).map(|_| VecDeque::new()).collect(),
            lanes_of_bank: lanes,
            faults: faults.collect(),
            failed: BTreeSet::new(),
            told: BTreeSet::new(),
            dirty: BTreeSet::new(),
            idle: false,
        }
    }

    /// Whether the bytes of two lanes meet.
    fn overlap(request: &Request, a: usize, b: usize) -> bool {
        let bytes = request.bytes as u64;
        match (request.lanes[a], request.lanes[b]) {
            (Some(a), Some(b)) => a.shared == b.shared && a.addr / bytes == b.addr / bytes,
            _ => false,
        }
    }

    /// Cycles that the banks need for the lanes of a load of shared memory: of the bank, or the pair of banks, with
    /// the most words.
    fn bank_cycles(request: &Request, banks: usize) -> usize {
        let unit = request.bytes.max(4);
        let mut words: Vec<HashSet<u64>> = vec![HashSet::new(); banks];
        for lane in request.lanes.iter().flatten().filter(|lane| lane.shared) {
            let word = lane.addr / unit as u64;
            words[word as usize % (banks * 4 / unit)].insert(word);
        }
        words.iter().map(HashSet::len).max().unwrap_or(0)
    }

    fn compare(&mut self, now: Cycle, store: &Store) -> Result<(), Failure> {
        for line in std::mem::take(&mut self.dirty) {
            let (rtl, golden) = (store.line(line), self.golden.memory.line(line));
            if self.faults.contains(&line) || rtl == golden {
                continue;
            }
            let at = (0..LINE).find(|at| rtl[*at] != golden[*at]).unwrap_or(0);
            let signal = format!("memory[{:#x}]", line * LINE as u64 + at as u64);
            let (rtl, golden) = (format!("{:#04x}", rtl[at]), format!("{:#04x}", golden[at]));
            return Err(Failure::mismatch(now, &signal, &rtl, &golden));
        }
        Ok(())
    }
}

impl Watch for Check {
    fn request(&mut self, now: Cycle, tag: u8, access: &Access) -> Result<(), Failure> {
        self.open[usize::from(access.warp)].push_back(Open {
            since: now,
            tag,
            request: access.request(),
            accessed: 0,
            answered: 0,
            results: [0; LANES],
            shared: 0,
        });
        Ok(())
    }

    fn access(&mut self, now: Cycle, _core: usize, moved: &Moved) -> Result<(), Failure> {
        let text = |what: &str| format!("access_o is {moved:x?}, {what}");
        let refuse = |what: &str| Err(unexpected("access_o", now, text(what)));
        let Some(queue) = self.open.get_mut(usize::from(moved.warp)) else {
            return refuse("and there is no such warp");
        };
        let Some(open) = queue
            .iter_mut()
            .find(|open| open.accessed != open.request.mask())
        else {
            return refuse("and the warp has nothing to do");
        };
        let left = open.request.mask() & !open.accessed;
        if open.tag != moved.tag {
            return refuse(&format!("and request {:#x} is the next", open.tag));
        }
        if moved.mask == 0 || moved.mask & !left != 0 {
            return refuse(&format!("and the lanes left are {left:#x}"));
        }
        let lowest = moved.mask.trailing_zeros() as usize;
        let shared = open.request.lanes[lowest].is_some_and(|lane| lane.shared);
        if !shared && moved.mask != open.request.same_line(lowest) {
            let line = open.request.same_line(lowest);
            return refuse(&format!("and the lanes of its line are {line:#x}"));
        }
        for lane in (0..LANES).filter(|lane| moved.mask >> lane & 1 != 0) {
            let early = (0..lane)
                .filter(|lower| left & !moved.mask & 1 << lower != 0)
                .any(|lower| Self::overlap(&open.request, lower, lane));
            let mixed = open.request.lanes[lane].is_some_and(|lane| lane.shared) != shared;
            if early || mixed {
                return refuse("and a lower lane has the same bytes, or another memory");
            }
        }
        open.accessed |= moved.mask;
        open.shared += usize::from(shared);
        let all_done = open.accessed == open.request.mask();
        if all_done && open.request.op == Op::Load {
            let cycles = Self::bank_cycles(&open.request, self.lanes_of_bank);
            if open.shared != cycles {
                let text = format!(
                    "{:x?} took {} accesses of shared memory, the banks need {cycles}",
                    open.request, open.shared
                );
                return Err(unexpected("access_o", now, text));
            }
        }
        let results = self.golden.access(&open.request, moved.mask);
        for lane in (0..LANES).filter(|lane| moved.mask >> lane & 1 != 0) {
            open.results[lane] = results[lane];
            if let Some(lane) = open.request.lanes[lane].filter(|lane| !lane.shared) {
                let line = line_of(lane.addr);
                if open.request.op != Op::Load {
                    self.dirty.insert(line);
                }
                if self.faults.contains(&line) {
                    self.failed.insert(line);
                }
            }
        }
        queue.retain(|open| !open.done());
        Ok(())
    }

    fn response(&mut self, now: Cycle, _core: usize, rsp: &MemRsp) -> Result<(), Failure> {
        let refuse = |what: String| Err(unexpected("rsp_o", now, what));
        let queue = self.open.get_mut(usize::from(rsp.warp));
        let open = queue.and_then(|queue| {
            let at = queue
                .iter()
                .position(|open| open.tag == rsp.tag && open.request.op.has_result())?;
            Some((queue, at))
        });
        let Some((queue, at)) = open else {
            return refuse(format!("rsp_o answers what nobody asked: {rsp:x?}"));
        };
        let open = &mut queue[at];
        let left = open.accessed & !open.answered;
        if rsp.mask == 0 || rsp.mask & !left != 0 {
            return refuse(format!("rsp_o is {rsp:x?}, lanes to answer are {left:#x}"));
        }
        for lane in (0..LANES).filter(|lane| rsp.mask >> lane & 1 != 0) {
            let place = open.request.lanes[lane];
            let failed =
                place.is_some_and(|lane| !lane.shared && self.faults.contains(&line_of(lane.addr)));
            if !failed && rsp.data[lane] != open.results[lane] {
                let rtl = format!("{:#018x}", rsp.data[lane]);
                let golden = format!("{:#018x}", open.results[lane]);
                let failure = Failure::mismatch(now, &format!("rsp_o.data[{lane}]"), &rtl, &golden);
                return Err(failure.with_details(format!("{:x?}", open.request)));
            }
        }
        open.answered |= rsp.mask;
        let last = open.answered == open.request.mask();
        if (rsp.rd, rsp.fp) != register(rsp.tag) || rsp.last != last {
            return refuse(format!("rsp_o is {rsp:x?}, its last is {last}"));
        }
        queue.retain(|open| !open.done());
        Ok(())
    }

    fn busy(
        &mut self,
        now: Cycle,
        _core: usize,
        busy: u16,
        memory: &Subordinate,
    ) -> Result<(), Failure> {
        for (warp, queue) in self.open.iter().enumerate() {
            if busy >> warp & 1 == 0 && queue.iter().any(|open| open.since.0 < now.0) {
                let text = format!("busy_o is {busy:#x}, warp {warp} has requests under way");
                return Err(unexpected("busy_o", now, text));
            }
        }
        self.idle = busy == 0;
        if busy == 0 && self.open.iter().all(VecDeque::is_empty) {
            self.compare(now, &memory.store)?;
        }
        Ok(())
    }

    fn error(&mut self, now: Cycle, _core: usize, warp: u8, addr: u64) -> Result<(), Failure> {
        let line = line_of(addr);
        let waits = |open: &Open| {
            let lanes = open.request.lanes.iter().flatten();
            lanes
                .filter(|lane| !lane.shared)
                .any(|lane| line_of(lane.addr) == line)
        };
        let queue = self.open.get(usize::from(warp));
        if warp != 0 && !queue.is_some_and(|queue| queue.iter().any(waits)) {
            let text = format!("error_o names warp {warp}, which does not wait for {addr:#x}");
            return Err(unexpected("error_o", now, text));
        }
        self.told.insert(line);
        Ok(())
    }

    fn empty(&mut self) {
        self.golden.empty();
    }

    fn reset(&mut self, memory: &Subordinate) {
        self.open.iter_mut().for_each(VecDeque::clear);
        self.golden.memory = memory.store.clone();
        self.golden.empty();
        self.dirty.clear();
    }

    fn finish(&mut self, now: Cycle, memory: &Subordinate) -> Result<(), Failure> {
        self.compare(now, &memory.store)?;
        match self.failed.difference(&self.told).next() {
            None => Ok(()),
            Some(line) => {
                let text = format!("no error was told of {:#x}", line * LINE as u64);
                Err(unexpected("error_o", now, text))
            }
        }
    }

    fn open(&self) -> usize {
        self.open.iter().map(VecDeque::len).sum()
    }
}
