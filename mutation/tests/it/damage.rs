//! Sources that are no SystemVerilog.

use gpnpu_mutation::{Design, Mode, Mutant};
use proptest::prelude::*;

const FIFO: &str = include_str!("../../../rtl/common/fifo/common_fifo.sv");

/// Reads and composes it, whatever it is.
fn survives(text: String) {
    let design = Design::parse(&[("x.sv".to_owned(), text)], |_| true).unwrap();
    let all: Vec<(u32, &Mutant)> = (1..).zip(design.mutants()).collect();
    for mode in [Mode::Select, Mode::Probe] {
        assert_eq!(design.compose(&all, mode).files.len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_survived(text in "(?s).{0,200}") {
        survives(text);
    }

    #[test]
    fn a_damaged_source_is_survived(
        cuts in prop::collection::vec((0..FIFO.len(), 0..60usize, "[(){}\\[\\];:?=<`\"'/*a-z\\n]{0,4}"), 1..6)
    ) {
        let mut text = FIFO.to_owned();
        for (at, length, insert) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &insert);
        }
        survives(text);
    }
}

#[test]
fn deep_nesting_is_survived() {
    let deep = format!(
        "module m; assign y = {}a{}; endmodule",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    survives(deep);
}

#[test]
fn what_is_sound_beside_damage_is_mutated() {
    let text = "module m(output logic y);\nassign x = = 1;\nassign y = a & b;\nendmodule\n";
    let design = Design::parse(&[("x.sv".to_owned(), text.to_owned())], |_| true).unwrap();
    let lines: Vec<usize> = design.mutants().iter().map(|mutant| mutant.line).collect();
    assert_eq!(lines, [3]);
}
