//! The project's blocks from outside: what their plans name, which parameters they refuse, and that all their flavours
//! behave the same.

mod flavours;
mod parameters;
mod soak;
mod testplans;
