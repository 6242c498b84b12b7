//! AXI4, by its definition (AMBA AXI and ACE Protocol Specification, ARM IHI 0022E, Part A): what crosses the
//! channels, which bytes each beat of a burst moves, and what a memory behind such a port may answer.
//!
//! [`Memory`] is the golden model of the content and the ordering of a memory with one port or several. It is told, in
//! the order in which they happen, the requests, write data and responses that cross the ports, and refuses a response
//! that no memory could have given; it knows no clock.

mod address;
mod beat;
mod by_id;
mod expect;
mod illegal;
mod line;
mod memory;
mod store;

pub use address::{AddressBeat, BOUNDARY, Burst, BurstBeat};
pub use beat::{Data, LANES, ReadBeat, Resp, ResponseBeat, WriteBeat, bytes_of, data_of};
pub use by_id::{ById, FastHash};
pub use expect::{Answers, Space};
pub use illegal::Illegal;
pub use memory::{Memory, ReadSeen, WriteSeen};
pub use store::{LINE, Store};
