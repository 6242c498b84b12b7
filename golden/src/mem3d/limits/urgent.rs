//! The longest that an urgent read can take.

use super::super::timing::{Picoseconds, TimingSet};

/// Refreshes of a bank that may be in the way of a read when it comes: one under way at 8 owed, one at 7.
const FORCED: u64 = 2;
/// Refreshes that come due while they are waited for: beyond that nothing is left for reads.
const REFRESHES_MAX: u64 = 1000;

/// What an urgent read may have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Urgent {
    /// Refreshes are per bank, not of all banks.
    pub refresh_per_bank: bool,
    /// Highest temperature code.
    pub temperature: u8,
    /// Banks are managed: an RFM may come before an ACT.
    pub managed: bool,
    /// The die may be in power-down or self-refresh.
    pub asleep: bool,
    /// Other urgent reads that it meets in the queue.
    pub others: u64,
}

impl Urgent {
    /// Controller clocks from the acceptance of an urgent read to its response, at most: "Urgent reads" of
    /// `docs/mem3d.md` has the terms. `None` where refreshes leave no time for reads.
    pub fn bound(&self, set: &TimingSet) -> Option<u64> {
        let interval = (set.t_refi.0 >> self.temperature) / set.period().0;
        let mut refreshes = FORCED;
        while refreshes < REFRESHES_MAX {
            let clocks = self.clocks(set, refreshes);
            let due = FORCED + clocks / interval;
            if due <= refreshes {
                return Some(clocks);
            }
            refreshes = due;
        }
        None
    }

    /// With so many refreshes of a bank in the way.
    fn clocks(&self, set: &TimingSet, refreshes: u64) -> u64 {
        let clocks = |span: Picoseconds| set.cycles(span);
        let half = Picoseconds(set.t_ck.0.div_ceil(2));
        let banks = u64::from(set.banks());
        let (rl, rp, rrd_l) = (
            set.read_latency_cycles(),
            clocks(set.t_rp),
            clocks(set.t_rrd_l),
        );
        // From the last command of the row that is open to its PRE.
        let recovery = clocks(set.t_ras + half)
            .max(clocks(set.t_rtp))
            .max(clocks(set.t_cwl + set.t_burst + set.t_wr));
        let window = clocks(set.t_faw).max(clocks(set.t_rrd_s));
        let columns = 2 * (clocks(set.t_ccd_s) + clocks(set.t_ccd_l));
        let row = 3 + recovery + rp + rrd_l + window + clocks(set.t_rcd + half).max(2) + columns;
        let read = rl + 5;
        // Refreshes or managements of the other banks, each with the slot that it takes from a PRE.
        let elsewhere = (banks - 1) * (clocks(set.t_rrefd) + 1);
        let management = match self.managed {
            true => clocks(set.t_rfm) + rrd_l + 3 + elsewhere,
            false => 0,
        };
        let refresh = match self.refresh_per_bank {
            true => clocks(set.t_rfc_pb) + rrd_l + 3 + elsewhere,
            false => clocks(set.t_rfc_ab) + 4 + recovery + banks + rp + rl + management,
        };
        let wake = match self.asleep {
            true => 5 + clocks(set.t_pd + set.t_xp).max(clocks(set.t_sr + set.t_xs)),
            false => 0,
        };
        wake + read + (1 + self.others) * (row + management) + refreshes * refresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hbm3() -> TimingSet {
        TimingSet::named("hbm3").expect("a set of the project works")
    }

    #[test]
    fn the_bound_is_the_sum_of_its_terms() {
        // Recovery is a write's, 7 + 1 + 16.48 periods; ACT to RD takes half a tCK more.
        let row = 3 + 25 + 13 + 3 + 12 + 16 + 2 * (1 + 2);
        let alone = Urgent::default();
        let all_banks = 280 + 4 + 25 + 16 + 13 + 10;
        assert_eq!(alone.bound(&hbm3()), Some(15 + row + 2 * all_banks));
        let per_bank = Urgent {
            refresh_per_bank: true,
            ..alone
        };
        let one_bank = 160 + 3 + 3 + 15 * 8;
        assert_eq!(per_bank.bound(&hbm3()), Some(15 + row + 2 * one_bank));
        let crowd = Urgent {
            others: 3,
            asleep: true,
            managed: true,
            ..per_bank
        };
        let management = 160 + 3 + 3 + 15 * 8;
        let wake = 5 + 8 + 288;
        assert_eq!(
            crowd.bound(&hbm3()),
            Some(wake + 15 + 4 * (row + management) + 2 * one_bank)
        );
    }

    /// The table of `docs/mem3d.md`.
    #[test]
    fn the_bounds_of_the_sets_are_those_of_the_document() {
        let nanoseconds = |name: &str, refresh_per_bank| {
            let set = TimingSet::named(name).expect("a set of the project works");
            let alone = Urgent {
                refresh_per_bank,
                ..Urgent::default()
            };
            let bound = alone.bound(&set).expect("a bound");
            (bound * set.period().0) as f64 / 1000.0
        };
        let sets = ["hbm3", "hbm4", "hb3d"];
        assert_eq!(
            sets.map(|name| nanoseconds(name, false)),
            [986.25, 1161.0, 350.0]
        );
        assert_eq!(
            sets.map(|name| nanoseconds(name, true)),
            [831.25, 953.0, 226.0]
        );
    }

    #[test]
    fn refreshes_that_come_due_meanwhile_are_waited_for() {
        let hot = Urgent {
            temperature: 2,
            ..Urgent::default()
        };
        // 789 clocks, in which one of the refreshes every 780 comes due; with it 1137, still one.
        let cold = Urgent::default().bound(&hbm3()).expect("a bound");
        assert!(cold > 780);
        assert_eq!(hot.bound(&hbm3()), Some(cold + 348));
    }

    #[test]
    fn where_the_die_only_refreshes_no_bound_holds() {
        let mut set = hbm3();
        set.t_refi.0 = 1_600_000;
        set.validate().expect("it works, but for nobody");
        let hot = Urgent {
            temperature: 2,
            ..Urgent::default()
        };
        assert_eq!(hot.bound(&set), None);
    }
}
