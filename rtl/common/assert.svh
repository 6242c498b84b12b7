// Assertion and cover macros: live under Verilator and formal tools, invisible to synthesis.
//
// The label becomes the name in reports: `<Label>_A` assert, `<Label>_M` assume, `<Label>_C` cover.
`ifndef GPNPU_ASSERT_SVH
`define GPNPU_ASSERT_SVH

`ifdef SYNTHESIS
`define ASSERT(__name, __prop, __clk = clk_i, __rst = !rst_ni)
`define ASSUME(__name, __prop, __clk = clk_i, __rst = !rst_ni)
`define COVER(__name, __prop, __clk = clk_i, __rst = !rst_ni)
`else
`define ASSERT(__name, __prop, __clk = clk_i, __rst = !rst_ni)                 \
  __name: assert property (@(posedge __clk) disable iff (__rst) (__prop))      \
    else $error("violated: %s", `"__prop`");
`define ASSUME(__name, __prop, __clk = clk_i, __rst = !rst_ni)                 \
  __name: assume property (@(posedge __clk) disable iff (__rst) (__prop))      \
    else $error("violated by the environment: %s", `"__prop`");
`define COVER(__name, __prop, __clk = clk_i, __rst = !rst_ni)                  \
  __name: cover property (@(posedge __clk) disable iff (__rst) (__prop));
`endif

`endif
