//! One pattern on one configuration, in its steady state.

use gpnpu_bridge::builder::BuiltModel;
use gpnpu_golden::mem3d::die::Command;
use gpnpu_golden::mem3d::limits::Refresh;
use gpnpu_testbenches::kit::Parameters;
use gpnpu_testbenches::mem3d::analysis::{Analysis, Limit};
use gpnpu_testbenches::mem3d::bound::TrafficLimit;
use gpnpu_testbenches::mem3d::patterns::{Offered, Pattern, spaced};
use gpnpu_testbenches::mem3d::registers::common;
use gpnpu_testbenches::mem3d::traffic::{CommandRecord, Done, Observer, Request};
use gpnpu_testbenches::mem3d::traffic_run::{Memory, RunOptions, run};

use super::super::BenchError;
use crate::exit::CommandError;

/// Fixes addresses, directions and arrivals.
const SEED: u64 = 1;
/// Requests whose derived limit stands for that of all.
const JUDGED: usize = 1 << 16;

/// How a vault is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// REFab.
    AllBank,
    /// REFpb.
    PerBank,
}

/// What becomes of a row that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// It stays open.
    Open,
    /// It is closed.
    Closed,
    /// As the bank learns.
    Adaptive,
}

/// When requests come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// As fast as they are taken, with so many under way.
    Outstanding(usize),
    /// At random, for this share of the peak on average.
    Share(f64),
    /// One every so many cycles.
    Spaced(u64),
}

/// The window in which is measured, in intervals of refresh (`TRefi`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Before it: long enough that as many refreshes are postponed as ever will be.
    pub warm_up: u64,
    /// Its length.
    pub length: u64,
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Addresses and directions.
    pub pattern: Pattern,
    /// Their arrival.
    pub load: Load,
    /// Refresh.
    pub mode: Mode,
    /// Page policy.
    pub page: Page,
    /// When it is measured.
    pub window: Window,
}

/// Requests under way at most, where their arrival does not depend on it.
const PLENTY: usize = 256;

impl Setup {
    fn options(&self, interval: u64) -> RunOptions {
        let refresh = common::REFRESH.reset;
        let per_bank = u32::from(self.mode == Mode::PerBank);
        let policy = match self.page {
            Page::Open => 0,
            Page::Closed => 1,
            Page::Adaptive => 2,
        };
        let registers = [
            (
                common::REFRESH,
                common::REFRESH_PER_BANK.set(refresh, per_bank),
            ),
            (
                common::PAGE,
                common::PAGE_POLICY.set(common::PAGE.reset, policy),
            ),
        ];
        let outstanding = match self.load {
            Load::Outstanding(outstanding) => outstanding,
            Load::Share(_) => PLENTY,
            Load::Spaced(_) => 1,
        };
        RunOptions {
            outstanding,
            registers: registers
                .into_iter()
                .map(|(register, value)| (register.address(0), value))
                .collect(),
            until: Some((self.window.warm_up + self.window.length) * interval),
            ..RunOptions::default()
        }
    }

    /// As golden's limits take it, with this many REFab each time that the banks are closed.
    fn refresh(&self, batch: u32) -> Refresh {
        match self.mode {
            Mode::AllBank => Refresh::AllBank { batch },
            Mode::PerBank => Refresh::PerBank,
        }
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The memory that it was measured on.
    pub memory: Memory,
    /// Data in the window, as a share of the peak.
    pub share: f64,
    /// Responses in the window.
    pub analysis: Analysis,
    /// What the timing set allows for the pattern, refreshed as it was: a limit that another schedule of refreshes can
    /// exceed would be none.
    pub limit: Limit,
    /// What it allows with one refresh at a time, the formula of the published figures.
    pub one_at_a_time: Limit,
    /// REFab each time that the banks were closed for them, rounded up.
    pub batch: u32,
    /// REFab and REFpb in the window, of all vaults.
    pub refreshes: u64,
    /// Cycles of the window.
    pub cycles: u64,
    /// Cycles simulated per second of the processor's time, with dies, managers and checks.
    pub speed: f64,
}

impl Measured {
    /// Latency of reads in nanoseconds.
    pub fn read_ns(&self, percent: u64) -> Option<f64> {
        let cycles = self.analysis.reads().percentile(percent)?;
        Some(cycles as f64 * self.memory.set.period().nanoseconds())
    }
}

struct Observed {
    analysis: Analysis,
    /// The window in clocks of the die.
    clocks: std::ops::Range<u64>,
    refreshes: u64,
    batches: Batches,
}

/// Finds out how many REFab follow each other without an ACT between them.
#[derive(Clone, Debug, Default)]
struct Batches {
    /// By vault: the last of REFab and ACT was a REFab.
    refreshing: Vec<bool>,
    refreshes: u64,
    batches: u64,
}

impl Batches {
    fn command(&mut self, record: &CommandRecord) {
        let vault = record.pseudo_channel as usize;
        if self.refreshing.len() <= vault {
            self.refreshing.resize(vault + 1, false);
        }
        let refreshing = &mut self.refreshing[vault];
        match record.entry.command {
            Command::RefAb => {
                self.refreshes += 1;
                self.batches += u64::from(!*refreshing);
                *refreshing = true;
            }
            Command::Act => *refreshing = false,
            _ => {}
        }
    }

    /// The mean, rounded up: at least what was had, so that the limit is not too low.
    fn size(&self) -> u32 {
        self.refreshes.div_ceil(self.batches.max(1)).max(1) as u32
    }
}

impl Observer for Observed {
    fn begin(&mut self, clock: u64) {
        self.clocks.start += clock;
        self.clocks.end += clock;
    }

    fn done(&mut self, done: &Done) {
        self.analysis.done(done);
    }

    fn command(&mut self, record: &CommandRecord) {
        if !self.clocks.contains(&record.entry.clock) {
            return;
        }
        self.batches.command(record);
        let refreshes = matches!(record.entry.command, Command::RefAb | Command::RefPb);
        self.refreshes += u64::from(refreshes);
    }
}

/// Runs a setup on a model.
pub fn measure(model: &BuiltModel, setup: &Setup) -> Result<Measured, BenchError> {
    let memory = Memory::new(&Parameters::of(&model.layout)).map_err(command_error)?;
    let requests = || setup.pattern.requests(&memory.set, &memory.map, SEED);
    let limit = |batch| {
        let mut limit = TrafficLimit::new(&memory, setup.refresh(batch));
        let judged = setup.pattern.requests(&memory.set, &memory.map, SEED);
        judged.take(JUDGED).for_each(|request| limit.add(&request));
        limit
            .limit()
            .ok_or_else(|| BenchError::new("a pattern has no requests"))
    };
    // A line takes two cycles of a vault.
    let lines_per_cycle = memory.vaults as f64 / 2.0;
    let requests: Box<dyn Iterator<Item = Request>> = match setup.load {
        Load::Outstanding(_) => Box::new(requests()),
        Load::Share(share) => Box::new(Offered::new(requests(), share * lines_per_cycle, SEED)),
        Load::Spaced(gap) => Box::new(spaced(requests(), gap)),
    };
    let interval = memory.set.cycles(memory.set.t_refi);
    let options = setup.options(interval);
    let Window { warm_up, length } = setup.window;
    let window = warm_up * interval..(warm_up + length) * interval;
    let mut observed = Observed {
        analysis: Analysis::of(window.clone()),
        clocks: 2 * window.start..2 * window.end,
        refreshes: 0,
        batches: Batches::default(),
    };
    let started = super::super::own_time()?;
    let result = run(model, &options, requests, &mut observed).map_err(command_error)?;
    let speed = result.cycles as f64 / (super::super::own_time()? - started);
    let cycles = window.end - window.start;
    let batch = observed.batches.size();
    Ok(Measured {
        share: observed
            .analysis
            .share_of_peak(memory.vaults as u64, cycles),
        analysis: observed.analysis,
        refreshes: observed.refreshes,
        limit: limit(batch)?,
        one_at_a_time: limit(1)?,
        batch,
        memory: memory.clone(),
        cycles,
        speed,
    })
}

fn command_error(error: impl Into<CommandError>) -> BenchError {
    BenchError(error.into())
}

#[cfg(test)]
mod tests {
    use gpnpu_golden::mem3d::die::LogEntry;

    use super::*;

    #[test]
    fn refreshes_without_an_act_between_them_are_one_batch() {
        let mut batches = Batches::default();
        assert_eq!(batches.size(), 1);
        use Command::{Act, PreAll, Rd, RefAb};
        for (pseudo_channel, command) in [
            (0, RefAb),
            (1, RefAb),
            (0, RefAb),
            (1, Act),
            (0, RefAb),
            (0, Act),
            (0, Rd),
            (0, PreAll),
            (0, RefAb),
            (0, RefAb),
        ] {
            batches.command(&CommandRecord {
                pseudo_channel,
                entry: LogEntry {
                    clock: 0,
                    command,
                    group: None,
                    bank: None,
                    row: None,
                    burst: None,
                },
            });
        }
        // Three and two of vault 0, one of vault 1.
        assert_eq!((batches.refreshes, batches.batches), (6, 3));
        assert_eq!(batches.size(), 2);
    }
}
