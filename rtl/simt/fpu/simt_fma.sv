// simt_fma: one lane of the fused multiply-add, +-(a * b) +- c rounded once; also add and multiply.
//
// The sum is made in a window of 77 bits: the product's 48 bits with 3 below and 26 above, the
// addend shifted down from the top. An addend that would have to begin higher stays at the top:
// then the product is below a quarter of its last place, and it matters only that it is not 0. What
// the addend loses below the window is one sticky bit. 3 bits below suffice: where the addend
// reaches below them, at most one factor is subnormal, the product is at least 2^23 of its own
// last place, and the addend below 1/8 of that.
//
// Stage 1  unpack; three partial products of 24 x 8 bits; the product's exponent; specials
// Stage 2  the product; distance from the addend, limited
// Stage 3  shift the addend, invert it to subtract, add; where the exponent ends, as a one-hot mark
// Stage 4  magnitude and sign of the sum; leading zeros, down to the mark
// Stage 5  normalise, round, pack
//
// Latency    5 cycles (FMA_LATENCY).
// Throughput 1 operation/cycle.
// Checks     in simt_fpu.
// Plan       rtl/simt/fpu/testplan.hjson
module simt_fma
  import simt_pkg::*;
  import simt_fpu_pkg::*;
(
  input  logic       clk_i,
  // Bit s: stage s holds an operation. An idle stage computes zeros.
  input  logic [5:1] active_i,
  input  fma_op_t    op_i,   // of the operation in stage 1
  input  fpu_req_t   req_i,
  output fpu_rsp_t   rsp_o
);

  // The window, and the addend's place in it before it is shifted.
  localparam int unsigned BELOW    = 3;
  localparam int unsigned ADDEND_L = BELOW + 48 + 2;
  localparam int unsigned WINDOW_W = ADDEND_L + 24;
  // A shift by so much, or more, leaves nothing of the addend.
  localparam logic signed [10:0] ALL_OUT = 11'(signed'(WINDOW_W));
  // The product's last place is 2^(ea + eb - 300), the addend's 2^(ec - 150). At the top of the
  // window, 50 places above the product's last one, an addend has exponent ea + eb - 100.
  localparam logic signed [10:0] TO_TOP = -11'sd100;

  // ---- stage 1: unpack, partial products ----

  typedef struct packed {
    fpu_round_e rm;
    special_t   special;
  } info_t;

  typedef struct packed {
    logic product;
    logic addend;
  } signs_t;

  number_t            a, b, c;
  info_t              info_d, info1_q, info2_q, info3_q, info4_q;
  signs_t             signs_d, signs1_q, signs2_q, signs3_q;
  logic               product_inf, product_nan, opposite;
  logic [2:0][31:0]   part_d, part_q;
  logic signed [10:0] exp_p_d, exp_p_q;
  logic               no_product_d, no_product_q;
  logic [7:0]         exp_c1_q;
  logic [23:0]        sig_c1_q, sig_c2_q;

  always_comb begin
    a = '0;
    b = '0;
    c = '0;
    if (active_i[1]) begin
      a = unpack(req_i.a);
      b = unpack(op_i.add ? ONE : req_i.b);
      c = unpack(op_i.mul ? '0 : op_i.add ? req_i.b : req_i.c);
    end
  end

  always_comb begin
    signs_d.product = a.sign ^ b.sign ^ op_i.neg_product;
    // A product alone: the zero added to it has its sign, so that a product of 0 keeps it.
    signs_d.addend = op_i.mul ? signs_d.product : c.sign ^ op_i.neg_addend;

    product_inf = a.infinite || b.infinite;
    product_nan = (a.infinite && b.zero) || (a.zero && b.infinite);
    opposite    = product_inf && c.infinite && signs_d.product != signs_d.addend;

    info_d.rm               = req_i.rm;
    info_d.special.nan      = a.nan || b.nan || c.nan || product_nan || opposite;
    info_d.special.nv       = a.snan || b.snan || c.snan || product_nan
                              || (opposite && !a.nan && !b.nan);
    info_d.special.infinite = product_inf || c.infinite;
    info_d.special.sign     = product_inf ? signs_d.product : signs_d.addend;
  end

  always_comb begin
    for (int unsigned i = 0; i < 3; i++) part_d[i] = 32'(a.sig) * 32'(b.sig[8*i +: 8]);
  end

  assign exp_p_d      = 11'(a.exp) + 11'(b.exp) + TO_TOP;
  assign no_product_d = a.zero || b.zero;

  always_ff @(posedge clk_i) begin
    info1_q      <= info_d;
    signs1_q <= signs_d;
    part_q       <= part_d;
    exp_p_q      <= exp_p_d;
    no_product_q <= no_product_d;
    exp_c1_q     <= c.exp;
    sig_c1_q     <= c.sig;
  end

  // ---- stage 2: product, distance ----

  logic [47:0]        product_d, product_q;
  logic signed [10:0] distance;
  logic               at_top;
  logic [6:0]         shift_d, shift_q;
  logic [8:0]         exp2_d, exp2_q, exp3_q, exp4_q;  // of the window's top

  always_comb begin
    product_d = '0;
    if (active_i[2]) begin
      product_d = 48'(part_q[0]) + {8'b0, part_q[1], 8'b0} + {part_q[2], 16'b0};
    end
  end

  assign distance = exp_p_q - 11'(exp_c1_q);
  // Without a product, the addend has to keep all its bits wherever it is.
  assign at_top   = distance < 0 || no_product_q;

  always_comb begin
    if (at_top)                  shift_d = '0;
    else if (distance > ALL_OUT) shift_d = ALL_OUT[6:0];
    else                         shift_d = distance[6:0];
  end

  assign exp2_d = at_top ? 9'(exp_c1_q) : exp_p_q[8:0];

  always_ff @(posedge clk_i) begin
    info2_q   <= info1_q;
    signs2_q <= signs1_q;
    product_q <= product_d;
    sig_c2_q  <= sig_c1_q;
    shift_q   <= shift_d;
    exp2_q    <= exp2_d;
  end

  // ---- stage 3: align, add ----

  logic [WINDOW_W-1:0] aligned, mark_d, mark_q;
  logic [23:0]         lost;
  logic                minus_d, minus_q;
  logic                sticky_d, sticky3_q, sticky4_q;
  logic [WINDOW_W:0]   sum_d, sum_q;

  always_comb begin
    aligned  = '0;
    lost     = '0;
    minus_d  = 1'b0;
    sticky_d = 1'b0;
    sum_d    = '0;
    mark_d   = '0;
    if (active_i[3]) begin
      {aligned, lost} = {sig_c2_q, (ADDEND_L + 24)'(0)} >> shift_q;
      sticky_d        = lost != '0;
      minus_d         = signs2_q.product ^ signs2_q.addend;
      // Ones' complement; stage 4 knows whether one is missing.
      sum_d = (WINDOW_W+1)'({product_q, BELOW'(0)})
              + {1'b0, aligned ^ {WINDOW_W{minus_d}}};
      // A leading one may move up by the exponent less 1.
      mark_d = {1'b1, (WINDOW_W-1)'(0)} >> (exp2_q - 9'd1);
    end
  end

  always_ff @(posedge clk_i) begin
    info3_q   <= info2_q;
    signs3_q <= signs2_q;
    exp3_q    <= exp2_q;
    minus_q   <= minus_d;
    sticky3_q <= sticky_d;
    sum_q     <= sum_d;
    mark_q    <= mark_d;
  end

  // ---- stage 4: magnitude, leading zeros ----

  logic                above;  // a difference whose product is the larger: the sum carries out
  logic [WINDOW_W-1:0] mag_d, mag_q;
  logic                sign_d, sign_q;
  logic [6:0]          zeros_d, zeros_q;

  assign above = minus_q && sum_q[WINDOW_W];

  always_comb begin
    mag_d  = '0;
    sign_d = 1'b0;
    if (active_i[4]) begin
      if (minus_q && !above) mag_d = ~sum_q[WINDOW_W-1:0];
      // What was lost of the addend is between 0 and 1, so the difference less 1 is the whole part.
      else                   mag_d = sum_q[WINDOW_W-1:0] + WINDOW_W'(above && !sticky3_q);
      if (minus_q && mag_d == '0) sign_d = info3_q.rm == RoundDown;
      else                        sign_d = (minus_q && !above) ? signs3_q.addend : signs3_q.product;
    end
  end

  simt_fplzc #(
    .Width(WINDOW_W)
  ) u_zeros (
    .value_i(mag_d | mark_q),
    .count_o(zeros_d)
  );

  always_ff @(posedge clk_i) begin
    info4_q   <= info3_q;
    exp4_q    <= exp3_q;
    sticky4_q <= sticky3_q;
    mag_q     <= mag_d;
    sign_q    <= sign_d;
    zeros_q   <= zeros_d;
  end

  // ---- stage 5: normalise, round, pack ----

  logic [WINDOW_W-1:0] normal;
  logic [8:0]          exp5;
  logic [ROUND_W-1:0]  sig;
  logic [31:0]         rounded;
  fpu_flags_t          rounded_flags;
  fpu_rsp_t            rsp_d;

  always_comb begin
    normal = '0;
    sig    = '0;
    exp5   = '0;
    if (active_i[5]) begin
      normal = mag_q << zeros_q;
      sig    = {normal[WINDOW_W-1 -: 26], normal[WINDOW_W-27:0] != '0 || sticky4_q};
      exp5   = exp4_q - 9'(zeros_q);
    end
  end

  simt_fpround u_round (
    .rm_i    (info4_q.rm),
    .sign_i  (sign_q),
    .exp_i   (exp5),
    .sig_i   (sig),
    .result_o(rounded),
    .flags_o (rounded_flags)
  );

  always_comb begin
    rsp_d = '{flags: rounded_flags, result: 64'(rounded)};
    if (info4_q.special.nan) begin
      rsp_d = '{flags: '{nv: info4_q.special.nv, default: '0}, result: 64'(QUIET)};
    end else if (info4_q.special.infinite) begin
      rsp_d = '{flags: '0, result: 64'({info4_q.special.sign, INFINITY[30:0]})};
    end
  end

  always_ff @(posedge clk_i) rsp_o <= rsp_d;

endmodule
