//! The AXI4 manager port of a block, as a [`Bus`](crate::kit::axi::Bus).

/// Functions `drive` and `sample` for a block's inputs and outputs.
macro_rules! manager_wires {
    ($in:ty, $out:ty) => {
        /// The subordinate's side of the port, before a cycle.
        fn drive(i: &mut $in, bus: &$crate::kit::axi::Bus) {
            (i.aw_ready_i, i.w_ready_i, i.ar_ready_i) = (bus.aw.ready, bus.w.ready, bus.ar.ready);
            i.b_valid_i = bus.b.valid;
            i.b_i = $crate::ports::mem3d_pkg::AxiB {
                id: bus.b.beat.id as u8,
                resp: bus.b.beat.resp.code(),
            };
            i.r_valid_i = bus.r.valid;
            i.r_i = $crate::ports::mem3d_pkg::AxiR {
                id: bus.r.beat.id as u8,
                resp: bus.r.beat.resp.code(),
                last: bus.r.beat.last,
                poison: bus.r.beat.poison,
                data: bus.r.beat.data,
            };
        }

        /// The block's side of the port, after a cycle.
        fn sample(o: &$out, bus: &mut $crate::kit::axi::Bus) {
            let address = |beat: &$crate::ports::mem3d_pkg::AxiAx| $crate::kit::axi::AddressBeat {
                id: beat.id.into(),
                addr: beat.addr,
                len: beat.len,
                size: beat.size,
                burst: $crate::kit::axi::Burst::from_code(beat.burst),
                qos: beat.qos,
                lock: false,
            };
            bus.aw.valid = o.aw_valid_o;
            bus.aw.beat = address(&o.aw_o);
            bus.w.valid = o.w_valid_o;
            bus.w.beat = $crate::kit::axi::WriteBeat {
                data: o.w_o.data,
                strb: o.w_o.strb,
                last: o.w_o.last,
            };
            bus.b.ready = o.b_ready_o;
            bus.ar.valid = o.ar_valid_o;
            bus.ar.beat = address(&o.ar_o);
            bus.r.ready = o.r_ready_o;
        }
    };
}

pub(crate) use manager_wires;
