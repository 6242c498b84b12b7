//! Floors that a regression has to reach.

use std::fmt;

use serde::{Serialize, Serializer};

use super::BlockReport;
use super::table::percent;
use crate::code::{PointKind, Tally};

/// What a floor is set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Mean score of the points of all blocks.
    Functional,
    /// Share of the code coverage points of one kind; of source lines for [`PointKind::Line`].
    Code(PointKind),
}

impl Measure {
    /// Every measure, in report order.
    pub const ALL: [Self; 7] = [
        Self::Functional,
        Self::Code(PointKind::Line),
        Self::Code(PointKind::Branch),
        Self::Code(PointKind::Expr),
        Self::Code(PointKind::Toggle),
        Self::Code(PointKind::Fsm),
        Self::Code(PointKind::User),
    ];

    /// The measure of this name, as in configuration: `functional`, `line`, `branch`, ...
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Functional => "functional",
            Self::Code(kind) => kind.name(),
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Whether a floor was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateOutcome {
    /// At the floor or above.
    Met,
    /// Below the floor.
    NotMet,
    /// There was nothing to measure, which is not met either.
    NothingMeasured,
}

/// One floor and what was reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// What it is set on.
    pub measure: Measure,
    /// The least share, 0 to 1.
    pub floor: f64,
    /// The share reached, 0 to 1, none where nothing was measured.
    pub value: Option<f64>,
    /// Whether it was reached.
    pub outcome: GateOutcome,
    /// What is furthest away, and its share: a point, or a source file.
    pub worst: Option<(String, f64)>,
    /// Blocks that the measure finds nothing of though it should.
    pub unmeasured: Vec<String>,
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GATE {:<10} ", self.measure.name())?;
        match self.value {
            Some(value) => write!(f, "{:>5} %", percent(value))?,
            None => write!(f, "{:>5} %", "-")?,
        }
        write!(f, ", floor {} %   ", percent(self.floor))?;
        match (self.outcome, &self.worst) {
            (GateOutcome::Met, _) => f.write_str("ok"),
            (GateOutcome::NotMet, Some((name, share))) => {
                write!(f, "NOT MET   worst: {name} {} %", percent(*share))
            }
            (GateOutcome::NotMet, None) => f.write_str("NOT MET"),
            (GateOutcome::NothingMeasured, _) if self.unmeasured.is_empty() => {
                f.write_str("NOT MET   nothing measured")
            }
            (GateOutcome::NothingMeasured, _) => {
                write!(
                    f,
                    "NOT MET   nothing measured of {}",
                    self.unmeasured.join(", ")
                )
            }
        }
    }
}

/// Judges each floor (a share, 0 to 1) over all blocks.
///
/// A block without functional coverage leaves a functional floor unmeasured, one without code coverage every code
/// floor. A block whose code has no points of a kind, as one without state machines, is no obstacle as long as another
/// block has some.
#[must_use]
pub fn gates(blocks: &[BlockReport], floors: &[(Measure, f64)]) -> Vec<Gate> {
    floors
        .iter()
        .map(|(measure, floor)| gate(blocks, *measure, *floor))
        .collect()
}

fn gate(blocks: &[BlockReport], measure: Measure, floor: f64) -> Gate {
    let missing = |block: &&BlockReport| match measure {
        Measure::Functional => block.functional.is_none(),
        Measure::Code(_) => block.code.is_none(),
    };
    let unmeasured: Vec<String> = blocks
        .iter()
        .filter(missing)
        .map(|block| block.block.clone())
        .collect();
    let (value, worst) = match measure {
        Measure::Functional => functional(blocks),
        Measure::Code(kind) => code(blocks, kind),
    };
    // A share is a quotient: a floor of 0.95 has to be met by 19 of 20.
    const SLACK: f64 = 1e-9;
    let outcome = match value {
        Some(_) if !unmeasured.is_empty() => GateOutcome::NothingMeasured,
        Some(value) if value + SLACK >= floor => GateOutcome::Met,
        Some(_) => GateOutcome::NotMet,
        None => GateOutcome::NothingMeasured,
    };
    Gate {
        measure,
        floor,
        value,
        outcome,
        worst,
        unmeasured,
    }
}

type Reached = (Option<f64>, Option<(String, f64)>);

fn functional(blocks: &[BlockReport]) -> Reached {
    let (mut sum, mut points) = (0.0, 0usize);
    let mut worst: Option<(String, f64)> = None;
    for grade in blocks.iter().filter_map(|block| block.functional.as_ref()) {
        for group in &grade.groups {
            for point in &group.points {
                sum += point.score();
                points += 1;
                if worst
                    .as_ref()
                    .is_none_or(|(_, share)| point.score() < *share)
                {
                    let id = format!("{}.{}.{}", grade.block, group.name, point.name);
                    worst = Some((id, point.score()));
                }
            }
        }
    }
    ((points > 0).then(|| sum / points as f64), worst)
}

fn code(blocks: &[BlockReport], kind: PointKind) -> Reached {
    let mut total = Tally::default();
    let mut worst: Option<(String, f64)> = None;
    for summary in blocks.iter().filter_map(|block| block.code.as_ref()) {
        total.join(summary.tally(kind).unwrap_or_default());
        let file = summary
            .worst_file(kind)
            .map(|(file, tally)| (file, tally.share()));
        let worse = |share: f64| worst.as_ref().is_none_or(|(_, least)| share < *least);
        if let Some((file, share)) = file.filter(|(_, share)| worse(*share)) {
            worst = Some((file.to_owned(), share));
        }
    }
    ((total.total > 0).then(|| total.share()), worst)
}
