//! A vault as its requests see it: lines of words, written byte by byte, some of them lost.
//!
//! Requests take effect one after the other in the order of their acceptance, of a read and a write
//! accepted in the same cycle the read first. Queues, forwarding and reordering do not show.

use std::collections::HashMap;

/// Which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineAddress {
    /// The row.
    pub row: u16,
    /// The bank.
    pub bank: u8,
    /// The line of the row.
    pub line: u8,
}

/// What a read returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LineData {
    /// Eight words. Those that `poison` marks have no meaning.
    pub data: [u64; 8],
    /// A bit per word that is lost.
    pub poison: u8,
}

impl LineData {
    /// The first word in which `other` differs where both have a meaning, or in its poison.
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        (0..8).find(|word| {
            let poisoned = |line: &Self| line.poison >> word & 1 == 1;
            poisoned(self) != poisoned(other)
                || !poisoned(self) && self.data[*word] != other.data[*word]
        })
    }
}

/// The contents of a vault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vault {
    lines: HashMap<LineAddress, LineData>,
}

impl Vault {
    /// A vault of zeros.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the bytes of `data` whose bit of `strb` is set; byte 0 is the lowest of word 0.
    ///
    /// A lost word stays lost unless all its bytes are written.
    pub fn write(&mut self, address: &LineAddress, strb: u64, data: &[u64; 8]) {
        if strb == 0 {
            return;
        }
        let line = self.lines.entry(*address).or_default();
        for (word, (stored, new)) in line.data.iter_mut().zip(data).enumerate() {
            let strobes = (strb >> (8 * word)) as u8;
            let mask = byte_mask(strobes);
            *stored = *stored & !mask | new & mask;
            if strobes == u8::MAX {
                line.poison &= !(1 << word);
            }
        }
    }

    /// What a read of the line returns.
    pub fn read(&self, address: &LineAddress) -> LineData {
        self.lines.get(address).copied().unwrap_or_default()
    }

    /// The stored word, 0 to 7, has an error that cannot be corrected: it is lost until it is written whole.
    ///
    /// # Panics
    ///
    /// If there is no such word.
    pub fn lose(&mut self, address: &LineAddress, word: usize) {
        assert!(word < 8, "word {word} of 8");
        self.lines.entry(*address).or_default().poison |= 1 << word;
    }
}

/// `0xff` in each byte whose strobe is set.
fn byte_mask(strobes: u8) -> u64 {
    (0..8)
        .filter(|byte| strobes >> byte & 1 == 1)
        .fold(0, |mask, byte| mask | 0xff << (8 * byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: LineAddress = LineAddress {
        row: 7,
        bank: 3,
        line: 1,
    };
    const ALL: u64 = u64::MAX;
    const ONES: [u64; 8] = [u64::MAX; 8];
    const WORDS: [u64; 8] = [10, 11, 12, 13, 14, 15, 16, 17];

    #[test]
    fn a_read_returns_each_byte_as_the_last_write_left_it() {
        let mut vault = Vault::new();
        assert_eq!(vault.read(&LINE), LineData::default());
        vault.write(&LINE, ALL, &WORDS);
        vault.write(&LINE, 1 << 1 | 1 << 63, &ONES);
        let mut data = WORDS;
        data[0] = 0xff0a;
        data[7] = 0xff00_0000_0000_0011;
        assert_eq!(vault.read(&LINE), LineData { data, poison: 0 });
        let other = LineAddress { line: 2, ..LINE };
        assert_eq!(vault.read(&other), LineData::default());
    }

    #[test]
    fn a_lost_word_stays_lost_until_it_is_written_whole() {
        let mut vault = Vault::new();
        vault.lose(&LINE, 2);
        vault.lose(&LINE, 5);
        assert_eq!(vault.read(&LINE).poison, 0b10_0100);
        vault.write(&LINE, 0xfe << 16 | 0xff << 40, &ONES);
        assert_eq!(vault.read(&LINE).poison, 0b100);
        vault.write(&LINE, 0, &ONES);
        assert_eq!(vault.read(&LINE).poison, 0b100);
        vault.write(&LINE, 0xff << 16, &WORDS);
        assert_eq!(vault.read(&LINE).poison, 0);
        assert_eq!(vault.read(&LINE).data[2], 12);
    }

    #[test]
    fn lines_differ_in_words_that_mean_something_and_in_poison() {
        let line = LineData {
            data: WORDS,
            poison: 1 << 3,
        };
        let mut other = line;
        other.data[3] = 99;
        assert_eq!(line.first_difference(&other), None);
        other.data[6] = 99;
        assert_eq!(line.first_difference(&other), Some(6));
        other.poison = 0;
        assert_eq!(line.first_difference(&other), Some(3));
    }
}
