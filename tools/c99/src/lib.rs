//! The integer types of C's `stdint.h` that `softfloat-sys` names.
//!
//! The published crate of this name finds their sizes with CMake and make when it is built. On the
//! one platform that `softfloat-sys` supports, Linux on x86-64, the ABI of the C library fixes them:
//! the GNU one makes the fast types of 16 bits and more as wide as a register, musl those of 16 and 32
//! bits 32 wide. Named by the workspace's `[patch.crates-io]`; only tests use it.
#![expect(non_camel_case_types, reason = "the names are C's")]
#![forbid(unsafe_code)]

/// At least 8 bits, unsigned.
pub type uint_fast8_t = u8;

/// At least 32 bits.
#[cfg(not(target_env = "musl"))]
pub type int_fast32_t = i64;
/// At least 32 bits, unsigned.
#[cfg(not(target_env = "musl"))]
pub type uint_fast32_t = u64;

/// At least 32 bits.
#[cfg(target_env = "musl")]
pub type int_fast32_t = i32;
/// At least 32 bits, unsigned.
#[cfg(target_env = "musl")]
pub type uint_fast32_t = u32;

/// At least 64 bits.
pub type int_fast64_t = i64;
/// At least 64 bits, unsigned.
pub type uint_fast64_t = u64;
