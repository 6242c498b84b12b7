//! `gpnpu bench` from outside.

use assert_cmd::Command;
use serde_json::Value;

fn bench(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gpnpu"))
        .env("GPNPU_ROOT", env!("CARGO_MANIFEST_DIR"))
        .arg("bench")
        .args(args)
        .output()
        .expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("the command writes UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn an_unknown_figure_lists_the_known_ones() {
    let (status, stdout, stderr) = bench(&["velocity"]);
    assert_eq!((status, stdout.as_str()), (Some(4), ""));
    let known = "drive_array, drive_tiny, random_test, two_jobs, utilisation, edit_to_result, regress, \
                 mem3d_patterns, mem3d_vaults, mem3d_idle, mem3d_load, mem3d_speed, simt_rates, simt_divergence, \
                 simt_reconvergence, simt_sgemm, simt_saxpy, simt_speed";
    assert!(stderr.contains(known), "{stderr}");
}

/// A build without optimisation or a busy machine may miss the goal; both sides have to do the same all the same.
#[test]
fn a_figure_is_one_json_value_and_its_exit_status_says_whether_the_goal_is_met() {
    let (status, stdout, stderr) = bench(&["drive_tiny", "--format", "json"]);
    let value: Value = serde_json::from_str(&stdout).expect(&stderr);
    let figure = &value["figures"][0];
    assert_eq!(figure["name"], "drive_tiny");
    assert!(figure["value"].as_f64().is_some_and(|share| share > 0.0));
    let met = figure["met"].as_bool().expect("a verdict");
    assert_eq!(status, Some(if met { 0 } else { 102 }));
    let compared = figure["compared"].as_str().expect("text");
    assert!(compared.contains("checksum"), "{compared}");
}

/// One configuration of the memory is built, and found idle by few requests: quick enough for a test.
#[test]
fn a_figure_of_the_memory_is_told_with_what_it_was_compared_with() {
    let (status, stdout, stderr) = bench(&["mem3d_idle", "--format", "json"]);
    let value: Value = serde_json::from_str(&stdout).expect(&stderr);
    let figures = value["figures"].as_array().expect("a list");
    let names: Vec<&str> = figures
        .iter()
        .filter_map(|figure| figure["name"].as_str())
        .collect();
    let cases = ["row hit", "row closed", "row conflict"];
    assert_eq!(
        names,
        cases.map(|case| format!("mem3d idle latency, {case}"))
    );
    for figure in figures {
        assert_eq!(figure["goal_is"], "at most");
        let clocks = figure["value"].as_f64().expect("a number");
        assert!(clocks > 0.0, "no controller is faster than the device");
        let compared = figure["compared"].as_str().expect("text");
        assert!(compared.contains("the device needs"), "{compared}");
    }
    let met = figures.iter().all(|figure| figure["met"] == true);
    assert_eq!(status, Some(if met { 0 } else { 102 }));
}
