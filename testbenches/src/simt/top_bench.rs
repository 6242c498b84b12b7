//! Drives `simt` through launches, in lockstep with golden, before an AXI4 memory of its own.

use std::ops::Range;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::functional::Record;
use gpnpu_coverage::simt::top::{LaunchSample, TopCoverage};
use gpnpu_golden::axi::{LINE, Store};
use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::Machine;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::reconvergence::Executed;
use gpnpu_golden::simt::shape::Shape;
use gpnpu_golden::simt::top::{self, Counts};

use super::core_memory::Done;
use super::core_trace::{TraceCheck, broken};
use super::manager_wires::manager_wires;
use crate::kit::axi::{AxiPaces, Bus, Monitor, Subordinate, SubordinateSettings};
use crate::kit::{Failure, Parameters, Run};
use crate::ports::simt::{In, Out, Simt};
use crate::ports::simt_pkg;

/// Clocks in which nothing happens, after which the processor hangs.
const PATIENCE: u64 = 20_000;
/// Clocks in which other lanes, after the first, may still write to `tohost`.
const LAST_WORDS: u64 = 512;

manager_wires!(In, Out);

/// How the memory behind the AXI4 port behaves.
#[derive(Clone, Debug)]
pub struct MemorySettings {
    /// Cycles from a request to its answer.
    pub latency: Range<u64>,
    /// Answers of different IDs pass each other.
    pub reorder: bool,
    /// When its channels move.
    pub paces: AxiPaces,
    /// Addresses that are answered with an error.
    pub faults: Vec<crate::kit::axi::Fault>,
}

/// When a launch is given up, beside its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Until {
    /// Clocks.
    pub cycles: Option<u64>,
    /// A word in memory is no longer 0.
    pub tohost: Option<u64>,
}

/// How a launch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All threads ended.
    Done,
    /// A fault, as golden has it too.
    Fault(Fault),
    /// The program wrote this to `tohost`.
    Tohost(u64),
    /// As many clocks as were given.
    Cycles,
}

/// What a launch did.
#[derive(Clone, Debug)]
pub struct Launched {
    /// How it ended.
    pub ended: Ended,
    /// Clocks from the launch to its end.
    pub cycles: u64,
    /// Counters of each core at its end.
    pub counters: Vec<simt_pkg::Counters>,
    /// Beats of read and of write data that moved.
    pub beats: [u64; 2],
}

/// The processor, its memory, and golden.
pub struct SimtBench {
    machine: Machine,
    memory: Subordinate,
    monitor: Monitor,
    bus: Bus,
    cores: Vec<TraceCheck>,
    faults: Vec<Range<u64>>,
    last_event: u64,
    beats: [u64; 2],
    /// Number of the cause with which the launch before ended.
    before: Option<u8>,
    coverage: TopCoverage,
    /// What the last launch has executed, once [`SimtBench::record`] was called.
    executed: Option<Executed>,
}

/// The shape that a program sees.
pub fn shape(parameters: &Parameters) -> Shape {
    Shape {
        shared_bytes: parameters.get("SharedBytes") as u64,
        mem_base: parameters.get("MemBase") as u64,
        mem_bytes: parameters.get("MemBytes") as u64,
        ..Shape::new(
            parameters.get("Cores"),
            parameters.get("Warps"),
            parameters.get("Lanes"),
        )
    }
}

impl SimtBench {
    /// A processor that was reset, before a memory of this content.
    pub fn new(run: &Run<Simt>, content: Store, settings: MemorySettings) -> Self {
        let bus_bytes = run.parameters.get("AxiBytes");
        let shape = shape(&run.parameters);
        let faults = settings.faults.iter();
        let faults = faults.map(|fault| fault.addresses.clone()).collect();
        let subordinate = SubordinateSettings {
            latency: settings.latency,
            reorder: settings.reorder,
            interleave: settings.reorder,
            max_reads: 64,
            max_writes: 64,
            faults: settings.faults,
            ..SubordinateSettings::free(bus_bytes)
        };
        let mut memory = Subordinate::new("axi", subordinate, settings.paces, &run.streams);
        memory.store = content.clone();
        Self {
            machine: Machine::new(shape, content),
            memory,
            monitor: Monitor::new("axi", bus_bytes),
            bus: Bus::default(),
            cores: (0..shape.cores).map(TraceCheck::new).collect(),
            faults,
            last_event: 0,
            beats: [0; 2],
            before: None,
            coverage: TopCoverage::new(shape.warps as u64, shape.lanes as u64),
            executed: None,
        }
    }

    /// From now on keeps what each launch executes.
    pub fn record(&mut self) {
        self.executed = Some(Executed::default());
    }

    /// What the last launch has executed, if that was to be kept.
    pub fn executed(&self) -> Option<&Executed> {
        self.executed.as_ref()
    }

    /// Resets the processor.
    ///
    /// # Errors
    ///
    /// A port that is not as a reset leaves it.
    pub fn reset(&mut self, run: &mut Run<Simt>) -> Result<(), Failure> {
        self.memory.reset(&mut self.bus);
        let now = run.reset(|i: &mut In| {
            (i.launch_valid_i, i.b_valid_i, i.r_valid_i) = (false, false, false);
            &mut i.rst_ni
        })?;
        sample(&run.dut.o, &mut self.bus);
        let shape = *self.machine.shape();
        self.cores = (0..shape.cores).map(TraceCheck::new).collect();
        self.monitor.reset(now, &self.bus)
    }

    /// Memory as golden has it; the AXI4 memory was held against it at the end of each launch.
    pub fn content(&self) -> &Store {
        self.machine.memory().main()
    }

    /// The host writes to memory, between launches.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        self.machine.memory_mut().main_mut().write(address, bytes);
        self.memory.store.write(address, bytes);
    }

    /// Runs a launch to its end.
    ///
    /// # Errors
    ///
    /// The first difference from golden.
    pub fn launch(
        &mut self,
        run: &mut Run<Simt>,
        launch: &Launch,
        until: Until,
    ) -> Result<Launched, Failure> {
        let refused = self.machine.launch(*launch).err();
        for core in &mut self.cores {
            core.counts = Counts::default();
        }
        if let Some(executed) = &mut self.executed {
            *executed = Executed::default();
        }
        self.begin(run, launch)?;
        let started = run.dut.now().0;
        self.last_event = started;
        self.beats = [0; 2];
        let mut deadline = until.cycles.map(|cycles| started + cycles);
        let mut spoken = false;
        let ended = loop {
            let now = self.cycle(run)?;
            if run.dut.o.done_valid_o {
                break self.finish(run, now, refused)?;
            }
            if let Some(address) = until.tohost
                && !spoken
                && self.word(address) != 0
            {
                spoken = true;
                let last = now.0 + LAST_WORDS;
                deadline = Some(deadline.map_or(last, |deadline| deadline.min(last)));
            }
            if deadline.is_some_and(|deadline| now.0 >= deadline) {
                break Ended::Cycles;
            }
            if now.0 > self.last_event + PATIENCE {
                let text = format!("nothing has happened for {PATIENCE} clocks");
                return Err(broken(now, "hang", text));
            }
        };
        let word = until.tohost.map_or(0, |address| self.word(address));
        let ended = match ended {
            Ended::Done | Ended::Cycles if word != 0 => Ended::Tohost(word),
            other => other,
        };
        self.cover(run, launch, ended)?;
        Ok(Launched {
            ended,
            cycles: run.dut.now().0 - started,
            counters: run.dut.o.counters_o.clone(),
            beats: self.beats,
        })
    }

    fn cover(&mut self, run: &Run<Simt>, launch: &Launch, ended: Ended) -> Result<(), Failure> {
        let counters = &run.dut.o.counters_o;
        let some =
            |count: fn(&simt_pkg::Counters) -> u64| counters.iter().any(|core| count(core) > 0);
        let cause = match ended {
            Ended::Fault(fault) => Some(fault.cause.code()),
            _ => None,
        };
        self.coverage.sample(&LaunchSample {
            ctas: launch.ctas(),
            threads: launch.threads(),
            cause,
            before: self.before,
            events: [
                some(|core| core.divergent),
                some(|core| core.splits),
                some(|core| core.stall_data),
                some(|core| core.stall_unit),
                some(|core| core.stall_fetch),
                some(|core| core.stall_barrier),
                some(|core| core.hits),
                some(|core| core.misses),
                some(|core| core.shared),
                some(|core| core.conflicts),
                some(|core| core.atomics),
            ],
        })?;
        self.before = cause;
        Ok(())
    }

    /// What was covered.
    pub fn covered(&self) -> Record {
        self.coverage.counters().record()
    }

    /// Golden's 8 bytes at an address.
    fn word(&self, address: u64) -> u64 {
        let line = self.content().line(address / LINE as u64);
        let at = (address % LINE as u64) as usize & !7;
        line[at..at + 8]
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    }

    fn begin(&mut self, run: &mut Run<Simt>, launch: &Launch) -> Result<(), Failure> {
        let i = &mut run.dut.i;
        i.launch_i = simt_pkg::Launch {
            entry: launch.entry,
            args: launch.args,
            grid: launch.grid,
            block: launch.block,
            shared_bytes: u32::try_from(launch.shared_bytes).unwrap_or(u32::MAX),
            stack_base: launch.stack_base,
            stack_log2: launch.stack_log2 as u8,
        };
        i.launch_valid_i = true;
        i.done_ready_i = true;
        while !run.dut.o.launch_ready_o {
            self.cycle(run)?;
        }
        self.cycle(run)?;
        run.dut.i.launch_valid_i = false;
        Ok(())
    }

    /// The launch is done: what it says of itself, and what it left.
    fn finish(
        &mut self,
        run: &mut Run<Simt>,
        now: Cycle,
        refused: Option<Fault>,
    ) -> Result<Ended, Failure> {
        let rtl = run.dut.o.done_o;
        let cause = Cause::from_code(rtl.cause)
            .ok_or_else(|| broken(now, "fault", format!("done_o.cause is {}", rtl.cause)))?;
        let seen = rtl.valid.then_some(Fault {
            cause,
            core: rtl.core.into(),
            warp: rtl.warp.into(),
            mask: LaneMask(rtl.mask),
            pc: rtl.pc,
            address: rtl.address,
        });
        let golden = top::end(&self.machine, refused, seen, &self.faults);
        if golden != seen {
            let text = |fault: Option<Fault>| fault.map_or("none".to_owned(), |f| f.to_string());
            return Err(Failure::mismatch(now, "done_o", &text(seen), &text(golden)));
        }
        let memory_fault = seen.is_some_and(|fault| fault.cause == Cause::Memory);
        if !memory_fault {
            for core in &self.cores {
                core.finished(now)?;
            }
            self.compare(now)?;
        }
        self.check_counters(run, now)?;
        if seen.is_none() && !self.machine.is_finished() {
            let text = "the processor is done, golden has threads that have not ended".to_owned();
            return Err(broken(now, "end", text));
        }
        // What a fault left owing is forgotten.
        let shape = *self.machine.shape();
        self.cores = (0..shape.cores).map(TraceCheck::new).collect();
        Ok(seen.map_or(Ended::Done, Ended::Fault))
    }

    /// Memory behind AXI against golden's, in every line that either has and that AXI lets anyone write.
    fn compare(&self, now: Cycle) -> Result<(), Failure> {
        let golden = self.content();
        let differs = |line: &u64| {
            let failing = self
                .faults
                .iter()
                .any(|range| range.contains(&(line * LINE as u64)));
            !failing && golden.line(*line) != self.memory.store.line(*line)
        };
        let mut lines = golden.lines().chain(self.memory.store.lines());
        let Some(line) = lines.by_ref().filter(differs).min() else {
            return Ok(());
        };
        let (rtl, golden) = (self.memory.store.line(line), golden.line(line));
        let at = (0..LINE).find(|at| rtl[*at] != golden[*at]).unwrap_or(0);
        let signal = format!("memory[{:#x}]", line * LINE as u64 + at as u64);
        let (rtl, golden) = (format!("{:#04x}", rtl[at]), format!("{:#04x}", golden[at]));
        Err(Failure::mismatch(now, &signal, &rtl, &golden))
    }

    fn check_counters(&self, run: &Run<Simt>, now: Cycle) -> Result<(), Failure> {
        for (index, (core, counters)) in self.cores.iter().zip(&run.dut.o.counters_o).enumerate() {
            let golden = &core.counts;
            for (name, rtl, golden) in [
                ("issued", counters.issued, golden.issued),
                ("lanes", counters.lanes, golden.lanes),
                ("divergent", counters.divergent, golden.divergent),
                ("splits", counters.splits, golden.splits),
                ("lines", counters.lines, golden.lines),
                ("shared", counters.shared, golden.shared),
                ("atomics", counters.atomics, golden.atomics),
            ] {
                if rtl != golden {
                    let signal = format!("counters_o[{index}].{name}");
                    return Err(Failure::mismatch(
                        now,
                        &signal,
                        &rtl.to_string(),
                        &golden.to_string(),
                    ));
                }
            }
        }
        Ok(())
    }

    /// One clock.
    fn cycle(&mut self, run: &mut Run<Simt>) -> Result<Cycle, Failure> {
        self.memory.drive(&mut self.bus);
        drive(&mut run.dut.i, &self.bus);
        let now = run.cycle()?;
        let o = &run.dut.o;
        sample(o, &mut self.bus);
        self.monitor.observe(now, &self.bus)?;
        self.memory.observe(now, &self.bus);
        self.beats[0] += u64::from(self.bus.r.moved().is_some());
        self.beats[1] += u64::from(self.bus.w.moved().is_some());
        let clock = o.cycle_o.wrapping_sub(2);
        for (index, check) in self.cores.iter_mut().enumerate() {
            let trace = &o.trace_o[index];
            if trace.cta.valid {
                self.last_event = now.0;
                self.machine
                    .cta(index, trace.cta.warp.into(), trace.cta.ctaid)
                    .map_err(|mismatch| broken(now, "cta", mismatch.to_string()))?;
            }
            if trace.issue.valid || trace.x.valid || trace.f.valid {
                self.last_event = now.0;
            }
            if let (Some(executed), true) = (&mut self.executed, trace.issue.valid)
                && let Some(warp) = self.machine.warp(index, trace.issue.warp.into())
                && let Some(path) = warp.paths.next()
            {
                executed.issued(&warp.place, &path);
            }
            let issued = check.observe(now, trace, &mut self.machine, clock)?;
            if o.access_valid_o >> index & 1 != 0 {
                let access = &o.access_o[index];
                let (warp, tag) = (usize::from(access.warp), access.tag);
                let accessed = self
                    .machine
                    .access(index, warp, tag.into(), LaneMask(access.mask))
                    .map_err(|mismatch| broken(now, "access", mismatch.to_string()))?;
                let lost = accessed.mask.lanes().filter(|lane| {
                    let address = accessed.access.addresses[*lane];
                    let in_error = |range: &Range<u64>| range.contains(&address);
                    !accessed.access.shared.has(*lane) && self.faults.iter().any(in_error)
                });
                check.accessed(&Done {
                    warp,
                    tag,
                    accessed,
                    lost: lost.collect(),
                });
                self.last_event = now.0;
            }
            if let (Some(issued), Some(tracks)) = (issued, &mut run.tracks) {
                let issue = &trace.issue;
                let text = format!(
                    "{:#x} {} {}",
                    issue.pc,
                    LaneMask(issue.mask),
                    issued.instruction
                );
                tracks.text(now, &format!("core{index}.warp{}", issue.warp), text);
            }
        }
        Ok(now)
    }
}
