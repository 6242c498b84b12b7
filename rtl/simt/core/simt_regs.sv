// simt_regs: x and f registers of all warps and lanes.
//
// A copy of the registers per operand, so that every instruction reads all of its operands in one
// clock: two of x (64 bits), three of f (32 bits); each is a RAM of one read and one write port per
// lane. x0 reads as what is never written: the CTA's start clears it with all others.
// Latency    operands in the clock after their addresses; a write is seen by reads of the clock
//            after it.
module simt_regs #(
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,

  localparam int unsigned WARP_IDX_W = $clog2(Warps)
) (
  input  logic clk_i,

  input  logic                  read_i,
  input  logic [WARP_IDX_W-1:0] read_warp_i,
  input  logic [4:0]            rs1_i,
  input  logic [4:0]            rs2_i,
  input  logic [4:0]            rs3_i,
  output logic [63:0]           x1_o [Lanes],
  output logic [63:0]           x2_o [Lanes],
  output logic [31:0]           f1_o [Lanes],
  output logic [31:0]           f2_o [Lanes],
  output logic [31:0]           f3_o [Lanes],

  input  logic [Lanes-1:0]      x_write_i,
  input  logic [WARP_IDX_W-1:0] x_warp_i,
  input  logic [4:0]            x_rd_i,
  input  logic [63:0]           x_data_i [Lanes],
  input  logic [Lanes-1:0]      f_write_i,
  input  logic [WARP_IDX_W-1:0] f_warp_i,
  input  logic [4:0]            f_rd_i,
  input  logic [31:0]           f_data_i [Lanes]
);

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [63:0] x1_mem [32*Warps];
    logic [63:0] x2_mem [32*Warps];
    logic [31:0] f1_mem [32*Warps];
    logic [31:0] f2_mem [32*Warps];
    logic [31:0] f3_mem [32*Warps];

    always_ff @(posedge clk_i) begin
      if (read_i) begin
        x1_o[l] <= x1_mem[{read_warp_i, rs1_i}];
        x2_o[l] <= x2_mem[{read_warp_i, rs2_i}];
        f1_o[l] <= f1_mem[{read_warp_i, rs1_i}];
        f2_o[l] <= f2_mem[{read_warp_i, rs2_i}];
        f3_o[l] <= f3_mem[{read_warp_i, rs3_i}];
      end
      if (x_write_i[l]) begin
        x1_mem[{x_warp_i, x_rd_i}] <= x_data_i[l];
        x2_mem[{x_warp_i, x_rd_i}] <= x_data_i[l];
      end
      if (f_write_i[l]) begin
        f1_mem[{f_warp_i, f_rd_i}] <= f_data_i[l];
        f2_mem[{f_warp_i, f_rd_i}] <= f_data_i[l];
        f3_mem[{f_warp_i, f_rd_i}] <= f_data_i[l];
      end
    end
  end

endmodule
