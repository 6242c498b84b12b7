//! The SIMT processor's arithmetic against Berkeley SoftFloat 3, result and flags, in all modes.
//!
//! SoftFloat has no sign injection, minimum, maximum and class: those are held against their
//! definitions in the RISC-V specification.

use gpnpu_golden::simt::float::{CANONICAL_NAN, FpuOp, NV, Rounding, execute};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use softfloat_wrapper::{ExceptionFlags, F32, Float, RoundingMode};

/// One request to the units.
#[derive(Debug, Clone, Copy)]
struct Case {
    op: FpuOp,
    rm: Rounding,
    a: u32,
    b: u32,
    c: u32,
    x: u64,
}

fn mode(rm: Rounding) -> RoundingMode {
    match rm {
        Rounding::NearestEven => RoundingMode::TiesToEven,
        Rounding::TowardZero => RoundingMode::TowardZero,
        Rounding::Down => RoundingMode::TowardNegative,
        Rounding::Up => RoundingMode::TowardPositive,
        Rounding::NearestMaxMagnitude => RoundingMode::TiesToAway,
    }
}

fn sign_extended(x: u32) -> u64 {
    i64::from(x as i32) as u64
}

/// What SoftFloat makes of it; none for the operations that it does not have.
fn softfloat(case: Case) -> Option<(u64, u8)> {
    // Its flags are sticky and belong to the thread.
    let mut flags = ExceptionFlags::default();
    flags.set();
    let rm = mode(case.rm);
    let (a, b) = (F32::from_bits(case.a), F32::from_bits(case.b));
    let minus = |pattern: u32| F32::from_bits(pattern ^ 1 << 31);
    let c = F32::from_bits(case.c);
    let float = |result: F32| u64::from(result.to_bits());
    let result = match case.op {
        FpuOp::Add => float(a.add(b, rm)),
        FpuOp::Sub => float(a.sub(b, rm)),
        FpuOp::Mul => float(a.mul(b, rm)),
        FpuOp::Madd => float(a.fused_mul_add(b, c, rm)),
        FpuOp::Msub => float(a.fused_mul_add(b, minus(case.c), rm)),
        FpuOp::Nmsub => float(minus(case.a).fused_mul_add(b, c, rm)),
        FpuOp::Nmadd => float(minus(case.a).fused_mul_add(b, minus(case.c), rm)),
        FpuOp::Eq => Float::eq(&a, b).into(),
        FpuOp::Lt => Float::lt(&a, b).into(),
        FpuOp::Le => Float::le(&a, b).into(),
        FpuOp::CvtWS => sign_extended(a.to_i32(rm, true) as u32),
        FpuOp::CvtWuS => sign_extended(a.to_u32(rm, true)),
        FpuOp::CvtLS => a.to_i64(rm, true) as u64,
        FpuOp::CvtLuS => a.to_u64(rm, true),
        FpuOp::CvtSW => float(F32::from_i32(case.x as i32, rm)),
        FpuOp::CvtSWu => float(F32::from_u32(case.x as u32, rm)),
        FpuOp::CvtSL => float(F32::from_i64(case.x as i64, rm)),
        FpuOp::CvtSLu => float(F32::from_u64(case.x, rm)),
        FpuOp::Div => float(a.div(b, rm)),
        FpuOp::Sqrt => float(a.sqrt(rm)),
        FpuOp::Sgnj | FpuOp::Sgnjn | FpuOp::Sgnjx | FpuOp::Min | FpuOp::Max | FpuOp::Class => {
            return None;
        }
    };
    flags.get();
    Some((result, flags.to_bits()))
}

/// The operations without a SoftFloat counterpart, by their text (20.6, 20.7, 20.9).
fn defined(case: Case) -> Option<(u64, u8)> {
    let (a, b) = (case.a, case.b);
    let (fa, fb) = (f32::from_bits(a), f32::from_bits(b));
    let with_sign = |negative: bool| {
        let magnitude = fa.abs().to_bits();
        (
            u64::from(if negative {
                magnitude | 1 << 31
            } else {
                magnitude
            }),
            0,
        )
    };
    let (na, nb) = (fa.is_sign_negative(), fb.is_sign_negative());
    let signals = |f: f32| f.is_nan() && f.to_bits() & 1 << 22 == 0;
    let flags = if signals(fa) || signals(fb) { NV } else { 0 };
    let pick = |take_a: bool| {
        let pattern = match (fa.is_nan(), fb.is_nan()) {
            (true, true) => CANONICAL_NAN,
            (true, false) => b,
            (false, true) => a,
            _ if take_a => a,
            _ => b,
        };
        (u64::from(pattern), flags)
    };
    Some(match case.op {
        FpuOp::Sgnj => with_sign(nb),
        FpuOp::Sgnjn => with_sign(!nb),
        FpuOp::Sgnjx => with_sign(na != nb),
        FpuOp::Min => pick(fa < fb || (fa == fb && na)),
        FpuOp::Max => pick(fa > fb || (fa == fb && !na)),
        FpuOp::Class => {
            let bit = match fa {
                _ if signals(fa) => 8,
                _ if fa.is_nan() => 9,
                f32::NEG_INFINITY => 0,
                f32::INFINITY => 7,
                _ if fa.is_normal() => {
                    if na {
                        1
                    } else {
                        6
                    }
                }
                _ if fa.is_subnormal() => {
                    if na {
                        2
                    } else {
                        5
                    }
                }
                _ => {
                    if na {
                        3
                    } else {
                        4
                    }
                }
            };
            (1 << bit, 0)
        }
        _ => return None,
    })
}

fn check(case: Case) {
    let found = execute(case.op, case.rm, case.a, case.b, case.c, case.x);
    let expected = softfloat(case)
        .or_else(|| defined(case))
        .expect("one knows every operation");
    assert_eq!(found, expected, "(result, flags) of {case:#x?}");
}

/// Ends and middles of every class: zero, subnormal, normal, where sums round, where integers end,
/// infinite, both kinds of NaN.
fn corners() -> Vec<u32> {
    let positive = [
        0x0000_0000,
        0x0000_0001,
        0x0000_0002,
        0x003f_ffff,
        0x0040_0000,
        0x007f_fffe,
        0x007f_ffff,
        0x0080_0000,
        0x0080_0001,
        0x00ff_ffff,
        0x0100_0000,
        0x1f80_0000,
        0x2000_0000,
        0x3300_0000,
        0x3380_0000,
        0x3380_0001,
        0x3eff_ffff,
        0x3f00_0000,
        0x3f00_0001,
        0x3f7f_ffff,
        0x3f80_0000,
        0x3f80_0001,
        0x3fbf_ffff,
        0x3fc0_0000,
        0x4000_0000,
        0x4020_0000,
        0x4b00_0001,
        0x4b7f_ffff,
        0x4b80_0000,
        0x4eff_ffff,
        0x4f00_0000,
        0x4f00_0001,
        0x4f7f_ffff,
        0x4f80_0000,
        0x5eff_ffff,
        0x5f00_0000,
        0x5f00_0001,
        0x5f7f_ffff,
        0x5f80_0000,
        0x7e7f_ffff,
        0x7f00_0000,
        0x7f7f_fffe,
        0x7f7f_ffff,
        0x7f80_0000,
        0x7f80_0001,
        0x7fbf_ffff,
        0x7fc0_0000,
        0x7fff_ffff,
    ];
    positive
        .iter()
        .flat_map(|&pattern| [pattern, pattern | 1 << 31])
        .collect()
}

fn integer_corners() -> Vec<u64> {
    let mut values = vec![0, u64::MAX, 0x5555_5555_5555_5555];
    for bit in 0..64 {
        let power = 1u64 << bit;
        values.extend([power - 1, power, power + 1, power.wrapping_neg(), !power]);
        // A 24-digit significand with a tie, and beside one.
        let tie = 0x0180_0001u64.rotate_left(bit);
        values.extend([
            tie,
            tie.wrapping_sub(1),
            tie.wrapping_add(1),
            tie.wrapping_neg(),
        ]);
    }
    values
}

fn is_fused(op: FpuOp) -> bool {
    matches!(op, FpuOp::Madd | FpuOp::Msub | FpuOp::Nmsub | FpuOp::Nmadd)
}

#[test]
fn corners_crossed_with_each_other() {
    let corners = corners();
    for op in FpuOp::ALL.into_iter().filter(|&op| !is_fused(op)) {
        for rm in Rounding::ALL {
            for &a in &corners {
                for &b in &corners {
                    check(Case {
                        op,
                        rm,
                        a,
                        b,
                        c: 0,
                        x: 0,
                    });
                }
            }
        }
    }
}

/// Every triple of them for one sign pattern of the four; all four for every third triple.
#[test]
fn corners_crossed_in_fused_operations() {
    let corners = corners();
    let mut count = 0;
    for &a in &corners {
        for &b in &corners {
            for &c in &corners {
                for rm in Rounding::ALL {
                    check(Case {
                        op: FpuOp::Madd,
                        rm,
                        a,
                        b,
                        c,
                        x: 0,
                    });
                }
                count += 1;
                if count % 3 == 0 {
                    for op in [FpuOp::Msub, FpuOp::Nmsub, FpuOp::Nmadd] {
                        let rm = Rounding::ALL[count / 3 % 5];
                        check(Case {
                            op,
                            rm,
                            a,
                            b,
                            c,
                            x: 0,
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn integers_at_their_corners() {
    for x in integer_corners() {
        for op in [FpuOp::CvtSW, FpuOp::CvtSWu, FpuOp::CvtSL, FpuOp::CvtSLu] {
            for rm in Rounding::ALL {
                check(Case {
                    op,
                    rm,
                    a: 0,
                    b: 0,
                    c: 0,
                    x,
                });
            }
        }
    }
}

/// Draws operands; see [`Draw::pattern`].
struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.rng.next_u32()) * u64::from(limit)) >> 32) as u32
    }

    /// A pattern near the exponent of `near`: uniform patterns hardly ever meet in an addition or
    /// round at the edge of a range, so half of them are of a neighbouring exponent, and half have a
    /// fraction of few ones or few zeros, where ties are.
    fn pattern(&mut self, near: u32) -> u32 {
        let mut pattern = self.rng.next_u32();
        if self.below(2) == 0 {
            let exponent = (near >> 23 & 0xff) as i32 + self.below(56) as i32 - 28;
            pattern = pattern & 0x807f_ffff | (exponent.clamp(0, 255) as u32) << 23;
        }
        match self.below(4) {
            0 => pattern &= !0x007f_ffff | 1 << self.below(23) | 1 << self.below(23),
            1 => pattern |= 0x007f_ffff ^ (1 << self.below(23)),
            _ => {}
        }
        pattern
    }

    fn integer(&mut self) -> u64 {
        let x = self.rng.next_u64() >> self.below(64);
        match self.below(3) {
            0 => x.wrapping_neg(),
            1 => x & (u64::MAX << self.below(64)),
            _ => x,
        }
    }

    fn case(&mut self, op: FpuOp, rm: Rounding) -> Case {
        let a = self.pattern(0x3f80_0000);
        let b = self.pattern(a);
        // Where the product lies, so that the addend meets it.
        let product = (f32::from_bits(a) * f32::from_bits(b)).to_bits();
        let c = self.pattern(product);
        let x = self.integer();
        Case { op, rm, a, b, c, x }
    }
}

/// 5.2 million cases: 40 000 of each operation and mode.
#[test]
fn random_operands() {
    let mut draw = Draw {
        rng: ChaCha8Rng::seed_from_u64(0x5f17),
    };
    for _ in 0..40_000 {
        for op in FpuOp::ALL {
            for rm in Rounding::ALL {
                check(draw.case(op, rm));
            }
        }
    }
}

/// 390 million cases, several minutes.
#[test]
#[ignore = "takes minutes"]
fn random_operands_at_night() {
    let mut draw = Draw {
        rng: ChaCha8Rng::seed_from_u64(0x9169),
    };
    for _ in 0..3_000_000 {
        for op in FpuOp::ALL {
            for rm in Rounding::ALL {
                check(draw.case(op, rm));
            }
        }
    }
}

#[test]
fn operations_and_modes_have_the_numbers_of_the_contract() {
    for (number, op) in FpuOp::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(op.code()), number);
        assert_eq!(FpuOp::from_code(op.code()), Some(op));
    }
    assert_eq!(FpuOp::from_code(26), None);
    let rows = [
        (FpuOp::Madd, 3),
        (FpuOp::Nmsub, 5),
        (FpuOp::Class, 15),
        (FpuOp::CvtLuS, 19),
    ];
    for (op, number) in rows
        .into_iter()
        .chain([(FpuOp::CvtSW, 20), (FpuOp::Sqrt, 25)])
    {
        assert_eq!(op.code(), number);
    }
    assert_eq!(Rounding::from_code(4), Some(Rounding::NearestMaxMagnitude));
    assert_eq!(Rounding::from_code(5), None);
}
