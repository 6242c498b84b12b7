//! The vector formats: which elements and scales a 256-bit operand holds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::numerics::Element;

/// The format of both operands of a dot product.
///
/// Written by name (`mxfp8e4m3`), as in `docs/numerics.md`; the RTL uses [`Format::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Format {
    /// 32 INT8 elements.
    Int8 = 0,
    /// 64 INT4 elements.
    Int4 = 1,
    /// 16 FP16 elements.
    Fp16 = 2,
    /// 16 BF16 elements.
    Bf16 = 3,
    /// 32 FP8 E4M3 elements.
    Fp8E4M3 = 4,
    /// 32 FP8 E5M2 elements.
    Fp8E5M2 = 5,
    /// 32 FP8 E4M3 elements under one E8M0 scale.
    MxFp8E4M3 = 6,
    /// 32 FP8 E5M2 elements under one E8M0 scale.
    MxFp8E5M2 = 7,
    /// 32 FP6 E3M2 elements, in bytes, under one E8M0 scale.
    MxFp6E3M2 = 8,
    /// 32 FP6 E2M3 elements, in bytes, under one E8M0 scale.
    MxFp6E2M3 = 9,
    /// 64 FP4 elements, an E8M0 scale for each 32.
    MxFp4 = 10,
    /// 64 FP4 elements, a UE4M3 scale for each 16.
    NvFp4 = 11,
}

impl Format {
    /// Every format, in the order of the codes.
    pub const ALL: [Format; 12] = [
        Format::Int8,
        Format::Int4,
        Format::Fp16,
        Format::Bf16,
        Format::Fp8E4M3,
        Format::Fp8E5M2,
        Format::MxFp8E4M3,
        Format::MxFp8E5M2,
        Format::MxFp6E3M2,
        Format::MxFp6E2M3,
        Format::MxFp4,
        Format::NvFp4,
    ];

    /// The name users write.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Int8 => "int8",
            Format::Int4 => "int4",
            Format::Fp16 => "fp16",
            Format::Bf16 => "bf16",
            Format::Fp8E4M3 => "fp8e4m3",
            Format::Fp8E5M2 => "fp8e5m2",
            Format::MxFp8E4M3 => "mxfp8e4m3",
            Format::MxFp8E5M2 => "mxfp8e5m2",
            Format::MxFp6E3M2 => "mxfp6e3m2",
            Format::MxFp6E2M3 => "mxfp6e2m3",
            Format::MxFp4 => "mxfp4",
            Format::NvFp4 => "nvfp4",
        }
    }

    /// The format called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownFormat`], which lists the names there are.
    pub fn from_name(name: &str) -> Result<Format, Error> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| Error::UnknownFormat {
                name: name.to_owned(),
            })
    }

    /// The code in the RTL's `format` fields, 0 to 11.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The format of an RTL code; none for the reserved codes from 12 on.
    pub const fn from_code(code: u8) -> Option<Format> {
        if (code as usize) < Format::ALL.len() {
            Some(Format::ALL[code as usize])
        } else {
            None
        }
    }

    /// The format of one element.
    pub const fn element(self) -> Element {
        match self {
            Format::Int8 => Element::Int8,
            Format::Int4 => Element::Int4,
            Format::Fp16 => Element::Fp16,
            Format::Bf16 => Element::Bf16,
            Format::Fp8E4M3 | Format::MxFp8E4M3 => Element::E4m3,
            Format::Fp8E5M2 | Format::MxFp8E5M2 => Element::E5m2,
            Format::MxFp6E3M2 => Element::E3m2,
            Format::MxFp6E2M3 => Element::E2m3,
            Format::MxFp4 | Format::NvFp4 => Element::E2m1,
        }
    }

    /// Bits an element takes up in the operand: 16, 8 (FP6 too) or 4.
    pub const fn element_bits(self) -> usize {
        256 / self.lanes()
    }

    /// Elements in one operand.
    pub const fn lanes(self) -> usize {
        match self {
            Format::Fp16 | Format::Bf16 => 16,
            Format::Int4 | Format::MxFp4 | Format::NvFp4 => 64,
            _ => 32,
        }
    }

    /// The format of the block scales, where there are any.
    pub const fn scale_element(self) -> Option<Element> {
        match self {
            Format::NvFp4 => Some(Element::Ue4m3),
            Format::MxFp8E4M3
            | Format::MxFp8E5M2
            | Format::MxFp6E3M2
            | Format::MxFp6E2M3
            | Format::MxFp4 => Some(Element::E8m0),
            _ => None,
        }
    }

    /// Scale bytes of one operand: 0, 1, 2 or 4. Block 0 is in the lowest byte.
    pub const fn scale_bytes(self) -> usize {
        match self {
            Format::NvFp4 => 4,
            Format::MxFp4 => 2,
            _ => self.scale_element().is_some() as usize,
        }
    }

    /// Whether elements and accumulator are integers.
    pub const fn is_integer(self) -> bool {
        matches!(self, Format::Int8 | Format::Int4)
    }

    /// Whether products are summed in scaled groups of 16 before alignment.
    pub const fn is_grouped(self) -> bool {
        matches!(self, Format::MxFp4 | Format::NvFp4)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Format, Error> {
        Format::from_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_go_both_ways() {
        for (code, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(format.code()), code);
            assert_eq!(Format::from_code(format.code()), Some(format));
            assert_eq!(format.name().parse(), Ok(format));
            let json = serde_json::to_string(&format).expect("a unit variant is a string");
            assert_eq!(json, format!("\"{}\"", format.name()));
            assert_eq!(
                serde_json::from_str::<Format>(&json).expect("what was written"),
                format
            );
        }
        for code in 12..=255 {
            assert_eq!(Format::from_code(code), None);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Format::from_name("fp7").expect_err("no such format");
        assert_eq!(
            error.to_string(),
            "format `fp7` not found (known: int8, int4, fp16, bf16, fp8e4m3, fp8e5m2, mxfp8e4m3, \
             mxfp8e5m2, mxfp6e3m2, mxfp6e2m3, mxfp4, nvfp4)"
        );
    }

    #[test]
    fn elements_fit_their_containers() {
        for format in Format::ALL {
            assert!(
                format.element().bits() as usize <= format.element_bits(),
                "{format}"
            );
            assert_eq!(
                format.is_grouped(),
                format.lanes() == 64 && !format.is_integer()
            );
        }
        assert_eq!(Format::MxFp6E2M3.element_bits(), 8);
        assert_eq!(Format::NvFp4.scale_bytes(), 4);
        assert_eq!(Format::Fp16.scale_bytes(), 0);
    }
}
