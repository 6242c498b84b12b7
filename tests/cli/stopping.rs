//! Runs that do not end by themselves.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Project;

/// Ctrl-C in the middle of a long run: what has finished is reported, what has not is counted as skipped.
#[test]
fn ctrl_c_reports_what_has_finished() {
    let project = Project::new();
    let arguments = [
        "run",
        "common_fifo::random",
        "--config",
        "w32d4",
        "-i",
        "100000",
        "--format",
        "json",
    ];
    let mut child = project
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(" cases, ") {
        line.clear();
        assert_ne!(
            stderr.read_line(&mut line).unwrap(),
            0,
            "it ended by itself"
        );
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let drain = std::thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).map(|_| rest)
    });
    let output = child.wait_with_output().unwrap();
    let rest = drain.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(130), "{rest}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |name: &str| value["counts"][name].as_u64().unwrap();
    assert!(count("passed") >= 50, "{}", value["counts"]);
    assert_eq!(
        count("failed"),
        0,
        "a case that was stopped did not fail: {}",
        value["counts"]
    );
    assert_eq!(count("passed") + count("skipped"), 100_000);
    let written = fs::read(project.path(".gpnpu/run/results.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), value);
}

/// RTL that never returns from a cycle cannot be asked to stop: its case is given up, the others finish.
#[test]
fn a_model_that_hangs_fails_its_case_alone() {
    let project = Project::edited(
        "  // A stalled entry neither changes nor disappears.",
        "  if (Depth == 1) begin : gen_hang\n    always_ff @(posedge clk_i) while (in_valid_i) $display(\"spin\");\n  end",
    );
    let arguments = [
        "run",
        "common_fifo::smoke",
        "--timeout",
        "1",
        "-j",
        "1",
        "--format",
        "json",
    ];
    let ran = project
        .gpnpu(&arguments)
        .exits(100)
        .says("the model did not return from a clock cycle for 6 s");
    let value = ran.json();
    let passed: Vec<_> = value["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            (
                case["config"].as_str().unwrap(),
                case["passed"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(passed, [("w32d4", true), ("w8d1", false), ("w64d13", true)]);
    assert_eq!(value["cases"][1]["failure"]["kind"], "wall_clock");
}

#[test]
fn fatal_and_finish_in_the_rtl_are_failures_of_the_case() {
    for (statement, kind) in [("$fatal(1, \"no way\");", "fatal"), ("$finish;", "finish")] {
        let project = Project::edited(
            "  // A stalled entry neither changes nor disappears.",
            &format!("  always_ff @(posedge clk_i) if (count_q == FULL) {statement}"),
        );
        let arguments = [
            "run",
            "common_fifo",
            "--config",
            "w8d1",
            "-i",
            "1",
            "--bundles",
            "0",
            "--format",
            "json",
        ];
        let value = project.gpnpu(&arguments).exits(100).json();
        let cases = value["cases"].as_array().unwrap();
        assert!(cases.len() >= 4);
        for case in cases {
            assert_eq!(case["failure"]["kind"], kind, "{case}");
        }
    }
}
