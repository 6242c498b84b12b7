//! Testbenches of the blocks that others are made of.

pub mod axi_ram;
pub mod fifo;
