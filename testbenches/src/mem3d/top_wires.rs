//! Which ports of `mem3d` the wires of its agents are.

use crate::kit::axi::{AddressBeat, Bus, LiteBus, LiteRead, Resp};
use crate::ports::mem3d::{In, Out};
use crate::ports::mem3d_pkg::{AxiAx, AxiW, LiteAx, LiteW};

impl From<&AddressBeat> for AxiAx {
    fn from(beat: &AddressBeat) -> Self {
        Self {
            id: beat.id as u8,
            addr: beat.addr,
            len: beat.len,
            size: beat.size,
            burst: beat.burst.code(),
            qos: beat.qos,
        }
    }
}

fn put(mask: &mut u8, port: usize, bit: bool) {
    *mask = *mask & !(1 << port) | u8::from(bit) << port;
}

fn get(mask: u8, port: usize) -> bool {
    mask >> port & 1 != 0
}

/// The manager's side of a port, before a cycle.
pub fn drive(i: &mut In, port: usize, bus: &Bus) {
    put(&mut i.aw_valid_i, port, bus.aw.valid);
    i.aw_i[port] = (&bus.aw.beat).into();
    put(&mut i.w_valid_i, port, bus.w.valid);
    i.w_i[port] = AxiW {
        last: bus.w.beat.last,
        strb: bus.w.beat.strb,
        data: bus.w.beat.data,
    };
    put(&mut i.b_ready_i, port, bus.b.ready);
    put(&mut i.ar_valid_i, port, bus.ar.valid);
    i.ar_i[port] = (&bus.ar.beat).into();
    put(&mut i.r_ready_i, port, bus.r.ready);
}

/// The memory's side of a port, after a cycle.
pub fn sample(o: &Out, port: usize, bus: &mut Bus) {
    bus.aw.ready = get(o.aw_ready_o, port);
    bus.w.ready = get(o.w_ready_o, port);
    bus.b.valid = get(o.b_valid_o, port);
    let b = &o.b_o[port];
    bus.b.beat.id = b.id.into();
    bus.b.beat.resp = Resp::from_code(b.resp);
    bus.ar.ready = get(o.ar_ready_o, port);
    bus.r.valid = get(o.r_valid_o, port);
    let r = &o.r_o[port];
    bus.r.beat.id = r.id.into();
    bus.r.beat.data = r.data;
    bus.r.beat.resp = Resp::from_code(r.resp);
    bus.r.beat.last = r.last;
    bus.r.beat.poison = r.poison;
}

/// The manager's side of the register port, before a cycle.
pub fn drive_lite(i: &mut In, bus: &LiteBus) {
    i.lite_aw_valid_i = bus.aw.valid;
    i.lite_aw_i = LiteAx {
        addr: bus.aw.beat as u16,
    };
    i.lite_w_valid_i = bus.w.valid;
    i.lite_w_i = LiteW {
        data: bus.w.beat.data as u32,
        strb: bus.w.beat.strb,
    };
    i.lite_b_ready_i = bus.b.ready;
    i.lite_ar_valid_i = bus.ar.valid;
    i.lite_ar_i = LiteAx {
        addr: bus.ar.beat as u16,
    };
    i.lite_r_ready_i = bus.r.ready;
}

/// The memory's side of the register port, after a cycle.
pub fn sample_lite(o: &Out, bus: &mut LiteBus) {
    bus.aw.ready = o.lite_aw_ready_o;
    bus.w.ready = o.lite_w_ready_o;
    bus.b.valid = o.lite_b_valid_o;
    bus.b.beat = Resp::from_code(o.lite_b_o.resp);
    bus.ar.ready = o.lite_ar_ready_o;
    bus.r.valid = o.lite_r_valid_o;
    bus.r.beat = LiteRead {
        data: o.lite_r_o.data.into(),
        resp: Resp::from_code(o.lite_r_o.resp),
    };
}

/// No valid of a manager's, and the reset.
pub fn into_reset(i: &mut In) {
    (i.aw_valid_i, i.w_valid_i, i.ar_valid_i) = (0, 0, 0);
    (i.lite_aw_valid_i, i.lite_w_valid_i, i.lite_ar_valid_i) = (false, false, false);
    i.rst_ni = false;
}
