use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::axi::{Burst, Data, data_of};

fn request(id: u32, addr: u64, len: u8, size: u8) -> AddressBeat {
    AddressBeat {
        id,
        addr,
        len,
        size,
        ..AddressBeat::default()
    }
}

fn all(byte: u8) -> Data {
    [u32::from_le_bytes([byte; 4]); 16]
}

fn write_beat(byte: u8, strb: u64) -> WriteBeat {
    WriteBeat {
        data: all(byte),
        strb,
        last: true,
    }
}

fn read_beat(id: u32, byte: u8) -> ReadBeat {
    ReadBeat {
        id,
        data: all(byte),
        last: true,
        ..ReadBeat::default()
    }
}

fn okay(id: u32) -> ResponseBeat {
    ResponseBeat {
        id,
        resp: Resp::Okay,
    }
}

/// A port of 64 bytes.
fn memory() -> Memory {
    Memory::new(1, 64, Space::ALL)
}

/// Address and data of a write to line 0.
fn begin(memory: &mut Memory, id: u32, byte: u8) {
    memory.accept_write(0, &request(id, 0, 0, 6));
    memory.accept_data(0, &write_beat(byte, u64::MAX));
}

fn write(memory: &mut Memory, id: u32, byte: u8) {
    begin(memory, id, byte);
    memory.accept_response(0, &okay(id)).unwrap();
}

fn read(memory: &mut Memory, id: u32, byte: u8) -> Result<ReadSeen, Illegal> {
    memory.accept_read(0, &request(id, 0, 0, 6));
    memory.accept_read_data(0, &read_beat(id, byte))
}

#[test]
fn an_answered_write_must_be_seen_and_nothing_older() {
    let mut memory = memory();
    read(&mut memory, 0, 0).unwrap();
    write(&mut memory, 0, 7);
    assert_eq!(read(&mut memory, 1, 7).map(|seen| seen.raced), Ok(false));
    let stale = read(&mut memory, 1, 0).unwrap_err();
    assert_eq!(stale.to_string(), "r.data is 0x00 at 0x0, golden says 0x07");
    assert!(memory.idle());
}

#[test]
fn a_read_may_see_a_write_under_way_or_what_was_before_it() {
    for seen in [0, 7] {
        let mut memory = memory();
        begin(&mut memory, 0, 7);
        assert_eq!(read(&mut memory, 1, seen).map(|seen| seen.raced), Ok(true));
    }
    let mut memory = memory();
    begin(&mut memory, 0, 7);
    let wrong = read(&mut memory, 1, 9).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "r.data is 0x09 at 0x0, golden says 0x00 or 0x07"
    );
}

#[test]
fn a_write_that_was_answered_while_the_read_was_under_way_may_be_seen_or_not() {
    for seen in [0, 7] {
        let mut memory = memory();
        memory.accept_read(0, &request(1, 0, 0, 6));
        write(&mut memory, 0, 7);
        memory.accept_read_data(0, &read_beat(1, seen)).unwrap();
    }
}

#[test]
fn data_that_was_not_sent_yet_cannot_be_seen() {
    let mut memory = memory();
    memory.accept_write(0, &request(0, 0, 0, 6));
    read(&mut memory, 1, 7).unwrap_err();
}

#[test]
fn data_may_come_before_its_address() {
    let mut memory = memory();
    memory.accept_data(0, &write_beat(7, u64::MAX));
    read(&mut memory, 1, 0).unwrap();
    memory.accept_write(0, &request(0, 0, 0, 6));
    memory.accept_response(0, &okay(0)).unwrap();
    read(&mut memory, 1, 7).unwrap();
}

#[test]
fn what_a_read_has_shown_a_later_read_must_show_too() {
    let mut memory = memory();
    begin(&mut memory, 0, 7);
    read(&mut memory, 1, 7).unwrap();
    read(&mut memory, 2, 0).unwrap_err();
}

#[test]
fn reads_of_one_id_see_the_content_in_their_order() {
    for (id, legal) in [(2, true), (1, false)] {
        let mut memory = memory();
        begin(&mut memory, 0, 7);
        memory.accept_read(0, &request(1, 0, 0, 6));
        memory.accept_read(0, &request(id, 0, 0, 6));
        memory.accept_read_data(0, &read_beat(1, 7)).unwrap();
        let second = memory.accept_read_data(0, &read_beat(id, 0));
        assert_eq!(second.is_ok(), legal, "{second:?}");
    }
}

#[test]
fn of_two_writes_under_way_a_read_decides_which_is_the_later() {
    for first in [7, 8] {
        let mut memory = memory();
        begin(&mut memory, 0, 7);
        begin(&mut memory, 1, 8);
        memory.accept_response(0, &okay(1)).unwrap();
        memory.accept_response(0, &okay(0)).unwrap();
        read(&mut memory, 2, first).unwrap();
        read(&mut memory, 2, first).unwrap();
        read(&mut memory, 2, 15 - first).unwrap_err();
    }
}

#[test]
fn writes_of_one_id_take_effect_in_their_order() {
    let mut memory = memory();
    begin(&mut memory, 0, 7);
    begin(&mut memory, 0, 8);
    memory.accept_response(0, &okay(0)).unwrap();
    memory.accept_response(0, &okay(0)).unwrap();
    read(&mut memory, 1, 7).unwrap_err();
}

#[test]
fn a_write_that_began_after_another_was_answered_is_the_later() {
    let mut memory = memory();
    memory.accept_read(0, &request(9, 0, 0, 6));
    write(&mut memory, 0, 7);
    write(&mut memory, 1, 8);
    read(&mut memory, 2, 7).unwrap_err();
    // The read that began before both may still see any of the three.
    memory.accept_read_data(0, &read_beat(9, 0)).unwrap();
}

#[test]
fn strobes_and_lanes_decide_which_bytes_are_written() {
    let mut memory = Memory::new(1, 8, Space::ALL);
    let burst = request(0, 0x103, 2, 1);
    memory.accept_write(0, &burst);
    // Beats at 0x103 (lane 3), 0x104 (lanes 4, 5), 0x106 (lanes 6, 7, the first without strobe).
    for (byte, strb) in [(1, 0b1000), (2, 0b11_0000), (3, 0b1000_0000)] {
        memory.accept_data(0, &write_beat(byte, strb));
    }
    memory.accept_response(0, &okay(0)).unwrap();
    assert_eq!(memory.peek(0x102, 7), [0, 1, 2, 2, 0, 3, 0]);
}

#[test]
fn a_fixed_burst_leaves_its_last_beat() {
    let mut memory = memory();
    let fixed = AddressBeat {
        burst: Burst::Fixed,
        ..request(0, 0, 1, 6)
    };
    memory.accept_write(0, &fixed);
    memory.accept_data(0, &write_beat(1, u64::MAX));
    memory.accept_data(0, &write_beat(2, u64::MAX));
    memory.accept_read(0, &request(1, 0, 0, 6));
    memory.accept_read_data(0, &read_beat(1, 1)).unwrap();
    memory.accept_response(0, &okay(0)).unwrap();
    read(&mut memory, 1, 1).unwrap_err();
    read(&mut memory, 1, 2).unwrap();
}

#[test]
fn responses_that_nothing_waits_for_are_refused() {
    let mut memory = memory();
    let none = memory.accept_response(0, &okay(3)).unwrap_err();
    assert_eq!(none, Illegal::NoWrite { id: 3 });
    memory.accept_write(0, &request(3, 0, 1, 6));
    memory.accept_data(0, &write_beat(0, 0));
    let early = memory.accept_response(0, &okay(3)).unwrap_err();
    assert_eq!(early, Illegal::NoWrite { id: 3 });
    let none = memory.accept_read_data(0, &read_beat(3, 0)).unwrap_err();
    assert_eq!(none, Illegal::NoRead { id: 3 });
}

#[test]
fn errors_are_answered_and_leave_the_content_alone() {
    let space = Space {
        capacity: 0x1000,
        fixed: false,
        ..Space::ALL
    };
    let mut memory = Memory::new(1, 64, space);
    let outside = request(0, 0x1000, 0, 6);
    memory.accept_write(0, &outside);
    memory.accept_data(0, &write_beat(7, u64::MAX));
    let okayed = memory.clone().accept_response(0, &okay(0)).unwrap_err();
    assert!(matches!(okayed, Illegal::WriteResponse { .. }), "{okayed}");
    let error = ResponseBeat {
        id: 0,
        resp: Resp::DecErr,
    };
    memory.accept_response(0, &error).unwrap();
    assert_eq!(memory.peek(0x1000, 1), [0]);
    memory.accept_read(0, &outside);
    let answer = ReadBeat {
        resp: Resp::DecErr,
        ..read_beat(0, 0x55)
    };
    memory.accept_read_data(0, &answer).unwrap();
    let unfounded = ReadBeat {
        resp: Resp::SlvErr,
        ..read_beat(0, 0)
    };
    memory.accept_read(0, &request(0, 0, 0, 6));
    let unfounded = memory.accept_read_data(0, &unfounded).unwrap_err();
    assert!(
        matches!(unfounded, Illegal::ReadResponse { .. }),
        "{unfounded}"
    );
}

#[test]
fn poison_is_for_words_in_error_alone_and_comes_with_slverr() {
    let mut memory = memory();
    write(&mut memory, 0, 7);
    let answer = |poison, resp| {
        let mut beat = ReadBeat {
            poison,
            resp,
            ..read_beat(1, 7)
        };
        beat.data[2] = 0x1234_5678;
        beat
    };
    let ask = |memory: &mut Memory, beat: ReadBeat| {
        memory.accept_read(0, &request(1, 0, 0, 6));
        memory.accept_read_data(0, &beat)
    };
    let unknown = ask(&mut memory.clone(), answer(2, Resp::SlvErr));
    assert_eq!(unknown, Err(Illegal::Poisoned { addr: 8 }));
    memory.expect_error(8, true);
    ask(&mut memory, answer(2, Resp::SlvErr)).unwrap();
    ask(&mut memory.clone(), answer(2, Resp::Okay)).unwrap_err();
    ask(&mut memory.clone(), answer(6, Resp::SlvErr)).unwrap_err();
    let silent = ask(&mut memory.clone(), answer(0, Resp::Okay));
    assert_eq!(silent, Err(Illegal::NotPoisoned { addr: 8 }));
    // Where the error is not certain, the word may come, but only the right one.
    memory.expect_error(8, false);
    ask(&mut memory.clone(), answer(0, Resp::Okay)).unwrap_err();
    ask(&mut memory.clone(), read_beat(1, 7)).unwrap();
    memory.expect_no_error(8);
    ask(&mut memory, answer(2, Resp::SlvErr)).unwrap_err();
}

#[test]
fn a_write_that_a_reset_cut_off_is_there_or_not_for_good() {
    for seen in [0, 7] {
        let mut memory = memory();
        begin(&mut memory, 0, 7);
        memory.accept_read(0, &request(1, 0, 0, 6));
        memory.reset();
        assert!(memory.idle());
        read(&mut memory, 1, seen).unwrap();
        read(&mut memory, 1, 7 - seen).unwrap_err();
        read(&mut memory, 1, seen).unwrap();
        write(&mut memory, 0, 9);
        read(&mut memory, 1, 9).unwrap();
        assert!(memory.races.is_empty(), "nothing is left to settle");
    }
}

#[test]
fn unknown_content_keeps_the_value_that_it_first_showed() {
    let mut memory = memory().with_unknown_content();
    memory.preload(4, &[5]);
    let shown = |first: u8, fourth: u8| {
        let mut beat = read_beat(1, 9);
        beat.data[0] = u32::from_le_bytes([first; 4]);
        beat.data[1] = u32::from_le_bytes([fourth, 9, 9, 9]);
        beat
    };
    let ask = |memory: &mut Memory, beat: ReadBeat| {
        memory.accept_read(0, &request(1, 0, 0, 6));
        memory.accept_read_data(0, &beat)
    };
    ask(&mut memory.clone(), shown(3, 6)).unwrap_err();
    // A write to bytes 0 to 3 is under way: what shows is either that or the unknown content.
    memory.accept_write(0, &request(0, 0, 0, 6));
    memory.accept_data(0, &write_beat(7, 0xf));
    ask(&mut memory, shown(3, 5)).unwrap();
    ask(&mut memory.clone(), shown(4, 5)).unwrap_err();
    ask(&mut memory.clone(), shown(3, 5)).unwrap();
    memory.accept_response(0, &okay(0)).unwrap();
    ask(&mut memory.clone(), shown(3, 5)).unwrap_err();
    ask(&mut memory, shown(7, 5)).unwrap();
    let mut other = shown(7, 5);
    other.data[9] = 0;
    ask(&mut memory, other).unwrap_err();
}

#[test]
fn an_exclusive_write_that_is_only_okay_may_have_had_no_effect() {
    let mut memory = memory();
    let lock = AddressBeat {
        lock: true,
        ..request(0, 0, 0, 6)
    };
    memory.accept_write(0, &lock);
    memory.accept_data(0, &write_beat(7, u64::MAX));
    memory.accept_response(0, &okay(0)).unwrap();
    read(&mut memory, 1, 0).unwrap();
    read(&mut memory, 1, 7).unwrap_err();
}

#[test]
fn ports_share_the_content_and_nothing_else() {
    let mut memory = Memory::new(2, 64, Space::ALL);
    begin(&mut memory, 0, 7);
    memory.accept_response(1, &okay(0)).unwrap_err();
    let mut memory = Memory::new(2, 64, Space::ALL);
    write(&mut memory, 0, 7);
    memory.accept_read(1, &request(0, 0, 0, 6));
    memory.accept_read_data(1, &read_beat(0, 7)).unwrap();
}

/// A memory that does what golden describes, with every freedom taken at random: the time at which a write takes
/// effect, the time at which a read looks, both byte by byte.
struct Real {
    rng: ChaCha8Rng,
    content: [u8; 128],
    /// Writes of one ID in order: bytes not written yet, and the id.
    writes: Vec<(u32, Vec<(usize, u8)>)>,
    reads: Vec<(u32, u64, usize, Vec<Option<u8>>)>,
}

impl Real {
    fn below(&mut self, n: usize) -> usize {
        self.rng.next_u32() as usize % n
    }

    /// Some writes take effect, some reads look.
    fn step(&mut self) {
        for at in 0..self.writes.len() {
            let id = self.writes[at].0;
            let older = self.writes[..at]
                .iter()
                .any(|(other, left)| *other == id && !left.is_empty());
            if older || self.below(2) == 0 {
                continue;
            }
            let count = self.below(40);
            let left = self.writes[at].1.len();
            for (place, byte) in self.writes[at].1.split_off(left - count.min(left)) {
                self.content[place] = byte;
            }
        }
        for at in 0..self.reads.len() {
            let id = self.reads[at].0;
            let older = self.reads[..at]
                .iter()
                .any(|(other, .., got)| *other == id && got.contains(&None));
            if older || self.below(2) == 0 {
                continue;
            }
            let (_, addr, _, mut got) = self.reads[at].clone();
            for (byte, value) in got.iter_mut().enumerate() {
                if value.is_none() && self.below(3) > 0 {
                    *value = Some(self.content[addr as usize + byte]);
                }
            }
            self.reads[at].3 = got;
        }
    }
}

/// No legal behaviour is refused, however writes and reads race for two lines; and everything is settled in the end.
#[test]
fn a_memory_that_takes_every_freedom_is_never_refused() {
    let mut raced = 0;
    for seed in 0..60 {
        let mut real = Real {
            rng: ChaCha8Rng::seed_from_u64(seed),
            content: [0; 128],
            writes: Vec::new(),
            reads: Vec::new(),
        };
        let mut golden = memory();
        for step in 0..400 {
            real.step();
            let id = real.below(3) as u32;
            let size = real.below(7) as u8;
            let addr = real.below(128) as u64 & !((1 << size) - 1);
            let offset = (addr % 64) as usize;
            match real.below(4) {
                0 if real.writes.len() < 4 && step < 350 => {
                    let mut bytes = [0; 64];
                    real.rng.fill_bytes(&mut bytes);
                    let strb = real.rng.next_u64() | real.rng.next_u64();
                    let request = request(id, addr, 0, size);
                    let lanes = strb & request.beat(0, 64).lanes();
                    golden.accept_write(0, &request);
                    let data = data_of(&bytes);
                    let last = true;
                    golden.accept_data(0, &WriteBeat { data, strb, last });
                    let line = (addr - offset as u64) as usize;
                    let places = (0..64).filter(|lane| lanes >> lane & 1 != 0);
                    let left = places.map(|lane| (line + lane, bytes[lane])).collect();
                    real.writes.push((id, left));
                }
                1 if real.reads.len() < 4 => {
                    golden.accept_read(0, &request(id, addr, 0, size));
                    real.reads
                        .push((id, addr, 1 << size, vec![None; 1 << size]));
                }
                2 => {
                    let done = real.writes.iter().position(|(i, _)| *i == id);
                    if let Some(at) = done.filter(|at| real.writes[*at].1.is_empty()) {
                        real.writes.remove(at);
                        golden.accept_response(0, &okay(id)).unwrap();
                    }
                }
                _ => {
                    let done = real.reads.iter().position(|(i, ..)| *i == id);
                    let ready = |at: &usize| !real.reads[*at].3.contains(&None);
                    if let Some(at) = done.filter(ready) {
                        let (id, addr, _, got) = real.reads.remove(at);
                        let mut bytes = [0xee; 64];
                        for (place, byte) in bytes[(addr % 64) as usize..].iter_mut().zip(got) {
                            *place = byte.unwrap();
                        }
                        let beat = ReadBeat {
                            id,
                            data: data_of(&bytes),
                            last: true,
                            ..ReadBeat::default()
                        };
                        let seen = golden.accept_read_data(0, &beat);
                        let seen = seen.unwrap_or_else(|e| panic!("seed {seed} step {step}: {e}"));
                        raced += usize::from(seen.raced);
                    }
                }
            }
        }
    }
    assert!(raced > 1000, "{raced} reads raced");
}
