//! The queue: entries leave in the order in which they came.

use std::collections::VecDeque;

/// A first-in first-out queue of bounded depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fifo<T> {
    depth: usize,
    entries: VecDeque<T>,
}

impl<T> Fifo<T> {
    /// An empty queue of `depth` entries.
    pub fn new(depth: usize) -> Self {
        Self {
            depth,
            entries: VecDeque::with_capacity(depth),
        }
    }

    /// Entries held.
    pub fn occupancy(&self) -> usize {
        self.entries.len()
    }

    /// Whether another entry fits.
    pub fn has_place(&self) -> bool {
        self.entries.len() < self.depth
    }

    /// The entry that leaves next.
    pub fn front(&self) -> Option<&T> {
        self.entries.front()
    }

    /// One clock cycle in which `entry` is offered and, if `take` is set, the front entry taken. Both see the queue
    /// as it was before the cycle: a full queue takes nothing in the cycle in which it gives.
    pub fn cycle(&mut self, entry: Option<T>, take: bool) -> Option<T> {
        let has_place = self.has_place();
        let given = if take { self.entries.pop_front() } else { None };
        if let (Some(entry), true) = (entry, has_place) {
            self.entries.push_back(entry);
        }
        given
    }

    /// Forgets all entries, as a reset does.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_takes_nothing_in_the_cycle_it_gives() {
        let mut fifo = Fifo::new(2);
        assert_eq!(fifo.cycle(Some(1), true), None);
        assert_eq!(fifo.cycle(Some(2), false), None);
        assert_eq!(fifo.cycle(Some(3), true), Some(1));
        assert_eq!(fifo.cycle(Some(4), true), Some(2));
        assert_eq!(fifo.cycle(None, true), Some(4));
        assert_eq!(fifo.occupancy(), 0);
    }
}
