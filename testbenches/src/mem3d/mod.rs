//! Testbenches of the 3D-stacked memory.
//!
//! | module | holds |
//! |---|---|
//! | [`dram`] | the golden die behind a vault's pins |
//! | [`vault`] | tests of `mem3d_vault` |
//! | [`vault_stimulus`], [`vault_strategies`] | what is done to a vault, and how it is drawn |
//! | [`vault_bench`], [`vault_commands`] | a vault with its die, scoreboard and coverage |

pub mod dram;
pub mod vault;
pub mod vault_bench;
pub mod vault_commands;
pub mod vault_stimulus;
pub mod vault_strategies;
