//! F instructions: that each is the operation of its name, on its registers, with its mode and flags.

use gpnpu_golden::simt::float::{FpuOp, NX, Rounding, execute};
use gpnpu_golden::simt::instruction::{Instruction, RoundingField};

use crate::kit::{Input, map, stopped};

/// Operands that tell operations, operand orders and modes apart.
const A: u32 = 0x3f80_0001;
const B: u32 = 0xc040_0003;
const C: u32 = 0x3380_0005;
const X: u64 = 0xffff_ffff_8100_0001;

fn input(fcsr: u8) -> Input {
    // `x10` and `f10` are the same record: a conversion from an integer gets X in its own test.
    Input {
        registers: [A.into(), B.into(), C.into(), 0],
        fcsr,
    }
}

fn instruction(op: FpuOp, rm: RoundingField) -> Instruction {
    let count = op.operands();
    Instruction::Float {
        op,
        rm,
        rd: 13,
        rs1: 10,
        rs2: if count >= 2 { 11 } else { 0 },
        rs3: if count == 3 { 12 } else { 0 },
    }
}

#[test]
fn every_operation_in_every_mode() {
    for op in FpuOp::ALL {
        for rm in Rounding::ALL {
            let (result, flags) = execute(op, rm, A, B, C, A.into());
            for (field, frm) in [
                (RoundingField::Static(rm), 7),
                (RoundingField::Dynamic, rm.code()),
            ] {
                if !op.rounds() && field == RoundingField::Dynamic {
                    continue;
                }
                let field = if op.rounds() {
                    field
                } else {
                    RoundingField::Static(Rounding::NearestEven)
                };
                // 0b01000 was there before, and stays.
                let output = map(&[instruction(op, field)], &[input(frm << 5 | 8)])[0];
                let register = if op.to_integer() {
                    output.x
                } else {
                    output.f.into()
                };
                assert_eq!(register, result, "{}", instruction(op, field));
                assert_eq!(
                    output.fcsr,
                    frm << 5 | 8 | flags,
                    "{}",
                    instruction(op, field)
                );
            }
        }
    }
}

#[test]
fn conversions_take_the_integer_register() {
    for op in [FpuOp::CvtSW, FpuOp::CvtSWu, FpuOp::CvtSL, FpuOp::CvtSLu] {
        let (result, flags) = execute(op, Rounding::Down, 0, 0, 0, X);
        let body = [instruction(op, RoundingField::Static(Rounding::Down))];
        let input = Input {
            registers: [X, 0, 0, 0],
            fcsr: 0,
        };
        let output = map(&body, &[input])[0];
        assert_eq!(
            (u64::from(output.f), output.fcsr),
            (result, flags),
            "{}",
            body[0]
        );
        assert_eq!(flags, NX);
    }
}

#[test]
fn moves_copy_bits() {
    let body = [Instruction::FmvXW { rd: 13, rs1: 11 }];
    assert_eq!(map(&body, &[input(0)])[0].x, 0xffff_ffff_c040_0003);
    let body = [Instruction::FmvWX { rd: 13, rs1: 12 }];
    assert_eq!(map(&body, &[input(0)])[0].f, C);
}

#[test]
fn lanes_have_their_own_modes_and_flags() {
    let add = instruction(FpuOp::Add, RoundingField::Dynamic);
    let inputs: Vec<Input> = Rounding::ALL
        .iter()
        .map(|rm| input(rm.code() << 5))
        .collect();
    for (output, rm) in map(&[add], &inputs).into_iter().zip(Rounding::ALL) {
        let (result, flags) = execute(FpuOp::Add, rm, A, B, 0, 0);
        assert_eq!(
            (u64::from(output.f), output.fcsr),
            (result, rm.code() << 5 | flags)
        );
    }
}

#[test]
fn the_register_f0_is_one_like_the_others() {
    let warp = stopped(1, |p| {
        p.li(5, 0x1234);
        p.push(Instruction::FmvWX { rd: 0, rs1: 5 });
        p.push(Instruction::Ebreak);
    });
    assert_eq!(warp.lanes[0].f(0), 0x1234);
}
