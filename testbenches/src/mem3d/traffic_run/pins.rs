//! Golden's dies on the pins of the vaults.

use gpnpu_bridge::dut::Dut;
use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::die::{Burst, Column, Die, DieOptions, LaneMap, Pins, RowOp};
use gpnpu_golden::mem3d::map::AddressMap;
use gpnpu_golden::mem3d::timing::TimingSet;

use super::super::traffic::{CommandRecord, LINE_BYTES};
use super::content::{Words, mix};
use super::error::RunError;
use crate::ports::mem3d::Mem3d;
use crate::ports::mem3d_pkg::{DramCmd, LaneMap as LaneMapPort};

/// The top word of a burst has 16 bits on the pins.
const TOP_WORD: u32 = 0xffff;

/// A die for every vault.
pub struct Dies {
    dies: Vec<Die>,
    /// State of what the data pins carry where no data is.
    noise: u64,
}

impl Dies {
    /// Dies that were just powered.
    pub fn new(set: &TimingSet, vaults: usize) -> Self {
        let options = DieOptions {
            log: true,
            ..DieOptions::default()
        };
        Self {
            dies: vec![Die::new(set, options); vaults],
            noise: 1,
        }
    }

    /// Takes the pins of the cycle that was run, and puts read data on those of the next.
    pub fn cycle(&mut self, cycle: Cycle, device: &mut Dut<Mem3d>) -> Result<(), RunError> {
        for (vault, die) in self.dies.iter_mut().enumerate() {
            let o = &device.o;
            let writes = u64::from(o.dq_oe_o) >> vault & 1 == 1;
            let pins = Pins {
                dq: writes.then(|| o.dq_o[vault]),
                lanes: lanes(&o.lanes_o[vault]),
                temperature: device.i.temp_i[vault],
                ..command(&o.cmd_o[vault])
            };
            let data = die.cycle(&pins).map_err(|violation| RunError::Violation {
                cycle,
                vault,
                violation,
            })?;
            device.i.dq_i[vault] = data.unwrap_or_else(|| noise(&mut self.noise));
        }
        Ok(())
    }

    /// Whether every die had that many REFab.
    pub fn refreshed(&self, count: u64) -> bool {
        self.dies.iter().all(|die| die.counters().ref_ab >= count)
    }

    /// Passes on the commands since the last call, vault by vault.
    pub fn drain(&mut self, mut each: impl FnMut(CommandRecord)) {
        for (vault, die) in self.dies.iter_mut().enumerate() {
            for entry in die.drain_log() {
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
        let die = &mut self.dies[location.vault as usize];
        die.set_line(location.bank, location.row, location.line, words);
    }
}

fn command(port: &DramCmd) -> Pins {
    Pins {
        row: RowOp::from_code(port.row_op).map(|op| (op, port.row_bank)),
        act: port.act_valid.then_some((port.act_bank, port.act_row)),
        col: port.col_valid.then_some(Column {
            write: port.col_write,
            ap: port.col_ap,
            bank: port.col_bank,
            burst: port.col_burst,
        }),
        ..Pins::default()
    }
}

fn lanes(port: &LaneMapPort) -> LaneMap {
    LaneMap {
        fail_valid: [port.fail_valid & 1 == 1, port.fail_valid >> 1 & 1 == 1],
        fail_lane: port.fail_lane,
    }
}

/// Something else in every cycle.
fn noise(state: &mut u64) -> Burst {
    *state = mix(*state);
    let (low, high) = (*state as u32, (*state >> 32) as u32);
    let mut burst = std::array::from_fn(|index| if index % 2 == 0 { low } else { high });
    burst[9] &= TOP_WORD;
    burst
}
