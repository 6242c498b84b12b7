//! The bridge on small blocks: builds, loads, drives and samples real models.
//!
//! The models stay in cargo's folder for test files, so that only a first run builds them.

mod cache;
mod events;
mod ports;
mod state;
mod support;
mod waves;
