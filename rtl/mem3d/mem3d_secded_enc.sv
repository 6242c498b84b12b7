// mem3d_secded_enc: code = {data * H + poison, data}, a SECDED codeword.
//
// Latency    none, combinational: an XOR of at most 27 bits.
// Golden     golden/src/mem3d/secded.rs
module mem3d_secded_enc
  import mem3d_pkg::*;
  import mem3d_secded_pkg::*;
(
  input  logic [DATA_W-1:0] data_i,
  input  logic              poison_i,
  output logic [CODE_W-1:0] code_o
);

  always_comb begin
    code_o[DATA_W-1:0] = data_i;
    for (int unsigned c = 0; c < CHECK_W; c++) code_o[DATA_W+c] = ^(data_i & ROWS[c]);
    if (poison_i) code_o[CODE_W-1:DATA_W] ^= POISON;
  end

endmodule
