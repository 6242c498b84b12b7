//! The bookkeeping of paths, step by step: what programs hardly ever get to.

use gpnpu_golden::simt::mask::LaneMask;
use gpnpu_golden::simt::paths::{Path, Paths, State, Step};

const CONTROL: Step = Step {
    control: true,
    weight: 1,
};
const OTHER: Step = Step {
    control: false,
    weight: 1,
};

fn ready(mask: u16, pc: u64) -> Path {
    Path {
        pc,
        depth: 0,
        mask: LaneMask(mask),
        state: State::Ready,
    }
}

/// Paths right after the branch that made them of one: `spent` is 1.
fn split(parts: &[Path]) -> Paths {
    let all = parts
        .iter()
        .fold(LaneMask::NONE, |all, path| all | path.mask);
    let mut paths = Paths::new(all, 0);
    paths.executed(all, parts, CONTROL);
    paths
}

/// The path of these lanes executes and stays where it is.
fn repeat(paths: &mut Paths, path: Path, count: usize, step: Step) {
    for _ in 0..count {
        paths.executed(path.mask, &[path], step);
    }
}

fn next(paths: &Paths) -> (u16, u64) {
    let path = paths.next().expect("a path is ready");
    (path.mask.0, path.pc)
}

fn all(paths: &Paths) -> Vec<(u16, u64)> {
    let mut all: Vec<_> = paths
        .all()
        .iter()
        .map(|path| (path.mask.0, path.pc))
        .collect();
    all.sort_unstable();
    all
}

/// An instruction after which its path waits counts if another is ready.
#[test]
fn a_path_that_waits_leaves_the_others() {
    let low = ready(1, 0);
    let mut paths = split(&[low, ready(6, 0x100)]);
    repeat(&mut paths, low, 4093, OTHER);
    let waits = Path {
        state: State::Bar,
        ..low
    };
    paths.executed(low.mask, &[waits], CONTROL);
    assert_eq!((paths.in_turn(), next(&paths)), (false, (6, 0x100)));
    paths.executed(LaneMask(6), &[ready(2, 0x200), ready(4, 0x300)], CONTROL);
    assert_eq!((paths.in_turn(), next(&paths)), (true, (4, 0x300)));
}

/// A turn has to wait until there is somebody whose it can be.
#[test]
fn a_turn_needs_another_ready_path() {
    let low = ready(1, 0);
    let waits = Path {
        state: State::Bar,
        ..low
    };
    let mut paths = split(&[low, ready(6, 0x100)]);
    repeat(&mut paths, low, 4094, OTHER);
    paths.executed(low.mask, &[waits], CONTROL);
    assert!(!paths.in_turn());
    let mut alone = paths.clone();
    paths.executed(LaneMask(6), &[ready(2, 0x200), ready(4, 0x300)], CONTROL);
    assert_eq!((paths.in_turn(), next(&paths)), (true, (4, 0x300)));

    // An instruction of the only one clears the count.
    repeat(&mut alone, ready(6, 0x100), 1, OTHER);
    alone.executed(LaneMask(6), &[ready(2, 0x200), ready(4, 0x300)], CONTROL);
    assert!(!alone.in_turn());
}

/// A path is next for a turn if one of its lanes had none, even if others had.
#[test]
fn one_lane_that_had_no_turn_is_enough() {
    let low = ready(1, 0);
    let mut paths = split(&[low, ready(6, 0x100), ready(8, 0x300)]);
    repeat(&mut paths, low, 4095, OTHER);
    assert_eq!((paths.in_turn(), next(&paths)), (true, (6, 0x100)));
    // In its turn the path parts, and lane 2 meets lane 3.
    paths.executed(LaneMask(6), &[ready(2, 0x200), ready(4, 0x300)], CONTROL);
    assert_eq!(all(&paths), [(1, 0), (2, 0x200), (12, 0x300)]);
    repeat(&mut paths, ready(2, 0x200), 255, OTHER);
    assert_eq!((paths.in_turn(), next(&paths)), (false, (1, 0)));
    repeat(&mut paths, low, 4096, OTHER);
    assert_eq!((paths.in_turn(), next(&paths)), (true, (12, 0x300)));
}

/// When all lanes have had one, the round begins anew with the first.
#[test]
fn a_round_of_turns_begins_anew() {
    let low = ready(1, 0);
    let others = [ready(2, 0x100), ready(4, 0x200)];
    let mut paths = split(&[low, others[0], others[1]]);
    let mut before = 4095;
    for turn in [0, 1, 0, 1] {
        repeat(&mut paths, low, before, OTHER);
        assert_eq!(next(&paths), (others[turn].mask.0, others[turn].pc));
        repeat(&mut paths, others[turn], 256, OTHER);
        before = 4096;
    }
}

/// In a turn a path may come to another's place, and goes on alone until its next control instruction or the turn's
/// end; only then are those at the same place one, and the first is chosen.
#[test]
fn paths_at_the_same_place_in_a_turn() {
    let low = ready(1, 0);
    for ends_by in [CONTROL, OTHER] {
        let mut paths = split(&[low, ready(6, 0x100)]);
        repeat(&mut paths, low, 4095, OTHER);
        paths.executed(LaneMask(6), &[ready(2, 0x100), ready(4, 0x104)], CONTROL);
        paths.executed(LaneMask(2), &[ready(2, 0x104)], OTHER);
        assert_eq!(all(&paths), [(1, 0), (2, 0x104), (4, 0x104)]);
        assert_eq!(next(&paths), (2, 0x104));
        // It passes the other.
        paths.executed(LaneMask(2), &[ready(2, 0x108)], OTHER);
        assert_eq!(next(&paths), (2, 0x108));
        // Back again, at the turn's instruction 255: by a control instruction or not.
        repeat(&mut paths, ready(2, 0x108), 251, OTHER);
        paths.executed(LaneMask(2), &[ready(2, 0x104)], ends_by);
        let merged = all(&paths) == [(1, 0), (6, 0x104)];
        assert_eq!((paths.in_turn(), merged), (true, ends_by.control));
        let mask = if merged { 6 } else { 2 };
        assert_eq!(next(&paths), (mask, 0x104));
        repeat(&mut paths, ready(mask, 0x104), 1, OTHER);
        assert_eq!(
            (paths.in_turn(), all(&paths)),
            (false, vec![(1, 0), (6, 0x104)])
        );
    }
}

/// Waiting paths are not merged, not even with one that is ready at their place.
#[test]
fn waiting_paths_stay_apart_until_they_are_released() {
    let waits = |mask, state| Path {
        state,
        ..ready(mask, 0x40)
    };
    let sync = State::Warpsync(LaneMask(3));
    let mut paths = split(&[waits(1, State::Bar), waits(2, sync), ready(4, 0x40)]);
    assert_eq!(all(&paths), [(1, 0x40), (2, 0x40), (4, 0x40)]);
    assert_eq!(paths.lanes(|state| state == State::Bar), LaneMask(1));
    assert_eq!(next(&paths), (4, 0x40));
    assert!(paths.release(|state| state == sync));
    assert!(!paths.release(|state| state == sync));
    paths.executed(LaneMask(4), &[ready(4, 0x44)], OTHER);
    assert_eq!(all(&paths), [(1, 0x40), (6, 0x44)]);
    assert_eq!(paths.merges(), 1);
}

/// What waits elsewhere and goes on in a turn may join the path that runs; that one goes on with all of them.
#[test]
fn a_path_that_is_joined_in_a_turn_goes_on() {
    let low = ready(1, 0);
    let mut paths = split(&[low, ready(6, 0x100)]);
    repeat(&mut paths, low, 4095, OTHER);
    paths.executed(
        LaneMask(6),
        &[
            ready(2, 0x100),
            Path {
                state: State::Bar,
                ..ready(4, 0x104)
            },
        ],
        CONTROL,
    );
    paths.executed(LaneMask(2), &[ready(2, 0x108)], OTHER);
    assert_eq!(next(&paths), (2, 0x108));
    assert!(!paths.release(|_| false));
    assert!(paths.release(|state| state == State::Bar));
    assert_eq!(next(&paths), (6, 0x108));
}
