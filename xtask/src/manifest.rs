//! `rtl/configs.toml`, as far as the checks need it.
//!
//! The bridge has its own reader; this one stays apart, so that the checks run while the bridge does not compile.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why the manifest or a name in it could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("cannot read `{path}`: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{path}`: {source}")]
    Syntax {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("`{path}` has no table `[parameters]`; a file that `from` names needs one")]
    NoParameters { path: PathBuf },
    #[error("block `{name}` not found (known: {known})")]
    UnknownBlock { name: String, known: String },
    #[error("block `{block}` has no configuration `{name}` (known: {known})")]
    UnknownConfig {
        block: String,
        name: String,
        known: String,
    },
    #[error(
        "block `{block}`: parameter `{parameter}` is {value}; an integer or a boolean is needed"
    )]
    Parameter {
        block: String,
        parameter: String,
        value: String,
    },
}

/// One block and its configurations, both in the file's order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// The stem that names the block everywhere.
    pub(crate) stem: String,
    /// Top module.
    pub(crate) top: String,
    /// Sources relative to `rtl/`, packages first.
    pub(crate) sources: Vec<String>,
    /// Named configurations.
    pub(crate) configs: Vec<Config>,
    /// Names of those that are synthesised.
    pub(crate) synth: Vec<String>,
}

/// A name and the parameters it sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Name in the file.
    pub(crate) name: String,
    /// Parameters that differ from the RTL's defaults, and their values as the tools read them.
    pub(crate) parameters: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Entry {
    top: Option<String>,
    sources: Vec<String>,
    config: toml::Table,
    synth: Option<Vec<String>>,
}

impl Block {
    /// The configuration `name`.
    ///
    /// # Errors
    ///
    /// [`ManifestError::UnknownConfig`] lists the known ones.
    pub(crate) fn config(&self, name: &str) -> Result<&Config, ManifestError> {
        self.configs
            .iter()
            .find(|config| config.name == name)
            .ok_or_else(|| ManifestError::UnknownConfig {
                block: self.stem.clone(),
                name: name.to_owned(),
                known: join(self.configs.iter().map(|config| config.name.as_str())),
            })
    }
}

/// Reads `<rtl>/configs.toml`.
///
/// # Errors
///
/// A [`ManifestError`] that names the file or the block.
pub(crate) fn read(rtl: &Path) -> Result<Vec<Block>, ManifestError> {
    let path = rtl.join("configs.toml");
    parse(&path, &read_text(&path)?)
}

fn read_text(path: &Path) -> Result<String, ManifestError> {
    std::fs::read_to_string(path).map_err(|source| ManifestError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The parameters of a configuration: those of the file that `from` names, then its own.
fn merged(path: &Path, mut own: toml::Table) -> Result<toml::Table, ManifestError> {
    let Some(from) = own.remove("from") else {
        return Ok(own);
    };
    let file = path.with_file_name(from.as_str().unwrap_or_default());
    let table: toml::Table =
        toml::from_str(&read_text(&file)?).map_err(|source| ManifestError::Syntax {
            path: file.clone(),
            source: Box::new(source),
        })?;
    let mut all = match table.get("parameters") {
        Some(toml::Value::Table(parameters)) => parameters.clone(),
        _ => return Err(ManifestError::NoParameters { path: file }),
    };
    all.extend(own);
    Ok(all)
}

/// The block `name`.
///
/// # Errors
///
/// [`ManifestError::UnknownBlock`] lists the known ones.
pub(crate) fn find<'a>(blocks: &'a [Block], name: &str) -> Result<&'a Block, ManifestError> {
    blocks
        .iter()
        .find(|block| block.stem == name)
        .ok_or_else(|| ManifestError::UnknownBlock {
            name: name.to_owned(),
            known: join(blocks.iter().map(|block| block.stem.as_str())),
        })
}

fn parse(path: &Path, text: &str) -> Result<Vec<Block>, ManifestError> {
    let wrong = |source| ManifestError::Syntax {
        path: path.to_owned(),
        source: Box::new(source),
    };
    let entries: toml::Table = toml::from_str(text).map_err(wrong)?;
    entries
        .into_iter()
        .map(|(stem, value)| {
            let entry: Entry = value.try_into().map_err(wrong)?;
            let mut configs = Vec::new();
            for (name, parameters) in &entry.config {
                let table = merged(path, parameters.as_table().cloned().unwrap_or_default())?;
                let parameters = table
                    .iter()
                    .map(|(parameter, value)| {
                        parameter_text(value)
                            .map(|text| (parameter.clone(), text))
                            .ok_or_else(|| ManifestError::Parameter {
                                block: stem.clone(),
                                parameter: parameter.clone(),
                                value: value.to_string(),
                            })
                    })
                    .collect::<Result<_, _>>()?;
                configs.push(Config {
                    name: name.clone(),
                    parameters,
                });
            }
            let all = || configs.iter().map(|config| config.name.clone()).collect();
            let block = Block {
                top: entry.top.unwrap_or_else(|| stem.clone()),
                sources: entry.sources,
                synth: entry.synth.unwrap_or_else(all),
                configs,
                stem,
            };
            for name in &block.synth {
                block.config(name)?;
            }
            Ok(block)
        })
        .collect()
}

fn parameter_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(bit) => Some(u8::from(*bit).to_string()),
        _ => None,
    }
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
[z_last]
top = 'z'
sources = ['z/z.sv']
synth = ['small']
[z_last.config]
big = { Width = 64, Wide = true }
small = { Width = 4 }

[a_first]
sources = []
[a_first.config]
only = {}
";

    fn parse(text: &str) -> Result<Vec<Block>, ManifestError> {
        super::parse(Path::new("configs.toml"), text)
    }

    #[test]
    fn blocks_and_configurations_keep_their_order() {
        let blocks = parse(TEXT).unwrap();
        assert_eq!(blocks[0].stem, "z_last");
        assert_eq!(blocks[0].configs[0].name, "big");
        assert_eq!(
            blocks[0].configs[0].parameters,
            [("Width".into(), "64".into()), ("Wide".into(), "1".into())]
        );
        assert_eq!(blocks[0].synth, ["small"]);
        assert_eq!(
            (blocks[1].top.as_str(), blocks[1].synth.len()),
            ("a_first", 1)
        );
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let blocks = parse(TEXT).unwrap();
        let message = find(&blocks, "b").unwrap_err().to_string();
        assert_eq!(message, "block `b` not found (known: z_last, a_first)");
        let message = blocks[0].config("tiny").unwrap_err().to_string();
        assert_eq!(
            message,
            "block `z_last` has no configuration `tiny` (known: big, small)"
        );
    }

    #[test]
    fn parameters_of_a_file_come_before_the_configurations_own() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("configs.toml");
        std::fs::write(root.path().join("set.toml"), "[parameters]\nA = 1\nB = 2\n").unwrap();
        let text = "[x]\nsources = []\n[x.config]\na = { from = 'set.toml', B = 3 }\n";
        let blocks = super::parse(&path, text).unwrap();
        let expected = [("A", "1"), ("B", "3")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(blocks[0].configs[0].parameters, expected);
        std::fs::write(root.path().join("set.toml"), "A = 1\n").unwrap();
        let message = super::parse(&path, text).unwrap_err().to_string();
        assert!(message.contains("no table `[parameters]`"), "{message}");
    }

    #[test]
    fn a_synthesised_configuration_must_exist() {
        let message = parse(&TEXT.replace("'small'", "'tiny'"))
            .unwrap_err()
            .to_string();
        assert!(message.contains("no configuration `tiny`"), "{message}");
    }

    #[test]
    fn a_parameter_must_be_a_number() {
        let message = parse(&TEXT.replace("= 4", "= 'four'"))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("parameter `Width` is \"four\""),
            "{message}"
        );
    }
}
