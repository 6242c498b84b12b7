//! Operations of I and M, in numbers without limits.

use gpnpu_golden::simt::instruction::{AluOp, Instruction};
use num_bigint::BigInt;

use crate::kit::{CODE, Input, map, program, stopped};

fn corners() -> Vec<u64> {
    let mut corners = vec![0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 0x5555_5555_5555_5555];
    for bits in [11, 12, 31, 32, 33, 62, 63] {
        let power = 1u64 << bits;
        corners.extend([power - 1, power, power + 1]);
    }
    corners.extend([
        0x8000_0000_8000_0000,
        0x7fff_ffff_8000_0000,
        0xffff_ffff_7fff_ffff,
    ]);
    let negated: Vec<u64> = corners.iter().map(|value| value.wrapping_neg()).collect();
    corners.extend(negated);
    corners.sort_unstable();
    corners.dedup();
    corners
}

fn signed(value: u64) -> BigInt {
    BigInt::from(value as i64)
}

fn unsigned(value: u64) -> BigInt {
    BigInt::from(value)
}

/// The low bits of a number, sign-extended to a register.
fn register(value: &BigInt, bits: u32) -> u64 {
    let modulus = BigInt::from(1) << bits;
    let low = ((value % &modulus) + &modulus) % &modulus;
    let low = u64::try_from(low).expect("it is below 2^64");
    ((low << (64 - bits)) as i64 >> (64 - bits)) as u64
}

/// Division towards zero; by zero all ones and the dividend (13.2).
fn divide(a: BigInt, b: BigInt) -> (BigInt, BigInt) {
    let zero = BigInt::from(0);
    if b == zero {
        return (BigInt::from(-1), a);
    }
    (&a / &b, &a % &b)
}

/// The result of an operation, by its text.
fn expected(op: AluOp, a: u64, b: u64) -> u64 {
    let power = |amount: u64| BigInt::from(1) << amount;
    // BigInt's shift rounds down, as an arithmetic shift does.
    let down = |value: BigInt, amount: u64| value >> amount;
    let (wa, wb) = (a as i32 as u64, b as i32 as u64);
    let (ua, ub) = (u64::from(a as u32), u64::from(b as u32));
    match op {
        AluOp::Add => register(&(signed(a) + signed(b)), 64),
        AluOp::Sub => register(&(signed(a) - signed(b)), 64),
        AluOp::Sll => register(&(signed(a) * power(b % 64)), 64),
        AluOp::Slt => u64::from(signed(a) < signed(b)),
        AluOp::Sltu => u64::from(unsigned(a) < unsigned(b)),
        AluOp::Xor => (0..64).fold(0, |bits, i| bits | u64::from(a >> i & 1 != b >> i & 1) << i),
        AluOp::Or => (0..64).fold(0, |bits, i| bits | (a >> i & 1).max(b >> i & 1) << i),
        AluOp::And => (0..64).fold(0, |bits, i| bits | (a >> i & 1).min(b >> i & 1) << i),
        AluOp::Srl => register(&down(unsigned(a), b % 64), 64),
        AluOp::Sra => register(&down(signed(a), b % 64), 64),
        AluOp::Addw => register(&(signed(a) + signed(b)), 32),
        AluOp::Subw => register(&(signed(a) - signed(b)), 32),
        AluOp::Sllw => register(&(signed(a) * power(b % 32)), 32),
        AluOp::Srlw => register(&down(unsigned(ua), b % 32), 32),
        AluOp::Sraw => register(&down(signed(wa), b % 32), 32),
        AluOp::Mul => register(&(signed(a) * signed(b)), 64),
        AluOp::Mulh => register(&down(signed(a) * signed(b), 64), 64),
        AluOp::Mulhsu => register(&down(signed(a) * unsigned(b), 64), 64),
        AluOp::Mulhu => register(&down(unsigned(a) * unsigned(b), 64), 64),
        AluOp::Mulw => register(&(signed(a) * signed(b)), 32),
        AluOp::Div => register(&divide(signed(a), signed(b)).0, 64),
        AluOp::Divu => register(&divide(unsigned(a), unsigned(b)).0, 64),
        AluOp::Rem => register(&divide(signed(a), signed(b)).1, 64),
        AluOp::Remu => register(&divide(unsigned(a), unsigned(b)).1, 64),
        AluOp::Divw => register(&divide(signed(wa), signed(wb)).0, 32),
        AluOp::Divuw => register(&divide(unsigned(ua), unsigned(ub)).0, 32),
        AluOp::Remw => register(&divide(signed(wa), signed(wb)).1, 32),
        AluOp::Remuw => register(&divide(unsigned(ua), unsigned(ub)).1, 32),
    }
}

#[test]
fn operations_of_registers() {
    let corners = corners();
    let pairs: Vec<(u64, u64)> = corners
        .iter()
        .flat_map(|&a| corners.iter().map(move |&b| (a, b)))
        .collect();
    let inputs: Vec<Input> = pairs
        .iter()
        .map(|&(a, b)| Input {
            registers: [a, b, 0, 0],
            fcsr: 0,
        })
        .collect();
    for &op in AluOp::ALL {
        let instruction = Instruction::Op {
            op,
            rd: 13,
            rs1: 10,
            rs2: 11,
        };
        let outputs = map(&[instruction], &inputs);
        for (&(a, b), output) in pairs.iter().zip(outputs) {
            assert_eq!(
                output.x,
                expected(op, a, b),
                "{} of {a:#x}, {b:#x}",
                op.name()
            );
        }
    }
}

#[test]
fn operations_with_an_immediate() {
    let corners = corners();
    let inputs: Vec<Input> = corners
        .iter()
        .map(|&a| Input {
            registers: [a, 0, 0, 0],
            fcsr: 0,
        })
        .collect();
    let with_immediate = AluOp::ALL.iter().filter(|op| op.immediate_name().is_some());
    for &op in with_immediate {
        let immediates: &[i32] = match (op.shifts(), op.is_word()) {
            (true, true) => &[0, 1, 30, 31],
            (true, false) => &[0, 1, 31, 32, 33, 63],
            _ => &[0, 1, -1, 2047, -2048, 0x555],
        };
        for &imm in immediates {
            let instruction = Instruction::OpImm {
                op,
                rd: 13,
                rs1: 10,
                imm,
            };
            let outputs = map(&[instruction], &inputs);
            for (&a, output) in corners.iter().zip(outputs) {
                let expected = expected(op, a, i64::from(imm) as u64);
                assert_eq!(output.x, expected, "{instruction} of {a:#x}");
            }
        }
    }
}

#[test]
fn upper_immediates_and_the_zero_register() {
    let warp = stopped(1, |p| {
        p.push(Instruction::Lui {
            rd: 5,
            imm: 0x7fff_f000,
        });
        p.push(Instruction::Lui {
            rd: 6,
            imm: i32::MIN,
        });
        p.push(Instruction::Auipc { rd: 7, imm: 0x1000 });
        p.push(Instruction::Auipc {
            rd: 8,
            imm: i32::MIN,
        });
        p.op_imm(AluOp::Add, 0, 0, 5);
        p.op_imm(AluOp::Add, 9, 0, 0);
        p.push(Instruction::Ebreak);
    });
    let lane = &warp.lanes[0];
    assert_eq!(lane.x(5), 0x7fff_f000);
    assert_eq!(lane.x(6), 0xffff_ffff_8000_0000);
    assert_eq!(lane.x(7), CODE + 8 + 0x1000);
    assert_eq!(lane.x(8), CODE + 12 - 0x8000_0000);
    assert_eq!(lane.x(9), 0);
}

#[test]
fn constants_are_what_was_asked_for() {
    for &value in &corners() {
        let warp = stopped(1, |p| {
            p.li(5, value as i64);
            p.push(Instruction::Ebreak);
        });
        assert_eq!(warp.lanes[0].x(5), value);
    }
    let longest = program(|p| p.li(5, 0x7edc_ba98_7654_3219));
    assert!(longest.instructions().len() <= 8);
}
