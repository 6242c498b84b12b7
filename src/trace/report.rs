//! What people and machines are told of a trace's run.

use std::fmt::Write;

use gpnpu_golden::mem3d::die::Command;
use gpnpu_testbenches::mem3d::analysis::{Percentiles, Summary};
use serde::Serialize;

/// A run of a trace.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file.
    pub trace: String,
    /// Configuration of the block.
    pub config: String,
    /// Timing set: a name or a file.
    pub timing: String,
    /// What came out.
    #[serde(flatten)]
    pub summary: Summary,
}

/// For people.
pub fn table(report: &Report) -> String {
    let Report {
        trace,
        config,
        timing,
        summary,
    } = report;
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        writeln!(text, "{name:>16}  {value}").expect("a string grows");
    };
    row("trace", format!("{trace} on {config}, {timing}"));
    row(
        "requests",
        format!(
            "{} ({} reads, {} writes), {} bytes",
            summary.requests, summary.reads, summary.writes, summary.bytes
        ),
    );
    let nanoseconds = summary.cycles as f64 * summary.period_ps as f64 / 1000.0;
    row(
        "time",
        format!("{} cycles, {nanoseconds:.1} ns", summary.cycles),
    );
    row(
        "bandwidth",
        format!(
            "{:.3} GB/s, {:.1} % of the peak of {:.1} GB/s",
            summary.bandwidth_gb_s,
            100.0 * summary.share_of_peak,
            summary.peak_gb_s
        ),
    );
    if let (Some(limit), Some(share)) = (&summary.limit, summary.share_of_limit) {
        row(
            "derived limit",
            format!(
                "{:.1} % of peak ({}); reached {:.1} % of it",
                100.0 * limit.share_of_peak,
                limit.rule,
                100.0 * share
            ),
        );
    }
    let latency = |percentiles: Option<Percentiles>| {
        percentiles.map(|Percentiles { p50, p90, p99, max }| {
            format!("p50 {p50:.1}  p90 {p90:.1}  p99 {p99:.1}  max {max:.1} ns")
        })
    };
    for (name, percentiles) in [
        ("read latency", summary.latency_ns.read),
        ("write latency", summary.latency_ns.write),
    ] {
        if let Some(value) = latency(percentiles) {
            row(name, value);
        }
    }
    if let Some(rate) = summary.row_hit_rate {
        row("row hits", format!("{:.1} % of visits", 100.0 * rate));
    }
    let count = |command: Command| format!("{} {command}", summary.commands.of(command));
    let list = |commands: &[Command]| {
        let counts: Vec<String> = commands.iter().map(|command| count(*command)).collect();
        counts.join(", ")
    };
    use Command::{Act, Pde, Pre, PreAll, Rd, Rda, RefAb, RefPb, RfmPb, Sre, Wr, Wra};
    row("refreshes", list(&[RefAb, RefPb, RfmPb]));
    row("rows", list(&[Act, Pre, PreAll]));
    let forwarded = format!("{} lines forwarded", summary.forwarded);
    row(
        "bursts",
        format!("{}, {forwarded}", list(&[Rd, Rda, Wr, Wra])),
    );
    row("power", list(&[Pde, Sre]));
    text
}

#[cfg(test)]
mod tests {
    use gpnpu_golden::mem3d::die::LogEntry;
    use gpnpu_testbenches::mem3d::analysis::{Analysis, Limit};
    use gpnpu_testbenches::mem3d::traffic::{CommandCounter, CommandRecord, Done, RunResult};

    use super::*;

    fn report() -> Report {
        let mut analysis = Analysis::default();
        for index in 0..40 {
            analysis.done(&Done {
                write: index % 4 == 3,
                bytes: 64,
                due: 2 * index,
                accepted: 2 * index + 1,
                first: 2 * index + 16 + index / 4,
                last: 2 * index + 17 + index / 4,
            });
        }
        let mut counter = CommandCounter::new(1, 4, 4);
        for (command, column) in [
            (Command::Act, None),
            (Command::Rd, Some(0)),
            (Command::Rd, Some(1)),
            (Command::Wr, Some(2)),
            (Command::RefPb, None),
        ] {
            counter.command(&CommandRecord {
                pseudo_channel: 0,
                entry: LogEntry {
                    clock: 0,
                    command,
                    group: Some(0),
                    bank: Some(0),
                    row: None,
                    burst: column,
                },
            });
        }
        let result = RunResult {
            cycles: 160,
            period_ps: 1250,
            counters: counter.counters().clone(),
        };
        let limit = Limit {
            share_of_peak: 0.9,
            rule: "TRefi".into(),
        };
        Report {
            trace: "a.trace".into(),
            config: "one_vault".into(),
            timing: "hbm3".into(),
            summary: Summary::new(&result, &analysis, 1, Some(limit)),
        }
    }

    #[test]
    fn people_get_a_table() {
        insta::assert_snapshot!(table(&report()));
    }

    #[test]
    fn machines_get_one_value() {
        insta::assert_json_snapshot!(report());
    }
}
