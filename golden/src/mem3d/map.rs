//! The address map: which line of which bank of which vault a byte address is in.

use super::timing::TimingSet;

/// Bits of an address within a line.
const LINE_SHIFT: u32 = 6;

/// A line of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The vault.
    pub vault: u32,
    /// The bank: `group * BanksPerGroup + bank_in_group`.
    pub bank: u8,
    /// The row.
    pub row: u16,
    /// The line of the row.
    pub line: u8,
}

/// What makes a map impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Vaults are not a power of two.
    #[error("`Vaults` is {vaults}, needs a power of two")]
    Vaults {
        /// Vaults asked for.
        vaults: u32,
    },
    /// A field of the order appears not at all, or more than once: addresses would alias, or lines be out of reach.
    #[error("`MapOrder` is {order:#x}, needs {field} ({digit}) exactly once, it has {found}")]
    Aliases {
        /// The order asked for.
        order: u64,
        /// The field.
        field: &'static str,
        /// Its digit.
        digit: u8,
        /// How often the order has it.
        found: usize,
    },
    /// The order has a digit that is no field.
    #[error(
        "`MapOrder` is {order:#x}, `{digit:x}` is no field (known: 1 group, 2 line, 3 vault, 4 bank in group, 5 row)"
    )]
    UnknownField {
        /// The order asked for.
        order: u64,
        /// The digit.
        digit: u8,
    },
}

/// The fields by their digits.
const FIELDS: [(u8, &str); 5] = [
    (1, "group"),
    (2, "line"),
    (3, "vault"),
    (4, "bank in group"),
    (5, "row"),
];
const GROUP: usize = 0;
const LINE: usize = 1;
const VAULT: usize = 2;
const BANK: usize = 3;
const ROW: usize = 4;

/// An address map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressMap {
    /// Bits of each field, as [`FIELDS`] orders them.
    widths: [u32; 5],
    /// The lowest bit of each field, above the line's.
    shifts: [u32; 5],
    hash: bool,
}

impl AddressMap {
    /// The default order: vault, group, line, bank in group, row from the least significant.
    pub const DEFAULT_ORDER: u64 = 0x54213;

    /// The map of `vaults` vaults of this organisation, with `MapOrder` and `MapHash`.
    ///
    /// # Errors
    ///
    /// [`MapError::Vaults`] if those are not a power of two, [`MapError::UnknownField`] and
    /// [`MapError::Aliases`] if the order is not one of the five fields.
    pub fn new(set: &TimingSet, vaults: u32, order: u64, hash: bool) -> Result<Self, MapError> {
        if !vaults.is_power_of_two() {
            return Err(MapError::Vaults { vaults });
        }
        let digits: Vec<u8> = (0..16)
            .map(|place| (order >> (4 * place) & 0xf) as u8)
            .take(16 - order.leading_zeros() as usize / 4)
            .collect();
        if let Some(digit) = digits.iter().find(|digit| !(1..=5).contains(*digit)) {
            return Err(MapError::UnknownField {
                order,
                digit: *digit,
            });
        }
        for (digit, field) in FIELDS {
            let found = digits.iter().filter(|other| **other == digit).count();
            if found != 1 {
                return Err(MapError::Aliases {
                    order,
                    field,
                    digit,
                    found,
                });
            }
        }
        let sizes = [
            set.bank_groups,
            set.lines_per_row(),
            vaults,
            set.banks_per_group,
            set.rows,
        ];
        let widths = sizes.map(u32::ilog2);
        let mut shifts = [0; 5];
        let mut shift = LINE_SHIFT;
        for digit in digits {
            let field = usize::from(digit) - 1;
            shifts[field] = shift;
            shift += widths[field];
        }
        Ok(Self {
            widths,
            shifts,
            hash,
        })
    }

    /// Bytes of the memory.
    pub fn capacity(&self) -> u64 {
        1 << (LINE_SHIFT + self.widths.iter().sum::<u32>())
    }

    /// Where the byte at `address` is; none beyond the capacity.
    pub fn to_line(&self, address: u64) -> Option<Location> {
        if address >= self.capacity() {
            return None;
        }
        let mut fields: [u64; 5] = std::array::from_fn(|field| {
            address >> self.shifts[field] & ((1 << self.widths[field]) - 1)
        });
        self.hash(&mut fields);
        Some(Location {
            vault: fields[VAULT] as u32,
            bank: (fields[GROUP] << self.widths[BANK] | fields[BANK]) as u8,
            row: fields[ROW] as u16,
            line: fields[LINE] as u8,
        })
    }

    /// The address of a line's first byte.
    pub fn to_address(&self, location: &Location) -> u64 {
        let bank = u64::from(location.bank);
        let mut fields = [0; 5];
        fields[GROUP] = bank >> self.widths[BANK];
        fields[LINE] = location.line.into();
        fields[VAULT] = location.vault.into();
        fields[BANK] = bank & ((1 << self.widths[BANK]) - 1);
        fields[ROW] = location.row.into();
        self.unhash(&mut fields);
        fields
            .iter()
            .zip(self.shifts)
            .fold(0, |address, (field, shift)| address | field << shift)
    }

    /// What the row adds to `bank` and `group`.
    fn row_hash(&self, row: u64) -> (u64, u64) {
        let folded = fold(row, self.widths[BANK] + self.widths[GROUP]);
        let gray = folded ^ folded >> 1;
        let bank = gray & ((1 << self.widths[BANK]) - 1);
        (bank, gray >> self.widths[BANK])
    }

    /// Hashes fields of the address; `bank` is the address's until the end.
    fn hash(&self, fields: &mut [u64; 5]) {
        if self.hash {
            let (bank_hash, _) = self.row_hash(fields[ROW]);
            self.hash_by_bank(fields);
            fields[BANK] ^= bank_hash;
        }
    }

    fn unhash(&self, fields: &mut [u64; 5]) {
        if self.hash {
            let (bank_hash, _) = self.row_hash(fields[ROW]);
            fields[BANK] ^= bank_hash;
            self.hash_by_bank(fields);
        }
    }

    /// Its own inverse: what the row and the address's bank add to `group` and `vault`.
    fn hash_by_bank(&self, fields: &mut [u64; 5]) {
        let (_, group_hash) = self.row_hash(fields[ROW]);
        fields[GROUP] ^= group_hash ^ fold(fields[BANK], self.widths[GROUP]);
        fields[VAULT] ^=
            fold(fields[ROW], self.widths[VAULT]) ^ fold(fields[BANK], self.widths[VAULT]);
    }
}

/// XOR of the slices of `width` bits.
fn fold(mut value: u64, width: u32) -> u64 {
    let mut folded = 0;
    while width > 0 && value > 0 {
        folded ^= value & ((1 << width) - 1);
        value >>= width;
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// A memory small enough to visit every line: 2 vaults of 4 x 2 banks of 64 rows of 4 lines.
    fn small() -> TimingSet {
        let mut set = TimingSet::named("hbm3").expect("a set of the project works");
        set.banks_per_group = 2;
        set.row_bytes = 256;
        set.rows = 64;
        set
    }

    fn permutations(digits: &[u64]) -> Vec<u64> {
        if digits.is_empty() {
            return vec![0];
        }
        let mut orders = Vec::new();
        for (place, digit) in digits.iter().enumerate() {
            let rest = [&digits[..place], &digits[place + 1..]].concat();
            orders.extend(permutations(&rest).iter().map(|order| order << 4 | digit));
        }
        orders
    }

    #[test]
    fn every_order_is_a_bijection_hashed_or_not() {
        let orders = permutations(&[1, 2, 3, 4, 5]);
        assert_eq!(orders.len(), 120);
        for (order, hash) in orders
            .iter()
            .flat_map(|order| [(*order, false), (*order, true)])
        {
            for vaults in [1, 2, 8] {
                let map = AddressMap::new(&small(), vaults, order, hash).expect("a good map");
                assert_eq!(map.capacity(), u64::from(vaults) * 8 * 64 * 256);
                let mut seen = HashSet::new();
                for address in (0..map.capacity()).step_by(64) {
                    let location = map.to_line(address + 17).expect("within the capacity");
                    assert!(location.vault < vaults && location.bank < 8);
                    assert!(location.row < 64 && location.line < 4);
                    assert_eq!(map.to_address(&location), address);
                    assert!(seen.insert(location));
                }
                assert_eq!(map.to_line(map.capacity()), None);
            }
        }
    }

    #[test]
    fn the_default_order_is_vault_group_line_bank_row() {
        let set = TimingSet::named("hbm3").expect("a set of the project works");
        let map = AddressMap::new(&set, 8, AddressMap::DEFAULT_ORDER, false).expect("a good map");
        let location = |vault, bank, row, line| Location {
            vault,
            bank,
            row,
            line,
        };
        assert_eq!(map.to_line(64), Some(location(1, 0, 0, 0)));
        assert_eq!(map.to_line(64 * 8), Some(location(0, 4, 0, 0)));
        assert_eq!(map.to_line(64 * 8 * 4), Some(location(0, 0, 0, 1)));
        assert_eq!(map.to_line(64 * 8 * 4 * 16), Some(location(0, 1, 0, 0)));
        assert_eq!(map.to_line(64 * 8 * 4 * 16 * 4), Some(location(0, 0, 1, 0)));
    }

    #[test]
    fn the_hash_is_that_of_the_document() {
        let set = TimingSet::named("hbm3").expect("a set of the project works");
        let plain = AddressMap::new(&set, 8, AddressMap::DEFAULT_ORDER, false).expect("a good map");
        let hashed = AddressMap::new(&set, 8, AddressMap::DEFAULT_ORDER, true).expect("a good map");
        // Address fields: vault 6, group 2, bank in group 3, row 0b101_1100_0110_1001.
        let address = plain.to_address(&Location {
            vault: 6,
            bank: 2 << 2 | 3,
            row: 0x5c69,
            line: 5,
        });
        // 5 ^ c ^ 6 ^ 9 = 0b0110, as a Gray code 0b0101: group and bank ^= 0b01; then group ^= 3.
        // vault ^= the row in slices of three bits, and 3.
        let slices = [0b101, 0b110, 0b001, 0b101, 0b001];
        let vault = slices.iter().fold(6 ^ 3, |vault, slice| vault ^ slice);
        assert_eq!(
            hashed.to_line(address),
            Some(Location {
                vault,
                bank: 0b10,
                row: 0x5c69,
                line: 5
            })
        );
    }

    /// Every 8 rows, a stream went from a bank's row straight to another row of that bank.
    #[test]
    fn no_stream_meets_its_last_banks_again_at_once() {
        for name in ["hbm3", "hbm4", "hb3d"] {
            let set = TimingSet::named(name).expect("a set of the project works");
            let order = AddressMap::DEFAULT_ORDER;
            let map = AddressMap::new(&set, 1, order, true).expect("a good map");
            // The rows of all groups that a stream has open at a time.
            let block = u64::from(set.bank_groups * set.row_bytes);
            let banks = |number: u64| {
                let lines = (0..block).step_by(64);
                let place = |offset| map.to_line(number * block + offset).expect("within");
                lines
                    .map(|offset| place(offset).bank)
                    .collect::<HashSet<u8>>()
            };
            for number in 1..map.capacity() / block {
                let both = banks(number).is_disjoint(&banks(number - 1));
                assert!(both, "{name}: blocks {} and {number}", number - 1);
            }
        }
    }

    #[test]
    fn maps_that_alias_are_refused_by_name() {
        let refused = |vaults, order| {
            AddressMap::new(&small(), vaults, order, true)
                .expect_err("no map")
                .to_string()
        };
        assert_eq!(refused(3, 0x54213), "`Vaults` is 3, needs a power of two");
        assert_eq!(refused(0, 0x54213), "`Vaults` is 0, needs a power of two");
        assert_eq!(
            refused(2, 0x54113),
            "`MapOrder` is 0x54113, needs group (1) exactly once, it has 2"
        );
        assert_eq!(
            refused(2, 0x5421),
            "`MapOrder` is 0x5421, needs vault (3) exactly once, it has 0"
        );
        assert_eq!(
            refused(2, 0x654213),
            "`MapOrder` is 0x654213, `6` is no field (known: 1 group, 2 line, 3 vault, 4 bank in group, 5 row)"
        );
        assert!(refused(2, 0x504213).contains("`0` is no field"));
        assert!(refused(2, 0).contains("needs group (1) exactly once, it has 0"));
    }
}
