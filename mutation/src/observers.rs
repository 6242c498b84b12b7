//! Logic that only assertions and covers look at.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use tree_sitter::Node;

use crate::names::descendants;
use crate::source::Source;

/// What assigns.
const UNITS: &[&str] = &[
    "always_construct",
    "case_statement",
    "conditional_statement",
    "loop_statement",
    "net_assignment",
    "nonblocking_assignment",
    "operator_assignment",
    "variable_assignment",
];

/// Spans of the assignments and statements of a source whose values nothing but macros use, as those of assertions and
/// covers are: what is wrong there is wrong with the checks, not with the design.
///
/// Names are those of the file; one that is used anywhere else in it, or is a port, is not only observed.
pub(crate) fn observers(source: &Source) -> Vec<Range<usize>> {
    let mut units: Vec<(Range<usize>, HashSet<&str>)> = Vec::new();
    for node in descendants(source.root()) {
        if UNITS.contains(&node.kind()) {
            let targets: HashSet<&str> = descendants(node)
                .filter(|child| matches!(child.kind(), "net_lvalue" | "variable_lvalue"))
                .filter_map(|target| base(source, target))
                .collect();
            units.push((node.byte_range(), targets));
        }
    }
    // Where each name is used, but for its declarations.
    let mut uses: HashMap<&str, Vec<usize>> = HashMap::new();
    for node in descendants(source.root()) {
        if node.kind() == "simple_identifier" && !is_declaration(node) {
            let name = source.token(node);
            uses.entry(name).or_default().push(node.start_byte());
        }
    }
    let mut observed: HashSet<&str> = units
        .iter()
        .flat_map(|(_, targets)| targets)
        .copied()
        .collect();
    loop {
        let inside: Vec<&Range<usize>> = units
            .iter()
            .filter(|(_, targets)| targets.is_subset(&observed))
            .map(|(span, _)| span)
            .collect();
        let used: Vec<&str> = observed
            .iter()
            .filter(|name| {
                let places = uses.get(*name).map_or(&[][..], Vec::as_slice);
                !places
                    .iter()
                    .all(|place| inside.iter().any(|span| span.contains(place)))
            })
            .copied()
            .collect();
        if used.is_empty() {
            return inside.into_iter().cloned().collect();
        }
        observed.retain(|name| !used.contains(name));
    }
}

/// The variable that is assigned, without fields and indices.
fn base<'a>(source: &'a Source, target: Node<'a>) -> Option<&'a str> {
    descendants(target)
        .find(|child| child.kind() == "simple_identifier")
        .map(|name| source.token(name))
}

fn is_declaration(name: Node<'_>) -> bool {
    let parent = name.parent().map_or("", |parent| parent.kind());
    matches!(parent, "variable_decl_assignment" | "net_decl_assignment")
        && name.prev_sibling().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(body: &str) -> Vec<String> {
        let text = format!("module m(input logic a, output logic y);\n{body}\nendmodule\n");
        let source = Source::parse("m.sv", &text).unwrap();
        observers(&source)
            .into_iter()
            .map(|span| text[span].to_owned())
            .collect()
    }

    #[test]
    fn what_only_macros_use_is_observed() {
        let body = "logic seen, twice, busy, z; assign seen = a && busy; assign busy = a;\n\
                    always_ff @(posedge clk_i) begin if (a) twice <= seen; z <= busy; end\n\
                    assign y = z;\n`COVER(Seen_C, twice)";
        assert_eq!(
            observed(body),
            ["seen = a && busy", "if (a) twice <= seen;", "twice <= seen"]
        );
    }

    #[test]
    fn what_a_port_or_an_instance_uses_is_not() {
        let body = "logic s; assign s = a; sub u (.a_i(s), .y_o(y)); assign y = a;";
        assert!(observed(body).is_empty());
    }
}
