//! Programs written by hand or by a generator: instructions with labels, laid out from an address.

use super::encode::encode;
use super::instruction::{AluOp, BranchOp, CsrOp, CsrSource, Instruction};
use crate::axi::Store;

/// A place in a program, to be jumped to; of the program that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(usize);

#[derive(Debug, Clone, Copy)]
enum Item {
    Done(Instruction),
    Branch(BranchOp, u8, u8, Label),
    Jal(u8, Label),
}

/// A program under construction.
#[derive(Debug, Clone)]
pub struct Program {
    base: u64,
    items: Vec<Item>,
    labels: Vec<Option<usize>>,
}

impl Program {
    /// An empty program whose first instruction will be at `base`.
    pub fn new(base: u64) -> Program {
        Program {
            base,
            items: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// A label that is not anywhere yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Puts a label before the next instruction.
    pub fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.items.len());
    }

    /// A new label before the next instruction.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// Appends an instruction.
    pub fn push(&mut self, instruction: Instruction) {
        self.items.push(Item::Done(instruction));
    }

    /// Appends a branch to a label.
    pub fn branch(&mut self, op: BranchOp, rs1: u8, rs2: u8, to: Label) {
        self.items.push(Item::Branch(op, rs1, rs2, to));
    }

    /// Appends a JAL to a label; with rd `x1` a call.
    pub fn jal(&mut self, rd: u8, to: Label) {
        self.items.push(Item::Jal(rd, to));
    }

    /// Appends the return of a call.
    pub fn ret(&mut self) {
        self.push(Instruction::Jalr {
            rd: 0,
            rs1: 1,
            offset: 0,
        });
    }

    /// Appends an operation with an immediate.
    pub fn op_imm(&mut self, op: AluOp, rd: u8, rs1: u8, imm: i32) {
        self.push(Instruction::OpImm { op, rd, rs1, imm });
    }

    /// Appends an operation of registers.
    pub fn op(&mut self, op: AluOp, rd: u8, rs1: u8, rs2: u8) {
        self.push(Instruction::Op { op, rd, rs1, rs2 });
    }

    /// Appends the read of a CSR.
    pub fn csrr(&mut self, rd: u8, csr: u16) {
        self.push(Instruction::Csr {
            op: CsrOp::ReadSet,
            rd,
            csr,
            source: CsrSource::Register(0),
        });
    }

    /// Appends the write of a CSR.
    pub fn csrw(&mut self, csr: u16, rs1: u8) {
        self.push(Instruction::Csr {
            op: CsrOp::ReadWrite,
            rd: 0,
            csr,
            source: CsrSource::Register(rs1),
        });
    }

    /// Appends what gives `rd` a constant: one instruction to eight.
    pub fn li(&mut self, rd: u8, value: i64) {
        // The low twelve bits as they are added, with their sign.
        let low = (value << 52 >> 52) as i32;
        if i64::from(low) == value {
            self.op_imm(AluOp::Add, rd, 0, low);
        } else if i64::from(value as i32) == value {
            let imm = (value as i32).wrapping_sub(low);
            self.push(Instruction::Lui { rd, imm });
            if low != 0 {
                self.op_imm(AluOp::Addw, rd, rd, low);
            }
        } else {
            self.li(rd, value.wrapping_sub(low.into()) >> 12);
            self.op_imm(AluOp::Sll, rd, rd, 12);
            if low != 0 {
                self.op_imm(AluOp::Add, rd, rd, low);
            }
        }
    }

    /// Address of a label that has a place.
    pub fn address(&self, label: Label) -> Option<u64> {
        let index = self.labels[label.0]?;
        Some(self.base + 4 * index as u64)
    }

    /// Address of the next instruction.
    pub fn end(&self) -> u64 {
        self.base + 4 * self.items.len() as u64
    }

    /// The instructions, in order.
    ///
    /// # Panics
    ///
    /// If a label is jumped to and has no place.
    pub fn instructions(&self) -> Vec<Instruction> {
        let offset = |index: usize, label: Label| {
            let Some(target) = self.labels[label.0] else {
                panic!("{label:?} is jumped to, but has no place");
            };
            4 * (target as i32 - index as i32)
        };
        let items = self.items.iter().enumerate();
        let instructions = items.map(|(index, item)| match *item {
            Item::Done(instruction) => instruction,
            Item::Branch(op, rs1, rs2, to) => Instruction::Branch {
                op,
                rs1,
                rs2,
                offset: offset(index, to),
            },
            Item::Jal(rd, to) => Instruction::Jal {
                rd,
                offset: offset(index, to),
            },
        });
        instructions.collect()
    }

    /// Writes the codes to memory.
    pub fn load(&self, memory: &mut Store) {
        for (index, instruction) in self.instructions().into_iter().enumerate() {
            let address = self.base + 4 * index as u64;
            memory.write(address, &encode(instruction).to_le_bytes());
        }
    }
}
