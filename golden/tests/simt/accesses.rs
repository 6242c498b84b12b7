//! Accesses that are not permitted, what they report, and that nothing of them is done.

use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::instruction::{AluOp, AmoOp, BranchOp, Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::run::{End, run};
use gpnpu_golden::simt::shape::Shape;

use crate::kit::{
    CODE, DATA, LANE, LIMIT, STACK_END, STACKS, at, dword, faults, launch, memory, program, shape,
    store,
};

fn load(op: LoadOp, rs1: u8) -> Instruction {
    Instruction::Load {
        op,
        rd: 12,
        rs1,
        offset: 0,
    }
}

fn amo(double: bool, rs1: u8) -> Instruction {
    Instruction::Amo {
        op: AmoOp::Add,
        double,
        aq: false,
        rl: false,
        rd: 0,
        rs1,
        rs2: 0,
    }
}

/// All lanes have the same address: the cause, if it is a fault.
fn cause(address: u64, instruction: Instruction) -> Option<Cause> {
    let (fault, pc) = at(|p| p.li(10, address as i64), instruction);
    assert_eq!(
        (fault.pc, fault.address, fault.mask),
        (pc, address, LaneMask(0xff))
    );
    Some(fault.cause)
}

fn is_permitted(address: u64, instruction: Instruction) -> bool {
    let body = program(|p| {
        p.li(10, address as i64);
        p.push(instruction);
        p.push(Instruction::Exit);
    });
    run(shape(), launch(1), memory(&body), LIMIT).end == End::Done
}

#[test]
fn accesses_are_aligned_to_their_size() {
    let rows = [
        (load(LoadOp::Lh, 10), 2),
        (load(LoadOp::Lhu, 10), 2),
        (load(LoadOp::Lw, 10), 4),
        (load(LoadOp::Lwu, 10), 4),
        (load(LoadOp::Ld, 10), 8),
        (
            Instruction::Flw {
                rd: 1,
                rs1: 10,
                offset: 0,
            },
            4,
        ),
        (
            Instruction::Fsw {
                rs1: 10,
                rs2: 1,
                offset: 0,
            },
            4,
        ),
        (store(0, 10, 0), 8),
        (amo(false, 10), 4),
        (amo(true, 10), 8),
    ];
    for (instruction, size) in rows {
        for low in 0..8 {
            let aligned = low % size == 0;
            let address = DATA + low;
            if aligned {
                assert!(
                    is_permitted(address, instruction),
                    "{instruction} at {address:#x}"
                );
            } else {
                assert_eq!(
                    cause(address, instruction),
                    Some(Cause::Misaligned),
                    "{instruction}"
                );
            }
        }
    }
}

#[test]
fn accesses_outside_of_all_ranges() {
    let ld = load(LoadOp::Ld, 10);
    let outside = [
        0,
        0x4000_0000 - 8,
        0x4000_0000 + 256,
        0x7fff_fff8,
        0x1_0000_0000,
        0xffff_ffff_8000_0000,
        u64::MAX - 7,
    ];
    for address in outside {
        assert_eq!(cause(address, ld), Some(Cause::Access), "{address:#x}");
        assert_eq!(
            cause(address, store(0, 10, 0)),
            Some(Cause::Access),
            "{address:#x}"
        );
        assert_eq!(
            cause(address, amo(true, 10)),
            Some(Cause::Access),
            "{address:#x}"
        );
    }
    for address in [0x4000_0000, 0x4000_00f8, 0x8000_0000, 0xffff_fff8] {
        assert!(is_permitted(address, ld), "{address:#x}");
    }
}

/// The shared memory of a CTA ends where the launch says, in the middle of a word if it says so.
#[test]
fn shared_memory_ends_where_the_launch_says() {
    let body = |address| {
        program(|p| {
            p.li(10, address);
            p.push(load(LoadOp::Ld, 10));
            p.push(Instruction::Exit);
        })
    };
    let launch = Launch {
        shared_bytes: 12,
        ..launch(1)
    };
    let end = |address| run(shape(), launch, memory(&body(address)), LIMIT).end;
    assert_eq!(end(0x4000_0000), End::Done);
    assert!(matches!(end(0x4000_0008), End::Fault(fault) if fault.cause == Cause::Access));
}

#[test]
fn stacks_belong_to_their_lanes() {
    let own = STACKS;
    let rows = [
        (own + 64, None),
        (own + 1016, None),
        (own + 56, Some(Cause::Stack)),
        (own, Some(Cause::Stack)),
        (own + 1024 + 512, Some(Cause::Stack)),
        // The last stack of the core, and behind it.
        (own + 31 * 1024 + 512, Some(Cause::Stack)),
        (own + 32 * 1024, None),
        (own - 8, None),
    ];
    for (address, expected) in rows {
        let body = program(|p| {
            p.li(10, address as i64);
            p.push(store(0, 10, 0));
            p.push(Instruction::Exit);
        });
        let ran = run(shape(), launch(1), memory(&body), LIMIT);
        let found = match ran.end {
            End::Fault(fault) => Some(fault.cause),
            _ => None,
        };
        assert_eq!(found, expected, "{address:#x}");
    }
    // Warps and lanes further on have the stacks further on.
    let ran = run(
        Shape::new(2, 4, 8),
        Launch {
            grid: [8, 1, 1],
            ..launch(8)
        },
        memory(&program(|p| {
            p.csrr(10, STACK_END);
            p.push(store(0, 10, -8));
            p.push(store(0, 10, 64 - 1024));
            p.push(Instruction::Exit);
        })),
        LIMIT,
    );
    assert_eq!(ran.end, End::Done);
}

/// Recursion without end runs into the guard of the stack.
#[test]
fn endless_recursion_is_a_stack_overflow() {
    let fault = faults(8, |p| {
        p.csrr(2, STACK_END);
        let function = p.here();
        p.op_imm(AluOp::Add, 2, 2, -16);
        p.push(store(1, 2, 0));
        p.jal(1, function);
    });
    assert_eq!((fault.cause, fault.mask), (Cause::Stack, LaneMask(0xff)));
    // 60 frames fit above the guard; the 61st does not.
    assert_eq!(fault.address, STACKS + 1024 - 61 * 16);
    assert_eq!(fault.pc, CODE + 8);
}

/// Of several causes the lowest counts, with its lanes and the lowest one's address.
#[test]
fn the_lowest_cause_of_the_lanes_is_reported() {
    // Lanes 0 and 1 are outside, 2 to 4 misaligned, the others permitted.
    let address = |p: &mut Program| {
        p.li(10, DATA as i64);
        let (odd, done) = (p.label(), p.label());
        p.op_imm(AluOp::Slt, 12, 11, 5);
        p.branch(BranchOp::Beq, 12, 0, done);
        p.op_imm(AluOp::Slt, 12, 11, 2);
        p.branch(BranchOp::Beq, 12, 0, odd);
        p.op_imm(AluOp::Add, 10, 11, 16);
        p.op_imm(AluOp::Sll, 10, 10, 3);
        p.jal(0, done);
        p.place(odd);
        p.op(AluOp::Add, 10, 10, 11);
        p.place(done);
    };
    let (fault, pc) = at(address, load(LoadOp::Ld, 10));
    let expected = Fault {
        cause: Cause::Misaligned,
        core: 0,
        warp: 0,
        mask: LaneMask(0b11100),
        pc,
        address: DATA + 2,
    };
    assert_eq!(fault, expected);
    // A byte is never misaligned.
    let (fault, _) = at(address, load(LoadOp::Lb, 10));
    assert_eq!(
        (fault.cause, fault.mask, fault.address),
        (Cause::Access, LaneMask(3), 128)
    );
}

/// The lanes without a fault do nothing either, and the warp has not counted the instruction.
#[test]
fn nothing_of_a_faulting_instruction_is_done() {
    let body = program(|p| {
        p.csrr(11, LANE);
        p.li(10, DATA as i64);
        p.op(AluOp::Add, 10, 10, 11);
        p.li(12, -1);
        p.push(Instruction::Store {
            op: StoreOp::Sw,
            rs1: 10,
            rs2: 12,
            offset: 0,
        });
        p.push(Instruction::Exit);
    });
    let ran = run(shape(), launch(8), memory(&body), LIMIT);
    let End::Fault(fault) = ran.end else {
        panic!("lanes 1 to 3 and 5 to 7 are misaligned")
    };
    assert_eq!(
        (fault.mask, fault.address),
        (LaneMask(0b1110_1110), DATA + 1)
    );
    assert_eq!(dword(&ran.memory, DATA), 0);
}
