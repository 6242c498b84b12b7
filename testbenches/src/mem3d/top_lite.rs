//! The register port of a memory: its manager, its monitor, and what golden says of each answer.

use std::collections::HashMap;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::mem3d::top::{Mem3dCoverage, RegisterAccess};

use super::top_registers::{Expected, RegisterFile};
use super::top_wires::{drive_lite, sample_lite};
use crate::kit::axi::{AxiPaces, LiteBus, LiteCompleted, LiteManager, LiteMonitor, Resp};
use crate::kit::{Failure, Run};
use crate::ports::mem3d::{In, Mem3d, Out};

/// Accesses of a kind under way, at most.
const OUTSTANDING: usize = 4;

/// The register port, with the registers as golden has them.
pub struct RegisterPort {
    manager: LiteManager,
    bus: LiteBus,
    monitor: LiteMonitor,
    /// Address and what it must be answered with, by the number of the access.
    expected: HashMap<u64, (u16, Expected)>,
    answers: HashMap<u64, u32>,
    /// The last access queued was a read: another one need not wait for it.
    reads: bool,
    moved: u64,
    /// The registers.
    pub file: RegisterFile,
}

impl RegisterPort {
    /// A port after power-up.
    pub fn new(run: &Run<Mem3d>, paces: AxiPaces) -> Self {
        Self {
            manager: LiteManager::new("lite", 4, OUTSTANDING, paces, &run.streams),
            bus: LiteBus::default(),
            monitor: LiteMonitor::new("lite", 4),
            expected: HashMap::new(),
            answers: HashMap::new(),
            reads: false,
            moved: 0,
            file: RegisterFile::new(&run.parameters),
        }
    }

    /// Accesses not answered.
    pub fn pending(&self) -> usize {
        self.manager.pending()
    }

    /// Clocks since anything moved while something was to do.
    pub fn waits(&self, now: Cycle) -> u64 {
        now.0.saturating_sub(self.moved)
    }

    /// Queues a write, after all accesses before it.
    pub fn write(&mut self, address: u16, data: u32, strb: u8) {
        let expected = Expected {
            resp: self.file.write(address, data, strb),
            known: 0,
            value: 0,
        };
        let index = self.manager.write(address.into(), data.into(), strb, true);
        self.reads = false;
        self.expected.insert(index, (address, expected));
    }

    /// Queues a read, after all writes before it, and returns its number.
    pub fn read(&mut self, address: u16, expected: Expected) -> u64 {
        let index = self.manager.read(address.into(), !self.reads);
        self.reads = true;
        self.expected.insert(index, (address, expected));
        self.answers.clear();
        index
    }

    /// What a read was answered with, if none was queued since.
    pub fn answer(&mut self, index: u64) -> Option<u32> {
        self.answers.remove(&index)
    }

    /// Before a reset; accesses that were not answered are forgotten.
    pub fn enter_reset(&mut self) {
        self.manager.abandon(&mut self.bus);
        self.expected.clear();
        self.file.reset();
    }

    /// At the end of a reset.
    ///
    /// # Errors
    ///
    /// A valid of the memory that is not low.
    pub fn leave_reset(&mut self, now: Cycle, o: &Out) -> Result<(), Failure> {
        self.moved = now.0;
        sample_lite(o, &mut self.bus);
        self.monitor.reset(now, &self.bus)
    }

    /// Before a clock.
    pub fn drive(&mut self, i: &mut In) {
        self.manager.drive(&mut self.bus);
        drive_lite(i, &self.bus);
    }

    /// After a clock: rules, then what moved.
    ///
    /// # Errors
    ///
    /// A broken rule.
    pub fn observe(&mut self, now: Cycle, o: &Out) -> Result<(), Failure> {
        let bus = &mut self.bus;
        sample_lite(o, bus);
        let moved = bus.aw.moved().is_some()
            || bus.ar.moved().is_some()
            || bus.b.moved().is_some()
            || bus.r.moved().is_some();
        if moved || self.manager.pending() == 0 {
            self.moved = now.0;
        }
        self.monitor.observe(now, bus)?;
        self.manager.observe(now, bus)
    }

    /// Holds what was answered against golden; `traffic` says whether bursts are under way.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn check(
        &mut self,
        run: &mut Run<Mem3d>,
        now: Cycle,
        traffic: bool,
        coverage: &mut Mem3dCoverage,
    ) -> Result<(), Failure> {
        while let Some(done) = self.manager.completed() {
            let Some((address, expected)) = self.expected.remove(&done.index) else {
                continue;
            };
            run.note(now, "registers", || format!("{done:x?}"));
            compare(now, &done, &expected).map_err(|failure| {
                failure.with_details(match self.file.find(address) {
                    Some(register) => format!("{} ({address:#06x})", register.name),
                    None => format!("{address:#06x}"),
                })
            })?;
            let access = match (done.write, done.resp == Resp::Okay) {
                (false, true) => RegisterAccess::Read,
                (true, true) => RegisterAccess::Write,
                (false, false) => RegisterAccess::BadRead,
                (true, false) => RegisterAccess::BadWrite,
            };
            coverage.register(access, traffic)?;
            if !done.write {
                self.answers.insert(done.index, done.data as u32);
            }
        }
        Ok(())
    }
}

fn compare(now: Cycle, done: &LiteCompleted, expected: &Expected) -> Result<(), Failure> {
    if done.resp != expected.resp {
        let channel = if done.write { "b" } else { "r" };
        return Err(Failure::mismatch(
            now,
            &format!("lite.{channel}.resp"),
            &format!("{:?}", done.resp),
            &format!("{:?}", expected.resp),
        ));
    }
    if !done.write && (done.data as u32 ^ expected.value) & expected.known != 0 {
        return Err(Failure::mismatch(
            now,
            "lite.r.data",
            &format!("{:#010x}", done.data),
            &format!("{:#010x} in {:#010x}", expected.value, expected.known),
        ));
    }
    Ok(())
}
