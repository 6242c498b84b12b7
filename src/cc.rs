//! `gpnpu cc`, also called `gpnpu-cc`: CUDA C++ to an ELF for the SIMT processor.

mod arguments;
mod entry;
mod ir;
mod program;
pub mod toolchain;

use std::fs;

pub use arguments::{Arguments, Kind};
pub use program::{Compiler, demangled, recipe};

use crate::cli::CcArgs;
use crate::exit::{CommandError, Exit};
use crate::project::Project;

/// Compiles and links.
pub fn cc(args: &CcArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let arguments = Arguments::parse(&args.arguments).map_err(CommandError::usage)?;
    for (_, input) in &arguments.inputs {
        fs::metadata(input).map_err(|error| {
            CommandError::usage(format!("cannot read `{}`: {error}", input.display()))
        })?;
    }
    let compiler = Compiler::find(project.simt())?;
    let kernels = compiler.build(&arguments)?;
    let output = arguments.output.display();
    match kernels.as_slice() {
        [] => eprintln!("wrote {output}"),
        names => eprintln!("wrote {output}: {}", names.join(", ")),
    }
    Ok(Exit::Ok)
}
