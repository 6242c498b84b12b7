//! The model's size, and what single samples reach.

use super::*;

const ONE: u32 = 0x3f80_0000;
const QUIET: u32 = 0x7fc0_0000;

fn number(op: &str) -> u8 {
    let at = OPS.iter().position(|name| *name == op).expect("known");
    u8::try_from(at).expect("26 operations")
}

/// Whether a bin was hit by the sample.
fn hits(sample: FpuSample, item: &str, bin: &str) -> bool {
    let mut coverage = FpuCoverage::new();
    coverage.sample(&sample).expect("legal");
    was_hit(&coverage, item, bin)
}

fn was_hit(coverage: &FpuCoverage, item: &str, bin: &str) -> bool {
    let (group, name) = item.split_once('.').expect("group and item");
    let grade = coverage.counters().grade();
    let group = grade.groups.iter().find(|g| g.name == group);
    let point = group.and_then(|g| g.points.iter().find(|p| p.name == name));
    let point = point.unwrap_or_else(|| panic!("`{item}` is in the model"));
    !point.holes.iter().any(|hole| hole.bin == bin)
}

/// Bins per item, counted by hand from the tables of `docs/simt.md`.
#[test]
fn each_cross_has_the_bins_that_the_operations_have() {
    let grade = FpuCoverage::new().counters().grade();
    let coverable = |item: &str| {
        let (group, name) = item.split_once('.').expect("group and item");
        let group = grade.groups.iter().find(|g| g.name == group);
        let point = group.and_then(|g| g.points.iter().find(|p| p.name == name));
        point.map(|p| p.coverable)
    };
    // 7 sums and products, 8 conversions, division and root.
    assert_eq!(coverable("operand.op_rm"), Some(17 * 5));
    // All but 4 conversions of integers; 16 operations have two.
    assert_eq!(coverable("operand.op_a"), Some(22 * 10));
    assert_eq!(coverable("operand.op_a_b"), Some(16 * 100));
    assert_eq!(coverable("operand.fused_a_b_c"), Some(1000));
    // none 26, inexact 17, underflow 6, overflow 8, division by zero 1; all but 3 + 1 + 4 invalid.
    assert_eq!(coverable("result.op_flag"), Some(26 + 17 + 6 + 8 + 1 + 18));
    assert_eq!(coverable("result.op_tiny"), Some(6 * 5));
    assert_eq!(coverable("sum.op_distance"), Some(6 * 12));
    assert_eq!(coverable("sum.op_cancelled"), Some(6 * 7 - 2));
    assert_eq!(coverable("conversion.op_place"), Some(4 * 15 - 2 * 2));
    assert_eq!(coverable("conversion.op_fraction_rm"), Some(4 * 4 * 5));
    assert_eq!(coverable("conversion.op_integer_rm"), Some(4 * 8 * 5));
}

#[test]
fn a_difference_is_told_by_signs_and_operation() {
    let sample = |op: &str, a, b, c, result: u32| FpuSample {
        op: number(op),
        a,
        b,
        c,
        result: result.into(),
        ..FpuSample::default()
    };
    let neg = ONE | 1 << 31;
    let zero = [
        sample("add", ONE, neg, 0, 0),
        sample("sub", ONE, ONE, 0, 0),
        sample("madd", ONE, neg, ONE, 0),
        sample("msub", ONE, ONE, ONE, 0),
        sample("nmsub", ONE, ONE, ONE, 0),
        sample("nmadd", ONE, ONE, neg, 0),
    ];
    for sample in zero {
        let op = OPS[usize::from(sample.op)];
        assert!(
            hits(sample, "sum.op_cancelled", &format!("{op}.all")),
            "{op}"
        );
        assert!(hits(sample, "sum.op_distance", &format!("{op}.0")), "{op}");
    }
    // 1.0 - (1 - 2^-24)
    let last = sample("sub", ONE, ONE - 1, 0, 0x3380_0000);
    assert!(hits(last, "sum.op_cancelled", "sub.23_up"));
    assert!(hits(last, "sum.op_distance", "sub.product_1"));
    let same = sample("add", ONE, ONE, 0, 0x4000_0000);
    assert!(
        CANCELLED
            .iter()
            .all(|bin| !hits(same, "sum.cancelled", bin))
    );
}

#[test]
fn results_at_the_end_of_the_exponents_are_told_by_their_flags() {
    let sample = |result: u64, flags| FpuSample {
        op: number("mul"),
        a: ONE,
        b: ONE,
        result,
        flags,
        ..FpuSample::default()
    };
    for (result, flags, bin) in [
        (0x0040_0000, 0, "exact_subnormal"),
        (0x8000_0001, 3, "inexact_subnormal"),
        (0x8000_0000, 3, "to_zero"),
        (0x0080_0000, 3, "to_normal_underflow"),
        (0x0080_0000, 1, "to_normal_inexact"),
    ] {
        assert!(hits(
            sample(result, flags),
            "result.op_tiny",
            &format!("mul.{bin}")
        ));
    }
}

#[test]
fn what_an_operation_cannot_do_is_illegal() {
    let refuse = |sample: FpuSample, bin: &str| {
        let error = FpuCoverage::new().sample(&sample).expect_err(bin);
        assert!(error.to_string().contains(bin), "{error}");
    };
    let of = |op: &str| FpuSample {
        op: number(op),
        ..FpuSample::default()
    };
    refuse(
        FpuSample {
            flags: 2,
            ..of("add")
        },
        "op_flag.add.uf",
    );
    refuse(
        FpuSample {
            flags: 8,
            ..of("sqrt")
        },
        "op_flag.sqrt.dz",
    );
    refuse(
        FpuSample {
            a: ONE,
            result: 0x7f80_0001,
            ..of("min")
        },
        "op_class.min.signalling_nan",
    );
    let moved = FpuSample {
        result: 0x7f80_0001,
        ..of("sgnj")
    };
    assert!(hits(moved, "result.op_class", "sgnj.signalling_nan"));
    let converted = FpuSample {
        x: u64::MAX,
        result: 0xbf80_0000,
        ..of("cvt_s_wu")
    };
    refuse(converted, "op_class.cvt_s_wu.neg_normal");
}

#[test]
fn operands_count_where_the_operation_has_them() {
    let sample = FpuSample {
        op: number("madd"),
        a: QUIET,
        b: 1,
        c: 1 << 31,
        result: QUIET.into(),
        ..FpuSample::default()
    };
    assert!(hits(
        sample,
        "operand.fused_a_b_c",
        "quiet_nan.pos_subnormal.neg_zero"
    ));
    let root = FpuSample {
        op: number("sqrt"),
        ..sample
    };
    assert!(hits(root, "operand.op_a", "sqrt.quiet_nan"));
    assert!(!hits(root, "operand.class", "pos_subnormal"), "b of a root");
}

#[test]
fn only_the_divider_makes_a_request_wait() {
    let mut coverage = FpuCoverage::new();
    let flow = FpuFlow {
        op: number("div"),
        previous: Some(number("add")),
        gap: 1,
        wait: 30,
    };
    coverage.sample_flow(&flow).expect("legal");
    coverage.sample_stall(3).expect("legal");
    assert!(was_hit(&coverage, "flow.unit_after_unit", "fma=>div"));
    assert!(was_hit(&coverage, "flow.divide_wait", "8_up"));
    assert!(was_hit(&coverage, "flow.divide_stall", "2_7"));
    assert!(!was_hit(&coverage, "flow.divide_stall", "0"));
}
