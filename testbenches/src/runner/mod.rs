//! Cases on several threads, failures to bundles, planted faults.

mod bundle;
mod cases;
pub mod faults;
mod pool;

pub use bundle::{Bundle, BundleError, Given, triage};
pub use cases::{Case, SelectError, Selection, select};
pub use pool::{CaseResult, Event, RunOptions, run_cases};
