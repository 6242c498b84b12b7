//! The element formats of `docs/numerics.md`, and what a bit pattern of each means.

/// The format of one element, scale or accumulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// Two's complement, 8 bits.
    Int8,
    /// Two's complement, 4 bits.
    Int4,
    /// IEEE 754 binary16.
    Fp16,
    /// Truncated binary32: 8 exponent bits, 7 mantissa bits.
    Bf16,
    /// OCP OFP8: no infinities, one NaN pattern for each sign.
    E4m3,
    /// OCP OFP8, with infinities and NaNs as in IEEE 754.
    E5m2,
    /// OCP MX FP6, in the low six bits of a byte.
    E3m2,
    /// OCP MX FP6, in the low six bits of a byte.
    E2m3,
    /// OCP MX FP4.
    E2m1,
    /// OCP MX scale: a power of two.
    E8m0,
    /// NVFP4 scale: E4M3 without its sign, bit 7 is ignored.
    Ue4m3,
    /// IEEE 754 binary32, the accumulator.
    Fp32,
}

/// Which patterns of a float format are not finite numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Specials {
    /// All-ones exponent: infinity with mantissa 0, else NaN.
    Ieee,
    /// All-ones exponent and mantissa: NaN. No infinities.
    NanOnly,
    /// Every pattern is a number.
    None,
}

/// The fields of a float format: `[sign] exponent mantissa`, from the top bit down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FloatLayout {
    /// Whether there is a sign bit.
    pub signed: bool,
    /// Width of the exponent field, in bits.
    pub exponent_bits: u32,
    /// Width of the mantissa field, in bits.
    pub mantissa_bits: u32,
    /// What is subtracted from the exponent field.
    pub bias: i32,
    /// Which patterns are not numbers.
    pub specials: Specials,
}

impl FloatLayout {
    /// Exponent of the smallest normal number, which is that of the subnormals too.
    pub const fn emin(self) -> i32 {
        // Without mantissa bits there are neither zero nor subnormals: exponent field 0 is normal.
        if self.mantissa_bits == 0 {
            -self.bias
        } else {
            1 - self.bias
        }
    }

    /// Bits below the sign.
    pub const fn magnitude_bits(self) -> u32 {
        self.exponent_bits + self.mantissa_bits
    }

    /// The largest pattern, sign excluded, that is a finite number.
    pub const fn max_finite(self) -> u32 {
        let all_ones = (1 << self.magnitude_bits()) - 1;
        match self.specials {
            Specials::Ieee => all_ones - (1 << self.mantissa_bits),
            Specials::NanOnly => all_ones - 1,
            Specials::None => all_ones,
        }
    }

    /// The pattern of infinity, sign excluded.
    pub const fn infinity(self) -> Option<u32> {
        match self.specials {
            Specials::Ieee => Some(self.max_finite() + 1),
            Specials::NanOnly | Specials::None => None,
        }
    }

    /// The NaN that conversions produce: positive, all ones.
    pub const fn nan(self) -> Option<u32> {
        match self.specials {
            Specials::Ieee | Specials::NanOnly => Some((1 << self.magnitude_bits()) - 1),
            Specials::None => None,
        }
    }
}

/// What kind of number a pattern is. Integers are [`Class::Zero`] or [`Class::Normal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Zero of either sign.
    Zero,
    /// Exponent field 0, mantissa not 0.
    Subnormal,
    /// Any other finite number.
    Normal,
    /// Infinity of either sign.
    Infinite,
    /// Not a number.
    Nan,
}

/// A decoded pattern.
///
/// The value of a finite one is `+-significand * 2^(exponent - fraction_bits)`; of the others only
/// `class` and `negative` mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decoded {
    /// What it is.
    pub class: Class,
    /// The sign bit; false where the format has none.
    pub negative: bool,
    /// Magnitude with the implicit one, as an integer.
    pub significand: u32,
    /// Unbiased exponent; `emin` for zeros and subnormals, 0 for integers.
    pub exponent: i32,
    /// How many bits of `significand` are below the binary point; 0 for integers.
    pub fraction_bits: u32,
}

impl Decoded {
    /// The exact value.
    pub fn value(self) -> f64 {
        let magnitude = match self.class {
            Class::Infinite => f64::INFINITY,
            Class::Nan => f64::NAN,
            // Exact: at most 32 bits, and every format's exponents are far inside those of f64.
            _ => f64::from(self.significand) * 2f64.powi(self.exponent - self.fraction_bits as i32),
        };
        if self.negative { -magnitude } else { magnitude }
    }

    /// The significand with its sign.
    pub(crate) const fn signed_significand(self) -> i64 {
        let magnitude = self.significand as i64;
        if self.negative { -magnitude } else { magnitude }
    }

    /// Whether it is infinite or NaN.
    pub(crate) const fn is_special(self) -> bool {
        matches!(self.class, Class::Infinite | Class::Nan)
    }
}

impl Element {
    /// Every element format.
    pub const ALL: [Element; 12] = [
        Element::Int8,
        Element::Int4,
        Element::Fp16,
        Element::Bf16,
        Element::E4m3,
        Element::E5m2,
        Element::E3m2,
        Element::E2m3,
        Element::E2m1,
        Element::E8m0,
        Element::Ue4m3,
        Element::Fp32,
    ];

    /// The fields of a float format; none for the integers.
    pub const fn layout(self) -> Option<FloatLayout> {
        let (signed, exponent_bits, mantissa_bits, bias, specials) = match self {
            Element::Int8 | Element::Int4 => return None,
            Element::Fp16 => (true, 5, 10, 15, Specials::Ieee),
            Element::Bf16 => (true, 8, 7, 127, Specials::Ieee),
            Element::E4m3 => (true, 4, 3, 7, Specials::NanOnly),
            Element::E5m2 => (true, 5, 2, 15, Specials::Ieee),
            Element::E3m2 => (true, 3, 2, 3, Specials::None),
            Element::E2m3 => (true, 2, 3, 1, Specials::None),
            Element::E2m1 => (true, 2, 1, 1, Specials::None),
            Element::E8m0 => (false, 8, 0, 127, Specials::NanOnly),
            Element::Ue4m3 => (false, 4, 3, 7, Specials::NanOnly),
            Element::Fp32 => (true, 8, 23, 127, Specials::Ieee),
        };
        Some(FloatLayout {
            signed,
            exponent_bits,
            mantissa_bits,
            bias,
            specials,
        })
    }

    /// Bits that carry meaning: 6 for FP6, 7 for UE4M3.
    pub const fn bits(self) -> u32 {
        match self.layout() {
            Some(layout) => layout.magnitude_bits() + layout.signed as u32,
            None => match self {
                Element::Int4 => 4,
                _ => 8,
            },
        }
    }

    /// What `pattern` means. Bits above [`Element::bits`] are ignored.
    pub const fn decode(self, pattern: u32) -> Decoded {
        match self.layout() {
            Some(layout) => decode_float(layout, pattern),
            None => decode_integer(self.bits(), pattern),
        }
    }
}

const fn decode_integer(bits: u32, pattern: u32) -> Decoded {
    let value = ((pattern << (32 - bits)) as i32) >> (32 - bits);
    Decoded {
        class: if value == 0 {
            Class::Zero
        } else {
            Class::Normal
        },
        negative: value < 0,
        significand: value.unsigned_abs(),
        exponent: 0,
        fraction_bits: 0,
    }
}

const fn decode_float(layout: FloatLayout, pattern: u32) -> Decoded {
    let mantissa_mask = (1 << layout.mantissa_bits) - 1;
    let exponent_mask = (1 << layout.exponent_bits) - 1;
    let mantissa = pattern & mantissa_mask;
    let field = (pattern >> layout.mantissa_bits) & exponent_mask;
    let has_subnormals = layout.mantissa_bits > 0;
    let class = match layout.specials {
        Specials::Ieee if field == exponent_mask && mantissa == 0 => Class::Infinite,
        Specials::Ieee if field == exponent_mask => Class::Nan,
        Specials::NanOnly if field == exponent_mask && mantissa == mantissa_mask => Class::Nan,
        _ if field > 0 || !has_subnormals => Class::Normal,
        _ if mantissa == 0 => Class::Zero,
        _ => Class::Subnormal,
    };
    let implicit_one = matches!(class, Class::Normal) as u32;
    let exponent = field as i32 - layout.bias;
    Decoded {
        class,
        negative: layout.signed && (pattern >> layout.magnitude_bits()) & 1 == 1,
        significand: (implicit_one << layout.mantissa_bits) | mantissa,
        exponent: if implicit_one == 1 {
            exponent
        } else {
            layout.emin()
        },
        fraction_bits: layout.mantissa_bits,
    }
}
