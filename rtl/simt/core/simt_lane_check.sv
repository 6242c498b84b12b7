// simt_lane_check: address of one lane's access, and whether it may be; combinational.
//
// Stage      an adder of 64 bits, then comparisons beside each other.
module simt_lane_check
  import simt_pkg::*;
#(
  parameter logic [63:0] MemBase  = 64'h8000_0000,
  parameter logic [63:0] MemBytes = 64'h8000_0000
) (
  input  logic [63:0] base_i,
  input  logic [31:0] offset_i,
  input  logic [1:0]  size_i,
  input  logic [31:0] shared_bytes_i,
  // Stacks of the launch: mask of the bits inside of all of them, and of one; where this lane's is.
  input  logic [63:0] area_mask_i,
  input  logic [63:0] one_mask_i,
  input  logic [63:0] stack_i,

  output logic [63:0] address_o,
  output logic        shared_o,
  output logic        stack_o,      // in the lane's own stack
  output logic        fault_o,
  output fault_e      cause_o
);

  // Lowest bytes of a stack that nobody may touch.
  localparam logic [63:0] GUARD = 64'd64;

  logic misaligned, memory, area, guard;

  assign address_o = base_i + 64'(signed'(offset_i));
  always_comb begin
    unique case (size_i)
      2'd0: misaligned = 1'b0;
      2'd1: misaligned = address_o[0];
      2'd2: misaligned = address_o[1:0] != '0;
      2'd3: misaligned = address_o[2:0] != '0;
    endcase
    shared_o = address_o[63:20] == 44'h400 && {12'h0, address_o[19:0]} < shared_bytes_i;
    memory   = (address_o & ~(MemBytes - 64'd1)) == MemBase;
    area     = ((address_o ^ stack_i) & ~area_mask_i) == '0;
    stack_o  = ((address_o ^ stack_i) & ~one_mask_i) == '0;
    guard    = (address_o & one_mask_i & ~(GUARD - 64'd1)) == '0;
    fault_o  = 1'b1;
    cause_o  = FaultMisaligned;
    if (misaligned)                     cause_o = FaultMisaligned;
    else if (!shared_o && !memory)      cause_o = FaultAccess;
    else if (area && (!stack_o || guard))   cause_o = FaultStack;
    else                                fault_o = 1'b0;
  end

endmodule
