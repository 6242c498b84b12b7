//! Mutants of small modules.

mod composing;
mod damage;
mod operators;
mod places;
mod waivers;

use gpnpu_mutation::{Design, Kind, Mutant};

/// A module with a clock, a reset and some variables around `body`.
fn module(body: &str) -> String {
    format!(
        "module m(input logic clk_i, input logic rst_ni, input logic [7:0] a, b, output logic [7:0] y);\n\
         parameter int N = 4;\ntypedef enum logic {{StIdle, StBusy}} state_e;\n{body}\nendmodule\n"
    )
}

fn design(body: &str) -> Design {
    Design::parse(&[("m.sv".to_owned(), module(body))], |_| true).unwrap()
}

fn mutants(body: &str) -> Vec<Mutant> {
    design(body).mutants().to_vec()
}

/// What the lines of `body` become by its mutants of one kind.
fn changes(body: &str, kind: Kind) -> Vec<String> {
    mutants(body)
        .into_iter()
        .filter(|mutant| mutant.kind == kind)
        .map(|mutant| mutant.to)
        .collect()
}
