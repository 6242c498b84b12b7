//! Refreshes happen, at every temperature, and rows keep what they hold as long as they do.

use super::super::{Command, DieOptions, RowOp, Rule};
use super::bench::{Bench, Op, set};
use super::state::units;

const REFAB: Op = Op::Row(RowOp::RefAb, 0);

/// Waits until the die complains: the cycle, the rule and the sentence.
fn wait_for_violation(bench: &mut Bench) -> (u64, Rule, String) {
    loop {
        if let Err(violation) = bench.now(Op::Wait(1)) {
            return (bench.cycle, violation.rule, violation.message);
        }
    }
}

#[test]
fn a_bank_may_owe_eight_refreshes_and_no_ninth() {
    let hbm3 = set("hbm3");
    let mut bench = Bench::new(&hbm3);
    let (cycle, rule, message) = wait_for_violation(&mut bench);
    assert_eq!((cycle, rule), (units(&hbm3, 9), Rule::TRefi));
    assert_eq!(
        message,
        "bank 0: 9 refreshes postponed, TRefi needs at most 8"
    );
}

#[test]
fn each_bank_needs_its_own_refreshes() {
    let hbm3 = set("hbm3");
    let mut bench = Bench::new(&hbm3);
    for bank in (0..16).filter(|bank| *bank != 5) {
        bench.run(&[Op::Row(RowOp::RefPb, bank)]);
    }
    assert_eq!((bench.die.lag(4), bench.die.lag(5)), (-1, 0));
    let (cycle, _, message) = wait_for_violation(&mut bench);
    assert_eq!(cycle, units(&hbm3, 9));
    assert!(message.starts_with("bank 5: 9 refreshes"), "{message}");
}

#[test]
fn heat_makes_refreshes_due_earlier_from_the_moment_on() {
    let hbm3 = set("hbm3");
    for (temperature, divisor) in [(0, 1), (1, 2), (2, 4), (3, 4)] {
        let mut bench = Bench::new(&hbm3);
        bench.now(Op::Wait(units(&hbm3, 5))).expect("5 of 9 units");
        bench.temperature = temperature;
        let (cycle, _, _) = wait_for_violation(&mut bench);
        assert_eq!(cycle, units(&hbm3, 5) + units(&hbm3, 4) / divisor);
    }
}

#[test]
fn time_stands_still_in_self_refresh_but_not_in_power_down() {
    let hbm3 = set("hbm3");
    let sleep = |enter, leave| {
        let mut bench = Bench::new(&hbm3);
        bench.run(&[Op::Row(enter, 0)]);
        bench.now(Op::Wait(units(&hbm3, 8))).expect("8 of 9 units");
        bench.run(&[Op::Row(leave, 0)]);
        wait_for_violation(&mut bench).0
    };
    assert_eq!(sleep(RowOp::Pde, RowOp::Pdx), units(&hbm3, 9));
    // SRE in cycle 0, SRX one cycle and 8 units later.
    assert_eq!(sleep(RowOp::Sre, RowOp::Srx), units(&hbm3, 17) + 1);
    let mut bench = Bench::new(&hbm3);
    bench.run(&[Op::Row(RowOp::Sre, 0)]);
    bench
        .now(Op::Wait(units(&hbm3, 100)))
        .expect("self-refresh lasts as long as one likes");
    assert_eq!(
        bench.die.counters().self_refresh_cycles,
        units(&hbm3, 100) + 1
    );
}

#[test]
fn eight_refreshes_may_be_pulled_in_and_more_are_in_vain() {
    let hbm3 = set("hbm3");
    let mut bench = Bench::new(&hbm3);
    bench.run(&[REFAB; 8]);
    assert_eq!(bench.die.lag(3), -8);
    assert_eq!(bench.die.counters().ref_in_vain, 0);
    bench.run(&[REFAB; 2]);
    assert_eq!(bench.die.lag(3), -8);
    assert_eq!(bench.die.counters().ref_in_vain, 2 * 16);
    // 8 pulled in and 8 postponed: 16 intervals without a refresh, and not 17.
    let (cycle, _, _) = wait_for_violation(&mut bench);
    assert_eq!(cycle, units(&hbm3, 17));
}

/// A die with four row groups that forgives any number of postponed refreshes.
fn forgiving() -> Bench {
    let options = DieOptions {
        ref_groups: 4,
        postponed_max: 1000,
        ..DieOptions::default()
    };
    Bench::with_options(&set("hbm3"), options)
}

fn read(bench: &mut Bench, row: u16) -> Result<(), Rule> {
    bench.run(&[Op::Act(0, row), Op::Wait(50)]);
    let result = bench.read(0, 0);
    bench.run(&[Op::Row(RowOp::Pre, 0)]);
    result.map_err(|violation| violation.rule)
}

#[test]
fn a_refresh_restores_its_row_group_and_no_other() {
    let mut bench = forgiving();
    let half = units(&bench.set, 10);
    bench.now(Op::Wait(half)).expect("nothing is due");
    // The first refresh restores group 0, the second group 1.
    bench.run(&[REFAB, REFAB]);
    bench.now(Op::Wait(half)).expect("nothing is due");
    assert_eq!(read(&mut bench, 0), Ok(()));
    assert_eq!(read(&mut bench, 5), Ok(()));
    assert_eq!(read(&mut bench, 2), Err(Rule::Retention));
}

#[test]
fn an_activation_restores_its_row_and_no_other() {
    let mut bench = forgiving();
    let half = units(&bench.set, 10);
    bench.now(Op::Wait(half)).expect("nothing is due");
    assert_eq!(read(&mut bench, 7), Ok(()));
    bench.now(Op::Wait(half)).expect("nothing is due");
    assert_eq!(read(&mut bench, 7), Ok(()));
    assert_eq!(read(&mut bench, 3), Err(Rule::Retention));
}

#[test]
fn what_is_lost_does_not_come_back() {
    let mut bench = forgiving();
    let lapse = units(&bench.set, 20);
    bench.now(Op::Wait(lapse)).expect("nothing is due");
    bench.run(&[REFAB; 4]);
    assert_eq!(
        read(&mut bench, 1),
        Err(Rule::Retention),
        "refreshed after the lapse"
    );
    let mut bench = forgiving();
    bench.now(Op::Wait(lapse)).expect("nothing is due");
    assert_eq!(
        read(&mut bench, 1),
        Err(Rule::Retention),
        "activated after the lapse"
    );
    assert_eq!(read(&mut bench, 1), Err(Rule::Retention), "activated again");
}

#[test]
fn a_row_that_stays_open_too_long_is_lost() {
    let mut bench = forgiving();
    bench.run(&[Op::Act(0, 1)]);
    let lapse = units(&bench.set, 20);
    bench.now(Op::Wait(lapse)).expect("nothing is due");
    let result = bench.read(0, 0).map_err(|violation| violation.rule);
    assert_eq!(result, Err(Rule::Retention));
}

/// Refreshes as early as they count, then as late as they may come: the longest that any row waits.
#[test]
fn no_legal_schedule_loses_a_row() {
    let options = DieOptions {
        ref_groups: 4,
        ..DieOptions::default()
    };
    let mut schedule = Bench::with_options(&set("hbm3"), options);
    let lapse = units(&schedule.set, 1);
    for round in 0..4 {
        schedule.run(&[REFAB; 16]);
        for row in 0..8 {
            let mut bench = schedule.clone();
            assert_eq!(
                read(&mut bench, row),
                Ok(()),
                "row {row}, early in round {round}"
            );
        }
        while schedule.die.lag(0) < 8 {
            schedule.now(Op::Wait(1)).expect("not due yet");
        }
        schedule.now(Op::Wait(lapse - 200)).expect("not due yet");
        for row in 0..8 {
            let mut bench = schedule.clone();
            assert_eq!(
                read(&mut bench, row),
                Ok(()),
                "row {row}, late in round {round}"
            );
        }
    }
}

#[test]
fn accepted_commands_are_counted_and_logged() {
    let options = DieOptions {
        log: true,
        ..DieOptions::default()
    };
    let mut bench = Bench::with_options(&set("hbm3"), options);
    bench.run(&[Op::Act(9, 5), Op::Rd(9), Op::Wra(9), REFAB]);
    let log: Vec<_> = bench
        .die
        .drain_log()
        .iter()
        .map(|entry| {
            (
                entry.clock,
                entry.command,
                entry.group,
                entry.bank,
                entry.row,
                entry.burst,
            )
        })
        .collect();
    let place = (Some(2), Some(1), Some(5), Some(0));
    // RD in cycle 16: 19.4 ns after the ACT at 0.3125 ns. WR 5 cycles later: 12.5 + 1.25 + 1.25 - 8.75 ns.
    let expected = [
        (0, Command::Act, place.0, place.1, place.2, None),
        (32, Command::Rd, place.0, place.1, place.2, place.3),
        (42, Command::Wra, place.0, place.1, place.2, place.3),
        // 21 cycles, then 8.75 + 1.25 + 20.6 + 16.25 ns.
        (2 * (21 + 38), Command::RefAb, None, None, None, None),
    ];
    assert_eq!(log, expected);
    assert_eq!(bench.die.drain_log(), []);
    let counters = bench.die.counters();
    assert_eq!(
        (counters.act, counters.rd, counters.wr, counters.ref_ab),
        (1, 1, 1, 1)
    );
    assert_eq!((counters.auto_precharge, counters.row_hits), (1, 1));
}
