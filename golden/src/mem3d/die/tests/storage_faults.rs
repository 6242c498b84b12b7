//! Errors put into a die, and access behind the pins' back.

use super::super::super::secded::{Codeword, Outcome, decode, encode};
use super::super::{Direction, LaneMap};
use super::bench::{Bench, Op, set};
use super::data::{burst, cells};

/// A bench with row 1 of bank 0 open and burst 0 written.
fn written() -> Bench {
    let mut bench = Bench::new(&set("hbm3"));
    bench.run(&[Op::Act(0, 1), Op::Wait(20)]);
    bench.write(0, 0, burst(1)).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    bench
}

fn read(bench: &mut Bench) -> [Codeword; 4] {
    bench.read(0, 0).expect("a legal RD");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    let (_, burst) = bench.read.last().expect("a burst was read");
    LaneMap::default().codewords(burst)
}

#[test]
fn flipped_bits_stay_until_they_are_written_again() {
    let mut bench = written();
    bench.die.flip(0, 1, 0, 72 + 5);
    bench.die.flip(0, 1, 0, 3 * 72 + 71);
    let mut expected = cells(1);
    expected[1] = expected[1].flipped(5);
    expected[3] = expected[3].flipped(71);
    assert_eq!(read(&mut bench), expected);
    assert_eq!(read(&mut bench), expected);
    bench.write(0, 0, burst(2)).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    assert_eq!(read(&mut bench), cells(2));
}

#[test]
fn a_disturbance_hits_one_transfer_of_its_direction() {
    let mut mask = [0; 10];
    mask[0] = 1 << 3;
    let mut bench = written();
    bench.die.disturb_next(Direction::Read, mask);
    let mut expected = cells(1);
    expected[0] = expected[0].flipped(3);
    assert_eq!(read(&mut bench), expected);
    assert_eq!(read(&mut bench), cells(1));
    bench.die.disturb_next(Direction::Write, mask);
    assert_eq!(read(&mut bench), cells(1));
    bench.write(0, 0, burst(1)).expect("a legal WR");
    bench.now(Op::Wait(20)).expect("waiting is legal");
    assert_eq!(read(&mut bench), expected);
}

#[test]
fn a_dead_row_is_uncorrectable_until_it_is_mended() {
    let mut bench = written();
    bench.die.set_dead_row(0, 1, true);
    for word in read(&mut bench) {
        assert_eq!(decode(word).outcome, Outcome::Uncorrectable);
    }
    bench.die.set_dead_row(0, 1, false);
    assert_eq!(read(&mut bench), cells(1));
}

#[test]
fn lines_are_seen_and_set_behind_the_pins() {
    let mut bench = written();
    let words: [u64; 8] = std::array::from_fn(|word| 1000 + word as u64);
    bench.die.set_line(0, 1, 0, &words);
    assert_eq!(bench.die.line(0, 1, 0), words);
    assert_eq!(bench.die.line_codewords(0, 1, 0), words.map(encode));
    assert_eq!(read(&mut bench)[..], words.map(encode)[..4]);
    assert_eq!(bench.die.line(0, 1, 1), [0; 8]);
}
