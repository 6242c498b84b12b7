//! Measures what merging and ranking cost: 10^4 results in a space of 10^5 bins, each with 5 % of the bins hit.
//!
//!     cargo run --release -p gpnpu-history --example merge

use std::sync::Arc;
use std::time::Instant;

use gpnpu_history::{
    CaseRow, Counts, Coverage, History, Identity, RunInfo, Space, SpaceKind, Verdict, Writer,
};

const CASES: u64 = 10_000;
const BINS: u64 = 100_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("history.db");
    let run = History::open(&path)
        .and_then(|mut history| history.begin(&RunInfo::default()))
        .expect("a new history");
    let space = Arc::new(Space {
        kind: SpaceKind::Functional,
        block: "block".to_owned(),
        hash: "hash".to_owned(),
        names: (0..BINS)
            .map(|bin| format!("block.group.point.{bin}"))
            .collect(),
    });
    let begun = Instant::now();
    let writer = Writer::start(&path, run).expect("a writer");
    for seed in 0..CASES {
        let hits = |bin: u64| {
            let mixed = (bin + 1)
                .wrapping_mul(seed + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                >> 40;
            if mixed.is_multiple_of(20) {
                mixed % 300
            } else {
                0
            }
        };
        let hits: Vec<u64> = (0..BINS).map(hits).collect();
        writer.send(CaseRow {
            identity: Identity {
                test: format!("block::test{}", seed % 10),
                config: "config".to_owned(),
                flavour: "fast".to_owned(),
                seed,
            },
            block: "block".to_owned(),
            inputs: "inputs".to_owned(),
            verdict: Verdict::Passed,
            digest: "digest".to_owned(),
            cycles: 1000,
            transactions: 100,
            seconds: 0.1,
            coverage: vec![Coverage {
                space: Arc::clone(&space),
                counts: Counts::pack(&hits),
            }],
            measurements: Vec::new(),
        });
    }
    let report = writer.finish().expect("everything written");
    let megabytes = std::fs::metadata(&path).map_or(0, |file| file.len()) / 1_000_000;
    println!(
        "{CASES} results drawn and written in {:.1} s, {:.1} s of it writing; {megabytes} MB",
        begun.elapsed().as_secs_f64(),
        report.busy.as_secs_f64()
    );
    let history = History::open(&path).expect("the history");
    let begun = Instant::now();
    let merged = history
        .merged(&[run], SpaceKind::Functional)
        .expect("a merge");
    let hit = merged[0].1.iter().filter(|hits| **hits > 0).count();
    println!(
        "merged in {:.2} s: {hit} bins hit",
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let first = history
        .first_hits(run, SpaceKind::Functional, "block")
        .expect("who was first");
    let known = first[0].bins.iter().flatten().count();
    println!(
        "who hit which first in {:.2} s: {known} bins",
        begun.elapsed().as_secs_f64()
    );
}
