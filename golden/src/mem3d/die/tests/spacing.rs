//! Every rule of the kind "at least so long after": a clock too early, a picosecond too early, in time.

use super::super::super::timing::{Picoseconds, TimingSet};
use super::super::{RowOp, Rule};
use super::bench::{Bench, Op, sets};

use Op::{Act, Rd, Rda, Wait, Wr, Wra};

const PRE: Op = Op::Row(RowOp::Pre, 0);
const PREA: Op = Op::Row(RowOp::PreAll, 0);
const REFAB: Op = Op::Row(RowOp::RefAb, 0);
const REFPB: Op = Op::Row(RowOp::RefPb, 0);
const RFMPB: Op = Op::Row(RowOp::RfmPb, 0);
const PDE: Op = Op::Row(RowOp::Pde, 0);
const PDX: Op = Op::Row(RowOp::Pdx, 0);
const SRE: Op = Op::Row(RowOp::Sre, 0);
const SRX: Op = Op::Row(RowOp::Srx, 0);
/// Long enough that only the last command matters.
const LONG: Op = Wait(120);

/// What a rule counts from: an operation of the script by its place.
#[derive(Clone, Copy)]
enum Since {
    Op(usize),
    /// The end of its data.
    DataEnd(usize),
    /// The moment at which a command of the other direction would move data right behind its data.
    Bus(usize),
    /// The auto-precharge `TRtp` after it.
    ReadPrecharge(usize),
    /// The auto-precharge `TWr` after its data.
    WritePrecharge(usize),
}

type Parameter = fn(&mut TimingSet) -> &mut Picoseconds;

/// A script, and a last command that the rule holds up.
pub(super) struct Case {
    pub(super) rule: Rule,
    parameter: Parameter,
    /// Makes the rule the one that holds the command up.
    expose: fn(&mut TimingSet),
    script: Vec<Op>,
    since: Since,
    last: Op,
}

impl Case {
    fn exposed(mut self, expose: fn(&mut TimingSet)) -> Self {
        self.expose = expose;
        self
    }

    fn run(&self, set: &TimingSet) -> Outcome {
        let mut bench = Bench::new(set);
        let cycles = bench.run(&self.script);
        let time = |place: usize| bench.time(self.script[place], cycles[place]);
        let ps = |span: Picoseconds| 2 * span.0 as i64;
        let latency = |place: usize| {
            ps(if self.script[place].is_write() {
                set.t_cwl
            } else {
                set.t_cl
            })
        };
        let data_end = |place| time(place) + latency(place) + ps(set.t_burst);
        let since = match self.since {
            Since::Op(place) => time(place),
            Since::DataEnd(place) => data_end(place),
            Since::Bus(place) => {
                data_end(place)
                    - ps(if self.last.is_write() {
                        set.t_cwl
                    } else {
                        set.t_cl
                    })
            }
            Since::ReadPrecharge(place) => time(place) + ps(set.t_rtp),
            Since::WritePrecharge(place) => data_end(place) + ps(set.t_wr),
        };
        let (cycle, rejected) = bench.earliest(self.last);
        Outcome {
            cycle,
            rejected: rejected.map(|violation| violation.rule),
            span: bench.time(self.last, cycle) - since,
        }
    }
}

#[derive(Debug)]
struct Outcome {
    cycle: u64,
    /// What was said one clock earlier.
    rejected: Option<Rule>,
    /// From what the rule counts from to the accepted command, in half picoseconds.
    span: i64,
}

fn case(rule: Rule, parameter: Parameter, script: &[Op], since: Since, last: Op) -> Case {
    Case {
        rule,
        parameter,
        expose: |_| {},
        script: script.to_vec(),
        since,
        last,
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = bank_cases();
    cases.extend(across_bank_cases());
    cases.extend(column_cases());
    cases.extend(refresh_cases());
    cases.extend(power_cases());
    cases
}

fn bank_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for last in [Rd(0), Wr(0), Rda(0), Wra(0)] {
        cases.push(case(
            Rule::TRcd,
            |set| &mut set.t_rcd,
            &[Act(0, 1)],
            Since::Op(0),
            last,
        ));
    }
    for last in [PRE, PREA] {
        let open = [Act(0, 1)];
        cases.push(case(
            Rule::TRas,
            |set| &mut set.t_ras,
            &open,
            Since::Op(0),
            last,
        ));
        let read = [Act(0, 1), LONG, Rd(0)];
        cases.push(case(
            Rule::TRtp,
            |set| &mut set.t_rtp,
            &read,
            Since::Op(2),
            last,
        ));
        let write = [Act(0, 1), LONG, Wr(0)];
        cases.push(case(
            Rule::TWr,
            |set| &mut set.t_wr,
            &write,
            Since::DataEnd(2),
            last,
        ));
    }
    for last in [Act(0, 2), REFAB, REFPB, RFMPB] {
        for precharge in [PRE, PREA] {
            let closed = [Act(0, 1), LONG, precharge];
            cases.push(case(
                Rule::TRp,
                |set| &mut set.t_rp,
                &closed,
                Since::Op(2),
                last,
            ));
        }
        let read = [Act(0, 1), LONG, Rda(0)];
        cases.push(case(
            Rule::TRp,
            |set| &mut set.t_rp,
            &read,
            Since::ReadPrecharge(2),
            last,
        ));
        let write = [Act(0, 1), LONG, Wra(0)];
        cases.push(case(
            Rule::TRp,
            |set| &mut set.t_rp,
            &write,
            Since::WritePrecharge(2),
            last,
        ));
        // An auto-precharge of a read waits for the recovery of a write before it.
        let both = [Act(0, 1), LONG, Wr(0), Rda(0)];
        cases.push(
            case(
                Rule::TRp,
                |set| &mut set.t_rp,
                &both,
                Since::WritePrecharge(2),
                last,
            )
            .exposed(|set| set.t_wr.0 += 20_000),
        );
        let cycled = [Act(0, 1), PRE];
        cases.push(
            case(Rule::TRc, |set| &mut set.t_rc, &cycled, Since::Op(0), last)
                .exposed(|set| set.t_rc.0 += 10_000),
        );
    }
    let closed = [Act(0, 1), LONG, PRE];
    cases.push(case(
        Rule::TRp,
        |set| &mut set.t_rp,
        &closed,
        Since::Op(2),
        SRE,
    ));
    cases
}

fn across_bank_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // Of `hb3d` no spacing of ACTs is longer than a clock; longer ones show the rule.
    for last in [
        Act(8, 2),
        Op::Row(RowOp::RefPb, 8),
        Op::Row(RowOp::RfmPb, 8),
    ] {
        cases.push(
            case(
                Rule::TRrdS,
                |set| &mut set.t_rrd_s,
                &[Act(0, 1)],
                Since::Op(0),
                last,
            )
            .exposed(|set| set.t_rrd_s.0 += 2_000),
        );
    }
    for last in [
        Act(1, 2),
        Op::Row(RowOp::RefPb, 1),
        Op::Row(RowOp::RfmPb, 1),
    ] {
        cases.push(
            case(
                Rule::TRrdL,
                |set| &mut set.t_rrd_l,
                &[Act(0, 1)],
                Since::Op(0),
                last,
            )
            .exposed(|set| set.t_rrd_l.0 += 2_000),
        );
        // The same bank group's last ACT counts, not the last of all.
        let between = [Act(0, 1), Act(8, 1)];
        cases.push(
            case(
                Rule::TRrdL,
                |set| &mut set.t_rrd_l,
                &between,
                Since::Op(0),
                last,
            )
            .exposed(|set| set.t_rrd_l.0 += 6_000),
        );
    }
    let four = [Act(0, 1), Act(8, 1), Act(4, 1), Act(12, 1)];
    cases.push(
        case(
            Rule::TFaw,
            |set| &mut set.t_faw,
            &four,
            Since::Op(0),
            Act(1, 1),
        )
        .exposed(|set| set.t_faw.0 += 10_000),
    );
    cases
}

fn column_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let open = [Act(0, 1), Act(1, 1), Act(8, 1), LONG];
    let after = |op: Op| [open.as_slice(), &[op]].concat();
    for (first, other, same, own) in [
        (Rd(0), Rd(8), Rd(1), Rd(0)),
        (Wr(0), Wr(8), Wr(1), Wr(0)),
        (Rda(0), Rda(8), Rda(1), Rd(1)),
        (Wra(0), Wra(8), Wra(1), Wr(1)),
    ] {
        // On the pins no two column commands are closer than TCcdS; a longer one shows the rule.
        cases.push(
            case(
                Rule::TCcdS,
                |set| &mut set.t_ccd_s,
                &after(first),
                Since::Op(4),
                other,
            )
            .exposed(|set| set.t_ccd_s.0 += 2_000),
        );
        for last in [same, own] {
            cases.push(
                case(
                    Rule::TCcdL,
                    |set| &mut set.t_ccd_l,
                    &after(first),
                    Since::Op(4),
                    last,
                )
                .exposed(|set| set.t_ccd_l.0 += 2_000),
            );
        }
    }
    for last in [Wr(0), Wr(1), Wra(8)] {
        cases.push(case(
            Rule::TTurn,
            |set| &mut set.t_turn,
            &after(Rd(0)),
            Since::Bus(4),
            last,
        ));
    }
    cases.push(
        case(
            Rule::TTurn,
            |set| &mut set.t_turn,
            &after(Wr(0)),
            Since::Bus(4),
            Rd(8),
        )
        .exposed(|set| set.t_turn.0 += 30_000),
    );
    cases.push(case(
        Rule::TWtrS,
        |set| &mut set.t_wtr_s,
        &after(Wr(0)),
        Since::DataEnd(4),
        Rd(8),
    ));
    for last in [Rd(0), Rd(1), Rda(1)] {
        cases.push(case(
            Rule::TWtrL,
            |set| &mut set.t_wtr_l,
            &after(Wr(0)),
            Since::DataEnd(4),
            last,
        ));
    }
    cases
}

fn refresh_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for last in [Act(0, 1), PRE, PREA, REFAB, REFPB, RFMPB, PDE, SRE] {
        cases.push(case(
            Rule::TRfcAb,
            |set| &mut set.t_rfc_ab,
            &[REFAB],
            Since::Op(0),
            last,
        ));
    }
    for last in [Act(0, 1), REFAB, REFPB, RFMPB] {
        cases.push(case(
            Rule::TRfcPb,
            |set| &mut set.t_rfc_pb,
            &[REFPB],
            Since::Op(0),
            last,
        ));
        cases.push(case(
            Rule::TRfm,
            |set| &mut set.t_rfm,
            &[RFMPB],
            Since::Op(0),
            last,
        ));
    }
    for first in [REFPB, RFMPB] {
        for bank in [1, 8] {
            for last in [
                Act(bank, 1),
                Op::Row(RowOp::RefPb, bank),
                Op::Row(RowOp::RfmPb, bank),
            ] {
                cases.push(
                    case(
                        Rule::TRrefd,
                        |set| &mut set.t_rrefd,
                        &[first],
                        Since::Op(0),
                        last,
                    )
                    .exposed(|set| set.t_rrefd.0 += 2_000),
                );
            }
        }
    }
    cases
}

fn power_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for last in [Act(0, 1), PRE, PREA, REFAB, REFPB, RFMPB, PDE, SRE] {
        let down = [PDE, LONG, PDX];
        cases.push(case(
            Rule::TXp,
            |set| &mut set.t_xp,
            &down,
            Since::Op(2),
            last,
        ));
        let refreshed = [SRE, LONG, SRX];
        cases.push(case(
            Rule::TXs,
            |set| &mut set.t_xs,
            &refreshed,
            Since::Op(2),
            last,
        ));
    }
    cases.push(case(
        Rule::TPd,
        |set| &mut set.t_pd,
        &[PDE],
        Since::Op(0),
        PDX,
    ));
    cases.push(case(
        Rule::TSr,
        |set| &mut set.t_sr,
        &[SRE],
        Since::Op(0),
        SRX,
    ));
    cases
}

#[test]
fn each_spacing_is_rejected_a_clock_too_early_and_accepted_in_time() {
    for mut set in sets() {
        for case in cases() {
            let original = set.clone();
            (case.expose)(&mut set);
            let outcome = case.run(&set);
            let context = format!("{:?}, then {:?}: {outcome:?}", case.script, case.last);
            let span = 2 * (case.parameter)(&mut set).0 as i64;
            let period = 2 * set.period().0 as i64;
            assert_eq!(outcome.rejected, Some(case.rule), "{context}");
            assert!(outcome.span >= span, "{context} in spite of {span}");
            assert!(outcome.span - period < span, "{context}, {span} would do");
            set = original;
        }
    }
}

#[test]
fn each_spacing_is_judged_to_the_picosecond() {
    for set in sets() {
        for case in cases() {
            let mut set = set.clone();
            (case.expose)(&mut set);
            let outcome = case.run(&set);
            // The longest span that still lets the command come in that clock, and one more.
            let longest = Picoseconds(outcome.span as u64 / 2);
            *(case.parameter)(&mut set) = longest;
            let in_time = case.run(&set);
            let context = format!("{:?}, then {:?}: {in_time:?}", case.script, case.last);
            assert_eq!(in_time.cycle, outcome.cycle, "{context}");
            *(case.parameter)(&mut set) = longest + Picoseconds(1);
            let late = case.run(&set);
            assert_eq!(late.cycle, outcome.cycle + 1, "{context}");
            assert_eq!(late.rejected, Some(case.rule), "{context}");
        }
    }
}
