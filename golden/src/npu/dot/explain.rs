//! A dot product taken apart, for failure reports.

use std::fmt;

use super::terms::Terms;
use super::{DecodedOperand, DotInput, products_exact, special};
use crate::numerics::{Class, Element};

/// The two elements of one lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneRow {
    /// The lane, 0 in the lowest bits.
    pub lane: usize,
    /// The pattern of `a`, ignored bits included.
    pub a_bits: u32,
    /// The pattern of `b`, ignored bits included.
    pub b_bits: u32,
    /// The value of `a`, block scale excluded.
    pub a: f64,
    /// The value of `b`, block scale excluded.
    pub b: f64,
    /// Their product.
    pub product: f64,
}

/// One term of a float sum: a product, a scaled group of 16, or C.
#[derive(Debug, Clone, PartialEq)]
pub struct TermRow {
    /// `lane 3`, `group 1` or `c`.
    pub name: String,
    /// The exponent that takes part in the alignment.
    pub exponent: i32,
    /// The exact significand, as an integer with `fraction_bits` bits below the point.
    pub significand: i64,
    /// Fraction bits of `significand`.
    pub fraction_bits: u32,
    /// The significand after alignment and truncation, with F fraction bits.
    pub aligned: i64,
    /// How many of the lowest bits the alignment shifted out.
    pub shift: i32,
    /// Whether any of those bits was not zero.
    pub lost_bits: bool,
}

/// A dot product taken apart. [`fmt::Display`] prints it as a table.
#[derive(Debug, Clone, PartialEq)]
pub struct DotExplanation {
    /// What went in.
    pub input: DotInput,
    /// Every lane.
    pub lanes: Vec<LaneRow>,
    /// The values of the block scales of `a`.
    pub scales_a: Vec<f64>,
    /// The values of the block scales of `b`.
    pub scales_b: Vec<f64>,
    /// Every term, C last; empty for integers, and where a NaN or infinity decides.
    pub terms: Vec<TermRow>,
    /// The largest exponent; 0 where there are no terms.
    pub emax: i32,
    /// The sum: of the aligned significands, or exact for integers; 0 where a NaN or infinity
    /// decides.
    pub sum: i64,
    /// Whether a NaN or infinity decided.
    pub special: bool,
    /// The result, equal to [`super::dot`]'s.
    pub result: u32,
}

/// Takes a dot product apart.
pub fn explain(input: &DotInput) -> DotExplanation {
    let format = input.format;
    let (operand_a, operand_b) = (input.operand_a(), input.operand_b());
    let a = DecodedOperand::new(format, &operand_a);
    let b = DecodedOperand::new(format, &operand_b);
    let lanes = (0..format.lanes()).map(|lane| {
        let a_bits = operand_a.element(format, lane);
        let b_bits = operand_b.element(format, lane);
        let a = format.element().decode(a_bits).value();
        let b = format.element().decode(b_bits).value();
        LaneRow {
            lane,
            a_bits,
            b_bits,
            a,
            b,
            product: a * b,
        }
    });
    let scales = |operand: &super::Operand| -> Vec<f64> {
        let element = format.scale_element();
        let bytes = (0..format.scale_bytes()).map(|byte| operand.scale_byte(byte));
        bytes
            .filter_map(|byte| Some(element?.decode(byte).value()))
            .collect()
    };
    let addend = Element::Fp32.decode(input.c);
    let mut explanation = DotExplanation {
        input: *input,
        lanes: lanes.collect(),
        scales_a: scales(&operand_a),
        scales_b: scales(&operand_b),
        terms: Vec::new(),
        emax: 0,
        sum: 0,
        special: false,
        result: 0,
    };
    if format.is_integer() {
        let products = products_exact(&a, &b);
        explanation.sum = products + i64::from(input.c as i32);
        explanation.result = super::accumulate_integer(products, input.c, input.satfinite);
    } else if let Some(result) = special::result(&a, &b, addend) {
        explanation.special = true;
        explanation.result = result;
    } else {
        let terms = Terms::new(&a, &b, addend);
        let last = terms.list().len() - 1;
        let rows = terms
            .list()
            .iter()
            .enumerate()
            .map(|(index, term)| TermRow {
                name: match index {
                    _ if index == last => "c".to_owned(),
                    _ if format.is_grouped() => format!("group {index}"),
                    _ => format!("lane {index}"),
                },
                exponent: term.exponent,
                significand: term.significand,
                fraction_bits: term.fraction_bits,
                aligned: term.aligned(terms.bits, terms.emax),
                shift: terms.emax - term.exponent,
                lost_bits: term.loses_bits(terms.bits, terms.emax),
            });
        explanation.terms = rows.collect();
        explanation.emax = terms.emax;
        explanation.sum = terms.sum();
        explanation.result = terms.result();
    }
    explanation
}

impl fmt::Display for DotExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input = &self.input;
        let digits = input.format.element_bits() / 4;
        write!(f, "{}, c = {}", input.format, accumulator(self, input.c))?;
        if input.format.is_integer() {
            write!(f, ", satfinite = {}", input.satfinite)?;
        }
        writeln!(f)?;
        for (name, scales) in [("a", &self.scales_a), ("b", &self.scales_b)] {
            if !scales.is_empty() {
                let values: Vec<String> = scales.iter().map(|&scale| number(scale)).collect();
                writeln!(f, "scales of {name}: {}", values.join(", "))?;
            }
        }
        writeln!(f, "  lane  {:>20}  {:>20}  {:>14}", "a", "b", "product")?;
        let (shown, zero): (Vec<&LaneRow>, Vec<&LaneRow>) =
            self.lanes.iter().partition(|lane| lane.product != 0.0);
        for lane in shown {
            let cell = |bits, value| format!("{:>13} 0x{bits:0digits$x}", number(value));
            let (a, b) = (cell(lane.a_bits, lane.a), cell(lane.b_bits, lane.b));
            writeln!(
                f,
                "  {:>4}  {a:>20}  {b:>20}  {:>14}",
                lane.lane,
                number(lane.product)
            )?;
        }
        if !zero.is_empty() {
            writeln!(f, "  {} lanes more have product 0", zero.len())?;
        }
        self.fmt_terms(f)?;
        if self.special {
            writeln!(f, "decided by a NaN or an infinity")?;
        } else if input.format.is_integer() {
            writeln!(f, "exact sum {}", self.sum)?;
        } else {
            let bits = super::alignment_bits(input.format);
            writeln!(
                f,
                "emax {}, sum {} / 2^{bits}",
                self.emax,
                hexadecimal(self.sum)
            )?;
        }
        write!(f, "d = {}", accumulator(self, self.result))
    }
}

impl DotExplanation {
    fn fmt_terms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, zero): (Vec<&TermRow>, Vec<&TermRow>) = self
            .terms
            .iter()
            .partition(|term| term.significand != 0 || term.name == "c");
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "  term      exponent     significand  shift         aligned"
        )?;
        for term in shown {
            let lost = match (term.lost_bits, term.aligned) {
                (false, _) => "",
                (true, 0) => "  vanishes",
                (true, _) => "  loses bits",
            };
            writeln!(
                f,
                "  {:<8}  {:>8}  {:>14}  {:>5}  {:>14}{lost}",
                term.name,
                term.exponent,
                hexadecimal(term.significand),
                term.shift,
                hexadecimal(term.aligned),
            )?;
        }
        // Zero groups can still hold the largest exponent, when their products cancelled.
        for term in zero.iter().filter(|term| term.exponent == self.emax) {
            writeln!(f, "  {:<8}  {:>8}  cancels to 0", term.name, term.exponent)?;
        }
        Ok(())
    }
}

/// C or D with its pattern.
fn accumulator(explanation: &DotExplanation, bits: u32) -> String {
    if explanation.input.format.is_integer() {
        format!("{} (0x{bits:08x})", bits as i32)
    } else {
        format!("{:?} (0x{bits:08x})", f32::from_bits(bits))
    }
}

/// A value: plain while that is short, else with an exponent.
fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 12 {
        plain
    } else {
        format!("{value:.6e}")
    }
}

fn hexadecimal(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:#x}", value.unsigned_abs())
}

/// How many FP32 numbers lie between two results: 0 if they are equal, 1 for neighbours. The two
/// zeros count as equal and infinity as the neighbour of the largest finite number. None if one is
/// NaN.
pub fn ulp_distance(rtl: u32, golden: u32) -> Option<u32> {
    let is_nan = |bits| Element::Fp32.decode(bits).class == Class::Nan;
    if is_nan(rtl) || is_nan(golden) {
        return None;
    }
    let position = |bits: u32| {
        let magnitude = i64::from(bits & 0x7fff_ffff);
        if bits >> 31 == 1 {
            -magnitude
        } else {
            magnitude
        }
    };
    u32::try_from((position(rtl) - position(golden)).abs()).ok()
}
