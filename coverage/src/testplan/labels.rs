//! The labels of the RTL's assertions.

/// Macros of `rtl/common/assert.svh`.
const MACROS: [&str; 3] = ["`ASSERT(", "`ASSUME(", "`COVER("];

/// Labels of the assertions, assumptions and covers that SystemVerilog source holds, in its order.
///
/// A label is the first argument of one of the macros, outside of comments.
#[must_use]
pub fn labels(source: &str) -> Vec<String> {
    let source = without_comments(source);
    let uses = source.match_indices('`').filter_map(|(at, _)| {
        let rest = &source[at..];
        MACROS.iter().find_map(|name| rest.strip_prefix(name))
    });
    let first_argument = |arguments: &str| -> String {
        let label = |c: &char| c.is_alphanumeric() || *c == '_';
        arguments.trim_start().chars().take_while(label).collect()
    };
    uses.map(first_argument)
        .filter(|label| !label.is_empty())
        .collect()
}

/// Each comment becomes a space; what looks like one inside a string is taken for one.
fn without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        code += before;
        let end = if from.starts_with("//") {
            from.find('\n')
        } else if let Some(inside) = from.strip_prefix("/*") {
            inside.find("*/").map(|end| end + 4)
        } else {
            code.push('/');
            Some(1)
        };
        code.push(' ');
        rest = &from[end.unwrap_or(from.len())..];
    }
    code + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_in_the_order_of_the_source() {
        let source = "
            assign q = a / b;
            `ASSERT(StallHolds_A, valid && !ready |=> valid)  // `ASSERT(InComment_A, 1)
            `ASSUME(
                Steps_M, steps != '0)
            /* `COVER(Old_C, x)
               `COVER(Older_C, x) */ `COVER(Full_C, !ready)
        ";
        assert_eq!(labels(source), ["StallHolds_A", "Steps_M", "Full_C"]);
    }

    #[test]
    fn definitions_and_other_macros_have_no_label() {
        let source = "
            `define ASSERT(__name, __prop)
            `ASSERTION(Other_A, 1)
            `COVER()
            assert property (p);
        ";
        assert_eq!(labels(source), Vec::<String>::new());
    }

    #[test]
    fn an_open_comment_hides_the_rest() {
        assert_eq!(labels("`COVER(A_C, 1) /* `COVER(B_C, 1)"), ["A_C"]);
        assert_eq!(labels("`COVER(A_C, 1) /"), ["A_C"]);
    }
}
