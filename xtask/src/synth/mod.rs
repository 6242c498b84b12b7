//! Synthesis of the blocks: does each become gates, how many, and how deep between registers?
//!
//! Yosys with the slang front end is a second, stricter reading of the RTL than Verilator's. A block is flattened and
//! mapped to two-input gates; nothing is optimised across what a technology mapper would restructure, so that the
//! figures compare blocks and revisions, not processes. Memories stay memories.

mod cache;
mod report;
mod yosys;

use serde::{Deserialize, Serialize};

use crate::check::Outcome;
use crate::manifest::{self, Block, Config, ManifestError};
use crate::pool;
use crate::project::Project;

/// Most two-input gates between two registers: what one pipeline stage may hold.
pub(crate) const MAX_DEPTH: u32 = 45;

/// What synthesis found in one configuration of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Combinational cells: two-input gates, inverters, multiplexers.
    pub(crate) gates: u64,
    /// Register bits outside memories.
    pub(crate) flops: u64,
    /// Bits of memories.
    pub(crate) memory_bits: u64,
    /// Level-sensitive storage bits; any is an error.
    pub(crate) latches: u64,
    /// Cells that are not hardware of any of these kinds; any is an error.
    pub(crate) other: Vec<String>,
    /// Gates on the longest path that no register interrupts.
    pub(crate) depth: u32,
    /// Where that path begins.
    pub(crate) from: String,
    /// Where it ends.
    pub(crate) to: String,
}

impl Figures {
    /// What is not allowed about them.
    pub(crate) fn offences(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.latches > 0 {
            found.push(format!("{} latches; none is allowed", self.latches));
        }
        if !self.other.is_empty() {
            found.push(format!(
                "cells that are no gates: {}",
                self.other.join(", ")
            ));
        }
        if self.depth > MAX_DEPTH {
            found.push(format!(
                "{} gates from `{}` to `{}`; at most {MAX_DEPTH} are allowed",
                self.depth, self.from, self.to
            ));
        }
        if self.gates == 0 {
            found.push("no gates at all: nothing was synthesised".to_owned());
        }
        found
    }
}

/// One configuration of a block and what became of it.
pub(crate) struct Row {
    /// Stem of the block.
    pub(crate) block: String,
    /// Name of the configuration.
    pub(crate) config: String,
    /// The figures, or what yosys said.
    pub(crate) result: Result<Figures, String>,
}

impl Row {
    /// `Ok` if the figures exist and are allowed.
    fn verdict(&self) -> Result<(), String> {
        let offences = match &self.result {
            Ok(figures) => figures.offences(),
            Err(error) => vec![error.clone()],
        };
        if offences.is_empty() {
            return Ok(());
        }
        let (block, config) = (&self.block, &self.config);
        Err(offences
            .iter()
            .map(|offence| format!("{block} in configuration {config}: {offence}"))
            .collect::<Vec<_>>()
            .join("\n"))
    }
}

/// How `cargo xtask synth` prints.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON value.
    Json,
    /// For documents.
    Markdown,
}

/// `cargo xtask synth`; true if everything that was asked for is allowed.
///
/// # Errors
///
/// [`ManifestError`] if `rtl/configs.toml` is wrong or lacks what was asked for.
pub(crate) fn command(
    project: &Project,
    block: Option<&str>,
    config: Option<&str>,
    format: Format,
    fresh: bool,
) -> Result<bool, ManifestError> {
    let blocks = manifest::read(&project.rtl())?;
    let chosen: Vec<&Block> = match block {
        Some(name) => vec![manifest::find(&blocks, name)?],
        None => blocks.iter().collect(),
    };
    let mut jobs: Vec<(&Block, &Config)> = Vec::new();
    for block in chosen {
        match config {
            Some(name) => jobs.push((block, block.config(name)?)),
            None => jobs.extend(listed(block)),
        }
    }
    let rows = synthesise(project, &jobs, fresh);
    match format {
        Format::Table => print!("{}", report::table(&rows)),
        Format::Json => println!("{}", report::json(&rows)),
        Format::Markdown => print!("{}", report::markdown(&rows)),
    }
    let offences: Vec<String> = rows.iter().filter_map(|row| row.verdict().err()).collect();
    for offence in &offences {
        eprintln!("error: {offence}");
    }
    Ok(offences.is_empty())
}

/// The step of `cargo xtask check`.
pub(crate) fn step(project: &Project) -> Outcome {
    let blocks = match manifest::read(&project.rtl()) {
        Ok(blocks) => blocks,
        Err(error) => return Outcome::failure(error.to_string()),
    };
    let jobs: Vec<_> = blocks.iter().flat_map(listed).collect();
    let rows = synthesise(project, &jobs, false);
    Outcome::of("configurations", rows.iter().map(Row::verdict).collect())
}

/// The configurations of `block` that its `synth` list names.
fn listed(block: &Block) -> impl Iterator<Item = (&Block, &Config)> {
    let named = |config: &&Config| block.synth.contains(&config.name);
    block
        .configs
        .iter()
        .filter(named)
        .map(move |config| (block, config))
}

fn synthesise(project: &Project, jobs: &[(&Block, &Config)], fresh: bool) -> Vec<Row> {
    let prepared = yosys::prepare(project);
    pool::map(jobs, |(block, config)| Row {
        block: block.stem.clone(),
        config: config.name.clone(),
        result: prepared
            .clone()
            .and_then(|()| cache::figures(project, block, config, fresh)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            gates: 10,
            depth: MAX_DEPTH,
            from: "a_q".into(),
            to: "b_q".into(),
            ..Figures::default()
        }
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert_eq!(figures().offences(), Vec::<String>::new());
    }

    #[test]
    fn each_offence_is_seen() {
        let offences = |change: fn(&mut Figures)| {
            let mut figures = figures();
            change(&mut figures);
            figures.offences()
        };
        assert_eq!(
            offences(|f| f.depth += 1),
            ["46 gates from `a_q` to `b_q`; at most 45 are allowed"]
        );
        assert_eq!(offences(|f| f.latches = 3), ["3 latches; none is allowed"]);
        assert_eq!(
            offences(|f| f.other.push("$check".into())),
            ["cells that are no gates: $check"]
        );
        assert_eq!(
            offences(|f| f.gates = 0),
            ["no gates at all: nothing was synthesised"]
        );
    }
}
