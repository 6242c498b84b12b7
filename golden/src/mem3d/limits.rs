//! Derived limits: the largest share of the data bus that a timing set allows a pattern.
//!
//! Each is a bound from the rules of `docs/mem3d.md` alone ("Derived limits" there has the formulas),
//! whatever the controller: over a long run, every resource is busy for a time that the pattern
//! demands of it, refreshes take some of that away, and the scarcest resource decides.

mod demand;
mod latency;
mod patterns;
mod urgent;
mod visits;

pub use demand::{Bound, Limit, Refresh, Traffic};
pub use latency::{DeviceLatency, device_latency};
pub use patterns::{random, streaming, turns};
pub use urgent::Urgent;
pub use visits::{Visit, of_visits};
