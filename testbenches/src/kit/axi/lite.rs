//! AXI4-Lite: registers, one beat at a time (IHI 0022E, Part B).

use gpnpu_bridge::model::Cycle;

use super::{
    AddressBeat, AxiPaces, Bus, Manager, ManagerSettings, Monitor, ReadBeat, Request, Resp,
    ResponseBeat, Wire, WriteBeat,
};
use crate::kit::{Failure, Streams};

/// A beat of the write data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteWrite {
    /// Data; the lower half on a bus of 32 bits.
    pub data: u64,
    /// A bit for each byte that is written.
    pub strb: u8,
}

/// A beat of the read data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteRead {
    /// Data; the lower half on a bus of 32 bits.
    pub data: u64,
    /// Response.
    pub resp: Resp,
}

/// A port in one cycle.
#[derive(Clone, Debug, Default)]
pub struct LiteBus {
    /// Write addresses; valid from the manager.
    pub aw: Wire<u64>,
    /// Write data; valid from the manager.
    pub w: Wire<LiteWrite>,
    /// Write responses; valid from the subordinate.
    pub b: Wire<Resp>,
    /// Read addresses; valid from the manager.
    pub ar: Wire<u64>,
    /// Read data; valid from the subordinate.
    pub r: Wire<LiteRead>,
}

fn map<A, B>(wire: &Wire<A>, beat: impl FnOnce(&A) -> B) -> Wire<B> {
    Wire {
        valid: wire.valid,
        ready: wire.ready,
        beat: beat(&wire.beat),
    }
}

fn words(data: u64) -> gpnpu_golden::axi::Data {
    let mut words = [0; 16];
    (words[0], words[1]) = (data as u32, (data >> 32) as u32);
    words
}

fn number(data: &gpnpu_golden::axi::Data) -> u64 {
    u64::from(data[0]) | u64::from(data[1]) << 32
}

impl LiteBus {
    /// The AXI4 transfers that these are (B1.1): one beat of the bus's width, ID 0. The lowest address bits do not
    /// choose lanes, strobes do.
    fn to_axi(&self, bus_bytes: usize) -> Bus {
        let address = |addr: &u64| request(*addr, bus_bytes);
        Bus {
            aw: map(&self.aw, address),
            w: map(&self.w, |beat| WriteBeat {
                data: words(beat.data),
                strb: u64::from(beat.strb),
                last: true,
            }),
            b: map(&self.b, |resp| ResponseBeat { id: 0, resp: *resp }),
            ar: map(&self.ar, address),
            r: map(&self.r, |beat| ReadBeat {
                id: 0,
                data: words(beat.data),
                resp: beat.resp,
                last: true,
                poison: 0,
            }),
        }
    }
}

fn request(addr: u64, bus_bytes: usize) -> AddressBeat {
    AddressBeat {
        addr: addr & !(bus_bytes as u64 - 1),
        size: bus_bytes.trailing_zeros() as u8,
        ..AddressBeat::default()
    }
}

/// A register access that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiteCompleted {
    /// Its number, in the order of queueing.
    pub index: u64,
    /// Address, aligned to the bus.
    pub addr: u64,
    /// Whether it was a write.
    pub write: bool,
    /// What was read; 0 for a write.
    pub data: u64,
    /// The response.
    pub resp: Resp,
    /// When the response moved.
    pub responded: Cycle,
}

/// Reads and writes registers, in order; a read does not wait for writes before it, unless a fence was asked for.
#[derive(Clone, Debug)]
pub struct LiteManager {
    bus_bytes: usize,
    manager: Manager,
    /// The manager's side as AXI4.
    axi: Bus,
}

impl LiteManager {
    /// A manager with nothing to do, of a port of 4 or 8 bytes, with at most `outstanding` accesses of each kind.
    pub fn new(
        port: &str,
        bus_bytes: usize,
        outstanding: usize,
        paces: AxiPaces,
        streams: &Streams,
    ) -> Self {
        let settings = ManagerSettings {
            max_reads: outstanding,
            max_writes: outstanding,
            data_ahead: true,
            keep_data: true,
        };
        Self {
            bus_bytes,
            manager: Manager::new(port, settings, paces, streams),
            axi: Bus::default(),
        }
    }

    /// Queues a write and returns its number; with `fence` it waits until all accesses before it are answered, as do
    /// those after it.
    pub fn write(&mut self, addr: u64, data: u64, strb: u8, fence: bool) -> u64 {
        let beat = WriteBeat {
            data: words(data),
            strb: u64::from(strb),
            last: true,
        };
        let write = Request::write(request(addr, self.bus_bytes), vec![beat]);
        self.manager.push(Request { fence, ..write })
    }

    /// Queues a read and returns its number; `fence` as for a write.
    pub fn read(&mut self, addr: u64, fence: bool) -> u64 {
        let read = Request::read(request(addr, self.bus_bytes));
        self.manager.push(Request { fence, ..read })
    }

    /// Accesses not answered.
    pub fn pending(&self) -> usize {
        self.manager.pending()
    }

    /// What was answered since the last call, oldest first.
    pub fn completed(&mut self) -> Option<LiteCompleted> {
        let done = self.manager.completed()?;
        Some(LiteCompleted {
            index: done.index,
            addr: done.address.addr,
            write: done.write,
            data: done.data.first().map_or(0, |beat| number(&beat.data)),
            resp: done.resp,
            responded: done.responded,
        })
    }

    /// Before a cycle: fills in the manager's side of the port.
    pub fn drive(&mut self, bus: &mut LiteBus) {
        let axi = &mut self.axi;
        self.manager.drive(axi);
        bus.aw.offer(axi.aw.valid.then_some(axi.aw.beat.addr));
        bus.ar.offer(axi.ar.valid.then_some(axi.ar.beat.addr));
        bus.w.offer(axi.w.valid.then_some(LiteWrite {
            data: number(&axi.w.beat.data),
            strb: axi.w.beat.strb as u8,
        }));
        (bus.b.ready, bus.r.ready) = (axi.b.ready, axi.r.ready);
    }

    /// After a cycle: what moved on the port.
    ///
    /// # Errors
    ///
    /// An answer that nothing waits for.
    pub fn observe(&mut self, cycle: Cycle, bus: &LiteBus) -> Result<(), Failure> {
        self.axi = bus.to_axi(self.bus_bytes);
        self.manager.observe(cycle, &self.axi)
    }

    /// The block was reset, and what asks for accesses too: all that were not answered are lost.
    pub fn abandon(&mut self, bus: &mut LiteBus) {
        *bus = LiteBus::default();
        self.axi = Bus::default();
        self.manager.abandon();
    }
}

/// Watches both sides of an AXI4-Lite port: the rules of AXI4 that apply, and that nothing is exclusive.
#[derive(Clone, Debug)]
pub struct LiteMonitor {
    bus_bytes: usize,
    monitor: Monitor,
}

impl LiteMonitor {
    /// A monitor of a port of 4 or 8 bytes; `port` is its name in messages, and may be empty.
    pub fn new(port: impl Into<String>, bus_bytes: usize) -> Self {
        Self {
            bus_bytes,
            monitor: Monitor::new(port, bus_bytes),
        }
    }

    /// Watches a cycle.
    ///
    /// # Errors
    ///
    /// The first rule broken.
    pub fn observe(&mut self, cycle: Cycle, bus: &LiteBus) -> Result<(), Failure> {
        self.monitor.observe(cycle, &bus.to_axi(self.bus_bytes))
    }

    /// Watches a cycle with the reset active.
    ///
    /// # Errors
    ///
    /// A valid that is not low.
    pub fn reset(&mut self, cycle: Cycle, bus: &LiteBus) -> Result<(), Failure> {
        self.monitor.reset(cycle, &bus.to_axi(self.bus_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Pace;

    /// Registers that answer as soon as they have address and data.
    fn respond(registers: &mut [u64; 4], bus: &mut LiteBus) {
        (bus.b.valid, bus.r.valid) = (false, false);
        (bus.aw.ready, bus.w.ready) = (bus.aw.valid && bus.w.valid, bus.aw.valid && bus.w.valid);
        bus.ar.ready = true;
        if let (Some(addr), Some(beat)) = (bus.aw.moved(), bus.w.moved()) {
            let register = &mut registers[(addr / 4) as usize];
            for byte in (0..4).filter(|byte| beat.strb >> byte & 1 != 0) {
                let mask = 0xff << (8 * byte);
                *register = *register & !mask | beat.data & mask;
            }
        }
    }

    #[test]
    fn registers_are_written_by_strobes_and_read_back_after_a_fence() {
        let streams = Streams::new(1, "lite");
        let paces = AxiPaces {
            w: Pace::Percent(30),
            r: Pace::Percent(50),
            ..AxiPaces::default()
        };
        let mut manager = LiteManager::new("", 4, 2, paces, &streams);
        let mut monitor = LiteMonitor::new("", 4);
        manager.write(0x4, 0x1122_3344, 0xf, false);
        manager.write(0x4, 0x5566_7788, 0x2, true);
        manager.read(0x6, true);
        let mut registers = [0; 4];
        let mut bus = LiteBus::default();
        let (mut answers, mut data) = (0, None);
        for cycle in 0..200 {
            let cycle = Cycle(cycle);
            manager.drive(&mut bus);
            let ready = (bus.b.ready, bus.r.ready);
            respond(&mut registers, &mut bus);
            // Answers come a cycle after what they answer.
            (bus.b.valid, bus.b.ready) = (answers > 0, ready.0);
            (bus.r.valid, bus.r.ready) = (data.is_some(), ready.1);
            bus.r.beat.data = data.unwrap_or(0);
            monitor.observe(cycle, &bus).unwrap();
            manager.observe(cycle, &bus).unwrap();
            answers += usize::from(bus.aw.moved().is_some());
            answers -= usize::from(bus.b.moved().is_some());
            if bus.r.moved().is_some() {
                data = None;
            }
            if let Some(addr) = bus.ar.moved() {
                data = Some(registers[(addr / 4) as usize]);
            }
        }
        let answers: Vec<(bool, u64)> = std::iter::from_fn(|| manager.completed())
            .map(|done| (done.write, done.data))
            .collect();
        assert_eq!(answers, [(true, 0), (true, 0), (false, 0x1122_7744)]);
        assert_eq!(manager.pending(), 0);
    }

    #[test]
    fn exokay_and_an_answer_to_nothing_are_the_subordinates_fault() {
        let mut monitor = LiteMonitor::new("regs", 4);
        let mut bus = LiteBus {
            ar: Wire {
                valid: true,
                ready: true,
                beat: 0,
            },
            ..LiteBus::default()
        };
        monitor.observe(Cycle(0), &bus).unwrap();
        bus.ar.valid = false;
        bus.r.valid = true;
        let mut exclusive = bus.clone();
        exclusive.r.beat.resp = Resp::ExOkay;
        let failure = monitor.clone().observe(Cycle(1), &exclusive).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("regs.r: the subordinate broke AXI A7.2.5")
        );
        bus.r.ready = true;
        monitor.observe(Cycle(1), &bus).unwrap();
        let failure = monitor.observe(Cycle(2), &bus).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("regs.r: the subordinate broke AXI A5.3")
        );
    }
}
