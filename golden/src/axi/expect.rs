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
}

impl Space {
    /// The whole address space, all bursts.
    pub const ALL: Self = Self {
        capacity: u64::MAX,
        fixed: true,
    };

    /// Whether a beat reaches the content.
    #[inline]
    pub fn serves(&self, request: &AddressBeat, addr: u64) -> bool {
        addr < self.capacity && (self.fixed || request.burst != Burst::Fixed)
    }

    /// What a read may be answered with for its beat at `addr`.
    #[inline]
    pub fn read_answers(&self, request: &AddressBeat, addr: u64) -> Answers {
        let mut answers = Answers::default();
        if !self.fixed && request.burst == Burst::Fixed {
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
}
