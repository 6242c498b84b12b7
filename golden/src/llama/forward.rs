//! The forward pass, and the loss of what it predicts.

use std::fmt;

use super::matrix::dot;
use super::weights::Layer;
use super::{Config, Llama, Matrix};

/// Which of the model's linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinearKind {
    /// Queries, from the normalised residual stream.
    Q,
    /// Keys.
    K,
    /// Values.
    V,
    /// Attention's output, back into the residual stream.
    O,
    /// The feed-forward half's gate, before its activation.
    Gate,
    /// What the gate multiplies.
    Up,
    /// The feed-forward half's output, back into the residual stream.
    Down,
    /// The logits of the next byte.
    Logits,
}

impl LinearKind {
    /// All kinds, in the order in which a forward pass computes them.
    pub const ALL: [Self; 8] = [
        Self::Q,
        Self::K,
        Self::V,
        Self::O,
        Self::Gate,
        Self::Up,
        Self::Down,
        Self::Logits,
    ];

    /// The kind's name, as it ends a [`LinearCall::name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Q => "q",
            Self::K => "k",
            Self::V => "v",
            Self::O => "o",
            Self::Gate => "gate",
            Self::Up => "up",
            Self::Down => "down",
            Self::Logits => "logits",
        }
    }
}

impl fmt::Display for LinearKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A linear layer to be computed: `y[t][o] = sum over i of input[t][i] * weight[o][i]`.
///
/// | name     | shape           |
/// |----------|-----------------|
/// | `input`  | `[tokens][in]`  |
/// | `weight` | `[out][in]`     |
/// | result   | `[tokens][out]` |
#[derive(Debug, Clone)]
pub struct LinearCall<'a> {
    /// The layer's name: `layers.0.q` to `layers.N.down`, and `logits`.
    pub name: String,
    /// Which layer it is, whatever its depth.
    pub kind: LinearKind,
    /// Activations, one row per token.
    pub input: &'a Matrix,
    /// Weights, one row per output.
    pub weight: &'a Matrix,
}

impl LinearCall<'_> {
    /// Computes the layer in f32: [`Matrix::linear`].
    pub fn linear_f32(&self) -> Matrix {
        self.input.linear(self.weight)
    }
}

impl Llama {
    /// Computes the logits `[tokens][256]` of the byte after each of `tokens`.
    ///
    /// `linear` computes the linear layers, in the order q, k, v, o, gate, up, down of each layer
    /// and the logits at the end. Everything else is computed here, in f32.
    ///
    /// # Panics
    ///
    /// If `linear` returns anything but a `[tokens][out]` matrix.
    pub fn forward(
        &self,
        tokens: &[u8],
        linear: &mut dyn FnMut(&LinearCall<'_>) -> Matrix,
    ) -> Matrix {
        let config = &self.config;
        let rotary = Rotary::new(config, tokens.len());
        let mut stream = Matrix::from_fn(tokens.len(), config.hidden_size, |t, i| {
            self.embedding.at(usize::from(tokens[t]), i)
        });
        for (index, layer) in self.layers.iter().enumerate() {
            let mut in_layer = |kind: LinearKind, input: &Matrix, weight: &Matrix| {
                call(
                    linear,
                    format!("layers.{index}.{kind}"),
                    kind,
                    input,
                    weight,
                )
            };
            let normed = rms_norm(&stream, &layer.attention_norm, config.rms_norm_eps);
            stream.add(&attention(config, &rotary, layer, &normed, &mut in_layer));
            let normed = rms_norm(&stream, &layer.feed_forward_norm, config.rms_norm_eps);
            stream.add(&feed_forward(layer, &normed, &mut in_layer));
        }
        let normed = rms_norm(&stream, &self.final_norm, config.rms_norm_eps);
        let head = self.head.as_ref().unwrap_or(&self.embedding);
        call(
            linear,
            LinearKind::Logits.name().to_owned(),
            LinearKind::Logits,
            &normed,
            head,
        )
    }

    /// Computes the logits with every layer in f32.
    pub fn forward_f32(&self, tokens: &[u8]) -> Matrix {
        self.forward(tokens, &mut |call| call.linear_f32())
    }
}

/// Mean cost of predicting `tokens[1..]` from `logits`, in bits per byte: 8 for a model that knows
/// nothing, NaN if a logit is NaN.
///
/// # Panics
///
/// If `logits` does not have one row of 256 per token, or there are fewer than two tokens.
pub fn bits_per_byte(logits: &Matrix, tokens: &[u8]) -> f64 {
    assert_eq!(
        (logits.rows, logits.cols),
        (tokens.len(), 256),
        "shape of the logits"
    );
    assert!(
        tokens.len() >= 2,
        "the first of {} tokens is not predicted",
        tokens.len()
    );
    let cost = |(position, &next): (usize, &u8)| {
        let row = logits.row(position);
        let largest = f64::from(largest(row));
        let sum: f64 = row.iter().map(|&x| (f64::from(x) - largest).exp()).sum();
        sum.ln() + largest - f64::from(row[usize::from(next)])
    };
    let nats: f64 = tokens[1..].iter().enumerate().map(cost).sum();
    nats / (tokens.len() - 1) as f64 / std::f64::consts::LN_2
}

/// Lets `linear` compute one layer and checks the shape of what it returns.
fn call(
    linear: &mut dyn FnMut(&LinearCall<'_>) -> Matrix,
    name: String,
    kind: LinearKind,
    input: &Matrix,
    weight: &Matrix,
) -> Matrix {
    let call = LinearCall {
        name,
        kind,
        input,
        weight,
    };
    let output = linear(&call);
    let (found, expected) = ((output.rows, output.cols), (input.rows, weight.rows));
    assert_eq!(found, expected, "shape of linear layer `{}`", call.name);
    output
}

/// Computes one of a layer's linear layers.
type InLayer<'a> = dyn FnMut(LinearKind, &Matrix, &Matrix) -> Matrix + 'a;

/// Causal attention; query head `h` uses key and value head `h / (query heads per such head)`.
fn attention(
    config: &Config,
    rotary: &Rotary,
    layer: &Layer,
    input: &Matrix,
    linear: &mut InLayer<'_>,
) -> Matrix {
    let mut query = linear(LinearKind::Q, input, &layer.q);
    let mut key = linear(LinearKind::K, input, &layer.k);
    let value = linear(LinearKind::V, input, &layer.v);
    rotary.turn(&mut query);
    rotary.turn(&mut key);

    let dim = config.head_dim;
    let group = config.num_attention_heads / config.num_key_value_heads;
    let scale = (dim as f32).sqrt().recip();
    let mut mixed = Matrix::zeros(input.rows, config.query_size());
    for token in 0..input.rows {
        for head in 0..config.num_attention_heads {
            let shared = (head / group) * dim..(head / group + 1) * dim;
            let own = head * dim..(head + 1) * dim;
            let q = &query.row(token)[own.clone()];
            let scores = (0..=token).map(|t| dot(q, &key.row(t)[shared.clone()]) * scale);
            let share = softmax(&scores.collect::<Vec<_>>());
            let sum_of = |i: usize| {
                let terms = share.iter().enumerate();
                terms
                    .map(|(t, &p)| p * f64::from(value.row(t)[shared.start + i]))
                    .sum::<f64>()
            };
            for (i, to) in mixed.row_mut(token)[own].iter_mut().enumerate() {
                *to = sum_of(i) as f32;
            }
        }
    }
    linear(LinearKind::O, &mixed, &layer.o)
}

/// SwiGLU: `down(silu(gate(x)) * up(x))`.
fn feed_forward(layer: &Layer, input: &Matrix, linear: &mut InLayer<'_>) -> Matrix {
    let mut inner = linear(LinearKind::Gate, input, &layer.gate);
    let up = linear(LinearKind::Up, input, &layer.up);
    for (gate, up) in inner.data.iter_mut().zip(&up.data) {
        *gate = *gate / (1.0 + (-*gate).exp()) * up;
    }
    linear(LinearKind::Down, &inner, &layer.down)
}

/// Divides each row by its root mean square, then multiplies by `weight`.
fn rms_norm(input: &Matrix, weight: &[f32], epsilon: f64) -> Matrix {
    let mut output = input.clone();
    for token in 0..output.rows {
        let row = output.row_mut(token);
        let squares: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let factor = (squares / row.len() as f64 + epsilon).sqrt().recip();
        for (x, w) in row.iter_mut().zip(weight) {
            *x = (f64::from(*x) * factor) as f32 * w;
        }
    }
    output
}

/// `exp(x) / sum of exp`, in f64.
fn softmax(scores: &[f32]) -> Vec<f64> {
    let largest = f64::from(largest(scores));
    let exps: Vec<f64> = scores
        .iter()
        .map(|&x| (f64::from(x) - largest).exp())
        .collect();
    let sum: f64 = exps.iter().sum();
    exps.into_iter().map(|e| e / sum).collect()
}

fn largest(row: &[f32]) -> f32 {
    row.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Rotary positions: element `i` of a head turns with element `i + head_dim / 2`.
struct Rotary {
    /// Half of a head's elements.
    half: usize,
    /// (cosine, sine) of each position's angles, `half` per position.
    angles: Vec<(f32, f32)>,
}

impl Rotary {
    fn new(config: &Config, positions: usize) -> Self {
        let half = config.head_dim / 2;
        let turn = |position: usize, i: usize| {
            let frequency = config.rope_theta.powf(-(i as f64) / half as f64);
            let (sin, cos) = (position as f64 * frequency).sin_cos();
            (cos as f32, sin as f32)
        };
        let angles = (0..positions)
            .flat_map(|p| (0..half).map(move |i| turn(p, i)))
            .collect();
        Self { half, angles }
    }

    /// Turns every head of every row by its position.
    fn turn(&self, heads: &mut Matrix) {
        for position in 0..heads.rows {
            let angles = &self.angles[position * self.half..][..self.half];
            for head in heads.row_mut(position).chunks_exact_mut(2 * self.half) {
                let (low, high) = head.split_at_mut(self.half);
                for ((x, y), (cos, sin)) in low.iter_mut().zip(high).zip(angles) {
                    (*x, *y) = (*x * cos - *y * sin, *y * cos + *x * sin);
                }
            }
        }
    }
}
