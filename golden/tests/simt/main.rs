//! The golden model of the SIMT processor, by programs written by hand.

mod accesses;
mod codes;
mod control;
mod csrs;
mod faults;
mod floats;
mod integers;
mod kit;
mod launches;
mod lockstep;
mod memory;
mod ordering;
mod paths;
mod sync;
mod trace;
mod yields;
