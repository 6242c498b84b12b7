// simt_pick: one of the requests that are up, each in its turn: the first after the one taken last.
//
// Latency    combinational.
module simt_pick #(
  parameter int unsigned Count = 8,
  localparam int unsigned INDEX_W = (Count > 1) ? $clog2(Count) : 1
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic [Count-1:0]   up_i,
  // The pick is taken.
  input  logic               take_i,
  output logic               valid_o,
  output logic [Count-1:0]   pick_o,
  output logic [INDEX_W-1:0] index_o
);

  // Requests after the one taken last.
  logic [Count-1:0] later_q, later, below, first, first_later;

  function automatic logic [Count-1:0] or_below(logic [Count-1:0] set);
    logic [Count-1:0] all;
    all = set;
    for (int unsigned step = 1; step < Count; step *= 2) all |= all << step;
    return all << 1;
  endfunction

  assign later       = up_i & later_q;
  assign first       = up_i & ~or_below(up_i);
  assign first_later = later & ~or_below(later);
  assign pick_o      = (later != '0) ? first_later : first;
  assign valid_o     = up_i != '0;
  assign below       = or_below(pick_o);

  simt_encode #(.Count(Count)) u_index (
    .pick_i (pick_o),
    .index_o(index_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)     later_q <= '0;
    else if (take_i) later_q <= below;
  end

endmodule
