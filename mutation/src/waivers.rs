//! Mutants that no test can find: `mutants.toml` beside the RTL.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::source::normalised;
use crate::{Kind, Mutant};

/// Says that a mutant is equivalent to the RTL.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Module or package.
    pub module: String,
    /// Kind.
    pub kind: Kind,
    /// The lines that it stands in, white space and comments aside.
    pub from: String,
    /// The same with the fault.
    pub to: String,
    /// Why nothing can tell them apart.
    pub reason: String,
}

impl Waiver {
    /// Whether it is about this mutant; where the same lines stand in a module twice, it is about both.
    pub fn covers(&self, mutant: &Mutant) -> bool {
        self.module == mutant.module
            && self.kind == mutant.kind
            && normalised(&self.from) == mutant.from
            && normalised(&self.to) == mutant.to
    }
}

/// The waivers of a block.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverList {
    /// Configuration that the mutants are tried in; the block's first, without it.
    #[serde(default)]
    pub config: Option<String>,
    /// The waivers, in the file's order.
    #[serde(default, rename = "mutant")]
    pub mutants: Vec<Waiver>,
}

/// A list of waivers that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// Not readable.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// Not the right form.
    #[error("{}: {message}", path.display())]
    Malformed {
        /// File.
        path: PathBuf,
        /// Line, column and expectation.
        message: String,
    },
    /// A waiver without a reason.
    #[error("{}: the waiver of `{from}` in `{module}` has no reason; say why no test can find it", path.display())]
    NoReason {
        /// File.
        path: PathBuf,
        /// Module.
        module: String,
        /// Lines.
        from: String,
    },
    /// A waiver that is about no mutant.
    #[error(
        "{}: no {kind} mutant of `{module}` makes `{from}` into `{to}`; the waiver is to go, or to follow the RTL", path.display()
    )]
    Unmatched {
        /// File.
        path: PathBuf,
        /// Module.
        module: String,
        /// Kind.
        kind: Kind,
        /// Lines.
        from: String,
        /// Lines with the fault.
        to: String,
    },
}

/// Reads a block's waivers, of which each has to be about one of its mutants; none if there is no file.
///
/// # Errors
///
/// [`WaiverError`].
pub fn read(path: &Path, mutants: &[Mutant]) -> Result<WaiverList, WaiverError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(WaiverList::default());
        }
        Err(source) => {
            return Err(WaiverError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    let list: WaiverList = toml::from_str(&text).map_err(|error| WaiverError::Malformed {
        path: path.to_owned(),
        message: error.to_string(),
    })?;
    for waiver in &list.mutants {
        let Waiver {
            module,
            kind,
            from,
            to,
            reason,
        } = waiver.clone();
        let path = path.to_owned();
        if reason.trim().is_empty() {
            return Err(WaiverError::NoReason { path, module, from });
        }
        if !mutants.iter().any(|mutant| waiver.covers(mutant)) {
            return Err(WaiverError::Unmatched {
                path,
                module,
                kind,
                from,
                to,
            });
        }
    }
    Ok(list)
}
