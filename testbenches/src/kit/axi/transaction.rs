//! Reads and writes of a stored stimulus.

use gpnpu_golden::axi::{AddressBeat, BOUNDARY, Burst, LANES, WriteBeat, data_of};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use super::Request;

/// Which bytes of a write are written, of those that its beats may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strobes {
    /// All.
    #[default]
    All,
    /// None at all.
    None,
    /// One in each beat.
    One,
    /// About half.
    Random,
    /// Whole aligned words of 8 bytes, about half of them.
    Words,
}

/// One read or write, readable and small: its data comes from `seed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transaction {
    /// A write, otherwise a read.
    pub write: bool,
    /// The request.
    pub address: AddressBeat,
    /// Which bytes are written.
    pub strobes: Strobes,
    /// Where the data of a write comes from.
    pub seed: u32,
    /// Not offered before so many cycles of the manager.
    pub earliest: u64,
    /// It, and all that follow, wait until all before it are answered.
    pub fence: bool,
}

impl Transaction {
    /// What a manager has to do on a bus of `bus_bytes`. Lanes that are not written carry data too, which a block must
    /// not use.
    pub fn request(&self, bus_bytes: usize) -> Request {
        let data = self.write.then(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(u64::from(self.seed));
            let beats = self.address.beats();
            (0..beats)
                .map(|beat| self.beat(&mut rng, beat, bus_bytes))
                .collect()
        });
        Request {
            address: self.address,
            data,
            earliest: self.earliest,
            fence: self.fence,
        }
    }

    fn beat(&self, rng: &mut ChaCha8Rng, beat: usize, bus_bytes: usize) -> WriteBeat {
        let mut bytes = [0; LANES];
        rng.fill_bytes(&mut bytes[..bus_bytes]);
        let place = self.address.beat(beat, bus_bytes);
        let chosen = match self.strobes {
            Strobes::All => u64::MAX,
            Strobes::None => 0,
            Strobes::One => 1 << (place.first_lane + rng.next_u32() as usize % place.bytes),
            Strobes::Random => rng.next_u64(),
            Strobes::Words => {
                let words = rng.next_u32();
                (0..8).fold(0, |mask, word| {
                    mask | if words >> word & 1 != 0 {
                        0xff << (8 * word)
                    } else {
                        0
                    }
                })
            }
        };
        WriteBeat {
            data: data_of(&bytes),
            strb: place.lanes() & chosen,
            last: beat + 1 == self.address.beats(),
        }
    }

    /// The nearest transaction that AXI4 allows on a bus of `bus_bytes`: beats as wide as the bus at most, wrapping
    /// bursts of 2, 4, 8 or 16 aligned beats, fixed ones of 16 beats at most, none across a boundary of 4 KiB,
    /// exclusive ones of one beat.
    #[must_use]
    pub fn legal(mut self, bus_bytes: usize) -> Self {
        let address = &mut self.address;
        address.size = address.size.min(bus_bytes.trailing_zeros() as u8);
        let bytes = address.beat_bytes();
        match address.burst {
            Burst::Fixed => address.len = address.len.min(15),
            Burst::Incr | Burst::Reserved => {
                address.burst = Burst::Incr;
                let aligned = address.addr & !(bytes - 1);
                let most = (BOUNDARY - aligned % BOUNDARY) / bytes;
                address.len = address.len.min((most - 1).min(255) as u8);
            }
            Burst::Wrap => {
                address.len = (address.beats().clamp(2, 16).next_power_of_two() - 1).min(15) as u8;
                address.addr &= !(bytes - 1);
            }
        }
        if address.lock {
            address.burst = Burst::Incr;
            address.len = 0;
            address.addr &= !(bytes - 1);
        }
        self
    }

    /// Simpler ones, boldest first, all legal if this is: a plain beat, no fence, full strobes, shorter, aligned.
    pub fn simpler(&self, bus_bytes: usize) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut candidate = *self;
            change(&mut candidate);
            let candidate = candidate.legal(bus_bytes);
            if candidate != *self && !all.contains(&candidate) {
                all.push(candidate);
            }
        };
        let size = bus_bytes.trailing_zeros() as u8;
        add(&|t| {
            let addr = t.address.addr & !(bus_bytes as u64 - 1);
            t.address = AddressBeat {
                addr,
                size,
                ..AddressBeat::default()
            };
            (t.strobes, t.earliest, t.fence) = (Strobes::All, 0, false);
        });
        add(&|t| t.fence = false);
        add(&|t| t.earliest = 0);
        add(&|t| t.strobes = Strobes::All);
        add(&|t| t.address.lock = false);
        add(&|t| t.address.qos = 0);
        add(&|t| t.address.id = 0);
        add(&|t| t.address.burst = Burst::Incr);
        add(&|t| t.address.len = 0);
        add(&|t| t.address.len /= 2);
        add(&|t| t.address.size = size);
        add(&|t| t.address.addr &= !(t.address.beat_bytes() - 1));
        add(&|t| t.address.addr &= !(bus_bytes as u64 - 1));
        add(&|t| t.seed = 0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::axi::address_rule;

    #[test]
    fn whatever_is_made_legal_is_legal_and_so_is_what_is_simpler() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20_000 {
            let bits = rng.next_u64();
            let transaction = Transaction {
                address: AddressBeat {
                    addr: rng.next_u64() % 0x2_0000,
                    len: bits as u8,
                    size: (bits >> 8) as u8 % 8,
                    burst: Burst::from_code((bits >> 12) as u8),
                    lock: bits >> 16 & 7 == 0,
                    ..AddressBeat::default()
                },
                ..Transaction::default()
            };
            for bus in [4, 8, 64] {
                let legal = transaction.legal(bus);
                assert_eq!(address_rule(&legal.address, bus), None, "{legal:?}");
                assert_eq!(legal.legal(bus), legal);
                for simpler in legal.simpler(bus) {
                    assert_eq!(address_rule(&simpler.address, bus), None, "{simpler:?}");
                }
            }
        }
    }

    #[test]
    fn the_simplest_transaction_has_nothing_simpler() {
        let mut transaction = Transaction {
            write: true,
            address: AddressBeat {
                id: 3,
                addr: 0x1234,
                len: 7,
                size: 2,
                burst: Burst::Wrap,
                qos: 1,
                lock: false,
            },
            strobes: Strobes::Random,
            seed: 9,
            earliest: 5,
            fence: true,
        };
        let mut steps = 0;
        while let Some(next) = transaction.simpler(8).last() {
            transaction = *next;
            steps += 1;
        }
        assert!(steps > 5, "{steps}");
        assert!(
            transaction.write && transaction.address.addr == 0x1230,
            "{transaction:?}"
        );
    }

    #[test]
    fn strobes_stay_within_the_lanes_of_their_beat() {
        for strobes in [
            Strobes::All,
            Strobes::None,
            Strobes::One,
            Strobes::Random,
            Strobes::Words,
        ] {
            let transaction = Transaction {
                write: true,
                address: AddressBeat {
                    addr: 3,
                    len: 3,
                    size: 2,
                    ..AddressBeat::default()
                },
                strobes,
                ..Transaction::default()
            };
            let data = transaction.request(8).data.expect("a write");
            let lanes: Vec<u64> = (0..4)
                .map(|n| transaction.address.beat(n, 8).lanes())
                .collect();
            assert!(
                data.iter()
                    .zip(&lanes)
                    .all(|(beat, lanes)| beat.strb & !lanes == 0)
            );
            assert_eq!(data.iter().filter(|beat| beat.last).count(), 1);
            match strobes {
                Strobes::All => assert!(data.iter().zip(&lanes).all(|(b, l)| b.strb == *l)),
                Strobes::None => assert!(data.iter().all(|b| b.strb == 0)),
                Strobes::One => assert!(data.iter().all(|b| b.strb.count_ones() == 1)),
                Strobes::Random | Strobes::Words => {}
            }
        }
    }
}
