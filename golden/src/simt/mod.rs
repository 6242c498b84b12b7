//! The SIMT processor, as `docs/simt.md` defines it: [`float`] is the arithmetic of its lanes,
//! [`instruction`] what they execute, with the codes of [`mod@encode`].

pub mod csr;
pub mod encode;
pub mod execute;
pub mod fault;
pub mod float;
pub mod instruction;
pub mod launch;
pub mod machine;
pub mod mask;
pub mod memory;
pub mod mismatch;
pub mod paths;
pub mod program;
pub mod run;
pub mod shape;
pub mod warp;
