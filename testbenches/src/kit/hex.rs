//! Numbers of stimuli and vectors as hexadecimal text, most significant digit first.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// A 256-bit vector as 64 digits; leading zeros may be missing when read.
pub mod vector {
    use super::{Deserialize, Deserializer, Error, Serializer};

    /// Writes the digits.
    pub fn serialize<S: Serializer>(words: &[u32; 8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(words))
    }

    /// Reads the digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u32; 8], D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// The 64 digits of a vector.
    pub fn format(words: &[u32; 8]) -> String {
        words
            .iter()
            .rev()
            .map(|word| format!("{word:08x}"))
            .collect()
    }

    /// The vector of up to 64 digits.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<[u32; 8], String> {
        if text.is_empty() || text.len() > 64 {
            return Err(format!("{} hex digits, 1 to 64 expected", text.len()));
        }
        let mut words = [0; 8];
        for (place, digit) in text.bytes().rev().enumerate() {
            let value = char::from(digit).to_digit(16);
            let value = value.ok_or_else(|| {
                format!(
                    "`{}` is not a hex digit",
                    char::from(digit).escape_default()
                )
            })?;
            words[place / 8] |= value << (4 * (place % 8));
        }
        Ok(words)
    }
}

/// A 32-bit word as up to 8 digits.
pub mod word {
    use super::{Deserialize, Deserializer, Error, Serializer};

    /// Writes the digits.
    pub fn serialize<S: Serializer>(word: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{word:08x}"))
    }

    /// Reads the digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 16).map_err(|e| D::Error::custom(format!("`{text}`: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_number_with_element_0_in_the_lowest_bits() {
        let words = vector::parse("1_".trim_end_matches('_')).unwrap();
        assert_eq!(words, [1, 0, 0, 0, 0, 0, 0, 0]);
        let text = format!("{:0>64}", "123456789abcdef0");
        let words = vector::parse(&text).unwrap();
        assert_eq!(&words[..2], &[0x9abc_def0, 0x1234_5678]);
        assert_eq!(vector::format(&words), text);
        assert!(vector::parse("12g4").unwrap_err().contains("`g`"));
        assert!(vector::parse(&"0".repeat(65)).unwrap_err().contains("65"));
    }
}
