//! Faults of instructions and barriers.

use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::float::{FpuOp, Rounding};
use gpnpu_golden::simt::instruction::{BranchOp, Instruction, RoundingField};
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::program::Program;

use crate::kit::{CODE, LANE, TID_X, at, faults};

#[test]
fn illegal_instructions() {
    let rows = [Instruction::Ebreak, Instruction::Ecall];
    for instruction in rows {
        let (fault, pc) = at(|_| {}, instruction);
        assert_eq!((fault.cause, fault.pc), (Cause::Illegal, pc));
        assert_eq!(
            (fault.address, fault.mask),
            (encode(instruction).into(), LaneMask(0xff))
        );
    }
    // Nothing was loaded behind the program: a code of zeros.
    let fault = faults(8, |p| p.push(Instruction::Wfi));
    assert_eq!(
        (fault.cause, fault.pc, fault.address),
        (Cause::Illegal, CODE + 4, 0)
    );
}

/// Dynamic modes 5 to 7 are illegal in the lanes that have them, and only for what rounds.
#[test]
fn dynamic_rounding_modes_that_are_none() {
    let frm_is_lane = |p: &mut Program| p.csrw(2, 11);
    let float = |op, rm| Instruction::Float {
        op,
        rm,
        rd: 1,
        rs1: 1,
        rs2: if op == FpuOp::Sqrt { 0 } else { 2 },
        rs3: 0,
    };
    for op in [FpuOp::Add, FpuOp::Sqrt] {
        let instruction = float(op, RoundingField::Dynamic);
        let (fault, _) = at(frm_is_lane, instruction);
        assert_eq!(
            (fault.cause, fault.mask),
            (Cause::Illegal, LaneMask(0b1110_0000))
        );
        assert_eq!(fault.address, u64::from(encode(instruction)));
    }
    let min = float(FpuOp::Min, RoundingField::Static(Rounding::NearestEven));
    let fault = faults(8, |p| {
        p.csrr(11, LANE);
        p.csrw(2, 11);
        p.push(min);
        p.push(float(FpuOp::Add, RoundingField::Static(Rounding::Up)));
        p.push(Instruction::Ebreak);
    });
    assert_eq!(fault.pc, CODE + 16);
}

#[test]
fn jumps_to_addresses_that_are_not_aligned() {
    let (fault, pc) = at(|_| {}, Instruction::Jal { rd: 1, offset: 6 });
    assert_eq!(
        (fault.cause, fault.address, fault.pc),
        (Cause::Misaligned, pc + 6, pc)
    );
    let register = |p: &mut Program| p.li(10, CODE as i64 + 2);
    let jalr = Instruction::Jalr {
        rd: 0,
        rs1: 10,
        offset: 0,
    };
    let (fault, _) = at(register, jalr);
    assert_eq!((fault.cause, fault.address), (Cause::Misaligned, CODE + 2));
    // A branch faults in the lanes that take it.
    let taken = Instruction::Branch {
        op: BranchOp::Beq,
        rs1: 11,
        rs2: 12,
        offset: 10,
    };
    let (fault, pc) = at(|p| p.li(12, 3), taken);
    assert_eq!((fault.mask, fault.address), (LaneMask(8), pc + 10));
    assert_eq!(fault.cause, Cause::Misaligned);
}

#[test]
fn jumps_go_to_memory() {
    for target in [0, 0x4000_0000, 0x1_0000_0000] {
        let mut jump = 0;
        let fault = faults(8, |p| {
            p.li(10, target);
            jump = p.end();
            p.push(Instruction::Jalr {
                rd: 0,
                rs1: 10,
                offset: 0,
            });
        });
        let expected = Fault {
            cause: Cause::Access,
            core: 0,
            warp: 0,
            mask: LaneMask(0xff),
            pc: jump,
            address: target as u64,
        };
        assert_eq!(fault, expected);
    }
}

/// Lane 3 of warp 1 waits at a `warpsync` for itself and lane 4, which waits at a `bar`.
#[test]
fn barriers_that_can_never_complete() {
    let mut bar = 0;
    let fault = faults(16, |p| {
        p.csrr(10, TID_X);
        let sync = p.label();
        p.li(11, 11);
        p.branch(BranchOp::Beq, 10, 11, sync);
        bar = p.end();
        p.push(Instruction::Bar);
        p.push(Instruction::Exit);
        p.place(sync);
        p.li(12, 0x18);
        p.push(Instruction::Warpsync { rs1: 12 });
        p.push(Instruction::Exit);
    });
    // Of the lowest warp that waits, all lanes; here that is warp 0.
    let expected = Fault {
        cause: Cause::Barrier,
        core: 0,
        warp: 0,
        mask: LaneMask(0xff),
        pc: bar,
        address: 0,
    };
    assert_eq!(fault, expected);

    // Lanes that have ended are not in it, and the PC is that of the first path.
    let fault = faults(8, |p| {
        p.csrr(10, TID_X);
        let (end, sync) = (p.label(), p.label());
        p.branch(BranchOp::Beq, 10, 0, end);
        p.li(11, 3);
        p.branch(BranchOp::Blt, 10, 11, sync);
        bar = p.end();
        p.push(Instruction::Bar);
        p.push(Instruction::Exit);
        p.place(sync);
        p.li(12, -1);
        p.push(Instruction::Warpsync { rs1: 12 });
        p.place(end);
        p.push(Instruction::Exit);
    });
    assert_eq!(
        (fault.cause, fault.mask, fault.pc),
        (Cause::Barrier, LaneMask(0xfe), bar)
    );
}
