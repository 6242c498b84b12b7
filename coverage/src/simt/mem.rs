//! What `simt_mem` has to be seen doing.

use std::sync::{Arc, LazyLock};

use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// Operations, in the order of their codes.
const OPS: [&str; 13] = [
    "load", "store", "lr", "sc", "swap", "add", "xor", "and", "or", "min", "max", "minu", "maxu",
];

/// Which memory the lanes of a request use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpaceClass {
    /// Memory.
    Memory,
    /// Shared memory.
    Shared,
    /// Both.
    Mixed,
}

/// How the lanes' addresses lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// A single lane.
    Single,
    /// All at the same address.
    SameWord,
    /// Successive, in the order of the lanes.
    UnitStride,
    /// Within a line, in any order.
    SameLine,
    /// In several lines.
    Scattered,
}

/// Shape of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemSample {
    /// Code of the operation, 0 to 12.
    pub op: u8,
    /// Logarithm of the bytes of a lane, 0 to 3.
    pub size: u8,
    /// Which memory.
    pub space: SpaceClass,
    /// Where.
    pub pattern: Pattern,
    /// Lanes.
    pub lanes: u32,
}

struct Ids {
    op: PointId,
    size: PointId,
    space: PointId,
    pattern: PointId,
    mask: PointId,
    op_size: CrossId,
    op_space: CrossId,
    pattern_space: CrossId,
    request: PointId,
    part: PointId,
    wait: PointId,
    part_wait: CrossId,
    cache: PointId,
    banks: PointId,
    axi: PointId,
    empty: PointId,
    atomic: PointId,
    error: PointId,
    fetch: PointId,
    cores: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

/// Codes from this one on are of 4 or 8 bytes.
const FIRST_ATOMIC: usize = 2;

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("simt_mem");
    block.group("configuration");
    // Only with several cores are lines taken away by others.
    let cores = block.point("cores", &["one", "several"]).id();
    block.group("request");
    let op = block.point("op", &OPS).id();
    let size = block.point("size", &["1", "2", "4", "8"]).id();
    let space = block.point("space", &["memory", "shared", "mixed"]).id();
    let patterns = [
        "single",
        "same_word",
        "unit_stride",
        "same_line",
        "scattered",
    ];
    let pattern = block.point("pattern", &patterns).id();
    let mask = block.point("mask", &["one", "some", "all"]).id();
    let op_size = block
        .cross("op_size", &[op, size])
        .illegal("atomics are of 4 or 8 bytes", |at| {
            at[0] >= FIRST_ATOMIC && at[1] < 2
        })
        .id();
    let op_space = block.cross("op_space", &[op, space]).id();
    let pattern_space = block
        .cross("pattern_space", &[pattern, space])
        .ignore(
            "a lane is in one memory, and lanes in both are not near each other",
            |at| at[1] == 2 && at[0] != 4,
        )
        .id();
    block.group("flow");
    let request = block.point("request", &["none", "taken", "stalled"]).id();
    let part = block.point("part", &["some", "last"]).id();
    let wait = block.point("wait", &["none", "stalled"]).id();
    let part_wait = block.cross("part_wait", &[part, wait]).id();
    let cache = block.point("cache", &["hit", "miss"]).id();
    let banks = block.point("banks", &["access", "conflict"]).id();
    let atomic = block.point("atomic", &["other", "atomic"]).id();
    let axi = block.point("axi", &["none", "r", "w", "both"]).id();
    let empty = block.point("emptied", &["no", "yes"]).id();
    block.group("answer");
    let error = block.point("error", &["warp_0", "other_warp"]).id();
    let fetch = block.point("fetch", &["okay", "error"]).id();
    let ids = Ids {
        op,
        size,
        space,
        pattern,
        mask,
        op_size,
        op_space,
        pattern_space,
        request,
        part,
        wait,
        part_wait,
        cache,
        banks,
        axi,
        empty,
        atomic,
        error,
        fetch,
        cores,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `simt_mem` in one run.
#[derive(Debug, Clone)]
pub struct MemCoverage {
    counters: Counters,
    lanes: u32,
}

impl MemCoverage {
    /// For so many cores and lanes.
    ///
    /// # Errors
    ///
    /// None for the model as it is: counting the cores uses the sampling interface.
    pub fn new(cores: u32, lanes: u32) -> Result<Self, SampleError> {
        let mut counters = Counters::new(model());
        counters.hit(DESCRIPTION.1.cores, usize::from(cores > 1))?;
        Ok(Self { counters, lanes })
    }

    /// Counts a request that was taken.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for an atomic of less than 4 bytes.
    pub fn sample_access(&mut self, sample: &MemSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let (op, size) = (usize::from(sample.op), usize::from(sample.size));
        let (space, pattern) = (sample.space as usize, sample.pattern as usize);
        let mask = match sample.lanes {
            1 => 0,
            lanes if lanes < self.lanes => 1,
            _ => 2,
        };
        self.counters.hit(ids.op, op)?;
        self.counters.hit(ids.size, size)?;
        self.counters.hit(ids.space, space)?;
        self.counters.hit(ids.pattern, pattern)?;
        self.counters.hit(ids.mask, mask)?;
        self.counters.hit_cross(ids.op_size, &[op, size])?;
        self.counters.hit_cross(ids.op_space, &[op, space])?;
        self.counters
            .hit_cross(ids.pattern_space, &[pattern, space])
    }

    /// Counts a core's requests in a cycle.
    ///
    /// # Errors
    ///
    /// None for the model as it is, here and below.
    pub fn sample_request(&mut self, offered: bool, taken: bool) -> Result<(), SampleError> {
        let class = match (offered, taken) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        };
        self.counters.hit(DESCRIPTION.1.request, class)
    }

    /// Counts a response that was taken.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_response(&mut self, last: bool, stalled: bool) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let at = [usize::from(last), usize::from(stalled)];
        self.counters.hit(ids.part, at[0])?;
        self.counters.hit(ids.wait, at[1])?;
        self.counters.hit_cross(ids.part_wait, &at)
    }

    /// Counts what `event_o` says of a cycle.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_event(
        &mut self,
        hit: bool,
        miss: bool,
        shared: bool,
        conflict: bool,
        atomic: bool,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        if hit || miss {
            self.counters.hit(ids.cache, usize::from(miss))?;
        }
        if shared {
            self.counters.hit(ids.banks, usize::from(conflict))?;
        }
        self.counters.hit(ids.atomic, usize::from(atomic))
    }

    /// Counts a cycle of the whole block.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_cycle(&mut self, r: bool, w: bool, emptied: bool) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters
            .hit(ids.axi, usize::from(r) + 2 * usize::from(w))?;
        self.counters.hit(ids.empty, usize::from(emptied))
    }

    /// Counts an error that was told, with a warp other than 0 or not.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_error(&mut self, other_warp: bool) -> Result<(), SampleError> {
        self.counters
            .hit(DESCRIPTION.1.error, usize::from(other_warp))
    }

    /// Counts a line that was fetched.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_fetch(&mut self, error: bool) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.fetch, usize::from(error))
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

    const PATTERNS: [Pattern; 5] = [
        Pattern::Single,
        Pattern::SameWord,
        Pattern::UnitStride,
        Pattern::SameLine,
        Pattern::Scattered,
    ];

    fn sample(op: u8, size: u8) -> MemSample {
        MemSample {
            op,
            size,
            space: SpaceClass::Memory,
            pattern: Pattern::Single,
            lanes: 1,
        }
    }

    #[test]
    fn everything_can_be_covered() {
        let mut all = MemCoverage::new(1, 8).expect("cores");
        for op in 0..13 {
            for size in if op < 2 { 0..4 } else { 2..4 } {
                for space in [SpaceClass::Memory, SpaceClass::Shared, SpaceClass::Mixed] {
                    for (lanes, pattern) in [1, 2, 8, 8, 8].into_iter().zip(PATTERNS) {
                        let shape = MemSample {
                            space,
                            pattern,
                            lanes,
                            ..sample(op, size)
                        };
                        all.sample_access(&shape).expect("legal");
                    }
                }
            }
        }
        for bits in 0..16 {
            let [a, b, c, d] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            all.sample_request(a, b).expect("legal");
            all.sample_response(a, b).expect("legal");
            all.sample_event(a, !a, b, c, d).expect("legal");
            all.sample_cycle(a, b, c).expect("legal");
            all.sample_error(a).expect("legal");
            all.sample_fetch(a).expect("legal");
        }
        let mut counters = all.counters().clone();
        let several = MemCoverage::new(2, 8).expect("cores");
        counters.merge(several.counters()).expect("same model");
        let grade = counters.grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
    }

    #[test]
    fn an_atomic_of_a_byte_is_illegal() {
        let mut coverage = MemCoverage::new(1, 8).expect("cores");
        let error = coverage.sample_access(&sample(5, 0)).expect_err("a byte");
        let error = error.to_string();
        assert!(
            error.contains("`simt_mem.request.op_size.add.1`"),
            "{error}"
        );
    }
}
