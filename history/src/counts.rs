//! A case's coverage in few bytes: of most spaces a case hits a small part.
//!
//! For each bin that was hit, in ascending order, two numbers: how many bins were passed over since the last one, and the
//! hits. Numbers are LEB128, so that both take a byte each where they are small.

/// Hits of the bins of a space, packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<u8>);

/// Bytes that are no counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    /// They end in the middle of a number.
    #[error("it ends within a number")]
    Truncated,
    /// A number of more than 64 bits, or a bin beyond all.
    #[error("a number exceeds 64 bits")]
    Overflow,
    /// A bin outside of its space.
    #[error("bin {bin} lies outside of a space of {size}")]
    OutOfRange {
        /// The bin.
        bin: u64,
        /// Bins of the space.
        size: usize,
    },
}

impl Counts {
    /// Packs the hits of all bins.
    #[must_use]
    pub fn pack(hits: &[u64]) -> Self {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (bin, &hits) in hits.iter().enumerate().filter(|(_, hits)| **hits > 0) {
            put(&mut bytes, (bin - next) as u64);
            put(&mut bytes, hits);
            next = bin + 1;
        }
        Self(bytes)
    }

    /// What [`Counts::bytes`] gave; read without a check, which comes with its use.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As they are stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Calls `each` with every bin that was hit, in ascending order, and its hits.
    ///
    /// # Errors
    ///
    /// [`CountsError::Truncated`] or [`CountsError::Overflow`]; `each` saw what came before.
    pub fn each(&self, each: impl FnMut(u64, u64)) -> Result<(), CountsError> {
        unpack(&self.0, each)
    }

    /// Adds the hits to those of all bins; sums stay at the largest number.
    ///
    /// # Errors
    ///
    /// As [`Counts::each`], and [`CountsError::OutOfRange`].
    pub fn add_to(&self, sums: &mut [u64]) -> Result<(), CountsError> {
        add(&self.0, sums)
    }
}

pub(crate) fn unpack(bytes: &[u8], mut each: impl FnMut(u64, u64)) -> Result<(), CountsError> {
    let (mut rest, mut bin) = (bytes, 0u64);
    while !rest.is_empty() {
        bin = bin
            .checked_add(take(&mut rest)?)
            .ok_or(CountsError::Overflow)?;
        each(bin, take(&mut rest)?);
        bin = bin.checked_add(1).ok_or(CountsError::Overflow)?;
    }
    Ok(())
}

pub(crate) fn add(bytes: &[u8], sums: &mut [u64]) -> Result<(), CountsError> {
    let size = sums.len();
    let mut outside = None;
    unpack(bytes, |bin, hits| {
        match usize::try_from(bin).ok().and_then(|bin| sums.get_mut(bin)) {
            Some(sum) => *sum = sum.saturating_add(hits),
            None => outside = outside.or(Some(bin)),
        }
    })?;
    match outside {
        Some(bin) => Err(CountsError::OutOfRange { bin, size }),
        None => Ok(()),
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Result<u64, CountsError> {
    let (mut number, mut shift) = (0u64, 0);
    loop {
        let (&byte, after) = rest.split_first().ok_or(CountsError::Truncated)?;
        *rest = after;
        let digit = u64::from(byte & 0x7f);
        if shift > 63 || (shift == 63 && digit > 1) {
            return Err(CountsError::Overflow);
        }
        number |= digit << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_adds_up_exactly(
            first in prop::collection::vec(prop_oneof![4 => Just(0), 2 => 0..300_u64, 1 => 0..u64::MAX / 2], 0..400),
            second in prop::collection::vec(0..9_u64, 400),
        ) {
            let second = &second[..first.len()];
            let mut sums = vec![0; first.len()];
            Counts::pack(&first).add_to(&mut sums).unwrap();
            prop_assert_eq!(&sums, &first);
            Counts::pack(second).add_to(&mut sums).unwrap();
            let both: Vec<u64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
            prop_assert_eq!(sums, both);
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut sums = vec![0; 64];
            let _ = Counts::from_bytes(bytes).add_to(&mut sums);
        }
    }

    #[test]
    fn damage_is_named() {
        let add = |bytes: &[u8]| Counts::from_bytes(bytes.to_vec()).add_to(&mut [0; 4]);
        assert_eq!(add(&[0x80]), Err(CountsError::Truncated));
        assert_eq!(add(&[1]), Err(CountsError::Truncated));
        assert_eq!(add(&[0xff; 11]), Err(CountsError::Overflow));
        let outside = CountsError::OutOfRange { bin: 4, size: 4 };
        assert_eq!(add(&[4, 1]), Err(outside));
    }
}
