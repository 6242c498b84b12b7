//! Testbenches of the 3D-stacked memory.
//!
//! | module | holds |
//! |---|---|
//! | [`dram`], [`start_up`] | the golden die behind a vault's pins, and what a controller does first |
//! | [`urgent`], `top_urgent` | urgent reads against the bound on their latency |
//! | [`vault`] | tests of `mem3d_vault` |
//! | [`vault_stimulus`], [`vault_strategies`] | what is done to a vault, and how it is drawn |
//! | [`vault_bench`], [`vault_commands`] | a vault with its die, scoreboard and coverage |
//! | [`register`], [`registers`] | what a register is, and those of the memory, generated |
//! | [`top`] | tests of `mem3d` |
//! | [`top_stimulus`], [`top_strategies`] | what is done to a memory, and how it is drawn |
//! | [`top_bench`], `top_checks`, `top_counters`, [`top_wires`] | a memory with its dies, agents, golden and coverage; faults and their log; counters |
//! | [`top_content`], [`top_registers`], [`top_lite`] | what is known of lines and words at rest, and of the registers; their port |
//! | [`traffic`] | requests of a trace or a pattern, and what a run tells of them |
//! | [`traffic_run`] | traffic through the RTL |
//! | [`bound`] | the derived limit of traffic |
//! | [`patterns`] | endless reproducible traffic of known shape |
//! | [`latency`] | exact percentiles in bounded memory |
//! | [`register`], [`registers`] | what a register is, and those of the memory, generated |
//! | [`analysis`] | bandwidth, latency and row hits of a run |

pub mod analysis;
pub mod bound;
pub mod dram;
pub mod latency;
pub mod patterns;
pub mod register;
#[rustfmt::skip]
pub mod registers;
pub mod start_up;
pub mod top;
pub mod top_bench;
mod top_checks;
pub mod top_content;
mod top_counters;
pub mod top_lite;
pub mod top_registers;
pub mod top_stimulus;
pub mod top_strategies;
mod top_urgent;
pub mod top_wires;
pub mod traffic;
pub mod traffic_run;
pub mod urgent;
pub mod vault;
pub mod vault_bench;
pub mod vault_commands;
pub mod vault_stimulus;
pub mod vault_strategies;
