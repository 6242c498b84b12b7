//! What the AXI4 agents cost per clock cycle, without a block: one 512-bit port at full rate in both directions.
//!
//!     cargo run --release -p gpnpu-testbenches --example axi_speed

use std::time::Instant;

use gpnpu_bridge::model::Cycle;
use gpnpu_testbenches::kit::Streams;
use gpnpu_testbenches::kit::axi::{
    AddressBeat, AxiPaces, ManagerAgent, ManagerSettings, Memory, MemoryCheck, Request, Space,
    Subordinate, SubordinateSettings, WriteBeat,
};

const BUS: usize = 64;
const REQUESTS: u64 = 200_000;

/// Runs reads and writes of `beats` beats each, with `races` of the same addresses at the same time, and returns cycles and nanoseconds per cycle: of the agent, its
/// monitor and golden together, and of the subordinate, which takes the place of a block.
fn measure(beats: u64, races: bool) -> (u64, f64, f64) {
    let streams = Streams::new(1, "axi_speed");
    let settings = ManagerSettings {
        max_reads: 64,
        max_writes: 64,
        ..ManagerSettings::default()
    };
    let answers = SubordinateSettings {
        latency: 8..9,
        reorder: false,
        max_reads: 64,
        max_writes: 64,
        ..SubordinateSettings::free(BUS)
    };
    let paces = AxiPaces::default();
    let mut agent = ManagerAgent::new("", BUS, settings, paces, &streams);
    let mut subordinate = Subordinate::new("", answers, paces, &streams);
    let mut check = MemoryCheck::new(Memory::new(1, BUS, Space::ALL), &[""]);
    let data: Vec<WriteBeat> = (1..=beats)
        .map(|beat| WriteBeat {
            data: [beat as u32; 16],
            strb: u64::MAX,
            last: beat == beats,
        })
        .collect();
    for n in 0..REQUESTS / beats {
        let address = AddressBeat {
            id: (n % 16) as u32,
            addr: n * 64 * beats % 0x10_0000,
            len: (beats - 1) as u8,
            size: 6,
            ..AddressBeat::default()
        };
        agent.manager.push(Request::write(address, data.clone()));
        let apart = AddressBeat {
            addr: address.addr ^ if races { 0 } else { 0x8_0000 },
            ..address
        };
        agent.manager.push(Request::read(apart));
    }
    let (mut cycle, mut block) = (0, 0.0);
    let started = Instant::now();
    while agent.manager.pending() > 0 {
        let now = Cycle(cycle);
        agent.drive();
        let outside = Instant::now();
        subordinate.drive(&mut agent.bus);
        block += outside.elapsed().as_nanos() as f64;
        agent.observe(now).expect("legal");
        let buses = std::iter::once(&agent.bus);
        check.observe(now, buses, |_, _| ()).expect("right");
        while agent.manager.completed().is_some() {}
        let outside = Instant::now();
        subordinate.observe(now, &agent.bus);
        block += outside.elapsed().as_nanos() as f64;
        cycle += 1;
    }
    let total = started.elapsed().as_nanos() as f64;
    let cycles = cycle as f64;
    (cycle, (total - block) / cycles, block / cycles)
}

fn main() {
    for (beats, races) in [(1, false), (4, false), (64, false), (4, true)] {
        let (cycles, agents, block) = measure(beats, races);
        let what = if races {
            "every read races with a write"
        } else {
            "no races"
        };
        println!(
            "{beats:2} beats a burst, {what}: {cycles} cycles, agent, monitor and golden {agents:.0} ns a cycle, \
             subordinate {block:.0} ns"
        );
    }
}
