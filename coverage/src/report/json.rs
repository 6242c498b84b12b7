//! The report for machines.

use serde_json::{Map, Value, json};

use super::{BlockReport, Report};
use crate::code::{CodeSummary, Tally};
use crate::functional::{BlockGrade, GroupGrade, PointGrade};

impl Report {
    /// The report as one JSON value; scores and shares are 0 to 1.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "blocks": self.blocks.iter().map(block).collect::<Vec<_>>(),
            "gates": self.gates,
            "gates_met": self.gates_met(),
        })
    }
}

fn block(block: &BlockReport) -> Value {
    json!({
        "block": block.block,
        "functional": block.functional.as_ref().map(functional),
        "code": block.code.as_ref().map(code),
        "plan": block.plan,
    })
}

fn functional(grade: &BlockGrade) -> Value {
    let groups: Vec<Value> = grade.groups.iter().map(group).collect();
    json!({ "score": grade.score(), "groups": groups })
}

fn group(group: &GroupGrade) -> Value {
    let points: Vec<Value> = group.points.iter().map(point).collect();
    json!({ "name": group.name, "score": group.score(), "points": points })
}

fn point(point: &PointGrade) -> Value {
    json!({
        "name": point.name,
        "kind": point.kind,
        "score": point.score(),
        "covered": point.covered,
        "coverable": point.coverable,
        "ignored": point.ignored,
        "holes": point.holes,
        "unexpected": point.unexpected,
    })
}

fn code(code: &CodeSummary) -> Value {
    let files = code.files.iter().map(|file| {
        json!({ "file": file.file, "kinds": kinds(file.kinds.iter().map(|(k, t)| (k.name(), *t))) })
    });
    json!({
        "kinds": kinds(code.kinds.iter().map(|(kind, tally)| (kind.name(), *tally))),
        "files": files.collect::<Vec<_>>(),
        "user_covers": code.user_covers,
    })
}

fn kinds<'a>(tallies: impl Iterator<Item = (&'a str, Tally)>) -> Value {
    let entry = |(name, tally): (&str, Tally)| {
        let value =
            json!({ "covered": tally.covered, "total": tally.total, "share": tally.share() });
        (name.to_owned(), value)
    };
    Value::Object(tallies.map(entry).collect::<Map<_, _>>())
}
