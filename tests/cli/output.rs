//! What people and machines are told of a run.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Project, Ran, normalised};

/// Without what may differ from run to run.
fn timeless(mut value: Value) -> Value {
    value["seconds"] = json!(0);
    for case in value["cases"].as_array_mut().unwrap() {
        case["seconds"] = json!(0);
    }
    value
}

#[test]
fn a_run_that_passes_exits_0() {
    let ran = Project::new()
        .gpnpu(&["run", "common_fifo::smoke"])
        .exits(0)
        .says("3 passed, 0 failed, 0 skipped");
    assert!(
        ran.stdout.is_empty(),
        "standard output is for machines: {}",
        ran.stdout
    );
}

#[test]
fn results_do_not_depend_on_threads() {
    let project = Project::new();
    let run = |jobs: &str| {
        let arguments = [
            "run",
            "common_fifo",
            "-i",
            "3",
            "-j",
            jobs,
            "--format",
            "json",
        ];
        let value = project.gpnpu(&arguments).exits(0).json();
        let written = fs::read_to_string(project.path(".gpnpu/run/results.json")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        timeless(value)
    };
    let alone = run("1");
    assert!(alone["counts"]["passed"].as_u64().unwrap() >= 36);
    let cases = alone["cases"].as_array().unwrap();
    assert!(
        cases
            .iter()
            .all(|case| case["digest"].as_str().unwrap().len() == 16)
    );
    assert_eq!(run("4"), alone);
    assert_eq!(run("1"), alone);
}

#[test]
fn seeds_are_taken_as_given() {
    let project = Project::new();
    let arguments = [
        "run",
        "common_fifo::random",
        "--config",
        "w32d4",
        "--seed",
        "0x10",
        "-i",
        "2",
        "--format",
        "json",
    ];
    let value = project.gpnpu(&arguments).exits(0).json();
    let cases = value["cases"].as_array().unwrap();
    assert_eq!(
        cases
            .iter()
            .map(|case| case["seed"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [16, 17]
    );
    assert_eq!(
        cases[0]["repeat"],
        "./gpnpu run common_fifo::random --config w32d4 --seed 0x10"
    );
    assert_ne!(cases[0]["digest"], cases[1]["digest"]);
}

#[test]
fn flavours_behave_the_same() {
    let project = Project::new();
    let digests = |flavour: &str| {
        let arguments = [
            "run",
            "common_fifo",
            "--config",
            "w32d4",
            "--flavour",
            flavour,
            "--format",
            "json",
        ];
        let value = project.gpnpu(&arguments).exits(0).json();
        let cases = value["cases"].as_array().unwrap().clone();
        cases
            .into_iter()
            .map(|case| case["digest"].clone())
            .collect::<Vec<_>>()
    };
    let fast = digests("fast");
    assert_eq!(digests("trace"), fast);
    assert_eq!(digests("cover"), fast);
}

#[test]
fn waves_and_coverage_are_written_on_demand() {
    let project = Project::new();
    let smoke = ["run", "common_fifo::smoke", "--config", "w32d4"];
    project.gpnpu(&smoke).exits(0);
    assert!(!project.path(".gpnpu/run/waves").exists());
    project.gpnpu(&[&smoke[..], &["--waves"]].concat()).exits(0);
    let vcd = fs::read_to_string(project.path(".gpnpu/run/waves/common_fifo-smoke-w32d4-0x1.vcd"))
        .unwrap();
    assert!(vcd.contains("$scope module golden $end"));
    project.gpnpu(&[&smoke[..], &["--cov"]].concat()).exits(0);
    let info = fs::read_to_string(project.path(".gpnpu/run/coverage/common_fifo.info")).unwrap();
    assert!(
        info.contains("common_fifo.sv") && info.contains("end_of_record"),
        "{info}"
    );
}

/// Runs the command on a terminal.
fn on_terminal(no_color: Option<&str>) -> String {
    let project = Project::new();
    let command = project.command(&["run", "common_fifo::smoke"]);
    let script =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut python = Command::new("python3");
    python
        .args(["-c", script])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            python.env(name, value);
        }
    }
    match no_color {
        Some(value) => python.env("NO_COLOR", value),
        None => python.env_remove("NO_COLOR"),
    };
    Ran::from(python.env("TERM", "xterm").output().unwrap())
        .exits(0)
        .stdout
}

#[test]
fn colour_is_for_terminals_and_no_color_is_honoured() {
    assert!(on_terminal(None).contains("\x1b[1;32mPASS\x1b[0m"));
    assert!(
        on_terminal(Some("")).contains("\x1b[1;32m"),
        "an empty NO_COLOR is none"
    );
    let plain = on_terminal(Some("1"));
    assert!(
        plain.contains("PASS") && !plain.contains("\x1b[1;3"),
        "{plain:?}"
    );
    let piped = Project::new()
        .gpnpu(&["run", "common_fifo::smoke"])
        .exits(0);
    assert!(
        piped.stderr.contains("PASS") && !piped.stderr.contains('\x1b'),
        "{}",
        piped.stderr
    );
}

/// All status lines at once: passed, failed, shrunk, summary.
#[test]
fn status_lines() {
    let project = Project::faulty();
    let arguments = [
        "run",
        "common_fifo::smoke",
        "--config",
        "w32d4",
        "--config",
        "w8d1",
        "-j",
        "1",
    ];
    // The first run may say that it builds.
    project.gpnpu(&arguments).exits(100);
    let ran = project.gpnpu(&arguments).exits(100);
    let text = normalised(&ran.stderr, &project);
    let (before, after) = text.split_once(" skipped\n").unwrap();
    let (_, last) = after.trim_end().rsplit_once('\n').unwrap();
    insta::assert_snapshot!(format!("{before} skipped\n(tables)\n{last}"));
}
