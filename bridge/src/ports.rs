//! A block's ports as Verilator elaborates them, and their place in a frame.
//!
//! Read from the syntax tree that `verilator --json-only` writes. A frame is an array of 32-bit words; each port
//! starts at a word of its own, in the order of the module's port list.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::BridgeError;
use crate::builder;
use crate::manifest::{Block, Config, Manifest};
use crate::toolchain::Toolchain;

/// Way of a port, seen from the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Driven by the testbench.
    Input,
    /// Sampled by the testbench.
    Output,
}

/// Type of a port or a field, all packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// `logic [width-1:0]`.
    Bits {
        /// Bits.
        width: usize,
    },
    /// An enumeration.
    Enum {
        /// `package::name`.
        name: String,
        /// Bits.
        width: usize,
        /// Item names and values.
        items: Vec<(String, u64)>,
    },
    /// A packed structure; the last field has bit 0.
    Struct {
        /// `package::name`.
        name: String,
        /// Fields, most significant first.
        fields: Vec<(String, Shape)>,
    },
    /// A packed array; element 0 has bit 0.
    Array {
        /// Elements.
        length: usize,
        /// Type of one.
        element: Box<Shape>,
    },
}

impl Shape {
    /// Total bits.
    pub fn width(&self) -> usize {
        match self {
            Self::Bits { width } | Self::Enum { width, .. } => *width,
            Self::Struct { fields, .. } => fields.iter().map(|(_, shape)| shape.width()).sum(),
            Self::Array { length, element } => length * element.width(),
        }
    }
}

/// One port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Name in the RTL.
    pub name: String,
    /// Way.
    pub direction: Direction,
    /// Type.
    pub shape: Shape,
    /// Total bits.
    pub width: usize,
    /// First word in the input or output frame.
    pub word: usize,
}

impl Port {
    /// First bit in the frame.
    pub fn bit(&self) -> usize {
        self.word * 32
    }
}

/// Where a port lies in its frame: what moving values needs of it, close together in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    word: usize,
    /// Total bits.
    pub width: usize,
}

impl Place {
    /// The places of some ports.
    pub fn of(ports: &[Port]) -> Vec<Self> {
        ports
            .iter()
            .map(|port| Self {
                word: port.word,
                width: port.width,
            })
            .collect()
    }

    /// First bit in the frame; a multiple of 32.
    #[inline(always)]
    pub fn bit(&self) -> usize {
        self.word * 32
    }
}

/// All ports of one configuration but the clock, which the bridge drives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Stem of the block.
    pub block: String,
    /// Clock port, empty if there is none.
    pub clock: String,
    /// Integer parameters of the top module as elaborated, defaults included.
    pub parameters: BTreeMap<String, u64>,
    /// Inputs, in the order of the port list.
    pub inputs: Vec<Port>,
    /// Outputs, in the order of the port list.
    pub outputs: Vec<Port>,
    /// Words of an input frame, a multiple of 4.
    pub input_words: usize,
    /// Words of an output frame, a multiple of 4.
    pub output_words: usize,
}

impl Layout {
    /// Elaborates `block` in `config` and reads its ports.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Build`] with Verilator's message if it does not elaborate, [`BridgeError::Ports`] if a port
    /// cannot be driven (unpacked, inout, or no clock of the given name).
    pub fn elaborate(
        toolchain: &Toolchain,
        manifest: &Manifest,
        block: &Block,
        config: &Config,
    ) -> Result<Self, BridgeError> {
        let dir =
            tempfile::tempdir().map_err(|e| BridgeError::io("create", &std::env::temp_dir(), e))?;
        let mut command = toolchain.verilator_command();
        command
            .args([
                "--json-only",
                "--no-json-edit-nums",
                "--no-timing",
                "-Wno-lint",
                "-Wno-style",
            ])
            .args(["--prefix", "Vports", "--Mdir"])
            .arg(dir.path());
        builder::add_sources(&mut command, manifest, block, config);
        builder::run_tool(
            &mut command,
            "elaboration",
            &format!("{} {}", block.stem, config.name),
            &manifest.root,
        )?;
        let path = dir.path().join("Vports.tree.json");
        let text = std::fs::read(&path).map_err(|e| BridgeError::io("read", &path, e))?;
        let tree: Value = serde_json::from_slice(&text)
            .map_err(|e| wrong(block, &format!("syntax tree: {e}")))?;
        Self::from_tree(block, &tree)
    }

    fn from_tree(block: &Block, tree: &Value) -> Result<Self, BridgeError> {
        let types: BTreeMap<&str, &Value> = list(&tree["miscsp"])
            .flat_map(|table| list(&table["typesp"]))
            .filter_map(|node| Some((node["addr"].as_str()?, node)))
            .collect();
        let top = list(&tree["modulesp"])
            .find(|module| {
                module["type"] == "MODULE"
                    && (module["name"] == block.top.as_str()
                        || module["origName"] == block.top.as_str())
            })
            .ok_or_else(|| {
                wrong(
                    block,
                    &format!("module `{}` is not in the syntax tree", block.top),
                )
            })?;
        let mut layout = Self {
            block: block.stem.clone(),
            clock: block.clock.clone(),
            parameters: parameters(top),
            inputs: Vec::new(),
            outputs: Vec::new(),
            input_words: 0,
            output_words: 0,
        };
        let mut clock_seen = block.clock.is_empty();
        // Not by `varType`, which is that of the net: `input wire` is a WIRE.
        let is_port = |node: &&Value| {
            node["type"] == "VAR" && node["direction"].as_str().is_some_and(|way| way != "NONE")
        };
        for node in list(&top["stmtsp"]).filter(is_port) {
            let name = node["origName"].as_str().unwrap_or_default().to_owned();
            if name == block.clock {
                clock_seen = true;
                continue;
            }
            let shape = shape(&types, node["dtypep"].as_str().unwrap_or_default())
                .map_err(|message| wrong(block, &format!("`{name}`: {message}")))?;
            let width = shape.width();
            let (direction, ports, end) = match node["direction"].as_str() {
                Some("INPUT") => (
                    Direction::Input,
                    &mut layout.inputs,
                    &mut layout.input_words,
                ),
                Some("OUTPUT") => (
                    Direction::Output,
                    &mut layout.outputs,
                    &mut layout.output_words,
                ),
                other => {
                    let message = format!(
                        "`{name}` is {}; a port has to be an input or an output",
                        other.unwrap_or("?").to_lowercase()
                    );
                    return Err(wrong(block, &message));
                }
            };
            ports.push(Port {
                name,
                direction,
                shape,
                width,
                word: *end,
            });
            *end += width.div_ceil(32);
        }
        if !clock_seen {
            return Err(wrong(
                block,
                &format!(
                    "no input `{}` (set `clock` in configs.toml; empty for none)",
                    block.clock
                ),
            ));
        }
        layout.input_words = layout.input_words.next_multiple_of(4).max(4);
        layout.output_words = layout.output_words.next_multiple_of(4).max(4);
        Ok(layout)
    }

    /// The input or output `name`.
    pub fn port(&self, name: &str) -> Option<&Port> {
        self.inputs
            .iter()
            .chain(&self.outputs)
            .find(|port| port.name == name)
    }

    /// C++ source of `Ports` and the factory, for `verilated_model.h`.
    pub(crate) fn cpp(&self, prefix: &str) -> String {
        let mut text = format!("#include \"{prefix}.h\"\n#include \"gpnpu/verilated_model.h\"\n\n");
        text += &format!(
            "struct Ports {{\n  static constexpr size_t kInputWords = {};\n  static constexpr size_t kOutputWords = {};\n",
            self.input_words, self.output_words
        );
        text += &format!(
            "  static void drive({prefix}& top, const uint32_t* in) {{\n    (void)top, (void)in;\n"
        );
        for port in &self.inputs {
            let (name, word) = (&port.name, port.word);
            text += &match port.width {
                0..=32 => format!("    top.{name} = in[{word}];\n"),
                33..=64 => format!("    top.{name} = gpnpu::load64(in + {word});\n"),
                width => format!(
                    "    std::memcpy(&top.{name}[0], in + {word}, {});\n",
                    4 * width.div_ceil(32)
                ),
            };
        }
        text += &format!(
            "  }}\n  static void sample(const {prefix}& top, uint32_t* out) {{\n    (void)top, (void)out;\n"
        );
        for port in &self.outputs {
            let (name, word) = (&port.name, port.word);
            text += &match port.width {
                0..=32 => format!("    out[{word}] = top.{name};\n"),
                33..=64 => format!(
                    "    {{ const uint64_t v = top.{name}; std::memcpy(out + {word}, &v, 8); }}\n"
                ),
                width => format!(
                    "    std::memcpy(out + {word}, &top.{name}[0], {});\n",
                    4 * width.div_ceil(32)
                ),
            };
        }
        let edge = |value| match self.clock.as_str() {
            "" => "(void)top;".to_owned(),
            clock => format!("top.{clock} = {value};"),
        };
        text += &format!(
            "  }}\n  static void lower_clock({prefix}& top) {{ {} }}\n  static void raise_clock({prefix}& top) {{ {} }}\n}};\n\n",
            edge(0),
            edge(1)
        );
        text += &format!(
            "extern \"C\" __attribute__((visibility(\"default\"))) gpnpu::Model* gpnpu_create_model(\n    \
             uint32_t seed, const std::vector<std::string>& plusargs) {{\n  \
             return new gpnpu::VerilatedModelOf<{prefix}, Ports>(seed, plusargs);\n}}\n"
        );
        text
    }
}

/// Elaborates every configuration of `block`.
///
/// # Errors
///
/// As [`Layout::elaborate`].
pub fn elaborate_all(
    toolchain: &Toolchain,
    manifest: &Manifest,
    block: &Block,
) -> Result<Vec<Layout>, BridgeError> {
    block
        .configs
        .iter()
        .map(|config| Layout::elaborate(toolchain, manifest, block, config))
        .collect()
}

fn wrong(block: &Block, message: &str) -> BridgeError {
    BridgeError::Ports {
        block: block.stem.clone(),
        message: message.to_owned(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Value of a literal as Verilator prints it: `32'sh10`.
fn literal(node: &Value) -> Option<u64> {
    let (_, digits) = node["name"].as_str()?.rsplit_once('h')?;
    u64::from_str_radix(digits, 16).ok()
}

fn parameters(module: &Value) -> BTreeMap<String, u64> {
    list(&module["stmtsp"])
        .filter(|node| node["isGParam"] == true)
        .filter_map(|node| {
            Some((
                node["origName"].as_str()?.to_owned(),
                literal(&node["valuep"][0])?,
            ))
        })
        .collect()
}

/// "msb:lsb", with or without brackets.
fn range_width(range: &str) -> Option<usize> {
    let (left, right) = range.trim_matches(['[', ']']).split_once(':')?;
    let (left, right): (i64, i64) = (left.parse().ok()?, right.parse().ok()?);
    usize::try_from(left.abs_diff(right))
        .ok()
        .map(|width| width + 1)
}

fn shape(types: &BTreeMap<&str, &Value>, address: &str) -> Result<Shape, String> {
    let node = types
        .get(address)
        .ok_or_else(|| format!("type {address} is not in the type table"))?;
    let inner = |key: &str| shape(types, node[key].as_str().unwrap_or_default());
    match node["type"].as_str().unwrap_or_default() {
        "BASICDTYPE" => match (node["keyword"].as_str(), node["range"].as_str()) {
            (
                Some("logic" | "bit" | "int" | "integer" | "byte" | "shortint" | "longint"),
                Some(range),
            ) => range_width(range)
                .map(|width| Shape::Bits { width })
                .ok_or_else(|| format!("range `{range}`")),
            (Some("logic" | "bit"), None) => Ok(Shape::Bits { width: 1 }),
            (keyword, _) => Err(format!(
                "type `{}` cannot be driven",
                keyword.unwrap_or("?")
            )),
        },
        "REFDTYPE" => inner("refDTypep"),
        "ENUMDTYPE" => {
            let items = list(&node["itemsp"])
                .map(|item| {
                    let name = item["name"].as_str().unwrap_or_default().to_owned();
                    let value = literal(&item["valuep"][0]);
                    let value =
                        value.ok_or_else(|| format!("value of enumeration item `{name}`"))?;
                    Ok((name, value))
                })
                .collect::<Result<_, String>>()?;
            Ok(Shape::Enum {
                name: node["name"].as_str().unwrap_or_default().to_owned(),
                width: inner("refDTypep")?.width(),
                items,
            })
        }
        "STRUCTDTYPE" if node["packed"] == true => {
            let fields = list(&node["membersp"])
                .map(|member| {
                    let name = member["name"].as_str().unwrap_or_default().to_owned();
                    Ok((
                        name,
                        shape(types, member["dtypep"].as_str().unwrap_or_default())?,
                    ))
                })
                .collect::<Result<_, String>>()?;
            Ok(Shape::Struct {
                name: node["name"].as_str().unwrap_or_default().to_owned(),
                fields,
            })
        }
        "PACKARRAYDTYPE" => {
            let range = node["declRange"].as_str().unwrap_or_default();
            Ok(Shape::Array {
                length: range_width(range).ok_or_else(|| format!("range `{range}`"))?,
                element: Box::new(inner("refDTypep")?),
            })
        }
        other => Err(format!("type {other} cannot be driven; use packed types")),
    }
}

/// Reads a layout that [`builder`] stored beside a model.
pub(crate) fn read(path: &Path) -> Option<Layout> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
