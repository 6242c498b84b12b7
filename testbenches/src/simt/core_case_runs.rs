//! Directed cases of `simt_core` about what instructions give, and where they come from.

use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::float::{FpuOp, Rounding};
use gpnpu_golden::simt::instruction::{
    AluOp, AmoOp, BranchOp, CsrOp, CsrSource, Instruction, LoadOp, RoundingField, ShflOp, StoreOp,
    VoteOp,
};
use gpnpu_golden::simt::program::Program;

use super::core::ENTRY;
use super::core_cases::{ARGS, Case, LANE, Site, TID, code, full, lanes};
use super::core_directed::{Expected, Plan};

const FFLAGS: u16 = 1;
const FRM: u16 = 2;
const FCSR: u16 = 3;
/// Bytes of a line.
const LINE: u64 = 64;

/// The plan of a case of these.
pub fn plan(case: Case, site: &Site) -> Plan {
    let done = |program| full(site, program, Expected::Done);
    let one_warp = |program| Plan {
        block: [site.lanes, 1, 1],
        ..done(program)
    };
    match case {
        Case::Deaf => full(site, sound(), Expected::Hang),
        Case::Halted => full(site, endless(), Expected::Halted(400)),
        Case::Masks => done(masks()),
        Case::Floats => one_warp(floats()),
        Case::Integers => one_warp(integers()),
        Case::Hazards => one_warp(hazards()),
        Case::Shuffles => one_warp(shuffles()),
        Case::Coordinates => Plan {
            grid: [2, 1, 2],
            block: [3, 1, 2],
            ..done(coordinates())
        },
        Case::Long => done(long(site)),
        Case::Aliases => done(aliases(site)),
        Case::Written => one_warp(written()),
        Case::Unreadable => unreadable(site),
        Case::UnreadableJump => unreadable_jump(site),
        Case::UnreadableUnused => unreadable_unused(site),
        Case::Dependent => measured(site, |k| (7, 7, k), 3),
        Case::Independent => measured(site, |k| (7 + k % 16, 0, k), 1),
        Case::Jumps => jumps(site),
        _ => done(sound()),
    }
}

fn push_all(p: &mut Program, instructions: impl IntoIterator<Item = Instruction>) {
    instructions.into_iter().for_each(|it| p.push(it));
}

fn load(rd: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Load {
        op: LoadOp::Ld,
        rd,
        rs1,
        offset,
    }
}

fn store(rs2: u8, rs1: u8, offset: i32) -> Instruction {
    Instruction::Store {
        op: StoreOp::Sd,
        rs1,
        rs2,
        offset,
    }
}

fn float(op: FpuOp, rm: RoundingField, [rd, rs1, rs2, rs3]: [u8; 4]) -> Instruction {
    Instruction::Float {
        op,
        rm,
        rd,
        rs1,
        rs2: if op.operands() > 1 { rs2 } else { 0 },
        rs3: if op.operands() > 2 { rs3 } else { 0 },
    }
}

fn set_mode(mode: Rounding) -> Instruction {
    Instruction::Csr {
        op: CsrOp::ReadWrite,
        rd: 0,
        csr: FRM,
        source: CsrSource::Immediate(mode.code()),
    }
}

const NEAREST: RoundingField = RoundingField::Static(Rounding::ALL[0]);

/// `x10`: the lane; `x12`: 64 bytes of the thread's own.
fn own(p: &mut Program) {
    p.csrr(13, TID);
    p.csrr(12, ARGS);
    p.op_imm(AluOp::Sll, 14, 13, 6);
    p.op(AluOp::Add, 12, 12, 14);
    lanes(p);
}

fn sound() -> Program {
    let mut p = Program::new(ENTRY);
    own(&mut p);
    push_all(&mut p, [store(13, 12, 0), load(14, 12, 0)]);
    p.push(Instruction::Vote {
        op: VoteOp::Ballot,
        rd: 15,
        rs1: 14,
    });
    push_all(&mut p, [Instruction::Bar, Instruction::Exit]);
    p
}

fn endless() -> Program {
    let mut p = Program::new(ENTRY);
    own(&mut p);
    let round = p.here();
    push_all(&mut p, [load(14, 12, 0), store(14, 12, 8)]);
    p.op(AluOp::Div, 15, 14, 13);
    p.push(float(FpuOp::Sqrt, NEAREST, [4, 5, 0, 0]));
    p.op_imm(AluOp::Add, 16, 16, 1);
    p.branch(BranchOp::Beq, 0, 0, round);
    p
}

/// One of each instruction, called by all lanes, by some, and by one.
fn masks() -> Program {
    let mut p = Program::new(ENTRY);
    own(&mut p);
    let (body, start) = (p.label(), p.label());
    p.jal(0, start);
    p.place(body);
    p.push(Instruction::Lui { rd: 15, imm: 4096 });
    p.push(Instruction::Auipc { rd: 15, imm: 4096 });
    push_all(&mut p, [load(15, 12, 0), store(15, 12, 8)]);
    let (rd, rs1, rs2, offset) = (3, 12, 3, 16);
    p.push(Instruction::Flw { rd, rs1, offset });
    p.push(Instruction::Fsw { rs1, rs2, offset });
    p.op_imm(AluOp::Add, 15, 15, 1);
    for op in [AluOp::Sub, AluOp::Mulhu, AluOp::Remu] {
        p.op(op, 15, 15, 10);
    }
    for op in [AmoOp::Add, AmoOp::Lr, AmoOp::Sc] {
        p.push(Instruction::Amo {
            op,
            double: true,
            aq: false,
            rl: true,
            rd: 15,
            rs1: 12,
            rs2: if op == AmoOp::Lr { 0 } else { 10 },
        });
    }
    p.push(float(FpuOp::Madd, NEAREST, [4, 3, 3, 3]));
    p.push(Instruction::FmvXW { rd: 15, rs1: 4 });
    p.csrr(15, 0xcd2);
    let (fm, pred, succ) = (0, 3, 3);
    p.push(Instruction::Fence { fm, pred, succ });
    push_all(&mut p, [Instruction::FenceI, Instruction::Wfi]);
    p.push(Instruction::Vote {
        op: VoteOp::All,
        rd: 15,
        rs1: 10,
    });
    let next = p.label();
    p.branch(BranchOp::Bltu, 10, 11, next);
    p.place(next);
    let on = p.label();
    p.jal(0, on);
    p.place(on);
    p.ret();
    p.place(start);
    p.jal(1, body);
    // The even ones, and the first.
    for bits in [1, -1] {
        let skip = p.label();
        p.op_imm(AluOp::And, 16, 10, bits);
        p.branch(BranchOp::Bne, 16, 0, skip);
        p.jal(1, body);
        p.place(skip);
        p.op_imm(AluOp::Add, 17, 0, -1);
        p.push(Instruction::Warpsync { rs1: 17 });
    }
    // The first ends alone, then all others but one at a `bar`.
    let others = p.label();
    p.branch(BranchOp::Bne, 10, 0, others);
    p.push(Instruction::Bar);
    p.push(Instruction::Exit);
    p.place(others);
    p.push(Instruction::Bar);
    let some = p.label();
    p.branch(BranchOp::Bne, 11, 0, some);
    p.push(Instruction::Warpsync { rs1: 10 });
    p.place(some);
    p.push(Instruction::Exit);
    p
}

/// A number of its own in each of `f1` to `f8`, with all classes among them.
fn float_operands(p: &mut Program) {
    let patterns: [u32; 8] = [
        0x3fc0_0000, // 1.5
        0xc010_0001, // beyond -2.25
        0x7f7f_ffff, // the largest
        0x0000_0003, // a subnormal one
        0x0080_0001, // hardly normal
        0xff80_0000, // minus infinity
        0x7f80_0001, // a signalling NaN
        0x4eff_fffd, // about 2^31
    ];
    for (number, pattern) in (1..).zip(patterns) {
        p.li(20, (pattern as i32).into());
        p.op(AluOp::Add, 20, 20, 10);
        p.push(Instruction::FmvWX {
            rd: number,
            rs1: 20,
        });
    }
}

fn floats() -> Program {
    let mut p = Program::new(ENTRY);
    own(&mut p);
    float_operands(&mut p);
    for (number, mode) in Rounding::ALL.into_iter().enumerate() {
        p.push(set_mode(mode));
        for rm in [RoundingField::Static(mode), RoundingField::Dynamic] {
            for (turn, op) in FpuOp::ALL.into_iter().enumerate() {
                let rm = if op.rounds() { rm } else { NEAREST };
                let at = |k: usize| ((turn + number + k) % 8 + 1) as u8;
                let integer = |yes: bool, k| if yes { 10 } else { at(k) };
                let rd = if op.to_integer() { 15 } else { 12 };
                let rs1 = integer(op.from_integer(), 0);
                p.push(float(op, rm, [rd, rs1, at(3), at(5)]));
            }
        }
        // The flags are those of all of them.
        p.csrr(16, FFLAGS);
        p.csrr(16, FCSR);
    }
    // Each way to write them, with and without bits.
    for (op, csr) in CsrOp::ALL
        .iter()
        .flat_map(|op| [FFLAGS, FRM, FCSR].map(|csr| (*op, csr)))
    {
        for source in [CsrSource::Immediate(21), CsrSource::Register(10)] {
            p.push(Instruction::Csr {
                op,
                rd: 16,
                csr,
                source,
            });
            p.csrr(17, FCSR);
        }
    }
    p.push(Instruction::Exit);
    p
}

fn integers() -> Program {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let corners = [
        0,
        -1,
        1,
        i64::MIN,
        i64::MAX,
        0x8000_0000,
        -0x8000_0000,
        0x1234_5678_9abc_def0,
    ];
    for (register, value) in (16..).zip(corners) {
        p.li(register, value);
    }
    // Lanes have something of their own in one operand.
    p.op(AluOp::Add, 23, 23, 10);
    for op in AluOp::ALL.iter().copied() {
        for (a, b) in (16..24).flat_map(|a| (16..24).map(move |b| (a, b))) {
            p.op(op, 7 + (a + b) % 8, a, b);
        }
        for imm in [0, 1, 31, -1, 63]
            .into_iter()
            .filter(|_| op.immediate_name().is_some())
        {
            let most = if op.is_word() { 31 } else { 63 };
            let imm = if op.shifts() { imm & most } else { imm };
            p.op_imm(op, 7, 23, imm);
        }
    }
    for op in BranchOp::ALL.iter().copied() {
        for (a, b) in [(16, 17), (17, 16), (18, 19), (20, 20), (23, 21), (19, 20)] {
            let skip = p.label();
            p.branch(op, a, b, skip);
            p.op_imm(AluOp::Add, 7, 7, 1);
            p.place(skip);
        }
    }
    p.push(Instruction::Exit);
    p
}

/// For each unit, an instruction of it, and those that read, write, or write what it reads, 1 to 3 behind it.
fn hazards() -> Program {
    let mut p = Program::new(ENTRY);
    own(&mut p);
    float_operands(&mut p);
    p.op_imm(AluOp::Add, 8, 10, 100);
    p.op_imm(AluOp::Add, 9, 10, 3);
    let x = |op| Instruction::Op {
        op,
        rd: 7,
        rs1: 8,
        rs2: 9,
    };
    let f = |op| float(op, NEAREST, [7, 8, 2, 1]);
    let nop = Instruction::OpImm {
        op: AluOp::Add,
        rd: 0,
        rs1: 0,
        imm: 0,
    };
    let producers = [
        x(AluOp::Add),
        x(AluOp::Mul),
        x(AluOp::Div),
        f(FpuOp::Add),
        f(FpuOp::Min),
        f(FpuOp::Sqrt),
        load(7, 12, 0),
    ];
    for producer in producers {
        let to_f = producer.writes().f != 0;
        let copy = |rd, rs1| {
            if to_f {
                float(FpuOp::Sgnj, NEAREST, [rd, rs1, rs1, 0])
            } else {
                Instruction::OpImm {
                    op: AluOp::Add,
                    rd,
                    rs1,
                    imm: 0,
                }
            }
        };
        // Of a load the register that it reads is its address.
        let source = if matches!(producer, Instruction::Load { .. }) {
            12
        } else {
            8
        };
        for second in [copy(15, 7), copy(7, 1), copy(source, source)] {
            for distance in 1..4 {
                p.push(producer);
                push_all(&mut p, [nop; 2].into_iter().take(distance - 1));
                p.push(second);
            }
        }
    }
    push_all(&mut p, [store(7, 12, 0), Instruction::Exit]);
    p
}

fn shuffles() -> Program {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    p.op_imm(AluOp::Add, 15, 10, 100);
    for op in VoteOp::ALL.iter().copied() {
        for rs1 in [0, 10, 11, 15] {
            p.push(Instruction::Vote { op, rd: 16, rs1 });
        }
    }
    let all = |p: &mut Program| {
        for (width, n) in [0, 1, 2, 3, 4, 8, 16, 32]
            .into_iter()
            .flat_map(|width| [0, 1, 2, 3, 5, 8, 15, 16, 255].map(|n| (width, n)))
        {
            p.li(17, width << 8 | n);
            for op in ShflOp::ALL.iter().copied() {
                p.push(Instruction::Shfl {
                    op,
                    rd: 16,
                    rs1: 15,
                    rs2: 17,
                });
            }
        }
        // Each lane its own.
        for op in ShflOp::ALL.iter().copied() {
            p.push(Instruction::Shfl {
                op,
                rd: 16,
                rs1: 15,
                rs2: 10,
            });
        }
    };
    all(&mut p);
    // And some of them alone, among which others' values are not to be had.
    let odd = p.label();
    p.branch(BranchOp::Bne, 11, 0, odd);
    p.push(Instruction::Exit);
    p.place(odd);
    all(&mut p);
    p.push(Instruction::Exit);
    p
}

fn coordinates() -> Program {
    let mut p = Program::new(ENTRY);
    let zeros = [
        0x105, 0x180, 0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x343, 0x344, 0x3a0, 0x3b0, 0x744,
    ];
    p.csrr(10, LANE);
    for csr in (0xcc0..0xcd3)
        .chain([0xc00, 0xc01, 0xc02])
        .chain(0xf11..0xf15)
    {
        p.csrr(11, csr);
    }
    for csr in zeros {
        p.csrw(csr, 10);
        p.csrr(11, csr);
    }
    p.push(Instruction::Exit);
    p
}

/// Two rounds of more code than the cache holds.
fn long(site: &Site) -> Program {
    let mut p = Program::new(ENTRY);
    p.op_imm(AluOp::Add, 10, 0, 1);
    // A branch does not reach that far.
    let (round, end) = (p.here(), p.label());
    while p.end() < ENTRY + site.cache + 3 * LINE {
        p.op_imm(AluOp::Add, 11, 11, 1);
    }
    p.branch(BranchOp::Beq, 10, 0, end);
    p.op_imm(AluOp::Add, 10, 10, -1);
    p.jal(0, round);
    p.place(end);
    p.push(Instruction::Exit);
    p
}

/// Fills up to an address.
fn fill(p: &mut Program, to: u64) {
    while p.end() < to {
        p.push(Instruction::Wfi);
    }
}

/// Warps jump between two lines that cannot both be in the cache.
fn aliases(site: &Site) -> Program {
    let mut p = Program::new(ENTRY);
    let (near, far) = (p.label(), p.label());
    p.op_imm(AluOp::Add, 10, 0, 6);
    p.jal(0, near);
    fill(&mut p, ENTRY + LINE);
    p.place(near);
    p.op_imm(AluOp::Add, 10, 10, -1);
    p.jal(0, far);
    fill(&mut p, ENTRY + LINE + site.cache);
    p.place(far);
    let end = p.label();
    p.branch(BranchOp::Beq, 10, 0, end);
    p.jal(0, near);
    p.place(end);
    p.push(Instruction::Exit);
    p
}

/// Executes an instruction, writes another in its place, and executes that.
fn written() -> Program {
    let mut p = Program::new(ENTRY);
    let (function, main) = (p.label(), p.label());
    p.csrr(10, LANE);
    p.jal(0, main);
    p.place(function);
    p.op_imm(AluOp::Add, 15, 15, 1);
    p.ret();
    p.place(main);
    p.jal(1, function);
    p.push(Instruction::Auipc { rd: 11, imm: 0 });
    p.li(
        12,
        code(Instruction::OpImm {
            op: AluOp::Add,
            rd: 15,
            rs1: 15,
            imm: 100,
        }),
    );
    // The AUIPC is three instructions behind the one that is written.
    p.push(Instruction::Store {
        op: StoreOp::Sw,
        rs1: 11,
        rs2: 12,
        offset: -12,
    });
    p.push(Instruction::FenceI);
    p.jal(1, function);
    p.push(Instruction::Exit);
    p
}

fn unreadable(site: &Site) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    fill(&mut p, ENTRY + 2 * LINE);
    p.push(Instruction::Exit);
    Plan {
        failing: vec![ENTRY + LINE],
        ..full(site, p, Expected::Fault(Cause::Memory))
    }
}

fn unreadable_jump(site: &Site) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let bad = p.label();
    p.branch(BranchOp::Bne, 11, 0, bad);
    p.push(Instruction::Exit);
    fill(&mut p, ENTRY + 3 * LINE + 8);
    p.place(bad);
    p.push(Instruction::Exit);
    Plan {
        failing: vec![ENTRY + 3 * LINE],
        ..full(site, p, Expected::Fault(Cause::Memory))
    }
}

/// The line behind a jump at a line's end is looked up, but not needed.
fn unreadable_unused(site: &Site) -> Plan {
    let mut p = Program::new(ENTRY);
    lanes(&mut p);
    let over = p.label();
    fill(&mut p, ENTRY + LINE - 4);
    p.jal(0, over);
    fill(&mut p, ENTRY + 2 * LINE);
    p.place(over);
    p.push(Instruction::Exit);
    Plan {
        failing: vec![ENTRY + LINE],
        ..full(site, p, Expected::Done)
    }
}

/// Instructions of one warp in a loop, of which the last round is measured, at so many clocks each.
fn measured(site: &Site, of: impl Fn(u8) -> (u8, u8, u8), clocks: u64) -> Plan {
    const COUNT: u8 = 64;
    let mut p = Program::new(ENTRY);
    p.op_imm(AluOp::Add, 30, 0, 2);
    let round = p.here();
    fill(&mut p, ENTRY + LINE);
    let first = p.end();
    for k in 0..COUNT {
        let (rd, rs1, imm) = of(k);
        p.op_imm(AluOp::Add, rd, rs1, imm.into());
    }
    let last = p.end() - 4;
    p.op_imm(AluOp::Add, 30, 30, -1);
    p.branch(BranchOp::Bne, 30, 0, round);
    p.push(Instruction::Exit);
    let most = clocks * u64::from(COUNT - 1);
    Plan {
        block: [site.lanes, 1, 1],
        clocks: vec![(first..last, most)],
        ..full(site, p, Expected::Done)
    }
}

/// Jumps to the next instruction but one.
fn jumps(site: &Site) -> Plan {
    const COUNT: u64 = 6;
    /// Clocks of a jump, about (`docs/simt.md`, the header of simt_core).
    const MOST: u64 = 10;
    let mut p = Program::new(ENTRY);
    p.op_imm(AluOp::Add, 30, 0, 2);
    let round = p.here();
    let first = p.end();
    for _ in 0..COUNT {
        let over = p.label();
        p.jal(0, over);
        p.push(Instruction::Wfi);
        p.place(over);
    }
    let last = p.end();
    p.op_imm(AluOp::Add, 30, 30, -1);
    p.branch(BranchOp::Bne, 30, 0, round);
    p.push(Instruction::Exit);
    Plan {
        block: [site.lanes, 1, 1],
        clocks: vec![(first..last, COUNT * MOST)],
        ..full(site, p, Expected::Done)
    }
}
