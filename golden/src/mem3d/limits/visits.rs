//! The limit of a pattern that is known visit by visit.

use super::super::timing::TimingSet;
use super::demand::{Demand, Limit, Refresh, Traffic, bank_time, row_bus_time};

/// Bursts of one row, in the order of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Visit {
    /// The bank.
    pub bank: u8,
    /// The row.
    pub row: u16,
    /// 32-byte bursts of it.
    pub bursts: u32,
}

/// The limit of visits in their order, for a controller that sees `queue` of them at a time.
///
/// Visits of a bank's row that such a controller can serve together count as one activation: those of the row that it
/// has open, as long as they come less than `queue` visits after the oldest one that waits for that bank. Then, over
/// the whole list, with `n` activations:
///
/// `bursts * TBurst / max(bursts * TBurst, n * TFaw/4, n * TRrdS, n * 2*TCk, max over groups of its bursts * TCcdL and its
/// n * TRrdL, max over banks of the sum of its bank times)`, each resource less what refresh takes.
///
/// The share of the busiest group or bank counts for the whole list, so that the limit is the more exact the more alike
/// its parts are.
///
/// # Panics
///
/// If a bank is not one of the set's.
pub fn of_visits(
    set: &TimingSet,
    visits: &[Visit],
    queue: usize,
    traffic: Traffic,
    refresh: Refresh,
) -> Limit {
    let banks = set.banks() as usize;
    let mut by_bank: Vec<Vec<(usize, Visit)>> = vec![Vec::new(); banks];
    for (place, visit) in visits.iter().enumerate() {
        by_bank[usize::from(visit.bank)].push((place, *visit));
    }
    let groups = set.bank_groups as usize;
    let mut group_bursts = vec![0; groups];
    let mut group_acts = vec![0; groups];
    let mut busiest_bank: f64 = 0.0;
    for (bank, visits) in by_bank.iter().enumerate() {
        let activations = activations(visits, queue);
        let group = bank / set.banks_per_group as usize;
        group_bursts[group] += activations.iter().sum::<u64>();
        group_acts[group] += activations.len();
        let busy = activations
            .iter()
            .map(|bursts| bank_time(set, *bursts, traffic))
            .sum();
        busiest_bank = busiest_bank.max(busy);
    }
    let bursts = group_bursts.iter().sum::<u64>() as f64;
    let acts = group_acts.iter().sum::<usize>() as f64;
    let most_bursts = group_bursts.iter().max().copied().unwrap_or(0) as f64;
    let most_acts = group_acts.iter().max().copied().unwrap_or(0) as f64;
    let data = bursts * set.t_burst.0 as f64;
    let demand = Demand {
        data,
        bus: data,
        group: most_bursts * set.t_ccd_l.0 as f64,
        four_acts: acts * set.t_faw.0 as f64 / 4.0,
        acts: acts * set.t_rrd_s.0 as f64,
        group_acts: most_acts * set.t_rrd_l.0 as f64,
        row_bus: acts * row_bus_time(set),
        bank: busiest_bank,
    };
    demand.limit(set, traffic, refresh)
}

/// The bursts of each activation of a bank, from its visits and their places among all.
fn activations(visits: &[(usize, Visit)], queue: usize) -> Vec<u64> {
    let mut waits = vec![true; visits.len()];
    let mut activations = Vec::new();
    let mut oldest = 0;
    while oldest < visits.len() {
        let row = visits[oldest].1.row;
        let mut bursts = 0;
        loop {
            let before = bursts;
            let end = visits[oldest..]
                .partition_point(|(place, _)| *place < visits[oldest].0 + queue.max(1));
            for next in oldest..oldest + end {
                if waits[next] && visits[next].1.row == row {
                    waits[next] = false;
                    bursts += u64::from(visits[next].1.bursts);
                }
            }
            oldest += waits[oldest..].iter().take_while(|waits| !**waits).count();
            // The row is open for what comes into sight as the window moves on, until nothing does.
            if oldest == visits.len() || bursts == before {
                break;
            }
        }
        activations.push(bursts);
    }
    activations
}

#[cfg(test)]
mod tests {
    use super::super::demand::Bound;
    use super::super::patterns::{random, streaming};
    use super::*;

    const AB: Refresh = Refresh::AllBank { batch: 1 };

    fn hbm3() -> TimingSet {
        TimingSet::named("hbm3").expect("a set of the project works")
    }

    fn line(bank: u8, row: u16) -> Visit {
        Visit {
            bank,
            row,
            bursts: 2,
        }
    }

    fn limit(visits: &[Visit], queue: usize) -> Limit {
        of_visits(&hbm3(), visits, queue, Traffic::Read, AB)
    }

    #[test]
    fn a_stream_over_all_banks_has_the_limit_of_streaming() {
        let visits: Vec<_> = (0..4096_u16)
            .map(|place| line((place % 4 * 4 + place / 64 % 4) as u8, place / 256))
            .collect();
        assert_eq!(limit(&visits, 64), streaming(&hbm3(), Traffic::Read, AB));
    }

    #[test]
    fn a_row_for_each_line_has_the_limit_of_random_lines() {
        let visits: Vec<_> = (0..4096_u16)
            .map(|place| line((place % 16) as u8, place))
            .collect();
        assert_eq!(limit(&visits, 64), random(&hbm3(), 64, Traffic::Read, AB));
    }

    #[test]
    fn one_bank_is_bound_by_its_cycle_and_one_group_by_its_columns() {
        let one_bank: Vec<_> = (0..1000).map(|row| line(3, row)).collect();
        let bank = limit(&one_bank, 64);
        assert_eq!(bank.bound, Bound::Bank);
        assert!((bank.share - 2.5 / 45.0 * (1.0 - 350.0 / 3900.0)).abs() < 1e-12);
        let one_group: Vec<_> = (0..1024_u16)
            .map(|place| line((place % 4) as u8, place / 64))
            .collect();
        let group = limit(&one_group, 64);
        assert_eq!(group.bound, Bound::BankGroup);
        assert!((group.share - 0.5 * (1.0 - 350.0 / 3900.0)).abs() < 1e-12);
    }

    #[test]
    fn visits_that_the_queue_sees_together_share_an_activation() {
        let bursts = |rows: &[u16], queue| {
            let visits: Vec<_> = rows
                .iter()
                .enumerate()
                .map(|(place, row)| (place, line(0, *row)))
                .collect();
            activations(&visits, queue)
        };
        assert_eq!(bursts(&[1, 1, 1, 1], 1), [8]);
        assert_eq!(bursts(&[1, 2, 1, 2], 1), [2, 2, 2, 2]);
        // As soon as the first is served, the third comes into sight while its row is open.
        assert_eq!(bursts(&[1, 2, 1, 2], 2), [4, 4]);
        assert_eq!(bursts(&[1, 2, 2, 2, 1], 3), [2, 6, 2]);
        assert_eq!(bursts(&[1, 2, 2, 2, 1], 4), [4, 6]);
    }
}
