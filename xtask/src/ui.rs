//! Status lines on standard error, in the manner of the `gpnpu` command.

use std::io::IsTerminal;
use std::time::Duration;

/// What a line says first.
#[derive(Clone, Copy)]
pub(crate) enum Status {
    /// All of the step's items passed.
    Pass,
    /// At least one did not.
    Fail,
}

/// Prints the status lines.
pub(crate) struct Ui {
    colour: bool,
    terminal: bool,
}

impl Ui {
    /// Colours on a terminal, unless `NO_COLOR` is set.
    pub(crate) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colour: terminal && !plain,
            terminal,
        }
    }

    /// Says on a terminal what runs now; [`Self::result`] overwrites it.
    pub(crate) fn running(&self, step: &str) {
        if self.terminal {
            eprint!("\r\x1b[K         ... {step}");
        }
    }

    /// One step's line: `PASS [   0.412s] ( 1/12) rtl-lint: 9 configurations`.
    pub(crate) fn result(&self, status: Status, time: Duration, place: (usize, usize), text: &str) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
        let (word, colour) = match status {
            Status::Pass => ("PASS", 32),
            Status::Fail => ("FAIL", 31),
        };
        let word = if self.colour {
            format!("\x1b[1;{colour}m{word}\x1b[0m")
        } else {
            word.to_owned()
        };
        let (at, of) = place;
        eprintln!(
            "        {word} [{:>8.3}s] ({at:>2}/{of}) {text}",
            time.as_secs_f64()
        );
    }

    /// Lines that belong to the step above them.
    pub(crate) fn detail(&self, text: &str) {
        for line in text.lines() {
            eprintln!("             {line}");
        }
    }
}
