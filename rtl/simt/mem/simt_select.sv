// simt_select: the or of the data of all bits that are set: of the only one, its data.
//
// Latency    combinational, a tree.
module simt_select #(
  parameter int unsigned Count = 8,
  parameter int unsigned Width = 8
) (
  input  logic [Count-1:0]            pick_i,
  input  logic [Count-1:0][Width-1:0] data_i,
  output logic [Width-1:0]            data_o
);

  localparam int unsigned LEVELS = $clog2(Count);
  localparam int unsigned LEAVES = 1 << LEVELS;

  always_comb begin
    logic [LEAVES-1:0][Width-1:0] node;
    node = '0;
    for (int unsigned at = 0; at < Count; at++) begin
      if (pick_i[at]) node[at] = data_i[at];
    end
    for (int unsigned level = 1; level <= LEVELS; level++) begin
      for (int unsigned at = 0; at < (LEAVES >> level); at++) begin
        node[at] = node[2*at] | node[2*at+1];
      end
    end
    data_o = node[0];
  end

endmodule
