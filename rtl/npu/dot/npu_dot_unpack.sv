// npu_dot_unpack: one operand vector of 8- or 16-bit elements, x[k] = (-1)^neg * sig * 2^field.
//
// Lanes 0 to 15 are the full ones: lane i takes a 16-bit element, or the lower byte in its place.
// Lanes 16 to 31 are the half ones: lane 16 + i takes the upper byte; idle for 16-bit elements.
//
// Latency    combinational, part of stage 1 of npu_dot_wide.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_unpack
  import npu_dot_pkg::*;
(
  input  shape_t       shape_i,
  input  logic [255:0] data_i,

  output logic [LANES-1:0]        neg_o,
  // Effective exponent field; 0 for zeros and integers.
  output logic [7:0]              full_field_o [FULL_LANES],
  output logic [4:0]              half_field_o [HALF_LANES],
  // Significands 1.10 and 1.7; of integers the magnitude in the upper eight bits.
  output logic [FULL_SIG_W-1:0]   full_sig_o [FULL_LANES],
  output logic [HALF_SIG_W-1:0]   half_sig_o [HALF_LANES],
  // Any element is NaN; which are infinities and, only where the format has these, zeros.
  output logic                    nan_o,
  output logic [LANES-1:0]        inf_o,
  output logic [LANES-1:0]        zero_o
);

  // Infinity without its sign; all patterns above are NaN.
  localparam logic [6:0] BYTE_INF = 7'h7c;
  logic [14:0] word_inf;
  assign word_inf = shape_i.is_bf16 ? 15'h7f80 : 15'h7c00;

  always_comb begin
    neg_o        = '0;
    full_field_o = '{default: '0};
    half_field_o = '{default: '0};
    full_sig_o   = '{default: '0};
    half_sig_o   = '{default: '0};
    if (shape_i.wide && shape_i.is_int) begin
      for (int unsigned i = 0; i < HALF_LANES; i++) begin
        automatic logic [7:0] lower = data_i[16*i +: 8];
        automatic logic [7:0] upper = data_i[16*i+8 +: 8];
        neg_o[i]            = lower[7];
        neg_o[FULL_LANES+i] = upper[7];
        full_sig_o[i]       = {lower[7] ? -lower : lower, 3'b000};
        half_sig_o[i]       = upper[7] ? -upper : upper;
      end
    end else if (shape_i.is_word) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        automatic logic [15:0] x     = data_i[16*i +: 16];
        automatic logic [7:0]  field = shape_i.is_bf16 ? x[14:7] : {3'b000, x[14:10]};
        neg_o[i]        = x[15];
        full_field_o[i] = field | 8'(field == '0 && x[14:0] != '0);
        full_sig_o[i]   = {field != '0, shape_i.is_bf16 ? {x[6:0], 3'b000} : x[9:0]};
      end
    end else if (shape_i.wide) begin
      for (int unsigned i = 0; i < LANES; i++) begin
        automatic logic [7:0] x     = data_i[16*(i%FULL_LANES) + 8*(i/FULL_LANES) +: 8];
        automatic logic [6:0] body  = shape_i.is_fp6 ? {2'b00, x[4:0]} : x[6:0];
        automatic logic [4:0] field = shape_i.man2 ? body[6:2] : {1'b0, body[6:3]};
        automatic logic [4:0] eff   = field | 5'(field == '0 && body != '0);
        automatic logic [7:0] sig   = {field != '0, shape_i.man2 ? {body[1:0], 1'b0} : body[2:0],
                                       4'b0000};
        neg_o[i] = shape_i.is_fp6 ? x[5] : x[7];
        if (i < FULL_LANES) begin
          full_field_o[i%FULL_LANES] = {3'b000, eff};
          full_sig_o[i%FULL_LANES]   = {sig, 3'b000};
        end else begin
          half_field_o[i%FULL_LANES] = eff;
          half_sig_o[i%FULL_LANES]   = sig;
        end
      end
    end
  end

  logic [LANES-1:0] nan;

  always_comb begin
    nan    = '0;
    inf_o  = '0;
    zero_o = '0;
    if (shape_i.is_word) begin
      for (int unsigned i = 0; i < FULL_LANES; i++) begin
        automatic logic [14:0] x = data_i[16*i +: 15];
        nan[i]    = x > word_inf;
        inf_o[i]  = x == word_inf;
        zero_o[i] = x == '0;
      end
    end else if (shape_i.ieee_byte) begin
      for (int unsigned i = 0; i < LANES; i++) begin
        automatic logic [6:0] x = data_i[16*(i%FULL_LANES) + 8*(i/FULL_LANES) +: 7];
        nan[i]    = x > BYTE_INF;
        inf_o[i]  = x == BYTE_INF;
        zero_o[i] = x == '0;
      end
    end else if (shape_i.nan_ones) begin
      for (int unsigned i = 0; i < LANES; i++) nan[i] = data_i[8*i +: 7] == '1;
    end
  end

  assign nan_o = |nan;

endmodule
