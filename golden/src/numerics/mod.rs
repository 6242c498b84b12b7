//! Element formats, and conversions into them.
//!
//! | item | does |
//! |---|---|
//! | [`Element`] | the formats; [`Element::decode`] and [`Element::encode`] |
//! | [`mx_quantise`], [`nvfp4_quantise`] | one block of values to elements and their scale |
//! | [`int8_per_tensor`], [`int8_per_channel`] | symmetric quantisation to INT8 |

mod block;
mod element;
mod encode;
mod int8;

pub use block::{MX_BLOCK, MxElement, NVFP4_BLOCK, QuantisedBlock, mx_quantise, nvfp4_quantise};
pub use element::{Class, Decoded, Element, FloatLayout, Specials};
pub use encode::Overflow;
pub use int8::{QuantisedInt8, int8_per_channel, int8_per_tensor};
