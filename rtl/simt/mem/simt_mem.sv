// simt_mem: memory side of the SIMT processor, from the lanes' addresses to the AXI4 port.
//
// docs/simt.md is the contract.
//
// Latency    4 cycles from a request to the response of a load that hits or is of shared memory.
// Throughput 1 line of memory or row of shared memory a cycle and core; 1 beat a cycle of R and W.
// Golden     golden/src/simt/mem.rs     Plan  rtl/simt/mem/testplan.hjson
`include "assert.svh"

module simt_mem
  import simt_pkg::*;
  import mem3d_pkg::axi_ax_t;
  import mem3d_pkg::axi_w_t;
  import mem3d_pkg::axi_b_t;
  import mem3d_pkg::axi_r_t;
#(
  parameter int unsigned Cores       = 1,
  parameter int unsigned Warps       = 8,
  parameter int unsigned Lanes       = 8,
  parameter int unsigned SharedBytes = 16384,
  parameter int unsigned DCacheBytes = 16384,
  parameter int unsigned AxiBytes    = 64,
  // Lines that a core, and AXI, may have under way; writes with atomics of AXI.
  parameter int unsigned Misses      = 32,
  parameter int unsigned Reads       = 32,
  parameter int unsigned Writes      = 32
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic           [Cores-1:0]  req_valid_i,
  output logic           [Cores-1:0]  req_ready_o,
  input  mem_req_t       [Cores-1:0]  req_i,

  output logic           [Cores-1:0]  rsp_valid_o,
  input  logic           [Cores-1:0]  rsp_ready_i,
  output mem_rsp_t       [Cores-1:0]  rsp_o,

  input  logic           [Cores-1:0]  fetch_valid_i,
  output logic           [Cores-1:0]  fetch_ready_o,
  input  logic           [Cores-1:0][MEM_ADDR_W-1:0] fetch_addr_i,

  output logic           [Cores-1:0]  fetch_rsp_valid_o,
  output mem_fetch_rsp_t [Cores-1:0]  fetch_rsp_o,

  output logic           [Cores-1:0]  access_valid_o,
  output mem_access_t    [Cores-1:0]  access_o,
  output logic           [Cores-1:0][MEM_WARPS-1:0] busy_o,
  input  logic                        empty_i,

  output logic           [Cores-1:0]  error_valid_o,
  output mem_error_t     [Cores-1:0]  error_o,
  output mem_event_t     [Cores-1:0]  event_o,

  output logic                        aw_valid_o,
  input  logic                        aw_ready_i,
  output axi_ax_t                     aw_o,

  output logic                        w_valid_o,
  input  logic                        w_ready_i,
  output axi_w_t                      w_o,

  input  logic                        b_valid_i,
  output logic                        b_ready_o,
  input  axi_b_t                      b_i,

  output logic                        ar_valid_o,
  input  logic                        ar_ready_i,
  output axi_ax_t                     ar_o,

  input  logic                        r_valid_i,
  output logic                        r_ready_o,
  input  axi_r_t                      r_i
);

  if (Warps < 2 || Warps > MEM_WARPS || 2 ** $clog2(Warps) != Warps) begin : gen_warps_check
    $error("simt_mem: Warps is %0d, needs to be 2, 4, 8 or 16", Warps);
  end
  if (Lanes < 4 || Lanes > MEM_LANES || 2 ** $clog2(Lanes) != Lanes) begin : gen_lanes_check
    $error("simt_mem: Lanes is %0d, needs to be 4, 8 or 16", Lanes);
  end

  logic        [Cores-1:0] cmd_valid, cmd_ready, bytes_ready, atomic_ready, taken;
  logic        [Cores-1:0] fill_valid, fill_ready, result_valid, result_ready, snoop_valid;
  logic        [Cores-1:0] load_error, hub_error, hub_error_ready;
  mem_cmd_t    [Cores-1:0] cmd;
  mem_bytes_t  [Cores-1:0] bytes;
  mem_atomic_t [Cores-1:0] atomic;
  logic        [Cores-1:0][MEM_WARPS-1:0] core_busy, hub_busy;
  logic        [MEM_WARP_W-1:0] taken_warp;
  logic        [MEM_LINE_W-1:0] snoop_line;
  mem_fill_t   fill;
  mem_result_t result;
  mem_fetch_rsp_t fetch_rsp;
  mem_error_t  [Cores-1:0] load_failure;
  mem_error_t  hub_failure;

  for (genvar core = 0; core < int'(Cores); core++) begin : gen_core
    simt_mem_core #(
      .Warps      (Warps),
      .Lanes      (Lanes),
      .SharedBytes(SharedBytes),
      .DCacheBytes(DCacheBytes),
      .Misses     (Misses),
      .Snoops     (Cores > 1)
    ) u_core (
      .clk_i,
      .rst_ni,
      .req_valid_i   (req_valid_i[core]),
      .req_ready_o   (req_ready_o[core]),
      .req_i         (req_i[core]),
      .rsp_valid_o   (rsp_valid_o[core]),
      .rsp_ready_i   (rsp_ready_i[core]),
      .rsp_o         (rsp_o[core]),
      .access_valid_o(access_valid_o[core]),
      .access_o      (access_o[core]),
      .busy_o        (core_busy[core]),
      .empty_i,
      .event_o       (event_o[core]),
      .error_valid_o (load_error[core]),
      .error_o       (load_failure[core]),
      .cmd_valid_o   (cmd_valid[core]),
      .cmd_ready_i   (cmd_ready[core]),
      .cmd_o         (cmd[core]),
      .bytes_ready_i (bytes_ready[core]),
      .bytes_o       (bytes[core]),
      .atomic_ready_i(atomic_ready[core]),
      .atomic_o      (atomic[core]),
      .taken_i       (taken[core]),
      .taken_warp_i  (taken_warp),
      .fill_valid_i  (fill_valid[core]),
      .fill_ready_o  (fill_ready[core]),
      .fill_i        (fill),
      .result_valid_i(result_valid[core]),
      .result_ready_o(result_ready[core]),
      .result_i      (result),
      .snoop_valid_i (snoop_valid[core]),
      .snoop_line_i  (snoop_line)
    );

    assign busy_o[core]          = core_busy[core] | hub_busy[core];
    assign hub_error_ready[core] = !load_error[core];
    assign error_valid_o[core]   = load_error[core] || hub_error[core];
    assign error_o[core]         = load_error[core] ? load_failure[core] : hub_failure;
    assign fetch_rsp_o[core]     = fetch_rsp;
  end

  simt_hub #(
    .Cores   (Cores),
    .Warps   (Warps),
    .Lanes   (Lanes),
    .AxiBytes(AxiBytes),
    .Reads   (Reads),
    .Writes  (Writes)
  ) u_hub (
    .clk_i,
    .rst_ni,
    .cmd_valid_i   (cmd_valid),
    .cmd_ready_o   (cmd_ready),
    .cmd_i         (cmd),
    .bytes_ready_o (bytes_ready),
    .bytes_i       (bytes),
    .atomic_ready_o(atomic_ready),
    .atomic_i      (atomic),
    .taken_o       (taken),
    .taken_warp_o  (taken_warp),
    .busy_o        (hub_busy),
    .fill_valid_o  (fill_valid),
    .fill_ready_i  (fill_ready),
    .fill_o        (fill),
    .result_valid_o(result_valid),
    .result_ready_i(result_ready),
    .result_o      (result),
    .fetch_valid_i,
    .fetch_ready_o,
    .fetch_addr_i,
    .fetch_rsp_valid_o,
    .fetch_rsp_o   (fetch_rsp),
    .snoop_valid_o (snoop_valid),
    .snoop_line_o  (snoop_line),
    .error_valid_o (hub_error),
    .error_ready_i (hub_error_ready),
    .error_o       (hub_failure),
    .empty_i,
    .aw_valid_o,
    .aw_ready_i,
    .aw_o,
    .w_valid_o,
    .w_ready_i,
    .w_o,
    .b_valid_i,
    .b_ready_o,
    .b_i,
    .ar_valid_o,
    .ar_ready_i,
    .ar_o,
    .r_valid_i,
    .r_ready_o,
    .r_i
  );

  // The caches are emptied while nothing is under way.
  `ASSUME(EmptyIdle_M, empty_i |-> busy_o == '0)
  // A load in a core's way shows as the request of a line.
  `COVER(AllBusy_C, &busy_o[0][Warps-1:0])
  `COVER(EmptyAfterUse_C, empty_i)

endmodule
