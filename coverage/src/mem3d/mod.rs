//! Coverage models of the 3D-stacked memory.

pub mod spacing;
pub mod top;
pub mod vault;
