use clap::Parser;
use gpnpu_testbenches::simt::elfs::elf;

use super::*;
use crate::cli::{Cli, Verb};
use crate::exit::Exit;

fn shape() -> Shape {
    Shape {
        shared_bytes: 4096,
        ..Shape::new(1, 2, 4)
    }
}

/// A folder with an ELF in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(elf: &[u8]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path("p.elf"), elf).unwrap();
        folder
    }

    fn kernel(name: &str) -> Self {
        Self::with(elf(name).unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn prepare(&self, arguments: &[&str]) -> Result<Prepared, CommandError> {
        let file = self.path("p.elf");
        let words = ["gpnpu", "exec", &file];
        let cli = Cli::try_parse_from(words.iter().chain(arguments)).unwrap();
        let Verb::Exec(args) = cli.verb else {
            panic!("another verb");
        };
        prepare(&args, &shape())
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &[&str]) {
        let error = self.prepare(arguments).map(|_| ()).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        for words in words {
            assert!(
                error.message.contains(words),
                "`{words}`: {}",
                error.message
            );
        }
    }
}

#[test]
fn a_kernel_gets_one_warp_its_arguments_and_its_data() {
    let folder = Folder::kernel("saxpy");
    std::fs::write(folder.path("x.bin"), [1, 2, 3]).unwrap();
    let preload = format!("{}@0x80010001", folder.path("x.bin"));
    let arguments = [
        "--kernel", "saxpy", "--arg", "i32:5", "--arg", "f32:2", "--mem", &preload,
    ];
    let prepared = folder.prepare(&arguments).unwrap();
    let launch = prepared.launch();
    assert_eq!((launch.grid, launch.block), ([1; 3], [4, 1, 1]));
    assert_eq!(launch.entry, prepared.image.program.kernels["saxpy"]);
    assert_eq!(
        (launch.stack_log2, launch.stack_base),
        (12, 0x1_0000_0000 - 8 * 4096)
    );
    let memory = &prepared.image.memory;
    assert_eq!(memory.read(launch.args, 8), [5, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory.read(launch.args + 64, 4), 2f32.to_le_bytes());
    assert_eq!(memory.read(0x8001_0000, 5), [0, 1, 2, 3, 0]);
    let lines = prepared.whole_stimulus().lines;
    let stored = gpnpu_testbenches::simt::image::content(&lines).unwrap();
    assert_eq!(stored.read(0x8001_0000, 5), [0, 1, 2, 3, 0]);
}

#[test]
fn a_program_begins_at_its_entry_and_has_a_word_for_its_end() {
    let folder = Folder::kernel("integer");
    let prepared = folder.prepare(&["--grid", "2,3", "--block", "8"]).unwrap();
    assert_eq!(prepared.launch().entry, prepared.image.program.entry);
    assert_eq!(prepared.launch().grid, [2, 3, 1]);
    assert_eq!(prepared.launch().block, [8, 1, 1]);
    assert_eq!(prepared.stimulus.tohost, prepared.image.program.tohost);
    assert!(prepared.stimulus.tohost.is_some());
}

#[test]
fn an_unknown_kernel_is_refused_with_those_that_are_known() {
    let folder = Folder::kernel("saxpy");
    folder.refused(&["--kernel", "daxpy"], &["`daxpy`", "known: saxpy"]);
}

#[test]
fn sizes_that_no_processor_has_are_refused() {
    let folder = Folder::kernel("saxpy");
    folder.refused(
        &["--grid", "0"],
        &["--grid `0,1,1`", "0 in x; 1 to 2147483647"],
    );
    folder.refused(&["--grid", "1,65536"], &["65536 in y; 1 to 65535"]);
    folder.refused(
        &["--block", "4,0"],
        &["--block `4,0,1`", "0 threads; 1 to 8"],
    );
    folder.refused(
        &["--block", "9"],
        &["9 threads; 1 to 8 expected (2 warps of 4 lanes)"],
    );
    let most = "4294967295,4294967295,4294967295";
    folder.refused(&["--block", most], &["threads; 1 to 8"]);
}

#[test]
fn shared_memory_counts_with_that_of_the_program() {
    let folder = Folder::kernel("sgemm");
    assert_eq!(
        folder
            .prepare(&["--shared", "3584"])
            .unwrap()
            .launch()
            .shared_bytes,
        4096
    );
    folder.refused(
        &["--shared", "3585"],
        &["`3585`", "4097 bytes", "own 512", "at most 4096"],
    );
    folder.refused(&["--shared", "18446744073709551615"], &["at most 4096"]);
}

#[test]
fn more_arguments_than_fit_are_refused() {
    let folder = Folder::kernel("saxpy");
    folder.refused(
        &["--arg", "i32:1"].repeat(33),
        &["33 arguments do not fit; at most 32"],
    );
}

#[test]
fn files_for_memory_have_to_have_a_place_of_their_own() {
    let folder = Folder::kernel("saxpy");
    std::fs::write(folder.path("x.bin"), [7; 100]).unwrap();
    let at = |address: &str| format!("{}@{address}", folder.path("x.bin"));
    let mem = |address: &str, words: &[&str]| folder.refused(&["--mem", &at(address)], words);
    mem(
        "0x7fffffff",
        &["x.bin`: 100 bytes from 0x7fffffff on are not in memory, 0x80000000..0x100000000"],
    );
    mem("0xffffffffffffffff", &["are not in memory"]);
    mem(
        "0x80000000",
        &["x.bin`, 0x80000000..0x80000064, overlaps the program, 0x80000000.."],
    );
    mem(
        "0xffff7fff",
        &["overlaps the stacks, 0xffff8000..0x100000000"],
    );
    mem(
        "0xffff6f9d",
        &["overlaps the arguments, 0xffff7000..0xffff8000"],
    );
    assert!(folder.prepare(&["--mem", &at("0xffff6f9c")]).is_ok());
    let twice = [at("0x80010000"), at("0x80010063")];
    folder.refused(
        &["--mem", &twice[0], "--mem", &twice[1]],
        &["overlaps --mem `"],
    );
    folder.refused(
        &["--mem", "nowhere.bin@0x80010000"],
        &["cannot read `nowhere.bin`: "],
    );
}

#[test]
fn a_dump_has_to_be_in_memory_and_no_folder() {
    let folder = Folder::kernel("saxpy");
    let words = ["--dump: 2 bytes from 0xffffffff on are not in memory"];
    folder.refused(&["--dump", "0xffffffff,2,x"], &words);
    let whole = format!("0x80000000,1,{}", folder.0.path().display());
    folder.refused(&["--dump", &whole], &["is a folder"]);
    assert!(folder.prepare(&["--dump", "0xffffffff,1,x"]).is_ok());
}

#[test]
fn a_program_where_the_stacks_are_is_refused() {
    let mut bytes = elf("saxpy").unwrap().to_vec();
    // Bytes of the one segment in memory: at 40 of its header (ELF-64 object file format 1.5, section 5), at 64.
    bytes[64 + 40..64 + 48].copy_from_slice(&0x7fff_9000u64.to_le_bytes());
    let folder = Folder::with(&bytes);
    let words = ["the program, 0x80000000..0xffff9000, overlaps the stacks, 0xffff8000.."];
    folder.refused(&[], &words);
    assert!(folder.prepare(&["--stack-log2", "8"]).is_ok());
}

#[test]
fn what_is_no_program_is_refused_by_its_name() {
    let folder = Folder::with(b"#!/bin/sh\n");
    let name = format!("`{}`: not an ELF", folder.path("p.elf"));
    folder.refused(&[], &[&name]);
    std::fs::remove_file(folder.path("p.elf")).unwrap();
    folder.refused(&[], &["cannot read `"]);
    std::fs::create_dir(folder.path("p.elf")).unwrap();
    folder.refused(&[], &["cannot read `"]);
}
