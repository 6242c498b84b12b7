// common_fifo: first-in first-out queue of Depth entries, out[n] = in[n].
//
// Latency    1 cycle from an accepted entry to the output of an empty queue.
// Throughput 1 entry/cycle for Depth >= 2; 1 entry in 2 cycles for Depth = 1, because in_ready_o
//            depends on registers alone and a full queue takes nothing in the cycle it gives.
// Idle       out_o is zero while out_valid_o is low: an empty queue shows no stale entry.
// Golden     golden/src/common/fifo.rs     Plan  rtl/common/fifo/testplan.hjson
`include "assert.svh"

module common_fifo #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_o,

  output logic [$clog2(Depth+1)-1:0] occupancy_o
);

  if (Width < 1) begin : gen_width_check
    $error("common_fifo: Width is %0d, needs to be at least 1", Width);
  end
  if (Depth < 1) begin : gen_depth_check
    $error("common_fifo: Depth is %0d, needs to be at least 1", Depth);
  end

  // Pointers count 0 .. Depth-1; a single entry still needs a pointer of one bit.
  localparam int unsigned PTR_W = (Depth > 1) ? $clog2(Depth) : 1;
  localparam logic [PTR_W-1:0] LAST = PTR_W'(Depth - 1);
  // The occupancy counts 0 .. Depth, both included. Without a depth the error above is enough.
  localparam int unsigned COUNT_W = (Depth > 0) ? $clog2(Depth + 1) : 1;
  localparam logic [COUNT_W-1:0] FULL = COUNT_W'(Depth);

  logic [Width-1:0]   mem_q [Depth];
  logic [PTR_W-1:0]   wr_ptr_q, rd_ptr_q;
  logic [COUNT_W-1:0] count_q;
  logic               push, pop;

  assign in_ready_o  = count_q != FULL;
  assign out_valid_o = count_q != '0;
  assign occupancy_o = count_q;
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;
  assign out_o       = out_valid_o ? mem_q[rd_ptr_q] : '0;

  always_ff @(posedge clk_i) begin
    if (push) mem_q[wr_ptr_q] <= in_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_ptr_q <= '0;
      rd_ptr_q <= '0;
      count_q  <= '0;
    end else begin
      if (push) wr_ptr_q <= (wr_ptr_q == LAST) ? '0 : wr_ptr_q + 1'b1;
      if (pop)  rd_ptr_q <= (rd_ptr_q == LAST) ? '0 : rd_ptr_q + 1'b1;
      if (push && !pop)      count_q <= count_q + 1'b1;
      else if (!push && pop) count_q <= count_q - 1'b1;
    end
  end

  // A stalled entry neither changes nor disappears.
  `ASSERT(StallHolds_A, out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_o))
  // Only taking an entry out makes a full queue ready again.
  `ASSERT(FullUntilPop_A, !in_ready_o && !pop |=> !in_ready_o)
  // The occupancy stays within the memory, and the pointers within it too.
  `ASSERT(OccupancyInRange_A, count_q <= FULL)
  `ASSERT(PointersInRange_A, wr_ptr_q <= LAST && rd_ptr_q <= LAST)
  // Empty and full both mean equal pointers; otherwise they are apart.
  `ASSERT(PointersMeet_A,
          Depth == 1 || (wr_ptr_q == rd_ptr_q) == (count_q == '0 || count_q == FULL))

  `COVER(Full_C, !in_ready_o)
  `COVER(Drained_C, !out_valid_o && $past(pop))
  `COVER(PushPopNearlyFull_C, push && pop && count_q == FULL - 1'b1)
  `COVER(Wrap_C, push && wr_ptr_q == LAST)
  `COVER(Refused_C, in_valid_i && !in_ready_o)

endmodule
