// simt_alu: integer operations and comparisons of one lane; combinational, one clock.
//
// Stage      an adder of 64 bits, or a shifter of 6 steps, and the choice among them.
// Source     RISC-V unprivileged specification 20240411, chapters 2 and 4
module simt_alu
  import simt_pkg::*;
(
  input  alu_e        op_i,
  input  logic        word_i,
  input  logic [63:0] a_i,
  input  logic [63:0] b_i,
  output logic [63:0] result_o,

  // Comparison of the operands, for branches.
  output logic        equal_o,
  output logic        less_o,       // signed
  output logic        less_u_o
);

  logic [63:0] sum, difference, shift_in, shifted, result;
  logic [5:0]  amount;
  logic        borrow, left, fill;

  assign sum        = a_i + b_i;
  assign {borrow, difference} = {1'b0, a_i} - {1'b0, b_i};
  assign equal_o    = a_i == b_i;
  assign less_u_o   = borrow;
  assign less_o     = (a_i[63] != b_i[63]) ? a_i[63] : borrow;

  // One shifter, to the right: a shift to the left is one of the reversed operand.
  always_comb begin
    left   = op_i == AluSll;
    amount = {b_i[5] && !word_i, b_i[4:0]};
    shift_in = a_i;
    if (word_i && !left) shift_in = {{32{op_i == AluSra && a_i[31]}}, a_i[31:0]};
    fill = op_i == AluSra && shift_in[63];
    for (int unsigned k = 0; k < 64; k++) if (left) shift_in[k] = a_i[63-k];
    shifted = 64'(signed'({fill, shift_in}) >>> amount);
    if (left) begin
      for (int unsigned k = 0; k < 64; k++) result[k] = shifted[63-k];
    end else begin
      result = shifted;
    end
    unique case (op_i)
      AluAdd:  result = sum;
      AluSub:  result = difference;
      AluSlt:  result = {63'h0, less_o};
      AluSltu: result = {63'h0, less_u_o};
      AluXor:  result = a_i ^ b_i;
      AluOr:   result = a_i | b_i;
      AluAnd:  result = a_i & b_i;
      AluB:    result = b_i;
      default: ;
    endcase
    result_o = word_i ? {{32{result[31]}}, result[31:0]} : result;
  end

endmodule
