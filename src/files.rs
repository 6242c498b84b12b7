//! Files that are whole or not there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::exit::CommandError;

/// Writes a file under a temporary name and renames it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let failed = |e: std::io::Error| {
        CommandError::unforeseen(format!("cannot write `{}`: {e}", path.display()))
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // Readable by others as far as the user's mask allows; temporary files are not by themselves.
    let scratch = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(failed)?;
    fs::write(scratch.path(), bytes).map_err(failed)?;
    scratch.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
