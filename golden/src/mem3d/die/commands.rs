//! The commands: what each demands, and what it does.

use super::Command;
use super::device::{Die, PendingWrite};
use super::pins::{Column, RowOp};
use super::power::State;
use super::time::Time;
use super::violation::{Attempt, Rule, Violation};

impl Die {
    pub(super) fn row_command(&mut self, op: RowOp, bank: u8, at: Time) -> Result<(), Violation> {
        let command = match op {
            RowOp::Pre => Command::Pre,
            RowOp::PreAll => Command::PreAll,
            RowOp::RefAb => Command::RefAb,
            RowOp::RefPb => Command::RefPb,
            RowOp::RfmPb => Command::RfmPb,
            RowOp::Pde => Command::Pde,
            RowOp::Pdx => Command::Pdx,
            RowOp::Sre => Command::Sre,
            RowOp::Srx => Command::Srx,
        };
        let one_bank = matches!(op, RowOp::Pre | RowOp::RefPb | RowOp::RfmPb);
        let attempt = Attempt {
            command,
            bank: one_bank.then_some(bank),
            at,
        };
        if one_bank {
            self.in_range(&attempt, "bank", bank.into(), self.banks.len())?;
        }
        if !matches!(op, RowOp::Pdx | RowOp::Srx) {
            self.power.permits(&attempt, &self.spans)?;
        }
        match op {
            RowOp::Pre => self.precharge(&attempt, bank)?,
            RowOp::PreAll => self.precharge_all(&attempt)?,
            RowOp::RefAb => self.refresh_all(&attempt)?,
            RowOp::RefPb => self.refresh_bank(&attempt, bank)?,
            RowOp::RfmPb => self.manage_bank(&attempt, bank)?,
            RowOp::Pde => self.enter_power_down(&attempt)?,
            RowOp::Sre => self.enter_self_refresh(&attempt)?,
            RowOp::Pdx => self.power.leave_down(&attempt, &self.spans)?,
            RowOp::Srx => {
                self.power.leave_self_refresh(&attempt, &self.spans)?;
                self.refresh.set_running(true, at);
            }
        }
        self.note(command, at, attempt.bank, None, None);
        Ok(())
    }

    pub(super) fn activate(&mut self, bank: u8, row: u16, at: Time) -> Result<(), Violation> {
        let attempt = Attempt {
            command: Command::Act,
            bank: Some(bank),
            at,
        };
        self.in_range(&attempt, "bank", bank.into(), self.banks.len())?;
        self.in_range(&attempt, "row", row.into(), self.rows as usize)?;
        self.power.permits(&attempt, &self.spans)?;
        let state = &self.banks[usize::from(bank)];
        let group = state.group;
        state.permits_row(&attempt, Rule::ActPrecharged, &self.spans)?;
        self.spacing.permits(&attempt, bank, group, &self.spans)?;
        self.spacing.permits_fifth(&attempt, &self.spans)?;
        if self.raa_imt > 0 && state.raa >= self.raa_mmt {
            let sentence = format!(
                "after {} activations without refresh, RaaMmt needs at most {}",
                state.raa, self.raa_mmt
            );
            return Err(attempt.broken(Rule::RaaMmt, &sentence));
        }
        let state = &mut self.banks[usize::from(bank)];
        state.activate(row, at);
        if self.raa_imt > 0 {
            state.raa += 1;
        }
        self.spacing.activate(bank, group, at);
        self.refresh.activate(bank.into(), row, at);
        self.counters.act += 1;
        self.note(Command::Act, at, Some(bank), Some(row), None);
        Ok(())
    }

    pub(super) fn column(&mut self, column: Column, at: Time) -> Result<(), Violation> {
        let Column {
            write,
            ap,
            bank,
            burst,
        } = column;
        let command = match (write, ap) {
            (false, false) => Command::Rd,
            (false, true) => Command::Rda,
            (true, false) => Command::Wr,
            (true, true) => Command::Wra,
        };
        let attempt = Attempt {
            command,
            bank: Some(bank),
            at,
        };
        self.in_range(&attempt, "bank", bank.into(), self.banks.len())?;
        self.in_range(&attempt, "burst", burst.into(), self.bursts.into())?;
        self.power.permits(&attempt, &self.spans)?;
        let state = &mut self.banks[usize::from(bank)];
        let row = state.permits_column(&attempt, &self.spans)?;
        self.bus
            .permits(&attempt, state.group, write, &self.spans)?;
        if !write && !self.refresh.holds(bank.into(), row, at) {
            let sentence = format!(
                "of row {row}, which nothing restored within {} refresh intervals",
                self.refresh.retention_units()
            );
            return Err(attempt.broken(Rule::Retention, &sentence));
        }
        self.counters.row_hits += u64::from(state.used);
        self.counters.auto_precharge += u64::from(ap);
        let data_end = self.bus.transfer(at, state.group, write, &self.spans);
        if write {
            state.write(data_end);
            self.counters.wr += 1;
            self.writes.push_back(PendingWrite {
                cycle: self.cycle + self.write_latency,
                bank,
                row,
                burst,
            });
        } else {
            state.read(at);
            self.counters.rd += 1;
        }
        if ap {
            state.auto_precharge(&self.spans);
        }
        if !write {
            let cells = self.cells(bank, row, burst);
            self.reads
                .push_back((self.cycle + self.read_latency, cells));
        }
        self.note(command, at, Some(bank), Some(row), Some(burst));
        Ok(())
    }

    fn precharge(&mut self, attempt: &Attempt, bank: u8) -> Result<(), Violation> {
        let state = &mut self.banks[usize::from(bank)];
        state.permits_precharge(attempt, &self.spans)?;
        state.precharge(attempt.at);
        self.counters.pre += 1;
        Ok(())
    }

    fn precharge_all(&mut self, attempt: &Attempt) -> Result<(), Violation> {
        for (bank, state) in self.banks.iter().enumerate() {
            state.permits_precharge(&of_bank(attempt, bank), &self.spans)?;
        }
        for state in &mut self.banks {
            state.precharge(attempt.at);
        }
        self.counters.pre_all += 1;
        Ok(())
    }

    fn refresh_all(&mut self, attempt: &Attempt) -> Result<(), Violation> {
        for (bank, state) in self.banks.iter().enumerate() {
            state.permits_row(
                &of_bank(attempt, bank),
                Rule::RefreshPrecharged,
                &self.spans,
            )?;
        }
        self.power.refresh_all(attempt.at);
        for bank in 0..self.banks.len() {
            self.restore(bank, attempt.at);
        }
        self.counters.ref_ab += 1;
        Ok(())
    }

    fn refresh_bank(&mut self, attempt: &Attempt, bank: u8) -> Result<(), Violation> {
        self.permits_one_bank(attempt, bank)?;
        self.banks[usize::from(bank)].refresh(attempt.at);
        self.spacing.refresh(bank, attempt.at);
        self.restore(bank.into(), attempt.at);
        self.counters.ref_pb += 1;
        Ok(())
    }

    fn manage_bank(&mut self, attempt: &Attempt, bank: u8) -> Result<(), Violation> {
        self.permits_one_bank(attempt, bank)?;
        let state = &mut self.banks[usize::from(bank)];
        state.manage(attempt.at);
        state.raa = state.raa.saturating_sub(self.raa_imt);
        self.spacing.refresh(bank, attempt.at);
        self.counters.rfm_pb += 1;
        Ok(())
    }

    /// REFpb and RFMpb.
    fn permits_one_bank(&self, attempt: &Attempt, bank: u8) -> Result<(), Violation> {
        let state = &self.banks[usize::from(bank)];
        state.permits_row(attempt, Rule::RefreshPrecharged, &self.spans)?;
        self.spacing
            .permits(attempt, bank, state.group, &self.spans)
    }

    /// What REFab and REFpb do in a bank.
    fn restore(&mut self, bank: usize, at: Time) {
        let state = &mut self.banks[bank];
        state.raa = state.raa.saturating_sub(self.raa_imt);
        if !self.refresh.refresh(bank, at) {
            self.counters.ref_in_vain += 1;
        }
    }

    fn enter_power_down(&mut self, attempt: &Attempt) -> Result<(), Violation> {
        self.permits_sleep(attempt)?;
        self.power.enter(State::Down, attempt.at);
        self.counters.pde += 1;
        Ok(())
    }

    fn enter_self_refresh(&mut self, attempt: &Attempt) -> Result<(), Violation> {
        self.permits_sleep(attempt)?;
        for (bank, state) in self.banks.iter().enumerate() {
            state.permits_self_refresh(&of_bank(attempt, bank), &self.spans)?;
        }
        self.power.enter(State::SelfRefresh, attempt.at);
        self.refresh.set_running(false, attempt.at);
        self.counters.sre += 1;
        Ok(())
    }

    fn permits_sleep(&self, attempt: &Attempt) -> Result<(), Violation> {
        let open = self
            .banks
            .iter()
            .position(|bank| !bank.is_precharged(attempt.at));
        if let Some(bank) = open {
            return Err(of_bank(attempt, bank).broken(
                Rule::SleepPrecharged,
                "with the bank open, needs all precharged",
            ));
        }
        if self.bus.is_busy(attempt.at) {
            return Err(attempt.broken(
                Rule::SleepQuiet,
                "with data under way, needs an idle data bus",
            ));
        }
        Ok(())
    }

    fn in_range(
        &self,
        attempt: &Attempt,
        what: &str,
        number: usize,
        count: usize,
    ) -> Result<(), Violation> {
        if number < count {
            return Ok(());
        }
        let sentence = format!("of {what} {number}, needs 0 to {}", count - 1);
        Err(attempt.broken(Rule::Range, &sentence))
    }
}

fn of_bank(attempt: &Attempt, bank: usize) -> Attempt {
    Attempt {
        bank: Some(bank as u8),
        ..*attempt
    }
}
