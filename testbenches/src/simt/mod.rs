//! Programs for the SIMT processor, what they are given, and the testbenches of its blocks.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | what of an ELF the processor needs: segments, entry, kernels, `tohost` |
//! | [`arguments`] | a kernel's arguments as the block of memory that its entry reads |
//! | [`fpu`] | the floating-point units: whole-warp operations against golden |

pub mod arguments;
pub mod fpu;
mod fpu_bench;
mod fpu_directed;
mod fpu_operands;
mod fpu_stimulus;
pub mod program;
