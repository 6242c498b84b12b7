//! Golden models and numerics, written from their definitions.
//!
//! [`numerics`] holds the element formats and conversions between them, [`npu`] the models of the
//! MAC array side. Both follow `docs/numerics.md`. [`mem3d`] holds the memory side, from
//! `docs/mem3d.md`, [`simt`] the SIMT processor, from `docs/simt.md`. None of them knows anything of the RTL.
//! MAC array side. Both follow `docs/numerics.md` and know nothing of the RTL. [`axi`] is AXI4 by its definition.
#![forbid(unsafe_code)]

pub mod axi;
pub mod common;
mod error;
pub mod llama;
pub mod mem3d;
pub mod npu;
pub mod numerics;
pub mod simt;

pub use error::Error;
