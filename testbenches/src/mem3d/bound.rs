//! The derived limit of traffic: golden's limits for what its requests ask of each vault.

use gpnpu_golden::mem3d::limits::{self, Bound, Refresh, Traffic, Visit};
use gpnpu_golden::mem3d::map::AddressMap;
use gpnpu_golden::mem3d::timing::TimingSet;

use super::analysis::Limit;
use super::traffic::{LINE_BYTES, Request};
use super::traffic_run::Memory;

/// Visits of a vault that are judged together: memory stays bounded, and a limit is exact where its parts are alike.
const CHUNK: usize = 1 << 16;
/// Bytes of a burst.
const BURST_BYTES: u64 = 32;

/// Follows the requests of a run and says what they could have got.
#[derive(Clone, Debug)]
pub struct TrafficLimit {
    set: TimingSet,
    map: AddressMap,
    read_queue: usize,
    write_queue: usize,
    refresh: Refresh,
    bytes: u64,
    vaults: Vec<Vault>,
}

/// What a vault was asked for.
#[derive(Clone, Debug, Default)]
struct Vault {
    waiting: Vec<Visit>,
    /// Lines read and written.
    lines: [u64; 2],
    /// Bursts.
    bursts: u64,
    /// Bursts that the bus could carry in the time that the visits need, by what makes them need it.
    needed: Vec<(Bound, f64)>,
}

impl TrafficLimit {
    /// For a memory that is refreshed in this way.
    pub fn new(memory: &Memory, refresh: Refresh) -> Self {
        Self {
            set: memory.set.clone(),
            map: memory.map.clone(),
            read_queue: memory.read_queue,
            write_queue: memory.write_queue,
            refresh,
            bytes: 0,
            vaults: vec![Vault::default(); memory.vaults],
        }
    }

    /// Adds a request.
    pub fn add(&mut self, request: &Request) {
        self.bytes += u64::from(request.bytes);
        let end = request.addr + u64::from(request.bytes);
        let first = request.addr / LINE_BYTES;
        for line in first..end.div_ceil(LINE_BYTES) {
            let begin = line * LINE_BYTES;
            let Some(location) = self.map.to_line(begin) else {
                continue;
            };
            // A read fetches the line; a write leaves out a burst that it does not touch.
            let half = begin + BURST_BYTES;
            let both = !request.write || (request.addr < half && end > half);
            let vault = &mut self.vaults[location.vault as usize];
            vault.waiting.push(Visit {
                bank: location.bank,
                row: location.row,
                bursts: 1 + u32::from(both),
            });
            vault.lines[usize::from(request.write)] += 1;
            if vault.waiting.len() == CHUNK {
                self.judge(location.vault as usize);
            }
        }
    }

    /// Of all that was added; `None` if that is nothing.
    pub fn limit(&mut self) -> Option<Limit> {
        let mut slowest: Option<(f64, &'static str)> = None;
        for vault in 0..self.vaults.len() {
            self.judge(vault);
            let (needed, rule) = self.needed(vault);
            if slowest.is_none_or(|(most, _)| needed > most) {
                slowest = Some((needed, rule));
            }
        }
        let (needed, rule) = slowest.filter(|(needed, _)| *needed > 0.0)?;
        let peak = needed * (BURST_BYTES * self.vaults.len() as u64) as f64;
        Some(Limit {
            share_of_peak: self.bytes as f64 / peak,
            rule: rule.to_owned(),
        })
    }

    /// Adds what the visits that wait need.
    fn judge(&mut self, vault: usize) {
        let vault = &mut self.vaults[vault];
        if vault.waiting.is_empty() {
            return;
        }
        let (traffic, queue) = match vault.lines {
            [0, _] => (Traffic::Write, self.write_queue),
            [_, 0] => (Traffic::Read, self.read_queue),
            _ => (Traffic::Read, self.read_queue + self.write_queue),
        };
        let limit = limits::of_visits(&self.set, &vault.waiting, queue, traffic, self.refresh);
        let bursts: u64 = vault.waiting.drain(..).map(|v| u64::from(v.bursts)).sum();
        vault.bursts += bursts;
        let needed = bursts as f64 / limit.share;
        match vault
            .needed
            .iter_mut()
            .find(|(bound, _)| *bound == limit.bound)
        {
            Some((_, sum)) => *sum += needed,
            None => vault.needed.push((limit.bound, needed)),
        }
    }

    /// What a vault needs, in bursts, and the rule that takes most of it.
    fn needed(&self, vault: usize) -> (f64, &'static str) {
        let vault = &self.vaults[vault];
        let visits: f64 = vault.needed.iter().map(|(_, needed)| needed).sum();
        let most = vault.needed.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let rule = most.map_or("", |(bound, _)| bound.name());
        let [reads, writes] = vault.lines;
        if reads == 0 || writes == 0 {
            return (visits, rule);
        }
        // The bus turns at the latest when the queue is full of writes.
        let turns = writes.div_ceil(self.write_queue as u64);
        let share = limits::turns(&self.set, vault.bursts.div_ceil(2 * turns), self.refresh).share;
        let turning = vault.bursts as f64 / share;
        if turning > visits {
            (turning, "turns of the bus")
        } else {
            (visits, rule)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(vaults: usize) -> Memory {
        let set = TimingSet::named("hbm3").expect("a known set");
        let map = AddressMap::new(&set, vaults as u32, AddressMap::DEFAULT_ORDER, false);
        Memory {
            ports: 1,
            vaults,
            read_queue: 64,
            write_queue: 64,
            map: map.expect("a good map"),
            set,
        }
    }

    fn limit(vaults: usize, requests: impl IntoIterator<Item = (bool, u64, u32)>) -> Limit {
        let mut limit = TrafficLimit::new(&memory(vaults), Refresh::PerBank);
        for (write, addr, bytes) in requests {
            limit.add(&Request {
                at: None,
                write,
                addr,
                bytes,
            });
        }
        limit.limit().expect("there are requests")
    }

    #[test]
    fn a_stream_may_fill_the_bus_and_short_requests_only_their_part() {
        let stream = limit(1, (0..200_000).map(|line| (false, line * 64, 64)));
        assert!((stream.share_of_peak - 1.0).abs() < 1e-9, "{stream:?}");
        assert_eq!(stream.rule, "data bus");
        let short = limit(1, (0..4096).map(|line| (false, line * 64, 16)));
        assert!((short.share_of_peak - 0.25).abs() < 1e-9, "{short:?}");
        let halves = limit(1, (0..4096).map(|line| (true, line * 64 + 32, 32)));
        assert!(
            halves.share_of_peak <= 1.0 && halves.share_of_peak > 0.5,
            "{halves:?}"
        );
    }

    #[test]
    fn one_vault_of_two_is_half_of_the_peak() {
        let hot = limit(2, (0..4096).map(|line| (false, line * 128, 64)));
        assert!((hot.share_of_peak - 0.5).abs() < 1e-9, "{hot:?}");
        let both = limit(2, (0..4096).map(|line| (false, line * 64, 64)));
        assert!((both.share_of_peak - 1.0).abs() < 1e-9, "{both:?}");
    }

    /// Every bank of one row after the other: 16 banks need 45 ns for 2.5 ns of data each; less 200 of 3900 ns.
    #[test]
    fn one_bank_is_bound_by_its_cycle() {
        let rows = (0..4096).map(|row| (false, row * 16 * 1024, 64));
        let bank = limit(1, rows);
        let expected = 2.5 / 45.0 * (1.0 - 200.0 / 3900.0);
        assert!((bank.share_of_peak - expected).abs() < 1e-3, "{bank:?}");
        assert_eq!(bank.rule, "bank");
    }

    /// 64 writes a turn, as many reads: 256 bursts, and the idle time of a turn.
    #[test]
    fn reads_and_writes_turn_the_bus_when_the_queue_is_full() {
        let mixed = limit(1, (0..64_000).map(|line| (line % 2 == 1, line * 64, 64)));
        let idle = (1.25 + 4.4 + 12.5) / 1.25;
        let expected = 256.0 / (256.0 + idle);
        assert!((mixed.share_of_peak - expected).abs() < 1e-6, "{mixed:?}");
        assert_eq!(mixed.rule, "turns of the bus");
    }

    #[test]
    fn nothing_has_no_limit() {
        assert_eq!(TrafficLimit::new(&memory(1), Refresh::None).limit(), None);
    }
}
