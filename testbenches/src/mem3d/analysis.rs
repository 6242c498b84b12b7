//! Bandwidth, latency and row hits of a run.

use std::ops::Range;

use gpnpu_golden::mem3d::die::Command;
use serde::Serialize;

use super::latency::Latencies;
use super::traffic::{Counters, Done, RunResult};

/// Bytes that a burst moves in one controller clock of a vault.
const BURST_BYTES: u64 = 32;

/// What the responses of a run add up to.
#[derive(Clone, Debug)]
pub struct Analysis {
    window: Range<u64>,
    read: Direction,
    write: Direction,
}

/// One direction.
#[derive(Clone, Debug, Default)]
struct Direction {
    bytes: u64,
    latencies: Latencies,
}

impl Default for Analysis {
    /// Of all responses.
    fn default() -> Self {
        Self::of(0..u64::MAX)
    }
}

impl Analysis {
    /// Of the responses that end in a window of cycles.
    pub fn of(window: Range<u64>) -> Self {
        Self {
            window,
            read: Direction::default(),
            write: Direction::default(),
        }
    }

    /// Adds a response.
    pub fn done(&mut self, done: &Done) {
        if !self.window.contains(&done.last) {
            return;
        }
        let direction = match done.write {
            true => &mut self.write,
            false => &mut self.read,
        };
        direction.bytes += u64::from(done.bytes);
        direction.latencies.add(done.latency());
    }

    /// Bytes read and written.
    pub fn bytes(&self) -> u64 {
        self.read.bytes + self.write.bytes
    }

    /// Latencies of reads, to their first data.
    pub fn reads(&self) -> &Latencies {
        &self.read.latencies
    }

    /// Latencies of writes, to their response.
    pub fn writes(&self) -> &Latencies {
        &self.write.latencies
    }

    /// The share of a memory's peak that `cycles` of its controller clock carried.
    pub fn share_of_peak(&self, vaults: u64, cycles: u64) -> f64 {
        self.bytes() as f64 / (cycles * vaults * BURST_BYTES) as f64
    }
}

/// GB/s (10^9 bytes) of a memory whose data pins never rest.
pub fn peak_gb_s(vaults: u64, period_ps: u64) -> f64 {
    (vaults * BURST_BYTES) as f64 * 1000.0 / period_ps as f64
}

/// The most that the timing set allows for the traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// As a share of the peak.
    pub share_of_peak: f64,
    /// The rule that sets it.
    pub rule: String,
}

/// Percentiles of a direction, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half are not slower.
    pub p50: f64,
    /// Nine of ten are not slower.
    pub p90: f64,
    /// 99 of a hundred are not slower.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Percentiles {
    fn of(latencies: &Latencies, period_ps: u64) -> Option<Self> {
        let at = |percent| {
            let cycles = latencies.percentile(percent)?;
            Some(cycles as f64 * period_ps as f64 / 1000.0)
        };
        Some(Self {
            p50: at(50)?,
            p90: at(90)?,
            p99: at(99)?,
            max: at(100)?,
        })
    }
}

/// Latencies of both directions; `None` for one without requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Reads, to their first data.
    pub read: Option<Percentiles>,
    /// Writes, to their response.
    pub write: Option<Percentiles>,
}

/// What is told of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Requests.
    pub requests: u64,
    /// Of them, reads.
    pub reads: u64,
    /// Of them, writes.
    pub writes: u64,
    /// Bytes that they asked for.
    pub bytes: u64,
    /// Controller cycles from the begin of the traffic to its last response.
    pub cycles: u64,
    /// Period of the controller clock, picoseconds.
    pub period_ps: u64,
    /// 10^9 bytes per second, both directions.
    pub bandwidth_gb_s: f64,
    /// The same of data pins that never rest.
    pub peak_gb_s: f64,
    /// One of the other.
    pub share_of_peak: f64,
    /// What the timing set allows; `None` where there is none for this traffic.
    pub limit: Option<Limit>,
    /// The share of that.
    pub share_of_limit: Option<f64>,
    /// Latencies in nanoseconds.
    pub latency_ns: Latency,
    /// Visits that found their row open for an earlier one, of all; `None` without visits.
    pub row_hit_rate: Option<f64>,
    /// Lines of reads that were answered from pending writes.
    pub forwarded: u64,
    /// REFab, REFpb and RFMpb.
    pub refreshes: u64,
    /// Commands by name.
    pub commands: Counters,
}

impl Summary {
    /// Of a whole run on `vaults` vaults.
    pub fn new(result: &RunResult, analysis: &Analysis, vaults: u64, limit: Option<Limit>) -> Self {
        let RunResult {
            cycles,
            period_ps,
            ref counters,
        } = *result;
        let peak_gb_s = peak_gb_s(vaults, period_ps);
        let share_of_peak = match cycles {
            0 => 0.0,
            _ => analysis.share_of_peak(vaults, cycles),
        };
        let (reads, writes) = (analysis.reads(), analysis.writes());
        let refreshes = [Command::RefAb, Command::RefPb, Command::RfmPb];
        Self {
            requests: reads.count() + writes.count(),
            reads: reads.count(),
            writes: writes.count(),
            bytes: analysis.bytes(),
            cycles,
            period_ps,
            bandwidth_gb_s: share_of_peak * peak_gb_s,
            peak_gb_s,
            share_of_peak,
            share_of_limit: limit
                .as_ref()
                .map(|limit| share_of_peak / limit.share_of_peak),
            limit,
            latency_ns: Latency {
                read: Percentiles::of(reads, period_ps),
                write: Percentiles::of(writes, period_ps),
            },
            row_hit_rate: counters.hit_rate(),
            forwarded: counters.forwarded,
            refreshes: refreshes.map(|command| counters.of(command)).iter().sum(),
            commands: counters.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(write: bool, due: u64, first: u64) -> Done {
        Done {
            write,
            bytes: 64,
            due,
            accepted: due,
            first,
            last: first,
        }
    }

    #[test]
    fn a_line_in_two_cycles_is_the_peak_of_a_vault() {
        let mut analysis = Analysis::default();
        for index in 0..50 {
            analysis.done(&done(index % 2 == 1, 2 * index, 2 * index + 20));
        }
        assert_eq!(analysis.share_of_peak(1, 100), 1.0);
        assert_eq!(analysis.share_of_peak(2, 100), 0.5);
        assert_eq!(peak_gb_s(1, 1250), 25.6);
        let result = RunResult {
            cycles: 200,
            period_ps: 1250,
            counters: Counters::default(),
        };
        let limit = Limit {
            share_of_peak: 0.8,
            rule: "TRefi".into(),
        };
        let summary = Summary::new(&result, &analysis, 1, Some(limit));
        assert_eq!(
            (summary.requests, summary.reads, summary.writes),
            (50, 25, 25)
        );
        assert_eq!(summary.bandwidth_gb_s, 12.8);
        assert_eq!(summary.share_of_limit, Some(0.625));
        let latency = summary.latency_ns.read.expect("there are reads");
        assert_eq!((latency.p50, latency.max), (25.0, 25.0));
        assert_eq!(summary.row_hit_rate, None);
    }

    #[test]
    fn a_window_leaves_out_what_ends_outside() {
        let mut analysis = Analysis::of(10..20);
        for last in [9, 10, 19, 20] {
            analysis.done(&done(false, 5, last));
        }
        assert_eq!(analysis.bytes(), 128);
        assert_eq!(analysis.reads().max(), Some(14));
    }

    #[test]
    fn nothing_has_no_figures() {
        let result = RunResult {
            period_ps: 1000,
            ..RunResult::default()
        };
        let summary = Summary::new(&result, &Analysis::default(), 1, None);
        assert_eq!((summary.share_of_peak, summary.bandwidth_gb_s), (0.0, 0.0));
        assert_eq!(summary.latency_ns.write, None);
    }
}
