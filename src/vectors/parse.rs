//! Cases of an NDJSON file, with the place of everything that is wrong.

use std::fmt;

use gpnpu_golden::npu::dot::{DotInput, Vector};
use gpnpu_golden::npu::format::Format;
use gpnpu_testbenches::kit::hex;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::malformed::{Malformed, MalformedLines};

const KEYS: [&str; 8] = [
    "format",
    "a",
    "b",
    "c",
    "scale_a",
    "scale_b",
    "satfinite",
    "d",
];

/// One case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Line in the file, from 1.
    pub line: usize,
    /// What the block is given.
    pub input: DotInput,
    /// The result that the file expects.
    pub expected: Option<u32>,
}

/// The cases of a file; blank lines are skipped.
///
/// # Errors
///
/// The first thing wrong with each malformed line.
pub fn parse(file: &[u8]) -> Result<Vec<Case>, MalformedLines> {
    let mut cases = Vec::new();
    let mut errors = MalformedLines::default();
    for (index, bytes) in file.split(|byte| *byte == b'\n').enumerate() {
        match parse_line(index + 1, bytes) {
            Ok(case) => cases.extend(case),
            Err(error) => errors.push(error),
        }
    }
    if errors.count == 0 {
        Ok(cases)
    } else {
        Err(errors)
    }
}

fn parse_line(number: usize, bytes: &[u8]) -> Result<Option<Case>, Malformed> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            return Err(Malformed {
                line: number,
                column: valid.chars().count() + 1,
                message: "not UTF-8 text".to_owned(),
            });
        }
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    Line { number, text }.case().map(Some)
}

/// Keys and values of an object as they stand in the text.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"format\":\"fp16\",\"a\":..,\"b\":..,\"c\":..}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(KEYS.len());
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn case(&self) -> Result<Case, Malformed> {
        let Entries(entries) = serde_json::from_str(self.text).map_err(|e| {
            let message = e.to_string();
            let message = message
                .rsplit_once(" at line ")
                .map_or(message.as_str(), |(words, _)| words);
            self.wrong(e.column().saturating_sub(1), message)
        })?;
        let mut values: [Option<&RawValue>; KEYS.len()] = [None; KEYS.len()];
        for (key, value) in entries {
            let name: String = serde_json::from_str(key.get()).unwrap_or_default();
            let Some(index) = KEYS.iter().position(|known| *known == name) else {
                let message = format!("key `{name}` not found (known: {})", KEYS.join(", "));
                return Err(self.wrong_at(key, message));
            };
            if values[index].replace(value).is_some() {
                return Err(self.wrong_at(key, format!("key `{name}` stands here again")));
            }
        }
        let [format, a, b, c, scale_a, scale_b, satfinite, d] = values;
        let format = self.format(self.needed("format", "a format's name", format)?)?;
        let vector = |name, value| -> Result<Vector, Malformed> {
            self.vector(self.needed(name, "64 hex digits", value)?, name)
        };
        let input = DotInput {
            format,
            a: vector("a", a)?,
            b: vector("b", b)?,
            c: self.word(self.needed("c", "8 hex digits", c)?, "c", 8)?,
            scale_a: self.scale(format, "scale_a", scale_a)?,
            scale_b: self.scale(format, "scale_b", scale_b)?,
            satfinite: satfinite.map_or(Ok(false), |value| self.boolean(value))?,
        };
        let expected = d.map(|value| self.word(value, "d", 8)).transpose()?;
        Ok(Case {
            line: self.number,
            input,
            expected,
        })
    }

    fn wrong(&self, offset: usize, message: impl Into<String>) -> Malformed {
        let before = self.text.char_indices().take_while(|(at, _)| *at < offset);
        Malformed {
            line: self.number,
            column: before.count() + 1,
            message: message.into(),
        }
    }

    fn wrong_at(&self, value: &RawValue, message: impl Into<String>) -> Malformed {
        self.wrong(self.offset(value), message)
    }

    /// Where a value that was read from the line stands in it.
    fn offset(&self, value: &RawValue) -> usize {
        (value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    fn needed(
        &self,
        name: &str,
        expected: &str,
        value: Option<&'a RawValue>,
    ) -> Result<&'a RawValue, Malformed> {
        value.ok_or_else(|| {
            let end = self.text.trim_end().len() - 1;
            self.wrong(end, format!("`{name}` is missing: {expected} expected"))
        })
    }

    fn format(&self, value: &RawValue) -> Result<Format, Malformed> {
        let known = || Format::ALL.map(Format::name).join(", ");
        let name: String = serde_json::from_str(value.get()).map_err(|_| {
            let message = format!("a format's name in quotes expected (known: {})", known());
            self.wrong_at(value, message)
        })?;
        Format::from_name(&name).map_err(|_| {
            let message = format!("format `{name}` not found (known: {})", known());
            self.wrong_at(value, message)
        })
    }

    fn boolean(&self, value: &RawValue) -> Result<bool, Malformed> {
        serde_json::from_str(value.get())
            .map_err(|_| self.wrong_at(value, "`satfinite` is true or false"))
    }

    fn scale(
        &self,
        format: Format,
        name: &str,
        value: Option<&'a RawValue>,
    ) -> Result<u32, Malformed> {
        let digits = 2 * format.scale_bytes();
        match value {
            Some(value) if digits == 0 => {
                let message = format!(
                    "{} has no block scales: no `{name}` expected",
                    format.name()
                );
                Err(self.wrong_at(value, message))
            }
            None if digits == 0 => Ok(0),
            value => {
                let expected = format!("{digits} hex digits of {}", format.name());
                self.word(self.needed(name, &expected, value)?, name, digits)
            }
        }
    }

    fn word(&self, value: &RawValue, name: &str, digits: usize) -> Result<u32, Malformed> {
        Ok(self.digits(value, name, digits)?[0])
    }

    fn vector(&self, value: &RawValue, name: &str) -> Result<Vector, Malformed> {
        self.digits(value, name, 64)
    }

    /// Exactly `count` hex digits in quotes.
    fn digits(&self, value: &RawValue, name: &str, count: usize) -> Result<Vector, Malformed> {
        let quoted = value.get();
        let Some(text) = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        else {
            let message = format!("`{name}` is {count} hex digits in quotes");
            return Err(self.wrong_at(value, message));
        };
        if let Some(at) = text.find(|digit: char| !digit.is_ascii_hexdigit()) {
            let digit = text[at..].chars().next().unwrap_or_default();
            let message = format!("`{digit}` in `{name}` is not a hex digit");
            return Err(self.wrong(self.offset(value) + 1 + at, message));
        }
        if text.len() != count {
            let message = format!("`{name}` has {} hex digits, {count} expected", text.len());
            return Err(self.wrong_at(value, message));
        }
        hex::vector::parse(text).map_err(|message| self.wrong_at(value, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: &str, more: &str) -> String {
        let (a, b) = ("1".repeat(64), "2".repeat(64));
        format!("{{\"format\":\"{format}\",\"a\":\"{a}\",\"b\":\"{b}\",\"c\":\"3f800000\"{more}}}")
    }

    fn first_error(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().first[0].to_string()
    }

    #[test]
    fn element_and_block_0_are_in_the_lowest_bits() {
        let more = ",\"scale_a\":\"89abCDef\",\"scale_b\":\"00000001\",\"d\":\"0000000a\"";
        let text = format!("\n  \n{}\r\n", line("nvfp4", more)).replace("11\",", "1F\",");
        let cases = parse(text.as_bytes()).unwrap();
        let [case] = cases[..] else {
            panic!("one case expected, {cases:?} read")
        };
        assert_eq!((case.line, case.expected), (3, Some(10)));
        assert_eq!(case.input.a[0], 0x1111_111f);
        assert_eq!(case.input.a[7], 0x1111_1111);
        assert_eq!((case.input.scale_a, case.input.scale_b), (0x89ab_cdef, 1));
        assert!(!case.input.satfinite);
    }

    #[test]
    fn each_mistake_is_named_at_its_place() {
        let good = line("fp16", "");
        for (text, expected) in [
            (
                good.replace("fp16", "fp17"),
                "1:11: format `fp17` not found (known: int8, int4, fp16",
            ),
            (
                good.replace("\"c\"", "\"cc\""),
                "1:160: key `cc` not found (known: format, a, b, c",
            ),
            (
                line("fp16", ",\"c\":\"00000000\""),
                "1:175: key `c` stands here again",
            ),
            (
                good.replace("3f800000", "3f80000"),
                "1:164: `c` has 7 hex digits, 8 expected",
            ),
            (
                good.replace("3f800000", "3f80x000"),
                "1:169: `x` in `c` is not a hex digit",
            ),
            (
                good.replace("\"3f800000\"", "1"),
                "1:164: `c` is 8 hex digits in quotes",
            ),
            (
                good.replace(",\"c\":\"3f800000\"", ""),
                "1:159: `c` is missing: 8 hex digits expected",
            ),
            (
                line("int8", ",\"satfinite\":1"),
                "1:187: `satfinite` is true or false",
            ),
            (
                line("fp16", ",\"scale_a\":\"7f\""),
                "1:185: fp16 has no block scales: no `scale_a` expected",
            ),
            (
                line("mxfp4", ",\"scale_a\":\"7f\""),
                "1:186: `scale_a` has 2 hex digits, 4 expected",
            ),
            (
                line("mxfp4", ""),
                "1:175: `scale_a` is missing: 4 hex digits of mxfp4 expected",
            ),
            (
                good.trim_end_matches('}').to_owned(),
                "EOF while parsing an object",
            ),
            (format!("{good} {good}"), "1:176: trailing characters"),
            ("[1]".to_owned(), "an object such as"),
        ] {
            let error = first_error(&text);
            assert!(error.contains(expected), "{text}\n{error}\n{expected}");
        }
    }

    #[test]
    fn every_malformed_line_is_reported_and_columns_count_characters() {
        let file = [b"{\n\xff\n".as_slice(), line("f\u{fc}nf", "").as_bytes()].concat();
        let errors = parse(&file).unwrap_err();
        let places: Vec<_> = errors.first.iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places, [(1, 1), (2, 1), (3, 11)]);
        let wide = line("fp16", ",\"\u{e4}\u{e4}\":1,\"d\":2").replace("3f80", "\u{e4}f80");
        assert!(
            first_error(&wide).starts_with("1:175: key"),
            "{}",
            first_error(&wide)
        );
    }
}
