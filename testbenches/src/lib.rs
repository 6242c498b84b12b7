//! The testbench kit and the blocks' testbenches.
