//! Barriers, `warpsync`, votes and shuffles.

use gpnpu_golden::simt::instruction::{AluOp, BranchOp, Instruction, LoadOp, ShflOp, VoteOp};
use gpnpu_golden::simt::program::Program;

use crate::kit::{LANE, MASK, TID_X, finish, own_slot, slots, store};

const SHARED: i64 = 0x4000_0000;

/// Threads whose number has a bit of `bits` set skip what `body` appends; `x9` is used.
fn unless(p: &mut Program, csr: u16, bits: i32, body: impl FnOnce(&mut Program)) {
    let skip = p.label();
    p.csrr(9, csr);
    p.op_imm(AluOp::And, 9, 9, bits);
    p.branch(BranchOp::Bne, 9, 0, skip);
    body(p);
    p.place(skip);
}

/// All 32 threads of 4 warps write, meet, and read what thread 31 minus their number wrote.
#[test]
fn a_barrier_orders_the_warps_of_a_cta() {
    let ran = finish(32, |p| {
        own_slot(p);
        p.csrr(10, TID_X);
        p.li(11, SHARED);
        p.op_imm(AluOp::Sll, 12, 10, 3);
        p.op(AluOp::Add, 12, 12, 11);
        // Warps do this for different times.
        p.csrr(13, 0xccd);
        let again = p.here();
        p.op_imm(AluOp::Add, 13, 13, -1);
        p.branch(BranchOp::Bge, 13, 0, again);
        p.push(store(10, 12, 0));
        p.push(Instruction::Bar);
        p.op_imm(AluOp::Xor, 12, 12, 31 * 8);
        p.push(Instruction::Load {
            op: LoadOp::Ld,
            rd: 14,
            rs1: 12,
            offset: 0,
        });
        p.push(store(14, 8, 0));
        p.push(Instruction::Exit);
    });
    let expected: Vec<u64> = (0..32).rev().collect();
    assert_eq!(slots(&ran, 32), expected);
}

/// Lanes may wait at different `bar`s: it counts that they wait.
#[test]
fn any_bar_will_do() {
    let ran = finish(32, |p| {
        own_slot(p);
        let (other, join) = (p.label(), p.label());
        p.csrr(10, TID_X);
        p.op_imm(AluOp::And, 11, 10, 1);
        p.branch(BranchOp::Bne, 11, 0, other);
        p.push(Instruction::Bar);
        p.jal(0, join);
        p.place(other);
        p.push(Instruction::Bar);
        p.place(join);
        p.csrr(12, MASK);
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 32), [0xff; 32]);
}

/// A barrier is complete too when the last thread that does not wait ends.
#[test]
fn ended_threads_are_not_waited_for() {
    let ran = finish(32, |p| {
        own_slot(p);
        p.csrr(10, TID_X);
        p.li(11, 1);
        unless(p, TID_X, 31, |p| {
            for _ in 0..40 {
                p.push(Instruction::Wfi);
            }
            p.push(Instruction::Exit);
        });
        p.push(Instruction::Bar);
        p.push(store(11, 8, 0));
        p.push(Instruction::Exit);
    });
    let expected: Vec<u64> = (0..32).map(|thread| u64::from(thread != 0)).collect();
    assert_eq!(slots(&ran, 32), expected);
}

/// A partial last warp has only the lanes that exist.
#[test]
fn a_partial_warp_meets_without_the_lanes_that_do_not_exist() {
    let ran = finish(13, |p| {
        own_slot(p);
        p.csrr(10, MASK);
        p.li(11, 0xff);
        p.push(Instruction::Warpsync { rs1: 11 });
        p.push(Instruction::Bar);
        p.push(store(10, 8, 0));
        p.push(Instruction::Exit);
    });
    let expected: Vec<u64> = (0..13)
        .map(|thread| if thread < 8 { 0xff } else { 0x1f })
        .collect();
    assert_eq!(slots(&ran, 13), expected);
}

/// Lanes of a mask wait for each other at two places and go on together behind them.
#[test]
fn warpsync_waits_for_its_mask() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.li(10, SHARED);
        p.li(11, 0xff0f);
        let (upper, low, end) = (p.label(), p.label(), p.label());
        p.csrr(12, LANE);
        p.op_imm(AluOp::And, 13, 12, 4);
        p.branch(BranchOp::Bne, 13, 0, upper);
        p.op_imm(AluOp::And, 13, 12, 1);
        p.branch(BranchOp::Bne, 13, 0, low);
        // Lanes 0 and 2 come first, and read what 1 and 3 write behind them.
        p.push(Instruction::Warpsync { rs1: 11 });
        p.push(Instruction::Load {
            op: LoadOp::Ld,
            rd: 14,
            rs1: 10,
            offset: 0,
        });
        p.jal(0, end);
        p.place(low);
        p.push(store(12, 10, 0));
        p.push(Instruction::Warpsync { rs1: 11 });
        p.li(14, 77);
        p.jal(0, end);
        p.place(upper);
        p.li(14, 99);
        p.place(end);
        p.push(store(14, 8, 0));
        p.push(Instruction::Exit);
    });
    // Bits above the mask's 4 lanes: 0xf0 are not asked for, the rest do not exist.
    assert_eq!(slots(&ran, 8), [3, 77, 3, 77, 99, 99, 99, 99]);
}

/// The mask is the lowest lane's. Lanes that have ended are not waited for.
#[test]
fn warpsync_takes_the_lowest_lanes_mask() {
    let ran = finish(8, |p| {
        own_slot(p);
        unless(p, LANE, 1, |p| p.push(Instruction::Exit));
        // Lane 1 names only lanes that wait or have ended, the others name all and more.
        p.csrr(10, LANE);
        p.op_imm(AluOp::Add, 11, 10, -1);
        p.op(AluOp::Sltu, 11, 0, 11);
        p.op(AluOp::Sub, 11, 0, 11);
        p.op_imm(AluOp::Or, 11, 11, 0x55);
        p.push(Instruction::Warpsync { rs1: 11 });
        p.push(store(11, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8)[..4], [0, 0x55, 0, u64::MAX]);
}

fn votes(ballot: i32) -> [Vec<u64>; 3] {
    [VoteOp::Any, VoteOp::All, VoteOp::Ballot].map(|op| {
        let ran = finish(8, |p| {
            own_slot(p);
            p.li(13, 0x1234);
            p.csrr(10, LANE);
            p.li(11, i64::from(ballot));
            p.op(AluOp::Srl, 11, 11, 10);
            p.op_imm(AluOp::And, 11, 11, 1);
            // Not 0 in the upper half alone.
            p.op_imm(AluOp::Sll, 11, 11, 40);
            unless(p, LANE, 4, |p| {
                p.push(Instruction::Vote {
                    op,
                    rd: 13,
                    rs1: 11,
                })
            });
            p.push(store(13, 8, 0));
            p.push(Instruction::Exit);
        });
        slots(&ran, 8)
    })
}

/// Lanes 0 to 3 vote; 4 to 7 do not, whatever they hold.
#[test]
fn votes_are_over_the_lanes_that_execute() {
    for ballot in 0..256 {
        let [any, all, mask] = votes(ballot);
        let low = (ballot & 15) as u64;
        assert_eq!(any[..4], [u64::from(low != 0); 4]);
        assert_eq!(all[..4], [u64::from(low == 15); 4]);
        assert_eq!(mask[..4], [low; 4]);
        assert_eq!(any[4..], [0x1234; 4]);
    }
}

/// What lanes whose number has no bit of `inactive` get from `shfl`; each offers 100 + lane.
fn shuffle(op: ShflOp, operand: i64, inactive: i32) -> Vec<u64> {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(10, LANE);
        p.op_imm(AluOp::Add, 10, 10, 100);
        p.li(11, operand);
        unless(p, LANE, inactive, |p| {
            p.push(Instruction::Shfl {
                op,
                rd: 10,
                rs1: 10,
                rs2: 11,
            })
        });
        p.push(store(10, 8, 0));
        p.push(Instruction::Exit);
    });
    slots(&ran, 8)
}

/// The definition, in numbers that may be negative.
fn expected(op: ShflOp, lane: i64, operand: i64, active: impl Fn(i64) -> bool) -> i64 {
    let n = operand & 0xff;
    let w = match operand >> 8 & 0xff {
        w @ (1 | 2 | 4 | 8) => w,
        _ => 8,
    };
    let base = lane - lane % w;
    let source = match op {
        ShflOp::Idx => base + n % w,
        ShflOp::Up => lane - n,
        ShflOp::Down => lane + n,
        ShflOp::Xor => lane ^ n,
    };
    let inside = base <= source && source < base + w;
    if inside && active(source) && active(lane) {
        source
    } else {
        lane
    }
}

#[test]
fn shuffles_are_those_of_their_definition() {
    for &op in ShflOp::ALL {
        for width in [0, 1, 2, 3, 4, 8, 16, 128, 255] {
            for n in [0, 1, 2, 3, 5, 7, 8, 9, 128, 255] {
                for inactive in [0, 2] {
                    // Bits above 15 mean nothing.
                    let operand = width << 8 | n | 0x5a_0000;
                    let found = shuffle(op, operand, inactive);
                    let active = |lane: i64| lane & i64::from(inactive) == 0;
                    let expected: Vec<u64> = (0..8)
                        .map(|lane| 100 + expected(op, lane, operand, active) as u64)
                        .collect();
                    assert_eq!(
                        found,
                        expected,
                        "{} width {width} n {n} without {inactive}",
                        op.name()
                    );
                }
            }
        }
    }
}

/// Each lane reads by its own operand.
#[test]
fn lanes_shuffle_by_their_own_operands() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(10, LANE);
        p.op_imm(AluOp::Xor, 11, 10, 7);
        p.push(Instruction::Shfl {
            op: ShflOp::Idx,
            rd: 12,
            rs1: 10,
            rs2: 11,
        });
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8), [7, 6, 5, 4, 3, 2, 1, 0]);
}
