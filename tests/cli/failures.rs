//! From a fault in the RTL to a bundle, and back through `replay`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{Project, Ran};

/// The faulty project after one failed run.
struct Failed {
    project: Project,
    ran: Ran,
    bundle: PathBuf,
}

fn failed() -> &'static Failed {
    static FAILED: OnceLock<Failed> = OnceLock::new();
    FAILED.get_or_init(|| {
        let project = Project::faulty();
        let arguments = [
            "run",
            "common_fifo::random",
            "--config",
            "w32d4",
            "--seed",
            "3",
            "--format",
            "json",
        ];
        let ran = project.gpnpu(&arguments);
        let bundle = project.path(".gpnpu/failures/common_fifo-random-w32d4-0x3");
        Failed {
            project,
            ran,
            bundle,
        }
    })
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn bundle() -> Value {
    serde_json::from_str(&read(&failed().bundle, "bundle.json")).unwrap()
}

#[test]
fn a_failed_case_exits_100_and_says_how_to_repeat_it() {
    let ran = &failed().ran;
    assert_eq!(ran.exit, Some(100), "{}", ran.stderr);
    let value = ran.json();
    assert_eq!(value["counts"]["failed"], 1);
    let case = &value["cases"][0];
    assert_eq!(case["passed"], false);
    assert_eq!(
        case["repeat"],
        "./gpnpu run common_fifo::random --config w32d4 --seed 0x3"
    );
    assert!(
        case["failure"]["message"]
            .as_str()
            .unwrap()
            .contains("golden says"),
        "{case}"
    );
    assert!(
        ran.stderr
            .contains("repeat: ./gpnpu run common_fifo::random --config w32d4 --seed 0x3")
    );
    let folder = value["bundles"][0]["folder"].as_str().unwrap();
    assert_eq!(
        Path::new(folder).canonicalize().unwrap(),
        failed().bundle.canonicalize().unwrap()
    );
}

#[test]
fn the_stimulus_is_shrunk_to_few_transactions() {
    let bundle = bundle();
    assert!(bundle["transactions_before"].as_u64().unwrap() >= 200);
    let transactions = bundle["transactions"].as_u64().unwrap();
    assert!(
        (1..=3).contains(&transactions),
        "{transactions} transactions left"
    );
    assert_eq!(
        bundle["stimulus"]["entries"].as_array().unwrap().len() as u64,
        transactions
    );
    // The failure of the smaller stimulus is the same kind as the first.
    let first = &failed().ran.json()["cases"][0]["failure"]["kind"];
    assert_eq!(bundle["failure"]["kind"], *first);
}

#[test]
fn the_report_holds_what_a_person_needs() {
    let report = read(&failed().bundle, "report.txt");
    let failure = bundle()["failure"]["message"].as_str().unwrap().to_owned();
    for text in [
        "common_fifo::random w32d4 seed=0x3",
        &failure,
        "repeat:      ./gpnpu run common_fifo::random --config w32d4 --seed 0x3",
        "minimised:   ./gpnpu replay ",
        "gtkwave waves.gtkw",
        "digest:      ",
        "tool:        gpnpu ",
    ] {
        assert!(report.contains(text), "`{text}` not in {report}");
    }
}

#[test]
fn the_waves_hold_golden_and_the_cursor_stands_at_the_failure() {
    let Failed { bundle: folder, .. } = failed();
    let vcd = read(folder, "waves.vcd");
    assert!(vcd.contains("$scope module golden $end") && vcd.contains(" mismatch $end"));
    assert!(vcd.contains(" count_q "), "the RTL's inner signals");
    let cycle = bundle()["failure"]["cycle"].as_u64().unwrap();
    let at = cycle * 1000 + 500;
    assert!(
        vcd.contains(&format!("\n#{at}\n")),
        "the failing cycle is in the waves"
    );
    let gtkw = read(folder, "waves.gtkw");
    assert!(
        gtkw.contains("[dumpfile] \"waves.vcd\"") && gtkw.contains(&format!(" {at} -1")),
        "{gtkw}"
    );
    let surfer = read(folder, "waves.surfer");
    assert!(surfer.contains(&format!("cursor_set {at}\n")), "{surfer}");
    for signal in ["golden.out_o", "TOP.occupancy_o"] {
        assert!(
            gtkw.contains(signal) && surfer.contains(signal),
            "`{signal}` not in {gtkw}{surfer}"
        );
    }
    let names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn a_replay_fails_again_until_the_rtl_is_repaired() {
    let Failed {
        project, bundle, ..
    } = failed();
    let folder = bundle.display().to_string();
    let ran = project
        .gpnpu(&["replay", &folder, "--format", "json"])
        .exits(100);
    let value = ran.json();
    let stored = self::bundle();
    assert_eq!(value["failure"]["message"], stored["failure"]["message"]);
    assert_eq!(value["digest"], stored["digest"]);
    project
        .gpnpu(&["replay", &bundle.join("bundle.json").display().to_string()])
        .exits(100)
        .says("FAIL")
        .says("golden says");
    Project::new()
        .gpnpu(&["replay", &folder])
        .exits(0)
        .says("PASS");
}

#[test]
fn the_original_case_fails_again_by_its_command() {
    let Failed { project, ran, .. } = failed();
    let first = ran.json();
    let repeat = first["cases"][0]["repeat"].as_str().unwrap().to_owned();
    let mut arguments: Vec<&str> = repeat.split(' ').skip(1).collect();
    arguments.extend(["--format", "json", "--bundles", "0"]);
    let again = project.gpnpu(&arguments).exits(100).json();
    assert_eq!(again["cases"][0]["failure"], first["cases"][0]["failure"]);
    assert_eq!(again["cases"][0]["digest"], first["cases"][0]["digest"]);
}

#[test]
fn a_malformed_bundle_is_usage() {
    let project = Project::new();
    let path = project.path("bundle.json");
    let name = path.display().to_string();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("cannot access `");
    fs::write(&path, "{ \"test\": 1 }").unwrap();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("is not a bundle: ")
        .says("line 1");
    let whole = read(&failed().bundle, "bundle.json");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("is not a bundle: EOF");
    fs::write(&path, whole.replacen('{', "{ \"more\": 1,", 1)).unwrap();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("unknown field `more`");
    fs::write(
        &path,
        whole.replace("common_fifo::random", "common_fifo::gone"),
    )
    .unwrap();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("test `common_fifo::gone` not found (known: ");
    fs::write(&path, whole.replace("\"w32d4\"", "\"w1d1\"")).unwrap();
    project
        .gpnpu(&["replay", &name])
        .exits(2)
        .says("configuration `w1d1` of block `common_fifo` not found");
}

#[test]
fn a_stimulus_that_does_not_fit_fails_and_says_why() {
    let project = Project::new();
    let path = project.path("bundle.json");
    let mut value = bundle();
    value["stimulus"]["entries"] = "none".into();
    fs::write(&path, value.to_string()).unwrap();
    project
        .gpnpu(&["replay", &path.display().to_string()])
        .exits(100)
        .says("the stimulus does not fit the test: ");
}

#[test]
fn the_cycle_limit_fails_a_case() {
    Project::new()
        .gpnpu(&[
            "run",
            "common_fifo::smoke",
            "--config",
            "w32d4",
            "--max-cycles",
            "10",
            "--bundles",
            "0",
        ])
        .exits(100)
        .says("not finished after 10 cycles");
}

#[test]
fn a_failed_assertion_is_named_by_its_label() {
    let project = Project::edited(
        "`ASSERT(OccupancyInRange_A, count_q <= FULL)",
        "`ASSERT(OccupancyInRange_A, count_q < FULL)",
    );
    let arguments = [
        "run",
        "common_fifo::back_pressure",
        "--config",
        "w32d4",
        "--bundles",
        "0",
        "--format",
        "json",
    ];
    let value = project.gpnpu(&arguments).exits(100).json();
    let cases = value["cases"].as_array().unwrap();
    let failure = &cases.iter().find(|case| case["passed"] == false).unwrap()["failure"];
    assert_eq!(
        failure["kind"]["assertion"]["label"], "OccupancyInRange_A",
        "{failure}"
    );
    let message = failure["message"].as_str().unwrap();
    assert!(
        message.contains("common/fifo/common_fifo.sv:") && message.contains("count_q < FULL"),
        "{message}"
    );
}

#[test]
fn a_planted_fault_is_caught_and_an_unexplained_survivor_fails_the_gate() {
    let project = Project::new();
    let list = project.path("rtl/common/fifo/faults.toml");
    let fault = |replace: &str| {
        format!(
            "[[fault]]\nname = 'late'\nfile = 'common/fifo/common_fifo.sv'\nfind = \"assign occupancy_o = count_q;\"\n\
             replace = \"assign occupancy_o = {replace};\"\nwhy = 'test'\n"
        )
    };
    fs::write(&list, fault("count_q + 1'b1")).unwrap();
    let arguments = [
        "faults",
        "common_fifo",
        "--config",
        "w8d1",
        "--format",
        "json",
    ];
    let value = project.gpnpu(&arguments).exits(0).json();
    assert_eq!(value["faults"][0]["caught"]["by"], "common_fifo::smoke");
    fs::write(&list, fault("count_q + '0")).unwrap();
    project.gpnpu(&arguments).exits(102).says("SURVIVED");
    fs::write(
        &list,
        fault("x").replace("assign occupancy_o = count_q;", "nowhere"),
    )
    .unwrap();
    project
        .gpnpu(&arguments)
        .exits(2)
        .says("fault `late`: the text to replace occurs 0 times in `common/fifo/common_fifo.sv`");
}

/// At depth 1 an entry cannot come and go in one cycle, so that the fault shows at other depths alone.
#[test]
fn a_fault_is_planted_in_the_configuration_that_its_list_names() {
    let project = Project::new();
    let fault = "\
[[fault]]
name = 'counts_what_passes_through'
file = 'common/fifo/common_fifo.sv'
find = \"if (push && !pop)      count_q <= count_q + 1'b1;\"
replace = \"if (push)              count_q <= count_q + 1'b1;\"
why = 'test'
";
    let list = format!("config = 'w8d1'\n{fault}config = 'w64d13'\n");
    fs::write(project.path("rtl/common/fifo/faults.toml"), &list).unwrap();
    let arguments = ["faults", "common_fifo", "--format", "json"];
    let own = project.gpnpu(&arguments).exits(0).json();
    assert_eq!(own["faults"][0]["config"], "w64d13");
    assert_eq!(own["faults"][0]["caught"]["by"], "common_fifo::smoke");
    let option = [&arguments[..], &["--config", "w8d1"]].concat();
    let survived = project.gpnpu(&option).exits(102);
    assert_eq!(survived.json()["faults"][0]["config"], "w8d1");
    survived.says("config=w8d1: no test fails");
    let unknown = list.replace("w64d13", "w64");
    fs::write(project.path("rtl/common/fifo/faults.toml"), unknown).unwrap();
    project.gpnpu(&arguments).exits(2).says(
        "fault `counts_what_passes_through`: configuration `w64` of block `common_fifo` not found (known: w32d4, w8d1, \
         w64d13)",
    );
}

/// A test that failed anyway would have been said to catch every fault.
#[test]
fn a_test_that_fails_without_the_fault_too_catches_none() {
    let project = Project::faulty();
    let list = "\
[[fault]]
name = 'off_by_one'
file = 'common/fifo/common_fifo.sv'
find = \"assign occupancy_o = count_q;\"
replace = \"assign occupancy_o = count_q + 1'b1;\"
why = 'test'
";
    fs::write(project.path("rtl/common/fifo/faults.toml"), list).unwrap();
    project
        .gpnpu(&["faults", "common_fifo"])
        .exits(100)
        .says("`common_fifo::smoke` fails without a fault too, and so catches none: ")
        .says("repeat: ./gpnpu run common_fifo::smoke --config w32d4 --seed 0x1");
}
