//! The shape of a model, as its file states it.

use std::path::Path;

use serde::Deserialize;

use super::LlamaError;

/// Larger dimensions than this are refused: they would be no test workload, and their products
/// could overflow.
const MAX_DIMENSION: usize = 1 << 16;

/// The kinds of model this module computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Llama: RMSNorm, rotary positions, grouped-query attention, SwiGLU, no biases.
    Llama,
}

/// The activation functions of the feed-forward half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x / (1 + exp(-x))`.
    Silu,
}

/// The dimensions and constants of a model.
///
/// The fields are named as in Hugging Face's Llama configuration. A key that is not among them is
/// an error: it could change what the model computes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Kind of the model.
    pub model_type: Architecture,
    /// Activation function between the gate and the down projection.
    pub hidden_act: Activation,
    /// Width of the residual stream, in elements.
    pub hidden_size: usize,
    /// Width of the feed-forward half, in elements.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of query heads.
    pub num_attention_heads: usize,
    /// Number of key and value heads; each serves the same number of query heads.
    pub num_key_value_heads: usize,
    /// Elements of one head; even, since rotary positions turn pairs of them.
    pub head_dim: usize,
    /// Number of tokens the model knows: 256, since tokens are bytes here.
    pub vocab_size: usize,
    /// Length of the sequences the model was trained on, in tokens; longer ones are computed all
    /// the same, but predicted worse.
    pub max_position_embeddings: usize,
    /// What RMSNorm adds to the mean square.
    pub rms_norm_eps: f64,
    /// Base of the rotary frequencies: pair `i` turns by `rope_theta^(-2i / head_dim)` radians
    /// per position.
    pub rope_theta: f64,
    /// Whether the logits layer uses the embedding table instead of weights of its own.
    pub tie_word_embeddings: bool,
}

impl Config {
    /// Elements of a token's queries: query heads times `head_dim`.
    pub fn query_size(&self) -> usize {
        self.num_attention_heads * self.head_dim
    }

    /// Elements of a token's keys, and of its values: key and value heads times `head_dim`.
    pub fn key_value_size(&self) -> usize {
        self.num_key_value_heads * self.head_dim
    }

    /// Parses and checks the JSON text found in the file `path`.
    pub(super) fn parse(json: &str, path: &Path) -> Result<Self, LlamaError> {
        let config: Self =
            serde_json::from_str(json).map_err(|source| LlamaError::ConfigSyntax {
                path: path.to_owned(),
                source,
            })?;
        match config.first_fault() {
            None => Ok(config),
            Some((key, found, expected)) => Err(LlamaError::ConfigValue {
                path: path.to_owned(),
                key,
                found,
                expected,
            }),
        }
    }

    /// The first key with a value that cannot be computed, that value, and what would be right.
    fn first_fault(&self) -> Option<(&'static str, String, String)> {
        let dimensions = [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
            ("head_dim", self.head_dim),
            ("max_position_embeddings", self.max_position_embeddings),
        ];
        for (key, value) in dimensions {
            if value == 0 || value > MAX_DIMENSION {
                return Some((key, value.to_string(), format!("1 to {MAX_DIMENSION}")));
            }
        }
        for (key, value) in [
            ("rms_norm_eps", self.rms_norm_eps),
            ("rope_theta", self.rope_theta),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Some((key, value.to_string(), "a positive number".to_owned()));
            }
        }
        if self.vocab_size != 256 {
            let expected = "256, one token per byte".to_owned();
            return Some(("vocab_size", self.vocab_size.to_string(), expected));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Some((
                "head_dim",
                self.head_dim.to_string(),
                "an even number".to_owned(),
            ));
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            let expected = format!(
                "a divisor of num_attention_heads, {}",
                self.num_attention_heads
            );
            return Some((
                "num_key_value_heads",
                self.num_key_value_heads.to_string(),
                expected,
            ));
        }
        None
    }
}
