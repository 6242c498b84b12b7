//! Tests of the die: each rule a clock and a picosecond too early and in time, and what it stores.

mod bench;
mod data;
mod pairwise;
mod refresh;
mod spacing;
mod state;
mod storage_faults;

use std::collections::BTreeSet;

use super::Rule;

#[test]
fn every_rule_has_a_rejected_case() {
    let shown: BTreeSet<_> = spacing::cases()
        .iter()
        .map(|case| case.rule)
        .chain(state::cases().iter().map(|case| case.rule))
        .collect();
    let all: BTreeSet<_> = Rule::ALL.iter().copied().collect();
    assert_eq!(shown, all);
}
