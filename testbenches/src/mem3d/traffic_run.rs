//! Runs traffic through the RTL of `mem3d`: lean AXI managers on its ports, golden's die on the pins of every vault.
//!
//! Every command is checked by the dies, every byte read against what was written before. A request that touches a line
//! of one under way, unless both only read, waits for its response, as a manager that wants an order has to: AXI4
//! has none between its read and its write channels.

mod content;
mod error;
mod manager;
mod pins;

use std::collections::HashMap;

use gpnpu_bridge::builder::BuiltModel;
use gpnpu_bridge::dut::Dut;
use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::map::AddressMap;
use gpnpu_golden::mem3d::timing::TimingSet;

use super::registers;
use super::traffic::{CommandCounter, Done, LINE_BYTES, Observer, Request, RunResult};
use crate::kit::{Parameters, stop_requested};
use crate::ports::mem3d::Mem3d;
use crate::ports::mem3d_pkg::axi_resp_e::RESP_OKAY;
use crate::ports::mem3d_pkg::{LiteAx, LiteW};
use content::Content;
pub use error::RunError;
use manager::{Manager, Part, Response};
use pins::Dies;

/// Cycles without any response after which requests under way are given up: many times the longest refresh.
const PATIENCE: u64 = 50_000;
/// How often commands are passed on, and a wish to stop is looked for; in cycles.
const DRAIN: u64 = 1024;
/// Refreshes of all banks with which a vault begins.
const INIT_REFRESHES: u64 = 8;
/// Cycles in which a vault has to be through with them, for each of the longest time of its set that it waits.
const INIT_PATIENCE: u64 = 20;

/// How traffic is run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Requests that may be under way at once, at least 1.
    pub outstanding: usize,
    /// Values of registers, written before the traffic begins: address and value.
    pub registers: Vec<(u16, u32)>,
    /// The cycle of the traffic from which on no request begins; `None`: all requests are run.
    pub until: Option<u64>,
    /// Temperature code of all vaults.
    pub temperature: u8,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            outstanding: 64,
            registers: Vec::new(),
            until: None,
            temperature: 0,
        }
    }
}

/// A memory as it was elaborated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// AXI4 ports.
    pub ports: usize,
    /// Vaults.
    pub vaults: usize,
    /// Entries of a vault's read queue.
    pub read_queue: usize,
    /// Entries of a vault's write queue.
    pub write_queue: usize,
    /// Timing and organisation.
    pub set: TimingSet,
    /// Where addresses are.
    pub map: AddressMap,
}

impl Memory {
    /// From the parameters of a configuration of `mem3d`.
    ///
    /// # Errors
    ///
    /// [`RunError::Parameters`]: what does not make a memory.
    pub fn new(parameters: &Parameters) -> Result<Self, RunError> {
        let get = |name: &str| parameters.get(name) as u64;
        let set = TimingSet::from_parameters(|name| Some(get(name)))
            .map_err(|e| RunError::Parameters(e.to_string()))?;
        let vaults = get("Vaults");
        let map = AddressMap::new(&set, vaults as u32, get("MapOrder"), get("MapHash") != 0)
            .map_err(|e| RunError::Parameters(e.to_string()))?;
        Ok(Self {
            ports: parameters.get("Ports"),
            vaults: vaults as usize,
            read_queue: parameters.get("ReadQueue"),
            write_queue: parameters.get("WriteQueue"),
            set,
            map,
        })
    }
}

/// Runs requests through a model of `mem3d` and tells `observer` of everything that happens.
///
/// # Errors
///
/// The first thing that the RTL did wrong, and when.
pub fn run(
    model: &BuiltModel,
    options: &RunOptions,
    requests: impl Iterator<Item = Request>,
    observer: &mut dyn Observer,
) -> Result<RunResult, RunError> {
    let memory = Memory::new(&Parameters::of(&model.layout))?;
    let device = Dut::<Mem3d>::load(model, 1).map_err(Box::new)?;
    let counter = CommandCounter::new(
        memory.vaults,
        memory.set.bank_groups as usize,
        memory.set.banks_per_group as usize,
    );
    let mut bench = Bench {
        dies: Dies::new(&memory.set, memory.vaults),
        counter: counter.clone(),
        device,
        memory,
        observer,
    };
    bench.reset(options)?;
    for &(addr, data) in &options.registers {
        bench.write_register(addr, data)?;
    }
    bench.wait_for_init()?;
    bench.pass_commands_on();
    bench.counter = counter;
    bench.observer.begin(bench.dies.clock());
    let cycles = Traffic::new(&bench.memory, options).run(&mut bench, requests)?;
    bench.pass_commands_on();
    let mut counters = bench.counter.counters().clone();
    for vault in 0..bench.memory.vaults {
        let forwarded = bench.read_register(registers::vault::FORWARDED.address(vault as u16))?;
        counters.forwarded += u64::from(forwarded);
    }
    Ok(RunResult {
        cycles,
        period_ps: bench.memory.set.period().0,
        counters,
    })
}

/// The device with the dies on its pins.
struct Bench<'a> {
    device: Dut<Mem3d>,
    dies: Dies,
    memory: Memory,
    counter: CommandCounter,
    observer: &'a mut dyn Observer,
}

impl Bench<'_> {
    /// One clock, of which the dies see the pins.
    fn step(&mut self) -> Result<(), RunError> {
        let cycle = self.device.now();
        self.dies.drive(&mut self.device);
        self.device
            .cycle()
            .map_err(|event| RunError::Event { cycle, event })?;
        self.dies
            .observe(cycle, &self.device)
            .map_err(RunError::Die)?;
        if cycle.0.is_multiple_of(DRAIN) {
            self.pass_commands_on();
            if stop_requested() {
                return Err(RunError::Interrupted);
            }
        }
        Ok(())
    }

    fn pass_commands_on(&mut self) {
        let Self {
            dies,
            counter,
            observer,
            ..
        } = self;
        dies.drain(|record| {
            counter.command(&record);
            observer.command(&record);
        });
    }

    fn reset(&mut self, options: &RunOptions) -> Result<(), RunError> {
        let i = &mut self.device.i;
        i.temp_i.fill(options.temperature);
        i.rst_ni = false;
        // What the pins carry before the reset has taken hold means nothing.
        self.device.cycles(2).map_err(|event| RunError::Event {
            cycle: Cycle(0),
            event,
        })?;
        let ports = (1_u64 << self.memory.ports) - 1;
        let i = &mut self.device.i;
        i.rst_ni = true;
        i.r_ready_i = ports as _;
        i.b_ready_i = ports as _;
        Ok(())
    }

    fn write_register(&mut self, addr: u16, data: u32) -> Result<(), RunError> {
        let i = &mut self.device.i;
        i.lite_aw_valid_i = true;
        i.lite_aw_i = LiteAx { addr };
        i.lite_w_valid_i = true;
        i.lite_w_i = LiteW { strb: 0xf, data };
        i.lite_b_ready_i = true;
        let begin = self.device.now();
        while self.device.now().0 < begin.0 + PATIENCE {
            self.step()?;
            let (i, o) = (&mut self.device.i, &self.device.o);
            i.lite_aw_valid_i &= !o.lite_aw_ready_o;
            i.lite_w_valid_i &= !o.lite_w_ready_o;
            if o.lite_b_valid_o {
                return match o.lite_b_o.resp {
                    RESP_OKAY => Ok(()),
                    resp => Err(RunError::Register { addr, resp }),
                };
            }
        }
        Err(RunError::Silent {
            cycle: self.device.now(),
            what: format!("the write of register {addr:#x} has no response"),
        })
    }

    fn read_register(&mut self, addr: u16) -> Result<u32, RunError> {
        let i = &mut self.device.i;
        i.lite_ar_valid_i = true;
        i.lite_ar_i = LiteAx { addr };
        i.lite_r_ready_i = true;
        let begin = self.device.now();
        while self.device.now().0 < begin.0 + PATIENCE {
            self.step()?;
            let (i, o) = (&mut self.device.i, &self.device.o);
            i.lite_ar_valid_i &= !o.lite_ar_ready_o;
            if o.lite_r_valid_o {
                return match o.lite_r_o.resp {
                    RESP_OKAY => Ok(o.lite_r_o.data),
                    resp => Err(RunError::Register { addr, resp }),
                };
            }
        }
        Err(RunError::Silent {
            cycle: self.device.now(),
            what: format!("the read of register {addr:#x} has no response"),
        })
    }

    /// Runs until every vault is through with the refreshes after its reset.
    fn wait_for_init(&mut self) -> Result<(), RunError> {
        let set = &self.memory.set;
        let refresh = set.cycles(set.t_rfc_ab);
        let patience = INIT_PATIENCE * refresh.max(set.cycles(set.t_xs)).max(set.cycles(set.t_sr));
        let begin = self.device.now();
        while !self.dies.refreshed(INIT_REFRESHES) {
            if self.device.now().0 > begin.0 + patience {
                return Err(RunError::Silent {
                    cycle: self.device.now(),
                    what: format!("a vault has not had its {INIT_REFRESHES} REFab after reset"),
                });
            }
            self.step()?;
        }
        for _ in 0..refresh {
            self.step()?;
        }
        Ok(())
    }
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Flight {
    request: Request,
    due: u64,
    accepted: Option<u64>,
    first: Option<u64>,
    /// Parts without their last response.
    parts: u8,
}

/// Requests on their way.
struct Traffic {
    managers: Vec<Manager>,
    content: Content,
    /// By number; `None` where one is free.
    flights: Vec<Option<Flight>>,
    free: Vec<usize>,
    /// Lines of requests under way: how many read it, or -1 where one writes it.
    lines: HashMap<u64, i32>,
    /// The manager that gets the next request.
    turn: usize,
    until: Option<u64>,
    last_progress: u64,
    last_response: u64,
}

impl Traffic {
    fn new(memory: &Memory, options: &RunOptions) -> Self {
        Self {
            managers: (0..memory.ports).map(|_| Manager::default()).collect(),
            content: Content::default(),
            flights: vec![None; options.outstanding],
            free: (0..options.outstanding).rev().collect(),
            lines: HashMap::new(),
            turn: 0,
            until: options.until,
            last_progress: 0,
            last_response: 0,
        }
    }

    /// Runs all requests; the cycle of the last response.
    fn run(
        mut self,
        bench: &mut Bench<'_>,
        mut requests: impl Iterator<Item = Request>,
    ) -> Result<u64, RunError> {
        let begin = bench.device.now().0;
        let mut next = requests.next();
        loop {
            let now = bench.device.now().0 - begin;
            if self.until.is_some_and(|until| now >= until) {
                next = None;
            }
            while let Some(request) = next.filter(|request| self.may_begin(request, now)) {
                self.begin(bench, request, now);
                next = requests.next();
            }
            let idle = self.free.len() == self.flights.len();
            if idle && next.is_none() {
                return Ok(self.last_response);
            }
            if idle {
                self.last_progress = now;
            } else if now > self.last_progress + PATIENCE {
                return Err(RunError::Silent {
                    cycle: bench.device.now(),
                    what: format!("no response for {PATIENCE} cycles with requests under way"),
                });
            }
            for (port, manager) in self.managers.iter().enumerate() {
                manager.drive(port, &mut bench.device.i);
            }
            bench.step()?;
            self.take(bench, now)?;
        }
    }

    /// Whether it is time, there is room, and no request under way stands in its way.
    fn may_begin(&self, request: &Request, now: u64) -> bool {
        request.at.is_none_or(|at| at <= now)
            && !self.free.is_empty()
            && lines(request).all(|line| match self.lines.get(&line) {
                None => true,
                Some(&readers) => readers > 0 && !request.write,
            })
    }

    fn begin(&mut self, bench: &mut Bench<'_>, request: Request, now: u64) {
        let Some(flight) = self.free.pop() else {
            unreachable!("`may_begin` found room")
        };
        for line in lines(&request) {
            let users = self.lines.entry(line).or_default();
            *users = if request.write { -1 } else { *users + 1 };
            if !request.write {
                self.content.preset(line, |words| {
                    bench.dies.preset(&bench.memory.map, line, words);
                });
            }
        }
        let manager = &mut self.managers[self.turn];
        self.turn = (self.turn + 1) % bench.memory.ports;
        let parts = if request.write {
            manager.write(flight, &request, &mut self.content)
        } else {
            manager.read(flight, &request)
        };
        self.flights[flight] = Some(Flight {
            request,
            due: request.at.unwrap_or(now),
            accepted: None,
            first: None,
            parts,
        });
    }

    /// What moved in the cycle that was run.
    fn take(&mut self, bench: &mut Bench<'_>, now: u64) -> Result<(), RunError> {
        let cycle = bench.device.now();
        let wrong = |message| RunError::Wrong { cycle, message };
        for port in 0..self.managers.len() {
            let manager = &mut self.managers[port];
            let o = &bench.device.o;
            for flight in manager.accepted(port, o).into_iter().flatten() {
                if let Some(flight) = &mut self.flights[flight] {
                    flight.accepted.get_or_insert(now);
                }
            }
            let (read, written) = (
                manager.take_read(port, o, &self.content).map_err(wrong)?,
                manager.take_written(port, o).map_err(wrong)?,
            );
            for response in [read, written].into_iter().flatten() {
                self.responded(bench, response, now);
            }
        }
        Ok(())
    }

    fn responded(&mut self, bench: &mut Bench<'_>, response: Response, now: u64) {
        self.last_progress = now;
        let Response { flight, part_done } = response;
        let Some(under_way) = &mut self.flights[flight] else {
            unreachable!("a manager answers what it was given")
        };
        let first = *under_way.first.get_or_insert(now);
        under_way.parts -= u8::from(part_done);
        if under_way.parts > 0 {
            return;
        }
        let Flight {
            request,
            due,
            accepted,
            ..
        } = *under_way;
        for line in lines(&request) {
            match self.lines.get_mut(&line) {
                Some(users) if *users > 1 => *users -= 1,
                _ => {
                    self.lines.remove(&line);
                }
            }
        }
        self.flights[flight] = None;
        self.free.push(flight);
        self.last_response = now;
        bench.observer.done(&Done {
            write: request.write,
            bytes: request.bytes,
            due,
            accepted: accepted.unwrap_or(now),
            first,
            last: now,
        });
    }
}

/// The lines that a request touches.
fn lines(request: &Request) -> impl Iterator<Item = u64> + use<> {
    let last = request.addr + u64::from(request.bytes) - 1;
    request.addr / LINE_BYTES..=last / LINE_BYTES
}

/// The AXI bursts of a request: one, or two where it crosses a boundary of 4 KiB.
fn parts(request: &Request) -> impl Iterator<Item = Part> + use<> {
    const BOUNDARY: u64 = 4096;
    let end = request.addr + u64::from(request.bytes);
    let split = (request.addr / BOUNDARY + 1) * BOUNDARY;
    let part = |begin: u64, end: u64| (begin < end).then_some(Part { begin, end });
    let first = part(request.addr, end.min(split));
    [first, part(split, end)].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(addr: u64, bytes: u32) -> Request {
        Request {
            at: None,
            write: false,
            addr,
            bytes,
        }
    }

    #[test]
    fn a_request_is_cut_where_a_burst_may_not_cross() {
        let cut = |addr, bytes| -> Vec<(u64, u64)> {
            let parts = parts(&request(addr, bytes));
            parts.map(|part| (part.begin, part.end)).collect()
        };
        assert_eq!(cut(0, 64), [(0, 64)]);
        assert_eq!(cut(0xfc0, 64), [(0xfc0, 0x1000)]);
        assert_eq!(cut(0xfff, 2), [(0xfff, 0x1000), (0x1000, 0x1001)]);
        assert_eq!(cut(0x1000, 4096), [(0x1000, 0x2000)]);
        assert_eq!(cut(0x1001, 4096), [(0x1001, 0x2000), (0x2000, 0x2001)]);
    }

    #[test]
    fn lines_are_those_of_all_bytes() {
        let of = |addr, bytes| lines(&request(addr, bytes)).collect::<Vec<_>>();
        assert_eq!(of(0, 64), [0]);
        assert_eq!(of(63, 2), [0, 1]);
        assert_eq!(of(64, 1), [1]);
        assert_eq!(of(1, 4096).len(), 65);
    }
}
