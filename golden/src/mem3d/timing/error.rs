//! What is wrong with a timing set.

/// Why a timing set is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimingError {
    /// A file does not hold a timing set.
    #[error("{path}:{line}:{column}: {message}")]
    File {
        /// The file, as it was named.
        path: String,
        /// Line of the culprit, from 1.
        line: usize,
        /// Column of the culprit in characters, from 1.
        column: usize,
        /// What was found there, and what was expected.
        message: String,
    },
    /// No timing set has this name.
    #[error("timing set `{name}` not found (known: {known})")]
    UnknownSet {
        /// The name as it was given.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
    /// The parameters of an elaborated design do not make a timing set.
    #[error("parameters: {message}")]
    Parameters {
        /// Which parameter, and what was expected.
        message: String,
    },
    /// A set that cannot work.
    #[error("`{parameter}` is {value}, {needs}")]
    Unworkable {
        /// The parameter.
        parameter: &'static str,
        /// Its value: picoseconds for a time.
        value: u64,
        /// What it needs to be.
        needs: String,
    },
}
