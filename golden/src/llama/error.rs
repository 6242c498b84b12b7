//! The errors of loading a model.

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensorError};

/// Why a file is not a model that can be computed.
#[derive(Debug, thiserror::Error)]
pub enum LlamaError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is no safetensors file, or is incomplete.
    #[error("`{}` is not a complete safetensors file: {source}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SafeTensorError,
    },
    /// The file does not state the shape of its model.
    #[error(
        "`{}` has no metadata key `config` (expected a Llama configuration as JSON)",
        path.display()
    )]
    NoConfig {
        /// The file.
        path: PathBuf,
    },
    /// The configuration is no JSON, lacks a key or has one that is not known.
    #[error("metadata key `config` of `{}`: {source}", path.display())]
    ConfigSyntax {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The configuration has a value that cannot be computed.
    #[error("metadata key `config` of `{}`: `{key}` is {found}, expected {expected}", path.display())]
    ConfigValue {
        /// The file.
        path: PathBuf,
        /// The key inside the configuration.
        key: &'static str,
        /// Its value.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A tensor that the configuration calls for is missing.
    #[error("tensor `{tensor}` not found in `{}` (expected F32, shape {expected:?})", path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor that the configuration does not call for, such as a bias: leaving it out would
    /// compute another model.
    #[error("tensor `{tensor}` in `{}` has no place in the model of its configuration", path.display())]
    UnexpectedTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A tensor's elements are not f32.
    #[error("tensor `{tensor}` in `{}` has elements {found}, expected F32", path.display())]
    ElementType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The type of its elements.
        found: Dtype,
    },
    /// A tensor's shape differs from what the configuration calls for.
    #[error("tensor `{tensor}` in `{}` has shape {found:?}, expected {expected:?}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor has an element that is infinite or no number.
    #[error("tensor `{tensor}` in `{}` has `{value}` at element {index}, expected finite values", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// Position of the first such element, row by row.
        index: usize,
        /// The element.
        value: f32,
    },
}
