//! Many mutants in one source.

use gpnpu_mutation::{Kind, Mode, Mutant};

use crate::design;

#[test]
fn nested_choices_hold_the_mutants_and_the_original() {
    let body = "assign y = a[0] && b[0];";
    let design = design(body);
    let chosen: Vec<(u32, &Mutant)> =
        (1..)
            .zip(design.mutants().iter().filter(|mutant| {
                mutant.kind == Kind::Logic || mutant.to == "assign y = 1'b1 && b[0];"
            }))
            .collect();
    assert_eq!(chosen.len(), 2);
    let select = design.compose(&chosen, Mode::Select);
    let text = &select.files[0].1;
    let line = text
        .lines()
        .find(|line| line.starts_with("assign"))
        .unwrap();
    assert_eq!(
        line,
        "assign y = ((gpnpu_mutation::selected == 2) ? ((a[0]) || (b[0])) : \
         (((gpnpu_mutation::selected == 1) ? (1'b1) : (a[0])) && b[0]));"
    );
    let probe = design.compose(&chosen, Mode::Probe);
    assert!(
        probe.files[0]
            .1
            .contains("((gpnpu_mutation::gpnpu_mark(1, (1'b1 !== |(a[0])))) ? (1'b1) : (a[0]))")
    );
}

#[test]
fn statements_become_choices_of_statements() {
    let design = design("always_ff @(posedge clk_i)\n  if (a[0]) y <= a; else y <= b;");
    let chosen: Vec<(u32, &Mutant)> = (7..)
        .zip(
            design
                .mutants()
                .iter()
                .filter(|mutant| mutant.kind == Kind::Assignment),
        )
        .take(1)
        .collect();
    let text = &design.compose(&chosen, Mode::Select).files[0].1;
    assert!(text.contains(
        "if (a[0]) begin if (gpnpu_mutation::selected == 7) begin  end else begin y <= a; end end else y <= b;"
    ));
}

#[test]
fn lines_stay_where_they_are_and_a_tools_position_names_the_mutant() {
    let design = design("always_comb begin\n  y = a\n    + b;\n  if (a ==\n b) y = b;\nend");
    let all: Vec<(u32, &Mutant)> = (1..).zip(design.mutants()).collect();
    let composed = design.compose(&all, Mode::Select);
    let (file, text) = &composed.files[0];
    let (line, mutated) = text
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("gpnpu_mutation::selected == 1)"))
        .map(|(index, line)| (index + 1, line))
        .unwrap();
    assert_eq!(line, 5);
    let column = mutated.find("selected == 1)").unwrap() + 1;
    assert_eq!(composed.at(file, line, column), Some(1));
    assert_eq!(composed.at(file, 1, 3), None);
    assert_eq!(composed.at(file, 0, 0), None);
    assert_eq!(composed.at("other.sv", line, column), None);
}

#[test]
fn without_mutants_the_source_is_as_it_was() {
    let design = design("assign y = a;");
    let text = design.compose(&[], Mode::Select).files.remove(0).1;
    assert!(text.ends_with(&crate::module("assign y = a;")));
}
