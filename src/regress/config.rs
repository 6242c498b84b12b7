//! Profiles: the embedded defaults, and the project's `gpnpu.toml` over them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::exit::CommandError;

/// The defaults.
const DEFAULTS: &str = include_str!("defaults.toml");

/// Name of the project's file.
pub const FILE: &str = "gpnpu.toml";

/// A number above 0.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Positive(pub f64);

impl TryFrom<f64> for Positive {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        let fine = value > 0.0 && value <= 1e6;
        fine.then_some(Self(value)).ok_or_else(|| {
            format!("`{value}` is out of range; a number above 0, to 1000000, expected")
        })
    }
}

/// A whole number from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Count(pub u64);

impl TryFrom<i64> for Count {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        match u64::try_from(value) {
            Ok(value @ 1..=1_000_000_000_000) => Ok(Self(value)),
            _ => Err(format!(
                "`{value}` is out of range; a whole number from 1 to 10^12 expected"
            )),
        }
    }
}

/// A time: `90s`, `30m`, `2h`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

impl std::str::FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(['s', 'm', 'h']);
        let unit = match &text[digits.len()..] {
            "" | "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        let seconds = digits
            .parse::<u64>()
            .ok()
            .filter(|n| (1..=10_000_000).contains(n));
        match (seconds, unit) {
            (Some(seconds), Some(unit)) => Ok(Self(Duration::from_secs(seconds * unit))),
            _ => Err(format!("`{text}` is not a time; 90s, 30m or 2h expected")),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// What drawn seeds follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootSeed {
    /// The same every time.
    Fixed(u64),
    /// A new one every time.
    Random,
}

impl<'de> Deserialize<'de> for RootSeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number from 0 or \"random\" expected")]
        enum Raw {
            Number(u64),
            Word(String),
        }
        match Raw::deserialize(deserializer)? {
            Raw::Number(number) => Ok(Self::Fixed(number)),
            Raw::Word(word) if word == "random" => Ok(Self::Random),
            Raw::Word(word) => Err(de::Error::custom(format!(
                "`{word}` is no root seed; a number from 0 or \"random\" expected"
            ))),
        }
    }
}

/// What a profile says of some tests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRule {
    /// Of tests whose id contains this.
    pub id: Spanned<String>,
    /// Number of seeds.
    pub seeds: Option<Count>,
    /// Seeds of a round, where they are drawn until a time is over.
    pub weight: Option<Positive>,
    /// Limit of clock cycles.
    pub max_cycles: Option<Count>,
    /// Limit of seconds.
    pub timeout: Option<Count>,
}

/// A seed that once failed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedSeed {
    /// Id of its test.
    pub test: Spanned<String>,
    /// Its configuration; all without.
    pub config: Option<String>,
    /// The seed.
    pub seed: u64,
    /// What it found.
    #[serde(rename = "found")]
    pub _found: String,
}

/// A profile as a file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    inherits: Option<Spanned<String>>,
    /// For people.
    pub description: Option<String>,
    /// Only these blocks.
    pub blocks: Option<Vec<Spanned<String>>>,
    /// Only tests whose id contains one of these.
    pub tests: Option<Vec<String>>,
    /// Not tests whose id contains one of these.
    pub skip: Option<Vec<String>>,
    /// Only these configurations.
    pub configs: Option<Vec<String>>,
    /// Flavour.
    pub flavour: Option<Flavour>,
    /// Times each test's own number of seeds.
    pub scale: Option<Positive>,
    /// Seeds of every test.
    pub seeds: Option<Count>,
    /// Draw seeds until this is over.
    pub time: Option<Time>,
    /// What drawn seeds follow from.
    pub root_seed: Option<RootSeed>,
    /// Limit of clock cycles.
    pub max_cycles: Option<Count>,
    /// Limit of seconds.
    pub timeout: Option<Count>,
    /// Seconds of shrinking.
    pub shrink: Option<u64>,
    /// Kinds of failures that are bundled.
    pub bundles: Option<u64>,
    /// Failures after which nothing more begins.
    pub fail_fast: Option<Count>,
    /// A process for each case.
    pub isolate: Option<bool>,
    /// Per test.
    pub test: Vec<TestRule>,
}

/// Flavour of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Without tracing and coverage.
    Fast,
    /// With tracing.
    Trace,
    /// With code coverage.
    Cover,
}

/// How work is given to Slurm, as a file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SlurmTable {
    options: Option<Vec<String>>,
    batch: Option<Count>,
    max_tasks: Option<Count>,
    requeue: Option<u32>,
    poll: Option<Positive>,
}

/// How work is given to Slurm.
#[derive(Clone, Debug)]
pub struct Slurm {
    /// More arguments of `sbatch`.
    pub options: Vec<String>,
    /// Work of one task.
    pub batch: Duration,
    /// Tasks of one array at most.
    pub max_tasks: usize,
    /// How often a task is queued again.
    pub requeue: u32,
    /// Time between two looks at the queue.
    pub poll: Duration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    profile: BTreeMap<String, Profile>,
    seed: Vec<FixedSeed>,
    slurm: SlurmTable,
}

/// A file with what is needed to point at its text.
struct Source {
    name: String,
    text: String,
    file: File,
}

impl Source {
    fn parse(name: &str, text: String) -> Result<Self, CommandError> {
        match toml::from_str(&text) {
            Ok(file) => Ok(Self {
                name: name.to_owned(),
                text,
                file,
            }),
            Err(error) => {
                let message = error.message().replace('\n', ", ");
                Err(at(name, &text, error.span().unwrap_or(0..0), &message))
            }
        }
    }

    fn error(&self, span: Range<usize>, message: &str) -> CommandError {
        at(&self.name, &self.text, span, message)
    }
}

/// `gpnpu.toml:7:1: ...`
fn at(name: &str, text: &str, span: Range<usize>, message: &str) -> CommandError {
    let before: String = text
        .char_indices()
        .take_while(|(at, _)| *at < span.start)
        .map(|(_, character)| character)
        .collect();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    CommandError::usage(format!("{name}:{line}:{column}: {message}"))
}

/// The project's file over the defaults.
pub struct Config {
    /// The project's first, if it has one.
    sources: Vec<Source>,
}

/// What a configuration may name.
pub struct Known {
    /// Ids of tests.
    pub tests: Vec<String>,
    /// Stems of blocks.
    pub blocks: Vec<String>,
}

impl Config {
    /// Reads the project's file, where there is one.
    ///
    /// Wrong usage, with file, line, column and what was expected, if it is malformed or names what is not there.
    pub fn read(root: &Path, known: &Known) -> Result<Self, CommandError> {
        let path = root.join(FILE);
        let own = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(CommandError::usage(format!(
                    "cannot read `{}`: {error}",
                    path.display()
                )));
            }
        };
        Self::parse(own, known)
    }

    fn parse(own: Option<String>, known: &Known) -> Result<Self, CommandError> {
        let mut sources = Vec::new();
        if let Some(text) = own {
            let source = Source::parse(FILE, text)?;
            check(&source, known)?;
            sources.push(source);
        }
        sources.push(Source::parse("the embedded profiles", DEFAULTS.to_owned())?);
        Ok(Self { sources })
    }

    /// Names and descriptions of all profiles.
    pub fn names(&self) -> Vec<&str> {
        let profiles = self
            .sources
            .iter()
            .flat_map(|source| source.file.profile.keys());
        let mut names: Vec<&str> = profiles.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A profile with all that it inherits.
    pub fn profile(&self, name: &str) -> Result<Profile, CommandError> {
        let mut merged = Profile::default();
        let mut next = Some(name.to_owned());
        let mut seen: Vec<String> = Vec::new();
        let mut named_at: Option<(&Source, Range<usize>)> = None;
        while let Some(name) = next.take() {
            let fail = |message: String| match &named_at {
                Some((source, span)) => source.error(span.clone(), &message),
                None => CommandError::usage(message),
            };
            if seen.contains(&name) {
                seen.push(name);
                return Err(fail(format!(
                    "profiles inherit in a circle: {}",
                    seen.join(", ")
                )));
            }
            let found: Vec<(&Source, &Profile)> = self
                .sources
                .iter()
                .filter_map(|source| Some((source, source.file.profile.get(&name)?)))
                .collect();
            if found.is_empty() {
                let known = self.names().join(", ");
                return Err(fail(format!("profile `{name}` not found (known: {known})")));
            }
            for (_, profile) in &found {
                merged.fill(profile);
            }
            named_at = found.iter().find_map(|(source, profile)| {
                profile
                    .inherits
                    .as_ref()
                    .map(|inherits| (*source, inherits.span()))
            });
            // Each profile of the project that names no other begins with the base.
            let parent = found
                .iter()
                .find_map(|(_, profile)| profile.inherits.as_ref());
            next = match parent {
                Some(parent) => Some(parent.get_ref().clone()),
                None if name != "base" => Some("base".to_owned()),
                None => None,
            };
            seen.push(name);
        }
        // Collected from the most special on: later entries win, so the special ones come last.
        merged.test.reverse();
        Ok(merged)
    }

    /// Seeds that once failed.
    pub fn fixed_seeds(&self) -> Vec<FixedSeed> {
        self.sources
            .iter()
            .flat_map(|source| source.file.seed.clone())
            .collect()
    }

    /// How work is given to Slurm.
    pub fn slurm(&self) -> Slurm {
        let tables = || self.sources.iter().map(|source| &source.file.slurm);
        let seconds = |count: Count| Duration::from_secs(count.0);
        Slurm {
            options: tables()
                .find_map(|table| table.options.clone())
                .unwrap_or_default(),
            batch: tables()
                .find_map(|table| table.batch)
                .map_or(Duration::ZERO, seconds),
            max_tasks: tables()
                .find_map(|table| table.max_tasks)
                .map_or(1, |count| usize::try_from(count.0).unwrap_or(usize::MAX)),
            requeue: tables().find_map(|table| table.requeue).unwrap_or_default(),
            poll: tables()
                .find_map(|table| table.poll)
                .map_or(Duration::ZERO, |poll| Duration::from_secs_f64(poll.0)),
        }
    }
}

impl Profile {
    /// Takes over what is not set.
    fn fill(&mut self, from: &Self) {
        fn take<T: Clone>(into: &mut Option<T>, from: &Option<T>) {
            if into.is_none() {
                into.clone_from(from);
            }
        }
        take(&mut self.description, &from.description);
        take(&mut self.blocks, &from.blocks);
        take(&mut self.tests, &from.tests);
        take(&mut self.skip, &from.skip);
        take(&mut self.configs, &from.configs);
        take(&mut self.flavour, &from.flavour);
        // A number of seeds and a factor say the same in two ways: the more special profile decides.
        if self.scale.is_none() && self.seeds.is_none() {
            self.scale = from.scale;
            self.seeds = from.seeds;
        }
        take(&mut self.time, &from.time);
        take(&mut self.root_seed, &from.root_seed);
        take(&mut self.max_cycles, &from.max_cycles);
        take(&mut self.timeout, &from.timeout);
        take(&mut self.shrink, &from.shrink);
        take(&mut self.bundles, &from.bundles);
        take(&mut self.fail_fast, &from.fail_fast);
        take(&mut self.isolate, &from.isolate);
        self.test.extend(from.test.iter().rev().cloned());
    }
}

/// Whether what a file names is there.
fn check(source: &Source, known: &Known) -> Result<(), CommandError> {
    let list = |names: &[String]| names.join(", ");
    for profile in source.file.profile.values() {
        for block in profile.blocks.iter().flatten() {
            if !known.blocks.contains(block.get_ref()) {
                let message = format!(
                    "block `{}` not found (known: {})",
                    block.get_ref(),
                    list(&known.blocks)
                );
                return Err(source.error(block.span(), &message));
            }
        }
        for rule in &profile.test {
            if !known.tests.iter().any(|id| id.contains(rule.id.get_ref())) {
                let message = format!(
                    "no test contains `{}` (known: {})",
                    rule.id.get_ref(),
                    list(&known.tests)
                );
                return Err(source.error(rule.id.span(), &message));
            }
        }
    }
    for seed in &source.file.seed {
        if !known.tests.contains(seed.test.get_ref()) {
            let message = format!(
                "test `{}` not found (known: {})",
                seed.test.get_ref(),
                list(&known.tests)
            );
            return Err(source.error(seed.test.span(), &message));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
