// simt_shared: shared memory of a core in Lanes banks of 4 bytes, with atomics and reservations.
//
// The groups that arrive need one word of each bank. A pair of banks has one unit for AMOs.
//
// Latency    data 1 cycle after the group.
// Throughput 1 group a cycle; AMOs 1 group in 3 cycles: read, operate, write.
`include "assert.svh"

module simt_shared
  import simt_pkg::*;
#(
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned SharedBytes = 16384
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  input  logic                     group_valid_i,
  input  mem_group_t               group_i,
  // The bytes that a store or an SC writes, by bank.
  input  logic [4*Lanes-1:0]       strb_i,
  input  logic [32*Lanes-1:0]      data_i,
  input  logic                     empty_i,

  output logic                     idle_o,
  output logic                     failed_o,
  // The banks' words, repeated to the width of a line.
  output logic [MEM_LINE_BITS-1:0] data_o
);

  localparam int unsigned BANK_W   = $clog2(Lanes);
  localparam int unsigned ROWS     = SharedBytes / (4 * Lanes);
  localparam int unsigned ROW_W    = $clog2(ROWS);
  localparam int unsigned ROW_LSB  = BANK_W + 2;
  localparam int unsigned PAIRS    = Lanes / 2;
  localparam int unsigned WARP_IDX_W = $clog2(Warps);
  localparam int unsigned LINE_W   = $clog2(SharedBytes) - MEM_OFFSET_W;
  localparam int unsigned LANES_OF_LINE = MEM_LINE_BITS / (32 * Lanes);

  if (SharedBytes < 4096 || SharedBytes > 131072 || 2 ** $clog2(SharedBytes) != SharedBytes)
  begin : gen_size_check
    $error("simt_shared: SharedBytes is %0d, needs to be a power of two, 4096 .. 131072",
           SharedBytes);
  end

  logic                        amo, writes, success, wide;
  logic [Lanes-1:0][ROW_W-1:0] row, amo_row_q;
  logic [Lanes-1:0][31:0]      word;
  logic [Lanes-1:0]            amo_we;
  logic [PAIRS-1:0]            pair_q, high_q, written_q, written_high_q;
  logic [PAIRS-1:0][63:0]      operand_q, new_q;
  mem_op_e                     op_q;
  logic [1:0]                  size_q;
  logic                        read_q, write_q, wide_q;
  logic [Warps-1:0][Lanes-1:0] reserved_q, own, ended;
  logic [LINE_W-1:0]           line_q [Warps][Lanes];
  logic [WARP_IDX_W-1:0]       warp;
  logic [LINE_W-1:0]           line;

  assign amo    = group_valid_i && group_i.op >= MemSwap;
  assign warp   = group_i.warp[WARP_IDX_W-1:0];
  assign line   = group_i.line[LINE_W-1:0];
  assign wide   = group_i.size == 2'd3;
  assign idle_o = !amo && !read_q;

  // ---- reservations; an SC is of one lane ----

  always_comb begin
    success = 1'b0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      if (group_i.mask[lane] && group_i.may[lane] && reserved_q[warp][lane] &&
          line_q[warp][lane] == line) success = 1'b1;
    end
  end

  assign failed_o = !success;
  assign writes   = group_valid_i && (group_i.op == MemStore || (group_i.op == MemSc && success));

  // The lanes of the group, by warp, and those whose line is written.
  always_comb begin
    own = '0;
    if (group_valid_i) own[warp] = group_i.mask[Lanes-1:0];
    for (int unsigned other = 0; other < Warps; other++) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        ended[other][lane] = (writes || amo) && line_q[other][lane] == line;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                      reserved_q <= '0;
    else if (empty_i)                 reserved_q <= '0;
    else if (group_i.op == MemLr)     reserved_q <= reserved_q | own;
    else if (group_i.op == MemSc)     reserved_q <= reserved_q & ~own & ~ended;
    else                              reserved_q <= reserved_q & ~ended;
  end

  always_ff @(posedge clk_i) begin
    if (group_valid_i && group_i.op == MemLr) begin
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (group_i.mask[lane]) line_q[warp][lane] <= line;
      end
    end
  end

  // ---- banks ----

  for (genvar bank = 0; bank < int'(Lanes); bank++) begin : gen_bank
    // Lanes that need a bank need the same word of it.
    always_comb begin
      row[bank] = '0;
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        if (group_i.mask[lane] && group_i.offset[lane][ROW_LSB-1:3] == (BANK_W-1)'(bank / 2) &&
            (wide || group_i.offset[lane][2] == 1'(bank % 2))) begin
          row[bank] |= group_i.offset[lane][ROW_LSB+:ROW_W];
        end
      end
    end

    logic [3:0]       we;
    logic [ROW_W-1:0] write_row;
    logic [31:0]      wdata;

    assign amo_we[bank] = write_q && written_q[bank/2] &&
                          (wide_q || written_high_q[bank/2] == 1'(bank % 2));
    assign we        = amo_we[bank] ? '1 : writes ? strb_i[4*bank+:4] : '0;
    assign write_row = write_q ? amo_row_q[bank] : row[bank];
    if (bank % 2 == 0) begin : gen_even
      assign wdata = write_q ? new_q[bank/2][31:0] : data_i[32*bank+:32];
    end else begin : gen_odd
      assign wdata = !write_q ? data_i[32*bank+:32] :
                     wide_q ? new_q[bank/2][63:32] : new_q[bank/2][31:0];
    end

    simt_ram #(
      .Width(32),
      .Depth(ROWS),
      .Unit (8)
    ) u_words (
      .clk_i,
      .we_i   (we),
      .waddr_i(write_row),
      .wdata_i(wdata),
      .raddr_i(row[bank]),
      .rdata_o(word[bank])
    );
  end

  assign data_o = {LANES_OF_LINE{word}};

  // ---- AMOs: operands while the banks are read, then the operation, then the write ----

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_q  <= 1'b0;
      write_q <= 1'b0;
    end else begin
      read_q  <= amo;
      write_q <= read_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (amo) begin
      op_q   <= group_i.op;
      size_q <= group_i.size;
      wide_q <= wide;
      for (int unsigned bank = 0; bank < Lanes; bank++) amo_row_q[bank] <= row[bank];
    end
  end

  for (genvar pair = 0; pair < int'(PAIRS); pair++) begin : gen_pair
    logic [Lanes-1:0] here;
    logic [63:0]      operand, old, result;
    logic             high;

    always_comb begin
      operand = '0;
      high    = 1'b0;
      for (int unsigned lane = 0; lane < Lanes; lane++) begin
        here[lane] = group_i.mask[lane] &&
                     group_i.offset[lane][ROW_LSB-1:3] == (BANK_W-1)'(pair);
        operand |= {64{here[lane]}} & group_i.data[lane];
        high    |= here[lane] && group_i.offset[lane][2];
      end
    end

    assign old = (wide_q || !high_q[pair]) ? {word[2*pair+1], word[2*pair]}
                                           : {32'd0, word[2*pair+1]};

    simt_amo u_amo (
      .op_i     (op_q),
      .size_i   (size_q),
      .old_i    (old),
      .operand_i(operand_q[pair]),
      .new_o    (result)
    );

    always_ff @(posedge clk_i) begin
      if (amo) begin
        pair_q[pair]    <= here != '0;
        high_q[pair]    <= high;
        operand_q[pair] <= operand;
      end
      new_q[pair]          <= result;
      written_q[pair]      <= pair_q[pair];
      written_high_q[pair] <= high_q[pair];
    end
  end

  `ASSERT(AmoAlone_A, read_q || write_q |-> !(group_valid_i && read_q))
  `ASSERT(OneLane_A, group_valid_i && (group_i.op == MemLr || group_i.op == MemSc) |->
                     $onehot(group_i.mask))

  `COVER(ScSucceeds_C, group_valid_i && group_i.op == MemSc && success)
  `COVER(ScFails_C, group_valid_i && group_i.op == MemSc && !success)
  `COVER(Broken_C, (writes || amo) && reserved_q != '0 && group_i.op != MemSc)

endmodule
