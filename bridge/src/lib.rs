//! Builds Verilated models on demand, loads them, drives and samples their ports.
//!
//! | module | holds |
//! |---|---|
//! | [`manifest`] | `rtl/configs.toml`: blocks and their named configurations |
//! | [`toolchain`] | the Verilator and the C++ compiler that are used |
//! | [`ports`] | a block's ports as Verilator elaborates them, and their place in a frame |
//! | [`codegen`] | typed Rust structs for those ports |
//! | [`builder`] | (block, configuration, flavour) to a cached shared object |
//! | [`model`] | a loaded model: clock cycles, digest, events, waves, coverage |
//! | [`dut`] | a model behind its typed ports |
//! | [`packed`] | values to bits of a frame and back |

pub mod builder;
pub mod codegen;
pub mod dut;
mod error;
#[expect(
    unsafe_code,
    unused_qualifications,
    reason = "the foreign interface, and what `cxx` generates for it"
)]
mod ffi;
pub mod manifest;
pub mod model;
pub mod packed;
pub mod ports;
pub mod toolchain;

pub use error::BridgeError;
