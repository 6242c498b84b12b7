//! Sparse memory content.

use std::collections::HashMap;

use super::by_id::FastHash;

/// Bytes of a line, the unit of storage.
pub const LINE: usize = 64;

/// Bytes at 64-bit addresses; what was never written reads as zero.
#[derive(Clone, Debug, Default)]
pub struct Store {
    lines: HashMap<u64, [u8; LINE], FastHash>,
}

impl Store {
    /// Numbers of the lines that were written, in no order.
    pub fn lines(&self) -> impl Iterator<Item = u64> {
        self.lines.keys().copied()
    }

    /// The byte at an address.
    pub fn byte(&self, addr: u64) -> u8 {
        self.line(addr / LINE as u64)[(addr % LINE as u64) as usize]
    }

    /// Line `index`: the bytes from `index * LINE` on.
    #[inline]
    pub fn line(&self, index: u64) -> [u8; LINE] {
        self.lines.get(&index).copied().unwrap_or([0; LINE])
    }

    /// Line `index`, to be changed.
    #[inline]
    pub fn line_mut(&mut self, index: u64) -> &mut [u8; LINE] {
        self.lines.entry(index).or_insert([0; LINE])
    }

    /// Writes bytes from an address on.
    pub fn write(&mut self, addr: u64, bytes: &[u8]) {
        for (offset, byte) in bytes.iter().enumerate() {
            let addr = addr.wrapping_add(offset as u64);
            self.line_mut(addr / LINE as u64)[(addr % LINE as u64) as usize] = *byte;
        }
    }

    /// Reads `count` bytes from an address on.
    pub fn read(&self, addr: u64, count: usize) -> Vec<u8> {
        (0..count as u64)
            .map(|offset| self.byte(addr.wrapping_add(offset)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cross_lines_and_the_rest_reads_as_zero() {
        let mut store = Store::default();
        store.write(62, &[1, 2, 3, 4]);
        assert_eq!(store.read(60, 8), [0, 0, 1, 2, 3, 4, 0, 0]);
        assert_eq!(store.line(1)[..2], [3, 4]);
        assert_eq!(store.byte(u64::MAX), 0);
    }
}
