//! Percentiles of latencies.

use std::collections::BTreeMap;

/// Latencies in cycles below which a count each is kept in an array.
const DENSE: usize = 1 << 12;

/// How often each latency occurred: exact percentiles, and memory that grows with the number of different latencies,
/// not with that of requests.
#[derive(Clone, Debug)]
pub struct Latencies {
    dense: Vec<u64>,
    sparse: BTreeMap<u64, u64>,
    count: u64,
    sum: u128,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            dense: vec![0; DENSE],
            sparse: BTreeMap::new(),
            count: 0,
            sum: 0,
        }
    }
}

impl Latencies {
    /// Adds one latency.
    pub fn add(&mut self, cycles: u64) {
        match usize::try_from(cycles) {
            Ok(index) if index < DENSE => self.dense[index] += 1,
            _ => *self.sparse.entry(cycles).or_default() += 1,
        }
        self.count += 1;
        self.sum += u128::from(cycles);
    }

    /// Number of latencies.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The smallest latency that at least `percent` of all do not exceed (nearest rank); `None` without any.
    ///
    /// # Panics
    ///
    /// If `percent` is not in 0 to 100.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        assert!(percent <= 100, "percentile {percent}");
        let wanted = u128::from(self.count) * u128::from(percent);
        let mut seen = 0_u128;
        let dense = self.dense.iter().enumerate();
        let dense = dense.map(|(cycles, &count)| (cycles as u64, count));
        let sparse = self.sparse.iter().map(|(&cycles, &count)| (cycles, count));
        let mut occurred = dense.chain(sparse).filter(|(_, count)| *count > 0);
        occurred.find_map(|(cycles, count)| {
            seen += u128::from(count);
            (seen * 100 >= wanted).then_some(cycles)
        })
    }

    /// The largest latency.
    pub fn max(&self) -> Option<u64> {
        self.percentile(100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From the definition: sorted, the first of which enough do not exceed it.
    fn brute_force(values: &[u64], percent: u64) -> Option<u64> {
        let mut candidates = values.to_vec();
        candidates.sort_unstable();
        candidates.into_iter().find(|candidate| {
            let not_above = values.iter().filter(|value| *value <= candidate).count();
            100 * not_above as u64 >= percent * values.len() as u64
        })
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_definition(
            values in prop::collection::vec(prop_oneof![0..40_u64, 4090..4100_u64, any::<u64>()], 0..200),
        ) {
            let mut latencies = Latencies::default();
            values.iter().for_each(|&value| latencies.add(value));
            for percent in [0, 1, 50, 90, 99, 100] {
                prop_assert_eq!(latencies.percentile(percent), brute_force(&values, percent));
            }
            prop_assert_eq!(latencies.max(), values.iter().max().copied());
        }
    }

    #[test]
    fn known_percentiles_of_a_hundred() {
        let mut latencies = Latencies::default();
        (1..=100).rev().for_each(|cycles| latencies.add(cycles));
        let of = |percent| latencies.percentile(percent);
        assert_eq!([of(50), of(90), of(99)], [Some(50), Some(90), Some(99)]);
        assert_eq!(latencies.mean(), Some(50.5));
        assert_eq!(Latencies::default().mean(), None);
    }
}
