//! What several cores may see of each other's writes to one address.

use std::collections::{HashMap, HashSet};

use thiserror::Error;

/// A write, in the order in which [`Coherence`] was told of them; 0 is what was there at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WriteId(pub usize);

/// What cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Incoherent {
    /// Nobody wrote this.
    #[error("`{value:#x}` at `{addr:#x}` was never written there")]
    Unwritten {
        /// Address.
        addr: u64,
        /// What was read.
        value: u64,
    },
    /// It was overwritten before, for all to see.
    #[error(
        "`{value:#x}` at `{addr:#x}` is what write {old:?} left, which write {new:?} had visibly overwritten"
    )]
    Stale {
        /// Address.
        addr: u64,
        /// What was read.
        value: u64,
        /// Who wrote it.
        old: WriteId,
        /// Who overwrote it.
        new: WriteId,
    },
    /// The cores do not agree.
    #[error("cores see the writes to `{addr:#x}` in different orders: {around:?}")]
    Order {
        /// Address.
        addr: u64,
        /// Writes of which each was seen before the next, and the last before the first.
        around: Vec<WriteId>,
    },
    /// Two atomics found the same.
    #[error("two atomics at `{addr:#x}` found `{value:#x}`")]
    NotAtomic {
        /// Address.
        addr: u64,
        /// What both found.
        value: u64,
    },
}

#[derive(Clone, Debug)]
struct Write {
    value: u64,
    start: u64,
    visible: u64,
}

#[derive(Clone, Debug)]
struct Place {
    writes: Vec<Write>,
    /// Seen by some core, the first before the second.
    before: HashSet<(usize, usize)>,
    /// What each core saw, or wrote, last.
    last: HashMap<usize, usize>,
    /// Found by an atomic.
    found: HashSet<usize>,
}

/// Judges accesses of several cores to whole, aligned words whose writes all have values of their own.
///
/// All cores have to see the writes of an address in one order. A write starts when its core does the access, and is visible to all
/// when its warp is not busy any more: a load that is asked for after that sees it, or a later one. A core may see its own write before.
#[derive(Clone, Debug, Default)]
pub struct Coherence {
    places: HashMap<u64, Place>,
}

const NEVER: u64 = u64::MAX;

impl Place {
    fn new(initial: u64) -> Self {
        Self {
            writes: vec![Write {
                value: initial,
                start: 0,
                visible: 0,
            }],
            before: HashSet::new(),
            last: HashMap::new(),
            found: HashSet::new(),
        }
    }

    fn see(&mut self, core: usize, write: usize) {
        let before = self.last.insert(core, write).unwrap_or(0);
        if before != write {
            self.before.insert((before, write));
        }
    }

    fn find(&self, addr: u64, value: u64, asked: u64) -> Result<usize, Incoherent> {
        let found = self.writes.iter().position(|write| write.value == value);
        let Some(old) = found else {
            return Err(Incoherent::Unwritten { addr, value });
        };
        let until = self.writes[old].visible;
        let later = |write: &Write| write.start > until && write.visible < asked;
        match self.writes.iter().position(later) {
            Some(new) => Err(Incoherent::Stale {
                addr,
                value,
                old: WriteId(old),
                new: WriteId(new),
            }),
            None => Ok(old),
        }
    }

    /// Writes that would have to be before each other.
    fn around(&self) -> Option<Vec<WriteId>> {
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); self.writes.len()];
        for (from, to) in &self.before {
            edges[*from].push(*to);
        }
        for (from, write) in self.writes.iter().enumerate() {
            let later = self.writes.iter().enumerate();
            edges[from].extend(
                later
                    .filter(|(_, later)| write.visible < later.start)
                    .map(|(to, _)| to),
            );
        }
        // Nodes of which all that follow are known to lead nowhere, and the way to the current one.
        let mut done = vec![false; edges.len()];
        for start in 0..edges.len() {
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((at, next)) = way.last_mut() {
                if done[*at] || *next == edges[*at].len() {
                    done[*at] = true;
                    way.pop();
                    continue;
                }
                let to = edges[*at][*next];
                *next += 1;
                if let Some(first) = way.iter().position(|(at, _)| *at == to) {
                    return Some(way[first..].iter().map(|(at, _)| WriteId(*at)).collect());
                }
                way.push((to, 0));
            }
        }
        None
    }
}

impl Coherence {
    /// What an address holds at first; has to be told before anything else of it.
    pub fn initial(&mut self, addr: u64, value: u64) {
        self.places.insert(addr, Place::new(value));
    }

    fn place(&mut self, addr: u64) -> &mut Place {
        self.places.entry(addr).or_insert_with(|| Place::new(0))
    }

    /// Some core does a write at a time.
    pub fn write(&mut self, addr: u64, value: u64, start: u64) -> WriteId {
        let place = self.place(addr);
        place.writes.push(Write {
            value,
            start,
            visible: NEVER,
        });
        WriteId(place.writes.len() - 1)
    }

    /// The write was this core's; told in the order of the core's trace, among its loads.
    pub fn wrote(&mut self, core: usize, addr: u64, id: WriteId) {
        self.place(addr).see(core, id.0);
    }

    /// A write is visible to all from a time on.
    pub fn visible(&mut self, addr: u64, id: WriteId, time: u64) {
        let write = &mut self.place(addr).writes[id.0];
        write.visible = write.visible.min(time);
    }

    /// A core's load that was asked for at a time gave this; in the order of the core's trace.
    ///
    /// # Errors
    ///
    /// [`Incoherent::Unwritten`] and [`Incoherent::Stale`].
    pub fn load(
        &mut self,
        core: usize,
        addr: u64,
        value: u64,
        asked: u64,
    ) -> Result<(), Incoherent> {
        let place = self.place(addr);
        let seen = place.find(addr, value, asked)?;
        place.see(core, seen);
        Ok(())
    }

    /// What an atomic, told by [`Coherence::write`] before, found.
    ///
    /// # Errors
    ///
    /// As [`Coherence::load`], and [`Incoherent::NotAtomic`].
    pub fn found(
        &mut self,
        addr: u64,
        id: WriteId,
        value: u64,
        asked: u64,
    ) -> Result<(), Incoherent> {
        let place = self.place(addr);
        let seen = place.find(addr, value, asked)?;
        place.before.insert((seen, id.0));
        if !place.found.insert(seen) {
            return Err(Incoherent::NotAtomic { addr, value });
        }
        Ok(())
    }

    /// The end: what each address holds then, and whether there is one order of its writes.
    ///
    /// # Errors
    ///
    /// [`Incoherent::Unwritten`], [`Incoherent::Stale`] and [`Incoherent::Order`].
    pub fn finish(&mut self, content: impl Fn(u64) -> u64) -> Result<(), Incoherent> {
        for (addr, place) in &mut self.places {
            let last = place.find(*addr, content(*addr), NEVER)?;
            for write in (0..place.writes.len()).filter(|write| *write != last) {
                place.before.insert((write, last));
            }
            if let Some(around) = place.around() {
                return Err(Incoherent::Order {
                    addr: *addr,
                    around,
                });
            }
        }
        Ok(())
    }
}
