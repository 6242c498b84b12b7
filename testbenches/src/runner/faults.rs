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
    /// Configuration of the block that shows it, where that of the list does not or takes longer.
    #[serde(default)]
    pub config: Option<String>,
    /// Why it cannot be seen at the ports, for a fault that is known to survive.
    #[serde(default)]
    pub survives: Option<String>,
}

/// The faults of a block.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultList {
    /// Configuration that shows those that name none; the block's first, without it.
    #[serde(default)]
    config: Option<String>,
    /// The faults, in the file's order.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
}

impl FaultList {
    /// The configuration of `block` that shows `fault`: its own, else the list's, else the block's first.
    pub fn config<'a>(&'a self, block: &'a Block, fault: &'a Fault) -> &'a str {
        let named = fault.config.as_deref().or(self.config.as_deref());
        named.unwrap_or(&block.configs[0].name)
    }
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
    /// A fault or the list names a configuration that the block does not have.
    #[error("{of}: {source}")]
    UnknownConfig {
        /// Which fault, or the file.
        of: String,
        /// The configuration, and those that there are.
        source: BridgeError,
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
/// [`FaultError::Io`], [`FaultError::Malformed`], [`FaultError::UnknownConfig`], or [`FaultError::NotUnique`] for a fault
/// that no longer fits the RTL.
pub fn read(manifest: &Manifest, block: &Block) -> Result<FaultList, FaultError> {
    let path = block.folder().join("faults.toml");
    let text = fs::read_to_string(&path).map_err(|source| FaultError::Io {
        path: path.clone(),
        source,
    })?;
    let list: FaultList = toml::from_str(&text).map_err(|e| FaultError::Malformed {
        path: path.clone(),
        message: e.to_string(),
    })?;
    known(block, list.config.as_ref(), || path.display().to_string())?;
    for fault in &list.faults {
        known(block, fault.config.as_ref(), || {
            format!("fault `{}`", fault.name)
        })?;
        patched(manifest, fault)?;
    }
    Ok(list)
}

fn known(
    block: &Block,
    config: Option<&String>,
    of: impl FnOnce() -> String,
) -> Result<(), FaultError> {
    match config.map(|name| block.config(name)) {
        Some(Err(source)) => Err(FaultError::UnknownConfig { of: of(), source }),
        _ => Ok(()),
    }
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
    manifest.copy_rtl(folder)?;
    let path = folder.join(&fault.file);
    fs::write(&path, patched(manifest, fault)?)
        .map_err(|source| FaultError::Io { path, source })?;
    Ok(Manifest::read(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: &str =
        "[[fault]]\nname = 'late'\nfile = 'x/x.sv'\nfind = 'a'\nreplace = 'b'\nwhy = 'test'\n";

    /// Reads `list` as the faults of a block with the configurations `first`, `second` and `third`.
    fn listed(list: &str) -> Result<(FaultList, Block), FaultError> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("x")).unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        write("x/x.sv", "a");
        write("x/faults.toml", list);
        write(
            "configs.toml",
            "[x]\nsources = ['x/x.sv']\n[x.config]\nfirst = {}\nsecond = {}\nthird = {}\n",
        );
        let manifest = Manifest::read(root.path()).unwrap();
        let block = manifest.block("x").unwrap();
        read(&manifest, block).map(|list| (list, block.clone()))
    }

    #[test]
    fn a_fault_is_shown_in_its_own_configuration_else_the_lists_else_the_blocks_first() {
        let own = "config = 'third'\n";
        for (list, expected) in [
            (FAULT.to_owned(), "first"),
            (format!("config = 'second'\n{FAULT}"), "second"),
            (format!("{FAULT}{own}"), "third"),
            (format!("config = 'second'\n{FAULT}{own}"), "third"),
        ] {
            let (list, block) = listed(&list).unwrap();
            assert_eq!(list.config(&block, &list.faults[0]), expected, "{list:?}");
        }
    }

    #[test]
    fn an_unknown_configuration_is_named_with_the_known_ones() {
        let rest = "configuration `fourth` of block `x` not found (known: first, second, third)";
        let message = |list: &str| listed(list).unwrap_err().to_string();
        assert_eq!(
            message(&format!("{FAULT}config = 'fourth'\n")),
            format!("fault `late`: {rest}")
        );
        let of_the_list = message(&format!("config = 'fourth'\n{FAULT}"));
        assert!(
            of_the_list.ends_with(&format!("x/faults.toml: {rest}")),
            "{of_the_list}"
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let message = listed(&format!("{FAULT}configuration = 'first'\n"))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("line 7") && message.contains("`config`"),
            "{message}"
        );
    }

    #[test]
    fn a_text_that_occurs_twice_or_never_names_the_fault() {
        for (find, count) in [("''", 2), ("'c'", 0)] {
            let list = FAULT.replace("'a'", find);
            let message = listed(&list).unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "fault `late`: the text to replace occurs {count} times in `x/x.sv`; exactly once is needed"
                )
            );
        }
    }
}
