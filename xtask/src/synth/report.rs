//! Prints the figures.

use std::fmt::Write;

use serde_json::json;

use super::{MAX_DEPTH, Row};

const HEADINGS: [&str; 7] = [
    "block",
    "configuration",
    "gates",
    "flops",
    "memory bits",
    "longest path",
    "limit",
];

/// A row's cells; figures that do not exist are a dash.
fn cells(row: &Row) -> [String; 7] {
    let figures = match &row.result {
        Ok(f) => [f.gates, f.flops, f.memory_bits, u64::from(f.depth)].map(|n| n.to_string()),
        Err(_) => [const { String::new() }; 4].map(|_| "-".to_owned()),
    };
    let [gates, flops, memory, depth] = figures;
    [
        row.block.clone(),
        row.config.clone(),
        gates,
        flops,
        memory,
        depth,
        MAX_DEPTH.to_string(),
    ]
}

/// Aligned columns, names to the left and numbers to the right.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let mut text = String::new();
    for line in &lines {
        for (column, cell) in line.iter().enumerate() {
            let width = lines
                .iter()
                .map(|line| line[column].len())
                .max()
                .unwrap_or(0);
            let gap = if column == 0 { "" } else { "  " };
            let _ = match column {
                0 | 1 => write!(text, "{gap}{cell:<width$}"),
                _ => write!(text, "{gap}{cell:>width$}"),
            };
        }
        text.push('\n');
    }
    text
}

/// A Markdown table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = format!(
        "| {} |\n|---|---|--:|--:|--:|--:|--:|\n",
        HEADINGS.join(" | ")
    );
    for row in rows {
        let _ = writeln!(text, "| {} |", cells(row).join(" | "));
    }
    text
}

/// One JSON value: the limit and a list of rows.
pub(crate) fn json(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| match &row.result {
            Ok(figures) => json!({
                "block": row.block, "config": row.config, "figures": figures, "offences": figures.offences(),
            }),
            Err(error) => json!({ "block": row.block, "config": row.config, "error": error }),
        })
        .collect();
    json!({ "max_depth": MAX_DEPTH, "rows": rows }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::Figures;

    fn rows() -> Vec<Row> {
        let figures = Figures {
            gates: 1234,
            flops: 56,
            memory_bits: 832,
            depth: 7,
            ..Figures::default()
        };
        vec![
            Row {
                block: "common_fifo".into(),
                config: "w8d1".into(),
                result: Ok(figures),
            },
            Row {
                block: "npu_dot".into(),
                config: "full_rate".into(),
                result: Err("no".into()),
            },
        ]
    }

    #[test]
    fn the_table_is_aligned() {
        assert_eq!(
            table(&rows()),
            "\
block        configuration  gates  flops  memory bits  longest path  limit
common_fifo  w8d1            1234     56          832             7     45
npu_dot      full_rate          -      -            -             -     45
"
        );
    }

    #[test]
    fn markdown_has_a_row_per_configuration() {
        assert_eq!(
            markdown(&rows()),
            "\
| block | configuration | gates | flops | memory bits | longest path | limit |
|---|---|--:|--:|--:|--:|--:|
| common_fifo | w8d1 | 1234 | 56 | 832 | 7 | 45 |
| npu_dot | full_rate | - | - | - | - | 45 |
"
        );
    }

    #[test]
    fn json_keeps_errors() {
        let value: serde_json::Value = serde_json::from_str(&json(&rows())).unwrap();
        assert_eq!(value["rows"][0]["figures"]["gates"], 1234);
        assert_eq!(value["rows"][1]["error"], "no");
    }
}
