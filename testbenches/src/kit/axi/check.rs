//! Holds what crosses the ports of a memory against golden.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{Illegal, Memory, ReadSeen, WriteSeen};

use super::Bus;
use crate::kit::{Failure, FailureKind};

/// What golden found right in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A write response.
    Write(WriteSeen),
    /// A beat of read data.
    Read(ReadSeen),
}

/// The golden memory, fed from the wires of one port or several.
#[derive(Clone, Debug)]
pub struct MemoryCheck {
    /// Golden: to be preloaded, told of errors, looked at.
    pub memory: Memory,
    ports: Vec<String>,
}

impl MemoryCheck {
    /// For a memory with as many ports as there are names of them; a name may be empty.
    pub fn new(memory: Memory, ports: &[&str]) -> Self {
        Self {
            memory,
            ports: ports.iter().map(|&port| port.to_owned()).collect(),
        }
    }

    /// After a cycle: what moved on the ports, in their order. `checked` gets the port and what was found right.
    ///
    /// # Errors
    ///
    /// An answer that the memory cannot have given.
    #[inline]
    pub fn observe<'a>(
        &mut self,
        cycle: Cycle,
        buses: impl Iterator<Item = &'a Bus> + Clone,
        mut checked: impl FnMut(usize, Checked),
    ) -> Result<(), Failure> {
        let memory = &mut self.memory;
        for (port, bus) in buses.clone().enumerate() {
            if let Some(request) = bus.aw.moved() {
                memory.accept_write(port, request);
            }
            if let Some(request) = bus.ar.moved() {
                memory.accept_read(port, request);
            }
        }
        for (port, bus) in buses.clone().enumerate() {
            if let Some(beat) = bus.w.moved() {
                memory.accept_data(port, beat);
            }
        }
        for (port, bus) in buses.enumerate() {
            let failed = |illegal: Illegal| failure(cycle, &self.ports[port], &illegal);
            if let Some(beat) = bus.b.moved() {
                let seen = memory.accept_response(port, beat).map_err(failed)?;
                checked(port, Checked::Write(seen));
            }
            if let Some(beat) = bus.r.moved() {
                let seen = memory.accept_read_data(port, beat).map_err(failed)?;
                checked(port, Checked::Read(seen));
            }
        }
        Ok(())
    }
}

#[cold]
fn failure(cycle: Cycle, port: &str, illegal: &Illegal) -> Failure {
    let prefix = match port {
        "" => String::new(),
        port => format!("{port}."),
    };
    let kind = FailureKind::Mismatch {
        signal: format!("{prefix}{}", illegal.signal()),
    };
    Failure::new(kind, cycle, format!("{prefix}{illegal}"))
}
