//! Other values of an integer literal.

/// The same literal with one more, one less, zero and all ones, as far as they differ from it and from each other; empty
/// for what is no integer of at most 128 known bits. Size, base and sign stay as they are.
pub(crate) fn others(literal: &str) -> Vec<String> {
    let text: String = literal
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .collect();
    match text.as_str() {
        "'0" => return vec!["'1".to_owned()],
        "'1" => return vec!["'0".to_owned()],
        _ => {}
    }
    match text.split_once('\'') {
        None => unsized_others(&text),
        Some((size, rest)) => sized_others(size, rest),
    }
}

fn unsized_others(text: &str) -> Vec<String> {
    let Ok(value) = text.parse::<u32>() else {
        return Vec::new();
    };
    let mut values = vec![i64::from(value) + 1, i64::from(value) - 1, 0];
    values.retain(|other| (0..=i64::from(i32::MAX)).contains(other) && *other != i64::from(value));
    distinct(values).iter().map(ToString::to_string).collect()
}

fn sized_others(size: &str, rest: &str) -> Vec<String> {
    let (sign, rest) = match rest.strip_prefix(['s', 'S']) {
        Some(rest) => ("s", rest),
        None => ("", rest),
    };
    let mut digits = rest.chars();
    let base = digits.next().unwrap_or_default();
    let radix = match base.to_ascii_lowercase() {
        'b' => 2,
        'o' => 8,
        'd' => 10,
        'h' => 16,
        _ => return Vec::new(),
    };
    let width = if size.is_empty() {
        Ok(32)
    } else {
        size.parse::<u32>()
    };
    let (Ok(width @ 1..=128), Ok(value)) = (width, u128::from_str_radix(digits.as_str(), radix))
    else {
        return Vec::new();
    };
    let ones = u128::MAX >> (128 - width);
    let value = value & ones;
    let mut values = vec![
        value.wrapping_add(1) & ones,
        value.wrapping_sub(1) & ones,
        0,
        ones,
    ];
    values.retain(|other| *other != value);
    distinct(values)
        .iter()
        .map(|other| {
            let digits = match radix {
                2 => format!("{other:b}"),
                8 => format!("{other:o}"),
                10 => format!("{other}"),
                _ => format!("{other:x}"),
            };
            format!("{size}'{sign}{base}{digits}")
        })
        .collect()
}

/// Without repetitions.
fn distinct<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut kept = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::others;

    #[test]
    fn each_form_keeps_its_size_base_and_sign() {
        for (literal, expected) in [
            ("'0", vec!["'1"]),
            ("'1", vec!["'0"]),
            ("1'b0", vec!["1'b1"]),
            ("1'b1", vec!["1'b0"]),
            ("4'd3", vec!["4'd4", "4'd2", "4'd0", "4'd15"]),
            ("8'h_fe", vec!["8'hff", "8'hfd", "8'h0"]),
            ("3'sb100", vec!["3'sb101", "3'sb11", "3'sb0", "3'sb111"]),
            ("6'o70", vec!["6'o71", "6'o67", "6'o0", "6'o77"]),
            ("1", vec!["2", "0"]),
            ("0", vec!["1"]),
            ("17", vec!["18", "16", "0"]),
        ] {
            assert_eq!(others(literal), expected, "{literal}");
        }
    }

    #[test]
    fn what_has_no_value_has_no_others() {
        for literal in [
            "4'bx",
            "'x",
            "200'h1",
            "0'd1",
            "1.5",
            "10ns",
            "",
            "'",
            "'h",
            "99999999999",
        ] {
            assert!(others(literal).is_empty(), "{literal}");
        }
    }
}
