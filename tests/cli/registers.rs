//! `gpnpu regs`.

use std::fs;

use crate::support::{Project, repository};

const SOURCE: &str = "rtl/mem3d/regs.toml";
const OUTPUTS: [&str; 3] = [
    "rtl/mem3d/mem3d_reg_pkg.sv",
    "testbenches/src/mem3d/registers.rs",
    "docs/mem3d_registers.md",
];

/// A project with the memory's register map and nothing made from it.
fn project() -> Project {
    let project = Project::new();
    fs::create_dir_all(project.path("rtl/mem3d")).unwrap();
    fs::copy(repository().join(SOURCE), project.path(SOURCE)).unwrap();
    project
}

#[test]
fn registers_are_checked_and_written() {
    let project = project();
    project
        .gpnpu(&["regs", "--check"])
        .exits(102)
        .says("run `./gpnpu regs`");
    assert!(!project.path(OUTPUTS[0]).exists());
    project.gpnpu(&["regs"]).exits(0).says("mem3d_reg_pkg.sv");
    project.gpnpu(&["regs", "--check"]).exits(0);
    for output in OUTPUTS {
        let path = project.path(output);
        let text = fs::read_to_string(&path).unwrap();
        let committed = fs::read_to_string(repository().join(output)).unwrap();
        assert!(
            text == committed,
            "`{output}` differs from the committed one"
        );
        fs::write(&path, text + " ").unwrap();
        project.gpnpu(&["regs", "--check"]).exits(102).says(output);
        project.gpnpu(&["regs"]).exits(0).says(output);
    }
}

#[test]
fn a_changed_map_makes_what_was_written_stale() {
    let project = project();
    project.gpnpu(&["regs"]).exits(0);
    let path = project.path(SOURCE);
    let text = fs::read_to_string(&path).unwrap();
    let moved = text.replacen("offset = 0x38", "offset = 0x3c", 1);
    assert_ne!(moved, text);
    fs::write(&path, moved).unwrap();
    let run = project.gpnpu(&["regs", "--check"]).exits(102);
    OUTPUTS.iter().fold(run, |run, output| run.says(output));
}

#[test]
fn a_bad_map_is_named_with_its_line_and_writes_nothing() {
    let project = project();
    let path = project.path(SOURCE);
    let text = fs::read_to_string(&path).unwrap();
    let bad = text.replacen("bits = \"15:8\"", "bits = \"15:7\"", 1);
    let line = 1 + bad.lines().position(|l| l == "bits = \"15:7\"").unwrap();
    fs::write(&path, bad).unwrap();
    project.gpnpu(&["regs"]).exits(2).says(&format!(
        "regs.toml:{line}:8: field `major` overlaps field `minor`"
    ));
    assert!(!project.path(OUTPUTS[0]).exists());
}
