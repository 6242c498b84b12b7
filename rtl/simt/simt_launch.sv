// simt_launch: takes a launch, hands its CTAs to the cores, and says how it ended.
//
// What a launch asks for is checked and counted in a few states: threads of a CTA, its warps, and
// the places that a core has for CTAs; a place is a range of warps and of shared memory. CTAs then
// go out in order, x first, at most one a clock, each to the first free place.
// Latency    some tens of clocks from a launch to its first CTA.
// Stage      a product of two 9-bit numbers; a place's warps against those in use; the next CTA.
// Golden     golden/src/simt/launch.rs
`include "assert.svh"

module simt_launch
  import simt_pkg::*;
#(
  parameter int unsigned Cores       = 1,
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned SharedBytes = 65536,
  parameter logic [63:0] MemBase     = 64'h8000_0000,
  parameter logic [63:0] MemBytes    = 64'h8000_0000
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic    launch_valid_i,
  output logic    launch_ready_o,
  input  launch_t launch_i,
  output logic    done_valid_o,
  input  logic    done_ready_i,
  output fault_t  done_o,

  // The cores.
  output launch_t          launch_o,      // stable while it runs
  output logic [63:0]      cycle_o,
  output logic             empty_o,
  output logic             halt_o,
  output logic             stop_o,
  output logic [Cores-1:0] cta_valid_o,
  input  logic [Cores-1:0] cta_ready_i,
  output cta_t             cta_o,
  input  logic [Warps-1:0] used_i [Cores],
  input  fault_t           fault_i [Cores],
  input  logic [Cores-1:0] idle_i,
  input  logic             memory_error_i,
  input  fault_t           memory_fault_i
);

  localparam int unsigned THREADS     = Warps * Lanes;
  localparam int unsigned LANE_W      = $clog2(Lanes);
  localparam int unsigned STACK_IDX_W = $clog2(Cores) + $clog2(Warps) + LANE_W;
  localparam int unsigned PLACE_W     = $clog2(Warps);
  // Shared memory of CTAs begins at lines.
  localparam logic [31:0] LINE = 32'd64;

  typedef enum logic [3:0] {
    StIdle,
    StCheck,
    StFirst,      // x * y
    StSecond,     // * z
    StPlaces,     // one a clock
    StRun,
    StDrain,      // all have gone out, or one has faulted
    StStop,
    StDone
  } state_e;

  state_e           state_q;
  launch_t          launch_q;
  fault_t           fault_q;
  logic [63:0]      cycle_q;
  logic [17:0]      product_q;
  logic [WARP_W:0]  warps_q;
  logic [31:0]      shared_q;
  logic [2:0][31:0] ctaid_q;
  logic [2:0]       last;
  logic             refused_q;

  // ---- Checks ----
  logic        bad_grid, bad_block, bad_entry, bad_stack, bad_shared;
  logic [63:0] area_mask;
  assign area_mask = (64'd1 << (6'(launch_q.stack_log2) + 6'(STACK_IDX_W))) - 64'd1;
  always_comb begin
    bad_grid   = 1'b0;
    bad_block  = 1'b0;
    for (int unsigned d = 0; d < 3; d++) begin
      bad_grid  |= launch_q.grid[d] == '0;
      bad_block |= launch_q.block[d] == '0 || launch_q.block[d] > 32'(THREADS);
    end
    bad_grid |= launch_q.grid[0][31] || launch_q.grid[1][31:16] != '0
                || launch_q.grid[2][31:16] != '0;
    bad_entry = launch_q.entry[1:0] != '0
                || (launch_q.entry & ~(MemBytes - 64'd1)) != MemBase;
    bad_stack = launch_q.stack_log2 < 5'd8 || launch_q.stack_log2 > 5'd20
                || (launch_q.stack_base & area_mask) != '0
                || ((launch_q.stack_base | area_mask) & ~(MemBytes - 64'd1)) != MemBase;
    bad_shared = launch_q.shared_bytes > 32'(SharedBytes);
  end

  // ---- Places ----
  logic [PLACE_W:0]  places_q;
  logic [WARP_W:0]   next_first_q;
  logic [31:0]       next_base_q;
  logic [WARP_W-1:0] first_q [Warps];
  logic [31:0]       base_q [Warps];
  logic              fits;
  assign fits = 32'(next_first_q) + 32'(warps_q) <= Warps
                && next_base_q + shared_q <= 32'(SharedBytes);

  // The first free place of the first core that has one.
  logic               found;
  logic [Cores-1:0]   core;
  logic [PLACE_W-1:0] place;
  always_comb begin
    found = 1'b0;
    core  = '0;
    place = '0;
    for (int unsigned c = 0; c < Cores; c++) begin
      for (int unsigned p = 0; p < Warps; p++) begin
        if (!found && cta_ready_i[c] && 32'(p) < 32'(places_q)
            && !used_i[c][first_q[p][PLACE_W-1:0]]) begin
          found   = 1'b1;
          core[c] = 1'b1;
          place   = PLACE_W'(p);
        end
      end
    end
  end

  // A CTA's place counts as used from the clock after it went out.
  logic all_out_q, none_used, any_fault;
  fault_t first_fault;
  always_comb begin
    none_used   = 1'b1;
    any_fault   = memory_error_i;
    first_fault = memory_fault_i;
    for (int unsigned c = 0; c < Cores; c++) none_used &= used_i[c] == '0;
    for (int unsigned k = 0; k < Cores; k++) begin
      if (fault_i[Cores-1-k].valid) begin
        any_fault   = 1'b1;
        first_fault = fault_i[Cores-1-k];
      end
    end
  end

  for (genvar d = 0; d < 3; d++) begin : gen_last
    assign last[d] = ctaid_q[d] + 32'd1 == launch_q.grid[d];
  end

  assign launch_ready_o = state_q == StIdle;
  assign launch_o       = launch_q;
  assign cycle_o        = cycle_q;
  assign empty_o        = state_q == StCheck;
  assign halt_o         = state_q == StDrain && fault_q.valid;
  assign stop_o         = state_q == StStop;
  assign done_valid_o   = state_q == StDone;
  assign done_o         = fault_q;
  assign cta_valid_o    = (state_q == StRun && !all_out_q && !any_fault) ? core : '0;
  assign cta_o          = '{
    first: first_q[place],
    warps: warps_q,
    ctaid: ctaid_q,
    shared_base: base_q[place]
  };

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q      <= StIdle;
      launch_q     <= '0;
      fault_q      <= '0;
      cycle_q      <= '0;
      product_q    <= '0;
      warps_q      <= '0;
      refused_q    <= 1'b0;
      shared_q     <= '0;
      ctaid_q      <= '0;
      places_q     <= '0;
      next_first_q <= '0;
      next_base_q  <= '0;
      first_q      <= '{default: '0};
      base_q       <= '{default: '0};
      all_out_q    <= 1'b0;
    end else begin
      cycle_q <= cycle_q + 64'd1;
      unique case (state_q)
        StIdle: begin
          if (launch_valid_i) begin
            state_q  <= StCheck;
            launch_q <= launch_i;
            fault_q  <= '0;
            cycle_q  <= '0;
          end
        end
        StCheck: begin
          state_q      <= StFirst;
          product_q    <= 18'(launch_q.block[0][8:0]);
          shared_q     <= (launch_q.shared_bytes + LINE - 32'd1) & ~(LINE - 32'd1);
          places_q     <= '0;
          next_first_q <= '0;
          next_base_q  <= '0;
          ctaid_q      <= '0;
          all_out_q    <= 1'b0;
          warps_q      <= '0;
          refused_q    <= bad_grid || bad_block || bad_entry || bad_stack || bad_shared;
        end
        StFirst, StSecond: begin
          product_q <= 18'(product_q[8:0]) * 18'(state_q == StFirst ? launch_q.block[1][8:0]
                                                                    : launch_q.block[2][8:0]);
          state_q   <= (state_q == StFirst) ? StSecond : StPlaces;
          if (32'(product_q) > THREADS || refused_q) begin
            state_q       <= StDone;
            fault_q.valid <= 1'b1;
            fault_q.cause <= FaultLaunch;
          end
        end
        StPlaces: begin
          warps_q <= (WARP_W + 1)'((product_q + 18'(Lanes) - 18'd1) >> LANE_W);
          if (32'(product_q) > THREADS) begin
            state_q       <= StDone;
            fault_q.valid <= 1'b1;
            fault_q.cause <= FaultLaunch;
          end else if (warps_q != '0) begin
            if (fits && 32'(places_q) < Warps) begin
              first_q[places_q[PLACE_W-1:0]] <= next_first_q[WARP_W-1:0];
              base_q[places_q[PLACE_W-1:0]]  <= next_base_q;
              places_q     <= places_q + 1'b1;
              next_first_q <= next_first_q + warps_q;
              next_base_q  <= next_base_q + shared_q;
            end else begin
              state_q <= StRun;
            end
          end
        end
        StRun: begin
          if (any_fault) begin
            fault_q <= first_fault;
            state_q <= StDrain;
          end else if (all_out_q) begin
            if (none_used && cta_ready_i == '1) state_q <= StDrain;
          end else if (found) begin
            ctaid_q[0] <= last[0] ? '0 : ctaid_q[0] + 32'd1;
            if (last[0]) ctaid_q[1] <= last[1] ? '0 : ctaid_q[1] + 32'd1;
            if (last[1:0] == '1) ctaid_q[2] <= ctaid_q[2] + 32'd1;
            if (last == '1) all_out_q <= 1'b1;
          end
        end
        StDrain: begin
          if (any_fault && !fault_q.valid) fault_q <= first_fault;
          if (idle_i == '1) state_q <= StStop;
        end
        StStop: state_q <= StDone;
        StDone: if (done_ready_i) state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  `ASSERT(OneCore_A, $onehot0(cta_valid_o))
  `COVER(Fault_C, state_q == StDrain && fault_q.valid)

endmodule
