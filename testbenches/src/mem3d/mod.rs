//! The memory's testbenches.
//!
//! | module | holds |
//! |---|---|
//! | [`traffic`] | requests of a trace or a pattern, and what a run tells of them |
//! | [`map`] | which line of which row an address is |
//! | [`patterns`] | endless reproducible traffic of known shape |
//! | [`latency`] | exact percentiles in bounded memory |
//! | [`analysis`] | bandwidth, latency and row hits of a run |

pub mod analysis;
pub mod latency;
pub mod map;
pub mod patterns;
pub mod traffic;
