//! Directed cases of `simt_core` about where lanes go and who waits for whom.

use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::instruction::{AluOp, AmoOp, BranchOp, Instruction, LoadOp, StoreOp};
use gpnpu_golden::simt::program::Program;

use super::core::ENTRY;
use super::core_cases::{ARGS, Case, STACK_END, Site, TID, full, lanes};
use super::core_directed::{Expected, Plan};

const MSCRATCH: u16 = 0x340;
const MTVEC: u16 = 0x305;
const MEPC: u16 = 0x341;
const MCAUSE: u16 = 0x342;
const WARP: u16 = 0xccd;

/// The plan of a case of these.
pub fn plan(case: Case, site: &Site) -> Option<Plan> {
    let done = |program| full(site, program, Expected::Done);
    let one_warp = |program| Plan {
        block: [site.lanes, 1, 1],
        ..done(program)
    };
    Some(match case {
        Case::Stuck => full(site, stuck(false), Expected::Fault(Cause::Barrier)),
        Case::StuckWarps => full(site, stuck(true), Expected::Fault(Cause::Barrier)),
        Case::LockAmo => Plan {
            block: [2 * site.lanes, 1, 1],
            ..done(lock(false))
        },
        Case::LockLrSc => one_warp(lock(true)),
        Case::Flag => done(flag()),
        Case::Starved => one_warp(starved()),
        Case::CalledWait => done(called_wait()),
        Case::LongLoops => one_warp(long_loops()),
        Case::Recursion => done(recursion()),
        Case::Targets => done(targets(site)),
        Case::Links => done(links()),
        Case::Traps => done(traps()),
        Case::Bars => Plan {
            grid: [3, 1, 1],
            block: [site.threads() - 1, 1, 1],
            ..done(bars())
        },
        Case::Warpsyncs => done(warpsyncs()),
        Case::Lonely => Plan {
            grid: [site.warps + 1, 1, 1],
            block: [1, 1, 1],
            ..done(lonely())
        },
        _ => return None,
    })
}

fn load(p: &mut Program, rd: u8, rs1: u8, offset: i32) {
    let op = LoadOp::Ld;
    p.push(Instruction::Load {
        op,
        rd,
        rs1,
        offset,
    });
}

fn store(p: &mut Program, rs2: u8, rs1: u8, offset: i32) {
    let op = StoreOp::Sd;
    p.push(Instruction::Store {
        op,
        rs1,
        rs2,
        offset,
    });
}

fn amo(p: &mut Program, op: AmoOp, rd: u8, rs1: u8, rs2: u8) {
    p.push(Instruction::Amo {
        op,
        double: true,
        aq: true,
        rl: true,
        rd,
        rs1,
        rs2,
    });
}

/// All lanes of the warp that are left meet.
fn meet(p: &mut Program) {
    p.op_imm(AluOp::Add, 31, 0, -1);
    p.push(Instruction::Warpsync { rs1: 31 });
}

/// `x10` the lane, `x11` its lowest bit, `x12` the warp's own data, of 64 bytes, with zeros in it.
fn start(p: &mut Program) {
    lanes(p);
    p.csrr(12, ARGS);
    p.csrr(13, WARP);
    p.op_imm(AluOp::Sll, 13, 13, 6);
    p.op(AluOp::Add, 12, 12, 13);
    for offset in [0, 8, 16, 24] {
        store(p, 0, 12, offset);
    }
    meet(p);
}

/// A lane waits for another at a `warpsync`, which waits at a `bar`; or all of warp 1 does.
fn stuck(warps: bool) -> Program {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(13, WARP);
    let sync = p.label();
    let bar = p.label();
    if warps {
        // The others of warp 0, and all of warp 1, are at the bar.
        p.branch(BranchOp::Bne, 13, 0, bar);
    }
    p.branch(BranchOp::Beq, 10, 0, sync);
    p.place(bar);
    p.push(Instruction::Bar);
    p.push(Instruction::Exit);
    p.place(sync);
    meet(&mut p);
    p.push(Instruction::Exit);
    p
}

/// Each lane takes a lock, counts, and gives it back; who waits is before who has it.
fn lock(reserves: bool) -> Program {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(12, ARGS);
    // Of the CTA: one zeroes it for all.
    p.csrr(14, TID);
    let others = p.label();
    p.branch(BranchOp::Bne, 14, 0, others);
    store(&mut p, 0, 12, 0);
    store(&mut p, 0, 12, 8);
    p.place(others);
    p.push(Instruction::Bar);
    p.op_imm(AluOp::Add, 15, 0, 1);
    let wait = p.here();
    if reserves {
        amo(&mut p, AmoOp::Lr, 16, 12, 0);
        p.branch(BranchOp::Bne, 16, 0, wait);
        amo(&mut p, AmoOp::Sc, 16, 12, 15);
    } else {
        amo(&mut p, AmoOp::Swap, 16, 12, 15);
    }
    p.branch(BranchOp::Bne, 16, 0, wait);
    load(&mut p, 17, 12, 8);
    p.op_imm(AluOp::Add, 17, 17, 1);
    store(&mut p, 17, 12, 8);
    p.push(Instruction::Fence {
        fm: 0,
        pred: 15,
        succ: 15,
    });
    store(&mut p, 0, 12, 0);
    p.push(Instruction::Exit);
    p
}

fn flag() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let sets = p.label();
    p.branch(BranchOp::Beq, 10, 0, sets);
    let wait = p.here();
    load(&mut p, 14, 12, 0);
    p.branch(BranchOp::Beq, 14, 0, wait);
    p.push(Instruction::Exit);
    p.place(sets);
    p.op_imm(AluOp::Add, 14, 0, 1);
    store(&mut p, 14, 12, 0);
    p.push(Instruction::Exit);
    p
}

fn starved() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let (second, third, fourth) = (p.label(), p.label(), p.label());
    p.op_imm(AluOp::Add, 15, 0, 1);
    p.op_imm(AluOp::Add, 16, 0, 2);
    p.branch(BranchOp::Beq, 10, 15, second);
    p.branch(BranchOp::Beq, 10, 16, third);
    p.branch(BranchOp::Bltu, 16, 10, fourth);
    // Lane 0 waits for lane 1, that for lane 2, that for the others, who take long.
    let wait = p.here();
    load(&mut p, 14, 12, 0);
    p.branch(BranchOp::Beq, 14, 0, wait);
    p.push(Instruction::Exit);
    for (place, waits, sets) in [(second, 8, 0), (third, 16, 8)] {
        p.place(place);
        amo(&mut p, AmoOp::Or, 14, 12, 0);
        load(&mut p, 14, 12, waits);
        p.branch(BranchOp::Beq, 14, 0, place);
        store(&mut p, 15, 12, sets);
        p.push(Instruction::Exit);
    }
    p.place(fourth);
    // More than a turn.
    p.li(17, 200);
    let round = p.here();
    p.op_imm(AluOp::Add, 17, 17, -1);
    p.branch(BranchOp::Bne, 17, 0, round);
    store(&mut p, 15, 12, 16);
    p.push(Instruction::Exit);
    p
}

fn called_wait() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let (waits, sets) = (p.label(), p.label());
    p.op_imm(AluOp::Add, 15, 0, 1);
    p.branch(BranchOp::Beq, 10, 0, sets);
    p.jal(1, waits);
    p.push(Instruction::Exit);
    p.place(sets);
    store(&mut p, 15, 12, 0);
    p.push(Instruction::Exit);
    p.place(waits);
    load(&mut p, 14, 12, 0);
    p.branch(BranchOp::Beq, 14, 0, waits);
    p.ret();
    p
}

fn long_loops() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let odd = p.label();
    let join = p.label();
    p.branch(BranchOp::Bne, 11, 0, odd);
    p.li(14, 3000);
    let round = p.here();
    p.op_imm(AluOp::Add, 14, 14, -1);
    p.branch(BranchOp::Bne, 14, 0, round);
    p.branch(BranchOp::Beq, 0, 0, join);
    p.place(odd);
    // In its turn this one splits and merges too.
    p.li(14, 150);
    p.op_imm(AluOp::And, 15, 10, 2);
    let round = p.here();
    let skip = p.label();
    p.branch(BranchOp::Beq, 15, 0, skip);
    amo(&mut p, AmoOp::Add, 16, 12, 10);
    p.place(skip);
    p.op_imm(AluOp::Add, 14, 14, -1);
    p.branch(BranchOp::Bne, 14, 0, round);
    p.place(join);
    store(&mut p, 14, 12, 8);
    p.push(Instruction::Exit);
    p
}

/// `x17`: the lane by adding ones on the way back.
fn recursion() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let (function, base) = (p.label(), p.label());
    p.csrr(2, STACK_END);
    p.jal(1, function);
    meet(&mut p);
    store(&mut p, 17, 12, 0);
    p.push(Instruction::Exit);
    p.place(function);
    p.branch(BranchOp::Beq, 10, 0, base);
    p.op_imm(AluOp::Add, 2, 2, -16);
    store(&mut p, 1, 2, 8);
    p.op_imm(AluOp::Add, 10, 10, -1);
    p.jal(1, function);
    load(&mut p, 1, 2, 8);
    p.op_imm(AluOp::Add, 2, 2, 16);
    p.op_imm(AluOp::Add, 17, 17, 1);
    p.place(base);
    p.ret();
    p
}

fn targets(site: &Site) -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    // Several rounds, in which lanes in one and the same order go elsewhere.
    p.op_imm(AluOp::Add, 18, 0, 3);
    let round = p.here();
    let end = p.label();
    // Lane l goes to block (l xor round), of four instructions each.
    p.op(AluOp::Xor, 14, 10, 18);
    p.op_imm(AluOp::Sll, 14, 14, 4);
    p.push(Instruction::Auipc { rd: 15, imm: 0 });
    p.op(AluOp::Add, 14, 14, 15);
    p.push(Instruction::Jalr {
        rd: 0,
        rs1: 14,
        offset: 12,
    });
    for block in 0..site.lanes as i32 {
        p.op_imm(AluOp::Add, 17, 17, block);
        p.op(AluOp::Mul, 17, 17, 17);
        p.op_imm(AluOp::Xor, 17, 17, block);
        p.jal(0, end);
    }
    p.place(end);
    p.op_imm(AluOp::Add, 18, 18, -1);
    p.branch(BranchOp::Bge, 18, 0, round);
    store(&mut p, 17, 12, 0);
    p.push(Instruction::Exit);
    p
}

/// Calls and returns by `x1` and `x5`, both at once, and the same: depths of 0 to 3.
fn links() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let (first, second, third) = (p.label(), p.label(), p.label());
    // Odd lanes return and call at once, to where the others stand: at the same depth, they are one.
    let others = p.label();
    p.branch(BranchOp::Beq, 11, 0, others);
    p.push(Instruction::Auipc { rd: 1, imm: 0 });
    p.push(Instruction::Jalr {
        rd: 5,
        rs1: 1,
        offset: 8,
    });
    p.place(others);
    p.jal(1, first);
    // Returned to by a jump that is a call too, which goes back there.
    p.push(Instruction::Jalr {
        rd: 1,
        rs1: 5,
        offset: 0,
    });
    p.push(Instruction::Exit);
    p.place(first);
    p.push(Instruction::Jalr {
        rd: 5,
        rs1: 1,
        offset: 0,
    });
    // Odd lanes are deeper from here on.
    let even = p.label();
    p.branch(BranchOp::Beq, 11, 0, even);
    p.op_imm(AluOp::Add, 20, 1, 0);
    p.jal(5, second);
    p.op_imm(AluOp::Add, 1, 20, 0);
    p.place(even);
    p.ret();
    p.place(second);
    // A call by the register that it links to.
    p.op_imm(AluOp::Add, 21, 5, 0);
    p.push(Instruction::Auipc { rd: 1, imm: 0 });
    p.push(Instruction::Jalr {
        rd: 1,
        rs1: 1,
        offset: 12,
    });
    p.jal(0, third);
    p.op_imm(AluOp::Add, 22, 22, 1);
    p.ret();
    p.place(third);
    p.push(Instruction::Jalr {
        rd: 0,
        rs1: 21,
        offset: 0,
    });
    p
}

fn traps() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    let handler = p.label();
    let main = p.label();
    p.branch(BranchOp::Beq, 0, 0, main);
    p.place(handler);
    p.csrr(16, MEPC);
    p.csrr(17, MCAUSE);
    p.op_imm(AluOp::Add, 16, 16, 5);
    p.csrw(MEPC, 16);
    p.csrr(18, MEPC);
    p.push(Instruction::Mret);
    p.place(main);
    // The low bits of a vector are 0, whatever is written.
    p.push(Instruction::Auipc { rd: 14, imm: 0 });
    p.op_imm(AluOp::Add, 14, 14, -24 + 3);
    p.csrw(MTVEC, 14);
    p.csrr(15, MTVEC);
    p.csrw(MSCRATCH, 10);
    p.csrw(MCAUSE, 11);
    p.push(Instruction::Ecall);
    p.csrr(19, MSCRATCH);
    // Some, then one; the others are behind, and wait.
    for bits in [1, -1] {
        let skip = p.label();
        p.op_imm(AluOp::And, 20, 10, bits);
        p.branch(BranchOp::Bne, 20, 0, skip);
        p.csrw(MSCRATCH, 10);
        p.push(Instruction::Ecall);
        p.place(skip);
        meet(&mut p);
    }
    p.push(Instruction::Exit);
    p
}

fn bars() -> Program {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(14, TID);
    p.push(Instruction::Lui {
        rd: 12,
        imm: 0x4000_0000,
    });
    p.op_imm(AluOp::And, 15, 14, 31);
    p.op_imm(AluOp::Sll, 15, 15, 3);
    p.op(AluOp::Add, 15, 12, 15);
    p.op_imm(AluOp::Add, 18, 0, 2);
    let round = p.here();
    store(&mut p, 14, 15, 0);
    p.push(Instruction::Bar);
    load(&mut p, 16, 12, 8);
    // Odd lanes at another place.
    let (odd, both) = (p.label(), p.label());
    p.branch(BranchOp::Bne, 11, 0, odd);
    p.push(Instruction::Bar);
    p.branch(BranchOp::Beq, 0, 0, both);
    p.place(odd);
    p.push(Instruction::Bar);
    p.place(both);
    // Some end in every round, the first lane first.
    let stays = p.label();
    p.op_imm(AluOp::And, 17, 10, 3);
    p.op_imm(AluOp::Add, 17, 17, -2);
    p.op(AluOp::Add, 17, 17, 18);
    p.branch(BranchOp::Bne, 17, 0, stays);
    p.push(Instruction::Exit);
    p.place(stays);
    p.op_imm(AluOp::Add, 18, 18, -1);
    p.branch(BranchOp::Bge, 18, 0, round);
    p.push(Instruction::Exit);
    p
}

fn warpsyncs() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    // All at once, by two ways, for nobody, for a pair, for one that has ended.
    meet(&mut p);
    let (odd, both) = (p.label(), p.label());
    p.branch(BranchOp::Bne, 11, 0, odd);
    meet(&mut p);
    p.branch(BranchOp::Beq, 0, 0, both);
    p.place(odd);
    meet(&mut p);
    p.place(both);
    p.push(Instruction::Warpsync { rs1: 0 });
    let (zero, one, rest, left) = (p.label(), p.label(), p.label(), p.label());
    p.op_imm(AluOp::Add, 15, 0, 1);
    p.op_imm(AluOp::Add, 16, 0, 3);
    p.branch(BranchOp::Beq, 10, 0, zero);
    p.branch(BranchOp::Beq, 10, 15, one);
    p.branch(BranchOp::Beq, 0, 0, rest);
    p.place(zero);
    p.push(Instruction::Warpsync { rs1: 16 });
    p.push(Instruction::Exit);
    p.place(one);
    p.push(Instruction::Warpsync { rs1: 16 });
    p.push(Instruction::Exit);
    p.place(rest);
    // Lanes 0 and 1 may have ended by then; bits above the lanes mean nothing.
    p.li(17, 0x7_0003);
    p.op_imm(AluOp::Add, 18, 10, -2);
    p.branch(BranchOp::Beq, 18, 0, left);
    p.push(Instruction::Warpsync { rs1: 17 });
    p.place(left);
    p.push(Instruction::Exit);
    p
}

fn lonely() -> Program {
    let mut p = Program::new(ENTRY);
    start(&mut p);
    p.push(Instruction::Bar);
    meet(&mut p);
    store(&mut p, 10, 12, 0);
    p.push(Instruction::Bar);
    p.push(Instruction::Exit);
    p
}
