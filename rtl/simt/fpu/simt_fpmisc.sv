// simt_fpmisc: one lane of all that is neither a sum nor a quotient: signs, minimum and maximum,
// comparisons, class, conversions between binary32 and integers of 32 and 64 bits.
//
// Minimum and maximum are minimumNumber and maximumNumber of IEEE 754-2019, -0 below +0.
//
// Stage 1  unpack; compare; distance from an integer's top; magnitude of an integer
// Stage 2  results that need no rounding; shift to an integer; leading zeros of one, normalise
// Stage 3  round to an integer or to binary32, limit, select
//
// Latency    3 cycles (MISC_LATENCY).
// Throughput 1 operation/cycle.
// Checks     in simt_fpu.
// Plan       rtl/simt/fpu/testplan.hjson
module simt_fpmisc
  import simt_pkg::*;
  import simt_fpu_pkg::*;
(
  input  logic       clk_i,
  // Of the operations in stages 1 to 3: whether there is one, and which. An idle stage computes
  // zeros.
  input  logic [3:1]          active_i,
  input  fpu_op_e             op1_i,
  input  fpu_op_e             op2_i,
  input  fpu_op_e             op3_i,
  input  fpu_req_t            req_i,
  output fpu_rsp_t            rsp_o
);

  // An integer's top is 2^63, which has exponent 190. A number with its leading one 65 places below
  // is less than 1/2, and all of it is sticky.
  localparam logic [7:0] EXP_TOP = 8'd190;
  localparam logic [6:0] ALL_OUT = 7'd65;

  // ---- stage 1: unpack, compare ----

  number_t     a_d, a_q, b_d, b_q;
  logic [31:0] word_a_q, word_b_q;
  logic        less_d, less_q, same_d, same_q;  // a < b with -0 < +0; the same number
  logic [6:0]  down_d, down_q;                  // from the top of an integer
  logic        huge_d, huge_q;                  // 2^64 and above, infinity, NaN
  logic        neg_d, neg1_q, neg2_q;
  logic [63:0] mag_d, mag_q;
  fpu_round_e  rm1_q, rm2_q;

  always_comb begin
    a_d = '0;
    b_d = '0;
    if (active_i[1]) begin
      a_d = unpack(req_i.a);
      b_d = unpack(req_i.b);
    end
  end

  always_comb begin
    less_d = a_d.sign;
    if (a_d.sign == b_d.sign) begin
      less_d = a_d.sign ? req_i.b[30:0] < req_i.a[30:0] : req_i.a[30:0] < req_i.b[30:0];
    end
    same_d = req_i.a == req_i.b || (a_d.zero && b_d.zero);
  end

  always_comb begin
    huge_d = a_d.exp > EXP_TOP;
    down_d = ALL_OUT;
    if (a_d.exp > EXP_TOP - 8'(ALL_OUT)) down_d = 7'(EXP_TOP - a_d.exp);
  end

  always_comb begin
    mag_d = '0;
    neg_d = 1'b0;
    if (active_i[1]) begin
      unique case (op1_i)
        FpuCvtSW:  begin
          neg_d = req_i.x[31];
          mag_d = 64'(signed'(req_i.x[31:0]));
        end
        FpuCvtSWu: mag_d = 64'(req_i.x[31:0]);
        FpuCvtSL:  begin
          neg_d = req_i.x[63];
          mag_d = req_i.x;
        end
        FpuCvtSLu: mag_d = req_i.x;
        default:   neg_d = req_i.a[31];
      endcase
      if (neg_d) mag_d = -mag_d;
    end
  end

  always_ff @(posedge clk_i) begin
    a_q      <= a_d;
    b_q      <= b_d;
    word_a_q <= req_i.a;
    word_b_q <= req_i.b;
    less_q   <= less_d;
    same_q   <= same_d;
    down_q   <= down_d;
    huge_q   <= huge_d;
    neg1_q   <= neg_d;
    mag_q    <= mag_d;
    rm1_q    <= req_i.rm;
  end

  // ---- stage 2: results without rounding; shifts ----

  logic        any_nan, any_snan;
  logic [31:0] smaller, larger;
  logic [9:0]  class_mask;
  logic [31:0] plain_d, plain_q;
  logic        plain_nv_d, plain_nv_q;

  assign any_nan  = a_q.nan || b_q.nan;
  assign any_snan = a_q.snan || b_q.snan;
  assign smaller  = less_q ? word_a_q : word_b_q;
  assign larger   = less_q ? word_b_q : word_a_q;

  always_comb begin
    automatic logic subnormal, normal;
    subnormal  = !a_q.sig[23] && !a_q.zero;
    normal     = a_q.sig[23] && !a_q.infinite && !a_q.nan;
    class_mask = '0;
    class_mask[0] = a_q.sign && a_q.infinite;
    class_mask[1] = a_q.sign && normal;
    class_mask[2] = a_q.sign && subnormal;
    class_mask[3] = a_q.sign && a_q.zero;
    class_mask[4] = !a_q.sign && a_q.zero;
    class_mask[5] = !a_q.sign && subnormal;
    class_mask[6] = !a_q.sign && normal;
    class_mask[7] = !a_q.sign && a_q.infinite;
    class_mask[8] = a_q.snan;
    class_mask[9] = a_q.nan && !a_q.snan;
  end

  always_comb begin
    plain_d    = '0;
    plain_nv_d = 1'b0;
    if (active_i[2]) begin
      unique case (op2_i)
        FpuSgnj:  plain_d = {word_b_q[31], word_a_q[30:0]};
        FpuSgnjn: plain_d = {!word_b_q[31], word_a_q[30:0]};
        FpuSgnjx: plain_d = {word_a_q[31] ^ word_b_q[31], word_a_q[30:0]};
        FpuMin, FpuMax: begin
          plain_nv_d = any_snan;
          if (a_q.nan && b_q.nan)    plain_d = QUIET;
          else if (a_q.nan)          plain_d = word_b_q;
          else if (b_q.nan)          plain_d = word_a_q;
          else if (op2_i == FpuMin)  plain_d = smaller;
          else                       plain_d = larger;
        end
        FpuEq: begin
          plain_nv_d = any_snan;
          plain_d    = 32'(same_q && !any_nan);
        end
        FpuLt: begin
          plain_nv_d = any_nan;
          plain_d    = 32'(less_q && !same_q && !any_nan);
        end
        FpuLe: begin
          plain_nv_d = any_nan;
          plain_d    = 32'((less_q || same_q) && !any_nan);
        end
        FpuClass: plain_d = 32'(class_mask);
        default:  plain_d = '0;
      endcase
    end
  end

  logic [63:0] whole_d, whole_q;       // a's magnitude without its fraction,
  logic        half_d, half_q;         // the fraction's first bit
  logic        rest_d, rest_q;         // and whether there is more
  logic        huge2_q, nan2_q;
  logic [5:0]  zeros;
  logic [63:0] normal;
  logic [26:0] sig_d, sig_q;
  logic [8:0]  exp_d, exp_q;

  always_comb begin
    automatic logic [23:0] below;
    whole_d = '0;
    half_d  = 1'b0;
    below   = '0;
    if (active_i[2]) {whole_d, half_d, below} = {a_q.sig, 65'b0} >> down_q;
    rest_d = below != '0;
  end

  simt_fplzc #(
    .Width(64)
  ) u_zeros (
    .value_i(mag_q),
    .count_o(zeros)
  );

  assign normal = mag_q << zeros;
  assign sig_d  = {normal[63:38], normal[37:0] != '0};
  assign exp_d  = 9'(EXP_TOP) - 9'(zeros);

  always_ff @(posedge clk_i) begin
    plain_q    <= plain_d;
    plain_nv_q <= plain_nv_d;
    whole_q    <= whole_d;
    half_q     <= half_d;
    rest_q     <= rest_d;
    huge2_q    <= huge_q;
    nan2_q     <= a_q.nan;
    sig_q      <= sig_d;
    exp_q      <= exp_d;
    neg2_q     <= neg1_q;
    rm2_q      <= rm1_q;
  end

  // ---- stage 3: round, limit ----

  logic        up;
  logic [64:0] value;    // the rounded integer, with its sign
  logic        fits;
  logic [63:0] highest, limited;
  logic        invalid;
  logic [31:0] rounded;
  fpu_flags_t  rounded_flags;
  fpu_rsp_t    rsp_d;

  assign up = rounds_up(rm2_q, neg2_q, whole_q[0], half_q, rest_q);
  // -(whole + up) is the ones' complement of whole, plus 1 - up.
  assign value = ({1'b0, whole_q} ^ {65{neg2_q}}) + 65'(neg2_q ^ up);

  // The largest of each type as its register gets it. That of a signed type has as complement the
  // smallest; an unsigned one's smallest is 0.
  always_comb begin
    unique case (op3_i)
      FpuCvtWS: begin
        fits    = value[64:31] == '0 || value[64:31] == '1;
        highest = 64'h7fff_ffff;
      end
      FpuCvtWuS: begin
        fits    = value[64:32] == '0;
        highest = '1;
      end
      FpuCvtLS: begin
        fits    = value[64] == value[63];
        highest = {1'b0, 63'h7fff_ffff_ffff_ffff};
      end
      default: begin
        fits    = !value[64];
        highest = '1;
      end
    endcase
  end

  assign invalid = huge2_q || !fits;

  always_comb begin
    limited = value[63:0];
    if (op3_i == FpuCvtWuS)  limited = 64'(signed'(value[31:0]));
    if (invalid)             limited = (neg2_q && !nan2_q) ? ~highest : highest;
  end

  simt_fpround u_round (
    .rm_i    (rm2_q),
    .sign_i  (neg2_q),
    .exp_i   (exp_q),
    .sig_i   (sig_q),
    .result_o(rounded),
    .flags_o (rounded_flags)
  );

  always_comb begin
    rsp_d = '0;
    if (active_i[3]) begin
      unique case (op3_i)
        FpuCvtWS, FpuCvtWuS, FpuCvtLS, FpuCvtLuS: begin
          rsp_d.result   = limited;
          rsp_d.flags.nv = invalid;
          rsp_d.flags.nx = !invalid && (half_q || rest_q);
        end
        FpuCvtSW, FpuCvtSWu, FpuCvtSL, FpuCvtSLu: begin
          rsp_d = '{flags: rounded_flags, result: 64'(rounded)};
        end
        default: begin
          rsp_d.result   = 64'(plain_q);
          rsp_d.flags.nv = plain_nv_q;
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) rsp_o <= rsp_d;

endmodule
