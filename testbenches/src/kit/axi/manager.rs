//! Drives a block that is a subordinate.

use std::collections::VecDeque;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{ById, ReadBeat, Resp};

use super::paces::Pacers;
use super::{AxiPaces, Bus, Completed, Request};
use crate::kit::{Failure, FailureKind, Streams};

/// How a [`Manager`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagerSettings {
    /// Reads offered and not answered, at most.
    pub max_reads: usize,
    /// Writes offered and not answered, at most.
    pub max_writes: usize,
    /// Write data may be offered before its address.
    pub data_ahead: bool,
    /// Keep the data of reads in [`Completed::data`].
    pub keep_data: bool,
}

impl Default for ManagerSettings {
    /// 16 of each; data may come before its address, which AXI allows and blocks forget; data is not kept.
    fn default() -> Self {
        Self {
            max_reads: 16,
            max_writes: 16,
            data_ahead: true,
            keep_data: false,
        }
    }
}

/// A request from its queueing to its answer.
#[derive(Clone, Debug)]
struct Flight {
    request: Request,
    epoch: u64,
    issued: Option<Cycle>,
    accepted: Option<Cycle>,
    first_data: Option<Cycle>,
    last_data: Cycle,
    beats: usize,
    resp: Resp,
    data: Vec<ReadBeat>,
}

impl Flight {
    fn begun(&self) -> bool {
        self.accepted.is_some() || self.first_data.is_some()
    }
}

/// Issues reads and writes, each kind in its order, and takes the answers.
///
/// Before each cycle [`Manager::drive`], after it [`Manager::observe`]; [`Manager::completed`] tells what was answered.
#[derive(Clone, Debug)]
pub struct Manager {
    port: String,
    settings: ManagerSettings,
    pacers: Pacers,
    cycle: u64,
    after_reset: bool,
    /// All requests not answered, and holes of those that were, from number `base` on.
    flights: VecDeque<Option<Flight>>,
    base: u64,
    /// Numbers of requests whose address, or data, is not all taken.
    aw: VecDeque<u64>,
    w: VecDeque<u64>,
    ar: VecDeque<u64>,
    writes: ById<u64>,
    reads: ById<u64>,
    /// Writes of which the address, or the data, was offered at least, and those answered.
    aw_begun: u64,
    w_begun: u64,
    b_taken: u64,
    reads_open: usize,
    aw_valid: bool,
    w_valid: bool,
    ar_valid: bool,
    /// Requests between two fences that are not answered, from `epoch` on.
    epochs: VecDeque<u64>,
    epoch: u64,
    completed: VecDeque<Completed>,
}

impl Manager {
    /// A manager with nothing to do; `port` is its name in messages and keeps its random numbers apart from others'.
    pub fn new(
        port: impl Into<String>,
        settings: ManagerSettings,
        paces: AxiPaces,
        streams: &Streams,
    ) -> Self {
        let port = port.into();
        Self {
            pacers: paces.start(streams, &port),
            port,
            settings,
            cycle: 0,
            after_reset: false,
            flights: VecDeque::new(),
            base: 0,
            aw: VecDeque::new(),
            w: VecDeque::new(),
            ar: VecDeque::new(),
            writes: ById::default(),
            reads: ById::default(),
            aw_begun: 0,
            w_begun: 0,
            b_taken: 0,
            reads_open: 0,
            aw_valid: false,
            w_valid: false,
            ar_valid: false,
            epochs: VecDeque::from([0]),
            epoch: 0,
            completed: VecDeque::new(),
        }
    }

    /// Queues a request and returns its number.
    pub fn push(&mut self, request: Request) -> u64 {
        if request.fence && self.epochs.back() != Some(&0) {
            self.epochs.push_back(0);
        }
        if let Some(open) = self.epochs.back_mut() {
            *open += 1;
        }
        let index = self.base + self.flights.len() as u64;
        if request.is_write() {
            self.aw.push_back(index);
            self.w.push_back(index);
        } else {
            self.ar.push_back(index);
        }
        self.flights.push_back(Some(Flight {
            epoch: self.epoch + self.epochs.len() as u64 - 1,
            request,
            issued: None,
            accepted: None,
            first_data: None,
            last_data: Cycle(0),
            beats: 0,
            resp: Resp::Okay,
            data: Vec::new(),
        }));
        index
    }

    /// Requests queued whose address is not taken.
    pub fn waiting(&self) -> usize {
        self.aw.len() + self.ar.len()
    }

    /// Requests not answered.
    pub fn pending(&self) -> usize {
        self.epochs.iter().sum::<u64>() as usize
    }

    /// Reads whose address was accepted and that are not answered.
    pub fn reads_outstanding(&self) -> usize {
        self.reads.len()
    }

    /// Writes whose address was accepted and that are not answered.
    pub fn writes_outstanding(&self) -> usize {
        self.writes.len()
    }

    /// Requests of an ID whose address was accepted and that are not answered.
    pub fn outstanding(&self, write: bool, id: u32) -> usize {
        match write {
            true => self.writes.count(id),
            false => self.reads.count(id),
        }
    }

    /// What was answered since the last call, oldest first.
    #[inline]
    pub fn completed(&mut self) -> Option<Completed> {
        self.completed.pop_front()
    }

    fn flight(&mut self, index: u64) -> &mut Flight {
        let at = (index - self.base) as usize;
        self.flights[at].as_mut().expect("not answered yet")
    }

    /// Whether a request may be offered, as far as time and fences go.
    #[inline]
    fn due(&self, index: u64) -> bool {
        let flight = self.flights[(index - self.base) as usize].as_ref();
        flight.is_some_and(|f| f.request.earliest < self.cycle && f.epoch == self.epoch)
    }

    /// Before a cycle: fills in the manager's side of the port.
    #[inline]
    pub fn drive(&mut self, bus: &mut Bus) {
        self.cycle += 1;
        bus.b.ready = self.pacers.b.step();
        bus.r.ready = self.pacers.r.step();
        let (aw, w, ar) = (
            self.pacers.aw.step(),
            self.pacers.w.step(),
            self.pacers.ar.step(),
        );
        // No valid in the first cycle after a reset (A3.1.2).
        if std::mem::take(&mut self.after_reset) {
            (bus.aw.valid, bus.w.valid, bus.ar.valid) = (false, false, false);
            return;
        }
        if !self.aw_valid
            && aw
            && let Some(&index) = self.aw.front()
            && ((self.aw_begun - self.b_taken) as usize) < self.settings.max_writes
            && self.due(index)
        {
            self.aw_valid = true;
            self.aw_begun += 1;
            bus.aw.beat = self.flight(index).request.address;
        }
        bus.aw.valid = self.aw_valid;
        if !self.w_valid
            && w
            && let Some(&index) = self.w.front()
            && self.data_due(index)
        {
            self.w_valid = true;
            let flight = self.flight(index);
            let beat = flight.beats;
            let data = flight.request.data.as_ref().expect("a write");
            bus.w.beat = data[beat];
            self.w_begun += u64::from(beat == 0);
        }
        bus.w.valid = self.w_valid;
        if !self.ar_valid
            && ar
            && let Some(&index) = self.ar.front()
            && self.reads_open < self.settings.max_reads
            && self.due(index)
        {
            self.ar_valid = true;
            self.reads_open += 1;
            bus.ar.beat = self.flight(index).request.address;
        }
        bus.ar.valid = self.ar_valid;
    }

    /// Whether the next beat of data may be offered.
    #[inline]
    fn data_due(&self, index: u64) -> bool {
        let address_offered = match self.aw.front() {
            None => true,
            Some(&next) => index < next || (index == next && self.aw_valid),
        };
        let begun = self.flights[(index - self.base) as usize]
            .as_ref()
            .is_some_and(|flight| flight.beats > 0);
        address_offered
            || begun
            || (self.settings.data_ahead
                && ((self.w_begun - self.b_taken) as usize) < self.settings.max_writes
                && self.due(index))
    }

    /// After a cycle: what moved on the port.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Unexpected`] for an answer that nothing waits for.
    #[inline]
    pub fn observe(&mut self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        if bus.b.valid && bus.b.ready {
            self.response(cycle, bus)?;
        }
        if bus.r.valid && bus.r.ready {
            self.read_data(cycle, &bus.r.beat)?;
        }
        if bus.aw.valid
            && let Some(&index) = self.aw.front()
        {
            let flight = self.flight(index);
            flight.issued.get_or_insert(cycle);
            if bus.aw.ready {
                flight.accepted = Some(cycle);
                self.aw_valid = false;
                self.aw.pop_front();
                self.writes.push(bus.aw.beat.id, index);
            }
        }
        if bus.ar.valid
            && let Some(&index) = self.ar.front()
        {
            let flight = self.flight(index);
            flight.issued.get_or_insert(cycle);
            if bus.ar.ready {
                flight.accepted = Some(cycle);
                self.ar_valid = false;
                self.ar.pop_front();
                self.reads.push(bus.ar.beat.id, index);
            }
        }
        if bus.w.valid
            && bus.w.ready
            && let Some(&index) = self.w.front()
        {
            self.w_valid = false;
            let flight = self.flight(index);
            flight.first_data.get_or_insert(cycle);
            flight.last_data = cycle;
            flight.beats += 1;
            if flight
                .request
                .data
                .as_ref()
                .is_none_or(|data| data.len() == flight.beats)
            {
                self.w.pop_front();
            }
        }
        Ok(())
    }

    fn response(&mut self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        let response = &bus.b.beat;
        let index = self.writes.pop(response.id);
        let index = index.ok_or_else(|| self.unexpected(cycle, "b", response.id))?;
        self.flight(index).resp = response.resp;
        self.b_taken += 1;
        self.finish(index, cycle);
        Ok(())
    }

    fn read_data(&mut self, cycle: Cycle, beat: &ReadBeat) -> Result<(), Failure> {
        let index = self.reads.front(beat.id).copied();
        let index = index.ok_or_else(|| self.unexpected(cycle, "r", beat.id))?;
        let keep = self.settings.keep_data;
        let flight = self.flight(index);
        flight.first_data.get_or_insert(cycle);
        flight.last_data = cycle;
        flight.beats += 1;
        if flight.resp == Resp::Okay {
            flight.resp = beat.resp;
        }
        if keep {
            flight.data.push(*beat);
        }
        if flight.beats == flight.request.address.beats() {
            self.reads.pop(beat.id);
            self.reads_open -= 1;
            self.finish(index, cycle);
        }
        Ok(())
    }

    #[cold]
    fn unexpected(&self, cycle: Cycle, channel: &str, id: u32) -> Failure {
        let channel = match self.port.as_str() {
            "" => channel.to_owned(),
            port => format!("{port}.{channel}"),
        };
        let message = format!("{channel} answers ID {id:#x}, for which no request waits");
        Failure::new(FailureKind::Unexpected { channel }, cycle, message)
    }

    fn finish(&mut self, index: u64, cycle: Cycle) {
        if let Some(flight) = self.remove(index) {
            let never = Cycle(u64::MAX);
            self.completed.push_back(Completed {
                index,
                write: flight.request.is_write(),
                address: flight.request.address,
                issued: flight.issued.unwrap_or(never),
                accepted: flight.accepted.unwrap_or(never),
                first_data: flight.first_data.unwrap_or(never),
                last_data: flight.last_data,
                responded: cycle,
                resp: flight.resp,
                data: flight.data,
            });
        }
    }

    fn remove(&mut self, index: u64) -> Option<Flight> {
        let flight = self.flights[(index - self.base) as usize].take()?;
        while let Some(None) = self.flights.front() {
            self.flights.pop_front();
            self.base += 1;
        }
        self.epochs[(flight.epoch - self.epoch) as usize] -= 1;
        while self.epochs.len() > 1 && self.epochs[0] == 0 {
            self.epochs.pop_front();
            self.epoch += 1;
        }
        Some(flight)
    }

    /// The block was reset: requests of which anything was accepted are lost, the others stay queued. Returns how many
    /// were lost.
    pub fn reset(&mut self) -> usize {
        self.lose(Flight::begun)
    }

    /// The block was reset, and what asks for accesses too: all requests are lost. Returns how many.
    pub fn abandon(&mut self) -> usize {
        self.lose(|_| true)
    }

    fn lose(&mut self, which: impl Fn(&Flight) -> bool) -> usize {
        let lost: Vec<u64> = (self.base..self.base + self.flights.len() as u64)
            .filter(|index| {
                let flight = &self.flights[(index - self.base) as usize];
                flight.as_ref().is_some_and(&which)
            })
            .collect();
        for queue in [&mut self.aw, &mut self.w, &mut self.ar] {
            queue.retain(|index| !lost.contains(index));
        }
        for index in &lost {
            self.remove(*index);
        }
        self.writes.clear();
        self.reads.clear();
        (self.aw_begun, self.w_begun, self.b_taken, self.reads_open) = (0, 0, 0, 0);
        (self.aw_valid, self.w_valid, self.ar_valid) = (false, false, false);
        self.after_reset = true;
        lost.len()
    }
}

#[cfg(test)]
mod tests;
