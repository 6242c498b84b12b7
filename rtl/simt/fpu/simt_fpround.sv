// simt_fpround: (-1)^sign * sig * 2^(exp - 127), sig with one bit before the point, as binary32.
//
// The number is normalised as far as its exponent allows: sig has its leading one at the top, or
// exp is 1 (a subnormal number), or sig is 0. Its last bit stands for all below it.
//
// Underflow  an inexact result that is tiny after rounding: rounded to 24 bits as if the exponent
//            had no limit it would be below 2^-126 (IEEE 754-2019, 7.5; RISC-V F).
// Latency    none: combinational.
module simt_fpround
  import simt_pkg::*;
  import simt_fpu_pkg::*;
(
  input  fpu_round_e         rm_i,
  input  logic               sign_i,
  input  logic [8:0]         exp_i,
  input  logic [ROUND_W-1:0] sig_i,
  output logic [31:0]        result_o,
  output fpu_flags_t         flags_o
);

  logic        normal, half, inexact, up;
  logic        grows;        // to 2^-126, rounded one place further down than a subnormal is
  logic        over, to_inf;
  logic [31:0] rounded;      // exponent of 9 bits, fraction

  assign normal  = sig_i[26];
  assign half    = sig_i[2];
  assign inexact = sig_i[2:0] != '0;
  assign up      = rounds_up(rm_i, sign_i, sig_i[3], half, sig_i[1:0] != '0);
  assign grows   = sig_i[25:2] == '1 && rounds_up(rm_i, sign_i, 1'b1, sig_i[1], sig_i[0]);

  // A carry out of the fraction is a step of the exponent: of a subnormal to 1, too.
  assign rounded = {exp_i & {9{normal}}, sig_i[25:3]} + 32'(up);

  assign over   = rounded[31] || rounded[30:23] == '1;
  assign to_inf = rm_i == RoundNearestEven || rm_i == RoundNearestMax
                  || rm_i == (sign_i ? RoundDown : RoundUp);

  always_comb begin
    if (!over)       result_o = {sign_i, rounded[30:0]};
    else if (to_inf) result_o = {sign_i, INFINITY[30:0]};
    else             result_o = {sign_i, INFINITY[30:0] - 31'd1};
  end

  assign flags_o = '{
    nv: 1'b0,
    dz: 1'b0,
    of: over,
    uf: inexact && !normal && !grows,
    nx: inexact || over
  };

endmodule
