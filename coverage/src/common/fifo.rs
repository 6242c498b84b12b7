//! What `common_fifo` has to be seen doing.

use std::sync::{Arc, LazyLock};

use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// One clock cycle of the queue, as seen before its rising edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FifoSample {
    /// Entries held, 0 to the depth.
    pub occupancy: u32,
    /// `in_valid_i`.
    pub in_valid: bool,
    /// `in_ready_o`.
    pub in_ready: bool,
    /// `out_valid_o`.
    pub out_valid: bool,
    /// `out_ready_i`.
    pub out_ready: bool,
}

struct Ids {
    depth: PointId,
    offer: PointId,
    moves: CrossId,
    offers: CrossId,
    occupancy: PointId,
    action: PointId,
}

const ONE: usize = 1;
const FULL: usize = 4;
const EMPTY: usize = 0;

const PUSH: usize = 1;
const POP: usize = 2;

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("common_fifo");
    block.group("configuration");
    // Pointers of a single entry, of a power of two and of another depth wrap each in their own way.
    let depth = block.point("depth", &["1", "power_of_two", "other"]).id();
    block.group("flow");
    let occupancy = block
        .point(
            "occupancy",
            &["empty", "one", "middle", "nearly_full", "full"],
        )
        .id();
    let action = block.point("action", &["none", "push", "pop", "both"]).id();
    let offer = block.point("offer", &["none", "in", "out", "both"]).id();
    let moves = block
        .cross("occupancy_action", &[occupancy, action])
        .illegal("an empty queue has nothing to give", |at| {
            at[0] == EMPTY && at[1] & POP != 0
        })
        .illegal("a full queue takes nothing", |at| {
            at[0] == FULL && at[1] & PUSH != 0
        })
        .id();
    // What the neighbours want, granted or not: a refused push and a pop that finds nothing are seen here.
    let offers = block.cross("occupancy_offer", &[occupancy, offer]).id();
    let ids = Ids {
        depth,
        offer,
        moves,
        offers,
        occupancy,
        action,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `common_fifo` in one run.
#[derive(Debug, Clone)]
pub struct FifoCoverage {
    counters: Counters,
    depth: u32,
}

impl FifoCoverage {
    /// For a queue of `depth` entries, 1 or more.
    ///
    /// # Errors
    ///
    /// None for the model as it is: counting the depth uses the sampling interface.
    pub fn new(depth: u32) -> Result<Self, SampleError> {
        let mut counters = Counters::new(model());
        let class = match depth {
            1 => 0,
            _ if depth.is_power_of_two() => 1,
            _ => 2,
        };
        counters.hit(DESCRIPTION.1.depth, class)?;
        Ok(Self { counters, depth })
    }

    /// Counts one cycle, after the queue's outputs were checked.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for a push into a full or a pop from an empty queue.
    pub fn sample(&mut self, sample: &FifoSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let occupancy = match sample.occupancy {
            0 => EMPTY,
            held if held >= self.depth => FULL,
            1 => ONE,
            held if held + 1 == self.depth => 3,
            _ => 2,
        };
        let push = usize::from(sample.in_valid && sample.in_ready) * PUSH;
        let pop = usize::from(sample.out_valid && sample.out_ready) * POP;
        let offer = usize::from(sample.in_valid) * PUSH + usize::from(sample.out_ready) * POP;
        self.counters.hit(ids.occupancy, occupancy)?;
        self.counters.hit(ids.action, push + pop)?;
        self.counters.hit(ids.offer, offer)?;
        self.counters.hit_cross(ids.offers, &[occupancy, offer])?;
        self.counters.hit_cross(ids.moves, &[occupancy, push + pop])
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue of `depth` that follows its contract, offered every combination at every occupancy.
    fn run(depth: u32) -> Counters {
        let mut coverage = FifoCoverage::new(depth).expect("depth");
        for occupancy in 0..=depth {
            for offer in 0..=PUSH + POP {
                let sample = FifoSample {
                    occupancy,
                    in_valid: offer & PUSH != 0,
                    in_ready: occupancy < depth,
                    out_valid: occupancy > 0,
                    out_ready: offer & POP != 0,
                };
                coverage.sample(&sample).expect("within the contract");
            }
        }
        coverage.counters().clone()
    }

    #[test]
    fn three_depths_cover_everything() {
        let mut counters = run(1);
        counters.merge(&run(4)).expect("same model");
        counters.merge(&run(13)).expect("same model");
        let grade = counters.grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
    }

    #[test]
    fn a_depth_of_one_alone_leaves_holes() {
        let grade = run(1).grade();
        let holes: Vec<_> = grade.groups[1].points[0]
            .holes
            .iter()
            .map(|hole| &hole.bin)
            .collect();
        assert_eq!(holes, ["one", "middle", "nearly_full"]);
    }

    #[test]
    fn taking_from_an_empty_queue_is_illegal() {
        let mut coverage = FifoCoverage::new(4).expect("depth");
        let mut sample = FifoSample {
            occupancy: 0,
            in_valid: false,
            in_ready: true,
            out_valid: true,
            out_ready: true,
        };
        let error = coverage
            .sample(&sample)
            .expect_err("nothing to give")
            .to_string();
        assert!(
            error.contains("`common_fifo.flow.occupancy_action.empty.pop`"),
            "{error}"
        );
        sample = FifoSample {
            occupancy: 4,
            in_valid: true,
            out_ready: false,
            ..sample
        };
        let error = coverage.sample(&sample).expect_err("no place").to_string();
        assert!(
            error.contains("`common_fifo.flow.occupancy_action.full.push`"),
            "{error}"
        );
    }
}
