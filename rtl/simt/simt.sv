// simt: the SIMT processor: launches, cores, their memory side with its AXI4 port, counters.
//
// docs/simt.md is the contract.
//
// Latency    some tens of clocks from a launch to its first instruction.
// Throughput 1 warp instruction a clock and core; 1 beat a clock of R and of W.
// Golden     golden/src/simt/top.rs Plan  rtl/simt/testplan.hjson
`include "assert.svh"

module simt
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
  parameter int unsigned ICacheBytes = 16384,
  parameter int unsigned DCacheBytes = 16384,
  parameter int unsigned AxiBytes    = 64,
  parameter int unsigned Misses      = 32,
  parameter int unsigned Reads       = 32,
  parameter int unsigned Writes      = 32,
  parameter logic [63:0] MemBase     = 64'h8000_0000,
  parameter logic [63:0] MemBytes    = 64'h8000_0000
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic    launch_valid_i,
  output logic    launch_ready_o,
  input  launch_t launch_i,
  output logic    done_valid_o,
  input  logic    done_ready_i,
  output fault_t  done_o,

  output logic    aw_valid_o,
  input  logic    aw_ready_i,
  output axi_ax_t aw_o,
  output logic    w_valid_o,
  input  logic    w_ready_i,
  output axi_w_t  w_o,
  input  logic    b_valid_i,
  output logic    b_ready_o,
  input  axi_b_t  b_i,
  output logic    ar_valid_o,
  input  logic    ar_ready_i,
  output axi_ax_t ar_o,
  input  logic    r_valid_i,
  output logic    r_ready_o,
  input  axi_r_t  r_i,

  output counters_t   [Cores-1:0] counters_o,
  output logic        [63:0]      cycle_o,
  output trace_t      [Cores-1:0] trace_o,
  output logic        [Cores-1:0] access_valid_o,
  output mem_access_t [Cores-1:0] access_o
);

  if (Cores < 1 || Cores > 4) begin : gen_cores_check
    $error("simt: Cores is %0d, needs to be 1 to 4", Cores);
  end

  launch_t          launch;
  logic             empty, halt, stop;
  logic [Cores-1:0] cta_valid, cta_ready, idle;
  cta_t             cta;
  logic [Warps-1:0] used [Cores];
  fault_t           fault [Cores];

  logic           [Cores-1:0] req_valid, req_ready, rsp_valid, rsp_ready;
  logic           [Cores-1:0] fetch_valid, fetch_ready, fetch_rsp_valid, error_valid;
  mem_req_t       [Cores-1:0] req;
  mem_rsp_t       [Cores-1:0] rsp;
  mem_fetch_rsp_t [Cores-1:0] fetch_rsp;
  mem_error_t     [Cores-1:0] error;
  mem_event_t     [Cores-1:0] mem_event;
  core_event_t    [Cores-1:0] core_event;
  logic           [Cores-1:0][MEM_ADDR_W-1:0] fetch_addr;
  logic           [Cores-1:0][MEM_WARPS-1:0]  busy;

  // An error response ends the launch; the lowest core's counts.
  fault_t memory_fault_d, memory_fault_q;
  always_comb begin
    memory_fault_d = '0;
    for (int unsigned k = 0; k < Cores; k++) begin
      if (error_valid[Cores-1-k]) begin
        memory_fault_d.valid   = 1'b1;
        memory_fault_d.cause   = FaultMemory;
        memory_fault_d.core    = 2'(Cores - 1 - k);
        memory_fault_d.warp    = error[Cores-1-k].warp;
        memory_fault_d.address = 64'(error[Cores-1-k].addr);
      end
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) memory_fault_q <= '0;
    else         memory_fault_q <= memory_fault_d;
  end

  simt_launch #(
    .Cores      (Cores),
    .Warps      (Warps),
    .Lanes      (Lanes),
    .SharedBytes(SharedBytes),
    .MemBase    (MemBase),
    .MemBytes   (MemBytes)
  ) u_launch (
    .clk_i,
    .rst_ni,
    .launch_valid_i,
    .launch_ready_o,
    .launch_i,
    .done_valid_o,
    .done_ready_i,
    .done_o,
    .launch_o      (launch),
    .cycle_o,
    .empty_o       (empty),
    .halt_o        (halt),
    .stop_o        (stop),
    .cta_valid_o   (cta_valid),
    .cta_ready_i   (cta_ready),
    .cta_o         (cta),
    .used_i        (used),
    .fault_i       (fault),
    .idle_i        (idle),
    .memory_error_i(memory_fault_q.valid),
    .memory_fault_i(memory_fault_q)
  );

  for (genvar core = 0; core < int'(Cores); core++) begin : gen_core
    simt_core #(
      .Warps      (Warps),
      .Lanes      (Lanes),
      .ICacheBytes(ICacheBytes),
      .Core       (core),
      .Cores      (Cores),
      .MemBase    (MemBase),
      .MemBytes   (MemBytes)
    ) u_core (
      .clk_i,
      .rst_ni,
      .launch_i         (launch),
      .cycle_i          (cycle_o),
      .empty_i          (empty),
      .halt_i           (halt),
      .stop_i           (stop),
      .cta_valid_i      (cta_valid[core]),
      .cta_ready_o      (cta_ready[core]),
      .cta_i            (cta),
      .used_o           (used[core]),
      .fault_o          (fault[core]),
      .idle_o           (idle[core]),
      .req_valid_o      (req_valid[core]),
      .req_ready_i      (req_ready[core]),
      .req_o            (req[core]),
      .rsp_valid_i      (rsp_valid[core]),
      .rsp_ready_o      (rsp_ready[core]),
      .rsp_i            (rsp[core]),
      .busy_i           (busy[core]),
      .fetch_valid_o    (fetch_valid[core]),
      .fetch_ready_i    (fetch_ready[core]),
      .fetch_addr_o     (fetch_addr[core]),
      .fetch_rsp_valid_i(fetch_rsp_valid[core]),
      .fetch_rsp_i      (fetch_rsp[core]),
      .event_o          (core_event[core]),
      .trace_o          (trace_o[core])
    );

    simt_counters u_counters (
      .clk_i,
      .rst_ni,
      .clear_i   (empty),
      .core_i    (core_event[core]),
      .mem_i     (mem_event[core]),
      .counters_o(counters_o[core])
    );
  end

  simt_mem #(
    .Cores      (Cores),
    .Warps      (Warps),
    .Lanes      (Lanes),
    .SharedBytes(SharedBytes),
    .DCacheBytes(DCacheBytes),
    .AxiBytes   (AxiBytes),
    .Misses     (Misses),
    .Reads      (Reads),
    .Writes     (Writes)
  ) u_mem (
    .clk_i,
    .rst_ni,
    .req_valid_i      (req_valid),
    .req_ready_o      (req_ready),
    .req_i            (req),
    .rsp_valid_o      (rsp_valid),
    .rsp_ready_i      (rsp_ready),
    .rsp_o            (rsp),
    .fetch_valid_i    (fetch_valid),
    .fetch_ready_o    (fetch_ready),
    .fetch_addr_i     (fetch_addr),
    .fetch_rsp_valid_o(fetch_rsp_valid),
    .fetch_rsp_o      (fetch_rsp),
    .access_valid_o,
    .access_o,
    .busy_o           (busy),
    .empty_i          (empty),
    .error_valid_o    (error_valid),
    .error_o          (error),
    .event_o          (mem_event),
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

  `COVER(Launched_C, launch_valid_i && launch_ready_o)
  `COVER(MemoryError_C, memory_fault_q.valid)

endmodule
