// simt_scatter: the bytes of a line that the lanes of a store write; of lanes that write the same
// byte the highest counts.
//
// Latency    combinational.
module simt_scatter
  import simt_pkg::*;
#(
  parameter int unsigned Lanes = 8
) (
  input  logic                               valid_i,
  input  logic [1:0]                         size_i,
  input  logic [Lanes-1:0]                   mask_i,
  input  logic [Lanes-1:0][MEM_OFFSET_W-1:0] offset_i,
  input  logic [Lanes-1:0][63:0]             data_i,
  output mem_bytes_t                         bytes_o
);

  localparam int unsigned WORDS = MEM_LINE_BYTES / 8;
  // Groups of four lanes are merged on their own, so that no byte passes through all lanes.
  localparam int unsigned GROUPS = Lanes / 4;

  always_comb begin
    bytes_o = '0;
    if (valid_i) begin
      for (int unsigned group = 0; group < GROUPS; group++) begin
        logic [WORDS-1:0][63:0] data;
        logic [WORDS-1:0][7:0]  strb;
        data = '0;
        strb = '0;
        for (int unsigned part = 0; part < 4; part++) begin
          logic [MEM_OFFSET_W-1:0] offset;
          logic [63:0]             word, bits;
          logic [7:0]              lanes;
          offset = offset_i[4*group+part];
          word   = data_i[4*group+part];
          unique case (size_i)
            2'd0: begin
              word  = {8{word[7:0]}};
              lanes = 8'h01;
            end
            2'd1: begin
              word  = {4{word[15:0]}};
              lanes = 8'h03;
            end
            2'd2: begin
              word  = {2{word[31:0]}};
              lanes = 8'h0f;
            end
            default: lanes = 8'hff;
          endcase
          lanes = mask_i[4*group+part] ? lanes << offset[2:0] : '0;
          for (int unsigned at = 0; at < 8; at++) bits[8*at+:8] = {8{lanes[at]}};
          for (int unsigned at = 0; at < WORDS; at++) begin
            if (3'(at) == offset[5:3]) begin
              data[at] = (data[at] & ~bits) | (word & bits);
              strb[at] = strb[at] | lanes;
            end
          end
        end
        for (int unsigned at = 0; at < MEM_LINE_BYTES; at++) begin
          if (strb[at/8][at%8]) bytes_o.data[8*at+:8] = data[at/8][8*(at%8)+:8];
        end
        bytes_o.strb |= strb;
      end
    end
  end

endmodule
