// simt_pkg: what crosses the ports of the SIMT processor's blocks; docs/simt.md says what it means.
package simt_pkg;

  // Largest machine that the structs can name.
  localparam int unsigned MAX_LANES = 16;
  localparam int unsigned WARP_W    = 4;
  // Number of an instruction under way in its warp.
  localparam int unsigned TAG_W     = 8;
  localparam int unsigned DEPTH_W   = 16;

  // ---- Launches and faults ----
  typedef struct packed {
    logic [63:0]      entry;
    logic [63:0]      args;
    logic [2:0][31:0] grid;
    logic [2:0][31:0] block;
    logic [31:0]      shared_bytes;
    logic [63:0]      stack_base;
    logic [4:0]       stack_log2;
  } launch_t;

  typedef enum logic [2:0] {
    FaultIllegal    = 3'd0,
    FaultMisaligned = 3'd1,
    FaultAccess     = 3'd2,
    FaultStack      = 3'd3,
    FaultBarrier    = 3'd4,
    FaultLaunch     = 3'd5,
    FaultMemory     = 3'd6
  } fault_e;

  typedef struct packed {
    logic                 valid;
    fault_e               cause;
    logic [1:0]           core;
    logic [WARP_W-1:0]    warp;
    logic [MAX_LANES-1:0] mask;
    logic [63:0]          pc;
    logic [63:0]          address;
  } fault_t;

  // ---- Decoded instructions ----
  typedef enum logic [2:0] {
    UnitAlu     = 3'd0,
    UnitMul     = 3'd1,
    UnitDiv     = 3'd2,
    UnitFpu     = 3'd3,
    UnitMem     = 3'd4,
    UnitControl = 3'd5,
    UnitCsr     = 3'd6,
    UnitWarp    = 3'd7
  } unit_e;

  typedef enum logic [3:0] {
    AluAdd  = 4'd0,
    AluSub  = 4'd1,
    AluSll  = 4'd2,
    AluSlt  = 4'd3,
    AluSltu = 4'd4,
    AluXor  = 4'd5,
    AluSrl  = 4'd6,
    AluSra  = 4'd7,
    AluOr   = 4'd8,
    AluAnd  = 4'd9,
    AluB    = 4'd10   // the second operand
  } alu_e;

  typedef enum logic [3:0] {
    CtlBranch = 4'd0,
    CtlJal    = 4'd1,
    CtlJalr   = 4'd2,
    CtlExit   = 4'd3,
    CtlBar    = 4'd4,
    CtlSync   = 4'd5,
    CtlEcall  = 4'd6,
    CtlMret   = 4'd7,
    CtlFenceI = 4'd8
  } control_e;

  typedef enum logic [2:0] {
    WarpAny    = 3'd0,
    WarpAll    = 3'd1,
    WarpBallot = 3'd2,
    WarpShflIdx  = 3'd4,
    WarpShflUp   = 3'd5,
    WarpShflDown = 3'd6,
    WarpShflXor  = 3'd7
  } warp_e;

  typedef struct packed {
    logic        illegal;
    unit_e       unit;
    logic [4:0]  op;         // of the unit: alu_e, control_e, fpu_op_e, mem_op_e, warp_e, funct3
    logic [2:0]  funct3;     // condition, size, rounding mode, CSR operation
    logic        word;       // 32 bits, result extended
    logic [4:0]  rd;
    logic        rd_x;       // writes an x register (never x0)
    logic        rd_f;
    logic [4:0]  rs1;
    logic        rs1_x;
    logic        rs1_f;
    logic [4:0]  rs2;
    logic        rs2_x;
    logic        rs2_f;
    logic [4:0]  rs3;
    logic        rs3_f;
    logic        a_pc;       // first operand: the PC
    logic        b_imm;      // second operand: the immediate
    logic [31:0] imm;
    logic        push;       // call depth
    logic        pop;
    logic        fence;      // waits for all memory accesses of the warp
  } uop_t;

  // ---- CTAs ----

  // A CTA to start on a core: its warps are `first` and those behind it.
  typedef struct packed {
    logic [WARP_W-1:0] first;
    logic [WARP_W:0]   warps;
    logic [2:0][31:0]  ctaid;
    logic [31:0]       shared_base;
  } cta_t;

  // ---- What happens, for a checker ----
  typedef struct packed {
    logic                 valid;
    logic [WARP_W-1:0]    warp;
    logic [TAG_W-1:0]     tag;
    logic [MAX_LANES-1:0] mask;
    logic [31:0]          code;
    logic [63:0]          pc;
  } trace_issue_t;

  typedef struct packed {
    logic                       valid;
    logic [WARP_W-1:0]          warp;
    logic [TAG_W-1:0]           tag;
    logic [4:0]                 rd;
    logic [MAX_LANES-1:0]       mask;
    logic [MAX_LANES-1:0][63:0] data;
  } trace_write_t;

  typedef struct packed {
    logic                      valid;
    logic [WARP_W-1:0]         warp;
    logic [TAG_W-1:0]          tag;
    logic [MAX_LANES-1:0]      mask;
    logic [MAX_LANES-1:0][4:0] flags;
  } trace_flags_t;

  // A CTA is taken; its first warp.
  typedef struct packed {
    logic              valid;
    logic [WARP_W-1:0] warp;
    logic [2:0][31:0]  ctaid;
  } trace_cta_t;

  typedef struct packed {
    trace_cta_t         cta;
    trace_issue_t       issue;
    trace_write_t       x;
    trace_write_t       f;
    trace_flags_t [2:0] flags;
  } trace_t;


  // ---- Counters ----

  // What happened in a clock of a core.
  typedef struct packed {
    logic       issued;         // a warp instruction was executed
    logic [4:0] lanes;          // by so many lanes
    logic       divergent;      // while its warp had more than one path
    logic       split;          // a group of lanes more left a control instruction
    logic       stall_data;     // none was issued: registers were waited for
    logic       stall_unit;     // a unit or the time of a result was
    logic       stall_fetch;    // there was none in any queue
    logic       stall_barrier;  // all warps wait at barriers
  } core_event_t;

  // The same and those of the memory side, since the launch began.
  typedef struct packed {
    logic [63:0] issued;
    logic [63:0] lanes;
    logic [63:0] divergent;
    logic [63:0] splits;
    logic [63:0] stall_data;
    logic [63:0] stall_unit;
    logic [63:0] stall_fetch;
    logic [63:0] stall_barrier;
    logic [63:0] lines;
    logic [63:0] hits;
    logic [63:0] misses;
    logic [63:0] shared;
    logic [63:0] conflicts;
    logic [63:0] atomics;
  } counters_t;

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


  // ---- memory side ----

  // The structs have room for 16 lanes and 16 warps; a configuration uses the lowest ones.
  localparam int unsigned MEM_LANES  = 16;
  localparam int unsigned MEM_WARPS  = 16;
  localparam int unsigned MEM_WARP_W = $clog2(MEM_WARPS);
  localparam int unsigned MEM_TAG_W  = 8;
  localparam int unsigned MEM_ADDR_W = 40;
  // Lines of 64 bytes.
  localparam int unsigned MEM_OFFSET_W   = 6;
  localparam int unsigned MEM_LINE_BYTES = 1 << MEM_OFFSET_W;
  localparam int unsigned MEM_LINE_BITS  = 8 * MEM_LINE_BYTES;
  localparam int unsigned MEM_LINE_W     = MEM_ADDR_W - MEM_OFFSET_W;
  // Shared memory of a core: up to 131072 bytes.
  localparam int unsigned MEM_SHARED_W = 17;

  typedef enum logic [3:0] {
    MemLoad  = 4'd0,
    MemStore = 4'd1,
    MemLr    = 4'd2,
    MemSc    = 4'd3,
    MemSwap  = 4'd4,
    MemAdd   = 4'd5,
    MemXor   = 4'd6,
    MemAnd   = 4'd7,
    MemOr    = 4'd8,
    MemMin   = 4'd9,
    MemMax   = 4'd10,
    MemMinU  = 4'd11,
    MemMaxU  = 4'd12
  } mem_op_e;

  // One warp instruction. Data lowest, here and below, so that it lies at words of a simulator's.
  typedef struct packed {
    logic [MEM_WARP_W-1:0]                warp;
    logic [MEM_TAG_W-1:0]                 tag;
    mem_op_e                              op;
    logic [1:0]                           size;    // 2^size bytes
    logic                                 sign;
    logic                                 fp;
    logic [4:0]                           rd;
    logic [MEM_LANES-1:0]                 mask;
    logic [MEM_LANES-1:0]                 shared;  // addr is an offset in shared memory
    logic [MEM_LANES-1:0][MEM_ADDR_W-1:0] addr;
    logic [MEM_LANES-1:0][63:0]           data;
  } mem_req_t;

  // Results of some lanes.
  typedef struct packed {
    logic [MEM_WARP_W-1:0]      warp;
    logic [MEM_TAG_W-1:0]       tag;
    logic                       fp;
    logic [4:0]                 rd;
    logic                       last;
    logic [MEM_LANES-1:0]       mask;
    logic [MEM_LANES-1:0][63:0] data;
  } mem_rsp_t;

  typedef struct packed {
    logic                     error;
    logic [MEM_LINE_BITS-1:0] data;
  } mem_fetch_rsp_t;

  // These lanes do their access now.
  typedef struct packed {
    logic [MEM_WARP_W-1:0] warp;
    logic [MEM_TAG_W-1:0]  tag;
    logic [MEM_LANES-1:0]  mask;
  } mem_access_t;

  // An error response for the line at addr.
  typedef struct packed {
    logic [MEM_WARP_W-1:0] warp;
    logic [MEM_ADDR_W-1:0] addr;
  } mem_error_t;

  // What happened in this cycle.
  typedef struct packed {
    logic line;      // an access of a line of memory
    logic hit;       // a load found its line in the data cache
    logic miss;      // it did not
    logic shared;    // an access of shared memory
    logic conflict;  // one more cycle of the same request for its bank conflicts
    logic atomic;    // an access that is an AMO, LR or SC
  } mem_event_t;

  // Places of requests that wait for results, and of lines that wait for memory: 64 at most.
  localparam int unsigned MEM_SLOT_W = 6;
  localparam int unsigned MEM_MISS_W = 6;

  // Lanes of one request that are served in one cycle.
  typedef struct packed {
    mem_op_e                                op;
    logic [1:0]                             size;
    logic                                   sign;
    logic [MEM_WARP_W-1:0]                  warp;
    logic [MEM_TAG_W-1:0]                   tag;
    logic [MEM_SLOT_W-1:0]                  slot;
    logic                                   shared;
    logic [MEM_LANES-1:0]                   mask;
    logic [MEM_LANES-1:0]                   may;     // SC: the last LR was of this memory
    logic [MEM_LINE_W-1:0]                  line;
    logic [MEM_LANES-1:0][MEM_SHARED_W-1:0] offset;  // in the line, or in shared memory
    logic [MEM_LANES-1:0][63:0]             data;
  } mem_group_t;

  // Where the lanes of a load find their bytes in a line.
  typedef struct packed {
    logic [MEM_SLOT_W-1:0]                  slot;
    logic [MEM_LANES-1:0]                   mask;
    logic [MEM_LANES-1:0][MEM_OFFSET_W-1:0] offset;
  } mem_target_t;

  typedef enum logic [1:0] {
    HubRead   = 2'd0,
    HubWrite  = 2'd1,
    HubAtomic = 2'd2
  } mem_hub_e;

  // What a core asks of the hub, in its order.
  typedef struct packed {
    mem_hub_e              kind;
    logic [MEM_WARP_W-1:0] warp;
    logic [MEM_MISS_W-1:0] miss;
    logic [MEM_LINE_W-1:0] line;
  } mem_cmd_t;

  // The bytes of a write.
  typedef struct packed {
    logic [MEM_LINE_BYTES-1:0] strb;
    logic [MEM_LINE_BITS-1:0]  data;
  } mem_bytes_t;

  // The lanes of an atomic.
  typedef struct packed {
    mem_op_e                                op;
    logic [1:0]                             size;
    logic                                   sign;
    logic [MEM_SLOT_W-1:0]                  slot;
    logic [MEM_LANES-1:0]                   mask;
    logic [MEM_LANES-1:0]                   may;
    logic [MEM_LANES-1:0][MEM_OFFSET_W-1:0] offset;
    logic [MEM_LANES-1:0][63:0]             data;
  } mem_atomic_t;

  // A line that was read for a core's miss.
  typedef struct packed {
    logic [MEM_MISS_W-1:0]    miss;
    logic                     error;
    logic [MEM_LINE_W-1:0]    line;
    logic [MEM_LINE_BITS-1:0] data;
  } mem_fill_t;

  // Results of an atomic.
  typedef struct packed {
    logic [MEM_SLOT_W-1:0]      slot;
    logic [MEM_LANES-1:0]       mask;
    logic [MEM_LANES-1:0][63:0] data;
  } mem_result_t;

endpackage
