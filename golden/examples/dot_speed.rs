//! Prints what a dot product costs, in ns, for every format: alone, and as part of an array tile.
//!
//! `cargo run --release -p gpnpu-golden --example dot_speed`

use std::hint::black_box;
use std::time::Instant;

use gpnpu_golden::npu::dot::{DotInput, classify, dot};
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::npu::mac_array::{Operand, Tile};
use gpnpu_golden::numerics::Element;

/// Rows and columns of the tile, and its steps.
const SIDE: usize = 16;
const STEPS: usize = 64;
const OPERANDS: usize = SIDE * STEPS;

fn main() {
    println!(
        "{:<10} {:>8} {:>10} {:>8}   (ns per dot product)",
        "format", "dot", "classify", "tile"
    );
    for format in Format::ALL {
        let a: Vec<Operand> = (0..OPERANDS).map(|i| operand(format, i as u32)).collect();
        let b: Vec<Operand> = (0..OPERANDS).map(|i| operand(format, !i as u32)).collect();
        let inputs: Vec<DotInput> = a.iter().zip(&b).map(|(a, b)| input(format, a, b)).collect();
        let alone = best(OPERANDS, || {
            inputs.iter().fold(0, |sum, input| sum ^ dot(input))
        });
        let classes = best(OPERANDS, || {
            inputs
                .iter()
                .fold(0, |sum, input| sum ^ classify(input).result)
        });
        let (m, n, steps) = (SIDE, SIDE, STEPS);
        let tile = Tile {
            format,
            satfinite: false,
            m,
            n,
            steps,
            a: &a,
            b: &b,
            c: None,
        };
        let tile = best(m * n * steps, || tile.compute().expect("the shapes fit")[0]);
        println!(
            "{:<10} {alone:>8.1} {classes:>10.1} {tile:>8.1}",
            format.name()
        );
    }
}

/// Nanoseconds per item of the fastest of many runs.
fn best(items: usize, mut run: impl FnMut() -> u32) -> f64 {
    let times = (0..50).map(|_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_nanos() as f64 / items as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn input(format: Format, a: &Operand, b: &Operand) -> DotInput {
    let c = 1.5_f32.to_bits();
    let (scale_a, scale_b) = (a.scale, b.scale);
    DotInput {
        format,
        satfinite: false,
        a: a.data,
        b: b.data,
        c,
        scale_a,
        scale_b,
    }
}

/// An operand of random numbers, none so large that a chain of them overflows.
fn operand(format: Format, seed: u32) -> Operand {
    let unscaled = if format.scale_element() == Some(Element::Ue4m3) {
        0x38
    } else {
        127
    };
    let mut operand = Operand {
        scale: u32::from_le_bytes([unscaled; 4]),
        ..Operand::default()
    };
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    for lane in 0..format.lanes() {
        let pattern = loop {
            // Xorshift: good enough to defeat branch prediction.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            if format.element().decode(state).value().abs() <= 512.0 {
                break state;
            }
        };
        operand.set_element(format, lane, pattern);
    }
    operand
}
