//! Results that NaNs and infinities decide before any sum is formed.

use super::{DecodedOperand, NAN, Operand};
use crate::npu::format::Format;
use crate::numerics::{Class, Decoded};

/// The infinities and NaNs among the terms.
#[derive(Default)]
struct Found {
    nan: bool,
    positive: bool,
    negative: bool,
}

impl Found {
    fn infinity(&mut self, negative: bool) {
        self.positive |= !negative;
        self.negative |= negative;
    }
}

/// The result, if a NaN or an infinity decides it. Float formats only.
pub(super) fn result(a: &DecodedOperand, b: &DecodedOperand, c: Decoded) -> Option<u32> {
    if !(a.special || b.special || c.is_special()) {
        return None;
    }
    let mut found = Found::default();
    if a.special || b.special {
        find_in_operands(a.format, &a.packed, &b.packed, &mut found);
    }
    match c.class {
        Class::Nan => found.nan = true,
        Class::Infinite => found.infinity(c.negative),
        _ => {}
    }
    match found {
        Found { nan: true, .. }
        | Found {
            positive: true,
            negative: true,
            ..
        } => Some(NAN),
        Found { positive: true, .. } => Some(0x7f80_0000),
        Found { negative: true, .. } => Some(0xff80_0000),
        _ => None,
    }
}

fn find_in_operands(format: Format, a: &Operand, b: &Operand, found: &mut Found) {
    if let Some(element) = format.scale_element() {
        for byte in 0..format.scale_bytes() {
            let is_nan = |scale: &Operand| element.decode(scale.scale_byte(byte)).is_special();
            found.nan |= is_nan(a) || is_nan(b);
        }
    }
    for lane in 0..format.lanes() {
        let a = format.element().decode(a.element(format, lane));
        let b = format.element().decode(b.element(format, lane));
        match (a.class, b.class) {
            (Class::Nan, _) | (_, Class::Nan) => found.nan = true,
            (Class::Infinite, Class::Zero) | (Class::Zero, Class::Infinite) => found.nan = true,
            (Class::Infinite, _) | (_, Class::Infinite) => {
                found.infinity(a.negative != b.negative);
            }
            _ => {}
        }
    }
}
