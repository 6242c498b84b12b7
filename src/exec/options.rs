//! What `gpnpu exec` is asked for, as words of the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::cli::number;

/// Blocks of a grid, or threads of a block, in x, y and z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions(pub [u32; 3]);

impl FromStr for Dimensions {
    type Err = String;

    /// Reads `8`, `8,2` or `8,2,1`; those that are not given are 1.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() > 3 {
            let count = parts.len();
            return Err(format!("{count} numbers; X, X,Y or X,Y,Z expected"));
        }
        let mut all = [1; 3];
        for (place, part) in all.iter_mut().zip(&parts) {
            *place = part.parse().map_err(|_| {
                format!(
                    "`{part}` is not a whole number from 0 to 2^32 - 1; X, X,Y or X,Y,Z expected"
                )
            })?;
        }
        Ok(Self(all))
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.0;
        write!(f, "{x},{y},{z}")
    }
}

/// A file for memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preload {
    /// The file.
    pub file: PathBuf,
    /// Where its first byte goes.
    pub address: u64,
}

impl FromStr for Preload {
    type Err = String;

    /// Reads `FILE@ADDR`; the file's name may hold an `@` too.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('@') {
            Some((file, address)) if !file.is_empty() => Ok(Self {
                file: file.into(),
                address: number(address)?,
            }),
            _ => Err("FILE@ADDR expected".to_owned()),
        }
    }
}

/// A part of memory for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// First address.
    pub address: u64,
    /// Bytes.
    pub bytes: u64,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for Dump {
    type Err = String;

    /// Reads `ADDR,LEN,FILE`; the file's name may hold commas too.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(3, ',').collect();
        match parts[..] {
            [address, bytes, file] if !file.is_empty() => Ok(Self {
                address: number(address)?,
                bytes: number(bytes)?,
                file: file.into(),
            }),
            _ => Err("ADDR,LEN,FILE expected".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_that_are_not_given_are_one() {
        for (text, dimensions) in [
            ("7", [7, 1, 1]),
            ("7,2", [7, 2, 1]),
            ("7,2,0", [7, 2, 0]),
            ("4294967295", [u32::MAX, 1, 1]),
        ] {
            assert_eq!(text.parse(), Ok(Dimensions(dimensions)), "{text}");
        }
    }

    #[test]
    fn dimensions_that_are_no_numbers_are_refused_by_name() {
        for (text, culprit) in [
            ("", "``"),
            ("x", "`x`"),
            ("1,-1", "`-1`"),
            ("1,2,3,4", "4 numbers"),
            ("1,,3", "``"),
            ("4294967296", "`4294967296`"),
            ("0x8", "`0x8`"),
        ] {
            let error = text.parse::<Dimensions>().unwrap_err();
            assert!(error.starts_with(culprit), "{text}: {error}");
            assert!(error.contains("X,Y,Z expected"), "{text}: {error}");
        }
    }

    #[test]
    fn files_and_addresses_are_told_apart_at_the_last_sign() {
        let preload = Preload {
            file: "a@b.bin".into(),
            address: 0x8001_0000,
        };
        assert_eq!("a@b.bin@0x80010000".parse(), Ok(preload));
        let dump = Dump {
            address: 2_147_483_648,
            bytes: 16,
            file: "a,b.bin".into(),
        };
        assert_eq!("2147483648,0x10,a,b.bin".parse(), Ok(dump));
    }

    #[test]
    fn files_without_addresses_are_refused() {
        for text in ["a.bin", "@0x80000000", "a.bin@", "a.bin@0xg", "a.bin@-1"] {
            assert!(text.parse::<Preload>().is_err(), "{text}");
        }
        for text in [
            "0,1",
            "0,1,",
            "x,1,f",
            "0,y,f",
            "0",
            "0,18446744073709551616,f",
        ] {
            assert!(text.parse::<Dump>().is_err(), "{text}");
        }
    }
}
