// simt_div: integer division and remainder of all lanes at once, a bit a clock.
//
// Latency    66 clocks from the request to `done_o`, for words too; held until taken.
// Stage      one step of restoring division: a subtraction of 65 bits and a choice.
// Source     RISC-V unprivileged specification 20240411, chapter 13, table 11 for the odd cases
module simt_div #(
  parameter int unsigned Lanes = 8
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic stop_i,

  input  logic        valid_i,     // only while not `busy_o`
  input  logic        rem_i,       // the remainder, not the quotient
  input  logic        signed_i,
  input  logic        word_i,
  input  logic [63:0] a_i [Lanes],
  input  logic [63:0] b_i [Lanes],
  output logic        busy_o,
  output logic        done_o,
  input  logic        take_i,
  output logic [63:0] result_o [Lanes]
);

  logic       busy_q, signed_q, rem_q, word_q;
  logic [6:0] count_q;      // 66: operands as given; 65 .. 2: steps; 1: result; 0: done

  assign busy_o = busy_q;
  assign done_o = busy_q && count_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      count_q  <= '0;
      signed_q <= 1'b0;
      rem_q    <= 1'b0;
      word_q   <= 1'b0;
    end else begin
      if (count_q != '0) count_q <= count_q - 1'b1;
      if (valid_i) begin
        busy_q   <= 1'b1;
        count_q  <= 7'd66;
        signed_q <= signed_i;
        rem_q    <= rem_i;
        word_q   <= word_i;
      end else if (done_o && take_i) begin
        busy_q <= 1'b0;
      end
      if (stop_i) busy_q <= 1'b0;
    end
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [63:0] quotient_q, divisor_q, a_wide, b_wide, magnitude;
    logic [63:0] rest_q;
    logic [64:0] shifted, tried;
    logic        negate_q, zero_q;

    // Words are extended once; a divisor of 0 gives a quotient of ones and leaves the dividend.
    assign a_wide  = !word_q ? quotient_q : signed_q ? 64'(signed'(quotient_q[31:0]))
                                                     : {32'h0, quotient_q[31:0]};
    assign b_wide  = !word_q ? divisor_q : signed_q ? 64'(signed'(divisor_q[31:0]))
                                                    : {32'h0, divisor_q[31:0]};
    assign shifted = {rest_q, quotient_q[63]};
    assign tried   = shifted - {1'b0, divisor_q};
    assign magnitude = rem_q ? rest_q : quotient_q;

    always_ff @(posedge clk_i) begin
      if (valid_i) begin
        quotient_q <= a_i[l];
        divisor_q  <= b_i[l];
      end else if (count_q == 7'd66) begin
        quotient_q <= (signed_q && a_wide[63]) ? -a_wide : a_wide;
        divisor_q  <= (signed_q && b_wide[63]) ? -b_wide : b_wide;
        rest_q     <= '0;
        zero_q     <= b_wide == '0;
        negate_q   <= signed_q && (rem_q ? a_wide[63] : a_wide[63] != b_wide[63]);
      end else if (count_q > 7'd1) begin
        rest_q     <= tried[64] ? shifted[63:0] : tried[63:0];
        quotient_q <= {quotient_q[62:0], !tried[64]};
      end else if (count_q == 7'd1) begin
        quotient_q <= (negate_q && !(zero_q && !rem_q)) ? -magnitude : magnitude;
      end
    end
    assign result_o[l] = word_q ? 64'(signed'(quotient_q[31:0])) : quotient_q;
  end

endmodule
