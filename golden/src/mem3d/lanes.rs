//! The lanes of a vault's data pins: how four codewords cross them as a burst, and the repair map.

use super::secded::Codeword;

/// Lanes that carry bits of a burst.
pub const LANES: u32 = 36;
/// Lanes that exist: two are spare.
pub const PHYSICAL_LANES: u32 = 38;
/// Beats of a burst.
pub const BEATS: u32 = 8;
/// Codewords of a burst.
pub const CODEWORDS: usize = 4;

/// The 304 bits of a burst on `dq`, low word first: bit `38 * beat + lane`.
pub type Burst = [u32; 10];

/// The bits of one beat: a bit per lane.
const BEAT_MASK: u64 = (1 << PHYSICAL_LANES) - 1;
const LOGICAL_MASK: u64 = (1 << LANES) - 1;

/// `lane_map_t`: up to two failed physical lanes, ascending where both are valid.
///
/// A number that no lane has fails nothing; one named twice fails once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LaneMap {
    /// Whether each entry counts.
    pub fail_valid: [bool; 2],
    /// The failed lanes, 0 to 37.
    pub fail_lane: [u8; 2],
}

impl LaneMap {
    /// The map that avoids up to two lanes.
    pub fn avoiding(first: Option<u8>, second: Option<u8>) -> Self {
        Self {
            fail_valid: [first.is_some(), second.is_some()],
            fail_lane: [first.unwrap_or(0), second.unwrap_or(0)],
        }
    }

    /// A burst that carries the codewords on the good lanes; the others are 0.
    pub fn burst(&self, codewords: &[Codeword; CODEWORDS]) -> Burst {
        let (low, high) = self.failed();
        let mut burst = [0; 10];
        for beat in 0..BEATS {
            let logical = half(&codewords[beat as usize / 2], beat % 2);
            let lanes = low.map_or(logical, |lane| insert(logical, lane));
            let lanes = high.map_or(lanes, |lane| insert(lanes, lane));
            put_beat(&mut burst, beat, lanes & BEAT_MASK);
        }
        burst
    }

    /// The codewords that the good lanes of a burst carry.
    pub fn codewords(&self, burst: &Burst) -> [Codeword; CODEWORDS] {
        let (low, high) = self.failed();
        let mut codewords = [Codeword::default(); CODEWORDS];
        for (index, codeword) in codewords.iter_mut().enumerate() {
            let logical = |beat: u32| {
                let lanes = get_beat(burst, beat);
                let lanes = high.map_or(lanes, |lane| remove(lanes, lane));
                low.map_or(lanes, |lane| remove(lanes, lane)) & LOGICAL_MASK
            };
            let beat = 2 * index as u32;
            let bits = u128::from(logical(beat)) | u128::from(logical(beat + 1)) << LANES;
            *codeword = Codeword {
                data: bits as u64,
                check: (bits >> 64) as u8,
            };
        }
        codewords
    }

    /// The failed lanes in ascending order.
    fn failed(&self) -> (Option<u32>, Option<u32>) {
        let lane = |entry: usize| {
            let lane = u32::from(self.fail_lane[entry]);
            (self.fail_valid[entry] && lane < PHYSICAL_LANES).then_some(lane)
        };
        match (lane(0), lane(1)) {
            (Some(a), Some(b)) if a == b => (Some(a), None),
            (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
            (a, b) => (a.or(b), None),
        }
    }
}

/// The 36 bits of a codeword that cross in one beat: the lower half first.
fn half(codeword: &Codeword, which: u32) -> u64 {
    let bits = u128::from(codeword.data) | u128::from(codeword.check) << 64;
    (bits >> (LANES * which)) as u64 & LOGICAL_MASK
}

/// `bits` with a 0 inserted at `lane`.
fn insert(bits: u64, lane: u32) -> u64 {
    let below = (1 << lane) - 1;
    bits & below | (bits & !below) << 1
}

/// `bits` without the one at `lane`.
fn remove(bits: u64, lane: u32) -> u64 {
    let below = (1 << lane) - 1;
    bits & below | bits >> 1 & !below
}

/// The 38 lanes of a beat.
pub(crate) fn get_beat(burst: &Burst, beat: u32) -> u64 {
    let from = PHYSICAL_LANES * beat;
    let word = (from / 32) as usize;
    let bits = (word..(word + 3).min(burst.len()))
        .rev()
        .fold(0u128, |bits, index| bits << 32 | u128::from(burst[index]));
    (bits >> (from % 32)) as u64 & BEAT_MASK
}

/// ORs the 38 lanes of a beat into a burst.
pub(crate) fn put_beat(burst: &mut Burst, beat: u32, lanes: u64) {
    let from = PHYSICAL_LANES * beat;
    let bits = u128::from(lanes) << (from % 32);
    let word = (from / 32) as usize;
    for (place, target) in burst[word..].iter_mut().take(3).enumerate() {
        *target |= (bits >> (32 * place)) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::super::secded::encode;
    use super::*;

    fn codewords() -> [Codeword; CODEWORDS] {
        [0x0123_4567_89ab_cdef, u64::MAX, 0, 0xdead_beef_5555_aaaa].map(encode)
    }

    fn bit(burst: &Burst, beat: u32, lane: u32) -> bool {
        let place = 38 * beat + lane;
        burst[place as usize / 32] >> (place % 32) & 1 == 1
    }

    fn code_bit(codewords: &[Codeword], beat: u32, logical: u32) -> bool {
        let codeword = codewords[beat as usize / 2];
        match 36 * (beat % 2) + logical {
            data @ 0..64 => codeword.data >> data & 1 == 1,
            check => codeword.check >> (check - 64) & 1 == 1,
        }
    }

    /// Every pair of failed lanes, in either order, one alone, none, and numbers that no lane has.
    fn maps() -> impl Iterator<Item = LaneMap> {
        let lanes = || (0..40).map(Some).chain([None]);
        lanes().flat_map(move |first| lanes().map(move |second| LaneMap::avoiding(first, second)))
    }

    #[test]
    fn logical_lanes_use_the_good_ones_in_ascending_order() {
        for map in maps() {
            let burst = map.burst(&codewords());
            let failed = |lane: u32| {
                (0..2).any(|entry| map.fail_valid[entry] && u32::from(map.fail_lane[entry]) == lane)
            };
            for beat in 0..BEATS {
                let mut good = (0..PHYSICAL_LANES).filter(|lane| !failed(*lane));
                for logical in 0..LANES {
                    let lane = good.next().expect("36 lanes are good");
                    assert_eq!(
                        bit(&burst, beat, lane),
                        code_bit(&codewords(), beat, logical)
                    );
                }
                for unused in good.chain((0..PHYSICAL_LANES).filter(|lane| failed(*lane))) {
                    assert!(!bit(&burst, beat, unused), "lane {unused} of {map:?}");
                }
            }
        }
    }

    #[test]
    fn a_burst_gives_back_its_codewords_whatever_the_failed_lanes_carry() {
        for map in maps() {
            let mut burst = map.burst(&codewords());
            for entry in 0..2 {
                let lane = u32::from(map.fail_lane[entry]);
                if map.fail_valid[entry] && lane < PHYSICAL_LANES {
                    (0..BEATS).for_each(|beat| put_beat(&mut burst, beat, 1 << lane));
                }
            }
            assert_eq!(map.codewords(&burst), codewords());
        }
    }
}
