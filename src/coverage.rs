//! The coverage of many cases, merged per block, as files and as a report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gpnpu_bridge::manifest::Manifest;
use gpnpu_coverage::code::CodeCoverage;
use gpnpu_coverage::functional::{Counters, PerTest, Record};
use gpnpu_coverage::report::{BlockReport, Report};
use gpnpu_coverage::testplan::{Plan, StageProgress};

use crate::exit::CommandError;
use crate::files;
use crate::project::Project;

#[derive(Default)]
struct OfBlock {
    functional: Option<Counters>,
    per_test: PerTest,
    code: Option<CodeCoverage>,
}

/// Merged coverage; the merge is exact and does not depend on the order of what is added.
#[derive(Default)]
pub struct Merged(BTreeMap<String, OfBlock>);

impl Merged {
    /// Adds functional coverage of a test, unless the block has no coverage model.
    pub fn add_functional(
        &mut self,
        block: &str,
        test: &str,
        record: &Record,
    ) -> Result<(), CommandError> {
        let Some(known) = gpnpu_coverage::block(block) else {
            return Ok(());
        };
        let of_block = self.0.entry(block.to_owned()).or_default();
        of_block
            .functional
            .get_or_insert_with(|| Counters::new((known.model)()))
            .merge_record(record)
            .map_err(CommandError::unforeseen)?;
        of_block
            .per_test
            .add(test, record)
            .map_err(CommandError::unforeseen)
    }

    /// Adds code coverage.
    pub fn add_code(&mut self, block: &str, code: &CodeCoverage) -> Result<(), CommandError> {
        let of_block = self.0.entry(block.to_owned()).or_default();
        of_block
            .code
            .get_or_insert_default()
            .merge(code)
            .map_err(CommandError::unforeseen)
    }

    /// Writes the coverage of each block below `folder`, and grades it. A test that `passed` says so of counts for the testplan.
    /// The paths of the files are added to `written`.
    pub fn report(
        &self,
        project: &Project,
        manifest: &Manifest,
        folder: &Path,
        passed: impl Fn(&str) -> bool,
        written: &mut Vec<String>,
    ) -> Result<Report, CommandError> {
        let mut write = |name: String, bytes: &[u8]| {
            let path = folder.join(name);
            written.push(project.show(&path));
            files::write(&path, bytes)
        };
        let mut blocks = Vec::new();
        for block in gpnpu_coverage::blocks() {
            let stem = block.stem;
            let Some(of_block) = self.0.get(stem) else {
                continue;
            };
            if let Some(code) = &of_block.code {
                write(format!("coverage/{stem}.dat"), code.to_dat().as_bytes())?;
                write(format!("coverage/{stem}.info"), code.to_lcov().as_bytes())?;
            }
            let json = serde_json::to_vec(&of_block.per_test).map_err(CommandError::unforeseen)?;
            write(format!("coverage/{stem}.functional.json"), &json)?;
            blocks.push(BlockReport {
                block: stem.to_owned(),
                functional: of_block.functional.as_ref().map(Counters::grade),
                code: of_block.code.as_ref().map(CodeCoverage::summary),
                plan: plan_progress(project, manifest, stem, &passed)?,
            });
        }
        let report = Report::new(blocks, &[]);
        write(
            "coverage/coverage.json".to_owned(),
            report.to_json().to_string().as_bytes(),
        )?;
        Ok(report)
    }
}

/// How far the block's testplan is met.
fn plan_progress(
    project: &Project,
    manifest: &Manifest,
    stem: &str,
    passed: impl Fn(&str) -> bool,
) -> Result<Vec<StageProgress>, CommandError> {
    let path = manifest.block(stem)?.folder().join("testplan.hjson");
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(Vec::new());
    };
    let plan = Plan::parse(&text, &project.show(&path)).map_err(CommandError::usage)?;
    Ok(plan.progress(passed))
}
