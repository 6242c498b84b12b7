//! The 3D-stacked memory, as `docs/mem3d.md` defines it: [`timing`] sets as data,
//! [`secded`] and the [`lanes`] of its pins.

pub mod lanes;
pub mod secded;
pub mod timing;
