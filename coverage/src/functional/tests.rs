//! Models, counters and grades together.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

struct Small {
    model: Arc<Model>,
    format: PointId,
    class: PointId,
    both: CrossId,
    switch: TransitionId,
}

/// Two formats, one of which has no subnormals, and one forbidden combination.
fn small() -> Small {
    let mut block = ModelBuilder::new("npu_dot");
    block.group("operand");
    let format = block.point("format", &["int8", "fp16"]).id();
    let class = block
        .point("class", &["zero", "subnormal", "nan"])
        .at_least(2)
        .id();
    block.group("pairs");
    let both = block
        .cross("format_class", &[format, class])
        .ignore("integers have no subnormals", |at| at == [0, 1])
        .illegal("integers have no NaN", |at| at == [0, 2])
        .id();
    let switch = block.transition("switch", format).id();
    Small {
        model: Arc::new(block.build().expect("valid")),
        format,
        class,
        both,
        switch,
    }
}

#[test]
fn ids_name_block_group_and_point() {
    assert_eq!(
        small().model.ids(),
        [
            "npu_dot",
            "npu_dot.operand",
            "npu_dot.operand.format",
            "npu_dot.operand.class",
            "npu_dot.pairs",
            "npu_dot.pairs.format_class",
            "npu_dot.pairs.switch",
        ]
    );
}

#[test]
fn a_point_is_graded_by_its_coverable_bins() {
    let Small {
        model,
        format,
        class,
        both,
        switch,
    } = small();
    let mut counters = Counters::new(&model);
    counters.hit(format, 1).expect("legal");
    counters.hit(class, 0).expect("legal");
    counters.hit_cross(both, &[1, 1]).expect("legal");
    counters
        .hit_cross(both, &[0, 1])
        .expect("ignored, not illegal");
    counters.transition(switch, 1, 0).expect("legal");
    let grade = counters.grade();
    let points: Vec<_> = grade
        .points()
        .map(|p| (p.name.as_str(), p.covered, p.coverable, p.ignored))
        .collect();
    // `class` needs two hits a bin and has one.
    let expected = [
        ("format", 1, 2, 0),
        ("class", 0, 3, 0),
        ("format_class", 1, 4, 1),
        ("switch", 1, 4, 0),
    ];
    assert_eq!(points, expected);
    assert!((grade.score() - (0.5 + 0.0 + 0.25 + 0.25) / 4.0).abs() < 1e-12);
    assert!((grade.groups[0].score() - 0.25).abs() < 1e-12);
    let cross = &grade.groups[1].points[0];
    let holes: Vec<_> = cross.holes.iter().map(|hole| hole.bin.as_str()).collect();
    assert_eq!(holes, ["int8.zero", "fp16.zero", "fp16.nan"]);
    assert_eq!(cross.unexpected[0].bin, "int8.subnormal");
    assert!(!cross.unexpected[0].illegal);
    assert_eq!(grade.groups[1].points[1].holes[0].bin, "int8=>int8");
}

#[test]
fn an_illegal_bin_is_an_error_and_is_counted() {
    let Small { model, both, .. } = small();
    let mut counters = Counters::new(&model);
    let error = counters.hit_cross(both, &[0, 2]).expect_err("illegal");
    assert_eq!(
        error.to_string(),
        "illegal bin `npu_dot.pairs.format_class.int8.nan` was hit: integers have no NaN"
    );
    let unexpected = &counters.grade().groups[1].points[0].unexpected;
    assert_eq!((unexpected[0].hits, unexpected[0].illegal), (1, true));
}

#[test]
fn a_mistaken_sampler_is_told() {
    let Small {
        model,
        format,
        both,
        ..
    } = small();
    let mut counters = Counters::new(&model);
    let error = counters.hit(format, 2).expect_err("two bins");
    assert_eq!(
        error.to_string(),
        "sample [2] lies outside of `npu_dot.operand.format` with [2] bins"
    );
    let error = counters.hit_cross(both, &[1]).expect_err("two axes");
    assert!(matches!(error, SampleError::OutOfRange { .. }), "{error}");
    // Bin 3 of the first axis would still lie inside of the flattened cross.
    let error = counters
        .hit_cross(both, &[0, 3])
        .expect_err("three classes");
    assert!(matches!(error, SampleError::OutOfRange { .. }), "{error}");
    let error = counters
        .transition(TransitionId(0), 0, 0)
        .expect_err("a point");
    assert_eq!(
        error.to_string(),
        "handle 0 is not a Transition of block `npu_dot`"
    );
    assert_eq!(counters.record(), Counters::new(&model).record());
}

#[test]
fn counters_of_another_model_version_are_refused() {
    let first = small();
    let mut block = ModelBuilder::new("npu_dot");
    block.group("operand");
    block.point("format", &["int8", "fp16", "bf16"]).id();
    let second = Arc::new(block.build().expect("valid"));
    let mut counters = Counters::new(&first.model);
    let error = counters
        .merge(&Counters::new(&second))
        .expect_err("other model");
    assert!(
        error
            .to_string()
            .starts_with("coverage of block `npu_dot` (model "),
        "{error}"
    );
    assert!(Counters::restore(&second, &counters.record()).is_err());
    assert!(
        counters
            .record()
            .merge(&Counters::new(&second).record())
            .is_err()
    );
}

#[test]
fn a_record_survives_json_and_damage_is_noticed() {
    let Small { model, format, .. } = small();
    let mut counters = Counters::new(&model);
    counters.hit(format, 1).expect("legal");
    let text = serde_json::to_string(&counters.record()).expect("serialises");
    let record: Record = serde_json::from_str(&text).expect("parses");
    let restored = Counters::restore(&model, &record).expect("same model");
    assert_eq!(restored.hits(format, 1), 1);
    let short: Record = serde_json::from_str(&text.replacen("[0,1,", "[1,", 1)).expect("parses");
    let error = Counters::restore(&model, &short).expect_err("one count less");
    assert!(
        matches!(
            error,
            MergeError::BadLength {
                found: 14,
                expected: 15,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn an_overflowing_merge_changes_nothing() {
    let Small { model, format, .. } = small();
    let mut counters = Counters::new(&model);
    counters.hit(format, 0).expect("legal");
    counters.hit(format, 1).expect("legal");
    let text = serde_json::to_string(&counters.record()).expect("serialises");
    let full = text.replacen("[1,1,", &format!("[1,{},", u64::MAX), 1);
    let full: Record = serde_json::from_str(&full).expect("parses");
    let before = counters.record();
    assert!(matches!(
        counters.merge_record(&full),
        Err(MergeError::Overflow { bin: 1, .. })
    ));
    assert_eq!(counters.record(), before);
    // A full counter stays full.
    let mut counters = Counters::restore(&model, &full).expect("same model");
    counters.hit(format, 1).expect("legal");
    assert_eq!(counters.hits(format, 1), u64::MAX);
}

/// Each fault of a description is found, and named.
#[test]
fn faulty_descriptions_are_refused() {
    let fault = |describe: fn(&mut ModelBuilder)| {
        let mut block = ModelBuilder::new("unit");
        describe(&mut block);
        block.build().expect_err("faulty").to_string()
    };
    assert_eq!(fault(|_| {}), "`unit` has nothing that can be covered");
    assert_eq!(
        fault(|b| {
            b.point("p", &["a"]).id();
        }),
        "`unit.p` belongs to no group, needs a call of `group` before it"
    );
    assert_eq!(
        fault(|b| {
            b.group("Bad name");
        }),
        "name `Bad name` in `unit` is not made of `a-z`, `0-9` and `_`"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a", "a"]).id();
        }),
        "name `a` is used twice in `unit.g.p`"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a"]).id();
            b.point("p", &["a"]).id();
        }),
        "name `p` is used twice in `unit.g`"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a"]).id();
            b.group("g").point("q", &["a"]).id();
        }),
        "name `g` is used twice in `unit`"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a"]).id();
            b.group("h");
        }),
        "`unit.h` has nothing that can be covered"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &[""; 0]).id();
        }),
        "`unit.g.p` has nothing that can be covered"
    );
    assert_eq!(
        fault(|b| {
            b.group("g")
                .point("p", &["a"])
                .ignore("nothing counts", |_| true)
                .id();
        }),
        "`unit.g.p` has nothing that can be covered"
    );
    assert_eq!(
        fault(|b| {
            b.group("g")
                .point("p", Bins::ranges(&[("low", 0..=3), ("high", 3..=9)]))
                .id();
        }),
        "range `high` of `unit.g.p` has to begin after `low` ends, and hold at least one value"
    );
    assert_eq!(
        fault(|b| {
            let p = b.group("g").point("p", &["a"]).id();
            b.cross("c", &[p]).id();
        }),
        "`unit.g.c` has 1 axes and 1 bins, needs 2 axes or more and at most 65536 bins"
    );
    assert_eq!(
        fault(|b| {
            let names: Vec<String> = (0..300).map(|n| format!("n{n}")).collect();
            let p = b.group("g").point("p", names.as_slice()).id();
            b.cross("c", &[p, p]).id();
        }),
        "`unit.g.c` has 2 axes and 90000 bins, needs 2 axes or more and at most 65536 bins"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a"]).id();
            b.transition("t", PointId(9)).id();
        }),
        "`unit.g.t` is built on a handle that is not a point of this model"
    );
    assert_eq!(
        fault(|b| {
            b.group("g").point("p", &["a"]).at_least(0).id();
        }),
        "`unit.g.p` asks for at least 0 hits, needs 1 or more"
    );
    assert_eq!(
        fault(|b| {
            let point = b.group("g").point("p", &["a", "b"]);
            point
                .ignore("rare", |at| at == [1])
                .illegal("never", |at| at == [1])
                .id();
        }),
        "bin `unit.g.p.b` is both ignored and illegal"
    );
}

/// Three tests: what one alone brings is told from what others bring too.
#[test]
fn contributions_tell_what_only_one_test_hits() {
    let Small {
        model,
        format,
        class,
        both,
        ..
    } = small();
    let run = |hits: &[(PointId, usize)]| {
        let mut counters = Counters::new(&model);
        for (point, bin) in hits {
            counters.hit(*point, *bin).expect("legal");
        }
        // An ignored bin, which is nobody's merit.
        counters.hit_cross(both, &[0, 1]).expect("ignored");
        counters.record()
    };
    let mut first = PerTest::default();
    first
        .add("npu_dot::random", &run(&[(format, 0), (class, 2)]))
        .expect("same model");
    first
        .add("npu_dot::random", &run(&[(format, 1)]))
        .expect("same model");
    let mut second = PerTest::default();
    second
        .add("npu_dot::smoke", &run(&[(format, 0), (format, 0)]))
        .expect("same model");
    second.add("npu_dot::stall", &run(&[])).expect("same model");
    let mut merged = first.clone();
    merged.merge(&second).expect("same model");
    let found: Vec<_> = merged
        .contributions(&model)
        .expect("same model")
        .into_iter()
        .map(|test| (test.test, test.bins, test.unique))
        .collect();
    let expected = [
        ("npu_dot::random", 3, 2),
        ("npu_dot::smoke", 1, 0),
        ("npu_dot::stall", 0, 0),
    ];
    assert_eq!(
        found,
        expected.map(|(test, bins, unique)| (test.to_owned(), bins, unique))
    );
    assert_eq!(merged.total(&model).expect("same model").hits(format, 0), 3);
    let mut other_way = second;
    other_way.merge(&first).expect("same model");
    assert_eq!(other_way, merged);
    let text = serde_json::to_string(&merged).expect("serialises");
    assert_eq!(
        serde_json::from_str::<PerTest>(&text).expect("parses"),
        merged
    );
}

/// A record of another model version is refused and leaves what was there.
#[test]
fn records_of_two_model_versions_do_not_mix() {
    let Small { model, .. } = small();
    let mut block = ModelBuilder::new("npu_dot");
    block.group("operand").point("format", &["int8"]).id();
    let other = Arc::new(block.build().expect("valid"));
    let mut tests = PerTest::default();
    tests
        .add("npu_dot::random", &Counters::new(&model).record())
        .expect("first");
    let before = tests.clone();
    let mut newer = PerTest::default();
    newer
        .add("npu_dot::new", &Counters::new(&other).record())
        .expect("first");
    newer
        .add("npu_dot::random", &Counters::new(&other).record())
        .expect("first");
    assert!(tests.merge(&newer).is_err());
    assert_eq!(tests, before);
    assert!(tests.total(&other).is_err());
    assert!(tests.contributions(&other).is_err());
}

proptest! {
    /// However a stream of hits is cut into runs and in whatever order those merge, the counts are those of one run.
    #[test]
    fn merging_is_exact_and_order_independent(
        hits in prop::collection::vec((0usize..2, 0usize..3, 0usize..4), 0..200),
        rotate in 0usize..4,
    ) {
        let Small { model, class, both, switch, .. } = small();
        let mut whole = Counters::new(&model);
        let mut parts = vec![Counters::new(&model); 4];
        for (format, bin, run) in hits {
            for counters in [&mut whole, &mut parts[run]] {
                counters.hit(class, bin).expect("legal");
                // The illegal combination counts as well.
                let _ = counters.hit_cross(both, &[format, bin]);
                counters.transition(switch, format, 1 - format).expect("legal");
            }
        }
        parts.rotate_left(rotate);
        let mut merged = Counters::new(&model);
        for part in &parts {
            merged.merge(part).expect("same model");
        }
        prop_assert_eq!(merged.record(), whole.record());
        let mut record = parts[0].record();
        for part in &parts[1..] {
            record.merge(&part.record()).expect("same model");
        }
        prop_assert_eq!(record, whole.record());
    }

    /// Neither handles nor indices from anywhere make a sample panic.
    #[test]
    fn samples_never_panic(handle in any::<u32>(), small_handle in 0u32..6, a in any::<usize>(), b in 0usize..5) {
        let mut counters = Counters::new(&small().model);
        for handle in [handle, small_handle] {
            let _ = counters.hit(PointId(handle), a);
            let _ = counters.hit(PointId(handle), b);
            let _ = counters.hit_cross(CrossId(handle), &[a, b]);
            let _ = counters.hit_cross(CrossId(handle), &[b, a, b]);
            let _ = counters.transition(TransitionId(handle), b, b);
            prop_assert!(counters.hits(PointId(handle), a) <= 5);
        }
    }
}
