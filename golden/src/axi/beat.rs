//! Beats of the data and response channels.

use serde::{Deserialize, Serialize};

/// Most byte lanes of a bus.
pub const LANES: usize = 64;

/// Data of a beat, least significant word first; a bus of fewer than 64 bytes uses the lowest ones.
pub type Data = [u32; LANES / 4];

/// The bytes of data, lane 0 first.
#[inline]
pub fn bytes_of(data: &Data) -> [u8; LANES] {
    let mut bytes = [0; LANES];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(data) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The data of bytes, lane 0 first.
#[inline]
pub fn data_of(bytes: &[u8; LANES]) -> Data {
    let mut data = [0; LANES / 4];
    for (word, bytes) in data.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    data
}

/// A response (`BRESP`, `RRESP`, A3.4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resp {
    /// Normal access.
    #[default]
    Okay,
    /// An exclusive access that succeeded.
    ExOkay,
    /// The subordinate was reached and reports an error.
    SlvErr,
    /// Nothing is at this address.
    DecErr,
}

impl Resp {
    /// The response of a code; bits above the lowest two are not looked at.
    #[inline]
    pub fn from_code(code: u8) -> Self {
        match code & 3 {
            0 => Self::Okay,
            1 => Self::ExOkay,
            2 => Self::SlvErr,
            _ => Self::DecErr,
        }
    }

    /// Its code.
    #[inline]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A beat of the write data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteBeat {
    /// Data.
    pub data: Data,
    /// A bit for each byte lane that is written.
    pub strb: u64,
    /// The last of its burst.
    pub last: bool,
}

/// A beat of the read data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadBeat {
    /// Transaction ID.
    pub id: u32,
    /// Data.
    pub data: Data,
    /// Response of this beat.
    pub resp: Resp,
    /// The last of its burst.
    pub last: bool,
    /// A bit for each 64-bit word of the bus whose data is known to be wrong; 0 where a block has no such signal.
    pub poison: u8,
}

/// A beat of the write response channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseBeat {
    /// Transaction ID.
    pub id: u32,
    /// Response of the whole burst.
    pub resp: Resp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_0_is_the_lowest_byte_of_word_0() {
        let bytes = std::array::from_fn(|lane| lane as u8);
        let data = data_of(&bytes);
        assert_eq!(data[0], 0x0302_0100);
        assert_eq!(data[15], 0x3f3e_3d3c);
        assert_eq!(bytes_of(&data), bytes);
    }
}
