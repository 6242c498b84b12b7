//! SECDED: Hsiao's (72,64) code over a word (M. Y. Hsiao, "A Class of Optimal Minimum Odd-weight-column
//! SEC-DED Codes", IBM J. Res. Dev. 14(4), 1970). `docs/mem3d.md` fixes the columns.

/// Bits of a codeword.
pub const CODE_BITS: u32 = 72;
/// Bits of data in it.
pub const DATA_BITS: u32 = 64;
/// What poisoning inverts: two check bits, so that every reader sees an uncorrectable word.
const POISON: u8 = 0b11;

/// The syndrome column of each bit: data bits 0 to 63, then check bits.
pub const COLUMNS: [u8; CODE_BITS as usize] = columns();

/// For each check bit the data bits that it covers.
const COVERED: [u64; 8] = covered();

/// A word with its check bits, as the die stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Codeword {
    /// Bits 63..0.
    pub data: u64,
    /// Bits 71..64.
    pub check: u8,
}

/// What decoding found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Syndrome 0.
    Good,
    /// This bit of the codeword, 0 to 71, was wrong.
    Corrected(u8),
    /// More is wrong than can be corrected, or the word is poisoned.
    Uncorrectable,
}

/// A decoded word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decoded {
    /// The data, corrected where that is possible, else as it was read.
    pub data: u64,
    /// XOR of the columns of all set bits; 0 if good.
    pub syndrome: u8,
    /// What was found.
    pub outcome: Outcome,
}

impl Codeword {
    /// The codeword with `bit` (0 to 71) inverted.
    ///
    /// # Panics
    ///
    /// If there is no such bit.
    pub fn flipped(self, bit: u32) -> Self {
        assert!(bit < CODE_BITS, "bit {bit} of a codeword of {CODE_BITS}");
        self.with_errors(1 << bit)
    }

    /// The codeword with the bits of `mask` (72 of them) inverted.
    pub fn with_errors(self, mask: u128) -> Self {
        Self {
            data: self.data ^ mask as u64,
            check: self.check ^ (mask >> DATA_BITS) as u8,
        }
    }

    /// XOR of the columns of the set bits.
    pub fn syndrome(self) -> u8 {
        check_bits(self.data) ^ self.check
    }
}

/// The codeword of `data`.
pub fn encode(data: u64) -> Codeword {
    Codeword {
        data,
        check: check_bits(data),
    }
}

/// The codeword of a word whose content is lost: `data` uncorrectable to every reader.
pub fn poison(data: u64) -> Codeword {
    Codeword {
        data,
        check: check_bits(data) ^ POISON,
    }
}

/// Corrects one wrong bit, detects two.
pub fn decode(word: Codeword) -> Decoded {
    let syndrome = word.syndrome();
    let outcome = if syndrome == 0 {
        Outcome::Good
    } else {
        COLUMNS
            .iter()
            .position(|column| *column == syndrome)
            .map_or(Outcome::Uncorrectable, |bit| Outcome::Corrected(bit as u8))
    };
    let data = match outcome {
        Outcome::Corrected(bit) if u32::from(bit) < DATA_BITS => word.data ^ (1 << bit),
        _ => word.data,
    };
    Decoded {
        data,
        syndrome,
        outcome,
    }
}

/// XOR of the columns of the set data bits.
fn check_bits(data: u64) -> u8 {
    COVERED.iter().enumerate().fold(0, |check, (bit, covered)| {
        check | (((data & covered).count_ones() & 1) as u8) << bit
    })
}

const fn columns() -> [u8; CODE_BITS as usize] {
    let mut columns = [0; CODE_BITS as usize];
    let mut bit = 0;
    let mut weight = 3;
    while bit < DATA_BITS as usize {
        let mut value = 0;
        while value < 256 && bit < DATA_BITS as usize {
            if (value as u8).count_ones() == weight {
                columns[bit] = value as u8;
                bit += 1;
            }
            value += 1;
        }
        weight += 2;
    }
    let mut check = 0;
    while check < 8 {
        columns[DATA_BITS as usize + check] = 1 << check;
        check += 1;
    }
    columns
}

const fn covered() -> [u64; 8] {
    let mut covered = [0; 8];
    let mut bit = 0;
    while bit < DATA_BITS as usize {
        let mut check = 0;
        while check < 8 {
            if COLUMNS[bit] >> check & 1 == 1 {
                covered[check] |= 1 << bit;
            }
            check += 1;
        }
        bit += 1;
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code is linear, so errors of one word show those of all; a few words show that it is.
    const WORDS: [u64; 5] = [0, u64::MAX, 1, 0x0123_4567_89ab_cdef, 0x8000_0000_dead_beef];

    #[test]
    fn columns_are_distinct_and_of_odd_weight() {
        for (bit, column) in COLUMNS.iter().enumerate() {
            assert_eq!(column.count_ones() % 2, 1);
            assert!(!COLUMNS[..bit].contains(column));
        }
        assert_eq!(COLUMNS[..4], [0b111, 0b1011, 0b1101, 0b1110]);
        assert_eq!(COLUMNS[55..58], [0b1110_0000, 0b1_1111, 0b10_1111]);
        assert_eq!(COLUMNS[63], 0b101_0111);
    }

    #[test]
    fn words_without_errors_are_good() {
        for data in WORDS {
            let decoded = decode(encode(data));
            assert_eq!((decoded.data, decoded.outcome), (data, Outcome::Good));
        }
        assert_eq!(encode(0), Codeword::default());
    }

    #[test]
    fn every_single_error_is_corrected() {
        for data in WORDS {
            for bit in 0..CODE_BITS {
                let decoded = decode(encode(data).flipped(bit));
                assert_eq!(decoded.data, data);
                assert_eq!(decoded.outcome, Outcome::Corrected(bit as u8));
                assert_eq!(decoded.syndrome, COLUMNS[bit as usize]);
            }
        }
    }

    #[test]
    fn every_double_error_is_detected() {
        for data in WORDS {
            for first in 0..CODE_BITS {
                for second in 0..first {
                    let word = encode(data).flipped(first).flipped(second);
                    assert_eq!(decode(word).outcome, Outcome::Uncorrectable);
                }
            }
        }
    }

    #[test]
    fn poison_is_syndrome_3_and_uncorrectable() {
        for data in WORDS {
            let decoded = decode(poison(data));
            assert_eq!(
                (decoded.syndrome, decoded.outcome),
                (3, Outcome::Uncorrectable)
            );
            assert_eq!(decoded.data, data);
        }
    }
}
