// common_axi_ram_pkg: what crosses the ports of common_axi_ram, as AXI4 (ARM IHI 0022E) names it.
package common_axi_ram_pkg;

  localparam int unsigned ID_W = 6;
  // A burst does not cross a multiple of 4 KiB (A3.4.1), so only so many address bits count.
  localparam int unsigned PAGE_W = 12;

  typedef enum logic [1:0] {
    BurstFixed = 2'd0,
    BurstIncr  = 2'd1,
    BurstWrap  = 2'd2
  } burst_e;

  typedef enum logic [1:0] {
    RespOkay   = 2'd0,
    RespDecErr = 2'd3
  } resp_e;

  // A request, on AW and AR.
  typedef struct packed {
    logic [ID_W-1:0] id;
    logic [63:0]     addr;
    logic [7:0]      len;
    logic [2:0]      size;
    logic [1:0]      burst;
  } ram_ax_t;

  // One beat of a burst.
  typedef struct packed {
    logic [ID_W-1:0] id;
    logic [63:0]     addr;
    logic            last;
  } ram_beat_t;

  typedef struct packed {
    logic [ID_W-1:0] id;
    resp_e           resp;
  } ram_b_t;

  // What comes with the data of a beat.
  typedef struct packed {
    logic [ID_W-1:0] id;
    resp_e           resp;
    logic            last;
  } ram_r_t;

endpackage
