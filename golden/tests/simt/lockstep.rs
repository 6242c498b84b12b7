//! The model as a checker: it follows a trace that is right, and refuses one that is not.

use gpnpu_golden::simt::encode::encode;
use gpnpu_golden::simt::execute::Values;
use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::float::{FpuOp, NX, Rounding};
use gpnpu_golden::simt::instruction::{AluOp, BranchOp, Instruction, RoundingField};
use gpnpu_golden::simt::launch::Launch;
use gpnpu_golden::simt::machine::{Issue, Machine};
use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::mismatch::Mismatch;
use gpnpu_golden::simt::shape::Shape;

use crate::kit::{CODE, DATA, launch, memory, program, shape};
use crate::trace::{ADDRESSES, Trace, addresses, load};

const ALL: LaneMask = LaneMask(0xff);

#[test]
fn an_instruction_says_what_it_owes() {
    let mut trace = Trace::new(launch(8), |p| {
        p.csrr(10, 0xccc);
        p.push(Instruction::Float {
            op: FpuOp::CvtSL,
            rm: RoundingField::Static(Rounding::Up),
            rd: 3,
            rs1: 11,
            rs2: 0,
            rs3: 0,
        });
        p.op_imm(AluOp::Add, 0, 10, 1);
        p.csrr(12, 0xc00);
        p.op(AluOp::Add, 13, 12, 12);
    });
    let lane = trace.issue(0);
    let write = lane.write.expect("x10 is written");
    assert_eq!(
        (write.register.fp, write.register.number, lane.mask),
        (false, 10, ALL)
    );
    let Values::Known(values) = write.values else {
        panic!("a CSR's value is known")
    };
    assert_eq!(values[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((lane.flags, lane.accesses), (None, false));

    let convert = trace.issue(0);
    assert_eq!(convert.flags.map(|flags| flags[7] & NX), Some(0));
    assert!(
        convert
            .write
            .is_some_and(|write| write.register.fp && write.register.number == 3)
    );
    // x0 is not written.
    assert_eq!(trace.issue(0).write, None);

    // The clock's value comes with the event; nobody may use it before.
    let clock = trace.issue(0);
    assert_eq!(clock.write.map(|write| write.values), Some(Values::Clock));
    let early = trace.next(0);
    assert!(matches!(
        trace.machine.issue(&early),
        Err(Mismatch::Hazard { lanes: ALL, .. })
    ));
    let tag = trace.tag - 1;
    trace
        .machine
        .clock(0, 0, tag, 77)
        .expect("the clock was read");
    assert!(matches!(
        trace.machine.clock(0, 0, tag, 77),
        Err(Mismatch::NotDue { .. })
    ));
    trace.machine.issue(&early).expect("it is there now");
    assert_eq!(
        trace.machine.warp(0, 0).map(|warp| warp.lanes[5].x(13)),
        Some(154)
    );
}

#[test]
fn only_the_next_instruction_may_be_issued() {
    let mut trace = Trace::new(launch(8), |p| {
        p.csrr(10, 0xccc);
        let other = p.label();
        p.branch(BranchOp::Bne, 10, 0, other);
        p.op_imm(AluOp::Add, 11, 0, 1);
        p.place(other);
        p.push(Instruction::Ebreak);
    });
    let good = trace.next(0);
    let wrong = [
        Issue {
            pc: CODE + 4,
            ..good
        },
        Issue {
            mask: LaneMask(0x7f),
            ..good
        },
    ];
    for issue in wrong {
        assert!(
            matches!(trace.machine.issue(&issue), Err(Mismatch::Path { .. })),
            "{issue:?}"
        );
    }
    let code = Issue {
        code: good.code ^ 0x80,
        ..good
    };
    let expected = good.code;
    assert!(
        matches!(trace.machine.issue(&code), Err(Mismatch::Code { expected: e, .. }) if e == expected)
    );
    let idle = Issue { warp: 1, ..good };
    assert!(matches!(
        trace.machine.issue(&idle),
        Err(Mismatch::NoWarp { .. })
    ));
    let nowhere = Issue { core: 7, ..good };
    assert!(matches!(
        trace.machine.issue(&nowhere),
        Err(Mismatch::NoWarp { .. })
    ));

    trace.machine.issue(&good).expect("it is still next");
    trace.issue(0);
    // The lower PC is first, so lanes 1 to 7 have to wait.
    let later = Issue {
        pc: CODE + 12,
        mask: LaneMask(0xfe),
        code: encode(Instruction::Ebreak),
        ..good
    };
    let refused = trace.machine.issue(&later);
    let Err(error @ Mismatch::Path { .. }) = refused else {
        panic!("lane 0 is first, not {refused:?}")
    };
    let text = "core 0 warp 0: issues pc `0x8000000c` lanes `0x00fe`, golden says pc 0x80000008 lanes 0x0001";
    assert_eq!(error.to_string(), text);

    // The fault is foreseen, and not executed.
    trace.issue(0);
    let fault = trace.machine.fault_of(0, 0).expect("the ebreak");
    assert_eq!(
        (fault.cause, fault.mask, fault.pc),
        (Cause::Illegal, ALL, CODE + 12)
    );
    let ebreak = trace.next(0);
    assert!(matches!(
        trace.machine.issue(&ebreak),
        Err(Mismatch::Faults { .. })
    ));
}

#[test]
fn loads_come_in_parts_and_nobody_may_use_them_before() {
    let mut trace = Trace::new(launch(8), |p| {
        addresses(p);
        p.push(load(10, 8, 0));
        p.push(Instruction::Wfi);
        p.op_imm(AluOp::Add, 11, 10, 1);
    });
    let store = trace.machine.memory_mut().main_mut();
    for lane in 0..8 {
        store.write(DATA + 8 * lane, &[lane as u8 + 100]);
    }
    trace.issues(0, ADDRESSES);
    let issued = trace.issue(0);
    assert!(issued.accesses);
    assert_eq!(issued.write.map(|write| write.values), Some(Values::Access));
    let tag = trace.tag;
    trace.issue(0);
    let use_it = trace.next(0);
    let refuse = |trace: &mut Trace, due: u16| {
        let found = trace.machine.issue(&use_it);
        let lanes = LaneMask(due);
        assert!(
            matches!(found, Err(Mismatch::Hazard { lanes: l, .. }) if l == lanes),
            "{found:?}"
        );
    };
    refuse(&mut trace, 0xff);
    let part = trace.access(0, tag, 0x0f).expect("it was asked for");
    assert_eq!(part.values[..5], [100, 101, 102, 103, 0]);
    assert!(part.is_load());
    refuse(&mut trace, 0xf0);
    assert!(matches!(
        trace.access(0, tag, 0x18),
        Err(Mismatch::NotDue {
            due: LaneMask(0xf0),
            ..
        })
    ));
    assert!(matches!(
        trace.access(0, tag, 0),
        Err(Mismatch::NotDue { .. })
    ));
    assert!(matches!(
        trace.access(0, tag + 1, 1),
        Err(Mismatch::NotDue { .. })
    ));
    assert!(matches!(
        trace.access(3, tag, 1),
        Err(Mismatch::NotDue { .. })
    ));
    trace.access(0, tag, 0xf0).expect("the rest");
    assert!(matches!(
        trace.access(0, tag, 1),
        Err(Mismatch::NotDue { .. })
    ));
    trace.machine.issue(&use_it).expect("it is there now");
    let warp = trace.machine.warp(0, 0).expect("it runs");
    assert_eq!((warp.lanes[0].x(11), warp.lanes[7].x(11)), (101, 108));
}

/// Writing a register that a load has not written yet is refused too, as is its tag.
#[test]
fn a_load_is_not_overtaken_in_its_register() {
    let mut trace = Trace::new(launch(8), |p| {
        addresses(p);
        p.push(load(10, 8, 0));
        p.op_imm(AluOp::Add, 10, 0, 1);
    });
    trace.issues(0, ADDRESSES + 1);
    let over = trace.next(0);
    assert!(matches!(
        trace.machine.issue(&over),
        Err(Mismatch::Hazard { .. })
    ));

    let mut trace = Trace::new(launch(8), |p| {
        addresses(p);
        p.push(load(10, 8, 0));
        p.op_imm(AluOp::Add, 11, 0, 1);
    });
    trace.issues(0, ADDRESSES + 1);
    let again = Issue {
        tag: trace.tag,
        ..trace.next(0)
    };
    assert!(matches!(
        trace.machine.issue(&again),
        Err(Mismatch::TagInUse { .. })
    ));
}

#[test]
fn ctas_start_in_order_where_there_is_room() {
    let wide = Launch {
        grid: [2, 2, 2],
        shared_bytes: 0x2000,
        ..launch(16)
    };
    let mut machine = Machine::new(
        Shape::new(2, 4, 8),
        memory(&program(|p| p.push(Instruction::Exit))),
    );
    let refuse = |machine: &mut Machine, core, warp, ctaid| {
        let found = machine.cta(core, warp, ctaid);
        assert!(
            matches!(found, Err(Mismatch::Cta { .. })),
            "{core} {warp} {ctaid:?}: {found:?}"
        );
    };
    refuse(&mut machine, 0, 0, [0, 0, 0]);
    machine.launch(wide).expect("a launch that can be");
    refuse(&mut machine, 0, 0, [1, 0, 0]);
    refuse(&mut machine, 0, 3, [0, 0, 0]);
    refuse(&mut machine, 2, 0, [0, 0, 0]);
    machine.cta(0, 1, [0, 0, 0]).expect("the first");
    refuse(&mut machine, 0, 2, [1, 0, 0]);
    refuse(&mut machine, 0, 0, [1, 0, 0]);
    machine.cta(1, 2, [1, 0, 0]).expect("x first");
    machine.cta(1, 0, [0, 1, 0]).expect("then y");
    assert_eq!(
        machine
            .warp(1, 1)
            .map(|warp| (warp.place.warp_in_cta, warp.place.cta)),
        Some((1, 2))
    );
    refuse(&mut machine, 0, 3, [1, 1, 0]);
    // Both warps of the CTA on core 0 end.
    for warp in [1, 2] {
        machine.step(0, warp, 0).expect("no fault");
    }
    machine
        .cta(0, 1, [1, 1, 0])
        .expect("the place is free again");
    assert!(!machine.is_finished());
}

/// Shared memory is counted apart from warps.
#[test]
fn ctas_need_shared_memory() {
    let launch = Launch {
        grid: [2, 1, 1],
        shared_bytes: 0x2001,
        ..launch(8)
    };
    let mut machine = Machine::new(shape(), memory(&program(|p| p.push(Instruction::Exit))));
    machine.launch(launch).expect("a launch that can be");
    machine.cta(0, 0, [0, 0, 0]).expect("the first");
    assert!(matches!(
        machine.cta(0, 1, [1, 0, 0]),
        Err(Mismatch::Cta { .. })
    ));
    machine.step(0, 0, 0).expect("no fault");
    machine.cta(0, 1, [1, 0, 0]).expect("the first has ended");
    machine.step(0, 1, 0).expect("no fault");
    assert!(machine.is_finished());
}

/// A warp that has ended leaves its store; another CTA's warp may be there when it is done.
#[test]
fn accesses_of_a_warp_that_has_ended() {
    let mut trace = Trace::new(
        Launch {
            grid: [2, 1, 1],
            ..launch(8)
        },
        |p| {
            addresses(p);
            p.push(load(9, 8, 0));
            p.push(Instruction::Exit);
        },
    );
    trace.issues(0, ADDRESSES + 2);
    assert!(!trace.machine.is_finished());
    trace
        .machine
        .cta(0, 0, [1, 0, 0])
        .expect("the place is free");
    trace.tag = 20;
    trace.issues(0, 2);
    trace.machine.memory_mut().main_mut().write(DATA, &[55]);
    trace.access(0, 5, 0xff).expect("the first warp's");
    // The new warp's x9 is its lane.
    assert_eq!(
        trace.machine.warp(0, 0).map(|warp| warp.lanes[0].x(9)),
        Some(0)
    );
}

#[test]
fn a_barrier_that_cannot_complete_is_foreseen() {
    let mut trace = Trace::new(launch(2), |p| {
        p.csrr(9, 0xccc);
        let bar = p.label();
        p.branch(BranchOp::Bne, 9, 0, bar);
        p.li(10, 3);
        p.push(Instruction::Warpsync { rs1: 10 });
        p.place(bar);
        p.push(Instruction::Bar);
    });
    trace.issues(0, 4);
    assert_eq!(trace.machine.fault_of(0, 0), None);
    trace.issue(0);
    let fault = trace.machine.fault_of(0, 0).expect("both lanes wait");
    assert_eq!(
        (fault.cause, fault.pc, fault.mask),
        (Cause::Barrier, CODE + 12, LaneMask(3))
    );
    assert_eq!(trace.machine.fault_of(0, 1), None);
}
