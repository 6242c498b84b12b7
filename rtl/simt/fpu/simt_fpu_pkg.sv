// simt_fpu_pkg: binary32 as the floating-point units see it.
package simt_fpu_pkg;

  import simt_pkg::*;

  localparam logic [31:0] ONE      = 32'h3f80_0000;
  localparam logic [31:0] QUIET    = 32'h7fc0_0000;  // the canonical NaN
  localparam logic [31:0] INFINITY = 32'h7f80_0000;

  // Rounding works on 24 bits of significand, the two bits behind them, and the OR of the rest.
  localparam int unsigned ROUND_W = 27;

  // The quotient's and the root's bits: 2^0 to 2^-25. A quotient may begin at 2^-1, then these are
  // its 24 bits and the one behind them.
  localparam int unsigned DIV_BITS = 26;

  // A number is (-1)^sign * sig * 2^(exp - 150); exp is 1 for subnormals and zeros.
  typedef struct packed {
    logic        sign;
    logic        zero;
    logic        infinite;
    logic        nan;   // quiet or signalling
    logic        snan;
    logic [7:0]  exp;
    logic [23:0] sig;
  } number_t;

  // What the FMA pipeline makes of its operands.
  typedef struct packed {
    logic add;          // a * 1 + b
    logic mul;          // a * b + 0
    logic neg_product;
    logic neg_addend;
  } fma_op_t;

  // A result that no arithmetic decides.
  typedef struct packed {
    logic nan;
    logic nv;
    logic infinite;
    logic sign;  // of the infinity
  } special_t;

  // What the divider does in a cycle.
  typedef enum logic [2:0] {
    DivIdle      = 3'd0,
    DivNormalise = 3'd1,
    DivIterate   = 3'd2,
    DivShift     = 3'd3,
    DivRound     = 3'd4,
    DivDone      = 3'd5
  } div_state_e;

  function automatic number_t unpack(logic [31:0] x);
    logic    least, most, whole;
    number_t number;
    least = x[30:23] == '0;
    most  = x[30:23] == '1;
    whole = x[22:0] == '0;

    number.sign     = x[31];
    number.zero     = least && whole;
    number.infinite = most && whole;
    number.nan      = most && !whole;
    number.snan     = most && !whole && !x[22];
    number.exp      = {x[30:24], x[23] || least};
    number.sig      = {!least, x[22:0]};
    return number;
  endfunction

  // Whether a magnitude is rounded away from zero.
  function automatic logic rounds_up(fpu_round_e rm, logic sign, logic odd, logic half, logic rest);
    unique case (rm)
      RoundNearestEven: return half && (odd || rest);
      RoundDown:        return sign && (half || rest);
      RoundUp:          return !sign && (half || rest);
      RoundNearestMax:  return half;
      default:          return 1'b0;
    endcase
  endfunction

endpackage
