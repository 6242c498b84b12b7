// npu_dot_shape: what a format means to the datapath, shape = table[format].
//
// A module and not a function: a function's variables have other names at every call, which would
// keep the simulator from sharing the code of several pipelines.
//
// Latency    combinational, part of stage 1 of npu_dot_pipe.
// Golden     golden/src/npu/dot.rs         Plan  rtl/npu/dot/testplan.hjson
module npu_dot_shape
  import npu_pkg::*;
  import npu_dot_pkg::*;
(
  input  format_e format_i,
  output shape_t  shape_o
);

  always_comb begin
    shape_o = '0;
    unique case (format_i)
      Int8: begin
        shape_o.wide   = 1'b1;
        shape_o.is_int = 1'b1;
      end
      Int4: begin
        shape_o.narrow = 1'b1;
        shape_o.is_int = 1'b1;
      end
      Fp16: begin
        shape_o.wide    = 1'b1;
        shape_o.is_word = 1'b1;
      end
      Bf16: begin
        shape_o.wide    = 1'b1;
        shape_o.is_word = 1'b1;
        shape_o.is_bf16 = 1'b1;
      end
      Fp8E4M3, MxFp8E4M3: begin
        shape_o.wide     = 1'b1;
        shape_o.nan_ones = 1'b1;
        shape_o.e8m0     = format_i == MxFp8E4M3;
      end
      Fp8E5M2, MxFp8E5M2: begin
        shape_o.wide      = 1'b1;
        shape_o.man2      = 1'b1;
        shape_o.ieee_byte = 1'b1;
        shape_o.e8m0      = format_i == MxFp8E5M2;
      end
      MxFp6E3M2: begin
        shape_o.wide   = 1'b1;
        shape_o.is_fp6 = 1'b1;
        shape_o.man2   = 1'b1;
        shape_o.e8m0   = 1'b1;
      end
      MxFp6E2M3: begin
        shape_o.wide   = 1'b1;
        shape_o.is_fp6 = 1'b1;
        shape_o.e8m0   = 1'b1;
      end
      MxFp4: begin
        shape_o.narrow = 1'b1;
        shape_o.e8m0   = 1'b1;
      end
      NvFp4: begin
        shape_o.narrow = 1'b1;
        shape_o.ue4m3  = 1'b1;
      end
      default: shape_o = '0;
    endcase
  end

endmodule
