// npu_dot_pipe: fused dot product, d = c + sum over k of a[k] * b[k], without back-pressure.
//
// Every product is exact; products and C are aligned to the largest exponent, truncated, added
// exactly and rounded once (docs/numerics.md). Three paths run side by side and meet in stage 6:
//
//   stage       npu_dot_wide        npu_dot_narrow      npu_dot_addend      npu_dot_result
//   1 unpack    8/16-bit elements   4-bit, products     C, offset
//   2 multiply  products, maxima    group sums, max          C's exponent
//   3 compare   (hold)              times scales        largest exponent
//   4 align     products            group terms         C
//   5 add       two partial sums    sum                 (hold here)
//   6 total                                                                 sum
//   7 magnitude                                                             sign, clamp
//   8 normalise                                                             shift
//   9 pack                                                                  FP32 or INT32
//
// Latency    DotLatency cycles from valid_i to valid_o.
// Throughput 1 dot product/cycle.
// Reset      of the valid bits alone; data follows them.
// Checks     in npu_dot. None here or below: what they sample is named after the instance, and the
//            units of npu_mac_array would no longer share the simulator's code.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_pipe
  import npu_pkg::dot_req_t, npu_pkg::DotLatency;
  import npu_dot_pkg::*;
(
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        valid_i,
  input  dot_req_t    req_i,
  output logic        valid_o,
  output logic [31:0] d_o
);

  if (DotLatency != 9) begin : gen_latency_check
    $error("npu_dot_pipe: DotLatency is %0d, needs to be 9, the number of stages", DotLatency);
  end

  // Index s: the registers behind stage s.
  logic [DotLatency:1] valid_q;
  ctrl_t               ctrl_d, ctrl_q [1:5];
  special_t            special_d, special_q [1:5];

  shape_t shape;

  npu_dot_shape u_shape (
    .format_i(req_i.format),
    .shape_o (shape)
  );

  assign ctrl_d = '{
    wide:      shape.wide,
    narrow:    shape.narrow,
    is_int:    shape.is_int,
    satfinite: req_i.satfinite
  };

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[DotLatency-1:1], valid_i};
  end

  always_ff @(posedge clk_i) begin
    ctrl_q[1]    <= ctrl_d;
    special_q[1] <= special_d;
    for (int unsigned s = 2; s <= 5; s++) begin
      ctrl_q[s]    <= ctrl_q[s-1];
      special_q[s] <= special_q[s-1];
    end
  end

  // Bit s: behind stage s, and so in stage s + 1, is a beat of this path. Stage 1 does not ask for
  // valid_i: it works on whatever is offered.
  logic [4:1] wide_active, narrow_active;
  always_comb begin
    for (int unsigned s = 1; s <= 4; s++) begin
      wide_active[s]   = valid_q[s] && ctrl_q[s].wide;
      narrow_active[s] = valid_q[s] && ctrl_q[s].narrow;
    end
  end

  special_t                     wide_special, c_special;
  logic                         narrow_nan;
  logic [RAW_W-1:0]             lane_max [3], group_max [2], cand [3];
  logic signed [REL_W-1:0]      emax;
  logic signed [WIDE_SUM_W-1:0] full_sum, half_sum;
  logic signed [ACC_W-1:0]      narrow_sum;
  logic [C_MAG_W:0]             c_term, c_term_q;
  logic                         c_carry, c_carry_q;
  logic [BASE_W-1:0]            base, base_q;

  always_comb begin
    special_d = wide_special | c_special;
    special_d.nan |= narrow_nan;
  end

  npu_dot_wide u_wide (
    .clk_i,
    .active_i   (wide_active),
    .shape_i    (shape),
    .a_i        (req_i.a),
    .b_i        (req_i.b),
    .special_o  (wide_special),
    .lane_max_o (lane_max),
    .emax_i     (emax),
    .full_sum_o (full_sum),
    .half_sum_o (half_sum)
  );

  npu_dot_narrow u_narrow (
    .clk_i,
    .active_i    (narrow_active),
    .shape_i     (shape),
    .a_i         (req_i.a),
    .b_i         (req_i.b),
    .scale_a_i   (req_i.scale_a),
    .scale_b_i   (req_i.scale_b),
    .nan_o       (narrow_nan),
    .group_max_o (group_max),
    .emax_i      (emax),
    .sum_o       (narrow_sum)
  );

  // The path that is idle offers no candidates.
  assign cand = '{lane_max[0] | group_max[0], lane_max[1] | group_max[1], lane_max[2]};

  npu_dot_addend u_addend (
    .clk_i,
    .format_i  (req_i.format),
    .shape_i   (shape),
    .c_i       (req_i.c),
    .scale_a_i (req_i.scale_a[7:0]),
    .scale_b_i (req_i.scale_b[7:0]),
    .special_o (c_special),
    .ctrl3_i   (ctrl_q[2]),
    .cand_i    (cand),
    .emax_o    (emax),
    .ctrl4_i   (ctrl_q[3]),
    .term_o    (c_term),
    .carry_o   (c_carry),
    .base_o    (base)
  );

  always_ff @(posedge clk_i) begin
    c_term_q  <= c_term;
    c_carry_q <= c_carry;
    base_q    <= base;
  end

  npu_dot_result u_result (
    .clk_i,
    .ctrl_i       (ctrl_q[5]),
    .special_i    (special_q[5]),
    .full_sum_i   (full_sum),
    .half_sum_i   (half_sum),
    .narrow_sum_i (narrow_sum),
    .c_term_i     (c_term_q),
    .c_carry_i    (c_carry_q),
    .base_i       (base_q),
    .d_o          (d_o)
  );

  assign valid_o = valid_q[DotLatency];

endmodule
