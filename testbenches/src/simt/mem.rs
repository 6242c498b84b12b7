//! Testbench of `simt_mem`: requests of warps on one side, an AXI4 memory on the other.

use std::collections::{BTreeSet, VecDeque};

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::simt::mem::MemCoverage;
use gpnpu_golden::axi::{LINE, Resp};

use super::manager_wires::manager_wires;
use super::mem_check::Check;
use super::mem_coherence::CoherenceTb;
use super::mem_stimulus::{Access, BASE, FETCHED, Figure, LINES, MemStimulus};
use super::mem_strategies as strategies;
use crate::kit::axi::{Bus, Fault, Monitor, Subordinate, SubordinateSettings};
use crate::kit::{
    AnyTest, Failure, FailureKind, Pacer, Run, Sink, Stimulus, Table, Test, Testbench,
};
use crate::ports::simt_mem::{In, Out, SimtMem};
use crate::ports::simt_pkg::{MemReq, MemRsp};

/// What a line holds at first: no two of its words, and of the lines near it, are the same.
pub(super) fn initial(line: u64) -> [u8; LINE] {
    std::array::from_fn(|at| {
        let word = (line * 8 + at as u64 / 8 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word.to_le_bytes()[at % 8]
    })
}

manager_wires!(In, Out);

fn into_reset(i: &mut In) -> &mut bool {
    (i.req_valid_i, i.fetch_valid_i, i.empty_i) = (0, 0, false);
    (i.b_valid_i, i.r_valid_i) = (false, false);
    &mut i.rst_ni
}

fn get(mask: u8, at: usize) -> bool {
    mask >> at & 1 != 0
}

fn put(mask: &mut u8, at: usize, bit: bool) {
    *mask = *mask & !(1 << at) | u8::from(bit) << at;
}

/// What watches the accesses of a run.
pub(super) trait Watch {
    /// A request moved, with its tag.
    fn request(&mut self, now: Cycle, tag: u8, access: &Access) -> Result<(), Failure>;
    /// Lanes of a core do their access.
    fn access(&mut self, now: Cycle, core: usize, access: &Moved) -> Result<(), Failure>;
    /// Lanes of a core get their results.
    fn response(&mut self, now: Cycle, core: usize, rsp: &MemRsp) -> Result<(), Failure>;
    /// Which warps of a core are busy in this cycle, and what AXI's memory holds at its end.
    fn busy(
        &mut self,
        now: Cycle,
        core: usize,
        busy: u16,
        memory: &Subordinate,
    ) -> Result<(), Failure>;
    /// AXI answered with an error.
    fn error(&mut self, now: Cycle, core: usize, warp: u8, addr: u64) -> Result<(), Failure>;
    /// All was emptied.
    fn empty(&mut self);
    /// A reset: what is under way is lost.
    fn reset(&mut self, memory: &Subordinate);
    /// The end.
    fn finish(&mut self, now: Cycle, memory: &Subordinate) -> Result<(), Failure>;
    /// Requests that are not finished.
    fn open(&self) -> usize;
}

/// An event of the trace of accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub warp: u8,
    pub tag: u8,
    pub mask: u16,
}

/// First and last cycle in which something moved, and how often it did.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    first: Option<u64>,
    last: u64,
    count: u64,
}

impl Stream {
    fn count(&mut self, now: Cycle) {
        self.first.get_or_insert(now.0);
        self.last = now.0;
        self.count += 1;
    }

    /// Per thousand cycles.
    fn share(&self) -> u64 {
        let cycles = self.first.map_or(1, |first| self.last - first + 1);
        self.count * 1000 / cycles
    }
}

/// A core's side.
struct Core {
    /// Of each warp, what it has still to do.
    queues: Vec<VecDeque<(u64, Access)>>,
    offered: Option<usize>,
    willing: Pacer,
    sink: Sink<MemRsp>,
    turn: usize,
    tag: u8,
}

/// The ports, their agents, and what watches.
pub(super) struct Bench<W> {
    cores: Vec<Core>,
    bus: Bus,
    memory: Subordinate,
    monitor: Monitor,
    pub watch: W,
    busy: Vec<u16>,
    left: usize,
    /// Shared memory was written.
    started: bool,
    barriers: VecDeque<u64>,
    fetches: VecDeque<u8>,
    fetched: VecDeque<u8>,
    fetch_valid: bool,
    fetch_willing: Pacer,
    reads: Stream,
    writes: Stream,
    issues: Stream,
    figure: Figure,
    faults: BTreeSet<u8>,
    answered: u64,
    alone: Option<(u64, bool)>,
    pub coverage: MemCoverage,
}

impl<W: Watch> Bench<W> {
    pub fn new(run: &Run<SimtMem>, stimulus: &MemStimulus, watch: W) -> Result<Self, Failure> {
        let bus_bytes = run.parameters.get("AxiBytes");
        let (cores, warps) = (run.parameters.get("Cores"), run.parameters.get("Warps"));
        let faults = stimulus.faults.iter().map(|line| Fault {
            addresses: BASE + 64 * u64::from(*line)..BASE + 64 * u64::from(*line) + 64,
            resp: Resp::SlvErr,
            poison: 0xff,
        });
        let settings = SubordinateSettings {
            latency: stimulus.latency.clone(),
            reorder: stimulus.reorder,
            interleave: stimulus.reorder,
            max_reads: 64,
            max_writes: 64,
            faults: faults.collect(),
            ..SubordinateSettings::free(bus_bytes)
        };
        let mut memory = Subordinate::new("axi", settings, stimulus.axi, &run.streams);
        for line in 0..LINES {
            memory.store.write(BASE + 64 * line, &initial(line));
        }
        let start = |pace: usize, name: String| stimulus.paces[pace].start(run.streams.rng(&name));
        let mut all: Vec<Core> = (0..cores)
            .map(|core| Core {
                queues: vec![VecDeque::new(); warps],
                offered: None,
                willing: start(0, format!("req {core}")),
                sink: Sink::new("rsp", start(1, format!("rsp {core}"))),
                turn: 0,
                tag: 0,
            })
            .collect();
        // Before all else, a row after the other, up to a first barrier.
        let lanes = run.parameters.get("Lanes");
        let row = 8 * lanes as u32;
        let rows = stimulus.shared_bytes.div_ceil(row);
        for (at, core) in all.iter_mut().enumerate() {
            let stores = (0..rows)
                .map(|number| strategies::unit(at as u8, 0, 1, 3, true, lanes, number * row));
            core.queues[0].extend(stores.map(|access| (0, access)));
        }
        for (number, access) in (1..).zip(&stimulus.accesses) {
            let queue = &mut all[usize::from(access.core)].queues[usize::from(access.warp)];
            queue.push_back((number, access.clone()));
        }
        let barriers = stimulus.empties.iter().map(|number| number + 1);
        Ok(Self {
            cores: all,
            bus: Bus::default(),
            memory,
            monitor: Monitor::new("axi", bus_bytes),
            watch,
            busy: vec![0; cores],
            left: stimulus.len() + cores * rows as usize,
            barriers: (rows > 0)
                .then_some(1)
                .into_iter()
                .chain(barriers)
                .collect(),
            started: rows == 0,
            fetches: stimulus.fetches.iter().copied().collect(),
            fetched: VecDeque::new(),
            fetch_valid: false,
            fetch_willing: start(2, "fetch".to_owned()),
            reads: Stream::default(),
            writes: Stream::default(),
            issues: Stream::default(),
            figure: stimulus.figure,
            faults: stimulus.faults.iter().copied().collect(),
            answered: 0,
            alone: None,
            coverage: MemCoverage::new(cores as u32, run.parameters.get("Lanes") as u32)?,
        })
    }

    /// From the reset to the end.
    pub fn run(&mut self, run: &mut Run<SimtMem>, resets: &[u64]) -> Result<(), Failure> {
        self.reset(run)?;
        for cycles in resets {
            let end = run.dut.now().0 + cycles;
            while run.dut.now().0 < end && self.left > 0 {
                self.cycle(run)?;
            }
            self.reset(run)?;
        }
        // Some cycles more than needed, so that an answer too many would be seen.
        let mut quiet = 0;
        while quiet < 24 {
            self.cycle(run)?;
            let idle = self.idle() && self.left == 0 && self.fetches.is_empty();
            quiet = if idle { quiet + 1 } else { 0 };
        }
        let now = run.dut.now();
        self.watch.finish(now, &self.memory)?;
        self.check_figure(run, now)
    }

    fn idle(&self) -> bool {
        self.busy.iter().all(|busy| *busy == 0)
            && self.watch.open() == 0
            && self.fetched.is_empty()
            && self.memory.idle()
    }

    fn reset(&mut self, run: &mut Run<SimtMem>) -> Result<(), Failure> {
        self.memory.reset(&mut self.bus);
        for core in &mut self.cores {
            core.offered = None;
            core.sink.clear();
        }
        self.fetch_valid = false;
        self.fetched.clear();
        self.watch.reset(&self.memory);
        self.busy.fill(0);
        let now = run.reset(into_reset)?;
        sample(&run.dut.o, &mut self.bus);
        self.monitor.reset(now, &self.bus)
    }

    /// The next request of a core, of its warps in turn: none beyond the next barrier.
    fn offer(&mut self, at: usize) {
        let barrier = self.barriers.front().copied().unwrap_or(u64::MAX);
        let (busy, alone) = (
            self.busy[at],
            self.figure == Figure::Latency && self.watch.open() > 0,
        );
        let core = &mut self.cores[at];
        if core.offered.is_some() || !core.willing.step() || alone {
            return;
        }
        let warps = core.queues.len();
        let next = (0..warps).map(|step| (core.turn + step) % warps);
        core.offered = next
            .into_iter()
            .find(|warp| match core.queues[*warp].front() {
                None => false,
                Some((number, access)) => {
                    *number < barrier && !(access.fence && busy >> warp & 1 != 0)
                }
            });
        if let Some(warp) = core.offered {
            core.turn = warp + 1;
            core.tag = core.tag.wrapping_add(1);
        }
    }

    /// Whether all requests before the next barrier are done.
    fn at_barrier(&self) -> bool {
        let Some(barrier) = self.barriers.front() else {
            return false;
        };
        let mut fronts = self.cores.iter().flat_map(|core| &core.queues);
        self.idle()
            && fronts.all(|queue| queue.front().is_none_or(|(number, _)| number >= barrier))
            && self.cores.iter().all(|core| core.offered.is_none())
    }

    fn cycle(&mut self, run: &mut Run<SimtMem>) -> Result<(), Failure> {
        let i = &mut run.dut.i;
        i.empty_i = self.at_barrier();
        if i.empty_i {
            self.barriers.pop_front();
            self.watch.empty();
            self.started = true;
        }
        let emptied = i.empty_i;
        for at in 0..self.cores.len() {
            if !emptied {
                self.offer(at);
            }
            let core = &mut self.cores[at];
            put(&mut i.req_valid_i, at, core.offered.is_some());
            if let Some(warp) = core.offered
                && let Some((_, access)) = core.queues[warp].front()
            {
                i.req_i[at] = payload(core.tag, access);
            }
            put(&mut i.rsp_ready_i, at, core.sink.ready());
        }
        if !self.fetch_valid && !self.fetches.is_empty() {
            self.fetch_valid = self.fetch_willing.step();
        }
        put(&mut i.fetch_valid_i, 0, self.fetch_valid);
        if let Some(line) = self.fetches.front() {
            i.fetch_addr_i[0] = BASE + 64 * (FETCHED + u64::from(*line));
        }
        self.memory.drive(&mut self.bus);
        drive(i, &self.bus);
        let now = run.cycle()?;
        let o = run.dut.o.clone();
        sample(&o, &mut self.bus);
        self.monitor.observe(now, &self.bus)?;
        self.memory.observe(now, &self.bus);
        if self.bus.r.moved().is_some() {
            self.reads.count(now);
        }
        if self.bus.w.moved().is_some() {
            self.writes.count(now);
        }
        if self.bus.aw.valid || self.bus.ar.valid {
            self.check_burst(now)?;
        }
        self.check_fetch(now, &o)?;
        for at in 0..self.cores.len() {
            self.check_core(run, now, at, &o)?;
        }
        self.coverage
            .sample_cycle(self.bus.r.valid, self.bus.w.valid, emptied)?;
        Ok(())
    }

    fn check_core(
        &mut self,
        run: &mut Run<SimtMem>,
        now: Cycle,
        at: usize,
        o: &Out,
    ) -> Result<(), Failure> {
        let moved = &o.access_o[at];
        if get(o.access_valid_o, at) {
            let moved = Moved {
                warp: moved.warp,
                tag: moved.tag,
                mask: moved.mask,
            };
            run.note(now, "access", || format!("{moved:x?}"));
            self.watch.access(now, at, &moved)?;
        }
        let event = &o.event_o[at];
        self.coverage.sample_event(
            event.hit,
            event.miss,
            event.shared,
            event.conflict,
            event.atomic,
        )?;
        let core = &mut self.cores[at];
        let stalled = core.offered.is_some() && !get(o.req_ready_o, at);
        self.coverage
            .sample_request(core.offered.is_some(), !stalled)?;
        if get(o.req_ready_o, at)
            && let Some(warp) = core.offered.take()
            && let Some((_, access)) = core.queues[warp].pop_front()
        {
            if self.started {
                self.issues.count(now);
            }
            self.left -= 1;
            let tag = core.tag;
            self.alone = Some((now.0, access.op == 0));
            run.note(now, "request", || format!("{tag:x} {access:x?}"));
            self.coverage.sample_access(&access.shape())?;
            self.watch.request(now, tag, &access)?;
        }
        let core = &mut self.cores[at];
        let beat = get(o.rsp_valid_o, at).then_some(o.rsp_o[at]);
        if let Some((rsp, stall)) = core.sink.observe(now, beat)? {
            run.note(now, "response", || format!("{rsp:x?}"));
            self.answered += 1;
            self.coverage.sample_response(rsp.last, stall > 0)?;
            self.check_latency(now)?;
            self.watch.response(now, at, &rsp)?;
        }
        if get(o.error_valid_o, at) {
            let error = &o.error_o[at];
            self.coverage.sample_error(error.warp != 0)?;
            let line = error.addr.wrapping_sub(BASE) / 64;
            if !self.faults.iter().any(|fault| u64::from(*fault) == line) {
                let text = format!("error_o is for {:#x}, where AXI had no error", error.addr);
                return Err(unexpected("error_o", now, text));
            }
            self.watch.error(now, at, error.warp, error.addr)?;
        }
        self.busy[at] = o.busy_o[at];
        self.watch.busy(now, at, o.busy_o[at], &self.memory)
    }

    fn check_burst(&self, now: Cycle) -> Result<(), Failure> {
        let bus_bytes = 1u64 << self.bus.ar.beat.size.max(self.bus.aw.beat.size);
        if self.bus.ar.valid {
            let beat = &self.bus.ar.beat;
            let whole = beat.addr.is_multiple_of(64) && beat.beats() as u64 * bus_bytes == 64;
            if !whole {
                let text = format!(
                    "a read of {:#x} is not of a whole line: {beat:x?}",
                    beat.addr
                );
                return Err(unexpected("ar", now, text));
            }
        }
        if self.bus.aw.valid {
            let beat = &self.bus.aw.beat;
            let bytes = beat.beats() as u64 * (1 << beat.size);
            if beat.addr % 64 + bytes > 64 {
                let text = format!("a write of {:#x} leaves its line: {beat:x?}", beat.addr);
                return Err(unexpected("aw", now, text));
            }
        }
        Ok(())
    }

    fn check_fetch(&mut self, now: Cycle, o: &Out) -> Result<(), Failure> {
        if get(o.fetch_rsp_valid_o, 0) {
            let Some(line) = self.fetched.pop_front() else {
                return Err(unexpected(
                    "fetch_rsp_o",
                    now,
                    "fetch_rsp_o without a fetch",
                ));
            };
            let rsp = &o.fetch_rsp_o[0];
            let line = FETCHED + u64::from(line);
            let fails = self.faults.iter().any(|fault| u64::from(*fault) == line);
            self.coverage.sample_fetch(fails)?;
            let golden = gpnpu_golden::axi::data_of(&initial(line));
            if rsp.error != fails || !fails && rsp.data != golden {
                let (rtl, golden) = (format!("{rsp:x?}"), format!("{golden:x?}, {fails}"));
                return Err(Failure::mismatch(now, "fetch_rsp_o", &rtl, &golden));
            }
        }
        if self.fetch_valid && get(o.fetch_ready_o, 0) {
            self.fetch_valid = false;
            self.fetched.extend(self.fetches.pop_front());
        }
        Ok(())
    }

    fn check_latency(&mut self, now: Cycle) -> Result<(), Failure> {
        let Some((asked, load)) = self.alone else {
            return Ok(());
        };
        // The first load brings the line.
        if self.figure == Figure::Latency && self.answered > 1 && load && now.0 - asked != 4 {
            let text = format!("a hit took {} cycles, has to take 4", now.0 - asked);
            return Err(unexpected("latency", now, text));
        }
        Ok(())
    }

    fn check_figure(&self, run: &mut Run<SimtMem>, now: Cycle) -> Result<(), Failure> {
        let (name, share, least) = match self.figure {
            Figure::Reads => ("R", self.reads.share(), 900),
            Figure::Writes => ("W", self.writes.share(), 900),
            Figure::Issue => ("requests", self.issues.share(), 980),
            Figure::None | Figure::Latency => return Ok(()),
        };
        let mut table = Table::new("simt_mem throughput", &["channel", "of 1000 cycles"]);
        table.row([name.into(), share.into()]);
        run.table(table);
        if share < least {
            let text = format!("{name} moved in {share} of 1000 cycles, has to in {least}");
            return Err(unexpected("throughput", now, text));
        }
        Ok(())
    }
}

pub(super) fn unexpected(channel: &str, now: Cycle, text: impl Into<String>) -> Failure {
    let kind = FailureKind::Unexpected {
        channel: channel.to_owned(),
    };
    Failure::new(kind, now, text)
}

/// Of which register a tag's result is: any, so that they differ.
pub(super) fn register(tag: u8) -> (u8, bool) {
    (tag & 31, tag & 32 != 0)
}

fn payload(tag: u8, access: &Access) -> MemReq {
    let (rd, fp) = register(tag);
    let mut req = MemReq {
        warp: access.warp,
        tag,
        op: access.op,
        size: access.size,
        sign: access.sign,
        fp,
        rd,
        ..MemReq::default()
    };
    for (at, lane) in access.request().lanes.iter().enumerate() {
        if let Some(lane) = lane {
            req.mask |= 1 << at;
            req.shared |= u16::from(lane.shared) << at;
            req.addr[at] = lane.addr;
            req.data[at] = lane.data;
        }
    }
    req
}

/// Drives `simt_mem` of one core and holds every byte against golden.
pub struct MemTb;

impl Testbench for MemTb {
    type Ports = SimtMem;
    type Stimulus = MemStimulus;

    fn run(run: &mut Run<SimtMem>, stimulus: &MemStimulus) -> Result<(), Failure> {
        let get = |name| run.parameters.get(name);
        let (warps, lanes, shared) = (get("Warps"), get("Lanes"), get("SharedBytes"));
        let check = Check::new(warps, lanes, shared, &stimulus.faults);
        let mut bench = Bench::new(run, stimulus, check)?;
        bench.run(run, &stimulus.resets)?;
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}

/// Configurations with one core, where golden is exact.
const ONE_CORE: &[&str] = &["c1w2t4", "c1w8t8", "c1w4t16"];
/// Those with several.
const CORES: &[&str] = &["c2w4t8"];

/// The tests of `simt_mem`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<MemTb>::boxed(name, doc, ONE_CORE, iterations, strategy)
    };
    let cores = |name, doc, iterations, strategy| {
        Test::<CoherenceTb>::boxed(name, doc, CORES, iterations, strategy)
    };
    vec![
        test(
            "smoke",
            "Each lane stores and loads a word, in memory and in shared memory, and adds to it.",
            1,
            strategies::smoke,
        ),
        test(
            "loads_and_stores",
            "Loads and stores of all shapes on few lines, so that hits, misses, joined misses and writes of lines under \
             way meet; a slow AXI with gaps keeps them under way.",
            6,
            strategies::loads_and_stores,
        ),
        test(
            "shared",
            "Shared memory alone, with all shapes, AMOs and reservations: conflicts of banks and words shared by lanes.",
            6,
            strategies::shared,
        ),
        test(
            "atomics",
            "Atomics among loads and stores of the same few words by all warps: LR and SC pairs, broken or not, in both \
             memories.",
            6,
            strategies::atomics,
        ),
        test(
            "random",
            "Everything at once, with lanes of one request in both memories, fetches, and times when all is emptied.",
            8,
            strategies::random,
        ),
        test(
            "errors",
            "AXI answers some lines with errors: each is told once at least, all else goes on as if nothing happened.",
            4,
            strategies::errors,
        ),
        test(
            "reset_in_the_middle",
            "Resets at any time lose what is under way; afterwards memory is what AXI holds.",
            3,
            strategies::resets,
        ),
        test(
            "stream_reads",
            "Loads of successive lines with no gaps keep R busy in 90 % of the cycles.",
            1,
            strategies::stream_reads,
        ),
        test(
            "stream_writes",
            "Stores of successive lines with no gaps keep W busy in 90 % of the cycles.",
            1,
            strategies::stream_writes,
        ),
        test(
            "full_rate",
            "Loads of lines that are in the cache, and of rows of shared memory, go at one a cycle.",
            1,
            strategies::full_rate,
        ),
        test(
            "hit_latency",
            "Loads that hit, one at a time, are answered after 4 cycles.",
            1,
            strategies::hit_latency,
        ),
        cores(
            "coherence",
            "Words that all cores write and read, each write with a value of its own: all see one order of the writes, \
             and what is visible stays so.",
            8,
            strategies::coherence,
        ),
    ]
}
