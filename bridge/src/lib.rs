//! Builds Verilated models on demand, loads them, drives and samples their ports.
