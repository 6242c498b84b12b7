//! Branches, calls, and how lanes part and meet.

use gpnpu_golden::simt::instruction::{AluOp, BranchOp, Instruction};
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::warp::Warp;

use crate::kit::{
    CODE, Input, LANE, MASK, STACK_END, finish, map, own_slot, slots, stopped, store,
};

fn add(rd: u8, rs1: u8, imm: i32) -> Instruction {
    Instruction::OpImm {
        op: AluOp::Add,
        rd,
        rs1,
        imm,
    }
}

fn jalr(rd: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Jalr { rd, rs1, offset }
}

#[test]
fn branches_compare_as_their_names_say() {
    let corners = [
        0,
        1,
        2,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
        u64::MAX - 1,
        0xffff_ffff,
        1 << 32,
    ];
    let pairs: Vec<(u64, u64)> = corners
        .iter()
        .flat_map(|&a| corners.map(|b| (a, b)))
        .collect();
    let inputs: Vec<Input> = pairs
        .iter()
        .map(|&(a, b)| Input {
            registers: [a, b, 0, 0],
            fcsr: 0,
        })
        .collect();
    for &op in BranchOp::ALL {
        let branch = Instruction::Branch {
            op,
            rs1: 10,
            rs2: 11,
            offset: 8,
        };
        let outputs = map(&[branch, add(13, 0, 1)], &inputs);
        for (&(a, b), output) in pairs.iter().zip(outputs) {
            let taken = match op {
                BranchOp::Beq => a == b,
                BranchOp::Bne => a != b,
                BranchOp::Blt => (a as i64) < b as i64,
                BranchOp::Bge => a as i64 >= b as i64,
                BranchOp::Bltu => a < b,
                BranchOp::Bgeu => a >= b,
            };
            assert_eq!(output.x == 0, taken, "{} of {a:#x}, {b:#x}", op.name());
        }
    }
}

#[test]
fn jumps_link_and_clear_the_lowest_bit() {
    let warp = stopped(1, |p| {
        p.push(Instruction::Jal { rd: 6, offset: 8 });
        p.push(Instruction::Ebreak);
        p.push(jalr(7, 6, 9));
        p.push(Instruction::Ebreak);
        // jalr with rd = rs1: the target is that of the old value.
        p.li(8, CODE as i64 + 4);
    });
    let lane = &warp.lanes[0];
    assert_eq!((lane.x(6), lane.x(7), lane.x(8)), (CODE + 4, CODE + 12, 0));
    assert_eq!(warp.paths.all()[0].pc, CODE + 12);

    let same = stopped(1, |p| {
        p.push(Instruction::Auipc { rd: 6, imm: 0 });
        p.push(jalr(6, 6, 12));
        p.push(Instruction::Ebreak);
        p.push(Instruction::Ebreak);
    });
    assert_eq!(same.lanes[0].x(6), CODE + 8);
    assert_eq!(same.paths.all()[0].pc, CODE + 12);
}

fn depth(build: impl FnOnce(&mut Program)) -> u16 {
    let warp = stopped(1, |p| {
        p.push(Instruction::Auipc { rd: 1, imm: 0 });
        p.push(add(5, 1, 8));
        p.push(add(7, 1, 8));
        build(p);
        p.push(Instruction::Ebreak);
    });
    warp.paths.all()[0].depth
}

/// All rows of the table of return-address hints (2.5.1), from depth 2 on; `x1`, `x5` and `x7` point
/// to the third instruction, so the jumps have offsets.
#[test]
fn depth_follows_the_hints() {
    let up = |p: &mut Program| {
        p.push(Instruction::Jal { rd: 1, offset: 4 });
        p.push(Instruction::Jal { rd: 5, offset: 4 });
        p.push(Instruction::Auipc { rd: 1, imm: 0 });
        p.push(add(5, 1, 0));
        p.push(add(7, 1, 0));
    };
    let to_next = |rd, rs1| move |p: &mut Program| p.push(jalr(rd, rs1, 16));
    assert_eq!(depth(up), 2);
    let rows = [
        ((0, 7), 2),
        ((6, 7), 2),
        ((0, 1), 1),
        ((0, 5), 1),
        ((6, 1), 1),
        ((1, 7), 3),
        ((5, 7), 3),
        ((1, 1), 3),
        ((5, 5), 3),
        ((1, 5), 2),
        ((5, 1), 2),
    ];
    for ((rd, rs1), expected) in rows {
        let found = depth(|p| {
            up(p);
            to_next(rd, rs1)(p);
        });
        assert_eq!(found, expected, "jalr x{rd}, x{rs1}");
    }
    assert_eq!(depth(|p| p.push(Instruction::Jal { rd: 0, offset: 4 })), 0);
    // It does not fall below 0.
    assert_eq!(depth(|p| p.push(jalr(0, 1, 16))), 0);
}

#[test]
fn depth_stays_in_16_bits() {
    let warp = stopped(1, |p| {
        p.li(6, 70_000);
        let again = p.here();
        p.op_imm(AluOp::Add, 6, 6, -1);
        p.push(Instruction::Jal { rd: 1, offset: 4 });
        p.branch(BranchOp::Bne, 6, 0, again);
        p.push(Instruction::Ebreak);
    });
    assert_eq!(warp.paths.all()[0].depth, u16::MAX);
}

/// The sides of a branch: that with the lower PC first, then the other, then all together.
#[test]
fn sides_of_a_branch_run_by_pc_and_meet_at_the_join() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(10, LANE);
        p.op_imm(AluOp::And, 11, 10, 1);
        let (odd, join) = (p.label(), p.label());
        p.branch(BranchOp::Bne, 11, 0, odd);
        p.csrr(12, MASK);
        p.jal(0, join);
        p.place(odd);
        p.csrr(12, MASK);
        p.place(join);
        p.csrr(13, MASK);
        p.op_imm(AluOp::Sll, 13, 13, 8);
        p.op(AluOp::Or, 12, 12, 13);
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    let expected: Vec<u64> = (0..8)
        .map(|lane| if lane % 2 == 0 { 0xff55 } else { 0xffaa })
        .collect();
    assert_eq!(slots(&ran, 8), expected);
    // Nine instructions before, one or two on the sides, five after; own_slot has four.
    assert_eq!(ran.instructions, 4 + 3 + 2 + 1 + 5);
}

/// Lanes that loop for different times leave one by one, and are together behind the loop.
#[test]
fn lanes_meet_behind_a_loop() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(10, LANE);
        let again = p.here();
        p.op_imm(AluOp::Add, 10, 10, -1);
        p.branch(BranchOp::Bge, 10, 0, again);
        p.csrr(12, MASK);
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8), [0xff; 8]);
    assert_eq!(ran.instructions, 4 + 1 + 2 * 8 + 3);
}

/// A callee lies below the caller or above it: the deeper path runs first, and lanes that call the
/// same function from two places are not one in it, because they come back to different places.
#[test]
fn the_deeper_path_runs_first() {
    for below in [false, true] {
        let order = stopped(2, |p| {
            let (function, start) = (p.label(), p.label());
            p.jal(0, start);
            if below {
                p.place(function);
                p.push(add(12, 12, 1));
                p.ret();
            }
            p.place(start);
            p.csrr(10, LANE);
            let skip = p.label();
            p.branch(BranchOp::Bne, 10, 0, skip);
            p.jal(1, function);
            p.place(skip);
            // Lane 1 may be here only when lane 0 has come back.
            p.csrr(13, MASK);
            p.push(Instruction::Ebreak);
            if !below {
                p.place(function);
                p.push(add(12, 12, 1));
                p.ret();
            }
        });
        assert_eq!(order.lanes[0].x(13), 3, "function below: {below}");
        assert_eq!(order.paths.all().len(), 1);
        assert_eq!(order.lanes[0].x(12), 1);
    }
}

/// Fibonacci by recursion with another argument in each lane; each call pushes 24 bytes.
#[test]
fn recursion_with_different_depths() {
    let ran = finish(8, |p| {
        let function = p.label();
        own_slot(p);
        p.csrr(2, STACK_END);
        p.csrr(10, LANE);
        p.jal(1, function);
        p.csrr(12, MASK);
        p.op_imm(AluOp::Sll, 12, 12, 8);
        p.op(AluOp::Or, 10, 10, 12);
        p.push(store(10, 8, 0));
        p.push(Instruction::Exit);

        p.place(function);
        let done = p.label();
        p.op_imm(AluOp::Slt, 11, 10, 2);
        p.branch(BranchOp::Bne, 11, 0, done);
        p.push(add(2, 2, -24));
        p.push(store(1, 2, 0));
        p.push(store(10, 2, 8));
        p.push(add(10, 10, -1));
        p.jal(1, function);
        p.push(store(10, 2, 16));
        let load = |rd, offset| Instruction::Load {
            op: gpnpu_golden::simt::instruction::LoadOp::Ld,
            rd,
            rs1: 2,
            offset,
        };
        p.push(load(10, 8));
        p.push(add(10, 10, -2));
        p.jal(1, function);
        p.push(load(11, 16));
        p.op(AluOp::Add, 10, 10, 11);
        p.push(load(1, 0));
        p.push(add(2, 2, 24));
        p.place(done);
        p.ret();
    });
    let fibonacci = [0, 1, 1, 2, 3, 5, 8, 13].map(|value| value | 0xff00);
    assert_eq!(slots(&ran, 8), fibonacci);
}

fn masks(warp: &Warp) -> Vec<LaneMask> {
    let mut masks: Vec<LaneMask> = warp.paths.all().iter().map(|path| path.mask).collect();
    masks.sort_unstable();
    masks
}

/// An indirect jump to a place of each lane's own makes a path of each.
#[test]
fn every_target_is_a_path() {
    let warp = stopped(8, |p| {
        p.csrr(10, LANE);
        p.op_imm(AluOp::Srl, 10, 10, 1);
        p.op_imm(AluOp::Sll, 10, 10, 2);
        p.push(Instruction::Auipc { rd: 11, imm: 0 });
        p.op(AluOp::Add, 11, 11, 10);
        p.push(jalr(0, 11, 12));
        for _ in 0..4 {
            p.push(Instruction::Ebreak);
        }
    });
    let expected = [0x03, 0x0c, 0x30, 0xc0].map(LaneMask);
    assert_eq!(masks(&warp), expected);
    let first = warp.paths.first().expect("no lane has ended");
    assert_eq!((first.pc, first.mask), (CODE + 24, LaneMask(3)));
}

/// Lanes at the same PC but different depths are not one path.
#[test]
fn paths_of_different_depths_do_not_merge() {
    let warp = stopped(2, |p| {
        p.csrr(10, LANE);
        let (other, join) = (p.label(), p.label());
        p.branch(BranchOp::Bne, 10, 0, other);
        p.jal(1, join);
        p.place(other);
        p.jal(0, join);
        p.place(join);
        p.push(Instruction::Ebreak);
    });
    // The deeper one has got to the ebreak, the other has not moved.
    assert_eq!(masks(&warp), [LaneMask(1), LaneMask(2)]);
    assert_eq!(
        warp.paths.next().map(|path| (path.mask, path.depth)),
        Some((LaneMask(1), 1))
    );
}

#[test]
fn ended_lanes_take_no_part() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(10, LANE);
        p.op_imm(AluOp::Slt, 11, 10, 3);
        let stay = p.label();
        p.branch(BranchOp::Beq, 11, 0, stay);
        p.push(Instruction::Exit);
        p.place(stay);
        p.csrr(12, MASK);
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8), [0, 0, 0, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8]);
}
