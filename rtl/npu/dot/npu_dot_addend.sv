// npu_dot_addend: the addend C and the largest exponent, emax = max(e(C), products' exponents).
//
// C always takes part: a zero C counts with the same fixed exponent as a zero product, which makes
// the zero products irrelevant. For integers every exponent is 0, so nothing shifts.
//
// Stage 1  unpack C; the offset from exponents counted from EXP_FLOOR to relative ones
// Stage 2  C's relative exponent
// Stage 3  emax, the largest of the candidates and C's
// Stage 4  align C, truncate, ones' complement where negative; emax counted from EXP_FLOOR
//
// Latency    4 cycles; cand_i is taken in the 3rd, emax_o comes after it; special_o in the 1st.
// Throughput 1 beat/cycle.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_addend
  import npu_pkg::*;
  import npu_dot_pkg::*;
(
  input  logic        clk_i,

  input  format_e     format_i,
  input  shape_t      shape_i,
  input  logic [31:0] c_i,
  input  logic [7:0]  scale_a_i,  // the scale common to all lanes, for E8M0 on bytes
  input  logic [7:0]  scale_b_i,
  output special_t    special_o,

  input  ctrl_t                   ctrl3_i,  // of the beat in stage 3
  input  logic [RAW_W-1:0]        cand_i [3],
  output logic signed [REL_W-1:0] emax_o,

  input  ctrl_t              ctrl4_i,  // of the beat in stage 4
  output logic [C_MAG_W:0]   term_o,   // integers: C itself
  output logic               carry_o,  // to be added to a ones' complement
  output logic [BASE_W-1:0]  base_o    // emax - EXP_FLOOR
);

  localparam int unsigned C_SIG_W = 24;
  // Of the fraction bits kept for F = 35, those that F = 25 cuts.
  localparam logic [C_MAG_W-1:0] WIDE_MASK = '1 << (NARROW_F - WIDE_F);

  // Stage 1: unpack. For integers sig and neg hold nothing: C travels as it is.
  logic [31:0]              word_d, word1_q, word2_q, word3_q;
  logic                     neg_d, neg1_q, neg2_q, neg3_q;
  logic [BASE_W-1:0]        exp_d, exp_q;
  logic signed [REL_W-1:0]  to_rel_d, to_rel1_q, to_rel2_q, to_rel3_q;
  logic                     any_scale;

  assign any_scale = shape_i.wide && shape_i.e8m0;

  always_comb begin
    logic normal;
    normal = c_i[30:23] != '0;
    neg_d  = 1'b0;
    word_d = c_i;
    exp_d  = '0;
    special_o = '0;
    if (!shape_i.is_int) begin
      neg_d  = c_i[31];
      word_d = {8'b0, normal, c_i[22:0]};
      if (normal)               exp_d = BASE_W'(c_i[30:23]) + BASE_W'(-127 - EXP_FLOOR);
      else if (c_i[22:0] != '0) exp_d = BASE_W'(-126 - EXP_FLOOR);
      else if (shape_i.wide)    exp_d = BASE_W'(EXP_ZERO - EXP_FLOOR);
      special_o.nan     = c_i[30:23] == '1 && c_i[22:0] != '0;
      special_o.pos_inf = c_i[31:0] == 32'h7f80_0000;
      special_o.neg_inf = c_i[31:0] == 32'hff80_0000;
      special_o.nan    |= any_scale && (scale_a_i == '1 || scale_b_i == '1);
    end
  end

  // Twice the bias of the fields that make up a raw exponent. E8M0 fields of 4-bit formats enter
  // as byte + 1, so that none is 0: bias 128.
  logic [8:0] bias_twice;

  always_comb begin
    unique case (format_i)
      Fp16, Fp8E5M2, MxFp8E5M2:   bias_twice = 9'd30;
      Bf16:                       bias_twice = 9'd254;
      Fp8E4M3, MxFp8E4M3, NvFp4:  bias_twice = 9'd14;
      MxFp6E3M2:                  bias_twice = 9'd6;
      MxFp6E2M3:                  bias_twice = 9'd2;
      MxFp4:                      bias_twice = 9'd256;
      default:                    bias_twice = 9'd0;
    endcase
  end

  // relative = absolute + 2 * bias - both scales' exponents, the latter being bytes - 127.
  always_comb begin
    to_rel_d = '0;
    if (!shape_i.is_int) begin
      to_rel_d = REL_W'(EXP_FLOOR) + REL_W'(bias_twice);
      if (any_scale) to_rel_d = to_rel_d + REL_W'(254) - REL_W'(scale_a_i) - REL_W'(scale_b_i);
    end
  end

  // Stage 2: C's relative exponent.
  logic signed [REL_W-1:0] rel_d, rel2_q, rel3_q;

  assign rel_d = REL_W'(exp_q) + to_rel1_q;

  // Stage 3: the largest. A candidate of 0 is none; as -512 it is below every C.
  logic signed [REL_W-1:0] emax_d, emax_q;

  always_comb begin
    logic signed [REL_W-1:0] cand [3];
    logic signed [REL_W-1:0] low, high;
    for (int unsigned i = 0; i < 3; i++) cand[i] = {cand_i[i] == '0, cand_i[i]};
    low    = (cand[0] < cand[1]) ? cand[1] : cand[0];
    high   = (cand[2] < rel2_q) ? rel2_q : cand[2];
    emax_d = (low < high) ? high : low;
    if (ctrl3_i.is_int) emax_d = '0;
  end

  // Stage 4: align C.
  logic [C_MAG_W:0]  term_d, term_q;
  logic              carry_q;
  logic [BASE_W-1:0] base_q;

  always_comb begin
    logic [REL_W-1:0]   distance;
    logic [C_MAG_W-1:0] mag;
    distance = REL_W'(emax_q) - REL_W'(rel3_q);
    mag      = {word3_q[C_SIG_W-1:0], (C_MAG_W - C_SIG_W)'(0)} >> distance;
    if (ctrl4_i.wide) mag &= WIDE_MASK;
    if (ctrl4_i.is_int) term_d = (C_MAG_W+1)'(signed'(word3_q));
    else                term_d = neg3_q ? {1'b1, ~mag} : {1'b0, mag};
  end

  always_ff @(posedge clk_i) begin
    word1_q   <= word_d;
    neg1_q    <= neg_d;
    exp_q     <= exp_d;
    to_rel1_q <= to_rel_d;

    word2_q   <= word1_q;
    neg2_q    <= neg1_q;
    rel2_q    <= rel_d;
    to_rel2_q <= to_rel1_q;

    word3_q   <= word2_q;
    neg3_q    <= neg2_q;
    rel3_q    <= rel2_q;
    to_rel3_q <= to_rel2_q;
    emax_q    <= emax_d;

    term_q    <= term_d;
    carry_q   <= neg3_q;
    base_q    <= BASE_W'(emax_q - to_rel3_q);
  end

  assign emax_o  = emax_q;
  assign term_o  = term_q;
  assign carry_o = carry_q;
  assign base_o  = base_q;

endmodule
