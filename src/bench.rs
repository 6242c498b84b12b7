//! `gpnpu bench`: figures of speed and utilisation, each measured within one run.

mod against_cpp;
mod gemm;
mod mem3d;
mod regress;
mod simt;
mod turnaround;
mod utilisation;

use std::fmt::Write;
use std::path::PathBuf;

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Builder, BuiltModel, Flavour, ModelKey};
use gpnpu_bridge::model::Event;
use serde_json::{Map, Value, json};

use crate::build;
use crate::cli::{BenchArgs, Format};
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::style::Style;

type Benchmark = fn(&Context<'_>) -> Result<Vec<Figure>, BenchError>;

const ALL: &[(&str, Benchmark)] = &[
    ("drive_array", against_cpp::drive_array),
    ("drive_tiny", against_cpp::drive_tiny),
    ("random_test", against_cpp::random_test),
    ("two_jobs", turnaround::two_jobs),
    ("utilisation", utilisation::utilisation),
    ("edit_to_result", turnaround::edit_to_result),
    ("regress", regress::regress),
    ("mem3d_patterns", mem3d::patterns),
    ("mem3d_vaults", mem3d::vaults),
    ("mem3d_idle", mem3d::idle),
    ("mem3d_load", mem3d::load),
    ("mem3d_speed", mem3d::speed),
    ("simt_rates", simt::rates),
    ("simt_divergence", simt::divergence),
    ("simt_reconvergence", simt::reconvergence),
    ("simt_sgemm", simt::sgemm),
    ("simt_saxpy", simt::saxpy),
    ("simt_speed", simt::speed),
];

/// Why a figure could not be measured.
pub struct BenchError(CommandError);

impl BenchError {
    fn new(message: impl ToString) -> Self {
        Self(CommandError::unforeseen(message))
    }
}

impl From<BridgeError> for BenchError {
    fn from(error: BridgeError) -> Self {
        Self(error.into())
    }
}

impl From<Event> for BenchError {
    fn from(event: Event) -> Self {
        Self::new(event)
    }
}

/// What all benchmarks need.
pub struct Context<'a> {
    builder: &'a Builder,
    cache: PathBuf,
    /// For files that somebody may want.
    output: PathBuf,
    /// For files that nobody needs afterwards.
    folder: PathBuf,
}

impl Context<'_> {
    /// The model of a configuration, without tracing or coverage.
    fn model(&self, block: &str, config: &str) -> Result<BuiltModel, BenchError> {
        let key = ModelKey {
            block: block.to_owned(),
            config: config.to_owned(),
            flavour: Flavour::Fast,
        };
        let mut built = build::build(self.builder, std::slice::from_ref(&key));
        match (built.models.remove(&key), built.failed.pop()) {
            (Some(model), _) => Ok(model),
            (None, Some((_, error))) => Err(error.into()),
            (None, None) => Err(BenchError::new(format!("{key} was not built"))),
        }
    }
}

/// One figure and its goal.
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: f64,
    /// The goal is an upper bound.
    at_most: bool,
    compared: String,
    /// What the value is the worst of.
    parts: Vec<(&'static str, f64)>,
}

impl Figure {
    fn at_least(
        name: &str,
        unit: &'static str,
        value: f64,
        goal: f64,
        compared: impl Into<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit,
            goal,
            at_most: false,
            compared: compared.into(),
            parts: Vec::new(),
        }
    }

    fn at_most(
        name: &str,
        unit: &'static str,
        value: f64,
        goal: f64,
        compared: impl Into<String>,
    ) -> Self {
        Self {
            at_most: true,
            ..Self::at_least(name, unit, value, goal, compared)
        }
    }

    fn met(&self) -> bool {
        if self.at_most {
            self.value <= self.goal
        } else {
            self.value >= self.goal
        }
    }

    fn json(&self) -> Value {
        let parts = self.parts.iter();
        let parts: Map<_, _> = parts
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        json!({
            "name": self.name, "value": self.value, "unit": self.unit, "goal": self.goal,
            "goal_is": if self.at_most { "at most" } else { "at least" }, "met": self.met(),
            "compared": self.compared, "parts": parts,
        })
    }
}

/// Measures the selected figures.
pub fn bench(args: &BenchArgs) -> Result<Exit, CommandError> {
    let wanted = |name: &str| {
        args.filters.is_empty() || args.filters.iter().any(|filter| name.contains(filter))
    };
    let selected: Vec<_> = ALL.iter().filter(|(name, _)| wanted(name)).collect();
    if selected.is_empty() {
        let known: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        eprintln!("nothing to run (known: {})", known.join(", "));
        return Ok(Exit::NothingSelected);
    }
    let project = Project::find()?;
    let builder = project.builder()?;
    let folder = tempfile::tempdir().map_err(CommandError::unforeseen)?;
    let context = Context {
        builder: &builder,
        cache: project.output().join("cache"),
        output: args
            .out
            .clone()
            .unwrap_or_else(|| project.output().join("bench")),
        folder: folder.path().to_owned(),
    };
    let load = busy();
    let mut figures = Vec::new();
    for (name, benchmark) in selected {
        eprintln!("{:>12} {name}", "measuring");
        figures.extend(benchmark(&context).map_err(|BenchError(error)| error)?);
    }
    if args.output.format == Format::Json {
        let rows: Vec<Value> = figures.iter().map(Figure::json).collect();
        println!("{}", json!({ "figures": rows, "load_before": load }));
    } else {
        eprint!("{}", table(&figures, Style::stderr()));
        if let Some(load) = load {
            eprintln!("processes that ran or waited in the minute before: {load:.2}");
        }
    }
    Ok(if figures.iter().all(Figure::met) {
        Exit::Ok
    } else {
        Exit::GateNotMet
    })
}

/// Seconds that this thread has had the processor: other programs do not count.
fn own_time() -> Result<f64, BenchError> {
    let path = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(path).map_err(BenchError::new)?;
    let nanoseconds = text.split_whitespace().next().map(str::parse::<u64>);
    match nanoseconds {
        Some(Ok(nanoseconds)) => Ok(nanoseconds as f64 / 1e9),
        _ => Err(BenchError::new(format!(
            "`{path}` does not begin with a time"
        ))),
    }
}

/// The load average of the minute before, where the system tells it: on a busy machine figures come out lower.
fn busy() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn table(figures: &[Figure], style: Style) -> String {
    let width = figures
        .iter()
        .map(|figure| figure.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for figure in figures {
        let word = if figure.met() {
            style.green("    MET")
        } else {
            style.red("NOT MET")
        };
        let bound = if figure.at_most { "<=" } else { ">=" };
        let Figure {
            name,
            value,
            unit,
            goal,
            compared,
            ..
        } = figure;
        let digits = if *value < 10.0 { 3 } else { 1 };
        writeln!(
            text,
            "{word}  {name:<width$}  {value:>6.digits$} {unit:<7} goal {bound} {goal:<4}  {compared}"
        )
        .expect("a string grows");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_bounds_and_the_table_says_which_are_met() {
        let figures = [
            Figure::at_least("fast", "of C++", 0.95, 0.95, "a against b"),
            Figure::at_least("slow", "of C++", 0.94, 0.95, "a against b"),
            Figure::at_most("turnaround", "s", 31.25, 30.0, "once"),
        ];
        assert_eq!(
            figures.iter().map(Figure::met).collect::<Vec<_>>(),
            [true, false, false]
        );
        let style = Style {
            colour: false,
            terminal: false,
        };
        insta::assert_snapshot!(table(&figures, style), @r"
            MET  fast         0.950 of C++  goal >= 0.95  a against b
        NOT MET  slow         0.940 of C++  goal >= 0.95  a against b
        NOT MET  turnaround    31.2 s       goal <= 30    once
        ");
    }
}
