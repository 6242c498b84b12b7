//! What people and machines are told of a program's run.

use std::fmt::Write;

use gpnpu_golden::axi::Store;
use gpnpu_testbenches::kit::Failure;
use gpnpu_testbenches::simt::top_bench::{Ended, Launched};
use serde::Serialize;

use super::counters::Counters;
use super::fault::FaultReport;
use super::setup::Prepared;
use crate::cli::ExecArgs;
use crate::exit::Exit;
use crate::style::Style;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// All threads ended.
    Done,
    /// It wrote 1 to `tohost`.
    Passed,
    /// It wrote something else to `tohost`, or nothing.
    TestFailed {
        /// What it wrote.
        tohost: u64,
        /// The test that failed, if it wrote 2n + 1.
        test: Option<u64>,
    },
    /// A device fault.
    Fault {
        /// The fault.
        fault: FaultReport,
    },
    /// It had not ended after as many clock cycles as it was given.
    NotEnded,
    /// RTL and golden differ.
    Mismatch {
        /// How.
        failure: Failure,
        /// Folder of the bundle.
        bundle: Option<String>,
    },
}

impl Ending {
    /// Of a launch; a kernel need not write to `tohost`.
    pub fn of(launched: &Launched, prepared: &Prepared, kernel: bool, memory: &Store) -> Self {
        match launched.ended {
            Ended::Done if prepared.stimulus.tohost.is_some() && !kernel => Self::of_word(0),
            Ended::Done => Self::Done,
            Ended::Tohost(word) => Self::of_word(word),
            Ended::Fault(fault) => Self::Fault {
                fault: FaultReport::new(&fault, prepared, memory),
            },
            Ended::Cycles => Self::NotEnded,
        }
    }

    /// Of a word in `tohost`.
    fn of_word(tohost: u64) -> Self {
        match tohost {
            1 => Self::Passed,
            _ => Self::TestFailed {
                tohost,
                test: (tohost % 2 == 1).then_some(tohost / 2),
            },
        }
    }

    /// Exit status of the command.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Done | Self::Passed => Exit::Ok,
            Self::TestFailed { .. } => Exit::TestFailed,
            Self::Fault { .. } => Exit::DeviceFault,
            Self::NotEnded => Exit::NotEnded,
            Self::Mismatch { .. } => Exit::CaseFailed,
        }
    }
}

/// A program's run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The ELF.
    pub program: String,
    /// Where it began, if not at its entry.
    pub kernel: Option<String>,
    /// Configuration of the processor.
    pub config: String,
    /// CTAs.
    pub grid: [u32; 3],
    /// Threads of each.
    pub block: [u32; 3],
    /// Clock cycles from a request at the AXI4 port to its answer.
    pub latency: u64,
    /// Seed.
    pub seed: u64,
    /// Clock cycles after which it is given up.
    pub max_cycles: u64,
    /// Wall-clock time of the simulation.
    pub seconds: f64,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// What was counted; nothing if RTL and golden differ.
    pub counters: Option<Counters>,
}

impl Report {
    /// A run that ended like this.
    pub fn new(
        args: &ExecArgs,
        prepared: &Prepared,
        seconds: f64,
        ending: Ending,
        counters: Option<Counters>,
    ) -> Self {
        let launch = prepared.launch();
        Self {
            program: args.file.display().to_string(),
            kernel: args.kernel.clone(),
            config: args.config.clone(),
            grid: launch.grid,
            block: launch.block,
            latency: args.latency,
            seed: args.seed,
            max_cycles: args.max_cycles,
            seconds,
            ending,
            counters,
        }
    }
}

/// For people.
pub fn text(report: &Report) -> String {
    type Paint = fn(Style, &str) -> String;
    let (paint, word, what): (Paint, &str, String) = match &report.ending {
        Ending::Done => (Style::green, "DONE", "all threads ended".to_owned()),
        Ending::Passed => (Style::green, "PASS", "all its tests passed".to_owned()),
        Ending::TestFailed { test: Some(n), .. } => {
            (Style::red, "FAIL", format!("test {n} failed"))
        }
        Ending::TestFailed { tohost: 0, .. } => {
            let text = "all threads ended, and none wrote to tohost".to_owned();
            (Style::red, "FAIL", text)
        }
        Ending::TestFailed { tohost, .. } => {
            let text = format!("it wrote {tohost:#x} to tohost; 1, or 2n + 1 of test n, expected");
            (Style::red, "FAIL", text)
        }
        Ending::Fault { .. } => (Style::red, "FAULT", "the processor ended it".to_owned()),
        Ending::NotEnded => {
            let text = format!(
                "not ended after {} cycles (--max-cycles)",
                report.max_cycles
            );
            (Style::red, "LATE", text)
        }
        Ending::Mismatch { .. } => (Style::red, "FAIL", "RTL and golden differ".to_owned()),
    };
    let [grid, threads] =
        [report.grid, report.block].map(|size| size.map(|count| count.to_string()).join(","));
    let kernel = report
        .kernel
        .as_ref()
        .map_or(String::new(), |kernel| format!(" {kernel}"));
    let pad = " ".repeat(12 - word.len());
    let word = paint(Style::stderr(), word);
    let mut text = format!(
        "{pad}{word} [{:>8.3}s] {}{kernel} on {}, grid {grid}, block {threads}: {what}\n",
        report.seconds, report.program, report.config
    );
    if let Ending::Fault { fault } = &report.ending {
        text += &fault.text();
    }
    if let Ending::Mismatch { failure, .. } = &report.ending {
        let details = failure.details.trim_end().lines();
        for line in std::iter::once(failure.to_string().as_str()).chain(details) {
            writeln!(text, "{:13}{line}", "").expect("a string grows");
        }
    }
    if let Some(counters) = &report.counters {
        text += &counters.text();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_tohost_says_which_test_failed() {
        for (tohost, test, exit) in [
            (1, None, Exit::Ok),
            (3, Some(1), Exit::TestFailed),
            (0x27, Some(19), Exit::TestFailed),
            (u64::MAX, Some(u64::MAX / 2), Exit::TestFailed),
            (0x8000_0100, None, Exit::TestFailed),
        ] {
            let ending = Ending::of_word(tohost);
            assert_eq!(ending.exit(), exit, "{tohost}");
            let failed = matches!(ending, Ending::TestFailed { tohost: word, test: number }
                if word == tohost && number == test);
            assert_eq!(failed, exit == Exit::TestFailed, "{tohost}");
        }
    }
}
