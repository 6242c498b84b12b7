//! What every testbench is made of.
//!
//! A transaction's way: a [`Test`]'s strategy draws a [`Stimulus`] from the case's [`Streams`]; the block's
//! [`Testbench`] gives the stimulus to its [`Source`]s, which drive the ports of the [`Run`]'s device at their
//! [`Pace`]; [`Sink`]s take the results, watch the protocol and hand them to the [`Scoreboard`], which holds them
//! against golden's. The first difference is a [`Failure`], which [`shrink`] makes small.

pub mod axi;
mod channel;
mod failure;
pub mod hex;
mod pace;
mod run;
mod scoreboard;
pub mod shrink;
mod streams;
mod table;
mod test;
pub mod wave;

pub use channel::{Sink, Source};
pub use failure::{Failure, FailureKind};
pub use pace::{Pace, PaceSet, Pacer};
pub use run::{Limits, Run, request_stop, stop_requested};
pub use scoreboard::Scoreboard;
pub use streams::Streams;
pub use table::{Cell, Table};
pub use test::{AnyTest, Execution, Outcome, Parameters, Stimulus, Test, Testbench};
