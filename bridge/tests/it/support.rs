//! The fixture's blocks, built once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::model::Model;
use gpnpu_bridge::toolchain::Toolchain;

/// `rtl/` of the fixture.
pub fn rtl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rtl")
}

pub fn toolchain() -> &'static Toolchain {
    static TOOLS: OnceLock<Toolchain> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Toolchain::find(project).unwrap()
    })
}

/// The cache that the tests share.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bridge-cache")
}

pub fn key(block: &str, config: &str, flavour: Flavour) -> ModelKey {
    ModelKey {
        block: block.to_owned(),
        config: config.to_owned(),
        flavour,
    }
}

/// The model of a block in its default configuration.
pub fn built(block: &str, flavour: Flavour) -> BuiltModel {
    built_as(&key(block, "default", flavour))
}

pub fn built_as(key: &ModelKey) -> BuiltModel {
    static MODELS: Mutex<Option<HashMap<ModelKey, BuiltModel>>> = Mutex::new(None);
    let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let models = models.get_or_insert_default();
    if !models.contains_key(key) {
        let manifest = Manifest::read(&rtl()).unwrap();
        let builder = Builder::new(toolchain().clone(), manifest, cache());
        models.insert(key.clone(), builder.build(key, &Silent).unwrap());
    }
    models[key].clone()
}

/// A model driven by port names, one port value being one word.
pub struct Bench {
    pub model: Model,
    pub frame: Vec<u32>,
    pub out: Vec<u32>,
}

impl Bench {
    pub fn new(built: &BuiltModel, seed: u64) -> Self {
        let model = Model::load(built, seed).unwrap();
        let frame = vec![0; built.layout.input_words];
        let out = vec![0; built.layout.output_words];
        Self { model, frame, out }
    }

    pub fn set(&mut self, port: &str, value: u32) -> &mut Self {
        let word = self.model.layout().port(port).unwrap().word;
        self.frame[word] = value;
        self
    }

    /// Runs one cycle; whether the RTL reported something.
    pub fn cycle(&mut self) -> bool {
        self.cycles(1)
    }

    pub fn cycles(&mut self, count: usize) -> bool {
        self.model.run(&self.frame, &mut self.out, count).1
    }

    pub fn get(&self, port: &str) -> u32 {
        self.out[self.model.layout().port(port).unwrap().word]
    }

    /// Two cycles of reset.
    pub fn reset(&mut self) {
        self.set("rst_ni", 0).cycles(2);
        self.set("rst_ni", 1);
    }
}
