//! The SIMT processor, as `docs/simt.md` defines it.
//!
//! * What executes: [`instruction`] with the codes of [`mod@encode`], [`float`] the arithmetic,
//!   [`fpu`] which unit executes it and when.
//! * What it changes: a [`warp`] with its [`paths`], [`csr`] and [`mask`] of lanes; the [`memory`].
//! * What one instruction does, or which [`fault`] it is: [`execute`].
//! * A [`launch`] on a processor of some [`shape`]: the [`machine`] follows the events of a trace and
//!   refuses, with a [`mismatch`], what cannot be; [`mod@run`] executes it alone.
//! * [`mod@core`] is what a core asks of its memory side.
//! * [`mem`] is the memory side alone: bytes in the order of its trace, and coherence.
//! * [`reconvergence`] is what a SIMT stack would need for what was executed.
//! * [`program`] lays out programs that are not compiled.

pub mod core;
pub mod csr;
pub mod encode;
pub mod execute;
pub mod fault;
pub mod float;
pub mod fpu;
pub mod instruction;
pub mod launch;
pub mod machine;
pub mod mask;
pub mod mem;
pub mod memory;
pub mod mismatch;
pub mod paths;
pub mod program;
pub mod reconvergence;
pub mod run;
pub mod shape;
pub mod top;
pub mod warp;
