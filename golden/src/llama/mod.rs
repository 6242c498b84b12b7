//! A small Llama language model in f32: the reference for running real layers on the NPU.
//!
//! [`Llama::load`] reads a `safetensors` file with Hugging Face tensor names (the one kept in
//! `models/byte_llama` predicts English text byte by byte). [`Llama::forward`] hands every linear
//! layer, with its real activations and weights, to the caller, who may compute it on the RTL, in
//! another number format or with [`Matrix::linear`]; the rest of the model stays in f32. The loss
//! that comes out, [`bits_per_byte`], shows what the caller's arithmetic costs the model.
//!
//! The definition is that of the Llama papers as Hugging Face implements it: RMSNorm before each
//! half of a layer, rotary positions, grouped-query attention, a SwiGLU feed-forward half.
//! Weights, activations and results of each operation are f32; sums over many terms (dot products,
//! norms, softmax) are kept in f64 and rounded once.

mod config;
mod error;
mod forward;
mod matrix;
mod weights;

pub use config::{Activation, Architecture, Config};
pub use error::LlamaError;
pub use forward::{LinearCall, LinearKind, bits_per_byte};
pub use matrix::Matrix;
pub use weights::Llama;

#[cfg(test)]
mod tests;
