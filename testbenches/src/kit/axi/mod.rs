//! AXI4 agents for any block.
//!
//! They know nothing of a block's ports but what [`Bus`] says: each cycle of a port is five [`Wire`]s. A testbench maps
//! them to its ports in a few lines, one function before the cycle and one after it, and has
//!
//! * a [`Manager`] for a block that is a subordinate: issues [`Request`]s at its [`AxiPaces`], tells when each was
//!   answered ([`Completed`]);
//! * a [`Subordinate`] for a block that is a manager: a memory that answers late, out of order, with errors on demand;
//! * a [`Monitor`] for either: every [`Rule`] of the specification that wires can show, and whose fault it was;
//! * a [`MemoryCheck`] for a block that is a memory: the golden content and order;
//! * a [`Profile`] of random [`Transaction`]s, which can be stored and made simpler;
//! * [`LiteManager`] and [`LiteMonitor`] for registers behind AXI4-Lite.
//!
//! `docs/axi.md` shows how; `common_axi_ram`'s testbench is the smallest complete example.

mod agent;
mod bus;
mod check;
mod lite;
mod manager;
mod monitor;
mod paces;
mod request;
mod rule;
mod strategy;
mod subordinate;
mod transaction;

pub use agent::ManagerAgent;
pub use bus::{Bus, Channel, Wire};
pub use check::{Checked, MemoryCheck};
pub use gpnpu_golden::axi::{
    AddressBeat, Burst, BurstBeat, Data, LANES, Memory, ReadBeat, Resp, ResponseBeat, Space, Store,
    WriteBeat, bytes_of, data_of,
};
pub use lite::{LiteBus, LiteCompleted, LiteManager, LiteMonitor, LiteRead, LiteWrite};
pub use manager::{Manager, ManagerSettings};
pub use monitor::{Monitor, address_rule};
pub use paces::AxiPaces;
pub use request::{Completed, Request};
pub use rule::{Party, Rule, Violation};
pub use strategy::{Profile, Window};
pub use subordinate::{Fault, Subordinate, SubordinateSettings};
pub use transaction::{Strobes, Transaction};
