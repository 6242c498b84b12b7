// npu_dot_wide: the 8- and 16-bit lanes, sum of trunc(a[k] * b[k] * 2^(raw[k] - emax)) to 25 bits.
//
// One bank of multipliers serves all formats: 16 full lanes of 11 x 11 bits take 16-bit elements,
// or the lower bytes; 16 half lanes of 8 x 8 bits take the upper bytes. Integers run through the
// same path in sign and magnitude, with all exponents equal.
//
// Stage 1  unpack both operands, add their exponent fields, find specials
// Stage 2  multiply significands; the largest exponent of each eight lanes
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
  input  logic [4:0]   active_i,

  input  shape_t       shape_i,
  input  logic [255:0] a_i,
  input  logic [255:0] b_i,
  output special_t     special_o,

  output logic [RAW_W-1:0]        lane_max_o [4],
  input  logic signed [REL_W-1:0] emax_i,

  output logic signed [WIDE_SUM_W-1:0] full_sum_o,
  output logic signed [WIDE_SUM_W-1:0] half_sum_o
);

  localparam int unsigned FULL_PROD_W = 2 * FULL_SIG_W;
  localparam int unsigned HALF_PROD_W = 2 * HALF_SIG_W;

  typedef struct packed {
    logic       neg;
    logic       zero;
    logic       inf;
    logic       nan;
    logic [4:0] field;  // effective exponent field, 0 for integers
    logic [7:0] sig;    // 1.7; for integers the magnitude
  } byte_t;

  typedef struct packed {
    logic        neg;
    logic        zero;
    logic        inf;
    logic        nan;
    logic [7:0]  field;
    logic [10:0] sig;  // 1.10; for integers the magnitude times 8
  } word_t;

  function automatic byte_t unpack_byte(shape_t shape, logic [7:0] x);
    byte_t      r;
    logic [6:0] body;  // exponent and mantissa of eight bits, or of six
    logic [4:0] field;
    logic [2:0] man;
    body  = shape.is_fp6 ? {2'b00, x[4:0]} : x[6:0];
    field = shape.man2 ? body[6:2] : {1'b0, body[6:3]};
    man   = shape.man2 ? {body[1:0], 1'b0} : body[2:0];
    r     = '0;
    if (shape.is_int) begin
      r.neg = x[7];
      r.sig = x[7] ? -x : x;
    end else begin
      r.neg   = shape.is_fp6 ? x[5] : x[7];
      r.sig   = {field != '0, man, 4'b0000};
      r.inf   = shape.ieee_byte && field == '1 && man == '0;
      r.nan   = (shape.ieee_byte && field == '1 && man != '0) || (shape.nan_ones && body == '1);
      r.field = (field == '0) ? 5'd1 : field;
    end
    r.zero = r.sig == '0;
    return r;
  endfunction

  function automatic word_t unpack_word(shape_t shape, logic [15:0] x);
    word_t r;
    byte_t lower;
    logic  ones, normal;
    lower  = unpack_byte(shape, x[7:0]);
    ones   = shape.is_bf16 ? x[14:7] == '1 : x[14:10] == '1;
    normal = shape.is_bf16 ? x[14:7] != '0 : x[14:10] != '0;
    if (shape.is_word) begin
      r.neg   = x[15];
      r.field = shape.is_bf16 ? x[14:7] : {3'b000, x[14:10]};
      r.sig   = shape.is_bf16 ? {normal, x[6:0], 3'b000} : {normal, x[9:0]};
      r.zero  = !normal && r.sig[9:0] == '0;
      r.inf   = ones && r.sig[9:0] == '0;
      r.nan   = ones && r.sig[9:0] != '0;
      if (!normal) r.field = 8'd1;
    end else begin
      r.neg   = lower.neg;
      r.field = {3'b000, lower.field};
      r.sig   = {lower.sig, 3'b000};
      r.zero  = lower.zero;
      r.inf   = lower.inf;
      r.nan   = lower.nan;
    end
    return r;
  endfunction

  // Stage 1: unpack.
  logic [FULL_SIG_W-1:0] full_a_d [FULL_LANES], full_a_q [FULL_LANES];
  logic [FULL_SIG_W-1:0] full_b_d [FULL_LANES], full_b_q [FULL_LANES];
  logic [RAW_W-1:0]      full_raw_d [FULL_LANES], full_raw1_q [FULL_LANES];
  logic [FULL_LANES-1:0] full_neg_d, full_neg1_q;
  logic [HALF_SIG_W-1:0] half_a_d [HALF_LANES], half_a_q [HALF_LANES];
  logic [HALF_SIG_W-1:0] half_b_d [HALF_LANES], half_b_q [HALF_LANES];
  logic [HALF_RAW_W-1:0] half_raw_d [HALF_LANES], half_raw1_q [HALF_LANES];
  logic [HALF_LANES-1:0] half_neg_d, half_neg1_q;
  special_t              full_special, half_special;

  always_comb begin
    automatic word_t a, b;
    full_a_d     = '{default: '0};
    full_b_d     = '{default: '0};
    full_raw_d   = '{default: '0};
    full_neg_d   = '0;
    full_special = '0;
    if (active_i[0]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        a = unpack_word(shape_i, a_i[16*i +: 16]);
        b = unpack_word(shape_i, b_i[16*i +: 16]);
        full_a_d[i]   = a.sig;
        full_b_d[i]   = b.sig;
        full_neg_d[i] = a.neg ^ b.neg;
        full_raw_d[i] = (a.zero || b.zero) ? '0 : RAW_W'(a.field) + RAW_W'(b.field);
        full_special.nan |= a.nan || b.nan || (a.inf && b.zero) || (a.zero && b.inf);
        full_special.pos_inf |= (a.inf || b.inf) && a.neg == b.neg;
        full_special.neg_inf |= (a.inf || b.inf) && a.neg != b.neg;
      end
    end
  end

  always_comb begin
    automatic byte_t a, b;
    half_a_d     = '{default: '0};
    half_b_d     = '{default: '0};
    half_raw_d   = '{default: '0};
    half_neg_d   = '0;
    half_special = '0;
    if (active_i[0] && !shape_i.is_word) begin
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        a = unpack_byte(shape_i, a_i[16*i+8 +: 8]);
        b = unpack_byte(shape_i, b_i[16*i+8 +: 8]);
        half_a_d[i]   = a.sig;
        half_b_d[i]   = b.sig;
        half_neg_d[i] = a.neg ^ b.neg;
        half_raw_d[i] = (a.zero || b.zero) ? '0 : HALF_RAW_W'(a.field) + HALF_RAW_W'(b.field);
        half_special.nan |= a.nan || b.nan || (a.inf && b.zero) || (a.zero && b.inf);
        half_special.pos_inf |= (a.inf || b.inf) && a.neg == b.neg;
        half_special.neg_inf |= (a.inf || b.inf) && a.neg != b.neg;
      end
    end
  end

  assign special_o = full_special | half_special;

  always_ff @(posedge clk_i) begin
    full_a_q    <= full_a_d;
    full_b_q    <= full_b_d;
    full_raw1_q <= full_raw_d;
    full_neg1_q <= full_neg_d;
    half_a_q    <= half_a_d;
    half_b_q    <= half_b_d;
    half_raw1_q <= half_raw_d;
    half_neg1_q <= half_neg_d;
  end

  // Stage 2: multiply, and the largest exponent of each eight lanes. Node k of a tree is the larger
  // of its children 2k and 2k+1; the lanes are the leaves 8 to 15.
  logic [FULL_PROD_W-1:0] full_prod_d [FULL_LANES], full_prod2_q [FULL_LANES];
  logic [HALF_PROD_W-1:0] half_prod_d [HALF_LANES], half_prod2_q [HALF_LANES];
  logic [RAW_W-1:0]       full_raw2_q [FULL_LANES];
  logic [HALF_RAW_W-1:0]  half_raw2_q [HALF_LANES];
  logic [FULL_LANES-1:0]  full_neg2_q;
  logic [HALF_LANES-1:0]  half_neg2_q;
  logic [RAW_W-1:0]       lane_max_d [4], lane_max_q [4];

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
    logic [RAW_W-1:0]      full_node [16];
    logic [HALF_RAW_W-1:0] half_node [16];
    full_node  = '{default: '0};
    half_node  = '{default: '0};
    lane_max_d = '{default: '0};
    if (active_i[1]) begin
      for (int unsigned t = 0; t < 2; t++) begin
        for (int unsigned k = 8; k < 16; k++) begin
          full_node[k] = full_raw1_q[8*t + k - 8];
          half_node[k] = half_raw1_q[8*t + k - 8];
        end
        for (int unsigned k = 7; k > 0; k--) begin
          full_node[k] = (full_node[2*k] > full_node[2*k+1]) ? full_node[2*k] : full_node[2*k+1];
          half_node[k] = (half_node[2*k] > half_node[2*k+1]) ? half_node[2*k] : half_node[2*k+1];
        end
        lane_max_d[t]   = full_node[1];
        lane_max_d[2+t] = RAW_W'(half_node[1]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    full_prod2_q <= full_prod_d;
    full_raw2_q  <= full_raw1_q;
    full_neg2_q  <= full_neg1_q;
    half_prod2_q <= half_prod_d;
    half_raw2_q  <= half_raw1_q;
    half_neg2_q  <= half_neg1_q;
    lane_max_q   <= lane_max_d;
  end

  assign lane_max_o = lane_max_q;

  // Stage 3: hold.
  logic [FULL_PROD_W-1:0] full_prod3_q [FULL_LANES];
  logic [HALF_PROD_W-1:0] half_prod3_q [HALF_LANES];
  logic [RAW_W-1:0]       full_raw3_q [FULL_LANES];
  logic [HALF_RAW_W-1:0]  half_raw3_q [HALF_LANES];
  logic [FULL_LANES-1:0]  full_neg3_q;
  logic [HALF_LANES-1:0]  half_neg3_q;

  always_ff @(posedge clk_i) begin
    full_prod3_q <= full_prod2_q;
    full_raw3_q  <= full_raw2_q;
    full_neg3_q  <= full_neg2_q;
    half_prod3_q <= half_prod2_q;
    half_raw3_q  <= half_raw2_q;
    half_neg3_q  <= half_neg2_q;
  end

  // Stage 4: align. A full product has 20 fraction bits, a half product 14. No product that is not
  // zero lies above emax, so the distance is never negative where it matters. A negative term is
  // its ones' complement; the missing ones are added with the sum.
  logic [WIDE_MAG_W:0]   full_term_d [FULL_LANES], full_term_q [FULL_LANES];
  logic [WIDE_MAG_W:0]   half_term_d [HALF_LANES], half_term_q [HALF_LANES];
  logic [FULL_LANES-1:0] full_neg4_q;
  logic [HALF_LANES-1:0] half_neg4_q;

  always_comb begin
    automatic logic [REL_W-1:0]      distance;
    automatic logic [WIDE_MAG_W-1:0] mag;
    full_term_d = '{default: '0};
    half_term_d = '{default: '0};
    if (active_i[3]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        distance = REL_W'(emax_i) - REL_W'(full_raw3_q[i]);
        mag      = {full_prod3_q[i], 5'b0} >> distance;
        full_term_d[i] = full_neg3_q[i] ? {1'b1, ~mag} : {1'b0, mag};
      end
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        distance = REL_W'(emax_i) - REL_W'(half_raw3_q[i]);
        mag      = {half_prod3_q[i], 11'b0} >> distance;
        half_term_d[i] = half_neg3_q[i] ? {1'b1, ~mag} : {1'b0, mag};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    full_term_q <= full_term_d;
    full_neg4_q <= full_neg3_q;
    half_term_q <= half_term_d;
    half_neg4_q <= half_neg3_q;
  end

  // Stage 5: sum.
  logic signed [WIDE_SUM_W-1:0] full_sum_d, full_sum_q, half_sum_d, half_sum_q;

  always_comb begin
    full_sum_d = '0;
    half_sum_d = '0;
    if (active_i[4]) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        full_sum_d = full_sum_d + WIDE_SUM_W'(signed'(full_term_q[i]));
        full_sum_d = full_sum_d + WIDE_SUM_W'(full_neg4_q[i]);
      end
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        half_sum_d = half_sum_d + WIDE_SUM_W'(signed'(half_term_q[i]));
        half_sum_d = half_sum_d + WIDE_SUM_W'(half_neg4_q[i]);
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
