// simt_fpdiv: one lane of a / b and the square root of a, a bit of the result a cycle.
//
// Restoring digit recurrence: with q the result's bits so far and r the scaled remainder, bit j is
// 1 where r >= t, then r <- 2 * (r - t), else r <- 2 * r. Division has t = b; a root has r = 2^j *
// (a - q^2) and t = 2 * q + 2^-j. Operands are normalised first; a root's is below 4, its exponent
// even. What the result's bits leave of r is sticky.
//
// Idle       takes the operands
// Normalise  leading zeros, shift; the result's exponent; specials
// Iterate    one bit: a subtraction of 28 bits (26 cycles)
// Shift      a quotient below 1 up by one; a subnormal one down
// Round      round, pack; the result is there in the next cycle
//
// Latency    30 cycles from a request to its result.
// Checks     in simt_fpu.
// Plan       rtl/simt/fpu/testplan.hjson
module simt_fpdiv
  import simt_pkg::*;
  import simt_fpu_pkg::*;
(
  input  logic                clk_i,
  input  div_state_e          state_i,
  input  logic                root_i,  // a square root, from Normalise on
  input  logic [DIV_BITS-1:0] bit_i,   // one-hot: this cycle's bit of the result
  input  logic                take_i,  // in Idle: a request is there
  input  fpu_req_t            req_i,
  output fpu_rsp_t            rsp_o    // in Done
);

  // Fraction bits of t, whose last one may be 2^-25; roots need r and t below 8.
  localparam int unsigned FRACTION = DIV_BITS - 1;
  localparam int unsigned REM_W    = FRACTION + 3;
  // Bits behind the binary point that a significand lacks.
  localparam int unsigned PAD = FRACTION - 23;
  // A quotient shifted down so far is sticky as a whole.
  localparam logic signed [10:0] ALL_OUT = 11'sd26;

  logic [31:0]         a_q, b_q;
  fpu_round_e          rm_q;
  logic [REM_W-1:0]    rem_q;
  logic [23:0]         divisor_q;
  logic [DIV_BITS-1:0] quotient_q;
  logic signed [10:0]  exp_q;
  special_t            special_d, special_q;
  logic                zero_d, zero_q, dz_d, dz_q;

  // ---- Normalise ----

  number_t            a, b;
  logic [4:0]         zeros_a, zeros_b;
  logic [23:0]        sig_a;
  logic               doubled;  // a root whose exponent is odd
  logic [REM_W-1:0]   rem_first;
  logic [23:0]        divisor_d;
  logic signed [10:0] exp_a, exp_b, exp_d;

  always_comb begin
    a = '0;
    b = '0;
    if (state_i == DivNormalise) begin
      a = unpack(a_q);
      b = unpack(b_q);
    end
  end

  simt_fplzc #(
    .Width(24)
  ) u_zeros_a (
    .value_i(a.sig),
    .count_o(zeros_a)
  );

  simt_fplzc #(
    .Width(24)
  ) u_zeros_b (
    .value_i(b.sig),
    .count_o(zeros_b)
  );

  assign exp_a = 11'(a.exp) - 11'(zeros_a);
  assign exp_b = 11'(b.exp) - 11'(zeros_b);

  always_comb begin
    sig_a     = a.sig << zeros_a;
    divisor_d = b.sig << zeros_b;
    // The bias is odd: an even exponent field is an odd exponent.
    doubled   = root_i && !exp_a[0];
    rem_first = REM_W'({sig_a, PAD'(0)}) << doubled;
    exp_d     = root_i ? (exp_a + 11'sd127) >>> 1 : exp_a - exp_b + 11'sd127;
  end

  always_comb begin
    special_d      = '0;
    special_d.sign = a.sign ^ (b.sign && !root_i);
    dz_d           = 1'b0;
    if (root_i) begin
      special_d.nv  = a.snan || (a.sign && !a.zero && !a.nan);
      special_d.nan = a.nan || special_d.nv;
      special_d.infinite = a.infinite;
      zero_d        = a.zero;
    end else begin
      special_d.nv  = a.snan || b.snan || (a.zero && b.zero) || (a.infinite && b.infinite);
      special_d.nan = a.nan || b.nan || special_d.nv;
      special_d.infinite = a.infinite || b.zero;
      zero_d        = a.zero || b.infinite;
      dz_d          = b.zero && !a.zero && !a.infinite && !a.nan;
    end
  end

  // ---- Iterate ----

  logic [REM_W-1:0] trial;
  logic [REM_W:0]   difference;

  assign trial      = root_i ? REM_W'({quotient_q, 1'b0}) | REM_W'(bit_i)
                             : REM_W'({divisor_q, PAD'(0)});
  assign difference = {1'b0, rem_q} - {1'b0, trial};

  // ---- Shift ----

  logic [ROUND_W-1:0] sig_d, sig_q;
  logic [8:0]         exp_last_d, exp_last_q;

  always_comb begin
    automatic logic               more;
    automatic logic signed [10:0] exp;
    automatic logic signed [10:0] below;  // exponent 1
    automatic logic [4:0]         down;
    automatic logic [ROUND_W-1:0] sig, lost;
    sig_d      = '0;
    exp_last_d = '0;
    if (state_i == DivShift) begin
      more  = rem_q != '0;
      exp   = exp_q - 11'(!quotient_q[DIV_BITS-1]);
      below = 11'sd1 - exp;
      if (below <= 0)           down = '0;
      else if (below > ALL_OUT) down = ALL_OUT[4:0];
      else                      down = below[4:0];
      sig = quotient_q[DIV_BITS-1] ? {quotient_q, more} : {quotient_q[DIV_BITS-2:0], 1'b0, more};
      {sig_d, lost} = {sig, ROUND_W'(0)} >> down;
      sig_d[0]      = sig_d[0] || lost != '0;
      exp_last_d    = (below > 0) ? 9'd1 : exp[8:0];
    end
  end

  // ---- Round ----

  logic [31:0] rounded;
  fpu_flags_t  rounded_flags;
  fpu_rsp_t    rsp_d, rsp_q;

  simt_fpround u_round (
    .rm_i    (rm_q),
    .sign_i  (special_q.sign),
    .exp_i   (exp_last_q),
    .sig_i   (sig_q),
    .result_o(rounded),
    .flags_o (rounded_flags)
  );

  always_comb begin
    rsp_d = '{flags: rounded_flags, result: 64'(rounded)};
    if (special_q.nan) begin
      rsp_d = '{flags: '{nv: special_q.nv, default: '0}, result: 64'(QUIET)};
    end else if (special_q.infinite) begin
      rsp_d = '{flags: '{dz: dz_q, default: '0},
                result: 64'({special_q.sign, INFINITY[30:0]})};
    end else if (zero_q) begin
      rsp_d = '{flags: '0, result: 64'({special_q.sign, 31'b0})};
    end
  end

  always_ff @(posedge clk_i) begin
    unique case (state_i)
      DivIdle: if (take_i) begin
        a_q  <= req_i.a;
        b_q  <= req_i.b;
        rm_q <= req_i.rm;
      end
      DivNormalise: begin
        rem_q      <= rem_first;
        divisor_q  <= divisor_d;
        quotient_q <= '0;
        exp_q      <= exp_d;
        special_q  <= special_d;
        zero_q     <= zero_d;
        dz_q       <= dz_d;
      end
      DivIterate: begin
        if (difference[REM_W]) begin
          rem_q <= rem_q << 1;
        end else begin
          rem_q      <= difference[REM_W-1:0] << 1;
          quotient_q <= quotient_q | bit_i;
        end
      end
      DivShift: begin
        sig_q      <= sig_d;
        exp_last_q <= exp_last_d;
      end
      DivRound: rsp_q <= rsp_d;
      default: ;
    endcase
  end

  assign rsp_o = rsp_q;

endmodule
