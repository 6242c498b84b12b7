//! `gpnpu exec`: what is refused, before a model is built for it.

use std::fs;

use crate::exec::elf;
use crate::support::{Project, Ran};

/// A project whose cache has no model of the configuration that is asked for.
fn exec(project: &Project, file: &str, arguments: &[&str]) -> Ran {
    project.gpnpu(&[&["exec", file, "--config", "c2w4t8"], arguments].concat())
}

#[track_caller]
fn refused(ran: Ran, words: &str) {
    let ran = ran.exits(2).says(words);
    assert!(
        ran.stdout.is_empty() && !ran.stderr.to_lowercase().contains("built"),
        "{ran:?}"
    );
}

/// A program with some of its bytes replaced.
fn patched(project: &Project, name: &str, patches: &[(usize, &[u8])]) -> String {
    let mut bytes = fs::read(elf(name)).unwrap();
    for (at, patch) in patches {
        bytes[*at..at + patch.len()].copy_from_slice(patch);
    }
    let path = project.path("patched.elf");
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// Fields of the ELF header and of the second program header (ELF-64 object file format 1.5, sections 3 and 5).
#[test]
fn files_that_are_no_programs_for_it() {
    let project = Project::whole();
    let second = 64 + 56;
    for (name, at, patch, words) in [
        ("saxpy", 0, &b"\x7fEXE"[..], "patched.elf`: not an ELF"),
        (
            "saxpy",
            4,
            &[1],
            "an ELF of class `ELF32`; `ELF64` expected",
        ),
        ("saxpy", 5, &[2], "a big-endian ELF; little-endian expected"),
        (
            "saxpy",
            18,
            &[62, 0],
            "an ELF for machine 62; 243 (RISC-V) expected",
        ),
        (
            "saxpy",
            16,
            &[3, 0],
            "an ELF that is not an executable; a statically linked executable expected",
        ),
        ("integer", second, &[2], "an ELF that is dynamically linked"),
        (
            "integer",
            second + 16,
            &[0x40, 0],
            "segments 0x80000000 and 0x80000040 overlap",
        ),
        (
            "saxpy",
            24,
            &[0, 0, 0, 0x10],
            "entry 0x10000000 is not a place for an instruction",
        ),
        (
            "saxpy",
            64 + 19,
            &[0x10],
            "is not in memory, 0x80000000..0x100000000",
        ),
    ] {
        let file = patched(&project, name, &[(at, patch)]);
        refused(exec(&project, &file, &[]), words);
    }
    refused(
        exec(&project, "nowhere.elf", &[]),
        "cannot read `nowhere.elf`: ",
    );
}

#[test]
fn what_does_not_fit_the_processor() {
    let project = Project::whole();
    let saxpy = elf("saxpy");
    let check = |arguments: &[&str], words: &str| refused(exec(&project, &saxpy, arguments), words);
    check(
        &["--kernel", "daxpy"],
        "kernel `daxpy` not found (known: saxpy",
    );
    check(
        &["--grid", "0"],
        "--grid `0,1,1`: 0 in x; 1 to 2147483647 expected",
    );
    check(
        &["--block", "33"],
        "33 threads; 1 to 32 expected (4 warps of 8 lanes)",
    );
    check(&["--shared", "16385"], "--shared `16385`");
    check(
        &["--mem", "nowhere.bin@0x80010000"],
        "cannot read `nowhere.bin`: ",
    );
    check(
        &["--dump", "0,1,x"],
        "--dump: 1 bytes from 0x0 on are not in memory",
    );
    check(
        &["--arg", "i32:1"].repeat(33),
        "33 arguments do not fit; at most 32 expected",
    );
    project
        .gpnpu(&["exec", &saxpy, "--config", "w3t5"])
        .exits(2)
        .says("configuration `w3t5` of block `simt` not found (known: w2t4, ");
}

#[test]
fn words_that_mean_nothing() {
    let project = Project::new();
    let saxpy = elf("saxpy");
    for (option, word, says) in [
        ("--grid", "1,2,3,4", "4 numbers; X, X,Y or X,Y,Z expected"),
        ("--block", "a", "`a` is not a whole number"),
        ("--arg", "f64:1", "`f64:1` has no type that is known"),
        ("--arg", "u32:-1", "`u32:-1` is not a number of its type"),
        ("--mem", "x.bin", "FILE@ADDR expected"),
        ("--dump", "0x80000000,x", "ADDR,LEN,FILE expected"),
        ("--stack-log2", "21", "21 is not in 8..=20"),
        ("--latency", "0", "0 is not in 1..=5000"),
        ("--max-cycles", "0", "0 is not in 1.."),
        ("--shared", "1k", "`1k` is not a number"),
        ("--format", "xml", "[possible values: human, json]"),
    ] {
        project
            .gpnpu(&["exec", &saxpy, option, word])
            .exits(2)
            .says(says);
    }
    project.gpnpu(&["exec"]).exits(2).says("KERNEL.elf");
}
