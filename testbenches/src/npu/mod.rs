//! Testbenches of the MAC array side.

pub mod array_bench;
pub mod dot;
mod dot_directed;
pub mod gemm;
pub mod mac_array;
pub mod operands;
pub mod products;
pub mod quantise;
pub mod tile;
pub mod workload;
