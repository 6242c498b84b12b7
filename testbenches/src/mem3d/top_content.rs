//! What is known of lines and words beyond the golden memory: what a reset may leave of them, and errors at rest.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::top_stimulus::Flips;

/// Bytes of a line.
pub type Line = [u8; 64];

/// A line since the memory was last settled.
#[derive(Clone, Debug)]
struct Versions {
    /// What it held when settled.
    settled: Line,
    /// Bytes and data of each write since.
    writes: Vec<(u64, Line)>,
    /// The port and ID of all of them, if it is the same.
    writer: Option<(usize, u32)>,
}

impl Versions {
    /// The first byte of `line` that no version of it explains.
    fn unexplained(&self, line: &Line) -> Option<usize> {
        (0..64).find(|byte| {
            let of =
                |(bytes, data): &(u64, Line)| bytes >> byte & 1 != 0 && data[*byte] == line[*byte];
            self.settled[*byte] != line[*byte] && !self.writes.iter().any(of)
        })
    }

    /// What all writes leave, in their order.
    fn last(&self) -> Line {
        let mut line = self.settled;
        for (bytes, data) in &self.writes {
            for byte in (0..64).filter(|byte| bytes >> byte & 1 != 0) {
                line[byte] = data[byte];
            }
        }
        line
    }
}

/// Lines written since the memory was last settled, and all that were ever used.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    dirty: HashMap<u64, Versions>,
    used: HashSet<u64>,
}

/// A byte at rest that golden cannot explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexplained {
    /// Its address.
    pub address: u64,
    /// What it is.
    pub is: u8,
    /// What the last write left there.
    pub says: u8,
}

impl Lines {
    /// A line is read.
    pub fn read(&mut self, line: u64) {
        self.used.insert(line);
    }

    /// A port is going to write bytes of a line that holds `settled`, if nothing has been written since settling.
    pub fn write(
        &mut self,
        line: u64,
        writer: (usize, u32),
        bytes: u64,
        data: &Line,
        settled: impl FnOnce() -> Line,
    ) {
        self.used.insert(line);
        let versions = self.dirty.entry(line).or_insert_with(|| Versions {
            settled: settled(),
            writes: Vec::new(),
            writer: Some(writer),
        });
        if versions.writer != Some(writer) {
            versions.writer = None;
        }
        versions.writes.push((bytes, *data));
    }

    /// Whether a line was written since the memory was last settled.
    pub fn written(&self, line: u64) -> bool {
        self.dirty.contains_key(&line)
    }

    /// Whether a line was ever used.
    pub fn used(&self, line: u64) -> bool {
        self.used.contains(&line)
    }

    /// All lines that were ever used.
    pub fn all_used(&self) -> impl Iterator<Item = u64> {
        self.used.iter().copied()
    }

    /// The memory has settled: each line is as its writes left it. Those of several writers have no order of their own.
    /// A line of which `at_rest` gives nothing is not looked at.
    pub fn settle(&mut self, at_rest: impl Fn(u64) -> Option<Line>) -> Option<Unexplained> {
        let mut lines: Vec<_> = self.dirty.drain().collect();
        lines.sort_unstable_by_key(|(line, _)| *line);
        lines.into_iter().find_map(|(address, versions)| {
            let line = at_rest(address)?;
            let last = versions.last();
            let byte = match versions.writer {
                Some(_) => (0..64).find(|byte| line[*byte] != last[*byte]),
                None => versions.unexplained(&line),
            }?;
            Some(Unexplained {
                address: address + byte as u64,
                is: line[byte],
                says: last[byte],
            })
        })
    }

    /// The memory was reset: each byte of a line is as it was at some time since settling, and may still be written by
    /// what was not accepted.
    pub fn reset(&mut self, at_rest: impl Fn(u64) -> Option<Line>) -> Option<Unexplained> {
        let mut unexplained = None;
        for (address, versions) in &mut self.dirty {
            let Some(line) = at_rest(*address) else {
                continue;
            };
            if let Some(byte) = versions.unexplained(&line) {
                unexplained.get_or_insert(Unexplained {
                    address: address + byte as u64,
                    is: line[byte],
                    says: versions.settled[byte],
                });
            }
            versions.settled = line;
            versions.writer = None;
        }
        unexplained
    }
}

/// A word with flipped bits.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    bits: Flips,
    /// Bytes written since settling.
    written: u8,
    /// One write since settling had all bytes.
    whole: bool,
    /// What it is since it was written in pieces cannot be told.
    open: bool,
}

/// What becomes of a word in error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was overwritten.
    Good,
    /// It is lost: every reader gets poison.
    Lost,
    /// It may be either.
    Open,
}

/// Words with flipped bits at rest, by their addresses.
#[derive(Clone, Debug, Default)]
pub struct WrongWords {
    words: BTreeMap<u64, Wrong>,
}

impl WrongWords {
    /// Whether the word has flipped bits, or had and what became of it is not known.
    pub fn has(&self, word: u64) -> bool {
        self.words.contains_key(&word)
    }

    /// Whether some word of a line has.
    pub fn in_line(&self, line: u64) -> bool {
        self.words.range(line..line + 64).next().is_some()
    }

    /// Bits were flipped.
    pub fn flip(&mut self, word: u64, bits: Flips) {
        let wrong = Wrong {
            bits,
            written: 0,
            whole: false,
            open: false,
        };
        self.words.insert(word, wrong);
    }

    /// The bits that were flipped, where it is sure that they are.
    pub fn bits(&self, word: u64) -> Option<Flips> {
        let wrong = self.words.get(&word)?;
        (!wrong.open).then_some(wrong.bits)
    }

    /// The word is good again.
    pub fn heal(&mut self, word: u64) {
        self.words.remove(&word);
    }

    /// The words of a line were overwritten.
    pub fn forget(&mut self, line: u64) {
        self.words.retain(|word, _| word & !63 != line);
    }

    /// Bytes of a line are going to be written. Gives the words whose fate is open meanwhile.
    pub fn write(&mut self, line: u64, bytes: u64) -> Vec<u64> {
        let mut open = Vec::new();
        for (word, wrong) in self.words.range_mut(line..line + 64) {
            let bytes = (bytes >> (word % 64)) as u8;
            wrong.written |= bytes;
            wrong.whole |= bytes == u8::MAX;
            if bytes != 0 && wrong.bits.1.is_some() {
                open.push(*word);
            }
        }
        open
    }

    /// The memory has settled; what became of each lost word that was written.
    pub fn settle(&mut self) -> Vec<(u64, Fate)> {
        let mut fates = Vec::new();
        self.words.retain(|word, wrong| {
            let fate = match wrong {
                Wrong { written: 0, .. } => return true,
                Wrong { whole: true, .. } => Fate::Good,
                Wrong { open: true, .. }
                | Wrong {
                    written: u8::MAX, ..
                } => Fate::Open,
                _ => Fate::Lost,
            };
            if wrong.bits.1.is_some() {
                fates.push((*word, fate));
            }
            wrong.open |= fate == Fate::Open;
            (wrong.written, wrong.whole) = (0, false);
            // A partial write corrects a single bit.
            fate != Fate::Good && wrong.bits.1.is_some()
        });
        fates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITER: (usize, u32) = (0, 1);

    #[test]
    fn a_settled_line_is_as_its_only_writer_left_it() {
        let mut lines = Lines::default();
        lines.write(64, WRITER, 1, &[5; 64], || [0; 64]);
        lines.write(64, WRITER, 1, &[6; 64], || [0; 64]);
        let mut good = [0; 64];
        good[0] = 6;
        assert_eq!(lines.clone().settle(|_| Some(good)), None);
        good[0] = 5;
        let older = Unexplained {
            address: 64,
            is: 5,
            says: 6,
        };
        assert_eq!(lines.clone().settle(|_| Some(good)), Some(older));
        lines.write(64, (1, 1), 1, &[7; 64], || [0; 64]);
        assert_eq!(lines.clone().settle(|_| Some(good)), None);
        good[3] = 1;
        assert_eq!(
            lines.settle(|_| Some(good)).map(|one| one.address),
            Some(67)
        );
    }

    #[test]
    fn a_reset_leaves_any_version_of_each_byte_and_no_other_value() {
        let mut lines = Lines::default();
        lines.write(0, WRITER, u64::MAX, &[1; 64], || [9; 64]);
        lines.write(0, WRITER, 1, &[2; 64], || [9; 64]);
        let mut torn = [1; 64];
        torn[32..].fill(9);
        assert_eq!(lines.clone().reset(|_| Some(torn)), None);
        torn[63] = 2;
        assert_eq!(lines.reset(|_| Some(torn)).map(|one| one.address), Some(63));
    }

    #[test]
    fn a_lost_word_is_good_once_one_write_has_all_of_it() {
        let mut wrong = WrongWords::default();
        wrong.flip(8, (3, Some(4)));
        assert_eq!(wrong.write(0, 0xff00), [8]);
        assert_eq!(wrong.settle(), [(8, Fate::Good)]);
        assert!(!wrong.in_line(0));
    }

    #[test]
    fn a_lost_word_written_in_part_stays_lost_and_in_pieces_may_be_either() {
        let mut wrong = WrongWords::default();
        wrong.flip(8, (3, Some(4)));
        wrong.write(0, 0x0f00);
        assert_eq!(wrong.settle(), [(8, Fate::Lost)]);
        wrong.write(0, 0x0f00);
        wrong.write(0, 0xf000);
        assert_eq!(wrong.settle(), [(8, Fate::Open)]);
        wrong.write(0, 0x0f00);
        assert_eq!(wrong.settle(), [(8, Fate::Open)]);
    }

    #[test]
    fn a_single_bit_is_corrected_by_a_partial_write() {
        let mut wrong = WrongWords::default();
        wrong.flip(16, (70, None));
        assert!(wrong.write(0, 1 << 20).is_empty());
        assert!(wrong.has(16));
        assert!(wrong.settle().is_empty());
        assert!(!wrong.has(16));
    }
}
