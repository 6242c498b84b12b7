//! The yield rule: that what waits for another lane of its warp makes progress, and in which steps.

use gpnpu_golden::simt::instruction::{AluOp, AmoOp, BranchOp, Instruction, LoadOp};
use gpnpu_golden::simt::machine::Machine;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::program::Program;

use crate::kit::{
    DATA, LANE, MASK, dword, finish, launch, memory, own_slot, program, shape, slots, store,
};

fn amo(op: AmoOp, rd: u8, rs1: u8, rs2: u8) -> Instruction {
    Instruction::Amo {
        op,
        double: true,
        aq: true,
        rl: false,
        rd,
        rs1,
        rs2,
    }
}

fn load(rd: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Load {
        op: LoadOp::Ld,
        rd,
        rs1,
        offset,
    }
}

/// The lanes of warp 0 that executed each of its first `count` instructions.
fn executed(threads: u32, count: usize, build: impl FnOnce(&mut Program)) -> Vec<LaneMask> {
    let mut machine = Machine::new(shape(), memory(&program(build)));
    machine
        .launch(launch(threads))
        .expect("a launch that can be");
    machine.start_ctas();
    let step = |cycle| {
        machine
            .step(0, 0, cycle)
            .expect("no fault")
            .expect("a ready path")
            .mask
    };
    (0..count as u64).map(step).collect()
}

/// Who executed how many instructions in a row.
fn runs(masks: &[LaneMask]) -> Vec<(u16, usize)> {
    let chunks = masks.chunk_by(|a, b| a == b);
    chunks.map(|chunk| (chunk[0].0, chunk.len())).collect()
}

/// Every lane takes a lock and adds to what it guards. The lane that has the lock leaves the loop to
/// higher PCs, so that without turns those that spin would run for ever.
#[test]
fn a_spin_lock_between_lanes_ends() {
    let ran = finish(8, |p| {
        p.li(10, DATA as i64);
        p.li(11, 1);
        let again = p.here();
        p.push(amo(AmoOp::Swap, 12, 10, 11));
        p.branch(BranchOp::Bne, 12, 0, again);
        p.push(load(13, 10, 8));
        p.op_imm(AluOp::Add, 13, 13, 1);
        p.push(store(13, 10, 8));
        p.push(store(0, 10, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(dword(&ran.memory, DATA + 8), 8);
    // 64 of an AMO and 1 of its branch: a turn comes after about 63 rounds of the loop.
    assert!(
        ran.instructions < 8 * 200,
        "{} instructions",
        ran.instructions
    );
}

/// One lane polls a flag that another sets from behind the loop.
#[test]
fn a_producer_and_its_consumer_in_one_warp() {
    let ran = finish(2, |p| {
        p.li(10, DATA as i64);
        p.csrr(11, LANE);
        let (producer, end) = (p.label(), p.label());
        p.branch(BranchOp::Bne, 11, 0, producer);
        let again = p.here();
        p.push(load(12, 10, 0));
        p.branch(BranchOp::Beq, 12, 0, again);
        p.push(store(12, 10, 8));
        p.jal(0, end);
        p.place(producer);
        p.li(12, 42);
        p.push(store(12, 10, 0));
        p.place(end);
        p.push(Instruction::Exit);
    });
    assert_eq!(dword(&ran.memory, DATA + 8), 42);
    assert!(
        (4096..4096 + 300).contains(&ran.instructions),
        "{}",
        ran.instructions
    );
}

/// Lane 0 loops at lower PCs than lane 1 does: 4096 instructions, of which the branch that parts them
/// is the first, then a turn of 256, and so on.
#[test]
fn turns_have_their_lengths() {
    let masks = executed(2, 20_000, |p| {
        p.csrr(11, LANE);
        let other = p.label();
        p.branch(BranchOp::Bne, 11, 0, other);
        let mine = p.here();
        p.push(Instruction::Wfi);
        p.jal(0, mine);
        p.place(other);
        p.push(Instruction::Wfi);
        p.jal(0, other);
    });
    let expected = [
        (3, 2),
        (1, 4095),
        (2, 256),
        (1, 4096),
        (2, 256),
        (1, 4096),
        (2, 256),
    ];
    assert_eq!(runs(&masks)[..7], expected);
}

/// An AMO, LR or SC counts 64: of a loop of one and a jump, 63 rounds make 4095, and one more AMO
/// does it.
#[test]
fn atomics_bring_a_turn_sooner() {
    let sc = amo(AmoOp::Sc, 12, 10, 0);
    let lr = amo(AmoOp::Lr, 12, 10, 0);
    for atomic in [amo(AmoOp::Add, 12, 10, 0), lr, sc] {
        let masks = executed(2, 1000, |p| {
            p.li(10, DATA as i64);
            p.csrr(11, LANE);
            let other = p.label();
            p.branch(BranchOp::Bne, 11, 0, other);
            let mine = p.here();
            p.push(atomic);
            p.jal(0, mine);
            p.place(other);
            p.jal(0, other);
        });
        let before = masks.iter().take_while(|mask| mask.0 == 3).count();
        // The branch counts 1, then 63 rounds of 65 make 4096 exactly.
        assert_eq!(
            runs(&masks)[..3],
            [(3, before), (1, 126), (2, 256)],
            "{atomic}"
        );
    }
}

/// Loops of all eight lanes: whoever has had a turn waits until all others had one, and none waits
/// longer than p * (4096 + 256) instructions of the warp.
#[test]
fn turns_go_round_and_keep_the_bound() {
    let masks = executed(8, 200_000, |p| {
        p.csrr(11, LANE);
        p.op_imm(AluOp::Sll, 11, 11, 2);
        p.push(Instruction::Auipc { rd: 12, imm: 0 });
        p.op(AluOp::Add, 12, 12, 11);
        p.push(Instruction::Jalr {
            rd: 0,
            rs1: 12,
            offset: 12,
        });
        for _ in 0..8 {
            p.push(Instruction::Jal { rd: 0, offset: 0 });
        }
    });
    let turns: Vec<u16> = runs(&masks)
        .iter()
        .filter(|run| run.1 == 256)
        .map(|run| run.0)
        .collect();
    let round = [0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80];
    assert_eq!(turns[..7], round);
    assert_eq!(turns[7..14], round);
    for lane in 0..8 {
        let mut last = 0;
        for (index, mask) in masks.iter().enumerate() {
            if mask.has(lane) {
                assert!(
                    index - last <= 8 * (4096 + 256),
                    "lane {lane} waits from {last} to {index}"
                );
                last = index;
            }
        }
        assert!(masks.len() - last <= 8 * (4096 + 256));
    }
}

/// Turns are forgotten when no other path is ready: after a barrier the count begins anew.
#[test]
fn the_count_begins_anew_when_a_path_is_alone() {
    let masks = executed(2, 12_000, |p| {
        p.csrr(11, LANE);
        let (other, forever) = (p.label(), p.label());
        p.li(12, 1000);
        p.branch(BranchOp::Bne, 11, 0, other);
        let mine = p.here();
        p.op_imm(AluOp::Add, 12, 12, -1);
        p.branch(BranchOp::Bne, 12, 0, mine);
        p.push(Instruction::Bar);
        let spin = p.here();
        p.jal(0, spin);
        // Alone from here to its bar.
        p.place(other);
        p.push(Instruction::Bar);
        p.place(forever);
        p.jal(0, forever);
    });
    // 2001 of lane 0 with lane 1 ready, the latter's bar alone, then both loop: 4096 and 256.
    assert_eq!(
        runs(&masks)[..5],
        [(3, 3), (1, 2001), (2, 1), (1, 4096), (2, 256)]
    );
}

/// In a turn, paths at the same place stay two until a control instruction. Lane 1 comes into its
/// turn before the place where lanes 2 to 7 stand, and passes it before its next jump.
#[test]
fn in_a_turn_paths_merge_after_control_instructions_only() {
    let ran = finish(3, |p| {
        own_slot(p);
        p.csrr(11, LANE);
        p.li(13, DATA as i64 + 64);
        let (one, two, meet) = (p.label(), p.label(), p.label());
        p.op_imm(AluOp::Add, 12, 11, -1);
        p.branch(BranchOp::Beq, 12, 0, one);
        p.op_imm(AluOp::Add, 12, 11, -2);
        p.branch(BranchOp::Beq, 12, 0, two);
        // Lane 0 polls until lane 1 has come to its end, at lower PCs.
        let poll = p.here();
        p.push(load(12, 13, 0));
        p.branch(BranchOp::Beq, 12, 0, poll);
        p.push(Instruction::Exit);
        p.place(one);
        p.push(Instruction::Wfi);
        p.push(Instruction::Wfi);
        // Lane 2 stands here, and lane 1 falls into the place.
        p.place(two);
        p.csrr(14, MASK);
        p.place(meet);
        let next = p.label();
        p.jal(0, next);
        p.place(next);
        p.csrr(15, MASK);
        p.op_imm(AluOp::Sll, 15, 15, 8);
        p.op(AluOp::Or, 14, 14, 15);
        p.push(store(14, 8, 0));
        p.push(store(14, 13, 0));
        p.push(Instruction::Exit);
    });
    // Lane 1 reads the mask alone, though lane 2 is at the same place. It jumps away alone too; lane 2
    // follows in its own turn, or when lane 0 has left its loop.
    assert_eq!(slots(&ran, 3)[1..], [0x0202, 0x0404]);
}

/// Outside of a turn the same lanes meet where one falls into the other's place.
#[test]
fn outside_of_a_turn_paths_merge_at_once() {
    let ran = finish(2, |p| {
        own_slot(p);
        p.csrr(11, LANE);
        let two = p.label();
        p.branch(BranchOp::Bne, 11, 0, two);
        p.push(Instruction::Wfi);
        p.place(two);
        p.csrr(14, MASK);
        p.push(store(14, 8, 0));
        p.push(Instruction::Exit);
    });
    assert_eq!(slots(&ran, 2), [3, 3]);
}

/// A turn ends early when its lanes wait or have ended: the others go on at once.
#[test]
fn a_turn_ends_with_its_lanes() {
    let masks = executed(2, 4400, |p| {
        p.csrr(11, LANE);
        let other = p.label();
        p.branch(BranchOp::Bne, 11, 0, other);
        let mine = p.here();
        p.jal(0, mine);
        p.place(other);
        p.push(Instruction::Wfi);
        p.push(Instruction::Exit);
    });
    assert_eq!(runs(&masks), [(3, 2), (1, 4095), (2, 2), (1, 301)]);
}
