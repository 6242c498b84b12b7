// simt_hub_reserve: reservations of all lanes of all cores for lines of memory, one a lane.
//
// Latency    what is set, cleared or ended in a cycle counts from the next one on.
module simt_hub_reserve
  import simt_pkg::*;
#(
  parameter int unsigned Cores = 1,
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,
  localparam int unsigned CORE_W = (Cores > 1) ? $clog2(Cores) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // The lanes of one warp whose reservation is for line_i.
  input  logic [CORE_W-1:0]     core_i,
  input  logic [MEM_WARP_W-1:0] warp_i,
  input  logic [MEM_LINE_W-1:0] line_i,
  output logic [Lanes-1:0]      reserved_o,
  // One of them reserves the line, or gives up what it has.
  input  logic [Lanes-1:0]      set_i,
  input  logic [Lanes-1:0]      clear_i,
  // A write of a line.
  input  logic                  end_i,
  input  logic [MEM_LINE_W-1:0] end_line_i,
  input  logic                  empty_i
);

  localparam int unsigned ALL    = Cores * Warps;
  localparam int unsigned ALL_W  = $clog2(ALL);
  localparam int unsigned WARP_IDX_W = $clog2(Warps);

  logic [ALL-1:0][Lanes-1:0] valid_q, same;
  logic [MEM_LINE_W-1:0]     line_q [ALL][Lanes];
  logic [ALL_W-1:0]          index;

  if (Cores > 1) begin : gen_index
    assign index = ALL_W'({core_i, warp_i[WARP_IDX_W-1:0]});
  end else begin : gen_one_core
    assign index = warp_i[WARP_IDX_W-1:0];
    logic unused_core;
    assign unused_core = ^core_i;
  end

  for (genvar warp = 0; warp < int'(ALL); warp++) begin : gen_warp
    logic here;
    assign here = index == ALL_W'(warp);
    for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_lane
      assign same[warp][lane] = valid_q[warp][lane] && line_q[warp][lane] == line_i;

      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni)      valid_q[warp][lane] <= 1'b0;
        else if (empty_i) valid_q[warp][lane] <= 1'b0;
        else if (here && set_i[lane])   valid_q[warp][lane] <= 1'b1;
        else if (here && clear_i[lane]) valid_q[warp][lane] <= 1'b0;
        else if (end_i && line_q[warp][lane] == end_line_i) valid_q[warp][lane] <= 1'b0;
      end

      always_ff @(posedge clk_i) begin
        if (here && set_i[lane]) line_q[warp][lane] <= line_i;
      end
    end
  end

  assign reserved_o = same[index];

endmodule
