//! A source file and its syntax tree.

use std::ops::Range;

use tree_sitter::{Node, Parser, Tree};

/// One file.
pub(crate) struct Source {
    /// Relative to the folder of the RTL.
    pub(crate) file: String,
    /// As it stands.
    pub(crate) text: String,
    /// Comments are spaces; what copies are made of.
    clean: String,
    /// Comments, directives and uses of macros are spaces; what is parsed.
    bare: String,
    tree: Tree,
}

impl Source {
    /// Parses `text`; none if the parser gives up. A text that is not SystemVerilog has a tree with errors in it.
    pub(crate) fn parse(file: &str, text: &str) -> Option<Self> {
        let (clean, bare) = blanked(text);
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_systemverilog::LANGUAGE.into())
            .ok()?;
        let tree = parser.parse(&bare, None)?;
        Some(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            clean,
            bare,
            tree,
        })
    }

    pub(crate) fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The text that the node was parsed from.
    pub(crate) fn token(&self, node: Node<'_>) -> &str {
        &self.bare[node.byte_range()]
    }

    /// What stands in `span` on one line, without comments.
    pub(crate) fn flat(&self, span: Range<usize>) -> String {
        normalised(&self.clean[span])
    }

    /// The same with white space at the ends kept.
    pub(crate) fn flat_with_ends(&self, span: Range<usize>) -> String {
        let text = &self.clean[span];
        let end = |space: bool| if space { " " } else { "" };
        let flat = normalised(text);
        let before = end(text.starts_with(char::is_whitespace));
        let after = end(!flat.is_empty() && text.ends_with(char::is_whitespace));
        format!("{before}{flat}{after}")
    }

    /// Line and column of an offset, both from 1.
    pub(crate) fn place(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (
            before.matches('\n').count() + 1,
            before[start..].chars().count() + 1,
        )
    }

    /// The span, extended to whole lines.
    pub(crate) fn lines(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.text[..span.start].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[span.end..]
            .find('\n')
            .map_or(self.text.len(), |length| span.end + length);
        start..end
    }
}

/// With each run of white space as one space, and none at the ends.
pub(crate) fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Directives that stand for nothing in an expression and reach to the end of their line.
const DIRECTIVES: &[&str] = &[
    "begin_keywords",
    "celldefine",
    "default_nettype",
    "define",
    "else",
    "elsif",
    "end_keywords",
    "endcelldefine",
    "endif",
    "ifdef",
    "ifndef",
    "include",
    "line",
    "nounconnected_drive",
    "pragma",
    "resetall",
    "timescale",
    "unconnected_drive",
    "undef",
    "undefineall",
];

/// `text` without comments, and without comments, directives and macros, both as long as it is.
fn blanked(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let (mut clean, mut bare) = (bytes.to_vec(), bytes.to_vec());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = at
            + if rest.starts_with(b"//") {
                length(rest, |tail| tail[0] == b'\n')
            } else if rest.starts_with(b"/*") {
                let body = length(&rest[2..], |tail| tail.starts_with(b"*/"));
                (body + 4).min(rest.len())
            } else if rest[0] == b'"' {
                at += string(rest);
                continue;
            } else if rest[0] == b'`' {
                let end = at + macro_use(rest);
                blank(&mut bare[at..end]);
                if operand_expected(&bare[..at]) {
                    // An operand, whatever it is.
                    bare[at] = b'_';
                }
                at = end;
                continue;
            } else {
                at += 1;
                continue;
            };
        blank(&mut clean[at..end]);
        blank(&mut bare[at..end]);
        at = end;
    }
    // Only whole characters outside of ASCII were replaced, or none.
    let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (string(clean), string(bare))
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Bytes before the first tail that fits, or all.
fn length(bytes: &[u8], fits: impl Fn(&[u8]) -> bool) -> usize {
    (0..bytes.len())
        .find(|start| fits(&bytes[*start..]))
        .unwrap_or(bytes.len())
}

/// Length of the string literal that `bytes` begin with.
fn string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' && bytes[at] != b'\n' {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    (at + 1).min(bytes.len())
}

/// Length of the directive, or of the macro's use with its arguments, that `bytes` begin with.
fn macro_use(bytes: &[u8]) -> usize {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let end = 1 + length(&bytes[1..], |tail| !word(tail[0]));
    let name = String::from_utf8_lossy(&bytes[1..end]);
    if DIRECTIVES.contains(&&*name) {
        let mut at = end;
        while at < bytes.len() && (bytes[at] != b'\n' || bytes[at - 1] == b'\\') {
            at += 1;
        }
        return at;
    }
    let open = end + length(&bytes[end..], |tail| !tail[0].is_ascii_whitespace());
    if bytes.get(open) != Some(&b'(') {
        return end.max(1);
    }
    let mut depth = 0usize;
    let mut at = open;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += string(&bytes[at..]) - 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// Whether what follows is part of an expression.
fn operand_expected(before: &[u8]) -> bool {
    let last = before.iter().rfind(|byte| !byte.is_ascii_whitespace());
    last.is_some_and(|byte| b"=(,+-*/%&|^?:<>!~[{".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_directives_and_macros_are_blanked_in_place() {
        let text = "`include \"x.svh\"\nassign a = `W(1, \")\") + 1; // b\n`ASSERT(X_A, a |=> b)\n/* c\n*/x";
        let (clean, bare) = blanked(text);
        assert_eq!(clean.len(), text.len());
        assert_eq!(normalised(&bare), "assign a = _ + 1; x", "{bare:?}");
        assert_eq!(
            normalised(&clean),
            "`include \"x.svh\" assign a = `W(1, \")\") + 1; `ASSERT(X_A, a |=> b) x"
        );
        let lines = |text: &str| text.matches('\n').count();
        assert_eq!((lines(&clean), lines(&bare)), (lines(text), lines(text)));
    }

    #[test]
    fn a_directive_that_goes_on_is_blanked_to_its_end() {
        let (_, bare) = blanked("`define X \\\n  y\nmodule m; endmodule");
        assert_eq!(normalised(&bare), "module m; endmodule");
    }

    #[test]
    fn what_does_not_end_is_taken_to_the_end_of_the_text() {
        for text in ["/* x", "\"x", "`W(", "`", "//", "/*", "\"\\", "`W((\""] {
            let (clean, bare) = blanked(text);
            assert_eq!(
                (clean.len(), bare.len()),
                (text.len(), text.len()),
                "{text}"
            );
        }
    }

    #[test]
    fn places_count_from_one() {
        let source = Source::parse("x.sv", "module m;\n  wire a;\nendmodule\n").unwrap();
        assert_eq!(source.place(12), (2, 3));
        assert_eq!(source.lines(&(12..14)), 10..19);
    }
}
