// simt_issue: one instruction a clock from any warp whose next one can go; the scoreboard.
//
// An instruction waits until nothing under way writes a register that it reads or writes, until its
// unit takes one, and until the clock in which its result would be written is free. Warps come in
// turn.
// Latency    a register is free for the next instruction in the clock in which it is written.
// Stage      each warp's registers against what is pending, beside each other; choice of a warp.
`include "assert.svh"

module simt_issue
  import simt_pkg::*;
#(
  parameter int unsigned Warps = 8,

  localparam int unsigned WARP_IDX_W = $clog2(Warps)
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic stop_i,

  input  logic [Warps-1:0] valid_i,
  input  uop_t             uop_i [Warps],
  input  logic [Warps-1:0] memory_busy_i,   // accesses of the warp are under way
  input  logic [Warps-1:0] hold_i,          // does not issue
  input  logic             memory_free_i,   // units take one
  input  logic             control_free_i,
  input  logic             div_free_i,
  input  logic             fdiv_free_i,

  output logic [Warps-1:0]      issue_o,    // one-hot, or none
  output logic [WARP_IDX_W-1:0] warp_o,
  output logic                  stalled_data_o,   // none went, and one waited for registers
  output logic                  stalled_unit_o,

  // Results of fixed latency are written in this clock.
  output logic x_fixed_o,
  output logic f_fixed_o,

  // Registers that are written in this clock.
  input  logic                  x_done_i,
  input  logic [WARP_IDX_W-1:0] x_warp_i,
  input  logic [4:0]            x_rd_i,
  input  logic                  f_done_i,
  input  logic [WARP_IDX_W-1:0] f_warp_i,
  input  logic [4:0]            f_rd_i,
  // F instructions under way of each warp, whose flags are not yet there.
  input  logic [Warps-1:0]      flags_done_i [3],
  output logic [Warps-1:0]      busy_o      // something of the warp is under way
);

  // Clocks from issue to the clock in which a result is there, before the one that writes it.
  localparam int unsigned ALU  = 2;
  localparam int unsigned MUL  = 5;
  localparam int unsigned MISC = 5;
  localparam int unsigned FMA  = 7;

  logic [31:0] x_pending_q [Warps], f_pending_q [Warps];
  logic [3:0]  flags_q [Warps];
  // Clocks in which a result of fixed latency comes.
  logic [MUL-1:0] x_slot_q, x_slot_d;
  logic [FMA-1:0] f_slot_q, f_slot_d;

  function automatic logic is_fma(logic [4:0] op);
    return op <= 5'd6;
  endfunction
  function automatic logic is_fdiv(logic [4:0] op);
    return op >= 5'd24;
  endfunction

  logic [Warps-1:0] free_regs, free_unit, want, late_q, want_late;
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      uop_t        uop;
      logic [31:0] x, f;
      logic        x_slot, f_slot, csr_waits;
      uop = uop_i[w];
      x   = x_pending_q[w];
      f   = f_pending_q[w];
      free_regs[w] = !(uop.rs1_x && x[uop.rs1]) && !(uop.rs1_f && f[uop.rs1])
                     && !(uop.rs2_x && x[uop.rs2]) && !(uop.rs2_f && f[uop.rs2])
                     && !(uop.rs3_f && f[uop.rs3]) && !(uop.rd_x && x[uop.rd])
                     && !(uop.rd_f && f[uop.rd]);
      // The flags are complete before a CSR instruction reads them.
      csr_waits = flags_q[w] != '0;
      x_slot = !x_slot_q[ALU];
      f_slot = !f_slot_q[ALU];
      unique case (uop.unit)
        UnitAlu:     free_unit[w] = uop.rd_f ? f_slot : x_slot;
        UnitWarp:    free_unit[w] = x_slot;
        UnitCsr:     free_unit[w] = x_slot && !csr_waits;
        // Nothing is under way that takes longer and writes there.
        UnitMul:     free_unit[w] = 1'b1;
        UnitDiv:     free_unit[w] = div_free_i;
        UnitMem:     free_unit[w] = memory_free_i;
        UnitControl: free_unit[w] = control_free_i && x_slot;
        UnitFpu: begin
          if (is_fdiv(uop.op))     free_unit[w] = fdiv_free_i;
          else if (is_fma(uop.op)) free_unit[w] = 1'b1;
          else                     free_unit[w] = !uop.rd_f || !f_slot_q[MISC];
          if (flags_q[w] == '1) free_unit[w] = 1'b0;
        end
      endcase
      if (uop.illegal) free_unit[w] = control_free_i;
      if (uop.fence && memory_busy_i[w]) free_unit[w] = 1'b0;
      want[w] = valid_i[w] && free_regs[w] && free_unit[w] && !hold_i[w];
    end
    want_late = want & late_q;
    issue_o   = (want_late != '0) ? want_late & (~want_late + 1'b1) : want & (~want + 1'b1);
    warp_o    = '0;
    for (int unsigned w = 0; w < Warps; w++) if (issue_o[w]) warp_o |= WARP_IDX_W'(w);
    stalled_data_o = want == '0 && (valid_i & ~free_regs) != '0;
    stalled_unit_o = want == '0 && (valid_i & free_regs) != '0;
  end

  // What the chosen one will write, and when.
  uop_t chosen;
  logic some;
  assign chosen = uop_i[warp_o];
  assign some   = issue_o != '0 && !chosen.illegal;
  always_comb begin
    x_slot_d = {1'b0, x_slot_q[MUL-1:1]};
    f_slot_d = {1'b0, f_slot_q[FMA-1:1]};
    if (some) begin
      unique case (chosen.unit)
        UnitAlu, UnitWarp, UnitCsr, UnitControl: begin
          if (chosen.rd_x) x_slot_d[ALU-1] = 1'b1;
          if (chosen.rd_f) f_slot_d[ALU-1] = 1'b1;
        end
        UnitMul: if (chosen.rd_x) x_slot_d[MUL-1] = 1'b1;
        UnitFpu: begin
          if (is_fma(chosen.op)) f_slot_d[FMA-1] = 1'b1;
          else if (!is_fdiv(chosen.op)) begin
            if (chosen.rd_x) x_slot_d[MISC-1] = 1'b1;
            if (chosen.rd_f) f_slot_d[MISC-1] = 1'b1;
          end
        end
        default: ;
      endcase
    end
  end
  assign x_fixed_o = x_slot_q[0];
  assign f_fixed_o = f_slot_q[0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      x_pending_q <= '{default: '0};
      f_pending_q <= '{default: '0};
      flags_q     <= '{default: '0};
      x_slot_q    <= '0;
      f_slot_q    <= '0;
      late_q      <= '0;
    end else begin
      x_slot_q <= x_slot_d;
      f_slot_q <= f_slot_d;
      if (issue_o != '0) late_q <= ~((issue_o << 1) - 1'b1);
      for (int unsigned w = 0; w < Warps; w++) begin
        if (x_done_i && x_warp_i == WARP_IDX_W'(w)) x_pending_q[w][x_rd_i] <= 1'b0;
        if (f_done_i && f_warp_i == WARP_IDX_W'(w)) f_pending_q[w][f_rd_i] <= 1'b0;
        if (issue_o[w] && !uop_i[w].illegal) begin
          if (uop_i[w].rd_x) x_pending_q[w][uop_i[w].rd] <= 1'b1;
          if (uop_i[w].rd_f) f_pending_q[w][uop_i[w].rd] <= 1'b1;
        end
        flags_q[w] <= flags_q[w] + 4'(issue_o[w] && !uop_i[w].illegal && uop_i[w].unit == UnitFpu)
                      - 4'(flags_done_i[0][w]) - 4'(flags_done_i[1][w])
                      - 4'(flags_done_i[2][w]);
      end
      if (stop_i) begin
        x_pending_q <= '{default: '0};
        f_pending_q <= '{default: '0};
        flags_q     <= '{default: '0};
        x_slot_q    <= '0;
        f_slot_q    <= '0;
      end
    end
  end
  always_comb begin
    for (int unsigned w = 0; w < Warps; w++) begin
      busy_o[w] = x_pending_q[w] != '0 || f_pending_q[w] != '0 || flags_q[w] != '0;
    end
  end

  `ASSERT(OneWarp_A, $onehot0(issue_o))

endmodule
