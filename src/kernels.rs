//! `gpnpu kernels`: the ELFs of `simt/kernels` and `simt/programs`, so that tests need no compiler.
//!
//! `simt/elf/manifest.toml` has for each the SHA-256 of all that went into it and of the ELF.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cc::{Arguments, Compiler, Kind, recipe};
use crate::cli::KernelsArgs;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;

/// What is compiled: folder in `simt/`, extension, and what it is.
const SOURCES: [(&str, &str, Kind); 2] = [
    ("kernels", "cu", Kind::Cuda),
    ("programs", "S", Kind::Assembly),
];

/// What goes into all of a kind, in `simt/`.
fn common(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Cuda => &["include", "lib", "gpnpu.ld"],
        Kind::Assembly | Kind::Object => &["lib", "gpnpu.ld", "programs/test.h"],
    }
}

/// The manifest.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// What the compiler said about itself.
    compiler: String,
    /// The ELFs by their names.
    elf: BTreeMap<String, Entry>,
}

/// An ELF.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// SHA-256 of what went in.
    inputs: String,
    /// SHA-256 of the ELF.
    elf: String,
}

/// `simt/` of a checkout.
#[derive(Debug)]
struct Simt {
    root: PathBuf,
}

/// Compiles what is not up to date, or says what is not.
pub fn kernels(args: &KernelsArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let simt = Simt {
        root: project.simt(),
    };
    let sources = simt.sources()?;
    let manifest = simt.manifest()?;
    if args.check {
        let stale = simt.offences(&sources, &manifest)?;
        if stale.is_empty() {
            eprintln!("{} programs are up to date", sources.len());
            return Ok(Exit::Ok);
        }
        return Err(CommandError {
            exit: Exit::GateNotMet,
            message: format!(
                "not up to date: {}; run `./gpnpu kernels`",
                stale.join(", ")
            ),
        });
    }
    let compiler = Compiler::find(simt.root.clone())?;
    let mut fresh = Manifest {
        compiler: compiler.version().to_owned(),
        elf: BTreeMap::new(),
    };
    let mut written = Vec::new();
    for (name, (kind, source)) in &sources {
        let inputs = simt.inputs(*kind, source, &fresh.compiler)?;
        let current = manifest.elf.get(name).filter(|entry| {
            entry.inputs == inputs && simt.hash_of_elf(name).is_some_and(|elf| elf == entry.elf)
        });
        if current.is_none() {
            let output = simt.elf(name);
            fs::create_dir_all(simt.root.join("elf")).map_err(CommandError::unforeseen)?;
            compiler.build(&Arguments {
                inputs: vec![(*kind, source.clone())],
                output,
                ..Arguments::default()
            })?;
            written.push(name.clone());
        }
        let elf = simt.hash_of_elf(name).ok_or_else(|| {
            CommandError::unforeseen(format!("`{}` was not written", simt.elf(name).display()))
        })?;
        fresh.elf.insert(name.clone(), Entry { inputs, elf });
    }
    for name in manifest
        .elf
        .keys()
        .filter(|name| !sources.contains_key(*name))
    {
        // What is gone already is as it should be.
        let _ = fs::remove_file(simt.elf(name));
    }
    let text = toml::to_string(&fresh).map_err(CommandError::unforeseen)?;
    files::write(&simt.manifest_path(), text.as_bytes())?;
    match written.as_slice() {
        [] => eprintln!("{} programs are up to date", sources.len()),
        names => eprintln!("compiled {}", names.join(", ")),
    }
    Ok(Exit::Ok)
}

impl Simt {
    fn elf(&self, name: &str) -> PathBuf {
        self.root.join("elf").join(format!("{name}.elf"))
    }

    fn manifest_path(&self) -> PathBuf {
        self.root.join("elf/manifest.toml")
    }

    /// What the manifest says; nothing if there is none yet.
    fn manifest(&self) -> Result<Manifest, CommandError> {
        let path = self.manifest_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Manifest::default());
            }
            Err(error) => return Err(unreadable(&path, &error)),
        };
        toml::from_str(&text)
            .map_err(|error| CommandError::usage(format!("`{}`: {error}", path.display())))
    }

    /// All sources by the names of their ELFs.
    fn sources(&self) -> Result<BTreeMap<String, (Kind, PathBuf)>, CommandError> {
        let mut found = BTreeMap::new();
        for (folder, extension, kind) in SOURCES {
            for path in files_below(&self.root.join(folder))? {
                if path.extension().is_none_or(|other| other != extension) {
                    continue;
                }
                let name = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                if found.insert(name.clone(), (kind, path)).is_some() {
                    return Err(CommandError::usage(format!(
                        "two sources are called `{name}`"
                    )));
                }
            }
        }
        Ok(found)
    }

    /// SHA-256 of all that goes into an ELF.
    fn inputs(&self, kind: Kind, source: &Path, compiler: &str) -> Result<String, CommandError> {
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        add(compiler.as_bytes());
        recipe().for_each(|part| add(part.as_bytes()));
        let mut paths = vec![source.to_owned()];
        for common in common(kind) {
            paths.extend(files_below(&self.root.join(common))?);
        }
        for path in paths {
            let name = path.strip_prefix(&self.root).unwrap_or(&path);
            add(name.to_string_lossy().as_bytes());
            add(&fs::read(&path).map_err(|error| unreadable(&path, &error))?);
        }
        Ok(hexadecimal(hash))
    }

    /// SHA-256 of an ELF that is there.
    fn hash_of_elf(&self, name: &str) -> Option<String> {
        let bytes = fs::read(self.elf(name)).ok()?;
        Some(hexadecimal(Sha256::new().chain_update(bytes)))
    }

    /// The ELFs that are not what the sources say.
    fn offences(
        &self,
        sources: &BTreeMap<String, (Kind, PathBuf)>,
        manifest: &Manifest,
    ) -> Result<Vec<String>, CommandError> {
        let mut found = Vec::new();
        for (name, (kind, source)) in sources {
            let problem = match (manifest.elf.get(name), self.hash_of_elf(name)) {
                (None, _) | (_, None) => Some("missing"),
                (Some(entry), _)
                    if entry.inputs != self.inputs(*kind, source, &manifest.compiler)? =>
                {
                    Some("its sources changed")
                }
                (Some(entry), Some(elf)) if entry.elf != elf => Some("the ELF is another"),
                _ => None,
            };
            found.extend(problem.map(|problem| format!("`{name}` ({problem})")));
        }
        let gone = manifest
            .elf
            .keys()
            .filter(|name| !sources.contains_key(*name));
        found.extend(gone.map(|name| format!("`{name}` (no source)")));
        Ok(found)
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A file, or all files in a folder and below it, sorted.
fn files_below(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        found.extend(files_below(&entry.path())?);
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::usage(format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout with a kernel and a program that are up to date.
    fn checkout() -> (tempfile::TempDir, Simt, Manifest) {
        let folder = tempfile::tempdir().unwrap();
        let simt = Simt {
            root: folder.path().to_owned(),
        };
        for (path, text) in [
            ("kernels/k.cu", "kernel"),
            ("programs/p.S", "program"),
            ("include/gpnpu.h", "header"),
            ("lib/csr.c", "library"),
            ("gpnpu.ld", "script"),
            ("programs/test.h", "macros"),
            ("elf/k.elf", "elf"),
            ("elf/p.elf", "elf too"),
        ] {
            files::write(&simt.root.join(path), text.as_bytes()).unwrap();
        }
        let mut manifest = Manifest {
            compiler: "clang version 19.1.7".to_owned(),
            elf: BTreeMap::new(),
        };
        for (name, (kind, source)) in simt.sources().unwrap() {
            let entry = Entry {
                inputs: simt.inputs(kind, &source, &manifest.compiler).unwrap(),
                elf: simt.hash_of_elf(&name).unwrap(),
            };
            manifest.elf.insert(name, entry);
        }
        (folder, simt, manifest)
    }

    fn offences(simt: &Simt, manifest: &Manifest) -> Vec<String> {
        simt.offences(&simt.sources().unwrap(), manifest).unwrap()
    }

    #[test]
    fn what_is_up_to_date_passes() {
        let (_folder, simt, manifest) = checkout();
        assert_eq!(offences(&simt, &manifest), Vec::<String>::new());
    }

    #[test]
    fn a_change_of_anything_that_goes_in_is_seen() {
        const K: &str = "`k` (its sources changed)";
        const P: &str = "`p` (its sources changed)";
        for (input, stale) in [
            ("kernels/k.cu", &[K][..]),
            ("programs/p.S", &[P]),
            ("include/gpnpu.h", &[K]),
            ("programs/test.h", &[P]),
            ("lib/csr.c", &[K, P]),
            ("gpnpu.ld", &[K, P]),
        ] {
            let (_folder, simt, manifest) = checkout();
            files::write(&simt.root.join(input), b"changed").unwrap();
            assert_eq!(offences(&simt, &manifest), stale, "{input}");
        }
        let (_folder, simt, mut manifest) = checkout();
        manifest.compiler.push('x');
        assert_eq!(offences(&simt, &manifest), [K, P]);
    }

    #[test]
    fn an_elf_that_is_missing_or_another_or_has_no_source_is_seen() {
        let (_folder, simt, manifest) = checkout();
        files::write(&simt.elf("k"), b"another").unwrap();
        assert_eq!(offences(&simt, &manifest), ["`k` (the ELF is another)"]);
        fs::remove_file(simt.elf("k")).unwrap();
        assert_eq!(offences(&simt, &manifest), ["`k` (missing)"]);
        fs::remove_file(simt.root.join("kernels/k.cu")).unwrap();
        assert_eq!(offences(&simt, &manifest), ["`k` (no source)"]);
    }

    #[test]
    fn a_source_that_was_never_compiled_is_seen() {
        let (_folder, simt, manifest) = checkout();
        files::write(&simt.root.join("programs/q.S"), b"program").unwrap();
        assert_eq!(offences(&simt, &manifest), ["`q` (missing)"]);
    }
}
