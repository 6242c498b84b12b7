//! Control and status registers.

use gpnpu_golden::simt::fault::Cause;
use gpnpu_golden::simt::instruction::{CsrOp, CsrSource, Instruction};
use gpnpu_golden::simt::program::Program;
use gpnpu_golden::simt::warp::Warp;

use crate::kit::{CODE, DATA, FCSR, LANE, STACKS, faults, stopped};

fn csr(op: CsrOp, rd: u8, csr: u16, source: CsrSource) -> Instruction {
    Instruction::Csr {
        op,
        rd,
        csr,
        source,
    }
}

fn x(warp: &Warp, lane: usize, register: u8) -> u64 {
    warp.lanes[lane].x(register)
}

/// What lanes 0 to 7 read.
fn read(number: u16) -> Vec<u64> {
    let warp = stopped(8, |p| {
        p.csrr(10, number);
        p.push(Instruction::Ebreak);
    });
    (0..8).map(|lane| x(&warp, lane, 10)).collect()
}

#[test]
fn read_only_registers_say_where_a_thread_is() {
    let all = |value: u64| vec![value; 8];
    let rows = [
        (0xcc0, (0..8).collect()),
        (0xcc1, all(0)),
        (0xcc2, all(0)),
        (0xcc3, all(0)),
        (0xcc6, all(8)),
        (0xcc7, all(1)),
        (0xcc9, all(1)),
        (0xccb, all(1)),
        (0xccc, (0..8).collect()),
        (0xccd, all(0)),
        (0xcce, all(8)),
        (0xccf, all(0)),
        (0xcd0, all(DATA)),
        (0xcd1, (1..=8).map(|end| STACKS + 1024 * end).collect()),
        (0xcd2, all(0xff)),
        // Nothing was executed before.
        (0xc00, all(0)),
        (0xc01, all(0)),
        (0xc02, all(0)),
        (0x305, all(0)),
        (0x342, all(0)),
    ];
    for (number, expected) in rows {
        assert_eq!(read(number), expected, "{number:#x}");
    }
}

#[test]
fn instructions_are_counted_by_warp() {
    let warp = stopped(8, |p| {
        p.csrr(10, 0xc02);
        p.csrr(11, 0xc02);
        p.push(Instruction::Wfi);
        p.csrr(12, 0xc02);
        p.push(Instruction::Ebreak);
    });
    assert_eq!(
        (x(&warp, 7, 10), x(&warp, 7, 11), x(&warp, 7, 12)),
        (0, 1, 3)
    );
}

#[test]
fn set_and_clear_change_the_bits_of_their_operand() {
    let register = CsrSource::Register(10);
    let warp = stopped(2, |p| {
        p.li(10, 0x35);
        p.push(csr(CsrOp::ReadWrite, 11, FCSR, register));
        p.push(csr(CsrOp::ReadSet, 12, FCSR, CsrSource::Immediate(0x0a)));
        p.push(csr(CsrOp::ReadClear, 13, FCSR, register));
        p.push(csr(CsrOp::ReadWrite, 14, FCSR, CsrSource::Immediate(0x1f)));
        p.push(csr(CsrOp::ReadClear, 15, FCSR, CsrSource::Immediate(0x10)));
        p.push(csr(CsrOp::ReadSet, 16, FCSR, CsrSource::Register(0)));
        p.push(Instruction::Ebreak);
    });
    let found = [11, 12, 13, 14, 15, 16].map(|register| x(&warp, 1, register));
    assert_eq!(found, [0, 0x35, 0x3f, 0x0a, 0x1f, 0x0f]);
}

#[test]
fn fcsr_is_frm_above_fflags_in_each_lane() {
    let warp = stopped(8, |p| {
        p.csrr(10, LANE);
        p.li(11, -1);
        p.csrw(1, 11);
        p.csrw(2, 10);
        p.csrr(12, FCSR);
        p.csrr(13, 2);
        p.csrw(FCSR, 11);
        p.csrr(14, FCSR);
        p.csrr(15, 1);
        p.push(Instruction::Ebreak);
    });
    for lane in 0..8 {
        assert_eq!(x(&warp, lane, 12), (lane as u64) << 5 | 0x1f);
        assert_eq!(x(&warp, lane, 13), lane as u64);
        assert_eq!((x(&warp, lane, 14), x(&warp, lane, 15)), (0xff, 0x1f));
    }
}

#[test]
fn machine_registers_take_the_lowest_lanes_value() {
    for (number, mask) in [
        (0x305, !3),
        (0x341, !3),
        (0x340, u64::MAX),
        (0x342, u64::MAX),
    ] {
        let warp = stopped(8, |p| {
            p.csrr(10, LANE);
            let skip = p.label();
            p.branch(gpnpu_golden::simt::instruction::BranchOp::Beq, 10, 0, skip);
            p.li(11, 0x1230);
            p.op(gpnpu_golden::simt::instruction::AluOp::Add, 11, 11, 10);
            p.csrw(number, 11);
            p.place(skip);
            p.csrr(12, number);
            p.push(Instruction::Ebreak);
        });
        for lane in 0..8 {
            assert_eq!(x(&warp, lane, 12), 0x1231 & mask, "{number:#x}");
        }
    }
}

#[test]
fn registers_that_read_zero_ignore_writes() {
    let ignored = [
        0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x343, 0x344, 0x105, 0x180, 0x3a0, 0x3b0, 0x744,
    ];
    for number in ignored {
        let warp = stopped(1, |p| {
            p.li(10, -1);
            p.csrw(number, 10);
            p.csrr(10, number);
            p.push(Instruction::Ebreak);
        });
        assert_eq!(x(&warp, 0, 10), 0, "{number:#x}");
    }
    for number in 0xf11..=0xf14 {
        assert_eq!(read(number), [0; 8], "{number:#x}");
    }
}

/// The first instruction is the fault.
fn is_illegal(what: Instruction) -> bool {
    let fault = faults(8, |p: &mut Program| {
        p.push(what);
        p.push(Instruction::Ebreak);
    });
    let code = gpnpu_golden::simt::encode::encode(what);
    assert_eq!((fault.cause, fault.mask.0), (Cause::Illegal, 0xff));
    fault.pc == CODE && fault.address == u64::from(code)
}

#[test]
fn writes_of_read_only_registers_are_illegal() {
    for number in [0xc00, 0xc02, 0xcc0, 0xcd2, 0xf11, 0xf14] {
        let sources = [
            CsrSource::Register(0),
            CsrSource::Register(5),
            CsrSource::Immediate(0),
        ];
        for source in sources {
            assert!(
                is_illegal(csr(CsrOp::ReadWrite, 5, number, source)),
                "{number:#x}"
            );
        }
        for op in [CsrOp::ReadSet, CsrOp::ReadClear] {
            // It counts that a register is named, not what it holds.
            assert!(
                is_illegal(csr(op, 5, number, CsrSource::Register(5))),
                "{number:#x}"
            );
            assert!(
                is_illegal(csr(op, 5, number, CsrSource::Immediate(1))),
                "{number:#x}"
            );
            assert!(
                !is_illegal(csr(op, 5, number, CsrSource::Register(0))),
                "{number:#x}"
            );
            assert!(
                !is_illegal(csr(op, 5, number, CsrSource::Immediate(0))),
                "{number:#x}"
            );
        }
    }
}

#[test]
fn other_registers_are_illegal() {
    let known = |number: u16| {
        matches!(number, 1..=3 | 0x105 | 0x180 | 0x300..=0x306 | 0x340..=0x344 | 0x3a0 | 0x3b0 | 0x744)
            || matches!(number, 0xc00..=0xc02 | 0xcc0..=0xcd2 | 0xf11..=0xf14)
    };
    for number in 0..0x1000 {
        let read = csr(CsrOp::ReadSet, 5, number, CsrSource::Register(0));
        assert_eq!(is_illegal(read), !known(number), "{number:#x}");
    }
}

#[test]
fn ecall_goes_to_mtvec_and_mret_comes_back() {
    let warp = stopped(8, |p| {
        let handler = p.label();
        // The handler lies eight instructions from here.
        p.push(Instruction::Auipc { rd: 10, imm: 0 });
        p.op_imm(gpnpu_golden::simt::instruction::AluOp::Add, 10, 10, 24);
        p.csrw(0x305, 10);
        p.push(Instruction::Ecall);
        p.csrr(13, 0x342);
        p.push(Instruction::Ebreak);
        p.place(handler);
        assert_eq!(p.address(handler), Some(CODE + 24));
        p.csrr(11, 0x341);
        p.csrr(12, 0x342);
        p.op_imm(gpnpu_golden::simt::instruction::AluOp::Add, 14, 11, 4);
        p.csrw(0x341, 14);
        p.push(Instruction::Mret);
    });
    let found = [11, 12, 13].map(|register| x(&warp, 3, register));
    assert_eq!(found, [CODE + 12, 11, 11]);
    assert_eq!(warp.paths.first().map(|path| path.pc), Some(CODE + 20));
}
