//! What is behind a core's memory side: golden's memory, which answers when it likes.

use std::collections::{BTreeSet, VecDeque};

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::axi::LINE;
use gpnpu_golden::simt::core::CoreRequest;
use gpnpu_golden::simt::execute::AccessKind;
use gpnpu_golden::simt::machine::{Accessed, Machine};
use gpnpu_golden::simt::mask::LaneMask;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::core_trace::broken;
use crate::kit::{Failure, Pace, Pacer, Run};
use crate::ports::simt_core::SimtCore;
use crate::ports::simt_pkg::{MemFetchRsp, MemReq, MemRsp};

/// Warps that the structs have room for.
const WARPS: usize = 16;

/// When the memory side moves.
pub struct MemoryPaces {
    /// A request is taken.
    pub take: Pacer,
    /// A request is done.
    pub perform: Pacer,
    /// A result is offered.
    pub respond: Pacer,
    /// A line of instructions is asked for.
    pub ask: Pacer,
    /// It comes back.
    pub fetch: Pacer,
}

impl MemoryPaces {
    /// Those of a stimulus, in the order of the fields.
    pub fn new(run: &Run<SimtCore>, paces: &[Pace; 5]) -> Self {
        let names = ["take", "perform", "respond", "ask", "fetch"];
        let pace = |index: usize| paces[index].start(run.streams.rng(names[index]));
        Self {
            take: pace(0),
            perform: pace(1),
            respond: pace(2),
            ask: pace(3),
            fetch: pace(4),
        }
    }
}

/// The memory side of a core.
pub struct CoreMemory {
    paces: MemoryPaces,
    rng: ChaCha8Rng,
    requests: [VecDeque<(MemReq, u16)>; WARPS],
    responses: VecDeque<MemRsp>,
    offered: bool,
    fetches: VecDeque<u64>,
    failing: BTreeSet<u64>,
    deaf: bool,
}

/// A request that golden has done, and what its lanes' registers get.
pub struct Done {
    /// Warp.
    pub warp: usize,
    /// Tag of the instruction.
    pub tag: u8,
    /// What golden says.
    pub accessed: Accessed,
    /// Lanes whose results mean nothing: their line had an error.
    pub lost: LaneMask,
}

impl CoreMemory {
    /// A memory side with nothing under way.
    pub fn new(paces: MemoryPaces, rng: ChaCha8Rng) -> Self {
        Self {
            paces,
            rng,
            requests: Default::default(),
            responses: VecDeque::new(),
            offered: false,
            fetches: VecDeque::new(),
            failing: BTreeSet::new(),
            deaf: false,
        }
    }

    /// Whether a request is taken in this clock.
    pub fn ready(&mut self) -> bool {
        self.paces.take.step()
    }

    /// The result to offer in this clock.
    pub fn response(&mut self) -> Option<&MemRsp> {
        if !self.offered {
            self.offered = !self.responses.is_empty() && self.paces.respond.step();
        }
        self.responses.front().filter(|_| self.offered)
    }

    /// The result was taken.
    pub fn answered(&mut self) {
        self.responses.pop_front();
        self.offered = false;
    }

    /// Warps with something under way.
    pub fn busy(&self) -> u16 {
        let waits = |warp: usize| {
            !self.requests[warp].is_empty()
                || self
                    .responses
                    .iter()
                    .any(|rsp| usize::from(rsp.warp) == warp)
        };
        (0..WARPS)
            .filter(|warp| waits(*warp))
            .map(|warp| 1 << warp)
            .sum()
    }

    /// Whether nothing is under way.
    pub fn idle(&self) -> bool {
        self.busy() == 0 && self.fetches.is_empty()
    }

    /// A request was taken.
    pub fn request(&mut self, request: &MemReq) {
        let queue = &mut self.requests[usize::from(request.warp)];
        queue.push_back((*request, request.mask));
    }

    /// The lines of instructions that cannot be read from now on, by their addresses.
    pub fn fail(&mut self, lines: &[u64]) {
        self.failing = lines.iter().copied().collect();
    }

    /// Whether the line at an address cannot be read.
    pub fn fails(&self, line: u64) -> bool {
        self.failing.contains(&line)
    }

    /// Whether no line of instructions comes back from now on.
    pub fn deafen(&mut self, deaf: bool) {
        self.deaf = deaf;
    }

    /// Nothing is under way any more.
    pub fn forget(&mut self) {
        self.requests.iter_mut().for_each(VecDeque::clear);
        self.responses.clear();
        self.offered = false;
        self.fetches.clear();
    }

    /// Whether a line of instructions can be asked for in this clock.
    pub fn fetch_ready(&mut self) -> bool {
        self.paces.ask.step()
    }

    /// A line of instructions was asked for.
    pub fn fetch(&mut self, address: u64) {
        self.fetches.push_back(address);
    }

    /// The line to answer with in this clock.
    pub fn fetched(&mut self, machine: &Machine) -> Option<MemFetchRsp> {
        let comes = self.paces.fetch.step() && !self.deaf;
        let address = comes.then(|| self.fetches.pop_front())??;
        let line = machine.memory().main().line(address / LINE as u64);
        let mut data = [0; 16];
        for (word, bytes) in data.iter_mut().zip(line.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        let error = self.failing.contains(&address);
        Some(MemFetchRsp { error, data })
    }

    /// Does some lanes of a request of some warp, if it is time.
    ///
    /// # Errors
    ///
    /// A request that is not what golden's instruction asks for.
    pub fn perform(
        &mut self,
        now: Cycle,
        machine: &mut Machine,
        shared_base: &[u32],
    ) -> Result<Option<Done>, Failure> {
        let waiting: Vec<usize> = (0..WARPS)
            .filter(|warp| !self.requests[*warp].is_empty())
            .collect();
        if waiting.is_empty() || !self.paces.perform.step() {
            return Ok(None);
        }
        let warp = waiting[self.rng.next_u32() as usize % waiting.len()];
        let Some((request, left)) = self.requests[warp].front_mut() else {
            return Ok(None);
        };
        // Ascending lanes, all of them more often than not.
        let mut mask = *left;
        while self.rng.next_u32().is_multiple_of(3) && mask.count_ones() > 1 {
            mask &= !(1 << (15 - mask.leading_zeros()));
        }
        *left &= !mask;
        let last = *left == 0;
        let accessed = machine
            .access(0, warp, request.tag.into(), LaneMask(mask))
            .map_err(|mismatch| broken(now, "access", mismatch.to_string()))?;
        compare(now, request, mask, &accessed, shared_base[warp])?;
        let (request, tag) = (*request, request.tag);
        if last {
            self.requests[warp].pop_front();
        }
        if accessed.access.kind != AccessKind::Store {
            let mut data = [0; 16];
            for lane in accessed.mask.lanes() {
                data[lane] = accessed.values[lane];
            }
            let response = MemRsp {
                warp: request.warp,
                tag,
                fp: request.fp,
                rd: request.rd,
                last,
                mask,
                data,
            };
            self.responses.push_back(response);
        }
        Ok(Some(Done {
            warp,
            tag,
            accessed,
            lost: LaneMask::NONE,
        }))
    }
}

fn compare(
    now: Cycle,
    request: &MemReq,
    mask: u16,
    accessed: &Accessed,
    shared_base: u32,
) -> Result<(), Failure> {
    let differs = |field: &str, rtl: u64, golden: u64| {
        if rtl == golden {
            return Ok(());
        }
        let signal = format!("req_o.{field}");
        Err(Failure::mismatch(
            now,
            &signal,
            &format!("{rtl:#x}"),
            &format!("{golden:#x}"),
        ))
    };
    let golden = CoreRequest::new(&accessed.access, accessed.register, shared_base.into());
    differs("op", request.op.into(), golden.op.into())?;
    differs("size", request.size.into(), golden.size.into())?;
    differs("mask", request.mask.into(), golden.mask.0.into())?;
    if let Some(sign) = golden.sign {
        differs("sign", request.sign.into(), sign.into())?;
    }
    if let Some(register) = golden.register {
        differs("fp", request.fp.into(), register.fp.into())?;
        differs("rd", request.rd.into(), register.number.into())?;
    }
    let bits = u64::MAX >> (64 - (8 << request.size));
    for lane in LaneMask(mask).lanes() {
        let shared = u64::from(request.shared >> lane & 1);
        differs("shared", shared, golden.shared.has(lane).into())?;
        let address = format!("addr[{lane}]");
        differs(&address, request.addr[lane], golden.addresses[lane])?;
        if let Some(data) = golden.data {
            differs(
                &format!("data[{lane}]"),
                request.data[lane] & bits,
                data[lane],
            )?;
        }
    }
    Ok(())
}
