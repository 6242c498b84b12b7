// simt_start: starts the warps of a CTA, one after the other: 33 clocks each, or more if others
// write registers, in which the warp's are cleared, one of each file a clock, and its lanes get
// their thread's coordinates.
//
// Stage      the next thread: a counter in each direction and who carries into whom.
`include "assert.svh"

module simt_start
  import simt_pkg::*;
#(
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,

  localparam int unsigned WARP_IDX_W = $clog2(Warps),
  localparam int unsigned LANE_W     = $clog2(Lanes)
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic stop_i,

  input  logic             valid_i,
  output logic             ready_o,
  input  cta_t             cta_i,
  input  logic [2:0][31:0] block_i,

  output logic                  clear_o,        // a register of each file of `warp_o`
  input  logic                  cleared_i,
  output logic [4:0]            clear_rd_o,
  output logic                  thread_o,       // coordinates of one lane
  output logic [LANE_W-1:0]     lane_o,
  output logic [2:0][31:0]      tid_o,
  output logic [WARP_IDX_W-1:0] warp_o,
  output logic [WARP_W-1:0]     in_cta_o,
  output logic                  start_o,        // the warp begins
  output logic [Lanes-1:0]      mask_o
);

  logic              busy_q, over_q;
  cta_t              cta_q;
  logic [WARP_W:0]   done_q;
  logic [5:0]        step_q;
  logic [2:0][31:0]  tid_q;
  logic [Lanes-1:0]  mask_q;
  logic [2:0]        wraps;
  logic              exists;

  assign ready_o    = !busy_q;
  assign clear_o    = busy_q && !step_q[5];
  assign clear_rd_o = step_q[4:0];
  assign exists     = !over_q;
  assign thread_o   = busy_q && step_q < 6'(Lanes);
  assign lane_o     = step_q[LANE_W-1:0];
  assign tid_o      = tid_q;
  assign warp_o     = WARP_IDX_W'(cta_q.first) + WARP_IDX_W'(done_q);
  assign in_cta_o   = done_q[WARP_W-1:0];
  assign start_o    = busy_q && step_q[5];
  assign mask_o     = mask_q;
  assign wraps[0]   = tid_q[0] + 32'd1 == block_i[0];
  assign wraps[1]   = tid_q[1] + 32'd1 == block_i[1];
  assign wraps[2]   = tid_q[2] + 32'd1 == block_i[2];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      over_q <= 1'b0;
      cta_q  <= '0;
      done_q <= '0;
      step_q <= '0;
      tid_q  <= '0;
      mask_q <= '0;
    end else begin
      if (valid_i && ready_o) begin
        busy_q <= 1'b1;
        over_q <= 1'b0;
        cta_q  <= cta_i;
        done_q <= '0;
        step_q <= '0;
        tid_q  <= '0;
      end else if (busy_q) begin
        if (step_q[5])      step_q <= '0;
        else if (cleared_i) step_q <= step_q + 1'b1;
        if (thread_o && cleared_i) begin
          mask_q[lane_o] <= exists;
          // The next thread, or beyond the last one.
          tid_q[0] <= wraps[0] ? '0 : tid_q[0] + 32'd1;
          if (wraps[0]) tid_q[1] <= wraps[1] ? '0 : tid_q[1] + 32'd1;
          if (wraps[1:0] == '1) tid_q[2] <= tid_q[2] + 32'd1;
          if (wraps == '1) over_q <= 1'b1;
        end
        if (step_q[5]) begin
          done_q <= done_q + 1'b1;
          if (done_q + 1'b1 == cta_q.warps) busy_q <= 1'b0;
        end
      end
      if (stop_i) busy_q <= 1'b0;
    end
  end

  `COVER(PartialWarp_C, start_o && mask_o != '1)

endmodule
