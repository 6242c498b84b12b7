//! The cases of the directed tests of `simt_core`: which there are, and those that fault.

use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::float::{FpuOp, Rounding};
use gpnpu_golden::simt::instruction::{
    AluOp, AmoOp, BranchOp, CsrOp, CsrSource, Instruction, LoadOp, RoundingField, StoreOp,
};
use gpnpu_golden::simt::program::Program;
use serde::{Deserialize, Serialize};

use super::core::{ENTRY, SHARED_BYTES};
use super::core_directed::{Expected, Plan};
use super::{core_case_paths, core_case_runs};

/// CSRs (`docs/simt.md`).
pub(super) const TID: u16 = 0xcc0;
pub(super) const LANE: u16 = 0xccc;
pub(super) const ARGS: u16 = 0xcd0;
pub(super) const STACK_END: u16 = 0xcd1;
const FRM: u16 = 2;
const MTVEC: u16 = 0x305;
const MEPC: u16 = 0x341;

/// The memory's end.
const END: u64 = 0x1_0000_0000;

/// The core that a case is for.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Warps.
    pub warps: u32,
    /// Lanes.
    pub lanes: u32,
    /// Bytes of the instruction cache.
    pub cache: u64,
}

impl Site {
    /// Threads of the largest CTA.
    pub fn threads(&self) -> u32 {
        self.warps * self.lanes
    }
}

/// A case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// Threads store, load, vote and meet.
    Sound,
    /// A code that is no instruction, or one that faults, in all lanes but the first.
    Illegal(u32),
    /// A dynamic rounding mode that is none, in lanes from the third on.
    RoundingMode(u8),
    /// Loads, stores and atomics of `1 << size` bytes that are misaligned in odd lanes; others are outside, or in
    /// another's stack.
    Misaligned(u8),
    /// The same in one lane of two.
    MisalignedAlone,
    /// An address outside of all ranges in lanes from the third on; the second is in another's stack.
    Outside(u64),
    /// The lowest bytes of one's own stack.
    Guard,
    /// The next lane's stack.
    OtherStack,
    /// A jump by a register to an address, in odd lanes.
    JumpTo(u64),
    /// A branch beyond memory, or to half an instruction, in odd lanes.
    BranchBy(i32),
    /// A call by so many bytes.
    CallBy(i32),
    /// The last instruction of memory, and what would be behind it.
    RunOff,
    /// A branch there that is not taken.
    BranchOff,
    /// A trap vector that is nowhere.
    TrapTo(u64),
    /// MRET to where nothing is.
    ReturnTo(u64),
    /// Lanes of a warp wait at different barriers.
    Stuck,
    /// One warp waits for another, which cannot go on.
    StuckWarps,
    /// The next line cannot be read.
    Unreadable,
    /// Odd lanes jump to a line that cannot be read.
    UnreadableJump,
    /// A line that is looked up beforehand cannot be read, and is not executed.
    UnreadableUnused,
    /// Told to stop while it runs.
    Halted,
    /// No line of instructions ever comes.
    Deaf,
    /// A lock by AMO, among the lanes of two warps.
    LockAmo,
    /// A lock by LR and SC, among the lanes of a warp.
    LockLrSc,
    /// Lanes wait for a flag that the first sets, behind them.
    Flag,
    /// Four, of which the last is starved by the others.
    Starved,
    /// Lanes wait in a call for one that is not in it.
    CalledWait,
    /// Two long loops beside each other, one with AMOs.
    LongLoops,
    /// Recursion as deep as the lane's number.
    Recursion,
    /// A jump to as many targets as there are lanes.
    Targets,
    /// Calls and returns by all links.
    Links,
    /// Traps of all lanes, some and one.
    Traps,
    /// Barriers by several ways, of a CTA that does not fill its warps.
    Bars,
    /// Lanes of a warp meet by several ways, and by masks of lanes that are not there.
    Warpsyncs,
    /// One thread alone.
    Lonely,
    /// All instructions in all lanes, some and one.
    Masks,
    /// All operations on floating-point numbers in all rounding modes.
    Floats,
    /// All integer operations on corners.
    Integers,
    /// Registers met at distances of 1 to 3 instructions.
    Hazards,
    /// Votes and shuffles.
    Shuffles,
    /// CSRs in a block of three dimensions.
    Coordinates,
    /// A loop longer than the instruction cache.
    Long,
    /// Lines that take each other's place, in each warp.
    Aliases,
    /// Code that is written, and fenced.
    Written,
    /// Instructions that need the result of the one before.
    Dependent,
    /// Instructions that need nothing.
    Independent,
    /// Jumps.
    Jumps,
}

impl Case {
    /// Those that fault.
    pub const FAULTS: &[Case] = &[
        Case::Illegal(0x0000_0000),
        Case::Illegal(0xffff_ffff),
        Case::Illegal(0x0000_4501),           // compressed
        Case::Illegal(0x0010_0073),           // ebreak
        Case::Illegal(0x0000_0073),           // ecall, without a vector
        Case::Illegal(0x7c00_23f3),           // csrrs of an unknown CSR
        Case::Illegal(0xcc00_93f3),           // csrrw of a read-only CSR
        Case::Illegal(0xf140_f3f3),           // csrrci of mhartid, with bits
        Case::Illegal(0x0200_93bb),           // mulhw
        Case::Illegal(0x0200_901b),           // slliw by 32
        Case::Illegal(0x0020_5553),           // fadd.s in mode 5
        Case::Illegal(0x0020_6553),           // fadd.s in mode 6
        Case::Illegal(0x0020_7543 | 1 << 25), // fmadd.d
        Case::Illegal(0x0800_240b),           // shuffle 4
        Case::Illegal(0x0000_008b),           // bar with a destination
        Case::Illegal(0x0600_000b),           // custom-0 control 3
        Case::Illegal(0x0600_140b),           // vote 3
        Case::Illegal(0x1010_a3af),           // lr.w with a second operand
        Case::Illegal(0x2800_a3af),           // AMO 5
        Case::Illegal(0x0000_f383),           // load of 16 bytes
        Case::Illegal(0x0000_4023),           // store of 16 bytes
        Case::Illegal(0x0000_2063),           // branch 2
        Case::Illegal(0x3020_00f3),           // mret with a destination
        Case::Illegal(0x0000_3007),           // fld
        Case::RoundingMode(5),
        Case::RoundingMode(6),
        Case::RoundingMode(7),
        Case::Misaligned(1),
        Case::Misaligned(2),
        Case::Misaligned(3),
        Case::MisalignedAlone,
        Case::Outside(0),
        Case::Outside(0x4000_0000 + SHARED_BYTES),
        Case::Outside(0x4010_0000),
        Case::Outside(0x7fff_fff8),
        Case::Outside(END),
        Case::Outside(0x10_8000_0000),
        Case::Outside(u64::MAX - 7),
        Case::Guard,
        Case::OtherStack,
        Case::JumpTo(ENTRY + 6),
        Case::JumpTo(0),
        Case::JumpTo(0x4000_0000),
        Case::JumpTo(END),
        Case::JumpTo(0x1_8000_0000),
        Case::BranchBy(10),
        Case::BranchBy(-64),
        Case::CallBy(-0x1000),
        Case::CallBy(14),
        Case::RunOff,
        Case::BranchOff,
        Case::TrapTo(0x4000_0000),
        Case::ReturnTo(0),
        Case::Stuck,
        Case::StuckWarps,
        Case::Halted,
    ];

    /// Those in which lanes of a warp wait for each other.
    pub const YIELDS: &[Case] = &[
        Case::LockAmo,
        Case::LockLrSc,
        Case::Flag,
        Case::Starved,
        Case::CalledWait,
        Case::LongLoops,
    ];

    /// Those about where lanes go.
    pub const CONTROL: &[Case] = &[
        Case::Recursion,
        Case::Targets,
        Case::Links,
        Case::Traps,
        Case::Bars,
        Case::Warpsyncs,
        Case::Lonely,
    ];

    /// Those about what instructions give.
    pub const INSTRUCTIONS: &[Case] = &[
        Case::Masks,
        Case::Floats,
        Case::Integers,
        Case::Hazards,
        Case::Shuffles,
        Case::Coordinates,
    ];

    /// Those about where instructions come from.
    pub const CACHE: &[Case] = &[
        Case::Long,
        Case::Aliases,
        Case::Written,
        Case::Unreadable,
        Case::UnreadableJump,
        Case::UnreadableUnused,
    ];

    /// Those that are measured.
    pub const FIGURES: &[Case] = &[Case::Dependent, Case::Independent, Case::Jumps];

    /// The case on a core.
    pub fn plan(self, site: &Site) -> Plan {
        match self {
            Case::Illegal(code) => illegal(site, code),
            Case::RoundingMode(mode) => rounding_mode(site, mode),
            Case::Misaligned(size) => misaligned(site, size),
            Case::MisalignedAlone => Plan {
                block: [2, 1, 1],
                ..misaligned(site, 3)
            },
            Case::Outside(address) => outside(site, address),
            Case::Guard => stack(site, true),
            Case::OtherStack => stack(site, false),
            Case::JumpTo(target) => jump_to(site, target),
            Case::BranchBy(offset) => branch_by(site, offset),
            Case::CallBy(offset) => call_by(site, offset),
            Case::RunOff => run_off(site, Instruction::Wfi),
            Case::BranchOff => {
                let branch = Instruction::Branch {
                    op: BranchOp::Bne,
                    rs1: 0,
                    rs2: 0,
                    offset: -4,
                };
                run_off(site, branch)
            }
            Case::TrapTo(target) => trap_to(site, target),
            Case::ReturnTo(target) => return_to(site, target),
            other => core_case_paths::plan(other, site)
                .unwrap_or_else(|| core_case_runs::plan(other, site)),
        }
    }
}

/// A program from the entry on, whose block has all threads that the core can hold.
pub(super) fn full(site: &Site, program: Program, expected: Expected) -> Plan {
    Plan {
        program,
        codes: Vec::new(),
        entry: ENTRY,
        grid: [1, 1, 1],
        block: [site.threads(), 1, 1],
        failing: Vec::new(),
        expected,
        clocks: Vec::new(),
    }
}

/// `x10`: the lane; `x11`: the lowest bit of it.
pub(super) fn lanes(p: &mut Program) {
    p.csrr(10, LANE);
    p.op_imm(AluOp::And, 11, 10, 1);
}

fn load(op: LoadOp, rd: u8, rs1: u8) -> Instruction {
    let offset = 0;
    Instruction::Load {
        op,
        rd,
        rs1,
        offset,
    }
}

fn illegal(site: &Site, code: u32) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let faulty = p.label();
    p.branch(BranchOp::Bne, 10, 0, faulty);
    p.push(Instruction::Exit);
    p.place(faulty);
    let at = p.end();
    p.push(Instruction::Wfi);
    p.push(Instruction::Exit);
    Plan {
        codes: vec![(at, code)],
        ..full(site, p, Expected::Fault(Cause::Illegal))
    }
}

fn add(rm: RoundingField) -> Instruction {
    Instruction::Float {
        op: FpuOp::Add,
        rm,
        rd: 4,
        rs1: 4,
        rs2: 5,
        rs3: 0,
    }
}

fn rounding_mode(site: &Site, mode: u8) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let good = p.label();
    p.op_imm(AluOp::Sltu, 12, 10, 2);
    p.branch(BranchOp::Bne, 12, 0, good);
    p.push(Instruction::Csr {
        op: CsrOp::ReadWrite,
        rd: 0,
        csr: FRM,
        source: CsrSource::Immediate(mode),
    });
    p.place(good);
    // What does not round, or says how, does not ask.
    p.push(add(RoundingField::Static(Rounding::ALL[1])));
    for op in FpuOp::ALL.into_iter().filter(|op| !op.rounds()) {
        p.push(Instruction::Float {
            op,
            rm: RoundingField::Static(Rounding::ALL[0]),
            rd: 4,
            rs1: 4,
            rs2: if op.operands() > 1 { 5 } else { 0 },
            rs3: 0,
        });
    }
    p.push(add(RoundingField::Dynamic));
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(Cause::Illegal))
}

fn misaligned(site: &Site, size: u8) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(12, ARGS);
    p.op(AluOp::Add, 12, 12, 11);
    // The third lane's is outside, the fourth's in the first's stack, or misaligned there.
    p.csrr(13, STACK_END);
    for (lane, address) in [(2, 0), (3, 13)] {
        let next = p.label();
        p.op_imm(AluOp::Add, 14, 10, -lane);
        p.branch(BranchOp::Bne, 14, 0, next);
        p.op(AluOp::Add, 12, address, 11);
        p.place(next);
    }
    p.push(match size {
        1 => load(LoadOp::Lhu, 14, 12),
        2 => Instruction::Store {
            op: StoreOp::Sw,
            rs1: 12,
            rs2: 10,
            offset: 0,
        },
        _ => Instruction::Amo {
            op: AmoOp::Add,
            double: true,
            aq: false,
            rl: false,
            rd: 14,
            rs1: 12,
            rs2: 10,
        },
    });
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(Cause::Misaligned))
}

fn outside(site: &Site, address: u64) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(12, ARGS);
    let (go, far) = (p.label(), p.label());
    p.op_imm(AluOp::Sltu, 13, 10, 2);
    p.branch(BranchOp::Beq, 13, 0, far);
    p.branch(BranchOp::Beq, 10, 0, go);
    // The end of one's stack is the beginning of the next one's.
    p.csrr(12, STACK_END);
    p.branch(BranchOp::Beq, 0, 0, go);
    p.place(far);
    p.li(12, address as i64);
    p.place(go);
    p.push(load(LoadOp::Ld, 14, 12));
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(Cause::Access))
}

fn stack(site: &Site, own: bool) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.csrr(12, STACK_END);
    let at = |offset| Instruction::Store {
        op: StoreOp::Sd,
        rs1: 12,
        rs2: 10,
        offset,
    };
    // The whole of one's own, but for its lowest 64 bytes.
    p.push(at(-8));
    p.push(at(-512 + 64));
    let last = p.label();
    p.branch(BranchOp::Beq, 11, 0, last);
    p.push(at(if own { -512 + 56 } else { 0 }));
    p.place(last);
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(Cause::Stack))
}

fn cause_at(target: u64) -> Cause {
    if target.is_multiple_of(4) {
        Cause::Access
    } else {
        Cause::Misaligned
    }
}

fn jump_to(site: &Site, target: u64) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let there = p.label();
    p.jal(12, there);
    p.push(Instruction::Exit);
    p.place(there);
    // Even lanes go to the exit.
    let even = p.label();
    p.branch(BranchOp::Beq, 11, 0, even);
    p.li(12, target as i64);
    p.place(even);
    p.push(Instruction::Jalr {
        rd: 1,
        rs1: 12,
        offset: 1,
    });
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(cause_at(target)))
}

fn branch_by(site: &Site, offset: i32) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.push(Instruction::Branch {
        op: BranchOp::Bne,
        rs1: 11,
        rs2: 0,
        offset,
    });
    p.push(Instruction::Exit);
    full(site, p, Expected::Fault(cause_at(offset as i64 as u64)))
}

fn call_by(site: &Site, offset: i32) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.push(Instruction::Jal { rd: 1, offset });
    full(site, p, Expected::Fault(cause_at(offset as i64 as u64)))
}

fn run_off(site: &Site, last: Instruction) -> Plan {
    let mut p = Program::new(END - 8);
    p.push(Instruction::Wfi);
    p.push(last);
    Plan {
        entry: END - 8,
        ..full(site, p, Expected::Fault(Cause::Access))
    }
}

fn trap_to(site: &Site, target: u64) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.li(12, target as i64);
    p.csrw(MTVEC, 12);
    p.push(Instruction::Ecall);
    full(site, p, Expected::Fault(Cause::Access))
}

fn return_to(site: &Site, target: u64) -> Plan {
    let mut p = Program::new(ENTRY);
    p.li(12, target as i64);
    p.csrw(MEPC, 12);
    p.push(Instruction::Mret);
    full(site, p, Expected::Fault(Cause::Access))
}

/// The code of an instruction, for programs that write code.
pub(super) fn code(instruction: Instruction) -> i64 {
    encode(instruction).into()
}
