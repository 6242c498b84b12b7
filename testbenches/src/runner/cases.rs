//! Which cases a run has.

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Flavour, ModelKey};
use gpnpu_bridge::manifest::Manifest;

use crate::kit::AnyTest;

/// One run of one test in one configuration with one seed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// Index into the tests.
    pub test: usize,
    /// `npu_dot::random`.
    pub id: String,
    /// What it runs on.
    pub model: ModelKey,
    /// Seed.
    pub seed: u64,
}

impl Case {
    /// The command that runs this case again.
    pub fn repeat(&self) -> String {
        let flavour = match self.model.flavour {
            Flavour::Fast => String::new(),
            flavour => format!(" --flavour {flavour}"),
        };
        format!(
            "./gpnpu run {} --config {} --seed {:#x}{flavour}",
            self.id, self.model.config, self.seed
        )
    }
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// A test runs if its id contains one of these; all run if there is none.
    pub filters: Vec<String>,
    /// Only these configurations; all if there is none.
    pub configs: Vec<String>,
    /// Seeds of each test, instead of its own number.
    pub iterations: Option<u64>,
    /// First seed.
    pub seed: u64,
    /// Flavour of the models.
    pub flavour: Flavour,
}

/// Why nothing can be run.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// A filter that fits no test.
    #[error("no test contains `{filter}` (known: {known})")]
    UnknownTest {
        /// The filter.
        filter: String,
        /// All tests.
        known: String,
    },
    /// A configuration that no selected test runs in.
    #[error("no selected test runs in configuration `{config}` (known: {known})")]
    UnknownConfig {
        /// The configuration.
        config: String,
        /// Those that they run in.
        known: String,
    },
    /// A test names a block or configuration that does not exist.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
}

/// The cases of a selection, in the order of the tests, configurations and seeds.
///
/// # Errors
///
/// [`SelectError`] names what is unknown and lists what is known.
pub fn select(
    tests: &[Box<dyn AnyTest>],
    manifest: &Manifest,
    selection: &Selection,
) -> Result<Vec<Case>, SelectError> {
    let mut cases = Vec::new();
    let mut configs_seen: Vec<String> = Vec::new();
    for filter in &selection.filters {
        if !tests.iter().any(|test| test.id().contains(filter)) {
            let known = tests
                .iter()
                .map(|test| test.id())
                .collect::<Vec<_>>()
                .join(", ");
            return Err(SelectError::UnknownTest {
                filter: filter.clone(),
                known,
            });
        }
    }
    for (index, test) in tests.iter().enumerate() {
        let id = test.id();
        if !selection.filters.is_empty()
            && !selection.filters.iter().any(|filter| id.contains(filter))
        {
            continue;
        }
        let block = manifest.block(test.block())?;
        let configs: Vec<&str> = if test.configs().is_empty() {
            block
                .configs
                .iter()
                .map(|config| config.name.as_str())
                .collect()
        } else {
            test.configs().to_vec()
        };
        for config in configs {
            block.config(config)?;
            if !configs_seen.iter().any(|seen| seen == config) {
                configs_seen.push(config.to_owned());
            }
            if !selection.configs.is_empty()
                && !selection.configs.iter().any(|wanted| wanted == config)
            {
                continue;
            }
            for iteration in 0..selection.iterations.unwrap_or(test.iterations()) {
                cases.push(Case {
                    test: index,
                    id: id.clone(),
                    model: ModelKey {
                        block: test.block().to_owned(),
                        config: config.to_owned(),
                        flavour: selection.flavour,
                    },
                    seed: selection.seed.wrapping_add(iteration),
                });
            }
        }
    }
    if let Some(config) = selection
        .configs
        .iter()
        .find(|wanted| !configs_seen.contains(wanted))
    {
        return Err(SelectError::UnknownConfig {
            config: config.clone(),
            known: configs_seen.join(", "),
        });
    }
    Ok(cases)
}
