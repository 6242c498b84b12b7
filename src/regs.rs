//! `gpnpu regs`: RTL package, testbench module and documentation of a register map, from its one source.

mod document;
mod map;
mod rust;
mod verilog;

use std::fs;

use crate::cli::RegsArgs;
use crate::exit::{CommandError, Exit};
use crate::files;
use crate::project::Project;
use map::Map;

/// The source, and what is written from it, relative to the root.
const SOURCE: &str = "rtl/mem3d/regs.toml";
const PACKAGE: &str = "rtl/mem3d/mem3d_reg_pkg.sv";
const MODULE: &str = "testbenches/src/mem3d/registers.rs";
const DOCUMENT: &str = "docs/mem3d_registers.md";

/// Generates what describes the registers, or says what of it is not up to date.
pub fn regs(args: &RegsArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let source = project.root.join(SOURCE);
    let text = fs::read_to_string(&source).map_err(|e| {
        CommandError::usage(format!("cannot read `{}`: {e}", project.show(&source)))
    })?;
    let map = Map::parse(&project.show(&source), &text).map_err(CommandError::usage)?;
    let outputs = [
        (PACKAGE, verilog::package(&map)),
        (MODULE, rust::module(&map)),
        (DOCUMENT, document::document(&map)),
    ];
    let mut stale = Vec::new();
    for (name, text) in &outputs {
        let path = project.root.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        stale.push(project.show(&path));
        if !args.check {
            files::write(&path, text.as_bytes())?;
        }
    }
    match (stale.is_empty(), args.check) {
        (true, _) => eprintln!("{} generated files are up to date", outputs.len()),
        (false, false) => eprintln!("wrote {}", stale.join(", ")),
        (false, true) => {
            return Err(CommandError {
                exit: Exit::GateNotMet,
                message: format!("not up to date: {}; run `./gpnpu regs`", stale.join(", ")),
            });
        }
    }
    Ok(Exit::Ok)
}
