//! Coverage models of the SIMT processor.

pub mod core;
pub mod fpu;
mod fpu_float;
pub mod mem;
pub mod top;
