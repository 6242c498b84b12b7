//! Which configuration a trace runs on.

use std::fs;
use std::path::Path;

use gpnpu_bridge::manifest::{Block, Config, read_parameters};
use gpnpu_golden::mem3d::timing::TimingSet;

use crate::exit::CommandError;
use crate::project::Project;

/// A configuration with its timing set.
#[derive(Debug)]
pub struct Choice {
    /// What is built.
    pub config: Config,
    /// The configuration that it is or was made from.
    pub base: String,
    /// The timing set, for people.
    pub timing: String,
}

/// The configuration `name`, or the block's first, with the parameters of a timing set: a name or a file.
///
/// # Errors
///
/// Of wrong usage: unknown names, a file that is no timing set, with the place of what is wrong.
pub fn choose(
    project: &Project,
    block: &Block,
    name: Option<&str>,
    timing: Option<&str>,
) -> Result<Choice, CommandError> {
    let base = match name {
        Some(name) => block.config(name)?,
        None => &block.configs[0],
    };
    let Some(timing) = timing else {
        return Ok(Choice {
            config: base.clone(),
            base: base.name.clone(),
            timing: "its own timing".to_owned(),
        });
    };
    let is_file = timing.ends_with(".toml");
    let path = match is_file {
        true => Path::new(timing).to_owned(),
        false => {
            TimingSet::named(timing)
                .map_err(|e| CommandError::usage(format!("{e}; a file's name ends in .toml")))?;
            project.root.join(format!("rtl/mem3d/timing/{timing}.toml"))
        }
    };
    let shown = project.show(&path);
    let text = fs::read_to_string(&path)
        .map_err(|e| CommandError::usage(format!("cannot read `{shown}`: {e}")))?;
    TimingSet::parse(&shown, &text).map_err(CommandError::usage)?;
    let mut config = base.clone();
    config.parameters.extend(read_parameters(&path)?);
    if config.parameters != base.parameters {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let plain = stem.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
        config.name = format!("{}-{plain}", base.name);
    }
    Ok(Choice {
        config,
        base: base.name.clone(),
        timing: timing.to_owned(),
    })
}
