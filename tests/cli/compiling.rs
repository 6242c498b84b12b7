//! `gpnpu cc` and `gpnpu kernels`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Project, Ran, repository};

/// A project with the headers, the libraries and one of the kernels.
fn project() -> Project {
    let project = Project::new();
    for folder in [
        "include",
        "include/gpnpu",
        "lib",
        "elf",
        "kernels",
        "programs",
    ] {
        fs::create_dir_all(project.path("simt").join(folder)).unwrap();
    }
    for folder in ["include", "include/gpnpu", "lib"] {
        let from = repository().join("simt").join(folder);
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                copy(
                    &project,
                    &format!("{folder}/{}", entry.file_name().display()),
                );
            }
        }
    }
    for file in [
        "gpnpu.ld",
        "kernels/saxpy.cu",
        "programs/test.h",
        "elf/saxpy.elf",
    ] {
        copy(&project, file);
    }
    // Of the manifest only what is about this kernel.
    let manifest = fs::read_to_string(repository().join("simt/elf/manifest.toml")).unwrap();
    let blocks: Vec<&str> = manifest.split("\n\n").collect();
    let mine = |block: &&&str| block.starts_with("compiler") || block.starts_with("[elf.saxpy]");
    let kept: Vec<&str> = blocks.iter().filter(mine).copied().collect();
    assert_eq!(kept.len(), 2, "{manifest}");
    fs::write(project.path("simt/elf/manifest.toml"), kept.join("\n\n")).unwrap();
    project
}

fn copy(project: &Project, file: &str) {
    let from = repository().join("simt").join(file);
    fs::copy(from, project.path("simt").join(file)).unwrap();
}

/// Runs with a variable set.
fn with(project: &Project, arguments: &[&str], variable: &str, value: &Path) -> Ran {
    let mut command = project.command(arguments);
    command.env(variable, value);
    Ran::from(command.output().unwrap())
}

#[test]
fn wrong_usage_of_the_compiler_is_named() {
    let project = project();
    project
        .gpnpu(&["cc", "-O2"])
        .exits(2)
        .says("no input; a .cu file is expected");
    project
        .gpnpu(&["cc", "kernel.py"])
        .exits(2)
        .says("`kernel.py` is not an input that is known");
    project
        .gpnpu(&["cc", "nowhere.cu"])
        .exits(2)
        .says("cannot read `nowhere.cu`");
    let source = project.path("simt/kernels/saxpy.cu").display().to_string();
    project
        .gpnpu(&["cc", &source, "-o"])
        .exits(2)
        .says("`-o` needs a file behind it");
}

#[test]
fn a_missing_compiler_is_named_with_what_installs_it() {
    let project = project();
    let source = project.path("simt/kernels/saxpy.cu").display().to_string();
    with(
        &project,
        &["cc", &source],
        "GPNPU_CLANG",
        Path::new("/nowhere/clang"),
    )
    .exits(101)
    .says("`/nowhere/clang` does not start")
    .says("sudo apt-get install -y --no-install-recommends clang-19 lld-19");
    let old = project.path("old-clang");
    fs::write(&old, "#!/bin/sh\necho 'Debian clang version 14.0.6'\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    with(&project, &["cc", &source], "GPNPU_CLANG", &old)
        .exits(101)
        .says("is `Debian clang version 14.0.6`, and clang-19 is needed");
}

#[test]
fn a_kernel_that_changed_is_named() {
    let project = project();
    project
        .gpnpu(&["kernels", "--check"])
        .exits(0)
        .says("1 programs are up to date");
    let path = project.path("simt/kernels/saxpy.cu");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n")).unwrap();
    project
        .gpnpu(&["kernels", "--check"])
        .exits(102)
        .says("not up to date: `saxpy` (its sources changed); run `./gpnpu kernels`");
}

/// Compiles with what is installed, and says what kernels may not do.
#[test]
#[ignore = "needs clang-19 and lld-19"]
fn kernels_compile_to_what_is_checked_in_and_errors_are_explained() {
    let project = project();
    let committed = fs::read(repository().join("simt/elf/saxpy.elf")).unwrap();
    fs::remove_file(project.path("simt/elf/saxpy.elf")).unwrap();
    project.gpnpu(&["kernels"]).exits(0).says("compiled saxpy");
    assert!(fs::read(project.path("simt/elf/saxpy.elf")).unwrap() == committed);

    let source = project.path("k.cu");
    let shown = source.display().to_string();
    let elf = project.path("k.elf").display().to_string();
    let compile = |text: &str, options: &[&str]| {
        fs::write(&source, text).unwrap();
        project.gpnpu(&[&["cc", &shown, "-o", &elf], options].concat())
    };
    compile("__global__ void k(float *x) { *x = *x * 2.1; }", &[])
        .exits(101)
        .says("implicit conversion increases floating-point precision")
        .says("computes with `double` (`__");
    compile("__global__ void k(double x) {}", &[])
        .exits(101)
        .says("kernel `_Z1kd` has a parameter of the type `double`");
    compile("__device__ int x;", &[])
        .exits(101)
        .says("no `__global__` function is in the inputs, and no `_start`");
    compile("__global__ void k(int *x) { *x = y; }", &[])
        .exits(101)
        .says("use of undeclared identifier 'y'");
    compile(
        "__global__ void k(int *x) { *x = N; }",
        &["-DN=5", "--kernel", "j"],
    )
    .exits(2)
    .says("kernel `j` not found (known: k)");
    compile(
        "__global__ void k(int *x) { *x = N; }",
        &["-D", "N=5", "--kernel", "k", "-O3"],
    )
    .exits(0)
    .says("k.elf: k");
}
