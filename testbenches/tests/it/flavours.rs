//! The fast, traced and coverage builds of a model behave the same: equal digests over all ports and cycles.

use std::path::Path;

use gpnpu_bridge::builder::{Builder, Flavour, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::toolchain::Toolchain;
use gpnpu_testbenches::kit::Execution;

fn compare(block: &str, tests: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .canonicalize()
        .expect("a path");
    let tools = Toolchain::find(&root).expect("the tools are set up");
    let manifest = Manifest::read(&root.join("rtl")).expect("configs.toml");
    let config = manifest.block(block).expect("a block").configs[0]
        .name
        .clone();
    let builder = Builder::new(tools, manifest, root.join(".gpnpu/cache"));
    let models = Flavour::ALL.map(|flavour| {
        let key = ModelKey {
            block: block.to_owned(),
            config: config.clone(),
            flavour,
        };
        builder.build(&key, &Silent).expect("the model builds")
    });
    for test in gpnpu_testbenches::tests()
        .iter()
        .filter(|test| tests.contains(&test.id().as_str()))
    {
        for seed in 1..4 {
            let outcomes = models
                .each_ref()
                .map(|model| test.execute(model, &Execution::seed(seed)));
            for (outcome, flavour) in outcomes.iter().zip(Flavour::ALL) {
                assert!(
                    outcome.result.is_ok(),
                    "{} {seed} {flavour}: {:?}",
                    test.id(),
                    outcome.result
                );
                assert_eq!(
                    outcome.digest,
                    outcomes[0].digest,
                    "{} seed {seed} {flavour}",
                    test.id()
                );
                assert_eq!(outcome.cycles, outcomes[0].cycles);
            }
            assert!(
                outcomes[2]
                    .code
                    .as_ref()
                    .is_some_and(|code| !code.is_empty()),
                "no code coverage"
            );
        }
    }
}

#[test]
fn common_fifo_behaves_the_same_in_every_flavour() {
    compare(
        "common_fifo",
        &["common_fifo::random", "common_fifo::reset_in_the_middle"],
    );
}

#[test]
fn npu_dot_behaves_the_same_in_every_flavour() {
    compare(
        "npu_dot",
        &["npu_dot::random", "npu_dot::reset_in_the_middle"],
    );
}
