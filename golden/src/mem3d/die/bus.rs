//! Column commands among each other, and the data bus that they share.

use super::time::{Spans, Time};
use super::violation::{Attempt, Rule, Violation};

/// The last times that column rules count from: in one group, or in all.
#[derive(Debug, Clone, Copy)]
struct Lasts {
    read: Time,
    write: Time,
    write_end: Time,
}

impl Lasts {
    const NEVER: Self = Self {
        read: Time::NEVER,
        write: Time::NEVER,
        write_end: Time::NEVER,
    };

    fn note(&mut self, write: bool, at: Time, data_end: Time) {
        if write {
            self.write = at;
            self.write_end = data_end;
        } else {
            self.read = at;
        }
    }
}

/// The data bus and what the spacing of column commands counts from.
#[derive(Debug, Clone)]
pub(super) struct Bus {
    groups: Vec<Lasts>,
    all: Lasts,
    /// End of the last burst.
    busy_until: Time,
    /// Its direction.
    writes: bool,
}

impl Bus {
    pub(super) fn new(groups: u32) -> Self {
        Self {
            groups: vec![Lasts::NEVER; groups as usize],
            all: Lasts::NEVER,
            busy_until: Time::NEVER,
            writes: false,
        }
    }

    /// Whether a burst is still to come or to end.
    pub(super) fn is_busy(&self, at: Time) -> bool {
        self.busy_until > at
    }

    /// RD or WR to a bank of `group`. The long spacings are at least the short ones, so that the short ones may look
    /// at all groups.
    pub(super) fn permits(
        &self,
        attempt: &Attempt,
        group: u8,
        write: bool,
        spans: &Spans,
    ) -> Result<(), Violation> {
        let group = &self.groups[usize::from(group)];
        if write {
            attempt.after(&spans.ccd_l, group.write)?;
            attempt.after(&spans.ccd_s, self.all.write)?;
        } else {
            attempt.after(&spans.ccd_l, group.read)?;
            attempt.after(&spans.ccd_s, self.all.read)?;
            attempt.after(&spans.wtr_l, group.write_end)?;
            attempt.after(&spans.wtr_s, self.all.write_end)?;
        }
        self.permits_data(attempt, write, spans)
    }

    fn permits_data(&self, attempt: &Attempt, write: bool, spans: &Spans) -> Result<(), Violation> {
        let idle = data_start(attempt.at, write, spans) - self.busy_until;
        if idle < Time(0) {
            let early = Time(-idle.0).nanoseconds();
            let sentence = format!("would move data {early} ns before the last burst ended");
            return Err(attempt.broken(Rule::DataBus, &sentence));
        }
        if write != self.writes && idle < spans.turn {
            let sentence = format!(
                "would move data {} ns after data of the other direction, TTurn needs {} ns",
                idle.nanoseconds(),
                spans.turn.nanoseconds()
            );
            return Err(attempt.broken(Rule::TTurn, &sentence));
        }
        Ok(())
    }

    /// Takes the bus; returns the end of the data.
    pub(super) fn transfer(&mut self, at: Time, group: u8, write: bool, spans: &Spans) -> Time {
        let end = data_start(at, write, spans) + spans.burst;
        self.groups[usize::from(group)].note(write, at, end);
        self.all.note(write, at, end);
        self.busy_until = end;
        self.writes = write;
        end
    }
}

fn data_start(at: Time, write: bool, spans: &Spans) -> Time {
    at + if write {
        spans.write_latency
    } else {
        spans.read_latency
    }
}
