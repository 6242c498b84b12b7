//! Testbenches of the blocks that others are made of.

pub mod fifo;
