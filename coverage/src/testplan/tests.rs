//! Plans, good and bad.

use proptest::prelude::*;

use super::*;

const PLAN: &str = r#"// What has to be shown of the dot-product unit.
{
  name: "npu_dot"
  testpoints: [
    {
      name: random
      desc: '''
            Random requests against the golden model,
            with gaps [on both sides.
            '''
      stage: V1
      tests: ["npu_dot::random"]
      covers: ["npu_dot.operand"]
    }
    {
      name: stall
      desc: "A stalled result neither changes nor disappears."
      stage: V2
      tests: ["npu_dot::random", "npu_dot::stall"]
      checks: ["RspHolds_A"]
      tags: ["flow"]
    }
  ]
  covergroups: [
    { name: "npu_dot.operand", desc: "Classes of the operands." }
  ]
}
"#;

const TESTS: [&str; 3] = ["npu_dot::random", "npu_dot::stall", "npu_mac_array::random"];
const COVERS: [&str; 3] = ["npu_dot", "npu_dot.operand", "npu_dot.operand.format"];
const LABELS: [&str; 2] = ["RspHolds_A", "CreditsBounded_A"];

fn parse(text: &str) -> Plan {
    Plan::parse(text, "rtl/npu/dot/testplan.hjson").expect("a plan")
}

/// Messages of the plan with one text replaced.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(PLAN.contains(from), "{from}");
    let plan = parse(&PLAN.replacen(from, to, 1));
    check(&plan, &TESTS, &COVERS, &LABELS)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn parse_fault(from: &str, to: &str) -> String {
    assert!(PLAN.contains(from), "{from}");
    Plan::parse(&PLAN.replacen(from, to, 1), "plan.hjson")
        .expect_err("faulty")
        .to_string()
}

#[test]
fn a_plan_holds_what_its_file_says() {
    let plan = parse(PLAN);
    assert_eq!((plan.name.as_str(), plan.testpoints.len()), ("npu_dot", 2));
    let random = &plan.testpoints[0];
    assert_eq!(
        random.desc,
        "Random requests against the golden model,\nwith gaps [on both sides."
    );
    assert_eq!(
        (random.name.as_str(), random.stage.as_str()),
        ("random", "V1")
    );
    assert_eq!(
        plan.testpoints[1].tests,
        ["npu_dot::random", "npu_dot::stall"]
    );
    assert_eq!(plan.covergroups[0].name, "npu_dot.operand");
}

#[test]
fn a_complete_plan_has_no_faults() {
    assert_eq!(check(&parse(PLAN), &TESTS, &COVERS, &LABELS), []);
}

#[test]
fn each_fault_names_file_testpoint_and_what_would_be_right() {
    let at = "rtl/npu/dot/testplan.hjson";
    assert_eq!(
        faults("npu_dot::stall", "npu_dot::stal"),
        [
            format!(
                "{at}: testpoint `stall`: test `npu_dot::stal` not found \
                 (known: npu_dot::stall, npu_dot::random, npu_mac_array::random)"
            ),
            format!("{at}: test `npu_dot::stall` is named by no testpoint (known: stall, random)"),
        ]
    );
    assert_eq!(
        faults(
            "covers: [\"npu_dot.operand\"]",
            "covers: [\"npu_dot.operands\"]"
        ),
        [format!(
            "{at}: testpoint `random`: cover `npu_dot.operands` not found \
             (known: npu_dot.operand, npu_dot.operand.format, npu_dot)"
        )]
    );
    assert_eq!(
        faults("RspHolds_A", "RspHold_A"),
        [format!(
            "{at}: testpoint `stall`: check `RspHold_A` not found \
             (known: RspHolds_A, CreditsBounded_A)"
        )]
    );
    assert_eq!(
        faults("stage: V2", "stage: V4"),
        [format!(
            "{at}: testpoint `stall`: stage `V4` not found (known: V1, V2, V3)"
        )]
    );
    assert_eq!(
        faults("covers: [\"npu_dot.operand\"]", ""),
        [format!(
            "{at}: testpoint `random`: names neither covers nor checks, \
             nothing shows that its case happened"
        )]
    );
    assert_eq!(
        faults("tests: [\"npu_dot::random\"]", "tests: []"),
        [format!("{at}: testpoint `random`: names no test")]
    );
    assert_eq!(
        faults("name: stall", "name: random"),
        [format!("{at}: `random` is listed twice in `testpoints`")]
    );
    assert_eq!(
        faults(
            "[\"npu_dot::random\"]",
            "[\"npu_dot::random\", \"npu_dot::random\"]"
        ),
        [format!(
            "{at}: testpoint `random`: `npu_dot::random` is listed twice in `tests`"
        )]
    );
    assert_eq!(
        faults("{ name: \"npu_dot.operand\"", "{ name: \"npu_dot.result\""),
        [format!(
            "{at}: cover `npu_dot.result` not found \
             (known: npu_dot.operand, npu_dot, npu_dot.operand.format)"
        )]
    );
}

#[test]
fn labels_and_groups_that_the_plan_is_silent_about_are_found() {
    let silent = |text: &str, covers: &[&str]| -> Vec<String> {
        let errors = unnamed(&parse(text), &LABELS, covers);
        errors.iter().map(ToString::to_string).collect()
    };
    let at = "rtl/npu/dot/testplan.hjson";
    let label = format!("{at}: check `CreditsBounded_A` is named by no testpoint");
    assert_eq!(silent(PLAN, &COVERS), std::slice::from_ref(&label));
    let complete = PLAN.replace("\"RspHolds_A\"", "\"RspHolds_A\", \"CreditsBounded_A\"");
    assert_eq!(silent(&complete, &COVERS), Vec::<String>::new());
    // Another group whose name only begins alike is not named by it.
    assert_eq!(
        silent(PLAN, &["npu_dot", "npu_dot.operand", "npu_dot.oper"]),
        [
            label,
            format!("{at}: covergroup `npu_dot.oper` is named nowhere")
        ]
    );
    let point = complete.replace("\"npu_dot.operand\"", "\"npu_dot.operand.format\"");
    assert_eq!(silent(&point, &COVERS), Vec::<String>::new());
}

#[test]
fn a_plan_without_testpoints_leaves_every_test_an_orphan() {
    let plan = parse("{ name: \"npu_dot\", testpoints: [] }");
    let errors = check(&plan, &TESTS, &COVERS, &LABELS);
    assert_eq!(errors.len(), 3);
    assert_eq!(errors[0].fault, PlanFault::Empty);
    assert!(
        errors[1]
            .to_string()
            .ends_with("named by no testpoint (none is known)")
    );
}

#[test]
fn a_long_list_of_known_names_is_cut_in_the_message_alone() {
    let tests: Vec<String> = (0..40)
        .map(|n| format!("npu_mac_array::case_{n:02}"))
        .collect();
    let mut known: Vec<&str> = tests.iter().map(String::as_str).collect();
    known.extend(TESTS);
    let plan = parse(&PLAN.replace("npu_dot::stall", "npu_mac_array::case_1x"));
    let errors = check(&plan, &known, &COVERS, &LABELS);
    let PlanFault::UnknownTest { known, .. } = &errors[0].fault else {
        panic!("{errors:?}")
    };
    assert_eq!(known.0.len(), 43);
    assert!(known.0[0].starts_with("npu_mac_array::case_1"), "{known}");
    assert!(
        errors[0].to_string().ends_with("and 37 more)"),
        "{}",
        errors[0]
    );
}

#[test]
fn parse_faults_name_their_place() {
    assert_eq!(
        parse_fault("stage: V1", "stage: [V1]"),
        "plan.hjson: in `testpoints[0].stage`: invalid type: sequence, expected a string"
    );
    assert_eq!(
        parse_fault("stage: V2", ""),
        "plan.hjson: in `testpoints[1]`: missing field `stage`"
    );
    let unknown = parse_fault("stage: V2", "milestone: V2");
    assert!(
        unknown.starts_with(
            "plan.hjson: in `testpoints[1].milestone`: unknown field `milestone`, expected one of"
        ),
        "{unknown}"
    );
    assert_eq!(
        parse_fault("stage: V2", "stage: V2\n      stage: V3"),
        "plan.hjson: in `testpoints[1]`: duplicate field `stage`"
    );
    let unclosed =
        Plan::parse("{\n  name: x\n  testpoints: [", "plan.hjson").expect_err("unclosed");
    assert_eq!(
        unclosed.to_string(),
        "plan.hjson:3:15: EOF while parsing a list"
    );
    let trailing =
        Plan::parse("{ name: \"x\", testpoints: [] }\n}", "plan.hjson").expect_err("one }");
    assert_eq!(trailing.to_string(), "plan.hjson:2:1: trailing characters");
}

#[test]
fn brackets_without_end_do_not_exhaust_the_stack() {
    let error = Plan::parse(&"[{\n".repeat(1 << 20), "plan.hjson").expect_err("too deep");
    let expected = "plan.hjson:33: brackets nest deeper than 64, a testplan needs 4";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn progress_counts_points_all_of_whose_tests_passed() {
    let plan = parse(PLAN);
    let progress = plan.progress(|test| test == "npu_dot::random");
    let shown: Vec<_> = progress
        .iter()
        .map(|p| (p.stage, p.points.covered, p.points.total))
        .collect();
    assert_eq!(shown, [(Stage::V1, 1, 1), (Stage::V2, 0, 1)]);
    assert_eq!(progress[1].open, ["stall"]);
    assert!(
        plan.progress(|_| true)
            .iter()
            .all(|progress| progress.open.is_empty())
    );
}

proptest! {
    /// A plan with a few characters changed gives a plan or a fault, never a panic.
    #[test]
    fn damage_never_panics(
        edits in prop::collection::vec((0..PLAN.len(), "['\"{}\\[\\],:#/*\\\\u\n\u{b5}\u{1f600}x0-]{0,2}"), 1..5),
        cut in prop::option::of(0..PLAN.len()),
    ) {
        let mut text: String = PLAN.chars().take(cut.unwrap_or(PLAN.len())).collect();
        for (at, with) in edits {
            if text.is_char_boundary(at) {
                let end = (at + 1..text.len()).find(|end| text.is_char_boundary(*end));
                text.replace_range(at..end.unwrap_or(text.len()), &with);
            }
        }
        if let Ok(plan) = Plan::parse(&text, "plan.hjson") {
            let _ = check(&plan, &TESTS, &COVERS, &LABELS);
        }
    }
}
