//! What `npu_dot` has to be seen computing.

use std::sync::{Arc, LazyLock};

use super::format::{self, FORMATS, NVFP4};
use crate::common::{wait_bins, wait_index};
use crate::functional::{
    Bins, Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError, TransitionId,
};

/// Names of the element classes; their place is the bit in [`DotSample::a_classes`].
pub const ELEMENT_CLASSES: [&str; 11] = [
    "zero",
    "subnormal",
    "normal",
    "max_finite",
    "infinite",
    "nan",
    "one",
    "minus_one",
    "min",
    "max",
    "other",
];

/// Names of the result classes, by their number in [`DotSample::result_class`].
pub const RESULT_CLASSES: [&str; 10] = [
    "zero",
    "subnormal",
    "normal",
    "infinite",
    "nan",
    "positive",
    "negative",
    "wrapped",
    "clamped_high",
    "clamped_low",
];

const ZERO: usize = 0;
const INFINITE: usize = 4;
const NAN: usize = 5;
const RESULT_INFINITE: usize = 3;
const RESULT_NAN: usize = 4;
const WRAPPED: usize = 7;
const CLAMPED_HIGH: usize = 8;

/// One checked request and its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DotSample {
    /// Format code, 0 to 11.
    pub format: u8,
    /// Format code of the request before, none for the first after reset.
    pub previous_format: Option<u8>,
    /// `satfinite` of the request.
    pub satfinite: bool,
    /// Bit `n` is set where an element of A is of class `n` of [`ELEMENT_CLASSES`].
    pub a_classes: u16,
    /// As `a_classes`, of B.
    pub b_classes: u16,
    /// Class of C, an index into [`ELEMENT_CLASSES`]: the integer ones for INT32, the float ones for FP32.
    pub c_class: u8,
    /// Class of the result, an index into [`RESULT_CLASSES`].
    pub result_class: u8,
    /// Signs among the terms that are not zero: 0 no such term, 1 positive, 2 negative, 3 both.
    pub signs: u8,
    /// Scale field of A as driven.
    pub scale_a: u32,
    /// Scale field of B as driven.
    pub scale_b: u32,
    /// Whether a NaN or an infinity decided the result; the alignment fields below are not sampled then.
    pub special: bool,
    /// The largest exponent minus the smallest of a term that is not zero; floating point only.
    pub align_span: i32,
    /// Whether C is not zero and has the largest exponent; floating point only.
    pub c_is_max: bool,
    /// Whether a term lost bits in the alignment; floating point only.
    pub truncated: bool,
    /// Whether a term that is not zero became zero in the alignment; floating point only.
    pub vanished: bool,
    /// Whether terms that are not zero sum to exactly zero.
    pub cancelled: bool,
    /// Length of the chain through C up to here: 1 where C is no earlier result.
    pub chain_length: u32,
    /// Cycles without a request before this one.
    pub request_gap: u32,
    /// Cycles the result waited for `rsp_ready_i`.
    pub response_stall: u32,
    /// Whether the result FIFO was full when the result was taken.
    pub fifo_full: bool,
}

struct Ids {
    format: PointId,
    element: PointId,
    a: CrossId,
    b: CrossId,
    c: CrossId,
    result: PointId,
    format_result: CrossId,
    satfinite: PointId,
    format_satfinite: CrossId,
    integer_result: CrossId,
    outcome: PointId,
    format_outcome: CrossId,
    signs: PointId,
    format_signs: CrossId,
    span: PointId,
    format_span: CrossId,
    event: PointId,
    format_event: CrossId,
    scale: PointId,
    scale_a: CrossId,
    scale_b: CrossId,
    switch: TransitionId,
    chain: PointId,
    gap: PointId,
    stall: PointId,
    gap_stall: CrossId,
    fifo: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

static SPANS: LazyLock<Bins> = LazyLock::new(|| {
    Bins::ranges(&[
        ("0", 0..=0),
        ("1", 1..=1),
        ("2_7", 2..=7),
        ("8_15", 8..=15),
        ("16_23", 16..=23),
        // Around the last of 25 fraction bits.
        ("24", 24..=24),
        ("25", 25..=25),
        ("26", 26..=26),
        ("27_34", 27..=34),
        // Around the last of 35 fraction bits, of FP4.
        ("35", 35..=35),
        ("36", 36..=36),
        ("37_59", 37..=59),
        ("60_127", 60..=127),
        ("128_up", 128..=i64::MAX),
    ])
});

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

/// Whether a format has elements of a class; `accumulator` asks for C instead, which is INT32 or FP32.
fn has_class(code: usize, class: usize, accumulator: bool) -> bool {
    match class {
        ZERO => true,
        INFINITE => !format::is_integer(code) && (accumulator || format::has_infinity(code)),
        NAN => !format::is_integer(code) && (accumulator || format::has_nan(code)),
        _ => format::is_integer(code) == (class > NAN),
    }
}

/// Whether a format's accumulator has results of a class; zero is of both.
fn has_result(code: usize, class: usize) -> bool {
    class == ZERO || format::is_integer(code) == (class > RESULT_NAN)
}

const SCALE_CLASSES: [&str; 7] = ["zero", "min", "subnormal", "one", "max", "nan", "other"];
const SCALE_ZERO: usize = 0;
const SCALE_SUBNORMAL: usize = 2;
const SCALE_NAN: usize = 5;

/// The class of a scale byte in [`SCALE_CLASSES`]. E8M0 (0.8.0) has neither zero nor subnormals; the smallest UE4M3
/// (0.4.3) above zero is one of its subnormals and counted as `min`.
fn scale_class(code: usize, byte: u8) -> usize {
    if code == NVFP4 {
        match byte & 0x7f {
            0x00 => SCALE_ZERO,
            0x01 => 1,
            0x02..=0x07 => SCALE_SUBNORMAL,
            0x38 => 3,
            0x7e => 4,
            0x7f => SCALE_NAN,
            _ => 6,
        }
    } else {
        match byte {
            0x00 => 1,
            0x7f => 3,
            0xfe => 4,
            0xff => SCALE_NAN,
            _ => 6,
        }
    }
}

const OUTCOMES: [&str; 5] = ["finite", "infinity", "overflow", "nan", "invalid"];
const OVERFLOW: usize = 2;
const INVALID: usize = 4;

const EVENTS: [&str; 5] = [
    "c_is_max",
    "c_is_not_max",
    "truncated",
    "vanished",
    "cancelled",
];
const CANCELLED: usize = 4;

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("npu_dot");

    block.group("operand");
    let format = block.point("format", &FORMATS).id();
    let element = block.point("class", &ELEMENT_CLASSES).id();
    let no_class = "the format has no such elements";
    let lacks = |at: &[usize]| !has_class(at[0], at[1], false);
    let a = block
        .cross("format_a_class", &[format, element])
        .illegal(no_class, lacks)
        .id();
    let b = block
        .cross("format_b_class", &[format, element])
        .illegal(no_class, lacks)
        .id();
    let c = block
        .cross("format_c_class", &[format, element])
        .illegal("not a class of this accumulator", |at| {
            !has_class(at[0], at[1], true)
        })
        .id();

    block.group("scale");
    let scale = block.point("class", &SCALE_CLASSES).id();
    let unscaled = "the format has no scales";
    let no_scale = "E8M0 has neither zero nor subnormals";
    let lacks = |at: &[usize]| at[0] != NVFP4 && matches!(at[1], SCALE_ZERO | SCALE_SUBNORMAL);
    let is_unscaled = |at: &[usize]| !format::is_scaled(at[0]);
    let scale_a = block
        .cross("format_a_class", &[format, scale])
        .illegal(unscaled, is_unscaled)
        .illegal(no_scale, lacks)
        .id();
    let scale_b = block
        .cross("format_b_class", &[format, scale])
        .illegal(unscaled, is_unscaled)
        .illegal(no_scale, lacks)
        .id();

    block.group("result");
    let result = block.point("class", &RESULT_CLASSES).id();
    let other_accumulator = "not a class of this accumulator";
    let format_result = block
        .cross("format_class", &[format, result])
        .illegal(other_accumulator, |at| !has_result(at[0], at[1]))
        .id();
    let satfinite = block.point("satfinite", &["off", "on"]).id();
    let format_satfinite = block.cross("format_satfinite", &[format, satfinite]).id();
    let integer_result = block
        .cross("integer_satfinite_class", &[format, satfinite, result])
        .ignore("satfinite concerns integers alone", |at| {
            !format::is_integer(at[0])
        })
        .illegal(other_accumulator, |at| {
            format::is_integer(at[0]) && !has_result(at[0], at[2])
        })
        .illegal("satfinite clamps instead of wrapping", |at| {
            format::is_integer(at[0]) && at[1] == 1 && at[2] == WRAPPED
        })
        .illegal("only satfinite clamps", |at| {
            format::is_integer(at[0]) && at[1] == 0 && at[2] >= CLAMPED_HIGH
        })
        .id();
    let outcome = block.point("outcome", &OUTCOMES).id();
    let format_outcome = block
        .cross("format_outcome", &[format, outcome])
        .illegal("integers are finite", |at| {
            format::is_integer(at[0]) && at[1] != 0
        })
        .illegal("finite terms stay below 2^128", |at| {
            !format::is_integer(at[0]) && !format::overflows(at[0]) && at[1] == OVERFLOW
        })
        .illegal(
            "without infinite elements there is no inf - inf and no 0 * inf",
            |at| !format::is_integer(at[0]) && !format::has_infinity(at[0]) && at[1] == INVALID,
        )
        .id();
    let signs = block
        .point("signs", &["none", "positive", "negative", "mixed"])
        .id();
    let format_signs = block.cross("format_signs", &[format, signs]).id();

    block.group("alignment");
    // C alone spans exponents -126 to 127, so every float format reaches every distance.
    let integer = "integers are not aligned";
    let is_integer = |at: &[usize]| format::is_integer(at[0]);
    let span = block.point("span", &*SPANS).id();
    let format_span = block
        .cross("format_span", &[format, span])
        .illegal(integer, is_integer)
        .id();
    let event = block.point("event", &EVENTS).id();
    let format_event = block
        .cross("format_event", &[format, event])
        .illegal(integer, |at| {
            format::is_integer(at[0]) && at[1] != CANCELLED
        })
        .id();

    block.group("sequence");
    let switch = block.transition("format", format).id();
    let chain = block.point(
        "chain_length",
        Bins::ranges(&[("1", 1..=1), ("2_3", 2..=3)]).other("4_up"),
    );
    let chain = chain.id();

    block.group("flow");
    let gap = block.point("request_gap", wait_bins()).id();
    let stall = block.point("response_stall", wait_bins()).id();
    let gap_stall = block
        .cross("request_gap_response_stall", &[gap, stall])
        .id();
    let fifo = block.point("result_fifo", &["not_full", "full"]).id();

    let ids = Ids {
        format,
        element,
        a,
        b,
        c,
        result,
        format_result,
        satfinite,
        format_satfinite,
        integer_result,
        outcome,
        format_outcome,
        signs,
        format_signs,
        span,
        format_span,
        event,
        format_event,
        scale,
        scale_a,
        scale_b,
        switch,
        chain,
        gap,
        stall,
        gap_stall,
        fifo,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `npu_dot` in one run.
#[derive(Debug, Clone)]
pub struct DotCoverage {
    counters: Counters,
}

impl Default for DotCoverage {
    fn default() -> Self {
        Self::new()
    }
}

impl DotCoverage {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counters: Counters::new(model()),
        }
    }

    /// Counts one request, after its result was found right.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for what cannot be, as a NaN element in a format without NaN;
    /// [`SampleError::OutOfRange`] for a number outside of its field's range.
    pub fn sample(&mut self, sample: &DotSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let format = usize::from(sample.format);
        counters.hit(ids.format, format)?;
        if let Some(previous) = sample.previous_format {
            counters.transition(ids.switch, usize::from(previous), format)?;
        }
        for class in bits(sample.a_classes) {
            counters.hit(ids.element, class)?;
            counters.hit_cross(ids.a, &[format, class])?;
        }
        for class in bits(sample.b_classes) {
            counters.hit(ids.element, class)?;
            counters.hit_cross(ids.b, &[format, class])?;
        }
        counters.hit_cross(ids.c, &[format, usize::from(sample.c_class)])?;

        let mut nan = (sample.a_classes | sample.b_classes) >> NAN & 1 == 1;
        nan |= usize::from(sample.c_class) == NAN;
        for block in 0..format::scales(format) {
            for (field, cross) in [(sample.scale_a, ids.scale_a), (sample.scale_b, ids.scale_b)] {
                let class = scale_class(format, field.to_le_bytes()[block]);
                nan |= class == SCALE_NAN;
                counters.hit(ids.scale, class)?;
                counters.hit_cross(cross, &[format, class])?;
            }
        }

        let result = usize::from(sample.result_class);
        let satfinite = usize::from(sample.satfinite);
        let outcome = match result {
            RESULT_NAN if nan => 3,
            RESULT_NAN => INVALID,
            RESULT_INFINITE if sample.special => 1,
            RESULT_INFINITE => OVERFLOW,
            _ => 0,
        };
        counters.hit(ids.result, result)?;
        counters.hit_cross(ids.format_result, &[format, result])?;
        counters.hit(ids.satfinite, satfinite)?;
        counters.hit_cross(ids.format_satfinite, &[format, satfinite])?;
        if format::is_integer(format) {
            counters.hit_cross(ids.integer_result, &[format, satfinite, result])?;
        }
        counters.hit(ids.outcome, outcome)?;
        counters.hit_cross(ids.format_outcome, &[format, outcome])?;
        if !sample.special {
            self.sample_terms(sample, format)?;
        }
        self.sample_flow(sample)
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn sample_terms(&mut self, sample: &DotSample, format: usize) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let signs = usize::from(sample.signs);
        counters.hit(ids.signs, signs)?;
        counters.hit_cross(ids.format_signs, &[format, signs])?;
        let float = !format::is_integer(format);
        if float {
            // A negative distance has no bin and is refused as out of range.
            let span = SPANS
                .index(i64::from(sample.align_span))
                .unwrap_or(usize::MAX);
            counters.hit(ids.span, span)?;
            counters.hit_cross(ids.format_span, &[format, span])?;
        }
        let events = [
            float && sample.c_is_max,
            float && !sample.c_is_max,
            float && sample.truncated,
            float && sample.vanished,
            sample.cancelled,
        ];
        for (event, _) in events.iter().enumerate().filter(|(_, seen)| **seen) {
            counters.hit(ids.event, event)?;
            counters.hit_cross(ids.format_event, &[format, event])?;
        }
        Ok(())
    }

    fn sample_flow(&mut self, sample: &DotSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let chain = match sample.chain_length {
            0 | 1 => 0,
            2 | 3 => 1,
            4.. => 2,
        };
        counters.hit(ids.chain, chain)?;
        let gap = wait_index(sample.request_gap);
        let stall = wait_index(sample.response_stall);
        counters.hit(ids.gap, gap)?;
        counters.hit(ids.stall, stall)?;
        counters.hit_cross(ids.gap_stall, &[gap, stall])?;
        counters.hit(ids.fifo, usize::from(sample.fifo_full))
    }
}

/// Positions of the set bits.
fn bits(set: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |bit| set >> bit & 1 == 1)
}

#[cfg(test)]
mod tests;
