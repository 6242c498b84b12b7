//! The errors of this crate.

use crate::npu::format::Format;

/// What a golden model refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// No vector format has this name.
    #[error("format `{name}` not found (known: {})", known_formats())]
    UnknownFormat {
        /// The name as it was given.
        name: String,
    },
    /// An operand list, or C, does not have the length its shape asks for.
    #[error("`{what}` has {found} entries, the shape needs {needed}")]
    Shape {
        /// Which argument.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        needed: usize,
    },
    /// A tensor to be quantised to integers holds an infinity or a NaN.
    #[error("element {index} is `{value}`, quantisation to integers needs finite values")]
    NotFinite {
        /// Position in the tensor.
        index: usize,
        /// The value there.
        value: f32,
    },
}

fn known_formats() -> String {
    Format::ALL.map(Format::name).join(", ")
}
