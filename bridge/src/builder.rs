//! (block, configuration, flavour) to a shared object, cached by a hash of everything that went in.

mod program;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::BridgeError;
use crate::manifest::{Block, Config, Manifest};
use crate::ports::{self, Layout};
use crate::toolchain::{Toolchain, hex};

/// How a model is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// No tracing, no coverage.
    Fast,
    /// Can dump waves.
    Trace,
    /// Counts line, branch, expression and user coverage. (Verilator 5.048 aborts on `--coverage-fsm` together with
    /// `--coverage-line` where a memory is written.)
    Cover,
}

impl Flavour {
    /// All flavours.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Trace, Self::Cover];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Trace => "trace",
            Self::Cover => "cover",
        }
    }

    fn verilator_flags(self) -> &'static [&'static str] {
        match self {
            Self::Fast => &[],
            Self::Trace => &["--trace-vcd", "--trace-structs"],
            Self::Cover => &["--coverage-line", "--coverage-expr", "--coverage-user"],
        }
    }

    fn defines(self) -> &'static [&'static str] {
        match self {
            Self::Fast => &["-DVM_COVERAGE=0", "-DVM_TRACE=0"],
            Self::Trace => &["-DVM_COVERAGE=0", "-DVM_TRACE=1", "-DVM_TRACE_VCD=1"],
            Self::Cover => &["-DVM_COVERAGE=1", "-DVM_TRACE=0"],
        }
    }

    fn runtime_sources(self) -> &'static [&'static str] {
        match self {
            Self::Fast => &["verilated.cpp", "verilated_threads.cpp"],
            Self::Trace => &[
                "verilated.cpp",
                "verilated_threads.cpp",
                "verilated_vcd_c.cpp",
            ],
            Self::Cover => &[
                "verilated.cpp",
                "verilated_threads.cpp",
                "verilated_cov.cpp",
            ],
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flavour {
    type Err = BridgeError;

    fn from_str(name: &str) -> Result<Self, BridgeError> {
        Self::ALL
            .into_iter()
            .find(|flavour| flavour.name() == name)
            .ok_or_else(|| BridgeError::UnknownFlavour {
                name: name.to_owned(),
            })
    }
}

/// What to build.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelKey {
    /// Stem of the block.
    pub block: String,
    /// Configuration in `configs.toml`.
    pub config: String,
    /// Flavour.
    pub flavour: Flavour,
}

impl fmt::Display for ModelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.block, self.config, self.flavour)
    }
}

/// A model on disk, ready to be loaded.
#[derive(Clone, Debug)]
pub struct BuiltModel {
    /// What it is.
    pub key: ModelKey,
    /// The shared object.
    pub object: PathBuf,
    /// Its ports.
    pub layout: Layout,
    /// Hash of everything that went in.
    pub hash: String,
    /// Folder that source names in messages and coverage are relative to.
    pub rtl: PathBuf,
    /// Taken from the cache rather than built.
    pub cached: bool,
    /// What `$value$plusargs` and `$test$plusargs` of its instances read, as in `+name=value`.
    pub plusargs: Vec<String>,
}

/// Told of the stages of a build; called from several threads.
pub trait Progress: Sync {
    /// `key` begins `stage`.
    fn stage(&self, key: &ModelKey, stage: Stage);
}

/// Stages of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Verilator runs.
    Verilate,
    /// The C++ compiler runs.
    Compile,
    /// The model is there.
    Done,
}

/// No progress is shown.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _key: &ModelKey, _stage: Stage) {}
}

const MODEL_HEADER: &str = include_str!("../cpp/model.h");
const IMPLEMENTATION: &str = include_str!("../cpp/verilated_model.h");
const HOOKS: &str = include_str!("../cpp/runtime_hooks.cc");
const PREFIX: &str = "Vmodel";
const OBJECT: &str = "model.so";
const LAYOUT: &str = "ports.json";
const CHECKSUM: &str = "model.so.sha256";

/// Uninitialised state comes from the seed, in every flavour alike, so that their digests can be compared.
///
/// Two optimisations are off, as they name what they make one by one: the C++ of a module that stands in many places
/// would no longer be shared (`rtl/build.vlt`). Models are no slower for it.
const VERILATOR_FLAGS: &[&str] = &[
    "--cc",
    "--no-timing",
    "--assert",
    "-O3",
    "-fno-dfg",
    "-fno-table",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "-Wno-lint",
    "-Wno-style",
];

const COMPILER_FLAGS: &[&str] = &[
    "-std=c++17",
    "-O3",
    "-march=native",
    "-fPIC",
    "-fvisibility=hidden",
    "-fvisibility-inlines-hidden",
    "-w",
    "-DVL_TIME_CONTEXT",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
    "-DVL_USER_WARN",
    "-DVL_PRINTF=gpnpu_printf",
    "-include",
    "gpnpu/printf.h",
];

const PRINTF_HEADER: &str = "#pragma once\nint gpnpu_printf(const char* format, ...);\n";

/// Builds models and keeps them in a cache folder.
pub struct Builder {
    toolchain: Toolchain,
    manifest: Manifest,
    cache: PathBuf,
}

impl Builder {
    /// A builder for the blocks of `manifest` with its cache in `cache`.
    pub fn new(toolchain: Toolchain, manifest: Manifest, cache: PathBuf) -> Self {
        Self {
            toolchain,
            manifest,
            cache,
        }
    }

    /// The blocks.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The tools.
    pub fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Builds all `keys` that the cache lacks, independent ones in parallel; one result per key, in their order.
    ///
    /// The threads are not those of the compile jobs: a job that waits would otherwise begin another model while it
    /// holds the lock of its own, and two of them could wait for each other for ever.
    pub fn build_all(
        &self,
        keys: &[ModelKey],
        progress: &dyn Progress,
    ) -> Vec<Result<BuiltModel, BridgeError>> {
        let next = AtomicUsize::new(0);
        let results: Vec<OnceLock<_>> = keys.iter().map(|_| OnceLock::new()).collect();
        std::thread::scope(|scope| {
            for _ in 0..rayon::current_num_threads().min(keys.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(key) = keys.get(index) else { break };
                        let result = self.build(key, progress);
                        results[index].get_or_init(|| result);
                    }
                });
            }
        });
        results
            .into_iter()
            .filter_map(OnceLock::into_inner)
            .collect()
    }

    /// The ports and parameters of a model, from the cache or by elaborating it: sooner there than the model.
    ///
    /// # Errors
    ///
    /// Unknown names, [`BridgeError::Build`] with the tool's words, [`BridgeError::Ports`], [`BridgeError::Io`].
    pub fn layout(&self, key: &ModelKey) -> Result<Layout, BridgeError> {
        let block = self.manifest.block(&key.block)?;
        let config = block.config(&key.config)?;
        let (_, entry) = self.entry(key, block, config)?;
        match trusted(&entry) {
            Some(layout) => Ok(layout),
            None => Layout::elaborate(&self.toolchain, &self.manifest, block, config),
        }
    }

    /// The hash of everything that goes into a model, and the model's folder.
    fn entry(
        &self,
        key: &ModelKey,
        block: &Block,
        config: &Config,
    ) -> Result<(String, PathBuf), BridgeError> {
        let hash = self.hash(block, config, key.flavour)?;
        let entry = self.cache.join("models").join(format!(
            "{}-{}-{}-{}",
            key.block,
            key.config,
            key.flavour,
            &hash[..16]
        ));
        Ok((hash, entry))
    }

    /// Builds one model, or takes it from the cache.
    ///
    /// # Errors
    ///
    /// Unknown names, [`BridgeError::Build`] with the tool's words, [`BridgeError::Ports`], [`BridgeError::Io`].
    pub fn build(
        &self,
        key: &ModelKey,
        progress: &dyn Progress,
    ) -> Result<BuiltModel, BridgeError> {
        let block = self.manifest.block(&key.block)?;
        let config = block.config(&key.config)?;
        let (hash, entry) = self.entry(key, block, config)?;
        let _lock = self.lock(&entry)?;
        if let Some(layout) = trusted(&entry) {
            progress.stage(key, Stage::Done);
            return Ok(BuiltModel {
                key: key.clone(),
                object: entry.join(OBJECT),
                layout,
                hash,
                rtl: self.manifest.root.clone(),
                cached: true,
                plusargs: Vec::new(),
            });
        }
        let layout = Layout::elaborate(&self.toolchain, &self.manifest, block, config)?;
        self.build_entry(key, block, config, &layout, &entry, progress)?;
        progress.stage(key, Stage::Done);
        Ok(BuiltModel {
            key: key.clone(),
            object: entry.join(OBJECT),
            layout,
            hash,
            rtl: self.manifest.root.clone(),
            cached: false,
            plusargs: Vec::new(),
        })
    }

    /// Held while an entry is built, so that two processes do not build the same one.
    fn lock(&self, entry: &Path) -> Result<fs::File, BridgeError> {
        let path = entry.with_extension("lock");
        create_dir(&self.cache.join("models"))?;
        let file = fs::File::create(&path).map_err(|e| BridgeError::io("create", &path, e))?;
        file.lock().map_err(|e| BridgeError::io("lock", &path, e))?;
        Ok(file)
    }

    fn hash(
        &self,
        block: &Block,
        config: &Config,
        flavour: Flavour,
    ) -> Result<String, BridgeError> {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        add(self.toolchain.identity().as_bytes());
        for text in [
            MODEL_HEADER,
            IMPLEMENTATION,
            HOOKS,
            PRINTF_HEADER,
            &block.top,
            &block.clock,
        ] {
            add(text.as_bytes());
        }
        for flag in VERILATOR_FLAGS
            .iter()
            .chain(COMPILER_FLAGS)
            .chain(flavour.verilator_flags())
            .chain(flavour.defines())
        {
            add(flag.as_bytes());
        }
        for (name, value) in &config.parameters {
            add(format!("{name}={value}").as_bytes());
        }
        for path in block.sources.iter().chain(&included_files(&self.manifest)) {
            add(path
                .strip_prefix(&self.manifest.root)
                .unwrap_or(path)
                .as_os_str()
                .as_encoded_bytes());
            add(&fs::read(path).map_err(|e| BridgeError::io("read", path, e))?);
        }
        Ok(hex(&hash.finalize()))
    }

    fn build_entry(
        &self,
        key: &ModelKey,
        block: &Block,
        config: &Config,
        layout: &Layout,
        entry: &Path,
        progress: &dyn Progress,
    ) -> Result<(), BridgeError> {
        let scratch = self.scratch()?;
        let dir = scratch.path();
        progress.stage(key, Stage::Verilate);
        self.verilate(key, block, config, dir)?;

        progress.stage(key, Stage::Compile);
        write_support(dir)?;
        write(&dir.join("factory.cpp"), layout.cpp(PREFIX).as_bytes())?;
        let runtime = self.runtime(key)?;
        let units = compilation_units(dir)?;
        let objects = self.compile_all(key, dir, &units)?;
        let result = dir.join("result");
        create_dir(&result)?;
        let object = result.join(OBJECT);
        let mut command = self.toolchain.compiler_command();
        command
            .args(["-shared", "-Wl,-Bsymbolic", "-o"])
            .arg(&object)
            .args(&objects)
            .args(&runtime)
            .arg("-pthread");
        run_tool(&mut command, "link", &key.to_string(), &self.manifest.root)?;
        let bytes = fs::read(&object).map_err(|e| BridgeError::io("read", &object, e))?;
        write(
            &result.join(CHECKSUM),
            hex(&Sha256::digest(&bytes)).as_bytes(),
        )?;
        let json = serde_json::to_vec_pretty(layout).map_err(|e| {
            BridgeError::io("write", &result.join(LAYOUT), std::io::Error::other(e))
        })?;
        write(&result.join(LAYOUT), &json)?;
        install(&result, entry)
    }

    /// Writes the model's C++ into `dir`.
    fn verilate(
        &self,
        key: &ModelKey,
        block: &Block,
        config: &Config,
        dir: &Path,
    ) -> Result<(), BridgeError> {
        let mut command = self.toolchain.verilator_command();
        command
            .args(VERILATOR_FLAGS)
            .args(key.flavour.verilator_flags());
        command.args(["--prefix", PREFIX, "--Mdir"]).arg(dir);
        add_sources(&mut command, &self.manifest, block, config);
        run_tool(
            &mut command,
            "verilation",
            &key.to_string(),
            &self.manifest.root,
        )
    }

    /// A folder beside the cache, so that results can be renamed into it.
    fn scratch(&self) -> Result<tempfile::TempDir, BridgeError> {
        let tmp = self.cache.join("tmp");
        create_dir(&tmp)?;
        remove_leftovers(&tmp);
        tempfile::Builder::new()
            .prefix("build-")
            .tempdir_in(&tmp)
            .map_err(|e| BridgeError::io("create", &tmp, e))
    }

    fn compile_all(
        &self,
        key: &ModelKey,
        dir: &Path,
        units: &[Unit],
    ) -> Result<Vec<PathBuf>, BridgeError> {
        units
            .par_iter()
            .map(|unit| self.compile(key, dir, unit))
            .collect()
    }

    fn compile(&self, key: &ModelKey, dir: &Path, unit: &Unit) -> Result<PathBuf, BridgeError> {
        let object = unit.source.with_extension("o");
        let mut command = self.toolchain.compiler_command();
        command.args(COMPILER_FLAGS).args(key.flavour.defines());
        if unit.runs_once {
            command.arg("-O0");
        }
        command
            .arg("-I")
            .arg(dir)
            .arg("-I")
            .arg(self.toolchain.include_dir());
        command
            .arg("-I")
            .arg(self.toolchain.include_dir().join("vltstd"));
        command.arg("-c").arg(&unit.source).arg("-o").arg(&object);
        run_tool(
            &mut command,
            "C++ compilation",
            &key.to_string(),
            &self.manifest.root,
        )?;
        Ok(object)
    }

    /// Objects of the Verilator runtime with our hooks, compiled once per flavour and linked into each model.
    fn runtime(&self, key: &ModelKey) -> Result<Vec<PathBuf>, BridgeError> {
        let mut hash = Sha256::new();
        hash.update(self.toolchain.identity());
        for text in [MODEL_HEADER, IMPLEMENTATION, HOOKS, PRINTF_HEADER] {
            hash.update(text);
        }
        for flag in COMPILER_FLAGS.iter().chain(key.flavour.defines()) {
            hash.update(flag);
        }
        let hash = hex(&hash.finalize());
        let entry = self
            .cache
            .join("runtime")
            .join(format!("{}-{}", key.flavour, &hash[..16]));
        let names: Vec<&str> = key
            .flavour
            .runtime_sources()
            .iter()
            .copied()
            .chain(["hooks.cc"])
            .collect();
        let objects: Vec<PathBuf> = names
            .iter()
            .map(|name| entry.join(format!("runtime_{name}")).with_extension("o"))
            .collect();
        create_dir(&self.cache.join("runtime"))?;
        let lock_path = entry.with_extension("lock");
        let lock =
            fs::File::create(&lock_path).map_err(|e| BridgeError::io("create", &lock_path, e))?;
        lock.lock()
            .map_err(|e| BridgeError::io("lock", &lock_path, e))?;
        if objects.iter().all(|object| object.is_file()) {
            return Ok(objects);
        }
        let scratch = self.scratch()?;
        let dir = scratch.path();
        write_support(dir)?;
        let result = dir.join("result");
        create_dir(&result)?;
        names.par_iter().try_for_each(|name| {
            let source = result.join(format!("runtime_{name}"));
            let text = match *name {
                "hooks.cc" => HOOKS.to_owned(),
                name => format!("#include \"{name}\"\n"),
            };
            write(&source, text.as_bytes())?;
            self.compile(
                key,
                dir,
                &Unit {
                    source,
                    runs_once: false,
                },
            )
            .map(drop)
        })?;
        install(&result, &entry)?;
        Ok(objects)
    }
}

/// One file for the C++ compiler.
struct Unit {
    source: PathBuf,
    /// Constructors and initialisation: compiled without optimisation.
    runs_once: bool,
}

/// Joins the generated sources into fewer files, so that headers are read less often, yet no file gets so large
/// that the compiler's time grows faster than its size.
fn compilation_units(dir: &Path) -> Result<Vec<Unit>, BridgeError> {
    const UNIT_BYTES: u64 = 300_000;
    let mut sources = Vec::new();
    for item in fs::read_dir(dir).map_err(|e| BridgeError::io("read", dir, e))? {
        let item = item.map_err(|e| BridgeError::io("read", dir, e))?;
        let name = item.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            let size = item
                .metadata()
                .map_err(|e| BridgeError::io("read", &item.path(), e))?
                .len();
            sources.push((name.contains("__Slow"), name, size));
        }
    }
    sources.sort();
    let mut units: Vec<(bool, u64, String)> = Vec::new();
    for (slow, name, size) in sources {
        let include = format!("#include \"{name}\"\n");
        match units.last_mut() {
            Some((unit_slow, total, text)) if *unit_slow == slow && *total + size <= UNIT_BYTES => {
                *total += size;
                *text += &include;
            }
            _ => units.push((slow, size, include)),
        }
    }
    units
        .into_iter()
        .enumerate()
        .map(|(index, (slow, _, text))| {
            let source = dir.join(format!("unit{index}.cc"));
            write(&source, text.as_bytes())?;
            Ok(Unit {
                source,
                runs_once: slow,
            })
        })
        .collect()
}

fn write_support(dir: &Path) -> Result<(), BridgeError> {
    let include = dir.join("gpnpu");
    create_dir(&include)?;
    write(&include.join("model.h"), MODEL_HEADER.as_bytes())?;
    write(
        &include.join("verilated_model.h"),
        IMPLEMENTATION.as_bytes(),
    )?;
    write(&include.join("printf.h"), PRINTF_HEADER.as_bytes())
}

/// Removes what builds that were killed have left behind. A folder so old belongs to none that still runs; one that
/// cannot be removed does no harm.
fn remove_leftovers(tmp: &Path) {
    const OLD: Duration = Duration::from_secs(24 * 60 * 60);
    for item in fs::read_dir(tmp).into_iter().flatten().flatten() {
        let modified = item.metadata().and_then(|meta| meta.modified());
        let age = modified.map(|time| SystemTime::now().duration_since(time).unwrap_or_default());
        if age.is_ok_and(|age| age > OLD) {
            let _ = fs::remove_dir_all(item.path());
        }
    }
}

/// The ports of a complete, unbroken cache entry.
fn trusted(entry: &Path) -> Option<Layout> {
    let bytes = fs::read(entry.join(OBJECT)).ok()?;
    let checksum = fs::read_to_string(entry.join(CHECKSUM)).ok()?;
    (checksum == hex(&Sha256::digest(&bytes))).then(|| ports::read(&entry.join(LAYOUT)))?
}

/// Moves a finished folder into the cache; whatever stood there was not trusted.
fn install(result: &Path, entry: &Path) -> Result<(), BridgeError> {
    if entry.is_dir() {
        fs::remove_dir_all(entry).map_err(|e| BridgeError::io("remove", entry, e))?;
    } else if entry.exists() {
        fs::remove_file(entry).map_err(|e| BridgeError::io("remove", entry, e))?;
    }
    fs::rename(result, entry).map_err(|e| BridgeError::io("rename to", entry, e))
}

fn create_dir(path: &Path) -> Result<(), BridgeError> {
    fs::create_dir_all(path).map_err(|e| BridgeError::io("create", path, e))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BridgeError> {
    fs::write(path, bytes).map_err(|e| BridgeError::io("write", path, e))
}

/// Attributes of the build, such as which modules not to inline.
fn control_file(manifest: &Manifest) -> Option<PathBuf> {
    Some(manifest.root.join("build.vlt")).filter(|path| path.is_file())
}

/// All files that Verilator may find by itself, and the control file: any of them may change a model. Those are headers,
/// in subfolders too, and sources that stand directly in a searched folder, where a module is looked for by its name.
fn included_files(manifest: &Manifest) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for dir in manifest.include_dirs() {
        collect_included(&dir, true, &mut files);
    }
    files.extend(control_file(manifest));
    files.sort();
    files
}

fn collect_included(dir: &Path, top: bool, files: &mut Vec<PathBuf>) {
    for item in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = item.path();
        if path.is_dir() {
            collect_included(&path, false, files);
            continue;
        }
        let extension = path.extension().unwrap_or_default();
        if extension == "svh" || extension == "vh" || top && (extension == "sv" || extension == "v")
        {
            files.push(path);
        }
    }
}

pub(crate) fn add_sources(
    command: &mut Command,
    manifest: &Manifest,
    block: &Block,
    config: &Config,
) {
    for dir in manifest.include_dirs() {
        command.arg(format!("-I{}", dir.display()));
    }
    for (name, value) in &config.parameters {
        command.arg(format!("-G{name}={value}"));
    }
    command.args(control_file(manifest));
    command
        .args(&block.sources)
        .args(["--top-module", &block.top]);
}

/// Before what an elaboration `$error` of the RTL says.
const OWN_ERROR: &str = "%Warning-USERERROR: ";

/// Runs a tool; its words come back only if it fails, with paths relative to the RTL's folder. Where the RTL's own
/// checks speak, they alone are heard: a parameter that they refuse makes the tool stumble in many more places.
pub(crate) fn run_tool(
    command: &mut Command,
    stage: &'static str,
    model: &str,
    root: &Path,
) -> Result<(), BridgeError> {
    let program = PathBuf::from(command.get_program());
    let output = command
        .output()
        .map_err(|e| BridgeError::io("run", &program, e))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8_lossy(&text).replace(&format!("{}/", root.display()), "");
    let own: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix(OWN_ERROR))
        .collect();
    let lines: Vec<&str> = match own.is_empty() {
        true => text
            .lines()
            .filter(|line| !line.starts_with("- "))
            .collect(),
        false => own,
    };
    const SHOWN: usize = 40;
    let mut shown = lines[..lines.len().min(SHOWN)].join("\n");
    if lines.len() > SHOWN {
        shown += &format!("\n... and {} more lines", lines.len() - SHOWN);
    }
    Err(BridgeError::Build {
        stage,
        model: model.to_owned(),
        output: if shown.is_empty() {
            format!("{} {}", program.display(), output.status)
        } else {
            shown
        },
    })
}
