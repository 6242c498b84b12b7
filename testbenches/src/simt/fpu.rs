//! Tests of `simt_fpu`.

use std::ops::Range;

use gpnpu_golden::simt::float::FpuOp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::fpu_bench::FpuTb;
use super::fpu_directed;
use super::fpu_operands::Profile;
use super::fpu_stimulus::{FpuRequest, FpuStimulus};
use crate::kit::{AnyTest, Pace, Parameters, Test};

fn lanes(parameters: &Parameters) -> usize {
    parameters.get("Lanes")
}

fn request(ops: BoxedStrategy<FpuOp>, lanes: usize) -> BoxedStrategy<FpuRequest> {
    (ops, Profile::any(), any::<u64>())
        .prop_map(move |(op, profile, seed)| FpuRequest::draw(op, profile, lanes, seed))
        .boxed()
}

/// Operations of each unit, drawn so often.
fn ops(fma: u32, misc: u32, divide: u32) -> BoxedStrategy<FpuOp> {
    let part = |codes: Range<usize>| select(FpuOp::ALL[codes].to_vec());
    prop_oneof![
        fma => part(0..7),
        misc => part(7..24),
        divide => part(24..26),
    ]
    .boxed()
}

fn requests(
    ops: BoxedStrategy<FpuOp>,
    lanes: usize,
    length: Range<usize>,
) -> BoxedStrategy<FpuStimulus> {
    (vec(request(ops, lanes), length), Pace::any(), Pace::any())
        .prop_map(|(requests, request_pace, divide_pace)| FpuStimulus {
            requests,
            request_pace,
            divide_pace,
            resets: Vec::new(),
        })
        .boxed()
}

/// The tests of `simt_fpu`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<FpuTb>::boxed(name, doc, &[], iterations, strategy)
    };
    vec![
        test("smoke", "One ordinary request of each operation.", 1, |p| {
            let draw =
                |op: FpuOp| FpuRequest::draw(op, Profile::Near, lanes(p), u64::from(op.code()));
            Just(FpuStimulus::gapless(FpuOp::ALL.map(draw).to_vec())).boxed()
        }),
        test(
            "directed",
            "Corners of binary32 and of the integers, each with each, in every rounding mode; and a number in each \
             lane alone.",
            1,
            |p| Just(FpuStimulus::gapless(fpu_directed::requests(lanes(p)))).boxed(),
        ),
        test(
            "random",
            "Random requests of all operations at random paces.\n\nProfiles decide the operands of a lane together: \
             of independent ones hardly any would cancel, be a tie, or end up subnormal.",
            16,
            |p| requests(ops(8, 8, 1), lanes(p), 1500..2000),
        ),
        test(
            "full_rate",
            "A request in every cycle, no divide among them: each stage of both pipelines holds another operation.",
            8,
            |p| {
                vec(
                    request(select(FpuOp::ALL[..24].to_vec()).boxed(), lanes(p)),
                    3000..4000,
                )
                .prop_map(FpuStimulus::gapless)
                .boxed()
            },
        ),
        test(
            "divide",
            "Divides and square roots one after the other, their results taken late or slowly, others between them: \
             the divider waits, and makes only its own requests wait.",
            8,
            |p| {
                let slow = prop_oneof![
                    Just(Pace::Always),
                    (1..25u8).prop_map(Pace::Percent),
                    (1..6u16, 15..60u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (40..200u16).prop_map(Pace::After),
                ];
                (
                    vec(request(ops(1, 1, 4), lanes(p)), 500..700),
                    Pace::any(),
                    slow,
                )
                    .prop_map(|(requests, request_pace, divide_pace)| FpuStimulus {
                        requests,
                        request_pace,
                        divide_pace,
                        resets: Vec::new(),
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets with requests in all three units: what was in flight never appears, and the divider is free.",
            4,
            |p| {
                (
                    requests(ops(2, 2, 1), lanes(p), 200..300),
                    vec(1..200u64, 2..6),
                )
                    .prop_map(|(stimulus, mut resets)| {
                        resets.sort_unstable();
                        FpuStimulus { resets, ..stimulus }
                    })
                    .boxed()
            },
        ),
    ]
}
