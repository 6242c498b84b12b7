//! Drives `simt_core` through a launch, in lockstep with golden: the testbench hands out the CTAs and plays the memory.

use std::collections::BTreeMap;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::simt::core::EndClass;
use gpnpu_golden::axi::{LINE, Store};
use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::instruction::Instruction;
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::Machine;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::shape::Shape;

use super::core_memory::{CoreMemory, MemoryPaces};
use super::core_trace::{TraceCheck, broken};
use super::core_watch::CoreWatch;
use crate::kit::{Failure, Run};
use crate::ports::simt_core::{In, SimtCore};
use crate::ports::simt_pkg;

/// Clocks in which nothing happens, after which the core hangs.
const PATIENCE: u64 = 20_000;
/// What fails when the core hangs.
pub const HANG: &str = "hang";
/// Clocks in which what was executed already is still shown, after a fault or a halt.
const SHOWN: u64 = 2;

/// How a launch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All threads ended.
    Done,
    /// A fault, as golden has it.
    Fault(Fault),
    /// It was told to stop.
    Halted,
}

/// A core and its golden model.
pub struct CoreBench {
    machine: Machine,
    memory: CoreMemory,
    check: TraceCheck,
    /// What was seen.
    pub watch: CoreWatch,
    shape: Shape,
    /// Clock of the launch.
    cycle: u64,
    /// First lines of the shared memory of the CTA of each warp.
    shared_base: [u32; 16],
    last_event: u64,
    /// Of each warp, the last atomic with aq whose successors have not accessed memory yet.
    acquires: [Option<u8>; 16],
    /// The last clock in which an instruction may still be shown.
    silent_from: Option<u64>,
    /// When each instruction of warp 0 was shown last.
    times: BTreeMap<u64, u64>,
}

impl CoreBench {
    /// A core that was reset, and a memory.
    pub fn new(run: &Run<SimtCore>, memory: Store, paces: MemoryPaces) -> Self {
        let shape = Shape::new(1, run.parameters.get("Warps"), run.parameters.get("Lanes"));
        Self {
            machine: Machine::new(shape, memory),
            memory: CoreMemory::new(paces, run.streams.rng("memory")),
            check: TraceCheck::new(0),
            watch: CoreWatch::new(shape.lanes as u32),
            shape,
            cycle: 0,
            shared_base: [0; 16],
            last_event: 0,
            acquires: [None; 16],
            silent_from: None,
            times: BTreeMap::new(),
        }
    }

    /// What the core can reach, to put programs there.
    pub fn store(&mut self) -> &mut Store {
        self.machine.memory_mut().main_mut()
    }

    /// The memory side.
    pub fn memory(&mut self) -> &mut CoreMemory {
        &mut self.memory
    }

    /// The core was reset: nothing is under way.
    pub fn forget(&mut self) {
        self.memory.forget();
        self.check = TraceCheck::new(0);
    }

    /// Clocks from the last time that an instruction of warp 0 was shown to that of a later one, in the last launch.
    pub fn clocks(&self, from: u64, to: u64) -> Option<u64> {
        self.times.get(&to)?.checked_sub(*self.times.get(&from)?)
    }

    /// Runs a launch to its end, or until it is told to stop after some clocks.
    ///
    /// # Errors
    ///
    /// The first difference from golden.
    pub fn launch(
        &mut self,
        run: &mut Run<SimtCore>,
        launch: Launch,
        halt: Option<u64>,
    ) -> Result<Ended, Failure> {
        let now = run.dut.now();
        self.machine.launch(launch).map_err(|fault| {
            broken(now, "launch", format!("golden refuses the launch: {fault}"))
        })?;
        self.begin(run, &launch)?;
        let warps = launch.warps(&self.shape);
        let places = self.shape.warps / warps;
        let mut next = 0;
        self.last_event = run.dut.now().0;
        loop {
            let used = run.dut.o.used_o;
            let place = (0..places).find(|place| used >> (place * warps) & 1 == 0);
            let offered = place.filter(|_| next < launch.ctas() && run.dut.o.cta_ready_o);
            run.dut.i.cta_valid_i = offered.is_some();
            if let Some(place) = offered {
                let shared_base = (place as u64 * launch.shared_bytes.next_multiple_of(64)) as u32;
                run.dut.i.cta_i = simt_pkg::Cta {
                    first: (place * warps) as u8,
                    warps: warps as u8,
                    ctaid: launch.cta(next),
                    shared_base,
                };
                for warp in 0..warps {
                    self.shared_base[place * warps + warp] = shared_base;
                }
                self.watch.coverage.sample_cta(place > 0)?;
            }
            // Ready does not depend on valid: what is ready now takes it.
            let now = self.cycle(run)?;
            run.dut.i.cta_valid_i = false;
            if let Some(place) = offered {
                self.machine
                    .cta(0, place * warps, launch.cta(next))
                    .map_err(|mismatch| broken(now, "cta", mismatch.to_string()))?;
                next += 1;
                // Until the core shows that the warps are used.
                self.cycle(run)?;
            }
            if run.dut.o.fault_o.valid {
                let fault = self.fault(now, run)?;
                let lanes = fault.mask.count();
                self.watch
                    .coverage
                    .sample_fault(fault.cause.code(), lanes)?;
                self.silent_from = Some(now.0);
                self.stop(run, EndClass::Fault)?;
                return Ok(Ended::Fault(fault));
            }
            if halt.is_some_and(|clocks| self.cycle > clocks) {
                run.dut.i.halt_i = true;
                self.silent_from = Some(run.dut.now().0 + SHOWN);
                self.stop(run, EndClass::Halted)?;
                return Ok(Ended::Halted);
            }
            if next == launch.ctas() && run.dut.o.used_o == 0 && run.dut.o.cta_ready_o {
                break;
            }
            self.patience(now)?;
        }
        self.stop(run, EndClass::Done)?;
        let now = run.dut.now();
        if !self.machine.is_finished() {
            let text = "the core is done, golden has threads that have not ended".to_owned();
            return Err(broken(now, "end", text));
        }
        Ok(Ended::Done)
    }

    fn patience(&self, now: Cycle) -> Result<(), Failure> {
        if now.0 <= self.last_event + PATIENCE {
            return Ok(());
        }
        let text = format!("nothing has happened for {PATIENCE} clocks");
        Err(broken(now, HANG, text))
    }

    fn begin(&mut self, run: &mut Run<SimtCore>, launch: &Launch) -> Result<(), Failure> {
        run.dut.i.launch_i = simt_pkg::Launch {
            entry: launch.entry,
            args: launch.args,
            grid: launch.grid,
            block: launch.block,
            shared_bytes: launch.shared_bytes as u32,
            stack_base: launch.stack_base,
            stack_log2: launch.stack_log2 as u8,
        };
        self.cycle = 0;
        self.times.clear();
        self.acquires = [None; 16];
        self.watch.begin();
        run.dut.i.empty_i = true;
        self.cycle(run)?;
        run.dut.i.empty_i = false;
        self.cycle(run)?;
        Ok(())
    }

    /// Waits until nothing is under way, and stops. Afterwards the core is as it was after its reset.
    fn stop(&mut self, run: &mut Run<SimtCore>, end: EndClass) -> Result<(), Failure> {
        self.watch.coverage.sample_end(end)?;
        self.last_event = run.dut.now().0;
        // What was executed already is shown, and its accesses are done.
        let shown = run.dut.now().0 + SHOWN;
        while run.dut.now().0 <= shown || !run.dut.o.idle_o || !self.memory.idle() {
            let now = self.cycle(run)?;
            self.patience(now)?;
        }
        let owes = self.check.finished(run.dut.now());
        if end == EndClass::Done {
            owes?;
        }
        (run.dut.i.stop_i, run.dut.i.halt_i) = (true, false);
        self.cycle(run)?;
        run.dut.i.stop_i = false;
        let now = self.cycle(run)?;
        let o = &run.dut.o;
        if o.fault_o.valid || o.used_o != 0 || !o.cta_ready_o {
            let text = format!("after stop_i used_o is {:#x}", o.used_o);
            return Err(broken(now, "stop", text));
        }
        self.silent_from = None;
        // What the end left owing is forgotten.
        self.check = TraceCheck::new(0);
        Ok(())
    }

    /// The fault of a path that comes to a line that cannot be read.
    fn unreadable(&self, warp: usize) -> Option<Fault> {
        let path = self.machine.warp(0, warp)?.paths.next()?;
        let line = path.pc & !(LINE as u64 - 1);
        self.memory.fails(line).then_some(Fault {
            cause: Cause::Memory,
            core: 0,
            warp,
            mask: path.mask,
            pc: path.pc,
            address: line,
        })
    }

    fn fault(&self, now: Cycle, run: &Run<SimtCore>) -> Result<Fault, Failure> {
        let rtl = &run.dut.o.fault_o;
        let cause = Cause::from_code(rtl.cause)
            .ok_or_else(|| broken(now, "fault", format!("fault_o.cause is {}", rtl.cause)))?;
        let seen = Fault {
            cause,
            core: rtl.core.into(),
            warp: rtl.warp.into(),
            mask: LaneMask(rtl.mask),
            pc: rtl.pc,
            address: rtl.address,
        };
        let golden = self
            .unreadable(seen.warp)
            .or_else(|| self.machine.fault_of(0, seen.warp));
        if golden != Some(seen) {
            let golden = golden.map_or("none".to_owned(), |fault| fault.to_string());
            return Err(Failure::mismatch(
                now,
                "fault_o",
                &seen.to_string(),
                &golden,
            ));
        }
        Ok(seen)
    }

    /// What is behind an atomic with aq does not access memory before that is done.
    fn ordered(&mut self, now: Cycle, warp: usize, tag: u8) -> Result<(), Failure> {
        if self.acquires[warp].is_some_and(|acquire| acquire != tag) {
            if self.memory.busy() >> warp & 1 == 1 {
                let text = format!("warp {warp} tag {tag}: an atomic with aq is not done");
                return Err(broken(now, "order", text));
            }
            self.acquires[warp] = None;
        }
        Ok(())
    }

    /// One clock.
    fn cycle(&mut self, run: &mut Run<SimtCore>) -> Result<Cycle, Failure> {
        let i = &mut run.dut.i;
        i.cycle_i = self.cycle;
        i.req_ready_i = self.memory.ready();
        i.busy_i = self.memory.busy();
        let response = self.memory.response();
        i.rsp_valid_i = response.is_some();
        if let Some(response) = response {
            i.rsp_i = *response;
        }
        i.fetch_ready_i = self.memory.fetch_ready();
        let line = self.memory.fetched(&self.machine);
        i.fetch_rsp_valid_i = line.is_some();
        if let Some(line) = line {
            i.fetch_rsp_i = line;
            self.watch.coverage.sample_line(line.error)?;
        }
        let now = run.cycle()?;
        let (i, o) = (&run.dut.i, &run.dut.o);
        // What is shown was executed two clocks before.
        let cycle = self.cycle.wrapping_sub(2);
        self.cycle += 1;
        let issue = o.trace_o.issue;
        if issue.valid && self.silent_from.is_some_and(|last| now.0 > last) {
            let text = format!("{:#x} is executed after the launch has ended", issue.pc);
            return Err(broken(now, "silence", text));
        }
        let before = self.machine.warp(0, issue.warp.into()).cloned();
        let issued = self
            .check
            .observe(now, &o.trace_o, &mut self.machine, cycle)?;
        if let (Some(issued), Some(before)) = (&issued, before) {
            let after = self.machine.warp(0, issue.warp.into());
            self.watch
                .issued(issue.warp.into(), issued, &before, after)?;
            if matches!(issued.instruction, Instruction::Amo { aq: true, .. }) {
                self.acquires[usize::from(issue.warp)] = Some(issue.tag);
            }
            if issue.warp == 0 {
                self.times.insert(issue.pc, now.0);
            }
        }
        self.watch.coverage.sample_ports([
            (o.req_valid_o, i.req_ready_i),
            (i.rsp_valid_i, o.rsp_ready_o),
            (o.fetch_valid_o, i.fetch_ready_i),
        ])?;
        if o.req_valid_o && i.req_ready_i {
            self.ordered(now, o.req_o.warp.into(), o.req_o.tag)?;
            self.memory.request(&o.req_o);
        }
        if o.rsp_ready_o && i.rsp_valid_i {
            self.watch.coverage.sample_answer(i.rsp_i.last)?;
            self.memory.answered();
        }
        if o.fetch_valid_o && i.fetch_ready_i {
            self.memory.fetch(o.fetch_addr_o);
        }
        let trace = &o.trace_o;
        if trace.cta.valid || trace.issue.valid || trace.x.valid || trace.f.valid {
            self.last_event = now.0;
        }
        let done = self
            .memory
            .perform(now, &mut self.machine, &self.shared_base)?;
        if let Some(done) = &done {
            self.check.accessed(done);
            self.last_event = now.0;
        }
        if let Some(issued) = issued {
            run.note(now, &format!("warp{}", issue.warp), || {
                format!(
                    "{:#x} {} {}",
                    issue.pc,
                    LaneMask(issue.mask),
                    issued.instruction
                )
            });
        }
        Ok(now)
    }
}

/// Valids low, and the reset.
pub fn into_reset(i: &mut In) -> &mut bool {
    i.cta_valid_i = false;
    i.rsp_valid_i = false;
    i.fetch_rsp_valid_i = false;
    (i.empty_i, i.halt_i, i.stop_i) = (false, false, false);
    &mut i.rst_ni
}
