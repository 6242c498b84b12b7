// simt_fplzc: count_o, the number of zeros above the leading one of value_i; 0 for a value of 0.
//
// A tree in which each bit learns whether a one is at or above it, log2(Width) levels of OR; the
// first such bit is the leading one, and each bit of the count is the OR of its possible places.
//
// Latency    none: combinational, about 2 * log2(Width) + 2 gates deep.
module simt_fplzc #(
  parameter int unsigned Width = 32
) (
  input  logic [Width-1:0]         value_i,
  output logic [$clog2(Width)-1:0] count_o
);

  localparam int unsigned COUNT_W = $clog2(Width);

  // PLACES[b] has the places whose distance from the top has bit b set.
  function automatic logic [COUNT_W-1:0][Width-1:0] places();
    logic [COUNT_W-1:0][Width-1:0] all;
    for (int unsigned b = 0; b < COUNT_W; b++) begin
      for (int unsigned i = 0; i < Width; i++) all[b][Width-1-i] = 1'((i >> b) & 1);
    end
    return all;
  endfunction

  localparam logic [COUNT_W-1:0][Width-1:0] PLACES = places();

  logic [Width-1:0] seen, first;

  always_comb begin
    seen = value_i;
    for (int unsigned k = 0; k < COUNT_W; k++) seen = seen | (seen >> (1 << k));
  end

  assign first = seen & ~(seen >> 1);

  for (genvar b = 0; b < COUNT_W; b++) begin : gen_count
    assign count_o[b] = |(first & PLACES[b]);
  end

endmodule
