//! A language model's forward pass through `npu_mac_array`.
//!
//! Every linear layer of `models/byte_llama` runs on the RTL with the activations of a real prompt: quantised to the
//! format ([`super::quantise`]), every output word held against golden, dequantised and handed on, so that a layer's
//! input carries the error of those before it. What lies between the layers (norms, attention, the activation) is f32.
//! The tables say for each layer how long it took, how busy the array was and how far its output is from f32's for the
//! same input, and for the whole what the format costs in bits per byte.

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::llama::{LinearCall, LinearKind, Llama, Matrix, bits_per_byte};
use gpnpu_golden::npu::format::Format;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::array_bench::{Bench, Paces, into_reset};
use super::gemm::{Gemm, GemmRun};
use super::quantise::{Quantised, dequantise, signal_to_error};
use super::tile::Shape;
use crate::kit::{AnyTest, Cell, Failure, FailureKind, Run, Stimulus, Table, Test, Testbench};
use crate::ports::npu_mac_array::NpuMacArray;

/// Part of the program, so that a stored failure can be repeated wherever the program is.
const WEIGHTS: &[u8] = include_bytes!("../../../models/byte_llama/model.safetensors");

/// The text whose bytes are predicted.
const PROMPT: &[u8] = include_bytes!("../../../models/byte_llama/prompt.txt");

static MODEL: LazyLock<Result<Llama, String>> = LazyLock::new(|| {
    Llama::parse(WEIGHTS, Path::new("models/byte_llama/model.safetensors"))
        .map_err(|e| e.to_string())
});

fn model() -> Result<&'static Llama, Failure> {
    MODEL.as_ref().map_err(|error| setup(error.clone()))
}

fn setup(message: String) -> Failure {
    Failure::new(FailureKind::Setup, Cycle(0), message)
}

/// Names of the model's linear layers, in the order in which a forward pass computes them.
fn layer_names(model: &Llama) -> Vec<String> {
    let (logits, in_layer) = LinearKind::ALL.split_last().expect("eight kinds");
    let layers = (0..model.config.num_hidden_layers).flat_map(|layer| {
        in_layer
            .iter()
            .map(move |kind| format!("layers.{layer}.{kind}"))
    });
    layers.chain([logits.to_string()]).collect()
}

/// A forward pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadStimulus {
    /// Format of all layers.
    pub format: Format,
    /// Bytes of the prompt, from its beginning.
    pub tokens: usize,
    /// Layers that run on the RTL. The others are computed by golden, to the same bits, so that a layer's input does
    /// not depend on which others are left.
    pub layers: Vec<String>,
}

impl WorkloadStimulus {
    /// The whole prompt through all layers.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] if the model cannot be read.
    pub fn whole(format: Format) -> Result<Self, Failure> {
        Ok(Self {
            format,
            tokens: PROMPT.len(),
            layers: layer_names(model()?),
        })
    }

    fn check(&self, model: &Llama) -> Result<(), Failure> {
        let known = layer_names(model);
        if let Some(layer) = self.layers.iter().find(|layer| !known.contains(layer)) {
            let known = known.join(", ");
            return Err(setup(format!("layer `{layer}` not found (known: {known})")));
        }
        if !(1..=PROMPT.len()).contains(&self.tokens) {
            let (tokens, all) = (self.tokens, PROMPT.len());
            return Err(setup(format!(
                "`tokens` is {tokens}, the prompt has 1 to {all}"
            )));
        }
        Ok(())
    }
}

impl Stimulus for WorkloadStimulus {
    fn len(&self) -> usize {
        self.layers.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.layers.drain(transactions);
        rest
    }

    /// Fewer tokens: what is left of a layer's input stays the same, since no token sees a later one.
    fn simpler(&self) -> Vec<Self> {
        let mut fewer = vec![
            1,
            self.tokens / 4,
            self.tokens / 2,
            self.tokens * 3 / 4,
            self.tokens - 1,
        ];
        fewer.retain(|tokens| (1..self.tokens).contains(tokens));
        fewer.dedup();
        fewer
            .into_iter()
            .map(|tokens| Self {
                tokens,
                ..self.clone()
            })
            .collect()
    }
}

/// Runs forward passes and measures them.
pub struct WorkloadTb;

impl Testbench for WorkloadTb {
    type Ports = NpuMacArray;
    type Stimulus = WorkloadStimulus;

    fn run(run: &mut Run<NpuMacArray>, stimulus: &WorkloadStimulus) -> Result<(), Failure> {
        let model = model()?;
        stimulus.check(model)?;
        let tokens = &PROMPT[..stimulus.tokens];
        let shape = Shape::of(&run.parameters);
        run.reset(into_reset)?;
        let mut pass = Pass {
            stimulus,
            shape,
            bench: Bench::new(run, shape, Paces::default()),
            table: Table::new(
                format!(
                    "{} on {} x {} units, {} tokens",
                    stimulus.format, shape.rows, shape.cols, stimulus.tokens
                ),
                &[
                    "layer",
                    "in",
                    "out",
                    "steps",
                    "cycles",
                    "utilisation %",
                    "signal/error dB",
                ],
            ),
            cycles: 0,
            dot_products: 0,
        };
        let mut failure = None;
        let logits = model.forward(tokens, &mut |call| {
            let nothing = || Matrix::zeros(call.input.rows, call.weight.rows);
            if failure.is_some() {
                return nothing();
            }
            pass.layer(run, call).unwrap_or_else(|error| {
                failure = Some(error);
                nothing()
            })
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        pass.bench.finish(run)?;
        pass.report(run, model, tokens, &logits);
        Ok(())
    }
}

/// A forward pass as it goes.
struct Pass<'a> {
    stimulus: &'a WorkloadStimulus,
    shape: Shape,
    bench: Bench,
    table: Table,
    cycles: u64,
    dot_products: u64,
}

impl Pass<'_> {
    fn layer(
        &mut self,
        run: &mut Run<NpuMacArray>,
        call: &LinearCall<'_>,
    ) -> Result<Matrix, Failure> {
        let format = self.stimulus.format;
        let named = |mut failure: Failure| {
            failure.message = format!("{}: {}", call.name, failure.message);
            failure
        };
        let x = Quantised::new(format, call.input).map_err(named)?;
        let w = Quantised::new(format, call.weight).map_err(named)?;
        let steps = x.packed.steps();
        let gemm = Gemm::new(&call.name, self.shape, x.packed, w.packed)?;
        let golden = gemm.golden()?;
        if !self.stimulus.layers.contains(&call.name) {
            return Ok(dequantise(format, &golden, &x.scales, &w.scales));
        }
        let start = run.dut.now();
        run.note(start, "layers", || call.name.clone());
        let GemmRun { outputs, cycles } = gemm.run(run, &mut self.bench, &golden)?;
        let y = dequantise(format, &outputs, &x.scales, &w.scales);
        self.cycles += cycles;
        self.dot_products += gemm.dot_products();
        self.table.row([
            call.name.as_str().into(),
            call.weight.cols.into(),
            call.weight.rows.into(),
            steps.into(),
            cycles.into(),
            gemm.utilisation(cycles).into(),
            signal_to_error(&y, &call.linear_f32()).into(),
        ]);
        Ok(y)
    }

    fn report(mut self, run: &mut Run<NpuMacArray>, model: &Llama, tokens: &[u8], logits: &Matrix) {
        let reference = model.forward_f32(tokens);
        let units = (self.shape.rows * self.shape.cols) as f64;
        if !self.stimulus.layers.is_empty() {
            let blank = || Cell::from("");
            self.table.row([
                "all".into(),
                blank(),
                blank(),
                blank(),
                self.cycles.into(),
                (100.0 * self.dot_products as f64 / (units * self.cycles as f64)).into(),
                blank(),
            ]);
            run.table(self.table);
        }
        // The first byte is not predicted.
        if tokens.len() < 2 {
            return;
        }
        let title = format!(
            "forward pass in {}, {} tokens",
            self.stimulus.format,
            tokens.len()
        );
        let mut table = Table::new(
            title,
            &["arithmetic", "bits per byte", "signal/error of logits, dB"],
        );
        table.row([
            "f32".into(),
            bits_per_byte(&reference, tokens).into(),
            "".into(),
        ]);
        table.row([
            self.stimulus.format.name().into(),
            bits_per_byte(logits, tokens).into(),
            signal_to_error(logits, &reference).into(),
        ]);
        run.table(table);
    }
}

/// The workload tests of `npu_mac_array`: the whole prompt in every format. The 4 x 4 array is the smallest one whose
/// inner units have neighbours on all sides.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, strategy| Test::<WorkloadTb>::boxed(name, doc, &["4x4"], 1, strategy);
    const SCALED: &str =
        "A language model's forward pass: activations scaled by token, weights by output channel.";
    const PLAIN: &str =
        "A language model's forward pass, activations and weights rounded, without scales.";
    const BLOCKS: &str =
        "A language model's forward pass, activations and weights scaled by block.";
    vec![
        test("workload_int8", SCALED, |_| whole(Format::Int8)),
        test("workload_int4", SCALED, |_| whole(Format::Int4)),
        test("workload_fp16", PLAIN, |_| whole(Format::Fp16)),
        test("workload_bf16", PLAIN, |_| whole(Format::Bf16)),
        test("workload_fp8e4m3", SCALED, |_| whole(Format::Fp8E4M3)),
        test("workload_fp8e5m2", SCALED, |_| whole(Format::Fp8E5M2)),
        test("workload_mxfp8e4m3", BLOCKS, |_| whole(Format::MxFp8E4M3)),
        test("workload_mxfp8e5m2", BLOCKS, |_| whole(Format::MxFp8E5M2)),
        test("workload_mxfp6e3m2", BLOCKS, |_| whole(Format::MxFp6E3M2)),
        test("workload_mxfp6e2m3", BLOCKS, |_| whole(Format::MxFp6E2M3)),
        test("workload_mxfp4", BLOCKS, |_| whole(Format::MxFp4)),
        test("workload_nvfp4", BLOCKS, |_| whole(Format::NvFp4)),
    ]
}

fn whole(format: Format) -> BoxedStrategy<WorkloadStimulus> {
    Just(WorkloadStimulus::whole(format).expect("the model is part of the program")).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(stimulus: &WorkloadStimulus, seen: &mut Vec<String>) -> Matrix {
        let model = model().expect("part of the program");
        model.forward(&PROMPT[..stimulus.tokens], &mut |call| {
            seen.push(call.name.clone());
            let quantise = |matrix| Quantised::new(stimulus.format, matrix).expect("finite");
            let (x, w) = (quantise(call.input), quantise(call.weight));
            let shape = Shape {
                rows: 1,
                cols: 1,
                tile_rows: 4,
                tile_cols: 4,
            };
            let gemm = Gemm::new(&call.name, shape, x.packed, w.packed).expect("fits");
            dequantise(
                stimulus.format,
                &gemm.golden().expect("fits"),
                &x.scales,
                &w.scales,
            )
        })
    }

    /// What simplification relies on: fewer tokens leave the rest of the results as they were, and every layer of the
    /// stimulus is one of the pass.
    #[test]
    fn fewer_tokens_leave_the_others_results_as_they_were() {
        let whole = WorkloadStimulus {
            tokens: 6,
            ..WorkloadStimulus::whole(Format::Int8).expect("part of the program")
        };
        let mut seen = Vec::new();
        let all = forward(&whole, &mut seen);
        assert_eq!(seen, whole.layers);
        for simpler in whole.simpler() {
            let fewer = forward(&simpler, &mut Vec::new());
            assert!(simpler.tokens < 6);
            assert_eq!(
                all.data[..fewer.data.len()],
                fewer.data,
                "{} tokens",
                simpler.tokens
            );
        }
    }

    #[test]
    fn a_stimulus_that_does_not_fit_is_named() {
        let model = model().expect("part of the program");
        let good = WorkloadStimulus::whole(Format::Fp16).expect("part of the program");
        good.check(model).expect("all layers are known");
        let unknown = WorkloadStimulus {
            layers: vec!["layers.9.q".to_owned()],
            ..good.clone()
        };
        let message = unknown.check(model).expect_err("no such layer").message;
        assert!(
            message.starts_with("layer `layers.9.q` not found (known: layers.0.q, "),
            "{message}"
        );
        let long = WorkloadStimulus {
            tokens: 129,
            ..good
        };
        let message = long.check(model).expect_err("too many").message;
        assert_eq!(message, "`tokens` is 129, the prompt has 1 to 128");
    }
}
