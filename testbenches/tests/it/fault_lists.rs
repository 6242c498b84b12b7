//! Each block's list of planted faults against what exists: the RTL, its configurations and their tests.

use std::collections::HashSet;
use std::path::Path;

use gpnpu_bridge::builder::Flavour;
use gpnpu_bridge::manifest::Manifest;
use gpnpu_testbenches::runner::{self, Selection, faults};

/// Found here rather than when somebody next plants the faults, which takes an hour.
#[test]
fn every_fault_fits_the_rtl_and_has_a_name_of_its_own_and_tests_in_its_configuration() {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    let manifest = Manifest::read(&rtl).expect("rtl/configs.toml");
    let tests = gpnpu_testbenches::tests();
    for block in manifest.blocks() {
        let list = faults::read(&manifest, block).unwrap_or_else(|e| panic!("{e}"));
        assert!(!list.faults.is_empty(), "`{}` has no faults", block.stem);
        let mut names = HashSet::new();
        for fault in &list.faults {
            assert!(names.insert(&fault.name), "two faults `{}`", fault.name);
            let selection = Selection {
                filters: vec![format!("{}::", block.stem)],
                configs: vec![list.config(block, fault).to_owned()],
                iterations: None,
                seed: 1,
                flavour: Flavour::Fast,
            };
            runner::select(&tests, &manifest, &selection)
                .unwrap_or_else(|e| panic!("fault `{}`: {e}", fault.name));
        }
    }
}
