//! The AXI4 memory: what [`crate::axi::Memory`] says, and how fast.

use crate::axi::{Memory, Space};

/// A memory behind one AXI4 port; it serves all bursts, and keeps its content over a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxiRam {
    /// Bytes of the bus: 8, 16, 32 or 64.
    pub bus_bytes: usize,
    /// Bytes from address 0 on; what lies above is answered with `DECERR`.
    pub size_bytes: u64,
    /// Cycles that the memory itself takes, 1 or more.
    pub latency: u64,
}

impl AxiRam {
    /// Its content, which nobody knows before it is written, and its order.
    pub fn memory(&self) -> Memory {
        let space = Space {
            capacity: self.size_bytes,
            ..Space::ALL
        };
        Memory::new(1, self.bus_bytes, space).with_unknown_content()
    }

    /// Cycles from the acceptance of a read address to the first data, if nothing is in its way: the request's queue
    /// and the first beat's register, the memory, the data's queue.
    pub fn read_latency(&self) -> u64 {
        2 + self.latency + 1
    }

    /// Cycles from the acceptance of the last write data to the response: that of the response's queue.
    pub fn write_latency(&self) -> u64 {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axi::{AddressBeat, Burst, Illegal, ReadBeat, Resp};

    #[test]
    fn what_lies_above_the_size_is_no_memory_and_fixed_bursts_are_served() {
        let ram = AxiRam {
            bus_bytes: 8,
            size_bytes: 1024,
            latency: 1,
        };
        let mut memory = ram.memory();
        let request = AddressBeat {
            addr: 1016,
            len: 1,
            size: 3,
            ..AddressBeat::default()
        };
        memory.accept_read(0, &request);
        memory.accept_read_data(0, &ReadBeat::default()).unwrap();
        let above = memory.accept_read_data(0, &ReadBeat::default());
        assert!(matches!(
            above,
            Err(Illegal::ReadResponse { addr: 1024, .. })
        ));
        let fixed = AddressBeat {
            burst: Burst::Fixed,
            addr: 0,
            ..request
        };
        memory.accept_read(0, &fixed);
        let okay = ReadBeat {
            resp: Resp::Okay,
            ..ReadBeat::default()
        };
        assert!(memory.accept_read_data(0, &okay).is_ok());
    }
}
