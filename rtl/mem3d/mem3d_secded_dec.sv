// mem3d_secded_dec: data = code with a single wrong bit inverted; two wrong bits are reported.
//
// Latency    none, combinational: an XOR of 28 bits, a comparison of 8, an XOR.
// Golden     golden/src/mem3d/secded.rs
module mem3d_secded_dec
  import mem3d_pkg::*;
  import mem3d_secded_pkg::*;
(
  input  logic [CODE_W-1:0]  code_i,
  output logic [DATA_W-1:0]  data_o,
  output logic [CHECK_W-1:0] syndrome_o,
  output logic               corrected_o,
  output logic               uncorrectable_o
);

  logic [DATA_W-1:0]  flip;
  logic [CHECK_W-1:0] check_flip;

  always_comb begin
    for (int unsigned c = 0; c < CHECK_W; c++) begin
      syndrome_o[c] = ^(code_i[DATA_W-1:0] & ROWS[c]) ^ code_i[DATA_W+c];
    end
    flip       = '0;
    check_flip = '0;
    // A good word, the usual case, needs no comparison.
    if (syndrome_o != '0) begin
      for (int unsigned d = 0; d < DATA_W; d++) flip[d] = syndrome_o == COLUMNS[d];
      for (int unsigned c = 0; c < CHECK_W; c++) check_flip[c] = syndrome_o == 8'(1 << c);
    end
    data_o          = code_i[DATA_W-1:0] ^ flip;
    corrected_o     = flip != '0 || check_flip != '0;
    uncorrectable_o = syndrome_o != '0 && !corrected_o;
  end

endmodule
