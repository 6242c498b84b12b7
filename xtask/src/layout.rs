//! One stem, five places: the files that belong to a block.

use std::path::{Path, PathBuf};

use crate::project::files;

/// The five places of the block `stem`, relative to the root: `npu_mac_array` lives in `rtl/npu/mac_array/`.
///
/// `None` if the stem has no family (no underscore).
pub(crate) fn places(stem: &str) -> Option<[PathBuf; 5]> {
    let (family, name) = stem.split_once('_')?;
    Some(
        [
            format!("rtl/{family}/{name}/{stem}.sv"),
            format!("rtl/{family}/{name}/testplan.hjson"),
            format!("golden/src/{family}/{name}.rs"),
            format!("testbenches/src/{family}/{name}.rs"),
            format!("coverage/src/{family}/{name}.rs"),
        ]
        .map(PathBuf::from),
    )
}

/// What is missing of the blocks `stems` in the tree at `root`, and testplans that belong to no block.
pub(crate) fn offences(root: &Path, stems: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut plans = Vec::new();
    for stem in stems {
        let Some(places) = places(stem) else {
            found.push(format!(
                "block `{stem}` has no family (expected `<family>_<name>`)"
            ));
            continue;
        };
        for place in &places {
            if !root.join(place).is_file() {
                found.push(format!("block `{stem}` lacks `{}`", place.display()));
            }
        }
        plans.push(root.join(&places[1]));
    }
    for plan in files(&root.join("rtl"), &["hjson"]) {
        if !plans.contains(&plan) {
            let plan = plan.strip_prefix(root).unwrap_or(&plan).display();
            found.push(format!("`{plan}` belongs to no block of rtl/configs.toml"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(missing: Option<usize>) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (index, place) in places("npu_mac_array").unwrap().iter().enumerate() {
            if Some(index) != missing {
                let path = root.path().join(place);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
        }
        root
    }

    #[test]
    fn a_complete_block_passes() {
        let root = tree(None);
        assert_eq!(
            offences(root.path(), &["npu_mac_array"]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_missing_place_is_named() {
        for (index, place) in places("npu_mac_array").unwrap().iter().enumerate() {
            let root = tree(Some(index));
            assert_eq!(
                offences(root.path(), &["npu_mac_array"]),
                [format!("block `npu_mac_array` lacks `{}`", place.display())]
            );
        }
    }

    #[test]
    fn a_plan_without_a_block_is_named() {
        let root = tree(None);
        assert_eq!(
            offences(root.path(), &[]),
            ["`rtl/npu/mac_array/testplan.hjson` belongs to no block of rtl/configs.toml"]
        );
    }

    #[test]
    fn a_stem_needs_a_family() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            offences(root.path(), &["npu"]),
            ["block `npu` has no family (expected `<family>_<name>`)"]
        );
    }
}
