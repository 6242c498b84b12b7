//! Arguments of a kernel, as text and as the block of memory to which the launch's `args` points.
//!
//! The block is an image of the argument registers, then of the arguments on the stack (`docs/programs.md`):
//! `a0` to `a7`, 8 bytes each; from byte 64 `fa0` to `fa7`, 4 bytes each; from byte 96 the stack, 8 bytes each.

use std::str::FromStr;

/// Argument registers of either kind (RISC-V calling conventions, `lp64f`).
const REGISTERS: usize = 8;
/// Where the image of `fa0` begins, in bytes.
const FLOATS: usize = 64;
/// Where the image of the stack begins, in bytes.
const STACK: usize = 96;
/// The most arguments: what they fill is small beside a stack of the least size, 256 bytes.
pub const MAX_ARGUMENTS: usize = 32;

/// One argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// A signed number of 32 bits, also of fewer.
    I32(i32),
    /// An unsigned number of 32 bits, also of fewer, or a `bool`.
    U32(u32),
    /// A signed number of 64 bits.
    I64(i64),
    /// An unsigned number of 64 bits; two halves of a structure of up to 16 bytes are two of these.
    U64(u64),
    /// A binary32.
    F32(f32),
    /// An address.
    Ptr(u64),
}

/// What cannot be an argument, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// No type, or one that is not known.
    #[error(
        "argument `{0}` has no type that is known; `i32:`, `u32:`, `i64:`, `u64:`, `f32:` or `ptr:` and a value expected"
    )]
    Type(String),
    /// Not a number, or one that does not fit.
    #[error("argument `{text}` is not a number of its type; {expected} expected")]
    Value {
        /// The argument as given.
        text: String,
        /// What the type can hold.
        expected: &'static str,
    },
    /// More than fit.
    #[error("{0} arguments do not fit; at most {MAX_ARGUMENTS} expected")]
    TooMany(usize),
}

/// A whole number, decimal or `0x` hexadecimal, perhaps negative.
fn whole(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    // The parsers of numbers take signs too: one is enough.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => i128::from_str_radix(digits, 16).ok()?,
        Some(_) => return None,
        None => digits.parse().ok()?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

impl FromStr for Argument {
    type Err = ArgumentError;

    /// Reads `i32:-5`, `u64:0x10`, `f32:1.5` and the like.
    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let Some((ty, value)) = text.split_once(':') else {
            return Err(ArgumentError::Type(text.to_owned()));
        };
        fn narrow<T: TryFrom<i128>>(value: &str) -> Option<T> {
            T::try_from(whole(value)?).ok()
        }
        let (argument, expected) = match ty {
            "i32" => (
                narrow(value).map(Self::I32),
                "a whole number from -2^31 to 2^31 - 1",
            ),
            "u32" => (
                narrow(value).map(Self::U32),
                "a whole number from 0 to 2^32 - 1",
            ),
            "i64" => (
                narrow(value).map(Self::I64),
                "a whole number from -2^63 to 2^63 - 1",
            ),
            "u64" => (
                narrow(value).map(Self::U64),
                "a whole number from 0 to 2^64 - 1",
            ),
            "ptr" => (
                narrow(value).map(Self::Ptr),
                "an address from 0 to 2^64 - 1",
            ),
            "f32" => (
                value.parse().ok().map(Self::F32),
                "a decimal number, `inf` or `nan`",
            ),
            _ => return Err(ArgumentError::Type(text.to_owned())),
        };
        argument.ok_or_else(|| ArgumentError::Value {
            text: text.to_owned(),
            expected,
        })
    }
}

/// The block of memory for these arguments, in their order; it has to lie at a multiple of 8.
///
/// # Errors
///
/// [`ArgumentError::TooMany`].
pub fn block(arguments: &[Argument]) -> Result<Vec<u8>, ArgumentError> {
    if arguments.len() > MAX_ARGUMENTS {
        return Err(ArgumentError::TooMany(arguments.len()));
    }
    let mut bytes = vec![0; STACK];
    let (mut integers, mut floats) = (0, 0);
    for argument in arguments {
        let value = match *argument {
            Argument::F32(value) if floats < REGISTERS => {
                let at = FLOATS + 4 * floats;
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                floats += 1;
                continue;
            }
            // All numbers of 32 bits are sign-extended in registers, unsigned ones too.
            Argument::I32(value) => i64::from(value) as u64,
            Argument::U32(value) => i64::from(value as i32) as u64,
            Argument::I64(value) => value as u64,
            Argument::U64(value) | Argument::Ptr(value) => value,
            Argument::F32(value) => u64::from(value.to_bits()),
        };
        if integers < REGISTERS {
            bytes[8 * integers..8 * integers + 8].copy_from_slice(&value.to_le_bytes());
            integers += 1;
        } else {
            bytes.extend(value.to_le_bytes());
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    fn half(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn each_type_is_read() {
        for (text, argument) in [
            ("i32:-5", Argument::I32(-5)),
            ("u32:0xffffffff", Argument::U32(u32::MAX)),
            ("i64:-0x8000000000000000", Argument::I64(i64::MIN)),
            ("u64:18446744073709551615", Argument::U64(u64::MAX)),
            ("f32:1.5", Argument::F32(1.5)),
            ("f32:-inf", Argument::F32(f32::NEG_INFINITY)),
            ("ptr:0x80001000", Argument::Ptr(0x8000_1000)),
        ] {
            assert_eq!(text.parse(), Ok(argument), "{text}");
        }
    }

    #[test]
    fn an_argument_without_a_type_that_is_known_is_refused() {
        for text in ["5", "f64:1.0", "int:3", ""] {
            assert_eq!(
                text.parse::<Argument>(),
                Err(ArgumentError::Type(text.to_owned()))
            );
        }
    }

    #[test]
    fn a_value_that_is_no_number_of_the_type_is_refused() {
        for text in [
            "i32:2147483648",
            "i32:1.0",
            "u32:-1",
            "i64:0x8000000000000000",
            "u64:18446744073709551616",
            "ptr:-8",
            "ptr:0x",
            "i32:--5",
            "u32:0x+5",
            "f32:one",
            "f32:",
        ] {
            let error = text.parse::<Argument>().unwrap_err();
            assert!(
                matches!(&error, ArgumentError::Value { text: named, .. } if named == text),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn registers_come_first_and_each_kind_has_its_own() {
        let bytes = block(&[
            Argument::I32(-1),
            Argument::F32(1.0),
            Argument::U32(0x8000_0000),
            Argument::F32(2.0),
            Argument::Ptr(0x8000_0000),
        ])
        .unwrap();
        assert_eq!(bytes.len(), 96);
        assert_eq!(word(&bytes, 0), u64::MAX);
        assert_eq!(word(&bytes, 8), 0xffff_ffff_8000_0000);
        assert_eq!(word(&bytes, 16), 0x8000_0000);
        assert_eq!(half(&bytes, 64), 1.0f32.to_bits());
        assert_eq!(half(&bytes, 68), 2.0f32.to_bits());
    }

    #[test]
    fn what_registers_do_not_hold_is_on_the_stack_and_floats_take_integer_registers_before() {
        let mut arguments = vec![Argument::U64(7); 7];
        arguments.extend([Argument::F32(1.0); 10]);
        arguments.push(Argument::I64(-3));
        let bytes = block(&arguments).unwrap();
        assert_eq!(bytes.len(), 96 + 16);
        assert_eq!(word(&bytes, 56), u64::from(1.0f32.to_bits()));
        assert_eq!(word(&bytes, 96), u64::from(1.0f32.to_bits()));
        assert_eq!(word(&bytes, 104), -3i64 as u64);
    }

    #[test]
    fn more_arguments_than_fit_are_refused() {
        assert!(block(&[Argument::I32(1); MAX_ARGUMENTS]).is_ok());
        assert_eq!(
            block(&[Argument::I32(1); MAX_ARGUMENTS + 1]),
            Err(ArgumentError::TooMany(MAX_ARGUMENTS + 1))
        );
    }
}
