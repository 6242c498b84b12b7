//! Whether a timing set can work.

use super::{Picoseconds, TimingError, TimingSet};

/// Banks of a vault: `bank` has five bits.
const BANKS: std::ops::RangeInclusive<u64> = 2..=32;
/// Rows of a bank: `row` has 16 bits.
const ROWS: std::ops::RangeInclusive<u32> = 2..=1 << 16;
/// Bytes of a row: one line to 32.
const ROW_BYTES: std::ops::RangeInclusive<u32> = 64..=2048;
/// Clock periods of a die, in picoseconds.
const T_CK: std::ops::RangeInclusive<u64> = 100..=10_000;
/// Controller clocks of the longest time: what a controller counts with 16 bits.
const CLOCKS_MAX: u64 = u16::MAX as u64;
/// Activations that a controller can count of a bank: 10 bits.
const ACTIVATIONS_MAX: u32 = 1023;
/// The hottest temperature code divides the refresh interval by this.
const HOTTEST: u64 = 4;

impl TimingSet {
    /// Checks that a controller and a die can work with this set.
    ///
    /// # Errors
    ///
    /// [`TimingError::Unworkable`] names the parameter, its value, and what it needs.
    pub fn validate(&self) -> Result<(), TimingError> {
        self.validate_times()?;
        self.validate_organisation()?;
        self.validate_refresh()
    }

    /// Each time but the clock period, with the least that it may be.
    fn times(&self) -> [(&'static str, Picoseconds, u64); 26] {
        [
            ("TRcd", self.t_rcd, 1),
            ("TRp", self.t_rp, 1),
            ("TRas", self.t_ras, 1),
            ("TRc", self.t_rc, 1),
            ("TRrdS", self.t_rrd_s, 1),
            ("TRrdL", self.t_rrd_l, 1),
            ("TFaw", self.t_faw, 1),
            ("TCcdS", self.t_ccd_s, 1),
            ("TCcdL", self.t_ccd_l, 1),
            ("TCl", self.t_cl, 1),
            ("TCwl", self.t_cwl, 1),
            ("TBurst", self.t_burst, 1),
            ("TTurn", self.t_turn, 0),
            ("TWr", self.t_wr, 0),
            ("TWtrS", self.t_wtr_s, 0),
            ("TWtrL", self.t_wtr_l, 0),
            ("TRtp", self.t_rtp, 1),
            ("TRfcAb", self.t_rfc_ab, 1),
            ("TRfcPb", self.t_rfc_pb, 1),
            ("TRrefd", self.t_rrefd, 1),
            ("TRfm", self.t_rfm, 1),
            ("TRefi", self.t_refi, 1),
            ("TXp", self.t_xp, 0),
            ("TPd", self.t_pd, 0),
            ("TXs", self.t_xs, 0),
            ("TSr", self.t_sr, 0),
        ]
    }

    fn validate_times(&self) -> Result<(), TimingError> {
        need(T_CK.contains(&self.t_ck.0), "TCk", self.t_ck.0, || {
            format!("needs {} to {}", T_CK.start(), T_CK.end())
        })?;
        let period = self.period().0;
        let longest = CLOCKS_MAX * period;
        for (parameter, time, least) in self.times() {
            need(
                (least..=longest).contains(&time.0),
                parameter,
                time.0,
                || format!("needs {least} to {longest}"),
            )?;
        }
        need(self.t_burst.0 == period, "TBurst", self.t_burst.0, || {
            format!("needs 2 * TCk = {period}")
        })?;
        need(self.t_rcd <= self.t_ras, "TRcd", self.t_rcd.0, || {
            format!("needs at most TRas = {}", self.t_ras.0)
        })?;
        let at_least = [
            ("TRc", self.t_rc, "TRas + TRp", self.t_ras + self.t_rp),
            ("TRrdL", self.t_rrd_l, "TRrdS", self.t_rrd_s),
            ("TCcdS", self.t_ccd_s, "TBurst", self.t_burst),
            ("TCcdL", self.t_ccd_l, "TCcdS", self.t_ccd_s),
            ("TWtrL", self.t_wtr_l, "TWtrS", self.t_wtr_s),
        ];
        for (parameter, time, other, least) in at_least {
            need(time >= least, parameter, time.0, || {
                format!("needs at least {other} = {}", least.0)
            })?;
        }
        let more_than = [("TFaw", self.t_faw, 3), ("TCwl", self.t_cwl, 2)];
        for (parameter, time, clocks) in more_than {
            need(time.0 > clocks * period, parameter, time.0, || {
                format!("needs more than {clocks} clocks = {}", clocks * period)
            })?;
        }
        let turn = self.t_cl + self.t_burst + self.t_turn;
        need(self.t_cwl < turn, "TCwl", self.t_cwl.0, || {
            format!("needs less than TCl + TBurst + TTurn = {}", turn.0)
        })
    }

    /// A refresh of all banks, with its precharge, and the refreshes of every bank in turn fit into
    /// the shortest interval.
    fn validate_refresh(&self) -> Result<(), TimingError> {
        let at_least = [
            ("TRp + TRfcAb", self.t_rp + self.t_rfc_ab),
            ("TRp + TRfcPb", self.t_rp + self.t_rfc_pb),
            (
                "banks * TRrefd",
                Picoseconds(u64::from(self.banks()) * self.t_rrefd.0),
            ),
        ];
        for (what, span) in at_least {
            need(
                self.t_refi.0 > HOTTEST * span.0,
                "TRefi",
                self.t_refi.0,
                || {
                    format!(
                        "needs more than {HOTTEST} * ({what}) = {}",
                        HOTTEST * span.0
                    )
                },
            )?;
        }
        let counted = if self.raa_imt == 0 {
            (self.raa_mmt == 0, "needs 0, as RaaImt".to_owned())
        } else {
            (
                (self.raa_imt..=ACTIVATIONS_MAX).contains(&self.raa_mmt),
                format!("needs RaaImt = {} to {ACTIVATIONS_MAX}", self.raa_imt),
            )
        };
        need(counted.0, "RaaMmt", self.raa_mmt.into(), || counted.1)
    }

    fn validate_organisation(&self) -> Result<(), TimingError> {
        let powers = [
            ("BankGroups", self.bank_groups),
            ("BanksPerGroup", self.banks_per_group),
            ("RowBytes", self.row_bytes),
            ("Rows", self.rows),
        ];
        for (parameter, value) in powers {
            need(value.is_power_of_two(), parameter, value.into(), || {
                "needs a power of two".to_owned()
            })?;
        }
        let banks = u64::from(self.bank_groups) * u64::from(self.banks_per_group);
        need(
            BANKS.contains(&banks),
            "BanksPerGroup",
            self.banks_per_group.into(),
            || {
                format!(
                    "needs {} to {} banks, with BankGroups = {}",
                    BANKS.start(),
                    BANKS.end(),
                    self.bank_groups
                )
            },
        )?;
        need(
            ROW_BYTES.contains(&self.row_bytes),
            "RowBytes",
            self.row_bytes.into(),
            || format!("needs {} to {}", ROW_BYTES.start(), ROW_BYTES.end()),
        )?;
        need(ROWS.contains(&self.rows), "Rows", self.rows.into(), || {
            format!("needs {} to {}", ROWS.start(), ROWS.end())
        })
    }
}

fn need(
    holds: bool,
    parameter: &'static str,
    value: u64,
    needs: impl FnOnce() -> String,
) -> Result<(), TimingError> {
    if holds {
        return Ok(());
    }
    Err(TimingError::Unworkable {
        parameter,
        value,
        needs: needs(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Break = fn(&mut TimingSet);

    /// One way to break each demand, and what is said about it.
    const BROKEN: [(Break, &str); 29] = [
        (|set| set.t_ck.0 = 99, "`TCk` is 99, needs 100 to 10000"),
        (
            |set| set.t_ck.0 = 10_001,
            "`TCk` is 10001, needs 100 to 10000",
        ),
        (
            |set| set.t_sr.0 = u64::MAX,
            "`TSr` is 18446744073709551615, needs 0 to 81918750",
        ),
        (|set| set.t_rp.0 = 0, "`TRp` is 0, needs 1 to 81918750"),
        (|set| set.t_rfm.0 = 0, "`TRfm` is 0, needs 1 to 81918750"),
        (
            |set| set.t_burst.0 = 1249,
            "`TBurst` is 1249, needs 2 * TCk = 1250",
        ),
        (
            |set| set.t_rcd.0 = 28_101,
            "`TRcd` is 28101, needs at most TRas = 28100",
        ),
        (
            |set| set.t_rc.0 = 44_349,
            "`TRc` is 44349, needs at least TRas + TRp = 44350",
        ),
        (
            |set| set.t_rrd_l.0 = 2499,
            "`TRrdL` is 2499, needs at least TRrdS = 2500",
        ),
        (
            |set| set.t_ccd_s.0 = 1249,
            "`TCcdS` is 1249, needs at least TBurst = 1250",
        ),
        (
            |set| set.t_ccd_l.0 = 1249,
            "`TCcdL` is 1249, needs at least TCcdS = 1250",
        ),
        (
            |set| set.t_wtr_l.0 = 4399,
            "`TWtrL` is 4399, needs at least TWtrS = 4400",
        ),
        (
            |set| set.t_faw.0 = 3750,
            "`TFaw` is 3750, needs more than 3 clocks = 3750",
        ),
        (
            |set| set.t_cwl.0 = 2500,
            "`TCwl` is 2500, needs more than 2 clocks = 2500",
        ),
        (
            |set| set.t_cl.0 = 6250,
            "`TCwl` is 8750, needs less than TCl + TBurst + TTurn = 8750",
        ),
        (
            |set| set.t_refi.0 = 1_465_000,
            "`TRefi` is 1465000, needs more than 4 * (TRp + TRfcAb) = 1465000",
        ),
        (
            |set| set.t_rfc_pb.0 = 958_750,
            "`TRefi` is 3900000, needs more than 4 * (TRp + TRfcPb) = 3900000",
        ),
        (
            |set| set.t_rrefd.0 = 60_938,
            "`TRefi` is 3900000, needs more than 4 * (banks * TRrefd) = 3900032",
        ),
        (
            |set| set.raa_mmt = 79,
            "`RaaMmt` is 79, needs RaaImt = 80 to 1023",
        ),
        (
            |set| set.raa_mmt = 1024,
            "`RaaMmt` is 1024, needs RaaImt = 80 to 1023",
        ),
        (|set| set.raa_imt = 0, "`RaaMmt` is 480, needs 0, as RaaImt"),
        (
            |set| set.bank_groups = 3,
            "`BankGroups` is 3, needs a power of two",
        ),
        (
            |set| set.rows = 1000,
            "`Rows` is 1000, needs a power of two",
        ),
        (
            |set| set.banks_per_group = 16,
            "`BanksPerGroup` is 16, needs 2 to 32 banks, with BankGroups = 4",
        ),
        (
            |set| (set.bank_groups, set.banks_per_group) = (1, 1),
            "`BanksPerGroup` is 1, needs 2 to 32 banks, with BankGroups = 1",
        ),
        (
            |set| set.row_bytes = 32,
            "`RowBytes` is 32, needs 64 to 2048",
        ),
        (
            |set| set.row_bytes = 4096,
            "`RowBytes` is 4096, needs 64 to 2048",
        ),
        (|set| set.rows = 1, "`Rows` is 1, needs 2 to 65536"),
        (
            |set| set.rows = 1 << 17,
            "`Rows` is 131072, needs 2 to 65536",
        ),
    ];

    #[test]
    fn what_cannot_work_is_named_with_what_it_needs() {
        for (break_it, message) in BROKEN {
            let mut set = TimingSet::named("hbm3").expect("a set of the project works");
            break_it(&mut set);
            let error = set.validate().expect_err(message);
            assert_eq!(error.to_string(), message);
        }
    }
}
