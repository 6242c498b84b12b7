// mem3d_vault_writes: the write queue; merges, completes partial writes, answers reads, gives
// bursts.
//
// A slot holds a line's data, its strobes so far and a poison bit per word. A line whose burst has
// some of its bytes, not all, is completed by a read (fill) before it is ready. The scrubber's
// lines are writes without bytes: they are filled, and written only if a word was corrected.
// Latency    push to nomination 1 clock; a nominated burst's data follow WL clocks after its
//            command.
// Throughput one push and one burst per clock; a fill takes the place of a push.
// Golden     golden/src/mem3d/vault.rs     Plan  rtl/mem3d/vault/testplan.hjson
`include "assert.svh"

module mem3d_vault_writes
  import mem3d_pkg::*;
  import mem3d_timing_pkg::*;
#(
  parameter int unsigned Entries = 64,
  parameter int unsigned Reads   = 64,
  parameter int unsigned Banks   = 16,
  parameter timing_t     T       = '0,

  localparam int unsigned SLOT_W = $clog2(Entries)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // A write of the host, or a line to scrub (without bytes); `ready_o` says whether it can be
  // taken.
  input  logic             valid_i,
  output logic             ready_o,
  input  vault_wr_t        write_i,
  input  logic             scrub_i,
  input  logic [Banks-1:0] bank_i,           // of write_i, one-hot
  input  logic [Reads-1:0] older_reads_i,    // pending reads of that line
  output logic             merged_o,
  output logic             push_o,
  output logic             push_same_o,      // to the row that is or was open last

  // A read of the host looks for a pending write of its line.
  input  logic                  look_valid_i,
  input  logic                  look_waits_i,   // it was taken, and waits for that write
  input  vault_rd_t             look_i,
  input  logic [Banks-1:0]      look_bank_i,
  output logic                  look_hit_o,
  output logic                  look_covers_o,  // all bytes are there
  output logic [SLOT_W-1:0]     look_slot_o,
  output logic [LINE_BITS-1:0]  look_data_o,
  output logic [LINE_WORDS-1:0] look_poison_o,

  // Reads that are done; writes that leave, issued or dropped.
  input  logic [Reads-1:0]   read_issued_i,
  output logic               gone_o,
  output logic [SLOT_W-1:0]  gone_slot_o,
  output logic               drop_o,
  output logic [SLOT_W-1:0]  drop_slot_o,

  // Reads that complete partial writes.
  output logic                  fill_valid_o,
  input  logic                  fill_ready_i,
  output logic                  fill_scrub_o,
  output logic [SLOT_W-1:0]     fill_slot_o,
  output logic [Banks-1:0]      fill_bank_oh_o,
  output logic [BANK_W-1:0]     fill_bank_o,
  output logic [ROW_W-1:0]      fill_row_o,
  output logic [LINE_W-1:0]     fill_line_o,
  input  logic                  filled_i,
  input  logic [SLOT_W-1:0]     filled_slot_i,
  input  logic [LINE_BITS-1:0]  filled_data_i,
  input  logic [LINE_WORDS-1:0] filled_poison_i,
  input  logic [1:0]            filled_corrected_i,
  output logic                  scrubbed_o,

  // Row state, permissions and nominations, as of the queue.
  input  logic [Banks-1:0]            open_i,
  input  logic [ROW_W-1:0]            open_row_i [Banks],
  input  logic                        act_i,
  input  logic [Banks-1:0]            act_bank_i,
  input  logic [ROW_W-1:0]            act_row_i,
  input  logic [Banks-1:0]            close_i,
  input  logic [Banks-1:0]            col_ok_i,
  input  logic [Banks-1:0]            act_ok_i,
  input  logic                        age_tick_i,
  output logic                        col_valid_o,
  output logic [Banks-1:0]            col_bank_o,
  output logic [LINE_W-1:0]           col_line_o,
  output logic                        col_half_o,
  output logic                        col_last_o,
  input  logic                        col_take_i,
  output logic                        row_valid_o,
  output logic [Banks-1:0]            row_bank_o,
  output logic [ROW_W-1:0]            row_row_o,

  // A burst for the pins, in the clock before dq_o shows it.
  output logic                  burst_valid_o,
  output logic                  burst_half_o,
  output logic [BURST_BITS-1:0] burst_data_o,
  output logic [3:0]            burst_poison_o,

  output logic [Banks-1:0] any_o,
  output logic [Banks-1:0] hits_o,
  output logic [Banks-1:0] two_hits_o,
  output logic [Banks-1:0] conflict_o,
  output logic [Banks-1:0] force_o,           // a conflict that does not wait for hits
  output logic             any_ready_o,
  output logic             any_valid_o,
  output logic             due_o,            // a ready write that a read waits for, or over age
  output logic             under_way_o,
  output logic [8:0]       count_o
);

  typedef struct packed {
    logic              valid;
    logic              half;
    logic              last;
    logic [SLOT_W-1:0] slot;
  } token_t;
  // A burst's data are fetched two clocks before they are on the pins.
  localparam int unsigned FLIGHT = 32'(T.wl) - 1;

  logic [Entries-1:0]                 held_q, valid, started, found, looked;
  logic [Entries-1:0]                 scrub_q, asked_q, filling_q, awaited_q;
  logic [1:0][Entries-1:0]            some_q, full_q;  // bursts with a byte, with all bytes
  logic [Reads-1:0]                   after_q [Entries], after_d [Entries];  // reads that go first
  logic [LINE_WORDS-1:0]              poison_q [Entries];
  logic [LINE_BITS-1:0]               data_mem [Entries];
  logic [LINE_BYTES-1:0]              strb_mem [Entries];
  logic [BANK_W-1:0]                  bank_mem [Entries];
  logic [ROW_W-1:0]                   row_mem  [Entries];
  logic [LINE_W-1:0]                  line_mem [Entries];
  logic [Banks-1:0]                   bank_oh_mem [Entries];

  // Words of which a line has all bytes.
  function automatic logic [LINE_WORDS-1:0] whole_words(logic [LINE_BYTES-1:0] strb);
    logic [LINE_WORDS-1:0] words;
    for (int unsigned w = 0; w < LINE_WORDS; w++) words[w] = &strb[8*w+:8];
    return words;
  endfunction

  // ---- Taking a write ----
  logic [Entries-1:0]    free, new_slot, slot;
  logic [SLOT_W-1:0]     slot_index, found_index, new_index;
  logic                  match, blocked, empty, push, merge, take;
  logic [LINE_BYTES-1:0] strb_before, strb_after;

  assign free        = ~held_q;
  assign new_slot    = free & (~free + 1'b1);
  assign match       = found != '0;
  // A pending write of the line takes the new one in, unless a burst of it has left, a read waits
  // for it as it is, or a read of this clock will.
  assign blocked     = (found & (started | awaited_q)) != '0
                       || (look_valid_i && look_i.row == write_i.row && look_i.line == write_i.line
                           && look_i.bank == write_i.bank);
  assign empty       = write_i.strb == '0 && !scrub_i;
  assign ready_o     = !filled_i && (match ? !blocked : free != '0);
  assign take        = valid_i && ready_o;
  assign push        = take && !match && !empty;
  assign merge       = take && match && !scrub_i;
  assign merged_o    = merge && !empty;
  assign push_o      = push;
  assign slot        = merge ? found : new_slot;
  assign slot_index  = merge ? found_index : new_index;
  assign strb_before = merge ? strb_mem[found_index] : '0;
  assign strb_after  = strb_before | write_i.strb;
  mem3d_number #(
    .Count(Entries)
  ) u_found_index (
    .one_i   (found),
    .number_o(found_index)
  );
  mem3d_number #(
    .Count(Entries)
  ) u_new_index (
    .one_i   (new_slot),
    .number_o(new_index)
  );

  // ---- The queue ----
  logic [Entries-1:0] ready, filled_slot, dropped, col_slot;
  // Ready as of the clock before, and entries whose bytes changed since.
  logic [Entries-1:0] able_q, touched_q;
  logic [SLOT_W-1:0]  col_index;
  logic               col_first_unused, any_over;
  logic [Banks-1:0]   urgent_hits_unused, urgent_misses_unused;
  logic               urgent_ready_unused;
  logic [Entries-1:0] after;
  logic [Entries-1:0] wants_fill;
  logic [1:0]         new_need;

  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned i = 0; i < Entries; i++) after[i] = after_q[i] != '0;
    wants_fill = scrub_q | (some_q[0] & ~full_q[0]) | (some_q[1] & ~full_q[1]);
    ready      = able_q & ~touched_q;
    filled_slot = '0;
    if (filled_i) filled_slot[filled_slot_i] = 1'b1;
    // A scrubbed line without a corrected word, and without bytes of the host since, just leaves.
    dropped = filled_slot & scrub_q & ~some_q[0] & ~some_q[1];
    if (filled_corrected_i != '0) dropped = '0;
    new_need = filled_i ? filled_corrected_i & {2{(filled_slot & scrub_q) != '0}}
                        : {write_i.strb[63:32] != '0, write_i.strb[31:0] != '0};
  end

  mem3d_vault_queue #(
    .Entries(Entries),
    .Banks  (Banks),
    .Finds  (2)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .push_i           (push),
    .push_slot_i      (new_slot),
    .push_bank_i      (bank_i),
    .push_row_i       (write_i.row),
    .push_line_i      (write_i.line),
    .push_need_i      (new_need),
    .push_urgent_i    (1'b0),
    .push_same_o,
    .need_slot_i      (filled_i ? filled_slot : merged_o ? found : '0),
    .need_i           (new_need),
    .drop_i           (dropped),
    .open_i,
    .open_row_i,
    .act_i,
    .act_bank_i,
    .act_row_i,
    .close_i,
    .ready_i          (ready),
    .start_ok_i       ('1),
    .col_ok_i,
    .act_ok_i,
    .age_tick_i,
    .col_valid_o,
    .col_slot_o       (col_slot),
    .col_index_o      (col_index),
    .col_bank_o,
    .col_line_o,
    .col_half_o,
    .col_first_o      (col_first_unused),
    .col_last_o,
    .col_take_i,
    .row_valid_o,
    .row_bank_o,
    .row_row_o,
    .find_bank_i      ({look_bank_i, bank_i}),
    .find_row_i       ({look_i.row, write_i.row}),
    .find_line_i      ({look_i.line, write_i.line}),
    .found_o          ({looked, found}),
    .valid_o          (valid),
    .started_o        (started),
    .any_o,
    .hits_o,
    .two_hits_o,
    .conflict_o,
    .force_o,
    .urgent_hits_o    (urgent_hits_unused),
    .urgent_misses_o  (urgent_misses_unused),
    .any_over_o       (any_over),
    .any_ready_o,
    .urgent_ready_o   (urgent_ready_unused)
  );

  assign due_o       = (valid & ready & awaited_q) != '0 || any_over;
  assign any_valid_o = valid != '0;

  // ---- Reads that find a pending write ----
  mem3d_number #(
    .Count(Entries)
  ) u_look_slot (
    .one_i   (looked),
    .number_o(look_slot_o)
  );
  assign look_hit_o    = looked != '0;
  assign look_covers_o = (looked & full_q[0] & full_q[1] & ~filling_q) != '0;
  assign look_data_o   = data_mem[look_slot_o];
  assign look_poison_o = poison_q[look_slot_o];

  // ---- Reads that complete partial writes ----
  logic [Entries-1:0] asking, ask_slot;
  assign asking         = valid & wants_fill & ~asked_q;
  assign ask_slot       = asking & (~asking + 1'b1);
  assign fill_valid_o   = asking != '0;
  mem3d_number #(
    .Count(Entries)
  ) u_fill_slot (
    .one_i   (ask_slot),
    .number_o(fill_slot_o)
  );
  assign fill_scrub_o   = (ask_slot & scrub_q & ~some_q[0] & ~some_q[1]) != '0;
  assign fill_bank_oh_o = bank_oh_mem[fill_slot_o];
  assign fill_bank_o    = bank_mem[fill_slot_o];
  assign fill_row_o     = row_mem[fill_slot_o];
  assign fill_line_o    = line_mem[fill_slot_o];
  assign scrubbed_o     = (filled_slot & scrub_q) != '0;

  // ---- Data ----
  logic                  data_we;
  logic [SLOT_W-1:0]     data_slot;
  logic [LINE_BYTES-1:0] data_be;
  logic [LINE_BITS-1:0]  data_in;
  assign data_we   = filled_i || push || merge;
  assign data_slot = filled_i ? filled_slot_i : slot_index;
  assign data_be   = filled_i ? ~strb_mem[filled_slot_i] : write_i.strb;
  assign data_in   = filled_i ? filled_data_i : write_i.data;

  always_ff @(posedge clk_i) begin
    if (data_we) begin
      for (int unsigned k = 0; k < LINE_BYTES; k++) begin
        if (data_be[k]) data_mem[data_slot][8*k+:8] <= data_in[8*k+:8];
      end
    end
    if (push || merge) strb_mem[slot_index] <= strb_after;
    if (push) begin
      bank_mem[slot_index]    <= write_i.bank;
      bank_oh_mem[slot_index] <= bank_i;
      row_mem[slot_index]     <= write_i.row;
      line_mem[slot_index]    <= write_i.line;
    end
  end

  // ---- Bursts for the pins ----
  token_t [FLIGHT-1:0] token_q;
  token_t              token;
  logic [Entries-1:0]  released;
  logic [FLIGHT-1:0]   flying;
  assign token = token_q[FLIGHT-1];
  // A write merged in the clock of an entry's last burst keeps it: that burst is the last no more.
  logic kept, gone_q;
  assign kept = merged_o && col_take_i && (found & col_slot) != '0;
  always_comb begin
    released = dropped;
    if (token.valid && token.last) released[token.slot] = 1'b1;
    for (int unsigned k = 0; k < FLIGHT; k++) flying[k] = token_q[k].valid;
    under_way_o = burst_valid_o || flying != '0;
  end

  // No read waits for an entry that is kept: such a one takes no write in.
  assign gone_o      = col_take_i && col_last_o;
  assign gone_slot_o = col_index;
  assign drop_o      = dropped != '0;
  assign drop_slot_o = filled_slot_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      burst_valid_o  <= 1'b0;
      burst_half_o   <= 1'b0;
      burst_data_o   <= '0;
      burst_poison_o <= '0;
      token_q        <= '0;
    end else begin
      token_q <= (FLIGHT * $bits(token_t))'({token_q,
        token_t'{valid: col_take_i, half: col_half_o, last: col_last_o && !kept, slot: col_index}});
      burst_valid_o <= token.valid;
      if (token.valid) begin
        burst_half_o   <= token.half;
        burst_data_o   <= token.half ? data_mem[token.slot][LINE_BITS-1:BURST_BITS]
                                     : data_mem[token.slot][BURST_BITS-1:0];
        burst_poison_o <= token.half ? poison_q[token.slot][7:4] : poison_q[token.slot][3:0];
      end
    end
  end

  always_comb begin
    /* verilator unroll_disable */
    for (int unsigned i = 0; i < Entries; i++) begin
      after_d[i] = ((push && new_slot[i]) ? older_reads_i : after_q[i]) & ~read_issued_i;
    end
  end

  // ---- State of the slots ----
  logic [8:0] count_q, count_d;
  assign count_o = count_q;
  always_comb begin
    unique case ({push, gone_q, drop_o})
      3'b100:         count_d = count_q + 9'd1;
      3'b010, 3'b001: count_d = count_q - 9'd1;
      3'b011:         count_d = count_q - 9'd2;
      3'b111:         count_d = count_q - 9'd1;
      default:        count_d = count_q;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q    <= '0;
      scrub_q   <= '0;
      asked_q   <= '0;
      filling_q <= '0;
      some_q    <= '0;
      full_q    <= '0;
      after_q   <= '{default: '0};
      poison_q  <= '{default: '0};
      awaited_q <= '0;
      able_q    <= '0;
      touched_q <= '0;
      count_q   <= '0;
      gone_q    <= 1'b0;
    end else begin
      held_q  <= (held_q & ~released) | (push ? new_slot : '0);
      count_q <= count_d;
      gone_q  <= gone_o && !kept;
      able_q    <= (some_q[0] | some_q[1]) & ~after & ~wants_fill & ~filling_q;
      touched_q <= (push || merge) ? slot : '0;
      awaited_q <= (awaited_q & ~(push ? new_slot : '0)) | (look_waits_i ? looked : '0);
      after_q <= after_d;
      if (fill_valid_o && fill_ready_i) begin
        asked_q   <= asked_q | ask_slot;
        filling_q <= filling_q | ask_slot;
      end
      if (filled_i) begin
        filling_q <= (filling_q & ~filled_slot)
                     | ((fill_valid_o && fill_ready_i) ? ask_slot : '0);
        full_q[0] <= full_q[0] | filled_slot;
        full_q[1] <= full_q[1] | filled_slot;
        some_q[0] <= some_q[0] | (new_need[0] ? filled_slot : '0);
        some_q[1] <= some_q[1] | (new_need[1] ? filled_slot : '0);
        scrub_q   <= scrub_q & ~filled_slot;
        poison_q[filled_slot_i] <= poison_q[filled_slot_i]
                                   | (filled_poison_i & ~whole_words(strb_mem[filled_slot_i]));
      end
      if (push || merge) begin
        for (int unsigned h = 0; h < 2; h++) begin
          if (strb_after[32*h+:32] != '0) some_q[h] <= some_q[h] | slot;
          if (&strb_after[32*h+:32])      full_q[h] <= full_q[h] | slot;
        end
        poison_q[slot_index] <= push ? '0 : poison_q[slot_index] & ~whole_words(write_i.strb);
      end
      if (push) begin
        for (int unsigned h = 0; h < 2; h++) begin
          some_q[h] <= (some_q[h] & ~slot) | ((strb_after[32*h+:32] != '0) ? slot : '0);
          full_q[h] <= (full_q[h] & ~slot) | ((&strb_after[32*h+:32]) ? slot : '0);
        end
        scrub_q <= (scrub_q & ~slot) | (scrub_i ? slot : '0);
        asked_q <= (asked_q & ~slot)
                   | ((fill_valid_o && fill_ready_i) ? ask_slot : '0);
      end
    end
  end

  `ASSERT(FilledHeld_A, filled_i |-> filling_q[filled_slot_i] && held_q[filled_slot_i])
  `ASSERT(OneMatch_A, $onehot0(found) && $onehot0(looked))
  `COVER(Full_C, free == '0)
  `COVER(Merge_C, merged_o)
  `COVER(Kept_C, kept && col_last_o)
  `COVER(BlockedMerge_C, valid_i && match && blocked)
  `COVER(ScrubWrites_C, scrubbed_o && dropped == '0)

endmodule
