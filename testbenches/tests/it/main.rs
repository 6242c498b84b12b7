//! The project's blocks from outside: what their plans and lists of faults name, which parameters they refuse, and that
//! all their flavours behave the same.

mod fault_lists;
mod flavours;
mod parameters;
mod soak;
mod testplans;
