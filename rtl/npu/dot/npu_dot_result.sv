// npu_dot_result: the last sum and its conversion, d = RZ_fp32(sum * 2^emax), or the integer sum.
//
// Stage 6  add the partial sums and C
// Stage 7  sign and magnitude; integers: wrap or clamp
// Stage 8  normalise and cut to 24 bits
// Stage 9  shift subnormals down, cut again, pack; specials
//
// Latency    4 cycles.
// Throughput 1 beat/cycle.
// Rounding   toward zero, which cutting twice still is; 2^128 and above becomes infinity.
// Checks     in npu_dot.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_result
  import npu_dot_pkg::*;
(
  input  logic clk_i,

  input  ctrl_t                        ctrl_i,
  input  special_t                     special_i,
  input  logic signed [WIDE_SUM_W-1:0] full_sum_i,
  input  logic signed [WIDE_SUM_W-1:0] half_sum_i,
  input  logic signed [ACC_W-1:0]      narrow_sum_i,
  input  logic [C_MAG_W:0]             c_term_i,
  input  logic                         c_carry_i,
  input  logic [BASE_W-1:0]            base_i,

  output logic [31:0] d_o
);

  // Where the sums of integers sit: an INT8 is unpacked as 1.7, so its products have 14 of the 25
  // fraction bits; an INT4 product is a multiple of 1/4 times a scale of 64/64.
  localparam int unsigned INT8_LSB = WIDE_F - 14;
  localparam int unsigned INT4_LSB = NARROW_F - 2;
  localparam int unsigned MAG_W    = ACC_W - 1;
  localparam int unsigned SIG_W    = 24;
  // Leading zeros of a magnitude; all ones where it is zero.
  localparam int unsigned LZC_W    = 6;
  // Biased result exponents: base - lzc, from -63 to 423.
  localparam int unsigned EXP_W    = 10;

  localparam logic [31:0] FP32_NAN = 32'h7fff_ffff;

  // Stage 6: add.
  logic signed [ACC_W-1:0] wide_d, half_d, narrow_d, acc_d, acc_q;
  ctrl_t                   ctrl6_q;
  special_t                special6_q;
  logic [BASE_W-1:0]       base6_q;

  always_comb begin
    if (ctrl_i.is_int) begin
      wide_d   = ACC_W'(full_sum_i >>> INT8_LSB);
      half_d   = ACC_W'(half_sum_i >>> INT8_LSB);
      narrow_d = narrow_sum_i >>> INT4_LSB;
    end else begin
      wide_d   = ACC_W'(full_sum_i) <<< (NARROW_F - WIDE_F);
      half_d   = ACC_W'(half_sum_i) <<< (NARROW_F - WIDE_F);
      narrow_d = narrow_sum_i;
    end
    acc_d = (ctrl_i.narrow ? narrow_d : wide_d) + (ctrl_i.narrow ? '0 : half_d)
          + ACC_W'(signed'(c_term_i)) + signed'(ACC_W'(c_carry_i));
  end

  always_ff @(posedge clk_i) begin
    acc_q      <= acc_d;
    ctrl6_q    <= ctrl_i;
    special6_q <= special_i;
    base6_q    <= base_i;
  end

  // Stage 7: sign and magnitude. An exact integer sum needs 34 bits.
  logic              over, neg7_q, is_int7_q;
  logic [MAG_W-1:0]  mag_d, mag_q;
  special_t          special7_q;
  logic [BASE_W-1:0] base7_q;

  assign over = acc_q[ACC_W-1:31] != '0 && acc_q[ACC_W-1:31] != '1;

  always_comb begin
    mag_d = MAG_W'(acc_q);
    if (ctrl6_q.is_int) begin
      if (ctrl6_q.satfinite && over) mag_d[31:0] = {acc_q[ACC_W-1], {31{!acc_q[ACC_W-1]}}};
    end else if (acc_q[ACC_W-1]) begin
      mag_d = MAG_W'(-acc_q);
    end
  end

  always_ff @(posedge clk_i) begin
    mag_q      <= mag_d;
    neg7_q     <= acc_q[ACC_W-1];
    is_int7_q  <= ctrl6_q.is_int;
    special7_q <= special6_q;
    base7_q    <= base6_q;
  end

  // Stage 8: normalise by halving steps, 32 to 1.
  logic [31:0]       word_d, word_q;  // integers: the result; else the significand
  logic [LZC_W-1:0]  lzc_d, lzc_q;
  logic              neg8_q, is_int8_q;
  special_t          special8_q;
  logic [BASE_W-1:0] base8_q;

  always_comb begin
    logic [MAG_W-1:0] mag;
    mag   = mag_q;
    lzc_d = '0;
    for (int unsigned s = LZC_W; s > 0; s--) begin
      if ((mag >> (MAG_W - (1 << (s - 1)))) == '0) begin
        mag = mag << (1 << (s - 1));
        lzc_d[s-1] = 1'b1;
      end
    end
    word_d = is_int7_q ? mag_q[31:0] : 32'(mag[MAG_W-1 -: SIG_W]);
  end

  always_ff @(posedge clk_i) begin
    word_q     <= word_d;
    lzc_q      <= lzc_d;
    neg8_q     <= neg7_q;
    is_int8_q  <= is_int7_q;
    special8_q <= special7_q;
    base8_q    <= base7_q;
  end

  // Stage 9: pack. The accumulator's top bit weighs 2^12, so a magnitude without leading zeros has
  // exponent emax + 12, biased emax + 139: exactly the base.
  logic signed [EXP_W-1:0] exp;
  logic [EXP_W-1:0]        down;
  logic [SIG_W-1:0]        sig;
  logic                    nonzero, huge;
  logic [31:0]             d_d, d_q;

  assign exp     = signed'(EXP_W'(base8_q) - EXP_W'(lzc_q));
  assign down    = EXP_W'(lzc_q) + EXP_W'(1) - EXP_W'(base8_q);
  assign nonzero = word_q[SIG_W-1];
  assign huge    = nonzero && exp >= EXP_W'(255);

  always_comb begin
    sig = word_q[SIG_W-1:0];
    if (exp <= 0) sig = sig >> down;
    if (is_int8_q)                                       d_d = word_q;
    else if (special8_q.nan)                             d_d = FP32_NAN;
    else if (special8_q.pos_inf && special8_q.neg_inf)   d_d = FP32_NAN;
    else if (special8_q.pos_inf || special8_q.neg_inf)   d_d = {special8_q.neg_inf, 31'h7f80_0000};
    else if (huge)                                       d_d = {neg8_q, 31'h7f80_0000};
    else if (sig == '0)                                  d_d = '0;
    else if (exp <= 0)                                   d_d = {neg8_q, 8'h00, sig[SIG_W-2:0]};
    else                                                 d_d = {neg8_q, exp[7:0], sig[SIG_W-2:0]};
  end

  always_ff @(posedge clk_i) begin
    d_q <= d_d;
  end

  assign d_o = d_q;

endmodule
