//! Tests against the model of `models/byte_llama`, whose fixture its training framework wrote.

mod forward;
mod load;

use std::path::PathBuf;

use super::Llama;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/byte_llama")
}

fn model() -> Llama {
    Llama::load(&folder().join("model.safetensors")).expect("the committed model loads")
}

fn prompt() -> Vec<u8> {
    std::fs::read(folder().join("prompt.txt")).expect("the prompt is there")
}
