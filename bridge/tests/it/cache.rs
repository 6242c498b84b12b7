//! The cache of models: what is kept, what is built anew, and what happens when a build goes wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::model::Model;

use crate::support::{built, cache, key, toolchain};

/// RTL of its own with two blocks, and a cache of its own.
struct Site {
    folder: tempfile::TempDir,
}

const TICK: &str = "\
`include \"step.svh\"
module tick (input logic clk_i, output logic [7:0] count_o);
  initial count_o = 8'd0;
  always_ff @(posedge clk_i) count_o <= count_o + `STEP;
endmodule
";

const TOCK: &str = "\
module tock (input logic a_i, output logic b_o);
  assign b_o = !a_i;
endmodule
";

const CONFIGS: &str = "\
[tick]
sources = ['tick.sv']
config = { default = {} }
[tock]
clock = ''
sources = ['tock.sv']
config = { default = {} }
";

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Self { folder };
        site.write("rtl/common/step.svh", "`define STEP 8'd1\n");
        site.write("rtl/configs.toml", CONFIGS);
        site.write("rtl/tick.sv", TICK);
        site.write("rtl/tock.sv", TOCK);
        // The runtime is that of the shared cache, so that only the models are compiled here.
        drop(built("reporter", Flavour::Fast));
        fs::create_dir_all(site.path("cache/runtime")).unwrap();
        for entry in fs::read_dir(cache().join("runtime")).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                let copy = site.path("cache/runtime").join(entry.file_name().unwrap());
                fs::create_dir_all(&copy).unwrap();
                for object in fs::read_dir(&entry).unwrap() {
                    let object = object.unwrap().path();
                    fs::copy(&object, copy.join(object.file_name().unwrap())).unwrap();
                }
            }
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn builder(&self) -> Builder {
        builder(self.folder.path())
    }

    fn build(&self, block: &str) -> Result<BuiltModel, BridgeError> {
        self.builder().build(&fast(block), &Silent)
    }

    /// Whether the block came from the cache.
    fn cached(&self, block: &str) -> bool {
        self.build(block).unwrap().cached
    }

    /// Folders with finished models.
    fn entries(&self) -> Vec<PathBuf> {
        let models = fs::read_dir(self.path("cache/models"))
            .into_iter()
            .flatten();
        models
            .map(|item| item.unwrap().path())
            .filter(|path| path.is_dir())
            .collect()
    }
}

fn builder(folder: &Path) -> Builder {
    let manifest = Manifest::read(&folder.join("rtl")).unwrap();
    Builder::new(toolchain().clone(), manifest, folder.join("cache"))
}

fn fast(block: &str) -> ModelKey {
    key(block, "default", Flavour::Fast)
}

/// What `tick` has counted in its second cycle.
fn step(built: &BuiltModel) -> u32 {
    let mut model = Model::load(built, 1).unwrap();
    let mut out = vec![0; built.layout.output_words];
    model.run(&vec![0; built.layout.input_words], &mut out, 2);
    out[0]
}

#[test]
fn only_what_changed_is_built_again() {
    let site = Site::new();
    assert!(!site.cached("tick") && !site.cached("tock"));
    assert!(site.cached("tick") && site.cached("tock"));
    site.write("rtl/tick.sv", &TICK.replace("+ `STEP", "+ `STEP + `STEP"));
    assert_eq!(step(&site.build("tick").unwrap()), 2);
    assert!(site.cached("tock"));
    // Back to what it was: both are still there.
    site.write("rtl/tick.sv", TICK);
    let back = site.build("tick").unwrap();
    assert!(back.cached);
    assert_eq!(step(&back), 1);
    // A header may be included by any of them.
    site.write("rtl/common/step.svh", "`define STEP 8'd5\n");
    let built = site.build("tick").unwrap();
    assert!(!built.cached);
    assert_eq!(step(&built), 5);
}

/// Verilator looks for modules in the folders of headers: one found there, in no list of sources, once left a stale model.
#[test]
fn a_module_that_verilator_finds_by_itself_counts() {
    let site = Site::new();
    site.write(
        "rtl/tick.sv",
        &TICK.replace("`STEP", "step_w").replace(
            "  initial",
            "  logic [7:0] step_w;\n  step i_step (.*);\n  initial",
        ),
    );
    site.write(
        "rtl/common/step.sv",
        "module step (output logic [7:0] step_w); assign step_w = 8'd2; endmodule\n",
    );
    assert_eq!(step(&site.build("tick").unwrap()), 2);
    site.write(
        "rtl/common/step.sv",
        "module step (output logic [7:0] step_w); assign step_w = 8'd3; endmodule\n",
    );
    assert_eq!(step(&site.build("tick").unwrap()), 3);
}

#[test]
fn a_broken_entry_is_built_again() {
    let site = Site::new();
    let object = site.build("tock").unwrap().object;
    let entry = object.parent().unwrap();
    let whole = fs::read(&object).unwrap();
    fs::write(&object, &whole[..whole.len() / 2]).unwrap();
    assert!(!site.cached("tock"), "truncated");
    assert_eq!(fs::read(&object).unwrap().len(), whole.len());
    fs::remove_file(entry.join("ports.json")).unwrap();
    assert!(!site.cached("tock"), "a file is missing");
    fs::remove_dir_all(entry).unwrap();
    fs::write(entry, "not a folder").unwrap();
    assert!(!site.cached("tock"), "a file stands in its place");
    assert!(site.cached("tock"));
}

#[test]
fn what_a_killed_build_left_is_not_used_and_goes_away() {
    let site = Site::new();
    let object = site.build("tock").unwrap().object;
    // A finished result that was never moved into the cache, one young and one old.
    let (young, old) = (
        site.path("cache/tmp/build-young"),
        site.path("cache/tmp/build-old"),
    );
    for leftover in [&young, &old] {
        fs::create_dir_all(leftover).unwrap();
        fs::rename(object.parent().unwrap(), leftover.join("result")).unwrap_or_default();
    }
    let two_days_ago = SystemTime::now() - Duration::from_secs(48 * 60 * 60);
    fs::File::open(&old)
        .unwrap()
        .set_modified(two_days_ago)
        .unwrap();
    assert!(!site.cached("tock"));
    assert!(young.is_dir(), "another process may still build there");
    assert!(!old.exists());
    let left: Vec<_> = fs::read_dir(site.path("cache/tmp")).unwrap().collect();
    assert_eq!(left.len(), 1, "the build removed its own folder");
}

#[test]
fn a_syntax_error_names_file_and_line_and_leaves_nothing() {
    let site = Site::new();
    site.write(
        "rtl/deep/tick.sv",
        &TICK.replace("<= count_o", "<= = count_o"),
    );
    site.write(
        "rtl/configs.toml",
        &CONFIGS.replace("tick.sv", "deep/tick.sv"),
    );
    let error = site.build("tick").unwrap_err();
    let BridgeError::Build { stage, output, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*stage, "elaboration");
    assert!(output.contains("deep/tick.sv:4:"), "{output}");
    assert!(
        !output.contains(&*site.folder.path().to_string_lossy()),
        "{output}"
    );
    assert!(site.entries().is_empty());
    // The repaired source builds.
    site.write("rtl/deep/tick.sv", TICK);
    assert!(!site.cached("tick"));
}

#[test]
fn what_the_rtl_itself_refuses_is_said_without_what_follows_from_it() {
    let site = Site::new();
    let refuses = "  localparam int unsigned W = 0;
  if (W < 1) begin : gen_check
    $error(\"tock: W is %0d, needs 1\", W);
  end
  logic [W-1:0] none [W];
";
    site.write(
        "rtl/tock.sv",
        &TOCK.replace("  assign", &format!("{refuses}  assign")),
    );
    let error = site.build("tock").unwrap_err();
    let BridgeError::Build { output, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(output, "tock.sv:4:5: tock: W is 0, needs 1");
}

#[test]
fn a_loop_without_a_register_is_refused_by_name() {
    let site = Site::new();
    site.write(
        "rtl/tock.sv",
        &TOCK.replace(
            "assign b_o = !a_i",
            "logic x, y; assign x = y ^ a_i; assign y = !x; assign b_o = x",
        ),
    );
    let message = site.build("tock").unwrap_err().to_string();
    assert!(
        message.contains("tock.sv:2:") && message.contains("Circular combinational logic"),
        "{message}"
    );
}

#[test]
fn a_compiler_that_fails_leaves_nothing() {
    let site = Site::new();
    let mut tools = toolchain().clone();
    tools.compiler = "false".into();
    let manifest = Manifest::read(&site.path("rtl")).unwrap();
    let error = Builder::new(tools.clone(), manifest.clone(), site.path("cache"))
        .build(&fast("tock"), &Silent)
        .unwrap_err();
    assert!(
        matches!(
            &error,
            BridgeError::Build {
                stage: "C++ compilation",
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("C++ compilation of tock default (fast) failed\n"),
        "{error}"
    );
    tools.compiler = "/nowhere/c++".into();
    let error = Builder::new(tools, manifest, site.path("cache"))
        .build(&fast("tock"), &Silent)
        .unwrap_err();
    assert!(matches!(&error, BridgeError::Io { .. }), "{error}");
    assert!(error.to_string().contains("`/nowhere/c++`"), "{error}");
    assert!(site.entries().is_empty());
    assert_eq!(fs::read_dir(site.path("cache/tmp")).unwrap().count(), 0);
}

/// `CXX` may hold a wrapper and flags, which once were taken for one program's name.
#[test]
fn the_compiler_may_be_wrapped() {
    let site = Site::new();
    let mut tools = toolchain().clone();
    let mut wrapped = std::ffi::OsString::from("env GPNPU_TEST=1 ");
    wrapped.push(&tools.compiler);
    wrapped.push(" -DGPNPU_TEST=1");
    tools.compiler = wrapped;
    let manifest = Manifest::read(&site.path("rtl")).unwrap();
    let builder = Builder::new(tools, manifest, site.path("cache"));
    assert!(!builder.build(&fast("tock"), &Silent).unwrap().cached);
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let site = Site::new();
    site.write("file", "");
    let manifest = Manifest::read(&site.path("rtl")).unwrap();
    let error = Builder::new(toolchain().clone(), manifest, site.path("file/cache"))
        .build(&fast("tock"), &Silent)
        .unwrap_err();
    assert!(matches!(error, BridgeError::Io { .. }));
    let expected = format!(
        "cannot create `{}`: ",
        site.path("file/cache/models").display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn an_object_that_is_no_model_is_refused() {
    let mut model = built("state", Flavour::Fast);
    model.object = "/nowhere/model.so".into();
    let Err(error @ BridgeError::Load { .. }) = Model::load(&model, 1) else {
        panic!("it was loaded");
    };
    assert!(
        error
            .to_string()
            .starts_with("cannot load the model state default (fast): "),
        "{error}"
    );
}

const SITE: &str = "GPNPU_TEST_SITE";

/// Run by the next test in processes of its own.
#[test]
#[ignore = "run by `builders_of_the_same_models_do_not_disturb_each_other`"]
fn child_that_builds() {
    let folder = PathBuf::from(std::env::var_os(SITE).unwrap());
    let keys = [fast("tock"), fast("tick"), fast("tock"), fast("tick")];
    for result in builder(&folder).build_all(&keys, &Silent) {
        let built = result.unwrap();
        let model = Model::load(&built, 1).unwrap();
        println!("{} cached={}", model.built().key, built.cached);
    }
}

/// Four builders in three processes, each with every model twice, on an empty cache without the runtime: each model is
/// built once, and nobody waits for ever for a lock that waits for him.
#[test]
fn builders_of_the_same_models_do_not_disturb_each_other() {
    let site = Site::new();
    fs::remove_dir_all(site.path("cache")).unwrap();
    let child = || {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "cache::child_that_builds",
                "--ignored",
                "--nocapture",
            ])
            .env(SITE, site.folder.path())
            // More threads than cores: one is free to take compile jobs while the others hold locks.
            .env("RAYON_NUM_THREADS", "4")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [child(), child()];
    let (sender, receiver) = mpsc::channel();
    for _ in 0..2 {
        let (sender, builder) = (sender.clone(), site.builder());
        std::thread::spawn(move || {
            let keys = [fast("tick"), fast("tock"), fast("tick"), fast("tock")];
            let results = builder.build_all(&keys, &Silent);
            let _ = sender.send(
                results
                    .into_iter()
                    .map(|result| result.unwrap().cached)
                    .collect::<Vec<_>>(),
            );
        });
    }
    let mut fresh = 0;
    for _ in 0..2 {
        let cached = receiver
            .recv_timeout(Duration::from_secs(180))
            .expect("the builders hang");
        fresh += cached.iter().filter(|cached| !**cached).count();
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(text.matches("cached=").count(), 4, "{text}");
        fresh += text.matches("cached=false").count();
    }
    assert_eq!(fresh, 2, "each model is built by one of them");
    assert_eq!(site.entries().len(), 2);
}
