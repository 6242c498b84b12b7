// npu_mac_bank: one of a unit's two accumulator banks, acc[row][col] <- wr, and C/D chain link.
//
// The bank is a FIFO of TileRows beats of TileCols words, chained with the same bank of the units
// left and right. A tile's beats pass through it in this order:
//
//   in   C for the units on the right   C for this unit    D of the units on the left
//   out  C for the units on the right   D of this unit     D of the units on the left
//
// Beats of D leave at the row's right end while those of the next C follow behind; each moves as
// soon as there is a place before it, and D never waits for C. A tile without preload takes the
// empty bank as it is. A tile's beats are a multiple of TileRows, so row t is always in place t.
//
// Latency    1 cycle from chain_i to chain_o and from wr_i to rd_o.
// Throughput 1 beat/cycle; ready and valid depend on registers alone.
// Reset      of the control state alone.
// Golden     golden/src/npu/mac_array.rs      Plan  rtl/npu/mac_array/testplan.hjson
`include "assert.svh"

module npu_mac_bank #(
  parameter int unsigned TileRows = 4,
  parameter int unsigned TileCols = 4,
  parameter int unsigned CountW   = 4,  // holds the beats of a row's tile, Cols * TileRows
  localparam int unsigned RowW = $clog2(TileRows),
  localparam int unsigned ColW = $clog2(TileCols)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  // Beats of a tile that belong to the units on the left and on the right; constant.
  input  logic [CountW-1:0]         left_beats_i,
  input  logic [CountW-1:0]         right_beats_i,

  input  logic                      chain_valid_i,
  output logic                      chain_ready_o,
  input  logic [TileCols-1:0][31:0] chain_i,

  output logic                      chain_valid_o,
  input  logic                      chain_ready_i,
  output logic [TileCols-1:0][31:0] chain_o,

  // A tile begins with load_i, allowed when can_load_o is high. From loaded_o on it may compute, up
  // to the issue of its last dot product, finish_i.
  input  logic                      load_i,
  input  logic                      preload_i,
  output logic                      can_load_o,
  output logic                      loaded_o,
  input  logic                      finish_i,

  input  logic [RowW-1:0]           rd_row_i,
  input  logic [ColW-1:0]           rd_col_i,
  output logic [31:0]               rd_o,

  // wr_row_done_i: the word completes a row of final results.
  input  logic                      wr_en_i,
  input  logic                      wr_row_done_i,
  input  logic [RowW-1:0]           wr_row_i,
  input  logic [ColW-1:0]           wr_col_i,
  input  logic [31:0]               wr_i
);

  localparam int unsigned FILL_W = $clog2(TileRows + 1);
  localparam logic [FILL_W-1:0] FULL = FILL_W'(TileRows);
  localparam logic [RowW-1:0] LAST_PLACE = RowW'(TileRows - 1);

  logic [31:0]       acc_q [TileRows][TileCols];
  logic [RowW-1:0]   in_place_q, out_place_q;
  logic [FILL_W-1:0] fill_q;       // places taken
  logic [FILL_W-1:0] own_q;        // own rows that have yet to leave
  logic [FILL_W-1:0] complete_q;   // own rows that may leave
  logic [CountW-1:0] c_due_q;      // beats of C that have yet to come, own ones included
  logic [CountW-1:0] c_pass_q;     // beats of C that have yet to pass on to the right
  logic [CountW-1:0] d_due_q;      // beats of D that have yet to come from the left
  logic [CountW-1:0] d_pass_q;     // beats of D from the left that have yet to pass on
  logic              loaded_q;
  logic              push, pop, claim, loaded;

  // ---- storage ----

  assign rd_o = acc_q[rd_row_i][rd_col_i];

  for (genvar t = 0; t < TileCols; t++) begin : gen_chain_word
    assign chain_o[t] = acc_q[out_place_q][t];
  end

  // They never meet in one place: a row's place is free only after its final results have left.
  always_ff @(posedge clk_i) begin
    if (push) begin
      for (int unsigned t = 0; t < TileCols; t++) acc_q[in_place_q][t] <= chain_i[t];
    end
    if (wr_en_i) acc_q[wr_row_i][wr_col_i] <= wr_i;
  end

  // ---- chain control ----

  assign chain_ready_o = (c_due_q != '0 || d_due_q != '0) && fill_q != FULL;
  assign push          = chain_valid_i && chain_ready_o;

  assign chain_valid_o = (own_q != '0) ? (complete_q != '0)
                                       : (d_pass_q != '0 || c_pass_q != '0) && fill_q != '0;
  assign pop           = chain_valid_o && chain_ready_i;

  // All of the last tile's D has come in; without preload it has left, too.
  assign can_load_o = c_due_q == '0 && d_due_q == '0 && (preload_i || fill_q == '0);
  assign claim      = load_i && !preload_i;
  assign loaded     = claim || (push && c_due_q == CountW'(1));
  assign loaded_o   = loaded_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_place_q  <= '0;
      out_place_q <= '0;
      fill_q      <= '0;
      own_q       <= '0;
      complete_q  <= '0;
      c_due_q     <= '0;
      c_pass_q    <= '0;
      d_due_q     <= '0;
      d_pass_q    <= '0;
      loaded_q    <= 1'b0;
    end else begin
      if (push) in_place_q <= (in_place_q == LAST_PLACE) ? '0 : in_place_q + 1'b1;
      if (pop) out_place_q <= (out_place_q == LAST_PLACE) ? '0 : out_place_q + 1'b1;
      if (claim) fill_q <= FULL;
      else       fill_q <= fill_q + FILL_W'(push) - FILL_W'(pop);

      if (push) begin
        if (c_due_q != '0) c_due_q <= c_due_q - 1'b1;
        else               d_due_q <= d_due_q - 1'b1;
      end
      if (pop) begin
        if (own_q != '0)         own_q    <= own_q - 1'b1;
        else if (d_pass_q != '0) d_pass_q <= d_pass_q - 1'b1;
        else                     c_pass_q <= c_pass_q - 1'b1;
      end
      complete_q <= complete_q + FILL_W'(wr_en_i && wr_row_done_i) - FILL_W'(pop && own_q != '0);

      if (load_i && preload_i) begin
        c_due_q  <= right_beats_i + CountW'(TileRows);
        c_pass_q <= right_beats_i;
      end
      if (loaded) begin
        d_due_q  <= left_beats_i;
        d_pass_q <= left_beats_i;
        own_q    <= FULL;
      end
      if (loaded)        loaded_q <= 1'b1;
      else if (finish_i) loaded_q <= 1'b0;
    end
  end

  `ASSERT(LoadAllowed_A, load_i |-> can_load_o && !loaded_q)
  `ASSERT(OwnRowsInside_A, fill_q >= own_q)
  `ASSERT(ResultIsOwn_A, wr_en_i && wr_row_done_i |-> complete_q < own_q)

  `COVER(PreloadBehindDrain_C, push && c_due_q != '0 && (own_q != '0 || d_pass_q != '0))
  `COVER(PreloadAlone_C, load_i && preload_i && fill_q == '0)
  `COVER(PreloadPassesOn_C, pop && own_q == '0 && d_pass_q == '0)
  `COVER(DrainHeldByNeighbour_C, own_q != '0 && chain_valid_o && !chain_ready_i)

endmodule
