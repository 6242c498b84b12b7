//! The 3D-stacked memory, as `docs/mem3d.md` defines it: [`timing`] sets as data, the [`die`] that
//! checks every command against every rule, [`secded`] and the [`lanes`] of its pins.

pub mod die;
pub mod lanes;
pub mod secded;
pub mod timing;
