//! Watches both sides of a port.

use std::collections::VecDeque;
use std::fmt::Debug;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::{AddressBeat, Burst, ById, Resp, WriteBeat};

use super::{Bus, Channel, Rule, Violation, Wire};
use crate::kit::Failure;

/// A beat that is stalled.
#[derive(Clone, Debug, Default)]
struct Stall<T> {
    held: bool,
    beat: T,
}

/// What a wire does, as far as it can be told without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing, or a stalled beat is still stalled.
    Same,
    /// A beat is offered for the first time.
    New,
    /// Breaks a rule.
    Broken(Rule),
}

impl<T: Copy + PartialEq> Stall<T> {
    #[inline]
    fn step(&mut self, wire: &Wire<T>) -> Step {
        let step = match (self.held, wire.valid) {
            (false, false) => return Step::Same,
            (false, true) => Step::New,
            (true, false) => return Step::Broken(Rule::ValidDropped),
            (true, true) if wire.beat != self.beat => return Step::Broken(Rule::PayloadChanged),
            (true, true) => Step::Same,
        };
        if !wire.ready && !self.held {
            self.beat = wire.beat;
        }
        self.held = !wire.ready;
        step
    }
}

/// A request under way, and its beats so far.
#[derive(Clone, Copy, Debug)]
struct Open {
    request: AddressBeat,
    beats: usize,
}

/// Checks every rule that the wires of a port can show, whoever drives which side.
///
/// Give it each cycle of the port; [`Monitor::reset`] instead while the reset is active.
#[derive(Clone, Debug)]
pub struct Monitor {
    port: String,
    bus_bytes: usize,
    tolerated: &'static [Rule],
    after_reset: bool,
    aw: Stall<AddressBeat>,
    w: Stall<WriteBeat>,
    b: Stall<gpnpu_golden::axi::ResponseBeat>,
    ar: Stall<AddressBeat>,
    r: Stall<gpnpu_golden::axi::ReadBeat>,
    /// Writes that wait for data, in order.
    filling: VecDeque<Open>,
    /// Strobes and last of data that came before its address.
    early: VecDeque<(u64, bool)>,
    /// Writes that wait for their response.
    writes: ById<AddressBeat>,
    reads: ById<Open>,
}

impl Monitor {
    /// A monitor of a port of `bus_bytes`; `port` is its name in messages, and may be empty.
    pub fn new(port: impl Into<String>, bus_bytes: usize) -> Self {
        Self {
            port: port.into(),
            bus_bytes,
            tolerated: &[],
            after_reset: false,
            aw: Stall::default(),
            w: Stall::default(),
            b: Stall::default(),
            ar: Stall::default(),
            r: Stall::default(),
            filling: VecDeque::new(),
            early: VecDeque::new(),
            writes: ById::default(),
            reads: ById::default(),
        }
    }

    /// From now on requests may break these rules of theirs: for a block that promises an answer to what AXI forbids.
    pub fn tolerate(&mut self, rules: &'static [Rule]) {
        self.tolerated = rules;
    }

    /// Requests, and data without an address, that wait for something.
    pub fn outstanding(&self) -> usize {
        self.filling.len() + self.early.len() + self.writes.len() + self.reads.len()
    }

    /// Watches a cycle with the reset active; what was under way is forgotten.
    ///
    /// # Errors
    ///
    /// [`Rule::ValidInReset`].
    pub fn reset(&mut self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        *self = Self {
            after_reset: true,
            tolerated: self.tolerated,
            ..Self::new(std::mem::take(&mut self.port), self.bus_bytes)
        };
        self.all_low(cycle, bus, Rule::ValidInReset)
    }

    fn all_low(&self, cycle: Cycle, bus: &Bus, rule: Rule) -> Result<(), Failure> {
        let valids = [
            (Channel::Aw, bus.aw.valid),
            (Channel::W, bus.w.valid),
            (Channel::Ar, bus.ar.valid),
            (Channel::B, bus.b.valid),
            (Channel::R, bus.r.valid),
        ];
        match valids.into_iter().find(|(_, valid)| *valid) {
            Some((channel, _)) => Err(self.broken(cycle, channel, rule, "valid")),
            None => Ok(()),
        }
    }

    /// Watches a cycle.
    ///
    /// # Errors
    ///
    /// The first rule broken, as a [`FailureKind::Protocol`](crate::kit::FailureKind).
    #[inline]
    pub fn observe(&mut self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        if self.after_reset {
            self.after_reset = false;
            self.all_low(cycle, bus, Rule::ValidAfterReset)?;
        }
        // A response can only follow what was accepted before this cycle, so that responses are looked at first.
        match self.b.step(&bus.b) {
            Step::Same => {}
            Step::New => self.response(cycle, bus)?,
            Step::Broken(rule) => {
                return Err(self.stall_broken(cycle, Channel::B, rule, &self.b.beat, &bus.b));
            }
        }
        match self.r.step(&bus.r) {
            Step::Same => {}
            Step::New => self.read_data(cycle, bus)?,
            Step::Broken(rule) => {
                return Err(self.stall_broken(cycle, Channel::R, rule, &self.r.beat, &bus.r));
            }
        }
        match self.aw.step(&bus.aw) {
            Step::Same => {}
            Step::New => self.address(cycle, Channel::Aw, &bus.aw.beat)?,
            Step::Broken(rule) => {
                return Err(self.stall_broken(cycle, Channel::Aw, rule, &self.aw.beat, &bus.aw));
            }
        }
        match self.ar.step(&bus.ar) {
            Step::Same => {}
            Step::New => self.address(cycle, Channel::Ar, &bus.ar.beat)?,
            Step::Broken(rule) => {
                return Err(self.stall_broken(cycle, Channel::Ar, rule, &self.ar.beat, &bus.ar));
            }
        }
        if let Step::Broken(rule) = self.w.step(&bus.w) {
            return Err(self.stall_broken(cycle, Channel::W, rule, &self.w.beat, &bus.w));
        }
        self.moves(cycle, bus)
    }

    /// What moves in this cycle.
    #[inline]
    fn moves(&mut self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        if let Some(response) = bus.b.moved() {
            self.writes.pop(response.id);
        }
        if let Some(beat) = bus.r.moved() {
            if beat.last {
                self.reads.pop(beat.id);
            } else if let Some(read) = self.reads.front_mut(beat.id) {
                read.beats += 1;
            }
        }
        if let Some(request) = bus.ar.moved() {
            let request = *request;
            self.reads.push(request.id, Open { request, beats: 0 });
        }
        if let Some(request) = bus.aw.moved() {
            let request = *request;
            self.filling.push_back(Open { request, beats: 0 });
            while !self.filling.is_empty()
                && let Some((strb, last)) = self.early.pop_front()
            {
                self.write_data(cycle, strb, last)?;
            }
        }
        match bus.w.moved() {
            Some(beat) if self.filling.is_empty() => self.early.push_back((beat.strb, beat.last)),
            Some(beat) => self.write_data(cycle, beat.strb, beat.last)?,
            None => {}
        }
        Ok(())
    }

    /// A beat of data for the oldest write that waits for some.
    #[inline]
    fn write_data(&mut self, cycle: Cycle, strb: u64, last: bool) -> Result<(), Failure> {
        let Some(write) = self.filling.front_mut() else {
            return Ok(());
        };
        let request = write.request;
        let lanes = request.beat(write.beats, self.bus_bytes).lanes();
        write.beats += 1;
        let complete = write.beats == request.beats();
        if strb & !lanes == 0 && last == complete {
            if complete {
                self.filling.pop_front();
                self.writes.push(request.id, request);
            }
            return Ok(());
        }
        let rule = match (strb & !lanes == 0, complete) {
            (false, _) => Rule::StrobeOutsideLanes,
            (true, false) => Rule::LastEarly,
            (true, true) => Rule::LastMissing,
        };
        let beat = write.beats;
        let seen = format!("beat {beat} of {request:x?}: strobes {strb:#x}, lanes {lanes:#x}");
        Err(self.broken(cycle, Channel::W, rule, &seen))
    }

    fn address(
        &self,
        cycle: Cycle,
        channel: Channel,
        request: &AddressBeat,
    ) -> Result<(), Failure> {
        let mut rules = address_rules(request, self.bus_bytes);
        match rules.find(|rule| !self.tolerated.contains(rule)) {
            None => Ok(()),
            Some(rule) => Err(self.broken(cycle, channel, rule, &format!("{request:x?}"))),
        }
    }

    fn response(&self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        let response = &bus.b.beat;
        let rule = match self.writes.front(response.id) {
            Some(request) if response.resp == Resp::ExOkay && !request.lock => Rule::ExOkayUnasked,
            Some(_) => return Ok(()),
            None if self.filling.iter().any(|w| w.request.id == response.id) => {
                Rule::ResponseBeforeData
            }
            None if self.early.iter().any(|(_, last)| *last) => Rule::ResponseBeforeAddress,
            None => Rule::UnknownId,
        };
        Err(self.broken(cycle, Channel::B, rule, &format!("{response:x?}")))
    }

    fn read_data(&self, cycle: Cycle, bus: &Bus) -> Result<(), Failure> {
        let beat = &bus.r.beat;
        let rule = match self.reads.front(beat.id) {
            None => Rule::UnknownId,
            Some(read) => {
                let complete = read.beats + 1 == read.request.beats();
                match (beat.last, complete) {
                    (true, false) => Rule::LastEarly,
                    (false, true) => Rule::LastMissing,
                    _ if beat.resp == Resp::ExOkay && !read.request.lock => Rule::ExOkayUnasked,
                    _ => return Ok(()),
                }
            }
        };
        Err(self.broken(cycle, Channel::R, rule, &format!("{beat:x?}")))
    }

    #[cold]
    fn stall_broken<T: Debug>(
        &self,
        cycle: Cycle,
        channel: Channel,
        rule: Rule,
        before: &T,
        wire: &Wire<T>,
    ) -> Failure {
        let seen = match wire.valid {
            true => format!("was {before:x?}, is {:x?}", wire.beat),
            false => format!("was {before:x?}"),
        };
        self.broken(cycle, channel, rule, &seen)
    }

    #[cold]
    fn broken(&self, cycle: Cycle, channel: Channel, rule: Rule, seen: &str) -> Failure {
        Violation { rule, channel }.failure(cycle, &self.port, seen)
    }
}

/// The first rule that a request breaks by itself.
pub fn address_rule(request: &AddressBeat, bus_bytes: usize) -> Option<Rule> {
    address_rules(request, bus_bytes).next()
}

fn address_rules(request: &AddressBeat, bus_bytes: usize) -> impl Iterator<Item = Rule> {
    let beats = request.beats();
    let bytes = request.beat_bytes() * beats as u64;
    let wrap = request.burst == Burst::Wrap;
    let exclusive = beats <= 16
        && bytes.is_power_of_two()
        && bytes <= 128
        && request.addr.is_multiple_of(bytes);
    let rules = [
        (request.burst == Burst::Reserved, Rule::ReservedBurst),
        (request.beat_bytes() > bus_bytes as u64, Rule::SizeOverBus),
        (wrap && !matches!(beats, 2 | 4 | 8 | 16), Rule::WrapLength),
        (
            wrap && !request.addr.is_multiple_of(request.beat_bytes()),
            Rule::WrapAlignment,
        ),
        (
            request.burst == Burst::Fixed && beats > 16,
            Rule::FixedLength,
        ),
        (request.crosses_boundary(), Rule::CrossesBoundary),
        (request.lock && !exclusive, Rule::ExclusiveShape),
    ];
    rules
        .into_iter()
        .filter_map(|(broken, rule)| broken.then_some(rule))
}

#[cfg(test)]
mod tests;
