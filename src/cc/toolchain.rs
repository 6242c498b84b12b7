//! clang-19 and lld-19, as Debian and others package them.

use std::ffi::OsString;
use std::process::Command;

use crate::exit::{CommandError, Exit};

/// The release that the headers, and the reading of its output, are for.
pub const RELEASE: u32 = 19;

/// A program of the tool chain.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Its name in messages, which is Debian's package too.
    pub name: &'static str,
    /// What it is called.
    program: &'static str,
    /// The variable that names another.
    variable: &'static str,
}

/// The compiler.
pub const CLANG: Tool = Tool {
    name: "clang-19",
    program: "clang-19",
    variable: "GPNPU_CLANG",
};
/// The linker.
pub const LLD: Tool = Tool {
    name: "lld-19",
    program: "ld.lld-19",
    variable: "GPNPU_LLD",
};

/// A tool that is there and of the right release.
#[derive(Clone, Debug)]
pub struct Found {
    /// How to call it.
    pub program: OsString,
    /// The first line of what it says about itself.
    pub version: String,
}

impl Tool {
    /// The tool of the tool's variable, else of this machine.
    ///
    /// # Errors
    ///
    /// What is missing or of another release, and how to install it.
    pub fn find(self) -> Result<Found, CommandError> {
        let program = std::env::var_os(self.variable)
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| self.program.into());
        let shown = program.display();
        let output = Command::new(&program).arg("--version").output();
        let version = match output {
            Ok(output) if output.status.success() => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.lines().next().unwrap_or_default().to_owned()
            }
            Ok(output) => {
                return Err(missing(format!("`{shown}` fails: {}", output.status)));
            }
            Err(error) => {
                return Err(missing(format!(
                    "`{shown}` does not start ({error}); install clang and lld {RELEASE}, for example: {INSTALL} (or set {} \
                     to a {} of your own)",
                    self.variable, self.name
                )));
            }
        };
        if release(&version) != Some(RELEASE) {
            return Err(missing(format!(
                "`{shown}` is `{version}`, and {} is needed: {INSTALL}",
                self.name
            )));
        }
        Ok(Found { program, version })
    }
}

/// What installs both.
pub const INSTALL: &str = "`sudo apt-get install -y --no-install-recommends clang-19 lld-19`";

fn missing(message: String) -> CommandError {
    CommandError {
        exit: Exit::BuildFailed,
        message,
    }
}

/// The first number of a version: of `Debian clang version 19.1.7 (3)` and of `Debian LLD 19.1.7 (..)` 19.
fn release(version: &str) -> Option<u32> {
    version
        .split(' ')
        .find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_either_tool() {
        assert_eq!(
            release("Debian clang version 19.1.7 (3~deb12u1)"),
            Some(RELEASE)
        );
        assert_eq!(
            release("Debian LLD 19.1.7 (compatible with GNU linkers)"),
            Some(RELEASE)
        );
        assert_eq!(release("clang version 14.0.6"), Some(14));
        assert_eq!(release("something else"), None);
    }
}
