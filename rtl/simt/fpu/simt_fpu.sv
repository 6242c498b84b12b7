// simt_fpu: the floating-point units of a core, Lanes lanes of binary32 in lockstep.
//
// Three units that work side by side: fused multiply-add, all that needs no sum or quotient, and
// divide or square root. Here is what their lanes share: which stage holds what, and the tags.
//
// Latency    FMA_LATENCY = 5 and MISC_LATENCY = 3 cycles, without back-pressure; 30 cycles for
//            divide and square root.
// Throughput 1 request/cycle; a divide or square root each 31 cycles.
// Idle       results and tags mean nothing while their valid is low.
// Reset      of the valid bits and the divider's state alone.
// Golden     golden/src/simt/fpu.rs, float.rs    Plan  rtl/simt/fpu/testplan.hjson
`include "assert.svh"

module simt_fpu
  import simt_pkg::*;
  import simt_fpu_pkg::*;
#(
  parameter int unsigned Lanes   = 4,
  parameter int unsigned TagBits = 8
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 req_valid_i,
  output logic                 req_ready_o,
  input  fpu_op_e              op_i,
  input  logic [TagBits-1:0]   tag_i,
  input  fpu_req_t [Lanes-1:0] req_i,

  output logic                 fma_valid_o,
  output logic [TagBits-1:0]   fma_tag_o,
  output fpu_rsp_t [Lanes-1:0] fma_o,

  output logic                 misc_valid_o,
  output logic [TagBits-1:0]   misc_tag_o,
  output fpu_rsp_t [Lanes-1:0] misc_o,

  output logic                 div_valid_o,
  input  logic                 div_ready_i,
  output logic [TagBits-1:0]   div_tag_o,
  output fpu_rsp_t [Lanes-1:0] div_o
);

  if (Lanes < 1) begin : gen_lanes_check
    $error("simt_fpu: Lanes is %0d, needs to be at least 1", Lanes);
  end
  if (TagBits < 1) begin : gen_tag_check
    $error("simt_fpu: TagBits is %0d, needs to be at least 1", TagBits);
  end

  // ---- requests ----

  logic       is_fma, is_div, accept, take_fma, take_misc, take_div;
  div_state_e state_d, state_q;

  assign is_fma      = op_i <= FpuNmadd;
  assign is_div      = op_i >= FpuDiv;
  assign req_ready_o = !is_div || state_q == DivIdle;
  assign accept      = req_valid_i && req_ready_o;
  assign take_fma    = accept && is_fma;
  assign take_misc   = accept && !is_fma && !is_div;
  assign take_div    = accept && is_div;

  // ---- fused multiply-add: index s is what stage s has left ----

  logic [FMA_LATENCY:1]              fma_valid_q;
  logic [FMA_LATENCY:1][TagBits-1:0] fma_tag_q;
  fma_op_t                           fma_op;

  assign fma_op = '{
    add:         op_i == FpuAdd || op_i == FpuSub,
    mul:         op_i == FpuMul,
    neg_product: op_i == FpuNmsub || op_i == FpuNmadd,
    neg_addend:  op_i == FpuSub || op_i == FpuMsub || op_i == FpuNmadd
  };

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fma_valid_q <= '0;
    else         fma_valid_q <= {fma_valid_q[FMA_LATENCY-1:1], take_fma};
  end

  always_ff @(posedge clk_i) fma_tag_q <= {fma_tag_q[FMA_LATENCY-1:1], tag_i};

  assign fma_valid_o = fma_valid_q[FMA_LATENCY];
  assign fma_tag_o   = fma_tag_q[FMA_LATENCY];

  // ---- signs, comparisons, conversions ----

  logic [MISC_LATENCY:1]              misc_valid_q;
  logic [MISC_LATENCY:1][TagBits-1:0] misc_tag_q;
  fpu_op_e                            op1_q, op2_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) misc_valid_q <= '0;
    else         misc_valid_q <= {misc_valid_q[MISC_LATENCY-1:1], take_misc};
  end

  always_ff @(posedge clk_i) begin
    misc_tag_q <= {misc_tag_q[MISC_LATENCY-1:1], tag_i};
    op1_q      <= op_i;
    op2_q      <= op1_q;
  end

  assign misc_valid_o = misc_valid_q[MISC_LATENCY];
  assign misc_tag_o   = misc_tag_q[MISC_LATENCY];

  // ---- divide, square root ----

  logic [DIV_BITS-1:0] bit_q;
  logic                root_q;
  logic [TagBits-1:0]  div_tag_q;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      DivIdle:      if (take_div) state_d = DivNormalise;
      DivNormalise: state_d = DivIterate;
      DivIterate:   if (bit_q[0]) state_d = DivShift;
      DivShift:     state_d = DivRound;
      DivRound:     state_d = DivDone;
      DivDone:      if (div_ready_i) state_d = DivIdle;
      default:      state_d = DivIdle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) state_q <= DivIdle;
    else         state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    if (take_div) begin
      root_q    <= op_i == FpuSqrt;
      div_tag_q <= tag_i;
      bit_q     <= {1'b1, (DIV_BITS-1)'(0)};
    end else if (state_q == DivIterate) begin
      bit_q     <= bit_q >> 1;
    end
  end

  assign div_valid_o = state_q == DivDone;
  assign div_tag_o   = div_tag_q;

  // ---- lanes ----

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    simt_fma u_fma (
      .clk_i,
      .active_i({fma_valid_q[FMA_LATENCY-1:1], take_fma}),
      .op_i    (fma_op),
      .req_i   (req_i[l]),
      .rsp_o   (fma_o[l])
    );

    simt_fpmisc u_misc (
      .clk_i,
      .active_i({misc_valid_q[MISC_LATENCY-1:1], take_misc}),
      .op1_i   (op_i),
      .op2_i   (op1_q),
      .op3_i   (op2_q),
      .req_i   (req_i[l]),
      .rsp_o   (misc_o[l])
    );

    simt_fpdiv u_div (
      .clk_i,
      .state_i(state_q),
      .root_i (root_q),
      .bit_i  (bit_q),
      .take_i (take_div),
      .req_i  (req_i[l]),
      .rsp_o  (div_o[l])
    );

`ifndef SYNTHESIS
    // What a lane's units hand to rounding: only what arithmetic decides, not a special result.
    logic fma_rounds, div_rounds;
    assign fma_rounds = fma_valid_q[FMA_LATENCY-1] && !u_fma.info4_q.special.nan
                        && !u_fma.info4_q.special.infinite;
    assign div_rounds = state_q == DivRound && !u_div.special_q.nan && !u_div.special_q.infinite
                        && !u_div.zero_q;
    logic [31:0] bound;
    assign bound = (32'(u_div.trial) + (root_q ? 32'(bit_q) : '0)) << 1;
`endif

    // An addend that loses bits is smaller than the product, so the difference is the product's.
    `ASSERT(LostIsBelow_A, fma_valid_q[3] && u_fma.minus_q && u_fma.sticky3_q |-> u_fma.above)
    // Rounding gets normalised numbers, as far as the exponent allows.
    `ASSERT(FmaNormalised_A, fma_rounds
            |-> u_fma.sig[26] || u_fma.exp5 == 9'd1 || u_fma.sig == '0)
    `ASSERT(DivNormalised_A, div_rounds |-> u_div.sig_q[26] || u_div.exp_last_q == 9'd1)
    // A root of a number is at least 1.
    `ASSERT(RootBegins_A, state_q == DivShift && root_q && !u_div.special_q.nan
            && !u_div.special_q.infinite && !u_div.zero_q |-> u_div.quotient_q[DIV_BITS-1])
    // The remainder stays below 2 * t, or 2 * (t + the bit's weight): the next bit is 0 or 1.
    `ASSERT(RemainderFits_A, state_q == DivIterate && !u_div.special_q.nan
            && !u_div.special_q.infinite && !u_div.zero_q |-> 32'(u_div.rem_q) < bound)

    `COVER(TieEven_C, fma_rounds && u_fma.sig[3:0] == 4'b0100)
    `COVER(TieOdd_C, fma_rounds && u_fma.sig[3:0] == 4'b1100)
    `COVER(GrowsToNormal_C, fma_rounds && !u_fma.sig[26] && u_fma.u_round.grows
           && u_fma.u_round.inexact)
    `COVER(AddendAtTop_C, fma_valid_q[1] && u_fma.at_top && !u_fma.no_product_q)
    `COVER(AddendLost_C, fma_valid_q[2] && u_fma.sticky_d)
    `COVER(AddendLarger_C, fma_valid_q[3] && u_fma.minus_q && !u_fma.above)
    `COVER(DivSubnormalTie_C, div_rounds && !u_div.sig_q[26] && u_div.sig_q[2:0] == 3'b100)
  end

`ifndef SYNTHESIS
  // For the checks: cycles since the divider took its request.
  logic [5:0] age_q;
  always_ff @(posedge clk_i) age_q <= (state_q == DivIdle) ? 6'd1 : age_q + 6'd1;
`endif

  // The environment keeps a stalled request, and sends no reserved operation.
  `ASSUME(ReqStallHolds_M, req_valid_i && !req_ready_o
          |=> req_valid_i && $stable({op_i, tag_i, req_i}))
  `ASSUME(ReqOp_M, req_valid_i |-> op_i <= FpuSqrt)
  // Only the divider makes a request wait.
  `ASSERT(OthersNeverWait_A, req_valid_i && !req_ready_o |-> is_div && state_q != DivIdle)
  // A stalled result neither changes nor disappears, and the divider is free after it.
  `ASSERT(DivStallHolds_A, div_valid_o && !div_ready_i
          |=> div_valid_o && $stable({div_tag_o, div_o}))
  `ASSERT(DivFree_A, div_valid_o && div_ready_i |=> state_q == DivIdle)
  // Each bit in its turn, the last result in time.
  `ASSERT(DivOneBit_A, state_q == DivIterate |-> $onehot(bit_q))
  `ASSERT(DivInTime_A, state_q != DivIdle && state_q != DivDone |-> age_q < 6'd32)

  `COVER(AllUnits_C, fma_valid_o && misc_valid_o && div_valid_o)
  `COVER(DivWaits_C, req_valid_i && !req_ready_o)
  `COVER(DivStalls_C, div_valid_o && !div_ready_i)

endmodule
