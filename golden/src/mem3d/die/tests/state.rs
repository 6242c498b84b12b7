//! Rules of state: a history after which a command is rejected, and one after which it is accepted.

use super::super::super::timing::TimingSet;
use super::super::{DieOptions, Pins, RowOp, Rule, Violation};
use super::bench::{Bench, Op, set, sets};

use Op::{Act, Rd, Rda, Wait, Wr};

const fn row(op: RowOp) -> Op {
    Op::Row(op, 0)
}

/// A rule, a script that breaks it in its last step, and one that differs as little as it can and does not.
pub(super) struct Case {
    pub(super) rule: Rule,
    broken: Script,
    kept: Script,
}

/// Runs until the last step, then that.
type Script = fn(&mut Bench) -> Result<(), Violation>;

fn ops(bench: &mut Bench, before: &[Op], last: Op) -> Result<(), Violation> {
    bench.run(before);
    bench.now(last)
}

/// A burst on the data pins.
const DATA: Pins = Pins {
    row: None,
    act: None,
    col: None,
    dq: Some([0; 10]),
    lanes: super::super::LaneMap {
        fail_valid: [false; 2],
        fail_lane: [0; 2],
    },
    temperature: 0,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = bank_state();
    cases.extend(sleep());
    cases.extend(data());
    cases.extend(range());
    cases.extend(counts());
    cases
}

fn case(rule: Rule, broken: Script, kept: Script) -> Case {
    Case { rule, broken, kept }
}

fn bank_state() -> Vec<Case> {
    vec![
        case(
            Rule::ActPrecharged,
            |bench| ops(bench, &[Act(0, 1), Wait(100)], Act(0, 1)),
            |bench| ops(bench, &[Act(0, 1), Wait(100)], Act(1, 1)),
        ),
        case(
            Rule::ColumnOpen,
            |bench| ops(bench, &[Act(0, 1), Wait(100), row(RowOp::Pre)], Rd(0)),
            |bench| {
                ops(
                    bench,
                    &[Act(0, 1), Wait(100), Op::Row(RowOp::Pre, 1)],
                    Rd(0),
                )
            },
        ),
        case(
            Rule::ColumnOpen,
            |bench| ops(bench, &[Act(0, 1), Wait(100), Rda(0), Wait(2)], Rd(0)),
            |bench| ops(bench, &[Act(0, 1), Wait(100), Rd(0), Wait(2)], Rd(0)),
        ),
        case(
            Rule::RefreshPrecharged,
            |bench| ops(bench, &[Act(5, 1), Wait(100)], row(RowOp::RefAb)),
            |bench| {
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Op::Row(RowOp::Pre, 5), Wait(50)],
                    row(RowOp::RefAb),
                )
            },
        ),
        case(
            Rule::RefreshPrecharged,
            |bench| ops(bench, &[Act(5, 1), Wait(100)], Op::Row(RowOp::RefPb, 5)),
            |bench| ops(bench, &[Act(5, 1), Wait(100)], Op::Row(RowOp::RefPb, 4)),
        ),
        case(
            Rule::RefreshPrecharged,
            |bench| ops(bench, &[Act(5, 1), Wait(100)], Op::Row(RowOp::RfmPb, 5)),
            |bench| ops(bench, &[Act(5, 1), Wait(100)], Op::Row(RowOp::RfmPb, 4)),
        ),
    ]
}

fn sleep() -> Vec<Case> {
    let mut cases = vec![
        case(
            Rule::SleepPrecharged,
            |bench| ops(bench, &[Act(5, 1), Wait(100)], row(RowOp::Pde)),
            |bench| {
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Op::Row(RowOp::Pre, 5)],
                    row(RowOp::Pde),
                )
            },
        ),
        case(
            Rule::SleepPrecharged,
            |bench| ops(bench, &[Act(5, 1), Wait(100)], row(RowOp::Sre)),
            |bench| {
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), row(RowOp::PreAll), Wait(50)],
                    row(RowOp::Sre),
                )
            },
        ),
        // An auto-precharge under way is not over.
        case(
            Rule::SleepPrecharged,
            |bench| {
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Op::Wra(5), Wait(5)],
                    row(RowOp::Pde),
                )
            },
            |bench| {
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Op::Wra(5), Wait(60)],
                    row(RowOp::Pde),
                )
            },
        ),
        case(
            Rule::SleepQuiet,
            |bench| {
                let wait = bench.set.read_latency_cycles() - 1;
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Rda(5), Wait(wait)],
                    row(RowOp::Pde),
                )
            },
            |bench| {
                let wait = bench.set.read_latency_cycles();
                ops(
                    bench,
                    &[Act(5, 1), Wait(100), Rda(5), Wait(wait)],
                    row(RowOp::Pde),
                )
            },
        ),
        case(
            Rule::SleepQuiet,
            |bench| {
                ops(
                    &mut no_precharge_times(bench),
                    &[Act(5, 1), Wait(100), Rda(5)],
                    row(RowOp::Sre),
                )
            },
            |bench| {
                ops(
                    &mut no_precharge_times(bench),
                    &[Act(5, 1), Wait(100), Rda(5), Wait(15)],
                    row(RowOp::Sre),
                )
            },
        ),
    ];
    cases.push(case(
        Rule::PowerDown,
        |bench| {
            ops(
                bench,
                &[row(RowOp::Pde), Wait(100), row(RowOp::Srx), Wait(100)],
                Act(0, 1),
            )
        },
        |bench| {
            ops(
                bench,
                &[row(RowOp::Pde), Wait(100), row(RowOp::Pdx), Wait(100)],
                Act(0, 1),
            )
        },
    ));
    cases.push(case(
        Rule::SelfRefresh,
        |bench| {
            ops(
                bench,
                &[row(RowOp::Sre), Wait(100), row(RowOp::Pdx), Wait(500)],
                Act(0, 1),
            )
        },
        |bench| {
            ops(
                bench,
                &[row(RowOp::Sre), Wait(100), row(RowOp::Srx), Wait(500)],
                Act(0, 1),
            )
        },
    ));
    cases
}

/// A die whose precharges take no time worth the name, so that data is what keeps it awake.
fn no_precharge_times(bench: &Bench) -> Bench {
    let mut set = bench.set.clone();
    set.t_rtp.0 = 1;
    set.t_rp.0 = 1;
    Bench::new(&set)
}

fn data() -> Vec<Case> {
    vec![
        // The bus is busy with the read when the data of the write would come, or just no more.
        case(
            Rule::DataBus,
            |bench| {
                let mut bench = without_turn(bench);
                let wait = read_to_write(&bench) - 2;
                ops(
                    &mut bench,
                    &[Act(0, 1), Wait(100), Rd(0), Wait(wait)],
                    Wr(0),
                )
            },
            |bench| {
                let mut bench = without_turn(bench);
                let wait = read_to_write(&bench) - 1;
                ops(
                    &mut bench,
                    &[Act(0, 1), Wait(100), Rd(0), Wait(wait)],
                    Wr(0),
                )
            },
        ),
        case(
            Rule::WriteData,
            |bench| late_data(bench, 0, None),
            |bench| late_data(bench, 0, Some([0; 10])),
        ),
        case(
            Rule::NoWriteData,
            |bench| bench.cycle(DATA),
            |bench| late_data(bench, 0, Some([0; 10])),
        ),
        case(
            Rule::NoWriteData,
            |bench| late_data(bench, 1, Some([0; 10])),
            |bench| late_data(bench, 1, None),
        ),
    ]
}

fn without_turn(bench: &Bench) -> Bench {
    let mut set = bench.set.clone();
    set.t_turn.0 = 0;
    Bench::new(&set)
}

/// Cycles from RD to WR at which the data of one follows that of the other.
fn read_to_write(bench: &Bench) -> u64 {
    let set = &bench.set;
    set.cycles(set.t_cl + set.t_burst - set.t_cwl)
}

/// A WR without the bench's data, and these data pins `early` cycles before it is due.
fn late_data(
    bench: &mut Bench,
    early: u64,
    dq: Option<super::super::Burst>,
) -> Result<(), Violation> {
    bench.run(&[Act(0, 1), Wait(100)]);
    let write = Pins {
        col: Some(super::super::Column {
            write: true,
            ap: false,
            bank: 0,
            burst: 3,
        }),
        ..Pins::default()
    };
    bench.die.cycle(&write)?;
    for _ in 1..bench.set.write_latency_cycles() - early {
        bench.die.cycle(&Pins::default())?;
    }
    bench
        .die
        .cycle(&Pins {
            dq,
            ..Pins::default()
        })
        .map(|_| ())
}

fn range() -> Vec<Case> {
    vec![
        case(
            Rule::Range,
            |bench| bench.now(Act(16, 1)),
            |bench| bench.now(Act(15, 1)),
        ),
        case(
            Rule::Range,
            |bench| bench.now(Act(0, 64)),
            |bench| bench.now(Act(0, 63)),
        ),
        case(
            Rule::Range,
            |bench| bench.now(Op::Row(RowOp::Pre, 16)),
            |bench| bench.now(Op::Row(RowOp::Pre, 15)),
        ),
        case(
            Rule::Range,
            |bench| bench.now(Op::Row(RowOp::RefPb, 16)),
            |bench| bench.now(Op::Row(RowOp::RefPb, 15)),
        ),
        case(
            Rule::Range,
            |bench| bench.now(Op::Row(RowOp::RfmPb, 31)),
            |bench| bench.now(Op::Row(RowOp::RfmPb, 15)),
        ),
        case(
            Rule::Range,
            |bench| {
                bench.run(&[Act(0, 1), Wait(100)]);
                bench.read(0, 32)
            },
            |bench| {
                bench.run(&[Act(0, 1), Wait(100)]);
                bench.read(0, 31)
            },
        ),
        case(
            Rule::Range,
            |bench| {
                bench.run(&[Act(0, 1), Wait(100)]);
                bench.read(16, 0)
            },
            |bench| {
                bench.run(&[Act(0, 1), Wait(100)]);
                bench.read(0, 0)
            },
        ),
        // PREA and REFab have no bank; what `row_bank` carries does not matter.
        case(
            Rule::Range,
            |bench| bench.now(Op::Row(RowOp::Pre, 31)),
            |bench| bench.now(Op::Row(RowOp::PreAll, 31)),
        ),
    ]
}

/// Few activations until the limit, few rows until the first is refreshed again.
fn quick(bench: &Bench, postponed_max: u32) -> Bench {
    let mut set = bench.set.clone();
    set.raa_imt = 2;
    set.raa_mmt = 5;
    let options = DieOptions {
        ref_groups: 4,
        postponed_max,
        ..DieOptions::default()
    };
    Bench::with_options(&set, options)
}

fn activations(bench: &Bench, count: u16, between: &[Op]) -> Result<(), Violation> {
    let mut bench = quick(bench, 8);
    for row in 0..count - 1 {
        bench.run(&[Act(0, row), self::row(RowOp::Pre)]);
    }
    bench.run(between);
    bench.now(Wait(500))?;
    bench.now(Act(0, 63))
}

fn counts() -> Vec<Case> {
    vec![
        case(
            Rule::RaaMmt,
            |bench| activations(bench, 6, &[]),
            |bench| activations(bench, 5, &[]),
        ),
        case(
            Rule::RaaMmt,
            |bench| activations(bench, 6, &[Op::Row(RowOp::RfmPb, 1)]),
            |bench| activations(bench, 6, &[Op::Row(RowOp::RfmPb, 0)]),
        ),
        case(
            Rule::RaaMmt,
            |bench| activations(bench, 6, &[Op::Row(RowOp::RefPb, 1)]),
            |bench| activations(bench, 6, &[Op::Row(RowOp::RefPb, 0)]),
        ),
        case(
            Rule::RaaMmt,
            |bench| activations(bench, 6, &[]),
            |bench| activations(bench, 6, &[row(RowOp::RefAb)]),
        ),
        case(
            Rule::TRefi,
            |bench| bench.now(Wait(units(&bench.set, 9) + 1)),
            |bench| bench.now(Wait(units(&bench.set, 9))),
        ),
        case(
            Rule::Retention,
            |bench| read_after(bench, 20),
            |bench| read_after(bench, 19),
        ),
    ]
}

/// Cycles that so many refresh intervals take.
pub(super) fn units(set: &TimingSet, units: u64) -> u64 {
    units * set.t_refi.0 / set.period().0
}

/// A RD from a row that nothing restored for so many units: with four row groups, 20 are too many.
fn read_after(bench: &Bench, units: u64) -> Result<(), Violation> {
    let mut bench = quick(bench, 100);
    bench.now(Wait(self::units(&bench.set, units)))?;
    bench.run(&[Act(0, 1), Wait(50)]);
    bench.read(0, 0)
}

#[test]
fn each_rule_of_state_is_rejected_where_it_is_broken_and_only_there() {
    for set in sets() {
        for (place, case) in cases().iter().enumerate() {
            let broken = (case.broken)(&mut Bench::new(&set));
            assert_eq!(
                broken.map_err(|violation| violation.rule),
                Err(case.rule),
                "case {place}"
            );
            assert_eq!(
                (case.kept)(&mut Bench::new(&set)),
                Ok(()),
                "case {place}: {}",
                case.rule
            );
        }
    }
}

#[test]
fn nothing_else_is_legal_in_power_down_and_self_refresh() {
    for (enter, rule) in [
        (RowOp::Pde, Rule::PowerDown),
        (RowOp::Sre, Rule::SelfRefresh),
    ] {
        let rows = [
            RowOp::Pre,
            RowOp::PreAll,
            RowOp::RefAb,
            RowOp::RefPb,
            RowOp::RfmPb,
            RowOp::Pde,
            RowOp::Sre,
        ];
        let commands = rows.map(row).into_iter().chain([Act(0, 1), Rd(0), Wr(0)]);
        for command in commands {
            let mut bench = Bench::new(&set("hbm3"));
            bench.run(&[row(enter), Wait(50)]);
            let rejected = bench.now(command).map_err(|violation| violation.rule);
            assert_eq!(rejected, Err(rule), "{command:?}");
        }
    }
}

#[test]
fn leaving_what_was_not_entered_does_nothing() {
    let mut bench = Bench::new(&set("hbm3"));
    // As a controller does after its reset, in the middle of a refresh: no spacing binds it.
    bench.run(&[row(RowOp::RefAb)]);
    assert_eq!(bench.now(row(RowOp::Pdx)), Ok(()));
    assert_eq!(bench.now(row(RowOp::Srx)), Ok(()));
    let (cycle, _) = bench.earliest(Act(0, 1));
    assert_eq!(cycle, 280, "TRfcAb alone holds the ACT up");
}

#[test]
fn a_precharge_of_a_precharged_bank_changes_nothing() {
    let mut bench = Bench::new(&set("hbm3"));
    let cycles = bench.run(&[
        Act(0, 1),
        Wait(50),
        row(RowOp::Pre),
        row(RowOp::Pre),
        row(RowOp::PreAll),
    ]);
    assert_eq!(cycles[3..], [cycles[2] + 1, cycles[2] + 2]);
    let (cycle, _) = bench.earliest(Act(0, 1));
    assert_eq!(cycle, cycles[2] + 13, "TRp counts from the first PRE");
}

#[test]
fn a_violation_says_what_happened_and_what_the_rule_needs() {
    let mut bench = Bench::new(&set("hbm3"));
    bench.run(&[Act(3, 1), Wait(50), Op::Row(RowOp::Pre, 3), Wait(11)]);
    let violation = bench.now(Act(3, 2)).expect_err("too early");
    assert_eq!(
        violation.to_string(),
        "79.062 ns: bank 3: ACT 15.3125 ns after precharge, TRp needs 16.25 ns"
    );
    bench.now(Wait(1)).expect("waiting is legal");
    assert_eq!(bench.now(Act(3, 2)), Ok(()));
}
