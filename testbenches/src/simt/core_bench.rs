//! Drives `simt_core` through a launch, in lockstep with golden: the testbench hands out the CTAs and plays the memory.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::Machine;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::shape::Shape;

use super::core_memory::{CoreMemory, MemoryPaces};
use super::core_trace::{TraceCheck, broken};
use crate::kit::{Failure, Run};
use crate::ports::simt_core::{In, SimtCore};
use crate::ports::simt_pkg;

/// Clocks in which nothing happens, after which the core hangs.
const PATIENCE: u64 = 20_000;

/// How a launch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All threads ended.
    Done,
    /// A fault, as golden has it.
    Fault(Fault),
}

/// A core and its golden model.
pub struct CoreBench {
    machine: Machine,
    memory: CoreMemory,
    check: TraceCheck,
    shape: Shape,
    /// Clock of the launch.
    cycle: u64,
    /// First lines of the shared memory of the CTA of each warp.
    shared_base: [u32; 16],
    last_event: u64,
}

impl CoreBench {
    /// A core that was reset, and a memory.
    pub fn new(run: &Run<SimtCore>, memory: Store, paces: MemoryPaces) -> Self {
        let shape = Shape::new(1, run.parameters.get("Warps"), run.parameters.get("Lanes"));
        Self {
            machine: Machine::new(shape, memory),
            memory: CoreMemory::new(paces, run.streams.rng("memory")),
            check: TraceCheck::new(0),
            shape,
            cycle: 0,
            shared_base: [0; 16],
            last_event: 0,
        }
    }

    /// Runs a launch to its end.
    ///
    /// # Errors
    ///
    /// The first difference from golden.
    pub fn launch(&mut self, run: &mut Run<SimtCore>, launch: Launch) -> Result<Ended, Failure> {
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
                self.end(run)?;
                return Ok(Ended::Fault(fault));
            }
            if next == launch.ctas() && run.dut.o.used_o == 0 && run.dut.o.cta_ready_o {
                break;
            }
            if now.0 > self.last_event + PATIENCE {
                let text = format!("nothing has happened for {PATIENCE} clocks");
                return Err(broken(now, "hang", text));
            }
        }
        self.end(run)?;
        let now = run.dut.now();
        self.check.finished(now)?;
        if !self.machine.is_finished() {
            let text = "the core is done, golden has threads that have not ended".to_owned();
            return Err(broken(now, "end", text));
        }
        Ok(Ended::Done)
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
        run.dut.i.empty_i = true;
        self.cycle(run)?;
        run.dut.i.empty_i = false;
        self.cycle(run)?;
        Ok(())
    }

    fn end(&mut self, run: &mut Run<SimtCore>) -> Result<(), Failure> {
        self.last_event = run.dut.now().0;
        while !run.dut.o.idle_o || !self.memory.idle() {
            let now = self.cycle(run)?;
            if now.0 > self.last_event + PATIENCE {
                return Err(broken(
                    now,
                    "hang",
                    "the core is not idle after its launch".to_owned(),
                ));
            }
        }
        run.dut.i.stop_i = true;
        self.cycle(run)?;
        run.dut.i.stop_i = false;
        self.cycle(run)?;
        Ok(())
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
        let golden = self.machine.fault_of(0, seen.warp);
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
        i.fetch_ready_i = true;
        let line = self.memory.fetched(&self.machine);
        i.fetch_rsp_valid_i = line.is_some();
        if let Some(line) = line {
            i.fetch_rsp_i = line;
        }
        let now = run.cycle()?;
        let o = &run.dut.o;
        // What is shown was executed two clocks before.
        let cycle = self.cycle.wrapping_sub(2);
        self.cycle += 1;
        let issued = self
            .check
            .observe(now, &o.trace_o, &mut self.machine, cycle)?;
        if o.req_valid_o && run.dut.i.req_ready_i {
            self.memory.request(&o.req_o);
        }
        if o.rsp_ready_o && run.dut.i.rsp_valid_i {
            self.memory.answered();
        }
        if o.fetch_valid_o {
            self.memory.fetch(o.fetch_addr_o);
        }
        let trace = &o.trace_o;
        if trace.start.valid || trace.issue.valid || trace.x.valid || trace.f.valid {
            self.last_event = now.0;
        }
        let issue = trace.issue;
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
