//! Colour where it is wanted.

use std::io::IsTerminal;

/// Whether to colour.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// On a terminal that wants it.
    pub colour: bool,
    /// On a terminal at all: bars may be drawn.
    pub terminal: bool,
}

impl Style {
    /// For standard error; `NO_COLOR` is honoured.
    pub fn stderr() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            colour: terminal && wanted,
            terminal,
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// For what failed.
    pub fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// For what passed.
    pub fn green(self, text: &str) -> String {
        self.paint("1;32", text)
    }

    /// For what is worth a look.
    pub fn yellow(self, text: &str) -> String {
        self.paint("1;33", text)
    }
}
