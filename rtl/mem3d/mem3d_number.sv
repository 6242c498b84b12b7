// mem3d_number: the number of the one bit that is set, as a balanced OR for each bit of it.
//
// Latency    combinational.
// Nothing    0 where no bit is set.

module mem3d_number #(
  parameter int unsigned Count = 2,
  localparam int unsigned NUMBER_W = (Count > 1) ? $clog2(Count) : 1
) (
  input  logic [Count-1:0]    one_i,      // one-hot, or none
  output logic [NUMBER_W-1:0] number_o
);

  // By bit of a number: the positions whose number has it.
  function automatic logic [NUMBER_W-1:0][Count-1:0] positions();
    logic [NUMBER_W-1:0][Count-1:0] sets = '0;
    for (int unsigned k = 0; k < NUMBER_W; k++) begin
      for (int unsigned i = 0; i < Count; i++) sets[k][i] = ((i >> k) & 1) != 0;
    end
    return sets;
  endfunction
  localparam logic [NUMBER_W-1:0][Count-1:0] POSITIONS = positions();

  for (genvar k = 0; k < NUMBER_W; k++) begin : gen_bit
    assign number_o[k] = (one_i & POSITIONS[k]) != '0;
  end

endmodule
