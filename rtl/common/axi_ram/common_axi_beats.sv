// common_axi_beats: the beats of AXI4 bursts, one after the other; beat[0] = addr, and
// beat[n+1] = (beat[n] & ~mask) | ((beat[n] + 2^size) & mask).
//
// The mask has the address bits that a burst moves: none of a fixed one, those that number the
// beats of its block of a wrapping one, all of the 4 KiB page of an incrementing one, which never
// leaves it. The bits below 2^size stay, though AXI4 has the second beat of an unaligned burst
// aligned: they never carry, and choose neither a word of the bus nor, without strobes, a lane.
//
// Latency    1 cycle from an accepted request to its first beat.
// Throughput 1 beat/cycle, also from one burst to the next.
// Golden     golden/src/axi/address.rs      Plan  rtl/common/axi_ram/testplan.hjson
`include "assert.svh"

module common_axi_beats
  import common_axi_ram_pkg::*;
(
  input  logic      clk_i,
  input  logic      rst_ni,

  input  logic      req_valid_i,
  output logic      req_ready_o,
  input  ram_ax_t   req_i,

  output logic      beat_valid_o,
  input  logic      beat_ready_i,
  output ram_beat_t beat_o
);

  // A beat has 1 .. 64 bytes: 2^0 .. 2^6.
  localparam int unsigned STEP_W = 7;

  logic                   active_q;
  logic [ID_W-1:0]        id_q;
  logic [63:PAGE_W]       page_q;
  logic [PAGE_W-1:0]      offset_q, mask_q;
  logic [STEP_W-1:0]      step_q;
  logic [7:0]             left_q;

  logic                   take, move, last;
  logic [PAGE_W-1:0]      req_mask, sum;
  logic [STEP_W-1:0]      req_step;

  assign last         = left_q == '0;
  assign move         = active_q && beat_ready_i;
  assign req_ready_o  = !active_q || (beat_ready_i && last);
  assign take         = req_valid_i && req_ready_o;
  assign beat_valid_o = active_q;
  assign beat_o       = '{id: id_q, addr: {page_q, offset_q}, last: last};

  assign req_step = STEP_W'(1) << req_i.size;
  always_comb begin
    unique case (req_i.burst)
      BurstFixed: req_mask = '0;
      // A wrapping burst has 2, 4, 8 or 16 beats: len is all ones.
      BurstWrap:  req_mask = PAGE_W'(req_i.len) << req_i.size;
      default:    req_mask = '1;
    endcase
  end

  assign sum = offset_q + PAGE_W'(step_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (take) begin
      active_q <= 1'b1;
    end else if (move && last) begin
      active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      id_q     <= req_i.id;
      page_q   <= req_i.addr[63:PAGE_W];
      offset_q <= req_i.addr[PAGE_W-1:0];
      mask_q   <= req_mask;
      step_q   <= req_step;
      left_q   <= req_i.len;
    end else if (move) begin
      offset_q <= (offset_q & ~mask_q) | (sum & mask_q);
      left_q   <= left_q - 1'b1;
    end
  end

  // A stalled beat neither changes nor disappears.
  `ASSERT(BeatHolds_A, beat_valid_o && !beat_ready_i |=> beat_valid_o && $stable(beat_o))
  // A beat is as wide as the widest bus at most, and a burst has a type.
  `ASSUME(Size_M, req_valid_i |-> req_i.size < 3'(STEP_W) && req_i.burst != 2'd3)

  `COVER(BackToBack_C, move && last && take)
  `COVER(Wraps_C, move && !last && mask_q != '0 && (sum & ~mask_q) != (offset_q & ~mask_q))
  `COVER(Longest_C, take && req_i.len == '1)

endmodule
