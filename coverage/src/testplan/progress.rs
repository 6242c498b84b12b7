//! How far a run came along a plan.

use serde::Serialize;

use super::plan::{Plan, Stage};
use crate::code::Tally;

/// Testpoints of one stage whose tests all passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageProgress {
    /// The stage.
    pub stage: Stage,
    /// Testpoints shown, and all of the stage.
    pub points: Tally,
    /// Names of the points not shown, in the plan's order.
    pub open: Vec<String>,
}

impl Plan {
    /// Counts the testpoints that are shown, by stage; stages without points are left out.
    ///
    /// A point is shown when it names a test and `passed` holds for all that it names.
    pub fn progress(&self, passed: impl Fn(&str) -> bool) -> Vec<StageProgress> {
        let mut stages = Vec::new();
        for stage in Stage::ALL {
            let mut progress = StageProgress {
                stage,
                points: Tally::default(),
                open: Vec::new(),
            };
            for point in &self.testpoints {
                if Stage::parse(&point.stage) != Some(stage) {
                    continue;
                }
                let shown = !point.tests.is_empty() && point.tests.iter().all(|test| passed(test));
                progress.points.add(shown);
                if !shown {
                    progress.open.push(point.name.clone());
                }
            }
            if progress.points.total > 0 {
                stages.push(progress);
            }
        }
        stages
    }
}
