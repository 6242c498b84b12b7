// mem3d_arbiter: round robin, grant = first request at or after the turn.
//
// Latency    combinational from req_i.
// Fairness   after a take the turn is behind the taken one; a grant that is not taken keeps its
//            turn, so that what a stalled channel shows does not change.
// Golden     golden/src/mem3d/top.rs       Plan  rtl/mem3d/testplan.hjson
`include "assert.svh"

module mem3d_arbiter #(
  parameter int unsigned Count = 2,
  localparam int unsigned INDEX_W = (Count > 1) ? $clog2(Count) : 1
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic [Count-1:0]   req_i,
  input  logic               take_i,
  output logic [Count-1:0]   grant_o,
  output logic [INDEX_W-1:0] index_o
);

  if (Count < 1) begin : gen_count_check
    $error("mem3d_arbiter: Count is %0d, needs to be at least 1", Count);
  end

  // Requests whose turn comes before the others'.
  logic [Count-1:0] turn_q;
  logic [Count-1:0] first, upward;

  // All bits from the lowest set one upward, in log2(Count) steps.
  function automatic logic [Count-1:0] fill(logic [Count-1:0] bits);
    for (int unsigned step = 1; step < Count; step <<= 1) bits |= bits << step;
    return bits;
  endfunction

  assign first   = ((req_i & turn_q) != '0) ? req_i & turn_q : req_i;
  assign upward  = fill(first);
  assign grant_o = upward & ~(upward << 1);

  mem3d_number #(
    .Count(Count)
  ) u_index (
    .one_i   (grant_o),
    .number_o(index_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)            turn_q <= '1;
    else if (req_i != '0)   turn_q <= take_i ? upward << 1 : upward;
  end

  // One grant while anything is requested.
  `ASSERT(OneGrant_A, $onehot0(grant_o) && (grant_o != '0) == (req_i != '0))
  `ASSERT(Granted_A, (grant_o & ~req_i) == '0)
  // A grant that was not taken stays.
  `ASSERT(Keeps_A, req_i != '0 && !take_i && (req_i & grant_o) != '0
                   |=> (req_i & $past(grant_o)) == '0 || grant_o == $past(grant_o))

  `COVER(Contended_C, take_i && (req_i & ~grant_o) != '0)
  `COVER(WrapsAround_C, take_i && req_i != '0 && (req_i & turn_q) == '0)

endmodule
