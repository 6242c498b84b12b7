//! Answers a block that is a manager.

use std::collections::VecDeque;
use std::ops::Range;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{
    AddressBeat, LINE, ReadBeat, Resp, ResponseBeat, Store, WriteBeat, bytes_of, data_of,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::paces::Pacers;
use super::{AxiPaces, Bus};
use crate::kit::Streams;

/// Addresses that are answered with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A beat that begins in this range is answered so; a write of which one does, too, and it leaves them alone.
    pub addresses: Range<u64>,
    /// The answer.
    pub resp: Resp,
    /// Words marked as poison in read data.
    pub poison: u8,
}

/// How a [`Subordinate`] goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubordinateSettings {
    /// Bytes of the bus.
    pub bus_bytes: usize,
    /// Reads accepted and not answered, at most.
    pub max_reads: usize,
    /// Writes accepted and not answered, at most.
    pub max_writes: usize,
    /// Cycles from the acceptance of a request (of a write, of its last data too) to the earliest answer, drawn for each.
    pub latency: Range<u64>,
    /// Answers of different IDs pass each other.
    pub reorder: bool,
    /// Beats of reads of different IDs are mixed.
    pub interleave: bool,
    /// Addresses that are answered with an error; the first that fits counts.
    pub faults: Vec<Fault>,
}

impl SubordinateSettings {
    /// Takes every freedom that AXI4 gives a subordinate, and has no errors: what a manager has to live with.
    pub fn free(bus_bytes: usize) -> Self {
        Self {
            bus_bytes,
            max_reads: 16,
            max_writes: 16,
            latency: 1..40,
            reorder: true,
            interleave: true,
            faults: Vec::new(),
        }
    }
}

/// A request accepted, and from which cycle on it may be answered.
#[derive(Clone, Debug)]
struct Open {
    request: AddressBeat,
    beats: usize,
    due: u64,
    resp: Resp,
}

/// A memory that answers what a block asks for.
///
/// Before each cycle [`Subordinate::drive`], after it [`Subordinate::observe`].
#[derive(Clone, Debug)]
pub struct Subordinate {
    settings: SubordinateSettings,
    pacers: Pacers,
    rng: ChaCha8Rng,
    /// The content; to be preloaded and looked at.
    pub store: Store,
    cycle: u64,
    /// Writes that wait for data, then those that wait to be answered; reads: each in the order of acceptance.
    filling: VecDeque<Open>,
    early: VecDeque<WriteBeat>,
    writes: Vec<Open>,
    reads: Vec<Open>,
    /// The read of which a beat is offered, or whose burst is under way.
    serving: Option<usize>,
    answering: Option<usize>,
    r_valid: bool,
}

impl Subordinate {
    /// An empty memory; `port` keeps its random numbers apart from others'.
    pub fn new(
        port: &str,
        settings: SubordinateSettings,
        paces: AxiPaces,
        streams: &Streams,
    ) -> Self {
        Self {
            pacers: paces.start(streams, port),
            rng: streams.rng(&format!("{port} answers")),
            settings,
            store: Store::default(),
            cycle: 0,
            filling: VecDeque::new(),
            early: VecDeque::new(),
            writes: Vec::new(),
            reads: Vec::new(),
            serving: None,
            answering: None,
            r_valid: false,
        }
    }

    /// Whether everything accepted was answered.
    pub fn idle(&self) -> bool {
        self.filling.is_empty()
            && self.early.is_empty()
            && self.writes.is_empty()
            && self.reads.is_empty()
    }

    fn due(&mut self) -> u64 {
        let Range { start, end } = self.settings.latency;
        let span = end.saturating_sub(start).max(1);
        self.cycle + start + self.rng.next_u64() % span
    }

    fn fault(&self, addr: u64) -> Option<&Fault> {
        let mut faults = self.settings.faults.iter();
        faults.find(|fault| fault.addresses.contains(&addr))
    }

    /// One of the requests that may be answered next: the oldest of its ID, and due.
    fn pick(&mut self, open: &[Open]) -> Option<usize> {
        let next = |at: &usize| {
            let one = &open[*at];
            let older = open[..*at].iter().any(|o| o.request.id == one.request.id);
            one.due <= self.cycle && !older
        };
        if !self.settings.reorder {
            return (0..open.len().min(1)).find(next);
        }
        let ready: Vec<usize> = (0..open.len()).filter(next).collect();
        match ready.len() {
            0 => None,
            count => Some(ready[self.rng.next_u32() as usize % count]),
        }
    }

    /// Before a cycle: fills in the subordinate's side of the port.
    pub fn drive(&mut self, bus: &mut Bus) {
        self.cycle += 1;
        let settings = &self.settings;
        let writes = self.filling.len() + self.writes.len();
        bus.aw.ready = self.pacers.aw.step() && writes < settings.max_writes;
        bus.w.ready = self.pacers.w.step() && self.early.len() < 256;
        bus.ar.ready = self.pacers.ar.step() && self.reads.len() < settings.max_reads;
        let (b, r) = (self.pacers.b.step(), self.pacers.r.step());
        if self.answering.is_none() && b {
            let writes = std::mem::take(&mut self.writes);
            self.answering = self.pick(&writes);
            self.writes = writes;
        }
        bus.b.offer(self.answering.map(|at| ResponseBeat {
            id: self.writes[at].request.id,
            resp: self.writes[at].resp,
        }));
        if !self.r_valid && r {
            if self.serving.is_none() {
                let reads = std::mem::take(&mut self.reads);
                self.serving = self.pick(&reads);
                self.reads = reads;
            }
            if let Some(at) = self.serving {
                bus.r.beat = self.read_beat(&self.reads[at]);
                self.r_valid = true;
            }
        }
        bus.r.valid = self.r_valid;
    }

    fn read_beat(&self, read: &Open) -> ReadBeat {
        let place = read.request.beat(read.beats, self.settings.bus_bytes);
        let fault = self.fault(place.addr);
        let bus = place.addr & !(self.settings.bus_bytes as u64 - 1);
        let offset = (bus % LINE as u64) as usize;
        let mut bytes = self.store.line(bus / LINE as u64);
        bytes.rotate_left(offset);
        bytes[self.settings.bus_bytes..].fill(0);
        ReadBeat {
            id: read.request.id,
            data: data_of(&bytes),
            resp: fault.map_or(Resp::Okay, |fault| fault.resp),
            last: read.beats + 1 == read.request.beats(),
            poison: fault.map_or(0, |fault| fault.poison),
        }
    }

    /// After a cycle: what moved on the port.
    pub fn observe(&mut self, _cycle: Cycle, bus: &Bus) {
        if bus.b.moved().is_some()
            && let Some(at) = self.answering.take()
        {
            self.writes.remove(at);
        }
        if bus.r.moved().is_some()
            && let Some(at) = self.serving
        {
            self.r_valid = false;
            self.reads[at].beats += 1;
            let complete = self.reads[at].beats == self.reads[at].request.beats();
            if complete {
                self.reads.remove(at);
            }
            if complete || self.settings.interleave {
                self.serving = None;
            }
        }
        if let Some(request) = bus.ar.moved() {
            let due = self.due();
            self.reads.push(open(request, due));
        }
        if let Some(request) = bus.aw.moved() {
            self.filling.push_back(open(request, 0));
            while !self.filling.is_empty()
                && let Some(beat) = self.early.pop_front()
            {
                self.fill(&beat);
            }
        }
        match bus.w.moved() {
            Some(beat) if self.filling.is_empty() => self.early.push_back(*beat),
            Some(beat) => self.fill(beat),
            None => {}
        }
    }

    /// Data for the oldest write that waits for some.
    fn fill(&mut self, beat: &WriteBeat) {
        let Some(mut write) = self.filling.pop_front() else {
            return;
        };
        let place = write.request.beat(write.beats, self.settings.bus_bytes);
        write.beats += 1;
        match self.fault(place.addr).map(|fault| fault.resp) {
            Some(resp) => write.resp = resp,
            None => {
                let bus = place.addr & !(self.settings.bus_bytes as u64 - 1);
                let bytes = bytes_of(&beat.data);
                let strb = beat.strb & place.lanes();
                let line = self.store.line_mut(bus / LINE as u64);
                for lane in (0..self.settings.bus_bytes).filter(|lane| strb >> lane & 1 != 0) {
                    line[(bus % LINE as u64) as usize + lane] = bytes[lane];
                }
            }
        }
        if write.beats == write.request.beats() {
            write.due = self.due();
            self.writes.push(write);
        } else {
            self.filling.push_front(write);
        }
    }

    /// The block was reset: nothing is under way any more; the content stays.
    pub fn reset(&mut self, bus: &mut Bus) {
        (bus.b.valid, bus.r.valid) = (false, false);
        self.filling.clear();
        self.early.clear();
        self.writes.clear();
        self.reads.clear();
        (self.serving, self.answering, self.r_valid) = (None, None, false);
    }
}

fn open(request: &AddressBeat, due: u64) -> Open {
    Open {
        request: *request,
        beats: 0,
        due,
        resp: Resp::Okay,
    }
}
