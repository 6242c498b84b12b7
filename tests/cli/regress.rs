//! `gpnpu regress` and `gpnpu history`: the same results however they are run, and what survives.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Project, Ran};

const JSON: [&str; 2] = ["--format", "json"];

fn regress(project: &Project, arguments: &[&str]) -> Ran {
    project.gpnpu(&[&["regress"], arguments, &JSON].concat())
}

fn ask(project: &Project, arguments: &[&str]) -> Value {
    let ran = project.gpnpu(&[&["history"], arguments, &JSON].concat());
    ran.exits(0).json()
}

/// Everything of a result that does not depend on time.
fn timeless(value: &Value) -> Value {
    let mut value = value.clone();
    for case in value["cases"].as_array_mut().unwrap() {
        case["seconds"] = Value::Null;
    }
    let parts = ["cases", "counts", "buckets", "coverage", "digest"];
    parts.iter().map(|part| value[part].take()).collect()
}

#[test]
fn results_are_the_same_for_any_number_of_jobs_and_in_processes_of_their_own() {
    let project = Project::faulty();
    let of = |more: &[&str]| {
        let arguments = [&["common_fifo", "--seeds", "6", "--bundles", "0"], more].concat();
        timeless(&regress(&project, &arguments).exits(100).json())
    };
    let one = of(&["-j", "1"]);
    assert!(one[1]["failed"].as_u64().unwrap() > 0 && one[1]["passed"].as_u64().unwrap() > 0);
    assert_eq!(of(&["-j", "4"]), one);
    assert_eq!(of(&["-j", "3", "--isolate"]), one);
    // The same seeds on the same inputs, three times: nothing differs.
    assert_eq!(ask(&project, &["flaky"])["flaky"], Value::Array(vec![]));
}

#[test]
fn each_kind_of_failure_is_told_once_with_its_smallest_case_and_bundle() {
    let project = Project::faulty();
    let arguments = ["common_fifo::random", "--config", "w32d4", "--seeds", "30"];
    let ran = regress(&project, &arguments).exits(100);
    let value = ran.json();
    let buckets = value["buckets"].as_array().unwrap();
    let failed = value["counts"]["failed"].as_u64().unwrap();
    let hits: u64 = buckets.iter().map(|b| b["hits"].as_u64().unwrap()).sum();
    assert_eq!(hits, failed);
    assert!(failed > buckets.len() as u64, "{buckets:?}");
    let bucket = &buckets[0];
    assert!(bucket["after"].as_u64().unwrap() <= 8, "{bucket}");
    let transactions = |case: &Value| case["transactions"].as_u64().unwrap();
    let kind = |case: &&Value| case["kind"] == bucket["kind"];
    let smallest = value["cases"].as_array().unwrap().iter().filter(kind);
    let smallest = smallest.map(transactions).min();
    assert_eq!(bucket["before"].as_u64(), smallest);
    let told = ran.stderr.matches("FAIL [").count();
    assert_eq!(
        told,
        buckets.len(),
        "a kind of failure once: {}",
        ran.stderr
    );
    let asked = ask(&project, &["failures"]);
    assert_eq!(asked["buckets"].as_array().unwrap().len(), buckets.len());
    let repeat = bucket["repeat"].as_str().unwrap().to_owned();
    let mut arguments: Vec<&str> = repeat.split(' ').skip(1).collect();
    arguments.extend(["--bundles", "0"]);
    project.gpnpu(&arguments).exits(100);
    let folder = project.path(bucket["bundle"].as_str().unwrap());
    project
        .gpnpu(&["replay", &folder.display().to_string()])
        .exits(100);
    let bad = ask(&project, &["first-bad", "common_fifo::random"]);
    assert_eq!(bad["first_bad"]["bad"]["id"], value["run"]);
}

#[test]
fn what_failed_runs_again_and_first() {
    let project = Project::faulty();
    let first = regress(&project, &["common_fifo", "--seeds", "4", "--bundles", "0"])
        .exits(100)
        .json();
    let again = regress(
        &project,
        &["common_fifo", "--rerun-failed", "--bundles", "0"],
    )
    .exits(100)
    .json();
    assert_eq!(again["counts"]["failed"], first["counts"]["failed"]);
    assert_eq!(again["counts"]["passed"], 0);
    // A failing case comes first, although others take longer or were never timed.
    let arguments = [
        "common_fifo",
        "--seeds",
        "5",
        "-j",
        "1",
        "--fail-fast",
        "1",
        "--bundles",
        "0",
    ];
    let fast = regress(&project, &arguments).exits(100).json();
    // The next one may have begun before the first was known to have failed.
    assert!(
        fast["counts"]["failed"].as_u64().unwrap() <= 2,
        "{}",
        fast["counts"]
    );
    assert_eq!(fast["counts"]["passed"], 0);
    let repaired = Project::new();
    regress(&repaired, &["common_fifo", "--seeds", "1"]).exits(0);
    regress(&repaired, &["common_fifo", "--rerun-failed"])
        .exits(4)
        .says("no case failed in the last run");
}

const MANY: [&str; 5] = ["regress", "common_fifo::random", "--seeds", "4000", "-j2"];

/// Starts a long regression; it has reported so many cases.
fn begun(project: &Project) -> (Child, u64) {
    let mut child = project
        .command(&MANY)
        .stdout(Stdio::null())
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
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
    let count = line.trim().trim_start_matches("running ").split('/').next();
    (child, count.unwrap().parse().unwrap())
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &id])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_killed_run_keeps_what_it_reported_and_is_finished_by_resume() {
    let project = Project::new();
    let (mut child, reported) = begun(&project);
    regress(&project, &["--resume"])
        .exits(4)
        .says("another process works on it");
    signal(&child, "-KILL");
    child.wait().unwrap();
    let killed = &ask(&project, &["runs"])["runs"][0];
    assert_eq!(killed["status"], "running");
    let kept = killed["passed"].as_u64().unwrap();
    assert!(kept >= reported, "{kept} kept, {reported} reported");
    assert!(kept < 12_000, "it was killed too late");
    let resumed = regress(&project, &["--resume"]).exits(0).json();
    assert_eq!(resumed["counts"]["passed"], 12_000);
    assert_eq!(resumed["run"], killed["id"]);
    let whole = Project::new();
    let whole = regress(&whole, &MANY[1..]).exits(0).json();
    assert_eq!(resumed["digest"], whole["digest"]);
    regress(&project, &["--resume"]).exits(4);
    ask(&project, &["check"]);
}

#[test]
fn ctrl_c_leaves_the_rest_to_resume_unless_the_rtl_changed() {
    let project = Project::new();
    let (mut child, _) = begun(&project);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(ask(&project, &["runs"])["runs"][0]["status"], "interrupted");
    project.edit(
        "assign occupancy_o = count_q;",
        "assign occupancy_o = count_q + '0;",
    );
    regress(&project, &["--resume"])
        .exits(2)
        .says("was made with other RTL");
}

#[test]
fn a_full_disk_ends_the_run_and_loses_nothing_that_was_reported() {
    let project = Project::new();
    regress(&project, &["common_fifo::smoke"]).exits(0);
    let arguments = MANY.join(" ");
    let limited = format!("trap '' XFSZ; ulimit -f 1000; exec \"$0\" {arguments}");
    let gpnpu = project.command(&[]);
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(limited)
        .arg(gpnpu.get_program())
        .current_dir(project.root());
    for (name, value) in gpnpu.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    Ran::from(shell.output().unwrap())
        .exits(1)
        .says("cannot be written")
        .says("gpnpu regress --resume");
    let kept = ask(&project, &["runs"])["runs"][0]["passed"]
        .as_u64()
        .unwrap();
    assert!(kept > 0 && kept < 12_000, "{kept}");
    let resumed = regress(&project, &["--resume"]).exits(0).json();
    assert_eq!(resumed["counts"]["passed"], 12_000);
}

#[test]
fn regressions_side_by_side_do_not_disturb_each_other() {
    let project = Project::new();
    regress(&project, &["common_fifo::smoke"]).exits(0);
    let arguments = [
        "regress",
        "common_fifo::random",
        "--seeds",
        "300",
        "--format",
        "json",
    ];
    let children: Vec<Child> = (0..3)
        .map(|_| {
            let mut command = project.command(&arguments);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut digests = Vec::new();
    for child in children {
        let ran = Ran::from(child.wait_with_output().unwrap()).exits(0).json();
        assert_eq!(ran["counts"]["passed"], 900);
        digests.push(ran["digest"].clone());
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
    assert_eq!(
        ask(&project, &["runs"])["runs"].as_array().unwrap().len(),
        4
    );
}

/// The queue of depth 1 kills the process that runs it.
pub fn crashing() -> Project {
    Project::edited(
        "  // A stalled entry neither changes nor disappears.",
        "  if (Depth == 1) begin : gen_crash\n    always_ff @(posedge clk_i) if (in_valid_i) \
         $c(\"*(volatile int*)nullptr = 0;\");\n  end",
    )
}

#[test]
fn a_model_that_crashes_fails_its_case_alone() {
    let project = crashing();
    let ran = regress(
        &project,
        &["common_fifo::smoke", "--seeds", "2", "--isolate"],
    )
    .exits(100);
    let value = ran.json();
    for case in value["cases"].as_array().unwrap() {
        let crashed = case["config"] == "w8d1";
        assert_eq!(case["outcome"] == "failed", crashed, "{case}");
        assert!(!crashed || case["kind"] == "crash SIGSEGV", "{case}");
    }
    assert_eq!(value["counts"]["passed"], 4);
    assert_eq!(value["buckets"][0]["hits"], 2);
}

#[test]
fn a_model_that_hangs_fails_its_case_alone_in_its_process_too() {
    let project = Project::edited(
        "  // A stalled entry neither changes nor disappears.",
        "  if (Depth == 1) begin : gen_hang\n    always_ff @(posedge clk_i) while (in_valid_i) $display(\"spin\");\n  end",
    );
    let arguments = [
        "common_fifo::smoke",
        "--seeds",
        "1",
        "--isolate",
        "--timeout",
        "1",
    ];
    let value = regress(&project, &arguments).exits(100).json();
    assert_eq!(value["counts"]["passed"], 2);
    assert_eq!(value["buckets"][0]["kind"], "wall clock");
}

#[test]
fn profiles_come_from_the_projects_file() {
    let project = Project::new();
    let write = |text: &str| fs::write(project.path("gpnpu.toml"), text).unwrap();
    write(
        "[profile.tiny]\ntests = ['common_fifo::random']\nconfigs = ['w8d1']\nseeds = 2\n\
         [[seed]]\ntest = 'common_fifo::random'\nseed = 0x77\nfound = 'an entry was lost'\n",
    );
    let value = regress(&project, &["--profile", "tiny"]).exits(0).json();
    let seeds: Vec<u64> = value["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds.len(), 3);
    assert!(seeds.contains(&0x77));
    write("[profile.tiny]\nseds = 2\n");
    regress(&project, &["--profile", "tiny"])
        .exits(2)
        .says("gpnpu.toml:2:1: unknown field `seds`, expected one of `inherits`");
    write("");
    regress(&project, &["--profile", "tiny"])
        .exits(2)
        .says("profile `tiny` not found (known: base, ci, nightly, signoff, smoke)");
    regress(&project, &["--blocks", "npu"])
        .exits(2)
        .says("block `npu` not found");
    regress(&project, &["common_fifo", "--config", "w1"])
        .exits(2)
        .says("configuration `w1` (known: w32d4, w64d13, w8d1)");
}

#[test]
fn time_draws_seeds_until_it_is_over() {
    let project = Project::new();
    let arguments = ["common_fifo::random", "--time", "2s", "--root-seed", "7"];
    let value = regress(&project, &arguments).exits(0).json();
    let passed = value["counts"]["passed"].as_u64().unwrap();
    assert!(passed > 30, "{passed}");
    assert_eq!(value["root_seed"], 7);
    let run = &ask(&project, &["runs"])["runs"][0];
    assert_eq!(run["passed"].as_u64().unwrap(), passed);
}

#[test]
fn coverage_of_the_code_goes_through_the_history() {
    let project = Project::new();
    let arguments = ["common_fifo::smoke", "--flavour", "cover", "--seeds", "2"];
    let one = regress(&project, &arguments).exits(0).json();
    let two = regress(&project, &[&arguments[..], &["--isolate"]].concat())
        .exits(0)
        .json();
    assert_eq!(one["digest"], two["digest"]);
    assert!(
        one["coverage"]["blocks"][0]["code"].is_object(),
        "{}",
        one["coverage"]
    );
    let folder = project.path(&format!(".gpnpu/history.runs/run-{}/coverage", one["run"]));
    let dat = fs::read_to_string(folder.join("common_fifo.dat")).unwrap();
    assert!(dat.starts_with("# SystemC::Coverage-3\n"));
}

#[test]
fn a_history_that_cannot_be_read_is_left_as_it_is() {
    let project = Project::new();
    project
        .gpnpu(&["history", "runs"])
        .exits(4)
        .says("no history yet");
    let path = project.path("own.db");
    let words = "no database, but long enough to be taken for one".repeat(100);
    fs::write(&path, &words).unwrap();
    for verb in [&["regress", "common_fifo::smoke"][..], &["history", "runs"]] {
        let mut command = project.command(verb);
        command.env("GPNPU_HISTORY", &path);
        Ran::from(command.output().unwrap())
            .exits(2)
            .says("is corrupted")
            .says("nothing was written to it")
            .says("mv ");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), words);
}

#[test]
fn trends_and_the_slowest_tests_are_told() {
    let project = Project::new();
    for _ in 0..2 {
        regress(&project, &["common_fifo", "--seeds", "2"]).exits(0);
    }
    let trend = ask(&project, &["trends", "common_fifo"]);
    let points = trend["trend"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    assert_eq!(points[0]["passed"], points[1]["passed"]);
    assert!(points[0]["bins_hit"].as_u64().unwrap() > 0);
    let of_test = ask(&project, &["trends", "common_fifo::smoke"]);
    assert_eq!(of_test["trend"][0]["passed"], 6);
    assert_eq!(
        ask(&project, &["slowest", "-n", "3"])["slowest"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    project
        .gpnpu(&["history", "trends", "nothing"])
        .exits(2)
        .says("`nothing` is neither a block nor a test (known: common_fifo, ");
    project
        .gpnpu(&["history", "runs"])
        .exits(0)
        .says("passed       ci");
    assert_eq!(
        ask(&project, &["first-bad", "common_fifo::smoke"])["first_bad"],
        Value::Null
    );
}
