//! `gpnpu exec`: how programs end.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Project, Ran, repository};

/// A program of `simt/elf/`.
pub fn elf(name: &str) -> String {
    let path = repository().join(format!("simt/elf/{name}.elf"));
    path.display().to_string()
}

/// Runs a program on the smallest processor of the repository.
fn exec(name: &str, arguments: &[&str]) -> Ran {
    let elf = elf(name);
    let all = [&["exec", &elf, "--config", "w2t4"], arguments].concat();
    let project = Project::new();
    let mut command = project.command(&all);
    command.env("GPNPU_ROOT", repository());
    Ran::from(command.output().unwrap())
}

fn words(numbers: &[f32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// The arguments for saxpy of seven elements at these places, with `x` and `y` from files in a folder.
fn saxpy(folder: &Path) -> Vec<String> {
    let x: Vec<f32> = (0..7u8).map(f32::from).collect();
    fs::write(folder.join("x.bin"), words(&x)).unwrap();
    fs::write(folder.join("y.bin"), words(&[100.0; 7])).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let text = format!(
        "--kernel saxpy --grid 2 --block 3 --arg i32:7 --arg f32:0.5 --arg ptr:0x80010000 --arg ptr:0x80020000 \
         --mem {}@0x80010000 --mem {}@0x80020000 --dump 0x80020000,28,{}",
        file("x.bin"),
        file("y.bin"),
        file("out/y.bin")
    );
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_kernel_leaves_its_result_in_memory_and_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = saxpy(folder.path());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = exec("saxpy", &arguments)
        .exits(0)
        .says("DONE")
        .says("grid 2,1,1, block 3,1,1");
    assert_eq!(ran.stdout, "");
    let expected: Vec<f32> = (0..7u8).map(|i| 100.0 + 0.5 * f32::from(i)).collect();
    assert_eq!(
        fs::read(folder.path().join("out/y.bin")).unwrap(),
        words(&expected)
    );
    for line in ["IPC ", "stall: data ", "AXI writes ", "beats of 8 bytes"] {
        assert!(ran.stderr.contains(line), "`{line}`: {}", ran.stderr);
    }
}

#[test]
fn what_is_counted_is_also_one_json_value() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = saxpy(folder.path());
    arguments.extend(["--format", "json"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let value = exec("saxpy", &arguments).exits(0).json();
    assert_eq!(value["ending"], "done");
    assert_eq!(
        (&value["grid"], &value["block"]),
        (&json!([2, 1, 1]), &json!([3, 1, 1]))
    );
    let count = |name: &str| {
        value["counters"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {value}"))
    };
    assert!(
        count("instructions") > 20 && count("cycles") > count("instructions"),
        "{value}"
    );
    // Two lines are read and one is written, by each of the two blocks.
    assert_eq!((count("cores"), count("lanes"), count("shared")), (1, 4, 0));
    assert!(
        count("misses") >= 2 && count("lines") >= 6 && count("axi_writes") > 0,
        "{value}"
    );
    let stalls: u64 = [
        "stall_data",
        "stall_unit",
        "stall_fetch",
        "stall_barrier",
        "idle",
    ]
    .map(count)
    .iter()
    .sum();
    assert_eq!(stalls + count("instructions"), count("cycles"), "{value}");
}

#[test]
fn a_program_ends_as_it_says_in_tohost() {
    exec("integer", &[])
        .exits(0)
        .says("PASS")
        .says("block 4,1,1");
    exec("fails", &[])
        .exits(5)
        .says("FAIL")
        .says("test 3 failed");
    let value = exec("fails", &["--format", "json"]).exits(5).json();
    assert_eq!(
        (&value["ending"], &value["tohost"], &value["test"]),
        (&json!("test_failed"), &json!(7), &json!(3))
    );
}

/// As public test programs do, after the start-up in machine mode that they make.
#[test]
fn a_program_that_goes_on_for_ever_after_its_word_ends() {
    exec("forever", &["--block", "8"]).exits(0).says("PASS");
}

#[test]
fn a_program_that_does_not_end_is_given_up() {
    let ran = exec("integer", &["--max-cycles", "500"]);
    ran.exits(6)
        .says("LATE")
        .says("not ended after 500 cycles (--max-cycles)");
}

#[test]
fn a_fault_is_told_precisely() {
    let arguments = "--kernel saxpy --arg i32:3 --arg f32:2 --arg ptr:0x10 --arg ptr:0x20";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let ran = exec("saxpy", &arguments).exits(3).says("FAULT");
    for words in [
        "access fault: there are no data at 0x10; memory is 0x80000000..0x100000000",
        "0 of core 0",
        "0x0007: 0, 1, 2",
        "saxpy(int, float, float const*, float*) + 0x",
        "flw f",
    ] {
        assert!(ran.stderr.contains(words), "`{words}`: {}", ran.stderr);
    }
    let value = exec("saxpy", &[&arguments[..], &["--format", "json"]].concat())
        .exits(3)
        .json();
    assert_eq!(value["ending"], "fault");
    let fault = &value["fault"];
    assert_eq!(
        (&fault["code"], &fault["address"]),
        (&json!(2), &json!(0x10))
    );
    assert_eq!(fault["lanes"], json!([0, 1, 2]));
}

/// A fault in the RTL shows as a mismatch, whose bundle fails again there and passes on the RTL as it is.
#[test]
fn a_difference_from_golden_is_bundled() {
    let project = Project::whole();
    project.edit_in(
        "rtl/simt/core/simt_alu.sv",
        "AluXor:  result = a_i ^ b_i;",
        "AluXor:  result = a_i | b_i;",
    );
    let elf = elf("integer");
    let arguments = [
        "exec", &elf, "--config", "w2t4", "--seed", "3", "--format", "json",
    ];
    let ran = project
        .gpnpu(&arguments)
        .exits(100)
        .says("minimised ./gpnpu replay ");
    let value = ran.json();
    assert_eq!(
        (&value["ending"], &value["counters"]),
        (&json!("mismatch"), &Value::Null)
    );
    let message = value["failure"]["message"].as_str().unwrap();
    assert!(
        message.contains("golden says 0x00000000ff0ff00f"),
        "{message}"
    );
    let folder = project.path(".gpnpu/failures/exec-integer-w2t4-0x3");
    let named = Path::new(value["bundle"].as_str().unwrap());
    assert_eq!(
        named.canonicalize().unwrap(),
        folder.canonicalize().unwrap()
    );
    let report = fs::read_to_string(folder.join("report.txt")).unwrap();
    let repeat = format!("repeat:      ./gpnpu {}", arguments.join(" "));
    assert!(report.contains(&repeat), "{report}");
    let waves = fs::read_to_string(folder.join("waves.vcd")).unwrap();
    assert!(waves.contains(" mismatch $end") && waves.contains(" core0_warp0 $end"));

    let folder = folder.display().to_string();
    let again = project
        .gpnpu(&["replay", &folder, "--format", "json"])
        .exits(100)
        .json();
    let bundle: Value =
        serde_json::from_str(&fs::read_to_string(format!("{folder}/bundle.json")).unwrap())
            .unwrap();
    assert_eq!(again["failure"], bundle["failure"]);
    let mut sound = project.command(&["replay", &folder]);
    sound.env("GPNPU_ROOT", repository());
    Ran::from(sound.output().unwrap()).exits(0).says("PASS");
}
