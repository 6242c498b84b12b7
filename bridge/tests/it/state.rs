//! State without reset, and the digest that tells runs apart.

use gpnpu_bridge::builder::Flavour;
use gpnpu_bridge::model::{Cycle, Digest, Model};

use crate::support::{Bench, built};

/// The outputs and the digest of a run that reads the whole memory, never written.
fn reads(flavour: Flavour, seed: u64) -> (Vec<u32>, Digest) {
    let mut bench = Bench::new(&built("state", flavour), seed);
    bench.reset();
    let mut seen = Vec::new();
    for address in 0..16 {
        assert!(!bench.set("address_i", address).cycle());
        seen.push(bench.get("data_o"));
    }
    seen.push(bench.get("unreset_o"));
    (seen, bench.model.digest())
}

#[test]
fn uninitialised_state_comes_from_the_seed() {
    let (first, digest) = reads(Flavour::Fast, 1);
    assert_eq!(reads(Flavour::Fast, 1), (first.clone(), digest));
    let (other, other_digest) = reads(Flavour::Fast, 2);
    assert_ne!(first, other);
    assert_ne!(digest, other_digest);
}

/// The runtime takes 31 bits, 0 meaning "pick one": this seed was once folded to 0, and the run was not repeatable.
#[test]
fn every_seed_is_repeatable() {
    for seed in [0, 1 << 31, 1 << 63, 0x8000_0000_8000_0000, u64::MAX] {
        assert_eq!(
            reads(Flavour::Fast, seed),
            reads(Flavour::Fast, seed),
            "{seed:#x}"
        );
    }
}

#[test]
fn uninitialised_state_is_the_same_in_every_flavour() {
    for seed in [1, 77] {
        let fast = reads(Flavour::Fast, seed);
        assert_eq!(fast, reads(Flavour::Trace, seed));
        assert_eq!(fast, reads(Flavour::Cover, seed));
    }
}

#[test]
fn uninitialised_state_does_not_depend_on_threads() {
    let seeds: Vec<u64> = (1..=24).collect();
    let alone: Vec<_> = seeds
        .iter()
        .map(|seed| reads(Flavour::Fast, *seed))
        .collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let seeds = &seeds;
                // Each thread begins elsewhere, and runs every seed.
                scope.spawn(move || {
                    let order = (0..seeds.len()).map(|at| (at + 3 * thread) % seeds.len());
                    let mut results: Vec<_> = order
                        .map(|at| (at, reads(Flavour::Fast, seeds[at])))
                        .collect();
                    results.sort_by_key(|(at, _)| *at);
                    results
                        .into_iter()
                        .map(|(_, result)| result)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(together.iter().all(|results| *results == alone));
}

/// A batch of 40 cycles with the bit `flip` of the frame of cycle 20 inverted.
fn digest_with(flip: Option<usize>) -> Digest {
    let built = built("state", Flavour::Fast);
    let words = built.layout.input_words;
    let mut frames: Vec<u32> = (0..40 * words as u32)
        .map(|i| i.wrapping_mul(0x9e37_79b9))
        .collect();
    for (cycle, frame) in frames.chunks_exact_mut(words).enumerate() {
        for port in &built.layout.inputs {
            frame[port.word] &= (1 << port.width) - 1;
        }
        frame[0] = u32::from(cycle > 1);
    }
    if let Some(bit) = flip {
        frames[20 * words + bit / 32] ^= 1 << (bit % 32);
    }
    let mut model = Model::load(&built, 5).unwrap();
    let mut out = vec![0; 40 * built.layout.output_words];
    assert_eq!(model.run(&frames, &mut out, 40), (40, false));
    model.digest()
}

#[test]
fn the_digest_sees_every_input_bit() {
    let layout = built("state", Flavour::Fast).layout;
    let mut seen = vec![digest_with(None).0];
    for port in &layout.inputs {
        for bit in 0..port.width {
            seen.push(digest_with(Some(port.bit() + bit)).0);
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen.len(),
        all,
        "each flipped bit gives a digest of its own"
    );
}

#[test]
fn the_digest_depends_on_the_order_of_cycles() {
    let digest = |order: [u32; 2]| {
        let mut bench = Bench::new(&built("state", Flavour::Fast), 1);
        bench.reset();
        for address in order {
            bench.set("address_i", address).cycle();
        }
        bench.model.digest()
    };
    assert_ne!(digest([1, 2]), digest([2, 1]));
}

#[test]
fn many_cycles_in_one_call_equal_single_ones() {
    let built = built("state", Flavour::Fast);
    let mut many = Bench::new(&built, 3);
    let mut single = Bench::new(&built, 3);
    for bench in [&mut many, &mut single] {
        bench.reset();
        bench
            .set("write_i", 1)
            .set("address_i", 15)
            .set("data_i", 0xbeef);
    }
    assert!(!many.cycles(37));
    for _ in 0..37 {
        assert!(!single.cycle());
    }
    assert_eq!(many.out, single.out);
    assert_eq!(many.get("count_o"), 36);
    assert_eq!(many.model.digest(), single.model.digest());
    assert_eq!(
        (many.model.cycle(), single.model.cycle()),
        (Cycle(39), Cycle(39))
    );
    assert!(!many.cycles(0));
    assert_eq!(many.model.cycle(), Cycle(39));
}

/// A batch stops after the cycle of a report, and says how far it came.
#[test]
fn a_batch_stops_where_the_rtl_reports() {
    let mut bench = Bench::new(&built("reporter", Flavour::Fast), 1);
    bench.reset();
    let quiet = bench.frame.clone();
    let loud = bench.set("what_i", 2).frame.clone();
    let frames = [&quiet[..], &quiet, &loud, &quiet].concat();
    let mut out = vec![0; 4 * bench.out.len()];
    assert_eq!(bench.model.run(&frames, &mut out, 4), (3, true));
    assert_eq!(bench.model.cycle(), Cycle(5));
    assert_eq!(bench.model.run(&quiet, &mut bench.out, 1), (1, false));
}

#[test]
#[should_panic(expected = "inputs: 5 words given, 4 or 2 times as many needed")]
fn a_batch_of_the_wrong_size_is_refused() {
    let mut bench = Bench::new(&built("unstable", Flavour::Fast), 1);
    bench.model.run(&[0; 5], &mut bench.out, 2);
}
