// mem3d_vault_queue: requests of one direction; nominates the oldest row hit and the oldest row to
// open.
//
// Entries stay where they are. A matrix holds who is older than whom, one vector per bank who
// belongs to it, and one bit per entry whether its row is open, kept up to date by ACT and PRE.
// Latency    an entry pushed in this clock is nominated from the next one on.
// Throughput one push and one burst per clock.
// Stage      bank's permission to its entries, then "nobody older wants it too", then the bank of
//            who is left.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_queue
  import mem3d_pkg::*;
#(
  parameter int unsigned Entries = 64,
  parameter int unsigned Banks   = 16,
  parameter int unsigned Finds   = 1,

  localparam int unsigned SLOT_W = $clog2(Entries)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // A new entry; its slot must be free.
  input  logic               push_i,
  input  logic [Entries-1:0] push_slot_i,    // one-hot
  input  logic [Banks-1:0]   push_bank_i,    // one-hot
  input  logic [ROW_W-1:0]   push_row_i,
  input  logic [LINE_W-1:0]  push_line_i,
  input  logic [1:0]         push_need_i,    // bursts
  input  logic               push_urgent_i,
  output logic               push_same_o,    // its row is the one that is or was open last
  // More bursts for an entry; it stays even if what was its last burst is issued in this clock.
  input  logic [Entries-1:0] need_slot_i,    // one-hot, or none
  input  logic [1:0]         need_i,
  // Entries that leave without being issued.
  input  logic [Entries-1:0] drop_i,

  // Row state of the banks, and its changes in this clock.
  input  logic [Banks-1:0]            open_i,
  input  logic [ROW_W-1:0]            open_row_i [Banks],
  input  logic                        act_i,
  input  logic [Banks-1:0]            act_bank_i,
  input  logic [ROW_W-1:0]            act_row_i,
  input  logic [Banks-1:0]            close_i,

  // Who may be issued, and where.
  input  logic [Entries-1:0] ready_i,
  input  logic [Entries-1:0] start_ok_i,     // may have its first burst issued
  input  logic [Banks-1:0]   col_ok_i,
  input  logic [Banks-1:0]   act_ok_i,
  input  logic               age_tick_i,     // entries that see two ticks are over age

  // The nominated burst; `col_take_i` issues it.
  output logic               col_valid_o,
  output logic [Entries-1:0] col_slot_o,     // one-hot
  output logic [SLOT_W-1:0]  col_index_o,
  output logic [Banks-1:0]   col_bank_o,
  output logic [LINE_W-1:0]  col_line_o,
  output logic               col_half_o,
  output logic               col_first_o,    // no burst of the entry went before
  output logic               col_last_o,     // none is left after it
  input  logic               col_take_i,

  // The nominated row.
  output logic               row_valid_o,
  output logic [Banks-1:0]   row_bank_o,
  output logic [ROW_W-1:0]   row_row_o,

  // Addresses looked up among the entries.
  input  logic [Finds-1:0][Banks-1:0]   find_bank_i,
  input  logic [Finds-1:0][ROW_W-1:0]   find_row_i,
  input  logic [Finds-1:0][LINE_W-1:0]  find_line_i,
  output logic [Finds-1:0][Entries-1:0] found_o,

  // Summaries.
  output logic [Entries-1:0] valid_o,
  output logic [Entries-1:0] started_o,
  output logic [Banks-1:0]   any_o,          // entries of the bank
  output logic [Banks-1:0]   hits_o,         // that are ready, and whose row is open
  output logic [Banks-1:0]   two_hits_o,
  output logic [Banks-1:0]   conflict_o,     // that are ready, and want another row
  output logic [Banks-1:0]   force_o,        // the conflict does not wait for the hits
  output logic [Banks-1:0]   urgent_hits_o,
  output logic [Banks-1:0]   urgent_misses_o, // want a row that is not open
  output logic               any_over_o,
  output logic               any_ready_o,
  output logic               urgent_ready_o
);

  logic [Entries-1:0]              valid_q, valid_d, hit_q, hit_d, urgent_q, started_q;
  logic [Entries-1:0]              aged_q, over_q;
  logic [1:0][Entries-1:0]         need_q, need_d;
  logic [Entries-1:0]              older_q [Entries], older_d [Entries];
  logic [Entries-1:0]              of_bank_q [Banks], of_bank_d [Banks];
  logic [ROW_W-1:0]                row_q [Entries], row_d [Entries];
  logic [LINE_W-1:0]               line_q [Entries], line_d [Entries];

  // Entries of the chosen banks: a balanced tree of ORs.
  function automatic logic [Entries-1:0] of_banks(logic [Banks-1:0] choice);
    logic [Entries-1:0] part [Banks];
    /* verilator unroll_full */
    for (int unsigned b = 0; b < Banks; b++) part[b] = choice[b] ? of_bank_q[b] : '0;
    /* verilator unroll_full */
    for (int unsigned step = 1; step < Banks; step *= 2) begin
      /* verilator unroll_full */
      for (int unsigned b = 0; b + step < Banks; b += 2 * step) part[b] |= part[b+step];
    end
    return part[0];
  endfunction

  logic [Entries-1:0] ready, over_bank_q, in_turn;
  logic [Banks-1:0]   bank_over;

  assign ready          = valid_q & ready_i;
  assign any_ready_o    = ready != '0;
  assign urgent_ready_o = (ready & urgent_q) != '0;
  assign any_over_o     = (ready & over_q) != '0;
  assign in_turn        = over_q | urgent_q | ~over_bank_q;
  assign valid_o        = valid_q;
  assign started_o      = started_q;

  // Summaries of the banks.
  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) begin
      logic [Entries-1:0] mine, hits, misses;
      mine          = ready & of_bank_q[b];
      hits          = mine & hit_q;
      misses        = open_i[b] ? mine & ~hit_q : '0;
      any_o[b]      = (valid_q & of_bank_q[b]) != '0;
      hits_o[b]     = hits != '0;
      two_hits_o[b] = (hits & (hits - 1'b1)) != '0;
      conflict_o[b] = misses != '0;
      urgent_hits_o[b]   = (hits & urgent_q) != '0;
      urgent_misses_o[b] = (mine & ~hit_q & urgent_q) != '0;
      // Urgent goes before over age, over age before the rest; among equals the open row goes on.
      force_o[b] = !urgent_hits_o[b]
                   && ((misses & urgent_q) != '0
                       || ((misses & over_q) != '0 && (hits & over_q) == '0));
      bank_over[b]  = (mine & over_q) != '0;
    end
  end

  // Column: the oldest hit that its bank and the credits allow.
  logic [Entries-1:0] col_bank_ok, col_want;
  always_comb begin
    col_bank_ok = of_banks(col_ok_i);
    col_want = ready & hit_q & col_bank_ok & (started_q | start_ok_i) & in_turn;
    /* verilator unroll_disable */
    for (int unsigned i = 0; i < Entries; i++) begin
      col_slot_o[i] = col_want[i] && (older_q[i] & col_want) == '0;
    end
    col_valid_o = col_want != '0;
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) col_bank_o[b] = (col_slot_o & of_bank_q[b]) != '0;
    col_half_o  = (col_slot_o & need_q[0]) == '0;
    col_last_o  = (col_slot_o & need_q[0] & need_q[1]) == '0;
    col_first_o = (col_slot_o & started_q) == '0;
    col_line_o  = line_q[col_index_o];
  end
  mem3d_number #(
    .Count(Entries)
  ) u_col_index (
    .one_i   (col_slot_o),
    .number_o(col_index_o)
  );

  // Row: the oldest entry whose bank may open one.
  logic [Entries-1:0] row_bank_ok, row_want, row_slot;
  logic [SLOT_W-1:0]  row_index;
  always_comb begin
    row_bank_ok = of_banks(act_ok_i);
    row_want = ready & row_bank_ok & in_turn;
    /* verilator unroll_disable */
    for (int unsigned i = 0; i < Entries; i++) begin
      row_slot[i] = row_want[i] && (older_q[i] & row_want) == '0;
    end
    row_valid_o = row_want != '0;
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) row_bank_o[b] = (row_slot & of_bank_q[b]) != '0;
    row_row_o = row_q[row_index];
  end
  mem3d_number #(
    .Count(Entries)
  ) u_row_index (
    .one_i   (row_slot),
    .number_o(row_index)
  );

  // Look-up.
  always_comb begin
    for (int unsigned f = 0; f < Finds; f++) begin
      /* verilator unroll_disable */
      for (int unsigned i = 0; i < Entries; i++) begin
        found_o[f][i] = row_q[i] == find_row_i[f] && line_q[i] == find_line_i[f];
      end
      found_o[f] &= of_banks(find_bank_i[f]) & valid_q;
    end
  end

  // Next state.
  // What ACT and PRE change of the hits is seen a clock later; no column command can come sooner.
  logic               act_q;
  logic [Banks-1:0]   act_bank_q, close_q, push_same;
  logic [ROW_W-1:0]   act_row_q;
  logic [Entries-1:0] col_taken, act_entries, before_new;
  assign before_new = push_urgent_i ? valid_q & urgent_q : valid_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      act_q      <= 1'b0;
      act_bank_q <= '0;
      act_row_q  <= '0;
      close_q    <= '0;
    end else begin
      act_q      <= act_i;
      act_bank_q <= act_bank_i;
      act_row_q  <= act_row_i;
      close_q    <= close_i;
    end
  end
  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned b = 0; b < Banks; b++) begin
      push_same[b] = push_bank_i[b] && open_row_i[b] == push_row_i;
    end
    push_same_o = push_same != '0;
  end

  assign col_taken = col_take_i ? col_slot_o : '0;
  always_comb begin
    need_d[0] = need_q[0] & ~(col_half_o ? '0 : col_taken);
    need_d[1] = need_q[1] & ~(col_half_o ? col_taken : '0);
    need_d[0] |= need_i[0] ? need_slot_i : '0;
    need_d[1] |= need_i[1] ? need_slot_i : '0;
    valid_d   = valid_q & ~drop_i;
    if (col_last_o) valid_d &= ~col_taken | need_slot_i;
    hit_d       = hit_q & ~of_banks(close_q);
    act_entries = of_banks(act_bank_q);
    if (act_q) begin
      /* verilator unroll_disable */
      for (int unsigned i = 0; i < Entries; i++) begin
        if (act_entries[i]) hit_d[i] = row_q[i] == act_row_q;
      end
    end
    of_bank_d = of_bank_q;
    older_d   = older_q;
    row_d     = row_q;
    line_d    = line_q;
    if (push_i) begin
      valid_d   |= push_slot_i;
      need_d[0]  = (need_d[0] & ~push_slot_i) | (push_need_i[0] ? push_slot_i : '0);
      need_d[1]  = (need_d[1] & ~push_slot_i) | (push_need_i[1] ? push_slot_i : '0);
      hit_d      = (hit_d & ~push_slot_i) | (((push_same & open_i) != '0) ? push_slot_i : '0);
      /* verilator unroll_disable */
      for (int unsigned b = 0; b < Banks; b++) begin
        of_bank_d[b] = (of_bank_q[b] & ~push_slot_i) | (push_bank_i[b] ? push_slot_i : '0);
      end
      // All that are there are older than the new one, which is older than nobody. An urgent one
      // counts as older than all that are not.
      /* verilator unroll_disable */
      for (int unsigned i = 0; i < Entries; i++) begin
        if (push_slot_i[i])                     older_d[i] = before_new;
        else if (push_urgent_i && !urgent_q[i]) older_d[i] = older_q[i] | push_slot_i;
        else                                    older_d[i] = older_q[i] & ~push_slot_i;
        if (push_slot_i[i]) begin
          row_d[i]  = push_row_i;
          line_d[i] = push_line_i;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q   <= '0;
      hit_q     <= '0;
      urgent_q  <= '0;
      started_q <= '0;
      aged_q    <= '0;
      over_q    <= '0;
      over_bank_q <= '0;
      need_q    <= '0;
      older_q   <= '{default: '0};
      of_bank_q <= '{default: '0};
      row_q     <= '{default: '0};
      line_q    <= '{default: '0};
    end else begin
      valid_q   <= valid_d;
      hit_q     <= hit_d;
      need_q    <= need_d;
      started_q <= started_q | col_taken;
      over_bank_q <= of_banks(bank_over);
      if (age_tick_i) begin
        aged_q <= valid_q;
        // Not while one of the bank is: hits that come without end would else all be over age too,
        // and go before the row that waits for them.
        over_q <= over_q | (aged_q & valid_q & ~over_bank_q);
      end
      if (push_i) begin
        older_q   <= older_d;
        of_bank_q <= of_bank_d;
        urgent_q  <= (urgent_q & ~push_slot_i) | (push_urgent_i ? push_slot_i : '0);
        started_q <= (started_q | col_taken) & ~push_slot_i;
        aged_q    <= aged_q & ~push_slot_i;
        over_q    <= over_q & ~push_slot_i;
        row_q     <= row_d;
        line_q    <= line_d;
      end
    end
  end

  `ASSERT(PushFree_A, push_i |-> $onehot(push_slot_i) && (push_slot_i & valid_q) == '0)
  `ASSERT(OneColumn_A, col_valid_o |-> $onehot(col_slot_o) && $onehot(col_bank_o))
  `ASSERT(OneRow_A, row_valid_o |-> $onehot(row_slot) && $onehot(row_bank_o))
  `ASSERT(HitsAreOpen_A, col_valid_o |-> (col_bank_o & ~open_i) == '0)
  `COVER(Full_C, valid_q == '1)
  `COVER(UrgentFirst_C, (col_want & ~urgent_q) != '0 && (col_slot_o & urgent_q) != '0)
  `COVER(OverAge_C, any_over_o)

endmodule
