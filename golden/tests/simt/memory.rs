//! Loads, stores, atomics, reservations.

use gpnpu_golden::simt::instruction::{AluOp, AmoOp, BranchOp, Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::run::run;

use crate::kit::{
    CTAID_X, DATA, Input, LANE, LIMIT, dword, finish, launch, map, memory as kit_memory, own_slot,
    program, shape, slots, store,
};

const SHARED: i64 = 0x4000_0000;
const PATTERN: u64 = 0xf1e2_d3c4_b5a6_9788;

fn input(registers: [u64; 4]) -> Input {
    Input { registers, fcsr: 0 }
}

fn amo(op: AmoOp, double: bool, rd: u8, rs1: u8, rs2: u8) -> Instruction {
    Instruction::Amo {
        op,
        double,
        aq: false,
        rl: false,
        rd,
        rs1,
        rs2,
    }
}

#[test]
fn loads_extend_what_they_read() {
    let rows = [
        (LoadOp::Lb, 1, 0xffff_ffff_ffff_ff97),
        (LoadOp::Lbu, 1, 0x97),
        (LoadOp::Lh, 2, 0xffff_ffff_ffff_b5a6),
        (LoadOp::Lhu, 2, 0xb5a6),
        (LoadOp::Lw, 4, 0xffff_ffff_f1e2_d3c4),
        (LoadOp::Lwu, 4, 0xf1e2_d3c4),
        (LoadOp::Ld, 0, PATTERN),
    ];
    for (op, offset, expected) in rows {
        let load = Instruction::Load {
            op,
            rd: 13,
            rs1: 5,
            offset,
        };
        assert_eq!(
            map(&[load], &[input([PATTERN, 0, 0, 0])])[0].x,
            expected,
            "{load}"
        );
    }
}

#[test]
fn stores_change_their_bytes_only() {
    let rows = [
        (StoreOp::Sb, 9, 0x1111_1111_1111_8811),
        (StoreOp::Sh, 10, 0x1111_1111_9788_1111),
        (StoreOp::Sw, 12, 0xb5a6_9788_1111_1111),
        (StoreOp::Sd, 8, PATTERN),
    ];
    for (op, offset, expected) in rows {
        let body = [
            Instruction::Store {
                op,
                rs1: 5,
                rs2: 10,
                offset,
            },
            Instruction::Load {
                op: LoadOp::Ld,
                rd: 13,
                rs1: 5,
                offset: 8,
            },
        ];
        let output = map(&body, &[input([PATTERN, 0x1111_1111_1111_1111, 0, 0])])[0];
        assert_eq!(output.x, expected, "{}", body[0]);
    }
}

#[test]
fn atomics_give_the_old_and_leave_the_new() {
    let operands = [
        0,
        1,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        u64::MAX,
        1 << 63,
        PATTERN,
    ];
    for &op in AmoOp::ALL {
        for double in [false, true] {
            for old in operands {
                for operand in operands {
                    atomic(op, double, old, operand);
                }
            }
        }
    }
}

/// One AMO on the second input of a record, and the memory afterwards.
fn atomic(op: AmoOp, double: bool, old: u64, operand: u64) {
    let body = [
        Instruction::OpImm {
            op: AluOp::Add,
            rd: 6,
            rs1: 5,
            imm: 8,
        },
        amo(op, double, 12, 6, 10),
        Instruction::Load {
            op: LoadOp::Ld,
            rd: 13,
            rs1: 5,
            offset: 8,
        },
        store(12, 5, 64),
        Instruction::Fence {
            fm: 0,
            pred: 15,
            succ: 15,
        },
    ];
    let mut given = body.to_vec();
    given.push(Instruction::OpImm {
        op: AluOp::Add,
        rd: 13,
        rs1: 12,
        imm: 0,
    });
    let inputs = [input([operand, old, 0, 0])];
    let left = map(&body, &inputs)[0].x;
    let got = map(&given, &inputs)[0].x;
    let extended = |value: u64| if double { value } else { value as i32 as u64 };
    let (a, b) = (extended(old), extended(operand));
    let new = match op {
        AmoOp::Swap => b,
        AmoOp::Add => a.wrapping_add(b),
        AmoOp::Xor => a ^ b,
        AmoOp::Or => a | b,
        AmoOp::And => a & b,
        AmoOp::Min => {
            if (a as i64) < b as i64 {
                a
            } else {
                b
            }
        }
        AmoOp::Max => {
            if a as i64 > b as i64 {
                a
            } else {
                b
            }
        }
        AmoOp::Minu => {
            if a < b {
                a
            } else {
                b
            }
        }
        AmoOp::Maxu => {
            if a > b {
                a
            } else {
                b
            }
        }
        // SC without a reservation fails; LR only reads.
        AmoOp::Lr | AmoOp::Sc => a,
    };
    let new = if double {
        new
    } else {
        old >> 32 << 32 | u64::from(new as u32)
    };
    let name = op.name();
    assert_eq!(
        left, new,
        "{name} double {double}: memory, {old:#x} and {operand:#x}"
    );
    let expected = if op == AmoOp::Sc { 1 } else { a };
    assert_eq!(
        got, expected,
        "{name} double {double}: register, {old:#x} and {operand:#x}"
    );
}

/// Lanes of one instruction that touch the same bytes do so in ascending order.
#[test]
fn lanes_are_done_in_ascending_order() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.li(10, DATA as i64 + 256);
        p.csrr(11, LANE);
        p.push(amo(AmoOp::Add, true, 12, 10, 11));
        p.push(store(12, 8, 0));
        p.push(store(11, 10, 8));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8), [0, 0, 1, 3, 6, 10, 15, 21]);
    assert_eq!(dword(&ran.memory, DATA + 256), 28);
    assert_eq!(dword(&ran.memory, DATA + 264), 7);
}

/// The value of SC after LR and what `between` does, in lane 0 of two; `x10` is the address.
fn reserved(address: i64, between: impl FnOnce(&mut Program)) -> u64 {
    let ran = finish(2, |p| {
        own_slot(p);
        let skip = p.label();
        p.li(10, address);
        p.li(13, 7);
        p.csrr(11, LANE);
        p.branch(BranchOp::Bne, 11, 0, skip);
        p.push(amo(AmoOp::Lr, true, 14, 10, 0));
        p.place(skip);
        between(p);
        let end = p.label();
        p.branch(BranchOp::Bne, 11, 0, end);
        p.push(amo(AmoOp::Sc, true, 12, 10, 13));
        p.push(store(12, 8, 0));
        p.place(end);
        p.push(Instruction::Exit);
    });
    slots(&ran, 1)[0]
}

/// Lane 0 alone executes an instruction.
fn by_lane_0(p: &mut Program, instruction: Instruction) {
    let skip = p.label();
    p.branch(BranchOp::Bne, 11, 0, skip);
    p.push(instruction);
    p.place(skip);
}

/// Lane 1 alone executes an instruction.
fn by_lane_1(p: &mut Program, instruction: Instruction) {
    let skip = p.label();
    p.branch(BranchOp::Beq, 11, 0, skip);
    p.push(instruction);
    p.place(skip);
}

#[test]
fn reservations_end_with_a_write_to_their_line() {
    for address in [DATA as i64 + 0x1008, SHARED + 8] {
        assert_eq!(reserved(address, |_| {}), 0, "alone");
        assert_eq!(
            reserved(address, |p| by_lane_1(p, store(13, 10, 32))),
            1,
            "store to the line"
        );
        assert_eq!(
            reserved(address, |p| by_lane_1(p, store(13, 10, 64))),
            0,
            "to the next line"
        );
        let add = amo(AmoOp::Add, false, 0, 10, 0);
        assert_eq!(
            reserved(address, |p| by_lane_1(p, add)),
            1,
            "an amo that changes nothing"
        );
        let sc = amo(AmoOp::Sc, true, 15, 10, 13);
        assert_eq!(
            reserved(address, |p| by_lane_1(p, sc)),
            0,
            "an SC that fails"
        );
        let lr = amo(AmoOp::Lr, true, 15, 10, 0);
        assert_eq!(
            reserved(address, |p| by_lane_1(p, lr)),
            0,
            "another's reservation"
        );
        assert_eq!(reserved(address, |p| by_lane_0(p, sc)), 1, "a second SC");
        let moved = |p: &mut Program| {
            p.op_imm(AluOp::Add, 10, 10, 64);
        };
        assert_eq!(reserved(address, moved), 1, "of another line");
    }
}

/// A lane has one reservation: that of its last LR.
#[test]
fn a_second_lr_replaces_the_first() {
    let address = DATA as i64 + 0x1000;
    let elsewhere = |p: &mut Program| {
        p.op_imm(AluOp::Add, 14, 10, 64);
        p.push(amo(AmoOp::Lr, true, 15, 14, 0));
    };
    assert_eq!(reserved(address, elsewhere), 1);
    let and_back = |p: &mut Program| {
        elsewhere(p);
        by_lane_0(p, amo(AmoOp::Lr, true, 15, 10, 0));
    };
    assert_eq!(reserved(address, and_back), 0);
}

/// CTAs at the same addresses of their shared memories do not end each other's reservations.
#[test]
fn reservations_are_of_one_ctas_shared_memory() {
    let body = program(|p| {
        own_slot(p);
        p.li(10, SHARED);
        let other = p.label();
        p.csrr(11, CTAID_X);
        p.branch(BranchOp::Bne, 11, 0, other);
        p.push(amo(AmoOp::Lr, true, 14, 10, 0));
        for _ in 0..4 {
            p.push(Instruction::Wfi);
        }
        p.push(amo(AmoOp::Sc, true, 12, 10, 11));
        p.op_imm(AluOp::Add, 12, 12, 100);
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
        // Round robin: one of these comes after the LR and before the SC.
        p.place(other);
        for _ in 0..4 {
            p.push(store(11, 10, 0));
        }
        p.push(Instruction::Exit);
    });
    let launch = Launch {
        grid: [2, 1, 1],
        ..launch(1)
    };
    let ran = run(shape(), launch, kit_memory(&body), LIMIT);
    assert_eq!(dword(&ran.memory, DATA), 100);
}

/// Each of 8 lanes adds 1 with LR and SC; of one line at a time one SC succeeds.
#[test]
fn lr_and_sc_make_an_addition() {
    let ran = finish(8, |p| {
        p.li(10, DATA as i64);
        let again = p.here();
        p.push(amo(AmoOp::Lr, true, 12, 10, 0));
        p.op_imm(AluOp::Add, 12, 12, 1);
        p.push(amo(AmoOp::Sc, true, 13, 10, 12));
        p.branch(BranchOp::Bne, 13, 0, again);
        p.push(Instruction::Exit);
    });
    assert_eq!(dword(&ran.memory, DATA), 8);
}

#[test]
fn shared_memory_is_the_ctas_own() {
    let ran = finish(8, |p| {
        own_slot(p);
        p.csrr(11, LANE);
        p.op_imm(AluOp::Sll, 12, 11, 3);
        p.li(10, SHARED);
        p.op(AluOp::Add, 10, 10, 12);
        p.push(store(11, 10, 64));
        // The neighbour's.
        p.op_imm(AluOp::Xor, 10, 10, 8);
        p.push(Instruction::Load {
            op: LoadOp::Ld,
            rd: 12,
            rs1: 10,
            offset: 64,
        });
        p.push(store(12, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 8), [1, 0, 3, 2, 5, 4, 7, 6]);
    assert_eq!(dword(&ran.memory, SHARED as u64 + 72), 0);
}
