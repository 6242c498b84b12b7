//! A bank: its row, and the times that its rules count from.

use super::time::{Spans, Time};
use super::violation::{Attempt, Rule, Violation};

/// The state of one bank.
#[derive(Debug, Clone)]
pub(super) struct Bank {
    /// The bank group that it is in.
    pub(super) group: u8,
    /// The open row.
    pub(super) row: Option<u16>,
    /// Whether the open row had a column command.
    pub(super) used: bool,
    act: Time,
    read: Time,
    write_end: Time,
    /// When the bank was precharged, or will be by an auto-precharge.
    precharge: Time,
    refresh: Time,
    rfm: Time,
    /// Activations that no refresh has taken off.
    pub(super) raa: u32,
}

impl Bank {
    pub(super) fn new(group: u8) -> Self {
        Self {
            group,
            row: None,
            used: false,
            act: Time::NEVER,
            read: Time::NEVER,
            write_end: Time::NEVER,
            precharge: Time::NEVER,
            refresh: Time::NEVER,
            rfm: Time::NEVER,
            raa: 0,
        }
    }

    /// Whether no row is open and no auto-precharge is still to come.
    pub(super) fn is_precharged(&self, at: Time) -> bool {
        self.row.is_none() && self.precharge <= at
    }

    /// ACT, REF and RFM: the bank is precharged (else `state` is broken) and through with all that it did.
    pub(super) fn permits_row(
        &self,
        attempt: &Attempt,
        state: Rule,
        spans: &Spans,
    ) -> Result<(), Violation> {
        if let Some(row) = self.row {
            return Err(attempt.broken(
                state,
                &format!("with row {row} open, needs a precharged bank"),
            ));
        }
        attempt.after(&spans.rp, self.precharge)?;
        attempt.after(&spans.rc, self.act)?;
        attempt.after(&spans.rfc_pb, self.refresh)?;
        attempt.after(&spans.rfm, self.rfm)
    }

    /// PRE: nothing to check where there is nothing to close.
    pub(super) fn permits_precharge(
        &self,
        attempt: &Attempt,
        spans: &Spans,
    ) -> Result<(), Violation> {
        if self.is_precharged(attempt.at) {
            return Ok(());
        }
        attempt.after(&spans.ras, self.act)?;
        attempt.after(&spans.rtp, self.read)?;
        attempt.after(&spans.wr, self.write_end)
    }

    /// RD and WR: the open row.
    pub(super) fn permits_column(
        &self,
        attempt: &Attempt,
        spans: &Spans,
    ) -> Result<u16, Violation> {
        let Some(row) = self.row else {
            return Err(attempt.broken(Rule::ColumnOpen, "with no row open, needs an open row"));
        };
        attempt.after(&spans.rcd, self.act)?;
        Ok(row)
    }

    pub(super) fn activate(&mut self, row: u16, at: Time) {
        self.row = Some(row);
        self.used = false;
        self.act = at;
    }

    pub(super) fn precharge(&mut self, at: Time) {
        if self.row.take().is_some() {
            self.precharge = at;
        }
    }

    pub(super) fn read(&mut self, at: Time) {
        self.used = true;
        self.read = at;
    }

    pub(super) fn write(&mut self, data_end: Time) {
        self.used = true;
        self.write_end = data_end;
    }

    /// Closes the row as soon as a PRE would be legal.
    pub(super) fn auto_precharge(&mut self, spans: &Spans) {
        self.row = None;
        self.precharge = (self.act + spans.ras.span)
            .max(self.read + spans.rtp.span)
            .max(self.write_end + spans.wr.span);
    }

    pub(super) fn refresh(&mut self, at: Time) {
        self.refresh = at;
    }

    pub(super) fn manage(&mut self, at: Time) {
        self.rfm = at;
    }

    /// SRE: the precharge is over.
    pub(super) fn permits_self_refresh(
        &self,
        attempt: &Attempt,
        spans: &Spans,
    ) -> Result<(), Violation> {
        attempt.after(&spans.rp, self.precharge)
    }
}
