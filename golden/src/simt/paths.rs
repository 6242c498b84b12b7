//! The paths of a warp: which lanes are where, and whose turn it is.

use std::cmp::Reverse;

use super::mask::LaneMask;

/// Instructions, as `spent` counts them, after which another path gets a turn.
pub const YIELD_AFTER: u32 = 4096;
/// Instructions of a turn.
pub const TURN: u32 = 256;
/// What an AMO, LR or SC adds to `spent`.
pub const ATOMIC_WEIGHT: u32 = 64;

/// What a path waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// For nothing: it can execute.
    Ready,
    /// All threads of the CTA that have not ended.
    Bar,
    /// The lanes of this mask that have not ended.
    Warpsync(LaneMask),
}

/// Lanes at the same PC and call depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The instruction that is next; of a waiting path, the one at which it waits.
    pub pc: u64,
    /// The call depth.
    pub depth: u16,
    /// The lanes.
    pub mask: LaneMask,
    /// Whether it is ready.
    pub state: State,
}

impl Path {
    /// Smaller is earlier: the deeper path, then the lower PC.
    fn order(&self) -> (Reverse<u16>, u64) {
        (Reverse(self.depth), self.pc)
    }

    fn is_ready(&self) -> bool {
        self.state == State::Ready
    }
}

/// What an instruction was, as far as the paths care.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// A control instruction: after it, paths merge in a turn too.
    pub control: bool,
    /// What it adds to `spent`.
    pub weight: u32,
}

/// All paths of a warp and the state of the yield rule.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    paths: Vec<Path>,
    spent: u32,
    turn: LaneMask,
    favoured: LaneMask,
    left: u32,
    /// In a turn, lanes of the path that runs until its next control instruction; none if one is to be chosen.
    bound: LaneMask,
    merges: u64,
}

impl Paths {
    /// One path of all lanes at the entry.
    pub fn new(mask: LaneMask, entry: u64) -> Paths {
        let start = Path {
            pc: entry,
            depth: 0,
            mask,
            state: State::Ready,
        };
        Paths {
            paths: vec![start],
            ..Paths::default()
        }
    }

    /// All paths, in no particular order.
    pub fn all(&self) -> &[Path] {
        &self.paths
    }

    /// The lanes that have not ended.
    pub fn live(&self) -> LaneMask {
        self.paths
            .iter()
            .fold(LaneMask::NONE, |live, path| live | path.mask)
    }

    /// The lanes of the paths in a state that `is` names.
    pub fn lanes(&self, is: impl Fn(State) -> bool) -> LaneMask {
        let waiting = self.paths.iter().filter(|path| is(path.state));
        waiting.fold(LaneMask::NONE, |lanes, path| lanes | path.mask)
    }

    /// Whether a turn is under way.
    pub fn in_turn(&self) -> bool {
        self.left > 0
    }

    /// How often two paths became one.
    pub fn merges(&self) -> u64 {
        self.merges
    }

    /// The first of all paths, waiting or not.
    pub fn first(&self) -> Option<Path> {
        self.paths.iter().copied().min_by_key(Path::order)
    }

    /// The path that executes next. None if no path is ready.
    pub fn next(&self) -> Option<Path> {
        let counts = |path: &&Path| {
            let favoured = !self.in_turn() || path.mask.meets(self.favoured);
            let bound = self.bound.is_within(path.mask);
            path.is_ready() && favoured && bound
        };
        self.paths
            .iter()
            .filter(counts)
            .min_by_key(|path| path.order())
            .copied()
    }

    /// Replaces the path of exactly these lanes, which has executed an instruction, by its parts.
    pub fn executed(&mut self, mask: LaneMask, parts: &[Path], step: Step) {
        self.paths.retain(|path| path.mask != mask);
        self.paths.extend_from_slice(parts);
        let part_is_ready = parts.iter().any(Path::is_ready);
        self.bound = LaneMask::NONE;
        if self.in_turn() {
            if step.control {
                self.merge();
            }
            self.count_besides(part_is_ready, 0);
            self.left -= 1;
            let favoured = self.lanes(|state| state == State::Ready) & self.favoured;
            if self.left == 0 || favoured.is_empty() {
                self.left = 0;
                self.merge();
            } else if !step.control {
                self.bound = mask;
            }
        } else {
            self.merge();
            self.count_besides(part_is_ready, step.weight);
            if self.spent >= YIELD_AFTER {
                self.begin_turn();
            }
        }
    }

    /// `spent` and `turn` after an instruction, one part of whose path is still ready or none.
    fn count_besides(&mut self, part_is_ready: bool, weight: u32) {
        let ready = self.paths.iter().filter(|path| path.is_ready()).count();
        if ready > usize::from(part_is_ready) {
            self.spent += weight;
        } else {
            self.spent = 0;
            self.turn = LaneMask::NONE;
        }
    }

    /// Begins a turn, if there is a ready path besides the one that would run.
    fn begin_turn(&mut self) {
        let mut others: Vec<Path> = self
            .paths
            .iter()
            .filter(|path| path.is_ready())
            .copied()
            .collect();
        others.sort_by_key(Path::order);
        let others = others.get(1..).unwrap_or(&[]);
        let fresh = others.iter().find(|path| !path.mask.is_within(self.turn));
        let chosen = match (fresh, others.first()) {
            (Some(path), _) => path,
            (None, Some(path)) => {
                self.turn = LaneMask::NONE;
                path
            }
            (None, None) => return,
        };
        self.turn |= chosen.mask;
        self.favoured = chosen.mask;
        self.left = TURN;
        self.spent = 0;
    }

    /// Makes ready what waits in a state that `is` names: it goes on after its instruction. Whether
    /// there was any.
    pub fn release(&mut self, is: impl Fn(State) -> bool) -> bool {
        let mut any = false;
        for path in &mut self.paths {
            if !path.is_ready() && is(path.state) {
                path.state = State::Ready;
                path.pc = path.pc.wrapping_add(4);
                any = true;
            }
        }
        if any {
            self.merge();
        }
        any
    }

    /// Makes one of all ready paths at the same place.
    fn merge(&mut self) {
        let mut merged: Vec<Path> = Vec::with_capacity(self.paths.len());
        for path in self.paths.drain(..) {
            let same = |other: &&mut Path| {
                other.is_ready() && path.is_ready() && other.order() == path.order()
            };
            match merged.iter_mut().find(same) {
                Some(other) => {
                    other.mask |= path.mask;
                    self.merges += 1;
                }
                None => merged.push(path),
            }
        }
        self.paths = merged;
    }
}
