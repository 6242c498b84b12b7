//! What a sample costs. `cargo bench -p gpnpu-coverage` prints nanoseconds per call.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use gpnpu_coverage::common::fifo::{FifoCoverage, FifoSample};
use gpnpu_coverage::functional::{
    Counters, CrossId, ModelBuilder, ModelError, PointId, SampleError, TransitionId,
};
use gpnpu_coverage::npu::dot::{DotCoverage, DotSample};
use gpnpu_coverage::npu::mac_array::{ArrayCoverage, ArraySample};

/// The fastest of several rounds: what else runs on the machine only ever adds.
fn measure(
    name: &str,
    calls: usize,
    mut call: impl FnMut(usize) -> Result<(), SampleError>,
) -> Result<(), SampleError> {
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let start = Instant::now();
        for at in 0..calls {
            call(black_box(at))?;
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<24} {:>7.1} ns", best * 1e9 / calls as f64);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut counters, point, cross, switch) = small()?;
    measure("point", 4_000_000, |at| counters.hit(point, at % 12))?;
    measure("cross of two", 4_000_000, |at| {
        counters.hit_cross(cross, &[at % 12, at % 11])
    })?;
    measure("transition", 4_000_000, |at| {
        counters.transition(switch, at % 12, (at + 1) % 12)
    })?;

    let mut fifo = FifoCoverage::new(4)?;
    measure("common_fifo cycle", 1_000_000, |at| {
        let occupancy = (at % 5) as u32;
        fifo.sample(&FifoSample {
            occupancy,
            in_valid: at & 1 == 1,
            in_ready: occupancy < 4,
            out_valid: occupancy > 0,
            out_ready: at & 2 == 2,
        })
    })?;
    let mut dot = DotCoverage::new();
    measure("npu_dot request", 1_000_000, |at| {
        dot.sample(&DotSample {
            format: 6,
            previous_format: Some((at % 12) as u8),
            a_classes: 0b1111,
            b_classes: 0b1110,
            result_class: 2,
            signs: 3,
            scale_a: 0x7f,
            align_span: (at % 60) as i32,
            truncated: true,
            chain_length: 1,
            ..DotSample::default()
        })
    })?;
    let mut array = ArrayCoverage::new();
    measure("npu_mac_array tile", 1_000_000, |at| {
        let steps = (at % 100 + 1) as u16;
        array.sample(&ArraySample {
            format: (at % 12) as u8,
            steps,
            ..ArraySample::default()
        })
    })?;
    Ok(())
}

type Small = (Counters, PointId, CrossId, TransitionId);

fn small() -> Result<Small, ModelError> {
    let names = |count: usize| (0..count).map(|n| format!("n{n}")).collect::<Vec<_>>();
    let mut block = ModelBuilder::new("bench");
    block.group("all");
    let format = block.point("format", names(12).as_slice()).id();
    let class = block.point("class", names(11).as_slice()).id();
    let cross = block.cross("format_class", &[format, class]).id();
    let switch = block.transition("switch", format).id();
    Ok((
        Counters::new(&Arc::new(block.build()?)),
        format,
        cross,
        switch,
    ))
}
