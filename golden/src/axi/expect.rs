//! Which responses a memory may give.

use std::fmt;

use super::{AddressBeat, Burst, Resp};

/// What a memory serves; anything else it answers with an error, and leaves its content alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes from address 0 on; a beat that begins at or above it is answered with `DECERR`.
    pub capacity: u64,
    /// Whether FIXED bursts are served; if not, they are answered with `SLVERR`.
    pub fixed: bool,
    /// Bytes of the widest beat that is served; bursts of wider ones are answered with `SLVERR`.
    pub widest: u64,
}

impl Space {
    /// The whole address space, all bursts that have a type.
    pub const ALL: Self = Self {
        capacity: u64::MAX,
        fixed: true,
        widest: u64::MAX,
    };

    /// Whether a burst is answered with `SLVERR`, wherever it is.
    #[inline]
    fn refuses(&self, request: &AddressBeat) -> bool {
        let by_type = match request.burst {
            Burst::Incr | Burst::Wrap => false,
            Burst::Fixed => !self.fixed,
            Burst::Reserved => true,
        };
        by_type || request.beat_bytes() > self.widest
    }

    /// Whether a beat reaches the content.
    #[inline]
    pub fn serves(&self, request: &AddressBeat, addr: u64) -> bool {
        addr < self.capacity && !self.refuses(request)
    }

    /// What a read may be answered with for its beat at `addr`.
    #[inline]
    pub fn read_answers(&self, request: &AddressBeat, addr: u64) -> Answers {
        let mut answers = Answers::default();
        if self.refuses(request) {
            answers = answers.and(Resp::SlvErr);
        }
        if addr >= self.capacity {
            answers = answers.and(Resp::DecErr);
        }
        match (answers == Answers::default(), request.lock) {
            (true, true) => Answers::default().and(Resp::Okay).and(Resp::ExOkay),
            (true, false) => Answers::default().and(Resp::Okay),
            (false, _) => answers,
        }
    }

    /// What a write may be answered with: the error of any of its beats.
    pub fn write_answers(&self, request: &AddressBeat) -> Answers {
        self.read_answers(request, request.span().1.max(request.addr))
    }
}

/// A set of responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers(u8);

impl Answers {
    /// The same with one more.
    #[must_use]
    pub fn and(self, resp: Resp) -> Self {
        Self(self.0 | 1 << resp.code())
    }

    /// Whether it holds a response.
    #[inline]
    pub fn allow(self, resp: Resp) -> bool {
        self.0 >> resp.code() & 1 != 0
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [Resp::Okay, Resp::ExOkay, Resp::SlvErr, Resp::DecErr];
        let mut names = all.into_iter().filter(|resp| self.allow(*resp));
        if let Some(first) = names.next() {
            write!(f, "{first:?}")?;
        }
        names.try_for_each(|name| write!(f, " or {name:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_take_the_place_of_okay() {
        let space = Space {
            capacity: 0x1000,
            fixed: false,
            widest: 64,
        };
        let mut request = AddressBeat {
            addr: 0xff8,
            len: 0,
            size: 3,
            ..AddressBeat::default()
        };
        assert_eq!(space.write_answers(&request).to_string(), "Okay");
        assert_eq!(space.read_answers(&request, 0x1000).to_string(), "DecErr");
        request.lock = true;
        assert_eq!(space.write_answers(&request).to_string(), "Okay or ExOkay");
        request.burst = Burst::Fixed;
        assert_eq!(space.write_answers(&request).to_string(), "SlvErr");
        request.addr = 0x1000;
        assert_eq!(
            space.write_answers(&request).to_string(),
            "SlvErr or DecErr"
        );
    }

    #[test]
    fn a_burst_without_a_type_and_one_of_wide_beats_is_refused() {
        let space = Space {
            widest: 64,
            ..Space::ALL
        };
        let plain = AddressBeat {
            size: 6,
            ..AddressBeat::default()
        };
        let reserved = AddressBeat {
            burst: Burst::Reserved,
            ..plain
        };
        let wide = AddressBeat { size: 7, ..plain };
        for (request, served) in [(plain, true), (reserved, false), (wide, false)] {
            assert_eq!(space.serves(&request, 0), served, "{request:?}");
            let answer = if served { "Okay" } else { "SlvErr" };
            assert_eq!(space.read_answers(&request, 0).to_string(), answer);
        }
    }
}
