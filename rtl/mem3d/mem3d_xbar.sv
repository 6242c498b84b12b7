// mem3d_xbar: who sends to whom; target t takes the source select_o[t].
//
// A source offers each target what it has for it; one that has a single thing offers it to one. The
// parent moves the payloads.
//
// Latency    combinational.
// Throughput 1 transfer/cycle into each target.
// Order      round robin into a target.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_xbar #(
  parameter int unsigned Sources = 2,
  parameter int unsigned Targets = 2,
  localparam int unsigned SOURCE_W = (Sources > 1) ? $clog2(Sources) : 1
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,

  input  logic [Sources-1:0][Targets-1:0]  valid_i,
  output logic [Sources-1:0][Targets-1:0]  ready_o,

  output logic [Targets-1:0]               valid_o,
  input  logic [Targets-1:0]               ready_i,
  output logic [Targets-1:0][SOURCE_W-1:0] select_o
);

  // Requests and grants of a target, a bit per source.
  logic [Targets-1:0][Sources-1:0] request, grant;

  for (genvar t = 0; t < Targets; t++) begin : gen_target
    for (genvar s = 0; s < Sources; s++) begin : gen_request
      assign request[t][s] = valid_i[s][t];
      assign ready_o[s][t] = grant[t][s] && ready_i[t];
    end

    assign valid_o[t] = request[t] != '0;

    if (Sources > 1) begin : gen_choice
      mem3d_arbiter #(
        .Count (Sources)
      ) u_arbiter (
        .clk_i,
        .rst_ni,
        .req_i   (request[t]),
        .take_i  (ready_i[t]),
        .grant_o (grant[t]),
        .index_o (select_o[t])
      );
    end else begin : gen_only
      assign grant[t]    = request[t];
      assign select_o[t] = '0;
    end
  end

  // What moves out of the sources moves into the targets.
  `ASSERT(NothingLost_A, $countones(valid_i & ready_o) == $countones(valid_o & ready_i))

  `COVER(Collision_C, $countones(valid_i) > $countones(valid_o))

endmodule
