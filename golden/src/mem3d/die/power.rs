//! Sleep: power-down and self-refresh, and the time after it in which nothing may come.

use super::time::{Spans, Time};
use super::violation::{Attempt, Rule, Violation};

/// Whether the die is awake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Awake,
    Down,
    SelfRefresh,
}

/// The power state, and what keeps the whole die busy.
#[derive(Debug, Clone)]
pub(super) struct Power {
    pub(super) state: State,
    /// When it fell asleep.
    since: Time,
    pdx: Time,
    srx: Time,
    ref_ab: Time,
}

impl Power {
    pub(super) fn new() -> Self {
        Self {
            state: State::Awake,
            since: Time::NEVER,
            pdx: Time::NEVER,
            srx: Time::NEVER,
            ref_ab: Time::NEVER,
        }
    }

    /// Any command but PDX and SRX.
    pub(super) fn permits(&self, attempt: &Attempt, spans: &Spans) -> Result<(), Violation> {
        match self.state {
            State::Awake => {}
            State::Down => {
                return Err(attempt.broken(Rule::PowerDown, "in power-down, needs PDX first"));
            }
            State::SelfRefresh => {
                return Err(attempt.broken(Rule::SelfRefresh, "in self-refresh, needs SRX first"));
            }
        }
        attempt.after(&spans.rfc_ab, self.ref_ab)?;
        attempt.after(&spans.xp, self.pdx)?;
        attempt.after(&spans.xs, self.srx)
    }

    pub(super) fn refresh_all(&mut self, at: Time) {
        self.ref_ab = at;
    }

    pub(super) fn enter(&mut self, state: State, at: Time) {
        self.state = state;
        self.since = at;
    }

    /// PDX, which does nothing outside power-down.
    pub(super) fn leave_down(&mut self, attempt: &Attempt, spans: &Spans) -> Result<(), Violation> {
        if self.state == State::Down {
            attempt.after(&spans.pd, self.since)?;
            self.state = State::Awake;
            self.pdx = attempt.at;
        }
        Ok(())
    }

    /// SRX, which does nothing outside self-refresh.
    pub(super) fn leave_self_refresh(
        &mut self,
        attempt: &Attempt,
        spans: &Spans,
    ) -> Result<(), Violation> {
        if self.state == State::SelfRefresh {
            attempt.after(&spans.sr, self.since)?;
            self.state = State::Awake;
            self.srx = attempt.at;
        }
        Ok(())
    }
}
