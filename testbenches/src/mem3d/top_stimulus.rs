//! What is done to a memory: bursts at its ports, register accesses, faults, changes of temperature, resets.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::vault_stimulus::Settings;
use crate::kit::axi::{AxiPaces, Transaction};
use crate::kit::{PaceSet, Stimulus};

/// Bytes of the bus.
pub const BUS_BYTES: usize = 64;

/// Bits of a codeword that are flipped: one, or two different ones; 0 to 71.
pub type Flips = (u8, Option<u8>);

/// One thing that is done to a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A burst at a port.
    Burst {
        /// Port; counts modulo the number of ports.
        port: u8,
        /// The burst.
        transaction: Transaction,
    },
    /// Lets so many clocks pass, with everything before sent or not.
    Wait(u32),
    /// Waits until every burst and register access is answered and every write has left its queue.
    Settle,
    /// Writes the registers of these settings; failed lanes are not among them.
    Configure(Settings),
    /// Writes a register, or an address without one.
    WriteRegister {
        /// Address.
        address: u16,
        /// Value.
        data: u32,
        /// A bit per byte.
        strb: u8,
    },
    /// Reads a register, or an address without one.
    ReadRegister {
        /// Address.
        address: u16,
    },
    /// Reads all registers and holds them against their values after reset; the first thing after a reset.
    CheckResets,
    /// Checks and clears the vaults' counters of lines and commands, after settling; the scrubber is off then.
    ClearCounters,
    /// Changes the temperature code of a vault's die.
    Temperature {
        /// Vault; counts modulo the number of vaults.
        vault: u8,
        /// Code, 0 to 2.
        code: u8,
    },
    /// Flips bits of a codeword at rest, after settling.
    Decay {
        /// Address of the word.
        address: u64,
        /// Bits.
        bits: Flips,
    },
    /// Clears a vault's error log, flips bits of one or two words of a line at rest, reads the line or writes a byte of the
    /// first word, and checks log, counters and interrupt; nothing else happens meanwhile.
    CheckLog {
        /// Port that does; counts modulo the number of ports.
        port: u8,
        /// Writes.
        write: bool,
        /// Address of the line.
        address: u64,
        /// Word of the line, 0 to 7, and bits.
        first: (u8, Flips),
        /// Another word; none in the half of the line that a write leaves alone.
        second: Option<(u8, Flips)>,
        /// Value of `irq_enable`.
        enable: u8,
    },
    /// Writes a whole line, after settling, with an error that the registers inject.
    Inject {
        /// Port; counts modulo the number of ports.
        port: u8,
        /// Address of the word; its line is written.
        address: u64,
        /// Of the data.
        seed: u32,
        /// Bits.
        bits: Flips,
    },
    /// Turns on the scrubber of all vaults for as many lines as `lines`, and checks that it has corrected what single
    /// bits were flipped in the first `lines` of each vault.
    Scrub {
        /// Units of 16 clocks from line to line.
        interval: u16,
        /// Lines.
        lines: u16,
    },
    /// A physical lane of a vault is stuck from now on, after settling. Until it is replaced, that vault is not written,
    /// and what is read may be poisoned, not wrong.
    StickLane {
        /// Vault; counts modulo the number of vaults.
        vault: u8,
        /// Physical lane, 0 to 37.
        lane: u8,
        /// Level.
        high: bool,
    },
    /// Replaces the lanes of a vault that are stuck by the spares, through its register, and settles.
    RepairLanes {
        /// Vault; counts modulo the number of vaults.
        vault: u8,
    },
    /// Resets the memory; what is under way is lost, and each byte of lines written since the last settling is as it was at
    /// some time since then.
    Reset,
}

/// A run of a memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mem3dStimulus {
    /// What is done, in order.
    pub operations: Vec<Operation>,
    /// When the channels of the ports move; ports without an entry have the last one's.
    #[serde(default)]
    pub paces: Vec<AxiPaces>,
    /// When those of the register port move.
    #[serde(default)]
    pub lite: AxiPaces,
    /// Bursts of a direction under way at a port, at most.
    #[serde(default = "usual_outstanding")]
    pub outstanding: usize,
    /// Bursts may be what AXI forbids and the memory answers: of the reserved type, of beats wider than the bus, across 4 KiB.
    #[serde(default)]
    pub outside_axi: bool,
}

fn usual_outstanding() -> usize {
    16
}

/// Single operations are simplified once only so many are left; before that the runs are better spent on removing.
const FEW: usize = 12;

impl Mem3dStimulus {
    /// Operations at full rate.
    pub fn new(operations: Vec<Operation>) -> Self {
        Self {
            operations,
            paces: Vec::new(),
            lite: AxiPaces::default(),
            outstanding: usual_outstanding(),
            outside_axi: false,
        }
    }
}

impl Stimulus for Mem3dStimulus {
    fn len(&self) -> usize {
        self.operations.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.operations.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.paces.is_empty() || self.lite != AxiPaces::default() {
            all.push(Self {
                paces: Vec::new(),
                lite: AxiPaces::default(),
                ..self.clone()
            });
        }
        for (port, paces) in self.paces.iter().enumerate() {
            all.extend(paces.simpler().into_iter().map(|simpler| {
                let mut candidate = self.clone();
                candidate.paces[port] = simpler;
                candidate
            }));
        }
        if self.outstanding > 1 {
            all.push(Self {
                outstanding: 1,
                ..self.clone()
            });
        }
        if self.operations.len() <= FEW {
            for (index, operation) in self.operations.iter().enumerate() {
                all.extend(simpler_operations(*operation).into_iter().map(|simpler| {
                    let mut candidate = self.clone();
                    candidate.operations[index] = simpler;
                    candidate
                }));
            }
        }
        all
    }
}

/// The same kind of operation, with less to look at.
fn simpler_operations(operation: Operation) -> Vec<Operation> {
    match operation {
        Operation::Burst { port, transaction } => {
            let mut all: Vec<_> = transaction
                .simpler(BUS_BYTES)
                .into_iter()
                .map(|transaction| Operation::Burst { port, transaction })
                .collect();
            if port > 0 {
                all.push(Operation::Burst {
                    port: 0,
                    transaction,
                });
            }
            all
        }
        Operation::Wait(clocks) if clocks > 1 => vec![Operation::Wait(clocks / 2)],
        _ => Vec::new(),
    }
}
