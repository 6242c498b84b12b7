// npu_mac_fork: registered hop with a local reader, next[n] = in[n], local = in[set*Beats + index].
//
// Two sets of Beats beats. A beat leaves twice: in order to the neighbour (next), and by a release
// of the local user, who reads the beats of the current set by index, as often as it likes, and
// releases them in ascending order. The release of a set's last beat moves the local user to the
// other set. A place is free again after both.
//
// Latency    1 cycle from an accepted beat to next_o and local_o.
// Throughput 1 beat/cycle; ready depends on registers alone.
// Reset      of the control state alone.
// Golden     golden/src/npu/mac_array.rs      Plan  rtl/npu/mac_array/testplan.hjson
`include "assert.svh"

module npu_mac_fork #(
  parameter int unsigned Width = 32,
  parameter int unsigned Beats = 1,
  localparam int unsigned IndexW = (Beats > 1) ? $clog2(Beats) : 1
) (
  input  logic              clk_i,
  input  logic              rst_ni,

  input  logic              in_valid_i,
  output logic              in_ready_o,
  input  logic [Width-1:0]  in_i,

  output logic              next_valid_o,
  input  logic              next_ready_i,
  output logic [Width-1:0]  next_o,

  input  logic [IndexW-1:0] local_index_i,
  output logic              local_valid_o,
  output logic [Width-1:0]  local_o,
  input  logic              local_release_i
);

  if (Beats < 1) begin : gen_beats_check
    $error("npu_mac_fork: Beats is %0d, needs to be at least 1", Beats);
  end

  localparam int unsigned DEPTH = 2 * Beats;
  localparam int unsigned PTR_W = $clog2(DEPTH);
  localparam logic [PTR_W-1:0] LAST_PLACE = PTR_W'(DEPTH - 1);

  logic [Width-1:0] beat_q [DEPTH];
  logic [DEPTH-1:0] local_q;  // places that the local user has yet to release
  logic [DEPTH-1:0] next_q;   // places that have yet to leave for the neighbour
  logic [PTR_W-1:0] in_place_q, next_place_q, local_place;
  logic             set_q;    // the local user's current set
  logic             push, next_pop;

  assign in_ready_o    = !local_q[in_place_q] && !next_q[in_place_q];
  assign push          = in_valid_i && in_ready_o;

  assign next_valid_o  = next_q[next_place_q];
  assign next_o        = beat_q[next_place_q];
  assign next_pop      = next_valid_o && next_ready_i;

  assign local_place   = (set_q ? PTR_W'(Beats) : '0) + PTR_W'(local_index_i);
  assign local_valid_o = local_q[local_place];
  assign local_o       = beat_q[local_place];

  always_ff @(posedge clk_i) begin
    if (push) beat_q[in_place_q] <= in_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      local_q      <= '0;
      next_q       <= '0;
      in_place_q   <= '0;
      next_place_q <= '0;
      set_q        <= 1'b0;
    end else begin
      // A place takes a beat only when both its bits are low: it is never set and cleared at once.
      if (push) begin
        local_q[in_place_q] <= 1'b1;
        next_q[in_place_q]  <= 1'b1;
        in_place_q          <= (in_place_q == LAST_PLACE) ? '0 : in_place_q + 1'b1;
      end
      if (next_pop) begin
        next_q[next_place_q] <= 1'b0;
        next_place_q         <= (next_place_q == LAST_PLACE) ? '0 : next_place_q + 1'b1;
      end
      if (local_release_i) begin
        local_q[local_place] <= 1'b0;
        if (local_index_i == IndexW'(Beats - 1)) set_q <= !set_q;
      end
    end
  end

  `ASSERT(ReleaseHeld_A, local_release_i |-> local_valid_o)

  `COVER(HeldForNeighbour_C, in_valid_i && !local_q[in_place_q] && next_q[in_place_q])
  `COVER(HeldForLocal_C, in_valid_i && local_q[in_place_q] && !next_q[in_place_q])

endmodule
