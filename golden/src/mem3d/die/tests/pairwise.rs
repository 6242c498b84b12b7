//! The die against a slow judge that compares each command with every one before it.
//!
//! The die remembers only the last command of each kind, bank and group. The judge forgets nothing and
//! has each rule as its definition says it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::super::super::timing::{Picoseconds, TimingSet};
use super::super::RowOp;
use super::bench::{Bench, Op, sets};

use Op::{Act, Rd, Rda, Row, Wr, Wra};

/// What happened to the die, in half picoseconds.
struct Judge {
    set: TimingSet,
    history: Vec<(Op, i64)>,
    /// Precharges that closed something, some of them still to come.
    precharges: Vec<(u8, i64)>,
    open: [bool; 16],
    asleep: Option<(RowOp, i64)>,
}

fn half(span: Picoseconds) -> i64 {
    2 * span.0 as i64
}

/// Bank, direction and auto-precharge of a column command.
fn column(op: Op) -> Option<(u8, bool, bool)> {
    match op {
        Rd(bank) => Some((bank, false, false)),
        Rda(bank) => Some((bank, false, true)),
        Wr(bank) => Some((bank, true, false)),
        Wra(bank) => Some((bank, true, true)),
        _ => None,
    }
}

impl Judge {
    fn new(set: &TimingSet) -> Self {
        Self {
            set: set.clone(),
            history: Vec::new(),
            precharges: Vec::new(),
            open: [false; 16],
            asleep: None,
        }
    }

    fn same_group(&self, a: u8, b: u8) -> bool {
        let group = |bank: u8| u32::from(bank) / self.set.banks_per_group;
        group(a) == group(b)
    }

    fn data(&self, at: i64, write: bool) -> (i64, i64) {
        let start = at + half(if write { self.set.t_cwl } else { self.set.t_cl });
        (start, start + half(self.set.t_burst))
    }

    fn closed(&self, bank: u8, at: i64) -> bool {
        let pending = |(closing, when): &(u8, i64)| *closing == bank && *when > at;
        !self.open[usize::from(bank)] && !self.precharges.iter().any(pending)
    }

    fn allows(&self, op: Op, at: i64) -> bool {
        if let Some((entered, since)) = self.asleep {
            let (leave, stay) = match entered {
                RowOp::Pde => (RowOp::Pdx, self.set.t_pd),
                _ => (RowOp::Srx, self.set.t_sr),
            };
            return match op {
                Row(RowOp::Pdx | RowOp::Srx, _) => op != Row(leave, 0) || at - since >= half(stay),
                _ => false,
            };
        }
        if matches!(op, Row(RowOp::Pdx | RowOp::Srx, _)) {
            return true;
        }
        self.state_allows(op, at)
            && self
                .history
                .iter()
                .all(|(before, when)| self.pair_allows(*before, *when, op, at))
            && self.precharge_allows(op, at)
            && self.window_allows(op, at)
    }

    fn state_allows(&self, op: Op, at: i64) -> bool {
        let all_closed = (0..16).all(|bank| self.closed(bank, at));
        let moving = |(op, when): &(Op, i64)| {
            column(*op).is_some_and(|(_, write, _)| self.data(*when, write).1 > at)
        };
        match op {
            Act(bank, _) | Row(RowOp::RefPb | RowOp::RfmPb, bank) => self.closed(bank, at),
            Row(RowOp::RefAb, _) => all_closed,
            Row(RowOp::Pde | RowOp::Sre, _) => all_closed && !self.history.iter().any(moving),
            Row(_, _) => true,
            _ => column(op).is_some_and(|(bank, _, _)| self.open[usize::from(bank)]),
        }
    }

    /// Rules between two commands.
    fn pair_allows(&self, before: Op, when: i64, op: Op, at: i64) -> bool {
        let set = &self.set;
        let after = |span: Picoseconds| at - when >= half(span);
        let by_group = |a, b, long, short| after(if self.same_group(a, b) { long } else { short });
        match (before, op) {
            (Row(RowOp::RefAb, _), _) => after(set.t_rfc_ab),
            (Row(RowOp::Pdx, _), _) => after(set.t_xp),
            (Row(RowOp::Srx, _), _) => after(set.t_xs),
            (Act(..), Row(RowOp::RefAb, _)) => after(set.t_rc),
            (Act(a, _), Act(b, _) | Row(RowOp::RefPb | RowOp::RfmPb, b)) if a == b => {
                after(set.t_rc)
            }
            (Act(a, _), Act(b, _) | Row(RowOp::RefPb | RowOp::RfmPb, b)) => {
                by_group(a, b, set.t_rrd_l, set.t_rrd_s)
            }
            (Row(RowOp::RefPb, _), Row(RowOp::RefAb, _)) => after(set.t_rfc_pb),
            (Row(RowOp::RfmPb, _), Row(RowOp::RefAb, _)) => after(set.t_rfm),
            (
                Row(kind @ (RowOp::RefPb | RowOp::RfmPb), a),
                Act(b, _) | Row(RowOp::RefPb | RowOp::RfmPb, b),
            ) => after(match (a == b, kind) {
                (true, RowOp::RefPb) => set.t_rfc_pb,
                (true, _) => set.t_rfm,
                (false, _) => set.t_rrefd,
            }),
            (_, Row(RowOp::Pre, bank)) => self.lets_close(before, when, bank, at),
            (_, Row(RowOp::PreAll, _)) => {
                (0..16).all(|bank| self.lets_close(before, when, bank, at))
            }
            _ => self.column_pair_allows(before, when, op, at),
        }
    }

    /// What a precharge of an open bank waits for.
    fn lets_close(&self, before: Op, when: i64, bank: u8, at: i64) -> bool {
        if self.closed(bank, at) {
            return true;
        }
        match (before, column(before)) {
            (Act(a, _), _) if a == bank => at - when >= half(self.set.t_ras),
            (_, Some((a, false, _))) if a == bank => at - when >= half(self.set.t_rtp),
            (_, Some((a, true, _))) if a == bank => {
                at - self.data(when, true).1 >= half(self.set.t_wr)
            }
            _ => true,
        }
    }

    fn column_pair_allows(&self, before: Op, when: i64, op: Op, at: i64) -> bool {
        let set = &self.set;
        let Some((bank, write, _)) = column(op) else {
            return true;
        };
        if let Act(a, _) = before {
            return a != bank || at - when >= half(set.t_rcd);
        }
        let Some((a, wrote, _)) = column(before) else {
            return true;
        };
        let same = self.same_group(a, bank);
        let end = self.data(when, wrote).1;
        let ccd = half(if same { set.t_ccd_l } else { set.t_ccd_s });
        let wtr = half(if same { set.t_wtr_l } else { set.t_wtr_s });
        let turn = if write == wrote { 0 } else { half(set.t_turn) };
        (write != wrote || at - when >= ccd)
            && (write || !wrote || at - end >= wtr)
            && self.data(at, write).0 - end >= turn
    }

    /// Precharges, own and automatic, to what needs a precharged bank.
    fn precharge_allows(&self, op: Op, at: i64) -> bool {
        self.precharges.iter().all(|(bank, when)| {
            let concerned = match op {
                Act(b, _) | Row(RowOp::RefPb | RowOp::RfmPb, b) => b == *bank,
                Row(RowOp::RefAb | RowOp::Sre, _) => true,
                _ => false,
            };
            !concerned || at - when >= half(self.set.t_rp)
        })
    }

    /// At most four ACTs in any `TFaw`.
    fn window_allows(&self, op: Op, at: i64) -> bool {
        let recent = |(before, when): &&(Op, i64)| {
            matches!(before, Act(..)) && at - when < half(self.set.t_faw)
        };
        !matches!(op, Act(..)) || self.history.iter().filter(recent).count() < 4
    }

    fn accept(&mut self, op: Op, at: i64) {
        match op {
            Act(bank, _) => self.open[usize::from(bank)] = true,
            Row(RowOp::Pre, bank) => self.close(bank, at),
            Row(RowOp::PreAll, _) => (0..16).for_each(|bank| self.close(bank, at)),
            Row(RowOp::Pde | RowOp::Sre, _) => {
                let Row(entered, _) = op else { return };
                self.asleep = Some((entered, at));
            }
            Row(RowOp::Pdx, _) if self.asleep.is_none_or(|(entered, _)| entered != RowOp::Pde) => {
                return;
            }
            Row(RowOp::Srx, _) if self.asleep.is_none_or(|(entered, _)| entered != RowOp::Sre) => {
                return;
            }
            Row(RowOp::Pdx | RowOp::Srx, _) => self.asleep = None,
            _ => {}
        }
        self.history.push((op, at));
        if let Some((bank, _, true)) = column(op) {
            // As soon as a precharge would be legal: by trying.
            let legal = |time: &i64| {
                self.history
                    .iter()
                    .all(|(before, when)| self.lets_close(*before, *when, bank, *time))
            };
            let when = (at..).find(legal).expect("some time");
            self.close(bank, when);
        }
    }

    fn close(&mut self, bank: u8, at: i64) {
        if std::mem::take(&mut self.open[usize::from(bank)]) {
            self.precharges.push((bank, at));
        }
    }
}

/// Any command for four banks in two groups; what opens and uses rows more often than what stops all.
fn draw(random: &mut ChaCha8Rng) -> Op {
    let bank = [0, 1, 8, 9][random.next_u32() as usize % 4];
    match random.next_u32() % 32 {
        0..8 => Act(bank, 1),
        8..12 => Rd(bank),
        12..16 => Wr(bank),
        16..18 => Rda(bank),
        18..20 => Wra(bank),
        20..24 => Row(RowOp::Pre, bank),
        24 => Row(RowOp::PreAll, 0),
        25 => Row(RowOp::RefAb, 0),
        26..28 => Row(RowOp::RefPb, bank),
        28 => Row(RowOp::RfmPb, bank),
        29 => Row(RowOp::Pde, 0),
        30 => Row(RowOp::Sre, 0),
        _ => Row([RowOp::Pdx, RowOp::Srx][bank as usize % 2], 0),
    }
}

/// Fifty random walks a set: at each step a command that may or may not be legal, often in the very next cycle.
#[test]
fn the_die_judges_as_one_that_forgets_nothing() {
    for set in sets() {
        let mut verdicts = [0_u64; 2];
        for seed in 0..50 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            // Long refreshes would leave little but waiting.
            let mut set = set.clone();
            for span in [
                &mut set.t_rfc_ab,
                &mut set.t_rfc_pb,
                &mut set.t_rfm,
                &mut set.t_xs,
            ] {
                span.0 /= 10;
            }
            let mut bench = Bench::new(&set);
            let mut judge = Judge::new(&set);
            for _ in 0..600 {
                let op = draw(&mut random);
                let at = bench.time(op, bench.cycle);
                let mut attempt = bench.clone();
                let verdict = attempt.now(op);
                let allowed = judge.allows(op, at);
                assert_eq!(
                    verdict.is_ok(),
                    allowed,
                    "{op:?} at {at}: {verdict:?}, {:?}",
                    judge.history
                );
                verdicts[usize::from(allowed)] += 1;
                if allowed {
                    judge.accept(op, at);
                    bench = attempt;
                } else {
                    bench
                        .now(Op::Wait(u64::from(random.next_u32() % 4)))
                        .expect("waiting is legal");
                }
            }
        }
        assert!(verdicts.iter().all(|count| *count > 3_000), "{verdicts:?}");
    }
}
