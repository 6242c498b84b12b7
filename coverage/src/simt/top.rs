//! What `simt` has to be seen doing.

use std::sync::{Arc, LazyLock};

use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// How launches end: done, or with one of the causes, in the order of their numbers.
const ENDS: [&str; 8] = [
    "done",
    "illegal",
    "misaligned",
    "access",
    "stack",
    "barrier",
    "launch",
    "memory",
];

/// What a launch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LaunchSample {
    /// CTAs.
    pub ctas: u64,
    /// Threads of a CTA.
    pub threads: u64,
    /// Number of the fault's cause, if it ended with one.
    pub cause: Option<u8>,
    /// Number of the cause with which the launch before ended; none if that was done, or there was none.
    pub before: Option<u8>,
    /// Whether each of these happened: instructions with more than one path, groups that left a control instruction,
    /// clocks without an instruction for data, units, fetch and barriers, hits, misses, accesses of shared memory,
    /// conflicts of its banks, atomics.
    pub events: [bool; 11],
}

/// The events of a [`LaunchSample`], in their order.
const EVENTS: [&str; 11] = [
    "divergent",
    "split",
    "stall_data",
    "stall_unit",
    "stall_fetch",
    "stall_barrier",
    "hit",
    "miss",
    "shared",
    "conflict",
    "atomic",
];

struct Ids {
    ctas: PointId,
    threads: PointId,
    end: PointId,
    before: PointId,
    end_after: CrossId,
    events: Vec<PointId>,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("simt");
    block.group("launch");
    let ctas = block.point("ctas", &["one", "several"]).id();
    let threads = block
        .point(
            "threads",
            &[
                "one",
                "part_of_a_warp",
                "one_warp",
                "several_warps",
                "none_possible",
            ],
        )
        .id();
    let end = block.point("end", &ENDS).id();
    let before = block.point("before", &["done", "fault"]).id();
    let end_after = block.cross("end_after", &[end, before]).id();
    block.group("event");
    let events = EVENTS.map(|name| block.point(name, &["no", "yes"]).id());
    let ids = Ids {
        ctas,
        threads,
        end,
        before,
        end_after,
        events: events.to_vec(),
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `simt` in one run.
#[derive(Debug, Clone)]
pub struct TopCoverage {
    counters: Counters,
    lanes: u64,
    warps: u64,
}

impl TopCoverage {
    /// For cores of so many warps of so many lanes.
    #[must_use]
    pub fn new(warps: u64, lanes: u64) -> Self {
        Self {
            counters: Counters::new(model()),
            lanes,
            warps,
        }
    }

    /// Counts a launch that has ended.
    ///
    /// # Errors
    ///
    /// A cause that there is not.
    pub fn sample(&mut self, launch: &LaunchSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let threads = match launch.threads {
            1 => 0,
            threads if threads == 0 || threads > self.lanes * self.warps => 4,
            threads if threads < self.lanes => 1,
            threads if threads == self.lanes => 2,
            _ => 3,
        };
        let end = launch.cause.map_or(0, |cause| 1 + usize::from(cause));
        let before = usize::from(launch.before.is_some());
        self.counters.hit(ids.ctas, usize::from(launch.ctas > 1))?;
        self.counters.hit(ids.threads, threads)?;
        self.counters.hit(ids.end, end)?;
        self.counters.hit(ids.before, before)?;
        self.counters.hit_cross(ids.end_after, &[end, before])?;
        for (id, happened) in ids.events.iter().zip(launch.events) {
            self.counters.hit(*id, usize::from(happened))?;
        }
        Ok(())
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

    #[test]
    fn everything_can_be_covered() {
        let mut all = TopCoverage::new(4, 8);
        for threads in [0, 1, 5, 8, 9] {
            for cause in [None].into_iter().chain((0..7).map(Some)) {
                for before in [None, Some(0)] {
                    for happened in [false, true] {
                        let launch = LaunchSample {
                            ctas: 1 + u64::from(happened),
                            threads,
                            cause,
                            before,
                            events: [happened; 11],
                        };
                        all.sample(&launch).expect("legal");
                    }
                }
            }
        }
        let grade = all.counters().grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
    }

    #[test]
    fn a_cause_that_there_is_not_is_refused() {
        let mut all = TopCoverage::new(4, 8);
        let launch = LaunchSample {
            cause: Some(7),
            ..LaunchSample::default()
        };
        assert!(all.sample(&launch).is_err());
    }
}
