// npu_mac_unit: a dot-product unit with a register tile, acc[i][j] <- dot(a[i], b[j], acc[i][j]).
//
// A dot product is issued as soon as its operands and its bank are there, row by row of the tile;
// the results come back in the same order. One bank computes while the other drains and loads.
// Commands and operands are kept until the neighbour has them, too, so no unit runs ahead of
// another by more than its buffers; the one furthest behind can always go on: no deadlock.
//
// Latency    DotLatency + 2 cycles from an issue to the next one of the same accumulator, or more.
// Throughput 1 dot product/cycle.
// Reset      of the control state alone.
// Golden     golden/src/npu/mac_array.rs      Plan  rtl/npu/mac_array/testplan.hjson
`include "assert.svh"

module npu_mac_unit
  import npu_pkg::*;
#(
  parameter int unsigned TileRows = 4,
  parameter int unsigned TileCols = 4,
  parameter int unsigned CountW   = 4  // holds the beats of a row's tile, Cols * TileRows
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  // Beats of a tile that belong to the units on the left and on the right; constant.
  input  logic [CountW-1:0]              left_beats_i,
  input  logic [CountW-1:0]              right_beats_i,

  input  logic                           cmd_valid_i,
  output logic                           cmd_ready_o,
  input  array_cmd_t                     cmd_i,
  output logic                           cmd_valid_o,
  input  logic                           cmd_ready_i,
  output array_cmd_t                     cmd_o,

  input  logic                           a_valid_i,
  output logic                           a_ready_o,
  input  operand_t                       a_i,
  output logic                           a_valid_o,
  input  logic                           a_ready_i,
  output operand_t                       a_o,

  input  logic                           b_valid_i,
  output logic                           b_ready_o,
  input  operand_t                       b_i,
  output logic                           b_valid_o,
  input  logic                           b_ready_i,
  output operand_t                       b_o,

  // The C/D chain, bank 0 and 1.
  input  logic [1:0]                     chain_valid_i,
  output logic [1:0]                     chain_ready_o,
  input  logic [1:0][TileCols-1:0][31:0] chain_i,
  output logic [1:0]                     chain_valid_o,
  input  logic [1:0]                     chain_ready_i,
  output logic [1:0][TileCols-1:0][31:0] chain_o
);

  localparam int unsigned ROW_W = $clog2(TileRows);
  localparam int unsigned COL_W = $clog2(TileCols);
  localparam logic [ROW_W-1:0] LAST_ROW = ROW_W'(TileRows - 1);
  localparam logic [COL_W-1:0] LAST_COL = COL_W'(TileCols - 1);

  // ---- commands: each bank's tile ----

  array_cmd_t cmd;
  array_cmd_t tile_q [2];
  logic       cmd_valid, load, load_bank_q;
  logic [1:0] busy_q;  // the bank's tile has been begun and not yet issued to its end
  logic [1:0] can_load, loaded, finish;

  npu_mac_fork #(
    .Width($bits(array_cmd_t)),
    .Beats(1)
  ) u_cmd (
    .clk_i,
    .rst_ni,
    .in_valid_i     (cmd_valid_i),
    .in_ready_o     (cmd_ready_o),
    .in_i           (cmd_i),
    .next_valid_o   (cmd_valid_o),
    .next_ready_i   (cmd_ready_i),
    .next_o         (cmd_o),
    .local_index_i  (1'b0),
    .local_valid_o  (cmd_valid),
    .local_o        (cmd),
    .local_release_i(load)
  );

  // Tiles load in order: C beats carry no bank number.
  assign load = cmd_valid && !busy_q[load_bank_q] && can_load[load_bank_q]
                && (!busy_q[!load_bank_q] || loaded[!load_bank_q]);

  always_ff @(posedge clk_i) begin
    if (load) tile_q[load_bank_q] <= cmd;
  end

  // ---- issue ----

  logic [ROW_W-1:0] row_q;
  logic [COL_W-1:0] col_q;
  logic [15:0]      step_q;   // from 1, as last_step compares it with a count
  logic             first_q;  // first step of the tile
  logic             bank_q;
  array_cmd_t       tile;
  logic             issue, last_step, step_end, tile_end;
  logic             a_valid, b_valid, a_new;
  operand_t         a_head, b_head;

  assign tile      = tile_q[bank_q];
  assign last_step = step_q == tile.steps;
  assign a_new     = col_q == '0;
  assign issue     = loaded[bank_q] && b_valid && (a_valid || !a_new);
  assign step_end  = issue && row_q == LAST_ROW && col_q == LAST_COL;
  assign tile_end  = step_end && last_step;
  assign finish    = {tile_end && bank_q, tile_end && !bank_q};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_q       <= '0;
      col_q       <= '0;
      step_q      <= 16'd1;
      first_q     <= 1'b1;
      bank_q      <= 1'b0;
      load_bank_q <= 1'b0;
      busy_q      <= '0;
    end else begin
      if (issue) begin
        col_q <= (col_q == LAST_COL) ? '0 : col_q + 1'b1;
        if (col_q == LAST_COL) row_q <= (row_q == LAST_ROW) ? '0 : row_q + 1'b1;
      end
      if (step_end) begin
        step_q  <= last_step ? 16'd1 : step_q + 16'd1;
        first_q <= last_step;
      end
      if (tile_end) begin
        bank_q         <= !bank_q;
        busy_q[bank_q] <= 1'b0;
      end
      if (load) begin
        load_bank_q         <= !load_bank_q;
        busy_q[load_bank_q] <= 1'b1;
      end
    end
  end

  // A vector of A serves TileCols dot products in succession: it moves into a_q and frees its
  // place. One of B is read once in each row of the tile, and released in the last.
  npu_mac_fork #(
    .Width($bits(operand_t)),
    .Beats(1)
  ) u_a (
    .clk_i,
    .rst_ni,
    .in_valid_i     (a_valid_i),
    .in_ready_o     (a_ready_o),
    .in_i           (a_i),
    .next_valid_o   (a_valid_o),
    .next_ready_i   (a_ready_i),
    .next_o         (a_o),
    .local_index_i  (1'b0),
    .local_valid_o  (a_valid),
    .local_o        (a_head),
    .local_release_i(issue && a_new)
  );

  npu_mac_fork #(
    .Width($bits(operand_t)),
    .Beats(TileCols)
  ) u_b (
    .clk_i,
    .rst_ni,
    .in_valid_i     (b_valid_i),
    .in_ready_o     (b_ready_o),
    .in_i           (b_i),
    .next_valid_o   (b_valid_o),
    .next_ready_i   (b_ready_i),
    .next_o         (b_o),
    .local_index_i  (col_q),
    .local_valid_o  (b_valid),
    .local_o        (b_head),
    .local_release_i(issue && row_q == LAST_ROW)
  );

  // ---- the dot product ----

  operand_t         a_q, b_q;
  logic [31:0]      c_q;
  format_e          format_q;
  logic             satfinite_q, issued_q;
  logic [1:0][31:0] acc;
  dot_req_t         req;
  logic             result_valid;
  logic [31:0]      result;

  always_ff @(posedge clk_i) begin
    if (issue && a_new) a_q <= a_head;
    if (issue) begin
      b_q         <= b_head;
      c_q         <= (first_q && !tile.preload) ? '0 : acc[bank_q];
      format_q    <= tile.format;
      satfinite_q <= tile.satfinite;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) issued_q <= 1'b0;
    else         issued_q <= issue;
  end

  assign req = '{
    format:    format_q,
    satfinite: satfinite_q,
    scale_b:   b_q.scale,
    scale_a:   a_q.scale,
    c:         c_q,
    b:         b_q.data,
    a:         a_q.data
  };

  npu_dot_pipe u_dot (
    .clk_i,
    .rst_ni,
    .valid_i(issued_q),
    .req_i  (req),
    .valid_o(result_valid),
    .d_o    (result)
  );

  // ---- results ----

  logic [ROW_W-1:0] result_row_q;
  logic [COL_W-1:0] result_col_q;
  logic             result_first, result_bank, result_bank_q, result_last, result_last_q;

  // A step's first result arrives while the step is still being issued, as TileRows * TileCols is
  // at least DotLatency + 2. The others may arrive after that: bank and last step are kept.
  assign result_first = result_row_q == '0 && result_col_q == '0;
  assign result_bank  = result_first ? bank_q : result_bank_q;
  assign result_last  = result_first ? last_step : result_last_q;

  always_ff @(posedge clk_i) begin
    if (result_valid) begin
      result_bank_q <= result_bank;
      result_last_q <= result_last;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      result_row_q <= '0;
      result_col_q <= '0;
    end else if (result_valid) begin
      result_col_q <= (result_col_q == LAST_COL) ? '0 : result_col_q + 1'b1;
      if (result_col_q == LAST_COL) begin
        result_row_q <= (result_row_q == LAST_ROW) ? '0 : result_row_q + 1'b1;
      end
    end
  end

  // ---- accumulators ----

  for (genvar k = 0; k < 2; k++) begin : gen_bank
    npu_mac_bank #(
      .TileRows(TileRows),
      .TileCols(TileCols),
      .CountW  (CountW)
    ) u_bank (
      .clk_i,
      .rst_ni,
      .left_beats_i,
      .right_beats_i,
      .chain_valid_i(chain_valid_i[k]),
      .chain_ready_o(chain_ready_o[k]),
      .chain_i      (chain_i[k]),
      .chain_valid_o(chain_valid_o[k]),
      .chain_ready_i(chain_ready_i[k]),
      .chain_o      (chain_o[k]),
      .load_i       (load && load_bank_q == 1'(k)),
      .preload_i    (cmd.preload),
      .can_load_o   (can_load[k]),
      .loaded_o     (loaded[k]),
      .finish_i     (finish[k]),
      .rd_row_i     (row_q),
      .rd_col_i     (col_q),
      .rd_o         (acc[k]),
      .wr_en_i      (result_valid && result_bank == 1'(k)),
      .wr_row_done_i(result_last && result_col_q == LAST_COL),
      .wr_row_i     (result_row_q),
      .wr_col_i     (result_col_q),
      .wr_i         (result)
    );
  end

  `ASSERT(FirstResultInStep_A,
          result_valid && result_first |-> loaded[bank_q] && (row_q != '0 || col_q != '0))

  `COVER(StallOnA_C, loaded[bank_q] && b_valid && a_new && !a_valid)
  `COVER(StallOnB_C, loaded[bank_q] && !b_valid && (a_valid || !a_new))
  `COVER(StallOnBank_C, cmd_valid && a_valid && b_valid && busy_q == '0 && !load)
  `COVER(StallOnPreload_C, busy_q[bank_q] && !loaded[bank_q] && a_valid && b_valid)
  `COVER(DrainOverlapsCompute_C, issue && chain_valid_o[!bank_q] && chain_ready_i[!bank_q])
  `COVER(DrainWithoutSuccessor_C, |chain_valid_o && busy_q == '0 && !cmd_valid)
  `COVER(NextTileAtOnce_C, tile_end && loaded[!bank_q])
  `COVER(FormatSwitchAtOnce_C, tile_end && loaded[!bank_q] && tile_q[!bank_q].format != tile.format)
  `COVER(SingleStep_C, tile_end && first_q)

endmodule
