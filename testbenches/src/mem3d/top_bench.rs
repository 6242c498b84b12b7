//! A memory with a die behind each vault, agents at all ports, golden content and coverage.

use std::collections::VecDeque;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::mem3d::top::{
    BurstSample, Channel, Event, Mem3dCoverage, Response, StrobeClass,
};
use gpnpu_golden::mem3d::die::DieOptions;
use gpnpu_golden::mem3d::map::{AddressMap, Location};
use gpnpu_golden::mem3d::secded::decode;
use gpnpu_golden::mem3d::timing::TimingSet;
use gpnpu_golden::mem3d::top::Responses;

use super::dram::{DramSide, VaultPins};
use super::register::{Access as RegisterUse, Register};
use super::registers::vault;
use super::top_checks::Access;
use super::top_content::{Fate, Line, Lines, Unexplained, WrongWords};
use super::top_counters::Tally;
use super::top_lite::RegisterPort;
use super::top_registers::{Expected, writes_of};
use super::top_stimulus::{BUS_BYTES, Mem3dStimulus, Operation};
use super::top_urgent::{self, UrgentReads};
use super::top_wires::{drive, into_reset, sample};
use crate::kit::axi::{
    AddressBeat, Checked, ManagerAgent, ManagerSettings, Memory, MemoryCheck, Resp, Rule, Space,
    Transaction, Wire, bytes_of,
};
use crate::kit::{Failure, FailureKind, Run};
use crate::ports::mem3d::Mem3d;
use crate::ports::mem3d_pkg::power_e;

/// Clocks in which something has to move at a port that waits for anything: ten all-bank refreshes of any set, and drains.
const PATIENCE: u64 = 30_000;
/// What AXI forbids and the memory answers all the same.
const OUTSIDE_AXI: &[Rule] = &[
    Rule::ReservedBurst,
    Rule::SizeOverBus,
    Rule::CrossesBoundary,
];
/// Clocks after which write data that has left its queue is in the die.
const FLIGHT: u32 = 48;
/// Requests of a port that wait to be offered, at most, so that the order among the ports stays near the stimulus's.
const WAITING: usize = 8;

/// A port and what is told of it.
struct Port {
    agent: ManagerAgent,
    tracks: [String; 2],
    /// IDs of reads and writes under way, in the order of acceptance.
    open: [VecDeque<u32>; 2],
    last_moved: u64,
}

/// Drives a memory and checks everything it does.
pub struct MemoryBench {
    ports: Vec<Port>,
    check: MemoryCheck,
    responses: Responses,
    checked: Vec<(usize, Checked)>,
    pub(super) map: AddressMap,
    pub(super) dies: Vec<DramSide>,
    /// Lines of a row, banks of a vault.
    pub(super) organisation: (u32, u32),
    temperatures: Vec<u8>,
    pub(super) registers: RegisterPort,
    pub(super) lines: Lines,
    pub(super) wrong: WrongWords,
    urgent: UrgentReads,
    /// Nothing was ever flipped, injected or stuck, so that no interrupt may come.
    pub(super) faultless: bool,
    /// Lanes of each vault that are stuck, and whether the spares replace them.
    pub(super) stuck: Vec<(Vec<u8>, bool)>,
    /// What each vault has to have counted; none once it cannot be told.
    pub(super) tallies: Option<Vec<Tally>>,
    irq: bool,
    pub(super) coverage: Mem3dCoverage,
}

impl MemoryBench {
    /// A memory after power-up.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] for a timing set or a map that golden refuses.
    pub fn new(run: &Run<Mem3d>, stimulus: &Mem3dStimulus) -> Result<Self, Failure> {
        let setup = |error: String| Failure::new(FailureKind::Setup, Cycle(0), error);
        let parameters = &run.parameters;
        let set = TimingSet::from_parameters(|name| Some(parameters.get(name) as u64))
            .map_err(|error| setup(error.to_string()))?;
        let (ports, vaults) = (parameters.get("Ports"), parameters.get("Vaults"));
        let order = parameters.get("MapOrder") as u64;
        let hash = parameters.get("MapHash") != 0;
        let map = AddressMap::new(&set, vaults as u32, order, hash)
            .map_err(|error| setup(error.to_string()))?;
        let settings = ManagerSettings {
            max_reads: stimulus.outstanding,
            max_writes: stimulus.outstanding,
            ..ManagerSettings::default()
        };
        let port = |number: usize| {
            let name = format!("port{number}");
            let paces = stimulus.paces.get(number).or(stimulus.paces.last());
            let paces = paces.copied().unwrap_or_default();
            let mut agent = ManagerAgent::new(&name, BUS_BYTES, settings, paces, &run.streams);
            if stimulus.outside_axi {
                agent.monitor.tolerate(OUTSIDE_AXI);
            }
            Port {
                agent,
                tracks: [format!("{name} reads"), format!("{name} writes")],
                open: [VecDeque::new(), VecDeque::new()],
                last_moved: 0,
            }
        };
        let die = |number: usize| {
            let noise = run.streams.rng(&format!("noise {number}"));
            DramSide::new(&set, DieOptions::default(), number, noise)
        };
        let names: Vec<String> = (0..ports).map(|port| format!("port{port}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(Self {
            ports: (0..ports).map(port).collect(),
            check: MemoryCheck::new(memory(ports, &map), &names),
            responses: Responses::new(map.capacity()),
            checked: Vec::new(),
            map,
            dies: (0..vaults).map(die).collect(),
            organisation: (set.lines_per_row(), set.bank_groups * set.banks_per_group),
            temperatures: vec![0; vaults],
            registers: RegisterPort::new(run, stimulus.lite),
            lines: Lines::default(),
            wrong: WrongWords::default(),
            urgent: UrgentReads::new(&set, parameters),
            faultless: true,
            stuck: vec![(Vec::new(), true); vaults],
            tallies: None,
            irq: false,
            coverage: Mem3dCoverage::new(ports, vaults)?,
        })
    }

    /// Resets the memory for the first time.
    ///
    /// # Errors
    ///
    /// What the RTL reports meanwhile.
    pub fn power_up(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        self.reset(run)?;
        let tally = |die: &DramSide| Tally::from_now(&die.die);
        self.tallies = Some(self.dies.iter().map(tally).collect());
        Ok(())
    }

    /// Does one thing to the memory.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn operate(&mut self, run: &mut Run<Mem3d>, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::Burst { port, transaction } => {
                let port = usize::from(port) % self.ports.len();
                self.burst(run, port, &transaction)
            }
            Operation::Wait(clocks) => self.wait(run, clocks),
            Operation::Settle => self.settle(run),
            Operation::Configure(settings) => {
                let settings = settings.within(run.parameters.get("WriteQueue"));
                writes_of(&settings)
                    .into_iter()
                    .try_for_each(|(address, data)| self.queue_write(run, address, data, 0xf))
            }
            Operation::WriteRegister {
                address,
                data,
                strb,
            } => self.queue_write(run, address, data, strb),
            Operation::ReadRegister { address } => {
                let expected = self.registers.file.read(address);
                self.queue_read(run, address, expected)
            }
            Operation::CheckResets => self.check_resets(run),
            Operation::ClearCounters => self.clear_counters(run),
            Operation::Temperature { vault, code } => {
                let vault = usize::from(vault) % self.dies.len();
                self.temperatures[vault] = code.min(2);
                self.cycle(run)
            }
            Operation::Decay { address, bits } => self.decay(run, address, bits),
            Operation::CheckLog {
                port,
                write,
                address,
                first,
                second,
                enable,
            } => {
                let access = Access {
                    address,
                    write,
                    first,
                    second,
                };
                self.check_log(run, port, &access, enable)
            }
            Operation::Inject {
                port,
                address,
                seed,
                bits,
            } => self.inject(run, port, address, seed, bits),
            Operation::Scrub { interval, lines } => self.scrub(run, interval, lines),
            Operation::StickLane { vault, lane, high } => self.stick_lane(run, vault, lane, high),
            Operation::RepairLanes { vault } => self.repair_lanes(run, vault),
            Operation::Reset => self.reset(run),
        }
    }

    /// Resets the memory.
    ///
    /// # Errors
    ///
    /// What the RTL reports meanwhile, and content at rest that no write explains.
    pub fn reset(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        if !self.check.memory.idle() {
            self.coverage.event(Event::ResetUnderLoad)?;
        }
        for port in &mut self.ports {
            port.agent.enter_reset();
            port.open = [VecDeque::new(), VecDeque::new()];
        }
        self.registers.enter_reset();
        self.urgent.reset();
        self.tallies = None;
        into_reset(&mut run.dut.i);
        for _ in 0..2 {
            self.dies.iter_mut().for_each(DramSide::controller_reset);
            self.drive_dies(run);
            let now = run.cycle()?;
            // At power-up the pins are undefined until the first edge in reset.
            if now.0 > 0 {
                self.dies_take(run, now)?;
            }
        }
        let now = Cycle(run.dut.now().0 - 1);
        for (number, port) in self.ports.iter_mut().enumerate() {
            sample(&run.dut.o, number, &mut port.agent.bus);
            port.agent.leave_reset(now)?;
            port.last_moved = now.0;
        }
        self.registers.leave_reset(now, &run.dut.o)?;
        run.dut.i.rst_ni = true;
        let unexplained = {
            let (map, dies, wrong) = (&self.map, &self.dies, &self.wrong);
            self.lines.reset(|line| at_rest(map, dies, wrong, line))
        };
        explained(now, unexplained)?;
        self.remember();
        Ok(())
    }

    /// Golden begins anew with what the dies hold.
    fn remember(&mut self) {
        let mut memory = memory(self.ports.len(), &self.map);
        for line in self.lines.all_used() {
            match at_rest(&self.map, &self.dies, &self.wrong, line) {
                Some(content) => memory.preload(line, &content),
                None => memory.preload(line, &self.check.memory.peek(line, BUS_BYTES)),
            }
            for word in (line..line + 64)
                .step_by(8)
                .filter(|at| self.wrong.has(*at))
            {
                memory.expect_error(word, false);
            }
        }
        self.check.memory = memory;
    }

    /// Waits until everything asked for is done, and checks what the dies hold then.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn settle(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        while self.pending() > 0 {
            self.cycle(run)?;
        }
        for number in 0..self.dies.len() {
            loop {
                let status = self.read(run, vault::STATUS.address(number as u16))?;
                let power = vault::STATUS_POWER.of(status);
                let queued = vault::STATUS_READS.of(status) + vault::STATUS_WRITES.of(status);
                if power != u32::from(power_e::POWER_INIT) && queued == 0 {
                    break;
                }
            }
        }
        self.wait(run, FLIGHT)?;
        self.urgent.settled();
        for (word, fate) in self.wrong.settle() {
            match fate {
                Fate::Good => self.check.memory.expect_no_error(word),
                Fate::Lost => self.check.memory.expect_error(word, true),
                Fate::Open => self.check.memory.expect_error(word, false),
            }
        }
        let (map, dies, wrong) = (&self.map, &self.dies, &self.wrong);
        let unexplained = self.lines.settle(|line| at_rest(map, dies, wrong, line));
        explained(run.dut.now(), unexplained)
    }

    /// The coverage of the run.
    #[must_use]
    pub fn coverage(&self) -> &Mem3dCoverage {
        &self.coverage
    }

    /// Ports.
    #[must_use]
    pub fn port_count(&self) -> usize {
        self.ports.len()
    }

    /// The golden memory.
    pub(super) fn memory(&mut self) -> &mut Memory {
        &mut self.check.memory
    }

    fn pending(&self) -> usize {
        let bursts = self.ports.iter().map(|port| port.agent.manager.pending());
        bursts.sum::<usize>() + self.registers.pending()
    }

    /// So many clocks.
    pub(super) fn wait(&mut self, run: &mut Run<Mem3d>, clocks: u32) -> Result<(), Failure> {
        (0..clocks).try_for_each(|_| self.cycle(run))
    }

    /// The line, and place of a word in it.
    pub(super) fn place(&self, address: u64) -> (Location, u64) {
        let line = (address % self.map.capacity()) & !63;
        let place = self.map.to_line(line);
        (place.expect("an address within the capacity"), line)
    }

    /// Queues a burst, unless it would meet a lane that is stuck.
    pub(super) fn burst(
        &mut self,
        run: &mut Run<Mem3d>,
        port: usize,
        transaction: &Transaction,
    ) -> Result<(), Failure> {
        let request = transaction.request(BUS_BYTES);
        let strobes = |beat: usize| match &request.data {
            Some(data) => data[beat].strb,
            None => u64::MAX,
        };
        let touched = self.responses.lines(&request.address, strobes);
        let broken = touched.iter().any(|one| {
            let (place, line) = self.place(one.line);
            let replaced = self.stuck[place.vault as usize].1;
            !replaced && (transaction.write || !self.lines.used(line))
        });
        if broken {
            return Ok(());
        }
        self.sample_spread(&request.address)?;
        for one in &touched {
            self.count(transaction, one.line, one.bytes);
            if !transaction.write {
                self.lines.read(one.line);
            }
        }
        if let Some(data) = &request.data {
            self.coverage.strobes(
                request.address.burst.code(),
                strobe_class(&request.address, &|beat| data[beat].strb),
            )?;
            for (number, beat) in data.iter().enumerate() {
                let effect = self.responses.beat(&request.address, number);
                let bytes = effect.lanes & beat.strb;
                let Some(line) = effect.line.filter(|_| bytes != 0) else {
                    continue;
                };
                let (map, dies) = (&self.map, &self.dies);
                let settled = || decoded(map, dies, line).unwrap_or([0; 64]);
                let writer = (port, request.address.id);
                self.lines
                    .write(line, writer, bytes, &bytes_of(&beat.data), settled);
            }
            for one in &touched {
                self.urgent.write(one.bytes);
                for word in self.wrong.write(one.line, one.bytes) {
                    self.check.memory.expect_error(word, false);
                }
            }
        }
        self.ports[port].agent.manager.push(request);
        while self.ports[port].agent.manager.waiting() > WAITING {
            self.cycle(run)?;
        }
        Ok(())
    }

    fn count(&mut self, transaction: &Transaction, line: u64, bytes: u64) {
        let vault = self.place(line).0.vault as usize;
        let Some(tallies) = &mut self.tallies else {
            return;
        };
        match transaction.write {
            true => tallies[vault].writes += u32::from(bytes != 0),
            false => tallies[vault].reads += 1,
        }
    }

    fn sample_spread(&mut self, request: &AddressBeat) -> Result<(), Failure> {
        let lines = self.responses.lines(request, |_| u64::MAX);
        let vault = |line: u64| self.map.to_line(line).map(|place| place.vault);
        for pair in lines.windows(2) {
            let same = vault(pair[0].line) == vault(pair[1].line);
            self.coverage.spread(same)?;
        }
        Ok(())
    }

    /// One clock.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn cycle(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        for (number, port) in self.ports.iter_mut().enumerate() {
            port.agent.drive();
            drive(&mut run.dut.i, number, &port.agent.bus);
        }
        self.registers.drive(&mut run.dut.i);
        self.drive_dies(run);
        let now = run.cycle()?;
        for (number, port) in self.ports.iter_mut().enumerate() {
            sample(&run.dut.o, number, &mut port.agent.bus);
        }
        self.sample_channels(now)?;
        self.watch_urgent(now);
        self.sample_requests(now)?;
        for port in &mut self.ports {
            port.agent.observe(now)?;
        }
        self.registers.observe(now, &run.dut.o)?;
        self.check_content(run, now)?;
        self.finish_bursts(run, now)?;
        let open = |port: &Port| port.open.iter().any(|open| !open.is_empty());
        let traffic = self.ports.iter().any(open);
        self.registers
            .check(run, now, traffic, &mut self.coverage)?;
        self.dies_take(run, now)?;
        self.check_interrupt(run, now)
    }

    fn drive_dies(&mut self, run: &mut Run<Mem3d>) {
        for (number, die) in self.dies.iter_mut().enumerate() {
            run.dut.i.dq_i[number] = die.drive();
            run.dut.i.temp_i[number] = self.temperatures[number];
        }
    }

    fn dies_take(&mut self, run: &Run<Mem3d>, now: Cycle) -> Result<(), Failure> {
        let o = &run.dut.o;
        self.dies
            .iter_mut()
            .enumerate()
            .try_for_each(|(number, die)| {
                let pins = VaultPins {
                    command: &o.cmd_o[number],
                    dq: &o.dq_o[number],
                    dq_oe: o.dq_oe_o >> number & 1 != 0,
                    lanes: &o.lanes_o[number],
                    temperature: self.temperatures[number],
                };
                die.observe(now, &pins)
            })
    }

    fn sample_channels(&mut self, now: Cycle) -> Result<(), Failure> {
        for port in &mut self.ports {
            let bus = &port.agent.bus;
            let mut moved = false;
            for (channel, (valid, ready)) in [
                (Channel::Aw, signals(&bus.aw)),
                (Channel::W, signals(&bus.w)),
                (Channel::B, signals(&bus.b)),
                (Channel::Ar, signals(&bus.ar)),
                (Channel::R, signals(&bus.r)),
            ] {
                if valid {
                    self.coverage.beat(channel, !ready)?;
                    moved |= ready;
                }
            }
            if moved || port.agent.manager.pending() == 0 {
                port.last_moved = now.0;
            }
        }
        let waits = |since: u64| since + PATIENCE < now.0;
        let starved = self.ports.iter().position(|port| waits(port.last_moved));
        let name = match starved {
            Some(port) => format!("port{port}"),
            None if self.registers.waits(now) > PATIENCE => "lite".to_owned(),
            None => return Ok(()),
        };
        let rule = "a port starves".to_owned();
        let message = format!("{name} waits, and nothing moved there for {PATIENCE} cycles");
        Err(Failure::new(FailureKind::Protocol { rule }, now, message))
    }

    /// What this clock means for urgent reads.
    fn watch_urgent(&mut self, now: Cycle) {
        let mut taken = (false, true);
        for port in &self.ports {
            let (valid, ready) = signals(&port.agent.bus.r);
            taken = (taken.0 || valid, taken.1 && (ready || !valid));
        }
        let changing = self.registers.pending() > 0;
        let file = &self.registers.file;
        self.urgent
            .clock(now, file, changing, taken, &self.temperatures);
    }

    /// Bursts whose address is accepted in this clock, before the managers count them too.
    fn sample_requests(&mut self, now: Cycle) -> Result<(), Failure> {
        for write in [false, true] {
            let mut vaults = Vec::new();
            for (number, port) in self.ports.iter_mut().enumerate() {
                let bus = &port.agent.bus;
                let moved = if write {
                    bus.aw.moved()
                } else {
                    bus.ar.moved()
                };
                let Some(request) = moved else { continue };
                let open = &mut port.open[usize::from(write)];
                let same_id = open.iter().filter(|id| **id == request.id).count();
                self.coverage.burst(&BurstSample {
                    write,
                    kind: request.burst.code(),
                    beats: request.beats() as u32,
                    size: request.size,
                    address: request.addr,
                    same_id,
                    other_ids: open.len() - same_id,
                })?;
                open.push_back(request.id);
                if !write {
                    let lines = places(&self.responses, &self.map, &self.lines, request);
                    let (file, only) = (&self.registers.file, same_id == 0);
                    self.urgent
                        .accepted(now, number, request, &lines, file, only);
                }
                let vault = self.map.to_line(request.addr).map(|place| place.vault);
                if vault.is_some() && vaults.contains(&vault) {
                    self.coverage.event(Event::Contention)?;
                }
                vaults.push(vault);
            }
        }
        Ok(())
    }

    fn check_content(&mut self, run: &mut Run<Mem3d>, now: Cycle) -> Result<(), Failure> {
        let mut checked = std::mem::take(&mut self.checked);
        let buses = self.ports.iter().map(|port| &port.agent.bus);
        self.check
            .observe(now, buses, |port, one| checked.push((port, one)))?;
        for (port, one) in checked.drain(..) {
            let bus = &self.ports[port].agent.bus;
            let (write, got, golden) = match &one {
                Checked::Write(seen) => {
                    let golden = self.responses.write_response(&seen.request);
                    (true, (bus.b.beat.resp, 0), (golden, 0))
                }
                Checked::Read(seen) => {
                    let beat = &bus.r.beat;
                    let golden =
                        self.responses
                            .read_response(&seen.request, seen.beat, beat.poison);
                    let effect = self.responses.beat(&seen.request, seen.beat);
                    if effect.line.is_none() && beat.data != [0; 16] {
                        let signal = format!("port{port}.r.data");
                        let got = format!("{:x?}", beat.data);
                        return Err(Failure::mismatch(now, &signal, &got, "0, nothing was read"));
                    }
                    if seen.raced {
                        self.coverage.event(Event::Race)?;
                    }
                    if beat.poison != 0 {
                        self.coverage.event(Event::Poison)?;
                    }
                    if run.tracks.is_some() {
                        let line = seen.request.beat(seen.beat, BUS_BYTES).addr & !63;
                        let bytes = self.check.memory.peek(line, BUS_BYTES);
                        let words: Vec<u32> = bytes
                            .chunks_exact(4)
                            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                            .collect();
                        run.golden(now, format_args!("port{port}.r.data"), 512, &words);
                    }
                    (false, (beat.resp, beat.poison), golden)
                }
            };
            if got != golden {
                let channel = if write { "b" } else { "r" };
                let signal = format!("port{port}.{channel}.resp");
                let text = |(resp, poison): (Resp, u8)| format!("{resp:?}, poison {poison:#04x}");
                return Err(Failure::mismatch(now, &signal, &text(got), &text(golden)));
            }
            let response = match got.0 {
                Resp::Okay | Resp::ExOkay => Response::Okay,
                Resp::SlvErr => Response::SlaveError,
                Resp::DecErr => Response::DecodeError,
            };
            self.coverage.response(write, response)?;
        }
        self.checked = checked;
        Ok(())
    }

    fn finish_bursts(&mut self, run: &mut Run<Mem3d>, now: Cycle) -> Result<(), Failure> {
        for (number, port) in self.ports.iter_mut().enumerate() {
            while let Some(done) = port.agent.manager.completed() {
                let direction = usize::from(done.write);
                if !done.write {
                    let lines = self.responses.lines(&done.address, |_| u64::MAX).len();
                    self.urgent.answered(now, number, &done.address, lines)?;
                }
                run.note(now, &port.tracks[direction], || {
                    format!("{:x?}", done.address)
                });
                let open = &mut port.open[direction];
                let Some(at) = open.iter().position(|id| *id == done.address.id) else {
                    continue;
                };
                open.remove(at);
                // Write responses of a port keep the order of all its writes.
                if at > 0 && !done.write {
                    self.coverage.event(Event::ReadOvertook)?;
                }
            }
        }
        Ok(())
    }

    fn check_interrupt(&mut self, run: &Run<Mem3d>, now: Cycle) -> Result<(), Failure> {
        let irq = run.dut.o.irq_o;
        if irq && self.faultless {
            return Err(Failure::mismatch(now, "irq_o", "1", "0, nothing is wrong"));
        }
        if irq && !self.irq {
            self.coverage.event(Event::Interrupt)?;
        }
        self.irq = irq;
        Ok(())
    }

    /// Reads all registers, and waits for the answers.
    fn check_resets(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        let bursts = self.pending() > 0;
        for address in self.registers.file.addresses() {
            let expected = self.registers.file.read_after_reset(address, bursts);
            self.queue_read(run, address, expected)?;
        }
        while self.registers.pending() > 0 {
            self.cycle(run)?;
        }
        Ok(())
    }

    fn keep_accesses_short(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        while self.registers.pending() > WAITING {
            self.cycle(run)?;
        }
        Ok(())
    }

    /// Queues a write of a register, after all accesses before it.
    pub(super) fn queue_write(
        &mut self,
        run: &mut Run<Mem3d>,
        address: u16,
        data: u32,
        strb: u8,
    ) -> Result<(), Failure> {
        self.registers.write(address, data, strb);
        let register = self.registers.file.find(address);
        let clears = |register: &Register| register.access == RegisterUse::WriteClears;
        if strb != 0 && register.is_some_and(clears) {
            self.tallies = None;
        }
        self.keep_accesses_short(run)
    }

    /// Queues a read of a register, after all writes before it.
    pub(super) fn queue_read(
        &mut self,
        run: &mut Run<Mem3d>,
        address: u16,
        expected: Expected,
    ) -> Result<(), Failure> {
        self.registers.read(address, expected);
        self.keep_accesses_short(run)
    }

    /// Reads a register.
    pub(super) fn read(&mut self, run: &mut Run<Mem3d>, address: u16) -> Result<u32, Failure> {
        let expected = self.registers.file.read(address);
        let index = self.registers.read(address, expected);
        loop {
            self.cycle(run)?;
            if let Some(data) = self.registers.answer(index) {
                return Ok(data);
            }
        }
    }
}

/// The lines that a read asks vaults for.
fn places(
    responses: &Responses,
    map: &AddressMap,
    lines: &Lines,
    request: &AddressBeat,
) -> Vec<top_urgent::Line> {
    let asked = responses.lines(request, |_| u64::MAX);
    let place = |line: u64| {
        Some(top_urgent::Line {
            vault: map.to_line(line)?.vault as usize,
            clean: !lines.written(line),
        })
    };
    asked.iter().filter_map(|one| place(one.line)).collect()
}

/// Golden's memory of zeros.
fn memory(ports: usize, map: &AddressMap) -> Memory {
    let space = Space {
        capacity: map.capacity(),
        fixed: false,
        widest: BUS_BYTES as u64,
    };
    Memory::new(ports, BUS_BYTES, space)
}

/// A line as the dies hold it; none if bits of it were flipped.
fn at_rest(map: &AddressMap, dies: &[DramSide], wrong: &WrongWords, line: u64) -> Option<Line> {
    match wrong.in_line(line) {
        true => None,
        false => decoded(map, dies, line),
    }
}

/// A line as the dies hold it, corrected; none outside the capacity.
fn decoded(map: &AddressMap, dies: &[DramSide], line: u64) -> Option<Line> {
    let place = map.to_line(line)?;
    let die = &dies[place.vault as usize].die;
    let words = die.line_codewords(place.bank, place.row, place.line);
    let mut bytes = [0; 64];
    for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&decode(word).data.to_le_bytes());
    }
    Some(bytes)
}

fn explained(now: Cycle, unexplained: Option<Unexplained>) -> Result<(), Failure> {
    match unexplained {
        None => Ok(()),
        Some(one) => {
            let signal = "content at rest".to_owned();
            let kind = FailureKind::Mismatch { signal };
            let message = format!(
                "the die holds {:#04x} at {:#x}, the last write left {:#04x}",
                one.is, one.address, one.says
            );
            Err(Failure::new(kind, now, message))
        }
    }
}

fn signals<T>(wire: &Wire<T>) -> (bool, bool) {
    (wire.valid, wire.ready)
}

fn strobe_class(request: &AddressBeat, strobes: &dyn Fn(usize) -> u64) -> StrobeClass {
    let lanes = |beat: usize| request.beat(beat, BUS_BYTES).lanes();
    let mut beats = 0..request.beats();
    match (0..request.beats()).all(|beat| strobes(beat) == 0) {
        true => StrobeClass::None,
        false if beats.all(|beat| strobes(beat) == lanes(beat)) => StrobeClass::All,
        false => StrobeClass::Some,
    }
}
