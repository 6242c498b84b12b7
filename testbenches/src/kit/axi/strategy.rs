//! Which transactions a random test draws.

use std::ops::Range;

use gpnpu_golden::axi::{AddressBeat, BOUNDARY, Burst};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Strobes, Transaction};

/// A range of addresses, and how often it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Relative weight.
    pub weight: u32,
    /// Addresses at which transactions begin.
    pub addresses: Range<u64>,
}

/// What the transactions of a random test are drawn from.
///
/// [`Profile::memory`] is the one to begin with; every field can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Bytes of the bus.
    pub bus_bytes: usize,
    /// IDs are below it.
    pub ids: u32,
    /// Where transactions begin.
    pub windows: Vec<Window>,
    /// Writes, in percent.
    pub writes: u32,
    /// Whether there are fixed bursts.
    pub fixed: bool,
    /// Whether there are exclusive accesses.
    pub exclusive: bool,
    /// Most beats of a burst.
    pub max_beats: usize,
}

impl Profile {
    /// For a memory of `capacity` bytes: half of the transactions begin in a few hot lines, where reads and writes race
    /// and order matters; the others anywhere, with the ends of the memory and of a 4 KiB page more often than chance
    /// would have them.
    pub fn memory(bus_bytes: usize, ids: u32, capacity: u64) -> Self {
        let page = BOUNDARY.min(capacity);
        let window = |weight, addresses| Window { weight, addresses };
        Self {
            bus_bytes,
            ids,
            windows: vec![
                window(4, 0..256.min(capacity)),
                window(1, page - 64.min(page)..page),
                window(1, capacity - 64.min(capacity)..capacity),
                window(2, 0..capacity),
            ],
            writes: 50,
            fixed: true,
            exclusive: false,
            max_beats: 256,
        }
    }

    /// A transaction. Fences are rare: they empty the block.
    pub fn transaction(&self) -> BoxedStrategy<Transaction> {
        let profile = self.clone();
        (
            (
                0..100u32,
                self.id(),
                self.addr(),
                self.beats(),
                self.size(),
                self.burst(),
            ),
            (
                strobes(),
                any::<u32>(),
                0..100u32,
                0..16u8,
                0..8u32,
                self.alignment(),
            ),
        )
            .prop_map(
                move |(
                    (kind, id, addr, beats, size, burst),
                    (strobes, seed, fence, qos, lock, align),
                )| {
                    let write = kind < profile.writes;
                    Transaction {
                        write,
                        address: AddressBeat {
                            id,
                            addr: addr & !(align - 1),
                            len: (beats - 1) as u8,
                            size,
                            burst,
                            qos,
                            lock: profile.exclusive && lock == 0,
                        },
                        strobes: if write { strobes } else { Strobes::All },
                        seed: if write { seed } else { 0 },
                        earliest: 0,
                        fence: fence < 3,
                    }
                    .legal(profile.bus_bytes)
                },
            )
            .boxed()
    }

    /// Half of them of the same one or two IDs, where order matters, the others of any.
    fn id(&self) -> BoxedStrategy<u32> {
        prop_oneof![0..self.ids.min(2), 0..self.ids].boxed()
    }

    fn addr(&self) -> BoxedStrategy<u64> {
        let windows = self.windows.iter();
        let windows = windows.map(|window| (window.weight, window.addresses.clone().boxed()));
        proptest::strategy::Union::new_weighted(windows.collect()).boxed()
    }

    /// Full width in half of them, which alone moves the whole bus; all narrower ones evenly.
    fn size(&self) -> BoxedStrategy<u8> {
        let full = self.bus_bytes.trailing_zeros() as u8;
        prop_oneof![Just(full), 0..=full].boxed()
    }

    /// Short bursts mostly, since what goes wrong does so at their ends and there are more of them in a run; the
    /// lengths that wrapping bursts have, and now and then long ones, which fill every queue.
    fn beats(&self) -> BoxedStrategy<usize> {
        let most = self.max_beats.max(1);
        prop_oneof![
            6 => Just(1usize),
            6 => 2..=4usize,
            4 => select(vec![2usize, 4, 8, 16]),
            2 => 5..=16usize,
            1 => 17..=256usize,
        ]
        .prop_map(move |beats| beats.min(most))
        .boxed()
    }

    fn burst(&self) -> BoxedStrategy<Burst> {
        let fixed = u32::from(self.fixed);
        prop_oneof![
            5 => Just(Burst::Incr),
            3 => Just(Burst::Wrap),
            fixed => Just(Burst::Fixed),
        ]
        .boxed()
    }

    /// Bytes to which the address is aligned: to nothing, to the bus, or to anything between.
    fn alignment(&self) -> BoxedStrategy<u64> {
        let full = self.bus_bytes.trailing_zeros();
        prop_oneof![2 => Just(1u64), 3 => Just(1 << full), 2 => (0..=full).prop_map(|log| 1 << log)]
            .boxed()
    }
}

/// Full strobes in half of them; without any, with one and with whole words, each takes a way of its own through a
/// memory that stores words with check bits.
fn strobes() -> BoxedStrategy<Strobes> {
    prop_oneof![
        5 => Just(Strobes::All),
        2 => Just(Strobes::Random),
        1 => Just(Strobes::Words),
        1 => Just(Strobes::One),
        1 => Just(Strobes::None),
    ]
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::kit::axi::address_rule;

    #[test]
    fn a_thousand_transactions_are_legal_and_of_every_kind() {
        let profile = Profile::memory(16, 8, 0x4000);
        let strategy = profile.transaction();
        let mut runner = TestRunner::deterministic();
        let mut kinds = BTreeSet::new();
        for _ in 0..1000 {
            let drawn = strategy.new_tree(&mut runner).expect("a value").current();
            let address = &drawn.address;
            assert_eq!(address_rule(address, 16), None, "{drawn:?}");
            assert!(address.addr < 0x4000 && address.id < 8, "{drawn:?}");
            kinds.insert(format!("burst {:?}", address.burst));
            kinds.insert(format!("size {}", address.size));
            kinds.insert(format!("id {}", address.id));
            kinds.insert(format!("strobes {:?}", drawn.strobes));
            kinds.insert(format!("long {}", address.beats() > 16));
            kinds.insert(format!(
                "unaligned {}",
                !address.addr.is_multiple_of(address.beat_bytes())
            ));
            kinds.insert(format!("write {}", drawn.write));
            kinds.insert(format!("fence {}", drawn.fence));
        }
        assert_eq!(kinds.len(), 3 + 5 + 8 + 5 + 4 * 2, "{kinds:?}");
    }

    #[test]
    fn what_a_profile_rules_out_is_not_drawn() {
        let profile = Profile {
            fixed: false,
            max_beats: 4,
            writes: 0,
            ..Profile::memory(64, 1, 0x1000)
        };
        let strategy = profile.transaction();
        let mut runner = TestRunner::deterministic();
        for _ in 0..500 {
            let drawn = strategy.new_tree(&mut runner).expect("a value").current();
            let wrong = drawn.write || drawn.address.len > 3 || drawn.address.burst == Burst::Fixed;
            assert!(!wrong, "{drawn:?}");
        }
    }
}
