//! The code with which a launch of a kernel begins.
//!
//! The CSR `args` points to an image of the argument registers, then of the arguments on the stack
//! (docs/programs.md). An entry loads of it what its kernel's parameters need, calls the kernel, and ends the lane.

use std::fmt::Write;

use super::ir::Parameter;

/// Argument registers of either kind.
const REGISTERS: usize = 8;
/// Where the image of `fa0` begins, in bytes.
const FLOATS: usize = 64;
/// Where the image of the stack begins, in bytes.
const STACK: usize = 96;

/// What of an argument block a kernel needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Registers from `a0` on.
    pub integers: usize,
    /// Registers from `fa0` on.
    pub floats: usize,
    /// Slots of 8 bytes on the stack.
    pub slots: usize,
}

impl Needs {
    /// Of a kernel with these parameters (RISC-V calling conventions, `lp64f`).
    pub fn of(parameters: &[Parameter]) -> Self {
        let mut needs = Self::default();
        for parameter in parameters {
            match parameter {
                Parameter::Float if needs.floats < REGISTERS => needs.floats += 1,
                Parameter::Float | Parameter::Integer => needs.integer(),
                Parameter::Pair { aligned } => {
                    if *aligned && needs.integers == REGISTERS {
                        needs.slots = needs.slots.next_multiple_of(2);
                    }
                    needs.integer();
                    needs.integer();
                }
            }
        }
        needs
    }

    fn integer(&mut self) {
        if self.integers < REGISTERS {
            self.integers += 1;
        } else {
            self.slots += 1;
        }
    }
}

/// Assembly of the entry `entry.<name>` of the kernel `symbol`.
pub fn assembly(name: &str, symbol: &str, needs: Needs) -> String {
    let mut text = String::new();
    let mut line = |text_of: String| {
        writeln!(text, "{text_of}").expect("strings take all text");
    };
    line(format!(
        "  .section \".text.entry.{name}\", \"ax\", @progbits"
    ));
    line(format!("  .globl \"entry.{name}\""));
    line(format!("  .type \"entry.{name}\", @function"));
    line(format!("\"entry.{name}\":"));
    if needs != Needs::default() {
        line("  csrr t0, 0xCD0".into());
    }
    line("  csrr sp, 0xCD1".into());
    if needs.slots > 0 {
        // The stack pointer stays a multiple of 16.
        line(format!(
            "  addi sp, sp, -{}",
            (needs.slots * 8).next_multiple_of(16)
        ));
        for slot in 0..needs.slots {
            line(format!("  ld t1, {}(t0)", STACK + slot * 8));
            line(format!("  sd t1, {}(sp)", slot * 8));
        }
    }
    for register in 0..needs.integers {
        line(format!("  ld a{register}, {}(t0)", register * 8));
    }
    for register in 0..needs.floats {
        line(format!("  flw fa{register}, {}(t0)", FLOATS + register * 4));
    }
    line(format!("  call {symbol}"));
    line("  .insn r 0x0B, 0, 1, x0, x0, x0".into());
    line(format!("  .size \"entry.{name}\", . - \"entry.{name}\""));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use Parameter::{Float, Integer, Pair};

    fn needs(integers: usize, floats: usize, slots: usize) -> Needs {
        Needs {
            integers,
            floats,
            slots,
        }
    }

    #[test]
    fn parameters_fill_registers_first() {
        assert_eq!(Needs::of(&[]), needs(0, 0, 0));
        assert_eq!(
            Needs::of(&[Integer, Float, Integer, Integer]),
            needs(3, 1, 0)
        );
        assert_eq!(Needs::of(&[Integer; 10]), needs(8, 0, 2));
    }

    #[test]
    fn floats_beyond_eight_travel_as_integers() {
        assert_eq!(Needs::of(&[Float; 10]), needs(2, 8, 0));
        assert_eq!(Needs::of(&[Float; 17]), needs(8, 8, 1));
    }

    #[test]
    fn a_pair_may_be_half_in_a_register_and_is_aligned_on_the_stack() {
        let pair = Pair { aligned: false };
        let mut parameters = vec![Integer; 7];
        parameters.push(pair);
        assert_eq!(Needs::of(&parameters), needs(8, 0, 1));
        parameters.push(pair);
        assert_eq!(Needs::of(&parameters), needs(8, 0, 3));
        parameters.push(Pair { aligned: true });
        assert_eq!(Needs::of(&parameters), needs(8, 0, 6));
    }

    #[test]
    fn an_entry_loads_what_is_needed_and_no_more() {
        assert_eq!(
            assembly("saxpy", "_Z5saxpyif", needs(2, 1, 3)),
            r#"  .section ".text.entry.saxpy", "ax", @progbits
  .globl "entry.saxpy"
  .type "entry.saxpy", @function
"entry.saxpy":
  csrr t0, 0xCD0
  csrr sp, 0xCD1
  addi sp, sp, -32
  ld t1, 96(t0)
  sd t1, 0(sp)
  ld t1, 104(t0)
  sd t1, 8(sp)
  ld t1, 112(t0)
  sd t1, 16(sp)
  ld a0, 0(t0)
  ld a1, 8(t0)
  flw fa0, 64(t0)
  call _Z5saxpyif
  .insn r 0x0B, 0, 1, x0, x0, x0
  .size "entry.saxpy", . - "entry.saxpy"
"#
        );
        assert!(!assembly("k", "k", needs(0, 0, 0)).contains("t0"));
    }
}
