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
    // A configuration that has these parameters already may have been built.
    let mut known = block.configs.iter();
    config.name = match known.find(|known| known.parameters == config.parameters) {
        Some(known) => known.name.clone(),
        None => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let plain = stem.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
            format!("{}-{plain}", base.name)
        }
    };
    Ok(Choice {
        config,
        base: base.name.clone(),
        timing: timing.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(config: Option<&str>, timing: Option<&str>) -> Choice {
        let project = Project {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).to_owned(),
        };
        let manifest = project.manifest().unwrap();
        choose(&project, manifest.block("mem3d").unwrap(), config, timing).unwrap()
    }

    #[test]
    fn a_timing_set_replaces_that_of_the_configuration_and_nothing_else() {
        let own = chosen(Some("hbm3_v8"), None);
        let same = chosen(Some("hbm3_v8"), Some("hbm3"));
        assert_eq!(same.config, own.config);
        let other = chosen(Some("hbm3_v8"), Some("hb3d"));
        assert_eq!(
            (other.config.name.as_str(), other.base.as_str()),
            ("hbm3_v8-hb3d", "hbm3_v8")
        );
        let vaults = |choice: &Choice| choice.config.parameters["Vaults"].clone();
        assert_eq!(vaults(&other), vaults(&own));
        assert_ne!(other.config.parameters["TRc"], own.config.parameters["TRc"]);
    }

    #[test]
    fn a_configuration_that_is_the_same_is_taken() {
        assert_eq!(chosen(Some("hbm3"), Some("hb3d")).config.name, "hb3d");
    }
}
