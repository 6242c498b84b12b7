//! Tools, generated files, builds that fail, folders that cannot be written.

use std::fs;
use std::path::Path;

use crate::support::{Project, Ran};

#[test]
fn doctor_says_what_is_there() {
    let project = Project::new();
    let value = project
        .gpnpu(&["doctor", "--format", "json"])
        .exits(0)
        .json();
    let items = value["items"].as_array().unwrap();
    let needed: Vec<_> = items.iter().filter(|item| item["needed"] == true).collect();
    assert!(
        needed.len() >= 4 && needed.iter().all(|item| item["ok"] == true),
        "{value}"
    );
    let ran = project.gpnpu(&["doctor"]).exits(0).says("C++ compiler");
    assert!(ran.stdout.is_empty());
}

#[test]
fn doctor_says_what_is_missing_and_what_to_do() {
    let project = Project::new();
    let with = |name: &str, value: Option<&str>| {
        let mut command = project.command(&["doctor"]);
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        Ran::from(command.output().unwrap())
            .exits(101)
            .says("MISSING")
    };
    with("CXX", Some("/nowhere/c++")).says("CXX is `/nowhere/c++`, which does not run");
    with("GPNPU_VERILATOR", Some("/nowhere/verilator"))
        .says("GPNPU_VERILATOR is `/nowhere/verilator`, which is not a file");
    with("GPNPU_VERILATOR", None)
        .says("run `./gpnpu doctor`, which sets it up, or set GPNPU_VERILATOR");
    with("PATH", Some("/nowhere"))
        .says("install it with `sudo apt-get install -y g++`, or set CXX");
}

#[test]
fn a_run_without_tools_exits_101() {
    let project = Project::new();
    let mut command = project.command(&["run", "common_fifo::smoke"]);
    command.env("CXX", "/nowhere/c++");
    Ran::from(command.output().unwrap())
        .exits(101)
        .says("C++ compiler not found: CXX is `/nowhere/c++`");
}

#[test]
fn generated_ports_are_checked_and_written() {
    let project = Project::new();
    let folder = project.path("testbenches/src/ports");
    project
        .gpnpu(&["ports", "--check"])
        .exits(102)
        .says("not up to date: ")
        .says("run `./gpnpu ports`");
    assert!(!folder.exists(), "a check writes nothing");
    project.gpnpu(&["ports"]).exits(0).says("common_fifo.rs");
    project
        .gpnpu(&["ports", "--check"])
        .exits(0)
        .says("2 generated files are up to date");
    // A port that is renamed makes them stale.
    let name = project.path(crate::support::FIFO);
    let text = fs::read_to_string(&name).unwrap();
    fs::write(&name, text.replace("occupancy_o", "level_o")).unwrap();
    let ran = project
        .gpnpu(&["ports", "--check"])
        .exits(102)
        .says("testbenches/src/ports/common_fifo.rs");
    assert!(!ran.stderr.contains("mod.rs"), "{}", ran.stderr);
    project.gpnpu(&["ports"]).exits(0);
    assert!(
        fs::read_to_string(folder.join("common_fifo.rs"))
            .unwrap()
            .contains("pub level_o: u8,")
    );
    // And so does a file that belongs to no block.
    fs::write(folder.join("gone.rs"), "").unwrap();
    project
        .gpnpu(&["ports", "--check"])
        .exits(102)
        .says("gone.rs");
    project.gpnpu(&["ports"]).exits(0);
    assert!(!folder.join("gone.rs").exists());
}

/// A testbench whose ports do not fit the RTL any more says so instead of driving the wrong bits.
#[test]
fn ports_that_do_not_fit_fail_the_case() {
    let project = Project::new();
    let name = project.path(crate::support::FIFO);
    let text = fs::read_to_string(&name).unwrap();
    fs::write(&name, text.replace("occupancy_o", "level_o")).unwrap();
    project
        .gpnpu(&["run", "common_fifo::smoke", "--config", "w8d1"])
        .exits(100)
        .says("the model has `level_o` where `occupancy_o` is expected; run `gpnpu ports`");
}

fn models(project: &Project) -> usize {
    let items = fs::read_dir(project.path(".gpnpu/cache/models"))
        .into_iter()
        .flatten();
    items
        .filter(|item| item.as_ref().unwrap().path().is_dir())
        .count()
}

#[test]
fn a_syntax_error_exits_101_with_file_and_line() {
    let project = Project::with_empty_cache();
    project.edit(
        "assign occupancy_o = count_q;",
        "assign occupancy_o = = count_q;",
    );
    let text = fs::read_to_string(project.path(crate::support::FIFO)).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("= =")).unwrap();
    let ran = project
        .gpnpu(&[
            "run",
            "common_fifo::smoke",
            "--config",
            "w32d4",
            "--format",
            "json",
        ])
        .exits(101)
        .says("BUILD FAILED")
        .says(&format!("common/fifo/common_fifo.sv:{line}:"))
        .says("syntax error");
    assert!(
        !ran.stderr.contains(&project.root().display().to_string()),
        "{}",
        ran.stderr
    );
    let value = ran.json();
    assert_eq!(value["counts"]["skipped"], 1);
    assert_eq!(
        value["build_failures"][0]["model"],
        "common_fifo w32d4 (fast)"
    );
    assert_eq!(models(&project), 0, "nothing is cached");
}

#[test]
fn a_model_that_does_not_build_leaves_the_others_running() {
    let project = Project::edited(
        "if (Width < 1) begin : gen_width_check",
        "if (Depth == 1) begin : gen_width_check",
    );
    let arguments = [
        "run",
        "common_fifo::smoke",
        "--config",
        "w32d4",
        "--config",
        "w8d1",
        "--format",
        "json",
    ];
    let value = project.gpnpu(&arguments).exits(101).json();
    assert_eq!(value["counts"]["passed"], 1);
    assert_eq!(value["counts"]["skipped"], 1);
    assert_eq!(value["build_failures"].as_array().unwrap().len(), 1);
}

/// Names of everything below a folder.
fn everything(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        names.push(path.display().to_string());
        if path.is_dir() && !path.is_symlink() {
            names.extend(everything(&path));
        }
    }
    names.sort();
    names
}

#[test]
fn an_output_folder_that_cannot_be_written_is_named_once() {
    let project = Project::with_empty_cache();
    fs::write(project.path(".gpnpu"), "").unwrap();
    let before = everything(&project.root());
    let ran = project.gpnpu(&["run", "common_fifo::smoke"]).exits(1);
    let folder = project.root().join(".gpnpu").display().to_string();
    assert_eq!(
        ran.stderr.lines().count(),
        1,
        "one clear message: {}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .starts_with(&format!("error: cannot create `{folder}`: ")),
        "{}",
        ran.stderr
    );
    assert_eq!(
        everything(&project.root()),
        before,
        "nothing is half-written"
    );
    project
        .gpnpu(&["doctor"])
        .exits(101)
        .says("output folder")
        .says(&folder);
}

#[test]
fn results_that_cannot_be_written_are_an_error() {
    let project = Project::new();
    fs::write(project.path(".gpnpu/run"), "").unwrap();
    let ran = project
        .gpnpu(&["run", "common_fifo::smoke", "--config", "w32d4"])
        .exits(1);
    let errors: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error:"))
        .collect();
    assert_eq!(errors.len(), 1, "{}", ran.stderr);
    assert!(errors[0].contains(".gpnpu/run/"), "{}", errors[0]);
}
