//! Models of the MAC array side: dot product, array, requantisation.

pub mod dot;
pub mod format;
pub mod mac_array;
pub mod requant;
