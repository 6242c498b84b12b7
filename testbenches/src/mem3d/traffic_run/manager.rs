//! A lean AXI4 manager: full lines of 64 bytes, INCR bursts, always ready, no gaps.

use std::collections::VecDeque;

use super::super::traffic::{LINE_BYTES, Request};
use super::content::{Content, Words, byte_mask};
use super::parts;
use crate::ports::mem3d::{In, Out};
use crate::ports::mem3d_pkg::axi_resp_e::RESP_OKAY;
use crate::ports::mem3d_pkg::{AxiAx, AxiW};

/// IDs of a port; used in turn, so that responses may come in almost any order.
const IDS: usize = 64;
/// Beats of 64 bytes.
const SIZE: u8 = 6;
/// `BurstIncr`.
const BURST_INCR: u8 = 1;

/// An AXI burst of a request: its bytes, inside 4 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Address of the first byte.
    pub begin: u64,
    /// Address behind the last byte.
    pub end: u64,
}

impl Part {
    fn first_line(self) -> u64 {
        self.begin / LINE_BYTES
    }

    fn lines(self) -> u64 {
        (self.end - 1) / LINE_BYTES - self.first_line() + 1
    }

    /// A bit for each of its bytes in a line.
    fn strobe(self, line: u64) -> u64 {
        let below = |end: u64| match end.saturating_sub(line * LINE_BYTES) {
            bytes @ 0..LINE_BYTES => (1 << bytes) - 1,
            _ => u64::MAX,
        };
        below(self.end) & !below(self.begin)
    }
}

/// A part that waits for its response.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    flight: usize,
    part: Part,
    /// Beats that came.
    beats: u64,
}

/// A beat of a response that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// Number of its request.
    pub flight: usize,
    /// It is the last of its part.
    pub part_done: bool,
}

/// One direction of a port.
struct Channel {
    /// Bursts whose address is still to be accepted, with the number of their request.
    addresses: VecDeque<(AxiAx, usize)>,
    /// By ID, in the order in which they were asked for.
    awaited: [VecDeque<Awaited>; IDS],
    next_id: usize,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            addresses: VecDeque::new(),
            awaited: std::array::from_fn(|_| VecDeque::new()),
            next_id: 0,
        }
    }
}

impl Channel {
    fn ask(&mut self, flight: usize, part: Part) {
        let id = self.next_id;
        self.next_id = (id + 1) % IDS;
        self.awaited[id].push_back(Awaited {
            flight,
            part,
            beats: 0,
        });
        let ax = AxiAx {
            id: id as u8,
            addr: part.begin,
            len: (part.lines() - 1) as u8,
            size: SIZE,
            burst: BURST_INCR,
            qos: 0,
        };
        self.addresses.push_back((ax, flight));
    }

    fn accepted(&mut self, ready: bool) -> Option<usize> {
        if !ready {
            return None;
        }
        self.addresses.pop_front().map(|(_, flight)| flight)
    }
}

/// The manager of one port.
#[derive(Default)]
pub struct Manager {
    reads: Channel,
    writes: Channel,
    data: VecDeque<AxiW>,
}

impl Manager {
    /// Asks for the bytes of a request; the number of its parts.
    pub fn read(&mut self, flight: usize, request: &Request) -> u8 {
        let mut count = 0;
        for part in parts(request) {
            self.reads.ask(flight, part);
            count += 1;
        }
        count
    }

    /// Writes the bytes of a request; the number of its parts.
    pub fn write(&mut self, flight: usize, request: &Request, content: &mut Content) -> u8 {
        let mut count = 0;
        for part in parts(request) {
            self.writes.ask(flight, part);
            count += 1;
            let lines = part.first_line()..part.first_line() + part.lines();
            for line in lines.clone() {
                let strb = part.strobe(line);
                self.data.push_back(AxiW {
                    last: line + 1 == lines.end,
                    strb,
                    data: to_bus(&content.write(line, strb)),
                });
            }
        }
        count
    }

    /// Offers what comes next on each channel.
    pub fn drive(&self, port: usize, i: &mut In) {
        let bit = |valid: bool| u64::from(valid) << port;
        let others = !bit(true);
        let put = |bits: u64, valid: bool| bits & others | bit(valid);
        let (ar, aw) = (self.reads.addresses.front(), self.writes.addresses.front());
        let w = self.data.front();
        i.ar_valid_i = put(i.ar_valid_i.into(), ar.is_some()) as _;
        i.aw_valid_i = put(i.aw_valid_i.into(), aw.is_some()) as _;
        i.w_valid_i = put(i.w_valid_i.into(), w.is_some()) as _;
        if let Some((ar, _)) = ar {
            i.ar_i[port] = *ar;
        }
        if let Some((aw, _)) = aw {
            i.aw_i[port] = *aw;
        }
        if let Some(w) = w {
            i.w_i[port] = *w;
        }
    }

    /// Moves on what was accepted; the requests whose address was.
    pub fn accepted(&mut self, port: usize, o: &Out) -> [Option<usize>; 2] {
        let high = |bits: u64| bits >> port & 1 == 1;
        if high(o.w_ready_o.into()) {
            self.data.pop_front();
        }
        [
            self.reads.accepted(high(o.ar_ready_o.into())),
            self.writes.accepted(high(o.aw_ready_o.into())),
        ]
    }

    /// The beat of read data, if one came.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn take_read(
        &mut self,
        port: usize,
        o: &Out,
        content: &Content,
    ) -> Result<Option<Response>, String> {
        if u64::from(o.r_valid_o) >> port & 1 == 0 {
            return Ok(None);
        }
        let beat = &o.r_o[port];
        let name = format_args!("r_o[{port}]");
        let queue = &mut self.reads.awaited[usize::from(beat.id)];
        let Some(awaited) = queue.front_mut() else {
            return Err(format!(
                "{name}.id is {:#x}, nothing is asked for with it",
                beat.id
            ));
        };
        let line = awaited.part.first_line() + awaited.beats;
        let addr = line * LINE_BYTES;
        if beat.resp != RESP_OKAY || beat.poison != 0 {
            return Err(format!(
                "{name}.resp is {} and poison {:#04x} for line {addr:#x}, golden says 0 and 0x00",
                beat.resp, beat.poison
            ));
        }
        let strobe = awaited.part.strobe(line);
        let (read, expected) = (from_bus(&beat.data), content.line(line));
        for (index, (read, expected)) in read.into_iter().zip(expected).enumerate() {
            let bytes = byte_mask((strobe >> (8 * index)) as u8);
            if (read ^ expected) & bytes != 0 {
                return Err(format!(
                    "{name}.data is {:#018x} in word {index} of line {addr:#x}, golden says {:#018x}",
                    read & bytes,
                    expected & bytes
                ));
            }
        }
        awaited.beats += 1;
        let last = awaited.beats == awaited.part.lines();
        if beat.last != last {
            return Err(format!(
                "{name}.last is {} in beat {} of {}",
                beat.last,
                awaited.beats,
                awaited.part.lines()
            ));
        }
        let flight = awaited.flight;
        if last {
            queue.pop_front();
        }
        Ok(Some(Response {
            flight,
            part_done: last,
        }))
    }

    /// The write response, if one came.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn take_written(&mut self, port: usize, o: &Out) -> Result<Option<Response>, String> {
        if u64::from(o.b_valid_o) >> port & 1 == 0 {
            return Ok(None);
        }
        let beat = &o.b_o[port];
        let Some(awaited) = self.writes.awaited[usize::from(beat.id)].pop_front() else {
            return Err(format!(
                "b_o[{port}].id is {:#x}, nothing is written with it",
                beat.id
            ));
        };
        if beat.resp != RESP_OKAY {
            return Err(format!(
                "b_o[{port}].resp is {} for the burst at {:#x}, golden says 0",
                beat.resp, awaited.part.begin
            ));
        }
        Ok(Some(Response {
            flight: awaited.flight,
            part_done: true,
        }))
    }
}

fn to_bus(words: &Words) -> [u32; 16] {
    std::array::from_fn(|index| (words[index / 2] >> (32 * (index % 2))) as u32)
}

fn from_bus(data: &[u32; 16]) -> Words {
    std::array::from_fn(|index| u64::from(data[2 * index]) | u64::from(data[2 * index + 1]) << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strobes_are_those_of_the_bytes_of_a_part() {
        let part = Part {
            begin: 0x47,
            end: 0x102,
        };
        assert_eq!((part.first_line(), part.lines()), (1, 4));
        assert_eq!(part.strobe(1), u64::MAX << 7);
        assert_eq!(part.strobe(2), u64::MAX);
        assert_eq!(part.strobe(4), 0b11);
        let part = Part {
            begin: 0x45,
            end: 0x46,
        };
        assert_eq!((part.lines(), part.strobe(1)), (1, 1 << 5));
    }

    #[test]
    fn words_cross_the_bus_and_come_back() {
        let words = [1, 2 << 40, u64::MAX, 4, 5, 6, 7, 0x8765_4321_0000_0001];
        assert_eq!(from_bus(&to_bus(&words)), words);
        assert_eq!(to_bus(&words)[15], 0x8765_4321);
    }

    #[test]
    fn ids_take_turns_and_a_burst_covers_its_lines() {
        let mut manager = Manager::default();
        let request = Request {
            at: None,
            write: false,
            addr: 0xff8,
            bytes: 100,
        };
        assert_eq!(manager.read(3, &request), 2);
        let asked: Vec<_> = manager.reads.addresses.iter().collect();
        let brief: Vec<_> = asked
            .iter()
            .map(|(ax, flight)| (ax.id, ax.addr, ax.len, *flight))
            .collect();
        assert_eq!(brief, [(0, 0xff8, 0, 3), (1, 0x1000, 1, 3)]);
    }
}
