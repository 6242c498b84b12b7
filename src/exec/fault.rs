//! A device fault, for people and machines.

use cpp_demangle::DemangleOptions;
use gpnpu_golden::axi::Store;
use gpnpu_golden::simt::fault::{Cause, Fault};
use gpnpu_golden::simt::instruction::Instruction;
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::shape::{SHARED_BASE, Shape};
use serde::Serialize;

use super::setup::Prepared;
use crate::cc::demangled;

/// A fault with what is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultReport {
    /// The cause in words.
    pub cause: String,
    /// Its number in `docs/simt.md`.
    pub code: u8,
    /// The core.
    pub core: usize,
    /// The warp of the core.
    pub warp: usize,
    /// The lanes that it concerns.
    pub lanes: Vec<usize>,
    /// Address of the instruction.
    pub pc: u64,
    /// The nearest name before it: `saxpy(int, float*) + 0x24`.
    pub place: Option<String>,
    /// What is at the PC, if that is memory.
    pub instruction: Option<String>,
    /// The lowest such lane's address; of an illegal instruction, its code.
    pub address: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl FaultReport {
    /// Of a fault in this launch; `memory` is as it was then.
    pub fn new(fault: &Fault, prepared: &Prepared, memory: &Store) -> Self {
        let shape = &prepared.image.shape;
        let at_pc = shape.in_memory(fault.pc, 4).then(|| {
            let bytes = memory.read(fault.pc, 4);
            let code = bytes
                .iter()
                .rev()
                .fold(0, |code, byte| code << 8 | u32::from(*byte));
            let name = Instruction::decode(code).map_or("illegal".to_owned(), |i| i.to_string());
            format!("{name} ({code:#010x})")
        });
        let place = prepared
            .image
            .program
            .nearest(fault.pc)
            .map(|(name, offset)| {
                let name = demangled(name, DemangleOptions::new());
                if offset == 0 {
                    name
                } else {
                    format!("{name} + {offset:#x}")
                }
            });
        Self {
            cause: fault.cause.to_string(),
            code: fault.cause.code(),
            core: fault.core,
            warp: fault.warp,
            lanes: fault.mask.lanes().collect(),
            pc: fault.pc,
            place,
            instruction: at_pc,
            address: fault.address,
            reason: reason(fault, &prepared.launch().into(), shape),
        }
    }

    /// Several lines.
    pub fn text(&self) -> String {
        let place = self
            .place
            .as_ref()
            .map_or(String::new(), |place| format!(", {place}"));
        let instruction = self.instruction.as_deref().unwrap_or("not in memory");
        let mask: LaneMask = self.lanes.iter().copied().collect();
        let lanes: Vec<String> = self.lanes.iter().map(usize::to_string).collect();
        [
            ("fault", format!("{}: {}", self.cause, self.reason)),
            ("warp", format!("{} of core {}", self.warp, self.core)),
            ("lanes", format!("{mask}: {}", lanes.join(", "))),
            ("pc", format!("{:#x}{place}", self.pc)),
            ("instruction", instruction.to_owned()),
            ("address", format!("{:#x}", self.address)),
        ]
        .map(|(name, value)| format!("{name:>16}  {value}\n"))
        .concat()
    }
}

/// What is wrong, in words.
fn reason(fault: &Fault, launch: &Launch, shape: &Shape) -> String {
    let Fault { pc, address, .. } = *fault;
    let lane = fault.mask.lowest().unwrap_or_default();
    match fault.cause {
        Cause::Illegal => match u32::try_from(address).ok().and_then(Instruction::decode) {
            Some(Instruction::Ebreak) => "the program stopped itself".to_owned(),
            Some(Instruction::Ecall) => "an environment call, and `mtvec` is 0".to_owned(),
            Some(_) => "its CSR is not there or read-only, or its rounding mode is none".to_owned(),
            None => format!(
                "{address:#010x} is not an instruction of RV64IMAF, nor one of docs/simt.md"
            ),
        },
        Cause::Misaligned => {
            format!("{address:#x} is not a multiple of the size of what it is for")
        }
        Cause::Access => {
            let what = if address == pc {
                "instructions"
            } else {
                "data"
            };
            format!(
                "there are no {what} at {address:#x}; memory is {:#x}..{:#x}, shared memory {SHARED_BASE:#x}..{:#x}",
                shape.mem_base,
                shape.mem_base + shape.mem_bytes,
                SHARED_BASE + launch.shared_bytes
            )
        }
        Cause::Stack => {
            let stack = launch.stack(shape, fault.core, fault.warp, lane);
            format!(
                "{address:#x} is not in the part of its own stack that lane {lane} may use, {:#x}..{:#x} (--stack-log2)",
                stack + GUARD,
                stack + launch.stack_bytes()
            )
        }
        Cause::Barrier => "all threads that have not ended wait at different ones".to_owned(),
        Cause::Launch => "the processor refuses it".to_owned(),
        Cause::Memory => format!("the line {address:#x} was answered with an error"),
    }
}

/// The lowest bytes of a stack, which are not to be used (`docs/simt.md`).
const GUARD: u64 = 64;

#[cfg(test)]
mod tests;
