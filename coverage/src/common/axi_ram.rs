//! What `common_axi_ram` has to be seen doing.

use std::sync::{Arc, LazyLock};

use super::axi::{AxiPoints, AxiSample};
use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// What a channel does in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelState {
    /// Nothing is offered.
    Idle,
    /// A beat is offered and not taken.
    Stalled,
    /// A beat moves.
    Moves,
}

impl ChannelState {
    /// By the channel's valid and ready.
    #[must_use]
    pub fn of(valid: bool, ready: bool) -> Self {
        match (valid, ready) {
            (false, _) => Self::Idle,
            (true, false) => Self::Stalled,
            (true, true) => Self::Moves,
        }
    }
}

/// One clock cycle of the port: AW, W, B, AR, R.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiRamCycle {
    /// What each channel does.
    pub channels: [ChannelState; 5],
}

/// Requests under way when one was accepted, of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// None.
    Alone,
    /// Of other IDs.
    OtherIds,
    /// Of its own ID.
    SameId,
}

struct Ids {
    bus: PointId,
    transaction: AxiPoints,
    company: PointId,
    accepted: PointId,
    company_kind: CrossId,
    race: PointId,
    channels: [PointId; 5],
    writes: CrossId,
    reads: CrossId,
    both: CrossId,
    reset: PointId,
}

const W: usize = 1;
const B: usize = 2;
const AR: usize = 3;
const R: usize = 4;

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("common_axi_ram");
    block.group("configuration");
    // The narrowest bus has fewer lanes than a line has words, the widest is a whole line.
    let bus = block
        .point("bus", &["8_bytes", "16_bytes", "64_bytes"])
        .id();
    let transaction = AxiPoints::describe(&mut block);
    block.group("order");
    let accepted = block.point("accepted", &["read", "write"]).id();
    let company = block
        .point("company", &["alone", "other_ids", "same_id"])
        .id();
    let company_kind = block.cross("accepted_company", &[accepted, company]).id();
    let race = block
        .point("read_beside_unsettled_write", &["no", "yes"])
        .id();
    block.group("flow");
    let channels = ["aw", "w", "b", "ar", "r"]
        .map(|name| block.point(name, &["idle", "stalled", "moves"]).id());
    // Back-pressure of the responses reaches the data and the addresses.
    let writes = block.cross("w_b", &[channels[W], channels[B]]).id();
    let reads = block.cross("ar_r", &[channels[AR], channels[R]]).id();
    let both = block.cross("w_r", &[channels[W], channels[R]]).id();
    block.group("reset");
    let reset = block
        .point("under_way", &["nothing", "writes", "reads", "both"])
        .id();
    let ids = Ids {
        bus,
        transaction,
        company,
        accepted,
        company_kind,
        race,
        channels,
        writes,
        reads,
        both,
        reset,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `common_axi_ram` in one run.
#[derive(Debug, Clone)]
pub struct AxiRamCoverage {
    counters: Counters,
}

impl AxiRamCoverage {
    /// For a bus of `bus_bytes`: 8, 16 or 64.
    ///
    /// # Errors
    ///
    /// None for the model as it is: counting the bus uses the sampling interface.
    pub fn new(bus_bytes: usize) -> Result<Self, SampleError> {
        let mut counters = Counters::new(model());
        let class = match bus_bytes {
            8 => 0,
            16 => 1,
            _ => 2,
        };
        counters.hit(DESCRIPTION.1.bus, class)?;
        Ok(Self { counters })
    }

    /// Counts a cycle.
    ///
    /// # Errors
    ///
    /// None for the model as it is.
    pub fn sample_cycle(&mut self, cycle: &AxiRamCycle) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let states = cycle.channels.map(|state| state as usize);
        for (point, state) in ids.channels.iter().zip(states) {
            self.counters.hit(*point, state)?;
        }
        self.counters
            .hit_cross(ids.writes, &[states[W], states[B]])?;
        self.counters
            .hit_cross(ids.reads, &[states[AR], states[R]])?;
        self.counters.hit_cross(ids.both, &[states[W], states[R]])
    }

    /// Counts the acceptance of a request.
    ///
    /// # Errors
    ///
    /// None for the model as it is.
    pub fn sample_accepted(&mut self, write: bool, company: Company) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let (kind, company) = (usize::from(write), company as usize);
        self.counters.hit(ids.accepted, kind)?;
        self.counters.hit(ids.company, company)?;
        self.counters.hit_cross(ids.company_kind, &[kind, company])
    }

    /// Counts a beat of read data that golden found right; `raced` if a write to its bytes was not settled.
    ///
    /// # Errors
    ///
    /// None for the model as it is.
    pub fn sample_read(&mut self, raced: bool) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.race, usize::from(raced))
    }

    /// Counts a transaction that was answered.
    ///
    /// # Errors
    ///
    /// As [`AxiPoints::sample`].
    pub fn sample_transaction(&mut self, sample: &AxiSample) -> Result<(), SampleError> {
        DESCRIPTION.1.transaction.sample(&mut self.counters, sample)
    }

    /// Counts a reset, by what was under way.
    ///
    /// # Errors
    ///
    /// None for the model as it is.
    pub fn sample_reset(&mut self, writes: bool, reads: bool) -> Result<(), SampleError> {
        let under_way = usize::from(writes) + 2 * usize::from(reads);
        self.counters.hit(DESCRIPTION.1.reset, under_way)
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::super::axi::StrobeClass;
    use super::*;

    #[test]
    fn every_group_but_the_transactions_can_be_covered_by_what_the_block_does() {
        let mut counters = Counters::new(model());
        let states = [
            ChannelState::Idle,
            ChannelState::Stalled,
            ChannelState::Moves,
        ];
        for bus in [8, 16, 64] {
            let mut coverage = AxiRamCoverage::new(bus).expect("bus");
            for index in 0..3_usize.pow(5) {
                let channels =
                    [0, 1, 2, 3, 4].map(|channel| states[index / 3_usize.pow(channel) % 3]);
                coverage
                    .sample_cycle(&AxiRamCycle { channels })
                    .expect("a cycle");
            }
            for write in [false, true] {
                for company in [Company::Alone, Company::OtherIds, Company::SameId] {
                    coverage.sample_accepted(write, company).expect("a request");
                }
                for reads in [false, true] {
                    coverage.sample_reset(write, reads).expect("a reset");
                }
                coverage.sample_read(write).expect("a beat");
            }
            counters.merge(coverage.counters()).expect("same model");
        }
        let grade = counters.grade();
        for group in grade
            .groups
            .iter()
            .filter(|group| group.name != "transaction")
        {
            assert!(
                group.points.iter().all(|point| point.holes.is_empty()),
                "{group:#?}"
            );
        }
    }

    #[test]
    fn a_transaction_counts_in_its_group() {
        let mut coverage = AxiRamCoverage::new(8).expect("bus");
        let mut sample = AxiSample {
            write: true,
            burst: 2,
            bus_bytes: 8,
            size: 3,
            addr: 0x18,
            beats: 4,
            strobes: StrobeClass::Some,
            error: false,
        };
        coverage.sample_transaction(&sample).expect("legal");
        sample.beats = 17;
        coverage
            .sample_transaction(&sample)
            .expect_err("a wrapping burst of 17 beats");
    }

    #[test]
    fn the_state_of_a_channel_is_that_of_its_offer() {
        assert_eq!(ChannelState::of(false, true), ChannelState::Idle);
        assert_eq!(ChannelState::of(true, false), ChannelState::Stalled);
        assert_eq!(ChannelState::of(true, true), ChannelState::Moves);
    }
}
