//! How many instructions of warps a program needs where every branch reconverges at its immediate post-dominator: the
//! SIMT stack with ideal knowledge of the program (Fung et al., "Dynamic Warp Formation and Scheduling for Efficient GPU
//! Control Flow", MICRO 2007, section 3), which this processor, that has no such knowledge, is measured against.
//!
//! The model executes nothing: it replays what each lane has executed, lane by lane, and counts the instructions that
//! such a stack would have issued for it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::dominators::{Dominators, simple_fast};
use petgraph::graphmap::DiGraphMap;

use super::instruction::Instruction;
use super::mask::{LaneMask, MAX_LANES};
use super::paths::Path;
use super::warp::Place;

/// Where a function ends; no instruction is there.
const END: u64 = 1;

/// Where a lane is: a PC at a call depth.
type Point = (u64, u16);

/// What the lanes of all warps have executed.
#[derive(Debug, Clone, Default)]
pub struct Executed {
    /// By CTA and warp of it.
    warps: BTreeMap<(u64, usize), Vec<Vec<Point>>>,
    /// Instructions of warps.
    pub instructions: u64,
    /// Instructions of lanes.
    pub lane_instructions: u64,
}

/// Why traces do not fit the program that is said to have left them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lanes that reconverge behind {branch:#x} are at {first:#x} and at {second:#x}")]
pub struct Apart {
    /// The instruction where they parted.
    pub branch: u64,
    /// Where one of them is.
    pub first: u64,
    /// Where another is.
    pub second: u64,
}

impl Executed {
    /// A warp executes the instruction at which one of its paths is.
    pub fn issued(&mut self, place: &Place, path: &Path) {
        let key = (place.cta, place.warp_in_cta);
        let lanes = self
            .warps
            .entry(key)
            .or_insert_with(|| vec![Vec::new(); MAX_LANES]);
        for lane in path.mask.lanes() {
            lanes[lane].push((path.pc, path.depth));
        }
        self.instructions += 1;
        self.lane_instructions += u64::from(path.mask.count());
    }

    /// Instructions of warps that the SIMT stack needs for the same instructions of lanes. `code` is the program: each
    /// PC with its instruction.
    ///
    /// # Errors
    ///
    /// [`Apart`] if that program has not left these traces.
    pub fn ideal(&self, code: &BTreeMap<u64, Instruction>) -> Result<u64, Apart> {
        let flow = self.flow(code);
        let joins = simple_fast(&flow, END);
        let stacks = self.warps.values();
        stacks
            .map(|lanes| Replay::new(lanes, &joins).instructions())
            .sum()
    }

    /// Control flow within functions, backwards: a call goes to the instruction behind it, a return to the end.
    fn flow(&self, code: &BTreeMap<u64, Instruction>) -> DiGraphMap<u64, ()> {
        let mut flow = DiGraphMap::new();
        for (&pc, &instruction) in code {
            let next = pc.wrapping_add(4);
            let to = |offset: i32| pc.wrapping_add_signed(offset.into());
            let targets = match instruction {
                Instruction::Branch { offset, .. } => vec![next, to(offset)],
                Instruction::Jal { rd: 0, offset } => vec![to(offset)],
                Instruction::Jalr { rd: 0, rs1, .. } if rs1 != 1 && rs1 != 5 => self.jumps(pc),
                Instruction::Jalr { rd: 0, .. } | Instruction::Exit => vec![END],
                _ => vec![next],
            };
            for target in targets {
                flow.add_edge(target, pc, ());
            }
        }
        flow
    }

    /// Where an indirect jump has led to, since the program does not tell.
    fn jumps(&self, pc: u64) -> Vec<u64> {
        let lanes = self.warps.values().flatten();
        let steps = lanes.flat_map(|trace| trace.windows(2));
        let targets: BTreeSet<u64> = steps
            .filter(|step| step[0].0 == pc)
            .map(|step| step[1].0)
            .collect();
        targets.into_iter().collect()
    }
}

/// Where lanes that have parted meet again.
#[derive(Debug, Clone, Copy)]
enum Join {
    /// At an instruction of the same function.
    At(Point),
    /// Behind the return of a function at this depth.
    Return(u16),
}

impl Join {
    fn is_at(self, point: Point) -> bool {
        match self {
            Join::At(join) => join == point,
            Join::Return(depth) => point.1 < depth,
        }
    }
}

/// Lanes that are together until they get to where they meet the others.
#[derive(Debug, Clone, Copy)]
struct Entry {
    mask: LaneMask,
    join: Option<Join>,
    /// Where its lanes parted last.
    branch: u64,
}

/// The SIMT stack of a warp.
struct Replay<'a> {
    lanes: &'a [Vec<Point>],
    at: [usize; MAX_LANES],
    joins: &'a Dominators<u64>,
    stack: Vec<Entry>,
    issued: u64,
}

impl<'a> Replay<'a> {
    fn new(lanes: &'a [Vec<Point>], joins: &'a Dominators<u64>) -> Self {
        let all = (0..MAX_LANES).filter(|&lane| !lanes[lane].is_empty());
        let all = Entry {
            mask: all.collect(),
            join: None,
            branch: 0,
        };
        Replay {
            lanes,
            at: [0; MAX_LANES],
            joins,
            stack: vec![all],
            issued: 0,
        }
    }

    /// Where a lane is, if it has not ended.
    fn point(&self, lane: usize) -> Option<Point> {
        self.lanes[lane].get(self.at[lane]).copied()
    }

    /// Lanes of a mask that have not ended, by where they are.
    fn points(&self, mask: LaneMask) -> BTreeMap<Point, LaneMask> {
        let mut points: BTreeMap<Point, LaneMask> = BTreeMap::new();
        for lane in mask.lanes() {
            if let Some(point) = self.point(lane) {
                *points.entry(point).or_default() |= LaneMask::lane(lane);
            }
        }
        points
    }

    fn instructions(mut self) -> Result<u64, Apart> {
        while let Some(&top) = self.stack.last() {
            let mut points = self.points(top.mask).into_iter();
            let Some((point, mask)) = points.next() else {
                self.stack.pop();
                continue;
            };
            if let Some((other, _)) = points.next() {
                return Err(Apart {
                    branch: top.branch,
                    first: point.0,
                    second: other.0,
                });
            }
            if top.join.is_some_and(|join| join.is_at(point)) {
                self.stack.pop();
            } else {
                self.issue(point, mask);
            }
        }
        Ok(self.issued)
    }

    /// The entry on top executes an instruction; where its lanes part, new entries run before it.
    fn issue(&mut self, point: Point, mask: LaneMask) {
        self.issued += 1;
        for lane in mask.lanes() {
            self.at[lane] += 1;
        }
        let points = self.points(mask);
        if points.len() > 1 {
            let (pc, depth) = point;
            let join = match self.joins.immediate_dominator(pc) {
                Some(END) | None => Join::Return(depth),
                Some(join) => Join::At((join, depth)),
            };
            if let Some(top) = self.stack.last_mut() {
                top.branch = pc;
            }
            self.stack.extend(points.into_values().map(|mask| Entry {
                mask,
                join: Some(join),
                branch: pc,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axi::Store;
    use crate::simt::instruction::{AluOp, BranchOp};
    use crate::simt::launch::Launch;
    use crate::simt::program::Program;
    use crate::simt::run::{End, run_watched};
    use crate::simt::shape::Shape;

    const ENTRY: u64 = 0x8000_0000;
    const TID: u8 = 10;

    /// What one warp of 8 lanes executes, and what the stack needs for it.
    fn both(program: &Program) -> (u64, u64) {
        let mut memory = Store::default();
        program.load(&mut memory);
        let launch = Launch {
            entry: ENTRY,
            args: 0,
            grid: [1; 3],
            block: [8, 1, 1],
            shared_bytes: 0,
            stack_base: 0x9000_0000,
            stack_log2: 8,
        };
        let mut executed = Executed::default();
        let ran = run_watched(
            Shape::new(1, 2, 8),
            launch,
            memory,
            10_000,
            |place, path| {
                executed.issued(place, path);
            },
        );
        assert_eq!(ran.end, End::Done);
        assert_eq!(ran.instructions, executed.instructions);
        assert_eq!(ran.lane_instructions, executed.lane_instructions);
        let code = (ENTRY..).step_by(4).zip(program.instructions()).collect();
        (executed.instructions, executed.ideal(&code).unwrap())
    }

    /// A program with the thread's number in `x10`.
    fn program() -> Program {
        let mut program = Program::new(ENTRY);
        program.csrr(TID, 0xcc0);
        program
    }

    fn work(program: &mut Program, count: usize) {
        for _ in 0..count {
            program.op_imm(AluOp::Add, 11, 11, 1);
        }
    }

    #[test]
    fn both_sides_of_a_branch_count_once_each() {
        let mut program = program();
        let (other, join) = (program.label(), program.label());
        program.op_imm(AluOp::Slt, 12, TID, 3);
        program.branch(BranchOp::Bne, 12, 0, other);
        work(&mut program, 5);
        program.jal(0, join);
        program.place(other);
        work(&mut program, 7);
        program.place(join);
        work(&mut program, 2);
        program.push(Instruction::Exit);
        assert_eq!(both(&program), (3 + 6 + 7 + 3, 3 + 6 + 7 + 3));
    }

    #[test]
    fn the_longest_of_all_lanes_decides_a_loop() {
        let mut program = program();
        let start = program.here();
        work(&mut program, 3);
        program.op_imm(AluOp::Add, TID, TID, -1);
        program.branch(BranchOp::Bge, TID, 0, start);
        program.push(Instruction::Exit);
        assert_eq!(both(&program), (1 + 8 * 5 + 1, 1 + 8 * 5 + 1));
    }

    /// The same function called on both sides of a branch: the stack executes it twice.
    #[test]
    fn calls_of_two_sides_are_two_calls() {
        let mut program = program();
        let [function, other, join] = [(); 3].map(|()| program.label());
        program.branch(BranchOp::Beq, TID, 0, other);
        program.jal(1, function);
        program.jal(0, join);
        program.place(other);
        program.jal(1, function);
        program.place(join);
        program.push(Instruction::Exit);
        program.place(function);
        work(&mut program, 4);
        program.ret();
        let (executed, ideal) = both(&program);
        assert_eq!(ideal, 2 + (1 + 5 + 1) + (1 + 5) + 1);
        assert!(executed <= ideal);
    }

    /// A return in the middle of a function: its lanes meet the others behind the call.
    #[test]
    fn an_early_return_is_waited_for_behind_the_call() {
        let mut program = program();
        let [function, late] = [(); 2].map(|()| program.label());
        program.jal(1, function);
        work(&mut program, 2);
        program.push(Instruction::Exit);
        program.place(function);
        program.branch(BranchOp::Bne, TID, 0, late);
        program.ret();
        program.place(late);
        work(&mut program, 6);
        program.ret();
        assert_eq!(both(&program).1, 2 + 1 + 1 + 7 + 3);
    }

    /// Lanes that meet before their post-dominator: the processor needs fewer instructions than the stack.
    #[test]
    fn the_processor_may_need_less_than_the_stack() {
        let mut program = program();
        let [middle, last, end] = [(); 3].map(|()| program.label());
        program.branch(BranchOp::Beq, TID, 0, middle);
        program.op_imm(AluOp::Slt, 12, TID, 3);
        program.branch(BranchOp::Bne, 12, 0, last);
        program.place(middle);
        work(&mut program, 9);
        program.jal(0, end);
        program.place(last);
        work(&mut program, 1);
        program.place(end);
        program.push(Instruction::Exit);
        let (executed, ideal) = both(&program);
        assert!(executed + 9 <= ideal, "{executed} and {ideal}");
    }

    #[test]
    fn traces_of_another_program_are_refused() {
        let mut executed = Executed::default();
        let place = Place {
            core: 0,
            warp: 0,
            warp_in_cta: 0,
            cta: 0,
        };
        let path = |pc, lanes| Path {
            pc,
            depth: 0,
            mask: lanes,
            state: crate::simt::paths::State::Ready,
        };
        executed.issued(&place, &path(ENTRY, LaneMask::lane(0)));
        executed.issued(&place, &path(ENTRY + 8, LaneMask::lane(1)));
        let refused = executed.ideal(&BTreeMap::new()).unwrap_err();
        assert_eq!((refused.first, refused.second), (ENTRY, ENTRY + 8));
    }
}
