// npu_dot_pkg: widths and types inside the dot-product pipeline.
//
// Exponents. An operand's effective exponent field is its biased exponent, 1 for zeros and
// subnormals. A product's *raw* exponent is the sum of its two fields (in 4-bit formats, a group's
// is the sum of its two scales' fields); 0 stands for "no term", because two fields add up to 2 at
// least. Bias and common MX scales are the same for all products, so they are not added to each:
// instead C's exponent is expressed relative to the raw ones, and the largest exponent is turned
// back into an absolute one at the end.
package npu_dot_pkg;

  // Lanes: a full lane takes a 16-bit element or the lower byte in its place, a half lane the
  // upper byte, a nibble lane four bits.
  localparam int unsigned FULL_LANES  = 16;
  localparam int unsigned HALF_LANES  = 16;
  localparam int unsigned LANES       = FULL_LANES + HALF_LANES;
  localparam int unsigned GROUPS      = 4;
  localparam int unsigned GROUP_LANES = 16;

  // Significands have one bit before the point: 11 bits hold FP16's 1.10, BF16's 1.7 and all bytes;
  // 8 bits hold a byte's 1.3 and the magnitude of an INT8, 128 included.
  localparam int unsigned FULL_SIG_W = 11;
  localparam int unsigned HALF_SIG_W = 8;
  // Raw exponents: BF16 254 + 254 and E8M0 (254 + 1) * 2 need 9 bits; E5M2 31 + 31 needs 6.
  localparam int unsigned RAW_W      = 9;
  localparam int unsigned HALF_RAW_W = 6;
  // Relative exponents: C's reaches from -391 (zero, both MX scales 254) to 411 (2^127, both 0).
  localparam int unsigned REL_W = 10;

  // Fraction bits that survive the alignment (docs/numerics.md, F).
  localparam int unsigned WIDE_F   = 25;
  localparam int unsigned NARROW_F = 35;
  // An aligned product is below 4: 2 integer bits and WIDE_F fraction bits, then its sign.
  localparam int unsigned WIDE_MAG_W = 2 + WIDE_F;
  // Sixteen of them are below 64 in magnitude: 6 integer bits and the sign.
  localparam int unsigned WIDE_SUM_W = 1 + 6 + WIDE_F;
  // C is below 2: 1 integer bit and NARROW_F fraction bits, of which 8- and 16-bit formats cut all
  // but WIDE_F.
  localparam int unsigned C_MAG_W = 1 + NARROW_F;
  // A group's products are multiples of 1/4 and at most 36: |sum of 16| <= 2304 quarters, 13 bits.
  localparam int unsigned GROUP_SUM_W = 13;
  // Times both scales' significands, 1.3 each, at most 225 / 64: |.| <= 518400 / 256, 8 fraction
  // bits; 20 bits with the sign.
  localparam int unsigned GROUP_TERM_W = 20;
  localparam int unsigned GROUP_TERM_F = 8;
  // Aligned: 11 integer bits and NARROW_F fraction bits, then its sign.
  localparam int unsigned GROUP_MAG_W = 11 + NARROW_F;
  // Four groups and C are below 4 * 2025 + 2 < 2^13: 13 integer bits and the sign.
  localparam int unsigned ACC_INT_W = 13;
  localparam int unsigned ACC_W     = 1 + ACC_INT_W + NARROW_F;

  // The exponent of a zero C in 4-bit formats; no largest exponent is below it.
  localparam int EXP_FLOOR = -139;
  // The exponent of a zero C in all others.
  localparam int EXP_ZERO = -133;
  // Exponents counted from EXP_FLOOR: at most E5M2's 30 plus scales of 127 each, 284 + 139 = 423.
  localparam int unsigned BASE_W = 9;

  // What a format means to the datapath.
  typedef struct packed {
    logic wide;       // 8- or 16-bit elements
    logic narrow;     // 4-bit elements
    logic is_int;     // integers, INT32 accumulator
    logic is_word;    // 16-bit elements
    logic is_bf16;    // of these, BF16
    logic is_fp6;     // six bits in a byte
    logic man2;       // byte with two mantissa bits (E5M2, E3M2), else three (E4M3, E2M3)
    logic nan_ones;   // S.1111.111 is NaN (E4M3)
    logic ieee_byte;  // infinities and NaN as in IEEE 754 (E5M2)
    logic e8m0;       // block scales are E8M0
    logic ue4m3;      // block scales are UE4M3
  } shape_t;

  // A block scale of the 4-bit formats, unpacked.
  typedef struct packed {
    logic       nan;
    logic [8:0] field;  // effective exponent field; E8M0: byte + 1; 0 for integers
    logic [3:0] sig;    // 1.3
  } scale_t;

  // Specials among the terms, found in the first stage.
  typedef struct packed {
    logic nan;
    logic pos_inf;
    logic neg_inf;
  } special_t;

  // What a beat carries along beside its operands.
  typedef struct packed {
    logic wide;
    logic narrow;
    logic is_int;
    logic satfinite;
  } ctrl_t;

endpackage
