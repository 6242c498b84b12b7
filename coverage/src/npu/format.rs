//! What the coverage models know of the vector formats: `docs/numerics.md`, by format code.

/// Names of the formats, by code.
pub(crate) const FORMATS: [&str; 12] = [
    "int8",
    "int4",
    "fp16",
    "bf16",
    "fp8e4m3",
    "fp8e5m2",
    "mxfp8e4m3",
    "mxfp8e5m2",
    "mxfp6e3m2",
    "mxfp6e2m3",
    "mxfp4",
    "nvfp4",
];

const FP16: usize = 2;
const BF16: usize = 3;
const FP8_E4M3: usize = 4;
const FP8_E5M2: usize = 5;
const MXFP8_E4M3: usize = 6;
const MXFP8_E5M2: usize = 7;
const MXFP4: usize = 10;
pub(crate) const NVFP4: usize = 11;

/// Whether elements and accumulator are integers.
pub(crate) fn is_integer(code: usize) -> bool {
    code < FP16
}

/// Whether elements can be infinite.
pub(crate) fn has_infinity(code: usize) -> bool {
    matches!(code, FP16 | BF16 | FP8_E5M2 | MXFP8_E5M2)
}

/// Whether elements can be NaN.
pub(crate) fn has_nan(code: usize) -> bool {
    has_infinity(code) || matches!(code, FP8_E4M3 | MXFP8_E4M3)
}

/// Whether the operands carry block scales.
pub(crate) fn is_scaled(code: usize) -> bool {
    (MXFP8_E4M3..=NVFP4).contains(&code)
}

/// Block scales per operand.
pub(crate) fn scales(code: usize) -> usize {
    match code {
        NVFP4 => 4,
        MXFP4 => 2,
        _ if is_scaled(code) => 1,
        _ => 0,
    }
}

/// Whether finite terms can sum to 2^128 or more.
///
/// Two `bf16` elements reach 2^256, two E8M0 scales 2^254. Elsewhere no product reaches 2^40, and beside a C near
/// 2^128 everything below 2^92 is truncated away.
pub(crate) fn overflows(code: usize) -> bool {
    code == BF16 || (is_scaled(code) && code != NVFP4)
}
