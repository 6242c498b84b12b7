//! What kind of case a dot product was, for functional coverage.

use super::terms::Terms;
use super::{DecodedOperand, DotInput, Operand, accumulate_integer, products_exact, special};
use crate::npu::format::Format;
use crate::numerics::{Class, Element};

/// What kind of number an element or an addend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ElementClass {
    /// Zero, of either sign.
    Zero,
    /// Float: exponent field 0, mantissa not 0.
    Subnormal,
    /// Float: any other finite number below the largest.
    Normal,
    /// Float: the largest finite magnitude.
    MaxFinite,
    /// Float: infinity.
    Infinite,
    /// Float: not a number.
    Nan,
    /// Integer 1.
    One,
    /// Integer -1.
    MinusOne,
    /// The smallest integer.
    Min,
    /// The largest integer.
    Max,
    /// Any other integer.
    Other,
}

impl ElementClass {
    /// Every class, floats' before integers'.
    pub const ALL: [ElementClass; 11] = [
        ElementClass::Zero,
        ElementClass::Subnormal,
        ElementClass::Normal,
        ElementClass::MaxFinite,
        ElementClass::Infinite,
        ElementClass::Nan,
        ElementClass::One,
        ElementClass::MinusOne,
        ElementClass::Min,
        ElementClass::Max,
        ElementClass::Other,
    ];

    /// The class of `pattern` as an element of a float or integer format.
    pub const fn of(element: Element, pattern: u32) -> ElementClass {
        let decoded = element.decode(pattern);
        let Some(layout) = element.layout() else {
            return ElementClass::of_integer(decoded.signed_significand(), element.bits());
        };
        match decoded.class {
            Class::Zero => ElementClass::Zero,
            Class::Subnormal => ElementClass::Subnormal,
            Class::Infinite => ElementClass::Infinite,
            Class::Nan => ElementClass::Nan,
            Class::Normal => {
                let magnitude = pattern & (((1_u64 << layout.magnitude_bits()) - 1) as u32);
                if magnitude == layout.max_finite() {
                    ElementClass::MaxFinite
                } else {
                    ElementClass::Normal
                }
            }
        }
    }

    /// The class of an integer of `bits` bits.
    const fn of_integer(value: i64, bits: u32) -> ElementClass {
        let min = -(1_i64 << (bits - 1));
        match value {
            0 => ElementClass::Zero,
            1 => ElementClass::One,
            -1 => ElementClass::MinusOne,
            _ if value == min => ElementClass::Min,
            _ if value == -(min + 1) => ElementClass::Max,
            _ => ElementClass::Other,
        }
    }
}

/// A set of [`ElementClass`]es.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClassSet(u16);

impl ClassSet {
    /// Adds a class.
    pub const fn insert(&mut self, class: ElementClass) {
        self.0 |= 1 << class as u8;
    }

    /// Whether `class` is in the set.
    pub const fn contains(self, class: ElementClass) -> bool {
        self.0 >> class as u8 & 1 == 1
    }

    /// The classes in the set, in the order of [`ElementClass::ALL`].
    pub fn iter(self) -> impl Iterator<Item = ElementClass> {
        ElementClass::ALL
            .into_iter()
            .filter(move |&class| self.contains(class))
    }

    /// Bit `n` is set where `ElementClass::ALL[n]` is in the set.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

/// What kind of result came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResultClass {
    /// Zero.
    Zero,
    /// FP32 subnormal.
    Subnormal,
    /// FP32 normal.
    Normal,
    /// FP32 infinity.
    Infinite,
    /// FP32 NaN.
    Nan,
    /// INT32, the exact sum above 0.
    Positive,
    /// INT32, the exact sum below 0.
    Negative,
    /// INT32, the exact sum did not fit and wrapped.
    Wrapped,
    /// INT32, clamped to the largest value.
    ClampedHigh,
    /// INT32, clamped to the smallest value.
    ClampedLow,
}

/// The signs among the terms that are not zero, C included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignMix {
    /// Every term is zero.
    None,
    /// All positive.
    Positive,
    /// All negative.
    Negative,
    /// Both.
    Mixed,
}

/// What kind of case a dot product was.
///
/// The terms are the K products (for FP4 the four scaled groups) and C. Integer formats have no
/// alignment: `span` is 0, `c_holds_emax`, `truncated` and `vanished` are false. The same holds,
/// with `cancelled` false and `signs` [`SignMix::None`], where a NaN or infinity decides the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DotClass {
    /// The result, equal to [`super::dot`]'s.
    pub result: u32,
    /// The classes among the elements of `a`.
    pub a: ClassSet,
    /// The classes among the elements of `b`.
    pub b: ClassSet,
    /// The class of C.
    pub c: ElementClass,
    /// The class of the result.
    pub d: ResultClass,
    /// Whether NaNs or infinities decided the result.
    pub special: bool,
    /// `emax` minus the smallest exponent of a term that is not zero; 0 without such a term.
    pub span: i32,
    /// Whether C is not zero and its exponent is `emax`.
    pub c_holds_emax: bool,
    /// Whether a term lost bits in the alignment.
    pub truncated: bool,
    /// Whether a term that is not zero became zero in the alignment.
    pub vanished: bool,
    /// Whether the terms sum to exactly zero though some are not zero after alignment.
    pub cancelled: bool,
    /// The signs among the terms.
    pub signs: SignMix,
}

/// Computes a dot product and says what kind of case it was.
pub fn classify(input: &DotInput) -> DotClass {
    let format = input.format;
    let a = DecodedOperand::new(format, &input.operand_a());
    let b = DecodedOperand::new(format, &input.operand_b());
    let mut class = DotClass {
        result: 0,
        a: classes(format, &a.packed),
        b: classes(format, &b.packed),
        c: ElementClass::Zero,
        d: ResultClass::Zero,
        special: false,
        span: 0,
        c_holds_emax: false,
        truncated: false,
        vanished: false,
        cancelled: false,
        signs: SignMix::None,
    };
    if format.is_integer() {
        classify_integer(&mut class, input, &a, &b);
        return class;
    }
    class.c = ElementClass::of(Element::Fp32, input.c);
    let addend = Element::Fp32.decode(input.c);
    if let Some(result) = special::result(&a, &b, addend) {
        class.result = result;
        class.special = true;
    } else {
        classify_terms(&mut class, &Terms::new(&a, &b, addend));
    }
    class.d = match Element::Fp32.decode(class.result).class {
        Class::Zero => ResultClass::Zero,
        Class::Subnormal => ResultClass::Subnormal,
        Class::Normal => ResultClass::Normal,
        Class::Infinite => ResultClass::Infinite,
        Class::Nan => ResultClass::Nan,
    };
    class
}

fn classify_integer(
    class: &mut DotClass,
    input: &DotInput,
    a: &DecodedOperand,
    b: &DecodedOperand,
) {
    let addend = i64::from(input.c as i32);
    let sum = products_exact(a, b) + addend;
    class.c = ElementClass::of_integer(addend, 32);
    class.result = accumulate_integer(sum - addend, input.c, input.satfinite);
    class.d = match sum {
        _ if sum > i64::from(i32::MAX) && input.satfinite => ResultClass::ClampedHigh,
        _ if sum < i64::from(i32::MIN) && input.satfinite => ResultClass::ClampedLow,
        _ if i32::try_from(sum).is_err() => ResultClass::Wrapped,
        0 => ResultClass::Zero,
        1.. => ResultClass::Positive,
        _ => ResultClass::Negative,
    };
    let products = a
        .significands
        .iter()
        .zip(&b.significands)
        .map(|(&a, &b)| super::mul(a, b));
    let mut signs = Signs::default();
    products
        .map(i64::from)
        .chain([addend])
        .for_each(|term| signs.add(term));
    class.signs = signs.mix();
    class.cancelled = sum == 0 && class.signs != SignMix::None;
}

fn classify_terms(class: &mut DotClass, terms: &Terms) {
    let (bits, emax) = (terms.bits, terms.emax);
    let mut signs = Signs::default();
    let mut sum = 0;
    let mut any_aligned = false;
    for term in terms.list().iter().filter(|term| term.significand != 0) {
        let aligned = term.aligned(bits, emax);
        signs.add(term.significand);
        class.span = class.span.max(emax - term.exponent);
        class.truncated |= term.loses_bits(bits, emax);
        class.vanished |= aligned == 0;
        any_aligned |= aligned != 0;
        sum += aligned;
    }
    let c = terms.addend();
    class.c_holds_emax = c.significand != 0 && c.exponent == emax;
    class.cancelled = sum == 0 && any_aligned;
    class.signs = signs.mix();
    class.result = super::fp32_toward_zero(sum, emax - bits as i32);
}

#[derive(Default)]
struct Signs {
    positive: bool,
    negative: bool,
}

impl Signs {
    fn add(&mut self, term: i64) {
        self.positive |= term > 0;
        self.negative |= term < 0;
    }

    fn mix(&self) -> SignMix {
        match (self.positive, self.negative) {
            (false, false) => SignMix::None,
            (true, false) => SignMix::Positive,
            (false, true) => SignMix::Negative,
            (true, true) => SignMix::Mixed,
        }
    }
}

/// The classes among an operand's elements.
fn classes(format: Format, operand: &Operand) -> ClassSet {
    let table = match format.element() {
        Element::Int8 => &INT8,
        Element::Int4 => &INT4,
        Element::E4m3 => &E4M3,
        Element::E5m2 => &E5M2,
        Element::E3m2 => &E3M2,
        Element::E2m3 => &E2M3,
        Element::E2m1 => &E2M1,
        wide => {
            let mut set = ClassSet::default();
            for lane in 0..format.lanes() {
                set.insert(ElementClass::of(wide, operand.element(format, lane)));
            }
            return set;
        }
    };
    let bytes = operand.data.iter().flat_map(|word| word.to_le_bytes());
    ClassSet(bytes.fold(0, |set, byte| set | table[usize::from(byte)]))
}

/// The classes of the elements in every byte: one element, or two of 4 bits.
type ByteClasses = [u16; 256];

static INT8: ByteClasses = byte_classes(Element::Int8);
static INT4: ByteClasses = byte_classes(Element::Int4);
static E4M3: ByteClasses = byte_classes(Element::E4m3);
static E5M2: ByteClasses = byte_classes(Element::E5m2);
static E3M2: ByteClasses = byte_classes(Element::E3m2);
static E2M3: ByteClasses = byte_classes(Element::E2m3);
static E2M1: ByteClasses = byte_classes(Element::E2m1);

const fn byte_classes(element: Element) -> ByteClasses {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut set = ClassSet(0);
        set.insert(ElementClass::of(element, byte as u32));
        if element.bits() == 4 {
            set.insert(ElementClass::of(element, byte as u32 >> 4));
        }
        table[byte] = set.0;
        byte += 1;
    }
    table
}
