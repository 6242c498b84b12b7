// npu_dot: dot-product unit with flow control, rsp.d = req.c + sum over k of req.a[k] * req.b[k].
//
// A request is accepted only while a place for its result is free: credits count the places of the
// result queue that no accepted request has claimed. So the pipeline never has to stop.
//
// Latency    DotLatency + 1 cycles from an accepted request to rsp_valid_o, with an empty queue.
// Throughput 1 dot product/cycle for ResultDepth >= DotLatency + 2; below that ResultDepth results
//            in DotLatency + 2 cycles, the time from taking a credit to having it again.
// Idle       rsp_o is zero while rsp_valid_o is low.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
`include "assert.svh"

module npu_dot
  import npu_pkg::*;
#(
  parameter int unsigned ResultDepth = DotLatency + 2
) (
  input  logic     clk_i,
  input  logic     rst_ni,

  input  logic     req_valid_i,
  output logic     req_ready_o,
  input  dot_req_t req_i,

  output logic     rsp_valid_o,
  input  logic     rsp_ready_i,
  output dot_rsp_t rsp_o
);

  if (ResultDepth < 1) begin : gen_result_depth_check
    $error("npu_dot: ResultDepth is %0d, needs to be at least 1", ResultDepth);
  end

  // Credits count 0 .. ResultDepth, both included.
  localparam int unsigned CREDIT_W = $clog2(ResultDepth + 1);
  localparam logic [CREDIT_W-1:0] ALL_CREDITS = CREDIT_W'(ResultDepth);

  logic                accept, emit;
  logic                pipe_valid;
  logic [31:0]         pipe_d;
  logic                fifo_ready;
  logic [CREDIT_W-1:0] occupancy;
  logic [CREDIT_W-1:0] credit_q;

  assign accept = req_valid_i && req_ready_o;
  assign emit   = rsp_valid_o && rsp_ready_i;

  npu_dot_pipe u_pipe (
    .clk_i,
    .rst_ni,
    .valid_i (accept),
    .req_i,
    .valid_o (pipe_valid),
    .d_o     (pipe_d)
  );

  common_fifo #(
    .Width ($bits(dot_rsp_t)),
    .Depth (ResultDepth)
  ) u_results (
    .clk_i,
    .rst_ni,
    .in_valid_i  (pipe_valid),
    .in_ready_o  (fifo_ready),
    .in_i        (pipe_d),
    .out_valid_o (rsp_valid_o),
    .out_ready_i (rsp_ready_i),
    .out_o       (rsp_o),
    .occupancy_o (occupancy)
  );

  assign req_ready_o = credit_q != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)              credit_q <= ALL_CREDITS;
    else if (accept && !emit) credit_q <= credit_q - 1'b1;
    else if (!accept && emit) credit_q <= credit_q + 1'b1;
  end

`ifndef SYNTHESIS
  // For the checks: how many results are owed, and the format accepted last.
  localparam int unsigned OWED_W = CREDIT_W + 1;
  logic [OWED_W-1:0] owed_q;
  format_e           last_format_q;
  logic              accepted_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      owed_q        <= '0;
      last_format_q <= Int8;
      accepted_q    <= 1'b0;
    end else begin
      owed_q     <= owed_q + OWED_W'(accept) - OWED_W'(emit);
      accepted_q <= accept;
      if (accept) last_format_q <= req_i.format;
    end
  end

  // For the pipeline's checks: an integer sum beyond INT32 in stage 7; in stage 9 a floating-point
  // result, its specials, and whether its sum decides.
  logic                  over, clamps, packs, finite;
  npu_dot_pkg::special_t special;
  assign over    = u_pipe.valid_q[6] && u_pipe.u_result.ctrl6_q.is_int && u_pipe.u_result.over;
  assign clamps  = over && u_pipe.u_result.ctrl6_q.satfinite;
  assign packs   = u_pipe.valid_q[8] && !u_pipe.u_result.is_int8_q;
  assign special = u_pipe.u_result.special8_q;
  assign finite  = packs && special == '0;
`endif

  // The environment keeps a stalled request, and sends no reserved format.
  `ASSUME(ReqStallHolds_M, req_valid_i && !req_ready_o |=> req_valid_i && $stable(req_i))
  `ASSUME(ReqFormat_M, req_valid_i |-> req_i.format <= NvFp4)
  // A stalled result neither changes nor disappears; without one the payload is zero.
  `ASSERT(RspStallHolds_A, rsp_valid_o && !rsp_ready_i |=> rsp_valid_o && $stable(rsp_o))
  `ASSERT(RspIdleZero_A, !rsp_valid_o |-> rsp_o == '0)
  `ASSERT(RspKnown_A, rsp_valid_o |-> !$isunknown(rsp_o))
  // Credits keep the queue from overflowing: a finished result always finds a place.
  `ASSERT(FinishedHasPlace_A, pipe_valid |-> fifo_ready)
  `ASSERT(CreditsInRange_A, credit_q <= ALL_CREDITS)
  `ASSERT(CreditsCoverQueue_A, occupancy <= ALL_CREDITS - credit_q)
  // No result without a request, and every claimed place has one.
  `ASSERT(RspOwed_A, rsp_valid_o |-> owed_q != '0)
  `ASSERT(CreditsMatchOwed_A, OWED_W'(credit_q) + owed_q == OWED_W'(ALL_CREDITS))

  // Truncation leaves a magnitude whose top bit is set, or zero.
  `ASSERT(Normalised_A, packs |-> u_pipe.u_result.nonzero || u_pipe.u_result.word_q == '0)
  // C takes part in the alignment, so every shift down is one of a small result.
  `ASSERT(DownIsSmall_A, packs && u_pipe.u_result.nonzero && u_pipe.u_result.exp <= 0
          |-> u_pipe.u_result.down <= 10'd48)

  `COVER(AcceptInt8_C, accept && req_i.format == Int8)
  `COVER(AcceptInt4_C, accept && req_i.format == Int4)
  `COVER(AcceptFp16_C, accept && req_i.format == Fp16)
  `COVER(AcceptBf16_C, accept && req_i.format == Bf16)
  `COVER(AcceptFp8E4M3_C, accept && req_i.format == Fp8E4M3)
  `COVER(AcceptFp8E5M2_C, accept && req_i.format == Fp8E5M2)
  `COVER(AcceptMxFp8E4M3_C, accept && req_i.format == MxFp8E4M3)
  `COVER(AcceptMxFp8E5M2_C, accept && req_i.format == MxFp8E5M2)
  `COVER(AcceptMxFp6E3M2_C, accept && req_i.format == MxFp6E3M2)
  `COVER(AcceptMxFp6E2M3_C, accept && req_i.format == MxFp6E2M3)
  `COVER(AcceptMxFp4_C, accept && req_i.format == MxFp4)
  `COVER(AcceptNvFp4_C, accept && req_i.format == NvFp4)
  `COVER(FormatSwitch_C, accept && accepted_q && req_i.format != last_format_q)
  `COVER(NoCredit_C, req_valid_i && !req_ready_o)
  `COVER(QueueFull_C, !fifo_ready && !rsp_ready_i)
  `COVER(Nan_C, packs && u_pipe.u_result.d_d == 32'h7fff_ffff)
  `COVER(InfinityIn_C, packs && !special.nan && (special.pos_inf != special.neg_inf))
  `COVER(InfinitiesCancel_C, packs && !special.nan && special.pos_inf && special.neg_inf)
  `COVER(Overflow_C, finite && u_pipe.u_result.huge)
  `COVER(Subnormal_C, finite && u_pipe.u_result.exp <= 0 && u_pipe.u_result.sig != '0)
  `COVER(Underflow_C, finite && u_pipe.u_result.nonzero && u_pipe.u_result.sig == '0)
  `COVER(ClampHigh_C, clamps && !u_pipe.u_result.acc_q[npu_dot_pkg::ACC_W-1])
  `COVER(ClampLow_C, clamps && u_pipe.u_result.acc_q[npu_dot_pkg::ACC_W-1])
  `COVER(Wrap_C, over && !u_pipe.u_result.ctrl6_q.satfinite)

endmodule
