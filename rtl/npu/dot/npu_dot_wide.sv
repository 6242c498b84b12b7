// npu_dot_wide: the 8- and 16-bit lanes, sum of trunc(a[k] * b[k] * 2^(e[k] - emax), 25 bits).
//
// One bank of multipliers serves all formats: 16 full lanes of 11 x 11 bits take 16-bit elements,
// or the lower bytes; 16 half lanes of 8 x 8 bits take the upper bytes. Integers run through the
// same path in sign and magnitude, with all exponents equal.
//
// Stage 1  unpack both operands, add their exponent fields, find specials
// Stage 2  multiply significands; the largest exponents
// Stage 3  hold products, while npu_dot_addend finds the largest exponent of all
// Stage 4  align the products, truncate, ones' complement where negative
// Stage 5  sum the 16 full and the 16 half lanes
//
// Latency    5 cycles; lane_max_o comes after 2, emax_i is taken in the 4th, special_o in the 1st.
// Throughput 1 beat/cycle.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_wide
  import npu_dot_pkg::*;
(
  input  logic         clk_i,
  // Bit s: stage s + 1 works on a beat of this path. An idle stage computes zeros.
  input  logic [4:1]   active_i,

  input  shape_t       shape_i,
  input  logic [255:0] a_i,
  input  logic [255:0] b_i,
  output special_t     special_o,

  output logic [RAW_W-1:0]        lane_max_o [3],
  input  logic signed [REL_W-1:0] emax_i,

  output logic signed [WIDE_SUM_W-1:0] full_sum_o,
  output logic signed [WIDE_SUM_W-1:0] half_sum_o
);

  localparam int unsigned FULL_PROD_W = 2 * FULL_SIG_W;
  localparam int unsigned HALF_PROD_W = 2 * HALF_SIG_W;

  // Stage 1: unpack.
  logic [LANES-1:0]      a_neg, b_neg, a_inf, b_inf, a_zero, b_zero;
  logic                  a_nan, b_nan;
  logic [7:0]            a_full_field [FULL_LANES], b_full_field [FULL_LANES];
  logic [4:0]            a_half_field [HALF_LANES], b_half_field [HALF_LANES];
  logic [FULL_SIG_W-1:0] full_a_d [FULL_LANES], full_a_q [FULL_LANES];
  logic [FULL_SIG_W-1:0] full_b_d [FULL_LANES], full_b_q [FULL_LANES];
  logic [HALF_SIG_W-1:0] half_a_d [HALF_LANES], half_a_q [HALF_LANES];
  logic [HALF_SIG_W-1:0] half_b_d [HALF_LANES], half_b_q [HALF_LANES];
  logic [RAW_W-1:0]      full_raw_d [FULL_LANES], full_raw1_q [FULL_LANES];
  logic [HALF_RAW_W-1:0] half_raw_d [HALF_LANES], half_raw1_q [HALF_LANES];
  logic [LANES-1:0]      neg_d, neg1_q;

  npu_dot_unpack u_unpack_a (
    .shape_i,
    .data_i       (a_i),
    .neg_o        (a_neg),
    .full_field_o (a_full_field),
    .half_field_o (a_half_field),
    .full_sig_o   (full_a_d),
    .half_sig_o   (half_a_d),
    .nan_o        (a_nan),
    .inf_o        (a_inf),
    .zero_o       (a_zero)
  );

  npu_dot_unpack u_unpack_b (
    .shape_i,
    .data_i       (b_i),
    .neg_o        (b_neg),
    .full_field_o (b_full_field),
    .half_field_o (b_half_field),
    .full_sig_o   (full_b_d),
    .half_sig_o   (half_b_d),
    .nan_o        (b_nan),
    .inf_o        (b_inf),
    .zero_o       (b_zero)
  );

  assign neg_d = a_neg ^ b_neg;

  // A product with a zero factor is no term.
  always_comb begin
    for (int unsigned i = 0; i < FULL_LANES; i++) begin
      full_raw_d[i] = {RAW_W{a_full_field[i] != '0 && b_full_field[i] != '0}}
                    & (RAW_W'(a_full_field[i]) + RAW_W'(b_full_field[i]));
    end
    for (int unsigned i = 0; i < HALF_LANES; i++) begin
      half_raw_d[i] = {HALF_RAW_W{a_half_field[i] != '0 && b_half_field[i] != '0}}
                    & (HALF_RAW_W'(a_half_field[i]) + HALF_RAW_W'(b_half_field[i]));
    end
  end

  assign special_o.nan     = a_nan || b_nan || |((a_inf & b_zero) | (a_zero & b_inf));
  assign special_o.pos_inf = |((a_inf | b_inf) & ~neg_d);
  assign special_o.neg_inf = |((a_inf | b_inf) & neg_d);

  always_ff @(posedge clk_i) begin
    neg1_q      <= neg_d;
    full_a_q    <= full_a_d;
    full_b_q    <= full_b_d;
    full_raw1_q <= full_raw_d;
    half_a_q    <= half_a_d;
    half_b_q    <= half_b_d;
    half_raw1_q <= half_raw_d;
  end

  // Stage 2: multiply, and the largest exponents: of the full lanes 0 to 7 and 8 to 15, and of the
  // half lanes, whose narrower exponents allow for one more step. Node k of a tree is the larger of
  // its children 2k and 2k+1; the lanes are the leaves 16 to 31.
  logic [FULL_PROD_W-1:0] full_prod_d [FULL_LANES], full_prod2_q [FULL_LANES];
  logic [HALF_PROD_W-1:0] half_prod_d [HALF_LANES], half_prod2_q [HALF_LANES];
  logic [RAW_W-1:0]       full_raw2_q [FULL_LANES];
  logic [HALF_RAW_W-1:0]  half_raw2_q [HALF_LANES];
  logic [LANES-1:0]       neg2_q;
  logic [RAW_W-1:0]       lane_max_d [3], lane_max_q [3];

  always_comb begin
    full_prod_d = '{default: '0};
    half_prod_d = '{default: '0};
    if (active_i[1]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        full_prod_d[i] = FULL_PROD_W'(full_a_q[i]) * FULL_PROD_W'(full_b_q[i]);
      end
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        half_prod_d[i] = HALF_PROD_W'(half_a_q[i]) * HALF_PROD_W'(half_b_q[i]);
      end
    end
  end

  always_comb begin
    logic [RAW_W-1:0]      full_node [32];
    logic [HALF_RAW_W-1:0] half_node [32];
    full_node  = '{default: '0};
    half_node  = '{default: '0};
    lane_max_d = '{default: '0};
    if (active_i[1]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        full_node[16+i] = full_raw1_q[i];
        half_node[16+i] = half_raw1_q[i];
      end
      for (int unsigned k = 15; k > 1; k--) begin
        full_node[k] = (full_node[2*k] < full_node[2*k+1]) ? full_node[2*k+1] : full_node[2*k];
      end
      for (int unsigned k = 15; k > 0; k--) begin
        half_node[k] = (half_node[2*k] < half_node[2*k+1]) ? half_node[2*k+1] : half_node[2*k];
      end
      lane_max_d = '{full_node[2], full_node[3], RAW_W'(half_node[1])};
    end
  end

  always_ff @(posedge clk_i) begin
    full_prod2_q <= full_prod_d;
    full_raw2_q  <= full_raw1_q;
    neg2_q       <= neg1_q;
    half_prod2_q <= half_prod_d;
    half_raw2_q  <= half_raw1_q;
    lane_max_q   <= lane_max_d;
  end

  assign lane_max_o = lane_max_q;

  // Stage 3: hold.
  logic [FULL_PROD_W-1:0] full_prod3_q [FULL_LANES];
  logic [HALF_PROD_W-1:0] half_prod3_q [HALF_LANES];
  logic [RAW_W-1:0]       full_raw3_q [FULL_LANES];
  logic [HALF_RAW_W-1:0]  half_raw3_q [HALF_LANES];
  logic [LANES-1:0]       neg3_q;

  always_ff @(posedge clk_i) begin
    full_prod3_q <= full_prod2_q;
    full_raw3_q  <= full_raw2_q;
    neg3_q       <= neg2_q;
    half_prod3_q <= half_prod2_q;
    half_raw3_q  <= half_raw2_q;
  end

  // Stage 4: align. A full product has 20 fraction bits, a half product 14. No product that is not
  // zero lies above emax, so the distance is never negative where it matters. A negative term is
  // its ones' complement; the missing ones are added with the sum.
  logic [WIDE_MAG_W:0]   full_term_d [FULL_LANES], full_term_q [FULL_LANES];
  logic [WIDE_MAG_W:0]   half_term_d [HALF_LANES], half_term_q [HALF_LANES];
  logic [LANES-1:0]      neg4_q;

  always_comb begin
    automatic logic [REL_W-1:0]      distance;
    automatic logic [WIDE_MAG_W-1:0] mag;
    full_term_d = '{default: '0};
    half_term_d = '{default: '0};
    if (active_i[3]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        distance = REL_W'(emax_i) - REL_W'(full_raw3_q[i]);
        mag      = {full_prod3_q[i], 5'b0} >> distance;
        full_term_d[i] = neg3_q[i] ? {1'b1, ~mag} : {1'b0, mag};
      end
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        distance = REL_W'(emax_i) - REL_W'(half_raw3_q[i]);
        mag      = {half_prod3_q[i], 11'b0} >> distance;
        half_term_d[i] = neg3_q[FULL_LANES+i] ? {1'b1, ~mag} : {1'b0, mag};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    full_term_q <= full_term_d;
    neg4_q      <= neg3_q;
    half_term_q <= half_term_d;
  end

  // Stage 5: sum.
  logic signed [WIDE_SUM_W-1:0] full_sum_d, full_sum_q, half_sum_d, half_sum_q;

  always_comb begin
    full_sum_d = '0;
    half_sum_d = '0;
    if (active_i[4]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        full_sum_d = full_sum_d + WIDE_SUM_W'(signed'(full_term_q[i]));
        full_sum_d = full_sum_d + WIDE_SUM_W'(neg4_q[i]);
      end
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        half_sum_d = half_sum_d + WIDE_SUM_W'(signed'(half_term_q[i]));
        half_sum_d = half_sum_d + WIDE_SUM_W'(neg4_q[FULL_LANES+i]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    full_sum_q <= full_sum_d;
    half_sum_q <= half_sum_d;
  end

  assign full_sum_o = full_sum_q;
  assign half_sum_o = half_sum_q;

endmodule
