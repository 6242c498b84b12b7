//! `gpnpu trace` from outside.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const DOC: &str = include_str!("../docs/trace.md");

/// Exit status, standard output and standard error.
struct Outcome {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Outcome {
    fn json(&self) -> Value {
        assert_eq!(self.status, 0, "{}", self.stderr);
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        serde_json::from_str(&self.stdout).expect("one JSON value")
    }

    /// Refused as wrong usage, with nothing on standard output.
    fn refused(&self, words: &[&str]) {
        assert_eq!(
            (self.status, self.stdout.as_str()),
            (2, ""),
            "{}",
            self.stderr
        );
        for words in words {
            assert!(self.stderr.contains(words), "{words}\n{}", self.stderr);
        }
    }
}

fn trace(args: &[&str], stdin: &[u8]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_gpnpu"))
        .env("GPNPU_ROOT", env!("CARGO_MANIFEST_DIR"))
        .args(["trace", "mem3d"])
        .args(args)
        .write_stdin(stdin)
        .output()
        .expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("the command writes UTF-8");
    Outcome {
        status: output.status.code().expect("the command exits by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn json(text: &[u8]) -> Value {
    trace(&["-", "--format", "json"], text).json()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The first block of the document in this language.
fn block(language: &str) -> &'static str {
    let mut blocks = DOC.split("```").skip(1).step_by(2);
    let found = blocks.find_map(|block| block.strip_prefix(language));
    found.expect("the document has it").trim_start()
}

/// Lines of a command file by pseudo-channel: clock and name.
fn commands(path: &Path) -> BTreeMap<String, Vec<(u64, String)>> {
    let text = fs::read_to_string(path).expect("the file is there");
    let mut lines = text.lines();
    let header = "clock,command,pseudo-channel,bank group,bank,row,column";
    assert_eq!(lines.next(), Some(header));
    let mut commands: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let [clock, command, vault, ..] = fields[..] else {
            panic!("{line}")
        };
        assert_eq!(fields.len(), 7, "{line}");
        let clock = clock.parse().expect("a clock");
        let of_vault = commands.entry(vault.to_owned()).or_default();
        of_vault.push((clock, command.to_owned()));
    }
    commands
}

#[test]
fn the_example_of_the_document_holds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = folder.path().join("commands.csv");
    let csv_name = csv.to_str().expect("a plain name");
    let args = ["-", "--timing", "hbm3", "--commands", csv_name];
    let outcome = trace(&args, block("trace").as_bytes());
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (0, ""),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains(block("text").trim_end()),
        "{}",
        outcome.stderr
    );
    let commands = commands(&csv);
    let commands = &commands["0"];
    assert!(commands.is_sorted_by_key(|(clock, _)| *clock));
    let count = |name: &str| {
        commands
            .iter()
            .filter(|(_, command)| command == name)
            .count()
    };
    assert_eq!(count("REFab"), 8, "those of the start");
    // 4 + 4 + 4 lines and one are read, 4 are written.
    assert!(count("RD") + count("RDA") >= 18 && count("WR") + count("WRA") == 8);
}

/// The same requests in every form, plain or compressed, from a file or standard input, are the same traffic.
#[test]
fn every_form_of_a_trace_is_the_same_traffic() {
    let lines: Vec<(u64, bool, u64)> = (0..200)
        .map(|index| (7 * index, index % 3 == 0, index * 0x1a40))
        .collect();
    let text =
        |line: fn(&(u64, bool, u64)) -> String| -> String { lines.iter().map(line).collect() };
    let own = text(|(cycle, write, addr)| {
        format!("{cycle} {} {addr:x}\n", if *write { "W" } else { "R" })
    });
    let other = text(|(cycle, write, addr)| {
        format!(
            "0x{addr:x} {} {cycle}\n",
            if *write { "WRITE" } else { "READ" }
        )
    });
    let expected = json(own.as_bytes());
    assert_eq!(
        (&expected["requests"], &expected["writes"]),
        (&200.into(), &67.into())
    );
    assert_eq!(json(other.as_bytes()), expected);
    assert_eq!(json(&gzip(own.as_bytes())), expected);
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&gzip(other.as_bytes())).expect("written");
    let name = file.path().to_str().expect("a plain name");
    let mut from_file = trace(&[name, "--format", "json"], b"").json();
    assert_eq!(from_file["trace"], name);
    from_file["trace"] = "<stdin>".into();
    assert_eq!(from_file, expected);

    let asap = text(|(_, write, addr)| format!("- {} {addr:x}\n", if *write { "W" } else { "R" }));
    let loads =
        text(|(_, write, addr)| format!("{} 0x{addr:x}\n", if *write { "ST" } else { "LD" }));
    let short = text(|(_, write, addr)| format!("0x{addr:x} {}\n", if *write { "W" } else { "R" }));
    let expected = json(asap.as_bytes());
    assert_eq!(json(loads.as_bytes()), expected);
    assert_eq!(json(short.as_bytes()), expected);
}

#[test]
fn the_figures_fit_each_other() {
    let stream: String = (0..4000)
        .map(|line| format!("- R {:x}\n", 64 * line))
        .collect();
    let report = json(stream.as_bytes());
    let number = |value: &Value| value.as_f64().expect("a number");
    let bytes = number(&report["bytes"]);
    assert_eq!(bytes, 256_000.0);
    let nanoseconds = number(&report["cycles"]) * number(&report["period_ps"]) / 1000.0;
    let bandwidth = number(&report["bandwidth_gb_s"]);
    assert!((bandwidth - bytes / nanoseconds).abs() < 1e-9);
    let share = number(&report["share_of_peak"]);
    assert!((share - bandwidth / number(&report["peak_gb_s"])).abs() < 1e-9);
    assert!(share > 0.9 && share <= 1.0, "{share}");
    assert!(number(&report["share_of_limit"]) <= 1.0);
    let latency = &report["latency_ns"]["read"];
    let [p50, p90, p99, max] = ["p50", "p90", "p99", "max"].map(|name| number(&latency[name]));
    assert!(p50 <= p90 && p90 <= p99 && p99 <= max && p50 > 13.75);
    assert_eq!(report["latency_ns"]["write"], Value::Null);
    assert!(number(&report["row_hit_rate"]) > 0.9);
    // Two bursts of every line, and none twice.
    let commands = &report["commands"];
    assert_eq!(number(&commands["RD"]) + number(&commands["RDA"]), 8000.0);
}

/// A read that is not due before a cycle waits for it, and its latency begins there. It may meet a refresh of its bank.
#[test]
fn a_request_waits_for_its_cycle() {
    let report = json(b"10000 R 0\n");
    let cycles = report["cycles"].as_u64().expect("a count");
    assert!((10_010..10_400).contains(&cycles), "{cycles}");
    let max = report["latency_ns"]["read"]["max"].as_f64();
    assert_eq!(max, Some(1.25 * (cycles - 10_000) as f64));
}

#[test]
fn reads_find_what_was_written_before_them() {
    let mut text = String::new();
    for round in 0..40_u64 {
        for (addr, bytes) in [
            (0x1003, 100),
            (0x1000, 4096),
            (0x1ffd, 6),
            (0x1040, 1),
            (0x10_0000, 64),
        ] {
            let addr = addr + 64 * (round % 3);
            text += &format!("- W {addr:x} {bytes}\n- R {addr:x} {bytes}\n- R 1000 512\n");
        }
    }
    let report = json(text.as_bytes());
    assert_eq!(report["requests"], 600);
}

#[test]
fn malformed_traces_are_refused_as_a_whole() {
    let text = "- R 0\n- X 40\n0x40 READ 1\n7 R 0\n6 R 0 0\n- R 0 64 64\n";
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    let name = file.path().to_str().expect("a plain name");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = folder.path().join("commands.csv");
    let outcome = trace(
        &[name, "--commands", csv.to_str().expect("a plain name")],
        b"",
    );
    outcome.refused(&[
        &format!("{name}:2:3: `X` is no direction: R or W expected"),
        &format!(
            "{name}:3:1: `0x40` here, but line 1 made this a file of CYCLE|- R|W HEXADDR [BYTES]"
        ),
        &format!("{name}:5:7: `0` is no number of bytes: 1 to 4096 expected"),
        &format!("{name}:6:10: `64` is one word too many"),
        &format!("4 malformed lines in `{name}`; nothing was run"),
    ]);
    assert!(!csv.exists());
    trace(&["-"], b"- R 20000000\n").refused(&[
        "<stdin>:1:5: 64 bytes at 0x20000000 end beyond the memory of 0x20000000 bytes",
        "1 malformed lines in `<stdin>`; nothing was run",
    ]);
    trace(&["-"], b"7 R 0\n6 R 0\n").refused(&["<stdin>:2:1: cycle 6 after cycle 7 of line 1"]);
    let zipped = gzip("- R 0\n".repeat(100).as_bytes());
    trace(&["-"], &zipped[..zipped.len() - 6]).refused(&["cannot read `<stdin>` beyond line"]);
    let many = "x\n".repeat(1000);
    trace(&["-"], many.as_bytes()).refused(&["... and 980 more lines", "1000 malformed lines"]);
}

#[test]
fn wrong_usage_says_what_is_known() {
    trace(&["-", "--timing", "ddr5"], b"- R 0\n")
        .refused(&["timing set `ddr5` not found (known: hbm3, hbm4, hb3d)"]);
    trace(&["-", "--config", "none"], b"")
        .refused(&["configuration `none` of block `mem3d` not found (known: "]);
    trace(&["/no/such/file"], b"").refused(&["cannot read `/no/such/file`"]);
    trace(&["-", "--outstanding", "0"], b"").refused(&["--outstanding"]);
    trace(&["-", "--timing", "none.toml"], b"").refused(&["cannot read `none.toml`"]);
    let output = Command::new(env!("CARGO_BIN_EXE_gpnpu"))
        .env("GPNPU_ROOT", env!("CARGO_MANIFEST_DIR"))
        .args(["trace", "npu_dot", "-"])
        .output()
        .expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr.contains("block `npu_dot` runs no traces (known: mem3d)"),
        "{stderr}"
    );
}

#[test]
fn a_timing_file_is_refused_at_its_place() {
    let hbm3 = include_str!("../rtl/mem3d/timing/hbm3.toml");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.toml");
    let name = path.to_str().expect("a plain name");
    let line = 1 + hbm3
        .lines()
        .position(|line| line.starts_with("TRp"))
        .expect("it is there");
    for (from, to, words) in [
        ("TRp = 16_250", "TRp = soon", format!("{name}:{line}:7: ")),
        (
            "TRp = 16_250",
            "TRpp = 16_250",
            format!("{name}:{line}:1: unknown field `TRpp`"),
        ),
        (
            "TRp = 16_250",
            "TRp = 0",
            format!("{name}:{line}:1: `TRp` is 0"),
        ),
    ] {
        fs::write(&path, hbm3.replace(from, to)).expect("written");
        trace(&["-", "--timing", name], b"- R 0\n").refused(&[&words]);
    }
}

#[test]
fn nothing_is_not_run() {
    let outcome = trace(&["-"], b"# only a comment\n\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (4, ""));
    assert!(
        outcome.stderr.contains("nothing to run"),
        "{}",
        outcome.stderr
    );
}
