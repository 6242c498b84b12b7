//! Keeps figures by a hash of everything they follow from.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Figures, yosys};
use crate::manifest::{Block, Config};
use crate::project::{Project, files};

/// The figures of `config` of `block`: known ones unless `fresh`, else yosys's.
///
/// # Errors
///
/// What yosys said; failures are not kept.
pub(crate) fn figures(
    project: &Project,
    block: &Block,
    config: &Config,
    fresh: bool,
) -> Result<Figures, String> {
    let key = key(project.root(), block, config)?;
    let folder = format!(".gpnpu/cache/synth/{}-{}-{key}", block.stem, config.name);
    let kept = project.root().join(&folder).join("figures.json");
    if !fresh
        && let Ok(text) = std::fs::read_to_string(&kept)
        && let Ok(figures) = serde_json::from_str(&text)
    {
        return Ok(figures);
    }
    let figures = yosys::run(project, &yosys::script(block, config, &folder), &folder)?;
    // Renamed into place, so that a reader never sees half of it.
    let text = serde_json::to_string(&figures).map_err(|error| error.to_string())?;
    let new = kept.with_extension(format!("{}", std::process::id()));
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, &kept))
        .map_err(|error| format!("`{}`: {error}", kept.display()))?;
    Ok(figures)
}

/// Hash over the script, the sources, what they may include, and the tools' versions.
fn key(root: &Path, block: &Block, config: &Config) -> Result<String, String> {
    let mut paths: Vec<_> = block
        .sources
        .iter()
        .map(|source| root.join("rtl").join(source))
        .collect();
    paths.extend(files(&root.join("rtl/common"), &["svh"]));
    paths.push(root.join("tools/check-requirements.txt"));
    let mut hash = Sha256::new();
    hash.update(yosys::script(block, config, ""));
    for path in paths {
        let text =
            std::fs::read(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    Ok(hash
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_follows_sources_includes_parameters_and_tools() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("rtl/a/a.sv", "module a; endmodule\n");
        write("rtl/common/assert.svh", "");
        write("tools/check-requirements.txt", "");
        let config = Config {
            name: "c".into(),
            parameters: vec![],
        };
        let block = Block {
            stem: "a_a".into(),
            top: "a".into(),
            sources: vec!["a/a.sv".into()],
            configs: vec![config.clone()],
            synth: vec![],
        };
        let key_now = |config: &Config| key(root.path(), &block, config).unwrap();
        let first = key_now(&config);
        assert_eq!(first, key_now(&config));
        let other = Config {
            parameters: vec![("W".into(), "1".into())],
            ..config.clone()
        };
        assert_ne!(first, key_now(&other));
        for path in [
            "rtl/a/a.sv",
            "rtl/common/assert.svh",
            "tools/check-requirements.txt",
        ] {
            let before = key_now(&config);
            write(path, "// changed\n");
            assert_ne!(before, key_now(&config), "{path}");
        }
    }
}
