// mem3d_vault_timers: row state and timing of all banks; *_ok_o[b] = that command may go to b now.
//
// A counter holds the clocks until its command is allowed and is loaded by the commands before it.
// Latency    a command of this clock counts from the next one on.
// Stage      one counter step, or one maximum, or for an auto-precharge one maximum and one sum.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_timers
  import mem3d_pkg::*;
  import mem3d_timing_pkg::*;
#(
  parameter int unsigned Groups   = 4,
  parameter int unsigned PerGroup = 4,
  parameter timing_t     T        = '0,

  localparam int unsigned BANKS = Groups * PerGroup
) (
  input  logic clk_i,
  input  logic rst_ni,

  // Commands issued in this clock, the bank one-hot, or none.
  input  logic             act_i,
  input  logic [BANKS-1:0] act_bank_i,
  input  logic [ROW_W-1:0] act_row_i,
  input  logic             col_i,
  input  logic             col_write_i,
  input  logic [BANKS-1:0] col_bank_i,
  input  logic [BANKS-1:0] col_ap_bank_i,   // the bank too, if the burst closes its row
  input  logic [BANKS-1:0] pre_bank_i,
  input  logic             ref_ab_i,
  input  logic [BANKS-1:0] ref_pb_i,
  input  logic [BANKS-1:0] rfm_i,

  output logic [BANKS-1:0]            open_o,
  output logic [ROW_W-1:0]            row_o [BANKS], // the open row, or the one that was open last
  output logic [BANKS-1:0]            act_ok_o,
  output logic [BANKS-1:0]            pre_ok_o,
  output logic [BANKS-1:0]            rd_ok_o,
  output logic [BANKS-1:0]            wr_ok_o,
  output logic [BANKS-1:0]            idle_o      // precharged, and nothing to wait for
);

  // The longest wait of a bank is a refresh, or a row cycle with a burst at its end; of a column,
  // at most all of its waits.
  localparam int unsigned REFRESH = (T.rfc_ab > T.rfc_pb) ? 32'(T.rfc_ab) : 32'(T.rfc_pb);
  localparam int unsigned MANAGED = (REFRESH > 32'(T.rfm)) ? REFRESH : 32'(T.rfm);
  localparam int unsigned CYCLE   = 32'(T.rc) + 32'(T.wtp) + 32'(T.rtp) + 32'(T.rp);
  localparam int unsigned ROW_C   = $clog2(((MANAGED > CYCLE) ? MANAGED : CYCLE) + 1);
  localparam int unsigned COL_C = $clog2(T.wtp + T.ras + T.rtp + T.rcd + T.wtr_l + T.rtw + T.ccd_l
                                         + 1);
  localparam int unsigned REF_C = $clog2(T.rrefd + T.rrd_l + 1);
  // A fifth ACT waits until the first of four has left this history.
  localparam int unsigned FAW_W = 32'(T.faw) - 1;

  localparam logic [ROW_C-1:0] RC     = ROW_C'(T.rc - 1);
  localparam logic [ROW_C-1:0] RP     = ROW_C'(T.rp);
  localparam logic [ROW_C-1:0] RFC_AB = ROW_C'(T.rfc_ab - 1);
  localparam logic [ROW_C-1:0] RFC_PB = ROW_C'(T.rfc_pb - 1);
  localparam logic [ROW_C-1:0] RFM    = ROW_C'(T.rfm - 1);
  localparam logic [COL_C-1:0] RCD    = COL_C'(T.rcd - 1);
  localparam logic [COL_C-1:0] RAS    = COL_C'(T.ras - 1);
  localparam logic [COL_C-1:0] RTP    = COL_C'(T.rtp);
  localparam logic [COL_C-1:0] WTP    = COL_C'(T.wtp);

  logic [BANKS-1:0]            open_q, open_d;
  logic [ROW_W-1:0]            row_q [BANKS], row_d [BANKS];
  logic [ROW_C-1:0]            act_q [BANKS], act_d [BANKS];  // until ACT
  logic [COL_C-1:0]            pre_q [BANKS], pre_d [BANKS];  // until PRE
  logic [COL_C-1:0]            rcd_q [BANKS], rcd_d [BANKS];  // until a column command
  logic [COL_C-1:0]            rd_l_q [Groups], rd_l_d [Groups], wr_l_q [Groups], wr_l_d [Groups];
  logic [COL_C-1:0]            rd_s_q, rd_s_d, wr_s_q, wr_s_d;
  logic [REF_C-1:0]            rrd_l_q [Groups], rrd_l_d [Groups];
  logic [REF_C-1:0]             rrd_s_q, rrd_s_d;
  logic [FAW_W-1:0]             faw_q;
  logic [2:0]                   faw_count_q, faw_count_d;

  function automatic logic [COL_C-1:0] col_max(logic [COL_C-1:0] a, logic [COL_C-1:0] b);
    return (a > b) ? a : b;
  endfunction
  function automatic logic [ROW_C-1:0] row_max(logic [ROW_C-1:0] a, logic [ROW_C-1:0] b);
    return (a > b) ? a : b;
  endfunction
  function automatic logic [COL_C-1:0] col_step(logic [COL_C-1:0] a);
    return (a == '0) ? '0 : a - 1'b1;
  endfunction
  function automatic logic [ROW_C-1:0] row_step(logic [ROW_C-1:0] a);
    return (a == '0) ? '0 : a - 1'b1;
  endfunction
  function automatic logic [REF_C-1:0] ref_step(logic [REF_C-1:0] a);
    return (a == '0) ? '0 : a - 1'b1;
  endfunction

  // The values after each command are there before it is known which command comes, bursts last of
  // all.
  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < BANKS; b++) begin
      logic [COL_C-1:0] recovery, closing;
      logic [ROW_C-1:0] act_stepped, act_closed, act_other;
      logic             open_other;
      // From this column command to the precharge of its bank.
      recovery    = col_write_i ? WTP : RTP;
      closing     = col_max(pre_q[b], recovery);
      act_stepped = row_step(act_q[b]);
      act_closed  = row_max(act_stepped, ROW_C'(closing) + RP - 1'b1);
      rcd_d[b]    = act_bank_i[b] ? RCD : col_step(rcd_q[b]);
      row_d[b]    = act_bank_i[b] ? act_row_i : row_q[b];
      // Of a precharged bank a PRE changes nothing.
      act_other   = act_stepped;
      if (pre_bank_i[b] && open_q[b]) act_other = row_max(act_stepped, RP - 1'b1);
      if (ref_ab_i)                   act_other = RFC_AB;
      if (ref_pb_i[b])                act_other = RFC_PB;
      if (rfm_i[b])                   act_other = RFM;
      if (act_bank_i[b])              act_other = RC;
      act_d[b]    = col_ap_bank_i[b] ? act_closed : act_other;
      open_other  = (open_q[b] && !pre_bank_i[b]) || act_bank_i[b];
      open_d[b]   = open_other && !col_ap_bank_i[b];
      pre_d[b]    = col_bank_i[b] ? closing - 1'b1 : act_bank_i[b] ? RAS : col_step(pre_q[b]);
    end
  end

  // Column commands of a group, and of any.
  always_comb begin
    logic [COL_C-1:0] rd_s_next, wr_s_next;
    rd_s_next = col_max(col_step(rd_s_q), col_write_i ? COL_C'(T.wtr_s - 1) : COL_C'(T.ccd_s - 1));
    wr_s_next = col_max(col_step(wr_s_q), col_write_i ? COL_C'(T.ccd_s - 1) : COL_C'(T.rtw - 1));
    rd_s_d    = col_i ? rd_s_next : col_step(rd_s_q);
    wr_s_d    = col_i ? wr_s_next : col_step(wr_s_q);
    for (int unsigned g = 0; g < Groups; g++) begin
      logic             here;
      logic [COL_C-1:0] rd_l_next, wr_l_next;
      here      = col_bank_i[g*PerGroup+:PerGroup] != '0;
      rd_l_next = col_max(col_step(rd_l_q[g]),
                          col_write_i ? COL_C'(T.wtr_l - 1) : COL_C'(T.ccd_l - 1));
      wr_l_next = col_write_i ? col_max(col_step(wr_l_q[g]), COL_C'(T.ccd_l - 1))
                              : col_step(wr_l_q[g]);
      rd_l_d[g] = here ? rd_l_next : col_step(rd_l_q[g]);
      wr_l_d[g] = here ? wr_l_next : col_step(wr_l_q[g]);
    end
  end

  // ACTs of a group, of any, and of a window; a per-bank refresh holds other banks' ACTs back too.
  always_comb begin
    rrd_s_d = ref_step(rrd_s_q);
    // Nothing is left of an earlier distance when the next of these commands comes.
    if (act_i) rrd_s_d = REF_C'(T.rrd_s - 1);
    if (ref_pb_i != '0 || rfm_i != '0) rrd_s_d = REF_C'(T.rrefd - 1);
    for (int unsigned g = 0; g < Groups; g++) begin
      rrd_l_d[g] = ref_step(rrd_l_q[g]);
      if (act_i && act_bank_i[g*PerGroup+:PerGroup] != '0) begin
        rrd_l_d[g] = REF_C'(T.rrd_l - 1);
      end
    end
    faw_count_d = faw_count_q + 3'(act_i) - 3'(faw_q[FAW_W-1]);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q      <= '0;
      row_q       <= '{default: '0};
      act_q       <= '{default: '0};
      pre_q       <= '{default: '0};
      rcd_q       <= '{default: '0};
      rd_l_q      <= '{default: '0};
      wr_l_q      <= '{default: '0};
      rd_s_q      <= '0;
      wr_s_q      <= '0;
      rrd_l_q     <= '{default: '0};
      rrd_s_q     <= '0;
      faw_q       <= '0;
      faw_count_q <= '0;
    end else begin
      open_q      <= open_d;
      row_q       <= row_d;
      act_q       <= act_d;
      pre_q       <= pre_d;
      rcd_q       <= rcd_d;
      rd_l_q      <= rd_l_d;
      wr_l_q      <= wr_l_d;
      rd_s_q      <= rd_s_d;
      wr_s_q      <= wr_s_d;
      rrd_l_q     <= rrd_l_d;
      rrd_s_q     <= rrd_s_d;
      faw_q       <= FAW_W'({faw_q, act_i});
      faw_count_q <= faw_count_d;
    end
  end

  assign open_o = open_q;
  assign row_o  = row_q;
  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < BANKS; b++) begin
      idle_o[b]   = !open_q[b] && act_q[b] == '0;
      act_ok_o[b] = idle_o[b] && rrd_s_q == '0 && rrd_l_q[b/PerGroup] == '0
                    && faw_count_q < 3'd4;
      pre_ok_o[b] = open_q[b] && pre_q[b] == '0;
      rd_ok_o[b]  = open_q[b] && rcd_q[b] == '0 && rd_s_q == '0 && rd_l_q[b/PerGroup] == '0;
      wr_ok_o[b]  = open_q[b] && rcd_q[b] == '0 && wr_s_q == '0 && wr_l_q[b/PerGroup] == '0;
    end
  end

  `ASSERT(ActAllowed_A, act_i == (act_bank_i != '0) && $onehot0(act_bank_i)
          && (act_bank_i & ~act_ok_o) == '0)
  `ASSERT(ReadAllowed_A, col_i && !col_write_i |->
          $onehot(col_bank_i) && (col_bank_i & ~rd_ok_o) == '0)
  `ASSERT(WriteAllowed_A, col_i && col_write_i |->
          $onehot(col_bank_i) && (col_bank_i & ~wr_ok_o) == '0)
  `ASSERT(BurstHasBank_A, col_i == (col_bank_i != '0) && (col_ap_bank_i & ~col_bank_i) == '0)
  `ASSERT(RefreshAllowed_A, ref_ab_i |-> open_q == '0)
  `ASSERT(WindowHolds_A, faw_count_q <= 3'd4)
  `COVER(WindowFull_C, faw_count_q == 3'd4)

endmodule
