//! Files that are whole or not there.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::CommandError;

/// Writes a file under a temporary name and renames it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let mut scratch = scratch(path)?;
    scratch.write_all(bytes).map_err(|e| failed(path, &e))?;
    persist(scratch, path)
}

/// A temporary file beside what will be `path`; gone when it is dropped.
pub fn scratch(path: &Path) -> Result<NamedTempFile, CommandError> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder.unwrap_or(Path::new(".")),
    };
    fs::create_dir_all(folder).map_err(|e| failed(path, &e))?;
    // Readable by others as far as the user's mask allows; temporary files are not by themselves.
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|e| failed(path, &e))
}

/// Gives a temporary file its name.
pub fn persist(scratch: NamedTempFile, path: &Path) -> Result<(), CommandError> {
    scratch.persist(path).map_err(|e| failed(path, &e.error))?;
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::unforeseen(format!("cannot write `{}`: {error}", path.display()))
}
