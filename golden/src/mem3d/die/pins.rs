//! The pins of a vault in one controller clock.

use super::super::lanes::{Burst, LaneMap};

/// A command of the row bus's first half clock: `row_op_e` without `RowNone`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowOp {
    /// PRE: precharge one bank.
    Pre,
    /// PREA: precharge all banks.
    PreAll,
    /// REFab: refresh all banks.
    RefAb,
    /// REFpb: refresh one bank.
    RefPb,
    /// RFMpb: refresh management of one bank.
    RfmPb,
    /// PDE: enter power-down.
    Pde,
    /// PDX: leave power-down.
    Pdx,
    /// SRE: enter self-refresh.
    Sre,
    /// SRX: leave self-refresh.
    Srx,
}

impl RowOp {
    /// The command of the code on the pins, 1 to 9; none for 0 and codes without a meaning.
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Pre),
            2 => Some(Self::PreAll),
            3 => Some(Self::RefAb),
            4 => Some(Self::RefPb),
            5 => Some(Self::RfmPb),
            6 => Some(Self::Pde),
            7 => Some(Self::Pdx),
            8 => Some(Self::Sre),
            9 => Some(Self::Srx),
            _ => None,
        }
    }
}

/// A column command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    /// WR, else RD.
    pub write: bool,
    /// With auto-precharge.
    pub ap: bool,
    /// The bank.
    pub bank: u8,
    /// The burst of the open row.
    pub burst: u8,
}

/// What the controller drives in one clock, and the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pins {
    /// The row command and `row_bank`.
    pub row: Option<(RowOp, u8)>,
    /// ACT: bank and row.
    pub act: Option<(u8, u16)>,
    /// RD or WR.
    pub col: Option<Column>,
    /// `dq_o`, where `dq_oe_o` is 1.
    pub dq: Option<Burst>,
    /// `lanes_o`.
    pub lanes: LaneMap,
    /// Temperature code, 0 to 2; 3 counts as 2.
    pub temperature: u8,
}
