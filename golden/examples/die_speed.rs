//! How fast the die judges: idle cycles, a read stream, and random lines.
//!
//! `cargo run --release -p gpnpu-golden --example die_speed`

use std::time::Instant;

use gpnpu_golden::mem3d::die::{Column, Die, DieOptions, Pins, RowOp};
use gpnpu_golden::mem3d::timing::TimingSet;

const CYCLES: u64 = 20_000;
const ROUNDS: u64 = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut set = TimingSet::named("hbm3")?;
    // No refresh within a run, so that traffic is all that is measured.
    set.t_refi.0 = 1_000_000_000;
    let start = Instant::now();
    let dies: Vec<_> = (0..8)
        .map(|_| Die::new(&set, DieOptions::default()))
        .collect();
    println!(
        "new: {:.1} us a die",
        start.elapsed().as_secs_f64() * 1e6 / dies.len() as f64
    );
    report("idle", &set, |_| Pins::default());
    report("stream", &set, stream);
    report("random", &set, random);
    Ok(())
}

fn report(name: &str, set: &TimingSet, pins: impl Fn(u64) -> Pins) {
    let script: Vec<_> = (0..CYCLES).map(pins).collect();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let mut die = Die::new(set, DieOptions::default());
        let start = Instant::now();
        for pins in &script {
            if let Err(violation) = die.cycle(pins) {
                panic!("{name}: {violation}");
            }
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {:.1} ns a cycle", best * 1e9 / CYCLES as f64);
}

fn read(bank: u8, burst: u8, ap: bool) -> Option<Column> {
    Some(Column {
        write: false,
        ap,
        bank,
        burst,
    })
}

/// Two open rows in different groups, a RD in every cycle.
fn stream(cycle: u64) -> Pins {
    let mut pins = Pins::default();
    match cycle {
        0 => pins.act = Some((0, 1)),
        2 => pins.act = Some((4, 1)),
        20.. => pins.col = read(4 * (cycle % 2) as u8, (cycle / 2 % 32) as u8, false),
        _ => {}
    }
    pins
}

/// A line per row, the banks in turn, as `TFaw` lets it: an ACT every four cycles, its two RDs 17 and 19 cycles later,
/// PRE in time for the next turn.
fn random(cycle: u64) -> Pins {
    let mut pins = Pins::default();
    let bank_of = |visit: u64| (visit % 4 * 4 + visit / 4 % 4) as u8;
    let visit =
        |delay: u64| Some((cycle.checked_sub(delay)?) / 4).filter(|_| cycle % 4 == delay % 4);
    if let Some(visit) = visit(0) {
        let row = visit.wrapping_mul(0x9e37_79b9) >> 3 & 0x7fff;
        pins.act = Some((bank_of(visit), row as u16));
    }
    if let Some(visit) = visit(17) {
        pins.col = read(bank_of(visit), 0, false);
    }
    if let Some(visit) = visit(19) {
        pins.col = read(bank_of(visit), 1, false);
    }
    if let Some(visit) = visit(30) {
        pins.row = Some((RowOp::Pre, bank_of(visit)));
    }
    pins
}
