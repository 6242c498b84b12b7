//! Where things are.

use std::path::{Path, PathBuf};

use gpnpu_bridge::builder::Builder;
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::toolchain::Toolchain;

use crate::exit::CommandError;

/// A checkout of the project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its root folder.
    pub root: PathBuf,
}

impl Project {
    /// The project of `GPNPU_ROOT`, else the one that the current folder lies in.
    pub fn find() -> Result<Self, CommandError> {
        let start = match std::env::var_os("GPNPU_ROOT").filter(|value| !value.is_empty()) {
            Some(root) => PathBuf::from(root),
            None => std::env::current_dir().map_err(CommandError::unforeseen)?,
        };
        let found = start
            .ancestors()
            .find(|folder| folder.join("rtl/configs.toml").is_file());
        let root = found.ok_or_else(|| {
            CommandError::usage(format!(
                "`{}` is not inside a checkout: no rtl/configs.toml in it or above (set GPNPU_ROOT)",
                start.display()
            ))
        })?;
        let root = root.canonicalize().map_err(CommandError::unforeseen)?;
        Ok(Self { root })
    }

    /// The blocks.
    pub fn manifest(&self) -> Result<Manifest, CommandError> {
        Ok(Manifest::read(&self.root.join("rtl"))?)
    }

    /// Headers, libraries, kernels and programs of the SIMT processor.
    pub fn simt(&self) -> PathBuf {
        self.root.join("simt")
    }

    /// Where everything is written.
    pub fn output(&self) -> PathBuf {
        self.root.join(".gpnpu")
    }

    /// The database of all regressions: the file of `GPNPU_HISTORY`, else one beside everything else that is written.
    pub fn history(&self) -> PathBuf {
        std::env::var_os("GPNPU_HISTORY")
            .filter(|value| !value.is_empty())
            .map_or_else(|| self.output().join("history.db"), PathBuf::from)
    }

    /// Where the runs of the history have their files: beside it, so that two histories do not share them.
    pub fn runs(&self) -> PathBuf {
        self.history().with_extension("runs")
    }

    /// A builder of the project's blocks, with the project's cache.
    pub fn builder(&self) -> Result<Builder, CommandError> {
        self.builder_of(self.manifest()?)
    }

    /// A builder of these blocks, with the project's cache.
    pub fn builder_of(&self, manifest: Manifest) -> Result<Builder, CommandError> {
        // Said once, here, rather than by every model.
        let output = self.output();
        std::fs::create_dir_all(&output).map_err(|e| {
            CommandError::unforeseen(format!("cannot create `{}`: {e}", output.display()))
        })?;
        let toolchain = Toolchain::find(&self.root)?;
        Ok(Builder::new(
            toolchain,
            manifest,
            self.output().join("cache"),
        ))
    }

    /// A path for people: relative to the current folder where that is shorter.
    pub fn show(&self, path: &Path) -> String {
        let current = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(&current)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}
