//! What every AXI4 port has to be seen doing: points that a block's model takes over.

use crate::functional::{Counters, CrossId, ModelBuilder, PointId, SampleError};

/// Which bytes of a burst were written, of those that its beats could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrobeClass {
    /// All.
    All,
    /// None.
    None,
    /// Some.
    Some,
}

/// One transaction that was answered as golden says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxiSample {
    /// A write, otherwise a read.
    pub write: bool,
    /// `AxBURST`, 0 to 2.
    pub burst: u8,
    /// Bytes of the bus.
    pub bus_bytes: usize,
    /// Logarithm of the bytes of a beat.
    pub size: u8,
    /// Address of the first byte.
    pub addr: u64,
    /// Beats, 1 to 256.
    pub beats: usize,
    /// Which bytes were written; `All` for a read.
    pub strobes: StrobeClass,
    /// An error was answered.
    pub error: bool,
}

/// The points of transactions, as part of a model.
#[derive(Debug, Clone)]
pub struct AxiPoints {
    kind: PointId,
    burst: PointId,
    width: PointId,
    alignment: PointId,
    length: PointId,
    strobes: PointId,
    answer: PointId,
    kind_burst: CrossId,
    shape: CrossId,
    placement: CrossId,
    width_strobes: CrossId,
    kind_answer: CrossId,
}

const WRAP: usize = 2;
const INCR: usize = 1;

impl AxiPoints {
    /// Adds the group `transaction` to a block's model.
    pub fn describe(block: &mut ModelBuilder) -> Self {
        block.group("transaction");
        let kind = block.point("kind", &["read", "write"]).id();
        let burst = block.point("burst", &["fixed", "incr", "wrap"]).id();
        let width = block.point("width", &["byte", "narrow", "full"]).id();
        // To the bus, to the beat alone, to neither; a byte is always aligned to itself.
        let alignment = block.point("alignment", &["bus", "beat", "unaligned"]).id();
        let length = block.point("length", &["1", "2_4", "5_16", "17_256"]).id();
        let strobes = block.point("strobes", &["all", "none", "some"]).id();
        let answer = block.point("answer", &["okay", "error"]).id();
        let kind_burst = block.cross("kind_burst", &[kind, burst]).id();
        let shape = block
            .cross("burst_width_length", &[burst, width, length])
            .illegal("only incrementing bursts have more than 16 beats", |at| {
                at[0] != INCR && at[2] == 3
            })
            .illegal("a wrapping burst has 2 beats or more", |at| {
                at[0] == WRAP && at[2] == 0
            })
            .id();
        let placement = block
            .cross("burst_width_alignment", &[burst, width, alignment])
            .illegal("a wrapping burst is aligned", |at| {
                at[0] == WRAP && at[2] == 2
            })
            .illegal("a byte is aligned to itself", |at| at[1] == 0 && at[2] == 2)
            .illegal("a full beat that is aligned is aligned to the bus", |at| {
                at[1] == 2 && at[2] == 1
            })
            .id();
        let width_strobes = block.cross("width_strobes", &[width, strobes]).id();
        let kind_answer = block.cross("kind_answer", &[kind, answer]).id();
        Self {
            kind,
            burst,
            width,
            alignment,
            length,
            strobes,
            answer,
            kind_burst,
            shape,
            placement,
            width_strobes,
            kind_answer,
        }
    }

    /// Counts a transaction.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for a burst that AXI4 does not allow.
    pub fn sample(&self, counters: &mut Counters, sample: &AxiSample) -> Result<(), SampleError> {
        let bytes = 1 << sample.size;
        let kind = usize::from(sample.write);
        let burst = usize::from(sample.burst);
        let width = match sample.size {
            0 => 0,
            _ if bytes < sample.bus_bytes as u64 => 1,
            _ => 2,
        };
        let alignment = match sample.addr {
            addr if addr.is_multiple_of(sample.bus_bytes as u64) => 0,
            addr if addr.is_multiple_of(bytes) => 1,
            _ => 2,
        };
        let length = match sample.beats {
            0..=1 => 0,
            2..=4 => 1,
            5..=16 => 2,
            _ => 3,
        };
        let answer = usize::from(sample.error);
        counters.hit(self.kind, kind)?;
        counters.hit(self.burst, burst)?;
        counters.hit(self.width, width)?;
        counters.hit(self.alignment, alignment)?;
        counters.hit(self.length, length)?;
        counters.hit(self.answer, answer)?;
        counters.hit_cross(self.kind_burst, &[kind, burst])?;
        counters.hit_cross(self.shape, &[burst, width, length])?;
        counters.hit_cross(self.placement, &[burst, width, alignment])?;
        counters.hit_cross(self.kind_answer, &[kind, answer])?;
        if sample.write {
            let strobes = match sample.strobes {
                StrobeClass::All => 0,
                StrobeClass::None => 1,
                StrobeClass::Some => 2,
            };
            counters.hit(self.strobes, strobes)?;
            counters.hit_cross(self.width_strobes, &[width, strobes])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Every combination that AXI4 allows covers everything, and the others are refused.
    #[test]
    fn all_legal_transactions_cover_everything_and_nothing_else_does() {
        let mut block = ModelBuilder::new("port");
        let points = AxiPoints::describe(&mut block);
        let model = Arc::new(block.build().expect("a model"));
        let mut counters = Counters::new(&model);
        let strobes = [StrobeClass::All, StrobeClass::None, StrobeClass::Some];
        for index in 0..2 * 3 * 3 * 4 * 3 * 3 * 2 {
            let digit = |step: usize, base: usize| index / step % base;
            let sample = AxiSample {
                write: digit(1, 2) == 1,
                burst: digit(2, 3) as u8,
                bus_bytes: 8,
                size: [0, 2, 3][digit(6, 3)],
                addr: [0x10, 0x14, 0x11][digit(18, 3)],
                beats: [1, 4, 16, 17][digit(54, 4)],
                strobes: strobes[digit(216, 3)],
                error: digit(648, 2) == 1,
            };
            let aligned = sample.addr.is_multiple_of(1 << sample.size);
            let legal = match sample.burst {
                0 => sample.beats <= 16,
                1 => true,
                _ => (2..=16).contains(&sample.beats) && aligned,
            };
            let seen = points.sample(&mut counters, &sample);
            assert_eq!(seen.is_ok(), legal, "{sample:?}");
        }
        let grade = counters.grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
    }
}
