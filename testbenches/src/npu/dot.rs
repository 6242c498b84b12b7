//! Testbench of `npu_dot`.

use std::collections::VecDeque;
use std::ops::Range;

use gpnpu_coverage::npu::dot::{DotCoverage, DotSample};
use gpnpu_golden::npu::dot::{self as golden, DotClass, DotInput, Vector};
use gpnpu_golden::npu::format::Format;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::operands::{self, Operands, Profile};
use crate::kit::{
    AnyTest, Failure, Pace, PaceSet, Run, Scoreboard, Sink, Source, Stimulus, Test, Testbench, hex,
};
use crate::ports::npu_dot::{In, NpuDot};
use crate::ports::npu_pkg::DotReq;

/// One dot product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DotRequest {
    /// Format of both operands.
    pub format: Format,
    /// Clamp an integer sum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub satfinite: bool,
    /// First operand.
    #[serde(with = "hex::vector")]
    pub a: Vector,
    /// Second operand.
    #[serde(with = "hex::vector")]
    pub b: Vector,
    /// Addend.
    #[serde(with = "hex::word")]
    pub c: u32,
    /// The addend is the result of the request before instead of `c`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chain: bool,
    /// Block scales of `a`.
    #[serde(default, with = "hex::word")]
    pub scale_a: u32,
    /// Block scales of `b`.
    #[serde(default, with = "hex::word")]
    pub scale_b: u32,
}

impl DotRequest {
    /// Draws a request; its numbers come from `seed` alone.
    pub fn draw(format: Format, profile: Profile, chain: bool, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut operands = Operands::new(format, profile, &mut rng);
        let (a, b) = operands.pair();
        let (scale_a, scale_b) = (operands.scales(), operands.scales());
        let mut request = Self {
            format,
            satfinite: seed & 1 == 1,
            a,
            b,
            c: operands.addend(),
            chain,
            scale_a,
            scale_b,
        };
        // A quarter of the cancelling ones cancel with C: it is the sum of the products with the sign turned.
        if profile == Profile::Cancelling && seed & 6 == 0 {
            let sum = golden::dot(&DotInput {
                c: 0,
                ..request.input(0)
            });
            request.c = if format.is_integer() {
                sum.wrapping_neg()
            } else {
                sum ^ 0x8000_0000
            };
        }
        request
    }

    /// What golden computes it from; `previous` is the result before.
    pub fn input(&self, previous: u32) -> DotInput {
        DotInput {
            format: self.format,
            satfinite: self.satfinite,
            a: self.a,
            b: self.b,
            c: if self.chain { previous } else { self.c },
            scale_a: self.scale_a,
            scale_b: self.scale_b,
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |candidate: Self| {
            if candidate != *self {
                all.push(candidate);
            }
        };
        add(Self {
            chain: false,
            ..self.clone()
        });
        add(Self {
            satfinite: false,
            ..self.clone()
        });
        for c in [0, self.c & 0xff80_0000] {
            add(Self {
                c,
                chain: false,
                ..self.clone()
            });
        }
        let one = if self.format == Format::NvFp4 {
            0x3838_3838
        } else {
            0x7f7f_7f7f
        };
        add(Self {
            scale_a: one,
            scale_b: one,
            ..self.clone()
        });
        add(Self {
            scale_a: one,
            ..self.clone()
        });
        add(Self {
            scale_b: one,
            ..self.clone()
        });
        for lanes in operands::lane_ranges(self.format.lanes()) {
            let a = operands::cleared(self.format, &self.a, &lanes);
            let b = operands::cleared(self.format, &self.b, &lanes);
            add(Self {
                a,
                b,
                ..self.clone()
            });
        }
        for lanes in operands::lane_ranges(self.format.lanes()) {
            add(Self {
                a: operands::cleared(self.format, &self.a, &lanes),
                ..self.clone()
            });
            add(Self {
                b: operands::cleared(self.format, &self.b, &lanes),
                ..self.clone()
            });
        }
        all
    }
}

impl From<&DotInput> for DotReq {
    fn from(input: &DotInput) -> Self {
        Self {
            format: input.format.code(),
            satfinite: input.satfinite,
            scale_b: input.scale_b,
            scale_a: input.scale_a,
            c: input.c,
            b: input.b,
            a: input.a,
        }
    }
}

/// Requests through `npu_dot`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DotStimulus {
    /// Requests in order.
    pub requests: Vec<DotRequest>,
    /// When a request is offered.
    #[serde(default)]
    pub request_pace: Pace,
    /// When a result is taken.
    #[serde(default)]
    pub response_pace: Pace,
    /// Numbers of accepted requests after which the block is reset; what is in flight then is lost.
    #[serde(default)]
    pub resets: Vec<u64>,
}

impl DotStimulus {
    /// Requests at full rate.
    pub fn gapless(requests: Vec<DotRequest>) -> Self {
        Self {
            requests,
            request_pace: Pace::Always,
            response_pace: Pace::Always,
            resets: Vec::new(),
        }
    }
}

/// Single requests are simplified once only so many are left; before that the runs are better spent on removing.
const FEW: usize = 8;

impl Stimulus for DotStimulus {
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
        let paces = [self.request_pace, self.response_pace];
        all.extend(
            paces
                .simpler()
                .into_iter()
                .map(|[request_pace, response_pace]| Self {
                    request_pace,
                    response_pace,
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

/// A request in flight.
struct Pending {
    input: DotInput,
    class: DotClass,
    gap: u64,
    chain_length: u32,
}

/// Drives `npu_dot` and holds every result against golden, bit for bit.
pub struct DotTb;

impl Testbench for DotTb {
    type Ports = NpuDot;
    type Stimulus = DotStimulus;

    fn run(run: &mut Run<NpuDot>, stimulus: &DotStimulus) -> Result<(), Failure> {
        let mut bench = Bench::new(run, stimulus);
        let mut resets = stimulus.resets.iter().copied().peekable();
        run.reset(into_reset)?;
        // Some cycles more than needed, so that a result too many would be seen.
        let mut quiet = 0;
        while quiet < 24 {
            if resets
                .next_if(|after| *after <= bench.source.sent())
                .is_some()
            {
                bench.forget();
                run.reset(into_reset)?;
            }
            bench.cycle(run)?;
            quiet = if bench.idle() { quiet + 1 } else { 0 };
        }
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}

struct Bench {
    source: Source<DotInput>,
    ahead: VecDeque<(DotClass, u32)>,
    sink: Sink<u32>,
    scoreboard: Scoreboard<Pending>,
    coverage: DotCoverage,
    places: usize,
    previous_format: Option<u8>,
}

/// More cycles than a request spends in the pipeline.
const PIPELINE: u64 = 16;

impl Bench {
    fn new(run: &Run<NpuDot>, stimulus: &DotStimulus) -> Self {
        let mut source = Source::new(stimulus.request_pace.start(run.streams.rng("request gaps")));
        let mut ahead = VecDeque::new();
        let (mut result, mut chain_length) = (0, 0);
        for request in &stimulus.requests {
            let input = request.input(result);
            chain_length = if request.chain { chain_length + 1 } else { 1 };
            let class = golden::classify(&input);
            result = class.result;
            source.push(input);
            ahead.push_back((class, chain_length));
        }
        Self {
            source,
            ahead,
            sink: Sink::new(
                "rsp",
                stimulus
                    .response_pace
                    .start(run.streams.rng("response gaps")),
            ),
            scoreboard: Scoreboard::new("rsp"),
            coverage: DotCoverage::new(),
            places: run.parameters.get("ResultDepth"),
            previous_format: None,
        }
    }

    fn idle(&self) -> bool {
        self.source.pending() == 0 && self.scoreboard.owed() == 0
    }

    /// What is in flight is lost with a reset.
    fn forget(&mut self) {
        self.scoreboard.clear();
        self.sink.clear();
        self.previous_format = None;
    }

    fn cycle(&mut self, run: &mut Run<NpuDot>) -> Result<(), Failure> {
        let offered = self.source.offer();
        run.dut.i.req_valid_i = offered.is_some();
        if let Some(input) = offered {
            run.dut.i.req_i = input.into();
        }
        run.dut.i.rsp_ready_i = self.sink.ready();
        let full = self.scoreboard.owed() == self.places;
        let now = run.cycle()?;
        let (ready, result) = (
            run.dut.o.req_ready_o,
            run.dut.o.rsp_valid_o.then_some(run.dut.o.rsp_o.d),
        );
        if let Some((input, gap)) = self.source.accepted(ready) {
            let (class, chain_length) = self.ahead.pop_front().expect("one for each request");
            run.note(now, "requests", || {
                format!(
                    "{} c={:08x} d={:08x}",
                    input.format.name(),
                    input.c,
                    class.result
                )
            });
            self.scoreboard.expect(Pending {
                input,
                class,
                gap,
                chain_length,
            });
        }
        if let Some((d, stall)) = self.sink.observe(now, result)? {
            let pending = self.scoreboard.take(now)?;
            run.golden(now, "rsp_o.d", 32, &[pending.class.result]);
            compare(now, d, &pending)?;
            self.sample(&pending, stall, full && stall > PIPELINE)?;
        }
        Ok(())
    }

    fn sample(&mut self, pending: &Pending, stall: u64, fifo_full: bool) -> Result<(), Failure> {
        let Pending {
            input,
            class,
            gap,
            chain_length,
        } = pending;
        let format = input.format.code();
        self.coverage.sample(&DotSample {
            format,
            previous_format: self.previous_format.replace(format),
            satfinite: input.satfinite,
            a_classes: class.a.bits(),
            b_classes: class.b.bits(),
            c_class: class.c as u8,
            result_class: class.d as u8,
            signs: class.signs as u8,
            scale_a: input.scale_a,
            scale_b: input.scale_b,
            special: class.special,
            align_span: class.span,
            c_is_max: class.c_holds_emax,
            truncated: class.truncated,
            vanished: class.vanished,
            cancelled: class.cancelled,
            chain_length: *chain_length,
            request_gap: u32::try_from(*gap).unwrap_or(u32::MAX),
            response_stall: u32::try_from(stall).unwrap_or(u32::MAX),
            fifo_full,
        })?;
        Ok(())
    }
}

fn compare(now: gpnpu_bridge::model::Cycle, rtl: u32, pending: &Pending) -> Result<(), Failure> {
    let golden = pending.class.result;
    if rtl == golden {
        return Ok(());
    }
    let ulps = if pending.input.format.is_integer() {
        None
    } else {
        golden::ulp_distance(rtl, golden)
    };
    let distance = ulps.map_or(String::new(), |ulps| {
        format!("RTL is {ulps} ULP from golden\n")
    });
    let failure = Failure::mismatch(
        now,
        "rsp_o.d",
        &format!("{rtl:#010x}"),
        &format!("{golden:#010x}"),
    );
    Err(failure.with_details(format!("{distance}{}", golden::explain(&pending.input))))
}

fn into_reset(i: &mut In) -> &mut bool {
    i.req_valid_i = false;
    &mut i.rst_ni
}

fn any_format() -> BoxedStrategy<Format> {
    select(Format::ALL.to_vec()).boxed()
}

fn request(format: BoxedStrategy<Format>) -> BoxedStrategy<DotRequest> {
    (
        format,
        Profile::any(),
        prop::bool::weighted(0.1),
        any::<u64>(),
    )
        .prop_map(|(format, profile, chain, seed)| DotRequest::draw(format, profile, chain, seed))
        .boxed()
}

fn requests(length: Range<usize>) -> BoxedStrategy<DotStimulus> {
    (vec(request(any_format()), length), Pace::any(), Pace::any())
        .prop_map(|(requests, request_pace, response_pace)| DotStimulus {
            requests,
            request_pace,
            response_pace,
            resets: Vec::new(),
        })
        .boxed()
}

/// The tests of `npu_dot`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<DotTb>::boxed(name, doc, &[], iterations, strategy)
    };
    vec![
        test("smoke", "One ordinary request of each format.", 1, |_| {
            let each = |(seed, format)| DotRequest::draw(format, Profile::Near, false, seed as u64);
            Just(DotStimulus::gapless(
                Format::ALL.into_iter().enumerate().map(each).collect(),
            ))
            .boxed()
        }),
        test(
            "directed",
            "The corners of the numerics, one request each, in every format.",
            1,
            |_| Just(DotStimulus::gapless(super::dot_directed::requests())).boxed(),
        ),
        test(
            "random",
            "Random requests of all formats at random paces.\n\nProfiles decide the exponents of an operand together: \
             independent elements would hardly ever cancel, nor let truncation show in the last bit.",
            24,
            |_| requests(1500..2000),
        ),
        test(
            "back_pressure",
            "Results are taken slowly or late, so that every credit is claimed and the result queue fills.",
            8,
            |_| {
                let slow = prop_oneof![
                    (1..25u8).prop_map(Pace::Percent),
                    (1..6u16, 15..60u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (40..200u16).prop_map(Pace::After),
                ];
                (
                    vec(request(any_format()), 200..300),
                    prop_oneof![Just(Pace::Always), Pace::any()],
                    slow,
                )
                    .prop_map(|(requests, request_pace, response_pace)| DotStimulus {
                        requests,
                        request_pace,
                        response_pace,
                        resets: Vec::new(),
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets with requests in the pipeline and results in the queue: what was in flight never appears.",
            4,
            |_| {
                (requests(200..300), vec(1..200u64, 2..6))
                    .prop_map(|(stimulus, mut resets)| {
                        resets.sort_unstable();
                        DotStimulus { resets, ..stimulus }
                    })
                    .boxed()
            },
        ),
        test(
            "format_switch",
            "Another format with every request, back to back: all pairs of formats within one case, so that nothing of \
             the one before may linger in a stage.",
            2,
            |_| {
                (any::<u64>(), Profile::any())
                    .prop_map(|(seed, profile)| {
                        let pairs = Format::ALL
                            .into_iter()
                            .flat_map(|from| Format::ALL.into_iter().map(move |to| [from, to]));
                        let each = |(index, format)| {
                            DotRequest::draw(
                                format,
                                profile,
                                false,
                                seed.wrapping_add(index as u64),
                            )
                        };
                        DotStimulus::gapless(pairs.flatten().enumerate().map(each).collect())
                    })
                    .boxed()
            },
        ),
        test(
            "accumulate_chain",
            "Each result is the next request's addend, up to 64 steps in one format: rounding errors would add up, \
             integers wrap or stay clamped.",
            4,
            |_| {
                let chain = (
                    any_format(),
                    Profile::any(),
                    2..64usize,
                    any::<u64>(),
                    any::<bool>(),
                )
                    .prop_map(
                        |(format, profile, length, seed, satfinite)| -> Vec<DotRequest> {
                            (0..length)
                                .map(|step| DotRequest {
                                    satfinite,
                                    ..DotRequest::draw(
                                        format,
                                        profile,
                                        step > 0,
                                        seed.wrapping_add(8 * step as u64),
                                    )
                                })
                                .collect()
                        },
                    );
                (vec(chain, 20..40), Pace::any())
                    .prop_map(|(chains, request_pace)| DotStimulus {
                        request_pace,
                        ..DotStimulus::gapless(chains.concat())
                    })
                    .boxed()
            },
        ),
    ]
}
