//! Queues for each transaction ID: what AXI keeps in order.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Hasher for numbers that nobody chose against it: one multiplication (Knuth, "The Art of Computer Programming"
/// volume 3, 6.4) and the upper half folded onto the lower.
#[derive(Clone, Copy, Debug, Default)]
pub struct Multiplicative(u64);

impl Hasher for Multiplicative {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }
}

/// For maps with addresses or IDs as keys.
pub type FastHash = BuildHasherDefault<Multiplicative>;

/// A queue for each ID.
#[derive(Clone, Debug)]
pub struct ById<T> {
    queues: HashMap<u32, VecDeque<T>, FastHash>,
    held: usize,
}

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self {
            queues: HashMap::default(),
            held: 0,
        }
    }
}

impl<T> ById<T> {
    /// Puts an item behind the others of `id`.
    #[inline]
    pub fn push(&mut self, id: u32, item: T) {
        self.queues.entry(id).or_default().push_back(item);
        self.held += 1;
    }

    /// The oldest item of `id`.
    #[inline]
    pub fn front(&self, id: u32) -> Option<&T> {
        self.queues.get(&id)?.front()
    }

    /// The oldest item of `id`, to be changed.
    #[inline]
    pub fn front_mut(&mut self, id: u32) -> Option<&mut T> {
        self.queues.get_mut(&id)?.front_mut()
    }

    /// Takes the oldest item of `id`.
    #[inline]
    pub fn pop(&mut self, id: u32) -> Option<T> {
        let item = self.queues.get_mut(&id)?.pop_front();
        self.held -= usize::from(item.is_some());
        item
    }

    /// Items of `id`.
    pub fn count(&self, id: u32) -> usize {
        self.queues.get(&id).map_or(0, VecDeque::len)
    }

    /// Items of all IDs.
    #[inline]
    pub fn len(&self) -> usize {
        self.held
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Takes everything, in no particular order of the IDs.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        self.held = 0;
        self.queues.drain().flat_map(|(_, queue)| queue)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.queues.clear();
        self.held = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_has_an_order_of_its_own() {
        let mut queues = ById::default();
        queues.push(1, 'a');
        queues.push(2, 'b');
        queues.push(1, 'c');
        assert_eq!((queues.count(1), queues.count(3)), (2, 0));
        assert_eq!(queues.pop(2), Some('b'));
        assert_eq!(queues.pop(2), None);
        assert_eq!(queues.pop(1), Some('a'));
        assert_eq!(queues.front(1), Some(&'c'));
        assert_eq!(queues.len(), 1);
    }
}
