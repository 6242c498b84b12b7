//! Lanes that parted meet again as soon as with ideal knowledge of the program: each kernel against the SIMT stack.

use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::reconvergence::Executed;
use gpnpu_golden::simt::run::{End, run_watched};
use gpnpu_golden::simt::shape::Shape;
use gpnpu_testbenches::kit::Streams;
use gpnpu_testbenches::simt::kernels::{NARROW, RETRYING, WIDE, image};

/// Far more warp instructions than any of the launches takes.
const LIMIT: u64 = 20_000_000;

/// Instructions of warps that the launches of a kernel take, and those that a SIMT stack needs.
fn instructions(name: &str, shape: Shape) -> (u64, u64) {
    let image = image(name, &shape, &mut Streams::new(1, name).rng("data")).unwrap();
    let code = image.program.code();
    let mut memory = image.memory.clone();
    let (mut taken, mut needed) = (0, 0);
    for launch in image.launches.iter().map(Launch::from) {
        let mut executed = Executed::default();
        let ran = run_watched(shape, launch, memory, LIMIT, |place, path| {
            executed.issued(place, path);
        });
        assert_eq!(ran.end, End::Done, "{name} on {shape:?}");
        memory = ran.memory;
        taken += executed.instructions;
        let ideal = executed.ideal(&code);
        needed += ideal.unwrap_or_else(|apart| panic!("{name} on {shape:?}: {apart}"));
    }
    (taken, needed)
}

/// 2 % at most, as `docs/simt.md` promises.
#[test]
fn lanes_meet_again_as_with_ideal_knowledge_of_the_program() {
    for name in [NARROW, WIDE].concat() {
        let warps = if WIDE.contains(&name) { 16 } else { 8 };
        for shape in [(warps, 4), (8, 8), (4, 16)].map(|(warps, lanes)| Shape::new(1, warps, lanes))
        {
            let (taken, needed) = instructions(name, shape);
            let share = needed as f64 / taken as f64;
            println!(
                "{name:15} {:2} lanes: {taken:6} instructions, {needed:6} needed, {share:.4}",
                shape.lanes
            );
            assert!(
                RETRYING.contains(&name) || share >= 0.98,
                "{name} on {shape:?}: {taken} instructions, {needed} needed"
            );
        }
    }
}
