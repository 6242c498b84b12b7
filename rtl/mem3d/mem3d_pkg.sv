// mem3d_pkg: what crosses the ports of the memory's blocks; docs/mem3d.md says what it means.
package mem3d_pkg;

  // Largest organisation that the structs can name: 32 banks, 64 Ki rows of 32 lines.
  localparam int unsigned BANK_W = 5;
  localparam int unsigned ROW_W  = 16;
  localparam int unsigned LINE_W = 5;
  // A burst of a row: two per line.
  localparam int unsigned BURST_W = LINE_W + 1;
  // Up to 8 ports and 16 vaults.
  localparam int unsigned PORT_W  = 3;
  localparam int unsigned VAULT_W = 4;
  // A place in a port's reorder buffer: up to 512 lines.
  localparam int unsigned PLACE_W = 9;
  // Tag of a read, returned with its data: the port above the place.
  localparam int unsigned TAG_W = PORT_W + PLACE_W;

  localparam int unsigned BURST_BITS = 256;
  localparam int unsigned LINE_BITS  = 2 * BURST_BITS;
  localparam int unsigned LINE_BYTES = LINE_BITS / 8;
  localparam int unsigned LINE_WORDS = LINE_BITS / 64;

  // SECDED codeword: 64 data bits below 8 check bits.
  localparam int unsigned CODE_W = 72;
  // 36 logical lanes carry half a codeword per beat; two spares; eight beats.
  localparam int unsigned LANES  = 36;
  localparam int unsigned SPARES = 2;
  localparam int unsigned BEATS  = 8;
  localparam int unsigned DQ_W   = BEATS * (LANES + SPARES);

  // One read of a line.
  typedef struct packed {
    logic [TAG_W-1:0]  tag;
    logic              urgent;
    logic [ROW_W-1:0]  row;
    logic [BANK_W-1:0] bank;
    logic [LINE_W-1:0] line;
  } vault_rd_t;

  // One write of a line; a strobe per byte, byte 0 lowest.
  typedef struct packed {
    logic [ROW_W-1:0]      row;
    logic [BANK_W-1:0]     bank;
    logic [LINE_W-1:0]     line;
    logic [LINE_BYTES-1:0] strb;
    logic [LINE_BITS-1:0]  data;
  } vault_wr_t;

  // The data of one read; a poison bit per 64-bit word.
  typedef struct packed {
    logic [TAG_W-1:0]      tag;
    logic [LINE_WORDS-1:0] poison;
    logic [LINE_BITS-1:0]  data;
  } vault_rsp_t;

  typedef enum logic [3:0] {
    RowNone  = 4'd0,
    RowPre   = 4'd1,
    RowPreAll = 4'd2,
    RowRefAb = 4'd3,
    RowRefPb = 4'd4,
    RowRfmPb = 4'd5,
    RowPde   = 4'd6,
    RowPdx   = 4'd7,
    RowSre   = 4'd8,
    RowSrx   = 4'd9
  } row_op_e;

  // Command pins of one controller clock.
  typedef struct packed {
    row_op_e             row_op;
    logic [BANK_W-1:0]   row_bank;
    logic                act_valid;
    logic [BANK_W-1:0]   act_bank;
    logic [ROW_W-1:0]    act_row;
    logic                col_valid;
    logic                col_write;
    logic                col_ap;
    logic [BANK_W-1:0]   col_bank;
    logic [BURST_W-1:0]  col_burst;
  } dram_cmd_t;

  // Failed physical lanes, ascending where both are valid.
  typedef struct packed {
    logic [1:0]      fail_valid;
    logic [1:0][5:0] fail_lane;
  } lane_map_t;

  typedef enum logic [1:0] {
    PageOpen     = 2'd0,
    PageClosed   = 2'd1,
    PageAdaptive = 2'd2
  } page_policy_e;

  // Errors put into the next line written after `arm` changes.
  typedef struct packed {
    logic              arm;
    logic [2:0]        word;
    logic [CODE_W-1:0] mask;
  } inject_t;

  // Configuration of a vault, from the registers.
  typedef struct packed {
    page_policy_e page_policy;
    logic         refresh_per_bank;
    logic [3:0]   postpone;        // owed refreshes at which one is forced, 0 .. 8
    logic [8:0]   wq_high;         // entries
    logic [8:0]   wq_low;          // entries
    logic [7:0]   drain_idle;      // cycles
    logic [5:0]   hit_cap;         // column visits; 0 = no cap
    logic [7:0]   age_limit;       // units of 16 cycles; 0 = no limit
    logic [15:0]  pd_idle;         // cycles; 0 = never
    logic [15:0]  sr_idle;         // cycles; 0 = never
    logic [9:0]   rfm_threshold;   // activations; 0 = never
    logic [15:0]  scrub_interval;  // units of 16 cycles; 0 = never
    logic         ecc_enable;      // 0: check bits are written, not looked at
    inject_t      inject;
    lane_map_t    lanes;
  } vault_cfg_t;

  typedef enum logic [1:0] {
    ErrDemand = 2'd0,
    ErrRmw    = 2'd1,
    ErrScrub  = 2'd2
  } err_source_e;

  // One word in error.
  typedef struct packed {
    logic              valid;
    logic              uncorrectable;
    err_source_e       source;
    logic [ROW_W-1:0]  row;
    logic [BANK_W-1:0] bank;
    logic [LINE_W-1:0] line;
    logic [2:0]        word;
    logic [7:0]        syndrome;
  } vault_error_t;

  typedef enum logic [2:0] {
    PowerInit        = 3'd0,
    PowerAwake       = 3'd1,
    PowerDown        = 3'd2,
    PowerSelfRefresh = 3'd3,
    PowerMoving      = 3'd4
  } power_e;

  // What happened in this cycle, and the state after it.
  typedef struct packed {
    vault_error_t error;
    logic         error_lost;    // records of a burst found no place
    logic         row_hit;       // last burst of a request on a row open for another
    logic         forwarded;     // a read answered from the write queue
    logic         merged;        // a write merged into a pending one
    logic         rmw;           // a read-modify-write began
    logic         scrubbed;      // the scrubber finished a line
    logic         draining;      // the bus serves writes
    logic         age_forced;    // a request over the age limit is being preferred
    power_e       power;
    logic [8:0]   reads;         // occupancy of the read queue
    logic [8:0]   writes;        // occupancy of the write queue
  } vault_status_t;

  typedef enum logic [1:0] {
    BurstFixed = 2'd0,
    BurstIncr  = 2'd1,
    BurstWrap  = 2'd2
  } axi_burst_e;

  typedef enum logic [1:0] {
    RespOkay   = 2'd0,
    RespExOkay = 2'd1,
    RespSlvErr = 2'd2,
    RespDecErr = 2'd3
  } axi_resp_e;

  localparam int unsigned AXI_ID_W = 6;

  typedef struct packed {
    logic [AXI_ID_W-1:0] id;
    logic [63:0]         addr;
    logic [7:0]          len;
    logic [2:0]          size;
    logic [1:0]          burst;
    logic [3:0]          qos;
  } axi_ax_t;

  // Data lowest, here and in axi_r_t, so that it lies at a word of a simulator's.
  typedef struct packed {
    logic                  last;
    logic [LINE_BYTES-1:0] strb;
    logic [LINE_BITS-1:0]  data;
  } axi_w_t;

  typedef struct packed {
    logic [AXI_ID_W-1:0] id;
    axi_resp_e           resp;
  } axi_b_t;

  typedef struct packed {
    logic [AXI_ID_W-1:0]   id;
    axi_resp_e             resp;
    logic                  last;
    logic [LINE_WORDS-1:0] poison;
    logic [LINE_BITS-1:0]  data;
  } axi_r_t;

  // Byte of a line, and the number of a line in 64 bits of address.
  localparam int unsigned OFFSET_W    = $clog2(LINE_BYTES);
  localparam int unsigned LINE_ADDR_W = 64 - OFFSET_W;

  // A piece of a burst: its successive beats within one line.
  typedef struct packed {
    logic [AXI_ID_W-1:0] id;
    logic [3:0]          qos;
    logic                refused;  // no burst that this memory serves; all beats in one piece
    logic                last;     // the piece with the burst's last beat
    logic [7:0]          beats;    // less 1
    logic [2:0]          size;
    logic [OFFSET_W-1:0] wrap;     // the bits of an offset that move from beat to beat
    logic [OFFSET_W-1:0] offset;   // of the first beat's first byte
  } axi_piece_t;

  // Where a line is.
  typedef struct packed {
    logic               outside;      // of the memory's capacity; the rest then means nothing
    logic [VAULT_W-1:0] vault;
    logic [ROW_W-1:0]   row;
    logic [BANK_W-1:0]  bank;
    logic [LINE_W-1:0]  line;
  } place_t;

  // AXI4-Lite, 32 bits.
  typedef struct packed {
    logic [15:0] addr;
  } lite_ax_t;

  typedef struct packed {
    logic [31:0] data;
    logic [3:0]  strb;
  } lite_w_t;

  typedef struct packed {
    axi_resp_e resp;
  } lite_b_t;

  typedef struct packed {
    logic [31:0] data;
    axi_resp_e   resp;
  } lite_r_t;

endpackage
