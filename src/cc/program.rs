//! From sources to an ELF: front end, sections and entries, back end, linker.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cpp_demangle::{DemangleOptions, Symbol};

use super::arguments::{Arguments, Kind};
use super::entry::{self, Needs};
use super::ir::{Kernel, Unit};
use super::toolchain::{CLANG, Found, LLD};
use crate::exit::{CommandError, Exit};

/// The processor, for the front end's and the optimiser's command lines.
const MACHINE: &[&str] = &[
    "-triple",
    "riscv64-unknown-elf",
    "-target-feature",
    "+m",
    "-target-feature",
    "+a",
    "-target-feature",
    "+f",
    "-target-feature",
    "+zicsr",
    "-target-feature",
    "+zifencei",
    "-target-abi",
    "lp64f",
    "-mcmodel=medium",
    "-mrelocation-model",
    "static",
    "-ffreestanding",
    "-nostdsysteminc",
    "-O2",
];
/// CUDA C++ for it. What is not optimised yet keeps the parameters of kernels and the unset values of shared variables.
const CUDA: &[&str] = &[
    "-aux-triple",
    "x86_64-linux-gnu",
    "-fcuda-is-device",
    "-fdeclspec",
    "-std=c++17",
    "-Wdouble-promotion",
    "-disable-llvm-passes",
    "-emit-llvm",
    "-x",
    "cuda",
    "-include",
    "gpnpu.h",
];
/// How blocks are laid out. A loop keeps its first block first: clang would otherwise turn it around, so that the way out or
/// the test is at its end, and what joins again inside would often have a lower PC than the ways to it. Paths merge at the
/// lowest PC, so they would meet late. (Costs of nothing make all rotations equal, and the first, none, is taken.)
const LAYOUT: &[&str] = &[
    "-mllvm",
    "-force-precise-rotation-cost",
    "-mllvm",
    "-jump-inst-cost=0",
    "-mllvm",
    "-misfetch-cost=0",
];
/// The processor, for the assembler.
const ASSEMBLER: &[&str] = &[
    "--target=riscv64-unknown-elf",
    "-march=rv64imaf_zicsr_zifencei",
    "-mabi=lp64f",
    "-c",
];
/// How it is linked: what nothing needs is left out, and no bytes are spent on pages.
const LINKER: &[&str] = &[
    "-m",
    "elf64lriscv",
    "-static",
    "--gc-sections",
    "--discard-all",
    "--build-id=none",
    "-z",
    "max-page-size=64",
];

/// All that decides what comes out, beside the sources and the compiler.
pub fn recipe() -> impl Iterator<Item = &'static str> {
    let translators = [include_str!("ir.rs"), include_str!("entry.rs")];
    [MACHINE, CUDA, LAYOUT, ASSEMBLER, LINKER]
        .into_iter()
        .flatten()
        .copied()
        .chain(translators)
}

/// Compiles and links programs with the headers and the libraries of one folder.
#[derive(Clone, Debug)]
pub struct Compiler {
    clang: Found,
    lld: Found,
    folder: PathBuf,
    resources: PathBuf,
}

impl Compiler {
    /// The compiler of this machine, with `simt/` of a checkout.
    ///
    /// # Errors
    ///
    /// What is missing, and how to install it.
    pub fn find(folder: PathBuf) -> Result<Self, CommandError> {
        let clang = CLANG.find()?;
        let lld = LLD.find()?;
        let output = run(Command::new(&clang.program).arg("-print-resource-dir"))?;
        let resources = Path::new(output.trim()).join("include");
        Ok(Self {
            clang,
            lld,
            folder,
            resources,
        })
    }

    /// What the compiler says about itself.
    pub fn version(&self) -> &str {
        &self.clang.version
    }

    /// Does what `arguments` say; the names of the kernels in the ELF.
    ///
    /// # Errors
    ///
    /// What the compiler or the linker says, and what it means where that is known.
    pub fn build(&self, arguments: &Arguments) -> Result<Vec<String>, CommandError> {
        let scratch = tempfile::tempdir().map_err(CommandError::unforeseen)?;
        let scratch = scratch.path();
        let csr = scratch.join("csr.bc");
        let memory = scratch.join("memory.o");
        let library = |name: &str| self.folder.join("lib").join(name);
        self.front_end(
            &library("csr.c"),
            &csr,
            &["-emit-llvm-bc", "-disable-llvm-passes"],
        )?;
        self.front_end(
            &library("memory.c"),
            &memory,
            &["-emit-obj", "-ffunction-sections"],
        )?;

        let mut objects = vec![memory];
        let (mut kernels, mut dynamic) = (Vec::new(), Vec::new());
        for (index, (kind, input)) in arguments.inputs.iter().enumerate() {
            let object = scratch.join(format!("{index}.o"));
            match kind {
                Kind::Object => {
                    objects.push(input.clone());
                    continue;
                }
                Kind::Assembly => self.assemble(input, &object, &arguments.clang)?,
                Kind::Cuda => {
                    let text = scratch.join(format!("{index}.ll"));
                    let mut flags = CUDA.to_vec();
                    flags.extend(arguments.clang.iter().map(String::as_str));
                    self.front_end(input, &text, &flags)?;
                    let unit =
                        Unit::read(&fs::read_to_string(&text).map_err(CommandError::unforeseen)?)
                            .map_err(failed)?;
                    fs::write(&text, &unit.text).map_err(CommandError::unforeseen)?;
                    let mut command = self.cc1();
                    command.args(arguments.clang.iter().filter(|flag| flag.starts_with("-O")));
                    command.args([
                        "-x",
                        "ir",
                        "-emit-obj",
                        "-ffunction-sections",
                        "-fdata-sections",
                    ]);
                    command.args(LAYOUT);
                    command.arg("-mlink-builtin-bitcode").arg(&csr);
                    run(command.arg("-o").arg(&object).arg(&text))?;
                    kernels.extend(unit.kernels);
                    dynamic.extend(unit.dynamic);
                }
            }
            objects.push(object);
        }
        let kernels = chosen(named(kernels), arguments.kernel.as_deref())?;
        let entries = scratch.join("entries.s");
        let text: String = kernels
            .iter()
            .map(|(name, kernel)| {
                entry::assembly(name, &kernel.symbol, Needs::of(&kernel.parameters))
            })
            .collect();
        fs::write(&entries, text).map_err(CommandError::unforeseen)?;
        let object = entries.with_extension("o");
        self.assemble(&entries, &object, &[])?;
        objects.push(object);
        self.link(&objects, &kernels, &dynamic, &arguments.output)?;
        Ok(kernels.into_iter().map(|(name, _)| name).collect())
    }

    fn cc1(&self) -> Command {
        let mut command = Command::new(&self.clang.program);
        command.arg("-cc1").args(MACHINE);
        command
    }

    fn front_end(&self, input: &Path, output: &Path, flags: &[&str]) -> Result<(), CommandError> {
        let mut command = self.cc1();
        command.arg("-internal-isystem").arg(&self.resources);
        command.arg("-I").arg(self.folder.join("include"));
        command.args(flags).arg("-o").arg(output).arg(input);
        run(&mut command).map(drop)
    }

    fn assemble(&self, input: &Path, output: &Path, flags: &[String]) -> Result<(), CommandError> {
        let mut command = Command::new(&self.clang.program);
        command.args(ASSEMBLER);
        // The macros of test programs are beside them; of the front end's options only the preprocessor's mean something.
        let for_preprocessor = |flag: &&String| {
            ["-I", "-D", "-U"]
                .iter()
                .any(|p| flag.starts_with(p) && flag.len() > 2)
        };
        command.args(flags.iter().filter(for_preprocessor));
        run(command.arg("-o").arg(output).arg(input)).map(drop)
    }

    fn link(
        &self,
        objects: &[PathBuf],
        kernels: &[(String, Kernel)],
        dynamic: &[String],
        output: &Path,
    ) -> Result<(), CommandError> {
        let mut command = Command::new(&self.lld.program);
        command
            .args(LINKER)
            .arg("-T")
            .arg(self.folder.join("gpnpu.ld"));
        if let Some((name, _)) = kernels.first() {
            command.arg("-e").arg(format!("entry.{name}"));
        }
        command.args(
            dynamic
                .iter()
                .map(|symbol| format!("--defsym={symbol}=__shared_dynamic")),
        );
        // Without a kernel the program has to bring the entry itself.
        command.arg("--fatal-warnings");
        run(command.arg("-o").arg(output).args(objects))
            .map(drop)
            .map_err(|error| {
                let message = explained(&error.message);
                CommandError { message, ..error }
            })
    }
}

/// Kernels with their names: without parameters, where that is enough to tell them apart.
fn named(kernels: Vec<Kernel>) -> Vec<(String, Kernel)> {
    let full = |kernel: &Kernel| demangled(&kernel.symbol, DemangleOptions::new());
    let short = |kernel: &Kernel| {
        demangled(
            &kernel.symbol,
            DemangleOptions::new().no_params().no_return_type(),
        )
    };
    let names: Vec<String> = kernels.iter().map(short).collect();
    let name = |kernel: &Kernel| {
        let name = short(kernel);
        let unique = names.iter().filter(|other| **other == name).count() == 1;
        if unique { name } else { full(kernel) }
    };
    kernels
        .iter()
        .map(|kernel| (name(kernel), kernel.clone()))
        .collect()
}

/// A symbol as in the source; one that is not mangled as it is.
pub fn demangled(symbol: &str, options: DemangleOptions) -> String {
    Symbol::new(symbol)
        .ok()
        .and_then(|parsed| parsed.demangle_with_options(&options).ok())
        .unwrap_or_else(|| symbol.to_owned())
}

/// All kernels, or the one of that name.
fn chosen(
    kernels: Vec<(String, Kernel)>,
    name: Option<&str>,
) -> Result<Vec<(String, Kernel)>, CommandError> {
    let Some(wanted) = name else {
        return Ok(kernels);
    };
    let known: Vec<String> = kernels.iter().map(|(name, _)| name.clone()).collect();
    match kernels.into_iter().find(|(name, _)| name == wanted) {
        Some(kernel) => Ok(vec![kernel]),
        None => Err(CommandError::usage(format!(
            "kernel `{wanted}` not found (known: {})",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        ))),
    }
}

/// What the linker says, with what it means for who wrote the kernel.
fn explained(text: &str) -> String {
    let undefined = |line: &str| {
        let symbol = line.split_once("undefined symbol: ")?.1;
        Some(symbol.trim().to_owned())
    };
    let doubles: Vec<String> = text
        .lines()
        .filter_map(undefined)
        .filter(|s| is_double(s))
        .collect();
    if let Some(symbol) = doubles.first() {
        return format!(
            "{text}\nthe program computes with `double` (`{symbol}`), which the processor does not have: use `float`, and \
             constants like `1.0f`"
        );
    }
    if text.contains("cannot find entry symbol") {
        return format!("{text}\nno `__global__` function is in the inputs, and no `_start`");
    }
    text.to_owned()
}

/// Whether the compiler calls this function for binary64.
fn is_double(symbol: &str) -> bool {
    symbol.starts_with("__") && symbol.contains("df") && !symbol.contains('(')
}

fn failed(message: impl ToString) -> CommandError {
    CommandError {
        exit: Exit::BuildFailed,
        message: message.to_string(),
    }
}

/// Runs a tool; what it prints. Warnings go to the user.
fn run(command: &mut Command) -> Result<String, CommandError> {
    let output = command.output().map_err(|error| {
        failed(format!(
            "`{}` does not start: {error}",
            command.get_program().display()
        ))
    })?;
    let text = String::from_utf8_lossy(&output.stderr)
        .trim_end()
        .to_owned();
    if !output.status.success() {
        let name = Path::new(command.get_program())
            .file_name()
            .unwrap_or(OsStr::new("a tool"));
        return Err(failed(format!("`{}` failed\n{text}", name.display())));
    }
    if !text.is_empty() {
        eprintln!("{text}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(symbol: &str) -> Kernel {
        Kernel {
            symbol: symbol.to_owned(),
            parameters: vec![],
        }
    }

    fn names(symbols: &[&str]) -> Vec<String> {
        let kernels = symbols.iter().map(|symbol| kernel(symbol)).collect();
        named(kernels).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn kernels_are_called_as_in_the_source() {
        assert_eq!(
            names(&[
                "_Z5saxpyifPKfPf",
                "plain",
                "_Z6reduceIfEvPKT_PS0_i",
                "_ZN2ns4scanEPfi"
            ]),
            ["saxpy", "plain", "reduce<float>", "ns::scan"]
        );
    }

    #[test]
    fn overloads_are_told_apart_by_their_parameters() {
        assert_eq!(
            names(&["_Z4copyPfi", "_Z4copyPii"]),
            ["copy(float*, int)", "copy(int*, int)"]
        );
    }

    #[test]
    fn a_kernel_that_is_not_there_is_named_with_those_that_are() {
        let all = named(vec![kernel("_Z5saxpyifPKfPf"), kernel("_Z3addv")]);
        assert_eq!(chosen(all.clone(), Some("add")).unwrap().len(), 1);
        let error = chosen(all, Some("sub")).unwrap_err();
        assert_eq!(error.message, "kernel `sub` not found (known: saxpy, add)");
        assert_eq!(error.exit, Exit::Usage);
    }

    #[test]
    fn double_arithmetic_is_explained() {
        let text = "ld.lld-19: error: undefined symbol: __muldf3\n>>> referenced by 0.ll";
        assert!(explained(text).contains("computes with `double` (`__muldf3`)"));
        let other = "ld.lld-19: error: undefined symbol: helper(float)";
        assert_eq!(explained(other), other);
    }
}
