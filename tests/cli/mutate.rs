//! `gpnpu mutate`.

use std::fs;

use serde_json::{Value, json};

use crate::support::Project;

const CONFIG: [&str; 2] = ["--config", "w64d13"];

fn mutate(project: &Project, arguments: &[&str]) -> crate::support::Ran {
    project.gpnpu(&[&["mutate", "common_fifo"], arguments].concat())
}

/// Of the queue's survivors at a depth that is a power of two.
const WAIVER: &str = "[[mutant]]\nmodule = 'common_fifo'\nkind = 'ternary'\n\
    from = \"if (push) wr_ptr_q <= (wr_ptr_q == LAST) ? '0 : wr_ptr_q + 1'b1;\"\n\
    to = \"if (push) wr_ptr_q <= 1'b0 ? '0 : wr_ptr_q + 1'b1;\"\nreason = 'it wraps by itself'\n";

const WAIVERS: &str = "rtl/common/fifo/mutants.toml";

#[test]
fn all_mutants_of_the_queue_are_killed_and_results_do_not_depend_on_threads() {
    let project = Project::new();
    let run = |jobs: &str| {
        let arguments = [
            &CONFIG[..],
            &["--floor", "100", "-j", jobs, "--format", "json"],
        ]
        .concat();
        let mut value = mutate(&project, &arguments).exits(0).json();
        let path = project.path(".gpnpu/mutation/common_fifo-w64d13.json");
        let written: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(json!([written]), value);
        value[0]["seconds"] = json!(0);
        value[0]["build_seconds"] = json!(0);
        value
    };
    let alone = run("1");
    let block = &alone[0];
    assert!(block["killed"].as_u64().unwrap() > 60, "{block}");
    assert_eq!(block["killed"], block["of"]);
    let hung = block["mutants"]
        .as_array()
        .unwrap()
        .iter()
        .any(|m| m["verdict"] != "killed");
    assert!(!hung, "{block}");
    assert_eq!(run("3"), alone);
}

#[test]
fn survivors_are_shown_and_can_be_waived() {
    let project = Project::new();
    let arguments = ["--only", "common_fifo:ternary", "--floor", "100"];
    mutate(&project, &arguments)
        .exits(102)
        .says("SURVIVED")
        .says("+ if (push) wr_ptr_q <= 1'b0 ? '0 : wr_ptr_q + 1'b1;")
        .says("+ if (pop) rd_ptr_q <= 1'b0 ? '0 : rd_ptr_q + 1'b1;");
    let other = WAIVER.replace("push", "pop").replace("wr_", "rd_");
    fs::write(project.path(WAIVERS), format!("{WAIVER}{other}")).unwrap();
    mutate(&project, &arguments).exits(0).says("2 waived");
    // Where the pointers do not wrap by themselves both are killed, and the waivers are wrong.
    mutate(&project, &[&arguments[..], &CONFIG].concat())
        .exits(102)
        .says("waived, but common_fifo::");
}

#[test]
fn a_waiver_that_fits_nothing_is_refused() {
    let project = Project::new();
    fs::write(project.path(WAIVERS), WAIVER.replace("1'b0", "1'b2")).unwrap();
    mutate(&project, &["--list"])
        .exits(2)
        .says("mutants.toml")
        .says("no ternary mutant of `common_fifo` makes");
}

#[test]
fn a_test_that_fails_anyway_kills_nothing() {
    mutate(&Project::faulty(), &["--sample", "3"])
        .exits(100)
        .says("fails without a mutant too")
        .says("repeat: ./gpnpu run common_fifo");
}

#[test]
fn a_sample_is_listed_and_an_unknown_id_selects_nothing() {
    let project = Project::new();
    let listed = mutate(&project, &["--list", "--sample", "7", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(listed.as_array().unwrap().len(), 7);
    assert!(listed[0]["line"].as_u64().is_some() && listed[0]["from"].is_string());
    mutate(&project, &["--only", "no such mutant"])
        .exits(4)
        .says("no mutant is selected");
}
