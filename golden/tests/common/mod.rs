//! What several test programs share.

pub mod exact;
pub mod stimulus;
