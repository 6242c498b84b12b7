//! What a core was seen doing, for its coverage.

use std::cmp::Ordering;
use std::collections::VecDeque;

use gpnpu_coverage::functional::SampleError;
use gpnpu_coverage::simt::core::{
    CoreCoverage, CoreSample, HazardClass, MeetClass, OpClass, PathSample, UnitClass,
};
use gpnpu_golden::simt::fpu::Unit;
use gpnpu_golden::simt::instruction::{AluOp, AmoOp, Instruction, RegisterSet, RoundingField};
use gpnpu_golden::simt::machine::Issued;
use gpnpu_golden::simt::paths::State;
use gpnpu_golden::simt::warp::Warp;

/// Instructions of a warp that are remembered.
const BEHIND: usize = 3;

/// Samples a core's coverage.
pub struct CoreWatch {
    /// The counts.
    pub coverage: CoreCoverage,
    /// The last instructions of each warp, newest first.
    last: Vec<VecDeque<Instruction>>,
}

fn is_division(op: AluOp) -> bool {
    matches!(
        op,
        AluOp::Div
            | AluOp::Divu
            | AluOp::Rem
            | AluOp::Remu
            | AluOp::Divw
            | AluOp::Divuw
            | AluOp::Remw
            | AluOp::Remuw
    )
}

fn is_product(op: AluOp) -> bool {
    matches!(
        op,
        AluOp::Mul | AluOp::Mulh | AluOp::Mulhsu | AluOp::Mulhu | AluOp::Mulw
    )
}

fn class(instruction: Instruction) -> Option<OpClass> {
    Some(match instruction {
        Instruction::Lui { .. } => OpClass::Lui,
        Instruction::Auipc { .. } => OpClass::Auipc,
        Instruction::Jal { .. } => OpClass::Jal,
        Instruction::Jalr { .. } => OpClass::Jalr,
        Instruction::Branch { .. } => OpClass::Branch,
        Instruction::Load { .. } => OpClass::Load,
        Instruction::Store { .. } => OpClass::Store,
        Instruction::Flw { .. } => OpClass::Flw,
        Instruction::Fsw { .. } => OpClass::Fsw,
        Instruction::OpImm { .. } => OpClass::AluImm,
        Instruction::Op { op, .. } if is_division(op) => OpClass::Div,
        Instruction::Op { op, .. } if is_product(op) => OpClass::Mul,
        Instruction::Op { .. } => OpClass::Alu,
        Instruction::Amo { op: AmoOp::Lr, .. } => OpClass::Lr,
        Instruction::Amo { op: AmoOp::Sc, .. } => OpClass::Sc,
        Instruction::Amo { .. } => OpClass::Amo,
        Instruction::Float { .. } => OpClass::Float,
        Instruction::FmvXW { .. } | Instruction::FmvWX { .. } => OpClass::Fmv,
        Instruction::Csr { .. } => OpClass::Csr,
        Instruction::Fence { .. } => OpClass::Fence,
        Instruction::FenceI => OpClass::FenceI,
        Instruction::Ecall => OpClass::Ecall,
        Instruction::Mret => OpClass::Mret,
        Instruction::Wfi => OpClass::Wfi,
        Instruction::Bar => OpClass::Bar,
        Instruction::Exit => OpClass::Exit,
        Instruction::Warpsync { .. } => OpClass::Warpsync,
        Instruction::Vote { .. } | Instruction::Shfl { .. } => OpClass::Lanes,
        // Always a fault.
        Instruction::Ebreak => return None,
    })
}

/// Where an instruction's result comes from.
fn unit(instruction: Instruction) -> UnitClass {
    match instruction {
        Instruction::Op { op, .. } if is_division(op) => UnitClass::Div,
        Instruction::Op { op, .. } if is_product(op) => UnitClass::Mul,
        Instruction::Float { op, .. } => match Unit::of(op) {
            Unit::Fma => UnitClass::Fma,
            Unit::Misc => UnitClass::Misc,
            Unit::Divide => UnitClass::Fdiv,
        },
        Instruction::Load { .. } | Instruction::Flw { .. } | Instruction::Amo { .. } => {
            UnitClass::Memory
        }
        _ => UnitClass::Alu,
    }
}

/// Code of an F instruction's operation and its rounding mode.
fn float(instruction: Instruction) -> Option<(u8, u8)> {
    let Instruction::Float { op, rm, .. } = instruction else {
        return None;
    };
    Some(match rm {
        RoundingField::Static(mode) => (op.code(), mode.code()),
        RoundingField::Dynamic => (op.code(), 5),
    })
}

fn operands(instruction: Instruction, warp: &Warp, lane: usize) -> Option<[Ordering; 2]> {
    let (Instruction::Op { rs1, rs2, .. } | Instruction::Branch { rs1, rs2, .. }) = instruction
    else {
        return None;
    };
    Some([rs1, rs2].map(|register| (warp.lanes[lane].x(register) as i64).cmp(&0)))
}

impl CoreWatch {
    /// Nothing seen yet.
    pub fn new(lanes: u32) -> Self {
        Self {
            coverage: CoreCoverage::new(lanes),
            last: vec![VecDeque::new(); 16],
        }
    }

    /// A launch begins.
    pub fn begin(&mut self) {
        self.last.iter_mut().for_each(VecDeque::clear);
    }

    /// An instruction was executed; the warp as it was before, and is now if it has not ended.
    ///
    /// # Errors
    ///
    /// What the coverage model rules out.
    pub fn issued(
        &mut self,
        index: usize,
        issued: &Issued,
        before: &Warp,
        after: Option<&Warp>,
    ) -> Result<(), SampleError> {
        let instruction = issued.instruction;
        let Some(op) = class(instruction) else {
            return Ok(());
        };
        let lane = issued.mask.lowest().unwrap_or(0);
        self.coverage.sample_issue(&CoreSample {
            op,
            float: float(instruction),
            lanes: issued.mask.count(),
            operands: operands(instruction, before, lane),
        })?;
        self.hazards(index, instruction)?;
        self.paths(issued, before, after)
    }

    fn hazards(&mut self, index: usize, instruction: Instruction) -> Result<(), SampleError> {
        let last = &mut self.last[index];
        let (reads, writes) = (instruction.reads(), instruction.writes());
        for (behind, earlier) in last.iter().enumerate() {
            let meets = |a: RegisterSet, b: RegisterSet| a.meets(b);
            let kinds = [
                (HazardClass::Raw, meets(earlier.writes(), reads)),
                (HazardClass::Waw, meets(earlier.writes(), writes)),
                (HazardClass::War, meets(earlier.reads(), writes)),
            ];
            for (kind, _) in kinds.into_iter().filter(|(_, is)| *is) {
                self.coverage
                    .sample_hazard(kind, unit(*earlier), behind + 1)?;
            }
        }
        last.push_front(instruction);
        last.truncate(BEHIND);
        Ok(())
    }

    fn paths(
        &mut self,
        issued: &Issued,
        before: &Warp,
        after: Option<&Warp>,
    ) -> Result<(), SampleError> {
        let depth = before
            .paths
            .all()
            .iter()
            .find(|path| path.mask == issued.mask)
            .map_or(0, |path| path.depth);
        let now = after.filter(|warp| warp.place == before.place);
        self.coverage.sample_paths(&PathSample {
            paths: now.map_or(0, |warp| warp.paths.all().len()),
            depth,
            merged: now.is_some_and(|warp| warp.paths.merges() > before.paths.merges()),
            in_turn: now.is_some_and(|warp| warp.paths.in_turn()),
        })?;
        let warpsync = match issued.instruction {
            Instruction::Bar => false,
            Instruction::Warpsync { .. } => true,
            _ => return Ok(()),
        };
        let waits = now.is_some_and(|warp| {
            let waiting = warp.paths.lanes(|state| state != State::Ready);
            issued.mask.is_within(waiting)
        });
        let class = if waits {
            MeetClass::Waits
        } else if issued.mask == before.paths.live() {
            MeetClass::AllAtOnce
        } else {
            MeetClass::Parts
        };
        self.coverage.sample_meet(warpsync, class)
    }
}
