//! Writes that race for the bytes of a line: which of them a read may see.
//!
//! Times are numbers of events. A write takes effect, byte by byte, at some time between the acceptance of its data
//! and that of its response. What is known of that time grows: a read that came back with a write's byte shows that it
//! was before the read's end. From what is known follows which of two writes is the later one, and what a read that
//! begins later cannot see any more.

use super::store::LINE;

/// A time that has not come.
pub(crate) const NEVER: u64 = u64::MAX;

/// A set of bytes of a line.
pub(crate) type Mask = u64;

/// Requests of one port and ID: they take effect in their order.
pub(crate) type Key = u64;

/// A read, or anything else that looks at a line: when it began, and in which order it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub start: u64,
    pub key: Key,
}

impl Reader {
    /// Stands in no order.
    pub(crate) fn at(start: u64) -> Self {
        Self { start, key: NEVER }
    }
}

/// What a read has shown of some bytes.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// End of the read.
    at: u64,
    key: Key,
    mask: Mask,
}

impl Mark {
    /// Whether what the mark shows holds for a reader: its read was over before, or is ordered before.
    fn binds(&self, reader: &Reader) -> bool {
        self.at < reader.start || self.key == reader.key
    }
}

/// The bytes that one write puts into one line.
#[derive(Clone, Debug)]
struct Version {
    write: u64,
    key: Key,
    /// Its data was accepted.
    start: u64,
    /// Its response was accepted; if it has had an effect, then before.
    end: u64,
    /// Whether the write has an effect at all: not known of one that a reset cut off.
    certain: bool,
    /// Bytes that a read can still tell from the settled content.
    mask: Mask,
    /// Bytes written.
    written: Mask,
    bytes: [u8; LINE],
    /// Reads have seen these bytes.
    seen: Vec<Mark>,
    /// Reads that could have seen these bytes have seen later ones.
    gone: Vec<Mark>,
}

fn bound(marks: &[Mark], reader: &Reader) -> Mask {
    let binding = marks.iter().filter(|mark| mark.binds(reader));
    binding.fold(0, |mask, mark| mask | mark.mask)
}

impl Version {
    /// Bytes that had taken effect when the reader began.
    fn effective(&self, reader: &Reader) -> Mask {
        if self.certain && self.end < reader.start {
            return self.mask;
        }
        self.mask & bound(&self.seen, reader)
    }

    /// Bytes of which it is known that `later` overwrites them; both are in the order of their data.
    fn precedes(&self, later: &Self, in_order: bool) -> Mask {
        if self.end < later.start || (self.key == later.key && in_order) {
            return Mask::MAX;
        }
        bound(&self.seen, &Reader::at(later.start))
    }
}

/// Bytes in which two lines agree.
fn equal(a: &[u8; LINE], b: &[u8; LINE]) -> Mask {
    let pairs = a.iter().zip(b).enumerate();
    pairs.fold(0, |mask, (at, (a, b))| mask | Mask::from(a == b) << at)
}

/// All writes of a line whose effect is not settled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Races {
    versions: Vec<Version>,
}

impl Races {
    /// Whether nothing is left to settle.
    pub(crate) fn is_settled(&self) -> bool {
        self.versions.is_empty()
    }

    /// Data of a write was accepted.
    pub(crate) fn begin(&mut self, write: u64, key: Key, now: u64, mask: Mask, bytes: &[u8; LINE]) {
        let open = self.versions.iter_mut().rev().find(|v| v.write == write);
        if let Some(version) = open.filter(|version| version.written & mask == 0) {
            version.mask |= mask;
            version.written |= mask;
            for (at, byte) in version.bytes.iter_mut().enumerate() {
                if mask >> at & 1 != 0 {
                    *byte = bytes[at];
                }
            }
            return;
        }
        self.versions.push(Version {
            write,
            key,
            start: now,
            end: NEVER,
            certain: true,
            mask,
            written: mask,
            bytes: *bytes,
            seen: Vec::new(),
            gone: Vec::new(),
        });
    }

    /// The response of a write was accepted, or a reset cut it off; `certain` if it has had an effect.
    pub(crate) fn end(&mut self, write: u64, now: u64, certain: bool) {
        for version in self.versions.iter_mut().filter(|v| v.write == write) {
            version.end = now;
            version.certain = certain;
        }
    }

    /// Bytes of version `at` that the reader can see.
    fn visible(&self, at: usize, reader: &Reader) -> Mask {
        let version = &self.versions[at];
        let mut hidden = bound(&version.gone, reader);
        for (other, later) in self.versions.iter().enumerate() {
            if other != at {
                hidden |= later.effective(reader) & version.precedes(later, at < other);
            }
        }
        version.mask & !hidden
    }

    /// Bytes of the settled content that the reader can see.
    fn base_visible(&self, reader: &Reader) -> Mask {
        let versions = self.versions.iter();
        !versions.fold(0, |mask, version| mask | version.effective(reader))
    }

    /// Holds what a read shows against what it can have seen, and learns from it. Of the settled content, the bytes of
    /// `known` are. Returns the bytes that it cannot have seen, and those that show unknown content.
    pub(crate) fn observe(
        &mut self,
        base: &[u8; LINE],
        known: Mask,
        reader: &Reader,
        now: u64,
        mask: Mask,
        bytes: &[u8; LINE],
    ) -> (Mask, Mask) {
        let from_base = (equal(base, bytes) | !known) & self.base_visible(reader) & mask;
        let matches: Vec<Mask> = (0..self.versions.len())
            .map(|at| equal(&self.versions[at].bytes, bytes) & self.visible(at, reader) & mask)
            .collect();
        let (mut any, mut several) = (from_base, 0);
        for found in &matches {
            several |= any & found;
            any |= found;
        }
        let only = |found: Mask| found & !several;
        let shown = matches
            .iter()
            .fold(only(from_base), |mask, found| mask | only(*found));
        let mark = |mask| Mark {
            at: now,
            key: reader.key,
            mask,
        };
        let effective: Vec<Mask> = self.versions.iter().map(|v| v.effective(reader)).collect();
        for (at, version) in self.versions.iter_mut().enumerate() {
            let seen = only(matches[at]);
            if seen & !effective[at] != 0 {
                version.seen.push(mark(seen));
            }
            // What took effect before the read began, if at all, and did not show, is overwritten or never was.
            let before = if version.end < reader.start {
                version.mask
            } else {
                effective[at]
            };
            let gone = shown & before & !seen & !bound(&version.gone, reader);
            if gone != 0 {
                version.gone.push(mark(gone));
            }
        }
        (mask & !any, only(from_base) & !known)
    }

    /// Values that the byte at `at` could have had, the settled one first.
    pub(crate) fn choices(&self, base: &[u8; LINE], reader: &Reader, at: usize) -> Vec<u8> {
        let mut choices = Vec::new();
        if self.base_visible(reader) >> at & 1 != 0 {
            choices.push(base[at]);
        }
        for (index, version) in self.versions.iter().enumerate() {
            let byte = version.bytes[at];
            if self.visible(index, reader) >> at & 1 != 0 && !choices.contains(&byte) {
                choices.push(byte);
            }
        }
        choices
    }

    /// Moves into the settled content what no reader that began at `oldest` or later can see otherwise. Returns the
    /// bytes moved.
    pub(crate) fn settle(&mut self, base: &mut [u8; LINE], oldest: u64) -> Mask {
        if let [only] = self.versions.as_slice()
            && only.certain
            && only.end < oldest
            && only.mask == Mask::MAX
            && only.gone.is_empty()
        {
            // The most common case, for speed alone.
            *base = only.bytes;
            self.versions.clear();
            return Mask::MAX;
        }
        let reader = Reader::at(oldest);
        let visible: Vec<Mask> = (0..self.versions.len())
            .map(|at| self.visible(at, &reader))
            .collect();
        for (version, mask) in self.versions.iter_mut().zip(visible) {
            version.mask = mask;
        }
        let settled: Vec<Mask> = (0..self.versions.len())
            .map(|at| {
                let version = &self.versions[at];
                let mut mask = version.effective(&reader);
                for (other, later) in self.versions.iter().enumerate() {
                    if other != at {
                        mask &= !later.mask | version.precedes(later, at < other);
                    }
                }
                mask
            })
            .collect();
        let mut moved = 0;
        for (version, settled) in self.versions.iter_mut().zip(settled) {
            moved |= settled;
            for at in (0..LINE).filter(|at| settled >> at & 1 != 0) {
                base[at] = version.bytes[at];
            }
            version.mask &= !settled;
        }
        self.versions.retain(|version| version.mask != 0);
        moved
    }

    /// The content as if each byte had the last write in the order of the data, certain or not.
    pub(crate) fn latest(&self, base: &[u8; LINE]) -> [u8; LINE] {
        let mut bytes = *base;
        for version in &self.versions {
            for at in (0..LINE).filter(|at| version.mask >> at & 1 != 0) {
                bytes[at] = version.bytes[at];
            }
        }
        bytes
    }
}
