//! The dot product against exact arithmetic with big integers.

#[path = "common/exact.rs"]
mod exact;
#[path = "common/stimulus.rs"]
mod stimulus;

use exact::{dot_float, dot_integer};
use gpnpu_golden::npu::dot::{DotClass, DotInput, ResultClass, classify, dot, explain};
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
    random(1, 3_000);
}

/// The same at length, under another seed.
#[test]
#[ignore = "nightly profile: 3 million cases, 75 s of one core"]
fn random_cases_at_length() {
    random(2, 250_000);
}

/// The random cases reach what they are meant to: every kind of result, and every event of the
/// alignment.
#[test]
fn random_cases_reach_every_kind() {
    for format in Format::ALL {
        let mut stimulus = Stimulus::new(format, 1);
        let classes: Vec<_> = (0..5_000).map(|_| classify(&stimulus.next())).collect();
        let reached = |what: &str, seen: &dyn Fn(&DotClass) -> bool| {
            let count = classes.iter().filter(|class| seen(class)).count();
            assert!(count >= 4, "{format}: {count} of 5000 cases are {what}");
        };
        let results: &[ResultClass] = if format.is_integer() {
            &[
                ResultClass::Zero,
                ResultClass::Positive,
                ResultClass::Negative,
                ResultClass::Wrapped,
                ResultClass::ClampedHigh,
                ResultClass::ClampedLow,
            ]
        } else {
            &[
                ResultClass::Zero,
                ResultClass::Subnormal,
                ResultClass::Normal,
                ResultClass::Infinite,
                ResultClass::Nan,
            ]
        };
        for &result in results {
            reached(&format!("{result:?}"), &|class| class.d == result);
        }
        reached("cancelled", &|class| class.cancelled);
        if format.is_integer() {
            continue;
        }
        reached("aligned to C", &|class| class.c_holds_emax);
        reached("aligned to a product", &|class| {
            !class.c_holds_emax && class.span > 0
        });
        reached("truncated, no term whole", &|class| {
            class.truncated && !class.vanished
        });
        reached("truncated, a term whole", &|class| class.vanished);
        reached("aligned without loss", &|class| {
            !class.truncated && class.span > 0
        });
    }
}
