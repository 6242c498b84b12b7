//! `gpnpu ports`.

use std::fs;

use gpnpu_bridge::codegen;
use gpnpu_bridge::ports::elaborate_all;
use gpnpu_bridge::toolchain::Toolchain;

use crate::cli::PortsArgs;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;

/// Generates the typed ports, or says which are not up to date.
pub fn ports(args: &PortsArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let toolchain = Toolchain::find(&project.root)?;
    let manifest = project.manifest()?;
    let layouts = manifest
        .blocks()
        .iter()
        .map(|block| elaborate_all(&toolchain, &manifest, block))
        .collect::<Result<Vec<_>, _>>()?;
    let files = codegen::generate(&layouts).map_err(CommandError::usage)?;
    let folder = project.root.join("testbenches/src/ports");
    let mut stale = Vec::new();
    for (name, text) in &files {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        stale.push(project.show(&path));
        if !args.check {
            files::write(&path, text.as_bytes())?;
        }
    }
    let known = |name: &str| files.contains_key(name);
    for item in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if !known(&item.file_name().to_string_lossy()) {
            stale.push(project.show(&item.path()));
            if !args.check {
                fs::remove_file(item.path()).map_err(CommandError::unforeseen)?;
            }
        }
    }
    match (stale.is_empty(), args.check) {
        (true, _) => eprintln!("{} generated files are up to date", files.len()),
        (false, false) => eprintln!("wrote {}", stale.join(", ")),
        (false, true) => {
            let message = format!("not up to date: {}; run `./gpnpu ports`", stale.join(", "));
            return Err(CommandError {
                exit: Exit::GateNotMet,
                message,
            });
        }
    }
    Ok(Exit::Ok)
}
