//! Programs for a core, as trees: what always ends, and can be made smaller without breaking a branch.

use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::instruction::{
    AluOp, AmoOp, BranchOp, CsrOp, CsrSource, Instruction, LoadOp, StoreOp,
};
use serde::{Deserialize, Serialize};

/// Bytes of each thread's own data.
pub const OWN: u64 = 1024;
/// Bytes of the data that all threads race for.
pub const COMMON: u64 = 512;

/// Registers with a meaning: call links of two levels, stack, data of the thread, data of all, shared memory, an address,
/// counters of two loops.
const LINKS: [u8; 2] = [1, 5];
const STACK: u8 = 2;
const MINE: u8 = 26;
const ALL: u8 = 27;
const SHARED: u8 = 28;
const ADDRESS: u8 = 30;
const COUNTERS: [u8; 2] = [24, 25];
const SCRATCH: u8 = 31;
/// Registers that a program uses as it likes: `x7` to `x23`, all of `f`.
pub const FREE: std::ops::Range<u8> = 7..24;

/// Where an access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// The thread's own data, at an offset.
    Mine(u16),
    /// The data of all, at an offset that a register gives.
    All(u8),
    /// Shared memory, at an offset that a register gives.
    Shared(u8),
    /// The thread's stack, an offset below its end.
    Stack(u16),
}

/// A part of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// An instruction that goes on behind itself and accesses no memory.
    Plain(u32),
    /// A load, into an `x` or `f` register: its `funct3`.
    Load {
        /// `funct3`.
        size: u8,
        /// Into `f`.
        fp: bool,
        /// Register.
        rd: u8,
        /// Place.
        at: Where,
    },
    /// A store.
    Store {
        /// `funct3`.
        size: u8,
        /// Of `f`.
        fp: bool,
        /// Register.
        rs: u8,
        /// Place.
        at: Where,
    },
    /// An atomic: `funct5`, of 8 bytes or 4, aq and rl.
    Amo {
        /// Operation, an index of [`AmoOp::ALL`].
        op: u8,
        /// Of 8 bytes.
        double: bool,
        /// aq and rl.
        order: (bool, bool),
        /// Result.
        rd: u8,
        /// Operand.
        rs: u8,
        /// Place.
        at: Where,
    },
    /// A branch around one or the other.
    If {
        /// Condition, an index of [`BranchOp::ALL`].
        op: u8,
        /// First operand.
        rs1: u8,
        /// Second operand.
        rs2: u8,
        /// If it holds.
        then: Vec<Piece>,
        /// If not.
        otherwise: Vec<Piece>,
    },
    /// A loop, of as many rounds as the low bits of a register say, and one.
    Loop {
        /// Register.
        rounds: u8,
        /// Mask of its bits.
        mask: u8,
        /// Body.
        body: Vec<Piece>,
    },
    /// A call of a function.
    Call(Vec<Piece>),
    /// All threads of the CTA that are left meet.
    Bar,
    /// All lanes of the warp that are left meet.
    Warpsync,
    /// Threads end where the low bits of a register are all ones.
    ExitIf {
        /// Register.
        rs: u8,
        /// Mask of its bits.
        mask: u8,
    },
}

/// Code with branches that are not yet bound.
#[derive(Default)]
struct Assembler {
    code: Vec<u32>,
    /// Functions to be put behind the program: where they are called, the link, their body.
    calls: Vec<(usize, usize, Vec<Piece>)>,
}

impl Assembler {
    fn put(&mut self, instruction: Instruction) {
        self.code.push(encode(instruction));
    }

    fn add_immediate(&mut self, rd: u8, rs1: u8, imm: i32) {
        self.put(Instruction::OpImm {
            op: AluOp::Add,
            rd,
            rs1,
            imm,
        });
    }

    /// The distance in bytes from a place to the end of the code.
    fn distance(&self, from: usize) -> i32 {
        4 * (self.code.len() as i32 - from as i32)
    }

    /// Base and offset of an access of `bytes` bytes.
    fn address(&mut self, at: Where, bytes: u16) -> (u8, i32) {
        let masked = |register: u8| Instruction::OpImm {
            op: AluOp::And,
            rd: ADDRESS,
            rs1: register,
            imm: i32::from(COMMON as u16 - 1) & -i32::from(bytes) & 0x7ff,
        };
        let plus = |base: u8| Instruction::Op {
            op: AluOp::Add,
            rd: ADDRESS,
            rs1: ADDRESS,
            rs2: base,
        };
        match at {
            Where::Mine(offset) => (MINE, i32::from(offset % OWN as u16 / bytes * bytes)),
            Where::Stack(offset) => (STACK, -i32::from((offset % 24 + 1) * 8)),
            Where::All(register) => {
                self.put(masked(register));
                self.put(plus(ALL));
                (ADDRESS, 0)
            }
            Where::Shared(register) => {
                self.put(masked(register));
                self.put(plus(SHARED));
                (ADDRESS, 0)
            }
        }
    }

    fn pieces(&mut self, pieces: &[Piece], loops: usize, calls: usize) {
        for piece in pieces {
            self.piece(piece, loops, calls);
        }
    }

    fn piece(&mut self, piece: &Piece, loops: usize, calls: usize) {
        match piece {
            Piece::Plain(code) => self.code.push(*code),
            Piece::Load { size, fp, rd, at } => self.load(*size, *fp, *rd, *at),
            Piece::Store { size, fp, rs, at } => self.store(*size, *fp, *rs, *at),
            Piece::Amo {
                op,
                double,
                order,
                rd,
                rs,
                at,
            } => {
                let op = AmoOp::ALL[usize::from(*op) % AmoOp::ALL.len()];
                // An address without an offset.
                let at = match at {
                    Where::Mine(_) | Where::Stack(_) => Where::All(*rs),
                    other => *other,
                };
                let (rs1, _) = self.address(at, if *double { 8 } else { 4 });
                self.put(Instruction::Amo {
                    op,
                    double: *double,
                    aq: order.0,
                    rl: order.1,
                    rd: *rd,
                    rs1,
                    rs2: if op == AmoOp::Lr { 0 } else { *rs },
                });
            }
            Piece::If {
                op,
                rs1,
                rs2,
                then,
                otherwise,
            } => self.branch(*op, (*rs1, *rs2), [then, otherwise], loops, calls),
            Piece::Loop { rounds, mask, body } => self.repeat(*rounds, *mask, body, loops, calls),
            Piece::Call(body) => {
                if calls < LINKS.len() {
                    self.calls.push((self.code.len(), calls, body.clone()));
                    self.code.push(0);
                }
            }
            Piece::Bar => self.put(Instruction::Bar),
            Piece::Warpsync => {
                self.add_immediate(SCRATCH, 0, -1);
                self.put(Instruction::Warpsync { rs1: SCRATCH });
            }
            Piece::ExitIf { rs, mask } => {
                self.put(Instruction::OpImm {
                    op: AluOp::And,
                    rd: SCRATCH,
                    rs1: *rs,
                    imm: i32::from(*mask),
                });
                self.add_immediate(SCRATCH, SCRATCH, -i32::from(*mask));
                self.put(Instruction::Branch {
                    op: BranchOp::Bne,
                    rs1: SCRATCH,
                    rs2: 0,
                    offset: 8,
                });
                self.put(Instruction::Exit);
            }
        }
    }

    fn load(&mut self, size: u8, fp: bool, rd: u8, at: Where) {
        let op = if fp {
            LoadOp::Lw
        } else {
            LoadOp::ALL[usize::from(size) % LoadOp::ALL.len()]
        };
        let (rs1, offset) = self.address(at, op.bytes() as u16);
        self.put(match fp {
            true => Instruction::Flw { rd, rs1, offset },
            false => Instruction::Load {
                op,
                rd,
                rs1,
                offset,
            },
        });
    }

    fn store(&mut self, size: u8, fp: bool, rs: u8, at: Where) {
        let op = if fp {
            StoreOp::Sw
        } else {
            StoreOp::ALL[usize::from(size) % StoreOp::ALL.len()]
        };
        let (rs1, offset) = self.address(at, op.bytes() as u16);
        self.put(match fp {
            true => Instruction::Fsw {
                rs1,
                rs2: rs,
                offset,
            },
            false => Instruction::Store {
                op,
                rs1,
                rs2: rs,
                offset,
            },
        });
    }

    fn branch(
        &mut self,
        op: u8,
        (rs1, rs2): (u8, u8),
        [then, otherwise]: [&[Piece]; 2],
        loops: usize,
        calls: usize,
    ) {
        let op = BranchOp::ALL[usize::from(op) % BranchOp::ALL.len()];
        // Taken: to `then`, which is behind `otherwise`.
        let branch = self.code.len();
        self.code.push(0);
        self.pieces(otherwise, loops, calls);
        let jump = self.code.len();
        self.code.push(0);
        let offset = self.distance(branch);
        self.code[branch] = encode(Instruction::Branch {
            op,
            rs1,
            rs2,
            offset,
        });
        self.pieces(then, loops, calls);
        let offset = self.distance(jump);
        self.code[jump] = encode(Instruction::Jal { rd: 0, offset });
    }

    fn repeat(&mut self, rounds: u8, mask: u8, body: &[Piece], loops: usize, calls: usize) {
        let Some(counter) = COUNTERS.get(loops).copied() else {
            return self.pieces(body, loops, calls);
        };
        self.put(Instruction::OpImm {
            op: AluOp::And,
            rd: counter,
            rs1: rounds,
            imm: i32::from(mask),
        });
        let start = self.code.len();
        self.pieces(body, loops + 1, calls);
        self.add_immediate(counter, counter, -1);
        let offset = -self.distance(start);
        self.put(Instruction::Branch {
            op: BranchOp::Bge,
            rs1: counter,
            rs2: 0,
            offset,
        });
    }

    fn functions(&mut self) {
        while let Some((from, level, body)) = self.calls.pop() {
            let link = LINKS[level];
            let offset = self.distance(from);
            self.code[from] = encode(Instruction::Jal { rd: link, offset });
            // Loops of a function use counters that its caller's loop may hold.
            self.pieces(&body, COUNTERS.len(), level + 1);
            self.put(Instruction::Jalr {
                rd: 0,
                rs1: link,
                offset: 0,
            });
        }
    }
}

/// The code of a program: registers from the thread's data, the pieces, the end.
pub fn assemble(pieces: &[Piece]) -> Vec<u32> {
    let mut assembler = Assembler::default();
    let read = |rd: u8, csr: u16| Instruction::Csr {
        op: CsrOp::ReadSet,
        rd,
        csr,
        source: CsrSource::Register(0),
    };
    let shift = |rd: u8, amount: i32| Instruction::OpImm {
        op: AluOp::Sll,
        rd,
        rs1: rd,
        imm: amount,
    };
    let add = |rd: u8, rs1: u8, rs2: u8| Instruction::Op {
        op: AluOp::Add,
        rd,
        rs1,
        rs2,
    };
    // Data of all, then of each thread by its number in the CTA, which has one direction.
    assembler.put(read(ALL, 0xcd0));
    assembler.put(read(MINE, 0xcc0));
    assembler.put(shift(MINE, OWN.trailing_zeros() as i32));
    assembler.put(add(MINE, MINE, ALL));
    assembler.add_immediate(MINE, MINE, COMMON as i32);
    assembler.put(read(STACK, 0xcd1));
    assembler.put(Instruction::Lui {
        rd: SHARED,
        imm: 0x4000_0000,
    });
    for rd in FREE {
        assembler.load(3, false, rd, Where::Mine(u16::from(rd) * 8));
    }
    for rd in 0..32 {
        assembler.load(2, true, rd, Where::Mine(512 + u16::from(rd) * 4));
    }
    assembler.pieces(pieces, 0, 0);
    assembler.put(Instruction::Exit);
    assembler.functions();
    assembler.code
}
