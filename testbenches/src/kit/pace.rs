//! Gaps on a channel: when a source offers a beat, when a sink is ready.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use serde::{Deserialize, Serialize};

/// In which cycles a side of a channel is willing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// In every cycle.
    #[default]
    Always,
    /// In each cycle with this probability, in percent.
    Percent(u8),
    /// Alternately so many cycles willing and so many not.
    Bursts {
        /// Cycles willing.
        on: u16,
        /// Cycles not.
        off: u16,
    },
    /// Not for the first cycles, then always.
    After(u16),
}

impl Pace {
    /// Any pace. A third is gapless, since full rate hides other faults than gaps do; long pauses are there because
    /// only they fill and drain every queue behind a channel.
    pub fn any() -> BoxedStrategy<Self> {
        prop_oneof![
            3 => Just(Self::Always),
            3 => prop_oneof![Just(50u8), Just(10), Just(90), 1..100u8].prop_map(Self::Percent),
            2 => (1..20u16, 1..60u16).prop_map(|(on, off)| Self::Bursts { on, off }),
            1 => (1..200u16).prop_map(Self::After),
        ]
        .boxed()
    }

    /// The pace as it goes, with its random numbers.
    pub fn start(self, rng: ChaCha8Rng) -> Pacer {
        Pacer {
            pace: self,
            rng,
            cycle: 0,
        }
    }
}

/// The paces of all channels of a block.
pub trait PaceSet: Copy + PartialEq {
    /// Each of them.
    fn paces(&mut self) -> Vec<&mut Pace>;

    /// Simpler sets, for a [`Stimulus`](super::Stimulus): all channels gapless, then each by itself.
    fn simpler(&self) -> Vec<Self> {
        let mut all = *self;
        let channels = all
            .paces()
            .into_iter()
            .map(|pace| *pace = Pace::Always)
            .count();
        let each = (0..channels).map(|at| {
            let mut one = *self;
            *one.paces()[at] = Pace::Always;
            one
        });
        let mut simpler: Vec<Self> = Vec::new();
        for set in std::iter::once(all).chain(each) {
            if set != *self && !simpler.contains(&set) {
                simpler.push(set);
            }
        }
        simpler
    }
}

impl<const N: usize> PaceSet for [Pace; N] {
    fn paces(&mut self) -> Vec<&mut Pace> {
        self.iter_mut().collect()
    }
}

/// A [`Pace`] as it goes.
#[derive(Clone, Debug)]
pub struct Pacer {
    pace: Pace,
    rng: ChaCha8Rng,
    cycle: u64,
}

impl Pacer {
    /// Whether this side is willing in the next cycle.
    #[inline]
    pub fn step(&mut self) -> bool {
        let cycle = self.cycle;
        self.cycle += 1;
        match self.pace {
            Pace::Always => true,
            Pace::Percent(share) => self.rng.next_u32() % 100 < u32::from(share),
            Pace::Bursts { on, off } => {
                cycle % (u64::from(on) + u64::from(off)).max(1) < u64::from(on)
            }
            Pace::After(pause) => cycle >= u64::from(pause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simpler_paces_are_all_gapless_or_one_of_them() {
        let [always, after, half] = [Pace::Always, Pace::After(3), Pace::Percent(50)];
        let simpler = [after, always, half].simpler();
        assert_eq!(
            simpler,
            [[always; 3], [always, always, half], [after, always, always]]
        );
        assert_eq!([after].simpler(), [[always]]);
        assert!([always; 4].simpler().is_empty());
    }
}
