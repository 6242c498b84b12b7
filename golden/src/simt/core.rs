//! What a core asks of its memory side for an access: the golden counterpart of `mem_req_t`.

use super::execute::{Access, AccessKind};
use super::instruction::{AmoOp, LoadOp};
use super::mask::{LaneMask, PerLane};
use super::shape::SHARED_BASE;
use super::warp::Register;

/// A request, as far as it says anything: what is not there may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreRequest {
    /// Number of the operation (`mem_op_e`).
    pub op: u8,
    /// Logarithm of the bytes of a lane.
    pub size: u8,
    /// Whether an integer result of less than 8 bytes has a sign.
    pub sign: Option<bool>,
    /// The register of the result.
    pub register: Option<Register>,
    /// Lanes.
    pub mask: LaneMask,
    /// Those whose address is an offset in the core's shared memory.
    pub shared: LaneMask,
    /// Addresses or offsets.
    pub addresses: PerLane<u64>,
    /// What is written, or the operand of an atomic: the low bytes.
    pub data: Option<PerLane<u64>>,
}

fn number(op: AmoOp) -> u8 {
    match op {
        AmoOp::Lr => 2,
        AmoOp::Sc => 3,
        AmoOp::Swap => 4,
        AmoOp::Add => 5,
        AmoOp::Xor => 6,
        AmoOp::And => 7,
        AmoOp::Or => 8,
        AmoOp::Min => 9,
        AmoOp::Max => 10,
        AmoOp::Minu => 11,
        AmoOp::Maxu => 12,
    }
}

impl CoreRequest {
    /// The request for an access of a CTA whose shared memory begins at `shared_base` of the core's.
    pub fn new(access: &Access, register: Option<Register>, shared_base: u64) -> CoreRequest {
        let (op, signed) = match access.kind {
            AccessKind::Load(op) => {
                let signed = matches!(op, LoadOp::Lb | LoadOp::Lh | LoadOp::Lw | LoadOp::Ld);
                (0, signed)
            }
            AccessKind::Store => (1, true),
            AccessKind::Atomic(op) => (number(op), true),
        };
        let writes = !matches!(
            access.kind,
            AccessKind::Load(_) | AccessKind::Atomic(AmoOp::Lr)
        );
        let bits = u64::MAX >> (64 - 8 * access.bytes);
        let extends = access.bytes < 8 && register.is_some_and(|register| !register.fp);
        let mut addresses = access.addresses;
        for lane in access.shared.lanes() {
            addresses[lane] = addresses[lane] - SHARED_BASE + shared_base;
        }
        CoreRequest {
            op,
            size: access.bytes.trailing_zeros() as u8,
            sign: extends.then_some(signed),
            register,
            mask: access.mask,
            shared: access.shared,
            addresses,
            data: writes.then(|| access.data.map(|data| data & bits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(kind: AccessKind) -> Access {
        Access {
            kind,
            bytes: 4,
            mask: LaneMask(3),
            shared: LaneMask(2),
            addresses: [SHARED_BASE + 8; 16],
            data: [0x1_2345_6789; 16],
        }
    }

    #[test]
    fn shared_addresses_are_offsets_of_the_core() {
        let request = CoreRequest::new(&access(AccessKind::Store), None, 512);
        assert_eq!(request.addresses[1], 520);
        assert_eq!(request.addresses[0], SHARED_BASE + 8);
        assert_eq!((request.op, request.size, request.sign), (1, 2, None));
        assert_eq!(request.data.map(|data| data[0]), Some(0x2345_6789));
    }

    #[test]
    fn a_sign_matters_to_integers_below_64_bits() {
        let register = |fp| Some(Register { fp, number: 7 });
        let load = access(AccessKind::Load(LoadOp::Lwu));
        let request = CoreRequest::new(&load, register(false), 0);
        assert_eq!((request.sign, request.data), (Some(false), None));
        assert_eq!(CoreRequest::new(&load, register(true), 0).sign, None);
        let amo = access(AccessKind::Atomic(AmoOp::Maxu));
        let request = CoreRequest::new(&amo, register(false), 0);
        assert_eq!((request.op, request.sign), (12, Some(true)));
    }
}
