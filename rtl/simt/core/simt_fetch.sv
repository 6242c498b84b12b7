// simt_fetch: instructions of all warps, in turn, decoded into a small queue per warp.
//
// A warp is fetched ahead of what it may execute: an instruction counts only if it is the one that
// the warp's running path stands at when it arrives, and there is room for it. It then takes the
// path a step further, or, if it decides where lanes go, away.
// Latency    three clocks from a warp's turn to its queue.
// Throughput one instruction a clock.
// Stage      choice of a warp; RAM of the cache; tag check and step of the path; decoding.
`include "assert.svh"

module simt_fetch
  import simt_pkg::*;
#(
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned PcW         = 30,
  parameter int unsigned ICacheBytes = 16384,
  parameter int unsigned Depth       = 4,      // instructions of a warp

  localparam int unsigned WARP_IDX_W = $clog2(Warps)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic empty_i,          // the instruction cache forgets
  input  logic stop_i,           // all queues too

  // Running paths.
  input  logic [Warps-1:0] run_i,
  input  logic [PcW-1:0]   pc_i [Warps],
  input  logic [Lanes-1:0] mask_i [Warps],
  output logic [Warps-1:0] step_o,
  output logic [Warps-1:0] control_o,
  output logic             heavy_o,

  // Head of each warp's queue.
  output logic [Warps-1:0] valid_o,
  output uop_t             uop_o [Warps],
  output logic [31:0]      code_o [Warps],
  output logic [PcW-1:0]   pc_o [Warps],
  output logic [Lanes-1:0] mask_o [Warps],
  output logic [Warps-1:0] bad_o,          // its PC is beyond memory, or its line cannot be read
  output logic [Warps-1:0] unreadable_o,
  input  logic [Warps-1:0] take_i,
  output logic [Warps-1:0] empty_o,        // nothing of the warp is here

  // Lines from memory.
  output logic           line_valid_o,
  input  logic           line_ready_i,
  output logic [PcW-6:0] line_o,
  input  logic           rsp_valid_i,
  input  logic [511:0]   rsp_data_i,
  input  logic           rsp_error_i
);

  localparam int unsigned PTR_W = $clog2(Depth);
  localparam logic [11:0] WFI   = 12'h105;

  typedef struct packed {
    uop_t             uop;
    logic [31:0]      code;
    logic [PcW-1:0]   pc;
    logic [Lanes-1:0] mask;
    logic             bad;
    logic             unreadable;
  } item_t;

  // ---- A warp's turn ----
  logic [Warps-1:0]      want, turn_mask_q, want_late, grant;
  logic [WARP_IDX_W-1:0] grant_index, look_warp_q;
  logic [PcW-1:0]        fetch_pc, look_pc_q;
  logic                  look_q, look_same;
  logic [Warps-1:0]      room;

  // ---- Look-up in the cache ----
  logic        hit, error, accept, is_control, is_heavy, beyond;
  logic [31:0] code;

  // ---- Decoding ----
  logic                  decode_q, decode_bad_q, decode_unreadable_q;
  logic [WARP_IDX_W-1:0] decode_warp_q;
  logic [31:0]           decode_code_q;
  logic [PcW-1:0]        decode_pc_q;
  logic [Lanes-1:0]      decode_mask_q;
  item_t                 decoded;

  // ---- Queues ----
  item_t          item_mem [Warps][Depth];
  logic [PTR_W:0]   count_q [Warps];
  logic [PTR_W-1:0] read_q [Warps], write_q [Warps];
  logic [Warps-1:0] push;

  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      // What is being looked up or decoded needs a place too.
      room[w] = 32'(count_q[w]) + 32'(look_q && look_warp_q == WARP_IDX_W'(w))
                + 32'(decode_q && decode_warp_q == WARP_IDX_W'(w)) < Depth;
      want[w] = run_i[w] && room[w];
    end
    want_late   = want & turn_mask_q;
    grant       = (want_late != '0) ? want_late & (~want_late + 1'b1) : want & (~want + 1'b1);
    grant_index = '0;
    for (int unsigned w = 0; w < Warps; w++) if (grant[w]) grant_index |= WARP_IDX_W'(w);
    // Behind what is being looked up, if that is the warp's next instruction.
    look_same = look_q && look_warp_q == grant_index && look_pc_q == pc_i[grant_index];
    fetch_pc  = pc_i[grant_index] + PcW'(look_same);
  end

  simt_icache #(
    .Bytes(ICacheBytes),
    .PcW  (PcW),
    .Stay (Warps + 2)
  ) u_icache (
    .clk_i,
    .rst_ni,
    .empty_i,
    .valid_i     (grant != '0),
    .word_i      (fetch_pc[PcW-2:0]),
    .hit_o       (hit),
    .code_o      (code),
    .line_valid_o,
    .line_ready_i,
    .line_o,
    .rsp_valid_i,
    .rsp_data_i,
    .rsp_error_i,
    .error_o     (error)
  );

  // Instructions that decide where lanes go: branches, jumps, system, custom-0 control, FENCE.I.
  always_comb begin
    beyond     = look_pc_q[PcW-1];
    is_control = 1'b0;
    unique case (code[6:2])
      5'h18, 5'h19, 5'h1b: is_control = 1'b1;
      5'h1c:               is_control = code[14:12] == 3'd0 && code[31:20] != WFI;
      5'h02:               is_control = code[14:12] == 3'd0;
      5'h03:               is_control = code[14:12] == 3'd1;
      default: ;
    endcase
    is_heavy = code[6:2] == 5'h0b;
    // A path that cannot be fetched goes nowhere else.
    if (beyond || error) is_control = 1'b1;
    accept = look_q && (hit || beyond || error) && run_i[look_warp_q]
             && pc_i[look_warp_q] == look_pc_q;
    for (int unsigned w = 0; w < Warps; w++) begin
      step_o[w]    = accept && !is_control && look_warp_q == WARP_IDX_W'(w);
      control_o[w] = accept && is_control && look_warp_q == WARP_IDX_W'(w);
    end
  end
  assign heavy_o = is_heavy;

  simt_decode u_decode (
    .code_i(decode_code_q),
    .uop_o (decoded.uop)
  );
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      push[w] = decode_q && decode_warp_q == WARP_IDX_W'(w);
    end
  end
  assign decoded.code       = decode_code_q;
  assign decoded.pc         = decode_pc_q;
  assign decoded.mask       = decode_mask_q;
  assign decoded.bad        = decode_bad_q;
  assign decoded.unreadable = decode_unreadable_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      turn_mask_q         <= '0;
      look_q              <= 1'b0;
      look_warp_q         <= '0;
      look_pc_q           <= '0;
      decode_q            <= 1'b0;
      decode_warp_q       <= '0;
      decode_code_q       <= '0;
      decode_pc_q         <= '0;
      decode_mask_q       <= '0;
      decode_bad_q        <= 1'b0;
      decode_unreadable_q <= 1'b0;
      count_q             <= '{default: '0};
      read_q              <= '{default: '0};
      write_q             <= '{default: '0};
    end else begin
      look_q <= grant != '0;
      if (grant != '0) begin
        look_warp_q <= grant_index;
        look_pc_q   <= fetch_pc;
        // Those behind the granted one come next.
        turn_mask_q <= ~((grant << 1) - 1'b1);
      end
      decode_q <= accept;
      if (accept) begin
        decode_warp_q       <= look_warp_q;
        decode_code_q       <= code;
        decode_pc_q         <= look_pc_q;
        decode_mask_q       <= mask_i[look_warp_q];
        decode_bad_q        <= beyond || error;
        decode_unreadable_q <= error && !beyond;
      end
      for (int unsigned w = 0; w < Warps; w++) begin
        count_q[w] <= count_q[w] + (PTR_W + 1)'(push[w]) - (PTR_W + 1)'(take_i[w]);
        if (push[w])   write_q[w] <= (write_q[w] == PTR_W'(Depth - 1)) ? '0 : write_q[w] + 1'b1;
        if (take_i[w]) read_q[w]  <= (read_q[w] == PTR_W'(Depth - 1)) ? '0 : read_q[w] + 1'b1;
      end
      if (stop_i) begin
        look_q   <= 1'b0;
        decode_q <= 1'b0;
        count_q  <= '{default: '0};
        read_q   <= '{default: '0};
        write_q  <= '{default: '0};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (decode_q) item_mem[decode_warp_q][write_q[decode_warp_q]] <= decoded;
  end

  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      item_t head;
      head            = item_mem[w][read_q[w]];
      valid_o[w]      = count_q[w] != '0;
      uop_o[w]        = head.uop;
      code_o[w]       = head.code;
      pc_o[w]         = head.pc;
      mask_o[w]       = head.mask;
      bad_o[w]        = head.bad;
      unreadable_o[w] = head.unreadable;
      empty_o[w]      = count_q[w] == '0 && !(decode_q && decode_warp_q == WARP_IDX_W'(w));
    end
  end

  for (genvar w = 0; w < Warps; w++) begin : gen_check
    `ASSERT(TakesWhatIsThere_A, take_i[w] |-> valid_o[w])
    `ASSERT(QueueHasPlace_A, 32'(count_q[w]) <= Depth)
  end

endmodule
