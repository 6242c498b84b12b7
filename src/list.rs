//! `gpnpu list`.

use serde_json::json;

use crate::cli::{Format, ListArgs};
use crate::exit::{CommandError, Exit};
use crate::project::Project;

/// Lists tests, or blocks.
pub fn list(args: &ListArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let manifest = project.manifest()?;
    if args.blocks {
        let blocks: Vec<_> = manifest
            .blocks()
            .iter()
            .map(|block| {
                let configs: Vec<_> = block
                    .configs
                    .iter()
                    .map(|config| {
                        let parameters = config.parameters.iter().map(|(name, value)| (name.clone(), json!(value.to_string())));
                        json!({ "name": config.name, "parameters": parameters.collect::<serde_json::Map<_, _>>() })
                    })
                    .collect();
                json!({ "block": block.stem, "configs": configs })
            })
            .collect();
        if args.output.format == Format::Json {
            println!("{}", json!({ "blocks": blocks }));
        } else {
            for block in manifest.blocks() {
                for config in &block.configs {
                    let parameters: Vec<_> = config
                        .parameters
                        .iter()
                        .map(|(name, value)| format!("{name}={value}"))
                        .collect();
                    eprintln!("{} {} {}", block.stem, config.name, parameters.join(" "));
                }
            }
        }
        return Ok(Exit::Ok);
    }
    let tests = gpnpu_testbenches::tests();
    let wanted =
        |id: &str| args.filters.is_empty() || args.filters.iter().any(|filter| id.contains(filter));
    let selected: Vec<_> = tests.iter().filter(|test| wanted(&test.id())).collect();
    if selected.is_empty() {
        return Ok(Exit::NothingSelected);
    }
    if args.output.format == Format::Json {
        let tests: Vec<_> = selected
            .iter()
            .map(|test| {
                json!({
                    "id": test.id(), "block": test.block(), "doc": test.doc(), "configs": test.configs(),
                    "iterations": test.iterations(),
                })
            })
            .collect();
        println!("{}", json!({ "tests": tests }));
    } else {
        for test in selected {
            let first = test.doc().lines().next().unwrap_or_default();
            let configs = if test.configs().is_empty() {
                "all".to_owned()
            } else {
                test.configs().join(", ")
            };
            eprintln!(
                "{}  ({} seeds; {configs})\n    {first}",
                test.id(),
                test.iterations()
            );
        }
    }
    Ok(Exit::Ok)
}
