//! Where there are mutants, and what they are called.

use gpnpu_mutation::{Design, sample};

use crate::{module, mutants};

#[test]
fn what_is_elaborated_declared_or_only_checked_is_left_alone() {
    for body in [
        "localparam int M = N + 1;",
        "logic [N+1:0] wide;",
        "if (N == 4) begin : gen_x\n$error(\"%0d\", N + 1);\nend",
        "sub #(.W(N + 1)) u_sub ();",
        "initial y = a + b;",
        "X_A: assert property (@(posedge clk_i) a == b);",
        "`ASSERT(X_A, a == b)",
        "logic seen; assign seen = a == b;\n`COVER(X_C, seen)",
        "function automatic int f(int x); return x + 1; endfunction\nlocalparam int M = f(N);",
        "always_comb while (a == b) y = a;",
        "sub u_sub (.y_o(y[3:0]));",
        "logic static_init = a == b;",
    ] {
        let found: Vec<String> = mutants(body).into_iter().map(|mutant| mutant.to).collect();
        assert!(found.is_empty(), "{body}: {found:?}");
    }
}

#[test]
fn loops_go_round_as_often_as_they_do() {
    let body = "always_comb begin y = '0; for (int i = 0; i < 4; i++) y[i] = a[i] & b[i]; end";
    let found = mutants(body);
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|mutant| mutant.to.contains("for (int i = 0; i < 4; i++)"))
    );
}

#[test]
fn inputs_of_instances_are_mutated_where_their_module_is_known() {
    let sub = "module sub(input logic a_i, output logic y_o);\nendmodule\n";
    let body = "sub u_sub (.a_i(a == b), .y_o(y[0]));";
    let parse = |text: String| Design::parse(&[("m.sv".to_owned(), text)], |_| true).unwrap();
    assert!(parse(module(body)).mutants().is_empty());
    assert!(!parse(sub.to_owned() + &module(body)).mutants().is_empty());
}

#[test]
fn sources_of_others_are_not_mutated() {
    let files = ["own.sv", "other.sv"].map(|file| (file.to_owned(), module("assign y = a & b;")));
    let design = Design::parse(&files, |file| file == "own.sv").unwrap();
    assert!(
        design
            .mutants()
            .iter()
            .all(|mutant| mutant.file == "own.sv")
    );
    assert!(!design.mutants().is_empty());
}

#[test]
fn ids_outlive_lines_that_move_and_differ_for_equal_lines() {
    let ids = |body: &str| {
        mutants(body)
            .into_iter()
            .map(|mutant| mutant.id)
            .collect::<Vec<_>>()
    };
    let line = "assign y = a & b;";
    let moved = ids("// A comment.\n\n  assign  y = a /* and */ & b;");
    assert_eq!(ids(line), moved);
    let mut twice = ids(&format!("{line}\n{line}"));
    assert_eq!(twice.len(), 2 * moved.len());
    twice.dedup();
    assert_eq!(twice.len(), 2 * moved.len());
}

#[test]
fn a_mutant_knows_its_place() {
    let mutant = &mutants("\n  assign y = a & b;")[0];
    assert_eq!((mutant.line, mutant.column), (5, 14));
    assert_eq!(mutant.module, "m");
    assert_eq!(
        mutant.diff(),
        "- assign y = a & b;\n+ assign y = (a) | (b);"
    );
}

#[test]
fn a_sample_is_a_part_in_order_that_depends_on_its_seed() {
    let all = mutants("assign y = (a + b) & (a - b) | (a == b) ^ (a < b);");
    let of = |seed| {
        let ids = sample(&all, 4, seed).into_iter().map(|mutant| mutant.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(of(1).len(), 4);
    assert_eq!(of(1), of(1));
    assert!((2..9).any(|seed| of(seed) != of(1)));
    assert_eq!(sample(&all, 1000, 1).len(), all.len());
    let order = |id: &String| all.iter().position(|mutant| mutant.id == *id);
    assert!(of(3).iter().map(order).is_sorted());
}
