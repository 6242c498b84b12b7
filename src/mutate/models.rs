//! The models with all mutants in them.

use std::collections::BTreeSet;
use std::fs;

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Builder, BuiltModel, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_mutation::{Composed, Mode, Mutant};
use tempfile::TempDir;

use super::Subject;
use crate::exit::CommandError;
use crate::project::Project;

/// What the mutants of a block run on.
pub struct Models {
    /// The RTL as it is.
    pub original: BuiltModel,
    /// With all mutants, of which a plusarg selects one.
    pub select: BuiltModel,
    /// Which marks the mutants that would make a difference.
    pub probe: BuiltModel,
    /// Numbers of the mutants that Verilator refuses; they are in neither model.
    pub refused: BTreeSet<u32>,
}

/// Builds the three models; the number of a mutant is its place among those of the subject, from 1.
pub fn build(
    project: &Project,
    builder: &Builder,
    key: &ModelKey,
    subject: &Subject,
) -> Result<Models, CommandError> {
    let mut refused = BTreeSet::new();
    loop {
        let select = Copy::new(project, builder, subject, Mode::Select, &refused)?;
        let probe = Copy::new(project, builder, subject, Mode::Probe, &refused)?;
        let (original, selected, probed) = std::thread::scope(|scope| {
            let selected = scope.spawn(|| select.build(key));
            let probed = scope.spawn(|| probe.build(key));
            let original = builder.build(key, &Silent);
            (original, joined(selected), joined(probed))
        });
        let before = refused.len();
        let select = select.judge(selected, &mut refused)?;
        let probe = probe.judge(probed, &mut refused)?;
        if let (Some(select), Some(probe)) = (select, probe)
            && refused.len() == before
        {
            return Ok(Models {
                original: original?,
                select,
                probe,
                refused,
            });
        }
    }
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// A copy of the RTL with mutants in it.
struct Copy {
    composed: Composed,
    builder: Builder,
    /// Gone when the copy is.
    _folder: TempDir,
}

impl Copy {
    fn new(
        project: &Project,
        builder: &Builder,
        subject: &Subject,
        mode: Mode,
        refused: &BTreeSet<u32>,
    ) -> Result<Self, CommandError> {
        let mutants: Vec<(u32, &Mutant)> = (1..)
            .zip(&subject.mutants)
            .filter(|(number, _)| !refused.contains(number))
            .collect();
        let composed = subject.design.compose(&mutants, mode);
        let folder = tempfile::tempdir().map_err(CommandError::unforeseen)?;
        builder.manifest().copy_rtl(folder.path())?;
        for (file, text) in &composed.files {
            fs::write(folder.path().join(file), text).map_err(CommandError::unforeseen)?;
        }
        let manifest = Manifest::read(folder.path())?;
        Ok(Self {
            composed,
            builder: Builder::new(
                builder.toolchain().clone(),
                manifest,
                project.output().join("cache"),
            ),
            _folder: folder,
        })
    }

    fn build(&self, key: &ModelKey) -> Result<BuiltModel, BridgeError> {
        self.builder.build(key, &Silent)
    }

    /// The model, or none where Verilator refuses mutants, which are added to `refused` then.
    fn judge(
        &self,
        result: Result<BuiltModel, BridgeError>,
        refused: &mut BTreeSet<u32>,
    ) -> Result<Option<BuiltModel>, CommandError> {
        let error = match result {
            Ok(model) => return Ok(Some(model)),
            Err(error) => error,
        };
        let culprits: Vec<u32> = match &error {
            BridgeError::Build { output, .. } => output
                .lines()
                .filter_map(|line| self.culprit(line))
                .collect(),
            _ => Vec::new(),
        };
        if culprits.is_empty() {
            return Err(error.into());
        }
        refused.extend(culprits);
        Ok(None)
    }

    /// The mutant that a line of Verilator's is about: `%Error: npu/dot/npu_dot.sv:12:34: why`.
    fn culprit(&self, line: &str) -> Option<u32> {
        let mut parts = line.strip_prefix('%')?.split(": ").nth(1)?.split(':');
        let (file, line, column) = (parts.next()?, parts.next()?, parts.next()?);
        self.composed
            .at(file, line.parse().ok()?, column.parse().ok()?)
    }
}
