//! What the memory has to hold.

use std::collections::HashMap;

/// Lines that are given a content before they are first read; more of them read as zero.
const PRESETS: usize = 1 << 16;

/// The eight words of a line.
pub type Words = [u64; 8];

/// The content of all lines that are not zero, as the requests so far have made it.
#[derive(Debug, Default)]
pub struct Content {
    lines: HashMap<u64, Words>,
    presets: usize,
    writes: u64,
}

impl Content {
    /// The words of a line.
    pub fn line(&self, line: u64) -> Words {
        self.lines.get(&line).copied().unwrap_or_default()
    }

    /// Has `put` give a line that nothing wrote yet a content of its own, so that to read it shows that it is that line.
    pub fn preset(&mut self, line: u64, put: impl FnOnce(&Words)) {
        if self.presets == PRESETS || self.lines.contains_key(&line) {
            return;
        }
        self.presets += 1;
        let words = words(line, 0);
        put(&words);
        self.lines.insert(line, words);
    }

    /// Writes the bytes of `strobe` with data that no other write has; all words of the line as they go to the bus.
    pub fn write(&mut self, line: u64, strobe: u64) -> Words {
        self.writes += 1;
        let data = words(line, self.writes);
        let stored = self.lines.entry(line).or_default();
        for (index, (stored, data)) in stored.iter_mut().zip(data).enumerate() {
            let bytes = byte_mask((strobe >> (8 * index)) as u8);
            *stored = *stored & !bytes | data & bytes;
        }
        data
    }
}

/// 0xff for every byte whose bit is set.
pub fn byte_mask(bits: u8) -> u64 {
    (0..8).fold(0, |mask, byte| {
        mask | (u64::from(bits >> byte & 1) * (0xff << (8 * byte)))
    })
}

/// Eight words that depend on every bit of the line and the write.
fn words(line: u64, write: u64) -> Words {
    std::array::from_fn(|index| mix(mix(8 * line + index as u64) ^ write))
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strobed_bytes_change() {
        let mut content = Content::default();
        let all = content.write(5, u64::MAX);
        assert_eq!(content.line(5), all);
        let data = content.write(5, 0x8000_0000_0000_0f01);
        let line = content.line(5);
        assert_eq!(line[0], all[0] & !0xff | data[0] & 0xff);
        assert_eq!(line[1], all[1] & !0xffff_ffff | data[1] & 0xffff_ffff);
        assert_eq!(line[7], all[7] & (u64::MAX >> 8) | data[7] & (0xff << 56));
        assert_eq!(line[2..7], all[2..7]);
        assert_ne!(all, data);
    }

    #[test]
    fn a_line_is_given_a_content_once_and_only_before_it_is_written() {
        let mut content = Content::default();
        let mut put = Vec::new();
        for line in [3, 3, 4] {
            content.preset(line, |words| put.push(*words));
        }
        assert_eq!(put, [content.line(3), content.line(4)]);
        assert_ne!(put[0], put[1]);
        content.write(7, 1);
        content.preset(7, |_| panic!("line 7 was written"));
        assert_eq!(content.line(8), [0; 8]);
    }
}
