//! What `simt_fpu` has to be seen computing.

use std::sync::{Arc, LazyLock};

use super::fpu_float::{
    CLASSES, FRACTIONS, INTEGERS, PLACES, SIGNED_PLACES, class, exponent, fraction, integer_kind,
    is_negative, place,
};
use crate::common::{wait_bins, wait_index};
use crate::functional::{
    Bins, Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError, TransitionId,
};

/// Operations by their number (`docs/simt.md`, section `simt_fpu`).
pub const OPS: [&str; 26] = [
    "add", "sub", "mul", "madd", "msub", "nmsub", "nmadd", "sgnj", "sgnjn", "sgnjx", "min", "max",
    "eq", "lt", "le", "class", "cvt_w_s", "cvt_wu_s", "cvt_l_s", "cvt_lu_s", "cvt_s_w", "cvt_s_wu",
    "cvt_s_l", "cvt_s_lu", "div", "sqrt",
];

const MUL: usize = 2;
const MADD: usize = 3;
const NMADD: usize = 6;
const SGNJX: usize = 9;
const MAX: usize = 11;
const LE: usize = 14;
const CLASS: usize = 15;
const TO_INTEGER: usize = 16;
const FROM_INTEGER: usize = 20;
const DIV: usize = 24;
const SQRT: usize = 25;

fn is_fused(op: usize) -> bool {
    (MADD..=NMADD).contains(&op)
}

/// Whether an operation adds two numbers: its exponents meet.
fn is_sum(op: usize) -> bool {
    op < MUL || is_fused(op)
}

fn has_a(op: usize) -> bool {
    !(FROM_INTEGER..DIV).contains(&op)
}

fn has_b(op: usize) -> bool {
    op <= LE || op == DIV
}

fn rounds(op: usize) -> bool {
    op <= NMADD || op >= TO_INTEGER
}

/// Whether an operation can have a result that is tiny and inexact. A sum of two numbers that is subnormal is exact
/// (Hauser, ACM TOPLAS 18(2), 1996), a root is never small.
fn underflows(op: usize) -> bool {
    op == MUL || is_fused(op) || op == DIV
}

const MODES: [&str; 5] = ["rne", "rtz", "rdn", "rup", "rmm"];

/// Flags from bit 0, and none of them.
const FLAGS: [&str; 6] = ["nx", "uf", "of", "dz", "nv", "none"];
const NONE: usize = 5;

fn raises(op: usize, flag: usize) -> bool {
    match FLAGS[flag] {
        "nx" => rounds(op),
        "uf" => underflows(op),
        "of" => op <= NMADD || op == DIV,
        "dz" => op == DIV,
        "nv" => !(op > NMADD && op <= SGNJX) && op != CLASS && has_a(op),
        _ => true,
    }
}

/// What becomes of a result at the lower end of the exponents.
const TINY: [&str; 5] = [
    "exact_subnormal",
    "inexact_subnormal",
    "to_zero",
    "to_normal_underflow",
    "to_normal_inexact",
];

/// Bits that a difference loses at its head.
const CANCELLED: [&str; 7] = ["carry", "0", "1", "2_11", "12_22", "23_up", "all"];

static CANCELLED_BITS: LazyLock<Bins> = LazyLock::new(|| {
    Bins::ranges(&[
        ("carry", i64::MIN..=-1),
        ("0", 0..=0),
        ("1", 1..=1),
        ("2_11", 2..=11),
        ("12_22", 12..=22),
    ])
    .other("23_up")
});
const ALL_CANCELLED: usize = 6;

/// Which of product (or a) and addend has the larger exponent, and by how much.
static DISTANCES: LazyLock<Bins> = LazyLock::new(|| {
    Bins::ranges(&[
        ("addend_51_up", i64::MIN..=-51),
        ("addend_28_50", -50..=-28),
        // The product around the last bits that an addend of 24 bits keeps.
        ("addend_25_27", -27..=-25),
        ("addend_2_24", -24..=-2),
        ("addend_1", -1..=-1),
        ("0", 0..=0),
        ("product_1", 1..=1),
        ("product_2_22", 2..=22),
        ("product_23_26", 23..=26),
        ("product_27_45", 27..=45),
        // The addend around the end of the product's 48 bits.
        ("product_46_51", 46..=51),
        ("product_52_up", 52..=i64::MAX),
    ])
});

const UNITS: [&str; 3] = ["fma", "misc", "div"];

fn unit(op: usize) -> usize {
    match op {
        0..=NMADD => 0,
        DIV.. => 2,
        _ => 1,
    }
}

/// One lane's operands and its checked result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FpuSample {
    /// Number of the operation, 0 to 25.
    pub op: u8,
    /// Rounding mode, 0 to 4.
    pub rm: u8,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
    /// Third operand.
    pub c: u32,
    /// Integer operand.
    pub x: u64,
    /// Result as the port has it.
    pub result: u64,
    /// Flags, NV to NX from bit 4 down.
    pub flags: u8,
}

/// One request, of all lanes, and how it came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FpuFlow {
    /// Number of the operation, 0 to 25.
    pub op: u8,
    /// Number of the operation of the request before, none for the first after reset.
    pub previous: Option<u8>,
    /// Cycles without a request before this one.
    pub gap: u32,
    /// Cycles that the request waited to be taken; 0 but for divide and square root.
    pub wait: u32,
}

struct Ids {
    op: PointId,
    rm: PointId,
    op_rm: CrossId,
    class: PointId,
    op_a: CrossId,
    op_a_b: CrossId,
    fused: CrossId,
    flag: PointId,
    op_flag: CrossId,
    rm_flag: CrossId,
    result: PointId,
    op_result: CrossId,
    tiny: PointId,
    op_tiny: CrossId,
    distance: PointId,
    op_distance: CrossId,
    cancelled: PointId,
    op_cancelled: CrossId,
    place: PointId,
    op_place: CrossId,
    fraction: PointId,
    op_fraction_rm: CrossId,
    integer: PointId,
    op_integer_rm: CrossId,
    unit: PointId,
    switch: TransitionId,
    gap: PointId,
    wait: PointId,
    stall: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("simt_fpu");

    block.group("operand");
    let op = block.point("op", &OPS).id();
    let rm = block.point("rm", &MODES).id();
    let op_rm = block
        .cross("op_rm", &[op, rm])
        .ignore("not rounded", |at| !rounds(at[0]))
        .id();
    let class = block.point("class", &CLASSES).id();
    let op_a = block
        .cross("op_a", &[op, class])
        .illegal("the operand is an integer", |at| !has_a(at[0]))
        .id();
    let op_a_b = block
        .cross("op_a_b", &[op, class, class])
        .illegal("without a second operand", |at| !has_b(at[0]))
        .id();
    // Each of the four in 1000 combinations would be 4000 bins that differ in signs alone.
    let fused = block.cross("fused_a_b_c", &[class, class, class]).id();

    block.group("result");
    let flag = block.point("flag", &FLAGS).id();
    let op_flag = block
        .cross("op_flag", &[op, flag])
        .illegal("the operation cannot raise it", |at| !raises(at[0], at[1]))
        .id();
    let rm_flag = block.cross("rm_flag", &[rm, flag]).id();
    let result = block.point("class", &CLASSES).id();
    let op_result = block
        .cross("op_class", &[op, result])
        .illegal("an integer", |at| (MAX + 1..FROM_INTEGER).contains(&at[0]))
        .illegal("signalling NaNs only move, by sign injection", |at| {
            CLASSES[at[1]] == "signalling_nan" && !(at[0] > NMADD && at[0] <= SGNJX)
        })
        .illegal("no such integer", |at| {
            let unsigned = OPS[at[0]].ends_with('u');
            (FROM_INTEGER..DIV).contains(&at[0])
                && !matches!(CLASSES[at[1]], "pos_zero" | "pos_normal")
                && (unsigned || CLASSES[at[1]] != "neg_normal")
        })
        .illegal("not the square root of a number", |at| {
            at[0] == SQRT && (at[1] < 3 || CLASSES[at[1]] == "pos_subnormal")
        })
        .id();
    let tiny = block.point("tiny", &TINY).id();
    let op_tiny = block
        .cross("op_tiny", &[op, tiny])
        .illegal("never inexact when tiny", |at| !underflows(at[0]))
        .id();

    block.group("sum");
    let no_sum = "not a sum of two numbers";
    let distance = block.point("distance", &*DISTANCES).id();
    let op_distance = block
        .cross("op_distance", &[op, distance])
        .illegal(no_sum, |at| !is_sum(at[0]))
        .id();
    let cancelled = block.point("cancelled", &CANCELLED).id();
    let op_cancelled = block
        .cross("op_cancelled", &[op, cancelled])
        .illegal(no_sum, |at| !is_sum(at[0]))
        .illegal("the larger of two numbers bounds their difference", |at| {
            at[0] < MUL && at[1] == 0
        })
        .id();

    block.group("conversion");
    let place = block.point("place", &PLACES).id();
    let to_integer = |op: usize| (TO_INTEGER..FROM_INTEGER).contains(&op);
    let op_place = block
        .cross("op_place", &[op, place])
        .illegal("not a conversion to an integer", move |at| {
            !to_integer(at[0])
        })
        .illegal("an unsigned integer is not negative", |at| {
            (at[0] == TO_INTEGER + 1 || at[0] == TO_INTEGER + 3) && SIGNED_PLACES.contains(&at[1])
        })
        .id();
    let fraction = block.point("fraction", &FRACTIONS).id();
    let op_fraction_rm = block
        .cross("op_fraction_rm", &[op, fraction, rm])
        .illegal("not a conversion to an integer", move |at| {
            !to_integer(at[0])
        })
        .id();
    let integer = block.point("integer", &INTEGERS).id();
    let op_integer_rm = block
        .cross("op_integer_rm", &[op, integer, rm])
        .illegal("not a conversion of an integer", |at| {
            !(FROM_INTEGER..DIV).contains(&at[0])
        })
        .id();

    block.group("flow");
    let unit = block.point("unit", &UNITS).id();
    let switch = block.transition("unit_after_unit", unit).id();
    let gap = block.point("request_gap", wait_bins()).id();
    let wait = block.point("divide_wait", wait_bins()).id();
    let stall = block.point("divide_stall", wait_bins()).id();

    let ids = Ids {
        op,
        rm,
        op_rm,
        class,
        op_a,
        op_a_b,
        fused,
        flag,
        op_flag,
        rm_flag,
        result,
        op_result,
        tiny,
        op_tiny,
        distance,
        op_distance,
        cancelled,
        op_cancelled,
        place,
        op_place,
        fraction,
        op_fraction_rm,
        integer,
        op_integer_rm,
        unit,
        switch,
        gap,
        wait,
        stall,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `simt_fpu` in one run.
#[derive(Debug, Clone)]
pub struct FpuCoverage {
    counters: Counters,
}

impl Default for FpuCoverage {
    fn default() -> Self {
        Self::new()
    }
}

impl FpuCoverage {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counters: Counters::new(model()),
        }
    }

    /// Counts one lane, after its result was found right.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for what cannot be, as a flag that the operation cannot raise;
    /// [`SampleError::OutOfRange`] for a number outside of its field's range.
    pub fn sample(&mut self, sample: &FpuSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let (op, rm) = (usize::from(sample.op), usize::from(sample.rm));
        counters.hit(ids.op, op)?;
        if rounds(op) {
            counters.hit(ids.rm, rm)?;
            counters.hit_cross(ids.op_rm, &[op, rm])?;
        }
        let [a, b, c] = [sample.a, sample.b, sample.c].map(class);
        if has_a(op) {
            counters.hit(ids.class, a)?;
            counters.hit_cross(ids.op_a, &[op, a])?;
        }
        if has_b(op) {
            counters.hit(ids.class, b)?;
            counters.hit_cross(ids.op_a_b, &[op, a, b])?;
        }
        if is_fused(op) {
            counters.hit(ids.class, c)?;
            counters.hit_cross(ids.fused, &[a, b, c])?;
        }

        for flag in 0..NONE {
            if sample.flags >> flag & 1 == 1 {
                counters.hit(ids.flag, flag)?;
                counters.hit_cross(ids.op_flag, &[op, flag])?;
                if rounds(op) {
                    counters.hit_cross(ids.rm_flag, &[rm, flag])?;
                }
            }
        }
        if sample.flags == 0 {
            counters.hit(ids.flag, NONE)?;
            counters.hit_cross(ids.op_flag, &[op, NONE])?;
            counters.hit_cross(ids.rm_flag, &[rm, NONE])?;
        }
        if op <= MAX || op >= FROM_INTEGER {
            self.sample_float_result(sample, op)?;
        }
        if is_sum(op) {
            self.sample_sum(sample, op)?;
        }
        self.sample_conversion(sample, op, rm)
    }

    fn sample_float_result(&mut self, sample: &FpuSample, op: usize) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a binary32 result is in the low half"
        )]
        let result = sample.result as u32;
        counters.hit(ids.result, class(result))?;
        counters.hit_cross(ids.op_result, &[op, class(result)])?;
        if !underflows(op) {
            return Ok(());
        }
        let (inexact, underflow) = (sample.flags & 1 == 1, sample.flags & 2 == 2);
        let tiny = match (result & 0x7fff_ffff, inexact) {
            (1..=0x007f_ffff, false) => 0,
            (1..=0x007f_ffff, true) => 1,
            (0, true) => 2,
            (0x0080_0000, true) if underflow => 3,
            (0x0080_0000, true) => 4,
            _ => return Ok(()),
        };
        counters.hit(ids.tiny, tiny)?;
        counters.hit_cross(ids.op_tiny, &[op, tiny])
    }

    fn sample_sum(&mut self, sample: &FpuSample, op: usize) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a binary32 result is in the low half"
        )]
        let result = sample.result as u32;
        let one = 1.0_f32.to_bits();
        let (b, c) = if is_fused(op) {
            (sample.b, sample.c)
        } else {
            (one, sample.b)
        };
        let (Some(ea), Some(eb), Some(ec)) = (exponent(sample.a), exponent(b), exponent(c)) else {
            return Ok(());
        };
        let distance = DISTANCES.index(ea + eb - ec).unwrap_or(usize::MAX);
        counters.hit(ids.distance, distance)?;
        counters.hit_cross(ids.op_distance, &[op, distance])?;

        let negated = matches!(OPS[op], "sub" | "msub" | "nmsub");
        let product = is_negative(sample.a) != is_negative(b);
        let difference = product ^ is_negative(c) ^ negated;
        let cancelled = match exponent(result) {
            _ if !difference => return Ok(()),
            Some(er) => {
                let lost = (ea + eb).max(ec) - er;
                CANCELLED_BITS.index(lost).unwrap_or(usize::MAX)
            }
            // An overflow, or a difference too small for a subnormal.
            None if sample.flags != 0 => return Ok(()),
            None => ALL_CANCELLED,
        };
        counters.hit(ids.cancelled, cancelled)?;
        counters.hit_cross(ids.op_cancelled, &[op, cancelled])
    }

    fn sample_conversion(
        &mut self,
        sample: &FpuSample,
        op: usize,
        rm: usize,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        if (TO_INTEGER..FROM_INTEGER).contains(&op) {
            let place = place(sample.a, op - TO_INTEGER);
            counters.hit(ids.place, place)?;
            counters.hit_cross(ids.op_place, &[op, place])?;
            if let Some(fraction) = fraction(sample.a) {
                counters.hit(ids.fraction, fraction)?;
                counters.hit_cross(ids.op_fraction_rm, &[op, fraction, rm])?;
            }
        } else if (FROM_INTEGER..DIV).contains(&op) {
            let integer = integer_kind(sample.x, op - FROM_INTEGER);
            counters.hit(ids.integer, integer)?;
            counters.hit_cross(ids.op_integer_rm, &[op, integer, rm])?;
        }
        Ok(())
    }

    /// Counts one request, once it is taken.
    ///
    /// # Errors
    ///
    /// As [`FpuCoverage::sample`].
    pub fn sample_flow(&mut self, flow: &FpuFlow) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let now = unit(usize::from(flow.op));
        counters.hit(ids.unit, now)?;
        if let Some(previous) = flow.previous {
            counters.transition(ids.switch, unit(usize::from(previous)), now)?;
        }
        counters.hit(ids.gap, wait_index(flow.gap))?;
        if now == 2 {
            counters.hit(ids.wait, wait_index(flow.wait))?;
        }
        Ok(())
    }

    /// Counts a result of the divider that waited so many cycles to be taken.
    ///
    /// # Errors
    ///
    /// As [`FpuCoverage::sample`].
    pub fn sample_stall(&mut self, stall: u32) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.stall, wait_index(stall))
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests;
