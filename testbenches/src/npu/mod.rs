//! Testbenches of the MAC array side.

pub mod dot;
mod dot_directed;
pub mod mac_array;
pub mod operands;
