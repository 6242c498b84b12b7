use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::instruction::LoadOp;
use gpnpu_testbenches::simt::elfs::elf;

use super::*;

const LOAD: Instruction = Instruction::Load {
    op: LoadOp::Ld,
    rd: 3,
    rs1: 4,
    offset: -8,
};

/// A fault at the second instruction of the function `saxpy`.
fn report(cause: Cause, address: u64) -> FaultReport {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saxpy.elf");
    std::fs::write(&file, elf("saxpy").unwrap()).unwrap();
    let words = ["gpnpu", "exec", &file.display().to_string()];
    let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(words).unwrap();
    let crate::cli::Verb::Exec(args) = cli.verb else {
        panic!("another verb");
    };
    let prepared = super::super::setup::prepare(&args, &Shape::new(1, 2, 4)).unwrap();
    let mut symbols = prepared.image.program.symbols.iter();
    let (function, _) = symbols
        .find(|(_, name)| name.starts_with("_Z5saxpy"))
        .unwrap();
    let pc = function + 4;
    let mut memory = prepared.image.memory.clone();
    memory.write(pc, &encode(LOAD).to_le_bytes());
    let fault = Fault {
        cause,
        core: 0,
        warp: 1,
        mask: LaneMask(0b1010),
        pc: if address == u64::MAX { address } else { pc },
        address,
    };
    FaultReport::new(&fault, &prepared, &memory)
}

#[test]
fn it_says_who_where_and_at_what() {
    let report = report(Cause::Access, 0x10);
    assert_eq!(
        (report.code, report.warp, &report.lanes[..]),
        (2, 1, &[1, 3][..])
    );
    let place = "saxpy(int, float, float const*, float*) + 0x4";
    assert_eq!(report.place.as_deref(), Some(place));
    assert_eq!(
        report.instruction,
        Some(format!("{LOAD} ({:#010x})", encode(LOAD)))
    );
    let text = report.text();
    for words in [
        "access fault: there are no data at 0x10; memory is 0x80000000..0x100000000",
        "1 of core 0",
        "0x000a: 1, 3",
        place,
    ] {
        assert!(text.contains(words), "`{words}`: {text}");
    }
}

#[test]
fn a_fetch_beyond_memory_has_neither_name_nor_instruction() {
    let report = report(Cause::Access, u64::MAX);
    assert_eq!((&report.place, &report.instruction), (&None, &None));
    assert!(
        report
            .reason
            .contains("no instructions at 0xffffffffffffffff"),
        "{report:?}"
    );
    assert!(report.text().contains("not in memory"));
}

#[test]
fn an_illegal_instruction_is_told_by_its_kind() {
    for (code, words) in [
        (0, "0x00000000 is not an instruction"),
        (encode(Instruction::Ebreak), "stopped itself"),
        (encode(Instruction::Ecall), "mtvec"),
        (encode(LOAD), "CSR"),
    ] {
        let reason = report(Cause::Illegal, code.into()).reason;
        assert!(reason.contains(words), "`{words}`: {reason}");
    }
}

#[test]
fn the_limits_of_a_stack_are_those_of_the_lowest_lane() {
    // Warp 1, lane 1 of 2 x 4: the sixth of eight stacks of 4 KiB, without its lowest 64 bytes.
    let reason = report(Cause::Stack, 0xffff_d000).reason;
    assert!(
        reason.contains("lane 1 may use, 0xffffd040..0xffffe000"),
        "{reason}"
    );
}
