//! How a launch becomes CTAs, warps and threads.

use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::instruction::{AluOp, Instruction};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::run::{End, run};
use gpnpu_golden::simt::shape::Shape;

use crate::kit::{ARGS, DATA, LIMIT, dword, launch, memory, program, shape, store};

/// Every thread of a three-dimensional launch finds its own place in all registers that say it.
#[test]
fn threads_are_numbered_x_first() {
    let grid = [2, 3, 2];
    let block = [3, 2, 4];
    let body = program(|p| {
        // x20: the number of the thread by the contract's formula; x21: that of the CTA.
        for (base, result) in [(0xcc0u16, 20), (0xcc3, 21)] {
            p.csrr(5, base);
            p.csrr(6, base + 1);
            p.csrr(7, base + 2);
            p.csrr(8, base + 6);
            p.csrr(9, base + 7);
            p.op(AluOp::Mul, 7, 7, 9);
            p.op(AluOp::Add, 7, 7, 6);
            p.op(AluOp::Mul, 7, 7, 8);
            p.op(AluOp::Add, result, 7, 5);
        }
        // The number again, by warp and lane.
        p.csrr(10, 0xccd);
        p.csrr(11, 0xcce);
        p.op(AluOp::Mul, 10, 10, 11);
        p.csrr(11, 0xccc);
        p.op(AluOp::Add, 10, 10, 11);
        p.op(AluOp::Sub, 10, 10, 20);
        p.op_imm(AluOp::Sltu, 10, 10, 1);
        // Into its own place: 1 if the two agree.
        p.li(12, 24);
        p.op(AluOp::Mul, 12, 12, 21);
        p.op(AluOp::Add, 12, 12, 20);
        p.op_imm(AluOp::Sll, 12, 12, 3);
        p.csrr(13, ARGS);
        p.op(AluOp::Add, 12, 12, 13);
        p.push(Instruction::Amo {
            op: gpnpu_golden::simt::instruction::AmoOp::Add,
            double: true,
            aq: false,
            rl: false,
            rd: 0,
            rs1: 12,
            rs2: 10,
        });
        p.push(Instruction::Exit);
    });
    let launch = Launch {
        grid,
        block,
        ..launch(1)
    };
    let ran = run(shape(), launch, memory(&body), LIMIT);
    assert_eq!(ran.end, End::Done);
    for thread in 0..12 * 24 {
        assert_eq!(dword(&ran.memory, DATA + 8 * thread), 1, "thread {thread}");
    }
    assert_eq!(dword(&ran.memory, DATA + 8 * 12 * 24), 0);
}

/// More CTAs than fit: they use what others have left, and registers and flags are 0 again.
#[test]
fn ctas_take_turns_and_start_from_zero() {
    for (cores, shared_bytes) in [(1, 0x3000), (2, 0x1000), (3, 0)] {
        let body = program(|p| {
            // Whatever the last CTA has left in x30, f30, fcsr or mscratch would show.
            p.push(Instruction::FmvXW { rd: 10, rs1: 30 });
            p.op(AluOp::Or, 10, 10, 30);
            for csr in [3, 0x340, 0xc02] {
                p.csrr(11, csr);
                p.op(AluOp::Or, 10, 10, 11);
            }
            p.op_imm(AluOp::Sub, 0, 0, 0);
            p.csrr(12, 0xcc3);
            p.op_imm(AluOp::Sll, 12, 12, 3);
            p.csrr(13, ARGS);
            p.op(AluOp::Add, 12, 12, 13);
            p.li(30, 0xff);
            p.op(AluOp::Or, 14, 10, 30);
            p.push(store(14, 12, 0));
            p.push(Instruction::FmvWX { rd: 30, rs1: 30 });
            p.csrw(3, 30);
            p.csrw(0x340, 30);
            p.push(Instruction::Exit);
        });
        let launch = Launch {
            grid: [40, 1, 1],
            shared_bytes,
            ..launch(16)
        };
        let ran = run(Shape::new(cores, 4, 8), launch, memory(&body), LIMIT);
        assert_eq!(ran.end, End::Done);
        for cta in 0..40 {
            assert_eq!(
                dword(&ran.memory, DATA + 8 * cta),
                0xff,
                "CTA {cta} of {cores} cores"
            );
        }
    }
}

#[test]
fn a_run_stops_at_its_limit() {
    let body = program(|p| {
        let again = p.here();
        p.jal(0, again);
    });
    let ran = run(shape(), launch(8), memory(&body), 1000);
    assert_eq!((ran.end, ran.instructions), (End::Limit, 1000));
    assert_eq!(ran.lane_instructions, 8000);
}

#[test]
fn launches_that_cannot_be() {
    let good = launch(8);
    let body = program(|p| p.push(Instruction::Exit));
    let end = |launch: Launch| run(shape(), launch, memory(&body), LIMIT).end;
    assert_eq!(end(good), End::Done);
    let largest = Launch {
        block: [4, 4, 2],
        shared_bytes: 0x4000,
        stack_log2: 20,
        ..good
    };
    assert_eq!(end(largest), End::Done);
    type Spoil = fn(&mut Launch);
    let bad: [(&str, Spoil); 17] = [
        ("grid x 0", |launch| launch.grid[0] = 0),
        ("grid z 0", |launch| launch.grid[2] = 0),
        ("grid x 2^31", |launch| launch.grid[0] = 1 << 31),
        ("grid y 65536", |launch| launch.grid[1] = 1 << 16),
        ("grid z 65536", |launch| launch.grid[2] = 1 << 16),
        ("block y 0", |launch| launch.block[1] = 0),
        ("33 threads", |launch| launch.block = [11, 3, 1]),
        ("threads that wrap", |launch| launch.block = [u32::MAX; 3]),
        ("shared memory", |launch| launch.shared_bytes = 0x4001),
        ("entry unaligned", |launch| launch.entry += 2),
        ("entry below", |launch| launch.entry = 0x7fff_fffc),
        ("entry above", |launch| launch.entry = 1 << 32),
        ("small stacks", |launch| launch.stack_log2 = 7),
        ("large stacks", |launch| launch.stack_log2 = 21),
        ("stacks unaligned", |launch| launch.stack_base += 1024),
        ("stacks below", |launch| launch.stack_base = 0),
        ("stacks above", |launch| launch.stack_base = 1 << 32),
    ];
    for (what, spoil) in bad {
        let mut launch = good;
        spoil(&mut launch);
        let expected = Fault {
            cause: Cause::Launch,
            core: 0,
            warp: 0,
            mask: LaneMask::NONE,
            pc: 0,
            address: 0,
        };
        assert_eq!(end(launch), End::Fault(expected), "{what}");
    }
}
