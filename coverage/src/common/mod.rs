//! Coverage models of the blocks shared by all parts of the chip, and bins that several blocks use.

pub mod axi;
pub mod axi_ram;
pub mod fifo;

use crate::functional::Bins;

/// Cycles of waiting on one side of a channel: none, the shortest, what a FIFO hides, what stops a pipeline.
pub(crate) fn wait_bins() -> Bins {
    Bins::ranges(&[
        ("0", 0..=0),
        ("1", 1..=1),
        ("2_7", 2..=7),
        ("8_up", 8..=i64::MAX),
    ])
}

/// The bin of [`wait_bins`] for a number of cycles.
pub(crate) fn wait_index(cycles: u32) -> usize {
    match cycles {
        0 => 0,
        1 => 1,
        2..=7 => 2,
        8.. => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_index_is_that_of_the_bins() {
        let bins = wait_bins();
        for cycles in [0, 1, 2, 7, 8, 9, u32::MAX] {
            assert_eq!(bins.index(i64::from(cycles)), Some(wait_index(cycles)));
        }
    }
}
