//! Planted faults: one-line changes of the RTL that the block's tests have to catch.

use std::fs;
use std::path::{Path, PathBuf};

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::manifest::{Block, Manifest};
use serde::Deserialize;

/// One planted fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Unique name.
    pub name: String,
    /// Source, relative to `rtl/`.
    pub file: String,
    /// Text that occurs exactly once in the source.
    pub find: String,
    /// What replaces it.
    pub replace: String,
    /// What is wrong then.
    pub why: String,
    /// Why it cannot be seen at the ports, for a fault that is known to survive.
    #[serde(default)]
    pub survives: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    fault: Vec<Fault>,
}

/// A list that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
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
    /// The text to replace is not there, or more than once.
    #[error(
        "fault `{fault}`: the text to replace occurs {count} times in `{file}`; exactly once is needed"
    )]
    NotUnique {
        /// Fault.
        fault: String,
        /// Source.
        file: String,
        /// Occurrences.
        count: usize,
    },
    /// The copy of the RTL could not be made.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
}

/// Reads a block's `faults.toml`.
///
/// # Errors
///
/// [`FaultError::Io`], [`FaultError::Malformed`], or [`FaultError::NotUnique`] for a fault that no longer fits the RTL.
pub fn read(manifest: &Manifest, block: &Block) -> Result<Vec<Fault>, FaultError> {
    let path = block.folder().join("faults.toml");
    let text = fs::read_to_string(&path).map_err(|source| FaultError::Io {
        path: path.clone(),
        source,
    })?;
    let list: List = toml::from_str(&text).map_err(|e| FaultError::Malformed {
        path: path.clone(),
        message: e.to_string(),
    })?;
    for fault in &list.fault {
        patched(manifest, fault)?;
    }
    Ok(list.fault)
}

fn patched(manifest: &Manifest, fault: &Fault) -> Result<String, FaultError> {
    let path = manifest.root.join(&fault.file);
    let source = fs::read_to_string(&path).map_err(|source| FaultError::Io { path, source })?;
    let count = source.matches(&fault.find).count();
    if count != 1 {
        return Err(FaultError::NotUnique {
            fault: fault.name.clone(),
            file: fault.file.clone(),
            count,
        });
    }
    Ok(source.replacen(&fault.find, &fault.replace, 1))
}

/// Copies the RTL into `folder` with the fault planted.
///
/// # Errors
///
/// As [`read`].
pub fn plant(manifest: &Manifest, fault: &Fault, folder: &Path) -> Result<Manifest, FaultError> {
    copy(&manifest.root, folder)?;
    let path = folder.join(&fault.file);
    fs::write(&path, patched(manifest, fault)?)
        .map_err(|source| FaultError::Io { path, source })?;
    Ok(Manifest::read(folder)?)
}

fn copy(from: &Path, to: &Path) -> Result<(), FaultError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| FaultError::Io { path, source }
    };
    fs::create_dir_all(to).map_err(io(to))?;
    for item in fs::read_dir(from).map_err(io(from))? {
        let item = item.map_err(io(from))?;
        let (path, target) = (item.path(), to.join(item.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(io(&path))?;
        }
    }
    Ok(())
}
