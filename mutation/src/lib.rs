//! Mutants of a block's SystemVerilog: small faults, each of which the block's tests ought to find.
//!
//! [`Design::parse`] reads the sources, [`Design::mutants`] finds the places in their syntax trees and what may be wrong at
//! each, [`Design::compose`] writes sources that hold any number of mutants, of which a plusarg selects one for each
//! run, and [`waivers`] reads which of them are known to be equivalent to the RTL. What it knows of SystemVerilog is its
//! syntax alone: types are preserved by the form of each replacement, see `find`.

#![forbid(unsafe_code)]

mod design;
mod find;
mod kind;
mod literal;
mod mutant;
mod names;
mod observers;
pub mod order;
mod schemata;
mod source;
pub mod waivers;

pub use design::{Design, DesignError};
pub use kind::Kind;
pub use mutant::{Mutant, sample};
pub use schemata::{Composed, Mode, plusarg};
