//! One stem, five places: the files that belong to a block.

use std::path::{Path, PathBuf};

use crate::project::files;

/// The five places of the block `stem`, relative to the root: `npu_mac_array` lives in `rtl/npu/mac_array/`, and a
/// block that is called as its family, `mem3d`, in `rtl/mem3d/` and in `top.rs` of the family's modules.
pub(crate) fn places(stem: &str) -> [PathBuf; 5] {
    let (family, folder, name) = match stem.split_once('_') {
        Some((family, name)) => (family, format!("{family}/{name}"), name),
        None => (stem, stem.to_owned(), "top"),
    };
    [
        format!("rtl/{folder}/{stem}.sv"),
        format!("rtl/{folder}/testplan.hjson"),
        format!("golden/src/{family}/{name}.rs"),
        format!("testbenches/src/{family}/{name}.rs"),
        format!("coverage/src/{family}/{name}.rs"),
    ]
    .map(PathBuf::from)
}

/// What is missing of the blocks `stems` in the tree at `root`, and testplans that belong to no block.
pub(crate) fn offences(root: &Path, stems: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut plans = Vec::new();
    for stem in stems {
        let places = places(stem);
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
        for (index, place) in places("npu_mac_array").iter().enumerate() {
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
        for (index, place) in places("npu_mac_array").iter().enumerate() {
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
    fn a_block_called_as_its_family_has_its_top() {
        let places = places("mem3d").map(|place| place.display().to_string());
        assert_eq!(places[0], "rtl/mem3d/mem3d.sv");
        assert_eq!(places[3], "testbenches/src/mem3d/top.rs");
    }
}
