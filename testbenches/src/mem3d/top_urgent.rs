//! Urgent reads of a memory against the bound of their vault, where nothing else is in their way.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::AddressBeat;
use gpnpu_golden::mem3d::timing::TimingSet;

use super::registers::common;
use super::top_registers::RegisterFile;
use super::urgent::{RefreshMode, UrgentWatch};
use crate::kit::{Failure, Parameters};

/// A read of one line, as the watch knows it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Vault.
    pub vault: usize,
    /// No write to it is pending.
    pub clean: bool,
}

/// Watches the urgent reads of all vaults. The bound holds while all reads under way are of one line each and have room in
/// a queue, so that they are in their vaults at once, while no write has to be completed by a read, and while every line
/// is taken as it comes.
pub struct UrgentReads {
    vaults: Vec<UrgentWatch>,
    /// Reads under way that a queue takes, besides one that completes a write.
    room: usize,
    /// Clocks between port and vault: the other ports' turns, and all lines that may come first.
    outside: u64,
    reads: usize,
    /// Reads under way of more than a line.
    long: usize,
    fills: bool,
    started: bool,
}

impl UrgentReads {
    /// Of a memory after power-up.
    pub fn new(set: &TimingSet, parameters: &Parameters) -> Self {
        let (ports, vaults) = (parameters.get("Ports"), parameters.get("Vaults"));
        let room = room(parameters.get("ReadQueue"));
        Self {
            vaults: (0..vaults).map(|_| UrgentWatch::new(set)).collect(),
            room,
            outside: (2 * room + 5 * ports + 4) as u64,
            reads: 0,
            long: 0,
            fills: false,
            started: false,
        }
    }

    /// The memory was reset.
    pub fn reset(&mut self) {
        self.vaults.iter_mut().for_each(UrgentWatch::reset);
        (self.reads, self.long, self.started) = (0, 0, false);
    }

    /// The memory has settled: nothing is under way.
    pub fn settled(&mut self) {
        (self.fills, self.started) = (false, true);
    }

    /// A write begins that touches these bytes of a line.
    pub fn write(&mut self, bytes: u64) {
        let whole = [bytes as u32, (bytes >> 32) as u32];
        self.fills |= whole.iter().any(|half| *half != 0 && *half != u32::MAX);
    }

    /// One clock of a vault at that temperature; `changing` while registers are accessed.
    pub fn clock(
        &mut self,
        now: Cycle,
        file: &RegisterFile,
        changing: bool,
        (valid, taken): (bool, bool),
        temperatures: &[u8],
    ) {
        let refresh = file.get(&common::REFRESH, 0);
        let mode = RefreshMode {
            per_bank: common::REFRESH_PER_BANK.of(refresh) != 0,
            postpone: common::REFRESH_POSTPONE.of(refresh) as u8,
            managed: common::REFRESH_RFM_THRESHOLD.of(refresh) != 0,
        };
        let asleep = common::POWER_PD_IDLE.of(file.get(&common::POWER, 0)) != 0;
        let scrubs = common::SCRUB_INTERVAL.of(file.get(&common::SCRUB, 0)) != 0;
        let disturbed =
            !self.started || scrubs || self.fills || self.long > 0 || self.reads > self.room;
        for (vault, temperature) in self.vaults.iter_mut().zip(temperatures) {
            vault.configure(now, mode, changing);
            vault.responses(valid, taken);
            vault.clock(now, *temperature, asleep, disturbed);
        }
    }

    /// A read was accepted, of so many lines; `only` if it is the only one of its ID.
    pub fn accepted(
        &mut self,
        now: Cycle,
        port: usize,
        request: &AddressBeat,
        lines: &[Line],
        file: &RegisterFile,
        only: bool,
    ) {
        self.reads += 1;
        let [line] = lines else {
            self.long += 1;
            return;
        };
        let urgent = common::QOS_URGENT.of(file.get(&common::QOS, 0));
        if u32::from(request.qos) >= urgent && only && request.len == 0 {
            self.vaults[line.vault].accepted(now, key(port, request), line.clean, self.outside);
        }
    }

    /// A read was answered, of so many lines.
    ///
    /// # Errors
    ///
    /// It was urgent and late.
    pub fn answered(
        &mut self,
        now: Cycle,
        port: usize,
        request: &AddressBeat,
        lines: usize,
    ) -> Result<(), Failure> {
        self.reads -= 1;
        self.long -= usize::from(lines != 1);
        let key = key(port, request);
        self.vaults
            .iter_mut()
            .try_for_each(|vault| vault.answered(now, key))
    }
}

/// Reads under way that a queue of so many entries takes at once, besides one that completes a write.
pub(super) fn room(read_queue: usize) -> usize {
    read_queue - 2
}

fn key(port: usize, request: &AddressBeat) -> u16 {
    (port as u16) << 8 | request.id as u16
}
