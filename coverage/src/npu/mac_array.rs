//! What `npu_mac_array` has to be seen computing.

use std::sync::{Arc, LazyLock};

use super::format::{self, FORMATS};
use crate::common::{wait_bins, wait_index};
use crate::functional::{
    Bins, Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError,
};

/// What the array was doing when something happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayPhase {
    /// No command, no results left.
    Idle,
    /// C is being preloaded; nothing computes yet.
    Loading,
    /// A tile is being computed.
    Computing,
    /// Results are leaving; nothing computes any more.
    Draining,
}

/// One checked tile, with how its streams moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArraySample {
    /// Format code, 0 to 11.
    pub format: u8,
    /// Format code of the tile before, none for the first after reset.
    pub previous_format: Option<u8>,
    /// `preload` of the command.
    pub preload: bool,
    /// `satfinite` of the command.
    pub satfinite: bool,
    /// `steps` of the command, 1 to 65535.
    pub steps: u16,
    /// Cycles without a command before this one.
    pub command_gap: u32,
    /// Longest wait for a beat of A within the tile, over the rows, in cycles.
    pub row_gap: u32,
    /// Longest wait for a beat of B within the tile, over the columns, in cycles.
    pub column_gap: u32,
    /// Longest wait for `d_ready_i` while the tile was drained, over the rows, in cycles.
    pub drain_stall: u32,
    /// Whether a later tile was computed while this one was drained.
    pub overlapped: bool,
}

struct Ids {
    format: PointId,
    steps: PointId,
    format_steps: CrossId,
    preload: PointId,
    format_preload: CrossId,
    satfinite: PointId,
    integer_satfinite: CrossId,
    switch: PointId,
    command_gap: PointId,
    switch_gap: CrossId,
    row_gap: PointId,
    column_gap: PointId,
    gaps: CrossId,
    drain_stall: PointId,
    overlapped: PointId,
    drain: CrossId,
    reset: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

static STEPS: LazyLock<Bins> = LazyLock::new(|| {
    Bins::ranges(&[
        ("1", 1..=1),
        ("2", 2..=2),
        ("3_4", 3..=4),
        ("5_8", 5..=8),
        ("9_16", 9..=16),
        ("17_64", 17..=64),
        ("65_up", 65..=65_535),
    ])
});

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("npu_mac_array");

    block.group("command");
    let format = block.point("format", &FORMATS).id();
    let steps = block.point("steps", &*STEPS).id();
    let format_steps = block.cross("format_steps", &[format, steps]).id();
    let preload = block.point("preload", &["off", "on"]).id();
    let format_preload = block.cross("format_preload", &[format, preload]).id();
    let satfinite = block.point("satfinite", &["off", "on"]).id();
    let integer_satfinite = block
        .cross("format_satfinite", &[format, satfinite])
        .ignore("satfinite concerns integers alone", |at| {
            !format::is_integer(at[0])
        })
        .id();

    block.group("sequence");
    // A switch between INT32 and FP32 accumulators changes the most.
    let switch = block
        .point("format_switch", &["same", "other", "other_accumulator"])
        .id();
    let command_gap = block.point("command_gap", wait_bins()).id();
    let switch_gap = block
        .cross("format_switch_command_gap", &[switch, command_gap])
        .id();

    block.group("flow");
    let row_gap = block.point("row_gap", wait_bins()).id();
    let column_gap = block.point("column_gap", wait_bins()).id();
    let gaps = block
        .cross("row_gap_column_gap", &[row_gap, column_gap])
        .id();
    let drain_stall = block.point("drain_stall", wait_bins()).id();
    let overlapped = block.point("drain_overlap", &["alone", "overlapped"]).id();
    let drain = block
        .cross("drain_stall_overlap", &[drain_stall, overlapped])
        .id();

    block.group("reset");
    let reset = block
        .point("phase", &["idle", "loading", "computing", "draining"])
        .id();

    let ids = Ids {
        format,
        steps,
        format_steps,
        preload,
        format_preload,
        satfinite,
        integer_satfinite,
        switch,
        command_gap,
        switch_gap,
        row_gap,
        column_gap,
        gaps,
        drain_stall,
        overlapped,
        drain,
        reset,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `npu_mac_array` in one run.
#[derive(Debug, Clone)]
pub struct ArrayCoverage {
    counters: Counters,
}

impl Default for ArrayCoverage {
    fn default() -> Self {
        Self::new()
    }
}

impl ArrayCoverage {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counters: Counters::new(model()),
        }
    }

    /// Counts one tile, after all of its results were found right.
    ///
    /// # Errors
    ///
    /// [`SampleError::OutOfRange`] for a format code above 11 or a tile of 0 steps.
    pub fn sample(&mut self, sample: &ArraySample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let counters = &mut self.counters;
        let format = usize::from(sample.format);
        let steps = STEPS.index(i64::from(sample.steps)).unwrap_or(usize::MAX);
        let preload = usize::from(sample.preload);
        let satfinite = usize::from(sample.satfinite);
        counters.hit(ids.format, format)?;
        counters.hit(ids.steps, steps)?;
        counters.hit_cross(ids.format_steps, &[format, steps])?;
        counters.hit(ids.preload, preload)?;
        counters.hit_cross(ids.format_preload, &[format, preload])?;
        if format::is_integer(format) {
            counters.hit(ids.satfinite, satfinite)?;
            counters.hit_cross(ids.integer_satfinite, &[format, satfinite])?;
        }

        let command_gap = wait_index(sample.command_gap);
        counters.hit(ids.command_gap, command_gap)?;
        if let Some(previous) = sample.previous_format {
            let previous = usize::from(previous);
            let switch = match format::is_integer(previous) == format::is_integer(format) {
                _ if previous == format => 0,
                true => 1,
                false => 2,
            };
            counters.hit(ids.switch, switch)?;
            counters.hit_cross(ids.switch_gap, &[switch, command_gap])?;
        }

        let (row_gap, column_gap) = (wait_index(sample.row_gap), wait_index(sample.column_gap));
        counters.hit(ids.row_gap, row_gap)?;
        counters.hit(ids.column_gap, column_gap)?;
        counters.hit_cross(ids.gaps, &[row_gap, column_gap])?;
        let (stall, overlapped) = (
            wait_index(sample.drain_stall),
            usize::from(sample.overlapped),
        );
        counters.hit(ids.drain_stall, stall)?;
        counters.hit(ids.overlapped, overlapped)?;
        counters.hit_cross(ids.drain, &[stall, overlapped])
    }

    /// Counts a reset in the middle of a run, after the array was found working again.
    ///
    /// # Errors
    ///
    /// None for the model as it is.
    pub fn sample_reset(&mut self, phase: ArrayPhase) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.reset, phase as usize)
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

    /// Walks every field through all of its bins: each bin of the model can be reached.
    #[test]
    fn every_bin_can_be_reached() {
        let waits = [0, 1, 2, 8];
        let mut coverage = ArrayCoverage::new();
        for format in 0..12 {
            for steps in [1, 2, 3, 5, 9, 17, 65] {
                for (satfinite, preload) in [(false, false), (false, true), (true, false)] {
                    let sample = ArraySample {
                        format,
                        steps,
                        satfinite,
                        preload,
                        ..ArraySample::default()
                    };
                    coverage.sample(&sample).expect("legal");
                }
            }
        }
        for first in waits {
            for second in waits {
                for previous in [0, 1, 2] {
                    let sample = ArraySample {
                        steps: 1,
                        previous_format: Some(previous),
                        command_gap: second,
                        row_gap: first,
                        column_gap: second,
                        drain_stall: first,
                        overlapped: second > 0,
                        ..ArraySample::default()
                    };
                    coverage.sample(&sample).expect("legal");
                }
            }
        }
        use ArrayPhase::{Computing, Draining, Idle, Loading};
        for phase in [Idle, Loading, Computing, Draining] {
            coverage.sample_reset(phase).expect("four phases");
        }
        let grade = coverage.counters().grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
        assert!(grade.points().all(|point| point.unexpected.is_empty()));
    }

    #[test]
    fn a_switch_between_accumulators_is_told_from_one_within() {
        let mut coverage = ArrayCoverage::new();
        let sample = ArraySample {
            format: 2,
            steps: 1,
            ..ArraySample::default()
        };
        for (previous, covered) in [(None, 0), (Some(2), 1), (Some(11), 2), (Some(0), 3)] {
            coverage
                .sample(&ArraySample {
                    previous_format: previous,
                    ..sample
                })
                .expect("legal");
            assert_eq!(
                coverage.counters().grade().groups[1].points[0].covered,
                covered
            );
        }
    }

    #[test]
    fn impossible_tiles_are_refused() {
        let mut coverage = ArrayCoverage::new();
        let sample = ArraySample {
            steps: 1,
            ..ArraySample::default()
        };
        assert!(
            coverage
                .sample(&ArraySample { steps: 0, ..sample })
                .is_err()
        );
        assert!(
            coverage
                .sample(&ArraySample {
                    format: 12,
                    ..sample
                })
                .is_err()
        );
    }
}
