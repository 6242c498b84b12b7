//! Coverage models of the MAC array side.

pub mod dot;
pub(crate) mod format;
pub mod mac_array;
