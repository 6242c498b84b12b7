//! The SIMT processor, as `docs/simt.md` defines it: [`float`] is the arithmetic of its lanes.

pub mod float;
