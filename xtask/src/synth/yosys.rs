//! One run of yosys, and what it reports.

use std::process::Command;

use serde::Deserialize;

use super::Figures;
use crate::manifest::{Block, Config};
use crate::project::Project;

/// The script that synthesises `config` of `block`; `folder` receives `stat.json` and `ltp.txt`.
///
/// Paths are relative to the root: the tool sees the working folder, but not every absolute path.
pub(crate) fn script(block: &Block, config: &Config, folder: &str) -> String {
    let sources: Vec<String> = block
        .sources
        .iter()
        .map(|source| format!("rtl/{source}"))
        .collect();
    let parameters: String = config
        .parameters
        .iter()
        .map(|(name, value)| format!(" -G {name}={value}"))
        .collect();
    let (sources, top) = (sources.join(" "), &block.top);
    // The steps of yosys's own `synth`, with three differences: lookup tables become gates, so that they count;
    // registers behind a memory stay outside it, so that paths end at them; nothing restructures the logic.
    format!(
        "read_slang -j 1 -D SYNTHESIS -I rtl/common {sources} --top {top}{parameters}
hierarchy -check -top {top}
proc -norom
flatten
opt_expr
opt_clean
check -assert
opt -nodffe -nosdff
opt
wreduce
peepopt
opt_clean
alumacc
opt
memory -nordff -nomap
memory_map -rom-only
opt -fast -full
opt -undriven -fine
techmap
opt -fast
clean
check -assert
memory_unpack
tee -q -o {folder}/stat.json stat -json
tee -q -o {folder}/ltp.txt ltp -noff
"
    )
}

/// Has yosys compile itself, which it does once on a machine.
///
/// Each process that finds no compiled copy makes one, and overwrites what the others already run from: they crash.
/// So this comes before the first that run side by side.
///
/// # Errors
///
/// What yosys said.
pub(crate) fn prepare(project: &Project) -> Result<(), String> {
    said(project.yosys()?.arg("-V"))
}

/// Runs yosys to its end; the error says how it ended.
fn said(yosys: &mut Command) -> Result<(), String> {
    let output = yosys
        .output()
        .map_err(|error| format!("yosys does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Err(format!("yosys: {}\n{text}", output.status)
        .trim_end()
        .to_owned())
}

/// Runs `script`, whose results go to `folder` below the root.
///
/// # Errors
///
/// What yosys said, or what is wrong with its results.
pub(crate) fn run(project: &Project, script: &str, folder: &str) -> Result<Figures, String> {
    let path = project.root().join(folder);
    let io = |error: std::io::Error| format!("`{folder}`: {error}");
    std::fs::create_dir_all(&path).map_err(io)?;
    std::fs::write(path.join("script.ys"), script).map_err(io)?;
    said(
        project
            .yosys()?
            .args(["-q", "-s", &format!("{folder}/script.ys")]),
    )
    .map_err(|error| format!("{error}\nscript: {folder}/script.ys"))?;
    let read = |name: &str| std::fs::read_to_string(path.join(name)).map_err(io);
    figures(&read("stat.json")?, &read("ltp.txt")?)
}

#[derive(Deserialize)]
struct Statistics {
    design: Design,
}

#[derive(Deserialize)]
struct Design {
    num_memory_bits: u64,
    num_cells_by_type: std::collections::BTreeMap<String, u64>,
}

/// Reads the output of `stat -json` and `ltp`.
fn figures(statistics: &str, longest_path: &str) -> Result<Figures, String> {
    let statistics: Statistics =
        serde_json::from_str(statistics).map_err(|error| format!("stat.json: {error}"))?;
    let mut figures = Figures {
        memory_bits: statistics.design.num_memory_bits,
        ..Figures::default()
    };
    for (cell, count) in statistics.design.num_cells_by_type {
        match kind(&cell) {
            Kind::Gate => figures.gates += count,
            Kind::Flop => figures.flops += count,
            Kind::Latch => figures.latches += count,
            Kind::Memory => {}
            Kind::Other => figures.other.push(cell),
        }
    }
    read_path(longest_path, &mut figures)?;
    Ok(figures)
}

enum Kind {
    Gate,
    Flop,
    Latch,
    Memory,
    Other,
}

/// The kind of a cell by its type: `$_AND_`, `$_DFFE_PN0P_`, `$memrd_v2`, ...
fn kind(cell: &str) -> Kind {
    const GATES: [&str; 19] = [
        "AND", "NAND", "OR", "NOR", "XOR", "XNOR", "ANDNOT", "ORNOT", "NOT", "BUF", "MUX", "NMUX",
        "MUX4", "MUX8", "MUX16", "AOI3", "OAI3", "AOI4", "OAI4",
    ];
    if cell.starts_with("$mem") {
        return Kind::Memory;
    }
    let Some(name) = cell
        .strip_prefix("$_")
        .and_then(|name| name.strip_suffix('_'))
    else {
        return if cell.contains("latch") {
            Kind::Latch
        } else {
            Kind::Other
        };
    };
    let family = name.split('_').next().unwrap_or(name);
    if GATES.contains(&family) {
        Kind::Gate
    } else if family.contains("LATCH") || family == "SR" {
        Kind::Latch
    } else if family.contains("DFF") || family == "FF" {
        Kind::Flop
    } else {
        Kind::Other
    }
}

/// Reads `Longest topological path in x (length=7):` and the path's ends.
fn read_path(text: &str, figures: &mut Figures) -> Result<(), String> {
    let depth = text
        .split_once("(length=")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(number, _)| number.parse().ok());
    figures.depth = depth.ok_or_else(|| format!("ltp.txt has no length:\n{text}"))?;
    let mut points = text.lines().filter_map(|line| {
        let (number, point) = line.trim().split_once(": ")?;
        (number == "ff" || number.parse::<u32>().is_ok()).then_some(point)
    });
    let name = |point: &str| {
        let point = point.split_once(" (via ").map_or(point, |(name, _)| name);
        point.trim_start_matches('\\').replace(" [", "[")
    };
    figures.from = points.next().map(name).unwrap_or_default();
    figures.to = points
        .next_back()
        .map(name)
        .unwrap_or_else(|| figures.from.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATISTICS: &str = r#"{
      "design": {
        "num_memory_bits": 832,
        "num_cells_by_type": {
          "$_AND_": 12, "$_DFFE_PN0P_": 12, "$_MUX_": 76, "$_SDFF_PP0_": 1, "$memrd_v2": 1, "$memwr_v2": 1
        }
      }
    }"#;
    const PATH: &str = "
23. Executing LTP pass (find longest path).

Longest topological path in common_fifo (length=7):
    0: \\count_q [0]
    1: $auto$alumacc.cc:578:replace_alu$22.P [0] (via $auto$opt_expr.cc:607:x$464)
    7: $auto$simple.cc:193:make_patterns_logic$18 (via $auto$simplemap.cc:157:x$122)
   ff: \\count_q [3] (via $auto$ff.cc:337:slice$126)
";

    #[test]
    fn a_crash_is_told_with_its_signal() {
        let message = said(Command::new("sh").args(["-c", "kill -BUS $$"])).unwrap_err();
        assert!(
            message.starts_with("yosys: signal: 7 (SIGBUS)"),
            "{message}"
        );
        let message = said(Command::new("sh").args(["-c", "echo no top; exit 1"])).unwrap_err();
        assert_eq!(message, "yosys: exit status: 1\nno top");
    }

    #[test]
    fn figures_are_read() {
        assert_eq!(
            figures(STATISTICS, PATH).unwrap(),
            Figures {
                gates: 88,
                flops: 13,
                memory_bits: 832,
                depth: 7,
                from: "count_q[0]".into(),
                to: "count_q[3]".into(),
                ..Figures::default()
            }
        );
    }

    #[test]
    fn latches_and_leftovers_are_told_apart() {
        let statistics = STATISTICS
            .replace("$_DFFE_PN0P_", "$_DLATCH_P_")
            .replace("$_SDFF_PP0_", "$check");
        let figures = figures(&statistics, PATH).unwrap();
        assert_eq!((figures.latches, figures.flops), (12, 0));
        assert_eq!(figures.other, ["$check"]);
    }

    #[test]
    fn a_report_without_a_path_is_an_error() {
        let message = figures(STATISTICS, "nothing\n").unwrap_err();
        assert!(message.starts_with("ltp.txt has no length"), "{message}");
    }

    #[test]
    fn the_script_sets_parameters_and_stays_inside_the_tree() {
        let config = Config {
            name: "c".into(),
            parameters: vec![("Width".into(), "8".into())],
        };
        let block = Block {
            stem: "common_fifo".into(),
            top: "common_fifo".into(),
            sources: vec!["common/fifo/common_fifo.sv".into()],
            configs: vec![config.clone()],
            synth: vec!["c".into()],
        };
        let script = script(&block, &config, "out");
        assert!(script.starts_with(
            "read_slang -j 1 -D SYNTHESIS -I rtl/common rtl/common/fifo/common_fifo.sv \
             --top common_fifo -G Width=8\n"
        ));
        assert!(!script.contains(" /"), "{script}");
    }
}
