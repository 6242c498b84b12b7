//! What can go wrong between RTL and a running model.

use std::path::{Path, PathBuf};

/// Errors of this crate; each names the culprit and what would have been right.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// A file could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// "read", "write", ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// `configs.toml` is not what it should be.
    #[error("{}: {message}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Line, column and expectation.
        message: String,
    },
    /// No block of that name.
    #[error("block `{name}` not found (known: {known})")]
    UnknownBlock {
        /// What was asked for.
        name: String,
        /// All blocks.
        known: String,
    },
    /// No configuration of that name.
    #[error("configuration `{name}` of block `{block}` not found (known: {known})")]
    UnknownConfig {
        /// The block.
        block: String,
        /// What was asked for.
        name: String,
        /// All configurations of the block.
        known: String,
    },
    /// No flavour of that name.
    #[error("flavour `{name}` not found (known: fast, trace, cover)")]
    UnknownFlavour {
        /// What was asked for.
        name: String,
    },
    /// A tool is missing.
    #[error("{tool} not found: {hint}")]
    MissingTool {
        /// The tool.
        tool: &'static str,
        /// What to do.
        hint: String,
    },
    /// Verilator or the C++ compiler refused.
    #[error("{stage} of {model} failed\n{output}")]
    Build {
        /// "verilation", "C++ compilation" or "link".
        stage: &'static str,
        /// Block, configuration and flavour.
        model: String,
        /// The tool's own words, with RTL file and line where it gives them.
        output: String,
    },
    /// The elaborated ports cannot be driven.
    #[error("ports of `{block}`: {message}")]
    Ports {
        /// The block.
        block: String,
        /// The port and what is wrong with it.
        message: String,
    },
    /// The shared object could not be loaded.
    #[error("cannot load the model {model}: {message}")]
    Load {
        /// Block, configuration and flavour.
        model: String,
        /// The loader's words.
        message: String,
    },
    /// The model's flavour lacks what was asked of it.
    #[error("{model} was built without {feature} (use flavour `{flavour}`)")]
    Flavour {
        /// Block, configuration and flavour.
        model: String,
        /// "tracing" or "coverage".
        feature: &'static str,
        /// The flavour that has it.
        flavour: &'static str,
    },
}

impl BridgeError {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
