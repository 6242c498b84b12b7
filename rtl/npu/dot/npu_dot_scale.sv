// npu_dot_scale: one block scale of a 4-bit format, scale = sig * 2^(field - bias).
//
// Latency    combinational, part of stage 1 of npu_dot_narrow.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_scale
  import npu_dot_pkg::*;
(
  input  shape_t     shape_i,
  input  logic [7:0] data_i,
  output scale_t     scale_o
);

  always_comb begin
    scale_o = '0;
    if (shape_i.e8m0) begin
      scale_o.nan   = data_i == '1;
      scale_o.field = 9'(data_i) + 9'd1;
      scale_o.sig   = 4'd8;
    end else if (shape_i.ue4m3) begin
      scale_o.nan   = data_i[6:0] == '1;
      scale_o.field = (data_i[6:3] == '0) ? 9'd1 : 9'(data_i[6:3]);
      scale_o.sig   = {data_i[6:3] != '0, data_i[2:0]};
    end
  end

endmodule
