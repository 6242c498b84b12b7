// simt_coalesce: the lanes of a request that one access serves: those in the line of the lowest
// pending lane, or those whose banks of shared memory serve it without a conflict.
//
// Shared memory has Lanes banks of 4 bytes, an access of 8 bytes takes a pair of them, an atomic
// too. The lowest lane that needs a bank chooses the word that the bank serves. Atomics are served
// one lane to a pair, LR and SC one lane at a time; while a lane has a reservation in shared
// memory, a write is served for the lanes of one line of 64 bytes.
//
// Latency    combinational.
module simt_coalesce
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8
) (
  input  logic [Lanes-1:0]                 pending_i,
  input  logic [Lanes-1:0]                 shared_i,
  input  logic [Lanes-1:0][MEM_ADDR_W-1:0] addr_i,
  input  mem_op_e                          op_i,
  input  logic [1:0]                       size_i,
  input  logic                             one_line_i,

  output logic                             shared_o,
  output logic [MEM_LINE_W-1:0]            line_o,
  output logic [Lanes-1:0]                 mask_o
);

  localparam int unsigned BANK_W = $clog2(Lanes);
  localparam int unsigned ROW_W  = MEM_SHARED_W - 2 - BANK_W;

  logic [Lanes-1:0] lead, here, choosers, shared_mask;
  logic [Lanes-1:0] same_line;
  logic             amo, alone;
  logic [Lanes-1:0][BANK_W-1:0] bank;
  logic [Lanes-1:0][MEM_LINE_W-1:0] line;
  logic [Lanes-1:0][ROW_W-1:0]  row;

  // The lowest of the set bits, in as many steps as the number of lanes has bits.
  function automatic logic [Lanes-1:0] lowest(logic [Lanes-1:0] set);
    logic [Lanes-1:0] below;
    below = set;
    for (int unsigned step = 1; step < Lanes; step *= 2) below |= below << step;
    return set & ~(below << 1);
  endfunction

  assign lead  = lowest(pending_i);
  assign amo   = op_i >= MemSwap;
  assign alone = op_i == MemLr || op_i == MemSc;

  assign shared_o = |(lead & shared_i);

  simt_select #(
    .Count(Lanes),
    .Width(MEM_LINE_W)
  ) u_line (
    .pick_i(lead),
    .data_i(line),
    .data_o(line_o)
  );

  for (genvar lane = 0; lane < int'(Lanes); lane++) begin : gen_lane
    logic [Lanes-1:0] same_bank, other_row;

    // A pair of banks goes by the name of its even one.
    assign bank[lane] = {addr_i[lane][BANK_W+1:3],
                         addr_i[lane][2] && size_i != 2'd3 && !amo};
    assign row[lane]  = addr_i[lane][MEM_SHARED_W-1:BANK_W+2];
    assign line[lane]      = addr_i[lane][MEM_ADDR_W-1:MEM_OFFSET_W];
    assign same_line[lane] = line[lane] == line_o;

    for (genvar other = 0; other < int'(Lanes); other++) begin : gen_other
      if (other < lane) begin : gen_below
        assign same_bank[other] = here[other] && bank[other] == bank[lane];
        assign other_row[other] = row[other] != row[lane] || amo;
      end else begin : gen_above
        assign same_bank[other] = 1'b0;
        assign other_row[other] = 1'b0;
      end
    end

    // No lower lane chooses a word of its bank, or none but this one.
    assign choosers[lane]    = same_bank == '0;
    assign shared_mask[lane] = here[lane] && (same_bank & choosers & other_row) == '0;
  end

  assign here = pending_i & shared_i;

  always_comb begin
    if (!shared_o)  mask_o = pending_i & ~shared_i & same_line;
    else if (alone) mask_o = lead;
    else            mask_o = shared_mask & (one_line_i ? same_line : '1);
  end

endmodule
