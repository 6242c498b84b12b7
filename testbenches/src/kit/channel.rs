//! The two sides of a valid/ready channel.

use std::collections::VecDeque;
use std::fmt::Debug;

use gpnpu_bridge::model::Cycle;

use super::{Failure, FailureKind, Pacer};

/// Drives a channel of the RTL: offers queued beats at its pace, keeps a stalled one.
#[derive(Clone, Debug)]
pub struct Source<T> {
    queue: VecDeque<T>,
    pacer: Pacer,
    valid: bool,
    gap: u64,
    accepted: u64,
}

impl<T> Source<T> {
    /// A source with nothing to send yet.
    pub fn new(pacer: Pacer) -> Self {
        Self {
            queue: VecDeque::new(),
            pacer,
            valid: false,
            gap: 0,
            accepted: 0,
        }
    }

    /// Queues a beat.
    pub fn push(&mut self, beat: T) {
        self.queue.push_back(beat);
    }

    /// Before a cycle: the beat to offer, with valid high, if there is one. The payload of an idle channel is the
    /// testbench's choice.
    #[inline]
    pub fn offer(&mut self) -> Option<&T> {
        let willing = self.valid || self.pacer.step();
        self.valid = willing && !self.queue.is_empty();
        if self.valid {
            self.queue.front()
        } else {
            self.gap += 1;
            None
        }
    }

    /// After a cycle: the beat that moved, with the number of idle cycles before it.
    #[inline]
    pub fn accepted(&mut self, ready: bool) -> Option<(T, u64)> {
        if !(self.valid && ready) {
            return None;
        }
        self.valid = false;
        self.accepted += 1;
        let gap = std::mem::take(&mut self.gap);
        self.queue.pop_front().map(|beat| (beat, gap))
    }

    /// Beats not sent yet.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Beats sent.
    pub fn sent(&self) -> u64 {
        self.accepted
    }

    /// Forgets everything unsent, as after a reset.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.valid = false;
        self.gap = 0;
    }
}

/// Takes beats from a channel of the RTL at its pace and watches the protocol: a stalled beat neither changes nor
/// disappears.
#[derive(Clone, Debug)]
pub struct Sink<T> {
    name: String,
    pacer: Pacer,
    ready: bool,
    stalled: Option<T>,
    stall: u64,
}

impl<T: Clone + PartialEq + Debug> Sink<T> {
    /// A sink; `name` is the channel's in messages.
    pub fn new(name: impl Into<String>, pacer: Pacer) -> Self {
        Self {
            name: name.into(),
            pacer,
            ready: false,
            stalled: None,
            stall: 0,
        }
    }

    /// Before a cycle: whether to be ready.
    #[inline]
    pub fn ready(&mut self) -> bool {
        self.ready = self.pacer.step();
        self.ready
    }

    /// After a cycle: the beat that moved, with the number of cycles it was stalled.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Protocol`] if a stalled beat changed or disappeared.
    #[inline]
    pub fn observe(&mut self, cycle: Cycle, beat: Option<T>) -> Result<Option<(T, u64)>, Failure> {
        if let Some(before) = &self.stalled {
            match &beat {
                None => {
                    return Err(self.broken(
                        cycle,
                        "valid fell while the beat was stalled",
                        before,
                        None,
                    ));
                }
                Some(now) if now != before => {
                    return Err(self.broken(
                        cycle,
                        "payload changed while the beat was stalled",
                        before,
                        Some(now),
                    ));
                }
                Some(_) => {}
            }
        }
        let Some(beat) = beat else { return Ok(None) };
        if self.ready {
            self.stalled = None;
            return Ok(Some((beat, std::mem::take(&mut self.stall))));
        }
        self.stall += 1;
        self.stalled = Some(beat);
        Ok(None)
    }

    /// Forgets a stalled beat, as after a reset.
    pub fn clear(&mut self) {
        self.stalled = None;
        self.stall = 0;
    }

    #[cold]
    fn broken(&self, cycle: Cycle, rule: &str, before: &T, now: Option<&T>) -> Failure {
        let kind = FailureKind::Protocol {
            rule: format!("{}: {rule}", self.name),
        };
        let now = now.map_or("nothing".to_owned(), |now| format!("{now:x?}"));
        Failure::new(
            kind,
            cycle,
            format!("{}: {rule} (was {before:x?}, is {now})", self.name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{Pace, Streams};

    fn pacer(pace: Pace) -> Pacer {
        pace.start(Streams::new(1, "t").rng("p"))
    }

    #[test]
    fn a_source_keeps_a_stalled_beat() {
        let mut source = Source::new(pacer(Pace::Percent(50)));
        source.push(1);
        source.push(2);
        while source.offer().is_none() {}
        for _ in 0..50 {
            assert_eq!(source.offer(), Some(&1));
            assert_eq!(source.accepted(false), None);
        }
        source.offer();
        assert_eq!(source.accepted(true).map(|(beat, _)| beat), Some(1));
        assert_eq!(source.pending(), 1);
    }

    #[test]
    fn a_sink_catches_a_beat_that_changes_or_disappears_while_stalled() {
        for (now, rule) in [(Some(8), "payload changed"), (None, "valid fell")] {
            let mut sink = Sink::new("out", pacer(Pace::After(1)));
            sink.ready();
            assert_eq!(sink.observe(Cycle(0), Some(7)).unwrap(), None);
            sink.ready();
            let failure = sink.observe(Cycle(1), now).unwrap_err();
            assert!(failure.message.contains(rule), "{failure}");
        }
    }

    #[test]
    fn a_sink_counts_the_cycles_a_beat_waited() {
        let mut sink = Sink::new("out", pacer(Pace::After(3)));
        for cycle in 0..3 {
            sink.ready();
            assert_eq!(sink.observe(Cycle(cycle), Some(7)).unwrap(), None);
        }
        sink.ready();
        assert_eq!(sink.observe(Cycle(3), Some(7)).unwrap(), Some((7, 3)));
    }
}
