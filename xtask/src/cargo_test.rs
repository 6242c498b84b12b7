//! Reads what `cargo test` prints.

/// Sums over all test programs of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed.
    pub(crate) failed: u32,
    /// Tests that were not run.
    pub(crate) ignored: u32,
    /// Names of the failed ones, as the programs give them.
    pub(crate) failures: Vec<String>,
}

impl Counts {
    /// Reads the output of `cargo test --no-fail-fast`.
    ///
    /// The sums come from the programs' last lines (`test result: ok. 5 passed; 0 failed; 1 ignored; ..`), the names
    /// from their lines per test.
    pub(crate) fn read(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            if let Some(result) = line.strip_prefix("test result: ") {
                let sums = result.split_once(". ").map_or(result, |(_, sums)| sums);
                for part in sums.split(';') {
                    let mut words = part.split_whitespace();
                    let (Some(number), Some(kind)) = (words.next(), words.next()) else {
                        continue;
                    };
                    let Ok(number) = number.parse::<u32>() else {
                        continue;
                    };
                    match kind {
                        "passed" => counts.passed += number,
                        "failed" => counts.failed += number,
                        "ignored" => counts.ignored += number,
                        _ => {}
                    }
                }
            } else if let Some(name) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.strip_suffix(" ... FAILED"))
            {
                counts.failures.push(name.to_owned());
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
     Running unittests src/lib.rs (target/release/deps/gpnpu_golden-0a)

running 3 tests
test npu::dot::tests::zero ... ok
test npu::dot::tests::one ... FAILED
test npu::dot::tests::slow ... ignored

failures:

---- npu::dot::tests::one stdout ----
test result: this is what a test printed

failures:
    npu::dot::tests::one

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s

   Doc-tests gpnpu_golden

running 12 tests
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
";

    #[test]
    fn sums_over_programs_and_names_failures() {
        assert_eq!(
            Counts::read(OUTPUT),
            Counts {
                passed: 13,
                failed: 1,
                ignored: 1,
                failures: vec!["npu::dot::tests::one".into()],
            }
        );
    }

    #[test]
    fn output_without_results_counts_nothing() {
        assert_eq!(
            Counts::read("error: could not compile `gpnpu-golden`\n"),
            Counts::default()
        );
    }
}
