//! The 3D-stacked memory, as `docs/mem3d.md` defines it: [`timing`] sets as data, the [`die`] that
//! checks every command against every rule, [`secded`] and the [`lanes`] of its pins, the [`limits`]
//! that follow from a set, the address [`map`], what a [`vault`] makes of its requests, and what the
//! memory on [`top`] of them answers.

pub mod die;
pub mod lanes;
pub mod limits;
pub mod map;
pub mod secded;
pub mod timing;
pub mod top;
pub mod vault;
