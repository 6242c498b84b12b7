//! The corners of `simt_fpu`, each with each, in every rounding mode.

use gpnpu_golden::simt::float::{FpuOp, Rounding};

use super::fpu_stimulus::{FpuRequest, LaneOperands};

/// Both zeros, the ends of the subnormal and normal numbers, ones and their neighbours, infinities, NaNs with and
/// without payload.
const CORNERS: [u32; 21] = [
    0x0000_0000,
    0x8000_0000,
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x807f_ffff,
    0x0080_0000,
    0x8080_0001,
    0x3f00_0000,
    0x3f7f_ffff,
    0x3f80_0000,
    0xbf80_0000,
    0xbf80_0001,
    0x4b80_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffed_cba9,
    0x7f80_0001,
];

/// A smaller set for three operands at once.
const THREE: [u32; 13] = [
    0x0000_0000,
    0x8000_0000,
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x3f80_0000,
    0xbf80_0001,
    0x7f7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc1_2345,
    0xffa0_0000,
];

/// Numbers around the limits of the integer types, and halves.
const LIMITS: [u32; 20] = [
    0x3eff_ffff,
    0x3f00_0001,
    0x3f7f_ffff,
    0x3fc0_0000,
    0x4020_0000,
    0x4b00_0000,
    0x4b00_0001,
    0x4aff_ffff,
    0x4eff_ffff,
    0x4f00_0000,
    0x4f00_0001,
    0x4f7f_ffff,
    0x4f80_0000,
    0x5eff_ffff,
    0x5f00_0000,
    0x5f00_0001,
    0x5f7f_ffff,
    0x5f80_0000,
    0x4e12_3457,
    0x5d81_0203,
];

/// Integers at the limits of the types, and those of 24 and 25 bits.
const INTEGERS: [u64; 20] = [
    0,
    1,
    2,
    0x00ff_ffff,
    0x0100_0000,
    0x0100_0001,
    0x0100_0003,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ffff,
    0x1_0000_0000,
    0xdead_beef_0000_0001,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    0xffff_ff7f_ffff_ffff,
    0xffff_ffff_feff_ffff,
    0xffff_ffff_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// One number after the other in one lane, 0 in the others: no lane is wired to its neighbour.
fn each_lane_alone(lanes: usize) -> impl Iterator<Item = FpuRequest> {
    let ops = [FpuOp::Madd, FpuOp::Sgnj, FpuOp::Div];
    ops.into_iter().flat_map(move |op| {
        (0..lanes).map(move |alone| FpuRequest {
            op,
            lanes: (0..lanes)
                .map(|lane| {
                    let pattern = if lane == alone { 0x4049_0fdb } else { 0 };
                    LaneOperands {
                        rm: Rounding::NearestEven,
                        a: pattern,
                        b: 0x3f80_0000,
                        c: pattern,
                        x: 0,
                    }
                })
                .collect(),
        })
    })
}

fn modes(op: FpuOp) -> &'static [Rounding] {
    match op {
        FpuOp::Sgnj
        | FpuOp::Sgnjn
        | FpuOp::Sgnjx
        | FpuOp::Min
        | FpuOp::Max
        | FpuOp::Eq
        | FpuOp::Lt
        | FpuOp::Le
        | FpuOp::Class => &Rounding::ALL[..1],
        _ => &Rounding::ALL,
    }
}

/// All operands of an operation.
fn operands(op: FpuOp) -> Vec<[u32; 3]> {
    let pairs = || {
        CORNERS
            .into_iter()
            .flat_map(|a| CORNERS.into_iter().map(move |b| [a, b, 0]))
    };
    match op {
        FpuOp::Madd | FpuOp::Msub | FpuOp::Nmsub | FpuOp::Nmadd => THREE
            .into_iter()
            .flat_map(|a| THREE.into_iter().map(move |b| (a, b)))
            .flat_map(|(a, b)| THREE.into_iter().map(move |c| [a, b, c]))
            .collect(),
        FpuOp::Class
        | FpuOp::Sqrt
        | FpuOp::CvtWS
        | FpuOp::CvtWuS
        | FpuOp::CvtLS
        | FpuOp::CvtLuS => {
            let signs = [0, 1 << 31];
            let limits = LIMITS
                .into_iter()
                .flat_map(|a| signs.into_iter().map(move |sign| a ^ sign));
            CORNERS
                .into_iter()
                .chain(limits)
                .map(|a| [a, 0, 0])
                .collect()
        }
        _ => pairs().collect(),
    }
}

/// All of them, as many at once as there are lanes.
pub(super) fn requests(lanes: usize) -> Vec<FpuRequest> {
    let mut all: Vec<FpuRequest> = each_lane_alone(lanes).collect();
    for op in FpuOp::ALL {
        let from_integer = matches!(
            op,
            FpuOp::CvtSW | FpuOp::CvtSWu | FpuOp::CvtSL | FpuOp::CvtSLu
        );
        let mut every = Vec::new();
        for &rm in modes(op) {
            if from_integer {
                every.extend(INTEGERS.map(|x| LaneOperands {
                    rm,
                    a: 0,
                    b: 0,
                    c: 0,
                    x,
                }));
            } else {
                let lane = |[a, b, c]: [u32; 3]| LaneOperands { rm, a, b, c, x: 0 };
                every.extend(operands(op).into_iter().map(lane));
            }
        }
        all.extend(FpuRequest::over(op, lanes, &every));
    }
    all
}
