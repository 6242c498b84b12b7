//! The configurations that are measured, made here so that the figures do not depend on what `configs.toml` has.

use std::collections::HashMap;

use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey};
use gpnpu_bridge::dut::Ports;
use gpnpu_bridge::manifest::{Config, Parameter, read_parameters};
use gpnpu_testbenches::ports::mem3d::Mem3d;

use super::super::{BenchError, Context};
use crate::build;

/// One vault of HBM3.
pub const HBM3: &str = "hbm3";
/// One vault of HBM3 with queues of 256 entries.
pub const HBM3_DEEP: &str = "hbm3, queue 256";
/// One vault of HBM4.
pub const HBM4: &str = "hbm4";
/// One vault of a hybrid-bonded stack.
pub const HB3D: &str = "hb3d";
/// Eight vaults of HBM3, and ports enough for them.
pub const EIGHT_VAULTS: &str = "hbm3 x 8";

/// Name, timing set, ports, vaults, entries of each queue, lines that a port can have under way.
const CONFIGS: [(&str, &str, i64, i64, i64, i64); 5] = [
    (HBM3, "hbm3", 1, 1, 64, 256),
    (HBM3_DEEP, "hbm3", 1, 1, 256, 512),
    (HBM4, "hbm4", 1, 1, 64, 256),
    (HB3D, "hb3d", 1, 1, 64, 256),
    (EIGHT_VAULTS, "hbm3", 4, 8, 64, 256),
];

/// The models, by the names above.
pub struct Models(HashMap<&'static str, BuiltModel>);

impl Models {
    /// Those of these names; built where the cache lacks them.
    pub fn build(context: &Context<'_>, names: &[&'static str]) -> Result<Self, BenchError> {
        let mut manifest = context.builder.manifest().clone();
        let mut keys = Vec::new();
        let wanted = CONFIGS
            .into_iter()
            .filter(|(name, ..)| names.contains(name));
        for (name, timing, ports, vaults, queue, rob_lines) in wanted {
            let path = manifest.root.join(format!("mem3d/timing/{timing}.toml"));
            let mut parameters = read_parameters(&path)?;
            let own = [
                ("Ports", ports),
                ("Vaults", vaults),
                ("ReadQueue", queue),
                ("WriteQueue", queue),
                ("RobLines", rob_lines),
            ];
            let own = own.map(|(name, value)| (name.to_owned(), Parameter::Integer(value)));
            parameters.extend(own);
            let key = ModelKey {
                block: Mem3d::BLOCK.to_owned(),
                config: format!("bench_{timing}_v{vaults}_q{queue}"),
                flavour: Flavour::Fast,
            };
            let config = Config {
                name: key.config.clone(),
                parameters,
            };
            manifest.add_config(Mem3d::BLOCK, config)?;
            keys.push((name, key));
        }
        let builder = Builder::new(
            context.builder.toolchain().clone(),
            manifest,
            context.cache.clone(),
        );
        let all: Vec<ModelKey> = keys.iter().map(|(_, key)| key.clone()).collect();
        let mut built = build::build(&builder, &all);
        if let Some((_, error)) = built.failed.pop() {
            return Err(error.into());
        }
        let mut models = HashMap::new();
        for (name, key) in keys {
            if let Some(model) = built.models.remove(&key) {
                models.insert(name, model);
            }
        }
        Ok(Self(models))
    }

    /// The model of a name that was asked for.
    pub fn get(&self, name: &'static str) -> &BuiltModel {
        &self.0[name]
    }
}
