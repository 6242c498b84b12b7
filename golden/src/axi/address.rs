//! Requests, and the bytes that each beat of their bursts moves.

use serde::{Deserialize, Serialize};

/// No burst crosses a multiple of so many bytes (A3.4.1).
pub const BOUNDARY: u64 = 4096;

/// How the address of a burst moves on (`AxBURST`, A3.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// The same address in every beat, as for a queue.
    Fixed,
    /// The next address in every beat.
    #[default]
    Incr,
    /// As `Incr`, but back to the start of a block of the burst's size at its end.
    Wrap,
    /// The code 3, which no manager may use.
    Reserved,
}

impl Burst {
    /// The burst of an `AxBURST`; bits above the lowest two are not looked at.
    #[inline]
    pub fn from_code(code: u8) -> Self {
        match code & 3 {
            0 => Self::Fixed,
            1 => Self::Incr,
            2 => Self::Wrap,
            _ => Self::Reserved,
        }
    }

    /// Its `AxBURST`.
    #[inline]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A beat of an address channel, AR or AW.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AddressBeat {
    /// Transaction ID.
    pub id: u32,
    /// Address of the first byte; stored as hexadecimal text.
    #[serde(with = "hex")]
    pub addr: u64,
    /// Beats less one, 0..=255.
    pub len: u8,
    /// Logarithm of the bytes of a beat, 0..=7.
    pub size: u8,
    /// How the address moves on.
    pub burst: Burst,
    /// Quality of service, 0..=15.
    pub qos: u8,
    /// An exclusive access.
    pub lock: bool,
}

/// Addresses as text: `0x1fc0`.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(addr: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{addr:#x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        u64::from_str_radix(digits, 16).map_err(|e| D::Error::custom(format!("`{text}`: {e}")))
    }
}

/// One beat of a burst: where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstBeat {
    /// Address of its first byte.
    pub addr: u64,
    /// Byte lane of the bus that carries it.
    pub first_lane: usize,
    /// Bytes, at least 1.
    pub bytes: usize,
}

impl BurstBeat {
    /// A bit for each lane of the bus that the beat may use.
    #[inline]
    pub fn lanes(&self) -> u64 {
        (u64::MAX >> (64 - self.bytes)) << self.first_lane
    }
}

impl AddressBeat {
    /// Beats of the burst, 1..=256.
    #[inline]
    pub fn beats(&self) -> usize {
        usize::from(self.len) + 1
    }

    /// Bytes of a whole beat.
    #[inline]
    pub fn beat_bytes(&self) -> u64 {
        1 << self.size
    }

    /// Beat `n` on a bus of `bus_bytes` (a power of two of at most 64), as the specification computes it (A3.4.1, "Burst
    /// address"; the lanes as in A3.4.2). Of a beat wider than the bus, which no manager may send, it is what the bus
    /// carries up to its last lane.
    #[inline]
    pub fn beat(&self, n: usize, bus_bytes: usize) -> BurstBeat {
        let bytes = self.beat_bytes();
        let aligned = self.addr & !(bytes - 1);
        let addr = match self.burst {
            _ if n == 0 => self.addr,
            Burst::Fixed => self.addr,
            Burst::Incr | Burst::Reserved => aligned.wrapping_add(n as u64 * bytes),
            Burst::Wrap => {
                let block = bytes * self.beats() as u64;
                let lower = self.addr / block * block;
                lower + (aligned - lower + n as u64 * bytes) % block
            }
        };
        let bytes = bytes.min(bus_bytes as u64);
        BurstBeat {
            addr,
            first_lane: (addr % bus_bytes as u64) as usize,
            bytes: (bytes - addr % bytes) as usize,
        }
    }

    /// First and last byte that the burst moves.
    pub fn span(&self) -> (u64, u64) {
        let bytes = self.beat_bytes();
        let aligned = self.addr & !(bytes - 1);
        match self.burst {
            Burst::Fixed => (self.addr, aligned + bytes - 1),
            Burst::Incr | Burst::Reserved => {
                let last = aligned.wrapping_add(self.beats() as u64 * bytes);
                (self.addr, last.wrapping_sub(1))
            }
            Burst::Wrap => {
                let block = bytes * self.beats() as u64;
                let lower = self.addr / block * block;
                (lower, lower + (block - 1))
            }
        }
    }

    /// Whether the burst crosses a multiple of [`BOUNDARY`].
    #[inline]
    pub fn crosses_boundary(&self) -> bool {
        let (first, last) = self.span();
        first / BOUNDARY != last / BOUNDARY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(addr: u64, len: u8, size: u8, burst: Burst) -> AddressBeat {
        AddressBeat {
            addr,
            len,
            size,
            burst,
            ..AddressBeat::default()
        }
    }

    fn addresses(request: AddressBeat, bus: usize) -> Vec<u64> {
        (0..request.beats())
            .map(|n| request.beat(n, bus).addr)
            .collect()
    }

    #[test]
    fn an_unaligned_incrementing_burst_is_aligned_from_its_second_beat_on() {
        // Figure A3-12 of the specification: 32-bit beats from address 0x07.
        let request = burst(0x07, 3, 2, Burst::Incr);
        assert_eq!(addresses(request, 4), [0x07, 0x08, 0x0c, 0x10]);
        assert_eq!(request.beat(0, 4).lanes(), 0b1000);
        assert_eq!(request.beat(1, 4).lanes(), 0b1111);
        assert_eq!(request.span(), (0x07, 0x13));
    }

    #[test]
    fn a_wrapping_burst_returns_to_the_start_of_its_block() {
        // Figure A3-14: four 32-bit beats from 0x04 on a 64-bit bus.
        let request = burst(0x04, 3, 2, Burst::Wrap);
        assert_eq!(addresses(request, 8), [0x04, 0x08, 0x0c, 0x00]);
        assert_eq!(request.beat(0, 8).lanes(), 0xf0);
        assert_eq!(request.beat(1, 8).lanes(), 0x0f);
        assert_eq!(request.span(), (0x00, 0x0f));
    }

    #[test]
    fn a_narrow_burst_moves_along_the_lanes() {
        // Figure A3-8: five 8-bit beats from 0x00 on a 32-bit bus.
        let request = burst(0x00, 4, 0, Burst::Incr);
        let lanes: Vec<u64> = (0..5).map(|n| request.beat(n, 4).lanes()).collect();
        assert_eq!(lanes, [1, 2, 4, 8, 1]);
    }

    #[test]
    fn a_fixed_burst_stays_and_keeps_its_lanes() {
        let request = burst(0x13, 3, 2, Burst::Fixed);
        assert_eq!(addresses(request, 8), [0x13; 4]);
        assert!((0..4).all(|n| request.beat(n, 8).lanes() == 0x08));
        assert_eq!(request.span(), (0x13, 0x13));
    }

    #[test]
    fn only_a_burst_with_bytes_on_both_sides_crosses_the_boundary() {
        assert!(!burst(0xfc0, 0, 6, Burst::Incr).crosses_boundary());
        assert!(burst(0xfc0, 1, 6, Burst::Incr).crosses_boundary());
        assert!(!burst(0xfff, 0, 6, Burst::Incr).crosses_boundary());
        assert!(!burst(0xfff, 15, 0, Burst::Fixed).crosses_boundary());
        assert!(!burst(0xfc0, 15, 2, Burst::Wrap).crosses_boundary());
    }

    #[test]
    fn a_beat_wider_than_the_bus_ends_at_its_last_lane() {
        let request = burst(0x1c5, 1, 7, Burst::Incr);
        assert_eq!(addresses(request, 64), [0x1c5, 0x200]);
        assert_eq!(request.beat(0, 64).lanes(), u64::MAX << 5);
        assert_eq!(request.beat(1, 64).lanes(), u64::MAX);
        assert_eq!(request.beat(0, 8).lanes(), 0xe0);
    }

    #[test]
    fn a_stored_request_has_its_address_in_hexadecimal_and_may_lack_fields() {
        let request = burst(0x1fc0, 3, 6, Burst::Wrap);
        let text = serde_json::to_string(&request).unwrap();
        assert!(text.contains(r#""addr":"0x1fc0""#), "{text}");
        let read = |text| serde_json::from_str::<AddressBeat>(text);
        assert_eq!(read(&text).unwrap(), request);
        let short = r#"{"addr":"1fc0","len":3,"size":6,"burst":"wrap"}"#;
        assert_eq!(read(short).unwrap(), request);
        let wrong = read(r#"{"addr":"0x1g"}"#).unwrap_err().to_string();
        assert!(wrong.starts_with("`0x1g`"), "{wrong}");
    }

    #[test]
    fn a_full_bus_of_64_lanes_is_all_ones() {
        assert_eq!(burst(0x40, 0, 6, Burst::Incr).beat(0, 64).lanes(), u64::MAX);
        assert_eq!(burst(0x7f, 0, 6, Burst::Incr).beat(0, 64).lanes(), 1 << 63);
    }
}
