// simt_pkg: types shared by the blocks of the SIMT processor.
//
// Block contracts  docs/simt.md
package simt_pkg;

  // ---- floating-point units ----

  // Cycles from a request to its result.
  localparam int unsigned FMA_LATENCY  = 5;
  localparam int unsigned MISC_LATENCY = 3;

  // Operations, coded as in docs/simt.md. Codes 26 to 31 are reserved.
  typedef enum logic [4:0] {
    FpuAdd    = 5'd0,
    FpuSub    = 5'd1,
    FpuMul    = 5'd2,
    FpuMadd   = 5'd3,
    FpuMsub   = 5'd4,
    FpuNmsub  = 5'd5,
    FpuNmadd  = 5'd6,
    FpuSgnj   = 5'd7,
    FpuSgnjn  = 5'd8,
    FpuSgnjx  = 5'd9,
    FpuMin    = 5'd10,
    FpuMax    = 5'd11,
    FpuEq     = 5'd12,
    FpuLt     = 5'd13,
    FpuLe     = 5'd14,
    FpuClass  = 5'd15,
    FpuCvtWS  = 5'd16,
    FpuCvtWuS = 5'd17,
    FpuCvtLS  = 5'd18,
    FpuCvtLuS = 5'd19,
    FpuCvtSW  = 5'd20,
    FpuCvtSWu = 5'd21,
    FpuCvtSL  = 5'd22,
    FpuCvtSLu = 5'd23,
    FpuDiv    = 5'd24,
    FpuSqrt   = 5'd25
  } fpu_op_e;

  // Rounding modes, coded as `frm` is; 5 to 7 are reserved.
  typedef enum logic [2:0] {
    RoundNearestEven = 3'd0,
    RoundToZero      = 3'd1,
    RoundDown        = 3'd2,
    RoundUp          = 3'd3,
    RoundNearestMax  = 3'd4
  } fpu_round_e;

  // One lane's operands. Fields above 32 bits start at multiples of 32, so that testbenches move
  // whole words.
  typedef struct packed {
    fpu_round_e  rm;
    logic [31:0] c;
    logic [31:0] b;
    logic [31:0] a;
    logic [63:0] x;
  } fpu_req_t;

  // Exceptions, in the order of `fflags`.
  typedef struct packed {
    logic nv;  // invalid operation
    logic dz;  // division by zero
    logic of;  // overflow
    logic uf;  // underflow
    logic nx;  // inexact
  } fpu_flags_t;

  // One lane's result: binary32 in the low half, or an integer as its register gets it.
  typedef struct packed {
    fpu_flags_t  flags;
    logic [63:0] result;
  } fpu_rsp_t;

endpackage
