//! The least time that the die needs for one burst.

use super::super::timing::{Picoseconds, TimingSet};

/// From the first command of an idle vault to the end of the burst on the data bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceLatency {
    /// The row is open: `TCl + TBurst`.
    pub hit: Picoseconds,
    /// The bank is precharged: `TRcd + TCl + TBurst`.
    pub closed: Picoseconds,
    /// Another row is open: `TRp + TRcd + TCl + TBurst`.
    pub conflict: Picoseconds,
}

/// The least latencies that a set allows.
pub fn device_latency(set: &TimingSet) -> DeviceLatency {
    let hit = set.t_cl + set.t_burst;
    let closed = set.t_rcd + hit;
    DeviceLatency {
        hit,
        closed,
        conflict: set.t_rp + closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_what_is_published() {
        let latency =
            device_latency(&TimingSet::named("hbm3").expect("a set of the project works"));
        assert_eq!(latency.hit, Picoseconds(13_750));
        assert_eq!(latency.closed, Picoseconds(33_150));
        assert_eq!(latency.conflict, Picoseconds(49_400));
    }
}
