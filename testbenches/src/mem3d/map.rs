//! Which line of which row an address is: the address map of `docs/mem3d.md`, and its inverse.

use super::traffic::LINE_BYTES;

/// Where a line lies in the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Vault.
    pub vault: u64,
    /// Bank group of the vault.
    pub group: u64,
    /// Bank of the group.
    pub bank: u64,
    /// Row of the bank.
    pub row: u64,
    /// Line of the row.
    pub line: u64,
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Vaults.
    pub vaults: u64,
    /// Bank groups of a vault.
    pub groups: u64,
    /// Banks of a group.
    pub banks: u64,
    /// Rows of a bank.
    pub rows: u64,
    /// Lines of a row.
    pub lines: u64,
}

impl Sizes {
    /// Bytes of the memory.
    pub fn capacity(&self) -> u64 {
        self.vaults * self.groups * self.banks * self.rows * self.lines * LINE_BYTES
    }
}

/// A field of the address, by its digit of `MapOrder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Group,
    Line,
    Vault,
    Bank,
    Row,
}

/// The address map of a memory whose sizes are powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMap {
    sizes: Sizes,
    /// From the least significant field up.
    order: [Field; 5],
    hash: bool,
}

impl AddressMap {
    /// `order` is `MapOrder`, `hash` is `MapHash`.
    ///
    /// # Errors
    ///
    /// Which size is no power of two, or that the order does not have each field once.
    pub fn new(sizes: Sizes, order: u64, hash: bool) -> Result<Self, String> {
        let Sizes {
            vaults,
            groups,
            banks,
            rows,
            lines,
        } = sizes;
        for (name, size) in [
            ("vaults", vaults),
            ("bank groups", groups),
            ("banks of a group", banks),
            ("rows", rows),
            ("lines of a row", lines),
        ] {
            if !size.is_power_of_two() {
                return Err(format!("{size} {name}: a power of two is needed"));
            }
        }
        let aliases = || format!("MapOrder {order:#x}: each of the digits 1 to 5 is needed once");
        let mut fields = [Field::Row; 5];
        let mut seen = 0_u8;
        for (index, field) in fields.iter_mut().enumerate() {
            let digit = order >> (4 * index) & 0xf;
            *field = match digit {
                1 => Field::Group,
                2 => Field::Line,
                3 => Field::Vault,
                4 => Field::Bank,
                5 => Field::Row,
                _ => return Err(aliases()),
            };
            seen |= 1 << digit;
        }
        if seen != 0b11_1110 || order >> 20 != 0 {
            return Err(aliases());
        }
        Ok(Self {
            sizes,
            order: fields,
            hash,
        })
    }

    /// How much of everything there is.
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// The place of the line that holds a byte of the memory.
    pub fn place(&self, addr: u64) -> Place {
        let mut fields = Place::default();
        let mut rest = addr / LINE_BYTES;
        for field in self.order {
            let (value, size) = self.field(&mut fields, field);
            *value = rest % size;
            rest /= size;
        }
        let bank_field = fields.bank;
        self.hashed(fields, bank_field)
    }

    /// The address of the first byte of a line.
    pub fn address(&self, place: Place) -> u64 {
        // XORed twice is as it was; the bank's field comes first, since group and vault are hashed with it.
        let bank_field = self.hashed(place, 0).bank;
        let mut fields = self.hashed(place, bank_field);
        let mut line = 0;
        for field in self.order.into_iter().rev() {
            let (value, size) = self.field(&mut fields, field);
            line = line * size + *value;
        }
        line * LINE_BYTES
    }

    fn field<'a>(&self, place: &'a mut Place, field: Field) -> (&'a mut u64, u64) {
        let sizes = &self.sizes;
        match field {
            Field::Group => (&mut place.group, sizes.groups),
            Field::Line => (&mut place.line, sizes.lines),
            Field::Vault => (&mut place.vault, sizes.vaults),
            Field::Bank => (&mut place.bank, sizes.banks),
            Field::Row => (&mut place.row, sizes.rows),
        }
    }

    /// `{bank, group} ^= fold(row)`, `group ^= fold(bank field)`, `vault ^= fold(row) ^ fold(bank field)`.
    fn hashed(&self, place: Place, bank_field: u64) -> Place {
        if !self.hash {
            return place;
        }
        let Sizes {
            vaults,
            groups,
            banks,
            ..
        } = self.sizes;
        let joint = fold(place.row, groups * banks);
        Place {
            vault: place.vault ^ fold(place.row, vaults) ^ fold(bank_field, vaults),
            group: place.group ^ joint % groups ^ fold(bank_field, groups),
            bank: place.bank ^ joint / groups,
            ..place
        }
    }
}

/// The XOR of the digits of a value in base `size`, a power of two.
fn fold(mut value: u64, size: u64) -> u64 {
    let mut folded = 0;
    while size > 1 && value > 0 {
        folded ^= value % size;
        value /= size;
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SIZES: Sizes = Sizes {
        vaults: 4,
        groups: 4,
        banks: 2,
        rows: 64,
        lines: 8,
    };

    #[test]
    fn every_place_has_one_address_in_every_order() {
        for (order, hash) in [
            (0x54213, false),
            (0x54213, true),
            (0x12345, true),
            (0x35142, true),
        ] {
            let map = AddressMap::new(SIZES, order, hash).unwrap();
            let mut seen = HashSet::new();
            for addr in (0..SIZES.capacity()).step_by(64) {
                let place = map.place(addr);
                assert!(place.vault < 4 && place.group < 4 && place.bank < 2);
                assert!(place.row < 64 && place.line < 8);
                assert_eq!(map.address(place), addr);
                assert_eq!(map.place(addr + 63), place);
                seen.insert(place);
            }
            assert_eq!(seen.len() as u64, SIZES.capacity() / 64);
        }
    }

    #[test]
    fn the_first_digit_is_the_lowest_field() {
        let map = AddressMap::new(SIZES, 0x54213, false).unwrap();
        let zero = Place::default();
        for (addr, place) in [
            (64, Place { vault: 1, ..zero }),
            (4 * 64, Place { group: 1, ..zero }),
            (16 * 64, Place { line: 1, ..zero }),
            (128 * 64, Place { bank: 1, ..zero }),
            (256 * 64, Place { row: 1, ..zero }),
        ] {
            assert_eq!(map.place(addr), place);
        }
    }

    /// Row 0b10_1101 in slices of three: 101 ^ 101 = 0 for bank and group; in slices of two: 10 ^ 11 ^ 01 = 0.
    /// Row 0b00_0110: 110 for {bank, group} (bank 1, group 2); 01 ^ 10 = 3 for the vault.
    #[test]
    fn known_rows_hash_as_by_hand() {
        let map = AddressMap::new(SIZES, 0x54213, true).unwrap();
        let at = |row: u64, bank: u64| map.place((row * 256 + bank * 128) * 64);
        let zero = Place::default();
        let row = 0b10_1101;
        assert_eq!(at(row, 0), Place { row, ..zero });
        let row = 0b00_0110;
        let expected = Place {
            row,
            bank: 1,
            group: 2,
            vault: 3,
            line: 0,
        };
        assert_eq!(at(row, 0), expected);
        let other_bank = Place {
            bank: 0,
            group: 3,
            vault: 2,
            ..expected
        };
        assert_eq!(at(row, 1), other_bank);
    }

    #[test]
    fn what_aliases_is_refused() {
        for order in [0x54211, 0x4213, 0x154213, 0x64213, 0] {
            let error = AddressMap::new(SIZES, order, true).unwrap_err();
            assert!(
                error.contains("each of the digits 1 to 5 is needed once"),
                "{error}"
            );
        }
        let sizes = Sizes { vaults: 3, ..SIZES };
        let error = AddressMap::new(sizes, 0x54213, true).unwrap_err();
        assert_eq!(error, "3 vaults: a power of two is needed");
    }
}
