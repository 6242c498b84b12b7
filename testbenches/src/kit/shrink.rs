//! Makes a failing stimulus small by running smaller ones on the RTL.
//!
//! First transactions go, in runs of half the stimulus, then of a quarter, down to single ones (as in delta debugging:
//! Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002); then what remains
//! is simplified. Both repeat until nothing works any more or the budget is spent. A candidate counts only if it fails
//! in the same kind.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Failure, FailureKind, Stimulus, stop_requested};

/// How much may be spent.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Wall-clock time.
    pub wall: Duration,
    /// Runs on the RTL.
    pub runs: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(20),
            runs: 20_000,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest stimulus found that still fails in the same kind.
    pub stimulus: Value,
    /// How it fails.
    pub failure: Failure,
    /// Transactions before.
    pub before: usize,
    /// Transactions after.
    pub after: usize,
    /// Runs on the RTL.
    pub runs: u64,
    /// Nothing smaller was found, as opposed to a spent budget.
    pub minimal: bool,
}

impl Shrunk {
    pub(crate) fn nothing(stimulus: Value, failure: Failure) -> Self {
        Self {
            stimulus,
            failure,
            before: 0,
            after: 0,
            runs: 0,
            minimal: false,
        }
    }
}

struct Search<S, F> {
    best: S,
    failure: Failure,
    kind: FailureKind,
    budget: Budget,
    started: Instant,
    runs: u64,
    fails: F,
}

impl<S: Stimulus, F: FnMut(&S) -> Option<Failure>> Search<S, F> {
    fn spent(&self) -> bool {
        self.runs >= self.budget.runs
            || self.started.elapsed() >= self.budget.wall
            || stop_requested()
    }

    fn accept(&mut self, candidate: S) -> bool {
        self.runs += 1;
        match (self.fails)(&candidate) {
            Some(failure) if failure.kind == self.kind => {
                self.failure = failure;
                self.best = candidate;
                true
            }
            _ => false,
        }
    }

    /// Removes runs of transactions, from the end: what follows the failure goes at once.
    fn fewer(&mut self) -> bool {
        let mut any = false;
        let mut chunk = self.best.len().div_ceil(2);
        while chunk > 0 {
            let mut end = self.best.len();
            while end > 0 && !self.spent() {
                let start = end.saturating_sub(chunk);
                any |= self.accept(self.best.without(start..end));
                end = start.min(self.best.len());
            }
            chunk /= 2;
        }
        any
    }

    fn simpler(&mut self) -> bool {
        let mut any = false;
        let mut next = 0;
        while !self.spent() {
            let Some(candidate) = self.best.simpler().into_iter().nth(next) else {
                break;
            };
            if self.accept(candidate) {
                any = true;
            } else {
                next += 1;
            }
        }
        any
    }
}

/// Shrinks `first`, which fails with `failure`; `fails` runs a candidate and returns its failure.
pub fn shrink<S: Stimulus>(
    first: S,
    failure: Failure,
    budget: Budget,
    fails: impl FnMut(&S) -> Option<Failure>,
) -> Shrunk {
    let before = first.len();
    let kind = failure.kind.clone();
    let mut search = Search {
        best: first,
        failure,
        kind,
        budget,
        started: Instant::now(),
        runs: 0,
        fails,
    };
    loop {
        let fewer = search.fewer();
        let simpler = search.simpler();
        if search.spent() || !(fewer || simpler) {
            break;
        }
    }
    Shrunk {
        stimulus: serde_json::to_value(&search.best).unwrap_or_default(),
        minimal: !search.spent(),
        before,
        after: search.best.len(),
        runs: search.runs,
        failure: search.failure,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use gpnpu_bridge::model::Cycle;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Numbers(Vec<u32>);

    impl Stimulus for Numbers {
        fn len(&self) -> usize {
            self.0.len()
        }

        fn without(&self, transactions: Range<usize>) -> Self {
            let mut rest = self.0.clone();
            rest.drain(transactions);
            Self(rest)
        }

        fn simpler(&self) -> Vec<Self> {
            let halved = |at: usize| {
                let mut numbers = self.0.clone();
                numbers[at] /= 2;
                Self(numbers)
            };
            (0..self.len())
                .filter(|at| self.0[*at] > 0)
                .map(halved)
                .collect()
        }
    }

    fn failure(kind: FailureKind) -> Failure {
        Failure::new(kind, Cycle(0), "")
    }

    #[test]
    fn two_culprits_far_apart_remain_and_nothing_else() {
        let numbers: Vec<u32> = (0..1000)
            .map(|n| if n == 17 || n == 900 { 99 } else { n % 50 })
            .collect();
        let shrunk = shrink(
            Numbers(numbers),
            failure(FailureKind::Stop),
            Budget::default(),
            |candidate| {
                (candidate.0.iter().filter(|n| **n >= 50).count() >= 2)
                    .then(|| failure(FailureKind::Stop))
            },
        );
        assert_eq!(shrunk.stimulus, serde_json::json!([99, 99]));
        assert!(shrunk.minimal && shrunk.runs < 200, "{shrunk:?}");
    }

    #[test]
    fn values_are_simplified_as_far_as_they_go() {
        let shrunk = shrink(
            Numbers(vec![97, 3]),
            failure(FailureKind::Stop),
            Budget::default(),
            |candidate| {
                candidate
                    .0
                    .iter()
                    .any(|n| *n >= 10)
                    .then(|| failure(FailureKind::Stop))
            },
        );
        assert_eq!(shrunk.stimulus, serde_json::json!([12]));
    }

    #[test]
    fn another_kind_of_failure_is_not_followed() {
        let shrunk = shrink(
            Numbers(vec![1, 2, 3]),
            failure(FailureKind::Stop),
            Budget::default(),
            |candidate| {
                let kind = if candidate.len() == 3 {
                    FailureKind::Stop
                } else {
                    FailureKind::Fatal
                };
                Some(failure(kind))
            },
        );
        assert_eq!(shrunk.after, 3);
        assert_eq!(shrunk.failure.kind, FailureKind::Stop);
    }

    #[test]
    fn a_spent_budget_ends_the_search() {
        let budget = Budget {
            wall: Duration::from_secs(10),
            runs: 3,
        };
        let shrunk = shrink(
            Numbers(vec![1; 100]),
            failure(FailureKind::Stop),
            budget,
            |_| None,
        );
        assert_eq!(shrunk.runs, 3);
        assert!(!shrunk.minimal);
    }
}
