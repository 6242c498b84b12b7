//! Runs of many cycles without a reset, for the night: `cargo test --release -p gpnpu-testbenches --test it soak --
//! --ignored --nocapture`.

use std::path::Path;
use std::time::Duration;

use gpnpu_bridge::builder::{Builder, Flavour, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::toolchain::Toolchain;
use gpnpu_testbenches::kit::{Execution, Limits, Parameters};
use serde_json::json;

/// Cycles of a soak at least.
const CYCLES: u64 = 100_000_000;

/// Has `mem3d_vault::soak` go on until it has had all cycles.
fn soak(config: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .canonicalize()
        .expect("a path");
    let tools = Toolchain::find(&root).expect("the tools are set up");
    let manifest = Manifest::read(&root.join("rtl")).expect("configs.toml");
    let builder = Builder::new(tools, manifest, root.join(".gpnpu/cache"));
    let key = ModelKey {
        block: "mem3d_vault".to_owned(),
        config: config.to_owned(),
        flavour: Flavour::Fast,
    };
    let model = builder.build(&key, &Silent).expect("the model builds");
    let tests = gpnpu_testbenches::tests();
    let test = tests
        .iter()
        .find(|test| test.id() == "mem3d_vault::soak")
        .expect("the test");
    let execution = Execution {
        limits: Limits {
            cycles: 4 * CYCLES,
            wall: Duration::from_secs(4 * 3600),
        },
        ..Execution::seed(1)
    };
    let short = test.execute(&model, &execution);
    assert!(short.result.is_ok(), "{:?}", short.result);
    let mut stimulus = test.stimulus(&Parameters::of(&model.layout), execution.seed);
    let rounds = stimulus["rounds"].as_u64().expect("a number");
    // Rounds differ a little, by what the refreshes do to them.
    let wanted = 11 * CYCLES * rounds / (10 * short.cycles.0) + 1;
    stimulus["rounds"] = json!(wanted);
    let long = test.execute(
        &model,
        &Execution {
            stimulus: Some(stimulus),
            ..execution
        },
    );
    assert!(long.result.is_ok(), "{:?}", long.result);
    assert!(long.cycles.0 >= CYCLES, "only {} cycles", long.cycles.0);
    println!(
        "{config}: {} cycles in {wanted} rounds, {:.0} s",
        long.cycles.0,
        long.wall.as_secs_f64()
    );
}

#[test]
#[ignore = "nightly profile: half an hour of one core"]
fn soak_of_hbm3() {
    soak("hbm3");
}

#[test]
#[ignore = "nightly profile: half an hour of one core"]
fn soak_of_hb3d() {
    soak("hb3d");
}
