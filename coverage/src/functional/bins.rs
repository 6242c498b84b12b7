//! The values a point tells apart.

use std::ops::RangeInclusive;

/// Named bins of one coverage point, in report order.
///
/// Either plain names, indexed by an enumeration's discriminant, or ranges of integers with an optional catch-all.
///
/// ```
/// use gpnpu_coverage::functional::Bins;
///
/// let gap = Bins::ranges(&[("0", 0..=0), ("1", 1..=1), ("2_7", 2..=7)]).other("8_up");
/// assert_eq!(gap.index(5), Some(2));
/// assert_eq!(gap.index(900), Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    pub(super) names: Vec<String>,
    /// Ranges of the first bins; empty for plain names. Ascending and disjoint once a builder accepted them.
    pub(super) ranges: Vec<RangeInclusive<i64>>,
}

impl Bins {
    /// Bins known by name alone; the sampler gives their index.
    #[must_use]
    pub fn named<S: AsRef<str>>(names: &[S]) -> Self {
        Self {
            names: names.iter().map(|name| name.as_ref().to_owned()).collect(),
            ranges: Vec::new(),
        }
    }

    /// Bins of integer ranges, which have to be ascending and disjoint; a single value is `v..=v`.
    #[must_use]
    pub fn ranges(ranges: &[(&str, RangeInclusive<i64>)]) -> Self {
        Self {
            names: ranges.iter().map(|(name, _)| (*name).to_owned()).collect(),
            ranges: ranges.iter().map(|(_, range)| range.clone()).collect(),
        }
    }

    /// Adds a last bin for every value that no range names.
    #[must_use]
    pub fn other(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// The bin of `value`, `None` where no bin takes it.
    ///
    /// Plain names are taken as numbered from 0.
    #[must_use]
    pub fn index(&self, value: i64) -> Option<usize> {
        if self.ranges.is_empty() {
            return usize::try_from(value)
                .ok()
                .filter(|index| *index < self.names.len());
        }
        let at = self.ranges.partition_point(|range| *range.end() < value);
        match self.ranges.get(at) {
            Some(range) if range.contains(&value) => Some(at),
            _ if self.names.len() > self.ranges.len() => Some(self.ranges.len()),
            _ => None,
        }
    }

    /// The bins' names, by index.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of bins.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no bin at all, which no model accepts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Names of the first two neighbouring ranges that overlap, descend or are empty.
    pub(super) fn misordered(&self) -> Option<(String, String)> {
        if let Some(at) = self.ranges.iter().position(RangeInclusive::is_empty) {
            return Some((self.names[at].clone(), self.names[at].clone()));
        }
        let at = self
            .ranges
            .windows(2)
            .position(|pair| pair[0].end() >= pair[1].start())?;
        Some((self.names[at].clone(), self.names[at + 1].clone()))
    }
}

impl<S: AsRef<str>, const N: usize> From<&[S; N]> for Bins {
    fn from(names: &[S; N]) -> Self {
        Self::named(names)
    }
}

impl<S: AsRef<str>> From<&[S]> for Bins {
    fn from(names: &[S]) -> Self {
        Self::named(names)
    }
}

impl From<&Bins> for Bins {
    fn from(bins: &Bins) -> Self {
        bins.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gap_between_ranges_falls_to_the_catch_all() {
        let bins = Bins::ranges(&[("low", -4..=-1), ("high", 10..=20)]);
        assert_eq!(bins.index(0), None);
        assert_eq!(bins.index(21), None);
        let bins = bins.other("rest");
        assert_eq!(
            [-5, -4, -1, 0, 10, 20, 21].map(|v| bins.index(v)),
            [2, 0, 0, 2, 1, 1, 2].map(Some)
        );
    }

    #[test]
    fn names_are_numbered_from_zero() {
        let bins = Bins::named(&["a", "b"]);
        assert_eq!(
            [-1, 0, 1, 2].map(|v| bins.index(v)),
            [None, Some(0), Some(1), None]
        );
    }

    proptest! {
        /// The search agrees with asking each range in turn.
        #[test]
        fn index_finds_the_range_that_contains_the_value(
            widths in prop::collection::vec((0i64..5, 0i64..5), 1..8),
            value in -5i64..60,
        ) {
            let mut start = 0;
            let mut ranges = Vec::new();
            for (gap, width) in widths {
                ranges.push(("r", start + gap..=start + gap + width));
                start += gap + width + 1;
            }
            let bins = Bins::ranges(&ranges);
            prop_assert!(bins.misordered().is_none());
            prop_assert_eq!(bins.index(value), ranges.iter().position(|(_, range)| range.contains(&value)));
        }
    }
}
