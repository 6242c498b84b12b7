// simt_hub_atomic: executes the lanes of one AMO, LR or SC on its line, in ascending order.
//
// The line comes as it is in memory; what the lanes leave of it is written back by the hub, which
// keeps all else of the line away until that is done.
//
// Latency    the line and the lanes a cycle after the start, 2 cycles a lane, 1 to write, then the
//            response.
`include "assert.svh"

module simt_hub_atomic
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  output logic                     idle_o,
  input  logic                     start_i,
  // In the cycle after the start.
  input  mem_atomic_t              atomic_i,
  input  logic [MEM_LINE_BITS-1:0] data_i,
  input  logic                     error_i,

  input  logic [Lanes-1:0]         reserved_i,
  output logic [Lanes-1:0]         reserve_o,
  output logic [Lanes-1:0]         release_o,

  // The line is left: with these bytes, or as it was.
  output logic                     left_o,
  output logic                     writes_o,
  output mem_bytes_t               bytes_o,

  output logic                     result_valid_o,
  input  logic                     result_ready_i,
  output mem_result_t              result_o,
  output logic                     error_o
);

  typedef enum logic [2:0] {
    StIdle   = 3'd0,
    StFetch  = 3'd1,
    StRead   = 3'd2,
    StWrite  = 3'd3,
    StLeave  = 3'd4,
    StAnswer = 3'd5
  } state_e;

  state_e                             state_q;
  mem_op_e                            op_q;
  logic [1:0]                         size_q;
  logic                               sign_q, error_q, won_q, succeeds, stores;
  logic [MEM_SLOT_W-1:0]              slot_q;
  logic [Lanes-1:0]                   mask_q, pending_q, may_q, lane, lane_q;
  logic [Lanes-1:0][MEM_OFFSET_W-1:0] place_q;
  logic [Lanes-1:0][63:0]             data_q;
  mem_bytes_t                         line_q;
  logic [MEM_OFFSET_W-1:0]            place, place_at_q;
  logic [63:0]                        operand, operand_q, old, old_q, changed, written, answer;
  logic                               reserved_q;
  logic [7:0]                         strb;

  // The lowest lane that is left.
  function automatic logic [Lanes-1:0] lowest(logic [Lanes-1:0] set);
    logic [Lanes-1:0] below;
    below = set;
    for (int unsigned step = 1; step < Lanes; step *= 2) below |= below << step;
    return set & ~(below << 1);
  endfunction

  assign lane = lowest(pending_q);

  always_comb begin
    place   = '0;
    operand = '0;
    for (int unsigned at = 0; at < Lanes; at++) begin
      place   |= {MEM_OFFSET_W{lane[at]}} & place_q[at];
      operand |= {64{lane[at]}} & data_q[at];
    end
    old = line_q.data[64*place[5:3]+:64];
    if (place[2]) old[31:0] = old[63:32];
    if (size_q == 2'd2) old[63:32] = {32{sign_q && old[31]}};
  end

  simt_amo u_amo (
    .op_i     (op_q),
    .size_i   (size_q),
    .old_i    (old_q),
    .operand_i(operand_q),
    .new_o    (changed)
  );

  assign succeeds = reserved_q && !won_q;
  assign stores   = op_q != MemLr && (op_q != MemSc || succeeds);
  assign answer   = (op_q == MemSc) ? 64'(!succeeds) : old_q;
  assign written  = (size_q == 2'd2) ? {2{changed[31:0]}} : changed;

  always_comb begin
    if (size_q == 2'd3)     strb = 8'hff;
    else if (place_at_q[2]) strb = 8'hf0;
    else                    strb = 8'h0f;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      unique case (state_q)
        StFetch:  state_q <= error_i ? StLeave : StRead;
        StRead:   state_q <= StWrite;
        StWrite:  state_q <= (pending_q == lane_q) ? StLeave : StRead;
        StLeave:  state_q <= StAnswer;
        StAnswer: if (result_ready_i) state_q <= StIdle;
        default:  if (start_i) state_q <= StFetch;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StFetch) begin
      op_q        <= atomic_i.op;
      size_q      <= atomic_i.size;
      sign_q      <= atomic_i.sign;
      slot_q      <= atomic_i.slot;
      mask_q      <= atomic_i.mask[Lanes-1:0];
      pending_q   <= atomic_i.mask[Lanes-1:0];
      may_q       <= atomic_i.may[Lanes-1:0];
      place_q     <= atomic_i.offset[Lanes-1:0];
      data_q      <= atomic_i.data[Lanes-1:0];
      line_q.data <= data_i;
      line_q.strb <= '0;
      error_q     <= error_i;
      won_q       <= 1'b0;
    end
    if (state_q == StRead) begin
      lane_q     <= lane;
      place_at_q <= place;
      operand_q  <= operand;
      old_q      <= old;
      reserved_q <= (lane & reserved_i & may_q) != '0;
    end
    if (state_q == StWrite) begin
      pending_q <= pending_q & ~lane_q;
      if (op_q == MemSc && succeeds) won_q <= 1'b1;
      for (int unsigned at = 0; at < Lanes; at++) begin
        if (lane_q[at]) data_q[at] <= answer;
      end
      for (int unsigned word = 0; word < MEM_LINE_BYTES / 8; word++) begin
        if (stores && place_at_q[5:3] == 3'(word)) begin
          line_q.strb[8*word+:8] <= line_q.strb[8*word+:8] | strb;
          if (strb[0]) line_q.data[64*word+:32]    <= written[31:0];
          if (strb[4]) line_q.data[64*word+32+:32] <= written[63:32];
        end
      end
    end
  end

  assign reserve_o = (state_q == StWrite && op_q == MemLr) ? lane_q : '0;
  // A line that could not be read is reserved by nobody.
  assign release_o = (state_q == StWrite && op_q == MemSc) ? lane_q : error_o ? mask_q : '0;

  assign idle_o         = state_q == StIdle;
  assign left_o         = state_q == StLeave;
  assign writes_o       = line_q.strb != '0;
  assign bytes_o        = line_q;
  assign error_o        = left_o && error_q;
  assign result_valid_o = state_q == StAnswer;

  always_comb begin
    result_o.slot = slot_q;
    result_o.mask = MEM_LANES'(mask_q);
    result_o.data = '0;
    for (int unsigned at = 0; at < Lanes; at++) begin
      if (mask_q[at]) result_o.data[at] = data_q[at];
    end
  end

  `ASSERT(Aligned_A, state_q == StWrite |-> size_q == 2'd2 || place_at_q[2:0] == '0)

  `COVER(Wins_C, state_q == StWrite && op_q == MemSc && succeeds)
  `COVER(LosesToLane_C, state_q == StWrite && op_q == MemSc && reserved_q && won_q)
  `COVER(Fails_C, state_q == StWrite && op_q == MemSc && !reserved_q)

endmodule
