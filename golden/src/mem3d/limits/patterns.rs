//! Limits of patterns that are known by a few numbers.

use super::super::timing::TimingSet;
use super::demand::{Demand, Limit, Refresh, Traffic, bank_time, row_bus_time};

/// Bytes of a burst.
const BURST_BYTES: u64 = 32;

/// Random rows: visits of `bytes` each (whole bursts), spread evenly over banks and groups.
///
/// `min(bus, 4b/TFaw, b/TRrdS, groups*b/TRrdL, groups*TBurst/TCcdL, banks*b/bank time, b/(2*TCk))`, each times what refresh
/// leaves of it, with `b = bytes/32 * TBurst`, the bus time of a visit.
pub fn random(set: &TimingSet, bytes: u64, traffic: Traffic, refresh: Refresh) -> Limit {
    let bursts = bytes.div_ceil(BURST_BYTES).max(1);
    let count = bursts as f64;
    let groups = f64::from(set.bank_groups);
    let data = count * set.t_burst.0 as f64;
    let demand = Demand {
        data,
        bus: data,
        group: count * set.t_ccd_l.0 as f64 / groups,
        four_acts: set.t_faw.0 as f64 / 4.0,
        acts: set.t_rrd_s.0 as f64,
        group_acts: set.t_rrd_l.0 as f64 / groups,
        row_bus: row_bus_time(set),
        bank: bank_time(set, bursts, traffic) / f64::from(set.banks()),
    };
    demand.limit(set, traffic, refresh)
}

/// One long stream: visits of whole rows. With refresh of all banks `1 - (recovery + TRp + TRfcAb + TRcd) / TRefi`,
/// where `recovery` is `TRtp` for reads; with refresh per bank the bus, unless the banks are too few.
pub fn streaming(set: &TimingSet, traffic: Traffic, refresh: Refresh) -> Limit {
    random(set, set.row_bytes.into(), traffic, refresh)
}

/// A stream that reads `bursts`, then writes `bursts`, and so on: `4N / (4N + k)` in clocks of the die, times what
/// refresh leaves, with `k = (TTurn + TWtrS + TCl) / TCk`, the bus's idle time from read to write and back to a read in
/// another bank group.
pub fn turns(set: &TimingSet, bursts: u64, refresh: Refresh) -> Limit {
    let data = 2.0 * bursts as f64 * set.t_burst.0 as f64;
    let demand = Demand {
        data,
        bus: data + (set.t_turn + set.t_wtr_s + set.t_cl).0 as f64,
        ..Demand::default()
    };
    demand.limit(set, Traffic::Read, refresh)
}

#[cfg(test)]
mod tests {
    use super::super::demand::Bound;
    use super::*;

    const AB: Refresh = Refresh::AllBank { batch: 1 };

    fn set(name: &str) -> TimingSet {
        TimingSet::named(name).expect("a set of the project works")
    }

    /// In tenths of a percent.
    fn tenths(limit: Limit) -> i64 {
        (1000.0 * limit.share).round() as i64
    }

    #[test]
    fn streams_reach_what_is_published() {
        assert_eq!(tenths(streaming(&set("hbm3"), Traffic::Read, AB)), 900);
        assert_eq!(tenths(streaming(&set("hbm4"), Traffic::Read, AB)), 874);
        assert_eq!(
            streaming(&set("hbm3"), Traffic::Read, AB).bound,
            Bound::DataBus
        );
        // A write keeps its bank longer before the refresh.
        assert_eq!(tenths(streaming(&set("hbm3"), Traffic::Write, AB)), 893);
    }

    #[test]
    fn random_lines_reach_what_is_published() {
        for (name, share) in [("hbm3", 607), ("hbm4", 472)] {
            let limit = random(&set(name), 64, Traffic::Read, AB);
            assert_eq!(
                (tenths(limit), limit.bound),
                (share, Bound::FourActs),
                "{name}"
            );
        }
    }

    #[test]
    fn refreshes_in_a_row_cost_one_pause() {
        let hbm3 = set("hbm3");
        let batch = |batch| streaming(&hbm3, Traffic::Read, Refresh::AllBank { batch }).share;
        assert!((batch(8) - (1.0 - (350_000.0 + 41_250.0 / 8.0) / 3_900_000.0)).abs() < 1e-12);
    }

    #[test]
    fn refresh_per_bank_hides_unless_banks_are_few() {
        for name in TimingSet::names() {
            assert_eq!(
                tenths(streaming(&set(name), Traffic::Read, Refresh::PerBank)),
                1000
            );
        }
        let mut few = set("hbm3");
        few.bank_groups = 1;
        few.banks_per_group = 1;
        let limit = streaming(&few, Traffic::Read, Refresh::PerBank);
        // 32 bursts of 1.25 ns in 19.4 + 31 * 2.5 + 5.6 + 16.25 ns, less 200 of 3900 ns.
        assert_eq!((tenths(limit), limit.bound), (320, Bound::Bank));
    }

    #[test]
    fn refresh_per_bank_takes_the_place_of_activations() {
        // 16 times in 3900 ns a gap of 2.5 + 8 ns between ACTs, three more of 2.5 ns: 3 more than TFaw.
        let limit = random(&set("hbm3"), 64, Traffic::Read, Refresh::PerBank);
        assert_eq!(limit.bound, Bound::FourActs);
        assert!((limit.share - 2.0 / 3.0 * (1.0 - 48.0 / 3900.0)).abs() < 1e-12);
        // 16 times in 3900 ns a gap of 2 instead of 1 ns, and an ACT for each burst.
        let mut hb3d = set("hb3d");
        hb3d.t_faw.0 = 3_000;
        let limit = random(&hb3d, 32, Traffic::Read, Refresh::PerBank);
        assert_eq!(limit.bound, Bound::Acts);
        assert!((limit.share - (1.0 - 16.0 / 3900.0)).abs() < 1e-12);
    }

    #[test]
    fn each_resource_can_be_the_scarcest() {
        type Change = fn(&mut TimingSet);
        let cases: [(Change, Bound, i64); 6] = [
            (|set| set.t_ccd_l.0 = 10_000, Bound::BankGroup, 500),
            (|set| set.t_faw.0 = 20_000, Bound::FourActs, 500),
            (|set| set.t_rrd_s.0 = 5_000, Bound::Acts, 500),
            (|set| set.t_rrd_l.0 = 20_000, Bound::GroupActs, 500),
            (|set| set.t_rc.0 = 80_000, Bound::Bank, 500),
            (|set| set.t_faw.0 = 0, Bound::Bank, 889),
        ];
        for (change, bound, share) in cases {
            let mut hbm3 = set("hbm3");
            change(&mut hbm3);
            let limit = random(&hbm3, 64, Traffic::Read, Refresh::None);
            assert_eq!((limit.bound, tenths(limit)), (bound, share));
        }
        let mut slow_row_bus = set("hb3d");
        slow_row_bus.t_ck.0 = 2_000;
        let limit = random(&slow_row_bus, 64, Traffic::Read, Refresh::None);
        assert_eq!((limit.bound, tenths(limit)), (Bound::RowBus, 500));
    }

    #[test]
    fn writes_keep_their_banks_longer_than_reads() {
        let limit = random(&set("hbm3"), 64, Traffic::Write, Refresh::None);
        // 16 banks * 2.5 ns in 19.4 + 2.5 + 8.75 + 1.25 + 20.6 + 16.25 ns.
        assert_eq!((tenths(limit), limit.bound), (582, Bound::Bank));
    }

    #[test]
    fn turns_cost_the_idle_bus() {
        // k = (1.25 + 4.4 + 12.5) / 0.625 = 29.04 clocks; (1 + 4.5 + 10) / 0.5 = 31.
        for (name, k) in [("hbm3", 29.04), ("hbm4", 31.0)] {
            let share = turns(&set(name), 32, Refresh::None).share;
            assert!(
                (share - 128.0 / (128.0 + k)).abs() < 1e-9,
                "{name}: {share}"
            );
        }
        assert!(turns(&set("hbm3"), 32, AB).share < turns(&set("hbm3"), 32, Refresh::None).share);
    }

    #[test]
    fn the_table_of_the_document_is_what_follows_from_the_sets() {
        type Pattern = fn(&TimingSet) -> Limit;
        let rows: [(&str, Pattern); 7] = [
            ("sequential read, REFab", |set| {
                streaming(set, Traffic::Read, AB)
            }),
            ("sequential write, REFab", |set| {
                streaming(set, Traffic::Write, AB)
            }),
            ("sequential, REFpb", |set| {
                streaming(set, Traffic::Read, Refresh::PerBank)
            }),
            ("random 64 B read, REFab", |set| {
                random(set, 64, Traffic::Read, AB)
            }),
            ("random 64 B write, REFab", |set| {
                random(set, 64, Traffic::Write, AB)
            }),
            ("random 64 B read, REFpb", |set| {
                random(set, 64, Traffic::Read, Refresh::PerBank)
            }),
            ("128 bursts read, 128 written, REFab", |set| {
                turns(set, 128, AB)
            }),
        ];
        let document = include_str!("../../../../docs/mem3d.md");
        for (name, pattern) in rows {
            let cells: Vec<_> = TimingSet::names()
                .map(|set| {
                    let limit = pattern(&self::set(set));
                    format!("{:.1} ({})", 100.0 * limit.share, limit.bound)
                })
                .collect();
            let row = format!("| {name} | {} |", cells.join(" | "));
            assert!(document.contains(&row), "docs/mem3d.md has no row `{row}`");
        }
    }

    #[test]
    fn a_share_is_a_bandwidth() {
        let limit = streaming(&set("hb3d"), Traffic::Read, Refresh::PerBank);
        assert_eq!(limit.bytes_per_second(&set("hb3d")).round(), 32e9);
    }
}
