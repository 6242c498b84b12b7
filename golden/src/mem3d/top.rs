//! What the memory answers, beat by beat: which lines and bytes a burst touches, and its responses.

use crate::axi::{AddressBeat, Burst, Resp};

/// Bytes of a line, and of the bus.
pub const LINE_BYTES: u64 = 64;

/// One beat of a burst, at the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeatEffect {
    /// Its response, as far as the address decides it.
    pub resp: Resp,
    /// Address of the line that it touches; none if it touches nothing.
    pub line: Option<u64>,
    /// A bit per byte of the bus that it may move.
    pub lanes: u64,
}

/// A line that a burst touches, and the bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEffect {
    /// Address of the line's first byte.
    pub line: u64,
    /// A bit per byte.
    pub bytes: u64,
}

/// The rules of the memory's responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Responses {
    capacity: u64,
}

impl Responses {
    /// Those of a memory of `capacity` bytes.
    pub fn new(capacity: u64) -> Self {
        Self { capacity }
    }

    /// Beat `number`, from 0, of a burst.
    ///
    /// FIXED bursts, those of the reserved type and those of beats wider than the bus are not served, wherever they are;
    /// beats outside the capacity are not decoded.
    pub fn beat(&self, request: &AddressBeat, number: usize) -> BeatEffect {
        let place = request.beat(number, LINE_BYTES as usize);
        let resp = match request.burst {
            _ if request.beat_bytes() > LINE_BYTES => Resp::SlvErr,
            Burst::Fixed | Burst::Reserved => Resp::SlvErr,
            Burst::Incr | Burst::Wrap if place.addr >= self.capacity => Resp::DecErr,
            Burst::Incr | Burst::Wrap => Resp::Okay,
        };
        let served = resp == Resp::Okay;
        BeatEffect {
            resp,
            line: served.then_some(place.addr & !(LINE_BYTES - 1)),
            lanes: if served { place.lanes() } else { 0 },
        }
    }

    /// The response of a write: the worst of its beats.
    pub fn write_response(&self, request: &AddressBeat) -> Resp {
        let resps = (0..request.beats()).map(|number| self.beat(request, number).resp);
        resps.max_by_key(|resp| resp.code()).unwrap_or(Resp::Okay)
    }

    /// The response of a beat of read data with these words in error, and the words that it marks.
    pub fn read_response(&self, request: &AddressBeat, number: usize, errors: u8) -> (Resp, u8) {
        let beat = self.beat(request, number);
        let touched = words(beat.lanes) & errors;
        match touched {
            0 => (beat.resp, 0),
            _ => (Resp::SlvErr, touched),
        }
    }

    /// The lines that a burst touches, in the order of its beats; consecutive beats of one line are one.
    ///
    /// `strobes` are those of a write, beat by beat; without them each beat moves all that it may.
    pub fn lines(&self, request: &AddressBeat, strobes: impl Fn(usize) -> u64) -> Vec<LineEffect> {
        let mut lines: Vec<LineEffect> = Vec::new();
        for number in 0..request.beats() {
            let beat = self.beat(request, number);
            let Some(line) = beat.line else { continue };
            let bytes = beat.lanes & strobes(number);
            match lines.last_mut() {
                Some(last) if last.line == line => last.bytes |= bytes,
                _ => lines.push(LineEffect { line, bytes }),
            }
        }
        lines
    }
}

/// A bit per word of which some byte has a bit in `lanes`.
fn words(lanes: u64) -> u8 {
    (0..8).fold(0, |words, word| {
        words | u8::from(lanes >> (8 * word) & 0xff != 0) << word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: u64 = 0x1_0000;

    fn burst(burst: Burst, addr: u64, beats: u8, size: u8) -> AddressBeat {
        AddressBeat {
            addr,
            len: beats - 1,
            size,
            burst,
            ..AddressBeat::default()
        }
    }

    fn resps(request: &AddressBeat) -> Vec<Resp> {
        let memory = Responses::new(CAPACITY);
        let beats = 0..request.beats();
        beats.map(|n| memory.beat(request, n).resp).collect()
    }

    #[test]
    fn each_beat_outside_the_capacity_is_decerr_and_the_write_is_too() {
        let request = burst(Burst::Incr, CAPACITY - 128, 3, 6);
        assert_eq!(resps(&request), [Resp::Okay, Resp::Okay, Resp::DecErr]);
        let memory = Responses::new(CAPACITY);
        assert_eq!(memory.write_response(&request), Resp::DecErr);
        assert_eq!(memory.beat(&request, 2).lanes, 0);
        assert_eq!(memory.lines(&request, |_| u64::MAX).len(), 2);
        let inside = burst(Burst::Incr, CAPACITY - 128, 2, 6);
        assert_eq!(memory.write_response(&inside), Resp::Okay);
        let far = burst(Burst::Incr, 1 << 63, 1, 6);
        assert_eq!(resps(&far), [Resp::DecErr]);
    }

    #[test]
    fn what_is_refused_is_slverr_inside_and_outside_and_touches_nothing() {
        let memory = Responses::new(CAPACITY);
        let refused = [
            (Burst::Fixed, 3),
            (Burst::Reserved, 6),
            (Burst::Incr, 7),
            (Burst::Wrap, 7),
        ];
        for (kind, size) in refused {
            for addr in [0, 0x1234, CAPACITY, u64::MAX - 63] {
                let request = burst(kind, addr, 4, size);
                assert_eq!(resps(&request), [Resp::SlvErr; 4]);
                assert_eq!(memory.write_response(&request), Resp::SlvErr);
                assert_eq!(memory.lines(&request, |_| u64::MAX), []);
            }
        }
    }

    #[test]
    fn a_wrap_touches_its_lines_from_the_start_address_around() {
        let memory = Responses::new(CAPACITY);
        let request = burst(Burst::Wrap, 0x1c0, 4, 6);
        let lines = memory.lines(&request, |_| u64::MAX);
        let addresses: Vec<u64> = lines.iter().map(|line| line.line).collect();
        assert_eq!(addresses, [0x1c0, 0x100, 0x140, 0x180]);
        // Eight beats of eight bytes wrap within one line.
        let within = burst(Burst::Wrap, 0x128, 8, 3);
        let lines = memory.lines(&within, |_| u64::MAX);
        assert_eq!(
            lines,
            [LineEffect {
                line: 0x100,
                bytes: u64::MAX
            }]
        );
    }

    #[test]
    fn narrow_and_unaligned_beats_touch_their_bytes_and_no_others() {
        let memory = Responses::new(CAPACITY);
        let request = burst(Burst::Incr, 0x3d, 2, 2);
        let lines = memory.lines(&request, |_| u64::MAX);
        assert_eq!(
            lines,
            [
                LineEffect {
                    line: 0,
                    bytes: 0b111 << 61
                },
                LineEffect {
                    line: 0x40,
                    bytes: 0xf
                },
            ]
        );
        let first = memory.lines(&request, |beat| if beat == 0 { 1 << 62 } else { 0 });
        assert_eq!(first[0].bytes, 1 << 62);
        assert_eq!(first[1].bytes, 0);
    }

    #[test]
    fn only_words_that_a_beat_touches_poison_it() {
        let memory = Responses::new(CAPACITY);
        let narrow = burst(Burst::Incr, 0x08, 2, 3);
        assert_eq!(
            memory.read_response(&narrow, 0, 0b110),
            (Resp::SlvErr, 0b010)
        );
        assert_eq!(memory.read_response(&narrow, 1, 0b010), (Resp::Okay, 0));
        let outside = burst(Burst::Incr, CAPACITY, 1, 6);
        assert_eq!(memory.read_response(&outside, 0, 0xff), (Resp::DecErr, 0));
    }
}
