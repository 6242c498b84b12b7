//! Faults of a memory and what it must tell of them, one at a time.

use gpnpu_bridge::model::Cycle;
use gpnpu_golden::mem3d::die::LaneFault;
use gpnpu_golden::mem3d::map::Location;
use gpnpu_golden::mem3d::secded::{COLUMNS, Outcome, decode};

use super::registers::{common, vault};
use super::top_bench::MemoryBench;
use super::top_stimulus::Flips;
use crate::kit::axi::{AddressBeat, Transaction};
use crate::kit::{Failure, Run};
use crate::ports::mem3d::Mem3d;

/// Physical lanes of a vault.
const LANES: u8 = 38;
/// Clocks after which a change of configuration has arrived and what it stops has ended.
const QUIET: u32 = 64;

/// What the log must say of errors in ascending words of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Log {
    status: u32,
    address: u32,
    word: u32,
    corrected: u32,
    uncorrected: u32,
}

impl Log {
    /// Golden: the first error is kept, but an uncorrectable one takes the place of a corrected one.
    ///
    /// A write reads what it does not overwrite.
    fn of(place: &Location, errors: &[(u8, Flips)], write: bool) -> Self {
        let mut log = Self::default();
        for (word, (bit, other)) in errors {
            let uncorrectable = other.is_some();
            let logged = log.status & 0b11;
            if logged != 0 {
                log.status |= vault::ERROR_STATUS_OVERFLOW.mask();
            }
            if logged == 0 || (uncorrectable && logged == 1) {
                let column = |bit: u8| u32::from(COLUMNS[usize::from(bit)]);
                let syndrome = column(*bit) ^ other.map_or(0, column);
                let value = vault::ERROR_WORD_SYNDROME.set(0, syndrome);
                let value = vault::ERROR_WORD_WORD.set(value, (*word).into());
                let value = vault::ERROR_WORD_SOURCE.set(value, write.into());
                log.word = vault::ERROR_WORD_UNCORRECTABLE.set(value, uncorrectable.into());
            }
            log.status |= 1 << u32::from(uncorrectable);
            log.corrected += u32::from(!uncorrectable);
            log.uncorrected += u32::from(uncorrectable);
        }
        let address = vault::ERROR_ADDRESS_ROW.set(0, place.row.into());
        let address = vault::ERROR_ADDRESS_BANK.set(address, place.bank.into());
        log.address = vault::ERROR_ADDRESS_LINE.set(address, place.line.into());
        log
    }
}

/// An access to a line in error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// Address of the line.
    pub address: u64,
    /// Writes a byte of the first word, otherwise reads the line.
    pub write: bool,
    /// A word and its bits.
    pub first: (u8, Flips),
    /// Another one.
    pub second: Option<(u8, Flips)>,
}

impl Access {
    /// The words that the access meets, ascending.
    fn errors(&self) -> Vec<(u8, Flips)> {
        let (first, bits) = (self.first.0 % 8, self.first.1);
        let second = self.second.map(|(word, bits)| (word % 8, bits));
        let met = |(word, _): &(u8, Flips)| {
            // The half of a line that a write leaves alone need not be read.
            *word != first && (!self.write || *word / 4 == first / 4)
        };
        let mut errors = vec![(first, bits)];
        errors.extend(second.filter(met));
        errors.sort_unstable();
        errors
    }

    fn burst(&self, line: u64) -> Transaction {
        let mut burst = whole_line(line, self.write.then_some(1));
        if self.write {
            burst.address.addr = line + 8 * u64::from(self.first.0 % 8);
            burst.address.size = 0;
        }
        burst
    }
}

/// The burst that moves one whole line.
fn whole_line(line: u64, seed: Option<u32>) -> Transaction {
    Transaction {
        write: seed.is_some(),
        address: AddressBeat {
            addr: line,
            size: 6,
            ..AddressBeat::default()
        },
        seed: seed.unwrap_or(0),
        ..Transaction::default()
    }
}

/// A register has the value that golden says.
pub(super) fn same(now: Cycle, name: &str, is: u32, says: u32) -> Result<(), Failure> {
    match is == says {
        true => Ok(()),
        false => Err(Failure::mismatch(
            now,
            name,
            &format!("{is:#010x}"),
            &format!("{says:#010x}"),
        )),
    }
}

impl MemoryBench {
    /// Settles, with the scrubber off: nothing moves by itself.
    pub(super) fn still(&mut self, run: &mut Run<Mem3d>) -> Result<(), Failure> {
        if self.registers.file.get(&common::SCRUB, 0) != 0 {
            self.queue_write(run, common::SCRUB.offset, 0, 0xf)?;
            self.settle(run)?;
            self.wait(run, QUIET)?;
        }
        self.settle(run)
    }

    /// Flips bits of a word at rest; golden learns of it.
    fn flip(&mut self, word: u64, (bit, other): Flips) {
        let (place, line) = self.place(word);
        let number = (word - line) / 8;
        let die = &mut self.dies[place.vault as usize].die;
        for bit in [Some(bit), other].into_iter().flatten() {
            let burst = 2 * place.line + (number / 4) as u8;
            let at = 72 * (number % 4) as u32 + u32::from(bit);
            die.flip(place.bank, place.row, burst, at);
        }
        self.mark(word, (bit, other));
    }

    fn mark(&mut self, word: u64, bits: Flips) {
        self.faultless = false;
        self.wrong.flip(word, bits);
        if bits.1.is_some() {
            self.memory().expect_error(word, true);
        }
    }

    /// Whether a lane is stuck that no spare replaces.
    fn broken(&self, place: &Location) -> bool {
        !self.stuck[place.vault as usize].1
    }

    pub(super) fn decay(
        &mut self,
        run: &mut Run<Mem3d>,
        address: u64,
        bits: Flips,
    ) -> Result<(), Failure> {
        self.still(run)?;
        let (place, line) = self.place(address);
        let word = line + address % 64 / 8 * 8;
        if !self.wrong.has(word) && !self.broken(&place) {
            self.flip(word, bits);
        }
        Ok(())
    }

    /// The log of one access to a line with one or two words in error.
    pub(super) fn check_log(
        &mut self,
        run: &mut Run<Mem3d>,
        port: u8,
        access: &Access,
        enable: u8,
    ) -> Result<(), Failure> {
        self.still(run)?;
        let (place, line) = self.place(access.address);
        if self.wrong.in_line(line) || self.broken(&place) {
            return Ok(());
        }
        let number = place.vault as u16;
        for other in 0..self.dies.len() as u16 {
            self.queue_write(run, vault::ERROR_STATUS.address(other), u32::MAX, 0xf)?;
        }
        for counter in [&vault::CORRECTED, &vault::UNCORRECTED] {
            self.queue_write(run, counter.address(number), 0, 0xf)?;
        }
        self.queue_write(run, common::IRQ_ENABLE.offset, enable.into(), 0xf)?;
        self.expect_log(run, &place, &Log::default(), enable)?;
        let errors = access.errors();
        for (word, bits) in &errors {
            self.flip(line + 8 * u64::from(*word), *bits);
        }
        let port = usize::from(port) % self.port_count();
        self.burst(run, port, &access.burst(line))?;
        let log = Log::of(&place, &errors, access.write);
        self.expect_log(run, &place, &log, enable)?;
        // A written 0 leaves a bit; the counters stay when the status is cleared.
        let status = vault::ERROR_STATUS.address(number);
        self.queue_write(run, status, 0, 0xf)?;
        self.expect_log(run, &place, &log, enable)?;
        self.queue_write(run, status, log.status, 0xf)?;
        self.expect_log(run, &place, &Log { status: 0, ..log }, enable)
    }

    /// After settling: log, counters and interrupt.
    fn expect_log(
        &mut self,
        run: &mut Run<Mem3d>,
        place: &Location,
        log: &Log,
        enable: u8,
    ) -> Result<(), Failure> {
        self.settle(run)?;
        let number = place.vault as u16;
        let mut registers = vec![
            (&vault::ERROR_STATUS, log.status),
            (&vault::CORRECTED, log.corrected),
            (&vault::UNCORRECTED, log.uncorrected),
            (&common::IRQ_STATUS, log.status),
            (&common::IRQ_VAULTS, u32::from(log.status != 0) << number),
        ];
        if log.status != 0 {
            registers.push((&vault::ERROR_ADDRESS, log.address));
            registers.push((&vault::ERROR_WORD, log.word));
        }
        for (register, says) in registers {
            let is = self.read(run, register.address(number))?;
            same(run.dut.now(), register.name, is, says)?;
        }
        let says = log.status & u32::from(enable) != 0;
        same(run.dut.now(), "irq_o", run.dut.o.irq_o.into(), says.into())
    }

    pub(super) fn inject(
        &mut self,
        run: &mut Run<Mem3d>,
        port: u8,
        address: u64,
        seed: u32,
        bits: Flips,
    ) -> Result<(), Failure> {
        self.still(run)?;
        let (place, line) = self.place(address);
        if self.broken(&place) {
            return Ok(());
        }
        let word = address % 64 / 8;
        let mask = [Some(bits.0), bits.1]
            .into_iter()
            .flatten()
            .fold(0u128, |mask, bit| mask | 1 << bit);
        let check = vault::INJECT_WORD_CHECK.set(0, (mask >> 64) as u32);
        let writes = [
            (&vault::INJECT_LOW, mask as u32),
            (&vault::INJECT_HIGH, (mask >> 32) as u32),
            (
                &vault::INJECT_WORD,
                vault::INJECT_WORD_WORD.set(check, word as u32),
            ),
            (&vault::INJECT_ARM, 1),
        ];
        self.faultless = false;
        for (register, data) in writes {
            let address = register.address(place.vault as u16);
            self.queue_write(run, address, data, 0xf)?;
        }
        self.settle(run)?;
        let port = usize::from(port) % self.port_count();
        self.burst(run, port, &whole_line(line, Some(seed)))?;
        // The write takes earlier errors of the line away; what arrives is not what was sent.
        self.wrong.forget(line);
        for other in (line..line + 64).step_by(8) {
            self.memory().expect_no_error(other);
        }
        self.mark(line + 8 * word, bits);
        self.settle(run)?;
        let codewords = self.dies[place.vault as usize]
            .die
            .line_codewords(place.bank, place.row, place.line);
        let outcome = decode(codewords[word as usize]).outcome;
        let says = match bits {
            (bit, None) => Outcome::Corrected(bit),
            (_, Some(_)) => Outcome::Uncorrectable,
        };
        match outcome == says {
            true => Ok(()),
            false => Err(Failure::mismatch(
                run.dut.now(),
                "injected word",
                &format!("{outcome:?}"),
                &format!("{says:?}"),
            )),
        }
    }

    pub(super) fn scrub(
        &mut self,
        run: &mut Run<Mem3d>,
        interval: u16,
        lines: u16,
    ) -> Result<(), Failure> {
        self.still(run)?;
        let before: Vec<u32> = (0..self.dies.len() as u16)
            .map(|number| self.read(run, vault::SCRUBBED.address(number)))
            .collect::<Result<_, _>>()?;
        let interval = interval.max(1);
        self.queue_write(run, common::SCRUB.offset, interval.into(), 0xf)?;
        for (number, before) in (0..).zip(&before) {
            let register = vault::SCRUBBED.address(number);
            while self.read(run, register)?.wrapping_sub(*before) < lines.into() {
                self.wait(run, 16 * u32::from(interval))?;
            }
        }
        self.still(run)?;
        for (number, before) in before.into_iter().enumerate() {
            for line in before..before + u32::from(lines) {
                self.scrubbed(run.dut.now(), number, line)?;
            }
        }
        Ok(())
    }

    /// Line number `nth` of a vault was scrubbed: single bits are corrected at rest, lost words are still lost.
    fn scrubbed(&mut self, now: Cycle, number: usize, nth: u32) -> Result<(), Failure> {
        let (lines, banks) = self.organisation;
        let place = Location {
            vault: number as u32,
            bank: (nth / lines % banks) as u8,
            row: (nth / lines / banks) as u16,
            line: (nth % lines) as u8,
        };
        let line = self.map.to_address(&place);
        let codewords = self.dies[number]
            .die
            .line_codewords(place.bank, place.row, place.line);
        for (word, codeword) in (line..line + 64).step_by(8).zip(codewords) {
            let says = match self.wrong.bits(word) {
                None | Some((_, None)) => Outcome::Good,
                Some((_, Some(_))) => Outcome::Uncorrectable,
            };
            let outcome = decode(codeword).outcome;
            if outcome != says {
                let failure = Failure::mismatch(
                    now,
                    "scrubbed word",
                    &format!("{outcome:?}"),
                    &format!("{says:?}"),
                );
                return Err(failure.with_details(format!("word at {word:#x}, {place:?}")));
            }
            if outcome == Outcome::Good {
                self.wrong.heal(word);
            }
        }
        Ok(())
    }

    pub(super) fn stick_lane(
        &mut self,
        run: &mut Run<Mem3d>,
        number: u8,
        lane: u8,
        high: bool,
    ) -> Result<(), Failure> {
        self.still(run)?;
        let number = usize::from(number) % self.dies.len();
        let lane = lane % LANES;
        let (stuck, replaced) = &mut self.stuck[number];
        // More than one at a time could look like data, more than two have no spares.
        if !*replaced || stuck.len() == 2 || stuck.contains(&lane) {
            return Ok(());
        }
        stuck.push(lane);
        stuck.sort_unstable();
        *replaced = false;
        self.faultless = false;
        let fault = match high {
            true => LaneFault::StuckHigh,
            false => LaneFault::StuckLow,
        };
        self.dies[number].die.set_lane_fault(lane, Some(fault));
        for word in self.words_of(number) {
            self.memory().expect_error(word, false);
        }
        Ok(())
    }

    pub(super) fn repair_lanes(&mut self, run: &mut Run<Mem3d>, number: u8) -> Result<(), Failure> {
        self.still(run)?;
        let number = usize::from(number) % self.dies.len();
        let failed = [
            (vault::LANES_FAIL0, vault::LANES_VALID0),
            (vault::LANES_FAIL1, vault::LANES_VALID1),
        ];
        let data = failed
            .into_iter()
            .zip(&self.stuck[number].0)
            .fold(0, |data, ((fail, valid), lane)| {
                valid.set(fail.set(data, (*lane).into()), 1)
            });
        self.queue_write(run, vault::LANES.address(number as u16), data, 0xf)?;
        self.settle(run)?;
        self.stuck[number].1 = true;
        for word in self.words_of(number) {
            if !self.wrong.has(word) {
                self.memory().expect_no_error(word);
            }
        }
        Ok(())
    }

    /// Words of all lines of a vault that were ever used.
    fn words_of(&self, number: usize) -> Vec<u64> {
        let of_vault = |line: &u64| self.place(*line).0.vault as usize == number;
        let lines = self.lines.all_used().filter(of_vault);
        lines
            .flat_map(|line| (line..line + 64).step_by(8))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Location = Location {
        vault: 1,
        bank: 3,
        row: 0x1234,
        line: 5,
    };

    #[test]
    fn the_first_error_is_logged_and_the_second_overflows() {
        let log = Log::of(&PLACE, &[(2, (0, None)), (6, (64, None))], true);
        assert_eq!(log.status, 0b101);
        assert_eq!(log.address, 5 << 24 | 3 << 16 | 0x1234);
        assert_eq!(log.word, 1 << 12 | 2 << 8 | u32::from(COLUMNS[0]));
        assert_eq!((log.corrected, log.uncorrected), (2, 0));
    }

    #[test]
    fn an_uncorrectable_error_takes_the_place_of_a_corrected_one_and_not_the_reverse() {
        let worse = Log::of(&PLACE, &[(2, (0, None)), (6, (64, Some(65)))], false);
        assert_eq!(worse.status, 0b111);
        assert_eq!(worse.word, 1 << 16 | 6 << 8 | 3);
        let better = Log::of(&PLACE, &[(2, (64, Some(65))), (6, (0, None))], false);
        assert_eq!(better.word, 1 << 16 | 2 << 8 | 3);
        assert_eq!((better.corrected, better.uncorrected), (1, 1));
    }
}
