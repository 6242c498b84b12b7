//! In which order a mutant meets the cases.

use std::collections::HashMap;

use crate::{Kind, Mutant};

/// What killed the mutants so far.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Kills of each case by file and line.
    lines: HashMap<(String, usize), HashMap<usize, u32>>,
    kinds: HashMap<(String, Kind), HashMap<usize, u32>>,
    all: HashMap<usize, u32>,
}

/// Lines around a mutant whose mutants are its neighbours.
const NEIGHBOURS: usize = 4;

impl History {
    /// Notes that `case` killed the mutant.
    pub fn killed(&mut self, mutant: &Mutant, case: usize) {
        let line = (mutant.file.clone(), mutant.line);
        let kind = (mutant.module.clone(), mutant.kind);
        *self.lines.entry(line).or_default().entry(case).or_default() += 1;
        *self.kinds.entry(kind).or_default().entry(case).or_default() += 1;
        *self.all.entry(case).or_default() += 1;
    }

    /// `cases` by how likely each kills the mutant for the cycles it takes: first those that killed its neighbours, then
    /// those that killed its kind in its module, then those that killed most; the shorter and the earlier one where all
    /// that is equal. `cycles` are those of all cases.
    pub fn order(&self, mutant: &Mutant, cases: &[usize], cycles: &[u64]) -> Vec<usize> {
        let count = |of: Option<&HashMap<usize, u32>>, case: usize| {
            of.and_then(|kills| kills.get(&case)).copied().unwrap_or(0)
        };
        let kind = self.kinds.get(&(mutant.module.clone(), mutant.kind));
        let near = mutant.line.saturating_sub(NEIGHBOURS)..=mutant.line + NEIGHBOURS;
        let mut ordered = cases.to_vec();
        ordered.sort_by_cached_key(|case| {
            let neighbours: u32 = near
                .clone()
                .map(|line| count(self.lines.get(&(mutant.file.clone(), line)), *case))
                .sum();
            let likely = 16 * u64::from(neighbours)
                + 4 * u64::from(count(kind, *case))
                + u64::from(count(Some(&self.all), *case));
            // Cycles for one kill, if things go on as they did.
            (cycles[*case] / (1 + likely), *case)
        });
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Design;

    #[test]
    fn what_killed_neighbours_comes_first_then_what_is_short() {
        let text = "module m(output logic y);\nassign y = a & b;\n\n\n\n\n\n\n\nassign z = a & b;\nassign y = z;\nendmodule";
        let design = Design::parse(&[("m.sv".to_owned(), text.to_owned())], |_| true).unwrap();
        let [near, far] = design.mutants() else {
            panic!("{:?}", design.mutants());
        };
        let cycles = [100, 90, 80];
        let mut history = History::default();
        assert_eq!(history.order(near, &[0, 1, 2], &cycles), [2, 1, 0]);
        history.killed(near, 0);
        assert_eq!(history.order(near, &[0, 1, 2], &cycles), [0, 2, 1]);
        for _ in 0..2 {
            history.killed(far, 1);
        }
        assert_eq!(history.order(near, &[0, 1, 2], &cycles), [0, 1, 2]);
        assert_eq!(history.order(far, &[0, 1, 2], &cycles), [1, 0, 2]);
    }
}
