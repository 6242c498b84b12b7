// simt_amo: what an AMO leaves in memory, of 4 bytes (size 2) or 8; the upper half of 4 bytes means
// nothing.
//
// Latency    combinational.
module simt_amo
  import simt_pkg::*;
(
  input  mem_op_e     op_i,
  input  logic [1:0]  size_i,
  input  logic [63:0] old_i,
  input  logic [63:0] operand_i,
  output logic [63:0] new_o
);

  logic        signed_order, less;
  logic [64:0] left, right;

  assign signed_order = op_i == MemMin || op_i == MemMax;

  always_comb begin
    left  = {signed_order && old_i[63], old_i};
    right = {signed_order && operand_i[63], operand_i};
    if (size_i == 2'd2) begin
      left[64:32]  = {33{signed_order && old_i[31]}};
      right[64:32] = {33{signed_order && operand_i[31]}};
    end
  end

  assign less = $signed(left) < $signed(right);

  always_comb begin
    unique case (op_i)
      MemAdd:          new_o = old_i + operand_i;
      MemXor:          new_o = old_i ^ operand_i;
      MemAnd:          new_o = old_i & operand_i;
      MemOr:           new_o = old_i | operand_i;
      MemMin, MemMinU: new_o = less ? old_i : operand_i;
      MemMax, MemMaxU: new_o = less ? operand_i : old_i;
      default:         new_o = operand_i;
    endcase
  end

endmodule
