// mem3d_spread: a port's reads -> their vaults; a queue for each, so that one that is busy keeps no
// other waiting.
//
// Latency    combinational while the vault takes it or its queue is empty.
// Throughput 1 request/cycle in, 1 request/cycle to each vault.
// Order      kept for each vault.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_spread
  import mem3d_pkg::*;
#(
  parameter int unsigned Vaults = 2,
  // Requests that wait for each vault.
  parameter int unsigned Depth  = 4
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   req_valid_i,
  output logic                   req_ready_o,
  input  logic [VAULT_W-1:0]     req_vault_i,
  input  vault_rd_t              req_i,

  output logic      [Vaults-1:0] vault_valid_o,
  input  logic      [Vaults-1:0] vault_ready_i,
  output vault_rd_t [Vaults-1:0] vault_o
);

  // Whose request it is, and whose queues have room.
  logic [Vaults-1:0] mine, room, waits;

  for (genvar v = 0; v < Vaults; v++) begin : gen_vault
    logic      push;
    vault_rd_t first;
    logic [$clog2(Depth+1)-1:0] waiting;

    assign mine[v]          = req_vault_i == VAULT_W'(v);
    assign vault_valid_o[v] = waits[v] || (req_valid_i && mine[v]);
    assign vault_o[v]       = waits[v] ? first : req_i;
    // What the vault does not take at once waits for it, where there is room.
    assign push             = req_valid_i && mine[v] && (waits[v] || !vault_ready_i[v]);

    common_fifo #(
      .Width ($bits(vault_rd_t)),
      .Depth (Depth)
    ) u_waiting (
      .clk_i,
      .rst_ni,
      .in_valid_i  (push),
      .in_ready_o  (room[v]),
      .in_i        (req_i),
      .out_valid_o (waits[v]),
      .out_ready_i (vault_ready_i[v]),
      .out_o       (first),
      .occupancy_o (waiting)
    );

    `COVER(Full_C, req_valid_i && mine[v] && 32'(waiting) == Depth)
  end

  assign req_ready_o = (mine & room) != '0;

  // A request is for a vault that is there.
  `ASSERT(VaultExists_A, req_valid_i |-> mine != '0)
  `COVER(Overtakes_C, req_valid_i && req_ready_o && (waits & ~mine) != '0)

endmodule
