//! Whether a timing set can work.

use super::{Picoseconds, TimingError, TimingSet};

/// Most banks of a vault: `bank` has five bits.
const BANKS_MAX: u32 = 32;
/// Most rows of a bank: `row` has 16 bits.
const ROWS_MAX: u32 = 1 << 16;
/// Bytes of a row: one line to 32.
const ROW_BYTES: std::ops::RangeInclusive<u32> = 64..=2048;
/// One second: no time of a die is longer, and sums of them stay far from overflow.
const LONGEST: u64 = 1_000_000_000_000;
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

    /// Each time with the least that it may be.
    fn times(&self) -> [(&'static str, Picoseconds, u64); 27] {
        [
            ("TCk", self.t_ck, 1),
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
            ("TRrefd", self.t_rrefd, 0),
            ("TRfm", self.t_rfm, 0),
            ("TRefi", self.t_refi, 1),
            ("TXp", self.t_xp, 0),
            ("TPd", self.t_pd, 0),
            ("TXs", self.t_xs, 0),
            ("TSr", self.t_sr, 0),
        ]
    }

    fn validate_times(&self) -> Result<(), TimingError> {
        for (parameter, time, least) in self.times() {
            need(
                (least..=LONGEST).contains(&time.0),
                parameter,
                time.0,
                || format!("needs {least} to {LONGEST}"),
            )?;
        }
        let period = self.period().0;
        need(self.t_burst.0 == period, "TBurst", self.t_burst.0, || {
            format!("needs 2 * TCk = {period}")
        })?;
        let at_least = [
            ("TRrdL", self.t_rrd_l, "TRrdS", self.t_rrd_s),
            ("TCcdL", self.t_ccd_l, "TCcdS", self.t_ccd_s),
            ("TWtrL", self.t_wtr_l, "TWtrS", self.t_wtr_s),
            ("TRc", self.t_rc, "TRas", self.t_ras),
        ];
        for (parameter, time, other, least) in at_least {
            need(time >= least, parameter, time.0, || {
                format!("needs at least {other} = {}", least.0)
            })?;
        }
        Ok(())
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
                self.raa_mmt >= self.raa_imt,
                format!("needs at least RaaImt = {}", self.raa_imt),
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
            banks <= BANKS_MAX.into(),
            "BanksPerGroup",
            self.banks_per_group.into(),
            || {
                format!(
                    "needs at most {BANKS_MAX} / BankGroups = {}",
                    BANKS_MAX / self.bank_groups
                )
            },
        )?;
        need(
            ROW_BYTES.contains(&self.row_bytes),
            "RowBytes",
            self.row_bytes.into(),
            || format!("needs {} to {}", ROW_BYTES.start(), ROW_BYTES.end()),
        )?;
        need(self.rows <= ROWS_MAX, "Rows", self.rows.into(), || {
            format!("needs at most {ROWS_MAX}")
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
    const BROKEN: [(Break, &str); 20] = [
        (
            |set| set.t_sr.0 = u64::MAX,
            "`TSr` is 18446744073709551615, needs 0 to 1000000000000",
        ),
        (|set| set.t_ck.0 = 0, "`TCk` is 0, needs 1 to 1000000000000"),
        (
            |set| set.t_rcd.0 = 0,
            "`TRcd` is 0, needs 1 to 1000000000000",
        ),
        (
            |set| set.t_cwl.0 = 0,
            "`TCwl` is 0, needs 1 to 1000000000000",
        ),
        (
            |set| set.t_burst.0 = 1249,
            "`TBurst` is 1249, needs 2 * TCk = 1250",
        ),
        (
            |set| set.t_rrd_l.0 = 2499,
            "`TRrdL` is 2499, needs at least TRrdS = 2500",
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
            |set| set.t_rc.0 = 28_099,
            "`TRc` is 28099, needs at least TRas = 28100",
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
            "`RaaMmt` is 79, needs at least RaaImt = 80",
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
            "`BanksPerGroup` is 16, needs at most 32 / BankGroups = 8",
        ),
        (
            |set| set.row_bytes = 32,
            "`RowBytes` is 32, needs 64 to 2048",
        ),
        (
            |set| set.row_bytes = 4096,
            "`RowBytes` is 4096, needs 64 to 2048",
        ),
        (
            |set| set.rows = 1 << 17,
            "`Rows` is 131072, needs at most 65536",
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
