//! What a register is to a testbench.

/// What software may do with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; writes are answered with SLVERR.
    ReadOnly,
    /// Reads, and writes byte by byte.
    ReadWrite,
    /// A written 1 clears its bit.
    WriteOneClears,
    /// Any write clears the register.
    WriteClears,
    /// A written 1 acts; reads as 0.
    WriteOnly,
}

/// Bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in the register.
    pub name: &'static str,
    /// Lowest bit.
    pub low: u32,
    /// Number of bits, 1 to 32.
    pub width: u32,
}

/// A register of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// `group.register`.
    pub name: &'static str,
    /// Address of the first one, in bytes.
    pub offset: u16,
    /// From one to the next where each vault has one, in bytes; 0 where there is only one.
    pub stride: u16,
    /// What software may do with it.
    pub access: Access,
    /// Value after reset where it is known.
    pub reset: u32,
    /// Bits whose value after reset is known.
    pub known: u32,
    /// Bits that a field has.
    pub mask: u32,
    /// Fields, from bit 0 up.
    pub fields: &'static [Field],
}

impl Field {
    /// Its bits in the register.
    pub const fn mask(self) -> u32 {
        (u32::MAX >> (32 - self.width)) << self.low
    }

    /// Its value in the register's `value`.
    pub const fn of(self, value: u32) -> u32 {
        (value & self.mask()) >> self.low
    }

    /// The register's `value` with the field set to `field`, of which bits that do not fit are dropped.
    pub const fn set(self, value: u32, field: u32) -> u32 {
        (value & !self.mask()) | ((field << self.low) & self.mask())
    }
}

impl Register {
    /// Address in bytes of the one of vault `vault`, which only matters where each vault has one.
    pub const fn address(&self, vault: u16) -> u16 {
        self.offset + self.stride * vault
    }
}

#[cfg(test)]
mod tests {
    use super::super::registers::{self, common, vault};

    #[test]
    fn a_field_is_taken_out_and_put_in() {
        let page = common::PAGE.reset;
        assert_eq!(common::PAGE_POLICY.of(page), 2);
        let open = common::PAGE_POLICY.set(page, 0);
        assert_eq!(common::PAGE_POLICY.of(open), 0);
        assert_eq!(common::PAGE_HIT_CAP.of(open), common::PAGE_HIT_CAP.of(page));
        assert_eq!(common::PAGE_POLICY.set(0, 7), 3);
    }

    #[test]
    fn each_vault_has_its_own() {
        assert_eq!(
            vault::LANES.address(3) - vault::LANES.address(0),
            3 * vault::LANES.stride
        );
        assert_eq!(common::PAGE.address(3), common::PAGE.offset);
    }

    #[test]
    fn resets_lie_in_fields() {
        for register in registers::ALL {
            assert_eq!(register.reset & !register.known, 0, "{}", register.name);
            assert_eq!(register.known & !register.mask, 0, "{}", register.name);
        }
    }
}
