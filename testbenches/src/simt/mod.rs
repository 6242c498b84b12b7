//! Programs for the SIMT processor, what they are given, and the testbenches of its blocks.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | what of an ELF the processor needs: segments, entry, kernels, `tohost` |
//! | [`arguments`] | a kernel's arguments as the block of memory that its entry reads |
//! | [`core`] | a core in lockstep with golden, on random programs |
//! | [`top`] | the processor in lockstep with golden, on random programs and on kernels |
//! | [`image`], [`kernels`], [`elfs`] | programs with their data, ready to be launched; the kernels as tests; what is checked in |
//! | [`fpu`] | the floating-point units: whole-warp operations against golden |
//! | [`mem`] | the memory side: loads, stores and atomics against golden, and against AXI4 |

pub mod arguments;
pub mod core;
mod core_bench;
mod core_case_paths;
mod core_case_runs;
mod core_cases;
mod core_directed;
mod core_memory;
mod core_program;
mod core_trace;
mod core_watch;
pub mod elfs;
pub mod fpu;
mod fpu_bench;
mod fpu_directed;
mod fpu_operands;
mod fpu_stimulus;
pub mod image;
pub mod kernels;
mod manager_wires;
pub mod mem;
mod mem_check;
mod mem_coherence;
mod mem_stimulus;
mod mem_strategies;
pub mod program;
pub mod top;
pub mod top_bench;
mod top_launches;
