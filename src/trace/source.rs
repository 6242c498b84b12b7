//! The file of a trace: plain or gzip, read once, checked as a whole before anything is run.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use gpnpu_testbenches::mem3d::traffic::Request;
use tempfile::{SpooledTempFile, spooled_tempfile};

use super::parse::Parser;
use crate::exit::CommandError;
use crate::malformed::{Malformed, MalformedLines};

/// Bytes of a line; what is longer is no trace.
const MAX_LINE: usize = 4096;
/// Bytes of requests that are kept in memory; more of them wait in a temporary file.
const IN_MEMORY: usize = 64 << 20;
/// Bytes of a request that waits: cycle, address, bytes with the direction in the highest bit.
const RECORD: usize = 20;
/// The cycle of a request without one.
const NO_CYCLE: u64 = u64::MAX;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A well-formed trace.
pub struct Trace {
    /// The file's name for people.
    pub name: String,
    /// Number of requests.
    pub requests: u64,
    spool: SpooledTempFile,
}

impl Trace {
    /// Reads a file, `-` for standard input, for a memory of `capacity` bytes.
    ///
    /// # Errors
    ///
    /// Of wrong usage: if it cannot be read, or after its malformed lines were shown.
    pub fn read(path: &Path, capacity: u64) -> Result<Self, CommandError> {
        if path.as_os_str() == "-" {
            return Self::collect("<stdin>".to_owned(), io::stdin().lock(), capacity);
        }
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::collect(name, file, capacity),
            Err(e) => Err(CommandError::usage(format!("cannot read `{name}`: {e}"))),
        }
    }

    fn collect(name: String, input: impl Read, capacity: u64) -> Result<Self, CommandError> {
        let mut parser = Parser::new(capacity);
        let mut malformed = MalformedLines::default();
        let mut spool = BufWriter::new(spooled_tempfile(IN_MEMORY));
        let mut requests = 0;
        let mut failed = Ok(());
        let read = for_each_line(input, |number, line| {
            let parsed = match line {
                Some(line) => parser.line(number, line),
                None => Err(Malformed {
                    line: number,
                    column: MAX_LINE + 1,
                    message: format!("the line is longer than {MAX_LINE} bytes"),
                }),
            };
            match parsed {
                Ok(Some(request)) => {
                    requests += 1;
                    failed = spool.write_all(&pack(&request));
                }
                Ok(None) => {}
                Err(error) => malformed.push(error),
            }
            failed.is_ok()
        });
        if let Err(ReadError { line, error }) = read {
            let message =
                format!("cannot read `{name}` beyond line {line}: {error}; nothing was run");
            return Err(CommandError::usage(message));
        }
        if malformed.count > 0 {
            return Err(malformed.refuse(&name));
        }
        let full = |e: io::Error| {
            CommandError::unforeseen(format!("cannot keep the requests of `{name}`: {e}"))
        };
        failed.map_err(full)?;
        let mut spool = spool.into_inner().map_err(|e| full(e.into_error()))?;
        spool.seek(SeekFrom::Start(0)).map_err(full)?;
        Ok(Self {
            name,
            requests,
            spool,
        })
    }

    /// Its requests, in turn.
    pub fn into_requests(self) -> impl Iterator<Item = Request> {
        let mut reader = BufReader::new(self.spool);
        let count = self.requests;
        (0..count).map(move |_| {
            let mut record = [0; RECORD];
            // The file has no name, so nobody else changes it.
            reader
                .read_exact(&mut record)
                .expect("a request that was kept");
            unpack(&record)
        })
    }
}

/// Why not all lines were read.
#[derive(Debug)]
struct ReadError {
    /// The last line that was read.
    line: usize,
    error: io::Error,
}

/// Calls `each` with the number and the bytes of every line, without what ends it; without its bytes for a line that is
/// too long. Stops early when `each` returns false.
fn for_each_line(
    mut input: impl Read,
    each: impl FnMut(usize, Option<&[u8]>) -> bool,
) -> Result<(), ReadError> {
    let mut magic = Vec::with_capacity(GZIP.len());
    let peeked = (&mut input).take(GZIP.len() as u64).read_to_end(&mut magic);
    peeked.map_err(|error| ReadError { line: 0, error })?;
    let zipped = magic == GZIP;
    let input = BufReader::new(Cursor::new(magic).chain(input));
    if zipped {
        lines(BufReader::new(MultiGzDecoder::new(input)), each)
    } else {
        lines(input, each)
    }
}

fn lines(
    mut input: impl BufRead,
    mut each: impl FnMut(usize, Option<&[u8]>) -> bool,
) -> Result<(), ReadError> {
    let mut line = Vec::with_capacity(MAX_LINE + 2);
    for number in 1.. {
        let failed = |error| ReadError {
            line: number - 1,
            error,
        };
        line.clear();
        let limit = MAX_LINE as u64 + 2;
        let read = (&mut input).take(limit).read_until(b'\n', &mut line);
        if read.map_err(failed)? == 0 {
            return Ok(());
        }
        let ended = line.pop_if(|byte| *byte == b'\n').is_some();
        line.pop_if(|byte| *byte == b'\r');
        let wanted = if line.len() > MAX_LINE {
            if !ended {
                input.skip_until(b'\n').map_err(failed)?;
            }
            each(number, None)
        } else {
            each(number, Some(&line))
        };
        if !wanted {
            return Ok(());
        }
    }
    Ok(())
}

fn pack(request: &Request) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let at = request.at.unwrap_or(NO_CYCLE);
    record[..8].copy_from_slice(&at.to_le_bytes());
    record[8..16].copy_from_slice(&request.addr.to_le_bytes());
    let bytes = request.bytes | u32::from(request.write) << 31;
    record[16..].copy_from_slice(&bytes.to_le_bytes());
    record
}

fn unpack(record: &[u8; RECORD]) -> Request {
    let word = |start: usize| -> [u8; 8] { record[start..start + 8].try_into().expect("8 bytes") };
    let at = u64::from_le_bytes(word(0));
    let bytes = u32::from_le_bytes(record[16..].try_into().expect("4 bytes"));
    Request {
        at: (at != NO_CYCLE).then_some(at),
        write: bytes >> 31 == 1,
        addr: u64::from_le_bytes(word(8)),
        bytes: bytes & (u32::MAX >> 1),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const CAPACITY: u64 = 1 << 20;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn collect(bytes: &[u8]) -> Result<Vec<Request>, CommandError> {
        let trace = Trace::collect("a file".to_owned(), bytes, CAPACITY)?;
        let requests = trace.requests;
        let read: Vec<Request> = trace.into_requests().collect();
        assert_eq!(read.len() as u64, requests);
        Ok(read)
    }

    fn refusal(bytes: &[u8]) -> String {
        let Err(error) = collect(bytes) else {
            panic!("this is no trace")
        };
        assert_eq!(error.exit, crate::exit::Exit::Usage);
        error.message
    }

    const TEXT: &str = "3 R 1f80\n- W 40 4096\r\n\n# end\n9 R ff 1";

    #[test]
    fn gzip_is_found_by_its_first_bytes_and_gives_the_same_requests() {
        let plain = collect(TEXT.as_bytes()).unwrap();
        assert_eq!(plain.len(), 3);
        assert_eq!((plain[0].at, plain[1].at), (Some(3), None));
        assert_eq!((plain[1].write, plain[1].bytes), (true, 4096));
        assert_eq!(collect(&gzip(TEXT.as_bytes())).unwrap(), plain);
        let (begin, end) = TEXT.split_at(13);
        let parts = [gzip(begin.as_bytes()), gzip(end.as_bytes())].concat();
        assert_eq!(collect(&parts).unwrap(), plain);
    }

    #[test]
    fn nothing_is_an_empty_trace() {
        assert_eq!(collect(b"").unwrap(), []);
        assert_eq!(collect(&gzip(b"")).unwrap(), []);
    }

    #[test]
    fn broken_gzip_is_refused() {
        let whole = gzip("- R 0\n".repeat(1000).as_bytes());
        assert!(refusal(&whole[..whole.len() - 9]).contains("beyond line"));
        let mut wrong = whole.clone();
        let check = wrong.len() - 8;
        wrong[check] ^= 1;
        assert!(refusal(&wrong).contains("nothing was run"));
        assert!(refusal(&GZIP).contains("beyond line 0"));
    }

    #[test]
    fn a_line_without_end_is_refused_in_bounded_memory() {
        let endless = io::repeat(b'7').take(1 << 28);
        let mut lengths = Vec::new();
        for_each_line(endless, |number, line| {
            lengths.push((number, line.map(<[u8]>::len)));
            true
        })
        .unwrap();
        assert_eq!(lengths, [(1, None)]);
        let longest = format!("#{}\r\n- R 0\n", "x".repeat(MAX_LINE - 1));
        assert_eq!(collect(longest.as_bytes()).unwrap().len(), 1);
        let longer = longest.replace('#', "##");
        assert_eq!(
            refusal(longer.as_bytes()),
            "1 malformed lines in `a file`; nothing was run"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_trace_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), zipped: bool) {
            let bytes = if zipped { gzip(&bytes) } else { bytes };
            if let Err(error) = collect(&bytes) {
                prop_assert_eq!(error.exit, crate::exit::Exit::Usage);
            }
        }

        #[test]
        fn a_request_that_waits_is_kept_as_it_is(
            at in prop::option::of(0..1_u64 << 62),
            write: bool,
            addr: u64,
            bytes in 1..=4096_u32,
        ) {
            let request = Request { at, write, addr, bytes };
            prop_assert_eq!(unpack(&pack(&request)), request);
        }
    }
}
