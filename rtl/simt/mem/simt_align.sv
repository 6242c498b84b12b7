// simt_align: what each lane of a load finds in a line, extended to 64 bits.
//
// Latency    combinational.
module simt_align
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8
) (
  input  logic                               valid_i,
  input  logic [1:0]                         size_i,
  input  logic                               sign_i,
  input  logic [Lanes-1:0]                   mask_i,
  input  logic [Lanes-1:0][MEM_OFFSET_W-1:0] offset_i,
  input  logic [MEM_LINE_BITS-1:0]           data_i,
  output logic [Lanes-1:0][63:0]             data_o
);

  always_comb begin
    data_o = '0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      logic [63:0] word;
      logic        top;
      word = '0;
      top  = 1'b0;
      if (valid_i && mask_i[lane]) begin
        word = data_i[64*offset_i[lane][5:3]+:64] >> {offset_i[lane][2:0], 3'd0};
        unique case (size_i)
          2'd0: begin
            top          = sign_i && word[7];
            data_o[lane] = {{56{top}}, word[7:0]};
          end
          2'd1: begin
            top          = sign_i && word[15];
            data_o[lane] = {{48{top}}, word[15:0]};
          end
          2'd2: begin
            top          = sign_i && word[31];
            data_o[lane] = {{32{top}}, word[31:0]};
          end
          default: data_o[lane] = word;
        endcase
      end
    end
  end

endmodule
