//! `rtl/configs.toml`: which blocks there are, from which sources, in which configurations.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::BridgeError;

/// Value of an RTL parameter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// An integer.
    Integer(i64),
    /// A bit.
    Flag(bool),
    /// A string, passed with quotes.
    Text(String),
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Flag(value) => write!(f, "{}", u8::from(*value)),
            Self::Text(value) => write!(f, "\"{value}\""),
        }
    }
}

/// One named set of parameters of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Name in `configs.toml`.
    pub name: String,
    /// Parameters that differ from the RTL's defaults.
    pub parameters: BTreeMap<String, Parameter>,
}

/// A file of parameters that a configuration takes over with `from`: the table `[parameters]`, names as in the RTL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterFile {
    parameters: BTreeMap<String, Parameter>,
}

/// Reads a file of parameters.
///
/// # Errors
///
/// [`BridgeError::Io`] if it cannot be read, [`BridgeError::Manifest`] with line and column if it is malformed.
pub fn read_parameters(path: &Path) -> Result<BTreeMap<String, Parameter>, BridgeError> {
    let text = std::fs::read_to_string(path).map_err(|e| BridgeError::io("read", path, e))?;
    let file: ParameterFile =
        toml::from_str(&text).map_err(|e: toml::de::Error| BridgeError::Manifest {
            path: path.to_owned(),
            message: e.to_string(),
        })?;
    Ok(file.parameters)
}

/// One block that can be built.
#[derive(Clone, Debug)]
pub struct Block {
    /// The stem that names the block everywhere.
    pub stem: String,
    /// Top module.
    pub top: String,
    /// Clock input; empty for a block without one.
    pub clock: String,
    /// Source files, absolute, packages first.
    pub sources: Vec<PathBuf>,
    /// Configurations in the file's order; the first is the default.
    pub configs: Vec<Config>,
}

impl Block {
    /// The configuration `name`.
    ///
    /// # Errors
    ///
    /// [`BridgeError::UnknownConfig`] lists the known ones.
    pub fn config(&self, name: &str) -> Result<&Config, BridgeError> {
        self.configs
            .iter()
            .find(|config| config.name == name)
            .ok_or_else(|| BridgeError::UnknownConfig {
                block: self.stem.clone(),
                name: name.to_owned(),
                known: join(self.configs.iter().map(|config| config.name.as_str())),
            })
    }

    /// Folder of the top module's source, relative to `rtl/`: `npu/dot` for `npu_dot`.
    pub fn folder(&self) -> PathBuf {
        self.sources
            .iter()
            .find(|source| {
                source
                    .file_stem()
                    .is_some_and(|stem| stem == self.top.as_str())
            })
            .or(self.sources.last())
            .and_then(|source| source.parent())
            .map(Path::to_owned)
            .unwrap_or_default()
    }
}

/// All blocks of one `configs.toml`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Folder of `configs.toml`; sources are relative to it.
    pub root: PathBuf,
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockEntry {
    top: Option<String>,
    #[serde(default = "default_clock")]
    clock: String,
    sources: Vec<String>,
    config: toml::Table,
    /// For the synthesis check; not used here.
    #[serde(default, rename = "synth")]
    _synth: Option<toml::Value>,
}

fn default_clock() -> String {
    "clk_i".to_owned()
}

impl Manifest {
    /// Reads `<root>/configs.toml`.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Io`] if it cannot be read, [`BridgeError::Manifest`] with line and column if it is malformed or
    /// names a source that does not exist.
    pub fn read(root: &Path) -> Result<Self, BridgeError> {
        let path = root.join("configs.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| BridgeError::io("read", &path, e))?;
        Self::parse(root, &path, &text)
    }

    fn parse(root: &Path, path: &Path, text: &str) -> Result<Self, BridgeError> {
        let wrong = |message: String| BridgeError::Manifest {
            path: path.to_owned(),
            message,
        };
        let entries: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        let mut blocks = Vec::new();
        for (stem, value) in entries {
            let entry: BlockEntry = value
                .try_into()
                .map_err(|e: toml::de::Error| wrong(format!("block `{stem}`: {}", e.message())))?;
            let mut configs = Vec::new();
            for (name, parameters) in entry.config {
                let mut own: BTreeMap<String, Parameter> =
                    parameters.try_into().map_err(|e: toml::de::Error| {
                        wrong(format!(
                            "configuration `{name}` of block `{stem}`: {}",
                            e.message()
                        ))
                    })?;
                let mut parameters = match own.remove("from") {
                    None => BTreeMap::new(),
                    Some(Parameter::Text(file)) => read_parameters(&root.join(file))?,
                    Some(other) => {
                        return Err(wrong(format!(
                            "configuration `{name}` of block `{stem}`: `from` is {other}; the path of a file of \
                             parameters is needed"
                        )));
                    }
                };
                parameters.extend(own);
                configs.push(Config { name, parameters });
            }
            if configs.is_empty() {
                return Err(wrong(format!(
                    "block `{stem}` has no configuration; at least one is needed"
                )));
            }
            let sources: Vec<PathBuf> = entry
                .sources
                .iter()
                .map(|source| root.join(source))
                .collect();
            if let Some(missing) = sources.iter().find(|source| !source.is_file()) {
                return Err(wrong(format!(
                    "block `{stem}`: source `{}` does not exist",
                    missing.display()
                )));
            }
            blocks.push(Block {
                top: entry.top.unwrap_or_else(|| stem.clone()),
                clock: entry.clock,
                stem,
                sources,
                configs,
            });
        }
        Ok(Self {
            root: root.to_owned(),
            blocks,
        })
    }

    /// All blocks, in the file's order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block `stem`.
    ///
    /// # Errors
    ///
    /// [`BridgeError::UnknownBlock`] lists the known ones.
    pub fn block(&self, stem: &str) -> Result<&Block, BridgeError> {
        self.blocks
            .iter()
            .find(|block| block.stem == stem)
            .ok_or_else(|| BridgeError::UnknownBlock {
                name: stem.to_owned(),
                known: join(self.blocks.iter().map(|block| block.stem.as_str())),
            })
    }

    /// Adds a configuration to the block `stem`, replacing one of the same name.
    ///
    /// # Errors
    ///
    /// [`BridgeError::UnknownBlock`] lists the known ones.
    pub fn add_config(&mut self, stem: &str, config: Config) -> Result<(), BridgeError> {
        self.block(stem)?;
        for block in self.blocks.iter_mut().filter(|block| block.stem == stem) {
            block.configs.retain(|known| known.name != config.name);
            block.configs.push(config.clone());
        }
        Ok(())
    }

    /// Copies the whole folder of `configs.toml` into `folder`, for changes that are not to touch the RTL itself.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Io`].
    pub fn copy_rtl(&self, folder: &Path) -> Result<(), BridgeError> {
        copy(&self.root, folder)
    }

    /// Folders searched for `` `include ``.
    pub fn include_dirs(&self) -> Vec<PathBuf> {
        vec![self.root.join("common")]
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), BridgeError> {
    let copying = |path: &Path| {
        let path = path.to_owned();
        move |source| BridgeError::io("copy", &path, source)
    };
    std::fs::create_dir_all(to).map_err(|e| BridgeError::io("create", to, e))?;
    for item in std::fs::read_dir(from).map_err(copying(from))? {
        let item = item.map_err(copying(from))?;
        let (path, target) = (item.path(), to.join(item.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(copying(&path))?;
        }
    }
    Ok(())
}

pub(crate) fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, BridgeError> {
        Manifest::parse(Path::new("/nowhere"), Path::new("configs.toml"), text)
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let message = parse("[x]\nsources = [\n").unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let message = parse("[x]\nsources = []\nsource = 1\n[x.config]\na = {}\n")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("`x`") && message.contains("source"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_source_is_named() {
        let message = parse("[x]\nsources = ['no.sv']\n[x.config]\na = {}\n")
            .unwrap_err()
            .to_string();
        assert!(message.contains("no.sv"), "{message}");
    }

    #[test]
    fn parameters_of_a_file_come_first_and_the_configurations_own_win() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("set.toml"), "[parameters]\nA = 1\nB = 2\n").unwrap();
        let text = "[x]\nsources = []\n[x.config]\na = { from = 'set.toml', B = 3 }\n";
        let path = root.path().join("configs.toml");
        let manifest = Manifest::parse(root.path(), &path, text).unwrap();
        let config = manifest.block("x").unwrap().config("a").unwrap();
        let expected =
            [("A", 1), ("B", 3)].map(|(name, value)| (name.to_owned(), Parameter::Integer(value)));
        assert_eq!(config.parameters, BTreeMap::from(expected));
    }

    #[test]
    fn a_bad_file_of_parameters_is_named_with_the_line() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("set.toml"), "[parameters]\nA = \n").unwrap();
        let text = "[x]\nsources = []\n[x.config]\na = { from = 'set.toml' }\n";
        let path = root.path().join("configs.toml");
        let message = Manifest::parse(root.path(), &path, text)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("set.toml") && message.contains("line 2"),
            "{message}"
        );
        let text = "[x]\nsources = []\n[x.config]\na = { from = 7 }\n";
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains("`from` is 7"), "{message}");
    }

    #[test]
    fn a_configuration_can_be_added_or_replaced() {
        let mut manifest = parse("[x]\nsources = []\n[x.config]\na = { W = 1 }\n").unwrap();
        for width in [2, 3] {
            let config = Config {
                name: "a".into(),
                parameters: BTreeMap::from([("W".into(), Parameter::Integer(width))]),
            };
            manifest.add_config("x", config.clone()).unwrap();
            assert_eq!(manifest.block("x").unwrap().configs, [config]);
        }
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let manifest = parse("[x]\nsources = []\n[x.config]\nb = { W = 1 }\na = {}\n").unwrap();
        let message = manifest.block("y").unwrap_err().to_string();
        assert_eq!(message, "block `y` not found (known: x)");
        let message = manifest
            .block("x")
            .unwrap()
            .config("c")
            .unwrap_err()
            .to_string();
        assert!(message.ends_with("(known: b, a)"), "{message}");
    }
}
