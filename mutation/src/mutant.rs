//! One mutant, and samples of them.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Kind;
use crate::find::{Edit, Point};
use crate::source::Source;

/// One thing that may be wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mutant {
    /// `module:kind:hash`: the same as long as the module's lines with the fault in them are.
    pub id: String,
    /// Kind.
    pub kind: Kind,
    /// Source, relative to the folder of the RTL.
    pub file: String,
    /// Module or package.
    pub module: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The text that is replaced, on one line and without comments.
    pub source: String,
    /// What replaces it; empty for a statement that is left out.
    pub mutant: String,
    /// The lines that it stands in, on one line and without comments.
    pub from: String,
    /// The same with the fault.
    pub to: String,
    /// Index of the source among those of the design.
    #[serde(skip)]
    pub(crate) index: usize,
    #[serde(skip)]
    pub(crate) edits: Vec<Edit>,
}

impl Mutant {
    /// The change as two lines of a diff.
    pub fn diff(&self) -> String {
        format!("- {}\n+ {}", self.from, self.to)
    }
}

/// The mutants at the points of a source; `taken` counts those of equal text in the design so far.
pub(crate) fn mutants(
    index: usize,
    source: &Source,
    points: Vec<Point>,
    taken: &mut std::collections::HashMap<String, usize>,
) -> Vec<Mutant> {
    points
        .into_iter()
        .map(|point| mutant(index, source, point, taken))
        .collect()
}

fn mutant(
    index: usize,
    source: &Source,
    point: Point,
    taken: &mut std::collections::HashMap<String, usize>,
) -> Mutant {
    let Point {
        kind,
        module,
        edits,
    } = point;
    let first = edits[0].span.clone();
    let end = edits.iter().map(|edit| edit.span.end).max();
    let lines = source.lines(&(first.start..end.unwrap_or(first.end)));
    let from = source.flat(lines.clone());
    let to = changed(source, lines, &edits);
    let key = [kind.name(), &module, &from, &to].join("\0");
    let count = taken.entry(key.clone()).or_default();
    *count += 1;
    let hash = Sha256::digest(format!("{key}\0{count}"));
    let hash: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let (line, column) = source.place(first.start);
    Mutant {
        id: format!("{module}:{kind}:{hash}"),
        kind,
        file: source.file.clone(),
        module,
        line,
        column,
        source: source.flat(first),
        mutant: edits[0].text.clone(),
        from,
        to,
        index,
        edits,
    }
}

/// The text of `span` with the edits done.
fn changed(source: &Source, span: Range<usize>, edits: &[Edit]) -> String {
    let mut text = String::new();
    let mut at = span.start;
    for edit in edits {
        text += &source.flat_with_ends(at..edit.span.start);
        text += &edit.text;
        at = edit.span.end;
    }
    text += &source.flat_with_ends(at..span.end);
    crate::source::normalised(&text)
}

/// `count` of the mutants, in their order: a draw by `seed` that mostly stays the same when others come or go.
pub fn sample(mutants: &[Mutant], count: usize, seed: u64) -> Vec<Mutant> {
    let mut drawn: Vec<(Vec<u8>, usize)> = mutants
        .iter()
        .enumerate()
        .map(|(index, mutant)| {
            let mut hash = Sha256::new();
            hash.update(seed.to_le_bytes());
            hash.update(&mutant.id);
            (hash.finalize().to_vec(), index)
        })
        .collect();
    drawn.sort();
    let mut kept: Vec<usize> = drawn
        .into_iter()
        .take(count)
        .map(|(_, index)| index)
        .collect();
    kept.sort_unstable();
    kept.into_iter()
        .map(|index| mutants[index].clone())
        .collect()
}
