//! The arguments of `cc`: some are its own, the rest is clang's.

use std::path::{Path, PathBuf};

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CUDA C++: `.cu`.
    Cuda,
    /// Assembly, preprocessed: `.S`, `.s`.
    Assembly,
    /// An object file: `.o`.
    Object,
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Inputs, in order.
    pub inputs: Vec<(Kind, PathBuf)>,
    /// Where the ELF goes.
    pub output: PathBuf,
    /// The only kernel that is linked.
    pub kernel: Option<String>,
    /// For clang's front end.
    pub clang: Vec<String>,
}

/// Options of clang that take the next argument.
const WITH_VALUE: [&str; 6] = ["-I", "-D", "-U", "-include", "-isystem", "-x"];

impl Arguments {
    /// Reads a command line.
    ///
    /// # Errors
    ///
    /// A sentence: what is missing, or cannot be, and what would have been right.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = |what: &str| {
                words
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("`{word}` needs {what} behind it"))
            };
            if word == "-o" {
                arguments.output = value("a file")?.into();
            } else if word == "--kernel" {
                arguments.kernel = Some(value("the name of a kernel")?);
            } else if let Some(name) = word.strip_prefix("--kernel=") {
                arguments.kernel = Some(name.to_owned());
            } else if WITH_VALUE.contains(&word.as_str()) {
                let value = value("a value")?;
                arguments.clang.extend([word.clone(), value]);
            } else if word == "-g" {
                arguments
                    .clang
                    .extend(["-debug-info-kind=constructor", "-dwarf-version=5"].map(Into::into));
            } else if word.starts_with('-') {
                arguments.clang.push(word.clone());
            } else {
                arguments.inputs.push((kind(Path::new(word))?, word.into()));
            }
        }
        let Some((_, first)) = arguments.inputs.first() else {
            return Err("no input; a .cu file is expected".to_owned());
        };
        if arguments.output.as_os_str().is_empty() {
            let name = first.with_extension("elf");
            arguments.output = name.file_name().unwrap_or(name.as_os_str()).into();
        }
        Ok(arguments)
    }
}

fn kind(path: &Path) -> Result<Kind, String> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("cu") => Ok(Kind::Cuda),
        Some("S" | "s") => Ok(Kind::Assembly),
        Some("o") => Ok(Kind::Object),
        _ => Err(format!(
            "`{}` is not an input that is known: CUDA C++ (.cu), assembly (.S) or an object file (.o)",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words: Vec<String> = line.split_whitespace().map(Into::into).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn own_options_are_taken_out_of_clangs() {
        let arguments =
            parse("-O3 a.cu -o b.elf -I inc -DN=4 --kernel k start.S -Wall x.o").unwrap();
        assert_eq!(
            arguments,
            Arguments {
                inputs: vec![
                    (Kind::Cuda, "a.cu".into()),
                    (Kind::Assembly, "start.S".into()),
                    (Kind::Object, "x.o".into()),
                ],
                output: "b.elf".into(),
                kernel: Some("k".into()),
                clang: ["-O3", "-I", "inc", "-DN=4", "-Wall"]
                    .map(Into::into)
                    .into(),
            }
        );
    }

    #[test]
    fn the_output_is_named_as_the_first_input() {
        assert_eq!(
            parse("some/where/a.cu b.cu").unwrap().output,
            Path::new("a.elf")
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert_eq!(
            parse("-O2").unwrap_err(),
            "no input; a .cu file is expected"
        );
        assert_eq!(parse("a.cu -o").unwrap_err(), "`-o` needs a file behind it");
        assert!(parse("a.py").unwrap_err().starts_with("`a.py` is not"));
    }
}
