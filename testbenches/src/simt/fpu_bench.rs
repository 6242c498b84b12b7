//! Drives `simt_fpu` and holds every lane of every result against golden, bit for bit.

use std::collections::VecDeque;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::simt::fpu::{FpuCoverage, FpuFlow, FpuSample};
use gpnpu_golden::simt::float::FpuOp;
use gpnpu_golden::simt::fpu::Unit;

use super::fpu_stimulus::{FpuRequest, FpuStimulus, LaneOperands};
use crate::kit::{Failure, Run, Sink, Source, Testbench};
use crate::ports::simt_fpu::{In, SimtFpu};
use crate::ports::simt_pkg::{FpuFlags, FpuReq, FpuRsp};

impl From<LaneOperands> for FpuReq {
    fn from(operands: LaneOperands) -> Self {
        Self {
            rm: operands.rm.code(),
            c: operands.c,
            b: operands.b,
            a: operands.a,
            x: operands.x,
        }
    }
}

fn bits(flags: FpuFlags) -> u8 {
    let FpuFlags { nv, dz, of, uf, nx } = flags;
    [nx, uf, of, dz, nv]
        .into_iter()
        .enumerate()
        .fold(0, |bits, (at, flag)| bits | u8::from(flag) << at)
}

/// The testbench of `simt_fpu`.
pub struct FpuTb;

impl Testbench for FpuTb {
    type Ports = SimtFpu;
    type Stimulus = FpuStimulus;

    fn run(run: &mut Run<SimtFpu>, stimulus: &FpuStimulus) -> Result<(), Failure> {
        let mut bench = Bench::new(run, stimulus);
        let mut resets = stimulus.resets.iter().copied().peekable();
        run.reset(into_reset)?;
        // Some cycles more than needed, so that a result too many would be seen.
        let mut quiet = 0;
        while quiet < Unit::Divide.latency() {
            if resets
                .next_if(|after| *after <= bench.source.sent())
                .is_some()
            {
                bench.forget();
                run.reset(into_reset)?;
            }
            bench.cycle(run)?;
            quiet = if bench.idle() { quiet + 1 } else { 0 };
        }
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}

fn into_reset(i: &mut In) -> &mut bool {
    i.req_valid_i = false;
    &mut i.rst_ni
}

/// A request in flight.
struct Pending {
    request: FpuRequest,
    tag: u8,
    /// The cycle of its result; for the divider the last in which it may appear.
    due: Cycle,
}

impl Pending {
    /// Holds a result against golden's.
    fn check(
        &self,
        run: &mut Run<SimtFpu>,
        now: Cycle,
        unit: &str,
        (tag, lanes): &Beat,
        coverage: &mut FpuCoverage,
    ) -> Result<(), Failure> {
        if *tag != self.tag {
            let words = [tag, &self.tag].map(|tag| format!("{tag:#04x}"));
            let signal = format!("{unit}_tag_o");
            return Err(Failure::mismatch(now, &signal, &words[0], &words[1]));
        }
        for (lane, rtl) in lanes.iter().enumerate() {
            let operands = self.request.lane(lane);
            let (result, flags) = operands.result(self.request.op);
            let words = [result as u32, (result >> 32) as u32];
            run.golden(now, format_args!("{unit}_o[{lane}].result"), 64, &words);
            let signal = |field| format!("{unit}_o[{lane}].{field}");
            let mut failure = None;
            if rtl.result != result {
                let (rtl, golden) = (format!("{:#x}", rtl.result), format!("{result:#x}"));
                failure = Some(Failure::mismatch(now, &signal("result"), &rtl, &golden));
            } else if bits(rtl.flags) != flags {
                let (rtl, golden) = (bits(rtl.flags), flags);
                let (rtl, golden) = (format!("{rtl:#07b}"), format!("{golden:#07b}"));
                failure = Some(Failure::mismatch(now, &signal("flags"), &rtl, &golden));
            }
            if let Some(failure) = failure {
                return Err(failure.with_details(describe(self.request.op, &operands)));
            }
            coverage.sample(&FpuSample {
                op: self.request.op.code(),
                rm: operands.rm.code(),
                a: operands.a,
                b: operands.b,
                c: operands.c,
                x: operands.x,
                result,
                flags,
            })?;
        }
        Ok(())
    }
}

fn describe(op: FpuOp, operands: &LaneOperands) -> String {
    let LaneOperands { rm, a, b, c, x } = operands;
    let float = |pattern: &u32| format!("{pattern:08x} ({:e})", f32::from_bits(*pattern));
    format!(
        "{op:?}, rounding {rm:?}\na = {}\nb = {}\nc = {}\nx = {x:016x}\n",
        float(a),
        float(b),
        float(c)
    )
}

/// A result: its tag and all lanes.
type Beat = (u8, Vec<FpuRsp>);

/// What is owed by a unit whose results come after a fixed time.
struct Pipeline {
    name: &'static str,
    latency: u64,
    owed: VecDeque<Pending>,
}

impl Pipeline {
    fn new(name: &'static str, unit: Unit) -> Self {
        Self {
            name,
            latency: unit.latency(),
            owed: VecDeque::new(),
        }
    }

    fn expect(&mut self, now: Cycle, request: FpuRequest, tag: u8) {
        let due = Cycle(now.0 + self.latency);
        self.owed.push_back(Pending { request, tag, due });
    }

    /// The request whose result this cycle has; a result has to be there exactly when one is due.
    fn due(&mut self, now: Cycle, valid: bool) -> Result<Option<Pending>, Failure> {
        let due = self.owed.front().is_some_and(|first| first.due == now);
        if valid != due {
            let signal = format!("{}_valid_o", self.name);
            let bit = |value: bool| u8::from(value).to_string();
            return Err(Failure::mismatch(now, &signal, &bit(valid), &bit(due)));
        }
        Ok(if due { self.owed.pop_front() } else { None })
    }
}

struct Bench {
    source: Source<FpuRequest>,
    fma: Pipeline,
    misc: Pipeline,
    /// What the divider works on; it is free without.
    divide: Option<Pending>,
    divide_sink: Sink<Beat>,
    divide_seen: bool,
    /// Cycles that the request on offer has been waiting.
    wait: u32,
    tag: u8,
    previous: Option<u8>,
    coverage: FpuCoverage,
}

impl Bench {
    fn new(run: &Run<SimtFpu>, stimulus: &FpuStimulus) -> Self {
        let mut source = Source::new(stimulus.request_pace.start(run.streams.rng("request gaps")));
        for request in &stimulus.requests {
            source.push(request.clone());
        }
        let divide_pacer = stimulus.divide_pace.start(run.streams.rng("divide gaps"));
        Self {
            source,
            fma: Pipeline::new("fma", Unit::Fma),
            misc: Pipeline::new("misc", Unit::Misc),
            divide: None,
            divide_sink: Sink::new("div", divide_pacer),
            divide_seen: false,
            wait: 0,
            tag: 0,
            previous: None,
            coverage: FpuCoverage::new(),
        }
    }

    fn idle(&self) -> bool {
        self.source.pending() + self.fma.owed.len() + self.misc.owed.len() == 0
            && self.divide.is_none()
    }

    /// What is in flight is lost with a reset.
    fn forget(&mut self) {
        self.fma.owed.clear();
        self.misc.owed.clear();
        self.divide = None;
        self.divide_seen = false;
        self.divide_sink.clear();
        self.wait = 0;
        self.previous = None;
    }

    fn cycle(&mut self, run: &mut Run<SimtFpu>) -> Result<(), Failure> {
        let offered = self.source.offer();
        run.dut.i.req_valid_i = offered.is_some();
        let mut ready = None;
        if let Some(request) = offered {
            run.dut.i.op_i = request.op.code();
            run.dut.i.tag_i = self.tag;
            for (lane, operands) in run.dut.i.req_i.iter_mut().enumerate() {
                *operands = request.lane(lane).into();
            }
            ready = Some(!Unit::of(request.op).is_exclusive() || self.divide.is_none());
        }
        run.dut.i.div_ready_i = self.divide_sink.ready();
        let now = run.cycle()?;
        self.check_ready(now, ready, run.dut.o.req_ready_o)?;
        self.results(run, now)?;
        if let Some((request, gap)) = self.source.accepted(run.dut.o.req_ready_o) {
            run.note(now, "requests", || format!("{:?}", request.op));
            self.accept(now, request, gap)?;
        }
        Ok(())
    }

    /// Only a divide or a square root waits, and only for the divider.
    fn check_ready(&mut self, now: Cycle, golden: Option<bool>, rtl: bool) -> Result<(), Failure> {
        let Some(golden) = golden else { return Ok(()) };
        self.wait += u32::from(!rtl);
        if rtl == golden {
            return Ok(());
        }
        let [rtl, golden] = [rtl, golden].map(|ready| u8::from(ready).to_string());
        Err(Failure::mismatch(now, "req_ready_o", &rtl, &golden))
    }

    fn accept(&mut self, now: Cycle, request: FpuRequest, gap: u64) -> Result<(), Failure> {
        let op = request.op.code();
        self.coverage.sample_flow(&FpuFlow {
            op,
            previous: self.previous.replace(op),
            gap: u32::try_from(gap).unwrap_or(u32::MAX),
            wait: std::mem::take(&mut self.wait),
        })?;
        let tag = self.tag;
        self.tag = self.tag.wrapping_add(1);
        match Unit::of(request.op) {
            Unit::Fma => self.fma.expect(now, request, tag),
            Unit::Misc => self.misc.expect(now, request, tag),
            Unit::Divide => {
                let due = Cycle(now.0 + Unit::Divide.latency());
                self.divide = Some(Pending { request, tag, due });
            }
        }
        Ok(())
    }

    fn results(&mut self, run: &mut Run<SimtFpu>, now: Cycle) -> Result<(), Failure> {
        if let Some(pending) = self.fma.due(now, run.dut.o.fma_valid_o)? {
            let beat = (run.dut.o.fma_tag_o, run.dut.o.fma_o.clone());
            pending.check(run, now, "fma", &beat, &mut self.coverage)?;
        }
        if let Some(pending) = self.misc.due(now, run.dut.o.misc_valid_o)? {
            let beat = (run.dut.o.misc_tag_o, run.dut.o.misc_o.clone());
            pending.check(run, now, "misc", &beat, &mut self.coverage)?;
        }
        let valid = run.dut.o.div_valid_o;
        self.divide_seen |= valid;
        let late = self.divide.as_ref().is_some_and(|p| now >= p.due) && !self.divide_seen;
        if late || (valid && self.divide.is_none()) {
            let [rtl, golden] = [valid, late].map(|valid| u8::from(valid).to_string());
            return Err(Failure::mismatch(now, "div_valid_o", &rtl, &golden));
        }
        let beat = valid.then(|| (run.dut.o.div_tag_o, run.dut.o.div_o.clone()));
        if let Some((beat, stall)) = self.divide_sink.observe(now, beat)?
            && let Some(pending) = self.divide.take()
        {
            self.divide_seen = false;
            pending.check(run, now, "div", &beat, &mut self.coverage)?;
            let stall = u32::try_from(stall).unwrap_or(u32::MAX);
            self.coverage.sample_stall(stall)?;
        }
        Ok(())
    }
}
