// simt_encode: number of the one bit that is set; 0 without one.
//
// Latency    combinational.
module simt_encode #(
  parameter int unsigned Count = 8,
  localparam int unsigned INDEX_W = (Count > 1) ? $clog2(Count) : 1
) (
  input  logic [Count-1:0]   pick_i,
  output logic [INDEX_W-1:0] index_o
);

  // The numbers that have a bit set.
  function automatic logic [Count-1:0] numbers_with(int unsigned place);
    logic [Count-1:0] numbers;
    for (int unsigned at = 0; at < Count; at++) numbers[at] = 1'(at >> place);
    return numbers;
  endfunction

  for (genvar place = 0; place < int'(INDEX_W); place++) begin : gen_place
    localparam logic [Count-1:0] NUMBERS = numbers_with(place);
    assign index_o[place] = (pick_i & NUMBERS) != '0;
  end

endmodule
