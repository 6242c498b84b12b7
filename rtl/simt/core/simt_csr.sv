// simt_csr: control and status registers of a core's warps and lanes.
//
// One CSR instruction a clock reads all lanes' values and writes what each lane makes of its own;
// of a register that a warp has only one of, the lowest lane's value is written.
// Latency    read values in the same clock, to be registered by whoever asks.
// Stage      choice of a register, and set, clear or exchange.
// Source     RISC-V unprivileged specification 20240411, chapters 6 and 21; docs/simt.md
module simt_csr
  import simt_pkg::*;
#(
  parameter int unsigned Warps = 8,
  parameter int unsigned Lanes = 8,
  parameter int unsigned Core  = 0,

  localparam int unsigned WARP_IDX_W = $clog2(Warps)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // What a CTA's start sets, for one warp.
  input  logic [Warps-1:0] clear_i,

  // A CSR instruction.
  input  logic                  valid_i,
  input  logic [WARP_IDX_W-1:0] warp_i,
  input  logic [Lanes-1:0]      mask_i,
  input  logic [11:0]           address_i,
  input  logic [1:0]            operation_i,    // 1 exchange, 2 set, 3 clear
  input  logic                  writes_i,       // it is one that writes
  input  logic [63:0]           operand_i [Lanes],
  output logic [63:0]           value_o [Lanes],
  output logic                  illegal_o,

  // Values that are kept elsewhere.
  input  logic [2:0][31:0]      tid_i [Lanes],  // of `warp_i`, as all that follows
  input  logic [2:0][31:0]      ctaid_i,
  input  logic [2:0][31:0]      ntid_i,
  input  logic [2:0][31:0]      nctaid_i,
  input  logic [WARP_W-1:0]     warpid_i,
  input  logic [63:0]           args_i,
  input  logic [63:0]           stack_i [Lanes],
  input  logic [63:0]           cycle_i,
  input  logic [63:0]           instret_i,

  // Rounding modes, and flags that F instructions add.
  output logic [2:0]            frm_o [Lanes],  // of `warp_i`
  input  logic                  flags_valid_i,
  input  logic [WARP_IDX_W-1:0] flags_warp_i,
  input  logic [Lanes-1:0]      flags_mask_i,
  input  logic [4:0]            flags_i [Lanes],
  input  logic                  flags2_valid_i,
  input  logic [WARP_IDX_W-1:0] flags2_warp_i,
  input  logic [Lanes-1:0]      flags2_mask_i,
  input  logic [4:0]            flags2_i [Lanes],
  input  logic                  flags3_valid_i,
  input  logic [WARP_IDX_W-1:0] flags3_warp_i,
  input  logic [Lanes-1:0]      flags3_mask_i,
  input  logic [4:0]            flags3_i [Lanes],

  // ECALL and MRET of `warp_i`.
  input  logic                  trap_i,
  input  logic [63:0]           trap_pc_i,
  output logic [63:0]           mtvec_o,
  output logic [63:0]           mepc_o
);

  localparam logic [63:0] CAUSE_ECALL = 64'd11;

  logic [2:0]  frm_q [Warps][Lanes];
  logic [4:0]  flags_q [Warps][Lanes];
  logic [63:0] mtvec_q [Warps], mepc_q [Warps], mcause_q [Warps], mscratch_q [Warps];

  logic [Lanes-1:0] lowest;
  logic [63:0]      new_value [Lanes], new_one;
  logic             known, read_only;

  assign lowest    = mask_i & (~mask_i + 1'b1);
  assign read_only = address_i[11:10] == 2'b11;
  assign illegal_o = !known || (writes_i && read_only);
  assign mtvec_o   = mtvec_q[warp_i];
  assign mepc_o    = mepc_q[warp_i];

  always_comb begin
    known = 1'b1;
    for (int unsigned l = 0; l < Lanes; l++) begin
      frm_o[l] = frm_q[warp_i][l];
      unique case (address_i)
        12'h001: value_o[l] = {59'h0, flags_q[warp_i][l]};
        12'h002: value_o[l] = {61'h0, frm_q[warp_i][l]};
        12'h003: value_o[l] = {56'h0, frm_q[warp_i][l], flags_q[warp_i][l]};
        12'hcc0: value_o[l] = {32'h0, tid_i[l][0]};
        12'hcc1: value_o[l] = {32'h0, tid_i[l][1]};
        12'hcc2: value_o[l] = {32'h0, tid_i[l][2]};
        12'hcc3: value_o[l] = {32'h0, ctaid_i[0]};
        12'hcc4: value_o[l] = {32'h0, ctaid_i[1]};
        12'hcc5: value_o[l] = {32'h0, ctaid_i[2]};
        12'hcc6: value_o[l] = {32'h0, ntid_i[0]};
        12'hcc7: value_o[l] = {32'h0, ntid_i[1]};
        12'hcc8: value_o[l] = {32'h0, ntid_i[2]};
        12'hcc9: value_o[l] = {32'h0, nctaid_i[0]};
        12'hcca: value_o[l] = {32'h0, nctaid_i[1]};
        12'hccb: value_o[l] = {32'h0, nctaid_i[2]};
        12'hccc: value_o[l] = 64'(l);
        12'hccd: value_o[l] = {60'h0, warpid_i};
        12'hcce: value_o[l] = 64'(Lanes);
        12'hccf: value_o[l] = 64'(Core);
        12'hcd0: value_o[l] = args_i;
        12'hcd1: value_o[l] = stack_i[l];
        12'hcd2: value_o[l] = 64'(mask_i);
        12'hc00, 12'hc01: value_o[l] = cycle_i;
        12'hc02: value_o[l] = instret_i;
        12'h305: value_o[l] = mtvec_q[warp_i];
        12'h340: value_o[l] = mscratch_q[warp_i];
        12'h341: value_o[l] = mepc_q[warp_i];
        12'h342: value_o[l] = mcause_q[warp_i];
        12'h105, 12'h180, 12'h300, 12'h301, 12'h302, 12'h303, 12'h304, 12'h306, 12'h343, 12'h344,
        12'h3a0, 12'h3b0, 12'h744, 12'hf11, 12'hf12, 12'hf13, 12'hf14: value_o[l] = '0;
        default: begin
          value_o[l] = '0;
          known      = 1'b0;
        end
      endcase
      unique case (operation_i)
        2'd2:    new_value[l] = value_o[l] | operand_i[l];
        2'd3:    new_value[l] = value_o[l] & ~operand_i[l];
        default: new_value[l] = operand_i[l];
      endcase
    end
    new_one = '0;
    for (int unsigned l = 0; l < Lanes; l++) new_one |= lowest[l] ? new_value[l] : '0;
  end

  // Flags that are added.
  logic       write;
  logic [4:0] more [Warps][Lanes];
  assign write = valid_i && writes_i && !illegal_o;
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        more[w][l] = '0;
        if (flags_valid_i && flags_warp_i == WARP_IDX_W'(w) && flags_mask_i[l]) begin
          more[w][l] |= flags_i[l];
        end
        if (flags2_valid_i && flags2_warp_i == WARP_IDX_W'(w) && flags2_mask_i[l]) begin
          more[w][l] |= flags2_i[l];
        end
        if (flags3_valid_i && flags3_warp_i == WARP_IDX_W'(w) && flags3_mask_i[l]) begin
          more[w][l] |= flags3_i[l];
        end
      end
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      frm_q      <= '{default: '{default: '0}};
      flags_q    <= '{default: '{default: '0}};
      mtvec_q    <= '{default: '0};
      mepc_q     <= '{default: '0};
      mcause_q   <= '{default: '0};
      mscratch_q <= '{default: '0};
    end else begin
      for (int unsigned w = 0; w < Warps; w++) begin
        for (int unsigned l = 0; l < Lanes; l++) begin
          flags_q[w][l] <= flags_q[w][l] | more[w][l];
          if (write && warp_i == WARP_IDX_W'(w) && mask_i[l]) begin
            unique case (address_i)
              12'h001: flags_q[w][l] <= new_value[l][4:0];
              12'h002: frm_q[w][l]   <= new_value[l][2:0];
              12'h003: begin
                flags_q[w][l] <= new_value[l][4:0];
                frm_q[w][l]   <= new_value[l][7:5];
              end
              default: ;
            endcase
          end
          if (clear_i[w]) begin
            frm_q[w][l]   <= '0;
            flags_q[w][l] <= '0;
          end
        end
        if (write && warp_i == WARP_IDX_W'(w)) begin
          unique case (address_i)
            12'h305: mtvec_q[w]    <= {new_one[63:2], 2'b00};
            12'h340: mscratch_q[w] <= new_one;
            12'h341: mepc_q[w]     <= {new_one[63:2], 2'b00};
            12'h342: mcause_q[w]   <= new_one;
            default: ;
          endcase
        end
        if (trap_i && warp_i == WARP_IDX_W'(w)) begin
          mepc_q[w]   <= trap_pc_i;
          mcause_q[w] <= CAUSE_ECALL;
        end
        if (clear_i[w]) begin
          mtvec_q[w]    <= '0;
          mepc_q[w]     <= '0;
          mcause_q[w]   <= '0;
          mscratch_q[w] <= '0;
        end
      end
    end
  end

endmodule
