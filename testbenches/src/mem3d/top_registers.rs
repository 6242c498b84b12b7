//! What the registers of `mem3d` must answer, and how settings become register writes.

use std::collections::BTreeMap;

use super::register::{Access, Field, Register};
use super::registers::{ALL, common, vault};
use super::vault_stimulus::Settings;
use crate::kit::Parameters;
use crate::kit::axi::Resp;

/// What a read must be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Response.
    pub resp: Resp,
    /// Bits that are known.
    pub known: u32,
    /// Their values.
    pub value: u32,
}

impl Expected {
    const NOTHING: Self = Self {
        resp: Resp::SlvErr,
        known: 0,
        value: 0,
    };
}

/// The registers as software has left them.
#[derive(Clone, Debug)]
pub struct RegisterFile {
    vaults: u16,
    build: u32,
    /// Values of those that only software changes, where they differ from reset.
    written: BTreeMap<u16, u32>,
}

impl RegisterFile {
    /// The registers of a configuration after reset.
    pub fn new(parameters: &Parameters) -> Self {
        let fields = [
            (common::BUILD_PORTS, "Ports"),
            (common::BUILD_VAULTS, "Vaults"),
            (common::BUILD_READ_QUEUE, "ReadQueue"),
            (common::BUILD_WRITE_QUEUE, "WriteQueue"),
        ];
        Self {
            vaults: parameters.get("Vaults") as u16,
            build: fields.iter().fold(0, |value, (field, name)| {
                field.set(value, parameters.get(name) as u32)
            }),
            written: BTreeMap::new(),
        }
    }

    /// The memory was reset.
    pub fn reset(&mut self) {
        self.written.clear();
    }

    /// All addresses that have a register.
    pub fn addresses(&self) -> Vec<u16> {
        let vaults = self.vaults;
        let each = |register: &'static Register| {
            let count = if register.stride == 0 { 1 } else { vaults };
            (0..count).map(|vault| register.address(vault))
        };
        ALL.iter().flat_map(each).collect()
    }

    /// The register at an address, of which the lowest two bits do not count.
    pub fn find(&self, address: u16) -> Option<&'static Register> {
        let address = address & !3;
        ALL.iter().find(|register| match register.stride {
            0 => register.offset == address,
            _ => (0..self.vaults).any(|vault| register.address(vault) == address),
        })
    }

    /// The value of a register that only software changes.
    pub fn get(&self, register: &Register, vault: u16) -> u32 {
        let written = self.written.get(&register.address(vault));
        written.copied().unwrap_or(register.reset)
    }

    /// Software writes the bytes that `strb` has a bit for; the response.
    pub fn write(&mut self, address: u16, data: u32, strb: u8) -> Resp {
        let address = address & !3;
        let Some(register) = self.find(address) else {
            return Resp::SlvErr;
        };
        match register.access {
            Access::ReadOnly => return Resp::SlvErr,
            Access::ReadWrite => {
                let bytes = (0..4)
                    .filter(|byte| strb >> byte & 1 != 0)
                    .fold(0, |mask, byte| mask | 0xff << (8 * byte));
                let mask = register.mask & bytes;
                let value = self.written.entry(address).or_insert(register.reset);
                *value = *value & !mask | data & mask;
            }
            Access::WriteOneClears | Access::WriteClears | Access::WriteOnly => {}
        }
        Resp::Okay
    }

    /// What a read must be answered with.
    pub fn read(&self, address: u16) -> Expected {
        let address = address & !3;
        let Some(register) = self.find(address) else {
            return Expected::NOTHING;
        };
        let constant = [common::ID.offset, common::VERSION.offset];
        let (known, value) = match register.access {
            Access::ReadWrite => {
                let written = self.written.get(&address).copied();
                (u32::MAX, written.unwrap_or(register.reset))
            }
            Access::WriteOnly => (u32::MAX, 0),
            _ if register.offset == common::BUILD.offset => (u32::MAX, self.build),
            _ if constant.contains(&register.offset) => (u32::MAX, register.reset),
            // Hardware changes the fields; what is no field is 0.
            _ => (!register.mask, 0),
        };
        Expected {
            resp: Resp::Okay,
            known,
            value,
        }
    }

    /// What a read soon after a reset must be answered with. Counters are still 0 if there were no bursts, but for that
    /// of refreshes.
    pub fn read_after_reset(&self, address: u16, bursts: bool) -> Expected {
        let expected = self.read(address);
        match self.find(address) {
            Some(register)
                if register.offset == common::BUILD.offset
                    || register.offset == vault::REFRESHES.offset
                    || (bursts && register.access == Access::WriteClears) =>
            {
                expected
            }
            Some(register) => Expected {
                known: register.known | !register.mask,
                value: register.reset,
                ..expected
            },
            None => expected,
        }
    }
}

/// The register writes that make a vault's settings, lanes aside: address and value.
pub fn writes_of(settings: &Settings) -> [(u16, u32); 5] {
    let value = |fields: &[(Field, u32)]| {
        fields
            .iter()
            .fold(0, |value, (field, part)| field.set(value, *part))
    };
    [
        (
            common::PAGE.offset,
            value(&[
                (common::PAGE_POLICY, settings.page_policy.into()),
                (common::PAGE_HIT_CAP, settings.hit_cap.into()),
                (common::PAGE_AGE_LIMIT, settings.age_limit.into()),
            ]),
        ),
        (
            common::REFRESH.offset,
            value(&[
                (common::REFRESH_PER_BANK, settings.refresh_per_bank.into()),
                (common::REFRESH_POSTPONE, settings.postpone.into()),
                (common::REFRESH_RFM_THRESHOLD, settings.rfm_threshold.into()),
            ]),
        ),
        (
            common::WRITES.offset,
            value(&[
                (common::WRITES_HIGH, settings.wq_high.into()),
                (common::WRITES_LOW, settings.wq_low.into()),
                (common::WRITES_DRAIN_IDLE, settings.drain_idle.into()),
            ]),
        ),
        (
            common::POWER.offset,
            value(&[
                (common::POWER_PD_IDLE, settings.pd_idle.into()),
                (common::POWER_SR_IDLE, settings.sr_idle.into()),
            ]),
        ),
        (
            common::SCRUB.offset,
            value(&[(common::SCRUB_INTERVAL, settings.scrub_interval.into())]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> RegisterFile {
        RegisterFile {
            vaults: 2,
            build: 0x1234,
            written: BTreeMap::new(),
        }
    }

    #[test]
    fn bytes_are_written_and_what_is_no_field_stays_zero() {
        let mut file = file();
        let page = common::PAGE.offset;
        assert_eq!(file.write(page + 1, u32::MAX, 0b0100), Resp::Okay);
        let expected = file.read(page);
        assert_eq!(expected.known, u32::MAX);
        assert_eq!(common::PAGE_AGE_LIMIT.of(expected.value), 0xff);
        assert_eq!(common::PAGE_POLICY.of(expected.value), 2);
        file.write(page, u32::MAX, 0xf);
        assert_eq!(file.read(page).value, common::PAGE.mask);
        file.reset();
        assert_eq!(file.read(page).value, common::PAGE.reset);
    }

    #[test]
    fn only_vaults_that_are_there_have_registers() {
        let mut file = file();
        assert_eq!(file.read(vault::LANES.address(1)).resp, Resp::Okay);
        assert_eq!(file.read(vault::LANES.address(2)), Expected::NOTHING);
        assert_eq!(file.write(vault::LANES.address(2), 0, 0xf), Resp::SlvErr);
        assert_eq!(file.write(common::ID.offset, 0, 0xf), Resp::SlvErr);
        assert_eq!(file.addresses().len(), ALL.len() + 23);
    }

    #[test]
    fn settings_land_in_their_fields() {
        let settings = Settings {
            page_policy: 1,
            wq_high: 9,
            sr_idle: 77,
            ..Settings::default()
        };
        let writes = BTreeMap::from(writes_of(&settings));
        assert_eq!(common::PAGE_POLICY.of(writes[&common::PAGE.offset]), 1);
        assert_eq!(common::WRITES_HIGH.of(writes[&common::WRITES.offset]), 9);
        assert_eq!(common::POWER_SR_IDLE.of(writes[&common::POWER.offset]), 77);
    }
}
