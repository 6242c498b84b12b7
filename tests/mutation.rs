//! All mutants of a block in one model: without one it is the RTL, with one it is not.

use std::fs;
use std::path::Path;

use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey, Silent};
use gpnpu_bridge::manifest::Manifest;
use gpnpu_bridge::toolchain::Toolchain;
use gpnpu_mutation::{Design, Mode, Mutant, plusarg};
use gpnpu_testbenches::kit::{AnyTest, Execution, Outcome};

/// A builder of what is in `rtl`.
fn builder(rtl: &Path) -> Builder {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let toolchain = Toolchain::find(repository).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutation-cache");
    Builder::new(toolchain, Manifest::read(rtl).unwrap(), cache)
}

#[test]
fn without_a_mutant_digests_are_those_of_the_rtl_and_with_one_a_test_fails() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl");
    let own = builder(&rtl);
    let block = own.manifest().block("common_fifo").unwrap();
    let key = ModelKey {
        block: block.stem.clone(),
        config: "w64d13".to_owned(),
        flavour: Flavour::Fast,
    };
    let design = Design::read(&rtl, &block.sources, |_| true).unwrap();
    let mutants: Vec<(u32, &Mutant)> = (1..).zip(design.mutants()).collect();
    let [selection, probe] = [Mode::Select, Mode::Probe].map(|mode| {
        let folder = tempfile::tempdir().unwrap();
        own.manifest().copy_rtl(folder.path()).unwrap();
        for (file, text) in design.compose(&mutants, mode).files {
            fs::write(folder.path().join(file), text).unwrap();
        }
        builder(folder.path()).build(&key, &Silent).unwrap()
    });
    let original = own.build(&key, &Silent).unwrap();

    let tests = gpnpu_testbenches::tests();
    let tests: Vec<&dyn AnyTest> = tests
        .iter()
        .map(|test| &**test)
        .filter(|test| test.block() == "common_fifo")
        .collect();
    let run = |model: &BuiltModel| -> Vec<Outcome> {
        let execution = Execution::seed(1);
        tests
            .iter()
            .map(|test| test.execute(model, &execution))
            .collect()
    };
    let expected: Vec<_> = run(&original)
        .iter()
        .map(|outcome| outcome.digest)
        .collect();
    for (name, model) in [("selection", &selection), ("probe", &probe)] {
        let outcomes = run(model);
        assert!(
            outcomes.iter().all(|outcome| outcome.result.is_ok()),
            "{name}"
        );
        let digests: Vec<_> = outcomes.iter().map(|outcome| outcome.digest).collect();
        assert_eq!(digests, expected, "{name}");
    }
    // The probe marks what can be noticed, and nothing else marks anything.
    let marked = |outcomes: &[Outcome]| outcomes.iter().map(|o| o.marks.len()).max();
    assert!(marked(&run(&probe)) > Some(mutants.len() / 2));
    assert_eq!(marked(&run(&selection)), Some(0));

    for (number, mutant) in mutants.iter().step_by(9) {
        let mut model = selection.clone();
        model.plusargs.push(plusarg(*number));
        let outcomes = run(&model);
        assert!(
            outcomes.iter().any(|outcome| outcome.result.is_err()),
            "{}",
            mutant.diff()
        );
    }
}
