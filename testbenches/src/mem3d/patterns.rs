//! Endless reproducible traffic of known shape.

use gpnpu_golden::mem3d::map::{AddressMap, Location};
use gpnpu_golden::mem3d::timing::TimingSet;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::traffic::{LINE_BYTES, Request};
use crate::kit::Streams;

/// The first line of all.
const ORIGIN: Location = Location {
    vault: 0,
    bank: 0,
    row: 0,
    line: 0,
};

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
    pub fn requests(&self, set: &TimingSet, map: &AddressMap, seed: u64) -> Requests {
        let streams = Streams::new(seed, self.name);
        Requests {
            pattern: *self,
            banks: set.banks().into(),
            rows: set.rows.into(),
            lines: set.lines_per_row().into(),
            map: map.clone(),
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
    banks: u64,
    rows: u64,
    lines: u64,
    addresses: ChaCha8Rng,
    directions: ChaCha8Rng,
    index: u64,
}

impl Requests {
    fn address(&mut self, index: u64) -> u64 {
        let capacity = self.map.capacity();
        let location = match self.pattern.order {
            Order::Sequential => return index * LINE_BYTES % capacity,
            Order::Stride(bytes) => {
                let rounds = index / (capacity / bytes);
                return (index * bytes + rounds * LINE_BYTES) % capacity;
            }
            Order::Random => return self.below(capacity / LINE_BYTES) * LINE_BYTES,
            Order::OneVault => Location {
                vault: 0,
                bank: self.below(self.banks) as u8,
                row: self.below(self.rows) as u16,
                line: self.below(self.lines) as u8,
            },
            Order::OneRow => Location {
                line: (index % self.lines) as u8,
                ..ORIGIN
            },
            Order::OneBank => Location {
                row: (index % self.rows) as u16,
                ..ORIGIN
            },
        };
        self.map.to_address(&location)
    }

    /// A number below `bound`: the high half of a product, off from uniform by less than `bound / 2^64`.
    fn below(&mut self, bound: u64) -> u64 {
        below(&mut self.addresses, bound)
    }
}

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
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

    use super::*;

    /// Two vaults of hbm3's banks, each with few rows.
    fn memory() -> (TimingSet, AddressMap) {
        let set = TimingSet {
            rows: 32,
            ..TimingSet::named("hbm3").expect("a known set")
        };
        let map = AddressMap::new(&set, 2, AddressMap::DEFAULT_ORDER, true).expect("a good map");
        (set, map)
    }

    fn capacity() -> u64 {
        memory().1.capacity()
    }

    fn locations(requests: &[Request]) -> Vec<Location> {
        let map = memory().1;
        let of = |request: &Request| map.to_line(request.addr).expect("inside the memory");
        requests.iter().map(of).collect()
    }

    fn requests(pattern: Pattern, seed: u64) -> Requests {
        let (set, map) = memory();
        pattern.requests(&set, &map, seed)
    }

    fn take(pattern: Pattern, count: usize) -> Vec<Request> {
        requests(pattern, 7).take(count).collect()
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
        let capacity = capacity();
        for pattern in ALL.into_iter().chain(Pattern::STRIDES) {
            let requests = take(pattern, 20_000);
            assert!(requests.iter().all(|request| {
                request.addr % LINE_BYTES == 0
                    && request.addr < capacity
                    && request.bytes == 64
                    && request.at.is_none()
            }));
            assert_eq!(requests, take(pattern, 20_000), "{}", pattern.name);
        }
        let other: Vec<_> = requests(Pattern::RANDOM_READ, 8).take(100).collect();
        assert_ne!(other, take(Pattern::RANDOM_READ, 100));
    }

    #[test]
    fn a_round_of_a_sequence_or_stride_visits_each_line_once() {
        let total = (capacity() / LINE_BYTES) as usize;
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
        let mut counts = [0; 32];
        for location in locations(&take(Pattern::RANDOM_READ, 32_000)) {
            counts[location.vault as usize * 16 + usize::from(location.bank)] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)));
        let hot = locations(&take(Pattern::ONE_VAULT, 4000));
        assert!(hot.iter().all(|location| location.vault == 0));
        for bank in 0..16 {
            assert!(hot.iter().any(|location| location.bank == bank));
        }
    }

    #[test]
    fn hits_share_a_row_and_conflicts_share_only_the_bank() {
        for pair in locations(&take(Pattern::ROW_HIT, 100)).windows(2) {
            let line = pair[1].line;
            assert_eq!(Location { line, ..pair[0] }, pair[1]);
            assert_ne!(pair[0].line, line);
        }
        for pair in locations(&take(Pattern::ROW_CONFLICT, 100)).windows(2) {
            let row = pair[1].row;
            assert_eq!(Location { row, ..pair[0] }, pair[1]);
            assert_ne!(pair[0].row, row);
        }
    }

    #[test]
    fn offered_requests_arrive_at_the_rate_in_order_and_not_evenly() {
        let at: Vec<u64> = Offered::new(requests(Pattern::RANDOM_READ, 1), 0.25, 1)
            .take(40_000)
            .map(|request| request.at.expect("a cycle"))
            .collect();
        assert!(at.is_sorted());
        let cycles = *at.last().expect("many");
        assert!((155_000..165_000).contains(&cycles), "{cycles}");
        let gaps: HashSet<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.contains(&0) && gaps.iter().any(|gap| *gap > 16));
        let even: Vec<_> = spaced(requests(Pattern::ROW_HIT, 1), 50)
            .take(3)
            .map(|request| request.at)
            .collect();
        assert_eq!(even, [Some(0), Some(50), Some(100)]);
    }
}
