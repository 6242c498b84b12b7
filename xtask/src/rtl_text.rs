//! Rules of RTL text that need no parser: ASCII, at most 100 columns, no tabs, no trailing blanks.

use std::path::Path;

/// Longest line, in characters.
const COLUMNS: usize = 100;

/// The first offence of each line of `text`, as `path:line: what`.
pub(crate) fn offences(path: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let what = if let Some(character) = line.chars().find(|c| !c.is_ascii()) {
            format!("`{character}` is not ASCII")
        } else if line.contains('\t') {
            "tab; indent with spaces".to_owned()
        } else if line.len() > COLUMNS {
            format!("{} columns; at most {COLUMNS} are allowed", line.len())
        } else if line.ends_with([' ', '\r']) {
            "blank or carriage return at the end".to_owned()
        } else {
            continue;
        };
        found.push(format!("{}:{}: {what}", path.display(), index + 1));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        found.push(format!("{}: no newline at the end", path.display()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn only_offence(text: &str) -> String {
        let mut found = offences(Path::new("x.sv"), text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn clean_text_passes() {
        let text = format!("module x;\n{}\nendmodule\n", "a".repeat(COLUMNS));
        assert_eq!(offences(Path::new("x.sv"), &text), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_seen_to_fail() {
        assert_eq!(
            only_offence("a\n// 2 \u{b5}s\n"),
            "x.sv:2: `\u{b5}` is not ASCII"
        );
        assert_eq!(only_offence("\tx\n"), "x.sv:1: tab; indent with spaces");
        assert_eq!(
            only_offence(&format!("{}\n", "a".repeat(101))),
            "x.sv:1: 101 columns; at most 100 are allowed"
        );
        assert_eq!(
            only_offence("a \n"),
            "x.sv:1: blank or carriage return at the end"
        );
        assert_eq!(only_offence("a"), "x.sv: no newline at the end");
    }
}
