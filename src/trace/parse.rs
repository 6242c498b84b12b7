//! Lines of a memory trace, with the place of everything that is wrong.

use gpnpu_testbenches::mem3d::traffic::{LINE_BYTES, MAX_BYTES, Request};

use crate::malformed::Malformed;

/// Cycles that a trace may name: far more than anybody simulates, and sums of them stay small.
const MAX_CYCLE: u64 = 1 << 62;
/// Characters of a word that are shown.
const SHOWN: usize = 32;

/// The forms of a line. A file has one, which its first request decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `cycle-or-minus R|W hexaddr [bytes]`.
    CycleFirst,
    /// `0xADDR READ|WRITE|R|W [cycle]`, as DRAMsim3 and Ramulator have it.
    AddressFirst,
    /// `LD|ST 0xADDR`, as Ramulator has it.
    LoadStore,
}

impl Form {
    const ALL: [Self; 3] = [Self::CycleFirst, Self::AddressFirst, Self::LoadStore];

    /// How it looks.
    pub fn example(self) -> &'static str {
        match self {
            Self::CycleFirst => "CYCLE|- R|W HEXADDR [BYTES]",
            Self::AddressFirst => "0xADDR READ|WRITE|R|W [CYCLE]",
            Self::LoadStore => "LD|ST 0xADDR",
        }
    }

    /// The form whose first word this can be.
    fn of_first(word: &[u8]) -> Option<Self> {
        if word == b"-" || word.iter().all(u8::is_ascii_digit) {
            Some(Self::CycleFirst)
        } else if hex_prefixed(word) {
            Some(Self::AddressFirst)
        } else if matches!(word, b"LD" | b"ST") {
            Some(Self::LoadStore)
        } else {
            None
        }
    }
}

fn hex_prefixed(word: &[u8]) -> bool {
    word.starts_with(b"0x") || word.starts_with(b"0X")
}

/// Reads the lines of one trace in turn.
#[derive(Clone, Debug)]
pub struct Parser {
    /// Bytes of the memory.
    capacity: u64,
    /// The file's form and the line that decided it.
    form: Option<(Form, usize)>,
    /// The latest cycle and its line.
    latest: Option<(u64, usize)>,
}

impl Parser {
    /// For a memory of `capacity` bytes.
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            form: None,
            latest: None,
        }
    }

    /// The request of line `number`; none on a line that is blank or only a comment.
    pub fn line(&mut self, number: usize, bytes: &[u8]) -> Result<Option<Request>, Malformed> {
        let text = bytes.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = Words {
            line: bytes,
            number,
            rest: text,
            end: text.trim_ascii_end().len(),
        };
        let Some(first) = words.next() else {
            return Ok(None);
        };
        let form = self.form(&words, first)?;
        let mut request = match form {
            Form::CycleFirst => cycle_first(&mut words, first)?,
            Form::AddressFirst => address_first(&mut words, first)?,
            Form::LoadStore => load_store(&mut words, first)?,
        };
        if let Some(extra) = words.next() {
            let message = format!(
                "`{}` is one word too many: {} expected",
                extra.shown(),
                form.example()
            );
            return Err(words.wrong(extra.start, message));
        }
        self.check(&words, &mut request)?;
        Ok(Some(request.request))
    }

    fn form(&mut self, words: &Words<'_>, first: Word<'_>) -> Result<Form, Malformed> {
        let form = Form::of_first(first.bytes);
        match (self.form, form) {
            (None, Some(form)) => {
                self.form = Some((form, words.number));
                Ok(form)
            }
            (Some((known, _)), Some(form)) if known == form => Ok(form),
            (None, None) => {
                let forms = Form::ALL.map(Form::example).join(", or ");
                let message = format!("`{}` begins no request: {forms} expected", first.shown());
                Err(words.wrong(first.start, message))
            }
            (Some((known, line)), _) => {
                let message = format!(
                    "`{}` here, but line {line} made this a file of {}",
                    first.shown(),
                    known.example()
                );
                Err(words.wrong(first.start, message))
            }
        }
    }

    fn check(&mut self, words: &Words<'_>, placed: &mut Placed) -> Result<(), Malformed> {
        let Request {
            at, addr, bytes, ..
        } = placed.request;
        let end = u128::from(addr) + u128::from(bytes);
        if end > u128::from(self.capacity) {
            let message = format!(
                "{bytes} bytes at {addr:#x} end beyond the memory of {:#x} bytes",
                self.capacity
            );
            return Err(words.wrong(placed.addr_start, message));
        }
        let Some(cycle) = at else {
            return Ok(());
        };
        if let Some((latest, line)) = self.latest.filter(|(latest, _)| cycle < *latest) {
            let message = format!(
                "cycle {cycle} after cycle {latest} of line {line}: not before it expected"
            );
            return Err(words.wrong(placed.cycle_start, message));
        }
        self.latest = Some((cycle, words.number));
        Ok(())
    }
}

/// A request, and where its parts stand in the line.
struct Placed {
    request: Request,
    addr_start: usize,
    cycle_start: usize,
}

fn cycle_first(words: &mut Words<'_>, first: Word<'_>) -> Result<Placed, Malformed> {
    let at = match first.bytes {
        b"-" => None,
        _ => Some(words.cycle(first)?),
    };
    let direction = words.needed("R or W")?;
    let write = match direction.bytes {
        b"R" | b"r" => false,
        b"W" | b"w" => true,
        _ => {
            let message = format!("`{}` is no direction: R or W expected", direction.shown());
            return Err(words.wrong(direction.start, message));
        }
    };
    let address = words.needed("an address in hex")?;
    let addr = words.address(address)?;
    let bytes = match words.next() {
        None => LINE_BYTES as u32,
        Some(word) => words.bytes(word)?,
    };
    Ok(Placed {
        request: Request {
            at,
            write,
            addr,
            bytes,
        },
        addr_start: address.start,
        cycle_start: first.start,
    })
}

fn address_first(words: &mut Words<'_>, first: Word<'_>) -> Result<Placed, Malformed> {
    let addr = words.address(first)?;
    let direction = words.needed("READ, WRITE, R or W")?;
    let write = match direction.bytes {
        b"READ" | b"R" => false,
        b"WRITE" | b"W" => true,
        _ => {
            let message = format!(
                "`{}` is no direction: READ, WRITE, R or W expected",
                direction.shown()
            );
            return Err(words.wrong(direction.start, message));
        }
    };
    let word = words.next();
    let at = word.map(|word| words.cycle(word)).transpose()?;
    Ok(Placed {
        request: Request {
            at,
            write,
            addr,
            bytes: LINE_BYTES as u32,
        },
        addr_start: first.start,
        cycle_start: word.map_or(0, |word| word.start),
    })
}

fn load_store(words: &mut Words<'_>, first: Word<'_>) -> Result<Placed, Malformed> {
    let address = words.needed("an address such as 0x1f80")?;
    if !hex_prefixed(address.bytes) {
        let message = format!(
            "`{}` is no address such as 0x1f80: hex digits after 0x expected",
            address.shown()
        );
        return Err(words.wrong(address.start, message));
    }
    Ok(Placed {
        request: Request {
            at: None,
            write: first.bytes == b"ST",
            addr: words.address(address)?,
            bytes: LINE_BYTES as u32,
        },
        addr_start: address.start,
        cycle_start: 0,
    })
}

/// A word of a line.
#[derive(Clone, Copy)]
struct Word<'a> {
    /// Its first byte in the line, from 0.
    start: usize,
    bytes: &'a [u8],
}

impl Word<'_> {
    /// For people: its first characters.
    fn shown(self) -> String {
        let text = String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(4 * SHOWN)]);
        let mut shown: String = text
            .chars()
            .take(SHOWN)
            .flat_map(char::escape_debug)
            .collect();
        if text.chars().nth(SHOWN).is_some() {
            shown += "..";
        }
        shown
    }
}

/// The words of a line that are left.
struct Words<'a> {
    line: &'a [u8],
    number: usize,
    rest: &'a [u8],
    /// Where the line's last word ends.
    end: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<Word<'a>> {
        let begin = self
            .rest
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        let word = &self.rest[begin..];
        let length = word.iter().position(u8::is_ascii_whitespace);
        let (bytes, rest) = word.split_at(length.unwrap_or(word.len()));
        let start = bytes.as_ptr() as usize - self.line.as_ptr() as usize;
        self.rest = rest;
        Some(Word { start, bytes })
    }

    fn needed(&mut self, what: &str) -> Result<Word<'a>, Malformed> {
        self.next()
            .ok_or_else(|| self.wrong(self.end, format!("the line ends here: {what} expected")))
    }

    fn wrong(&self, start: usize, message: String) -> Malformed {
        let before = String::from_utf8_lossy(&self.line[..start]);
        Malformed {
            line: self.number,
            column: before.chars().count() + 1,
            message,
        }
    }

    fn cycle(&self, word: Word<'_>) -> Result<u64, Malformed> {
        if !word.bytes.iter().all(u8::is_ascii_digit) {
            let message = format!("`{}` is no cycle: decimal digits expected", word.shown());
            return Err(self.wrong(word.start, message));
        }
        let cycle = number(word.bytes, 10).filter(|cycle| *cycle <= MAX_CYCLE);
        cycle.ok_or_else(|| {
            let message = format!(
                "cycle {} is too large: at most {MAX_CYCLE} expected",
                word.shown()
            );
            self.wrong(word.start, message)
        })
    }

    fn address(&self, word: Word<'_>) -> Result<u64, Malformed> {
        let prefix = if hex_prefixed(word.bytes) { 2 } else { 0 };
        let digits = &word.bytes[prefix..];
        if digits.is_empty() {
            let message = format!("`{}` is no address: hex digits expected", word.shown());
            return Err(self.wrong(word.start, message));
        }
        if let Some(at) = digits.iter().position(|digit| !digit.is_ascii_hexdigit()) {
            let wrong = Word {
                start: word.start + prefix + at,
                bytes: &digits[at..],
            };
            let first = String::from_utf8_lossy(wrong.bytes).chars().next();
            let message = format!(
                "`{}` in the address is not a hex digit",
                first.unwrap_or_default().escape_debug()
            );
            return Err(self.wrong(wrong.start, message));
        }
        number(digits, 16).ok_or_else(|| {
            let message = format!("address `{}` has more than 64 bits", word.shown());
            self.wrong(word.start, message)
        })
    }

    fn bytes(&self, word: Word<'_>) -> Result<u32, Malformed> {
        let digits = word.bytes.iter().all(u8::is_ascii_digit);
        let bytes = number(word.bytes, 10)
            .filter(|bytes| digits && (1..=u64::from(MAX_BYTES)).contains(bytes));
        match bytes {
            Some(bytes) => Ok(bytes as u32),
            None => {
                let message = format!(
                    "`{}` is no number of bytes: 1 to {MAX_BYTES} expected",
                    word.shown()
                );
                Err(self.wrong(word.start, message))
            }
        }
    }
}

/// The number of digits; none if it has more than 64 bits or is none.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPACITY: u64 = 0x2_0000;

    fn all(text: &[u8]) -> Vec<Result<Option<Request>, Malformed>> {
        let mut parser = Parser::new(CAPACITY);
        let lines = text.split(|byte| *byte == b'\n').enumerate();
        lines
            .map(|(index, line)| parser.line(index + 1, line))
            .collect()
    }

    fn requests(text: &str) -> Vec<Request> {
        let lines = all(text.as_bytes()).into_iter();
        lines
            .filter_map(|line| line.expect("well-formed"))
            .collect()
    }

    fn request(at: Option<u64>, write: bool, addr: u64, bytes: u32) -> Request {
        Request {
            at,
            write,
            addr,
            bytes,
        }
    }

    #[test]
    fn every_form_is_read() {
        let text = "# a comment\n\n  17 R 1F80\t\n- w 0x40 4096 # the largest\r\n17 W 7 1\n";
        let expected = [
            request(Some(17), false, 0x1f80, 64),
            request(None, true, 0x40, 4096),
            request(Some(17), true, 7, 1),
        ];
        assert_eq!(requests(text), expected);
        let text = "0x1f80 READ 3\n0X40 WRITE 3\n0x0 R\n0x0 W 9";
        let expected = [
            request(Some(3), false, 0x1f80, 64),
            request(Some(3), true, 0x40, 64),
            request(None, false, 0, 64),
            request(Some(9), true, 0, 64),
        ];
        assert_eq!(requests(text), expected);
        let expected = [
            request(None, false, 0x1f80, 64),
            request(None, true, 0x40, 64),
        ];
        assert_eq!(requests("LD 0x1f80\nST 0x40\n"), expected);
        assert_eq!(requests("# nothing\n\n \t\n"), []);
    }

    #[test]
    fn the_last_byte_of_the_memory_can_be_asked_for() {
        assert_eq!(requests("- R 1ffff 1"), [request(None, false, 0x1ffff, 1)]);
        assert_eq!(requests("- R 1ffc0"), [request(None, false, 0x1ffc0, 64)]);
    }

    #[test]
    fn each_mistake_is_named_at_its_place() {
        for (text, place, words) in [
            (
                "x",
                (1, 1),
                "`x` begins no request: CYCLE|- R|W HEXADDR [BYTES], or 0xADDR",
            ),
            ("-1 R 0", (1, 1), "`-1` begins no request"),
            ("LOAD 0x0", (1, 1), "`LOAD` begins no request"),
            ("- X 0", (1, 3), "`X` is no direction: R or W expected"),
            (
                "- READ 0",
                (1, 3),
                "`READ` is no direction: R or W expected",
            ),
            ("-  ", (1, 2), "the line ends here: R or W expected"),
            (
                "- R # 0",
                (1, 4),
                "the line ends here: an address in hex expected",
            ),
            ("- R 12g4", (1, 7), "`g` in the address is not a hex digit"),
            ("- R 0x", (1, 5), "`0x` is no address: hex digits expected"),
            ("- R 1ffffffffffffffff", (1, 5), "has more than 64 bits"),
            (
                "- R 0 0",
                (1, 7),
                "`0` is no number of bytes: 1 to 4096 expected",
            ),
            ("- R 0 4097", (1, 7), "`4097` is no number of bytes"),
            ("- R 0 +8", (1, 7), "`+8` is no number of bytes"),
            (
                "- R 0 64 R",
                (1, 10),
                "`R` is one word too many: CYCLE|- R|W HEXADDR [BYTES] expected",
            ),
            (
                "- R 20000",
                (1, 5),
                "64 bytes at 0x20000 end beyond the memory of 0x20000 bytes",
            ),
            (
                "- R ffffffffffffffff",
                (1, 5),
                "64 bytes at 0xffffffffffffffff end beyond the memory",
            ),
            (
                "\n- W 1ffff 2",
                (2, 5),
                "2 bytes at 0x1ffff end beyond the memory",
            ),
            ("99999999999999999999 R 0", (1, 1), "is too large"),
            (
                "7 R 0\n- R 0\n6 R 0",
                (3, 1),
                "cycle 6 after cycle 7 of line 1",
            ),
            (
                "0x0 READ 7\n0x0 READ 6",
                (2, 10),
                "cycle 6 after cycle 7 of line 1",
            ),
            (
                "0x0 LOAD 7",
                (1, 5),
                "`LOAD` is no direction: READ, WRITE, R or W expected",
            ),
            ("0x0 read 7", (1, 5), "`read` is no direction"),
            (
                "0x0",
                (1, 4),
                "the line ends here: READ, WRITE, R or W expected",
            ),
            (
                "0x0 READ 0x7",
                (1, 10),
                "`0x7` is no cycle: decimal digits expected",
            ),
            ("0x0 READ -", (1, 10), "`-` is no cycle"),
            (
                "0x0 READ 1 64",
                (1, 12),
                "`64` is one word too many: 0xADDR",
            ),
            (
                "0xq READ 1",
                (1, 3),
                "`q` in the address is not a hex digit",
            ),
            ("LD 123", (1, 4), "`123` is no address such as 0x1f80"),
            (
                "LD",
                (1, 3),
                "the line ends here: an address such as 0x1f80 expected",
            ),
            (
                "LD 0x0 1",
                (1, 8),
                "`1` is one word too many: LD|ST 0xADDR expected",
            ),
            (
                "#\n5 R 0\n0x0 READ 5",
                (3, 1),
                "`0x0` here, but line 2 made this a file of CYCLE|- R|W HEXADDR [BYTES]",
            ),
            (
                "0x0 READ 5\nLD 0x0",
                (2, 1),
                "`LD` here, but line 1 made this a file of 0xADDR",
            ),
            (
                "LD 0x0\nfoo",
                (2, 1),
                "`foo` here, but line 1 made this a file of LD|ST 0xADDR",
            ),
            (
                "- R \u{fc}0",
                (1, 5),
                "`\u{fc}` in the address is not a hex digit",
            ),
            ("\u{fc}\u{fc} R 0", (1, 1), "begins no request"),
        ] {
            let errors = all(text.as_bytes()).into_iter().filter_map(Result::err);
            let errors: Vec<Malformed> = errors.collect();
            let [error] = &errors[..] else {
                panic!("one mistake in `{text}`, found {errors:?}")
            };
            assert_eq!((error.line, error.column), place, "{text}: {error}");
            assert!(error.message.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn columns_count_characters_and_long_words_are_cut() {
        let error = all("- R 0\u{e4}\u{e4} \u{e4}".as_bytes())
            .remove(0)
            .unwrap_err();
        assert_eq!(error.column, 6);
        let error = all("z".repeat(1000).as_bytes()).remove(0).unwrap_err();
        assert!(
            error
                .message
                .starts_with(&format!("`{}..`", "z".repeat(SHOWN)))
        );
        let error = all(b"- \xff\x00 0").remove(0).unwrap_err();
        assert!(
            error.message.contains("`\u{fffd}\\0` is no direction"),
            "{error}"
        );
    }

    #[test]
    fn a_line_of_a_wrong_form_does_not_hide_the_next_ones() {
        let lines = all(b"- R 0\n0x0 READ 1\n- R 40");
        assert!(lines[0].is_ok() && lines[1].is_err() && lines[2].is_ok());
    }

    /// Words that lie close to what the grammar takes.
    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("-".to_owned()),
            Just("R".to_owned()),
            Just("WRITE".to_owned()),
            Just("LD".to_owned()),
            Just("#".to_owned()),
            "[0-9]{1,22}",
            "0[xX][0-9a-f]{0,18}",
            "\\PC{0,6}",
        ]
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            3 => prop::collection::vec(word(), 0..6).prop_map(|words| words.join(" ").into_bytes()),
            1 => prop::collection::vec(any::<u8>(), 0..80),
        ]
    }

    proptest! {
        /// Whatever the lines hold, nothing panics, a request lies in the memory, cycles do not go back, and a mistake is
        /// placed in its line and told in a few words.
        #[test]
        fn any_bytes_are_read_or_refused(lines in prop::collection::vec(line(), 0..12)) {
            let mut parser = Parser::new(CAPACITY);
            let mut latest = 0;
            for (index, line) in lines.iter().enumerate() {
                match parser.line(index + 1, line) {
                    Ok(Some(request)) => {
                        prop_assert!((1..=MAX_BYTES).contains(&request.bytes));
                        prop_assert!(request.addr + u64::from(request.bytes) <= CAPACITY);
                        prop_assert!(request.at.unwrap_or(latest) >= latest);
                        latest = request.at.unwrap_or(latest);
                    }
                    Ok(None) => {}
                    Err(malformed) => {
                        prop_assert_eq!(malformed.line, index + 1);
                        let characters = String::from_utf8_lossy(line).chars().count();
                        prop_assert!((1..=characters + 1).contains(&malformed.column));
                        prop_assert!(malformed.message.len() < 600);
                    }
                }
            }
        }

        /// What is written in a form is read back from it.
        #[test]
        fn what_is_written_is_read(
            cycles in prop::collection::vec(prop::option::of(0..100_u64), 1..20),
            write: bool,
            addr in 0..CAPACITY - 4096,
            bytes in 1..=4096_u32,
        ) {
            let mut now = 0;
            let mut text = String::new();
            let mut expected = Vec::new();
            for gap in cycles {
                let at = gap.map(|gap| now + gap);
                now = at.unwrap_or(now);
                let shown = at.map_or("-".to_owned(), |at| at.to_string());
                text += &format!("{shown} {} {addr:x} {bytes}\n", if write { "W" } else { "R" });
                expected.push(request(at, write, addr, bytes));
            }
            prop_assert_eq!(requests(&text), expected);
        }
    }
}
