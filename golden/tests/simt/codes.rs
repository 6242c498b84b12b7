//! Codes against those of another assembler, and against the definitions.

use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::instruction::{Instruction, ShflOp, VoteOp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

fn known() -> Vec<(u32, &'static str)> {
    let lines = include_str!("codes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let parse = |line: &'static str| {
        let (code, text) = line.split_once(' ').expect("a code and its text");
        (u32::from_str_radix(code, 16).expect("a code"), text)
    };
    lines.map(parse).collect()
}

#[test]
fn codes_are_those_of_llvm() {
    let known = known();
    for &(code, text) in &known {
        let instruction = Instruction::decode(code);
        let printed = instruction.map(|instruction| instruction.to_string());
        assert_eq!(printed.as_deref(), Some(text), "{code:#010x}");
        assert_eq!(instruction.map(encode), Some(code), "{text}");
    }
    // Every instruction is there. I: 40 of RV32I, 12 more, then fence.tso, wfi, mret.
    let mut names: Vec<&str> = known.iter().map(|(_, text)| *text).collect();
    for name in &mut names {
        let word = name.split(' ').next().expect("a name");
        *name = word
            .trim_end_matches(".aqrl")
            .trim_end_matches(".aq")
            .trim_end_matches(".rl");
    }
    names.sort_unstable();
    names.dedup();
    let counts = [
        ("I", 40 + 12 + 3),
        ("M", 13),
        ("A", 22),
        ("F", 30),
        ("Zicsr", 6),
        ("fence.i", 1),
    ];
    let expected: usize = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(names.len(), expected, "{names:?}");
}

#[test]
fn custom_codes_are_those_of_the_contract() {
    let vote = |op| Instruction::Vote {
        op,
        rd: 10,
        rs1: 11,
    };
    let shfl = |op| Instruction::Shfl {
        op,
        rd: 10,
        rs1: 11,
        rs2: 12,
    };
    // funct7, rs2, rs1, funct3, rd; the opcode is custom-0.
    let rows = [
        ([0, 0, 0, 0, 0], Instruction::Bar, "bar"),
        ([1, 0, 0, 0, 0], Instruction::Exit, "exit"),
        (
            [2, 0, 11, 0, 0],
            Instruction::Warpsync { rs1: 11 },
            "warpsync x11",
        ),
        ([0, 0, 11, 1, 10], vote(VoteOp::Any), "vote.any x10, x11"),
        ([1, 0, 11, 1, 10], vote(VoteOp::All), "vote.all x10, x11"),
        (
            [2, 0, 11, 1, 10],
            vote(VoteOp::Ballot),
            "vote.ballot x10, x11",
        ),
        (
            [0, 12, 11, 2, 10],
            shfl(ShflOp::Idx),
            "shfl.idx x10, x11, x12",
        ),
        (
            [1, 12, 11, 2, 10],
            shfl(ShflOp::Up),
            "shfl.up x10, x11, x12",
        ),
        (
            [2, 12, 11, 2, 10],
            shfl(ShflOp::Down),
            "shfl.down x10, x11, x12",
        ),
        (
            [3, 12, 11, 2, 10],
            shfl(ShflOp::Xor),
            "shfl.xor x10, x11, x12",
        ),
    ];
    for (fields, instruction, text) in rows {
        let [funct7, rs2, rs1, funct3, rd] = fields;
        let code = funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x0b;
        assert_eq!(Instruction::decode(code), Some(instruction), "{text}");
        assert_eq!(encode(instruction), code, "{text}");
        assert_eq!(instruction.to_string(), text);
    }
}

#[test]
fn reserved_codes_are_illegal() {
    let rows = [
        (0x0000_0000, "all zeros"),
        (0xffff_ffff, "all ones"),
        (0x0000_0001, "a compressed one"),
        (0x0000_7003, "a load of width 7"),
        (0x0000_4023, "a store of width 4"),
        (0x0000_3007, "a load of binary64"),
        (0x0000_3027, "a store of binary64"),
        (0x0000_2063, "branch condition 2"),
        (0x0000_1067, "jalr with funct3 1"),
        (0x0400_1013, "slli with bit 26"),
        (0x0200_101b, "slliw by 32"),
        (0x4000_1013, "slli with bit 30"),
        (0x0200_1033 + 0x0200_0000, "funct7 2 of op"),
        (0x0200_103b, "mulhw"),
        (0x0000_202f + 0x2800_0000, "funct5 5 of an amo"),
        (0x0000_002f, "an amo of bytes"),
        (0x1010_202f, "lr with rs2"),
        (0x0200_7053, "an addition of binary64"),
        (0x0000_5053, "a rounding mode 5"),
        (0x0000_6053, "a rounding mode 6"),
        (0x5810_7053, "fsqrt with rs2"),
        (0x2000_3053, "fsgnj with funct3 3"),
        (0xe000_2053, "fclass with funct3 2"),
        (0xc040_7053, "fcvt of format 4"),
        (0x0200_0043, "fmadd of binary64"),
        (0x0000_6043, "fmadd with rounding mode 6"),
        (0x0000_200f, "misc-mem with funct3 2"),
        (0x0000_4073, "system with funct3 4"),
        (0x0020_0073, "uret"),
        (0x1020_0073, "sret"),
        (0x0000_00f3, "ecall with rd"),
        (0x0010_8073, "ebreak with rs1"),
        (0x0000_008b, "bar with rd"),
        (0x0200_800b, "exit with rs1"),
        (0x0410_000b, "warpsync with rs2"),
        (0x0600_000b, "funct7 3 of bar"),
        (0x0010_100b, "vote with rs2"),
        (0x0600_100b, "funct7 3 of vote"),
        (0x0800_200b, "funct7 4 of shfl"),
        (0x0000_300b, "funct3 3 of custom-0"),
    ];
    for (code, what) in rows {
        assert_eq!(Instruction::decode(code), None, "{what}");
    }
}

/// Fields that are reserved for finer fences are ignored (2.7, 6.1).
#[test]
fn fences_ignore_what_is_reserved() {
    assert!(matches!(
        Instruction::decode(0xf0f9_0f8f),
        Some(Instruction::Fence { .. })
    ));
    assert_eq!(Instruction::decode(0xf0f9_1f8f), Some(Instruction::FenceI));
}

/// Whatever decodes is encoded as it was, but for fences; 2 million codes with a valid opcode.
#[test]
fn decoded_codes_encode_to_themselves() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut decoded = 0;
    for _ in 0..2_000_000 {
        let code = rng.next_u32() | 3;
        let code = if rng.next_u32() & 1 == 0 {
            code & 0x01ff_ffff
        } else {
            code
        };
        match Instruction::decode(code) {
            None | Some(Instruction::Fence { .. } | Instruction::FenceI) => {}
            Some(instruction) => {
                decoded += 1;
                assert_eq!(encode(instruction), code, "{instruction}");
            }
        }
    }
    assert!(decoded > 200_000, "{decoded} were instructions");
}
