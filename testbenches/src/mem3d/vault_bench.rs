//! A vault with its die, its scoreboard and its coverage.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::mem3d::vault::{EccOutcome, Event, Hazard, VaultCoverage};
use gpnpu_golden::mem3d::die::{DieOptions, Direction, LaneFault};
use gpnpu_golden::mem3d::secded::COLUMNS;
use gpnpu_golden::mem3d::timing::{Picoseconds, TimingSet};
use gpnpu_golden::mem3d::vault::{LineAddress, LineData, Vault};

use super::dram::{DramSide, VaultPins};
use super::urgent::{RefreshMode, UrgentWatch};
use super::vault_commands::CommandCoverage;
use super::vault_stimulus::{Operation, Place, Settings, VaultStimulus};
use crate::kit::{Failure, FailureKind, Run, Sink, Source};
use crate::ports::mem3d_pkg::{VaultError, VaultRd, VaultRsp, VaultWr, power_e};
use crate::ports::mem3d_vault::Mem3dVault;

/// Tags of reads.
const TAGS: u16 = 4096;
/// Clocks without a request, a response or write data after which a vault counts as settled.
const QUIET: u64 = 64;

/// What a response is held against.
#[derive(Clone, Debug)]
struct Expected {
    at: Place,
    line: LineData,
    /// The content is unknown, after a reset.
    unknown: bool,
    /// Poison is allowed though golden has none, with a stuck lane.
    lenient: bool,
    urgent: bool,
    accepted: u64,
    sequence: u64,
}

/// Bits of a codeword that were flipped.
type Flips = (u8, Option<u8>);

/// Drives a vault and checks everything it does.
pub struct VaultBench {
    dram: DramSide,
    golden: Vault,
    reads: Source<VaultRd>,
    writes: Source<VaultWr>,
    responses: Sink<VaultRsp>,
    free_tags: VecDeque<u16>,
    expected: HashMap<u16, Expected>,
    sequences: BTreeSet<u64>,
    sequence: u64,
    outstanding: usize,
    patience: u64,
    settings: Settings,
    temperature: u8,
    inject_arm: bool,
    stuck: Vec<u8>,
    /// Words with flipped bits, at rest or on the way.
    flipped: HashMap<(Place, u8), Flips>,
    reported: HashSet<(Place, u8)>,
    /// Lines written since the vault last settled.
    dirty: HashSet<Place>,
    unknown: HashSet<Place>,
    last: HashMap<Place, (Option<u64>, Option<u64>)>,
    last_activity: u64,
    urgent: UrgentWatch,
    commands: CommandCoverage,
    coverage: VaultCoverage,
}

impl VaultBench {
    /// A vault after power-up.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Setup`] for a timing set that golden refuses.
    pub fn new(run: &Run<Mem3dVault>, stimulus: &VaultStimulus) -> Result<Self, Failure> {
        let setup = |error: String| Failure::new(FailureKind::Setup, Cycle(0), error);
        let parameters = &run.parameters;
        let set = TimingSet::from_parameters(|name| Some(parameters.get(name) as u64))
            .map_err(|error| setup(error.to_string()))?;
        let options = DieOptions {
            ref_groups: stimulus.ref_groups,
            ..DieOptions::default()
        };
        let entries = |name| u32::try_from(parameters.get(name)).unwrap_or(u32::MAX);
        let coverage = VaultCoverage::new(
            set.banks_per_group,
            set.t_ccd_l > set.t_ccd_s,
            entries("ReadQueue"),
            entries("WriteQueue"),
        )?;
        let pacer = |pace: crate::kit::Pace, name| pace.start(run.streams.rng(name));
        let mut dram = DramSide::new(&set, options, 0, run.streams.rng("noise"));
        // The die owes almost as much as it may, so that the controller's count and its own agree after the
        // refreshes of the start: it takes at most this long to the first of them.
        let start = set.t_rfc_ab + set.t_xs + set.t_rp + set.t_rc;
        let owing = set.cycles(Picoseconds(8 * set.t_refi.0));
        dram.age(owing.saturating_sub(set.cycles(start)))?;
        Ok(Self {
            dram,
            golden: Vault::new(),
            reads: Source::new(pacer(stimulus.reads, "reads")),
            writes: Source::new(pacer(stimulus.writes, "writes")),
            responses: Sink::new("rsp", pacer(stimulus.responses, "responses")),
            free_tags: (0..TAGS).collect(),
            expected: HashMap::new(),
            sequences: BTreeSet::new(),
            sequence: 0,
            outstanding: match stimulus.outstanding {
                0 => usize::MAX,
                limit => usize::from(limit),
            },
            settings: stimulus.settings.within(parameters.get("WriteQueue")),
            patience: stimulus.patience,
            temperature: 0,
            inject_arm: false,
            stuck: Vec::new(),
            flipped: HashMap::new(),
            reported: HashSet::new(),
            dirty: HashSet::new(),
            unknown: HashSet::new(),
            last: HashMap::new(),
            last_activity: 0,
            urgent: UrgentWatch::new(&set),
            commands: CommandCoverage::new(&set),
            coverage,
        })
    }

    /// Does one thing to the vault.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn operate(
        &mut self,
        run: &mut Run<Mem3dVault>,
        operation: Operation,
    ) -> Result<(), Failure> {
        match operation {
            Operation::Read { at, urgent } => self.queue_read(run, at, urgent),
            Operation::Write { at, strobes, seed } => {
                self.queue_write(at, strobes, seed);
                Ok(())
            }
            Operation::Wait(clocks) => (0..clocks).try_for_each(|_| self.cycle(run)),
            Operation::Settle => self.settle(run),
            Operation::Configure(settings) => {
                self.settings = settings.within(run.parameters.get("WriteQueue"));
                self.cycle(run)
            }
            Operation::Temperature(code) => {
                self.temperature = code.min(3);
                self.cycle(run)
            }
            Operation::Decay { at, word, bits } => {
                self.settle(run)?;
                self.decay(at, word, bits);
                Ok(())
            }
            Operation::ReadDisturbed { at, word, bits } => self.read_disturbed(run, at, word, bits),
            Operation::WriteInjected {
                at,
                seed,
                word,
                bits,
            } => self.write_injected(run, at, seed, word, bits),
            Operation::Found { at, word } => self.found(run, at, word),
            Operation::Asleep => asleep(run),
            Operation::StickLane { lane, high } => {
                self.settle(run)?;
                let fault = match high {
                    true => LaneFault::StuckHigh,
                    false => LaneFault::StuckLow,
                };
                self.dram.die.set_lane_fault(lane.min(37), Some(fault));
                self.stuck.push(lane.min(37));
                Ok(())
            }
            Operation::Reset => self.reset(run),
        }
    }

    /// Resets the controller.
    ///
    /// # Errors
    ///
    /// What the RTL reports meanwhile.
    pub fn reset(&mut self, run: &mut Run<Mem3dVault>) -> Result<(), Failure> {
        if !self.expected.is_empty() || run.dut.o.status_o.writes > 0 {
            self.coverage.event(Event::ResetUnderLoad)?;
        }
        self.unknown.extend(self.dirty.drain());
        self.expected.clear();
        self.urgent.reset();
        self.sequences.clear();
        self.reads.clear();
        self.free_tags = (0..TAGS).collect();
        self.writes.clear();
        self.responses.clear();
        run.dut.i.rd_valid_i = false;
        run.dut.i.wr_valid_i = false;
        run.dut.i.rst_ni = false;
        self.apply(run);
        for _ in 0..2 {
            self.dram.controller_reset();
            run.dut.i.dq_i = self.dram.drive();
            let now = run.cycle()?;
            // At power-up the pins are undefined until the first edge in reset.
            if now.0 > 0 {
                self.die_takes(run, now)?;
            }
        }
        run.dut.i.rst_ni = true;
        Ok(())
    }

    /// Waits until everything asked for is done, then checks that nothing is owed.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn settle(&mut self, run: &mut Run<Mem3dVault>) -> Result<(), Failure> {
        // A scrubber that comes by again soon after its last line never leaves the vault alone.
        let scrub_interval = self.settings.scrub_interval;
        if 16 * u64::from(scrub_interval) <= 4 * QUIET {
            self.settings.scrub_interval = 0;
        }
        let settled = self.until_settled(run);
        self.settings.scrub_interval = scrub_interval;
        settled
    }

    fn until_settled(&mut self, run: &mut Run<Mem3dVault>) -> Result<(), Failure> {
        loop {
            self.cycle(run)?;
            let status = &run.dut.o.status_o;
            let open = self.reads.pending() + self.writes.pending() + self.expected.len();
            if open > 0 || status.reads > 0 || status.writes > 0 {
                self.last_activity = self.last_activity.max(run.dut.now().0);
            }
            let awake = status.power != power_e::POWER_INIT;
            if awake && run.dut.now().0 > self.last_activity + QUIET {
                self.dirty.clear();
                return Ok(());
            }
        }
    }

    /// The coverage of the run.
    #[must_use]
    pub fn coverage(&self) -> &VaultCoverage {
        &self.coverage
    }

    /// The temperature that counts: code 3 is as hot as 2.
    fn heat(&self) -> u8 {
        self.temperature.min(2)
    }

    /// Whether a lane is stuck that no spare replaces.
    fn stuck(&self) -> bool {
        let replaced = |lane: &u8| self.settings.failed_lanes.contains(&Some(*lane));
        !self.stuck.iter().all(replaced)
    }

    fn queue_read(
        &mut self,
        run: &mut Run<Mem3dVault>,
        at: Place,
        urgent: bool,
    ) -> Result<(), Failure> {
        while self.free_tags.is_empty()
            || self.expected.len() + self.reads.pending() >= self.outstanding
        {
            self.cycle(run)?;
        }
        let tag = self.free_tags.pop_front().expect("one is free");
        self.reads.push(VaultRd {
            tag,
            urgent,
            row: at.row,
            bank: at.bank,
            line: at.line,
        });
        self.keep_short(run)
    }

    fn queue_write(&mut self, at: Place, strobes: u64, seed: u32) {
        self.writes.push(VaultWr {
            row: at.row,
            bank: at.bank,
            line: at.line,
            strb: strobes,
            data: line_data(seed),
        });
    }

    /// Lets the vault take requests while many are waiting to be offered, so that the order in which the two channels
    /// move stays near that of the stimulus.
    fn keep_short(&mut self, run: &mut Run<Mem3dVault>) -> Result<(), Failure> {
        while self.reads.pending() + self.writes.pending() > 16 {
            self.cycle(run)?;
        }
        Ok(())
    }

    fn decay(&mut self, at: Place, word: u8, bits: Flips) {
        if self.flipped.contains_key(&(at, word)) {
            return;
        }
        for bit in [Some(bits.0), bits.1].into_iter().flatten() {
            let burst = 2 * at.line + word / 4;
            let place = usize::from(word % 4) * 72 + usize::from(bit);
            self.dram.die.flip(at.bank, at.row, burst, place as u32);
        }
        self.mark(at, word, bits);
    }

    /// Golden learns of flipped bits that stay.
    fn mark(&mut self, at: Place, word: u8, bits: Flips) {
        self.flipped.insert((at, word), bits);
        self.reported.remove(&(at, word));
        if bits.1.is_some() {
            self.golden.lose(&address(at), usize::from(word));
        }
    }

    fn read_disturbed(
        &mut self,
        run: &mut Run<Mem3dVault>,
        at: Place,
        word: u8,
        bits: Flips,
    ) -> Result<(), Failure> {
        self.settle(run)?;
        if self.flipped.contains_key(&(at, word)) || self.unknown.contains(&at) {
            return Ok(());
        }
        let mut mask = [0; 10];
        for bit in [Some(bits.0), bits.1].into_iter().flatten() {
            let beat = 2 * usize::from(word % 4) + usize::from(bit) / 36;
            let place = 38 * beat + usize::from(bit) % 36;
            mask[place / 32] |= 1 << (place % 32);
        }
        // The line's lower half comes first.
        if word >= 4 {
            self.dram.die.disturb_next(Direction::Read, [0; 10]);
        }
        self.dram.die.disturb_next(Direction::Read, mask);
        self.flipped.insert((at, word), bits);
        self.reported.remove(&(at, word));
        let poison = u8::from(bits.1.is_some()) << word;
        self.queue_read(run, at, false)?;
        while self.reads.pending() > 0 {
            self.cycle(run)?;
        }
        for expected in self.expected.values_mut() {
            expected.line.poison |= poison;
        }
        self.settle(run)?;
        self.found(run, at, word)?;
        self.flipped.remove(&(at, word));
        Ok(())
    }

    /// Whether a word with flipped bits has been read since they flipped.
    fn found(&self, run: &Run<Mem3dVault>, at: Place, word: u8) -> Result<(), Failure> {
        let bits = self.flipped.get(&(at, word));
        if bits.is_none() || self.reported.contains(&(at, word)) {
            return Ok(());
        }
        let message = format!(
            "status_o.error is silent, golden says word {word} of {at:?} was read with flipped bits {bits:?}"
        );
        let kind = FailureKind::Mismatch {
            signal: "status_o.error".to_owned(),
        };
        Err(Failure::new(kind, run.dut.now(), message))
    }

    /// What a read of a line returns; without ECC as the die holds it, and never poisoned.
    fn line(&self, at: Place) -> LineData {
        let mut line = self.golden.read(&address(at));
        if !self.settings.ecc_enable {
            line.poison = 0;
            for (word, data) in (0u8..).zip(&mut line.data) {
                let (first, second) = self
                    .flipped
                    .get(&(at, word))
                    .map_or((None, None), |bits| (Some(bits.0), bits.1));
                for bit in [first, second]
                    .into_iter()
                    .flatten()
                    .filter(|bit| *bit < 64)
                {
                    *data ^= 1 << bit;
                }
            }
        }
        line
    }

    fn write_injected(
        &mut self,
        run: &mut Run<Mem3dVault>,
        at: Place,
        seed: u32,
        word: u8,
        bits: Flips,
    ) -> Result<(), Failure> {
        self.settle(run)?;
        // The scrubber's lines would be written with the error instead.
        let scrub = std::mem::take(&mut self.settings.scrub_interval);
        for _ in 0..QUIET {
            self.cycle(run)?;
        }
        self.settle(run)?;
        self.inject_arm = !self.inject_arm;
        let mut mask = [0; 3];
        for bit in [Some(bits.0), bits.1].into_iter().flatten() {
            mask[usize::from(bit / 32)] |= 1 << (bit % 32);
        }
        run.dut.i.cfg_i.inject.word = word;
        run.dut.i.cfg_i.inject.mask = mask;
        self.cycle(run)?;
        self.queue_write(at, u64::MAX, seed);
        self.settle(run)?;
        // The write took all earlier flips of the line away.
        self.flipped.retain(|(place, _), _| *place != at);
        self.mark(at, word, bits);
        self.settings.scrub_interval = scrub;
        Ok(())
    }

    /// One clock.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn cycle(&mut self, run: &mut Run<Mem3dVault>) -> Result<(), Failure> {
        self.apply(run);
        let read = self.reads.offer().copied();
        let write = self.writes.offer().copied();
        run.dut.i.rd_valid_i = read.is_some();
        run.dut.i.rd_i = read.unwrap_or(run.dut.i.rd_i);
        run.dut.i.wr_valid_i = write.is_some();
        run.dut.i.wr_i = write.unwrap_or(run.dut.i.wr_i);
        run.dut.i.rsp_ready_i = self.responses.ready();
        run.dut.i.dq_i = self.dram.drive();
        let now = run.cycle()?;
        self.watch_urgent(run, now);
        self.accept(run, now)?;
        self.respond(run, now)?;
        self.die_takes(run, now)?;
        self.watch(run, now)
    }

    fn apply(&self, run: &mut Run<Mem3dVault>) {
        let settings = &self.settings;
        run.dut.i.temp_i = self.temperature;
        let cfg = &mut run.dut.i.cfg_i;
        cfg.page_policy = settings.page_policy;
        cfg.refresh_per_bank = settings.refresh_per_bank;
        cfg.postpone = settings.postpone;
        cfg.wq_high = settings.wq_high;
        cfg.wq_low = settings.wq_low;
        cfg.drain_idle = settings.drain_idle;
        cfg.hit_cap = settings.hit_cap;
        cfg.age_limit = settings.age_limit;
        cfg.pd_idle = settings.pd_idle;
        cfg.sr_idle = settings.sr_idle;
        cfg.rfm_threshold = settings.rfm_threshold;
        cfg.scrub_interval = settings.scrub_interval;
        cfg.ecc_enable = settings.ecc_enable;
        cfg.inject.arm = self.inject_arm;
        let lanes = &settings.failed_lanes;
        cfg.lanes.fail_valid = u8::from(lanes[0].is_some()) | u8::from(lanes[1].is_some()) << 1;
        cfg.lanes.fail_lane = lanes.map(|lane| lane.unwrap_or(0));
    }

    /// What this clock means for urgent reads.
    fn watch_urgent(&mut self, run: &Run<Mem3dVault>, now: Cycle) {
        let mode = RefreshMode {
            per_bank: self.settings.refresh_per_bank,
            postpone: self.settings.postpone,
            managed: self.settings.rfm_threshold > 0,
        };
        let (valid, power) = (run.dut.o.rsp_valid_o, run.dut.o.status_o.power);
        let starting = power == power_e::POWER_INIT;
        let asleep = !starting && power != power_e::POWER_AWAKE;
        self.urgent.configure(now, mode, false);
        self.urgent.responses(valid, run.dut.i.rsp_ready_i);
        self.urgent.clock(now, self.heat(), asleep, starting);
    }

    /// Requests that moved in this clock: a read before a write.
    fn accept(&mut self, run: &mut Run<Mem3dVault>, now: Cycle) -> Result<(), Failure> {
        let ready = (run.dut.o.rd_ready_o, run.dut.o.wr_ready_o);
        if run.dut.i.rd_valid_i && !ready.0 {
            self.coverage.event(Event::ReadRefused)?;
        }
        if run.dut.i.wr_valid_i && !ready.1 {
            self.coverage.event(Event::WriteRefused)?;
        }
        let read = self.reads.accepted(ready.0).map(|(read, _)| read);
        let write = self.writes.accepted(ready.1).map(|(write, _)| write);
        if read.is_some() || write.is_some() {
            self.last_activity = now.0;
        }
        if let Some(read) = read {
            let at = Place {
                bank: read.bank,
                row: read.row,
                line: read.line,
            };
            run.note(now, "read", || format!("tag {} {at:?}", read.tag));
            self.expected.insert(
                read.tag,
                Expected {
                    at,
                    line: self.line(at),
                    unknown: self.unknown.contains(&at),
                    lenient: self.stuck(),
                    urgent: read.urgent,
                    accepted: now.0,
                    sequence: self.sequence,
                },
            );
            if read.urgent {
                self.urgent
                    .accepted(now, read.tag, !self.dirty.contains(&at), 0);
            }
            self.sequences.insert(self.sequence);
            self.sequence += 1;
            let last = self.last.entry(at).or_default();
            if let Some(then) = last.1 {
                self.coverage.hazard(Hazard::ReadAfterWrite, now.0 - then)?;
            }
            last.0 = Some(now.0);
        }
        if let Some(write) = write {
            let at = Place {
                bank: write.bank,
                row: write.row,
                line: write.line,
            };
            run.note(now, "write", || format!("{at:?} strb {:#018x}", write.strb));
            self.golden
                .write(&address(at), write.strb, &words(&write.data));
            self.dirty.insert(at);
            if write.strb == u64::MAX {
                self.unknown.remove(&at);
            }
            self.coverage.strobes(write.strb)?;
            let last = self.last.entry(at).or_default();
            match *last {
                (Some(then), _) if then == now.0 => self.coverage.hazard(Hazard::SameClock, 0)?,
                (Some(then), _) => self.coverage.hazard(Hazard::WriteAfterRead, now.0 - then)?,
                _ => {}
            }
            if let Some(then) = last.1 {
                self.coverage
                    .hazard(Hazard::WriteAfterWrite, now.0 - then)?;
            }
            last.1 = Some(now.0);
        }
        Ok(())
    }

    fn respond(&mut self, run: &mut Run<Mem3dVault>, now: Cycle) -> Result<(), Failure> {
        let o = &run.dut.o;
        if o.rsp_valid_o && !run.dut.i.rsp_ready_i {
            self.coverage.event(Event::ResponseStalled)?;
        }
        let Some((rsp, _)) = self
            .responses
            .observe(now, o.rsp_valid_o.then_some(o.rsp_o))?
        else {
            return self.starved(now);
        };
        let Some(expected) = self.expected.remove(&rsp.tag) else {
            let kind = FailureKind::Unexpected {
                channel: "rsp".to_owned(),
            };
            let message = format!("rsp gave tag {} where golden expects none", rsp.tag);
            return Err(Failure::new(kind, now, message));
        };
        self.urgent.answered(now, rsp.tag)?;
        self.free_tags.push_back(rsp.tag);
        self.sequences.remove(&expected.sequence);
        run.note(now, "response", || {
            format!("tag {} {:?}", rsp.tag, expected.at)
        });
        let poison = expected.line.poison;
        run.golden(now, "rsp_o.data", 512, &halves(&expected.line.data));
        run.golden(now, "rsp_o.poison", 8, &[u32::from(poison)]);
        if expected.unknown {
            return Ok(());
        }
        let allowed = if expected.lenient { u8::MAX } else { 0 };
        if (rsp.poison ^ poison) & !(allowed & rsp.poison) != 0 {
            let failure = Failure::mismatch(
                now,
                "rsp_o.poison",
                &format!("{:#04x}", rsp.poison),
                &format!("{poison:#04x}"),
            );
            return Err(failure.with_details(format!("read of {:?}", expected.at)));
        }
        // The data of a poisoned word are not defined.
        let data = words(&rsp.data);
        for word in (0..8).filter(|word| rsp.poison >> word & 1 == 0) {
            let (is, says) = (data[word], expected.line.data[word]);
            if is != says {
                let failure = Failure::mismatch(
                    now,
                    &format!("rsp_o.data[{word}]"),
                    &format!("{is:#018x}"),
                    &format!("{says:#018x}"),
                );
                return Err(failure.with_details(format!("read of {:?}", expected.at)));
            }
        }
        if let Some(oldest) = self.sequences.first()
            && *oldest < expected.sequence
        {
            let overtaken = self.expected.values().find(|one| one.sequence == *oldest);
            let normal = overtaken.is_some_and(|one| !one.urgent);
            self.coverage.event(match expected.urgent && normal {
                true => Event::UrgentOvertook,
                false => Event::HitOvertook,
            })?;
        }
        Ok(())
    }

    /// Whether a read has waited for longer than anything can take.
    fn starved(&self, now: Cycle) -> Result<(), Failure> {
        if !now.0.is_multiple_of(1024) {
            return Ok(());
        }
        match self
            .expected
            .values()
            .find(|one| one.accepted + self.patience < now.0)
        {
            None => Ok(()),
            Some(one) => Err(Failure::new(
                FailureKind::Protocol {
                    rule: "rsp: a read starves".to_owned(),
                },
                now,
                format!(
                    "a read of {:?}, accepted in cycle {}, has no response after {} cycles",
                    one.at, one.accepted, self.patience
                ),
            )),
        }
    }

    fn die_takes(&mut self, run: &mut Run<Mem3dVault>, now: Cycle) -> Result<(), Failure> {
        let o = &run.dut.o;
        let pins = VaultPins {
            command: &o.cmd_o,
            dq: &o.dq_o,
            dq_oe: o.dq_oe_o,
            lanes: &o.lanes_o,
            temperature: self.heat(),
        };
        if o.dq_oe_o || o.cmd_o.col_valid {
            self.last_activity = now.0;
        }
        self.dram.observe(now, &pins)
    }

    /// Coverage, and error records, of a clock whose outputs are checked.
    fn watch(&mut self, run: &mut Run<Mem3dVault>, now: Cycle) -> Result<(), Failure> {
        let o = &run.dut.o;
        let status = &o.status_o;
        if status.error.valid {
            self.error_record(&status.error, now)?;
        }
        self.commands.sample(
            now,
            &o.cmd_o,
            status,
            &self.settings,
            self.heat(),
            &self.dram.die,
            &mut self.coverage,
        )?;
        for (flag, event) in [
            (status.forwarded, Event::Forwarded),
            (status.merged, Event::Merged),
            (status.rmw, Event::Rmw),
            (status.scrubbed, Event::Scrubbed),
            (status.age_forced, Event::AgeForced),
        ] {
            if flag {
                self.coverage.event(event)?;
            }
        }
        let failed = self.settings.failed_lanes.iter().flatten().count();
        if now.0.is_multiple_of(64) {
            self.coverage.failed_lanes(failed)?;
        }
        Ok(())
    }

    /// A record must be explained by bits that were flipped, with their syndrome.
    fn error_record(&mut self, error: &VaultError, now: Cycle) -> Result<(), Failure> {
        let at = Place {
            bank: error.bank,
            row: error.row,
            line: error.line,
        };
        let key = (at, error.word);
        self.reported.insert(key);
        let outcome = match self.flipped.get(&key) {
            _ if self.stuck() || self.unknown.contains(&at) => return Ok(()),
            Some((bit, None))
                if self.settings.ecc_enable
                    && !error.uncorrectable
                    && error.syndrome == column(*bit) =>
            {
                match bit {
                    0..64 => EccOutcome::Data,
                    _ => EccOutcome::Check,
                }
            }
            Some((first, Some(second)))
                if self.settings.ecc_enable
                    && error.uncorrectable
                    && (error.syndrome == column(*first) ^ column(*second)
                        || error.syndrome == column(64) ^ column(65)) =>
            {
                EccOutcome::Uncorrectable
            }
            other => {
                let failure = Failure::mismatch(
                    now,
                    "status_o.error",
                    &format!("{error:x?}"),
                    &format!("flipped bits {other:?}"),
                );
                return Err(failure);
            }
        };
        self.coverage
            .ecc(outcome, usize::from(error.word), usize::from(error.source))?;
        Ok(())
    }
}

/// Whether the die sleeps.
fn asleep(run: &Run<Mem3dVault>) -> Result<(), Failure> {
    let power = run.dut.o.status_o.power;
    if [power_e::POWER_DOWN, power_e::POWER_SELF_REFRESH].contains(&power) {
        return Ok(());
    }
    Err(Failure::mismatch(
        run.dut.now(),
        "status_o.power",
        &power.to_string(),
        "asleep",
    ))
}

fn address(at: Place) -> LineAddress {
    LineAddress {
        bank: at.bank,
        row: at.row,
        line: at.line,
    }
}

/// The syndrome of one flipped bit; check bits 0 and 1 are inverted in a poisoned word.
fn column(bit: u8) -> u8 {
    COLUMNS[usize::from(bit)]
}

fn words(data: &[u32; 16]) -> [u64; 8] {
    std::array::from_fn(|word| u64::from(data[2 * word]) | u64::from(data[2 * word + 1]) << 32)
}

fn halves(data: &[u64; 8]) -> [u32; 16] {
    std::array::from_fn(|half| (data[half / 2] >> (32 * (half % 2))) as u32)
}

/// Data of a line: distinct in every word, the seed's alone.
fn line_data(seed: u32) -> [u32; 16] {
    std::array::from_fn(|index| {
        let mixed = (seed ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b) ^ index as u32;
        mixed.wrapping_mul(0xc2b2_ae35).rotate_left(13) ^ seed
    })
}
