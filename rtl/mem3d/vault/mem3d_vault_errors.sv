// mem3d_vault_errors: the words in error of a burst, one record per clock, in order.
//
// Bursts wait in a queue; where it is full, a burst's records are lost, and lost_o says so.
// Latency    1 clock to the first record of an empty queue.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_errors
  import mem3d_pkg::*;
#(
  parameter int unsigned Depth = 8
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic              valid_i,
  input  logic [3:0]        words_i,
  input  logic [3:0]        uncorrectable_i,
  input  logic [3:0][7:0]   syndrome_i,
  input  logic              half_i,
  input  err_source_e       source_i,
  input  logic [BANK_W-1:0] bank_i,
  input  logic [ROW_W-1:0]  row_i,
  input  logic [LINE_W-1:0] line_i,

  output vault_error_t error_o,
  output logic         lost_o
);

  typedef struct packed {
    logic [3:0]        words;
    logic [3:0]        uncorrectable;
    logic [3:0][7:0]   syndrome;
    logic              half;
    err_source_e       source;
    logic [BANK_W-1:0] bank;
    logic [ROW_W-1:0]  row;
    logic [LINE_W-1:0] line;
  } burst_t;

  burst_t     in, out;
  logic       ready, valid;
  logic [3:0] done_q, left, now;

  assign in = '{words: words_i, uncorrectable: uncorrectable_i, syndrome: syndrome_i, half: half_i,
                source: source_i, bank: bank_i, row: row_i, line: line_i};

  logic [$clog2(Depth+1)-1:0] unused_occupancy;
  common_fifo #(
    .Width($bits(burst_t)),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_i),
    .in_ready_o (ready),
    .in_i       (in),
    .out_valid_o(valid),
    .out_ready_i(left == now),
    .out_o      (out),
    .occupancy_o(unused_occupancy)
  );

  assign lost_o = valid_i && !ready;
  assign left   = out.words & ~done_q;
  assign now    = left & (~left + 1'b1);

  always_comb begin
    logic [1:0] word;
    word    = {now[3] | now[2], now[3] | now[1]};
    error_o = '{
      valid: valid,
      uncorrectable: (out.uncorrectable & now) != '0,
      source: out.source,
      row: out.row,
      bank: out.bank,
      line: out.line,
      word: {out.half, word},
      syndrome: out.syndrome[word]
    };
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)     done_q <= '0;
    else if (valid)  done_q <= (left == now) ? '0 : done_q | now;
  end

  `COVER(TwoWords_C, valid && left != now)
  `COVER(Lost_C, lost_o)

endmodule
