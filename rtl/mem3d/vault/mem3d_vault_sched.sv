// mem3d_vault_sched: which burst, which row command, which direction; one column and one row
// command a clock.
//
// Column: the nomination of the direction that the bus serves. Row: refresh and power first, then
// the oldest row to open, then a bank to close. The other direction's rows are prepared in banks
// that the serving one does not want, shortly before the bus turns.
// Latency    none from nomination to command; the command pins are a register behind this.
// Stage      a choice among two nominations; whether the burst closes its row is decided beside it,
//            per bank.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_sched
  import mem3d_pkg::*;
#(
  parameter int unsigned Banks        = 16,
  parameter int unsigned WriteEntries = 64,
  parameter int unsigned RowClocks    = 64   // from a row's ACT to the next one's, with a write
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  vault_cfg_t cfg_i,

  // Requests that arrive, and whether their row is the one that is or was open last.
  input  logic             rd_push_i,
  input  logic [Banks-1:0] rd_push_bank_i,
  input  logic             rd_push_same_i,
  input  logic             wr_push_i,
  input  logic [Banks-1:0] wr_push_bank_i,
  input  logic             wr_push_same_i,

  // Reads.
  input  logic             rd_col_valid_i,
  input  logic [Banks-1:0] rd_col_bank_i,
  input  logic             rd_col_last_i,
  input  logic             rd_row_valid_i,
  input  logic [Banks-1:0] rd_row_bank_i,
  input  logic [ROW_W-1:0] rd_row_i,
  input  logic [Banks-1:0] rd_any_i,
  input  logic [Banks-1:0] rd_hits_i,
  input  logic [Banks-1:0] rd_two_hits_i,
  input  logic [Banks-1:0] rd_conflict_i,
  input  logic [Banks-1:0] rd_force_i,
  input  logic             rd_ready_i,
  input  logic             rd_urgent_i,
  input  logic             rd_over_i,
  input  logic [Banks-1:0] urgent_hits_i,
  input  logic [Banks-1:0] urgent_misses_i,
  // Writes.
  input  logic             wr_col_valid_i,
  input  logic [Banks-1:0] wr_col_bank_i,
  input  logic             wr_col_last_i,
  input  logic             wr_row_valid_i,
  input  logic [Banks-1:0] wr_row_bank_i,
  input  logic [ROW_W-1:0] wr_row_i,
  input  logic [Banks-1:0] wr_any_i,
  input  logic [Banks-1:0] wr_hits_i,
  input  logic [Banks-1:0] wr_two_hits_i,
  input  logic [Banks-1:0] wr_conflict_i,
  input  logic [Banks-1:0] wr_force_i,
  input  logic             wr_ready_i,
  input  logic             wr_due_i,
  input  logic [8:0]       wr_count_i,

  // Banks.
  input  logic [Banks-1:0] open_i,
  input  logic [Banks-1:0] act_ok_i,
  input  logic [Banks-1:0] pre_ok_i,
  // Refresh.
  input  logic             block_all_i,
  input  logic [Banks-1:0] block_i,
  input  logic [Banks-1:0] close_i,
  input  logic [Banks-1:0] close_now_i,
  input  row_op_e          op_i,

  // Banks in which each direction may nominate a row, and hits.
  output logic [Banks-1:0] rd_act_ok_o,
  output logic [Banks-1:0] wr_act_ok_o,
  output logic [Banks-1:0] held_o,        // no more hits: the row has to go

  output logic             write_mode_o,
  output logic             col_o,
  output logic [Banks-1:0] col_bank_o,
  output logic [Banks-1:0] col_ap_bank_o,
  output logic             act_o,
  output logic [Banks-1:0] act_bank_o,
  output logic [ROW_W-1:0] act_row_o,
  output logic [Banks-1:0] pre_bank_o     // one-hot, or none
);

  // Rows of the other direction are prepared within so many writes of the turn.
  localparam logic [8:0] PREPARE = 9'((WriteEntries < 64) ? WriteEntries / 4 : 16);

  logic       write_q, write_d;
  logic [7:0] idle_q;

  // ---- Direction ----
  // Reads over age end a drain, though new writes keep the queue full; where writes are due too,
  // the directions take turns of some rows.
  localparam int unsigned TURN_W = $clog2(4 * RowClocks);
  logic [TURN_W:0] turn_q;
  logic            go, stay, yield;
  always_comb begin
    yield   = rd_urgent_i || (rd_over_i && !(wr_due_i && turn_q[TURN_W]));
    go      = wr_count_i >= cfg_i.wq_high || wr_due_i || idle_q >= cfg_i.drain_idle;
    stay    = !rd_ready_i || wr_count_i > cfg_i.wq_low || wr_due_i;
    write_d = wr_ready_i && !yield && (write_q ? stay : go);
  end
  assign write_mode_o = write_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= 1'b0;
      turn_q  <= '0;
      idle_q  <= '0;
    end else begin
      write_q <= write_d;
      turn_q  <= turn_q + 1'b1;
      if (rd_ready_i)            idle_q <= '0;
      else if (idle_q != 8'hff)  idle_q <= idle_q + 1'b1;
    end
  end

  // The serving direction and the other one.
  logic             prepare_q, col_last;
  logic [Banks-1:0] col_bank, ap_bank, hits, two_hits, conflict, other_hits, other_conflict, any;
  logic [Banks-1:0] force_row;
  always_comb begin
    col_last       = write_q ? wr_col_last_i : rd_col_last_i;
    col_bank       = write_q ? wr_col_bank_i : rd_col_bank_i;
    hits           = write_q ? wr_hits_i : rd_hits_i;
    two_hits       = write_q ? wr_two_hits_i : rd_two_hits_i;
    conflict       = write_q ? wr_conflict_i : rd_conflict_i;
    any            = write_q ? wr_any_i : rd_any_i;
    other_hits     = write_q ? rd_hits_i : wr_hits_i;
    other_conflict = write_q ? rd_conflict_i : wr_conflict_i;
    force_row      = write_q ? wr_force_i : rd_force_i;
  end

  // ---- Column ----
  // Visits of the open row while another one is wanted.
  logic [5:0]            streak_q [Banks], streak_d [Banks];
  logic [Banks-1:0]      capped, closes, held_q;
  // 2 and 3: rows of this bank are rarely wanted again.
  logic [1:0]            habit_q [Banks], habit_d [Banks];
  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) begin
      capped[b] = cfg_i.hit_cap != '0 && conflict[b] && streak_q[b] >= cfg_i.hit_cap;
      closes[b] = conflict[b] || cfg_i.page_policy == PageClosed || close_i[b]
                  || (cfg_i.page_policy == PageAdaptive && habit_q[b][1]);
    end
  end
  assign held_o   = held_q;

  // Rows are prepared, and a row's streak ended, a clock later than could be: nothing waits for it.
  // Banks to close for an urgent read: before all others, and before a row opens.
  logic [Banks-1:0] rush_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      prepare_q <= 1'b0;
      held_q    <= '0;
      rush_q    <= '0;
    end else begin
      rush_q    <= open_i & urgent_misses_i & ~urgent_hits_i;
      prepare_q <= write_q ? wr_count_i <= cfg_i.wq_low + PREPARE
                           : wr_count_i + PREPARE >= cfg_i.wq_high || !rd_ready_i;
      held_q    <= capped | force_row | close_now_i;
    end
  end
  assign col_o    = write_q ? wr_col_valid_i : rd_col_valid_i;
  assign ap_bank  = closes & ~two_hits & ~other_hits & {Banks{col_last}};
  assign col_bank_o    = col_bank;
  assign col_ap_bank_o = col_bank & ap_bank;

  // ---- Rows ----
  logic [Banks-1:0] may_act, other_act;
  assign may_act     = act_ok_i & ~block_i & {Banks{!block_all_i}};
  assign other_act   = may_act & ~any & {Banks{prepare_q}};
  assign rd_act_ok_o = write_q ? other_act : may_act;
  assign wr_act_ok_o = write_q ? may_act : other_act;

  logic first_valid, second_valid;
  assign first_valid  = write_q ? wr_row_valid_i : rd_row_valid_i;
  assign second_valid = write_q ? rd_row_valid_i : wr_row_valid_i;
  always_comb begin
    act_o      = (first_valid || second_valid) && op_i == RowNone && (rush_q & pre_ok_i) == '0;
    act_bank_o = (write_q == first_valid) ? wr_row_bank_i : rd_row_bank_i;
    act_row_o  = (write_q == first_valid) ? wr_row_i : rd_row_i;
    if (!act_o) act_bank_o = '0;
  end

  // One bank to close, lowest first: for an urgent read, else for a refresh, for another row of the
  // serving direction, of the other one.
  logic [Banks-1:0] for_refresh, for_row, for_other, pre, want_pre, urgent_pre;
  always_comb begin
    for_refresh = close_i & (~hits | held_q);
    for_row     = conflict & (~hits | held_q);
    for_other   = other_conflict & ~hits & ~conflict & ~other_hits & ~any & {Banks{prepare_q}};
    want_pre    = (for_refresh | for_row | for_other | (open_i & close_now_i)) & pre_ok_i;
    urgent_pre  = want_pre & rush_q;
    pre         = (urgent_pre != '0) ? urgent_pre & (~urgent_pre + 1'b1)
                                     : want_pre & (~want_pre + 1'b1);
    // Not while a burst goes to it, and never with another row command.
    pre_bank_o  = (act_o || op_i != RowNone) ? '0 : pre & ~(col_o ? col_bank : '0);
  end

  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) begin
      streak_d[b] = streak_q[b];
      habit_d[b]  = habit_q[b];
      // The same row again: it is worth keeping open. Another one: it could have been closed.
      if (rd_push_i && rd_push_bank_i[b]) begin
        if (!rd_push_same_i && habit_q[b] != 2'd3) habit_d[b] = habit_q[b] + 1'b1;
        if (rd_push_same_i && habit_q[b] != 2'd0)  habit_d[b] = habit_q[b] - 1'b1;
      end else if (wr_push_i && wr_push_bank_i[b]) begin
        if (!wr_push_same_i && habit_q[b] != 2'd3) habit_d[b] = habit_q[b] + 1'b1;
        if (wr_push_same_i && habit_q[b] != 2'd0)  habit_d[b] = habit_q[b] - 1'b1;
      end
      if (act_o && act_bank_o[b]) begin
        streak_d[b] = '0;
      end else if (col_o && col_bank[b] && col_last && streak_q[b] != '1) begin
        streak_d[b] = streak_q[b] + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      streak_q <= '{default: '0};
      habit_q  <= '{default: '0};
    end else begin
      streak_q <= streak_d;
      habit_q  <= habit_d;
    end
  end

  `ASSERT(OneRowCommand_A, $onehot0({act_o, op_i != RowNone, pre_bank_o != '0}))
  `ASSERT(CloseOpen_A, (pre_bank_o & ~open_i) == '0)
  // The bank that an urgent read waits for closes first.
  `ASSERT(UrgentCloses_A, (want_pre & rush_q) != '0 |-> !act_o && (pre_bank_o & ~rush_q) == '0)
  `COVER(ToWrites_C, !write_q && write_d)
  `COVER(ToReads_C, write_q && !write_d && wr_ready_i)
  `COVER(Prepares_C, act_o && !first_valid && second_valid)
  `COVER(Capped_C, capped != '0)
  `COVER(OverAgeTurn_C, write_q && wr_ready_i && rd_over_i && !write_d)
  `COVER(UrgentTurn_C, write_q && wr_ready_i && rd_urgent_i)

endmodule
