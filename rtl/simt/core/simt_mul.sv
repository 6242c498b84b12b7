// simt_mul: 64-bit multiplication of one lane, any half of the product, and of 32-bit words.
//
// Latency    three clocks. Throughput one a clock.
// Stage      four products of 33 by 33 bits each as two of 33 by 17, in carry-save form of the
//            synthesiser's choice; sums of those; the sum of all and the choice of a half.
// Source     RISC-V unprivileged specification 20240411, chapter 13
module simt_mul (
  input  logic        clk_i,
  input  logic [2:0]  funct3_i,      // 0 low, 1 high, 2 high signed by unsigned, 3 high unsigned
  input  logic        word_i,
  input  logic [63:0] a_i,
  input  logic [63:0] b_i,
  output logic [63:0] result_o
);

  // Operands as 66-bit signed numbers in halves: the upper half carries the sign.
  logic signed [32:0] a_high, a_low, b_high, b_low;
  assign a_low  = {1'b0, a_i[31:0]};
  assign b_low  = {1'b0, b_i[31:0]};
  assign a_high = {a_i[63] && funct3_i != 3'd3, a_i[63:32]};
  assign b_high = {b_i[63] && funct3_i[2:1] == 2'b00, b_i[63:32]};

  // First stage: each operand's halves by quarters of the other.
  logic signed [50:0] part_q [4][2];
  logic [1:0]         high_q, word_q;
  function automatic logic signed [50:0] product(logic signed [32:0] a, logic signed [17:0] b);
    return 51'(a * b);
  endfunction
  always_ff @(posedge clk_i) begin
    part_q[0][0] <= product(a_low, {2'b00, b_low[15:0]});
    part_q[0][1] <= product(a_low, {1'b0, b_low[32:16]});
    part_q[1][0] <= product(a_low, {2'b00, b_high[15:0]});
    part_q[1][1] <= product(a_low, {b_high[32], b_high[32:16]});
    part_q[2][0] <= product(a_high, {2'b00, b_low[15:0]});
    part_q[2][1] <= product(a_high, {1'b0, b_low[32:16]});
    part_q[3][0] <= product(a_high, {2'b00, b_high[15:0]});
    part_q[3][1] <= product(a_high, {b_high[32], b_high[32:16]});
    high_q[0]    <= funct3_i[1:0] != 2'b00;
    word_q[0]    <= word_i;
  end

  // Second stage: products of halves; the two in the middle are added.
  logic        [63:0] low_q, high_part_q;
  logic signed [67:0] middle_q;
  always_ff @(posedge clk_i) begin
    low_q       <= 64'(part_q[0][0]) + (64'(part_q[0][1]) <<< 16);
    high_part_q <= 64'(part_q[3][0]) + (64'(part_q[3][1]) <<< 16);
    middle_q    <= 68'(part_q[1][0]) + 68'(part_q[2][0])
                   + ((68'(part_q[1][1]) + 68'(part_q[2][1])) <<< 16);
    high_q[1]   <= high_q[0];
    word_q[1]   <= word_q[0];
  end

  // Third stage.
  logic [127:0] whole;
  assign whole = {high_part_q, low_q} + {{28{middle_q[67]}}, middle_q, 32'h0};
  always_ff @(posedge clk_i) begin
    if (word_q[1])      result_o <= {{32{whole[31]}}, whole[31:0]};
    else if (high_q[1]) result_o <= whole[127:64];
    else                result_o <= whole[63:0];
  end

endmodule
