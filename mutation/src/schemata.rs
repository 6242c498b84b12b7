//! Sources that hold many mutants, of which each run selects one.
//!
//! Every place becomes a choice between its original and its mutants. A mutant's own text is that of the original RTL, as
//! no two mutants are ever selected together; so what is written grows with the number of mutants, not with how deep they
//! are nested. Lines stay where they are.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::find::{Edit, Form};
use crate::source::Source;

/// What the sources are composed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The mutant of [`plusarg`] is there, all others are not.
    Select,
    /// None is there; each place calls the DPI function `gpnpu_mark` with the number of a mutant and whether it would make
    /// a difference to the value there: whether it would be infected.
    Probe,
}

/// Selects the mutant `number` of a model in [`Mode::Select`]; 0, as without it, none.
pub fn plusarg(number: u32) -> String {
    format!("+gpnpu_mutant={number}")
}

const SELECT: &str = "package gpnpu_mutation; \
    function automatic int unsigned chosen(); int unsigned number; number = 0; \
    if ($value$plusargs(\"gpnpu_mutant=%d\", number)) return number; return 0; endfunction \
    int unsigned selected = chosen(); endpackage ";
const PROBE: &str = "package gpnpu_mutation; import \"DPI-C\" function bit gpnpu_mark( \
    input int unsigned number, input bit differs); endpackage ";

/// Composed sources.
#[derive(Clone, Debug, Default)]
pub struct Composed {
    /// Name and text of each, in the order of the design's.
    pub files: Vec<(String, String)>,
    /// Where each mutant stands: index of the source, span, number.
    places: Vec<(usize, Range<usize>, u32)>,
}

impl Composed {
    /// The innermost mutant at a line and a column, both from 1, of a file.
    pub fn at(&self, file: &str, line: usize, column: usize) -> Option<u32> {
        let index = self.files.iter().position(|(name, _)| name == file)?;
        let text = &self.files[index].1;
        let start: usize = text
            .split_inclusive('\n')
            .take(line.checked_sub(1)?)
            .map(str::len)
            .sum();
        let offset = start + column.checked_sub(1)?;
        self.places
            .iter()
            .filter(|(of, span, _)| *of == index && span.contains(&offset))
            .min_by_key(|(_, span, _)| span.len())
            .map(|(_, _, number)| *number)
    }
}

/// What can be chosen at one place.
struct Choice<'a> {
    span: Range<usize>,
    form: Form,
    arms: Vec<(u32, &'a Edit)>,
}

/// Start and end of a choice: those that hold others come before them.
type Order = (usize, Reverse<usize>, Form);

/// Composes the sources with the edits, each with the index of its source and the number of its mutant.
pub(crate) fn compose(sources: &[Source], edits: &[(usize, u32, &Edit)], mode: Mode) -> Composed {
    let mut composed = Composed::default();
    for (index, source) in sources.iter().enumerate() {
        let mut choices: BTreeMap<Order, Vec<(u32, &Edit)>> = BTreeMap::new();
        for (_, number, edit) in edits.iter().filter(|(of, _, _)| *of == index) {
            let key = (edit.span.start, Reverse(edit.span.end), edit.form);
            choices.entry(key).or_default().push((*number, edit));
        }
        let choices: Vec<Choice<'_>> = choices
            .into_iter()
            .map(|((start, Reverse(end), form), arms)| Choice {
                span: start..end,
                form,
                arms,
            })
            .collect();
        let mut writer = Writer {
            source,
            mode,
            text: String::new(),
            places: Vec::new(),
        };
        if index == 0 {
            writer.text += match mode {
                Mode::Select => SELECT,
                Mode::Probe => PROBE,
            };
        }
        writer.span(0..source.text.len(), &choices);
        composed.files.push((source.file.clone(), writer.text));
        composed.places.extend(
            writer
                .places
                .into_iter()
                .map(|(span, number)| (index, span, number)),
        );
    }
    composed
}

struct Writer<'a> {
    source: &'a Source,
    mode: Mode,
    text: String,
    places: Vec<(Range<usize>, u32)>,
}

impl Writer<'_> {
    /// Writes a span with the choices in it, outer ones first.
    fn span(&mut self, span: Range<usize>, choices: &[Choice<'_>]) {
        let mut at = span.start;
        let mut rest = choices;
        while let Some((choice, others)) = rest.split_first() {
            let inner = others.partition_point(|other| other.span.start < choice.span.end);
            self.text += &self.source.text[at..choice.span.start];
            self.choice(choice, &others[..inner]);
            at = choice.span.end;
            rest = &others[inner..];
        }
        self.text += &self.source.text[at..span.end];
    }

    fn choice(&mut self, choice: &Choice<'_>, inner: &[Choice<'_>]) {
        let (open, close) = match choice.form {
            Form::Expression => ("(", ")"),
            Form::Statement => ("begin ", " end"),
        };
        self.text += open;
        for (number, edit) in &choice.arms {
            let start = self.text.len();
            self.arm(*number, edit);
            self.places.push((start..self.text.len(), *number));
        }
        self.text += open;
        self.span(choice.span.clone(), inner);
        self.text += close;
        self.text += close;
    }

    /// Writes a mutant before what is there without it. A probe is never true, which is not known before the simulation;
    /// so the mutant stands there too, as a choice of two equal values would be no choice.
    fn arm(&mut self, number: u32, edit: &Edit) {
        let condition = match self.mode {
            Mode::Select => format!("gpnpu_mutation::selected == {number}"),
            Mode::Probe => format!("gpnpu_mutation::gpnpu_mark({number}, {})", edit.differs),
        };
        let text = &edit.text;
        self.text += &match edit.form {
            Form::Expression => format!("({condition}) ? ({text}) : "),
            Form::Statement => format!("if ({condition}) begin {text} end else "),
        };
    }
}
