//! Snapshots of whole reports, and the gates one by one.

use super::*;
use crate::code::{CodeCoverage, PointKind};
use crate::common::fifo::{FifoCoverage, FifoSample};
use crate::npu::dot::{DotCoverage, DotSample};
use crate::testplan::Plan;

const PLAN: &str = r#"{
  name: "common_fifo"
  testpoints: [
    { name: "order", stage: "V1", tests: ["common_fifo::random"] }
    { name: "depths", stage: "V2", tests: ["common_fifo::random", "common_fifo::depths"] }
  ]
}"#;

fn code() -> CodeSummary {
    let text = include_bytes!("../../tests/fixtures/run_b.dat");
    CodeCoverage::read(text.as_slice(), "run_b.dat", None)
        .expect("a fixture")
        .summary()
}

/// A queue of depth 4 that was filled and never emptied, with code and plan.
fn fifo() -> BlockReport {
    let mut coverage = FifoCoverage::new(4).expect("depth");
    for occupancy in 0..=4 {
        let sample = FifoSample {
            occupancy,
            in_valid: true,
            in_ready: occupancy < 4,
            out_valid: occupancy > 0,
            out_ready: false,
        };
        coverage.sample(&sample).expect("within the contract");
    }
    // Two entries into no place: the sampler refuses, the report keeps it.
    let overflow = FifoSample {
        occupancy: 4,
        in_valid: true,
        in_ready: true,
        out_valid: true,
        out_ready: false,
    };
    coverage
        .sample(&overflow)
        .expect_err("a full queue takes nothing");
    let plan = Plan::parse(PLAN, "testplan.hjson").expect("a plan");
    BlockReport {
        block: String::from("common_fifo"),
        functional: Some(coverage.counters().grade()),
        code: Some(code()),
        plan: plan.progress(|test| test == "common_fifo::random"),
    }
}

/// One request of a large model: holes that no line can hold.
fn dot() -> BlockReport {
    let mut coverage = DotCoverage::new();
    let sample = DotSample {
        format: 2,
        a_classes: 4,
        b_classes: 5,
        result_class: 2,
        ..DotSample::default()
    };
    coverage.sample(&sample).expect("legal");
    BlockReport {
        block: String::from("npu_dot"),
        functional: Some(coverage.counters().grade()),
        ..BlockReport::default()
    }
}

const FLOORS: [(Measure, f64); 3] = [
    (Measure::Functional, 0.05),
    (Measure::Code(PointKind::Line), 0.95),
    (Measure::Code(PointKind::Fsm), 0.9),
];

#[test]
fn a_table_shows_blocks_points_holes_code_covers_and_gates() {
    let report = Report::new(vec![fifo(), dot()], &FLOORS);
    let table = report.to_table(TableStyle::default());
    assert!(
        table.lines().all(|line| line.len() <= TABLE_WIDTH),
        "{table}"
    );
    insta::assert_snapshot!("table", table);
}

#[test]
fn a_table_of_holes_leaves_out_what_is_complete() {
    let report = Report::new(vec![fifo()], &FLOORS);
    let style = TableStyle {
        holes_only: true,
        ..TableStyle::default()
    };
    insta::assert_snapshot!("holes", report.to_table(style));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = Report::new(vec![fifo(), dot()], &FLOORS);
    let coloured = report.to_table(TableStyle {
        colour: true,
        ..TableStyle::default()
    });
    assert!(
        coloured.contains("\x1b[31m") && coloured.contains("\x1b[32m"),
        "{coloured}"
    );
    let mut plain = coloured;
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, report.to_table(TableStyle::default()));
}

#[test]
fn json_carries_the_same() {
    let report = Report::new(vec![fifo()], &FLOORS);
    insta::assert_json_snapshot!("json", report.to_json());
}

#[test]
fn percentages_are_cut_off() {
    let shares = [
        0.0,
        0.29,
        0.57,
        0.9499999,
        0.9999,
        1.0,
        19.0 / 20.0,
        1.0 / 3.0,
    ];
    assert_eq!(
        shares.map(percent),
        [
            "0.0", "29.0", "57.0", "94.9", "99.9", "100.0", "95.0", "33.3"
        ]
    );
}

#[test]
fn a_gate_is_met_at_its_floor_and_not_below() {
    let line = Measure::Code(PointKind::Line);
    // 14 of 15 lines.
    let outcome = |floor| gates(&[fifo()], &[(line, floor)])[0].outcome;
    assert_eq!(outcome(14.0 / 15.0), GateOutcome::Met);
    assert_eq!(outcome(0.934), GateOutcome::NotMet);
    let gate = &gates(&[fifo()], &[(line, 0.95)])[0];
    assert_eq!(
        gate.to_string(),
        "GATE line        93.3 %, floor 95.0 %   NOT MET   worst: phase_counter.sv 93.3 %"
    );
}

/// Not even a floor of 0 is met by nothing.
#[test]
fn a_gate_without_anything_to_measure_is_not_met() {
    for (measure, _) in FLOORS {
        let gate = &gates(&[], &[(measure, 0.0)])[0];
        assert_eq!(gate.outcome, GateOutcome::NothingMeasured);
        assert!(
            gate.to_string().ends_with("NOT MET   nothing measured"),
            "{gate}"
        );
    }
    let report = Report::new(vec![fifo()], &[(Measure::Code(PointKind::Fsm), 0.0)]);
    assert!(!report.gates_met());
}

#[test]
fn one_block_without_coverage_fails_the_gate_of_all() {
    let gate = &gates(&[fifo(), dot()], &[(Measure::Code(PointKind::Line), 0.5)])[0];
    assert_eq!(gate.outcome, GateOutcome::NothingMeasured);
    assert_eq!(
        gate.to_string(),
        "GATE line        93.3 %, floor 50.0 %   NOT MET   nothing measured of npu_dot"
    );
    // The functional gate names the point that is furthest away.
    let gate = &gates(&[fifo(), dot()], &[(Measure::Functional, 1.0)])[0];
    assert_eq!(gate.outcome, GateOutcome::NotMet);
    assert!(
        gate.worst.as_ref().is_some_and(|(_, share)| *share < 0.1),
        "{gate}"
    );
}

#[test]
fn measures_are_known_by_name() {
    for measure in Measure::ALL {
        assert_eq!(Measure::parse(measure.name()), Some(measure));
    }
    assert_eq!(Measure::parse("lines"), None);
}
