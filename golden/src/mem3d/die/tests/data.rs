//! The data path: what is written is read, in its cycle, whatever lanes carry it.

use super::super::super::secded::{Codeword, encode};
use super::super::{Burst, LaneFault, LaneMap, Pins};
use super::bench::{Bench, Op, set, sets};

/// Four codewords that differ in every lane.
pub(super) fn cells(seed: u64) -> [Codeword; 4] {
    std::array::from_fn(|word| encode((seed + word as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

pub(super) fn burst(seed: u64) -> Burst {
    LaneMap::default().burst(&cells(seed))
}

#[test]
fn reads_come_after_their_latency_with_what_was_written() {
    for set in sets() {
        let mut bench = Bench::new(&set);
        bench.run(&[Op::Act(3, 7), Op::Wait(30)]);
        for number in 0..4 {
            bench
                .write(3, number, burst(number.into()))
                .expect("a legal WR");
            bench.now(Op::Wait(3)).expect("waiting is legal");
        }
        bench.now(Op::Wait(30)).expect("waiting is legal");
        let first = bench.cycle;
        for number in 0..5 {
            bench.read(3, number).expect("a legal RD");
            bench.now(Op::Wait(2)).expect("waiting is legal");
        }
        bench.now(Op::Wait(30)).expect("waiting is legal");
        let mut expected: Vec<_> = (0..4)
            .map(|number| {
                (
                    first + 3 * number + set.read_latency_cycles(),
                    burst(number),
                )
            })
            .collect();
        // The last burst was never written.
        expected.push((first + 12 + set.read_latency_cycles(), [0; 10]));
        assert_eq!(bench.read, expected);
    }
}

#[test]
fn bursts_follow_each_other_without_a_gap() {
    let hb3d = set("hb3d");
    let mut bench = Bench::new(&hb3d);
    bench.run(&[Op::Act(0, 1), Op::Wait(10)]);
    for number in 0..32 {
        bench
            .write(0, number, burst(number.into()))
            .expect("a WR per cycle");
    }
    bench.now(Op::Wait(20)).expect("waiting is legal");
    for number in 0..32 {
        bench.read(0, number).expect("a RD per cycle");
    }
    bench.now(Op::Wait(20)).expect("waiting is legal");
    let read: Vec<_> = bench.read.iter().map(|(_, burst)| *burst).collect();
    assert_eq!(read, (0..32).map(burst).collect::<Vec<_>>());
}

/// Writes with one map, reads with another.
fn across(map: LaneMap, faults: &[(u8, LaneFault)]) -> [Codeword; 4] {
    let mut bench = Bench::new(&set("hbm3"));
    for (lane, fault) in faults {
        bench.die.set_lane_fault(*lane, Some(*fault));
    }
    bench.lanes = map;
    bench.run(&[Op::Act(0, 1), Op::Wait(20)]);
    bench.write(0, 0, map.burst(&cells(1))).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    bench.read(0, 0).expect("a legal RD");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    map.codewords(&bench.read[0].1)
}

#[test]
fn broken_lanes_do_no_harm_where_the_map_avoids_them() {
    let broken = [(4, LaneFault::StuckHigh), (37, LaneFault::Inverted)];
    assert_eq!(
        across(LaneMap::avoiding(Some(4), Some(37)), &broken),
        cells(1)
    );
    assert_eq!(
        across(
            LaneMap::avoiding(Some(4), None),
            &[(4, LaneFault::StuckLow)]
        ),
        cells(1)
    );
    // Without repair lane 36 is a spare, and lane 4 carries bits 4 and 40 of each codeword.
    assert_eq!(
        across(LaneMap::default(), &[(36, LaneFault::StuckHigh)]),
        cells(1)
    );
    let stuck = across(LaneMap::default(), &[(4, LaneFault::StuckHigh)]);
    assert_eq!(
        stuck,
        cells(1).map(|word| Codeword {
            data: word.data | 1 << 4 | 1 << 40,
            ..word
        })
    );
    let low = across(LaneMap::default(), &[(4, LaneFault::StuckLow)]);
    assert_eq!(
        low,
        cells(1).map(|word| Codeword {
            data: word.data & !(1 << 4 | 1 << 40),
            ..word
        })
    );
    // Inverted on the way in and on the way out.
    assert_eq!(
        across(LaneMap::default(), &[(4, LaneFault::Inverted)]),
        cells(1)
    );
}

#[test]
fn what_is_stored_does_not_change_with_the_map() {
    let mut bench = Bench::new(&set("hbm3"));
    bench.run(&[Op::Act(0, 1), Op::Wait(20)]);
    bench.write(0, 0, burst(1)).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    bench.lanes = LaneMap::avoiding(Some(0), Some(20));
    bench.read(0, 0).expect("a legal RD");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    assert_eq!(bench.lanes.codewords(&bench.read[0].1), cells(1));
}

#[test]
fn a_mended_lane_carries_data_again() {
    let mut bench = Bench::new(&set("hbm3"));
    bench.die.set_lane_fault(4, Some(LaneFault::StuckHigh));
    bench.die.set_lane_fault(4, None);
    bench.run(&[Op::Act(0, 1), Op::Wait(20)]);
    bench.write(0, 0, burst(1)).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    assert_eq!(bench.die.line_codewords(0, 1, 0)[..4], cells(1));
}

#[test]
fn a_reset_of_the_controller_drops_write_data_under_way() {
    let mut bench = Bench::new(&set("hbm3"));
    bench.run(&[Op::Act(0, 1), Op::Wait(20)]);
    bench.write(0, 0, burst(1)).expect("a legal WR");
    bench.die.controller_reset();
    for _ in 0..20 {
        bench.die.cycle(&Pins::default()).expect("no data is due");
    }
    assert_eq!(bench.die.line(0, 1, 0), [0; 8]);
}
