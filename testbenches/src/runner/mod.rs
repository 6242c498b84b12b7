//! Cases on several threads, failures to bundles, planted faults.

mod bundle;
mod cases;
pub mod faults;
mod pool;
mod report;

pub use bundle::{Bundle, BundleError, Given, triage};
pub use cases::{Case, SelectError, Selection, select};
pub use pool::{
    CaseResult, Engine, Event, GRACE, InProcess, Job, JobEvent, RunOptions, run_cases, run_jobs,
};
pub use report::{CaseReport, ReportError};
