//! What is selected, listed and refused.

use crate::support::Project;

#[test]
fn an_unknown_test_lists_the_known_ones() {
    Project::new()
        .gpnpu(&["run", "nosuch"])
        .exits(2)
        .says("no test contains `nosuch` (known: common_fifo::smoke, common_fifo::random, ");
}

#[test]
fn an_unknown_configuration_lists_the_known_ones() {
    Project::new()
        .gpnpu(&["run", "common_fifo", "--config", "w9d9"])
        .exits(2)
        .says("no selected test runs in configuration `w9d9` (known: w32d4, w8d1, w64d13)");
}

#[test]
fn an_unknown_flavour_lists_the_known_ones() {
    Project::new()
        .gpnpu(&["run", "common_fifo", "--flavour", "slow"])
        .exits(2)
        .says("flavour `slow` not found (known: fast, trace, cover)");
}

#[test]
fn an_unknown_block_lists_the_known_ones() {
    Project::new()
        .gpnpu(&["faults", "nosuch"])
        .exits(2)
        .says("block `nosuch` not found (known: common_fifo)");
}

#[test]
fn a_wrong_command_line_is_usage() {
    let project = Project::new();
    for arguments in [
        &["frobnicate"][..],
        &["run", "--seed", "0xgg"],
        &["run", "-i", "0"],
        &["run", "-j", "0"],
        &["run", "--window", "5"],
        &["run", "--waves", "--cov"],
        &["run", "--format", "xml"],
        &[],
    ] {
        let ran = project.gpnpu(arguments).exits(2);
        assert!(
            ran.stdout.is_empty() && !ran.stderr.is_empty(),
            "{arguments:?}: {ran:?}"
        );
    }
    project
        .gpnpu(&["run", "--seed", "0xgg"])
        .says("`0xgg` is not a number; decimal or 0x hexadecimal expected");
}

#[test]
fn help_names_every_exit_status() {
    let help = Project::new().gpnpu(&["--help"]).exits(0).stdout;
    let text = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for status in [
        "0 ok",
        "2 usage",
        "3 device fault",
        "4 nothing",
        "5 the program's own test failed",
        "6 not ended",
        "100 a case",
        "101 a build",
        "102 a gate",
        "130 stopped",
        "1 anything",
    ] {
        assert!(text.contains(status), "`{status}` not in {text}");
    }
}

#[test]
fn a_folder_outside_a_project_is_usage() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::new();
    let mut command = project.command(&["list"]);
    command.env("GPNPU_ROOT", folder.path());
    crate::support::Ran::from(command.output().unwrap())
        .exits(2)
        .says("no rtl/configs.toml in it or above (set GPNPU_ROOT)");
}

#[test]
fn a_malformed_manifest_names_the_place() {
    let project = Project::new();
    std::fs::write(
        project.path("rtl/configs.toml"),
        "[common_fifo]\nsources = [\n",
    )
    .unwrap();
    let ran = project.gpnpu(&["run", "common_fifo"]).exits(2);
    assert!(
        ran.stderr.contains("configs.toml") && ran.stderr.contains("line 2"),
        "{}",
        ran.stderr
    );
}

#[test]
fn tests_are_listed() {
    let project = Project::new();
    let ran = project
        .gpnpu(&["list", "common_fifo"])
        .exits(0)
        .says("common_fifo::smoke");
    assert!(ran.stdout.is_empty());
    assert!(!ran.stderr.contains("npu_dot"), "{}", ran.stderr);
    let value = project
        .gpnpu(&["list", "common_fifo", "--format", "json"])
        .exits(0)
        .json();
    let tests = value["tests"].as_array().unwrap();
    assert!(tests.iter().all(|test| test["block"] == "common_fifo"));
    assert_eq!(tests[0]["id"], "common_fifo::smoke");
    assert_eq!(tests[0]["iterations"], 1);
}

#[test]
fn blocks_are_listed() {
    let project = Project::new();
    project
        .gpnpu(&["list", "--blocks"])
        .exits(0)
        .says("common_fifo w8d1 Depth=1 Width=8");
    let value = project
        .gpnpu(&["list", "--blocks", "--format", "json"])
        .exits(0)
        .json();
    let configs = value["blocks"][0]["configs"].as_array().unwrap();
    let names: Vec<_> = configs
        .iter()
        .map(|config| config["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["w32d4", "w8d1", "w64d13"],
        "in the order of the file"
    );
}

#[test]
fn nothing_selected_has_a_status_of_its_own() {
    let ran = Project::new().gpnpu(&["list", "nosuch"]).exits(4);
    assert!(ran.stdout.is_empty());
}
