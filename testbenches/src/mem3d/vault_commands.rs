//! Coverage of the commands on a vault's pins.

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::functional::SampleError;
use gpnpu_coverage::mem3d::spacing::{Command, Spacing, SpacingTracker};
use gpnpu_coverage::mem3d::vault::{Load, RefreshKind, Relation, RowOutcome, VaultCoverage};
use gpnpu_golden::mem3d::die::Die;
use gpnpu_golden::mem3d::timing::{Picoseconds, TimingSet};

use super::vault_stimulus::Settings;
use crate::ports::mem3d_pkg::{DramCmd, VaultStatus, power_e, row_op_e};

/// What is remembered of a bank.
#[derive(Clone, Copy, Debug, Default)]
struct BankState {
    closed_at: u64,
    closed_for_another: bool,
    outcome: Option<RowOutcome>,
    line: Option<u8>,
}

/// Samples the commands of one vault.
pub struct CommandCoverage {
    tracker: SpacingTracker,
    banks: Vec<BankState>,
    banks_per_group: usize,
    precharge: u64,
    last_column: Option<(bool, usize)>,
}

impl CommandCoverage {
    /// For a die of that set.
    pub fn new(set: &TimingSet) -> Self {
        let groups = set.bank_groups as usize;
        let banks_per_group = set.banks_per_group as usize;
        Self {
            tracker: SpacingTracker::new(limits(set), groups, banks_per_group),
            banks: vec![BankState::default(); groups * banks_per_group],
            banks_per_group,
            precharge: set.cycles(set.t_rp),
            last_column: None,
        }
    }

    /// Samples one clock, after the die accepted its commands.
    ///
    /// # Errors
    ///
    /// As the samples of [`VaultCoverage`].
    #[expect(
        clippy::too_many_arguments,
        reason = "one clock of everything that is sampled"
    )]
    pub fn sample(
        &mut self,
        now: Cycle,
        command: &DramCmd,
        status: &VaultStatus,
        settings: &Settings,
        temperature: u8,
        die: &Die,
        coverage: &mut VaultCoverage,
    ) -> Result<(), SampleError> {
        let (reads, writes) = (u32::from(status.reads), u32::from(status.writes));
        let power = match status.power {
            power_e::POWER_INIT => Some(0),
            power_e::POWER_AWAKE => Some(1),
            power_e::POWER_DOWN => Some(2),
            power_e::POWER_SELF_REFRESH => Some(3),
            _ => None,
        };
        if let Some(power) = power {
            coverage.clock(reads, writes, power)?;
        }
        if command.row_op != row_op_e::ROW_NONE {
            self.row(
                now.0,
                command,
                Load::of(reads, writes),
                temperature,
                die,
                coverage,
            )?;
        }
        if command.act_valid {
            let bank = usize::from(command.act_bank);
            self.spacing(now.0, Command::Act, bank, coverage)?;
            let state = &mut self.banks[bank];
            // Closed on demand a moment ago, not by its last access or by a refresh.
            let waited = now.0 - state.closed_at <= self.precharge + 8;
            state.outcome = Some(match state.closed_for_another && waited {
                true => RowOutcome::Conflict,
                false => RowOutcome::Closed,
            });
            state.line = None;
        }
        if command.col_valid {
            self.column(now.0, command, settings, coverage)?;
        }
        Ok(())
    }

    fn spacing(
        &mut self,
        now: u64,
        command: Command,
        bank: usize,
        coverage: &mut VaultCoverage,
    ) -> Result<(), SampleError> {
        let mut result = Ok(());
        self.tracker.command(now, command, bank, |rule, distance| {
            if result.is_ok() {
                result = coverage.spacing(rule, distance);
            }
        });
        result
    }

    fn row(
        &mut self,
        now: u64,
        command: &DramCmd,
        load: Load,
        temperature: u8,
        die: &Die,
        coverage: &mut VaultCoverage,
    ) -> Result<(), SampleError> {
        let bank = usize::from(command.row_bank);
        let kind = match command.row_op {
            row_op_e::ROW_PRE => {
                self.spacing(now, Command::Pre, bank, coverage)?;
                self.banks[bank].closed_at = now;
                self.banks[bank].closed_for_another = load != Load::Idle;
                return Ok(());
            }
            row_op_e::ROW_REF_AB => RefreshKind::All,
            row_op_e::ROW_REF_PB => RefreshKind::Bank,
            row_op_e::ROW_RFM_PB => RefreshKind::Management,
            _ => return Ok(()),
        };
        let command = match kind {
            RefreshKind::All => Command::RefreshAll,
            _ => Command::RefreshBank,
        };
        self.spacing(now, command, bank, coverage)?;
        // The die has counted it already.
        let lag = die.lag(bank as u8) + 1;
        coverage.refresh(kind, load, usize::from(temperature), lag)
    }

    fn column(
        &mut self,
        now: u64,
        command: &DramCmd,
        settings: &Settings,
        coverage: &mut VaultCoverage,
    ) -> Result<(), SampleError> {
        let bank = usize::from(command.col_bank);
        let kind = match command.col_write {
            true => Command::Write,
            false => Command::Read,
        };
        self.spacing(now, kind, bank, coverage)?;
        if let Some((wrote, last)) = self.last_column {
            let relation = match (
                last == bank,
                last / self.banks_per_group == bank / self.banks_per_group,
            ) {
                (true, _) => Relation::SameBank,
                (false, true) => Relation::SameGroup,
                (false, false) => Relation::OtherGroup,
            };
            coverage.columns(wrote, command.col_write, relation)?;
        }
        self.last_column = Some((command.col_write, bank));
        let state = &mut self.banks[bank];
        let line = command.col_burst / 2;
        if state.line != Some(line) || command.col_ap {
            let outcome = match state.line {
                None => state.outcome.unwrap_or(RowOutcome::Closed),
                Some(_) => RowOutcome::Hit,
            };
            coverage.row(outcome, usize::from(settings.page_policy), command.col_ap)?;
        }
        state.line = Some(line);
        if command.col_ap {
            state.closed_at = now;
            state.closed_for_another = false;
        }
        Ok(())
    }
}

/// The rules' limits in controller clocks, in the order of [`Spacing::ALL`], as docs/mem3d.md says how to round.
fn limits(set: &TimingSet) -> [u64; Spacing::ALL.len()] {
    let half = Picoseconds(set.t_ck.0 / 2);
    let write_end = set.t_cwl + set.t_burst;
    Spacing::ALL.map(|rule| {
        set.cycles(match rule {
            Spacing::Rcd => set.t_rcd + half,
            Spacing::Rp => set.t_rp - half,
            Spacing::Ras => set.t_ras + half,
            Spacing::Rc => set.t_rc,
            Spacing::RrdS => set.t_rrd_s,
            Spacing::RrdL => set.t_rrd_l,
            Spacing::Faw => set.t_faw,
            Spacing::CcdS => set.t_ccd_s,
            Spacing::CcdL => set.t_ccd_l,
            Spacing::Rtp => set.t_rtp,
            Spacing::Wr => write_end + set.t_wr,
            Spacing::WtrS => write_end + set.t_wtr_s,
            Spacing::WtrL => write_end + set.t_wtr_l,
            Spacing::Rtw => set.t_cl + set.t_burst + set.t_turn - set.t_cwl,
            Spacing::RfcAb => set.t_rfc_ab,
            Spacing::RfcPb => set.t_rfc_pb,
            Spacing::Rrefd => set.t_rrefd,
        })
    })
}
