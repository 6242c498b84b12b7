//! `gpnpu doctor`.

use std::path::Path;
use std::process::Command;

use gpnpu_bridge::toolchain::Toolchain;
use serde_json::json;

use crate::cc::toolchain::{CLANG, LLD};
use crate::cli::{Format, FormatArg};
use crate::exit::{CommandError, Exit};
use crate::project::Project;

struct Item {
    name: &'static str,
    found: Result<String, String>,
    needed: bool,
}

/// Says what is there and what is not.
pub fn doctor(args: &FormatArg) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let mut items = Vec::new();
    match Toolchain::find(&project.root) {
        Ok(tools) => {
            let place = tools.verilator.display();
            items.push(required(
                "Verilator",
                Ok(format!("{} at {place}", tools.verilator_version)),
            ));
            let compiler = format!(
                "{} ({})",
                tools.compiler_version,
                tools.compiler.to_string_lossy()
            );
            items.push(required("C++ compiler", Ok(compiler)));
        }
        Err(error) => items.push(required(
            "Verilator and C++ compiler",
            Err(error.to_string()),
        )),
    }
    items.push(required(
        "blocks",
        project.manifest().map_err(|e| e.message).map(|manifest| {
            manifest
                .blocks()
                .iter()
                .map(|block| block.stem.clone())
                .collect::<Vec<_>>()
                .join(", ")
        }),
    ));
    items.push(required("output folder", writable(&project.output())));
    for tool in [CLANG, LLD] {
        items.push(Item {
            name: tool.name,
            found: tool
                .find()
                .map(|found| format!("{} ({})", found.version, found.program.display()))
                .map_err(|error| format!("optional, compiles kernels: {}", error.message)),
            needed: false,
        });
    }
    for (name, hint) in [
        ("gtkwave", "shows waves: `sudo apt-get install -y gtkwave`"),
        ("surfer", "shows waves: `cargo install surfer`"),
    ] {
        let found = Command::new(name).arg("--version").output();
        let found = match found {
            Ok(output) => Ok(String::from_utf8_lossy(&output.stdout)
                .lines()
                .next()
                .unwrap_or("present")
                .to_owned()),
            Err(_) => Err(format!("not found; optional, {hint}")),
        };
        items.push(Item {
            name,
            found,
            needed: false,
        });
    }
    let missing = items.iter().any(|item| item.needed && item.found.is_err());
    if args.format == Format::Json {
        let list: Vec<_> = items
            .iter()
            .map(|item| {
                let (Ok(text) | Err(text)) = &item.found;
                json!({ "name": item.name, "ok": item.found.is_ok(), "needed": item.needed, "text": text })
            })
            .collect();
        println!("{}", json!({ "root": project.root, "items": list }));
    } else {
        eprintln!("project: {}", project.root.display());
        for item in &items {
            let (mark, text) = match (&item.found, item.needed) {
                (Ok(text), _) => ("ok", text),
                (Err(text), true) => ("MISSING", text),
                (Err(text), false) => ("-", text),
            };
            eprintln!("{mark:>8}  {}: {text}", item.name);
        }
    }
    Ok(if missing { Exit::BuildFailed } else { Exit::Ok })
}

fn required(name: &'static str, found: Result<String, String>) -> Item {
    Item {
        name,
        found,
        needed: true,
    }
}

fn writable(folder: &Path) -> Result<String, String> {
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder))
        .map(|_| folder.display().to_string())
        .map_err(|e| format!("cannot write to `{}`: {e}", folder.display()))
}
