//! Each block's testplan against what exists: its tests, its coverage model, the assertions of its RTL.

use std::path::Path;

use gpnpu_bridge::manifest::{Block, Manifest};
use gpnpu_coverage::testplan::{self, Plan};

fn manifest() -> Manifest {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    Manifest::read(&rtl).expect("rtl/configs.toml")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
}

/// Labels in the sources of a block; `own` leaves out the blocks it is made of.
fn labels(block: &Block, own: bool) -> Vec<String> {
    let folder = block.folder();
    let sources = block.sources.iter();
    sources
        .filter(|source| !own || source.parent() == Some(&*folder))
        .flat_map(|source| testplan::labels(&read(source)))
        .collect()
}

fn strs(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

/// What is wrong with a block's plan.
fn faults(block: &Block, tests: &[String], root: &Path) -> Vec<String> {
    let stem = &block.stem;
    let path = block.folder().join("testplan.hjson");
    let project = root.parent().unwrap_or(root);
    let file = path
        .strip_prefix(project)
        .unwrap_or(&path)
        .display()
        .to_string();
    let plan = match Plan::parse(&read(&path), &file) {
        Ok(plan) => plan,
        Err(error) => return vec![error.to_string()],
    };
    let Some(coverage) = gpnpu_coverage::block(stem) else {
        return vec![format!("block `{stem}` has no coverage model")];
    };
    let covers = (coverage.model)().ids();
    let (known, own) = (labels(block, false), labels(block, true));
    assert!(!own.is_empty(), "no assertion found in the RTL of `{stem}`");
    let mut errors = testplan::check(&plan, &strs(tests), &strs(&covers), &strs(&known));
    errors.extend(testplan::unnamed(&plan, &strs(&own), &strs(&covers)));
    let mut faults: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if plan.name != *stem {
        faults.push(format!(
            "{}: name is `{}`, not `{stem}`",
            plan.file, plan.name
        ));
    }
    faults
}

#[test]
fn plans_tests_covers_and_assertions_name_each_other() {
    let manifest = manifest();
    let tests: Vec<String> = gpnpu_testbenches::tests()
        .iter()
        .map(|test| test.id())
        .collect();
    let faults: Vec<String> = manifest
        .blocks()
        .iter()
        .flat_map(|block| faults(block, &tests, &manifest.root))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// A source belongs to the block in whose folder it lies; one of no block would be asked for by no plan.
#[test]
fn every_source_with_assertions_lies_in_the_folder_of_a_block() {
    let manifest = manifest();
    let folders: Vec<_> = manifest.blocks().iter().map(Block::folder).collect();
    let sources = manifest.blocks().iter().flat_map(|block| &block.sources);
    let astray: Vec<_> = sources
        .filter(|source| !folders.iter().any(|folder| source.parent() == Some(folder)))
        .filter(|source| !testplan::labels(&read(source)).is_empty())
        .collect();
    assert!(astray.is_empty(), "of no block's folder: {astray:?}");
}
