//! Golden's values and the transactions beside the RTL's signals in one VCD.

use std::collections::BTreeMap;
use std::io;

use gpnpu_bridge::model::{CYCLE_PS, Cycle};
use vcd::{Command, IdCode, Parser, Scope, ScopeItem, ScopeType, Value, Var, VarType, Writer};

/// Name of the scope that holds golden's signals.
pub const SCOPE: &str = "golden";
/// Signal that rises in the cycle of the failure.
pub const MISMATCH: &str = "mismatch";

/// Golden's values of one signal: its width, and from which cycle on each holds.
#[derive(Clone, Debug)]
struct Values {
    width: usize,
    changes: Vec<(Cycle, Vec<u32>)>,
}

/// What a testbench recorded for the waves.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    values: BTreeMap<String, Values>,
    texts: BTreeMap<String, Vec<(Cycle, String)>>,
}

impl Tracks {
    /// Golden's value of a signal from `cycle` on, least significant word first.
    pub fn value(&mut self, cycle: Cycle, signal: &str, width: usize, words: &[u32]) {
        let empty = || Values {
            width,
            changes: Vec::new(),
        };
        let values = self.values.entry(signal.to_owned()).or_insert_with(empty);
        values.changes.push((cycle, words.to_vec()));
    }

    /// A transaction from `cycle` on.
    pub fn text(&mut self, cycle: Cycle, track: &str, text: String) {
        self.texts
            .entry(track.to_owned())
            .or_default()
            .push((cycle, text));
    }

    /// Merges the tracks into the RTL's VCD, in a scope of their own.
    ///
    /// # Errors
    ///
    /// If `vcd` is not a VCD.
    pub fn merge_into(&self, vcd: &[u8], failed_at: Option<Cycle>) -> io::Result<Vec<u8>> {
        let mut parser = Parser::new(vcd);
        let mut header = parser.parse_header()?;
        let mut id = header
            .items
            .iter()
            .fold(IdCode::FIRST, |id, item| id.max(highest(item)));
        let mut fresh = || {
            id = id.next();
            id
        };
        let mut scope = Scope::new(ScopeType::Module, SCOPE.to_owned());
        let mut changes: Vec<(u64, Command)> = Vec::new();
        let mut add = |name: &str, kind: VarType, width: usize, code: IdCode| {
            let size = u32::try_from(width).unwrap_or(u32::MAX);
            // A name with a dot would be taken for a hierarchy by some readers.
            let name = name.replace('.', "_");
            let index = (width > 1 && kind == VarType::Wire)
                .then(|| vcd::ReferenceIndex::Range(width as i32 - 1, 0));
            scope
                .items
                .push(ScopeItem::Var(Var::new(kind, size, code, name, index)));
        };
        for (
            name,
            Values {
                width,
                changes: values,
            },
        ) in &self.values
        {
            let code = fresh();
            add(name, VarType::Wire, *width, code);
            for (cycle, words) in values {
                let bits = (0..*width)
                    .rev()
                    .map(|bit| Value::from(words[bit / 32] >> (bit % 32) & 1 != 0));
                changes.push((
                    cycle.0 * CYCLE_PS,
                    Command::ChangeVector(code, bits.collect()),
                ));
            }
        }
        for (name, texts) in &self.texts {
            let code = fresh();
            add(name, VarType::String, 1, code);
            for (cycle, text) in texts {
                let text = text.replace(' ', "_");
                changes.push((cycle.0 * CYCLE_PS, Command::ChangeString(code, text)));
            }
        }
        if let Some(cycle) = failed_at {
            let code = fresh();
            add(MISMATCH, VarType::Wire, 1, code);
            changes.push((0, Command::ChangeScalar(code, Value::V0)));
            changes.push((cycle.0 * CYCLE_PS, Command::ChangeScalar(code, Value::V1)));
        }
        changes.sort_by_key(|(time, _)| *time);
        header.items.push(ScopeItem::Scope(scope));

        let mut out = Vec::with_capacity(vcd.len() + 64 * changes.len());
        let mut writer = Writer::new(&mut out);
        writer.header(&header)?;
        let mut pending = changes.into_iter().peekable();
        let mut last = None;
        for command in parser {
            let command = command?;
            let Command::Timestamp(time) = command else {
                writer.command(&command)?;
                continue;
            };
            let mut before_window = Vec::new();
            while let Some((at, change)) = pending.next_if(|(at, _)| *at < time) {
                match last {
                    None => before_window.push(change),
                    Some(previous) => {
                        if at > previous {
                            writer.timestamp(at)?;
                            last = Some(at);
                        }
                        writer.command(&change)?;
                    }
                }
            }
            writer.timestamp(time)?;
            last = Some(time);
            for change in before_window {
                writer.command(&change)?;
            }
            while let Some((_, change)) = pending.next_if(|(at, _)| *at == time) {
                writer.command(&change)?;
            }
        }
        for (at, change) in pending {
            if last.is_none_or(|previous| at > previous) {
                writer.timestamp(at)?;
                last = Some(at);
            }
            writer.command(&change)?;
        }
        Ok(out)
    }
}

fn highest(item: &ScopeItem) -> IdCode {
    match item {
        ScopeItem::Var(var) => var.code,
        ScopeItem::Scope(scope) => scope
            .items
            .iter()
            .fold(IdCode::FIRST, |id, item| id.max(highest(item))),
        _ => IdCode::FIRST,
    }
}
