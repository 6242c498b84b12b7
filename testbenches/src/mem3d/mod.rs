//! The memory's testbenches.
//!
//! | module | holds |
//! |---|---|
//! | [`register`], [`registers`] | what a register is, and those of the memory, generated |

pub mod register;
#[rustfmt::skip]
pub mod registers;
