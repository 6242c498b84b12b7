//! Endless reproducible traffic of known shape.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::map::{AddressMap, Place};
use super::traffic::{LINE_BYTES, Request};
use crate::kit::Streams;

/// Which lines follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One after the other in the address space.
    Sequential,
    /// So many bytes apart; at the end of the memory it begins again a line higher.
    Stride(u64),
    /// Any line of the memory.
    Random,
    /// Any line of vault 0.
    OneVault,
    /// Line after line of one row.
    OneRow,
    /// Row after row of one bank: each finds the one before it open.
    OneBank,
}

/// Traffic of 64-byte requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What it is called.
    pub name: &'static str,
    /// Its lines.
    pub order: Order,
    /// Of a hundred requests, how many are writes; each is drawn by itself.
    pub writes: u64,
}

impl Pattern {
    const fn new(name: &'static str, order: Order, writes: u64) -> Self {
        Self {
            name,
            order,
            writes,
        }
    }

    /// Reads in the order of addresses.
    pub const SEQUENTIAL_READ: Self = Self::new("sequential read", Order::Sequential, 0);
    /// Writes in the order of addresses.
    pub const SEQUENTIAL_WRITE: Self = Self::new("sequential write", Order::Sequential, 100);
    /// Reads of lines anywhere.
    pub const RANDOM_READ: Self = Self::new("random read", Order::Random, 0);
    /// One stream in the order of addresses, each request a read or a write with the same chance.
    pub const MIXED_50: Self = Self::new("50/50 stream", Order::Sequential, 50);
    /// The same with two reads for a write.
    pub const MIXED_67: Self = Self::new("67/33 stream", Order::Sequential, 33);
    /// Reads of lines anywhere in one vault.
    pub const ONE_VAULT: Self = Self::new("one vault hot", Order::OneVault, 0);
    /// Reads of one row.
    pub const ROW_HIT: Self = Self::new("row hit", Order::OneRow, 0);
    /// Reads of one bank, each of another row than the last.
    pub const ROW_CONFLICT: Self = Self::new("row conflict", Order::OneBank, 0);
    /// Reads a stride apart.
    pub const STRIDES: [Self; 4] = [
        Self::new("stride 256 B", Order::Stride(256), 0),
        Self::new("stride 1 KB", Order::Stride(1 << 10), 0),
        Self::new("stride 4 KB", Order::Stride(4 << 10), 0),
        Self::new("stride 64 KB", Order::Stride(64 << 10), 0),
    ];

    /// Its requests, as fast as they are accepted; the same for the same seed.
    pub fn requests(&self, map: AddressMap, seed: u64) -> Requests {
        let streams = Streams::new(seed, self.name);
        Requests {
            pattern: *self,
            map,
            addresses: streams.rng("addresses"),
            directions: streams.rng("directions"),
            index: 0,
        }
    }
}

/// The requests of a pattern; there is always another.
#[derive(Clone, Debug)]
pub struct Requests {
    pattern: Pattern,
    map: AddressMap,
    addresses: ChaCha8Rng,
    directions: ChaCha8Rng,
    index: u64,
}

impl Requests {
    fn address(&mut self, index: u64) -> u64 {
        let map = self.map;
        let sizes = *map.sizes();
        let capacity = sizes.capacity();
        match self.pattern.order {
            Order::Sequential => index * LINE_BYTES % capacity,
            Order::Stride(bytes) => {
                let rounds = index / (capacity / bytes);
                (index * bytes + rounds * LINE_BYTES) % capacity
            }
            Order::Random => self.below(capacity / LINE_BYTES) * LINE_BYTES,
            Order::OneVault => map.address(Place {
                vault: 0,
                group: self.below(sizes.groups),
                bank: self.below(sizes.banks),
                row: self.below(sizes.rows),
                line: self.below(sizes.lines),
            }),
            Order::OneRow => map.address(Place {
                line: index % sizes.lines,
                ..Place::default()
            }),
            Order::OneBank => map.address(Place {
                row: index % sizes.rows,
                ..Place::default()
            }),
        }
    }

    /// A number below `bound`: the high half of a product, off from uniform by less than `bound / 2^64`.
    fn below(&mut self, bound: u64) -> u64 {
        below(&mut self.addresses, bound)
    }
}

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    (u128::from(rng.next_u64()) * u128::from(bound) >> 64) as u64
}

impl Iterator for Requests {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let addr = self.address(self.index);
        self.index += 1;
        Some(Request {
            at: None,
            write: below(&mut self.directions, 100) < self.pattern.writes,
            addr,
            bytes: LINE_BYTES as u32,
        })
    }
}

/// Requests that arrive at random at an average rate, whatever becomes of those before them: the number of cycles
/// between two is exponentially distributed.
#[derive(Clone, Debug)]
pub struct Offered<I> {
    requests: I,
    gaps: ChaCha8Rng,
    mean_gap: f64,
    now: f64,
}

impl<I> Offered<I> {
    /// `rate` requests a cycle on average.
    pub fn new(requests: I, rate: f64, seed: u64) -> Self {
        Self {
            requests,
            gaps: Streams::new(seed, "offered").rng("gaps"),
            mean_gap: 1.0 / rate,
            now: 0.0,
        }
    }
}

impl<I: Iterator<Item = Request>> Iterator for Offered<I> {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let request = self.requests.next()?;
        // In (0, 1], 53 bits.
        let uniform = ((self.gaps.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        self.now -= uniform.ln() * self.mean_gap;
        Some(Request {
            at: Some(self.now as u64),
            ..request
        })
    }
}

/// Requests that arrive every `gap` cycles.
pub fn spaced(requests: impl Iterator<Item = Request>, gap: u64) -> impl Iterator<Item = Request> {
    requests.zip(0_u64..).map(move |(request, index)| Request {
        at: Some(index * gap),
        ..request
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::map::Sizes;
    use super::*;

    const SIZES: Sizes = Sizes {
        vaults: 2,
        groups: 4,
        banks: 2,
        rows: 32,
        lines: 16,
    };

    fn map() -> AddressMap {
        AddressMap::new(SIZES, 0x54213, true).expect("powers of two")
    }

    fn take(pattern: Pattern, count: usize) -> Vec<Request> {
        pattern.requests(map(), 7).take(count).collect()
    }

    const ALL: [Pattern; 8] = [
        Pattern::SEQUENTIAL_READ,
        Pattern::SEQUENTIAL_WRITE,
        Pattern::RANDOM_READ,
        Pattern::MIXED_50,
        Pattern::MIXED_67,
        Pattern::ONE_VAULT,
        Pattern::ROW_HIT,
        Pattern::ROW_CONFLICT,
    ];

    #[test]
    fn every_pattern_stays_in_the_memory_on_whole_lines_and_repeats_by_seed() {
        for pattern in ALL.into_iter().chain(Pattern::STRIDES) {
            let requests = take(pattern, 20_000);
            assert!(requests.iter().all(|request| {
                request.addr % LINE_BYTES == 0
                    && request.addr < SIZES.capacity()
                    && request.bytes == 64
                    && request.at.is_none()
            }));
            assert_eq!(requests, take(pattern, 20_000), "{}", pattern.name);
        }
        let other: Vec<_> = Pattern::RANDOM_READ.requests(map(), 8).take(100).collect();
        assert_ne!(other, take(Pattern::RANDOM_READ, 100));
    }

    #[test]
    fn a_round_of_a_sequence_or_stride_visits_each_line_once() {
        let total = (SIZES.capacity() / LINE_BYTES) as usize;
        for pattern in [
            Pattern::SEQUENTIAL_READ,
            Pattern::STRIDES[0],
            Pattern::STRIDES[2],
        ] {
            let requests = take(pattern, total);
            let lines: HashSet<u64> = requests.iter().map(|request| request.addr).collect();
            assert_eq!(lines.len(), total, "{}", pattern.name);
            let step = requests[1].addr - requests[0].addr;
            let expected = match pattern.order {
                Order::Stride(bytes) => bytes,
                _ => LINE_BYTES,
            };
            assert_eq!(step, expected);
        }
    }

    #[test]
    fn writes_have_their_share() {
        for (pattern, low, high) in [
            (Pattern::SEQUENTIAL_READ, 0, 0),
            (Pattern::SEQUENTIAL_WRITE, 10_000, 10_000),
            (Pattern::MIXED_50, 4_800, 5_200),
            (Pattern::MIXED_67, 3_100, 3_500),
        ] {
            let requests = take(pattern, 10_000);
            let writes = requests.iter().filter(|request| request.write).count();
            assert!((low..=high).contains(&writes), "{}: {writes}", pattern.name);
        }
    }

    #[test]
    fn random_lines_are_spread_over_all_banks_and_one_vault_is_one_vault() {
        let mut counts = [0; 16];
        for request in take(Pattern::RANDOM_READ, 16_000) {
            let place = map().place(request.addr);
            counts[(place.vault * 8 + place.group * 2 + place.bank) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)));
        let hot = take(Pattern::ONE_VAULT, 4000);
        let places: Vec<Place> = hot
            .iter()
            .map(|request| map().place(request.addr))
            .collect();
        assert!(places.iter().all(|place| place.vault == 0));
        for bank in 0..8 {
            assert!(
                places
                    .iter()
                    .any(|place| place.group * 2 + place.bank == bank)
            );
        }
    }

    #[test]
    fn hits_share_a_row_and_conflicts_share_only_the_bank() {
        let places = |pattern| -> Vec<Place> {
            let requests = take(pattern, 100);
            requests
                .iter()
                .map(|request| map().place(request.addr))
                .collect()
        };
        for pair in places(Pattern::ROW_HIT).windows(2) {
            assert_eq!(Place { line: 0, ..pair[0] }, Place { line: 0, ..pair[1] });
            assert_ne!(pair[0].line, pair[1].line);
        }
        for pair in places(Pattern::ROW_CONFLICT).windows(2) {
            assert_eq!(Place { row: 0, ..pair[0] }, Place { row: 0, ..pair[1] });
            assert_ne!(pair[0].row, pair[1].row);
        }
    }

    #[test]
    fn offered_requests_arrive_at_the_rate_in_order_and_not_evenly() {
        let requests = Pattern::RANDOM_READ.requests(map(), 1);
        let at: Vec<u64> = Offered::new(requests, 0.25, 1)
            .take(40_000)
            .map(|request| request.at.expect("a cycle"))
            .collect();
        assert!(at.is_sorted());
        let cycles = *at.last().expect("many");
        assert!((155_000..165_000).contains(&cycles), "{cycles}");
        let gaps: HashSet<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.contains(&0) && gaps.iter().any(|gap| *gap > 16));
        let even: Vec<_> = spaced(Pattern::ROW_HIT.requests(map(), 1), 50)
            .take(3)
            .map(|request| request.at)
            .collect();
        assert_eq!(even, [Some(0), Some(50), Some(100)]);
    }
}
