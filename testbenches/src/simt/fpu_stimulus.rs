//! Requests to `simt_fpu` and their order in time.

use std::ops::Range;

use gpnpu_golden::simt::float::{self, FpuOp, Rounding};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::fpu_operands::{self, Profile};
use crate::kit::{Pace, PaceSet, Stimulus, hex};

/// Operands of one lane; those that the operation does not have are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneOperands {
    /// Rounding mode.
    #[serde(with = "rounding")]
    pub rm: Rounding,
    /// First operand.
    #[serde(with = "hex::word")]
    pub a: u32,
    /// Second operand.
    #[serde(with = "hex::word")]
    pub b: u32,
    /// Third operand.
    #[serde(with = "hex::word")]
    pub c: u32,
    /// Integer operand.
    pub x: u64,
}

impl LaneOperands {
    /// What golden computes from them, and the flags.
    pub fn result(&self, op: FpuOp) -> (u64, u8) {
        float::execute(op, self.rm, self.a, self.b, self.c, self.x)
    }

    /// Simpler operands: those of a lane that nobody looks at.
    const PLAIN: Self = Self {
        rm: Rounding::NearestEven,
        a: ONE,
        b: ONE,
        c: 0,
        x: 0,
    };

    fn simpler(&self) -> Vec<Self> {
        let mut all = vec![
            Self::PLAIN,
            Self {
                rm: Rounding::NearestEven,
                ..*self
            },
        ];
        for plain in [0, ONE] {
            all.push(Self { a: plain, ..*self });
            all.push(Self { b: plain, ..*self });
            all.push(Self { c: plain, ..*self });
        }
        all.push(Self { x: 0, ..*self });
        // Of a number only sign and exponent, then only the upper half.
        for mask in [0xff80_0000, 0xffff_0000] {
            all.push(Self {
                a: self.a & mask,
                ..*self
            });
            all.push(Self {
                b: self.b & mask,
                ..*self
            });
            all.push(Self {
                c: self.c & mask,
                ..*self
            });
        }
        all.retain(|candidate| candidate != self);
        all.dedup();
        all
    }
}

const ONE: u32 = 0x3f80_0000;

/// One operation of all lanes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FpuRequest {
    /// The operation.
    #[serde(with = "operation")]
    pub op: FpuOp,
    /// Operands, as many as the block has lanes; missing ones are like the last.
    pub lanes: Vec<LaneOperands>,
}

impl FpuRequest {
    /// Draws a request; its numbers come from `seed` alone.
    pub fn draw(op: FpuOp, profile: Profile, lanes: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            op,
            lanes: (0..lanes)
                .map(|_| fpu_operands::draw(op, profile, &mut rng))
                .collect(),
        }
    }

    /// Requests of one operation over a list of operands, as many at once as there are lanes.
    pub fn over(op: FpuOp, lanes: usize, operands: &[LaneOperands]) -> Vec<Self> {
        let chunks = operands.chunks(lanes.max(1));
        chunks
            .map(|chunk| Self {
                op,
                lanes: chunk.to_vec(),
            })
            .collect()
    }

    /// The operands of a lane.
    pub fn lane(&self, lane: usize) -> LaneOperands {
        let last = self.lanes.last().copied().unwrap_or(LaneOperands::PLAIN);
        self.lanes.get(lane).copied().unwrap_or(last)
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for (lane, operands) in self.lanes.iter().enumerate() {
            for simpler in operands.simpler() {
                let mut candidate = self.clone();
                candidate.lanes[lane] = simpler;
                all.push(candidate);
            }
        }
        all
    }
}

/// Requests through `simt_fpu`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FpuStimulus {
    /// Requests in order.
    pub requests: Vec<FpuRequest>,
    /// When a request is offered.
    #[serde(default)]
    pub request_pace: Pace,
    /// When a result of the divider is taken.
    #[serde(default)]
    pub divide_pace: Pace,
    /// Numbers of accepted requests after which the block is reset; what is in flight then is lost.
    #[serde(default)]
    pub resets: Vec<u64>,
}

impl FpuStimulus {
    /// Requests at full rate.
    pub fn gapless(requests: Vec<FpuRequest>) -> Self {
        Self {
            requests,
            request_pace: Pace::Always,
            divide_pace: Pace::Always,
            resets: Vec::new(),
        }
    }
}

/// Single requests are simplified once only so many are left; before that the runs are better spent on removing.
const FEW: usize = 4;

impl Stimulus for FpuStimulus {
    fn len(&self) -> usize {
        self.requests.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.requests.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.resets.is_empty() {
            all.push(Self {
                resets: Vec::new(),
                ..self.clone()
            });
        }
        let paces = [self.request_pace, self.divide_pace];
        all.extend(
            paces
                .simpler()
                .into_iter()
                .map(|[request_pace, divide_pace]| Self {
                    request_pace,
                    divide_pace,
                    ..self.clone()
                }),
        );
        if self.requests.len() <= FEW {
            for (index, request) in self.requests.iter().enumerate() {
                all.extend(request.simpler().into_iter().map(|request| {
                    let mut candidate = self.clone();
                    candidate.requests[index] = request;
                    candidate
                }));
            }
        }
        all
    }
}

/// An operation as its number.
mod operation {
    use super::FpuOp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(op: &FpuOp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(op.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<FpuOp, D::Error> {
        let code = u8::deserialize(deserializer)?;
        FpuOp::from_code(code)
            .ok_or_else(|| D::Error::custom(format!("operation `{code}` not found (0 to 25)")))
    }
}

/// A rounding mode as its number.
mod rounding {
    use super::Rounding;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        rm: &Rounding,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(rm.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Rounding, D::Error> {
        let code = u8::deserialize(deserializer)?;
        Rounding::from_code(code)
            .ok_or_else(|| D::Error::custom(format!("rounding mode `{code}` not found (0 to 4)")))
    }
}
