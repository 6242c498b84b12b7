//! Row commands of different banks: `TRrd`, `TFaw`, `TRrefd`.

use super::time::{Spans, Time};
use super::violation::{Attempt, Violation};

/// The last of something, and the bank that it was for.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Time,
    bank: u8,
}

impl Last {
    const NEVER: Self = Self {
        at: Time::NEVER,
        bank: 0,
    };

    /// When it was, if it was for another bank. What came before one for the same bank is further
    /// away than the rules of that bank alone allow.
    fn of_another(&self, bank: u8) -> Time {
        if self.bank == bank {
            Time::NEVER
        } else {
            self.at
        }
    }
}

/// What the spacing of row commands counts from.
#[derive(Debug, Clone)]
pub(super) struct RowSpacing {
    /// Last ACT of each group.
    groups: Vec<Last>,
    last: Last,
    /// The last four ACTs; `oldest` is the next to be replaced.
    window: [Time; 4],
    oldest: usize,
    /// Last REFpb or RFMpb.
    refresh: Last,
}

impl RowSpacing {
    pub(super) fn new(groups: u32) -> Self {
        Self {
            groups: vec![Last::NEVER; groups as usize],
            last: Last::NEVER,
            window: [Time::NEVER; 4],
            oldest: 0,
            refresh: Last::NEVER,
        }
    }

    /// ACT, REFpb and RFMpb.
    pub(super) fn permits(
        &self,
        attempt: &Attempt,
        bank: u8,
        group: u8,
        spans: &Spans,
    ) -> Result<(), Violation> {
        attempt.after(
            &spans.rrd_l,
            self.groups[usize::from(group)].of_another(bank),
        )?;
        attempt.after(&spans.rrd_s, self.last.of_another(bank))?;
        attempt.after(&spans.rrefd, self.refresh.of_another(bank))
    }

    /// ACT alone.
    pub(super) fn permits_fifth(&self, attempt: &Attempt, spans: &Spans) -> Result<(), Violation> {
        attempt.after(&spans.faw, self.window[self.oldest])
    }

    pub(super) fn activate(&mut self, bank: u8, group: u8, at: Time) {
        let last = Last { at, bank };
        self.groups[usize::from(group)] = last;
        self.last = last;
        self.window[self.oldest] = at;
        self.oldest = (self.oldest + 1) % self.window.len();
    }

    pub(super) fn refresh(&mut self, bank: u8, at: Time) {
        self.refresh = Last { at, bank };
    }
}
