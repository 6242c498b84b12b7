//! Testbench of `common_axi_ram`: the smallest complete one of an AXI4 block, and the one to copy for a block of your
//! own. `drive` and `sample` are all that knows the block's ports.

use std::ops::Range;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::common::axi::{AxiSample, StrobeClass};
use gpnpu_coverage::common::axi_ram::{AxiRamCoverage, AxiRamCycle, ChannelState, Company};
use gpnpu_golden::common::axi_ram::AxiRam;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kit::axi::{
    AddressBeat, AxiPaces, Burst, Bus, Checked, Completed, ManagerAgent, ManagerSettings,
    MemoryCheck, Profile, Request, Resp, Strobes, Transaction, Window,
};
use crate::kit::{AnyTest, Failure, Pace, PaceSet, Parameters, Run, Stimulus, Test, Testbench};
use crate::ports::common_axi_ram::{CommonAxiRam, In, Out};
use crate::ports::common_axi_ram_pkg::RamAx;

/// Which of the figures in the block's header a run has to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figures {
    /// None.
    #[default]
    None,
    /// The latencies: each transaction is alone.
    Latency,
    /// A beat per cycle in each direction, from the first to the last.
    Throughput,
}

/// Transactions of a memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AxiRamStimulus {
    /// Transactions in order; reads do not wait for writes, nor the reverse.
    pub transactions: Vec<Transaction>,
    /// When the channels move.
    #[serde(default)]
    pub paces: AxiPaces,
    /// Transactions of a kind under way, at most.
    pub outstanding: usize,
    /// Cycles of resets, counted from the one before; what is under way then is lost.
    #[serde(default)]
    pub resets: Vec<u64>,
    /// What has to be reached.
    #[serde(default)]
    pub figures: Figures,
    /// Bytes of the bus that the transactions are legal on.
    pub bus_bytes: usize,
}

/// Single transactions are simplified once only so many are left; before that the runs are better spent on removing.
const FEW: usize = 8;

impl Stimulus for AxiRamStimulus {
    fn len(&self) -> usize {
        self.transactions.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.transactions.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.resets.is_empty() {
            all.push(Self {
                resets: Vec::new(),
                ..self.clone()
            });
        }
        if self.outstanding > 1 {
            all.push(Self {
                outstanding: 1,
                ..self.clone()
            });
        }
        all.extend(self.paces.simpler().into_iter().map(|paces| Self {
            paces,
            ..self.clone()
        }));
        if self.transactions.len() <= FEW {
            for (index, transaction) in self.transactions.iter().enumerate() {
                let simpler = transaction.simpler(self.bus_bytes).into_iter();
                all.extend(simpler.map(|transaction| {
                    let mut candidate = self.clone();
                    candidate.transactions[index] = transaction;
                    candidate
                }));
            }
        }
        all
    }
}

/// The manager's side of the port, before a cycle.
fn drive(i: &mut In, bus: &Bus) {
    let words = i.w_data_i.len();
    i.aw_valid_i = bus.aw.valid;
    i.aw_i = (&bus.aw.beat).into();
    i.w_valid_i = bus.w.valid;
    i.w_data_i.copy_from_slice(&bus.w.beat.data[..words]);
    i.w_strb_i = bus.w.beat.strb;
    i.w_last_i = bus.w.beat.last;
    i.b_ready_i = bus.b.ready;
    i.ar_valid_i = bus.ar.valid;
    i.ar_i = (&bus.ar.beat).into();
    i.r_ready_i = bus.r.ready;
}

/// The memory's side of the port, after a cycle.
fn sample(o: &Out, bus: &mut Bus) {
    bus.aw.ready = o.aw_ready_o;
    bus.w.ready = o.w_ready_o;
    bus.b.valid = o.b_valid_o;
    bus.b.beat.id = o.b_o.id.into();
    bus.b.beat.resp = Resp::from_code(o.b_o.resp);
    bus.ar.ready = o.ar_ready_o;
    bus.r.valid = o.r_valid_o;
    bus.r.beat.id = o.r_o.id.into();
    bus.r.beat.data[..o.r_data_o.len()].copy_from_slice(&o.r_data_o);
    bus.r.beat.resp = Resp::from_code(o.r_o.resp);
    bus.r.beat.last = o.r_o.last;
}

impl From<&AddressBeat> for RamAx {
    fn from(beat: &AddressBeat) -> Self {
        Self {
            id: beat.id as u8,
            addr: beat.addr,
            len: beat.len,
            size: beat.size,
            burst: beat.burst.code(),
        }
    }
}

fn into_reset(i: &mut In) -> &mut bool {
    (i.aw_valid_i, i.w_valid_i, i.ar_valid_i) = (false, false, false);
    &mut i.rst_ni
}

/// Drives `common_axi_ram` and holds every answer against golden.
pub struct AxiRamTb;

impl Testbench for AxiRamTb {
    type Ports = CommonAxiRam;
    type Stimulus = AxiRamStimulus;

    fn run(run: &mut Run<CommonAxiRam>, stimulus: &AxiRamStimulus) -> Result<(), Failure> {
        let mut bench = Bench::new(run, stimulus)?;
        bench.reset(run)?;
        for cycles in &stimulus.resets {
            let end = run.dut.now().0 + cycles;
            while run.dut.now().0 < end && bench.agent.manager.pending() > 0 {
                bench.cycle(run)?;
            }
            let manager = &bench.agent.manager;
            let (writes, reads) = (manager.writes_outstanding(), manager.reads_outstanding());
            bench.coverage.sample_reset(writes > 0, reads > 0)?;
            bench.reset(run)?;
        }
        // Some cycles more than needed, so that an answer too many would be seen.
        let mut quiet = 0;
        while quiet < 24 {
            bench.cycle(run)?;
            let idle = bench.agent.manager.pending() == 0;
            quiet = if idle { quiet + 1 } else { 0 };
        }
        bench.check_throughput(run.dut.now())?;
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}

/// First and last cycle in which beats of a direction moved, and how many did.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    first: Option<Cycle>,
    last: Cycle,
    beats: u64,
}

impl Stream {
    fn count(&mut self, now: Cycle) {
        self.first.get_or_insert(now);
        self.last = now;
        self.beats += 1;
    }

    fn cycles(&self) -> u64 {
        self.first.map_or(0, |first| self.last.0 - first.0 + 1)
    }
}

struct Bench {
    ram: AxiRam,
    agent: ManagerAgent,
    check: MemoryCheck,
    coverage: AxiRamCoverage,
    /// Of each transaction, in the order of their numbers.
    strobes: Vec<StrobeClass>,
    figures: Figures,
    written: Stream,
    read: Stream,
}

impl Bench {
    fn new(run: &Run<CommonAxiRam>, stimulus: &AxiRamStimulus) -> Result<Self, Failure> {
        let ram = ram(&run.parameters);
        let settings = ManagerSettings {
            max_reads: stimulus.outstanding,
            max_writes: stimulus.outstanding,
            ..ManagerSettings::default()
        };
        let mut agent =
            ManagerAgent::new("", ram.bus_bytes, settings, stimulus.paces, &run.streams);
        let mut strobes = Vec::new();
        for transaction in &stimulus.transactions {
            let request = transaction.request(ram.bus_bytes);
            strobes.push(strobe_class(&request, ram.bus_bytes));
            agent.manager.push(request);
        }
        Ok(Self {
            agent,
            check: MemoryCheck::new(ram.memory(), &[""]),
            coverage: AxiRamCoverage::new(ram.bus_bytes)?,
            ram,
            strobes,
            figures: stimulus.figures,
            written: Stream::default(),
            read: Stream::default(),
        })
    }

    /// What is under way is lost with a reset.
    fn reset(&mut self, run: &mut Run<CommonAxiRam>) -> Result<(), Failure> {
        self.agent.enter_reset();
        self.check.memory.reset();
        let now = run.reset(into_reset)?;
        sample(&run.dut.o, &mut self.agent.bus);
        self.agent.leave_reset(now)
    }

    fn cycle(&mut self, run: &mut Run<CommonAxiRam>) -> Result<(), Failure> {
        self.agent.drive();
        drive(&mut run.dut.i, &self.agent.bus);
        let now = run.cycle()?;
        sample(&run.dut.o, &mut self.agent.bus);
        self.sample_company()?;
        self.agent.observe(now)?;
        let mut raced = None;
        let bus = std::iter::once(&self.agent.bus);
        self.check.observe(now, bus, |_, checked| {
            if let Checked::Read(read) = checked {
                raced = Some(read.raced);
            }
        })?;
        if let Some(raced) = raced {
            self.coverage.sample_read(raced)?;
        }
        self.sample_cycle(now)?;
        while let Some(done) = self.agent.manager.completed() {
            run.note(now, if done.write { "writes" } else { "reads" }, || {
                format!("{:x?}", done.address)
            });
            self.check_latency(now, &done)?;
            self.sample_transaction(&done)?;
        }
        Ok(())
    }

    /// In which company requests are accepted, before the manager counts them too.
    fn sample_company(&mut self) -> Result<(), Failure> {
        let (bus, manager) = (&self.agent.bus, &self.agent.manager);
        let all = [manager.reads_outstanding(), manager.writes_outstanding()];
        for (write, request) in [(false, bus.ar.moved()), (true, bus.aw.moved())] {
            let Some(request) = request else { continue };
            let company = match (
                manager.outstanding(write, request.id),
                all[usize::from(write)],
            ) {
                (0, 0) => Company::Alone,
                (0, _) => Company::OtherIds,
                _ => Company::SameId,
            };
            self.coverage.sample_accepted(write, company)?;
        }
        Ok(())
    }

    fn sample_cycle(&mut self, now: Cycle) -> Result<(), Failure> {
        let Bus { aw, w, b, ar, r } = &self.agent.bus;
        let channels = [
            (aw.valid, aw.ready),
            (w.valid, w.ready),
            (b.valid, b.ready),
            (ar.valid, ar.ready),
            (r.valid, r.ready),
        ]
        .map(|(valid, ready)| ChannelState::of(valid, ready));
        self.coverage.sample_cycle(&AxiRamCycle { channels })?;
        if w.moved().is_some() {
            self.written.count(now);
        }
        if r.moved().is_some() {
            self.read.count(now);
        }
        Ok(())
    }

    fn sample_transaction(&mut self, done: &Completed) -> Result<(), Failure> {
        let address = &done.address;
        self.coverage.sample_transaction(&AxiSample {
            write: done.write,
            burst: address.burst.code(),
            bus_bytes: self.ram.bus_bytes,
            size: address.size,
            addr: address.addr,
            beats: address.beats(),
            strobes: self.strobes[done.index as usize],
            error: done.resp != Resp::Okay,
        })?;
        Ok(())
    }

    fn check_latency(&self, now: Cycle, done: &Completed) -> Result<(), Failure> {
        if self.figures != Figures::Latency {
            return Ok(());
        }
        let (name, rtl, golden) = if done.write {
            let cycles = done.responded.0 - done.last_data.0;
            ("write latency", cycles, self.ram.write_latency())
        } else {
            let cycles = done.first_data.0 - done.accepted.0;
            ("read latency", cycles, self.ram.read_latency())
        };
        same(now, name, rtl, golden)
    }

    fn check_throughput(&self, now: Cycle) -> Result<(), Failure> {
        if self.figures != Figures::Throughput {
            return Ok(());
        }
        same(now, "cycles of reads", self.read.cycles(), self.read.beats)?;
        same(
            now,
            "cycles of writes",
            self.written.cycles(),
            self.written.beats,
        )
    }
}

fn same(now: Cycle, name: &str, rtl: u64, golden: u64) -> Result<(), Failure> {
    match rtl == golden {
        true => Ok(()),
        false => Err(Failure::mismatch(
            now,
            name,
            &rtl.to_string(),
            &golden.to_string(),
        )),
    }
}

fn ram(parameters: &Parameters) -> AxiRam {
    AxiRam {
        bus_bytes: parameters.get("DataBits") / 8,
        size_bytes: parameters.get("SizeBytes") as u64,
        latency: parameters.get("Latency") as u64,
    }
}

fn strobe_class(request: &Request, bus_bytes: usize) -> StrobeClass {
    let Some(data) = &request.data else {
        return StrobeClass::All;
    };
    let lanes = |beat: usize| request.address.beat(beat, bus_bytes).lanes();
    let mut beats = data.iter().enumerate();
    match data.iter().all(|beat| beat.strb == 0) {
        true => StrobeClass::None,
        false if beats.all(|(beat, data)| data.strb == lanes(beat)) => StrobeClass::All,
        false => StrobeClass::Some,
    }
}

/// The kit's profile of a memory, with addresses that lie above it too: just above, and by each bit alone, any of which
/// might not be looked at.
fn profile(parameters: &Parameters) -> Profile {
    let ram = ram(parameters);
    let mut profile = Profile::memory(ram.bus_bytes, 64, ram.size_bytes);
    profile.windows.push(Window {
        weight: 1,
        addresses: ram.size_bytes - 64..ram.size_bytes + 4096,
    });
    // All bits together as often as one of the windows above, more or less.
    for window in &mut profile.windows {
        window.weight *= 64;
    }
    for bit in ram.size_bytes.trailing_zeros()..64 {
        let begin = 1 << bit;
        profile.windows.push(Window {
            weight: 1,
            addresses: begin..begin + 256,
        });
    }
    profile
}

fn stimulus(
    profile: &Profile,
    count: Range<usize>,
    paces: BoxedStrategy<AxiPaces>,
) -> BoxedStrategy<AxiRamStimulus> {
    let bus_bytes = profile.bus_bytes;
    (
        vec(profile.transaction(), count),
        paces,
        prop_oneof![Just(16usize), 1..4usize],
    )
        .prop_map(move |(transactions, paces, outstanding)| AxiRamStimulus {
            transactions,
            paces,
            outstanding,
            resets: Vec::new(),
            figures: Figures::None,
            bus_bytes,
        })
        .boxed()
}

/// Each burst, at full width and a byte, aligned and not, written and read back.
fn smoke(parameters: &Parameters) -> AxiRamStimulus {
    let bus_bytes = ram(parameters).bus_bytes;
    let full = bus_bytes.trailing_zeros() as u8;
    let mut transactions = Vec::new();
    for (index, burst) in [Burst::Incr, Burst::Wrap, Burst::Fixed]
        .into_iter()
        .enumerate()
    {
        for size in [full, 0] {
            for offset in [0, 3] {
                for write in [true, false] {
                    transactions.push(
                        Transaction {
                            write,
                            address: AddressBeat {
                                id: index as u32,
                                addr: 256 * index as u64 + offset,
                                len: 3,
                                size,
                                burst,
                                ..AddressBeat::default()
                            },
                            seed: transactions.len() as u32,
                            fence: true,
                            ..Transaction::default()
                        }
                        .legal(bus_bytes),
                    );
                }
            }
        }
    }
    AxiRamStimulus {
        transactions,
        paces: AxiPaces::default(),
        outstanding: 1,
        resets: Vec::new(),
        figures: Figures::Latency,
        bus_bytes,
    }
}

/// The tests of `common_axi_ram`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, iterations, strategy| {
        Test::<AxiRamTb>::boxed(name, doc, &[], iterations, strategy)
    };
    vec![
        test(
            "smoke",
            "Each kind of burst written and read back, one at a time, in the cycles that the header states.",
            1,
            |parameters| Just(smoke(parameters)).boxed(),
        ),
        test(
            "full_rate",
            "Bursts of few beats back to back at full rate in both directions: a beat in every cycle.\n\nShort bursts, \
             since a bubble would be between two of them.",
            2,
            |parameters| {
                let profile = Profile {
                    max_beats: 4,
                    ..profile(parameters)
                };
                let paces = Just(AxiPaces::default()).boxed();
                stimulus(&profile, 200..300, paces)
                    .prop_map(|mut stimulus| {
                        for transaction in &mut stimulus.transactions {
                            transaction.fence = false;
                        }
                        AxiRamStimulus {
                            outstanding: 16,
                            figures: Figures::Throughput,
                            ..stimulus
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "random",
            "Random transactions of all shapes at random paces; half of them meet in a few lines.",
            16,
            |parameters| stimulus(&profile(parameters), 150..250, AxiPaces::any()),
        ),
        test(
            "back_pressure",
            "Responses and data are taken slowly or late, everything else is at full rate: every queue fills.",
            6,
            |parameters| {
                let slow = prop_oneof![
                    (2..30u8).prop_map(Pace::Percent),
                    (1..4u16, 8..60u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (50..200u16).prop_map(Pace::After),
                ];
                let paces = [slow.clone(), slow].prop_map(|[b, r]| AxiPaces {
                    b,
                    r,
                    ..AxiPaces::default()
                });
                let profile = Profile {
                    max_beats: 16,
                    ..profile(parameters)
                };
                stimulus(&profile, 100..150, paces.boxed())
            },
        ),
        test(
            "narrow_wrap",
            "Narrow bursts alone, wrapping, fixed and incrementing: the address moves along the lanes, and each beat has \
             its own.",
            8,
            |parameters| {
                let profile = Profile {
                    max_beats: 16,
                    ..profile(parameters)
                };
                let bus_bytes = profile.bus_bytes;
                let narrow = (0..bus_bytes.trailing_zeros() as u8, 0..3u8);
                (
                    stimulus(&profile, 150..200, AxiPaces::any()),
                    vec(narrow, 200),
                )
                    .prop_map(move |(mut stimulus, narrow)| {
                        for (transaction, (size, burst)) in
                            stimulus.transactions.iter_mut().zip(narrow)
                        {
                            transaction.address.size = size;
                            transaction.address.burst = Burst::from_code(burst);
                            *transaction = transaction.legal(bus_bytes);
                        }
                        stimulus
                    })
                    .boxed()
            },
        ),
        test(
            "id_order",
            "Two IDs read and write one line without pause, whole or in words: responses of an ID in order, no byte \
             older than what was seen.",
            8,
            |parameters| {
                let profile = Profile {
                    ids: 2,
                    max_beats: 2,
                    windows: vec![Window {
                        weight: 1,
                        addresses: 0..ram(parameters).bus_bytes as u64,
                    }],
                    ..profile(parameters)
                };
                let strobes = prop_oneof![Just(Strobes::All), Just(Strobes::Words)];
                (stimulus(&profile, 200..300, AxiPaces::any()), strobes)
                    .prop_map(|(mut stimulus, strobes)| {
                        for transaction in &mut stimulus.transactions {
                            transaction.fence = false;
                            if transaction.write {
                                transaction.strobes = strobes;
                            }
                        }
                        stimulus
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets with nothing, reads, writes or both under way: what was answered stays, what was not is written or \
             not, and nothing comes of it.",
            8,
            |parameters| {
                let stimulus = stimulus(&profile(parameters), 100..150, AxiPaces::any());
                let cycles = prop_oneof![0..4u64, 4..60u64, 60..300u64];
                // Only a manager that does nothing for long leaves a reset with nothing under way.
                let quiet = prop_oneof![2 => Just(None), 1 => (1..6u8).prop_map(|share| Some(Pace::Percent(share)))];
                (stimulus, vec(cycles, 2..8), quiet)
                    .prop_map(|(stimulus, resets, quiet)| {
                        let mut paces = stimulus.paces;
                        if let Some(pace) = quiet {
                            (paces.aw, paces.ar) = (pace, pace);
                        }
                        AxiRamStimulus {
                            resets,
                            paces,
                            ..stimulus
                        }
                    })
                    .boxed()
            },
        ),
    ]
}
