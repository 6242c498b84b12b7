//! Operands worth sending: numbers weighted toward the corners of binary32 and of each operation.

use gpnpu_golden::simt::float::{self, FpuOp, Rounding};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::fpu_stimulus::LaneOperands;

/// How the operands of a lane belong together. Of uniform bits hardly any two numbers would meet in an addition, and
/// next to no result would be subnormal, a tie, or cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Each operand of any class, NaNs with payloads.
    Classes,
    /// Any bits.
    Bits,
    /// Numbers within a few binades of 1.
    Near,
    /// The sum cancels, the quotient is near 1, the compared numbers are neighbours.
    Cancelling,
    /// The exact result is a tie, or next to one.
    Ties,
    /// The result is near the largest number.
    Huge,
    /// The result is near the smallest normal or subnormal number.
    Tiny,
    /// Summands of which one is far below the other.
    Distant,
    /// Numbers around the limits of the integer types, and integers around powers of two.
    Limits,
}

impl Profile {
    /// Any profile, those alike that need no operation of their own.
    pub fn any() -> BoxedStrategy<Self> {
        prop_oneof![
            3 => Just(Self::Classes),
            1 => Just(Self::Bits),
            2 => Just(Self::Near),
            2 => Just(Self::Cancelling),
            2 => Just(Self::Ties),
            2 => Just(Self::Huge),
            3 => Just(Self::Tiny),
            2 => Just(Self::Distant),
            2 => Just(Self::Limits),
        ]
        .boxed()
    }
}

const SIGN: u32 = 1 << 31;
const FRACTION: u32 = 0x007f_ffff;
const MAX_FINITE: u32 = 0x7f7f_ffff;
const INFINITY: u32 = 0x7f80_0000;
const BIAS: i32 = 127;

/// Draws the operands of one lane; `rng` decides all of it.
pub fn draw(op: FpuOp, profile: Profile, rng: &mut ChaCha8Rng) -> LaneOperands {
    let mut dice = Dice(rng);
    let rm = Rounding::ALL[dice.below(5) as usize];
    let [a, b, c] = dice.operands(op, profile, rm);
    LaneOperands {
        rm,
        a,
        b,
        c,
        x: dice.integer(profile),
    }
}

struct Dice<'a>(&'a mut ChaCha8Rng);

impl Dice<'_> {
    /// A number below `bound`.
    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A number of `low..=high`.
    fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).cast_unsigned()).cast_signed()
    }

    fn pick(&mut self, from: &[u32]) -> u32 {
        from[self.below(from.len() as u32) as usize]
    }

    fn sign(&mut self) -> u32 {
        self.0.next_u32() & SIGN
    }

    /// 23 bits: half of them uniform, the others nearly empty, nearly full, or of a few bits.
    fn fraction(&mut self) -> u32 {
        match self.below(8) {
            0 => 0,
            1 => FRACTION,
            2 => self.below(4),
            3 => FRACTION - self.below(4),
            4 => 1 << self.below(23),
            _ => self.0.next_u32() & FRACTION,
        }
    }

    /// A finite number with this biased exponent, moved into its range, 0 to 254.
    fn number(&mut self, exponent: i32) -> u32 {
        let field = exponent.clamp(0, 254).cast_unsigned();
        self.sign() | field << 23 | self.fraction()
    }

    /// A power of two; below the normal ones the subnormal ones, at least the smallest.
    fn power(&mut self, exponent: i32) -> u32 {
        self.sign() | power(exponent)
    }

    /// A number a few last places away, of the same sign.
    fn beside(&mut self, pattern: u32) -> u32 {
        let magnitude = (pattern & !SIGN).cast_signed() + self.between(-2, 2);
        pattern & SIGN | magnitude.clamp(0, MAX_FINITE.cast_signed()).cast_unsigned()
    }

    /// A number of any class.
    fn any_class(&mut self) -> u32 {
        let magnitude = match self.below(6) {
            0 => 0,
            1 => 1 + self.fraction().min(FRACTION - 1),
            2 => {
                let field = self.below(254);
                self.pick(&[1, 254, 1 + field, 127]) << 23 | self.fraction()
            }
            3 => INFINITY,
            4 => 0x7fc0_0000 | self.fraction(),
            _ => INFINITY | 1 << self.below(22) | (self.fraction() & 0x003f_ffff),
        };
        self.sign() | magnitude
    }

    fn operands(&mut self, op: FpuOp, profile: Profile, rm: Rounding) -> [u32; 3] {
        match profile {
            Profile::Classes => [(); 3].map(|()| self.any_class()),
            Profile::Bits => [(); 3].map(|()| self.0.next_u32()),
            Profile::Near => [(); 3].map(|()| {
                let exponent = BIAS + self.between(-6, 6);
                self.number(exponent)
            }),
            Profile::Cancelling => self.cancelling(op, rm),
            Profile::Ties => self.ties(op),
            Profile::Huge => self.huge(op),
            Profile::Tiny => self.tiny(op),
            Profile::Distant => self.distant(op),
            Profile::Limits => [(); 3].map(|()| self.limit()),
        }
    }

    fn cancelling(&mut self, op: FpuOp, rm: Rounding) -> [u32; 3] {
        let exponent = self.between(1, 254);
        let a = self.number(exponent);
        let near = self.beside(a) ^ self.sign();
        if !is_fused(op) {
            // The same number one binade lower or higher now and then.
            let shift = [0, 0, 0, 1 << 23][self.below(4) as usize];
            let b = near.wrapping_add(shift);
            return [a, if b & INFINITY == INFINITY { near } else { b }, 0];
        }
        let exponent = self.between(1, 254) - exponent + BIAS;
        let b = self.number(exponent);
        let product = float::mul(a, b, rm).0;
        let c = self.beside(product) ^ self.sign();
        [a, b, if c & INFINITY == INFINITY { near } else { c }]
    }

    /// Two odd significands whose product has 25 bits, the last of them half a last place.
    fn tie_factors(&mut self) -> (u32, u32) {
        let bits = 2 + self.below(22);
        let odd = |dice: &mut Self, bits: u32| {
            let value = (1 << (bits - 1)) | (dice.0.next_u32() & ((1 << bits) - 1)) | 1;
            (value << (24 - bits)) & FRACTION
        };
        (odd(self, bits), odd(self, 25 - bits))
    }

    fn ties(&mut self, op: FpuOp) -> [u32; 3] {
        let exponent = self.between(30, 224);
        match op {
            FpuOp::Add | FpuOp::Sub => {
                let a = self.number(exponent);
                let half = self.power(exponent - 24);
                let b = if self.below(2) == 0 {
                    half
                } else {
                    self.beside(half)
                };
                [a, b, 0]
            }
            FpuOp::Mul => {
                let (a, b) = self.tie_factors();
                let field = self.between(1, 254).cast_unsigned();
                [
                    self.sign() | exponent.cast_unsigned() << 23 | a,
                    self.sign() | field << 23 | b,
                    0,
                ]
            }
            _ if is_fused(op) => {
                let c = self.number(exponent);
                // Half a last place of c; or a product that is a tie, and nearly nothing added to it.
                if self.below(2) == 0 {
                    let split = self.between(-20, 20);
                    let a = self.power(BIAS + split);
                    let b = self.power(exponent - 24 - split);
                    [a, self.beside(b), c]
                } else {
                    let (a, b) = self.tie_factors();
                    let far = self.between(1, exponent - 25);
                    let c = self.pick(&[0, 1, (far as u32) << 23]);
                    [
                        self.sign() | exponent.cast_unsigned() << 23 | a,
                        self.sign() | 127 << 23 | b,
                        self.sign() | c,
                    ]
                }
            }
            FpuOp::Div => {
                // A quotient by a power of two that ends up subnormal.
                let exponent = self.between(1, 104);
                let down = self.between(126, 150);
                [self.number(exponent), self.power(exponent + down), 0]
            }
            FpuOp::Sqrt => {
                let root = self.below(4095) + 1;
                let square = (root * root) as f32;
                let even = 2 * self.between(-40, 30);
                let a = square.to_bits().wrapping_add_signed(even << 23);
                [self.beside(a), 0, 0]
            }
            _ => {
                // One bit behind the point, or next to it.
                let bits = self.below(23);
                let whole = self.below(1 << bits);
                let value = (whole as f32 + 0.5).to_bits();
                let a = self.pick(&[value, value + 1, value - 1]);
                [self.sign() | a, self.sign() | a, 0]
            }
        }
    }

    fn huge(&mut self, op: FpuOp) -> [u32; 3] {
        let first = self.between(127, 254);
        let top = 254 + self.between(-2, 1);
        let a = self.number(first);
        match op {
            FpuOp::Mul => [a, self.number(top + BIAS - first), 0],
            FpuOp::Div => [a, self.number(first + BIAS - top), 0],
            _ if is_fused(op) => {
                let b = self.number(top + BIAS - first);
                let exponent = self.between(228, 254);
                [a, b, self.number(exponent)]
            }
            _ => {
                let a = self.number(top);
                let exponent = self.pick(&[253, 254, 254, 230]).cast_signed();
                [a, self.number(exponent), 0]
            }
        }
    }

    fn tiny(&mut self, op: FpuOp) -> [u32; 3] {
        let first = self.between(0, 254);
        // From half the smallest subnormal number to some smallest normal ones; most often around the normal ones.
        let result = match self.below(3) {
            0 => self.between(-27, 4),
            1 => self.between(-2, 2),
            _ => self.between(-25, -21),
        };
        let a = self.number(first);
        match op {
            FpuOp::Mul => {
                if self.below(4) == 0 {
                    // All ones times a power of two: rounds up to the smallest normal number.
                    let a = self.sign() | first.clamp(1, 254).cast_unsigned() << 23 | FRACTION;
                    let half = self.power(result + BIAS - first);
                    return [a, self.beside(half), 0];
                }
                [a, self.number(result + BIAS - first), 0]
            }
            FpuOp::Div => {
                let b = self.number(first + BIAS - result);
                // Equal fractions: a quotient next to a power of two.
                if self.below(4) == 0 {
                    let b = b & !FRACTION | a & FRACTION;
                    return [a, self.beside(b), 0];
                }
                [a, b, 0]
            }
            _ if is_fused(op) => {
                let b = self.number(result + BIAS - first);
                let exponent = self.between(0, 1);
                let smallest = self.number(exponent);
                let normal = self.power(1);
                let c = match self.below(5) {
                    0 => 0,
                    1 => self.sign() | 1,
                    2 => self.beside(normal),
                    _ => smallest,
                };
                [a, b, c]
            }
            _ => {
                let exponent = self.between(0, 3);
                let a = self.number(exponent);
                let exponent = self.between(0, 25);
                [a, self.number(exponent), 0]
            }
        }
    }

    fn distant(&mut self, op: FpuOp) -> [u32; 3] {
        if is_fused(op) {
            let (first, second) = (self.between(60, 190), self.between(100, 150));
            let distance = self.between(-82, 82);
            let (a, b) = (self.number(first), self.number(second));
            // A product with a subnormal factor has leading zeros.
            let a = if self.below(4) == 0 {
                self.sign() | self.fraction()
            } else {
                a
            };
            let product = first + second - BIAS;
            let b = if a & INFINITY == 0 {
                self.number(product + BIAS)
            } else {
                b
            };
            let top = if a & INFINITY == 0 {
                product + 1
            } else {
                product
            };
            return [a, b, self.number(top - distance)];
        }
        let exponent = self.between(1, 254);
        let distance = self.between(-30, 30);
        [self.number(exponent), self.number(exponent + distance), 0]
    }

    /// A number around the end of an integer type, 2^24, or 1.
    fn limit(&mut self) -> u32 {
        let limit = self.pick(&[
            0x4f00_0000, // 2^31
            0x4f80_0000, // 2^32
            0x5f00_0000, // 2^63
            0x5f80_0000, // 2^64
            0x4b80_0000, // 2^24
            0x3f80_0000, // 1
            0x3f00_0000, // 1/2
        ]);
        let limit = self.sign() | limit;
        match self.below(4) {
            0 => limit,
            1 => {
                let exponent = (limit >> 23 & 0xff).cast_signed() + self.between(-2, 1);
                self.number(exponent)
            }
            _ => self.beside(limit),
        }
    }

    fn integer(&mut self, profile: Profile) -> u64 {
        let bits = self.0.next_u64();
        if profile == Profile::Bits {
            return bits;
        }
        let top = self.below(64);
        match self.below(8) {
            0 => u64::from(self.below(3)).wrapping_sub(1),
            // Around a power of two, of either sign.
            1 => (1 << top) + u64::from(self.below(3)) - 1,
            2 => (u64::MAX << top).wrapping_sub(u64::from(self.below(3))),
            // The limits of the types, under any upper half.
            3 => {
                let low = self.pick(&[0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]);
                let high = self.pick(&[
                    0,
                    0x7fff_ffff,
                    0x8000_0000,
                    0xffff_ffff,
                    (bits >> 32) as u32,
                ]);
                u64::from(high) << 32 | u64::from(low)
            }
            // 25 significant bits, the last of them set: a tie wherever it stands.
            4 | 5 => {
                let tie = (bits & 0x01ff_ffff) | 0x0100_0001;
                let value = tie << self.below(40);
                if self.below(2) == 0 {
                    value
                } else {
                    value.wrapping_neg()
                }
            }
            // Not only of 64 bits, and as often exact.
            6 => bits >> top,
            _ => (bits >> 40) << self.below(40),
        }
    }
}

fn is_fused(op: FpuOp) -> bool {
    matches!(op, FpuOp::Madd | FpuOp::Msub | FpuOp::Nmsub | FpuOp::Nmadd)
}

/// 2 to the power of a biased exponent less 127, the smallest subnormal number below those.
fn power(exponent: i32) -> u32 {
    if exponent > 0 {
        exponent.min(254).cast_unsigned() << 23
    } else {
        1 << (22 + exponent).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn powers_go_on_below_the_normal_numbers() {
        assert_eq!(power(127), 1.0_f32.to_bits());
        assert_eq!(power(0), f32::from_bits(0x0040_0000).to_bits());
        assert_eq!(power(-22), 1);
        assert_eq!(power(-90), 1);
    }

    /// A profile is there for what its results are like; that has to happen often.
    #[test]
    fn profiles_reach_what_they_are_named_after() {
        let share = |profile, op, wanted: fn(u32, u8) -> bool| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let hits = (0..1000).filter(|_| {
                let (result, flags) = draw(op, profile, &mut rng).result(op);
                wanted(result as u32, flags)
            });
            hits.count()
        };
        let tiny = |result: u32, _| result & INFINITY == 0 && result & FRACTION != 0;
        for op in [FpuOp::Mul, FpuOp::Div, FpuOp::Madd] {
            assert!(share(Profile::Tiny, op, tiny) > 200, "{op:?}");
            let over = |_, flags| flags & float::OF != 0;
            assert!(share(Profile::Huge, op, over) > 100, "{op:?}");
        }
        let cancels = |result: u32, _| result & !SIGN == 0;
        assert!(share(Profile::Cancelling, FpuOp::Add, cancels) > 50);
        let exact = |_, flags| flags == 0;
        assert!(share(Profile::Cancelling, FpuOp::Msub, exact) > 100);
    }
}
