//! Programs for the SIMT processor, and what they are given.
//!
//! | module | holds |
//! |---|---|
//! | [`program`] | what of an ELF the processor needs: segments, entry, kernels, `tohost` |
//! | [`arguments`] | a kernel's arguments as the block of memory that its entry reads |

pub mod arguments;
pub mod program;
