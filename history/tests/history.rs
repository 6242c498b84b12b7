//! The history from outside: what is kept, what is refused, what is answered.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use gpnpu_history::{
    Bucket, CaseRow, Counts, Coverage, History, HistoryError, Identity, Measured, RunId, RunInfo,
    Scope, Space, SpaceKind, Status, VERSION, Verdict, Writer,
};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("deep/history.db")
    }

    fn open(&self) -> History {
        History::open(&self.path()).unwrap()
    }

    /// A run with these results.
    fn run(&self, git: &str, cases: &[CaseRow]) -> RunId {
        let info = RunInfo {
            profile: "ci".into(),
            git: Some(git.into()),
            root_seed: u64::MAX,
            selected: cases.len() as u64,
            ..RunInfo::default()
        };
        let run = self.open().begin(&info).unwrap();
        let writer = Writer::start(&self.path(), run).unwrap();
        for case in cases {
            assert!(writer.send(case.clone()));
        }
        assert_eq!(writer.finish().unwrap().cases, cases.len());
        self.open()
            .finish(run, Status::Passed, cases.len() as u64)
            .unwrap();
        run
    }
}

fn passed(test: &str, seed: u64) -> CaseRow {
    CaseRow {
        identity: Identity {
            test: test.into(),
            config: "w8".into(),
            flavour: "fast".into(),
            seed,
        },
        block: "fifo".into(),
        inputs: "same".into(),
        verdict: Verdict::Passed,
        digest: "aa".into(),
        cycles: 100,
        transactions: 10,
        seconds: 0.5,
        coverage: Vec::new(),
        measurements: Vec::new(),
    }
}

fn failed(test: &str, seed: u64, kind: &str) -> CaseRow {
    CaseRow {
        verdict: Verdict::Failed {
            kind: kind.into(),
            sentence: "cycle 1: x is 1, golden says 0".into(),
            failure: "{}".into(),
        },
        ..passed(test, seed)
    }
}

fn space(size: usize) -> Arc<Space> {
    Arc::new(Space {
        kind: SpaceKind::Functional,
        block: "fifo".into(),
        hash: "h".into(),
        names: (0..size).map(|bin| format!("fifo.g.p.{bin}")).collect(),
    })
}

fn covering(seed: u64, space: &Arc<Space>, hits: &[u64]) -> CaseRow {
    let coverage = Coverage {
        space: Arc::clone(space),
        counts: Counts::pack(hits),
    };
    CaseRow {
        coverage: vec![coverage],
        ..passed("fifo::random", seed)
    }
}

#[test]
fn a_run_and_its_cases_come_back_as_they_were_written() {
    let folder = Folder::new();
    let measured = Measured {
        title: "bandwidth".into(),
        line: 0,
        label: "reads".into(),
        quantity: "share %".into(),
        value: 90.5,
    };
    let mut case = passed("fifo::random", u64::MAX - 1);
    case.measurements.push(measured.clone());
    let failure = failed("fifo::smoke", 1, "mismatch out_o");
    let run = folder.run("abc", &[failure.clone(), case.clone()]);
    let history = folder.open();
    let [stored] = &history.runs(10).unwrap()[..] else {
        panic!("one run")
    };
    assert_eq!((stored.id, stored.info.root_seed), (run, u64::MAX));
    assert_eq!((stored.passed, stored.failed), (1, 1));
    let cases = history.cases(run).unwrap();
    assert_eq!(cases[0].identity, case.identity);
    assert_eq!(cases[1].verdict, failure.verdict);
    assert_eq!(history.measurements(cases[0].id).unwrap(), [measured]);
    history.check().unwrap();
}

#[test]
fn a_result_that_comes_twice_counts_once() {
    let folder = Folder::new();
    let again = failed("fifo::smoke", 1, "crash");
    let run = folder.run("abc", &[passed("fifo::smoke", 1), again]);
    let cases = folder.open().cases(run).unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].verdict, Verdict::Passed);
}

#[test]
fn coverage_merges_exactly_and_names_who_hit_a_bin_first() {
    let folder = Folder::new();
    let space = space(5);
    let cases = [
        covering(1, &space, &[0, 3, 0, 0, 1 << 40]),
        covering(2, &space, &[0, 4, 1, 0, 1]),
    ];
    let run = folder.run("abc", &cases);
    let history = folder.open();
    let merged = history.merged(&[run], SpaceKind::Functional).unwrap();
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].0, *space);
    assert_eq!(merged[0].1, [0, 7, 1, 0, (1 << 40) + 1]);
    let twice = history.merged(&[run, run], SpaceKind::Functional).unwrap();
    assert_eq!(twice[0].1, [0, 14, 2, 0, (1 << 41) + 2]);
    let first = history
        .first_hits(run, SpaceKind::Functional, "fifo")
        .unwrap();
    let ids: Vec<i64> = history
        .cases(run)
        .unwrap()
        .iter()
        .map(|case| case.id)
        .collect();
    let cases: Vec<Option<i64>> = first[0].bins.iter().map(|hit| Some((*hit)?.case)).collect();
    assert_eq!(
        cases,
        [None, Some(ids[0]), Some(ids[1]), None, Some(ids[0])]
    );
    let by_test = history
        .merged_by_test(run, SpaceKind::Functional, "fifo")
        .unwrap();
    assert_eq!(by_test[0].0, "fifo::random");
    assert_eq!(by_test[0].2, merged[0].1);
    let trend = history.trend(Scope::Block("fifo"), 5).unwrap();
    assert_eq!((trend[0].bins_hit, trend[0].bins), (3, 5));
}

#[test]
fn writers_side_by_side_do_not_disturb_each_other() {
    let folder = Folder::new();
    drop(folder.open());
    let path = folder.path();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                let run = History::open(&path)
                    .unwrap()
                    .begin(&RunInfo::default())
                    .unwrap();
                let writer = Writer::start(&path, run).unwrap();
                let space = space(9);
                for seed in 0..300 {
                    assert!(writer.send(covering(seed, &space, &[1; 9])));
                }
                assert_eq!(writer.finish().unwrap().cases, 300);
                run
            })
        })
        .collect();
    for writer in writers {
        let run = writer.join().unwrap();
        let history = folder.open();
        assert_eq!(history.cases(run).unwrap().len(), 300);
        assert_eq!(
            history.merged(&[run], SpaceKind::Functional).unwrap()[0].1,
            [300; 9]
        );
    }
    folder.open().check().unwrap();
}

#[test]
fn a_confirmed_result_is_there_for_another_reader() {
    let folder = Folder::new();
    let run = folder.open().begin(&RunInfo::default()).unwrap();
    let writer = Writer::start(&folder.path(), run).unwrap();
    writer.send(passed("fifo::smoke", 1));
    while writer.confirmed() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(folder.open().cases(run).unwrap().len(), 1);
    assert_eq!(writer.finish().unwrap().transactions, 1);
}

#[test]
fn what_is_newer_foreign_or_damaged_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    folder.run("abc", &[passed("fifo::smoke", 1)]);
    let path = folder.path();
    let set = |sql: &str| folder.open().connection().execute_batch(sql).unwrap();
    set(&format!("PRAGMA user_version = {}", VERSION + 1));
    let error = History::open(&path).unwrap_err();
    assert!(matches!(error, HistoryError::Newer { .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
    let foreign = Folder::new();
    fs::create_dir_all(foreign.path().parent().unwrap()).unwrap();
    rusqlite::Connection::open(foreign.path())
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let error = History::open(&foreign.path()).unwrap_err();
    assert!(matches!(error, HistoryError::Foreign { .. }), "{error}");
    let damaged = Folder::new();
    fs::create_dir_all(damaged.path().parent().unwrap()).unwrap();
    fs::write(
        damaged.path(),
        "this is no database, but a text of some length".repeat(40),
    )
    .unwrap();
    let before = fs::read(damaged.path()).unwrap();
    let error = History::open(&damaged.path()).unwrap_err();
    assert!(matches!(error, HistoryError::Corrupted { .. }), "{error}");
    assert!(error.to_string().contains("mv "), "{error}");
    assert_eq!(fs::read(damaged.path()).unwrap(), before);
}

#[test]
fn a_page_that_was_overwritten_is_found() {
    let folder = Folder::new();
    let cases: Vec<CaseRow> = (0..400).map(|seed| passed("fifo::random", seed)).collect();
    let run = folder.run("abc", &cases);
    folder
        .open()
        .connection()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
        .unwrap();
    let mut bytes = fs::read(folder.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xa5);
    fs::write(folder.path(), bytes).unwrap();
    let history = folder.open();
    let error = history.check().unwrap_err();
    assert!(matches!(error, HistoryError::Corrupted { .. }), "{error}");
    let read = history.cases(run);
    assert!(
        matches!(read, Err(HistoryError::Corrupted { .. })),
        "{read:?}"
    );
}

#[test]
fn a_migration_that_another_process_made_meanwhile_is_not_made_twice() {
    let folder = Folder::new();
    let opened: Vec<_> = (0..4)
        .map(|_| {
            let path = folder.path();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::thread::spawn(move || History::open(&path).map(drop))
        })
        .collect();
    for thread in opened {
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn the_same_inputs_with_two_outcomes_or_digests_are_flaky() {
    let folder = Folder::new();
    let mut other_inputs = failed("fifo::changed", 1, "mismatch x");
    other_inputs.inputs = "edited".into();
    let mut other_digest = passed("fifo::digest", 1);
    let first = folder.run(
        "a",
        &[
            passed("fifo::outcome", 1),
            passed("fifo::changed", 1),
            other_digest.clone(),
            passed("fifo::slow", 1),
        ],
    );
    other_digest.digest = "bb".into();
    let second = folder.run(
        "b",
        &[
            failed("fifo::outcome", 1, "mismatch x"),
            other_inputs,
            other_digest,
            failed("fifo::slow", 1, "wall clock"),
        ],
    );
    let flaky = folder.open().flaky().unwrap();
    let tests: Vec<&str> = flaky
        .iter()
        .map(|case| case.identity.test.as_str())
        .collect();
    assert_eq!(tests, ["fifo::digest", "fifo::outcome"]);
    let runs: Vec<RunId> = flaky[1].seen.iter().map(|seen| seen.run).collect();
    assert_eq!(runs, [first, second]);
    assert_eq!(flaky[1].seen[1].outcome, "failed");
}

#[test]
fn the_first_bad_run_is_the_one_since_which_it_fails() {
    let folder = Folder::new();
    let good = passed("fifo::random", 1);
    let bad = failed("fifo::random", 1, "mismatch x");
    folder.run("a", std::slice::from_ref(&bad));
    folder.run("b", std::slice::from_ref(&good));
    folder.run("c", &[passed("fifo::other", 1)]);
    folder.run("d", std::slice::from_ref(&bad));
    folder.run("e", &[failed("fifo::random", 2, "mismatch x")]);
    let found = folder.open().first_bad("fifo::random").unwrap().unwrap();
    assert_eq!(found.bad.info.git.as_deref(), Some("d"));
    assert_eq!(found.good.unwrap().info.git.as_deref(), Some("b"));
    assert!(found.same_case_passed);
    folder.run("f", &[good]);
    assert_eq!(folder.open().first_bad("fifo::random").unwrap(), None);
}

#[test]
fn what_failed_last_and_what_takes_long_is_expected() {
    let folder = Folder::new();
    folder.run(
        "a",
        &[failed("fifo::x", 1, "stop"), failed("fifo::x", 2, "stop")],
    );
    let mut slow = passed("fifo::x", 2);
    slow.seconds = 2.5;
    folder.run("b", &[slow]);
    let history = folder.open();
    let expected = history.expectations().unwrap();
    let failing: Vec<u64> = expected.failing.iter().map(|case| case.seed).collect();
    assert_eq!(failing, [1]);
    let key = ("fifo::x".to_owned(), "w8".to_owned(), "fast".to_owned());
    assert!((expected.seconds[&key] - 3.5 / 3.0).abs() < 1e-9);
    let slowest = history.slowest(1).unwrap();
    assert!((slowest[0].longest - 2.5).abs() < 1e-9);
}

#[test]
fn buckets_are_replaced_as_a_whole() {
    let folder = Folder::new();
    let run = folder.run("a", &[]);
    let bucket = Bucket {
        test: "fifo::x".into(),
        kind: "stop".into(),
        hits: 3,
        config: "w8".into(),
        seed: 1,
        sentence: "cycle 3: $stop".into(),
        repeat: "./gpnpu run".into(),
        bundle: None,
        before: Some(20),
        after: Some(1),
    };
    let mut history = folder.open();
    let other = Bucket {
        kind: "fatal".into(),
        hits: 9,
        ..bucket.clone()
    };
    history.set_buckets(run, &[bucket.clone(), other]).unwrap();
    assert_eq!(history.buckets(run).unwrap()[0].kind, "fatal");
    history
        .set_buckets(run, std::slice::from_ref(&bucket))
        .unwrap();
    assert_eq!(history.buckets(run).unwrap(), [bucket]);
}
