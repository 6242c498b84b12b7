//! The order of accesses: what may change places and what may not.

use gpnpu_golden::simt::instruction::{AmoOp, Instruction, LoadOp};
use gpnpu_golden::simt::machine::{Accessed, Issue};
use gpnpu_golden::simt::mismatch::Mismatch;

use crate::kit::{CODE, DATA, dword, launch};
use crate::trace::{ADDRESSES, Trace, addresses, load, store};

fn order(found: Result<Accessed, Mismatch>, rule: &str) {
    match found {
        Err(Mismatch::Order { why, .. }) => assert!(why.contains(rule), "{why}, not {rule}"),
        found => panic!("an order that is refused, not {found:?}"),
    }
}

#[test]
fn accesses_of_a_byte_keep_their_order() {
    let build = |second: Instruction| {
        let mut trace = Trace::new(launch(8), |p| {
            addresses(p);
            p.push(store(9, 8, 0));
            p.push(second);
            p.push(load(12, 8, 512));
        });
        trace.issues(0, ADDRESSES + 3);
        trace
    };
    let (first, second, third) = (5, 6, 7);
    // Lane 1's store is of bytes that lane 0 loads, one word on.
    let mut trace = build(load(10, 8, 8));
    order(trace.access(0, second, 0x01), "same byte");
    trace.access(0, second, 0x80).expect("nobody stored there");
    trace.access(0, third, 0xff).expect("nobody stored there");
    trace.access(0, first, 0x02).expect("it is due");
    trace.access(0, second, 0x01).expect("lane 1 has stored");

    let mut trace = build(store(9, 8, 0));
    order(trace.access(0, second, 0xff), "same byte");
    let mut trace = build(Instruction::Load {
        op: LoadOp::Lb,
        rd: 10,
        rs1: 8,
        offset: 8,
    });
    order(trace.access(0, second, 0x01), "same byte");
}

#[test]
fn loads_of_a_byte_may_change_places() {
    let mut trace = Trace::new(launch(8), |p| {
        addresses(p);
        p.push(load(10, 8, 0));
        p.push(load(11, 8, 0));
    });
    trace.issues(0, ADDRESSES + 2);
    trace.access(0, 6, 0xff).expect("both only read");
    trace.access(0, 5, 0xff).expect("it is due");
}

#[test]
fn lanes_that_write_a_byte_do_so_in_ascending_order() {
    let mut trace = Trace::new(launch(8), |p| {
        p.csrr(8, 0xcd0);
        p.csrr(9, 0xccc);
        p.push(store(9, 8, 0));
    });
    trace.issues(0, 3);
    order(trace.access(0, 3, 0xf0), "lower lane");
    trace.access(0, 3, 0x0f).expect("ascending");
    trace.access(0, 3, 0xf0).expect("ascending");
}

#[test]
fn nothing_passes_a_fence() {
    let amo = |aq, rl| Instruction::Amo {
        op: AmoOp::Add,
        double: true,
        aq,
        rl,
        rd: 0,
        rs1: 8,
        rs2: 9,
    };
    let fence = Instruction::Fence {
        fm: 0,
        pred: 15,
        succ: 15,
    };
    let build = |between: Instruction| {
        let mut trace = Trace::new(launch(8), |p| {
            addresses(p);
            p.push(load(10, 8, 1024));
            p.push(between);
            p.push(load(11, 8, 512));
        });
        trace.issues(0, ADDRESSES + 3);
        trace
    };
    let (before, at, after) = (5, 6, 7);
    for between in [fence, Instruction::FenceI] {
        let mut trace = build(between);
        order(trace.access(0, after, 1), "fence");
        trace.access(0, before, 0xff).expect("it is due");
        trace
            .access(0, after, 1)
            .expect("what was before it is done");
    }
    build(Instruction::Wfi)
        .access(0, after, 1)
        .expect("no fence");

    // aq: nothing after it passes it; rl: it passes nothing before it.
    let mut relaxed = build(amo(false, false));
    relaxed.access(0, after, 1).expect("neither");
    relaxed.access(0, at, 0xff).expect("neither");
    let mut acquire = build(amo(true, false));
    acquire
        .access(0, at, 0x7f)
        .expect("aq does not hold it back");
    order(acquire.access(0, after, 1), "fence");
    let mut release = build(amo(false, true));
    release
        .access(0, after, 1)
        .expect_err("what follows rl is not before what precedes it here");
    order(release.access(0, at, 1), "fence");
    release.access(0, before, 0xff).expect("it is due");
    release
        .access(0, at, 1)
        .expect("what was before it is done");
}

/// What a warp accesses behind a barrier comes after what all warps did before it.
#[test]
fn nothing_passes_a_barrier() {
    let mut trace = Trace::new(launch(16), |p| {
        addresses(p);
        p.push(store(9, 8, 0));
        p.push(Instruction::Bar);
        p.push(load(10, 8, 256));
    });
    trace.issues(0, ADDRESSES + 2);
    let all_wait = Issue {
        pc: CODE + 24,
        ..trace.next(1)
    };
    let waiting = Issue {
        warp: 0,
        ..all_wait
    };
    let refused = trace.machine.issue(&waiting).expect_err("warp 0 waits");
    assert!(
        refused.to_string().contains("all its paths wait"),
        "{refused}"
    );
    trace.tag = 20;
    trace.issues(1, ADDRESSES + 2);
    trace.tag = 40;
    trace.issue(1);
    order(trace.access(1, 41, 0xff), "barrier");
    trace.access(1, 25, 0xff).expect("its own store");
    order(trace.access(1, 41, 0xff), "barrier");
    trace.access(0, 5, 0xff).expect("the other warp's store");
    trace.access(1, 41, 0xff).expect("all is done");
}

#[test]
fn nothing_passes_a_warpsync() {
    let mut trace = Trace::new(launch(8), |p| {
        addresses(p);
        p.push(store(9, 8, 0));
        p.push(Instruction::Warpsync { rs1: 0 });
        p.push(load(10, 8, 256));
    });
    trace.issues(0, ADDRESSES + 3);
    order(trace.access(0, 7, 1), "fence");
    trace.access(0, 5, 0xff).expect("it is due");
    trace.access(0, 7, 1).expect("all is done");
}

/// Two warps that race: the model follows the trace.
#[test]
fn the_order_between_warps_is_the_traces() {
    for first in [0, 1] {
        let mut trace = Trace::new(launch(16), |p| {
            p.csrr(8, 0xcd0);
            p.csrr(9, 0xccd);
            p.push(store(9, 8, 0));
        });
        for warp in 0..2 {
            trace.issues(warp, 3);
        }
        let tags = [3, 6];
        // Lanes of one instruction write the same bytes: all at once, or ascending.
        trace.access(first, tags[first], 0xff).expect("it is due");
        trace
            .access(1 - first, tags[1 - first], 0xff)
            .expect("it is due");
        assert_eq!(dword(trace.machine.memory().main(), DATA), 1 - first as u64);
    }
}
