// npu_dot_narrow: the 4-bit lanes, sum over groups g of trunc(s_a[g] * s_b[g] * sum a[k] * b[k]).
//
// INT4 and E2M1 elements become sign and 4-bit magnitude (E2M1 in halves: 0 .. 12), so one bank of
// 4 x 4 multipliers serves both. Lane 16g + k belongs to group g.
//
// Stage 1  unpack, multiply; unpack scales, multiply their significands, add their exponent fields
// Stage 2  sum each group's 16 products; the larger exponent of two groups each
// Stage 3  multiply each group's sum by its scales' significands
// Stage 4  align the four terms, truncate, ones' complement where negative
// Stage 5  sum the four terms
//
// Latency    5 cycles; group_max_o comes after 2, emax_i is taken in the 4th, nan_o in the 1st.
// Throughput 1 beat/cycle.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_narrow
  import npu_dot_pkg::*;
(
  input  logic         clk_i,
  // Bit s: stage s + 1 works on a beat of this path. An idle stage computes zeros.
  input  logic [4:1]   active_i,

  input  shape_t       shape_i,
  input  logic [255:0] a_i,
  input  logic [255:0] b_i,
  input  logic [31:0]  scale_a_i,
  input  logic [31:0]  scale_b_i,
  output logic         nan_o,

  output logic [RAW_W-1:0]        group_max_o [2],
  input  logic signed [REL_W-1:0] emax_i,

  output logic signed [ACC_W-1:0] sum_o
);

  localparam int unsigned LANES4 = GROUPS * GROUP_LANES;
  // The magnitude of E2M1 codes 0 to 7, in halves.
  localparam logic [7:0][3:0] E2M1_HALVES = 32'hc864_3210;
  // Magnitudes reach 12 x 12 = 144.
  localparam int unsigned PROD_W = 8;
  // Products of two scales' significands, 1.3 each: 15 x 15 = 225 in 64ths.
  localparam int unsigned SCALE_W = 8;
  localparam logic [SCALE_W-1:0] SCALE_ONE = 8'd64;

  // Stage 1: unpack and multiply.
  logic [3:0]         a_mag [LANES4], b_mag [LANES4];
  logic [PROD_W-1:0]  prod_d [LANES4], prod_q [LANES4];
  logic [LANES4-1:0]  neg_d, neg_q;
  logic [SCALE_W-1:0] scale_d [GROUPS], scale1_q [GROUPS];
  logic [RAW_W-1:0]   raw_d [GROUPS], raw1_q [GROUPS];

  always_comb begin
    for (int unsigned i = 0; i < LANES4; i++) begin
      a_mag[i] = '0;
      b_mag[i] = '0;
    end
    if (shape_i.narrow && shape_i.is_int) begin
      for (int unsigned i = 0; i < LANES4; i++) begin
        a_mag[i] = a_i[4*i+3] ? -a_i[4*i +: 4] : a_i[4*i +: 4];
        b_mag[i] = b_i[4*i+3] ? -b_i[4*i +: 4] : b_i[4*i +: 4];
      end
    end else if (shape_i.narrow) begin
      for (int unsigned i = 0; i < LANES4; i++) begin
        a_mag[i] = E2M1_HALVES[a_i[4*i +: 3]];
        b_mag[i] = E2M1_HALVES[b_i[4*i +: 3]];
      end
    end
  end

  always_comb begin
    prod_d = '{default: '0};
    neg_d  = '0;
    if (shape_i.narrow) begin
      for (int unsigned i = 0; i < LANES4; i++) begin
        prod_d[i] = PROD_W'(a_mag[i]) * PROD_W'(b_mag[i]);
        neg_d[i]  = a_i[4*i+3] ^ b_i[4*i+3];
      end
    end
  end

  // MXFP4's blocks of 32 are two groups each.
  scale_t scale_a [GROUPS], scale_b [GROUPS];

  for (genvar g = 0; g < GROUPS; g++) begin : gen_scale
    npu_dot_scale u_a (
      .shape_i,
      .data_i (shape_i.e8m0 ? scale_a_i[8*(g/2) +: 8] : scale_a_i[8*g +: 8]),
      .scale_o(scale_a[g])
    );
    npu_dot_scale u_b (
      .shape_i,
      .data_i (shape_i.e8m0 ? scale_b_i[8*(g/2) +: 8] : scale_b_i[8*g +: 8]),
      .scale_o(scale_b[g])
    );
  end

  // INT4 has no scales: its sums pass through times one unit of the product, so that they end up
  // at a known place.
  always_comb begin
    scale_d = '{default: '0};
    raw_d   = '{default: '0};
    nan_o   = 1'b0;
    if (shape_i.narrow) begin
      for (int unsigned g = 0; g < GROUPS; g++) begin
        scale_d[g] = shape_i.is_int ? SCALE_ONE
                                    : SCALE_W'(scale_a[g].sig) * SCALE_W'(scale_b[g].sig);
        raw_d[g]   = scale_a[g].field + scale_b[g].field;
        nan_o     |= scale_a[g].nan || scale_b[g].nan;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    prod_q   <= prod_d;
    neg_q    <= neg_d;
    scale1_q <= scale_d;
    raw1_q   <= raw_d;
  end

  // Stage 2: sum each group. Ones' complement plus the missing one is a product's negative.
  logic signed [GROUP_SUM_W-1:0] group_sum_d [GROUPS], group_sum_q [GROUPS];
  logic [SCALE_W-1:0]            scale2_q [GROUPS];
  logic [RAW_W-1:0]              raw2_d [GROUPS], raw2_q [GROUPS];
  logic [RAW_W-1:0]              group_max_d [2], group_max_q [2];

  always_comb begin
    automatic logic [PROD_W:0]   term;
    automatic logic [PROD_W-1:0] live;
    group_sum_d = '{default: '0};
    raw2_d      = '{default: '0};
    if (active_i[1]) begin
      for (int unsigned g = 0; g < GROUPS; g++) begin
        live = '0;
        for (int unsigned i = GROUP_LANES * g; i < GROUP_LANES * (g + 1); i++) begin
          term = neg_q[i] ? {1'b1, ~prod_q[i]} : {1'b0, prod_q[i]};
          group_sum_d[g] = group_sum_d[g] + GROUP_SUM_W'(signed'(term));
          group_sum_d[g] = group_sum_d[g] + GROUP_SUM_W'(neg_q[i]);
          live = live | prod_q[i];
        end
        // A group whose products merely cancel keeps its exponent; one of zeros has none.
        raw2_d[g] = (live != '0 && scale1_q[g] != '0) ? raw1_q[g] : '0;
      end
    end
  end

  always_comb begin
    for (int unsigned i = 0; i < 2; i++) begin
      group_max_d[i] = (raw2_d[2*i] < raw2_d[2*i+1]) ? raw2_d[2*i+1] : raw2_d[2*i];
    end
  end

  always_ff @(posedge clk_i) begin
    group_sum_q <= group_sum_d;
    group_max_q <= group_max_d;
    scale2_q    <= scale1_q;
    raw2_q      <= raw2_d;
  end

  assign group_max_o = group_max_q;

  // Stage 3: scale.
  logic signed [GROUP_TERM_W-1:0] product_d [GROUPS], product_q [GROUPS];
  logic [RAW_W-1:0]               raw3_q [GROUPS];

  always_comb begin
    product_d = '{default: '0};
    if (active_i[2]) begin
      for (int unsigned g = 0; g < GROUPS; g++) begin
        product_d[g] = GROUP_TERM_W'(group_sum_q[g]) * signed'(GROUP_TERM_W'(scale2_q[g]));
      end
    end
  end

  always_ff @(posedge clk_i) begin
    product_q <= product_d;
    raw3_q    <= raw2_q;
  end

  // Stage 4: align. No group that is not zero lies above emax.
  logic [GROUP_MAG_W:0] term_d [GROUPS], term_q [GROUPS];
  logic [GROUPS-1:0]    term_neg_d, term_neg_q;

  always_comb begin
    automatic logic [REL_W-1:0]        distance;
    automatic logic [GROUP_TERM_W-2:0] sig;
    automatic logic [GROUP_MAG_W-1:0]  mag;
    term_d     = '{default: '0};
    term_neg_d = '0;
    if (active_i[3]) begin
      for (int unsigned g = 0; g < GROUPS; g++) begin
        distance      = REL_W'(emax_i) - REL_W'(raw3_q[g]);
        sig           = (GROUP_TERM_W-1)'(product_q[g][GROUP_TERM_W-1] ? -product_q[g]
                                                                       : product_q[g]);
        mag           = {sig, (NARROW_F - GROUP_TERM_F)'(0)} >> distance;
        term_neg_d[g] = product_q[g][GROUP_TERM_W-1];
        term_d[g]     = term_neg_d[g] ? {1'b1, ~mag} : {1'b0, mag};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    term_q     <= term_d;
    term_neg_q <= term_neg_d;
  end

  // Stage 5: sum.
  logic signed [ACC_W-1:0] sum_d, sum_q;

  always_comb begin
    sum_d = '0;
    if (active_i[4]) begin
      for (int unsigned g = 0; g < GROUPS; g++) begin
        sum_d = sum_d + ACC_W'(signed'(term_q[g]));
        sum_d = sum_d + ACC_W'(term_neg_q[g]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    sum_q <= sum_d;
  end

  assign sum_o = sum_q;

endmodule
