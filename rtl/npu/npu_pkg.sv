// npu_pkg: types shared by the blocks of the MAC array side.
//
// Numerics  docs/numerics.md      Block contracts  docs/npu.md
package npu_pkg;

  // Cycles from an operand pair at npu_dot_pipe to its result; its header says what each one does.
  localparam int unsigned DotLatency = 9;

  // Vector formats, coded as in docs/numerics.md. Codes 12 to 15 are reserved.
  typedef enum logic [3:0] {
    Int8      = 4'd0,
    Int4      = 4'd1,
    Fp16      = 4'd2,
    Bf16      = 4'd3,
    Fp8E4M3   = 4'd4,
    Fp8E5M2   = 4'd5,
    MxFp8E4M3 = 4'd6,
    MxFp8E5M2 = 4'd7,
    MxFp6E3M2 = 4'd8,
    MxFp6E2M3 = 4'd9,
    MxFp4     = 4'd10,
    NvFp4     = 4'd11
  } format_e;

  // One dot product: 256-bit operands with their block scales, and the addend.
  // Fields above 32 bits start at multiples of 32, so that testbenches and buses move whole words.
  typedef struct packed {
    format_e      format;
    logic         satfinite;
    logic [31:0]  scale_b;
    logic [31:0]  scale_a;
    logic [31:0]  c;
    logic [255:0] b;
    logic [255:0] a;
  } dot_req_t;

  typedef struct packed {
    logic [31:0] d;
  } dot_rsp_t;

  // One operand vector with its block scales, as it moves along a row or a column.
  typedef struct packed {
    logic [31:0]  scale;
    logic [255:0] data;
  } operand_t;

  // One output tile of the array.
  typedef struct packed {
    logic        preload;    // C is read from the c channel; otherwise it is zero
    logic        satfinite;
    format_e     format;
    logic [15:0] steps;      // K steps of 256 bits, 1 to 65535
  } array_cmd_t;

endpackage
