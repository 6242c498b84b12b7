//! Content and order of a memory behind AXI4 ports.

use std::collections::{HashMap, VecDeque};

use super::line::{Mask, NEVER, Races, Reader};
use super::store::{LINE, Store};
use super::{
    AddressBeat, Answers, ById, FastHash, Illegal, ReadBeat, Resp, ResponseBeat, Space, WriteBeat,
    bytes_of,
};

/// A write whose address was accepted.
#[derive(Clone, Debug)]
struct Write {
    request: AddressBeat,
    number: u64,
    beats: usize,
    lines: Vec<u64>,
}

/// A read whose address was accepted.
#[derive(Clone, Copy, Debug)]
struct Read {
    request: AddressBeat,
    number: u64,
    start: u64,
    beats: usize,
}

#[derive(Clone, Debug, Default)]
struct Port {
    /// Writes that wait for data, in the order of their addresses.
    filling: VecDeque<Write>,
    /// Data that came before its address.
    early: VecDeque<WriteBeat>,
    /// Writes that wait for their response.
    writes: ById<Write>,
    reads: ById<Read>,
}

/// A write that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteSeen {
    /// The request.
    pub request: AddressBeat,
}

/// A beat of a read that was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSeen {
    /// The request.
    pub request: AddressBeat,
    /// Number of the beat, from 0.
    pub beat: usize,
    /// Writes whose effect was not settled were to some byte of the beat.
    pub raced: bool,
}

/// The golden model of a memory with AXI4 ports that share its content.
///
/// Tell it what crosses the ports in the order in which it happens; of what happens in the same clock cycle requests
/// first, then write data, then responses, since none of them can be a consequence of one that comes later. For each byte a
/// read may return the content of when its address was accepted, or what a write put there that was under way at the
/// same time: from the acceptance of its data to that of its response. What one read has shown binds the reads that
/// begin after its end, and those of the same ID: no byte goes back to an older value. Writes of one ID take effect in
/// their order.
#[derive(Clone, Debug)]
pub struct Memory {
    bus_bytes: usize,
    space: Space,
    store: Store,
    /// Bytes of each line whose content is known, where not all of it is.
    known: Option<HashMap<u64, Mask, FastHash>>,
    races: HashMap<u64, Races, FastHash>,
    ports: Vec<Port>,
    /// Events so far: the time.
    now: u64,
    writes: u64,
    /// Starts of the reads under way; finished ones are `NEVER`, and go once they are the oldest.
    reading: VecDeque<u64>,
    /// Number of the first of `reading`.
    oldest: u64,
    /// Lines that can be settled once the reads under way began after a time.
    settling: VecDeque<(u64, u64)>,
    /// Words, by address / 8, that hold an error; whether that is certain.
    errors: HashMap<u64, bool, FastHash>,
}

impl Memory {
    /// A memory of zeros with `ports` ports of `bus_bytes` (a power of two, at most 64).
    ///
    /// # Panics
    ///
    /// If `bus_bytes` is not a power of two of at most 64.
    pub fn new(ports: usize, bus_bytes: usize, space: Space) -> Self {
        assert!(
            bus_bytes.is_power_of_two() && bus_bytes <= LINE,
            "a bus of {bus_bytes} bytes, has to be a power of two of at most {LINE}"
        );
        Self {
            bus_bytes,
            space,
            store: Store::default(),
            known: None,
            races: HashMap::default(),
            ports: vec![Port::default(); ports],
            now: 0,
            writes: 0,
            reading: VecDeque::new(),
            oldest: 0,
            settling: VecDeque::new(),
            errors: HashMap::default(),
        }
    }

    /// The same, with content that is not known: what was never written may have any value, but keeps it from the
    /// first time that it is read.
    #[must_use]
    pub fn with_unknown_content(mut self) -> Self {
        self.known = Some(HashMap::default());
        self
    }

    /// Puts content there before anything happens.
    pub fn preload(&mut self, addr: u64, bytes: &[u8]) {
        self.store.write(addr, bytes);
        if let Some(known) = &mut self.known {
            for addr in addr..addr + bytes.len() as u64 {
                *known.entry(addr / LINE as u64).or_default() |= 1 << (addr % LINE as u64);
            }
        }
    }

    /// Bytes of a line whose content is known.
    #[inline]
    fn known(&self, line: u64) -> Mask {
        match &self.known {
            None => Mask::MAX,
            Some(known) => known.get(&line).copied().unwrap_or(0),
        }
    }

    /// A read has shown unknown content.
    fn learn(&mut self, line: u64, mask: Mask, bytes: &[u8; LINE]) {
        let Some(known) = &mut self.known else { return };
        *known.entry(line).or_default() |= mask;
        let content = self.store.line_mut(line);
        for at in (0..LINE).filter(|at| mask >> at & 1 != 0) {
            content[at] = bytes[at];
        }
    }

    /// The content as if all write data so far had taken effect, in its order.
    pub fn peek(&self, addr: u64, count: usize) -> Vec<u8> {
        let mut latest = Store::default();
        for line in addr / LINE as u64..=(addr + count as u64) / LINE as u64 {
            let base = self.store.line(line);
            *latest.line_mut(line) = match self.races.get(&line) {
                Some(races) => races.latest(&base),
                None => base,
            };
        }
        latest.read(addr, count)
    }

    /// The 64-bit word at `addr` holds an error from now on: its reads may come as poison, and have to where `certain`.
    pub fn expect_error(&mut self, addr: u64, certain: bool) {
        self.errors.insert(addr / 8, certain);
    }

    /// The 64-bit word at `addr` is good again.
    pub fn expect_no_error(&mut self, addr: u64) {
        self.errors.remove(&(addr / 8));
    }

    /// Whether nothing is under way at any port.
    pub fn idle(&self) -> bool {
        self.ports.iter().all(|port| {
            port.filling.is_empty()
                && port.early.is_empty()
                && port.writes.is_empty()
                && port.reads.is_empty()
        })
    }

    /// A write address was accepted.
    pub fn accept_write(&mut self, port: usize, request: &AddressBeat) {
        self.now += 1;
        let write = Write {
            request: *request,
            number: self.writes,
            beats: 0,
            lines: Vec::new(),
        };
        self.writes += 1;
        self.ports[port].filling.push_back(write);
        while let Some(beat) = self.ports[port].early.pop_front() {
            if self.ports[port].filling.is_empty() {
                self.ports[port].early.push_front(beat);
                break;
            }
            self.fill(port, &beat);
        }
    }

    /// Write data was accepted; it may come before its address.
    pub fn accept_data(&mut self, port: usize, beat: &WriteBeat) {
        self.now += 1;
        if self.ports[port].filling.is_empty() {
            self.ports[port].early.push_back(*beat);
        } else {
            self.fill(port, beat);
        }
    }

    fn fill(&mut self, port: usize, beat: &WriteBeat) {
        let Some(write) = self.ports[port].filling.front_mut() else {
            return;
        };
        let request = write.request;
        let place = request.beat(write.beats, self.bus_bytes);
        write.beats += 1;
        let strb = beat.strb & place.lanes();
        if strb != 0 && self.space.serves(&request, place.addr) {
            let (line, offset) = line_of(place.addr, self.bus_bytes);
            let bytes = in_line(&bytes_of(&beat.data), offset, self.bus_bytes);
            if write.lines.last() != Some(&line) {
                write.lines.push(line);
            }
            let races = self.races.entry(line).or_default();
            let key = key(port, request.id);
            races.begin(write.number, key, self.now, strb << offset, &bytes);
        }
        if write.beats == request.beats() {
            let ports = &mut self.ports[port];
            if let Some(write) = ports.filling.pop_front() {
                ports.writes.push(request.id, write);
            }
        }
    }

    /// A read address was accepted.
    pub fn accept_read(&mut self, port: usize, request: &AddressBeat) {
        self.now += 1;
        let read = Read {
            request: *request,
            number: self.oldest + self.reading.len() as u64,
            start: self.now,
            beats: 0,
        };
        self.reading.push_back(self.now);
        self.ports[port].reads.push(request.id, read);
    }

    /// A write response was accepted.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if nothing waits for it, or it is another one than it may be.
    pub fn accept_response(
        &mut self,
        port: usize,
        response: &ResponseBeat,
    ) -> Result<WriteSeen, Illegal> {
        self.now += 1;
        let id = response.id;
        let write = self.ports[port].writes.pop(id);
        let write = write.ok_or(Illegal::NoWrite { id })?;
        let allowed = self.space.write_answers(&write.request);
        if !allowed.allow(response.resp) {
            return Err(Illegal::WriteResponse {
                resp: response.resp,
                addr: write.request.addr,
                allowed,
            });
        }
        // An exclusive write that failed has no effect; at a memory that knows no exclusive access it has one.
        let certain = !write.request.lock || response.resp != Resp::Okay;
        self.end(&write, certain);
        self.settle();
        Ok(WriteSeen {
            request: write.request,
        })
    }

    fn end(&mut self, write: &Write, certain: bool) {
        for line in &write.lines {
            if let Some(races) = self.races.get_mut(line) {
                races.end(write.number, self.now, certain);
                self.settling.push_back((self.now, *line));
            }
        }
    }

    /// Read data was accepted.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if nothing waits for it, or the memory cannot have held it.
    pub fn accept_read_data(&mut self, port: usize, beat: &ReadBeat) -> Result<ReadSeen, Illegal> {
        self.now += 1;
        let id = beat.id;
        let read = self.ports[port].reads.front_mut(id);
        let read = read.ok_or(Illegal::NoRead { id })?;
        let number = read.beats;
        read.beats += 1;
        let read = *read;
        let raced = self.judge(port, &read, number, beat);
        if read.beats == read.request.beats() {
            self.ports[port].reads.pop(id);
            self.reading[(read.number - self.oldest) as usize] = NEVER;
            while self.reading.front() == Some(&NEVER) {
                self.reading.pop_front();
                self.oldest += 1;
            }
            self.settle();
        }
        Ok(ReadSeen {
            request: read.request,
            beat: number,
            raced: raced?,
        })
    }

    /// Whether a beat is right, and whether writes raced for its bytes.
    fn judge(
        &mut self,
        port: usize,
        read: &Read,
        number: usize,
        beat: &ReadBeat,
    ) -> Result<bool, Illegal> {
        let request = &read.request;
        let place = request.beat(number, self.bus_bytes);
        let mut lanes = place.lanes();
        let mut allowed = self.space.read_answers(request, place.addr);
        let served = self.space.serves(request, place.addr);
        if served && (beat.poison != 0 || !self.errors.is_empty()) {
            let poisoned = self.poisoned(place.addr, lanes, beat.poison)?;
            if poisoned != 0 {
                allowed = Answers::default().and(Resp::SlvErr);
                lanes &= !poisoned;
            }
        }
        if !allowed.allow(beat.resp) {
            return Err(Illegal::ReadResponse {
                resp: beat.resp,
                addr: place.addr,
                allowed,
            });
        }
        if !served || lanes == 0 {
            return Ok(false);
        }
        let (line, offset) = line_of(place.addr, self.bus_bytes);
        let reader = Reader {
            start: read.start,
            key: key(port, beat.id),
        };
        self.compare(line, offset, lanes, &reader, &bytes_of(&beat.data))
    }

    /// Lanes of the words that are marked as poison, of those that the beat uses.
    fn poisoned(&self, addr: u64, lanes: Mask, poison: u8) -> Result<Mask, Illegal> {
        let bus = addr & !(self.bus_bytes as u64 - 1);
        let mut poisoned = 0;
        for word in 0..self.bus_bytes.div_ceil(8) {
            let of_word = 0xff << (8 * word);
            if lanes & of_word == 0 {
                continue;
            }
            let addr = (bus + 8 * word as u64) & !7;
            match (poison >> word & 1 != 0, self.errors.get(&(addr / 8))) {
                (true, None) => return Err(Illegal::Poisoned { addr }),
                (false, Some(true)) => return Err(Illegal::NotPoisoned { addr }),
                (true, Some(_)) => poisoned |= of_word,
                (false, _) => {}
            }
        }
        Ok(poisoned)
    }

    /// Holds the lanes of a bus at `offset` of a line against the content; whether writes raced for them.
    #[inline]
    fn compare(
        &mut self,
        line: u64,
        offset: usize,
        lanes: Mask,
        reader: &Reader,
        bytes: &[u8; LINE],
    ) -> Result<bool, Illegal> {
        let known = self.known(line);
        let mask = lanes << offset;
        let base = self.store.line(line);
        if let Some(races) = self.races.get_mut(&line) {
            let shown = in_line(bytes, offset, self.bus_bytes);
            let (wrong, learned) = races.observe(&base, known, reader, self.now, mask, &shown);
            if wrong == 0 {
                self.learn(line, learned, &shown);
                self.settling.push_back((self.now, line));
                return Ok(true);
            }
            let at = wrong.trailing_zeros() as usize;
            return Err(Illegal::Data {
                addr: line * LINE as u64 + at as u64,
                got: shown[at],
                allowed: races.choices(&base, reader, at),
            });
        }
        let unknown = mask & !known;
        if unknown != 0 {
            let shown = in_line(bytes, offset, self.bus_bytes);
            self.learn(line, unknown, &shown);
        }
        // Bytes that were not known are what the read says.
        let lanes = (mask & known) >> offset;
        if lanes == 0 {
            return Ok(false);
        }
        let first = lanes.trailing_zeros() as usize;
        let last = LINE - lanes.leading_zeros() as usize;
        let whole = lanes.count_ones() as usize == last - first;
        if whole && base[offset + first..offset + last] == bytes[first..last] {
            return Ok(false);
        }
        let differs = |lane: &usize| lanes >> lane & 1 != 0 && base[offset + lane] != bytes[*lane];
        match (first..last).find(differs) {
            None => Ok(false),
            Some(lane) => Err(Illegal::Data {
                addr: line * LINE as u64 + (offset + lane) as u64,
                got: bytes[lane],
                allowed: vec![base[offset + lane]],
            }),
        }
    }

    /// Settles the lines for whose writes no read under way is old enough to see what was before.
    fn settle(&mut self) {
        let oldest = self.reading.front().copied().unwrap_or(self.now + 1);
        while let Some((_, line)) = self
            .settling
            .front()
            .copied()
            .filter(|(at, _)| *at < oldest)
        {
            self.settling.pop_front();
            let Some(races) = self.races.get_mut(&line) else {
                continue;
            };
            let moved = races.settle(self.store.line_mut(line), oldest);
            if let Some(known) = &mut self.known {
                *known.entry(line).or_default() |= moved;
            }
            if races.is_settled() {
                self.races.remove(&line);
            }
        }
    }

    /// The memory was reset, and kept its content: reads and responses under way never come, and each byte that a
    /// write under way has data for is either written or not.
    pub fn reset(&mut self) {
        self.now += 1;
        let mut ports = std::mem::take(&mut self.ports);
        for port in &mut ports {
            for write in port.filling.drain(..).chain(port.writes.drain()) {
                self.end(&write, false);
            }
        }
        self.ports = vec![Port::default(); ports.len()];
        self.oldest += self.reading.len() as u64;
        self.reading.clear();
        self.settle();
    }
}

/// Line of an address, and where in it the bus lies.
fn line_of(addr: u64, bus_bytes: usize) -> (u64, usize) {
    let bus = addr & !(bus_bytes as u64 - 1);
    (addr / LINE as u64, (bus % LINE as u64) as usize)
}

/// The bytes of a bus at their place in the line.
fn in_line(bytes: &[u8; LINE], offset: usize, bus_bytes: usize) -> [u8; LINE] {
    let mut line = [0; LINE];
    line[offset..offset + bus_bytes].copy_from_slice(&bytes[..bus_bytes]);
    line
}

fn key(port: usize, id: u32) -> u64 {
    (port as u64) << 32 | u64::from(id)
}

#[cfg(test)]
mod tests;
