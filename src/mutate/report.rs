//! What is said of the mutants, to people and to machines.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use gpnpu_mutation::{Kind, Mutant};
use serde_json::{Value, json};

use super::Subject;
use super::trials::Verdict;
use crate::cli::MutateArgs;
use crate::style::Style;

/// The version of the JSON; another one where a field changes its meaning.
const VERSION: u32 = 1;

/// What came of a block's mutants.
pub struct Report<'a> {
    /// The block and its mutants.
    pub subject: &'a Subject,
    /// The command line.
    pub args: &'a MutateArgs,
    /// One for each mutant.
    pub verdicts: &'a [Verdict],
    /// Hash of the model with the mutants.
    pub model: &'a str,
    /// Time until the models were there.
    pub built: Duration,
    /// Time of all.
    pub took: Duration,
}

/// What is left of it in the end.
pub struct Summary {
    /// Whether the floor was reached and all waivers hold.
    pub met: bool,
    /// For the file and for machines.
    pub json: Value,
}

/// Numbers of mutants by their fate.
#[derive(Default)]
struct Counts {
    killed: usize,
    survived: usize,
    never: usize,
    waived: usize,
    refused: usize,
    /// Killed though a waiver says that nothing can.
    wrongly_waived: usize,
}

impl Counts {
    /// Share of the mutants that count which were killed, in percent; those that are waived or refused do not count.
    fn score(&self) -> f64 {
        let all = self.killed + self.survived + self.never;
        if all == 0 {
            return 100.0;
        }
        100.0 * self.killed as f64 / all as f64
    }
}

/// Where a mutant is, and which.
pub fn place(mutant: &Mutant) -> String {
    let Mutant {
        id,
        file,
        line,
        column,
        ..
    } = mutant;
    format!("{file}:{line}:{column}: {id}")
}

/// Under the words of a status line.
pub fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("{:13}{line}", ""))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Report<'_> {
    fn rows(&self) -> impl Iterator<Item = (&Mutant, &Verdict)> {
        self.subject.mutants.iter().zip(self.verdicts)
    }

    /// The reason of the waiver that covers a mutant.
    fn waiver(&self, mutant: &Mutant) -> Option<&str> {
        let mut waivers = self.subject.waivers.mutants.iter();
        let waiver = waivers.find(|waiver| waiver.covers(mutant))?;
        Some(&waiver.reason)
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (mutant, verdict) in self.rows() {
            let waived = self.waiver(mutant).is_some();
            let fate = match verdict {
                Verdict::Killed { .. } => {
                    counts.wrongly_waived += usize::from(waived);
                    &mut counts.killed
                }
                Verdict::Refused => &mut counts.refused,
                _ if waived => &mut counts.waived,
                Verdict::Survived { .. } => &mut counts.survived,
                Verdict::NeverActivated => &mut counts.never,
            };
            *fate += 1;
        }
        counts
    }

    /// Kills by checker and kind of mutant.
    fn checkers(&self) -> BTreeMap<String, BTreeMap<Kind, usize>> {
        let mut table: BTreeMap<String, BTreeMap<Kind, usize>> = BTreeMap::new();
        for (mutant, verdict) in self.rows() {
            if let Verdict::Killed { check, .. } = verdict {
                let kills = table.entry(check.clone()).or_default();
                *kills.entry(mutant.kind).or_default() += 1;
            }
        }
        table
    }

    /// What is said in the end, and whether it is good.
    pub fn summary(&self) -> Summary {
        let counts = self.counts();
        let score = counts.score();
        let met = score >= self.args.floor && counts.wrongly_waived == 0;
        let mutants: Vec<Value> = self
            .rows()
            .map(|(mutant, verdict)| {
                let mut row = json!(mutant);
                if let (Value::Object(row), Value::Object(fate)) = (&mut row, json!(verdict)) {
                    row.extend(fate);
                    row.insert("waiver".to_owned(), json!(self.waiver(mutant)));
                }
                row
            })
            .collect();
        let json = json!({
            "version": VERSION,
            "block": self.subject.block.stem,
            "config": self.subject.config,
            "sample": self.args.sample,
            "seed": self.args.seed,
            "of": self.subject.design.mutants().len(),
            "tried": self.subject.mutants.len(),
            "killed": counts.killed,
            "survived": counts.survived,
            "never_activated": counts.never,
            "waived": counts.waived,
            "refused": counts.refused,
            "wrongly_waived": counts.wrongly_waived,
            "score": score,
            "floor": self.args.floor,
            "met": met,
            "seconds": self.took.as_secs_f64(),
            "build_seconds": self.built.as_secs_f64(),
            "model": self.model,
            "checkers": self.checkers(),
            "mutants": mutants,
        });
        Summary { met, json }
    }

    /// Tells people.
    pub fn tell(&self, summary: &Summary) {
        let style = Style::stderr();
        for (mutant, verdict) in self.rows() {
            let (word, note) = match (verdict, self.waiver(mutant)) {
                (
                    Verdict::Killed {
                        by, seed, check, ..
                    },
                    Some(_),
                ) => (
                    style.red("KILLED"),
                    format!("waived, but {by} seed={seed:#x} kills it: {check}"),
                ),
                (Verdict::Killed { .. }, None) => continue,
                (Verdict::Refused, _) => (style.yellow("REFUSED"), "by Verilator".to_owned()),
                (_, Some(_)) => continue,
                (Verdict::Survived { tried }, None) => (
                    style.yellow("SURVIVED"),
                    format!("{tried} cases pass that it makes a difference in"),
                ),
                (Verdict::NeverActivated, None) => (
                    style.yellow("NO EFFECT"),
                    "in no case does it make a difference where it is".to_owned(),
                ),
            };
            eprintln!("{word:>12} {}: {note}", place(mutant));
            eprintln!("{}", indented(&mutant.diff()));
        }
        self.tell_checkers();
        let counts = self.counts();
        let score = format!("{:.1} %", counts.score());
        let score = if summary.met {
            style.green(&score)
        } else {
            style.red(&score)
        };
        eprintln!(
            "{:>12} {} {}: {score} ({:.1} % needed): {} killed, {} survived, {} never made a difference; {} waived, \
             {} refused; {:.0} s, {:.0} s of them to build",
            "score",
            self.subject.block.stem,
            self.subject.config,
            self.args.floor,
            counts.killed,
            counts.survived,
            counts.never,
            counts.waived,
            counts.refused,
            self.took.as_secs_f64(),
            self.built.as_secs_f64(),
        );
    }

    /// Which checker kills what: most kills first.
    fn tell_checkers(&self) {
        let table = self.checkers();
        let seen: HashSet<Kind> = table.values().flat_map(|row| row.keys().copied()).collect();
        let kinds: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| seen.contains(kind))
            .collect();
        let mut rows: Vec<(usize, &String, &BTreeMap<Kind, usize>)> = table
            .iter()
            .map(|(check, kills)| (kills.values().sum(), check, kills))
            .collect();
        rows.sort_by_key(|(all, check, _)| (std::cmp::Reverse(*all), *check));
        if rows.is_empty() {
            return;
        }
        let width = rows
            .iter()
            .map(|(_, check, _)| check.len())
            .max()
            .unwrap_or(0)
            .max(7);
        let names: String = kinds.iter().map(|kind| format!(" {kind:>5}")).collect();
        eprintln!(
            "{:>12} {:width$} {:>5}{names}",
            "kills by", "checker", "all"
        );
        for (all, check, kills) in rows {
            let cells: String = kinds
                .iter()
                .map(|kind| {
                    let cell = kills.get(kind).map_or(String::new(), ToString::to_string);
                    format!(" {cell:>width$}", width = kind.name().len().max(5))
                })
                .collect();
            eprintln!("{:12} {check:width$} {all:>5}{cells}", "");
        }
    }
}
