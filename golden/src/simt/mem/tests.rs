use super::*;

fn lane(addr: u64, data: u64) -> Option<Lane> {
    Some(Lane {
        shared: false,
        addr,
        data,
    })
}

fn request(op: Op, bytes: usize, lanes: &[Option<Lane>]) -> Request {
    let mut all = [None; LANES];
    all[..lanes.len()].copy_from_slice(lanes);
    Request {
        warp: 0,
        op,
        bytes,
        sign: true,
        lanes: all,
    }
}

fn do_all(mem: &mut SimtMem, request: &Request) -> [u64; LANES] {
    mem.access(request, request.mask())
}

#[test]
fn lanes_of_one_store_write_a_byte_in_ascending_order() {
    let mut mem = SimtMem::new(1, 64);
    let store = request(Op::Store, 4, &[lane(8, 1), lane(8, 2), lane(12, 3)]);
    do_all(&mut mem, &store);
    assert_eq!(mem.memory.read(8, 8), [2, 0, 0, 0, 3, 0, 0, 0]);
}

#[test]
fn loads_are_extended_as_their_sign_says() {
    let mut mem = SimtMem::new(1, 64);
    mem.memory.write(0, &[0x80, 0xff]);
    let mut load = request(Op::Load, 1, &[lane(0, 0), lane(1, 0)]);
    assert_eq!(do_all(&mut mem, &load)[..2], [-128i64 as u64, u64::MAX]);
    load.sign = false;
    assert_eq!(do_all(&mut mem, &load)[..2], [0x80, 0xff]);
}

#[test]
fn shared_memory_and_memory_are_apart() {
    let mut mem = SimtMem::new(1, 64);
    let shared = Some(Lane {
        shared: true,
        addr: 8,
        data: 7,
    });
    do_all(&mut mem, &request(Op::Store, 8, &[shared, lane(8, 9)]));
    let loads = request(Op::Load, 8, &[lane(8, 0), shared]);
    assert_eq!(do_all(&mut mem, &loads)[..2], [9, 7]);
}

#[test]
fn each_lane_of_an_amo_finds_what_the_one_below_left() {
    let mut mem = SimtMem::new(1, 64);
    let add = request(Op::Add, 4, &[lane(0, 5), lane(0, 6), lane(0, 7)]);
    assert_eq!(do_all(&mut mem, &add)[..3], [0, 5, 11]);
    assert_eq!(mem.memory.read(0, 5), [18, 0, 0, 0, 0]);
}

/// RISC-V, 13.4: signed and unsigned, words and doublewords.
#[test]
fn amos_follow_their_definitions() {
    let (minus, one) = (u64::from(u32::MAX), 1);
    for (op, bytes, old, operand, left) in [
        (Op::Swap, 4, 3, 4, 4),
        (Op::Add, 4, minus, 2, 1),
        (Op::Add, 8, minus, 2, 0x1_0000_0001),
        (Op::Xor, 8, 6, 3, 5),
        (Op::And, 8, 6, 3, 2),
        (Op::Or, 8, 6, 3, 7),
        (Op::Min, 4, minus, one, minus),
        (Op::Min, 8, minus, one, one),
        (Op::Max, 4, minus, one, one),
        (Op::MinU, 4, minus, one, one),
        (Op::MaxU, 4, minus, one, minus),
        (Op::MaxU, 8, one, u64::MAX, u64::MAX),
    ] {
        assert_eq!(
            amo(op, old, operand, bytes),
            left,
            "{op:?} of {bytes} bytes"
        );
    }
}

#[test]
fn an_sc_succeeds_once_and_for_the_lowest_lane_of_a_line() {
    let mut mem = SimtMem::new(1, 64);
    let two = [lane(0, 1), lane(8, 2), lane(64, 3)];
    do_all(&mut mem, &request(Op::Lr, 8, &two));
    let sc = request(Op::Sc, 8, &two);
    assert_eq!(do_all(&mut mem, &sc)[..3], [0, 1, 0]);
    assert_eq!(do_all(&mut mem, &sc)[..3], [1, 1, 1]);
    assert_eq!(mem.memory.read(0, 9), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_write_of_the_line_ends_a_reservation_and_of_another_line_does_not() {
    for (addr, fails) in [(56, 1), (64, 0)] {
        let mut mem = SimtMem::new(2, 64);
        do_all(&mut mem, &request(Op::Lr, 4, &[lane(4, 0)]));
        let mut store = request(Op::Store, 8, &[lane(addr, 0)]);
        store.warp = 1;
        do_all(&mut mem, &store);
        let sc = request(Op::Sc, 4, &[lane(4, 9)]);
        assert_eq!(do_all(&mut mem, &sc)[0], fails);
    }
}

#[test]
fn a_lane_has_one_reservation_and_loses_it_when_all_is_emptied() {
    let mut mem = SimtMem::new(1, 64);
    let shared = Some(Lane {
        shared: true,
        addr: 0,
        data: 1,
    });
    do_all(&mut mem, &request(Op::Lr, 4, &[lane(0, 0)]));
    do_all(&mut mem, &request(Op::Lr, 4, &[shared]));
    assert_eq!(do_all(&mut mem, &request(Op::Sc, 4, &[lane(0, 1)]))[0], 1);
    do_all(&mut mem, &request(Op::Lr, 4, &[shared]));
    mem.empty();
    assert_eq!(do_all(&mut mem, &request(Op::Sc, 4, &[shared]))[0], 1);
}

#[test]
fn lanes_of_a_line_are_one_access() {
    let lanes = [lane(0, 0), lane(64, 0), lane(60, 0), None];
    let load = request(Op::Load, 4, &lanes);
    assert_eq!(
        (load.mask(), load.same_line(0), load.same_line(1)),
        (7, 5, 2)
    );
}

#[test]
fn a_visible_write_is_seen_by_every_later_load() {
    let mut cores = Coherence::default();
    cores.initial(8, 0);
    let id = cores.write(8, 1, 10);
    cores.wrote(0, 8, id);
    assert_eq!(cores.load(0, 8, 1, 10), Ok(()), "its own");
    assert_eq!(cores.load(1, 8, 0, 19), Ok(()));
    cores.visible(8, id, 20);
    assert_eq!(
        cores.load(1, 8, 0, 20),
        Ok(()),
        "asked for at the same time"
    );
    let stale = cores.load(1, 8, 0, 21);
    assert!(matches!(stale, Err(Incoherent::Stale { .. })), "{stale:?}");
    let unwritten = cores.load(1, 8, 7, 21);
    assert!(matches!(unwritten, Err(Incoherent::Unwritten { .. })));
}

#[test]
fn two_cores_have_to_see_two_writes_in_one_order() {
    for (second, agree) in [([1, 2], true), ([2, 1], false)] {
        let mut cores = Coherence::default();
        cores.initial(0, 0);
        cores.write(0, 1, 1);
        cores.write(0, 2, 1);
        for (core, order) in [[1, 2], second].iter().enumerate() {
            for value in order {
                assert_eq!(cores.load(core, 0, *value, 5), Ok(()));
            }
        }
        assert_eq!(cores.finish(|_| 2).is_ok(), agree);
    }
}

#[test]
fn the_last_write_is_what_remains() {
    let mut cores = Coherence::default();
    cores.initial(0, 0);
    for value in [1, 2] {
        let id = cores.write(0, value, value);
        cores.wrote(0, 0, id);
    }
    assert!(matches!(cores.finish(|_| 1), Err(Incoherent::Order { .. })));
}

#[test]
fn two_atomics_cannot_find_the_same() {
    let mut cores = Coherence::default();
    cores.initial(0, 0);
    let (first, second) = (cores.write(0, 1, 1), cores.write(0, 2, 1));
    assert_eq!(cores.found(0, first, 0, 1), Ok(()));
    let twice = cores.found(0, second, 0, 1);
    assert_eq!(twice, Err(Incoherent::NotAtomic { addr: 0, value: 0 }));
}
