//! The dot product against exact arithmetic with big integers.

#[path = "common/exact.rs"]
mod exact;
#[path = "common/stimulus.rs"]
mod stimulus;

use exact::{dot_float, dot_integer};
use gpnpu_golden::npu::dot::{DotInput, classify, dot, explain};
use gpnpu_golden::npu::format::Format;
use stimulus::Stimulus;

fn exact(input: &DotInput) -> u32 {
    if input.format.is_integer() {
        dot_integer(input)
    } else {
        dot_float(input)
    }
}

#[track_caller]
fn check(input: &DotInput) {
    let (result, exact) = (dot(input), exact(input));
    let text = || format!("{input:x?}\n{}", explain(input));
    assert_eq!(
        result,
        exact,
        "{result:#010x}, exactly {exact:#010x}: {}",
        text()
    );
    assert_eq!(classify(input).result, result, "classify: {}", text());
    assert_eq!(explain(input).result, result, "explain: {}", text());
}

fn random(seed: u64, cases: usize) {
    for format in Format::ALL {
        let mut stimulus = Stimulus::new(format, seed);
        for _ in 0..cases {
            check(&stimulus.next());
        }
    }
}

/// Random cases of every format, shaped as [`Stimulus::next`] says.
#[test]
fn random_cases() {
    random(1, 5_000);
}

/// The same at length.
#[test]
#[ignore = "nightly profile: see the run time at `random_cases`"]
fn random_cases_at_length() {
    random(2, 250_000);
}
