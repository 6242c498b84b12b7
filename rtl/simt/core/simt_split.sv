// simt_split: where the lanes of a control instruction go, as groups of lanes with one PC each.
//
// A branch has up to two, an indirect jump as many as its lanes have targets; one group a clock,
// the lowest lane's first.
// Latency    the first group in the clock after the instruction was executed.
// Stage      targets against the lowest lane's.
`include "assert.svh"

module simt_split
  import simt_pkg::*;
#(
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,
  parameter int unsigned PcW   = 30,

  localparam int unsigned WARP_IDX_W = $clog2(Warps)
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic stop_i,

  // An executed control instruction, in the clock of the last group of the one before or later.
  input  logic                  valid_i,
  input  logic [WARP_IDX_W-1:0] warp_i,
  input  logic [Lanes-1:0]      mask_i,
  input  logic [PcW-1:0]        target_i [Lanes],
  input  logic                  many_i,      // may have more than two targets
  input  logic                  exit_i,
  input  logic                  push_i,
  input  logic                  pop_i,
  input  logic                  bar_i,
  input  logic                  sync_i,
  input  logic [Lanes-1:0]      need_i,
  output logic                  many_o,      // such a one's groups come

  output logic [Warps-1:0] group_valid_o,
  output logic             group_any_o,
  output logic             group_last_o,
  output logic [PcW-1:0]   group_pc_o,
  output logic [Lanes-1:0] group_mask_o,
  output logic             group_push_o,
  output logic             group_pop_o,
  output logic             group_bar_o,
  output logic             group_sync_o,
  output logic [Lanes-1:0] group_need_o
);

  logic                  valid_q, many_q, busy, exit_q, push_q, pop_q, bar_q, sync_q;
  logic [WARP_IDX_W-1:0] warp_q;
  logic [Lanes-1:0]      left_q, need_q, lowest;
  logic [PcW-1:0]        target_q [Lanes];

  assign lowest = left_q & (~left_q + 1'b1);
  always_comb begin
    group_pc_o = '0;
    for (int unsigned l = 0; l < Lanes; l++) group_pc_o |= lowest[l] ? target_q[l] : '0;
    for (int unsigned l = 0; l < Lanes; l++) begin
      group_mask_o[l] = left_q[l] && target_q[l] == group_pc_o;
    end
    group_any_o  = !exit_q;
    group_last_o = exit_q || (left_q & ~group_mask_o) == '0;
    for (int unsigned w = 0; w < Warps; w++) begin
      group_valid_o[w] = valid_q && warp_q == WARP_IDX_W'(w);
    end
  end
  assign busy         = valid_q && !group_last_o;
  assign many_o       = valid_q && many_q;
  assign group_push_o = push_q;
  assign group_pop_o  = pop_q;
  assign group_bar_o  = bar_q;
  assign group_sync_o = sync_q;
  assign group_need_o = need_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q  <= 1'b0;
      many_q   <= 1'b0;
      warp_q   <= '0;
      left_q   <= '0;
      target_q <= '{default: '0};
      exit_q   <= 1'b0;
      push_q   <= 1'b0;
      pop_q    <= 1'b0;
      bar_q    <= 1'b0;
      sync_q   <= 1'b0;
      need_q   <= '0;
    end else begin
      if (valid_i) begin
        valid_q  <= 1'b1;
        warp_q   <= warp_i;
        left_q   <= mask_i;
        target_q <= target_i;
        many_q   <= many_i;
        exit_q   <= exit_i;
        push_q   <= push_i;
        pop_q    <= pop_i;
        bar_q    <= bar_i;
        sync_q   <= sync_i;
        need_q   <= need_i;
      end else if (!busy) begin
        valid_q <= 1'b0;
      end else begin
        left_q <= left_q & ~group_mask_o;
      end
      if (stop_i) valid_q <= 1'b0;
    end
  end

  `ASSERT(NotWhileBusy_A, valid_i |-> !busy)
  `COVER(ManyTargets_C, busy && many_q)

endmodule
