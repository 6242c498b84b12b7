//! What the LLVM assembly of a translation unit says about its kernels and its shared memory.
//!
//! clang-19 marks neither: for RV64 all of CUDA's address spaces are one. Kernels are recognised by the section that
//! `simt/include/gpnpu/keywords.h` gives them. Of `__shared__` variables this is known:
//!
//! * defined ones are the only variables whose initial value is `undef`;
//! * `extern __shared__ T name[]` is an array of unknown length that nothing defines.
//!
//! A defined one is private to its translation unit, and the optimiser would turn one that each lane writes before reading
//! it into a register of each lane. It is given a section and made visible, which ends both.

use std::fmt::Write;

/// The section of kernels in the headers.
const KERNELS: &str = "section \".text.kernel\"";

/// How a parameter travels (RISC-V calling conventions, integer and `lp64f`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// An integer or pointer of up to 64 bits.
    Integer,
    /// Two of them, aligned to 16 bytes where they are on the stack.
    Pair {
        /// Whether it has the alignment of 16 bytes.
        aligned: bool,
    },
    /// A binary32.
    Float,
}

/// A kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Its symbol.
    pub symbol: String,
    /// Its parameters as they travel, structures taken apart.
    pub parameters: Vec<Parameter>,
}

/// A translation unit, ready to be optimised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its kernels, in the order of the text.
    pub kernels: Vec<Kernel>,
    /// Symbols of its `extern __shared__` arrays.
    pub dynamic: Vec<String>,
    /// The text, with sections for what is shared and for each kernel.
    pub text: String,
}

/// A parameter that no rule here covers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "kernel `{kernel}` has a parameter of the type `{ty}`, which cannot be passed (integers, pointers, floats and structures of these can)"
)]
pub struct UnknownParameter {
    /// The kernel's symbol.
    pub kernel: String,
    /// The type in LLVM's words.
    pub ty: String,
}

impl Unit {
    /// Reads LLVM assembly as clang-19 writes it before any optimisation.
    ///
    /// # Errors
    ///
    /// [`UnknownParameter`] if it cannot be told how a kernel's parameter is passed.
    pub fn read(text: &str) -> Result<Self, UnknownParameter> {
        let mut unit = Self {
            text: String::with_capacity(text.len() + 256),
            ..Self::default()
        };
        for line in text.lines() {
            let line = match (line.strip_prefix('@'), line.strip_prefix("define ")) {
                (Some(global), _) => unit.global(line, global),
                (_, Some(function)) if function.contains(KERNELS) => unit.kernel(line, function)?,
                _ => line.to_owned(),
            };
            writeln!(unit.text, "{line}").expect("strings take all text");
        }
        Ok(unit)
    }

    /// The line of a global variable, as it has to be.
    fn global(&mut self, line: &str, global: &str) -> String {
        let Some((symbol, definition)) = global.split_once(" = ") else {
            return line.to_owned();
        };
        if definition.starts_with("external ") && definition.contains(" global [0 x ") {
            self.dynamic.push(unquoted(symbol).to_owned());
            return line.to_owned();
        }
        let Some((head, tail)) = definition.split_once(" undef") else {
            return line.to_owned();
        };
        let Some((linkage, ty)) = head.split_once("global ") else {
            return line.to_owned();
        };
        let linkage = linkage.replace("internal ", "hidden ");
        let section = unquoted(symbol);
        format!("@{symbol} = {linkage}global {ty} undef, section \".shared.{section}\"{tail}")
    }

    /// The line with which a kernel's definition begins, as it has to be.
    fn kernel(&mut self, line: &str, function: &str) -> Result<String, UnknownParameter> {
        let kernel = function.split_once('@').and_then(|(_, rest)| {
            let (symbol, rest) = rest.split_once('(')?;
            Some((unquoted(symbol), inside(rest)))
        });
        let Some((symbol, parameters)) = kernel else {
            return Ok(line.to_owned());
        };
        let parameters = split(parameters)
            .into_iter()
            .map(|text| parameter(symbol, text))
            .collect::<Result<_, _>>()?;
        self.kernels.push(Kernel {
            symbol: symbol.to_owned(),
            parameters,
        });
        Ok(line.replace(KERNELS, &format!("section \".text.kernel.{symbol}\"")))
    }
}

fn unquoted(symbol: &str) -> &str {
    symbol.trim_matches('"')
}

/// What is before the bracket that closes, of a text behind one that opens.
fn inside(text: &str) -> &str {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return &text[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// Parts between commas that are in no brackets.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// How the parameter `text` (`i32 noundef signext %n`) travels.
fn parameter(kernel: &str, text: &str) -> Result<Parameter, UnknownParameter> {
    let ty = match text.strip_prefix('[') {
        Some(array) => &text[..array.find(']').map_or(text.len(), |end| end + 2)],
        None => text.split(' ').next().unwrap_or(text),
    };
    match ty {
        "float" => Ok(Parameter::Float),
        "ptr" | "i1" | "i8" | "i16" | "i32" | "i64" => Ok(Parameter::Integer),
        "i128" => Ok(Parameter::Pair { aligned: true }),
        "[2 x i64]" => Ok(Parameter::Pair { aligned: false }),
        _ => Err(UnknownParameter {
            kernel: kernel.to_owned(),
            ty: ty.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KERNEL: &str = "define dso_local void @_Z1kifPKf(i32 noundef signext %n, float noundef %a, ptr noundef \
        align(8) %x, i128 %q.coerce, [2 x i64] %b.coerce) #0 section \".text.kernel\" {\n";

    #[test]
    fn a_kernel_is_found_with_how_its_parameters_travel() {
        let unit = Unit::read(KERNEL).unwrap();
        assert_eq!(
            unit.kernels,
            [Kernel {
                symbol: "_Z1kifPKf".to_owned(),
                parameters: vec![
                    Parameter::Integer,
                    Parameter::Float,
                    Parameter::Integer,
                    Parameter::Pair { aligned: true },
                    Parameter::Pair { aligned: false },
                ],
            }]
        );
        assert!(
            unit.text
                .ends_with("#0 section \".text.kernel._Z1kifPKf\" {\n")
        );
    }

    #[test]
    fn a_kernel_without_parameters_has_none() {
        let unit = Unit::read("define void @k() #0 section \".text.kernel\" comdat {").unwrap();
        assert_eq!(unit.kernels[0].parameters, []);
        assert_eq!(unit.kernels[0].symbol, "k");
    }

    #[test]
    fn other_functions_are_left_alone() {
        let text =
            "define internal void @helper(<4 x float> %a) #2 {\n  ret void, undef global\n}\n";
        let unit = Unit::read(text).unwrap();
        assert_eq!((unit.kernels.len(), unit.text.as_str()), (0, text));
    }

    #[test]
    fn a_parameter_that_cannot_be_passed_is_named() {
        let text = "define void @k(double noundef %a) #0 section \".text.kernel\" {";
        let error = Unit::read(text).unwrap_err().to_string();
        assert!(
            error.starts_with("kernel `k` has a parameter of the type `double`"),
            "{error}"
        );
    }

    #[test]
    fn shared_variables_get_a_section_and_are_seen_from_outside() {
        let text = "@_ZZ1kvE1t = internal global [64 x float] undef, align 4\n";
        assert_eq!(
            Unit::read(text).unwrap().text,
            "@_ZZ1kvE1t = hidden global [64 x float] undef, section \".shared._ZZ1kvE1t\", align 4\n"
        );
        let of_a_template = "@_ZZ1kIfEvvE1t = linkonce_odr global float undef, comdat, align 4\n";
        assert_eq!(
            Unit::read(of_a_template).unwrap().text,
            "@_ZZ1kIfEvvE1t = linkonce_odr global float undef, section \".shared._ZZ1kIfEvvE1t\", comdat, align 4\n"
        );
    }

    #[test]
    fn constants_and_initialised_variables_are_left_alone() {
        let text = "@_ZL9threadIdx = internal constant %struct.tid undef, align 1\n\
                    @counter = dso_local externally_initialized global i32 0, align 4\n";
        assert_eq!(Unit::read(text).unwrap().text, text);
    }

    #[test]
    fn dynamic_shared_memory_is_found() {
        let unit = Unit::read(
            "@tile = external dso_local global [0 x float], align 4\n\
                               @other = external dso_local global [8 x float], align 4\n",
        )
        .unwrap();
        assert_eq!(unit.dynamic, ["tile"]);
    }
}
