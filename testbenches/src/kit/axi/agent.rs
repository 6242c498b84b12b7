//! A port with everything that drives and watches it.

use gpnpu_bridge::model::Cycle;

use super::{AxiPaces, Bus, Manager, ManagerSettings, Monitor};
use crate::kit::{Failure, Streams};

/// A port of a block that is a subordinate: the wires, the manager that drives them, the monitor that watches them.
#[derive(Clone, Debug)]
pub struct ManagerAgent {
    /// The wires, to be mapped to the block's ports.
    pub bus: Bus,
    /// What drives them.
    pub manager: Manager,
    /// What watches them.
    pub monitor: Monitor,
}

impl ManagerAgent {
    /// An agent of a port of `bus_bytes`; `port` is its name in messages, and may be empty.
    pub fn new(
        port: &str,
        bus_bytes: usize,
        settings: ManagerSettings,
        paces: AxiPaces,
        streams: &Streams,
    ) -> Self {
        Self {
            bus: Bus::default(),
            manager: Manager::new(port, settings, paces, streams),
            monitor: Monitor::new(port, bus_bytes),
        }
    }

    /// Before a cycle: fills in the manager's side of [`ManagerAgent::bus`].
    #[inline]
    pub fn drive(&mut self) {
        self.manager.drive(&mut self.bus);
    }

    /// After a cycle, with the block's side filled in: watches, and takes what moved.
    ///
    /// # Errors
    ///
    /// A broken rule.
    #[inline]
    pub fn observe(&mut self, cycle: Cycle) -> Result<(), Failure> {
        self.monitor.observe(cycle, &self.bus)?;
        self.manager.observe(cycle, &self.bus)
    }

    /// Before the reset: no valid of the manager's. Requests of which anything was accepted are lost; returns how many.
    pub fn enter_reset(&mut self) -> usize {
        self.bus = Bus::default();
        self.manager.reset()
    }

    /// At the end of the reset, with the block's side filled in as it is then.
    ///
    /// # Errors
    ///
    /// A valid of the block that is not low.
    pub fn leave_reset(&mut self, cycle: Cycle) -> Result<(), Failure> {
        self.monitor.reset(cycle, &self.bus)
    }
}
