//! The integer operations of I and M, by their text.

use crate::simt::instruction::AluOp;

/// The result of an operation. Those on 32 bits take the lower halves and sign-extend; shifts take
/// as many low bits of `b` as they need; division by zero and overflow are as 13.2 says.
pub fn alu(op: AluOp, a: u64, b: u64) -> u64 {
    let (sa, sb) = (a as i64, b as i64);
    let (wa, wb) = (a as i32, b as i32);
    let word = |value: i32| i64::from(value) as u64;
    match op {
        AluOp::Add => a.wrapping_add(b),
        AluOp::Sub => a.wrapping_sub(b),
        AluOp::Sll => a << (b & 63),
        AluOp::Slt => u64::from(sa < sb),
        AluOp::Sltu => u64::from(a < b),
        AluOp::Xor => a ^ b,
        AluOp::Srl => a >> (b & 63),
        AluOp::Sra => (sa >> (b & 63)) as u64,
        AluOp::Or => a | b,
        AluOp::And => a & b,
        AluOp::Addw => word(wa.wrapping_add(wb)),
        AluOp::Subw => word(wa.wrapping_sub(wb)),
        AluOp::Sllw => word(wa << (b & 31)),
        AluOp::Srlw => word((wa as u32 >> (b & 31)) as i32),
        AluOp::Sraw => word(wa >> (b & 31)),
        AluOp::Mul => a.wrapping_mul(b),
        AluOp::Mulh => high(i128::from(sa) * i128::from(sb)),
        AluOp::Mulhsu => high(i128::from(sa) * i128::from(b)),
        AluOp::Mulhu => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        AluOp::Mulw => word(wa.wrapping_mul(wb)),
        AluOp::Div if b == 0 => u64::MAX,
        AluOp::Div => sa.wrapping_div(sb) as u64,
        AluOp::Divu => a.checked_div(b).unwrap_or(u64::MAX),
        AluOp::Rem if b == 0 => a,
        AluOp::Rem => sa.wrapping_rem(sb) as u64,
        AluOp::Remu => a.checked_rem(b).unwrap_or(a),
        AluOp::Divw if wb == 0 => u64::MAX,
        AluOp::Divw => word(wa.wrapping_div(wb)),
        AluOp::Divuw => word((wa as u32).checked_div(wb as u32).unwrap_or(u32::MAX) as i32),
        AluOp::Remw if wb == 0 => word(wa),
        AluOp::Remw => word(wa.wrapping_rem(wb)),
        AluOp::Remuw => word((wa as u32).checked_rem(wb as u32).unwrap_or(wa as u32) as i32),
    }
}

fn high(product: i128) -> u64 {
    (product >> 64) as u64
}
