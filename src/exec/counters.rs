//! What the processor counted.

use std::fmt::Write;

use gpnpu_testbenches::kit::Parameters;
use gpnpu_testbenches::ports::simt_pkg;
use gpnpu_testbenches::simt::top_bench::Launched;
use serde::Serialize;

/// Counters of a launch, of all cores together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counters {
    /// Clock cycles from the launch to its end.
    pub cycles: u64,
    /// Warp instructions.
    pub instructions: u64,
    /// Warp instructions a cycle and core.
    pub ipc: f64,
    /// Lanes that executed an instruction, on average.
    pub active_lanes: f64,
    /// Lanes of a warp.
    pub lanes: u64,
    /// Instructions of a warp that had more than one path.
    pub divergent: u64,
    /// Paths that control instructions added.
    pub splits: u64,
    /// Cycles without an instruction, of all cores: registers were waited for.
    pub stall_data: u64,
    /// The same: a unit or the time of a result was.
    pub stall_unit: u64,
    /// The same: no warp had an instruction fetched.
    pub stall_fetch: u64,
    /// The same: all warps waited at barriers.
    pub stall_barrier: u64,
    /// Cycles without an instruction for another cause, of all cores: none had a warp, or its last accesses were waited for.
    pub idle: u64,
    /// Accesses of lines of memory.
    pub lines: u64,
    /// Loads of a line that was in the data cache.
    pub hits: u64,
    /// Loads of a line that was not.
    pub misses: u64,
    /// Accesses of shared memory.
    pub shared: u64,
    /// Cycles that they took beyond one each, for bank conflicts.
    pub bank_conflicts: u64,
    /// Atomic instructions, by lines.
    pub atomics: u64,
    /// Beats of read data at the AXI4 port.
    pub axi_reads: u64,
    /// Beats of write data there.
    pub axi_writes: u64,
    /// Bytes of a beat.
    pub axi_bytes: u64,
    /// Cores.
    pub cores: u64,
}

impl Counters {
    /// Of a launch.
    pub fn new(launched: &Launched, parameters: &Parameters) -> Self {
        let sum =
            |counter: fn(&simt_pkg::Counters) -> u64| launched.counters.iter().map(counter).sum();
        let cores = launched.counters.len() as u64;
        let instructions: u64 = sum(|core| core.issued);
        let lanes: u64 = sum(|core| core.lanes);
        let [stall_data, stall_unit, stall_fetch, stall_barrier] = [
            sum(|core| core.stall_data),
            sum(|core| core.stall_unit),
            sum(|core| core.stall_fetch),
            sum(|core| core.stall_barrier),
        ];
        let busy = instructions + stall_data + stall_unit + stall_fetch + stall_barrier;
        let cycles = launched.cycles;
        Self {
            cycles,
            instructions,
            ipc: ratio(instructions, cycles * cores),
            active_lanes: ratio(lanes, instructions),
            lanes: parameters.get("Lanes") as u64,
            divergent: sum(|core| core.divergent),
            splits: sum(|core| core.splits),
            stall_data,
            stall_unit,
            stall_fetch,
            stall_barrier,
            idle: (cycles * cores).saturating_sub(busy),
            lines: sum(|core| core.lines),
            hits: sum(|core| core.hits),
            misses: sum(|core| core.misses),
            shared: sum(|core| core.shared),
            bank_conflicts: sum(|core| core.conflicts),
            atomics: sum(|core| core.atomics),
            axi_reads: launched.beats[0],
            axi_writes: launched.beats[1],
            axi_bytes: parameters.get("AxiBytes") as u64,
            cores,
        }
    }

    /// A line for each.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut row = |name: &str, value: String, unit: String| {
            writeln!(text, "{name:>16} {value:>12}  {unit}").expect("a string grows");
        };
        let core_cycles = self.cycles * self.cores;
        let stall = |count: u64, cause: &str| {
            let share = 100.0 * ratio(count, core_cycles);
            format!("cycles, {share:.1} %: {cause}")
        };
        row("cycles", self.cycles.to_string(), "clock cycles".to_owned());
        row(
            "instructions",
            self.instructions.to_string(),
            "warp instructions".to_owned(),
        );
        row(
            "IPC",
            format!("{:.3}", self.ipc),
            "warp instructions a cycle and core".to_owned(),
        );
        let share = 100.0 * self.active_lanes / self.lanes as f64;
        row(
            "active lanes",
            format!("{:.2}", self.active_lanes),
            format!("an instruction, {share:.1} % of {}", self.lanes),
        );
        let share = 100.0 * ratio(self.divergent, self.instructions);
        row(
            "divergent",
            self.divergent.to_string(),
            format!("instructions of a warp with several paths, {share:.1} %"),
        );
        row(
            "splits",
            self.splits.to_string(),
            "paths added by control instructions".to_owned(),
        );
        for (name, count, cause) in [
            ("stall: data", self.stall_data, "registers were waited for"),
            ("stall: unit", self.stall_unit, "a unit was busy"),
            (
                "stall: fetch",
                self.stall_fetch,
                "no instruction was fetched",
            ),
            (
                "stall: barrier",
                self.stall_barrier,
                "all warps waited at barriers",
            ),
            (
                "idle",
                self.idle,
                "no warp was there, or its last accesses were waited for",
            ),
        ] {
            row(name, count.to_string(), stall(count, cause));
        }
        row(
            "lines",
            self.lines.to_string(),
            "accesses of lines of 64 bytes".to_owned(),
        );
        let share = 100.0 * ratio(self.hits, self.hits + self.misses);
        row(
            "hits",
            self.hits.to_string(),
            format!("loads of lines, {share:.1} %"),
        );
        row(
            "misses",
            self.misses.to_string(),
            "loads of lines".to_owned(),
        );
        row(
            "shared memory",
            self.shared.to_string(),
            "accesses".to_owned(),
        );
        row(
            "bank conflicts",
            self.bank_conflicts.to_string(),
            "cycles more for accesses of shared memory".to_owned(),
        );
        row(
            "atomics",
            self.atomics.to_string(),
            "accesses of lines".to_owned(),
        );
        for (name, beats) in [
            ("AXI reads", self.axi_reads),
            ("AXI writes", self.axi_writes),
        ] {
            let share = 100.0 * ratio(beats, self.cycles);
            let unit = format!(
                "beats of {} bytes, in {share:.1} % of the cycles",
                self.axi_bytes
            );
            row(name, beats.to_string(), unit);
        }
        text
    }
}

/// A share; 0 of nothing.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}
