//! Each rule broken once, in a cycle of its own after legal traffic, and that traffic passing.

use super::*;
use crate::kit::FailureKind;
use crate::kit::axi::{Party, ReadBeat, ResponseBeat};

fn request(id: u32, addr: u64, len: u8, size: u8) -> AddressBeat {
    AddressBeat {
        id,
        addr,
        len,
        size,
        ..AddressBeat::default()
    }
}

/// What one channel does in a cycle.
#[derive(Clone, Copy)]
enum Move {
    /// Offered and taken.
    Aw(AddressBeat),
    Ar(AddressBeat),
    W(u64, bool),
    B(u32, Resp),
    R(u32, bool, Resp),
    /// Offered and not taken.
    StalledAw(AddressBeat),
    StalledAr(AddressBeat),
    StalledW(u64, bool),
    StalledB(u32, Resp),
    StalledR(u32, bool, Resp),
    /// The reset is active.
    Reset,
}

fn wire<T>(beat: T, ready: bool) -> Wire<T> {
    Wire {
        valid: true,
        ready,
        beat,
    }
}

/// Watches cycles of so many moves each.
fn watch(cycles: &[&[Move]]) -> Result<Monitor, Failure> {
    let mut monitor = Monitor::new("", 8);
    for (cycle, moves) in cycles.iter().enumerate() {
        let mut bus = Bus::default();
        let mut reset = false;
        let write = |strb, last| WriteBeat {
            strb,
            last,
            ..WriteBeat::default()
        };
        let read = |id, last, resp| ReadBeat {
            id,
            last,
            resp,
            ..ReadBeat::default()
        };
        for one in *moves {
            match *one {
                Move::Aw(beat) => bus.aw = wire(beat, true),
                Move::Ar(beat) => bus.ar = wire(beat, true),
                Move::W(strb, last) => bus.w = wire(write(strb, last), true),
                Move::B(id, resp) => bus.b = wire(ResponseBeat { id, resp }, true),
                Move::R(id, last, resp) => bus.r = wire(read(id, last, resp), true),
                Move::StalledAw(beat) => bus.aw = wire(beat, false),
                Move::StalledAr(beat) => bus.ar = wire(beat, false),
                Move::StalledW(strb, last) => bus.w = wire(write(strb, last), false),
                Move::StalledB(id, resp) => bus.b = wire(ResponseBeat { id, resp }, false),
                Move::StalledR(id, last, resp) => bus.r = wire(read(id, last, resp), false),
                Move::Reset => reset = true,
            }
        }
        let cycle = Cycle(cycle as u64);
        match reset {
            true => monitor.reset(cycle, &bus)?,
            false => monitor.observe(cycle, &bus)?,
        }
    }
    Ok(monitor)
}

const OKAY: Resp = Resp::Okay;

/// The cycles are legal but for the last, which breaks the rule.
fn breaks(rule: Rule, party: Party, cycles: &[&[Move]]) {
    let (last, legal) = cycles.split_last().expect("a cycle");
    watch(legal).unwrap_or_else(|e| panic!("{rule:?}: legal traffic is refused: {e}"));
    let mut all = legal.to_vec();
    all.push(last);
    let failure = watch(&all).map(|_| ()).expect_err("the rule is broken");
    let (section, words) = rule.words();
    assert!(matches!(failure.kind, FailureKind::Protocol { .. }));
    assert_eq!(failure.cycle, Cycle(legal.len() as u64));
    let expected = format!("the {party} broke AXI {section}: {words}");
    assert!(failure.message.contains(&expected), "{failure}");
}

#[test]
fn legal_traffic_passes_and_leaves_nothing_open() {
    let write = request(1, 0x13, 2, 2);
    let read = request(2, 0x40, 1, 3);
    let lock = AddressBeat {
        lock: true,
        ..request(3, 0x20, 1, 3)
    };
    let monitor = watch(&[
        &[Move::Reset],
        &[],
        // Data before its address, a stall on every channel.
        &[Move::StalledW(0x08, false), Move::StalledAr(read)],
        &[Move::W(0x08, false), Move::Ar(read)],
        &[Move::W(0xf0, false), Move::StalledAw(write)],
        &[Move::Aw(write), Move::Ar(request(3, 0, 0, 3))],
        &[Move::W(0x03, true), Move::StalledR(3, true, OKAY)],
        &[Move::StalledB(1, OKAY), Move::R(3, true, OKAY)],
        &[Move::B(1, OKAY), Move::R(2, false, OKAY), Move::Ar(lock)],
        // Two of one ID, and an exclusive one.
        &[Move::Aw(lock), Move::R(2, true, OKAY), Move::Ar(read)],
        &[
            Move::W(0xff, false),
            Move::R(3, false, Resp::ExOkay),
            Move::Ar(read),
        ],
        &[Move::W(0, true), Move::R(3, true, Resp::ExOkay)],
        &[Move::B(3, Resp::ExOkay), Move::R(2, false, OKAY)],
        &[Move::R(2, true, OKAY)],
        &[Move::R(2, false, OKAY)],
        &[Move::R(2, true, Resp::SlvErr)],
        &[],
    ]);
    assert_eq!(monitor.expect("legal").outstanding(), 0);
}

#[test]
fn no_valid_in_reset_or_right_after_it() {
    let aw = request(0, 0, 0, 3);
    breaks(
        Rule::ValidInReset,
        Party::Manager,
        &[&[], &[Move::Reset, Move::StalledAw(aw)]],
    );
    breaks(
        Rule::ValidInReset,
        Party::Subordinate,
        &[&[], &[Move::Reset, Move::StalledB(0, OKAY)]],
    );
    breaks(
        Rule::ValidAfterReset,
        Party::Manager,
        &[&[Move::Reset], &[Move::StalledAr(aw)]],
    );
}

#[test]
fn a_stalled_beat_stays_on_each_channel() {
    let (one, two) = (request(0, 0, 0, 3), request(0, 8, 0, 3));
    let manager: [[Move; 2]; 3] = [
        [Move::StalledAw(one), Move::Aw(two)],
        [Move::StalledAr(one), Move::Ar(two)],
        [Move::StalledW(1, true), Move::W(2, true)],
    ];
    for [stalled, changed] in manager {
        breaks(Rule::ValidDropped, Party::Manager, &[&[stalled], &[]]);
        breaks(
            Rule::PayloadChanged,
            Party::Manager,
            &[&[stalled], &[stalled], &[changed]],
        );
    }
    let before: [&[Move]; 2] = [&[Move::Aw(one), Move::Ar(one)], &[Move::W(0, true)]];
    let subordinate: [[Move; 2]; 2] = [
        [Move::StalledB(0, OKAY), Move::B(0, Resp::SlvErr)],
        [
            Move::StalledR(0, true, OKAY),
            Move::R(0, true, Resp::SlvErr),
        ],
    ];
    for [stalled, changed] in subordinate {
        breaks(
            Rule::ValidDropped,
            Party::Subordinate,
            &[before[0], before[1], &[stalled], &[]],
        );
        breaks(
            Rule::PayloadChanged,
            Party::Subordinate,
            &[before[0], before[1], &[stalled], &[changed]],
        );
    }
}

#[test]
fn requests_have_a_legal_shape() {
    let with = |burst, request: AddressBeat| AddressBeat { burst, ..request };
    let lock = |request: AddressBeat| AddressBeat {
        lock: true,
        ..request
    };
    let shapes = [
        (
            Rule::ReservedBurst,
            with(Burst::Reserved, request(0, 0, 0, 3)),
        ),
        (Rule::SizeOverBus, request(0, 0, 0, 4)),
        (Rule::CrossesBoundary, request(0, 0xff8, 1, 3)),
        (Rule::WrapLength, with(Burst::Wrap, request(0, 0, 2, 3))),
        (Rule::WrapAlignment, with(Burst::Wrap, request(0, 4, 3, 3))),
        (Rule::FixedLength, with(Burst::Fixed, request(0, 0, 16, 3))),
        (Rule::ExclusiveShape, lock(request(0, 0, 2, 3))),
        (Rule::ExclusiveShape, lock(request(0, 8, 1, 3))),
        (Rule::ExclusiveShape, lock(request(0, 0, 31, 3))),
    ];
    for (rule, shape) in shapes {
        breaks(rule, Party::Manager, &[&[], &[Move::StalledAw(shape)]]);
        breaks(rule, Party::Manager, &[&[], &[Move::StalledAr(shape)]]);
    }
    let legal = [
        with(Burst::Wrap, request(0, 0xff8, 15, 3)),
        with(Burst::Fixed, request(0, 0xfff, 15, 3)),
        request(0, 0xf80, 15, 3),
        request(0, 0xf00, 255, 0),
        lock(request(0, 0x180, 15, 3)),
    ];
    for shape in legal {
        assert_eq!(address_rule(&shape, 8), None, "{shape:x?}");
    }
}

#[test]
fn only_what_is_tolerated_passes_and_it_does_after_a_reset_too() {
    let wide = request(0, 0, 0, 4);
    let both = AddressBeat {
        burst: Burst::Reserved,
        ..wide
    };
    let mut monitor = Monitor::new("", 8);
    monitor.tolerate(&[Rule::SizeOverBus]);
    for cycle in [0, 3] {
        monitor.reset(Cycle(cycle), &Bus::default()).expect("low");
        monitor
            .observe(Cycle(cycle + 1), &Bus::default())
            .expect("low");
        let mut offer = |request| {
            let bus = Bus {
                ar: wire(request, true),
                ..Bus::default()
            };
            monitor.observe(Cycle(cycle + 2), &bus)
        };
        offer(wide).expect("tolerated");
        let failure = offer(both).expect_err("the type is not");
        let (_, words) = Rule::ReservedBurst.words();
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[test]
fn write_data_stays_in_its_lanes_and_ends_with_its_burst() {
    let aw = Move::Aw(request(0, 4, 1, 2));
    let manager = Party::Manager;
    breaks(
        Rule::StrobeOutsideLanes,
        manager,
        &[&[aw], &[Move::W(0x08, false)]],
    );
    breaks(Rule::LastEarly, manager, &[&[aw], &[Move::W(0xf0, true)]]);
    breaks(
        Rule::LastMissing,
        manager,
        &[&[aw], &[Move::W(0xf0, false)], &[Move::W(0x0f, false)]],
    );
    // Data that came first is held against its address as soon as that is there.
    breaks(
        Rule::StrobeOutsideLanes,
        manager,
        &[&[Move::W(0xf0, false)], &[Move::W(0x1f, true)], &[aw]],
    );
    breaks(Rule::LastEarly, manager, &[&[Move::W(0xf0, true)], &[aw]]);
}

#[test]
fn a_response_follows_what_it_answers() {
    let aw = Move::Aw(request(1, 0, 0, 3));
    let subordinate = Party::Subordinate;
    breaks(Rule::UnknownId, subordinate, &[&[], &[Move::B(1, OKAY)]]);
    breaks(
        Rule::UnknownId,
        subordinate,
        &[&[aw], &[Move::W(0, true)], &[Move::B(2, OKAY)]],
    );
    breaks(
        Rule::UnknownId,
        subordinate,
        &[
            &[aw],
            &[Move::W(0, true)],
            &[Move::B(1, OKAY)],
            &[Move::B(1, OKAY)],
        ],
    );
    breaks(
        Rule::ResponseBeforeData,
        subordinate,
        &[&[aw], &[Move::B(1, OKAY)]],
    );
    // The handshake of the last data has to be over, in the cycle before at the latest.
    breaks(
        Rule::ResponseBeforeData,
        subordinate,
        &[&[aw], &[Move::W(0, true), Move::B(1, OKAY)]],
    );
    breaks(
        Rule::ResponseBeforeAddress,
        subordinate,
        &[&[Move::W(0, true)], &[aw, Move::B(1, OKAY)]],
    );
    breaks(
        Rule::ExOkayUnasked,
        subordinate,
        &[&[aw], &[Move::W(0, true)], &[Move::B(1, Resp::ExOkay)]],
    );
}

#[test]
fn read_data_follows_its_request_and_ends_with_it() {
    let ar = Move::Ar(request(1, 0, 1, 3));
    let beat = |last| Move::R(1, last, OKAY);
    let subordinate = Party::Subordinate;
    breaks(Rule::UnknownId, subordinate, &[&[], &[ar, beat(false)]]);
    breaks(
        Rule::UnknownId,
        subordinate,
        &[&[ar], &[Move::R(2, false, OKAY)]],
    );
    breaks(Rule::LastEarly, subordinate, &[&[ar], &[beat(true)]]);
    breaks(
        Rule::LastMissing,
        subordinate,
        &[&[ar], &[beat(false)], &[beat(false)]],
    );
    breaks(
        Rule::UnknownId,
        subordinate,
        &[&[ar], &[beat(false)], &[beat(true)], &[beat(false)]],
    );
    breaks(
        Rule::ExOkayUnasked,
        subordinate,
        &[&[ar], &[Move::R(1, false, Resp::ExOkay)]],
    );
}

#[test]
fn a_short_read_answered_before_a_long_one_of_its_id_is_out_of_order() {
    let (long, short) = (request(1, 0, 3, 3), request(1, 0x40, 0, 3));
    breaks(
        Rule::LastEarly,
        Party::Subordinate,
        &[
            &[Move::Ar(long)],
            &[Move::Ar(short)],
            &[Move::R(1, true, OKAY)],
        ],
    );
}

#[test]
fn every_rule_is_shown_failing_here() {
    let source = include_str!("tests.rs");
    for rule in Rule::ALL {
        let name = format!("Rule::{rule:?}");
        assert!(source.contains(&name), "{name}");
    }
}
