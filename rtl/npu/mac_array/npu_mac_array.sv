// npu_mac_array: Rows x Cols dot-product units, D[i][j] = C[i][j] + sum over s of A[i][s].B[j][s].
//
// Output-stationary: A moves along rows, B along columns, one unit a hop, each unit at its own
// pace. Commands run down a spine on the left and along the rows. C enters a row on the left and D
// leaves it on the right, through the banks that do not compute; each row has its own C/D chain.
//
// Latency    DotLatency + TileCols + Cols + 3 cycles from the command, operands waiting, to the
//            first D beat of row 0 (TileRows more with preload, C waiting); one more per row below.
// Throughput 1 dot product/cycle in each unit, across tiles too where a tile's steps cover the
//            drain and preload of a bank (docs/npu.md).
// Reset      of the control state alone.
// Golden     golden/src/npu/mac_array.rs      Plan  rtl/npu/mac_array/testplan.hjson
`include "assert.svh"

module npu_mac_array
  import npu_pkg::*;
#(
  parameter int unsigned Rows     = 4,
  parameter int unsigned Cols     = 4,
  parameter int unsigned TileRows = 4,
  parameter int unsigned TileCols = 4
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  input  logic                                cmd_valid_i,
  output logic                                cmd_ready_o,
  input  array_cmd_t                          cmd_i,

  input  logic     [Rows-1:0]                 a_valid_i,
  output logic     [Rows-1:0]                 a_ready_o,
  input  operand_t [Rows-1:0]                 a_i,

  input  logic     [Cols-1:0]                 b_valid_i,
  output logic     [Cols-1:0]                 b_ready_o,
  input  operand_t [Cols-1:0]                 b_i,

  input  logic [Rows-1:0]                     c_valid_i,
  output logic [Rows-1:0]                     c_ready_o,
  input  logic [Rows-1:0][TileCols-1:0][31:0] c_i,

  output logic [Rows-1:0]                     d_valid_o,
  input  logic [Rows-1:0]                     d_ready_i,
  output logic [Rows-1:0][TileCols-1:0][31:0] d_o
);

  // An accumulator's result is back before its turn comes again: issue register, pipeline, write.
  localparam int unsigned MIN_TILE = DotLatency + 2;

  if (Rows < 1 || Cols < 1) begin : gen_size_check
    $error("npu_mac_array: Rows is %0d and Cols %0d, both need to be at least 1", Rows, Cols);
  end
  if (TileRows < 2 || TileCols < 2) begin : gen_tile_check
    $error("npu_mac_array: TileRows is %0d and TileCols %0d, both need to be at least 2",
           TileRows, TileCols);
  end
  if (TileRows * TileCols < MIN_TILE) begin : gen_latency_check
    $error("npu_mac_array: TileRows * TileCols is %0d, needs to be at least DotLatency + 2 = %0d",
           TileRows * TileCols, MIN_TILE);
  end

  // D beats of one row and tile, and a counter that also holds the full number.
  localparam int unsigned ROW_BEATS = Cols * TileRows;
  localparam int unsigned COUNT_W   = $clog2(ROW_BEATS + 1);

  typedef logic [TileCols-1:0][31:0] beat_t;

  // Link [r][c] enters unit (r, c) from the left or from above; the last one leaves the grid.
  logic     [Cols:0]   a_valid      [Rows];
  logic     [Cols:0]   a_ready      [Rows];
  operand_t            a            [Rows][Cols+1];
  logic     [Cols-1:0] b_valid      [Rows+1];
  logic     [Cols-1:0] b_ready      [Rows+1];
  operand_t            b            [Rows+1][Cols];
  logic     [Cols:0]   cmd_valid    [Rows];
  logic     [Cols:0]   cmd_ready    [Rows];
  array_cmd_t          cmd          [Rows][Cols+1];
  logic     [1:0]      chain_valid  [Rows][Cols+1];
  logic     [1:0]      chain_ready  [Rows][Cols+1];
  beat_t    [1:0]      chain        [Rows][Cols+1];
  logic                spine_valid  [Rows+1];
  logic                spine_ready  [Rows+1];
  array_cmd_t          spine        [Rows+1];

  assign spine_valid[0]    = cmd_valid_i;
  assign cmd_ready_o       = spine_ready[0];
  assign spine[0]          = cmd_i;
  assign spine_ready[Rows] = 1'b1;

  for (genvar c = 0; c < Cols; c++) begin : gen_col_edge
    assign b_valid[0][c]    = b_valid_i[c];
    assign b_ready_o[c]     = b_ready[0][c];
    assign b[0][c]          = b_i[c];
    assign b_ready[Rows][c] = 1'b1;
  end

  for (genvar r = 0; r < Rows; r++) begin : gen_row

    // ---- left edge: command, A, C ----

    npu_mac_fork #(
      .Width($bits(array_cmd_t)),
      .Beats(1)
    ) u_spine (
      .clk_i,
      .rst_ni,
      .in_valid_i     (spine_valid[r]),
      .in_ready_o     (spine_ready[r]),
      .in_i           (spine[r]),
      .next_valid_o   (spine_valid[r+1]),
      .next_ready_i   (spine_ready[r+1]),
      .next_o         (spine[r+1]),
      .local_index_i  (1'b0),
      .local_valid_o  (cmd_valid[r][0]),
      .local_o        (cmd[r][0]),
      .local_release_i(cmd_valid[r][0] && cmd_ready[r][0])
    );

    assign a_valid[r][0]       = a_valid_i[r];
    assign a_ready_o[r]        = a_ready[r][0];
    assign a[r][0]             = a_i[r];
    assign a_ready[r][Cols]    = 1'b1;
    assign cmd_ready[r][Cols]  = 1'b1;

    // The first unit takes no D from the left, so only the bank that loads C is ready.
    assign chain_valid[r][0]   = {2{c_valid_i[r]}};
    assign chain[r][0]         = {2{c_i[r]}};
    assign c_ready_o[r]        = |chain_ready[r][0];

    // ---- units ----

    for (genvar c = 0; c < Cols; c++) begin : gen_col
      npu_mac_unit #(
        .TileRows(TileRows),
        .TileCols(TileCols),
        .CountW  (COUNT_W)
      ) u_unit (
        .clk_i,
        .rst_ni,
        .left_beats_i (COUNT_W'(c * TileRows)),
        .right_beats_i(COUNT_W'((Cols - 1 - c) * TileRows)),
        .cmd_valid_i  (cmd_valid[r][c]),
        .cmd_ready_o  (cmd_ready[r][c]),
        .cmd_i        (cmd[r][c]),
        .cmd_valid_o  (cmd_valid[r][c+1]),
        .cmd_ready_i  (cmd_ready[r][c+1]),
        .cmd_o        (cmd[r][c+1]),
        .a_valid_i    (a_valid[r][c]),
        .a_ready_o    (a_ready[r][c]),
        .a_i          (a[r][c]),
        .a_valid_o    (a_valid[r][c+1]),
        .a_ready_i    (a_ready[r][c+1]),
        .a_o          (a[r][c+1]),
        .b_valid_i    (b_valid[r][c]),
        .b_ready_o    (b_ready[r][c]),
        .b_i          (b[r][c]),
        .b_valid_o    (b_valid[r+1][c]),
        .b_ready_i    (b_ready[r+1][c]),
        .b_o          (b[r+1][c]),
        .chain_valid_i(chain_valid[r][c]),
        .chain_ready_o(chain_ready[r][c]),
        .chain_i      (chain[r][c]),
        .chain_valid_o(chain_valid[r][c+1]),
        .chain_ready_i(chain_ready[r][c+1]),
        .chain_o      (chain[r][c+1])
      );
    end

    // ---- right edge: D, from both banks in turn ----

    logic               d_bank_q;
    logic [COUNT_W-1:0] d_left_q;  // beats of the tile that have yet to leave, less one

    assign d_valid_o[r]         = chain_valid[r][Cols][d_bank_q];
    assign d_o[r]               = d_valid_o[r] ? chain[r][Cols][d_bank_q] : '0;
    assign chain_ready[r][Cols] = {d_ready_i[r] && d_bank_q, d_ready_i[r] && !d_bank_q};

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        d_bank_q <= 1'b0;
        d_left_q <= COUNT_W'(ROW_BEATS - 1);
      end else if (d_valid_o[r] && d_ready_i[r]) begin
        d_left_q <= (d_left_q == '0) ? COUNT_W'(ROW_BEATS - 1) : d_left_q - 1'b1;
        if (d_left_q == '0) d_bank_q <= !d_bank_q;
      end
    end

    `ASSERT(OneBankLoads_A, $onehot0(chain_ready[r][0]))
    `ASSERT(DHolds_A, d_valid_o[r] && !d_ready_i[r] |=> d_valid_o[r] && $stable(d_o[r]))
    `ASSUME(AHolds_M, a_valid_i[r] && !a_ready_o[r] |=> a_valid_i[r] && $stable(a_i[r]))
    `ASSUME(CHolds_M, c_valid_i[r] && !c_ready_o[r] |=> c_valid_i[r] && $stable(c_i[r]))

    `COVER(DStalls_C, d_valid_o[r] && !d_ready_i[r])
    `COVER(CWaits_C, c_valid_i[r] && !c_ready_o[r])

  end

  for (genvar c = 0; c < Cols; c++) begin : gen_col_check
    `ASSUME(BHolds_M, b_valid_i[c] && !b_ready_o[c] |=> b_valid_i[c] && $stable(b_i[c]))
  end

  `ASSUME(CmdHolds_M, cmd_valid_i && !cmd_ready_o |=> cmd_valid_i && $stable(cmd_i))
  `ASSUME(CmdSteps_M, cmd_valid_i |-> cmd_i.steps != '0)
  `ASSUME(CmdFormat_M, cmd_valid_i |-> cmd_i.format <= NvFp4)

  `COVER(CmdQueueFull_C, cmd_valid_i && !cmd_ready_o)
  `COVER(RowsApart_C, $countones(d_valid_o) == 1)

endmodule
