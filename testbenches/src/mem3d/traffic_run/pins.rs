//! Golden's dies on the pins of the vaults.

use gpnpu_bridge::dut::Dut;
use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::die::DieOptions;
use gpnpu_golden::mem3d::map::AddressMap;
use gpnpu_golden::mem3d::timing::TimingSet;

use super::super::dram::{DramSide, VaultPins};
use super::super::traffic::{CommandRecord, LINE_BYTES};
use super::content::Words;
use crate::kit::{Failure, Streams};
use crate::ports::mem3d::Mem3d;

/// A die for every vault.
pub struct Dies {
    sides: Vec<DramSide>,
    cycles: u64,
}

impl Dies {
    /// Dies that were just powered.
    pub fn new(set: &TimingSet, vaults: usize) -> Self {
        let options = DieOptions {
            log: true,
            ..DieOptions::default()
        };
        let streams = Streams::new(1, "traffic");
        let die = |vault| {
            let noise = streams.rng(&format!("noise of vault {vault}"));
            DramSide::new(set, options, vault, noise)
        };
        Self {
            sides: (0..vaults).map(die).collect(),
            cycles: 0,
        }
    }

    /// Puts read data on the pins of the cycle that is to be run.
    pub fn drive(&mut self, device: &mut Dut<Mem3d>) {
        for (die, dq) in self.sides.iter_mut().zip(&mut device.i.dq_i) {
            *dq = die.drive();
        }
    }

    /// Takes the pins of the cycle that was run.
    pub fn observe(&mut self, cycle: Cycle, device: &Dut<Mem3d>) -> Result<(), Failure> {
        self.cycles += 1;
        let o = &device.o;
        for (vault, die) in self.sides.iter_mut().enumerate() {
            let pins = VaultPins {
                command: &o.cmd_o[vault],
                dq: &o.dq_o[vault],
                dq_oe: u64::from(o.dq_oe_o) >> vault & 1 == 1,
                lanes: &o.lanes_o[vault],
                temperature: device.i.temp_i[vault],
            };
            die.observe(cycle, &pins)?;
        }
        Ok(())
    }

    /// The clock of the dies in which the next cycle begins.
    pub fn clock(&self) -> u64 {
        // A controller clock is two of the die's.
        2 * self.cycles
    }

    /// Whether every die had that many REFab.
    pub fn refreshed(&self, count: u64) -> bool {
        self.sides
            .iter()
            .all(|side| side.die.counters().ref_ab >= count)
    }

    /// Passes on the commands since the last call, vault by vault.
    pub fn drain(&mut self, mut each: impl FnMut(CommandRecord)) {
        for (vault, side) in self.sides.iter_mut().enumerate() {
            for entry in side.die.drain_log() {
                each(CommandRecord {
                    pseudo_channel: vault as u32,
                    entry,
                });
            }
        }
    }

    /// Stores a line behind the pins' back.
    pub fn preset(&mut self, map: &AddressMap, line: u64, words: &Words) {
        let location = map.to_line(line * LINE_BYTES);
        let location = location.expect("requests lie in the memory");
        let die = &mut self.sides[location.vault as usize].die;
        die.set_line(location.bank, location.row, location.line, words);
    }
}
