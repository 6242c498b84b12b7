//! What a run's cases follow from: stored with the run, so that it can be resumed.

use std::collections::HashMap;
use std::time::Duration;

use gpnpu_bridge::builder::{Flavour, ModelKey};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_history::Identity;
use gpnpu_testbenches::kit::{AnyTest, Limits};
use gpnpu_testbenches::runner::{Case, Job};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::config::{self, Config, Count, Profile, RootSeed};
use crate::cli::RegressArgs;
use crate::exit::CommandError;

/// What a run's cases follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Profile.
    pub profile: String,
    /// What drawn seeds follow from.
    pub root_seed: u64,
    /// No new case of a later round begins after so many seconds.
    pub time: Option<u64>,
    /// Failures after which nothing more begins.
    pub fail_fast: Option<u64>,
    /// Seconds of shrinking.
    pub shrink: u64,
    /// Kinds of failures that are bundled.
    pub bundles: u64,
    /// A process for each case.
    pub isolate: bool,
    /// Tests with their configurations.
    pub rows: Vec<SpecRow>,
}

/// One test of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecRow {
    test: String,
    block: String,
    configs: Vec<String>,
    flavour: String,
    /// Seeds that are drawn for the first round.
    drawn: u64,
    /// Seeds of each later round.
    weight: f64,
    max_cycles: u64,
    timeout: u64,
    /// Given seeds, each of one configuration; they run before those that are drawn.
    given: Vec<(String, u64)>,
}

/// A job of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The job.
    pub job: Job,
    /// Its seed was given rather than drawn.
    pub given: bool,
}

/// The key of a case in the history.
pub fn identity(case: &Case) -> Identity {
    Identity {
        test: case.id.clone(),
        config: case.model.config.clone(),
        flavour: case.model.flavour.to_string(),
        seed: case.seed,
    }
}

impl Spec {
    /// What the arguments ask for, under a profile.
    pub fn new(
        args: &RegressArgs,
        config: &Config,
        tests: &[Box<dyn AnyTest>],
        manifest: &Manifest,
    ) -> Result<Self, CommandError> {
        let profile = config.profile(&args.profile)?;
        let known = || {
            tests
                .iter()
                .map(|test| test.id())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let blocks = match &args.blocks[..] {
            [] => profile
                .blocks
                .iter()
                .flatten()
                .map(|block| block.get_ref().clone())
                .collect(),
            blocks => blocks.to_vec(),
        };
        for block in &blocks {
            manifest.block(block)?;
        }
        let filters = match &args.filters[..] {
            [] => profile.tests.clone().unwrap_or_default(),
            filters => filters.to_vec(),
        };
        for filter in &filters {
            if !tests.iter().any(|test| test.id().contains(filter)) {
                return Err(CommandError::usage(format!(
                    "no test contains `{filter}` (known: {})",
                    known()
                )));
            }
        }
        let configs = match &args.configs[..] {
            [] => profile.configs.clone().unwrap_or_default(),
            configs => configs.to_vec(),
        };
        let fixed = config.fixed_seeds();
        let contains = |list: &[String], id: &str| list.iter().any(|part| id.contains(part));
        let mut rows = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for test in tests {
            let (id, block) = (test.id(), test.block());
            let wanted = (filters.is_empty() || contains(&filters, &id))
                && (blocks.is_empty() || blocks.iter().any(|wanted| wanted == block))
                && !contains(profile.skip.as_deref().unwrap_or_default(), &id);
            if !wanted {
                continue;
            }
            let all: Vec<String> = match test.configs() {
                [] => manifest
                    .block(block)?
                    .configs
                    .iter()
                    .map(|config| config.name.clone())
                    .collect(),
                configs => configs.iter().map(|&config| config.to_owned()).collect(),
            };
            for config in &all {
                manifest.block(block)?.config(config)?;
            }
            seen.extend(all.iter().cloned());
            let of_test: Vec<String> = all
                .into_iter()
                .filter(|config| configs.is_empty() || configs.contains(config))
                .collect();
            if of_test.is_empty() {
                continue;
            }
            let given = fixed.iter().filter(|seed| *seed.test.get_ref() == id);
            let given = given.flat_map(|seed| {
                let of_seed =
                    |config: &&String| seed.config.as_ref().is_none_or(|own| own == *config);
                of_test
                    .iter()
                    .filter(of_seed)
                    .map(|config| (config.clone(), seed.seed))
            });
            let given = given.collect();
            rows.push(row(args, &profile, &**test, of_test, given));
        }
        if let Some(config) = configs.iter().find(|config| !seen.contains(config)) {
            seen.sort_unstable();
            seen.dedup();
            return Err(CommandError::usage(format!(
                "no selected test runs in configuration `{config}` (known: {})",
                seen.join(", ")
            )));
        }
        let time = match (args.time, args.seeds) {
            (Some(time), _) => Some(time),
            (None, Some(_)) => None,
            (None, None) => profile.time,
        };
        Ok(Self {
            profile: args.profile.clone(),
            root_seed: match (args.seed, profile.root_seed) {
                (Some(seed), _) | (None, Some(RootSeed::Fixed(seed))) => seed,
                (None, _) => fresh_seed(),
            },
            time: time.map(|time| time.0.as_secs()),
            fail_fast: args.fail_fast.or(profile.fail_fast.map(|count| count.0)),
            shrink: args.shrink.or(profile.shrink).unwrap_or_default(),
            bundles: args.bundles.or(profile.bundles).unwrap_or_default(),
            isolate: args.isolate || profile.isolate.unwrap_or_default(),
            rows,
        })
    }

    /// Limits of clock cycles by test.
    pub fn cycle_limits(&self) -> HashMap<String, u64> {
        let rows = self.rows.iter();
        rows.map(|row| (row.test.clone(), row.max_cycles)).collect()
    }

    /// Keeps these cases alone.
    pub fn only(&mut self, cases: &[Identity]) {
        for row in &mut self.rows {
            let of_row = cases
                .iter()
                .filter(|case| case.test == row.test && case.flavour == row.flavour);
            let of_row = of_row.filter(|case| row.configs.contains(&case.config));
            row.given = of_row
                .map(|case| (case.config.clone(), case.seed))
                .collect();
            row.drawn = 0;
        }
        self.time = None;
        self.rows.retain(|row| !row.given.is_empty());
    }

    /// The jobs of a round: round 0 has given seeds and the first drawn ones, each later round so many more as the tests' weights
    /// say.
    pub fn round(
        &self,
        round: u64,
        tests: &[Box<dyn AnyTest>],
    ) -> Result<Vec<Planned>, CommandError> {
        let mut jobs: Vec<Planned> = Vec::new();
        for row in &self.rows {
            let known = tests.iter().position(|test| test.id() == row.test);
            let test = known.ok_or_else(|| {
                CommandError::usage(format!("test `{}` is no longer there", row.test))
            })?;
            let flavour: Flavour = row.flavour.parse()?;
            let job = |config: &String, seed| Job {
                case: Case {
                    test,
                    id: row.test.clone(),
                    model: ModelKey {
                        block: row.block.clone(),
                        config: config.clone(),
                        flavour,
                    },
                    seed,
                },
                limits: Limits {
                    cycles: row.max_cycles,
                    wall: Duration::from_secs(row.timeout),
                },
            };
            let upto = |round: u64| row.drawn + (row.weight * round as f64) as u64;
            let drawn = if round == 0 {
                0..row.drawn
            } else {
                upto(round - 1)..upto(round)
            };
            if round == 0 {
                for (index, (config, seed)) in row.given.iter().enumerate() {
                    if !row.given[..index].contains(&(config.clone(), *seed)) {
                        jobs.push(Planned {
                            job: job(config, *seed),
                            given: true,
                        });
                    }
                }
            }
            for config in &row.configs {
                for number in drawn.clone() {
                    let seed = draw(self.root_seed, &row.test, number);
                    if !row.given.contains(&(config.clone(), seed)) {
                        jobs.push(Planned {
                            job: job(config, seed),
                            given: false,
                        });
                    }
                }
            }
        }
        Ok(jobs)
    }
}

fn row(
    args: &RegressArgs,
    profile: &Profile,
    test: &dyn AnyTest,
    configs: Vec<String>,
    given: Vec<(String, u64)>,
) -> SpecRow {
    let id = test.id();
    let rules: Vec<_> = profile
        .test
        .iter()
        .filter(|rule| id.contains(rule.id.get_ref()))
        .collect();
    let count = |of: fn(&config::TestRule) -> Option<Count>| {
        rules.iter().rev().find_map(|rule| of(rule)).map(|n| n.0)
    };
    let own = match (profile.seeds, profile.scale) {
        (Some(seeds), _) => seeds.0,
        (None, scale) => {
            (test.iterations() as f64 * scale.map_or(1.0, |scale| scale.0)).ceil() as u64
        }
    };
    let weight = rules
        .iter()
        .rev()
        .find_map(|rule| rule.weight)
        .map_or(1.0, |weight| weight.0);
    let asked = args.time.is_some() || (profile.time.is_some() && args.seeds.is_none());
    let drawn = match args.seeds {
        Some(seeds) => seeds,
        None if asked => weight.ceil() as u64,
        None => count(|rule| rule.seeds).unwrap_or(own),
    };
    let number = |count: Option<Count>| count.map_or(1, |count| count.0);
    let flavour = match (&args.flavour, profile.flavour) {
        (Some(flavour), _) => *flavour,
        (None, flavour) => match flavour {
            Some(config::Flavour::Cover) => Flavour::Cover,
            Some(config::Flavour::Trace) => Flavour::Trace,
            Some(config::Flavour::Fast) | None => Flavour::Fast,
        },
    };
    SpecRow {
        block: test.block().to_owned(),
        configs,
        flavour: flavour.to_string(),
        drawn,
        weight,
        max_cycles: args
            .max_cycles
            .or(count(|rule| rule.max_cycles))
            .unwrap_or(number(profile.max_cycles)),
        timeout: args
            .timeout
            .or(count(|rule| rule.timeout))
            .unwrap_or(number(profile.timeout)),
        given,
        test: id,
    }
}

/// The seed of this number of a test: 48 bits, that no two of a run are likely to share.
fn draw(root: u64, test: &str, number: u64) -> u64 {
    let hash = Sha256::new()
        .chain_update(b"seed of a regression")
        .chain_update(root.to_le_bytes())
        .chain_update(number.to_le_bytes())
        .chain_update(test)
        .finalize();
    hash[..6]
        .iter()
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// A root seed that no run has had.
fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let hash = Sha256::digest(format!(
        "{:?} {}",
        now.unwrap_or_default(),
        std::process::id()
    ));
    hash[..4]
        .iter()
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
