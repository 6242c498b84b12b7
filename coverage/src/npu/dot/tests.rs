//! The model's size, and what single samples reach.

use super::*;

/// A plain `fp16` request.
fn plain() -> DotSample {
    DotSample {
        format: 2,
        a_classes: 1 << 2,
        b_classes: 1 << 2,
        result_class: 2,
        chain_length: 1,
        ..DotSample::default()
    }
}

fn points(coverage: &DotCoverage, group: usize) -> Vec<(String, usize, usize)> {
    let grade = coverage.counters().grade();
    let points = grade.groups[group].points.iter();
    points
        .map(|p| (p.name.clone(), p.covered, p.coverable))
        .collect()
}

/// Bins per point, counted by hand from the tables of `docs/numerics.md`.
#[test]
fn each_cross_has_the_bins_that_the_formats_have() {
    let grade = DotCoverage::new().counters().grade();
    let coverable = |group: usize, point: usize| grade.groups[group].points[point].coverable;
    // 2 integer formats of 6 classes; 10 float ones of 4, infinities in 4 of them, NaN in 6.
    assert_eq!(coverable(0, 2), 2 * 6 + 10 * 4 + 4 + 6);
    // C: FP32 has all 6 float classes.
    assert_eq!(coverable(0, 4), 2 * 6 + 10 * 6);
    // 5 formats with 5 classes of E8M0, one with 7 of UE4M3.
    assert_eq!(coverable(1, 1), 5 * 5 + 7);
    assert_eq!(coverable(2, 1), 2 * 6 + 10 * 5);
    // Per integer format: 3 classes either way, wrapped without and two clamps with satfinite.
    assert_eq!(coverable(2, 4), 2 * (2 * 3 + 1 + 2));
    // 12 finite, 10 infinities, overflow of bf16 and 5 MX formats, 10 NaN, 4 invalid.
    assert_eq!(coverable(2, 6), 12 + 10 + 6 + 10 + 4);
    assert_eq!(coverable(3, 1), 10 * 14);
    assert_eq!(coverable(3, 3), 10 * 5 + 2);
    assert_eq!(coverable(4, 0), 144);
}

#[test]
fn a_sample_reaches_the_bins_it_names() {
    let mut coverage = DotCoverage::new();
    let sample = DotSample {
        previous_format: Some(0),
        align_span: 26,
        c_is_max: true,
        truncated: true,
        request_gap: 3,
        response_stall: 1,
        fifo_full: true,
        ..plain()
    };
    coverage.sample(&sample).expect("legal");
    let grade = coverage.counters().grade();
    let hole = |group: usize, point: usize, bin: &str| {
        grade.groups[group].points[point]
            .holes
            .iter()
            .any(|hole| hole.bin == bin)
    };
    assert!(!hole(0, 2, "fp16.normal") && hole(0, 2, "fp16.zero"));
    assert!(!hole(3, 1, "fp16.26") && hole(3, 1, "fp16.25"));
    assert!(!hole(3, 3, "fp16.c_is_max") && hole(3, 3, "fp16.c_is_not_max"));
    assert!(!hole(4, 0, "int8=>fp16") && hole(4, 0, "fp16=>int8"));
    assert!(!hole(5, 2, "2_7.1"));
    assert!(hole(5, 3, "not_full") && !hole(5, 3, "full"));
}

#[test]
fn a_nan_without_a_nan_operand_is_an_invalid_operation() {
    let mut coverage = DotCoverage::new();
    let infinite = DotSample {
        a_classes: 1 << INFINITE,
        result_class: 4,
        special: true,
        ..plain()
    };
    coverage
        .sample(&infinite)
        .expect("infinity times something");
    coverage
        .sample(&DotSample {
            c_class: NAN as u8,
            ..infinite
        })
        .expect("NaN from C");
    let names: Vec<_> = points(&coverage, 2);
    assert_eq!(names[5], (String::from("outcome"), 2, 5));
    // FP8 E4M3 has no infinities: its NaN has to come from somewhere.
    let e4m3 = DotSample {
        format: 4,
        a_classes: 1 << 2,
        ..infinite
    };
    let error = coverage
        .sample(&e4m3)
        .expect_err("from nowhere")
        .to_string();
    assert!(
        error.contains("`npu_dot.result.format_outcome.fp8e4m3.invalid`"),
        "{error}"
    );
    // A NaN scale is an operand too: nvfp4 ignores bit 7.
    let nvfp4 = DotSample {
        format: 11,
        scale_b: 0xff00,
        ..e4m3
    };
    coverage.sample(&nvfp4).expect("NaN from a scale");
}

#[test]
fn an_infinity_of_finite_terms_is_an_overflow() {
    let mut coverage = DotCoverage::new();
    let bf16 = DotSample {
        format: 3,
        result_class: 3,
        ..plain()
    };
    coverage.sample(&bf16).expect("2^256 is possible");
    let error = coverage
        .sample(&DotSample { format: 2, ..bf16 })
        .expect_err("fp16 is small");
    assert!(
        error.to_string().ends_with("finite terms stay below 2^128"),
        "{error}"
    );
}

#[test]
fn wrapping_under_satfinite_is_illegal() {
    let mut coverage = DotCoverage::new();
    let wrapped = DotSample {
        format: 0,
        a_classes: 1 << 10,
        b_classes: 1 << 6,
        c_class: 9,
        result_class: 7,
        signs: 1,
        ..plain()
    };
    coverage.sample(&wrapped).expect("wraps");
    coverage
        .sample(&DotSample {
            satfinite: true,
            result_class: 8,
            ..wrapped
        })
        .expect("clamps");
    let error = coverage
        .sample(&DotSample {
            satfinite: true,
            ..wrapped
        })
        .expect_err("no");
    assert!(
        error
            .to_string()
            .ends_with("satfinite clamps instead of wrapping"),
        "{error}"
    );
    let error = coverage
        .sample(&DotSample {
            result_class: 9,
            ..wrapped
        })
        .expect_err("no");
    assert!(
        error.to_string().ends_with("only satfinite clamps"),
        "{error}"
    );
}

#[test]
fn numbers_outside_of_their_range_are_refused() {
    let mut coverage = DotCoverage::new();
    for wrong in [
        DotSample {
            format: 12,
            ..plain()
        },
        DotSample {
            previous_format: Some(12),
            ..plain()
        },
        DotSample {
            a_classes: 1 << 11,
            ..plain()
        },
        DotSample {
            c_class: 11,
            ..plain()
        },
        DotSample {
            result_class: 10,
            ..plain()
        },
        DotSample {
            signs: 4,
            ..plain()
        },
        DotSample {
            align_span: -1,
            ..plain()
        },
    ] {
        let error = coverage.sample(&wrong).expect_err("out of range");
        assert!(matches!(error, SampleError::OutOfRange { .. }), "{error}");
    }
}

#[test]
fn scale_classes_follow_the_scale_format() {
    let class = |code, byte| SCALE_CLASSES[scale_class(code, byte)];
    let e8m0 = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff].map(|byte| class(6, byte));
    assert_eq!(e8m0, ["min", "other", "one", "other", "max", "nan"]);
    let ue4m3 = [0x00, 0x80, 0x01, 0x87, 0x08, 0x38, 0xb8, 0x7e, 0xff].map(|byte| class(11, byte));
    assert_eq!(
        ue4m3,
        [
            "zero",
            "zero",
            "min",
            "subnormal",
            "other",
            "one",
            "one",
            "max",
            "nan"
        ]
    );
}
