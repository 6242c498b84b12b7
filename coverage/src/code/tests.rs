//! Against files that Verilator 5.048 wrote for `tests/fixtures/*.sv` (`--coverage`, two stimuli).

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const RUN_A: &str = include_str!("../../tests/fixtures/run_a.dat");
const RUN_B: &str = include_str!("../../tests/fixtures/run_b.dat");

fn read(text: impl AsRef<[u8]>) -> Result<CodeCoverage, ReadError> {
    CodeCoverage::read(text.as_ref(), "coverage.dat", None)
}

fn run_a() -> CodeCoverage {
    read(RUN_A).expect("as Verilator wrote it")
}

fn run_b() -> CodeCoverage {
    read(RUN_B).expect("as Verilator wrote it")
}

/// A file of one point with these keys and values.
fn dat(fields: &[(&str, &str)], count: &str) -> String {
    let key: String = fields
        .iter()
        .map(|(key, value)| format!("\x01{key}\x02{value}"))
        .collect();
    format!("# SystemC::Coverage-3\nC '{key}' {count}\n")
}

#[test]
fn what_is_written_is_what_was_read() {
    let mut read_lines: Vec<_> = RUN_A.lines().collect();
    let written = run_a().to_dat();
    let mut written_lines: Vec<_> = written.lines().collect();
    read_lines.sort_unstable();
    written_lines.sort_unstable();
    assert_eq!(read_lines, written_lines);
}

#[test]
fn points_carry_what_verilator_knows() {
    let coverage = run_a();
    let count = |kind| coverage.points().filter(|point| point.kind == kind).count();
    let counts = PointKind::ALL.map(count);
    assert_eq!(counts, [8, 10, 13, 58, 0, 2, 0]);
    let full = coverage
        .points()
        .find(|point| point.comment == "Full_C")
        .expect("a cover");
    assert_eq!(
        (full.file.as_str(), full.line, full.count),
        ("phase_counter.sv", 37, 166)
    );
    assert_eq!(full.hierarchy, "TOP.top.gen_counter[*].u_counter.Full_C");
    let block = coverage
        .points()
        .find(|point| point.line == 13)
        .expect("a block");
    assert_eq!((block.column, &block.lines[..]), (3, &[13..=15][..]));
    // An expression over literals holds the quote that ends a key.
    assert!(
        coverage
            .points()
            .any(|point| point.comment == "((count_o == 4'hf)==1) => 1")
    );
}

#[test]
fn merging_adds_every_count() {
    let mut merged = run_a();
    merged.merge(&run_b()).expect("small counts");
    assert_eq!(merged.len(), 91);
    let counts = |text: &'static str| -> BTreeMap<&str, u64> {
        let points = text
            .lines()
            .skip(1)
            .map(|line| line.rsplit_once(' ').expect("a count"));
        points
            .map(|(key, count)| (key, count.parse().expect("a number")))
            .collect()
    };
    let (a, b) = (counts(RUN_A), counts(RUN_B));
    let merged_text = merged.to_dat();
    for line in merged_text.lines().skip(1) {
        let (key, count) = line.rsplit_once(' ').expect("a count");
        assert_eq!(count, (a[key] + b[key]).to_string(), "{key}");
    }
    let mut other_way = run_b();
    other_way.merge(&run_a()).expect("small counts");
    assert_eq!(other_way, merged);
}

#[test]
fn points_of_one_side_alone_are_kept() {
    let branches = run_a().filtered(|point| point.kind == PointKind::Branch);
    let mut rest = run_a().filtered(|point| point.kind != PointKind::Branch);
    rest.merge(&branches).expect("small counts");
    assert_eq!(rest, run_a());
}

#[test]
fn an_overflowing_merge_changes_nothing() {
    let fields = [("f", "a.sv"), ("l", "3"), ("t", "line"), ("o", "block")];
    let other = [("f", "a.sv"), ("l", "2"), ("t", "line"), ("o", "block")];
    let mut coverage = read(dat(&fields, "18446744073709551615")).expect("64 bits");
    coverage
        .merge(&read(dat(&other, "1")).expect("one point"))
        .expect("another point");
    let before = coverage.clone();
    let mut more = read(dat(&fields, "1")).expect("one point");
    more.merge(&read(dat(&other, "1")).expect("one point"))
        .expect("small counts");
    let error = coverage.merge(&more).expect_err("too large");
    assert_eq!(
        error.to_string(),
        "count of `block` at a.sv:3 exceeds 64 bits"
    );
    assert_eq!(coverage, before);
    // In one file it is a fault of that file.
    let twice = dat(&fields, "18446744073709551615")
        + "C '\x01f\x02a.sv\x01l\x023\x01t\x02line\x01o\x02block' 1\n";
    let error = read(twice).expect_err("too large").to_string();
    assert!(error.starts_with("coverage.dat:3:"), "{error}");
}

#[test]
fn paths_below_the_root_become_relative_in_the_keys_too() {
    let absolute = RUN_A.replace("\x02phase_counter.sv", "\x02/repo/rtl/phase_counter.sv");
    let coverage = CodeCoverage::read(
        absolute.as_bytes(),
        "coverage.dat",
        Some(Path::new("/repo/")),
    )
    .expect("as Verilator writes it");
    let expected = RUN_A.replace("\x02phase_counter.sv", "\x02rtl/phase_counter.sv");
    assert_eq!(
        coverage.to_dat(),
        read(expected).expect("relative").to_dat()
    );
    assert!(
        coverage
            .points()
            .any(|point| point.file == "rtl/phase_counter.sv")
    );
    // A folder whose name begins like the root's is not below it.
    let sibling = CodeCoverage::read(absolute.as_bytes(), "coverage.dat", Some(Path::new("/rep")));
    assert!(
        sibling
            .expect("other root")
            .points()
            .any(|point| point.file.starts_with("/repo"))
    );
}

#[test]
fn the_summary_counts_source_lines_and_points() {
    let summary = run_b().summary();
    let tally = |kind| {
        summary
            .tally(kind)
            .map(|tally| (tally.covered, tally.total))
    };
    // Line 19 is a `default` that no state reaches.
    assert_eq!(tally(PointKind::Line), Some((14, 15)));
    assert_eq!(tally(PointKind::Fsm), None);
    assert_eq!(summary.files[0].lines.get(&19), Some(&0));
    assert_eq!(
        summary.worst_file(PointKind::Line).map(|(file, _)| file),
        Some("phase_counter.sv")
    );
    insta::assert_json_snapshot!("summary", run_b().filtered(|p| p.line > 16).summary());
}

#[test]
fn lcov_lists_lines_and_branches() {
    insta::assert_snapshot!("lcov", run_b().to_lcov());
}

#[test]
fn a_branch_never_evaluated_is_told_from_one_never_taken() {
    let branch = |line, column, count| {
        let fields = [
            ("f", "a.sv"),
            ("l", line),
            ("n", column),
            ("t", "branch"),
            ("o", "if"),
        ];
        read(dat(&fields, count)).expect("one point")
    };
    let mut coverage = branch("3", "5", "0");
    for other in [
        branch("3", "6", "7"),
        branch("4", "5", "0"),
        branch("4", "6", "0"),
    ] {
        coverage.merge(&other).expect("small counts");
    }
    let text = coverage.to_lcov();
    let records: Vec<_> = text.lines().filter(|line| line.starts_with("BR")).collect();
    assert_eq!(
        records,
        [
            "BRDA:3,0,0,0",
            "BRDA:3,0,1,7",
            "BRDA:4,0,0,-",
            "BRDA:4,0,1,-",
            "BRF:4",
            "BRH:1"
        ]
    );
}

#[test]
fn kinds_are_those_of_the_runtime() {
    let kind = |fields: &[(&str, &str)]| {
        let mut all = vec![("f", "a.sv"), ("l", "3")];
        all.extend(fields);
        read(dat(&all, "1"))
            .expect("one point")
            .points()
            .next()
            .expect("one")
            .kind
    };
    assert_eq!(
        kind(&[("t", "fsm_arc"), ("Fv", "state_q"), ("Ff", "StIdle")]),
        PointKind::Fsm
    );
    assert_eq!(kind(&[("page", "v_fsm_state/top")]), PointKind::Fsm);
    assert_eq!(kind(&[("page", "v_user/top")]), PointKind::User);
    assert_eq!(kind(&[("t", "covergroup")]), PointKind::Other);
}

/// Each thing that can be wrong is named with its place and with what would have been right.
#[test]
fn faults_name_their_place() {
    let fault = |text: &str| read(text).expect_err("faulty").to_string();
    assert_eq!(
        fault(""),
        "coverage.dat:1:1: expected `# SystemC::Coverage-3`, found nothing"
    );
    assert_eq!(
        fault("SF:a.sv\n"),
        "coverage.dat:1:1: expected `# SystemC::Coverage-3`, found `SF:a.sv`"
    );
    let line = |line: &str| fault(&format!("# SystemC::Coverage-3\n\n# note\n{line}"));
    assert_eq!(
        line("D"),
        "coverage.dat:4:1: expected `C '`, a comment or an empty line, found `D`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv"),
        "coverage.dat:4:11: expected `' ` and a count at the end of the line, found nothing"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv' x1"),
        "coverage.dat:4:13: expected a count of at most 64 bits, found `x1`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv' 18446744073709551616"),
        "coverage.dat:4:13: expected a count of at most 64 bits, found `18446744073709551616`"
    );
    assert_eq!(
        line("C 'f\x02a.sv' 1"),
        "coverage.dat:4:4: expected byte 0x01 before the first key, found `f\\u{2}a.sv`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01l' 1"),
        "coverage.dat:4:12: expected a key, byte 0x02 and a value, found `l`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01f\x02b.sv' 1"),
        "coverage.dat:4:12: expected each key once, found `f`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01l\x020' 1"),
        "coverage.dat:4:14: expected a line number from 1, found `0`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01l\x02+3' 1"),
        "coverage.dat:4:14: expected a line number from 1 to 1000000, found `+3`"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv' 1"),
        "coverage.dat:4:4: expected a point with key `l` (line), found a point without"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01l\x023' 1"),
        "coverage.dat:4:4: expected a point with key `t` (type) or `page`, found a point without"
    );
    assert_eq!(
        line("C '\x01f\x02a.sv\x01l\x023\x01t\x02line\x01S\x023,5-4' 1"),
        "coverage.dat:4:27: expected source lines as `14-15,18`, ascending, from 1, found `5-4`"
    );
}

#[test]
fn bytes_that_are_no_text_and_endless_lines_are_faults() {
    let mut bytes = b"# SystemC::Coverage-3\nC '".to_vec();
    bytes.push(0xff);
    let error = read(&bytes).expect_err("no text").to_string();
    assert_eq!(
        error,
        "coverage.dat:2:4: expected UTF-8 text, found `byte 0xff`"
    );
    let error = read(vec![b'#'; 1 << 20]).expect_err("endless").to_string();
    assert_eq!(
        error,
        "coverage.dat:1:65537: expected a line of at most 65536 bytes, found `more`"
    );
}

#[test]
fn a_reader_that_fails_is_told_from_a_faulty_file() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let reader = std::io::BufReader::new(Broken);
    let error = CodeCoverage::read(reader, "coverage.dat", None).expect_err("broken");
    assert_eq!(error.to_string(), "cannot read `coverage.dat`");
}

/// Text between two separators: never one of them, nor a line's end.
fn value() -> impl Strategy<Value = String> {
    "[^\x01\x02\r\n]{0,12}"
}

proptest! {
    /// Any bytes, plain or behind a right header, give a result or a fault, never a panic.
    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read([b"# SystemC::Coverage-3\nC '\x01".as_slice(), &bytes].concat());
    }

    /// A real file with one byte changed or its end cut off gives a result or a fault, never a panic.
    #[test]
    fn damage_never_panics(at in 0..RUN_A.len(), byte: u8, cut: bool) {
        let mut bytes = RUN_A.as_bytes().to_vec();
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        if let Ok(coverage) = read(&bytes) {
            prop_assert!(coverage.len() <= 91);
            let _ = (coverage.summary(), coverage.to_lcov());
            // What was accepted can be written and read again.
            prop_assert_eq!(read(coverage.to_dat()).expect("our own"), coverage);
        }
    }

    /// Keys survive byte by byte, whatever their text.
    #[test]
    fn keys_are_kept(file in "[^\x01\x02\r\n]{1,12}", comment in value(), hierarchy in value(), extra in value(), count: u64) {
        let fields =
            [("f", file.as_str()), ("l", "7"), ("t", "line"), ("zz", &extra), ("o", &comment), ("h", &hierarchy)];
        let text = dat(&fields, &count.to_string());
        let coverage = read(&text).expect("well formed");
        prop_assert_eq!(coverage.to_dat(), text);
        let point = coverage.points().next().expect("one");
        prop_assert_eq!((&point.file, &point.comment, &point.hierarchy), (&file, &comment, &hierarchy));
    }
}
