//! The sources of a block, and its mutants.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::find;
use crate::mutant::{self, Mutant};
use crate::names::Names;
use crate::schemata::{self, Composed, Mode};
use crate::source::Source;

/// Sources that are no design.
#[derive(Debug, thiserror::Error)]
pub enum DesignError {
    /// Not readable, or not text.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The parser gave up.
    #[error("`{file}` cannot be parsed; SystemVerilog of at most 4 GiB is needed")]
    Parse {
        /// File.
        file: String,
    },
}

/// Parsed sources.
pub struct Design {
    sources: Vec<Source>,
    mutants: Vec<Mutant>,
}

impl Design {
    /// Reads `sources`, which lie below `root`; those that are not `own` are not mutated.
    ///
    /// # Errors
    ///
    /// [`DesignError::Io`], [`DesignError::Parse`].
    pub fn read(
        root: &Path,
        sources: &[PathBuf],
        own: impl Fn(&str) -> bool,
    ) -> Result<Self, DesignError> {
        let texts = sources
            .iter()
            .map(|path| {
                let text = fs::read_to_string(path).map_err(|source| DesignError::Io {
                    path: path.clone(),
                    source,
                })?;
                let file = path.strip_prefix(root).unwrap_or(path);
                Ok((file.to_string_lossy().into_owned(), text))
            })
            .collect::<Result<Vec<_>, DesignError>>()?;
        Self::parse(&texts, own)
    }

    /// Parses files, given by name and text, packages first; those that are not `own` are not mutated, and neither is
    /// what is damaged.
    ///
    /// # Errors
    ///
    /// [`DesignError::Parse`].
    pub fn parse(
        files: &[(String, String)],
        own: impl Fn(&str) -> bool,
    ) -> Result<Self, DesignError> {
        let sources = files
            .iter()
            .map(|(file, text)| {
                Source::parse(file, text).ok_or_else(|| DesignError::Parse { file: file.clone() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let names = Names::of(&sources);
        let mut taken = HashMap::new();
        let mut mutants = Vec::new();
        let owned = sources.iter().enumerate();
        for (index, source) in owned.filter(|(_, source)| own(&source.file)) {
            let points = find::points(source, &names);
            mutants.extend(mutant::mutants(index, source, points, &mut taken));
        }
        Ok(Self { sources, mutants })
    }

    /// All mutants, in the order of the sources.
    pub fn mutants(&self) -> &[Mutant] {
        &self.mutants
    }

    /// The sources with some of the design's mutants in them, each under its number, which is at least 1.
    pub fn compose(&self, mutants: &[(u32, &Mutant)], mode: Mode) -> Composed {
        let edits: Vec<_> = mutants
            .iter()
            .flat_map(|(number, mutant)| {
                mutant
                    .edits
                    .iter()
                    .map(|edit| (mutant.index, *number, edit))
            })
            .collect();
        schemata::compose(&self.sources, &edits, mode)
    }
}
