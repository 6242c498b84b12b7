//! A manager and a subordinate against each other, with monitor and golden between them.

use super::*;
use crate::kit::axi::{
    AddressBeat, Checked, Fault, Memory, MemoryCheck, Monitor, Profile, Space, Subordinate,
    SubordinateSettings, WriteBeat,
};
use crate::kit::{Pace, Streams};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const BUS: usize = 16;

struct Pair {
    manager: Manager,
    subordinate: Subordinate,
    monitor: Monitor,
    check: MemoryCheck,
    bus: Bus,
    cycle: u64,
    raced: usize,
}

impl Pair {
    fn new(
        settings: ManagerSettings,
        paces: AxiPaces,
        answers: SubordinateSettings,
        takes: AxiPaces,
        seed: u64,
    ) -> Self {
        let streams = Streams::new(seed, "axi");
        Self {
            manager: Manager::new("m", settings, paces, &streams),
            subordinate: Subordinate::new("s", answers, takes, &streams),
            monitor: Monitor::new("", BUS),
            check: MemoryCheck::new(Memory::new(1, BUS, Space::ALL), &[""]),
            bus: Bus::default(),
            cycle: 0,
            raced: 0,
        }
    }

    fn cycle(&mut self) {
        self.manager.drive(&mut self.bus);
        self.subordinate.drive(&mut self.bus);
        let now = Cycle(self.cycle);
        self.monitor.observe(now, &self.bus).unwrap();
        let raced = &mut self.raced;
        let bus = std::iter::once(&self.bus);
        let checked = self.check.observe(now, bus, |_, checked| {
            *raced += usize::from(matches!(checked, Checked::Read(read) if read.raced));
        });
        checked.unwrap();
        self.manager.observe(now, &self.bus).unwrap();
        self.subordinate.observe(now, &self.bus);
        self.cycle += 1;
    }

    fn finish(&mut self) -> Vec<Completed> {
        while self.manager.pending() > 0 {
            self.cycle();
            assert!(self.cycle < 1_000_000, "hangs");
        }
        assert_eq!(self.monitor.outstanding(), 0);
        assert!(self.check.memory.idle() && self.subordinate.idle());
        std::iter::from_fn(|| self.manager.completed()).collect()
    }
}

fn plain(seed: u64) -> Pair {
    let paces = AxiPaces::default();
    let answers = SubordinateSettings {
        latency: 1..2,
        reorder: false,
        ..SubordinateSettings::free(BUS)
    };
    Pair::new(ManagerSettings::default(), paces, answers, paces, seed)
}

fn address(id: u32, addr: u64, len: u8) -> AddressBeat {
    AddressBeat {
        id,
        addr,
        len,
        size: 4,
        ..AddressBeat::default()
    }
}

fn write(addr: u64, len: u8) -> Request {
    let beat = |last| WriteBeat {
        data: [7; 16],
        strb: 0xffff,
        last,
    };
    let data = (0..=len).map(|n| beat(n == len)).collect();
    Request::write(address(0, addr, len), data)
}

/// Random traffic between two agents that take every freedom is legal, in content, in order and on the wires.
#[test]
fn agents_that_take_every_freedom_break_no_rule() {
    let mut runner = TestRunner::deterministic();
    let mut draw = |strategy: proptest::strategy::BoxedStrategy<AxiPaces>| {
        strategy.new_tree(&mut runner).expect("a value").current()
    };
    let mut raced = 0;
    for seed in 0..20 {
        let settings = ManagerSettings {
            data_ahead: seed % 2 == 0,
            ..ManagerSettings::default()
        };
        let answers = SubordinateSettings {
            interleave: seed % 3 == 0,
            ..SubordinateSettings::free(BUS)
        };
        let (paces, takes) = (draw(AxiPaces::any()), draw(AxiPaces::any()));
        let mut pair = Pair::new(settings, paces, answers, takes, seed);
        let strategy = Profile::memory(BUS, 4, 0x2000).transaction();
        let mut runner = TestRunner::deterministic();
        for _ in 0..100 {
            let drawn = strategy.new_tree(&mut runner).expect("a value").current();
            pair.manager.push(drawn.request(BUS));
        }
        assert_eq!(pair.finish().len(), 100);
        raced += pair.raced;
    }
    assert!(raced > 100, "{raced} reads raced");
}

#[test]
fn latencies_count_from_the_first_offer() {
    let mut pair = plain(1);
    pair.manager.push(write(0, 3));
    pair.manager.push(Request::read(address(1, 0, 3)));
    let done = pair.finish();
    let of = |write| done.iter().find(|done| done.write == write).expect("both");
    let read = of(false);
    assert_eq!((read.issued, read.accepted), (Cycle(0), Cycle(0)));
    // A subordinate that answers in the cycle after the next, then a beat in every cycle.
    assert_eq!((read.first_data, read.responded), (Cycle(1), Cycle(4)));
    assert_eq!((read.to_first_data(), read.latency()), (1, 4));
    let write = of(true);
    assert_eq!((write.first_data, write.last_data), (Cycle(0), Cycle(3)));
    assert_eq!(write.responded, Cycle(4));
}

#[test]
fn a_fence_waits_for_all_before_it_and_holds_all_after_it() {
    let mut pair = plain(1);
    pair.manager.push(write(0, 7));
    let fenced = Request {
        fence: true,
        ..Request::read(address(1, 0, 0))
    };
    pair.manager.push(fenced);
    pair.manager.push(Request::read(address(2, 0, 0)));
    pair.manager.push(write(64, 0));
    let done = pair.finish();
    assert_eq!(done[0].index, 0);
    assert!(
        done[1..]
            .iter()
            .all(|later| later.issued > done[0].responded)
    );
}

/// A fence before the very first request once waited for ever.
#[test]
fn a_fence_with_nothing_before_it_waits_for_nothing() {
    let mut pair = plain(1);
    for addr in [0, 16] {
        let read = Request::read(address(0, addr, 0));
        pair.manager.push(Request {
            fence: true,
            ..read
        });
    }
    assert_eq!(pair.finish().len(), 2);
}

#[test]
fn no_more_is_outstanding_than_allowed() {
    let settings = ManagerSettings {
        max_reads: 3,
        max_writes: 2,
        ..ManagerSettings::default()
    };
    let answers = SubordinateSettings {
        latency: 20..30,
        ..SubordinateSettings::free(BUS)
    };
    let paces = AxiPaces::default();
    let mut pair = Pair::new(settings, paces, answers, paces, 3);
    for n in 0..20 {
        pair.manager.push(write(64 * n, 0));
        pair.manager.push(Request::read(address(n as u32, 0, 0)));
    }
    let (mut reads, mut writes) = (0, 0);
    while pair.manager.pending() > 0 {
        pair.cycle();
        reads = reads.max(pair.manager.reads_outstanding());
        writes = writes.max(pair.manager.writes_outstanding());
    }
    assert_eq!((reads, writes), (3, 2));
}

#[test]
fn a_request_waits_for_its_cycle() {
    let mut pair = plain(1);
    for earliest in [10, 25] {
        let read = Request::read(address(0, 0, 0));
        pair.manager.push(Request { earliest, ..read });
    }
    let issued: Vec<Cycle> = pair.finish().iter().map(|done| done.issued).collect();
    assert_eq!(issued, [Cycle(10), Cycle(25)]);
}

#[test]
fn data_goes_ahead_of_a_slow_address_only_where_that_is_allowed() {
    for data_ahead in [false, true] {
        let settings = ManagerSettings {
            data_ahead,
            ..ManagerSettings::default()
        };
        let paces = AxiPaces {
            aw: Pace::After(20),
            ..AxiPaces::default()
        };
        let answers = SubordinateSettings::free(BUS);
        let mut pair = Pair::new(settings, paces, answers, AxiPaces::default(), 1);
        pair.manager.push(write(0, 0));
        let done = pair.finish();
        assert_eq!(done[0].first_data < done[0].accepted, data_ahead);
    }
}

#[test]
fn a_reset_loses_what_was_begun_and_nothing_else() {
    let mut pair = plain(1);
    let paces = AxiPaces {
        ar: Pace::Bursts { on: 1, off: 50 },
        ..AxiPaces::default()
    };
    pair.manager = Manager::new(
        "m",
        ManagerSettings::default(),
        paces,
        &Streams::new(1, "x"),
    );
    pair.manager.push(write(0, 15));
    pair.manager.push(Request::read(address(1, 0, 15)));
    pair.manager.push(Request::read(address(2, 0, 0)));
    for _ in 0..5 {
        pair.cycle();
    }
    assert_eq!(pair.manager.reset(), 2);
    pair.bus = Bus::default();
    pair.subordinate.reset(&mut pair.bus);
    pair.check.memory.reset();
    pair.monitor.reset(Cycle(pair.cycle), &pair.bus).unwrap();
    pair.cycle += 1;
    let done = pair.finish();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].address.id, 2);
}

#[test]
fn errors_on_demand_come_for_their_addresses_alone() {
    let mut pair = plain(1);
    let settings = ManagerSettings {
        keep_data: true,
        ..ManagerSettings::default()
    };
    let answers = SubordinateSettings {
        faults: vec![Fault {
            addresses: 0x40..0x50,
            resp: Resp::SlvErr,
            poison: 2,
        }],
        ..SubordinateSettings::free(BUS)
    };
    let streams = Streams::new(1, "x");
    pair.manager = Manager::new("m", settings, AxiPaces::default(), &streams);
    pair.subordinate = Subordinate::new("s", answers, AxiPaces::default(), &streams);
    pair.subordinate.store.write(0x30, &[9; 64]);
    pair.manager.push(write(0x40, 0));
    pair.manager.push(Request::read(address(1, 0x30, 2)));
    let mut done = Vec::new();
    for cycle in 0..200 {
        pair.manager.drive(&mut pair.bus);
        pair.subordinate.drive(&mut pair.bus);
        pair.manager.observe(Cycle(cycle), &pair.bus).unwrap();
        pair.subordinate.observe(Cycle(cycle), &pair.bus);
        done.extend(pair.manager.completed());
    }
    assert!(
        done.iter().all(|done| done.resp == Resp::SlvErr),
        "{done:?}"
    );
    let read = done.iter().find(|done| !done.write).expect("the read");
    let beats: Vec<(Resp, u8, u32)> = read
        .data
        .iter()
        .map(|r| (r.resp, r.poison, r.data[0]))
        .collect();
    let nines = 0x0909_0909;
    assert_eq!(
        beats,
        [
            (Resp::Okay, 0, nines),
            (Resp::SlvErr, 2, nines),
            (Resp::Okay, 0, nines)
        ]
    );
}

#[test]
fn an_answer_that_nothing_waits_for_is_unexpected() {
    let mut pair = plain(1);
    pair.bus.r.valid = true;
    pair.bus.r.ready = true;
    let failure = pair.manager.observe(Cycle(3), &pair.bus).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "cycle 3: m.r answers ID 0x0, for which no request waits"
    );
}
