//! The history of regressions: every case of every run, in one embedded SQLite database.
//!
//! | module | holds |
//! |---|---|
//! | [`History`] | the open database: its runs, their cases, buckets, coverage and measurements |
//! | [`Writer`] | the one thread of a run that writes results as they land |
//! | [`Counts`] | the compact form of a case's coverage |
//!
//! **What survives.** Results are written in transactions of at most [`BATCH_TIME`], each flushed to the disk before the
//! writer confirms its cases. A caller that reports a case only once it is confirmed loses none that it reported, whether the
//! process is killed or the power fails; what is lost are the cases in flight and those not yet confirmed.
//!
//! **Several runs side by side** are safe: the database is in WAL mode, writers wait for each other.
//!
//! # A table of one's own
//!
//! The version of the database (`user_version`) is the number of the migrations that it has seen. To add a table, append one
//! SQL text to `MIGRATIONS` in `schema.rs` and change none of those before it: an older database gets it at its next opening
//! by a newer command, and an older command refuses the newer database instead of guessing. Read and write the table through
//! [`History::connection`], or add a module with typed rows here, as `buckets.rs` does. A row that belongs to a run or a case
//! refers to `runs (id)` or `cases (id)` `ON DELETE CASCADE`.
#![forbid(unsafe_code)]

mod buckets;
mod cases;
mod counts;
mod coverage;
mod error;
mod queries;
mod runs;
mod schema;
mod store;
mod trends;
mod writer;

pub use buckets::Bucket;
pub use cases::{CaseRow, CaseSummary, Identity, Measured, Verdict};
pub use counts::{Counts, CountsError};
pub use coverage::{Coverage, FirstHit, FirstHits, Space, SpaceKind};
pub use error::HistoryError;
pub use queries::{Expectations, FirstBad, Flaky, Sighting, Slow};
pub use runs::{Run, RunId, RunInfo, Status};
pub use schema::VERSION;
pub use store::History;
pub use trends::{Scope, TrendPoint};
pub use writer::{BATCH_TIME, Writer, WriterReport};
